"""The audit of near-duplicates of a split: its windows that are copies, and its records that are."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.audit import make_audit, make_leak
from cuffless.designs.duplicates.records import copied_records
from cuffless.designs.duplicates.windows import near_duplicates
from cuffless.signals.shifts import MOST_SHIFT

_BOTH = ["subset", "record", "other", "other_record"]


def audit_duplicates(
    manifest: pd.DataFrame, stores: Mapping[str, str | Path], options: SplitOptions, *, declared: Collection[str]
) -> dict:
    """Look for windows whose signal has a copy in another set, and for records that are copies.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, position, record, start.
    stores : mapping of str to path
        The materialized sets.
    options : SplitOptions
        `duplicate_correlation` is the least correlation of a single copied window.
    declared : collection of str
        Kinds of leak that the split has by design, as from `declared_leaks`.

    Returns
    -------
    dict
        As from `make_audit`, counting windows, with ``threshold``; ``most_shift``: shift in beats up to which single
        copies are looked for; ``pairs``: windows with a copy in a larger set; ``within_record``: those whose copy is of
        their own record, where the split shares records by design (a regular pulse is like itself); ``records``: pairs
        of records of which one is a copy of the other.
    """
    known = "shared_record" in declared
    records = copied_records(manifest, stores)
    # A window's own record may be more like it than the copy that is looked for.
    pairs = near_duplicates(stores, threshold=options.duplicate_correlation, every=known)
    places = manifest.set_index(["subset", "position"])[["record", "start"]]
    mine = places.loc[pd.MultiIndex.from_frame(pairs[["subset", "position"]])].reset_index(drop=True)
    other = places.loc[pd.MultiIndex.from_frame(pairs[["other", "other_position"]])].reset_index(drop=True)
    by_design = (mine["record"] == other["record"]).to_numpy() & known
    window = ["subset", "position", "other"]
    copies = pd.concat([pairs, mine, other.add_prefix("other_")], axis=1)[~by_design]
    copies = copies.sort_values("correlation", ascending=False, kind="stable").drop_duplicates(window)
    single = copies[~pd.MultiIndex.from_frame(copies[_BOTH]).isin(pd.MultiIndex.from_frame(records[_BOTH]))]
    alike = len(pairs[by_design].drop_duplicates(window))
    note = f"{alike} windows have a near copy among other windows of their own record, which the split shares by design"
    examples = [*map(_describe_record, records.itertuples()), *map(_describe_copy, single.itertuples())]
    leak = make_leak(
        examples,
        "windows whose signal has a copy in another set",
        count=len(single) + int(records["windows"].sum()),
    )
    return make_audit(
        "splits",
        {"near_duplicates": leak},
        notes=[note] if alike else [],
        kind=options.kind,
        threshold=options.duplicate_correlation,
        most_shift=MOST_SHIFT,
        pairs=len(pairs.drop_duplicates(window)),
        within_record=alike,
        records=len(records),
    )


def _describe_copy(row) -> str:
    return (
        f"{row.record}@{row.start:.1f}s ({row.subset}) and {row.other_record}@{row.other_start:.1f}s ({row.other}), "
        f"{row.correlation:.5f}"
    )


def _describe_record(row) -> str:
    inverted = ", inverted" if row.inverted else ""
    return (
        f"record {row.record} ({row.subset}) and {row.other_record} ({row.other}), {row.windows} of {row.of} windows "
        f"in one order, {row.correlation:.4f}{inverted}"
    )
