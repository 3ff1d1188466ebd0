"""What the windows that test a fold know of those that train it."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.clock import undated_records
from cuffless.designs.folds import FIRST, RANDOM, SETTINGS, FoldError
from cuffless.designs.plan_audit import TOUCHING_SECONDS, distance_to_test

KINDS = {
    "shared_window": "windows of the test subject that train and test the same setting",
    "overlapping_windows": "windows of the test subject in training that share signal with a test window",
    "first_beside_test": "first windows in training that follow on a test window, or it on them, without a gap",
    "random_beside_test": "random windows in training that follow on a test window, or it on them, without a gap",
    "shared_subject": "subjects on whose PPG the networks were trained",
}


def audit_folds(
    plan: pd.DataFrame, index: pd.DataFrame, options: RppgTuningOptions, *, trained_on: Collection[str] = ()
) -> dict:
    """Look for training windows in, over or beside test windows, and for subjects that the networks know.

    Parameters
    ----------
    plan : DataFrame
        As from `sample_folds`.
    index : DataFrame
        All kept windows, also of subjects that take no part.
    options : RppgTuningOptions
    trained_on : collection of str
        Subjects on whom the networks were trained.

    Returns
    -------
    dict
        ``leaks``: count and examples of each kind; ``declared``: kinds that come with the options (random windows
        have neighbours); ``undeclared``: others that were found, for `require_clean_folds`; ``warnings`` for tables
        and figures; ``notes``; the options; numbers of ``subjects``, ``windows`` and ``test_windows`` of each
        setting; ``of_folds``: the subjects of each fold and the numbers of their windows.
    """
    leaks = {kind: [] for kind in KINDS}
    for strategy in STRATEGIES:
        distance = _distances(plan, strategy)
        taken, test = plan[strategy].to_numpy(), plan[f"test_{strategy}"].to_numpy()
        apart = taken & ~test
        leaks["shared_window"] += _names(plan[taken & test])
        leaks["overlapping_windows"] += _names(plan[apart & (distance <= -TOUCHING_SECONDS)])
        leaks[f"{strategy}_beside_test"] += _names(plan[apart & (np.abs(distance) < TOUCHING_SECONDS)])
    leaks["shared_subject"] = sorted(set(plan["subject"]) & {str(name) for name in trained_on})
    found = [kind for kind, examples in leaks.items() if examples]
    declared = [f"{RANDOM}_beside_test"] + [f"{FIRST}_beside_test"] * (options.gap == 0)
    return {
        **options.model_dump(include={"test", "share", "gap", "seed"}),
        "leaks": {kind: {"count": len(examples), "examples": examples[:5]} for kind, examples in leaks.items()},
        "declared": declared,
        "undeclared": [kind for kind in found if kind not in declared],
        "warnings": [_said(leaks, kind) for kind in found if kind in declared and kind != f"{RANDOM}_beside_test"],
        "notes": [
            *_left_out(plan, index),
            *undated_records(plan),
            *(_said(leaks, kind) for kind in found if kind == f"{RANDOM}_beside_test"),
        ],
        "subjects": int(plan["fold"].nunique()),
        "windows": len(plan),
        "test_windows": {setting: int(plan[f"test_{setting}"].sum()) for setting in SETTINGS},
        "of_folds": [_describe(fold, part) for fold, part in plan.groupby("fold")],
    }


def require_clean_folds(audit: dict) -> None:
    """Stop at a leak that the options do not ask for.

    Raises
    ------
    FoldError
    """
    if not audit["undeclared"]:
        return
    found = [f"{audit['leaks'][kind]['count']} {KINDS[kind]}" for kind in audit["undeclared"]]
    shown = ", ".join(example for kind in audit["undeclared"] for example in audit["leaks"][kind]["examples"][:3])
    raise FoldError(
        f"rppg.tuning: {'; '.join(found)} (such as {shown}). Leave these subjects out of the recordings, rename them "
        "if they are others of the same name, or raise rppg.tuning.gap"
    )


def _distances(plan: pd.DataFrame, strategy: str) -> np.ndarray:
    """Seconds from each window to the nearest that tests the setting, in its recording."""
    recordings = plan["subject"] + "/" + plan["record"]  # subjects may name theirs alike
    return distance_to_test(plan.assign(record=recordings, test=plan[f"test_{strategy}"]))


def _names(windows: pd.DataFrame) -> list[str]:
    return [f"{row.subject}/{row.record}@{row.start:.1f}s" for row in windows.itertuples()]


def _said(leaks: dict[str, list], kind: str) -> str:
    return f"{len(leaks[kind])} {KINDS[kind]}"


def _left_out(plan: pd.DataFrame, index: pd.DataFrame) -> list[str]:
    counts = index["subject"].astype(str).value_counts().sort_index()
    few = counts[~counts.index.isin(plan["subject"])]
    shown = ", ".join(f"{name} ({n})" for name, n in few.items())
    return [f"subjects with too few kept windows to take part: {shown}"] if len(few) else []


def _describe(fold: int, part: pd.DataFrame) -> dict:
    return {
        "fold": int(fold),
        "subject": part["subject"].iloc[0],
        "val_subject": part["val_subject"].iloc[0],
        "recordings": int(part["record"].nunique()),
        "windows": len(part),
        **{f"{strategy}_windows": int(part[strategy].sum()) for strategy in STRATEGIES},
        **{f"test_{setting}_windows": int(part[f"test_{setting}"].sum()) for setting in SETTINGS},
    }
