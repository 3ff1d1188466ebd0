"""The seven leaks of a split, in one table."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.audit import HIDDEN_ORDER, audit_order, declared_leaks, overlapping, require_clean, shared
from cuffless.designs.duplicates import MOST_SHIFT, near_duplicates
from cuffless.designs.scalings import Scaling, check_scaling
from cuffless.designs.split import SUBSETS

KINDS = {
    "shared_subject": "subjects with windows in more than one set",
    "shared_record": "records with windows in more than one set",
    "overlapping_windows": "windows that share signal with an earlier one of another set",
    "near_duplicates": "windows whose signal has a copy in another set",
    "fitted_beyond_training": "networks that are scaled by other labels than those of the training set",
    "calibration_in_test": "calibration and test windows that share signal",
    HIDDEN_ORDER: "neighbours in different sets, where neighbours in the order are more alike than chance",
}
"""The kinds of leak, and what is counted of each."""
COLUMNS = ("kind", "count", "declared", "verdict", "examples", "reason")
_SHOWN = 5


def audit_sets(
    windows: pd.DataFrame,
    options: SplitOptions | None = None,
    *,
    overlap: float = 0.0,
    duplicates: Mapping | None = None,
    scalings: Mapping[str, Scaling | None] | None = None,
    order: Mapping | None = None,
) -> pd.DataFrame:
    """Look for all seven leaks between the sets of a split.

    Parameters
    ----------
    windows : DataFrame
        One row a window: subset (train, val, test; calibration), subject, record, start and seconds (s), labels sbp and
        dbp (or sbp_ref and dbp_ref; mmHg). A manifest, or a table of predictions.
    options : SplitOptions, optional
        Its kind declares leaks that come by design; without it none is.
    overlap : float
        Overlap with which the windows were cut.
    duplicates : mapping, optional
        As from `audit_duplicates`.
    scalings : mapping of str to Scaling or None, optional
        Output scaling of networks by name; None: it carries none that can be read.
    order : mapping, optional
        As from `audit_order`, which knows what subjects stand for; without it the windows are looked through.

    Returns
    -------
    DataFrame
        One row a kind of `KINDS`: kind, count (missing: not assessable), declared, verdict (`found`, `none`, `not
        assessable`), examples, reason.
    """
    declared = declared_leaks(options, overlap=overlap) if options else set()
    present = set(windows["subset"])
    apart = "" if "train" in present and present & {"val", "test"} else "no training windows beside others"
    timed = "" if {"start", "seconds"} <= set(windows.columns) else "no columns start and seconds"
    lone = "" if {"calibration", "test"} <= present else "no calibration windows"
    rows = [
        _row("shared_subject", apart, lambda: shared(windows, "subject")),
        _row("shared_record", apart, lambda: shared(windows, "record")),
        _row("overlapping_windows", apart or timed, lambda: overlapping(windows)),
        _duplicates_row(duplicates),
        _scaling_row(windows, scalings or {}),
        _row("calibration_in_test", lone or timed, lambda: overlapping(windows, ("calibration", "test"))),
        _order_row(windows, apart, order),
    ]
    table = pd.DataFrame(rows)
    if "shared_subject" in declared:  # who shares people shares those who are hidden, too
        declared = declared | set(table.loc[(table["kind"] == HIDDEN_ORDER) & (table["verdict"] == "found"), "kind"])
    table["declared"] = table["kind"].isin(declared)
    return table.astype({"count": "Int64"})[list(COLUMNS)]


def require_clean_sets(leaks: pd.DataFrame, options: SplitOptions, *, name: str) -> list[str]:
    """Stop at a leak that is not declared, unless the configuration says to warn only.

    Parameters
    ----------
    leaks : DataFrame
        As from `audit_sets`.
    options : SplitOptions
    name : str
        The split's name in messages.

    Returns
    -------
    list of str
        Warnings, of what was let pass.

    Raises
    ------
    SplitError
    """
    found = leaks[(leaks["verdict"] == "found") & ~leaks["declared"]]
    each = {
        row.kind: {"count": int(row.count_), "examples": [row.examples], "reason": row.reason} for row in _named(found)
    }
    audit = {"undeclared": list(each), "leaks": each, "notes": []}
    require_clean(audit, options, name=name)
    return audit["notes"]


def audit_duplicates(
    manifest: pd.DataFrame, stores: Mapping[str, str | Path], options: SplitOptions, *, overlap: float
) -> dict:
    """Look for windows whose signal has a copy in another set.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, position, record, start.
    stores : mapping of str to path
        The materialized sets.
    options : SplitOptions
        `duplicate_correlation` is the least correlation of a copy.
    overlap : float
        Overlap with which the windows were cut.

    Returns
    -------
    dict
        ``threshold``; ``most_shift``: shift in beats up to which copies are looked for; ``pairs``: windows with a copy
        in a larger set; ``within_record``: those whose copy is of their own record, where the split shares records by
        design (a regular pulse is like itself); ``leaks`` and ``undeclared`` as in `audit_split`; ``notes``.
    """
    known = "shared_record" in declared_leaks(options, overlap=overlap)
    # A window's own record may be more like it than the copy that is looked for.
    pairs = near_duplicates(stores, threshold=options.duplicate_correlation, every=known)
    places = manifest.set_index(["subset", "position"])[["record", "start"]]
    mine = places.loc[pd.MultiIndex.from_frame(pairs[["subset", "position"]])].reset_index(drop=True)
    other = places.loc[pd.MultiIndex.from_frame(pairs[["other", "other_position"]])].reset_index(drop=True)
    same = (mine["record"] == other["record"]).to_numpy()
    by_design = same & known
    window = ["subset", "position", "other"]
    copies = pd.concat([pairs, mine, other.add_prefix("other_")], axis=1)[~by_design]
    copies = copies.sort_values("correlation", ascending=False, kind="stable").drop_duplicates(window)
    alike = len(pairs[by_design].drop_duplicates(window))
    notes = []
    if alike:
        notes.append(
            f"{alike} windows have a near copy among other windows of their own record, which the split "
            "shares by design"
        )
    return {
        "kind": options.kind,
        "threshold": options.duplicate_correlation,
        "most_shift": MOST_SHIFT,
        "pairs": len(pairs.drop_duplicates(window)),
        "within_record": alike,
        "leaks": {
            "near_duplicates": {
                "count": len(copies),
                "declared": False,
                "examples": [_said(row) for row in copies.head(_SHOWN).itertuples()],
            }
        },
        "undeclared": ["near_duplicates"] if len(copies) else [],
        "notes": notes,
    }


def _row(kind: str, unknown: str, look) -> dict:
    if unknown:
        return _told(kind, None, (), unknown)
    found = look()
    return _told(kind, len(found), sorted(found)[:_SHOWN], KINDS[kind])


def _told(kind: str, count: int | None, examples, reason: str) -> dict:
    verdict = "not assessable" if count is None else "found" if count else "none"
    return {"kind": kind, "count": count, "verdict": verdict, "examples": ", ".join(examples), "reason": reason}


def _duplicates_row(audit: Mapping | None) -> dict:
    if audit is None:
        return _told("near_duplicates", None, (), "needs the signals; they were not compared")
    leak = audit["leaks"]["near_duplicates"]
    reason = f"{KINDS['near_duplicates']} (correlation of {audit['threshold']} or more)"
    return _told("near_duplicates", leak["count"], leak["examples"], "; ".join([reason, *audit["notes"]]))


def _order_row(windows: pd.DataFrame, apart: str, order: Mapping | None) -> dict:
    if apart:
        return _told(HIDDEN_ORDER, None, (), apart)
    if order is None:
        labels = {"sbp_ref": "sbp", "dbp_ref": "dbp"}
        if set(labels) <= set(windows.columns):
            windows = windows.drop(columns=list(labels.values()), errors="ignore").rename(columns=labels)
        order = audit_order(windows[windows["subset"].isin(SUBSETS)])
    return {**_told(HIDDEN_ORDER, order["count"], order["examples"], order["reason"]), "verdict": order["verdict"]}


def _scaling_row(windows: pd.DataFrame, scalings: Mapping[str, Scaling | None]) -> dict:
    kind = "fitted_beyond_training"
    known = {name: scaling for name, scaling in scalings.items() if scaling is not None}
    if not known:
        return _told(kind, None, (), "no network whose output scaling can be read")
    if "train" not in set(windows["subset"]):
        return _told(kind, None, (), "no training windows")
    checked = {name: check_scaling(one.mean, one.sd, windows, one.kind) for name, one in known.items()}
    found = [f"{name}: {leak['examples'][0]}" for name, leak in checked.items() if leak["count"]]
    unread = sorted(set(scalings) - set(known))
    reason = KINDS[kind] + (f"; of {', '.join(unread)} none can be read" if unread else "")
    return _told(kind, len(found), found[:_SHOWN], reason)


def _named(leaks: pd.DataFrame):
    """Rows whose count is not mistaken for the method of that name."""
    return leaks.rename(columns={"count": "count_"}).itertuples()


def _said(row) -> str:
    return (
        f"{row.record}@{row.start:.1f}s ({row.subset}) and {row.other_record}@{row.other_start:.1f}s ({row.other}), "
        f"{row.correlation:.5f}"
    )
