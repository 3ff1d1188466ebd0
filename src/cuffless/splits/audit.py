"""Leaks of a split: declared by its kind, or found where none may be."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SplitOptions
from cuffless.splits.draw import SUBSETS, SplitError, draw_split

_PERCENTILES = (5, 95)


def audited_split(
    index: pd.DataFrame | str | Path, quality: pd.DataFrame, options: SplitOptions, *, overlap: float, name: str
) -> tuple[pd.DataFrame, dict]:
    """Draw a split and look for leaks before anything is trained on it.

    Parameters
    ----------
    index : DataFrame or path
        Kept windows, as for `draw_split`.
    quality : DataFrame
        One row a record with what became of it.
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    name : str
        The split's name in messages.

    Returns
    -------
    manifest : DataFrame
    audit : dict
        As from `audit_split`.

    Raises
    ------
    SplitError
        If the split cannot be made, or leaks where it must not.
    """
    split = draw_split(index, options, name=name, published=_published(quality))
    notes = _without_windows(quality) + split.notes
    audit = audit_split(
        split.manifest,
        options,
        overlap=overlap,
        identities=quality.loc[quality["windows_kept"] > 0, "identity"],
        notes=notes,
    )
    require_clean(audit, options, name=name)
    return split.manifest, audit


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
        What subjects stand for ("patient", "record").
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
    found = {
        "shared_subject": shared(manifest, "subject"),
        "shared_record": shared(manifest, "record"),
        "overlapping_windows": overlapping(manifest),
    }
    leaks = {
        kind: {"count": len(who), "declared": kind in declared, "examples": sorted(who)[:5]}
        for kind, who in found.items()
    }
    identities = sorted(set(identities))
    remarks = list(notes)
    if "record" in identities:
        remarks.append("identity: record. A patient with several records may be on both sides unseen.")
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
    """Stop at an undeclared leak unless the configuration says to warn only.

    Raises
    ------
    SplitError
    """
    if not audit["undeclared"]:
        return
    found = "; ".join(
        f"{kind} ({audit['leaks'][kind]['count']}, e.g. {', '.join(audit['leaks'][kind]['examples'][:3])})"
        for kind in audit["undeclared"]
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
