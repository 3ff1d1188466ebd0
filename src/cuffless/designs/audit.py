"""Leaks of a split: declared by its kind, or found where none may be."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions, SplitOptions
from cuffless.designs.order import LEAST_UNITS, compare_neighbours, parted
from cuffless.designs.split import SUBSETS, SplitError, sample_split
from cuffless.records import describe_runs, find_runs
from cuffless.windows.subjects import RUN

HIDDEN_ORDER = "hidden_order"
EVIDENCE = {HIDDEN_ORDER}
"""Leaks that are inferred, not seen: found where none may be they warn, but stop nothing."""
_PERCENTILES = (5, 95)
_UNKNOWN = {
    "record": "identity: record. A patient with several records may be on both sides unseen.",
    RUN: "identity: run. No patient is named: records of neighbouring numbers count as one person, and a patient whose "
    "numbers lie farther apart may be on both sides unseen.",
}


def audited_split(
    index: pd.DataFrame | str | Path,
    quality: pd.DataFrame,
    options: SplitOptions,
    *,
    overlap: float,
    name: str,
    runs_gap: int | None = None,
) -> tuple[pd.DataFrame, dict]:
    """Draw a split and look for leaks before anything is trained on it.

    Parameters
    ----------
    index : DataFrame or path
        Kept windows, as for `sample_split`.
    quality : DataFrame
        One row a record with what became of it.
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    name : str
        The split's name in messages.
    runs_gap : int, optional
        Gap of the runs of records that count as one person, where they were asked for.

    Returns
    -------
    manifest : DataFrame
    audit : dict
        As from `audit_split`; ``runs``, where subjects are runs of records: how many, of how many records, and the
        longest.

    Raises
    ------
    SplitError
        If the split cannot be made, or leaks where it must not.
    """
    kept = quality[quality["windows_kept"] > 0]
    runs, told = _runs(kept, runs_gap)
    try:
        split = sample_split(index, options, name=name, published=_published(quality))
    except SplitError as error:
        raise SplitError(f"{error}; or lower records.runs_gap: {told[0]}") if runs else error from None
    notes = [*told, *_without_windows(quality), *split.notes]
    audit = audit_split(
        split.manifest,
        options,
        overlap=overlap,
        identities=kept["identity"],
        notes=notes,
    )
    if runs:
        audit["runs"] = runs
    require_clean(audit, options, name=name)
    return split.manifest, audit


def _runs(kept: pd.DataFrame, gap: int | None) -> tuple[dict, list[str]]:
    """Count the runs of records that stand for people, and say so."""
    own = kept[kept["identity"] == RUN]
    if gap is None:
        return {}, []
    if own.empty:
        return {}, ["records.identity: runs changes nothing here: every record with windows has a named patient"]
    runs = {"gap": gap, **describe_runs(dict(zip(own["record"].astype(str), own["subject"], strict=True)))}
    told = (
        f"{runs['records']} records are {runs['runs']} runs of numbers at most {gap} apart, the longest of "
        f"{runs['longest']} records ({runs['longest_run']})"
    )
    return runs, [told]


def _published(quality) -> dict[str, str]:
    """Set in which each record was published, of those that were in one."""
    if "subset" not in quality:
        return {}
    told = quality[quality["subset"].astype(str) != ""]
    return dict(zip(told["record"].astype(str), told["subset"].astype(str), strict=True))


def _without_windows(quality) -> list[str]:
    kept = quality.groupby("subject")["windows_kept"].sum()
    absent = sorted(map(str, kept.index[kept == 0]))
    if not absent:
        return []
    shown = ", ".join(absent[:5]) + (", ..." if len(absent) > 5 else "")
    return [f"{len(absent)} subjects have no window and take no part ({shown}); the quality table says why"]


def audit_split(manifest: pd.DataFrame, options: SplitOptions, *, overlap: float, identities=(), notes=()) -> dict:
    """Look for what one set knows of another.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, subject, record, start, seconds, sbp, dbp.
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    identities : iterable of str
        What subjects stand for ("patient", "record", "run").
    notes : iterable of str
        Repeated in the audit.

    Returns
    -------
    dict
        ``leaks``: for each kind of leak its count, whether the split declares it by design, and examples;
        ``undeclared``: the leaks that must not be; ``sets``: size and pressure ranges of each set;
        ``coverage``: shared part of the 5th-95th percentile ranges of training and test set.
    """
    declared = declared_leaks(options, overlap=overlap)
    identities = sorted(set(identities))
    found = {
        "shared_subject": shared(manifest, "subject"),
        "shared_record": shared(manifest, "record"),
        "overlapping_windows": overlapping(manifest),
    }
    leaks = {
        kind: {"count": len(who), "declared": kind in declared, "examples": sorted(who)[:5]}
        for kind, who in found.items()
    }
    order = audit_order(manifest, identities)
    # A split that shares people shares those who are hidden, too.
    leaks[HIDDEN_ORDER] = {"declared": bool(order["count"]) and "shared_subject" in declared, **order}
    remarks = list(notes)
    remarks += [said for identity, said in _UNKNOWN.items() if identity in identities]
    return {
        "kind": options.kind,
        "seed": options.seed,
        "identity": identities,
        "leaks": leaks,
        "undeclared": [kind for kind, leak in leaks.items() if leak["count"] and not leak["declared"]],
        "sets": {name: _describe(manifest[manifest["subset"] == name]) for name in SUBSETS},
        "coverage": {p: round(range_overlap(manifest, p), 3) for p in ("sbp", "dbp")},
        "notes": remarks,
    }


def audit_order(manifest: pd.DataFrame, identities: Iterable[str] = ()) -> dict:
    """Look for people hidden in the order of the subjects' names.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, subject, record, sbp, dbp (mmHg); hr where it is known.
    identities : iterable of str
        What subjects stand for. Patients who are named hide nobody: what their order tells is noted and is no leak.

    Returns
    -------
    dict
        ``verdict`` (`found`, `none`, `not assessable`); ``count``: neighbours of whom two sets have one each, where
        neighbours are more alike than chance (None: not assessable); ``examples``; ``reason``; and of the test
        ``order, p, closer, sbp, sbp_random`` as of `Neighbours`.
    """
    tested = compare_neighbours(manifest)
    if not tested.order:
        return {"count": None, "examples": [], "verdict": "not assessable", "reason": tested.problem}
    named = set(identities) == {"patient"}
    between = parted(tested.pairs, manifest) if tested.alike and not named else []
    reason = str(tested)
    if tested.alike:
        what = "patients are named, so wards or dates may order them" if named else "probably of one person"
        reason = "; ".join(filter(None, (f"{reason}: {what}", _remedy(manifest, identities))))
    return {
        "count": len(between),
        "examples": between[:5],
        "verdict": "found" if between else "none",
        "reason": reason,
        "order": tested.order,
        **{name: round(getattr(tested, name), 4) for name in ("p", "closer", "sbp", "sbp_random")},
    }


def _remedy(manifest: pd.DataFrame, identities: Iterable[str]) -> str:
    """What the configuration can do about hidden people."""
    if "record" not in identities:
        return "raise records.runs_gap" if RUN in identities else ""
    runs = set(find_runs(manifest["record"].astype(str).unique(), RecordOptions().runs_gap).values())
    if len(runs) < LEAST_UNITS:
        return "a numbering without gaps does not tell where one person ends"
    return "records.identity: runs keeps records of neighbouring numbers on one side"


def declared_leaks(options: SplitOptions, *, overlap: float) -> set[str]:
    """Kinds of leak that a split has by design.

    Parameters
    ----------
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    """
    if options.kind in ("nonmixed", "official"):
        return set()
    if options.kind == "record":
        return {"shared_subject"}
    return {"shared_subject", "shared_record"} | ({"overlapping_windows"} if overlap > 0 else set())


def require_clean(audit: dict, options: SplitOptions, *, name: str) -> None:
    """Stop at an undeclared leak unless the configuration says to warn only, or it is one of `EVIDENCE`.

    Raises
    ------
    SplitError
    """
    for kind in audit["undeclared"]:
        if kind in EVIDENCE:
            leak = audit["leaks"][kind]
            between = f"{leak['count']} pairs of neighbours lie in different sets, e.g. {leak['examples'][0]}"
            audit["notes"].append(f"WARNING: {name}: people may be hidden in the order: {between}; {leak['reason']}")
    seen = [kind for kind in audit["undeclared"] if kind not in EVIDENCE]
    if not seen:
        return
    found = "; ".join(
        f"{kind} ({audit['leaks'][kind]['count']}, e.g. {', '.join(audit['leaks'][kind]['examples'][:3])})"
        for kind in seen
    )
    message = f"{name}: leak between its sets: {found}"
    if options.leakage == "fail":
        raise SplitError(f"{message}. Set splits.leakage: warn to go on and have every result carry the warning.")
    audit["notes"].append(f"WARNING: {message}")


def range_overlap(manifest: pd.DataFrame, pressure: str) -> float:
    """Shared part of the 5th-95th percentile ranges of training and test set, relative to the wider one."""
    ranges = [
        np.percentile(values, _PERCENTILES) if len(values) else np.zeros(2)
        for values in (manifest.loc[manifest["subset"] == s, pressure] for s in ("train", "test"))
    ]
    shared = min(r[1] for r in ranges) - max(r[0] for r in ranges)
    widest = max(r[1] - r[0] for r in ranges)
    return float(max(shared, 0) / widest) if widest > 0 else 0.0


def shared(manifest: pd.DataFrame, column: str) -> set[str]:
    """Subjects, or records, that stand in more than one set."""
    members = {s: set(manifest.loc[manifest["subset"] == s, column]) for s in SUBSETS}
    return set().union(*(members[a] & members[b] for a, b in combinations(SUBSETS, 2)))


def overlapping(manifest: pd.DataFrame, subsets: tuple[str, ...] = SUBSETS) -> set[str]:
    """Windows (record@start) that share signal with an earlier one of another set."""
    ordered = manifest[manifest["subset"].isin(subsets)].sort_values(["record", "start"], kind="stable")
    end = ordered["start"] + ordered["seconds"]
    hit = np.zeros(len(ordered), bool)
    for subset in subsets:
        own = ordered["subset"] == subset
        reached = end.where(own, -np.inf).groupby(ordered["record"]).cummax()
        hit |= (~own & (reached > ordered["start"] + 1e-6)).to_numpy()
    return {f"{r}@{s:.1f}s" for r, s in zip(ordered["record"][hit], ordered["start"][hit], strict=True)}


def _describe(part: pd.DataFrame) -> dict:
    described = {
        "windows": len(part),
        "subjects": part["subject"].nunique(),
        "records": part["record"].nunique(),
    }
    for pressure in ("sbp", "dbp"):
        if len(part):
            low, middle, high = np.percentile(part[pressure], (_PERCENTILES[0], 50, _PERCENTILES[1]))
            described[pressure] = {"p5": round(low, 1), "median": round(middle, 1), "p95": round(high, 1)}
    return described
