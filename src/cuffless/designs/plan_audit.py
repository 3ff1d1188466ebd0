"""What the test windows of a personalization know of its calibration windows."""

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions
from cuffless.designs.plan import PersonalizationError, Plan

TOUCHING_SECONDS = 0.05
"""Windows nearer than this follow one another without a gap."""
KINDS = {
    "shared_window": "calibration windows that are test windows",
    "overlapping_windows": "calibration windows that share signal with a test window",
    "touching_windows": "calibration windows that follow on a test window, or it on them, without a gap",
    "shared_subject": "subjects on whom the network was trained",
}


def audit_plan(plan: Plan, manifest: pd.DataFrame, options: ProtocolOptions) -> dict:
    """Look for calibration windows in, over or beside test windows, and for subjects that the network knows.

    Parameters
    ----------
    plan : Plan
    manifest : DataFrame
        The split that the networks were trained on: columns subset, subject.
    options : ProtocolOptions

    Returns
    -------
    dict
        ``leaks``: count and examples of each kind, for all strategies and budgets together; ``undeclared``: those
        found; ``warnings``: filled by `require_clean_plan`; ``notes``; numbers of ``subjects``, ``windows``,
        ``test_windows``; ``least_gap_seconds``: the least distance in time from a calibration to a test window of its
        record; ``of_subjects``: the same numbers for each subject.
    """
    windows = plan.windows
    calibrates = np.any([windows[f"{strategy}_rank"] >= 0 for strategy in STRATEGIES], axis=0)
    distance = distance_to_test(windows)[calibrates]
    names = [f"{row.record}@{row.start:.1f}s" for row in windows[calibrates].itertuples()]
    test = windows.loc[calibrates, "test"].to_numpy()
    found = {
        "shared_window": test,
        "overlapping_windows": ~test & (distance <= -TOUCHING_SECONDS),
        "touching_windows": ~test & (np.abs(distance) < TOUCHING_SECONDS),
    }
    leaks = {kind: _leak([name for name, hit in zip(names, hits, strict=True) if hit]) for kind, hits in found.items()}
    known = set(manifest.loc[manifest["subset"] != "test", "subject"].astype(str))
    leaks["shared_subject"] = _leak(sorted(known & set(windows["subject"])))
    finite = distance[np.isfinite(distance)]
    return {
        "order": options.order,
        "test_half": options.test_half,
        "gap": options.gap,
        "leaks": leaks,
        "undeclared": [kind for kind, leak in leaks.items() if leak["count"]],
        "warnings": [],
        "notes": list(plan.notes),
        "subjects": int(windows["number"].nunique()),
        "windows": len(windows),
        "test_windows": int(windows["test"].sum()),
        "least_gap_seconds": round(float(finite.min()), 3) if len(finite) else None,
        "of_subjects": [_describe(number, part) for number, part in windows.groupby("number")],
    }


def require_clean_plan(audit: dict, options: ProtocolOptions, *, name: str) -> None:
    """Stop at a leak unless the configuration says to warn only; then the audit carries the warning.

    Raises
    ------
    PersonalizationError
    """
    if not audit["undeclared"]:
        return
    found = [f"{audit['leaks'][kind]['count']} {KINDS[kind]}" for kind in audit["undeclared"]]
    if options.leakage == "fail":
        shown = ", ".join(example for kind in audit["undeclared"] for example in audit["leaks"][kind]["examples"][:3])
        raise PersonalizationError(
            f"personalization {name}: {'; '.join(found)} (such as {shown}). Raise personalization.gap or name a "
            "non-mixed split; with leakage: warn it runs, and its figures carry the warning."
        )
    audit["warnings"] += [f"{name}: {text}" for text in found]


def distance_to_test(windows: pd.DataFrame) -> np.ndarray:
    """Seconds from each window to the nearest test window, itself apart.

    Parameters
    ----------
    windows : DataFrame
        Columns subject, record, start, seconds, test, elapsed.

    Returns
    -------
    (n,) float array
        Within its record, and to other records of the subject as far as their dates tell. Negative where they overlap,
        infinite where there is no (other) test window.
    """
    of_record = _distance(windows.groupby("record").indices, windows, windows["start"].to_numpy())
    dated = windows[windows["elapsed"].notna().groupby(windows["subject"]).transform("all")]
    groups = dated.groupby("subject").indices
    of_subject = np.full(len(windows), np.inf)
    of_subject[windows.index.isin(dated.index)] = _distance(groups, dated, dated["elapsed"].to_numpy())
    return np.minimum(of_record, of_subject)


def _distance(groups, windows: pd.DataFrame, starts: np.ndarray) -> np.ndarray:
    distance = np.full(len(windows), np.inf)
    for rows in groups.values():
        part, start = windows.iloc[rows], starts[rows]
        test = part["test"].to_numpy()
        end = start + part["seconds"].to_numpy()
        order = np.argsort(start, kind="stable")
        before = np.maximum.accumulate(np.where(test, end, -np.inf)[order])
        after = np.minimum.accumulate(np.where(test, start, np.inf)[order][::-1])[::-1]
        nearest = np.full(len(order), np.inf)
        nearest[1:] = start[order][1:] - before[:-1]
        nearest[:-1] = np.minimum(nearest[:-1], after[1:] - end[order][:-1])
        distance[rows[order]] = nearest
    return distance


def _leak(examples: list[str]) -> dict:
    return {"count": len(examples), "examples": examples[:5]}


def _describe(number: int, part: pd.DataFrame) -> dict:
    return {
        "number": int(number),
        "subject": part["subject"].iloc[0],
        "records": part["record"].nunique(),
        "windows": len(part),
        "test_windows": int(part["test"].sum()),
        **{f"{strategy}_windows": int((part[f"{strategy}_rank"] >= 0).sum()) for strategy in STRATEGIES},
    }
