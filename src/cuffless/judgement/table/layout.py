"""The layout of an arm: the windows of its subjects, and which of them calibrate and test each setting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cuffless.judgement.table.predictions import WINDOW, PredictionError

Key = tuple[str, str]
"""A setting, and the name of its calibration budget; empty if it has none."""


@dataclass(frozen=True)
class Calibration:
    """Calibration windows of one setting and budget: their positions in the design, in order within each subject, the
    subject of each, and the number of each subject's.
    """

    rows: np.ndarray
    owner: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Words:
    """Words of error messages: a design's name (``protocol 'main'``), the remedies, the option of its learning rate."""

    where: str
    again: str
    rate: str
    redraw: str


@dataclass(frozen=True)
class Layout:
    """Windows on which settings of networks are compared, sorted by subject and order.

    Attributes
    ----------
    name : str
        Value of the column ``protocol``.
    windows : DataFrame
        One row per window: ``number`` (of the subject, in figures), ``subject, record, start, sbp, dbp, hr, order``;
        for drift also ``seconds, elapsed``.
    test : dict of str to (n,) bool array
        By setting: which windows test it.
    calibrating : dict of (setting, budget) to (n,) bool array
        Which windows calibrate; only for settings with calibration.
    folds : sequence of ((n,) bool array, DataFrame)
        Windows, and ``sbp, dbp, hr`` of the windows on which their networks were trained.
    words : Words
    budget : str
        The main budget, for which single windows are kept.
    further : dict of (setting, budget) to str
        Subset of the windows that a setting predicts besides the test windows.
    fitted : tuple of str
        Baselines fitted on other people, by their names in `cuffless.judgement.names`.
    fitted_for : tuple of str
        Settings that have rows of these baselines: only the first, if all have the same test windows.
    drift : (setting, budget) or None
        Setting after whose calibration the error is followed over time.
    """

    name: str
    windows: pd.DataFrame
    test: Mapping[str, np.ndarray]
    calibrating: Mapping[Key, np.ndarray]
    folds: Iterable[tuple[np.ndarray, pd.DataFrame]]
    words: Words
    budget: str = ""
    further: Mapping[Key, str] | None = None
    fitted: tuple[str, ...] = ()
    fitted_for: tuple[str, ...] = ()
    drift: Key | None = None

    def __post_init__(self):
        twice = self.windows.duplicated(WINDOW)
        if twice.any():
            raise PredictionError(f"{self.words.where}: {self.describe(twice.argmax())} occurs twice in the plan")
        for (setting, budget), calibration in self.calibration.items():
            self._need_all(calibration.counts, f"calibration ({', '.join(filter(None, (setting, budget)))})")
        for setting in self.test:
            self._need_all(self.counts(setting), "test")

    @cached_property
    def _factorized(self) -> tuple[np.ndarray, pd.Index]:
        return pd.factorize(self.windows["subject"])

    @property
    def owner(self) -> np.ndarray:
        """Position of each window's subject; ascending: (n,)."""
        return self._factorized[0]

    @cached_property
    def subjects(self) -> np.ndarray:
        """Subjects in ascending order: (k,)."""
        return np.asarray(self._factorized[1], dtype=object)

    @cached_property
    def numbers(self) -> np.ndarray:
        """Numbers of the subjects in figures: (k,)."""
        return self.windows.groupby("subject")["number"].first().to_numpy()

    @cached_property
    def reference(self) -> np.ndarray:
        """SBP and DBP in mmHg: (n, 2)."""
        return self.windows[["sbp", "dbp"]].to_numpy(float)

    @cached_property
    def calibration(self) -> dict[Key, Calibration]:
        """Calibration windows by setting and budget."""
        found = {}
        for key, taken in self.calibrating.items():
            rows = np.flatnonzero(taken)
            owner = self.owner[rows]
            found[key] = Calibration(rows, owner, np.bincount(owner, minlength=len(self.subjects)))
        return found

    @cached_property
    def keys(self) -> list[Key]:
        """Settings and budgets that each network and seed must predict."""
        calibrated = {setting for setting, _ in self.calibrating}
        return [(setting, "") for setting in self.test if setting not in calibrated] + list(self.calibrating)

    @cached_property
    def tested(self) -> dict[str, np.ndarray]:
        """Positions of the test windows of each setting."""
        return {setting: np.flatnonzero(mask) for setting, mask in self.test.items()}

    def counts(self, setting: str) -> np.ndarray:
        """Test windows of each subject: (k,)."""
        return np.bincount(self.owner[self.tested[setting]], minlength=len(self.subjects))

    def main_budget(self, setting: str) -> str:
        """The budget at which a setting's single windows are shown."""
        return self.budget if (setting, self.budget) in self.calibrating else ""

    def describe(self, position: int) -> str:
        """A window of the design, in words."""
        return window_name(self.windows.iloc[position])

    def _need_all(self, counts: np.ndarray, kind: str) -> None:
        if not counts.all():
            raise PredictionError(
                f"{self.words.where}: subject {self.subjects[counts.argmin()]} has no {kind} window; "
                f"{self.words.redraw}"
            )


def window_name(row) -> str:
    """A window in words: subject, record and start."""
    return f"window subject {row['subject']}, record {row['record']}, start {row['start']:g} s"


def stored_tables(paths: Iterable, columns: Sequence[str], names: Sequence[str]):
    """Tables of predictions, one at a time; names as categories, so that millions of rows fit into memory.

    Parameters
    ----------
    paths : iterable of path
    columns, names : sequences of str
        Columns to read, and which of them are text.

    Yields
    ------
    DataFrame
    """
    import pyarrow.parquet as pq

    for path in paths:
        yield pq.read_table(path, columns=list(columns), read_dictionary=list(names)).to_pandas()
