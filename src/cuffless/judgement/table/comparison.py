"""What networks before and after fine-tuning, and what needs no network, make of the same windows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES
from cuffless.designs.folds import BEFORE, SETTINGS
from cuffless.judgement.evidence.calibration_baselines import (
    calibration_hold,
    calibration_mean,
    calibration_offset,
    rate_regression,
    training_mean,
)
from cuffless.judgement.measures.errors import absolute_errors, sum_by_subject
from cuffless.judgement.measures.methods import (
    ALL,
    CALIBRATION_MEAN,
    HEART_RATE,
    HOLD_FIRST,
    HOLD_LAST,
    NETWORK,
    NONE,
    OFFSET,
)
from cuffless.judgement.table.predictions import MEAN, WINDOW, JudgedSplit, PredictionError
from cuffless.judgement.table.protocols import Calibration

_SAME_MMHG = 1e-3  # references may have gone through 32 bits


class Cell(NamedTuple):
    """What an error is of."""

    network: str
    method: str
    setting: str


@dataclass(frozen=True)
class Comparison:
    """Predictions of all methods on the windows that test each setting.

    Attributes
    ----------
    subjects : (k,) str array
        In the order of their folds, which is ascending.
    judged : dict of (method, setting) to JudgedSplit
        Networks and seeds; what has no network is `none`, seed 0.
    n_calibration : dict of str to (k,) int array
        Windows of the test subject in training, by setting.
    """

    subjects: np.ndarray
    judged: dict[tuple[str, str], JudgedSplit]
    n_calibration: dict[str, np.ndarray]

    @property
    def networks(self) -> list[str]:
        """Networks in order of appearance, `all` (their mean) last."""
        return [*self.judged[NETWORK, BEFORE].networks, ALL]

    @property
    def cells(self) -> list[Cell]:
        """Everything that is judged; networks first, what has none last."""
        without = [(method, setting) for method, setting in self.judged if method not in (NETWORK, OFFSET)]
        order = [(method, setting) for setting in SETTINGS for method in (NETWORK, OFFSET)]
        cells = [Cell(name, *key) for name in self.networks for key in order if key in self.judged]
        return cells + [Cell(NONE, *key) for key in sorted(without, key=lambda key: SETTINGS.index(key[1]))]

    def seeds(self, network: str) -> int:
        """Number of seeds of a network; the least of them for `all`, 0 where there is no network."""
        if network == NONE:
            return 0
        judged = self.judged[NETWORK, BEFORE]
        return min(len(judged.seeds(name)) for name in (judged.networks if network == ALL else [network]))

    def errors(self, cell: Cell) -> np.ndarray:
        """Absolute errors of single windows, averaged over seeds and, of `all`, over networks: (t, 2)."""
        judged = self.judged[cell.method, cell.setting]
        names = judged.networks if cell.network == ALL else [cell.network]
        return np.mean([absolute_errors(judged, name) for name in names], axis=0)

    def counts(self, setting: str) -> np.ndarray:
        """Windows of each subject that test a setting: (k,)."""
        return np.bincount(self.judged[NETWORK, setting].owner, minlength=len(self.subjects))

    def subject_maes(self, cell: Cell) -> np.ndarray:
        """MAE of each subject: (k, 2)."""
        owner = self.judged[cell.method, cell.setting].owner
        return sum_by_subject(self.errors(cell), owner, len(self.subjects)) / self.counts(cell.setting)[:, None]

    def improved(self) -> np.ndarray:
        """Whether fine-tuning on other people lowered each subject's SBP error, in the mean over networks: (k,)."""
        before, tuned = (self.subject_maes(Cell(ALL, NETWORK, setting))[:, 0] for setting in SETTINGS[:2])
        return tuned < before


def compare(plan: pd.DataFrame, predictions: pd.DataFrame | Iterable[pd.DataFrame]) -> Comparison:
    """Lay the predictions of all networks and seeds upon the plan, with those of methods that need no network.

    Parameters
    ----------
    plan : DataFrame
        As from `sample_folds`.
    predictions : DataFrame or iterable of DataFrame
        As from `contract_table`: all networks and seeds, in one table or several.

    Returns
    -------
    Comparison
        `heart_rate` is left out where a window has no pulse rate.

    Raises
    ------
    PredictionError
        If a network and seed is given twice, or does not hold each setting's windows once, with the plan's references
        and finite predictions.

    Notes
    -----
    The mean regressor and the regression on pulse rate are fitted in each fold on those who train it, without
    validation and test subject. Calibration values and offsets are those of the windows that `first` and `random` add.
    """
    plan = plan.sort_values(["fold", "order"], ignore_index=True)
    collected = _Collected(plan)
    tables = [predictions] if isinstance(predictions, pd.DataFrame) else predictions
    seen = set()
    for table in tables:
        for (network, seed), rows in table.groupby(["network", "seed"], sort=False, observed=True):
            if (network, seed) in seen or network in (ALL, NONE, MEAN):
                why = "is given twice; give each once" if (network, seed) in seen else "has a name that is taken"
                raise PredictionError(f"rPPG, {network} seed {seed} {why}")
            seen.add((network, seed))
            collected.add_run(str(network), int(seed), rows)
    if not seen:
        raise PredictionError("rPPG: no predictions; fine-tune at least one network")
    collected.add_without_network()
    return collected.comparison()


class _Collected:
    """Predictions as they come, network by network and seed by seed."""

    def __init__(self, plan: pd.DataFrame):
        self.plan = plan
        self.owner, self.subjects = pd.factorize(plan["subject"])
        self.reference = plan[["sbp", "dbp"]].to_numpy(float)
        self.windows = pd.MultiIndex.from_frame(plan[WINDOW])
        self.test = {setting: np.flatnonzero(plan[f"test_{setting}"]) for setting in SETTINGS}
        self.calibration = {strategy: self._calibration(strategy) for strategy in STRATEGIES}
        self.predicted = defaultdict(dict)

    def _calibration(self, strategy: str) -> Calibration:
        rows = np.flatnonzero(self.plan[strategy])
        owner = self.owner[rows]
        return Calibration(rows, owner, np.bincount(owner, minlength=len(self.subjects)))

    def add_run(self, network: str, seed: int, rows: pd.DataFrame) -> None:
        where = f"rPPG, {network} seed {seed}"
        at = self.windows.get_indexer(pd.MultiIndex.from_frame(rows[WINDOW].astype({"subject": str, "record": str})))
        self._check_rows(rows, at, where)
        pressures, setting = rows[["sbp", "dbp"]].to_numpy(float), rows["setting"].to_numpy(object)
        if odd := sorted(set(setting) - set(SETTINGS)):
            raise PredictionError(f"{where}: setting {odd[0]!r} is none of {', '.join(SETTINGS)}; leave its rows out")
        for name in SETTINGS:
            this = setting == name
            values = np.full(self.reference.shape, np.nan)
            values[at[this]] = pressures[this]
            needed = np.arange(len(values)) if name == BEFORE else self.test[name]
            self._check_windows(np.sort(at[this]), needed, f"{where}, setting {name}")
            self.predicted[NETWORK, name][network, seed] = values[self.test[name]]
            if name == BEFORE:
                before = values
        for name, calibration in self.calibration.items():
            offset = calibration_offset(before, self.reference, calibration)
            self.predicted[OFFSET, name][network, seed] = (before + offset[self.owner])[self.test[name]]

    def _check_rows(self, rows: pd.DataFrame, at: np.ndarray, where: str) -> None:
        """Each row has a window of the plan, its reference and a finite prediction."""
        differs = np.abs(rows[["sbp_ref", "dbp_ref"]].to_numpy(float) - self.reference[at]) > _SAME_MMHG
        faults = (
            (at < 0, "is not in the plan; fine-tune again with this plan"),
            (differs.any(axis=1), "has another reference than in the plan; fine-tune again with this plan"),
            (
                ~np.isfinite(rows[["sbp", "dbp"]].to_numpy(float)).all(axis=1),
                "has no finite prediction; lower rppg.tuning.learning_rate",
            ),
        )
        for bad, why in faults:
            if bad.any():
                first = rows.iloc[bad.argmax()]
                raise PredictionError(f"{where}: {_window(first)} {why} ({int(bad.sum())} such rows)")

    def _check_windows(self, at: np.ndarray, needed: np.ndarray, where: str) -> None:
        if not np.array_equal(at, needed):
            odd = np.setxor1d(at, needed)
            first = _window(self.plan.iloc[odd[0]]) if odd.size else "a window stands twice"
            raise PredictionError(
                f"{where}: {len(at)} rows for {len(needed)} windows ({first}); fine-tune again with this plan"
            )

    def add_without_network(self) -> None:
        rates = self.plan["hr"].to_numpy(float)
        values = {MEAN: np.empty(self.reference.shape)}
        if np.isfinite(rates).all():
            values[HEART_RATE] = np.empty(self.reference.shape)
        for position, name in enumerate(self.subjects):
            own = self.owner == position
            val = self.plan.loc[own, "val_subject"].iloc[0]
            training = self.plan[~self.plan["subject"].isin([name, val])]
            values[MEAN][own] = training_mean(training, int(own.sum()))
            if HEART_RATE in values:
                values[HEART_RATE][own] = rate_regression(training, rates[own])
        for setting in SETTINGS:
            for method, predicted in values.items():
                self.predicted[method, setting][NONE, 0] = predicted[self.test[setting]]
        for setting, calibration in self.calibration.items():
            first, last = calibration_hold(self.reference, calibration)
            mean = calibration_mean(self.reference, calibration)
            for method, of_subject in ((HOLD_FIRST, first), (HOLD_LAST, last), (CALIBRATION_MEAN, mean)):
                self.predicted[method, setting][NONE, 0] = of_subject[self.owner][self.test[setting]]

    def comparison(self) -> Comparison:
        subjects = np.asarray(self.subjects, dtype=object)
        judged = {
            (method, setting): JudgedSplit(
                setting, subjects, self.owner[self.test[setting]], self.reference[self.test[setting]], predicted
            )
            for (method, setting), predicted in self.predicted.items()
        }
        counts = dict.fromkeys(SETTINGS, np.zeros(len(subjects), int))
        counts |= {strategy: calibration.counts for strategy, calibration in self.calibration.items()}
        return Comparison(subjects, judged, counts)


def _window(row) -> str:
    return f"window subject {row['subject']}, recording {row['record']}, start {row['start']:g} s"
