"""Baselines that every predictor is judged against, on the same windows, as far as the table supports them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cuffless.errors import plural
from cuffless.judgement import names
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.layout import Calibration, Layout
from cuffless.judgement.table.predictions import PredictionError

FROM_TRAINING, IN_SAMPLE = "training rows", "the test subjects themselves, each counting the same (in-sample)"
NO_ONE_ELSE = "no training rows, and no other subject"
LEAST_KNOWN = 0.5
"""Least share of test windows with known predictors; for the others a baseline gives the population mean."""
RIDGE_ALPHA = 1.0
"""Penalty of the ridge regressions, whose predictors are standardized and whose pressures are centred."""


@dataclass(frozen=True)
class Baselines:
    """Baselines of a case."""

    predicted: dict[str, np.ndarray]
    """Dict of str to (n, pressures) float array: By name, for the case's windows, mmHg."""
    offset: dict[tuple[str, int], np.ndarray]
    """Dict of (network, seed) to (n, pressures) float array: The offset-corrected predictors."""
    absent: dict[str, str]
    """Why a baseline cannot be had."""
    fitted_on: str
    """What those that know of other people are fitted on."""
    partly: dict[str, str] = field(default_factory=dict)
    """Of which windows a baseline knows nothing, so that it gives the population mean."""

    def in_sample(self, name: str) -> bool:
        """Whether a baseline is fitted on the windows that it predicts."""
        return self.fitted_on == IN_SAMPLE and name not in names.KNOW_THE_SUBJECT


def make_baselines(case: Case) -> Baselines:
    """Predictions of all baselines for a case's windows.

    What knows of people in general is fitted on the rows of the training set, of each fold for its own test windows.
    Without such rows it is fitted on the test windows themselves, every subject counting the same. So fitted, a
    baseline errs slightly too little, which can hide a small skill but not feign one. If each subject were left out in
    turn, the mean would err k/(k-1) times too much, and constants would be found better than it: see `false_skill`.
    """
    predicted: dict[str, np.ndarray] = {}
    absent: dict[str, str] = {}
    partly: dict[str, str] = {}
    folds = _folds(case)
    if folds:
        for name, middle in ((names.POPULATION_MEAN, np.mean), (names.POPULATION_MEDIAN, np.median)):
            predicted[name] = np.empty(case.judged.reference.shape)
            for tested, known in folds:
                predicted[name][tested] = middle(known[case.references].to_numpy(float), axis=0)
    elif len(case.judged.subjects) > 1:
        predicted |= _in_sample_constants(case)
    else:
        absent |= dict.fromkeys((names.POPULATION_MEAN, names.POPULATION_MEDIAN), NO_ONE_ELSE)
    for name, columns in names.REGRESSIONS.items():
        found = _regression(case, columns)
        if isinstance(found, str):
            absent[name] = found
            continue
        untold = np.isnan(found).any(axis=1)
        if untold.any():
            partly[name] = f"{' or '.join(columns)} of {int(untold.sum())} test windows is not known"
        predicted[name] = np.where(untold[:, None], predicted[names.POPULATION_MEAN], found)
    if names.PULSE_SHAPE not in case.judged.networks:
        absent[names.PULSE_SHAPE] = f"no predictor {names.PULSE_SHAPE}"
    _add_calibration(case, predicted, absent)
    fitted_on = FROM_TRAINING if folds else IN_SAMPLE if len(case.judged.subjects) > 1 else f"nothing: {NO_ONE_ELSE}"
    return Baselines(predicted, _offsets(case, absent), absent, fitted_on, partly)


def fitted_baselines(design: Layout) -> dict[str, np.ndarray]:
    """Baselines of a design that know only other people, those named in its `fitted`.

    Returns
    -------
    dict of str to (n, 2) float array
        `mean`: the mean of the fold's training labels; `heart_rate`: a ridge regression on the pulse rate.

    Raises
    ------
    PredictionError
        If a fold has no training window, or a window that is needed has no pulse rate.
    """
    found = {name: np.full(design.reference.shape, np.nan) for name in design.fitted}
    rates = design.windows["hr"].to_numpy(float) if names.HEART_RATE in found else None
    for tested, training in design.folds:
        if training.empty:
            raise PredictionError("the split has no training window; sample it again")
        labels = training[["sbp", "dbp"]].to_numpy(float)
        if names.MEAN in found:
            found[names.MEAN][tested] = labels.mean(axis=0)
        if rates is not None:
            found[names.HEART_RATE][tested] = rate_regression(labels, training["hr"].to_numpy(float), rates[tested])
    return found


def rate_regression(labels: np.ndarray, known: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Pressures predicted by a ridge regression on the pulse rate.

    Parameters
    ----------
    labels : (n, 2) float array
        mmHg, of the windows that the regression is fitted on.
    known, rates : (n,) and (m,) float array
        Pulse rates of these windows and of those to predict, bpm.

    Returns
    -------
    (m, 2) float array
        SBP and DBP in mmHg; the mean of the labels where `known` does not vary.

    Raises
    ------
    PredictionError
        If a rate is missing.
    """
    if not (np.isfinite(known).all() and np.isfinite(rates).all()):
        raise PredictionError("a window has no pulse rate (column hr); cut the windows again")
    fit = _ridge(*_moments(known[:, None], labels, np.zeros(len(known), int), 1))
    return _apply(np.asarray(rates, float)[:, None], *(np.repeat(part, len(rates), axis=0) for part in fit))


def calibration_mean(values: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Mean of each subject's values, (n, pressures), over its calibration windows: (k, pressures).

    For references it is the calibration mean; for reference less prediction it is the offset correction.
    """
    sums = np.zeros((len(calibration.counts), values.shape[1]))
    np.add.at(sums, calibration.owner, values[calibration.rows])
    return sums / calibration.counts[:, None]


def calibrated_baselines(reference: np.ndarray, calibration: Calibration) -> dict[str, np.ndarray]:
    """Baselines of each subject from its own calibration values.

    Parameters
    ----------
    reference : (n, 2) float array
    calibration : Calibration
        Of k subjects; rows are in order, subject by subject.

    Returns
    -------
    dict of str to (k, 2) float array
        The earliest value held, the latest, and their mean.
    """
    ends, rows = np.cumsum(calibration.counts), calibration.rows
    return {
        names.HOLD_FIRST: reference[rows[ends - calibration.counts]],
        names.HOLD_LAST: reference[rows[ends - 1]],
        names.CALIBRATION_MEAN: calibration_mean(reference, calibration),
    }


def _folds(case: Case) -> list[tuple[np.ndarray, pd.DataFrame]]:
    """Test windows and training rows of each fold; empty if a fold has no training rows."""
    known = dict(iter(case.fitting.groupby("fold")))
    tested = case.windows["fold"].to_numpy()
    found = np.unique(tested)
    return [(tested == fold, known[fold]) for fold in found] if set(found) <= set(known) else []


def _in_sample_constants(case: Case) -> dict[str, np.ndarray]:
    """Mean and median of the test windows, every subject counting the same.

    That median has the least MAE, averaged over subjects, that a constant can have on these windows.
    """
    reference, owner = case.judged.reference, case.judged.owner
    weight = 1 / np.bincount(owner)[owner]
    found = {
        names.POPULATION_MEAN: np.average(reference, axis=0, weights=weight),
        names.POPULATION_MEDIAN: np.quantile(reference, 0.5, axis=0, weights=weight, method="inverted_cdf"),
    }
    return {name: np.tile(constant, (len(reference), 1)) for name, constant in found.items()}


def _regression(case: Case, columns: tuple[str, ...]) -> np.ndarray | str:
    """Ridge regression of the pressures on some columns (NaN where they are unknown), or why it is impossible."""
    needed = [column for column in columns if column not in case.windows]
    if needed:
        return f"no column {_listed(needed)}"
    x = _features(case.windows, columns)
    told = np.isfinite(x).all(axis=1)
    if told.mean() < LEAST_KNOWN:
        return f"{' or '.join(columns)} of {int((~told).sum())} test windows is not known"
    folds = _folds(case)
    found = np.full(case.judged.reference.shape, np.nan)
    if folds:
        for tested, known in folds:
            known_x = _features(known, columns)
            whole = np.isfinite(known_x).all(axis=1)
            if whole.sum() < 2:
                return f"{' and '.join(columns)} of the training windows are not known"
            y = known[case.references].to_numpy(float)[whole]
            fit = _ridge(*_moments(known_x[whole], y, np.zeros(len(y), int), 1))
            found[tested] = _apply(x[tested], *(np.repeat(part, tested.sum(), axis=0) for part in fit))
        return found
    k, owner = len(case.judged.subjects), case.judged.owner
    if k < 2:
        return NO_ONE_ELSE
    own = _moments(x[told], case.judged.reference[told], owner[told], k)
    known = own[0] > 0
    if known.sum() < 2:
        return f"{' and '.join(columns)} of all subjects but one are not known"
    alike = np.where(known, own[0].sum() / known.sum() / np.maximum(own[0], 1), 0.0)
    fit = _ridge(*(np.tensordot(alike, part, 1)[None] for part in own))
    found[told] = _apply(x[told], *(np.repeat(part, told.sum(), axis=0) for part in fit))
    return found


def _listed(columns: Iterable[str]) -> str:
    """Names of columns in a sentence: "age, sex and bmi"."""
    *first, last = columns
    return f"{', '.join(first)} and {last}" if first else last


def _features(table: pd.DataFrame, columns: Iterable[str]) -> np.ndarray:
    values = [
        table[column].map({"f": 0.0, "m": 1.0}) if column == "sex" else table[column].astype(float)
        for column in columns
    ]
    return np.column_stack(values)


def _moments(x: np.ndarray, y: np.ndarray, owner: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
    """Sums over each owner: windows, x, y, x x', x y'."""
    p, q = x.shape[1], y.shape[1]
    products = (x[:, :, None] * x[:, None]).reshape(len(x), p * p), (x[:, :, None] * y[:, None]).reshape(len(x), p * q)
    sums = [sum_by_subject(part, owner, k) for part in (np.ones((len(x), 1)), x, y, *products)]
    return sums[0][:, 0], sums[1], sums[2], sums[3].reshape(k, p, p), sums[4].reshape(k, p, q)


def _ridge(n, x, y, xx, xy) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of x and y and slopes of each fit (Hastie et al. 2009, section 3.4.1); predictors are standardized."""
    count = n[:, None]
    mean_x, mean_y = x / count, y / count
    spread = xx - count[:, :, None] * mean_x[:, :, None] * mean_x[:, None]
    scale = np.sqrt(np.maximum(np.einsum("kpp->kp", spread), 0) / count)
    scale = np.where(scale > 1e-9, scale, 1.0)
    gram = spread / (scale[:, :, None] * scale[:, None]) + RIDGE_ALPHA * np.eye(x.shape[1])
    against = (xy - count[:, :, None] * mean_x[:, :, None] * mean_y[:, None]) / scale[:, :, None]
    return mean_x, mean_y, np.linalg.solve(gram, against) / scale[:, :, None]


def _apply(x: np.ndarray, mean_x: np.ndarray, mean_y: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return mean_y + np.einsum("np,npq->nq", x - mean_x, slope)


def _add_calibration(case: Case, predicted: dict[str, np.ndarray], absent: dict[str, str]) -> None:
    """Baselines that know the subject's own calibration values."""
    values = case.calibration.drop_duplicates(["subject", "record", "start"], ignore_index=True)
    if why := _why_no_calibration(case, values):
        absent |= dict.fromkeys(names.CALIBRATED, why)
        return
    owner = np.searchsorted(case.judged.subjects.astype(str), values["subject"].to_numpy(str))
    calibration = Calibration(np.arange(len(values)), owner, np.bincount(owner, minlength=len(case.judged.subjects)))
    found = calibrated_baselines(values[case.references].to_numpy(float), calibration)
    predicted |= {name: own[case.judged.owner] for name, own in found.items()}
    if not case.timed:
        del predicted[names.HOLD_FIRST], predicted[names.HOLD_LAST]
        absent |= dict.fromkeys((names.HOLD_FIRST, names.HOLD_LAST), "no column start")


def _why_no_calibration(case: Case, values: pd.DataFrame) -> str:
    if values.empty:
        return "no calibration rows"
    without = np.setdiff1d(case.judged.subjects.astype(str), values["subject"].to_numpy(str))
    if without.size:
        return f"no calibration rows of {plural(without.size, 'test subject')}, {without[0]} among them"
    if extra := set(values["subject"]) - set(case.judged.subjects):
        return f"calibration rows of subjects that are not tested: {len(extra)}, {min(extra)} among them"
    return ""


def _offsets(case: Case, absent: dict[str, str]) -> dict[tuple[str, int], np.ndarray]:
    """Predictors plus their mean error on the calibration windows."""
    values = case.calibration
    if why := _why_no_calibration(case, values):
        absent[names.OFFSET] = why
        return {}
    found: dict[tuple[str, int], np.ndarray] = {}
    offset = values[case.references].to_numpy(float) - values[case.predictions].to_numpy(float)
    for key, rows in _by_predictor(values).items():
        own = pd.DataFrame(offset[rows], index=values["subject"].to_numpy()[rows]).groupby(level=0).mean()
        shift = own.reindex(case.judged.subjects).to_numpy(float)
        if key in case.judged.predicted and np.isfinite(shift).all():
            found[key] = case.judged.predicted[key] + shift[case.judged.owner]
    if not found:
        absent[names.OFFSET] = "calibration rows hold no predictions"
    return found


def _by_predictor(values: pd.DataFrame) -> Mapping[tuple[str, int], np.ndarray]:
    groups = values.reset_index(drop=True).groupby(["network", "seed"], sort=False).indices
    return {(str(network), int(seed)): rows for (network, seed), rows in groups.items()}
