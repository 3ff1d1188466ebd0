"""Predictions of several trainings on the same windows, side by side."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cuffless.errors import CufflessError
from cuffless.judgement.names import MEAN, PRESSURES
from cuffless.judgement.table.columns import BANDS, band_columns, predictions_of, references_of

WINDOW = ["subject", "record", "start"]
"""Columns that identify a window."""
LEVEL = 0.9
"""Share of windows that an interval is meant to cover, where nobody states it."""


class PredictionError(CufflessError):
    """A prediction table that cannot be judged: names the file, the column or rows, and the remedy."""


@dataclass
class JudgedTable:
    """A table that can be judged.

    Attributes
    ----------
    rows : DataFrame
        All columns of a prediction table, required and optional (such as `hr`, `age`, `sex`, `bmi`, `fold`, where
        the table has them), pressures in mmHg, times in s; rows of all subsets. Names are categories (`columns.CODED`).
    missing : tuple of str
        Optional columns that the table lacks.
    warnings, notes : list of str
        Doubts about the judgement, and assumptions made.
    source : str
    level : float
        Share of windows that the predictions' intervals are meant to cover.
    pressures : tuple of str
        Those that are judged: with references and predictions in the table.
    """

    rows: pd.DataFrame
    missing: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    level: float = LEVEL
    pressures: tuple[str, ...] = PRESSURES


@dataclass(frozen=True)
class JudgedSplit:
    """Test windows of one split with the predictions of every training, sorted by subject.

    Attributes
    ----------
    split : str
    subjects : (k,) str array
        Subjects, in ascending order.
    owner : (n,) int array
        Position in `subjects` of each window's subject; ascending.
    reference : (n, pressures) float array
        mmHg.
    predicted : dict of (network, seed) to (n, pressures) float array
        mmHg.
    stated : dict of (network, seed) to (n, 3, pressures) float array
        What a predictor states about its uncertainty: lower limit, upper limit and SD, mmHg; NaN where it states
        nothing, and no entry for a predictor that never does.
    pressures : tuple of str
        Of `names.JUDGED_PRESSURES`, in their order.
    """

    split: str
    subjects: np.ndarray
    owner: np.ndarray
    reference: np.ndarray
    predicted: dict[tuple[str, int], np.ndarray]
    stated: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)
    pressures: tuple[str, ...] = PRESSURES

    @cached_property
    def measured(self) -> list[int]:
        """Positions of the pressures that do not follow from others: not MAP where there are SBP and DBP."""
        derived = {"MAP"} if set(PRESSURES) <= set(self.pressures) else set()
        return [p for p, pressure in enumerate(self.pressures) if pressure not in derived]

    @property
    def networks(self) -> list[str]:
        """Networks, in order of appearance; the mean regressor last."""
        names = dict.fromkeys(network for network, _ in self.predicted)
        return [name for name in names if name != MEAN] + [MEAN] * (MEAN in names)

    def seeds(self, network: str) -> list[int]:
        """Seeds with which `network` was trained, ascending."""
        return sorted(seed for name, seed in self.predicted if name == network)


def align_predictions(predictions: pd.DataFrame, pressures: tuple[str, ...] = PRESSURES) -> dict[str, JudgedSplit]:
    """Align the trainings of each split window by window.

    Parameters
    ----------
    predictions : DataFrame
        ``subject, record, start, sbp_ref, dbp_ref, sbp, dbp, network, split, seed`` of test windows, each once per
        training, as `read_table` checks them; and any of `columns.BANDS`.
    pressures : tuple of str
        Those that the table has; columns as above for each.

    Returns
    -------
    dict of str to JudgedSplit
        By split, in order of appearance.

    Raises
    ------
    PredictionError
        If two trainings of a split do not have the same test windows with the same references, so that
        their errors cannot be compared.
    """
    return {
        str(split): _align_split(str(split), rows, pressures)
        for split, rows in predictions.groupby("split", sort=False)
    }


def window_order(rows: pd.DataFrame) -> np.ndarray:
    """Positions that sort rows by subject, record and start."""
    subject, record = (pd.factorize(rows[name], sort=True)[0] for name in ("subject", "record"))
    return np.lexsort((rows["start"].to_numpy(), record, subject))


def _align_split(split: str, rows: pd.DataFrame, pressures: tuple[str, ...]) -> JudgedSplit:
    references, said = references_of(pressures), predictions_of(pressures)
    first: Any = None
    predicted: dict[tuple[str, int], np.ndarray] = {}
    stated: dict[tuple[str, int], np.ndarray] = {}
    for (network, seed), group in rows.groupby(["network", "seed"], sort=False):
        group = group.iloc[window_order(group)]
        if first is None:
            first, first_name = group, f"{network} seed {seed}"
        elif len(group) != len(first) or any(
            not np.array_equal(group[column], first[column]) for column in (*WINDOW, *references)
        ):
            raise PredictionError(
                f"split {split!r}: {network} seed {seed} ({len(group)} test windows) and {first_name} "
                f"({len(first)}) do not have the same windows and references; "
                "predict all with one manifest"
            )
        predicted[str(network), int(seed)] = group[said].to_numpy(float)
        if (bands := stated_bands(group, pressures)) is not None:
            stated[str(network), int(seed)] = bands
    owner, subjects = pd.factorize(first["subject"])  # sorted already, so codes ascend
    reference = first[references].to_numpy(float)
    return JudgedSplit(split, np.asarray(subjects, dtype=object), owner, reference, predicted, stated, pressures)


def stated_bands(rows: pd.DataFrame, pressures: tuple[str, ...]) -> np.ndarray | None:
    """What rows state about the uncertainty of their predictions, as `JudgedSplit.stated`; None if nothing."""
    if rows.columns.intersection(BANDS).empty:
        return None
    columns = [name for kind in band_columns(pressures) for name in kind]
    bands = rows.reindex(columns=columns).to_numpy(float).reshape(len(rows), 3, len(pressures))
    return None if np.isnan(bands).all() else bands
