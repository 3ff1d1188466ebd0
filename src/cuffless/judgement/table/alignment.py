"""Laying the predictions of one network and seed upon the plan, window by window."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.protocols import BEFORE, FIRST, Drawn, Protocol, window_name

RESERVED = ("all", "none", "mean")
_FURTHER_SUBSETS = {BEFORE: "other", FIRST: "between"}
_SAME_MMHG = 1e-3  # references may have gone through 32 bits


@dataclass(frozen=True)
class Run:
    """What one network of one seed predicted.

    Attributes
    ----------
    network : str
    seed : int
    before : (n, 2) float array
        On all windows of the plan, in its order.
    tuned : dict of (setting, budget) to (t, 2) float array
        On the test windows.
    later : (n, 2) float array
        Setting `first` at the largest budget: on test windows and those between, NaN elsewhere.
    """

    network: str
    seed: int
    before: np.ndarray
    tuned: dict[tuple[str, str], np.ndarray]
    later: np.ndarray


def runs(protocol: Protocol, drawn: Drawn) -> Iterator[Run]:
    """Predictions of each network and seed, laid upon the plan.

    Parameters
    ----------
    protocol : Protocol
    drawn : Drawn

    Yields
    ------
    Run

    Raises
    ------
    PredictionError
        If a network and seed does not hold each test window once a setting and budget, other windows than the plan's,
        other references, or a prediction that is not a finite number. Protocol, network, seed and the first such
        window are named.
    """
    tables = protocol.predictions
    finder, seen = _Finder(drawn.plan), set()
    for table in [tables] if isinstance(tables, pd.DataFrame) else tables:
        for (network, seed), rows in table.groupby(["network", "seed"], sort=False, observed=True):
            where = f"protocol {drawn.name!r}, {network} seed {seed}"
            if network in RESERVED:
                raise PredictionError(f"{where}: a network cannot be called {network!r} here; give it another name")
            if (network, seed) in seen:
                raise PredictionError(f"{where} is given twice; give each network and seed once")
            seen.add((network, seed))
            yield _aligned(str(network), int(seed), rows, drawn, finder, where)
    if not seen:
        raise PredictionError(f"protocol {drawn.name!r}: no predictions; personalize at least one network")


def _aligned(network: str, seed: int, rows: pd.DataFrame, drawn: Drawn, finder: "_Finder", where: str) -> Run:
    budgets = rows["budget"].astype(str).where(rows["budget"].notna(), "")
    groups = rows.groupby([rows["setting"], budgets], sort=False, observed=True).indices
    expected = [(BEFORE, ""), *drawn.calibration]
    for key in [*expected, *groups]:
        if key not in groups or key not in expected:
            state = "missing" if key not in groups else "not among the protocol's"
            raise PredictionError(
                f"{where}: setting {' '.join(key).strip()} is {state}; personalize again with the present options"
            )
    position = finder.positions(rows)
    pressures = rows[["sbp", "dbp"]].to_numpy(float)
    reference = rows[["sbp_ref", "dbp_ref"]].to_numpy(float)
    subsets = {name: rows["subset"].eq(name).to_numpy() for name in ("test", *_FURTHER_SUBSETS.values())}
    counted = rows["n_calibration"].to_numpy()
    before, later, tuned = None, None, {}
    for key in expected:
        this, at = groups[key], position[groups[key]]
        name = f"{where}, setting {' '.join(key).strip()}"
        _check_known(rows, this, at, name)
        further = _FURTHER_SUBSETS.get(key[0]) if key[1] in ("", drawn.options.budget) else None
        allowed = subsets[further][this] if further else np.zeros(len(this), bool)
        right = np.where(drawn.is_test[at], subsets["test"][this], allowed)
        _check_windows(at, right, pressures[this], reference[this], drawn, name)
        values = np.full((len(drawn.plan), 2), np.nan)
        values[at] = pressures[this]
        if key[0] == BEFORE:
            before = values
            _check_all_there(at, drawn, np.arange(len(drawn.plan)), name)
            continue
        _check_all_there(at, drawn, drawn.test, name)
        _check_counts(counted[this], at, drawn, key, name)
        tuned[key] = values[drawn.test]
        if key == (FIRST, drawn.options.budget):
            later = values
    return Run(network, seed, before, tuned, later)


def _check_known(rows, this, at, name: str) -> None:
    if (unknown := at < 0).any():
        window = window_name(rows.iloc[this[unknown.argmax()]])
        raise PredictionError(f"{name}: {window} is not in the plan; personalize again with this plan")


def _check_windows(at, right, pressures, reference, drawn: Drawn, name: str) -> None:
    """Each window once, in the subset that the plan says (`right`), with the plan's reference and a finite
    prediction.
    """
    seen = np.bincount(at, minlength=len(drawn.plan))
    faults = (
        (seen[at] > 1, "stands twice; keep one row a window, setting and budget"),
        (~right, "is not in the subset that the plan says; personalize again with this plan"),
        (
            ~(np.abs(reference - drawn.reference[at]) <= _SAME_MMHG).all(axis=1),
            "has another reference than in the plan; personalize again with this plan",
        ),
        (
            ~np.isfinite(pressures).all(axis=1),
            "has no finite prediction; look for a training that diverged, and lower personalization.learning_rate",
        ),
    )
    for bad, why in faults:
        if bad.any():
            first = at[bad].min()
            raise PredictionError(f"{name}: {drawn.describe(first)} {why} ({int(bad.sum())} such rows)")


def _check_all_there(at, drawn: Drawn, needed, name: str) -> None:
    there = np.zeros(len(drawn.plan), bool)
    there[at] = True
    if (missing := needed[~there[needed]]).size:
        raise PredictionError(
            f"{name}: {drawn.describe(missing[0])} is missing ({missing.size} of {needed.size} windows); "
            "personalize again with this plan"
        )


def _check_counts(counted, at, drawn: Drawn, key, name: str) -> None:
    owner = drawn.owner[at]
    bad = counted != drawn.calibration[key].counts[owner]
    if bad.any():
        first = bad.argmax()
        raise PredictionError(
            f"{name}: {drawn.describe(at[first])} was predicted after {counted[first]} calibration windows, the plan "
            f"has {drawn.calibration[key].counts[owner[first]]}; personalize again with this plan"
        )


class _Finder:
    """Positions of windows in the plan, by numbers in place of names: tables have millions of rows."""

    def __init__(self, plan: pd.DataFrame):
        self.names = {column: pd.Index(plan[column].unique()) for column in ("subject", "record")}
        self.starts = np.unique(plan["start"].to_numpy(float))
        keys = self._keys(plan)
        self.order = np.argsort(keys)
        self.sorted = keys[self.order]

    def positions(self, rows: pd.DataFrame) -> np.ndarray:
        """Position of each row's window; -1 if the plan has none."""
        keys = self._keys(rows)
        at = np.searchsorted(self.sorted, keys).clip(max=len(self.sorted) - 1)
        return np.where((self.sorted[at] == keys) & (keys >= 0), self.order[at], -1)

    def _keys(self, rows: pd.DataFrame) -> np.ndarray:
        subject, record = (self._codes(rows[column], names) for column, names in self.names.items())
        start = rows["start"].to_numpy(float)
        at = np.searchsorted(self.starts, start).clip(max=len(self.starts) - 1)
        known = (subject >= 0) & (record >= 0) & (self.starts[at] == start)
        return np.where(known, (subject * len(self.names["record"]) + record) * len(self.starts) + at, -1)

    @staticmethod
    def _codes(column: pd.Series, names: pd.Index) -> np.ndarray:
        codes, found = pd.factorize(column)
        return np.append(names.get_indexer(pd.Index(found)), -1)[codes]
