"""Aligning the predictions of one network and seed with the windows of a design."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.errors import plural
from cuffless.judgement.names import ALL, MEAN, NONE
from cuffless.judgement.table.layout import Key, Layout, window_name
from cuffless.judgement.table.predictions import PredictionError

RESERVED = (ALL, NONE, MEAN)
_SAME_MMHG = 1e-3  # references may have been rounded to 32 bits


@dataclass(frozen=True)
class Run:
    """Predictions of one network and seed: (n, 2) arrays by setting and budget, NaN where none are needed."""

    network: str
    seed: int
    predicted: dict[Key, np.ndarray]


def runs(design: Layout, predictions: pd.DataFrame | Iterable[pd.DataFrame]) -> Iterator[Run]:
    """Predictions of each network and seed, aligned with the design.

    Parameters
    ----------
    design : Layout
        Its first setting is that of the networks before fine-tuning, which predict all windows.
    predictions : DataFrame or iterable of DataFrame
        All networks and seeds, in one table or in several that are read in turn: ``subject, record, start,
        subset, network, seed, setting, sbp_ref, dbp_ref, sbp, dbp``, and where there are several budgets ``budget,
        n_calibration``.

    Yields
    ------
    Run

    Raises
    ------
    PredictionError
        If a network and seed does not hold each test window once per setting and budget, other windows than the
        design's, other references, or a prediction that is not a finite number. Layout, network, seed and the first
        such window are named.
    """
    finder, seen, words = _Finder(design.windows), set(), design.words
    for table in [predictions] if isinstance(predictions, pd.DataFrame) else predictions:
        for (network, seed), rows in table.groupby(["network", "seed"], sort=False, observed=True):
            where = f"{words.where}, {network} seed {seed}"
            if network in RESERVED:
                raise PredictionError(f"{where}: {network!r} is a reserved name; rename the network")
            if (network, seed) in seen:
                raise PredictionError(f"{where} is given twice; give each network and seed once")
            seen.add((network, seed))
            yield Run(str(network), int(seed), _Aligner(design, rows, finder, where).predicted())
    if not seen:
        raise PredictionError(f"{words.where}: no predictions; {words.again} at least one network")


class _Aligner:
    """One network and seed."""

    def __init__(self, design: Layout, rows: pd.DataFrame, finder: "_Finder", where: str):
        self.design, self.rows, self.where = design, rows, where
        self.position = finder.positions(rows)
        self.pressures = rows[["sbp", "dbp"]].to_numpy(float)
        self.reference = rows[["sbp_ref", "dbp_ref"]].to_numpy(float)
        self.again = f"{design.words.again} again with this plan"

    def predicted(self) -> dict[Key, np.ndarray]:
        groups, design = self._groups(), self.design
        further = {design.keys[0]: "other", **(design.further or {})}
        found = {}
        for key in design.keys:
            this = groups[key]
            name = f"{self.where}, setting {_setting_label(key)}"
            at = self.position[this]
            self._check_known(this, at, name)
            subset = self.rows["subset"].iloc[this]
            test = design.test[key[0]]
            right = np.where(test[at], subset.eq("test"), subset.eq(further.get(key, "test")) & (key in further))
            self._check_windows(this, at, right, name)
            needed = np.arange(len(test)) if key == design.keys[0] else design.tested[key[0]]
            self._check_all_there(at, needed, name)
            if key in design.calibration and "n_calibration" in self.rows:
                self._check_counts(this, at, key, name)
            values = np.full((len(test), 2), np.nan)
            values[at] = self.pressures[this]
            found[key] = values
        return found

    def _groups(self) -> dict[Key, np.ndarray]:
        rows, expected = self.rows, self.design.keys
        budgets = pd.Series("", index=rows.index)
        if "budget" in rows:
            budgets = rows["budget"].astype(str).where(rows["budget"].notna(), "")
        groups = rows.groupby([rows["setting"], budgets], sort=False, observed=True).indices
        odd = [(key, f"not among the plan's ({', '.join(map(_setting_label, expected))})") for key in groups]
        odd = [(key, state) for key, state in odd if key not in expected]
        for key, state in odd + [(key, "missing") for key in expected if key not in groups]:
            again = f"{self.design.words.again} again with the present options"
            raise PredictionError(f"{self.where}: setting {_setting_label(key)} is {state}; {again}")
        return groups

    def _check_known(self, this, at, name: str) -> None:
        if (unknown := at < 0).any():
            window = window_name(self.rows.iloc[this[unknown.argmax()]])
            raise PredictionError(f"{name}: {window} is not in the plan; {self.again}")

    def _check_windows(self, this, at, right, name: str) -> None:
        """Each window once, in the design's subset (`right`), with its reference and a finite prediction."""
        seen = np.bincount(at, minlength=len(self.design.windows))
        differs = np.abs(self.reference[this] - self.design.reference[at])
        rate = f"check for a training that diverged, and lower {self.design.words.rate}"
        faults = (
            (seen[at] > 1, "occurs twice; keep one row per window, setting and budget"),
            (~right, f"is not in its subset of the plan; {self.again}"),
            (~(differs <= _SAME_MMHG).all(axis=1), f"has a different reference from the plan; {self.again}"),
            (~np.isfinite(self.pressures[this]).all(axis=1), f"has no finite prediction; {rate}"),
        )
        for bad, why in faults:
            if bad.any():
                first = at[bad].min()
                raise PredictionError(f"{name}: {self.design.describe(first)} {why} ({int(bad.sum())} such rows)")

    def _check_all_there(self, at, needed, name: str) -> None:
        there = np.zeros(len(self.design.windows), bool)
        there[at] = True
        if (missing := needed[~there[needed]]).size:
            raise PredictionError(
                f"{name}: {self.design.describe(missing[0])} is missing "
                f"({missing.size} of {plural(needed.size, 'window')}); {self.again}"
            )

    def _check_counts(self, this, at, key: Key, name: str) -> None:
        counted = self.rows["n_calibration"].to_numpy()[this]
        wanted = self.design.calibration[key].counts[self.design.owner[at]]
        if (bad := counted != wanted).any():
            first = bad.argmax()
            raise PredictionError(
                f"{name}: {self.design.describe(at[first])} was predicted after {counted[first]} calibration windows, "
                f"the plan has {wanted[first]}; {self.again}"
            )


def _setting_label(key: Key) -> str:
    return " ".join(key).strip()


class _Finder:
    """Positions of windows in the design, found by integer codes: tables have millions of rows."""

    def __init__(self, windows: pd.DataFrame):
        self.names = {column: pd.Index(windows[column].unique()) for column in ("subject", "record")}
        self.starts = np.unique(windows["start"].to_numpy(float))
        keys = self._keys(windows)
        self.order = np.argsort(keys)
        self.sorted = keys[self.order]

    def positions(self, rows: pd.DataFrame) -> np.ndarray:
        """Position of each row's window; -1 if it is not in the design."""
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
