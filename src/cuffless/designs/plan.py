"""Sampling subjects to personalize on: which of their windows calibrate under each strategy, and which test all."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions
from cuffless.designs.audit import make_audit, window_leaks
from cuffless.designs.clock import DATED_TO, TIGHT, distance_to_test, in_time_order, undated_records
from cuffless.designs.design import Design, DesignError
from cuffless.designs.index import subject_counts

PLAN_COLUMNS = (
    *("number", "subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr", "elapsed"),
    *("order", "position", "test", "first_rank", "random_rank"),
)
_SUBJECTS, _ORDER, _RANDOM = range(3)  # streams of random numbers


def sample_plan(index: pd.DataFrame | str | Path, options: ProtocolOptions, *, manifest: pd.DataFrame) -> Design:
    """Sample test subjects of a split, and divide the windows of each into calibration and test.

    Parameters
    ----------
    index : DataFrame or path
        All kept windows (parquet), not the split's capped sample: record, subject, row, start, seconds and labels.
    options : ProtocolOptions
    manifest : DataFrame
        The split: columns subset, subject.

    Returns
    -------
    Design
        Windows with the columns `PLAN_COLUMNS`, sorted by subject number and order. ``position`` is the row in the
        materialized store; ``first_rank`` and ``random_rank`` say when the strategy takes a window for calibration (a
        budget of k takes ranks 0 to k - 1; -1: never).

    Raises
    ------
    DesignError
        If no test subject has `min_windows` windows.

    Notes
    -----
    Schrumpf et al. (2021), section 3.5.3. In the order of the protocol, the first 20 % of a subject's windows may be
    used by `first`; half of the others test both strategies; what is left and the first 20 % is the pool of `random`.
    """
    counts = subject_counts(index)
    tested = np.unique(manifest.loc[manifest["subset"] == "test", "subject"].astype(str))
    counts = counts[counts.index.isin(tested)].sort_index()
    enough = counts.index[counts >= options.min_windows].to_numpy(dtype=object)
    if not len(enough):
        most = f"the most are {counts.max()}" if len(counts) else "there is no test subject"
        raise DesignError(
            f"none of {len(tested)} test subjects has {options.min_windows} kept windows ({most}); record longer, "
            "loosen the rules under windows, or lower personalization.min_windows"
        )
    notes = [f"{len(enough)} of {len(tested)} test subjects have at least {options.min_windows} kept windows"]
    if len(enough) < options.subjects:
        notes.append(f"{len(enough)} subjects in place of {options.subjects}: all that have enough windows")
    size = min(options.subjects, len(enough))
    sampled = np.random.default_rng([options.seed, _SUBJECTS]).choice(enough, size, replace=False)
    windows = in_time_order(_read_windows(index, sampled))
    parts = [
        _divide(part, options, number)
        for number, part in enumerate((windows[windows["subject"] == s] for s in sampled), 1)
    ]
    plan = pd.concat(parts, ignore_index=True)
    notes += _note_short_budgets(plan, options) + undated_records(plan)
    plan["position"] = np.arange(len(plan))
    return Design(plan[list(PLAN_COLUMNS)], notes)


def _note_short_budgets(plan: pd.DataFrame, options: ProtocolOptions) -> list[str]:
    """Notes on subjects with fewer calibration windows than their budget; those with none are an error."""
    notes = []
    for strategy in STRATEGIES:
        have = (plan[f"{strategy}_rank"] >= 0).groupby(plan["subject"]).sum()
        sizes = plan.groupby("subject").size()
        wanted = pd.Series([options.budgets(n, strategy)[options.budget] for n in sizes], index=sizes.index)
        if len(none := have.index[have == 0]):
            raise DesignError(
                f"{len(none)} subjects, such as {none[0]}, have no calibration window for {strategy}: a gap of "
                f"{options.gap} windows before the test windows leaves none; lower personalization.gap, or raise "
                "min_windows"
            )
        if short := int((have < wanted).sum()):
            notes.append(f"{short} subjects have fewer calibration windows for {strategy} than {options.budget}")
    return notes


def _read_windows(index, subjects) -> pd.DataFrame:
    if isinstance(index, pd.DataFrame):
        table = index[index["subject"].isin(subjects)]
    else:
        table = pd.read_parquet(index, filters=[("subject", "in", list(subjects))])
    return table.astype({"subject": "str", "record": "str"})


def _divide(windows: pd.DataFrame, options: ProtocolOptions, number: int) -> pd.DataFrame:
    """One subject's windows with their order, the test set and the strategies' ranks."""
    n = len(windows)
    seed = [options.seed, number]
    if options.order == "shuffled":
        windows = windows.iloc[np.random.default_rng([*seed, _ORDER]).permutation(n)]
    windows = windows.reset_index(drop=True)
    n_first = round(options.share * n)
    test = np.zeros(n, bool)
    if options.test_half == "last":
        test[n - (n - n_first) // 2 :] = True
        pool = np.flatnonzero(_before_gap(windows, test, options.gap) if options.order == "time" else ~test)
    else:
        test[n_first + 1 :: 2] = True
        pool = np.flatnonzero(~test)
    taken = {
        "first": pool[pool < n_first],
        "random": np.random.default_rng([*seed, _RANDOM]).permutation(pool),
    }
    for strategy, which in taken.items():
        budgets = options.budgets(n, strategy)
        which = which[: budgets[options.budget]]
        rank = np.full(n, -1)
        rank[which] = np.arange(len(which))
        windows[f"{strategy}_rank"] = rank
    return windows.assign(number=number, order=np.arange(n), test=test)


def _before_gap(windows: pd.DataFrame, test: np.ndarray, gap: int) -> np.ndarray:
    """Which windows lie at least a gap before the test windows: in number, and in time as far as it is known."""
    clear = np.arange(len(windows)) < int(np.argmax(test)) - gap
    if gap == 0:
        return clear
    record, first = windows["record"], windows[test].groupby("record")["start"].min()
    ends = windows["start"] + (1 + gap) * windows["seconds"]
    clear &= ~(ends > record.map(first) + TIGHT).to_numpy()  # a record without test windows has no clock in common
    # Other records of the subject, whose dates are known to the minute.
    late = windows["elapsed"] + ends - windows["start"] > windows.loc[test, "elapsed"].min() - DATED_TO
    return clear & ~(late & ~record.isin(first.index)).to_numpy()


def audit_plan(design: Design, options: ProtocolOptions, *, trained_on: Collection[str] = ()) -> dict:
    """Look for calibration windows in, over or next to test windows, and for subjects that the network knows.

    Parameters
    ----------
    design : Design
        As from `sample_plan`.
    options : ProtocolOptions
    trained_on : collection of str
        Subjects on whom the network was trained.

    Returns
    -------
    dict
        As from `make_audit`, of all strategies and budgets together; numbers of ``subjects``, ``windows`` and
        ``test_windows``; ``least_gap_seconds``: the least distance in time from a calibration to a test window of its
        record; ``of_subjects``: the same numbers for each subject.
    """
    windows = design.windows
    calibrates = np.any([windows[f"{strategy}_rank"] >= 0 for strategy in STRATEGIES], axis=0)
    own, distance = windows[calibrates], distance_to_test(windows)[calibrates]
    found = window_leaks(own, own["test"].to_numpy(), distance, "touching_windows")
    found["shared_subject"] = sorted(set(map(str, trained_on)) & set(windows["subject"]))
    finite = distance[np.isfinite(distance)]
    return make_audit(
        "personalization",
        found,
        notes=design.notes,
        **options.model_dump(include={"order", "test_half", "gap"}),
        subjects=int(windows["number"].nunique()),
        windows=len(windows),
        test_windows=int(windows["test"].sum()),
        least_gap_seconds=round(float(finite.min()), 3) if len(finite) else None,
        of_subjects=[_describe_subject(number, part) for number, part in windows.groupby("number")],
    )


def _describe_subject(number: int, part: pd.DataFrame) -> dict:
    return {
        "number": int(number),
        "subject": part["subject"].iloc[0],
        "records": part["record"].nunique(),
        "windows": len(part),
        "test_windows": int(part["test"].sum()),
        **{f"{strategy}_windows": int((part[f"{strategy}_rank"] >= 0).sum()) for strategy in STRATEGIES},
    }
