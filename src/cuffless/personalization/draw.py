"""Drawing subjects and their windows: which calibrate under each strategy, and which test them all."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.errors import CufflessError
from cuffless.personalization.clock import in_time_order
from cuffless.splits.index import subject_counts

PLAN_COLUMNS = (
    *("number", "subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr", "elapsed"),
    *("order", "position", "test", "first_rank", "random_rank"),
)
_SUBJECTS, _ORDER, _RANDOM = range(3)  # streams of random numbers
_TIGHT = 1e-6


class PersonalizationError(CufflessError):
    """A personalization that cannot be made as asked, and why."""


@dataclass
class Plan:
    """Windows of the drawn subjects.

    Attributes
    ----------
    windows : DataFrame
        One row a kept window, columns `PLAN_COLUMNS`, sorted by subject number and order. ``position`` is its row in
        the materialized store; ``first_rank`` and ``random_rank`` say when the strategy takes it for calibration
        (a budget of k takes ranks 0 to k - 1; -1: never).
    notes : list of str
        What differs from what was asked for.
    """

    windows: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def draw_plan(index: pd.DataFrame | str | Path, manifest: pd.DataFrame, options: ProtocolOptions) -> Plan:
    """Draw test subjects of a split, and divide each one's windows into calibration and test.

    Parameters
    ----------
    index : DataFrame or path
        All kept windows (parquet), not the split's capped sample: record, subject, row, start, seconds and labels.
    manifest : DataFrame
        The split: columns subset, subject.
    options : ProtocolOptions

    Returns
    -------
    Plan

    Raises
    ------
    PersonalizationError
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
        raise PersonalizationError(
            f"none of {len(tested)} test subjects has {options.min_windows} kept windows ({most}); record longer, "
            "loosen the rules under windows, or lower personalization.min_windows"
        )
    notes = [f"{len(enough)} of {len(tested)} test subjects have at least {options.min_windows} kept windows"]
    if len(enough) < options.subjects:
        notes.append(f"{len(enough)} subjects in place of {options.subjects}: all that have enough windows")
    size = min(options.subjects, len(enough))
    drawn = np.random.default_rng([options.seed, _SUBJECTS]).choice(enough, size, replace=False)
    windows = in_time_order(_windows_of(index, drawn))
    parts = [
        _divided(part, options, number)
        for number, part in enumerate((windows[windows["subject"] == s] for s in drawn), 1)
    ]
    plan = pd.concat(parts, ignore_index=True)
    plan["position"] = np.arange(len(plan))
    return Plan(plan[list(PLAN_COLUMNS)], notes)


def _windows_of(index, subjects) -> pd.DataFrame:
    if isinstance(index, pd.DataFrame):
        table = index[index["subject"].isin(subjects)]
    else:
        table = pd.read_parquet(index, filters=[("subject", "in", list(subjects))])
    return table.astype({"subject": "str", "record": "str"})


def _divided(windows: pd.DataFrame, options: ProtocolOptions, number: int) -> pd.DataFrame:
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
        pool = np.flatnonzero(_before_gap(windows, test, options.gap))
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
    """Which windows lie at least a gap before the first test window: in number, and within its record in time."""
    start, seconds = windows["start"].to_numpy(), windows["seconds"].to_numpy()
    begins = int(np.argmax(test))
    clear = np.arange(len(windows)) < begins - gap
    ends = start + (1 + gap) * seconds
    elsewhere = (windows["record"] != windows["record"].iloc[begins]).to_numpy()
    return clear & (elsewhere | (gap == 0) | (ends <= start[begins] + _TIGHT))
