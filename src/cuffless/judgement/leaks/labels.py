"""Predictions that only somebody who knows the test references can make."""

import numpy as np
import pandas as pd
from scipy.special import chdtr, pdtrc

from cuffless.designs.audit import make_leak
from cuffless.errors import plural
from cuffless.judgement.names import training_name
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.keys import hashed, recurring

MOST_P = 1e-6
"""Chance is ruled out below this probability; every predictor is tested several times."""
MOST_RATIO = 0.2
"""People's mean errors are too small below this multiple of what the scatter of their errors gives."""
_EXACT = 1e-3  # mmHg: mean errors that are 0 in single precision
_EXACT_OVERALL = 1e-5
_GRIDS = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)  # mmHg between values that devices, or people, write down
_FINE = 0.02  # where values are on no grid
_LEAST_STEP = 0.05  # of other grids; values on none are near multiples of a finer one
_GAPS = (0.0, 0.1, 0.25, 0.5)  # quantiles of the gaps between values, of which the least may be rounding's
_ON_GRID = 0.95
_CENTRE = 5  # honest errors may be this much more frequent at 0 than next to it
_LEAST_EQUAL = 5


def centred_predictors(case: Case) -> dict:
    """Predictors whose mean error is 0 in each test subject, or in all together, as only the references can make it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting predictors.

    Notes
    -----
    A subject's mean error has a standard error of at least the SD of its errors over the root of their number, even
    where no subject differs from any other. People's mean errors are too small if they are below `MOST_RATIO` of it in
    the root mean square, or if more of them are 0 to rounding than chance explains (`MOST_P`). The same holds of the
    mean over all windows, whose standard error comes from the subjects' means. A predictor that is constant within
    each subject is not tested overall: the mean of all others errs by 0 overall.
    """
    found = []
    for (network, seed), predicted in case.judged.predicted.items():
        error = predicted - case.judged.reference
        people = [_centred_people(error[:, at], case.judged.owner) for at in range(error.shape[1])]
        where = [
            f"in {text} ({pressure})" for pressure, text in zip(case.judged.pressures, people, strict=True) if text
        ]
        own = case.judged.measured
        if not where and _is_centred_overall(error[:, own], predicted[:, own], case.judged.owner):
            where = [f"over all test windows ({' and '.join(case.judged.pressures[p] for p in own)})"]
        if where:
            found.append(
                f"{training_name(network, seed, case.judged.seeds(network))}: mean error 0 {' and '.join(where)}"
            )
    return make_leak(found, "predictors whose mean error is 0, as centring on the test references makes it")


def equal_predictors(case: Case) -> dict:
    """Predictors that equal the reference in more windows than nearly equal it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting predictors.

    Notes
    -----
    Pressures of a window are compared on the grid on which they were written down. Errors of 0 are compared with
    errors of one grid step: honest ones are about as frequent, up to five times with very small errors. Pairs that
    occur several times in a subject, as a cuff's do, are left out: a held calibration value may equal them.
    """
    alone = _alone(case)
    found = []
    for (network, seed), predicted in case.judged.predicted.items():
        own = alone & ~_repeated(predicted, case.judged.owner)
        error = (predicted - case.judged.reference)[own][:, case.judged.measured]
        if equal := _too_often_equal(error):
            name = training_name(network, seed, case.judged.seeds(network))
            found.append(f"{name}: {equal} of {plural(len(error), 'window')}")
    where = {1: "", 2: ", in both pressures"}[len(case.judged.measured)]
    return make_leak(found, f"predictors that equal the reference{where}, too often for chance")


def _centred_people(error: np.ndarray, owner: np.ndarray) -> str:
    """How many subjects have mean errors that are too near 0 for chance, in words; empty if none."""
    people = pd.Series(error).groupby(owner).agg(["mean", "median", "std", "size"])
    people = people[people["std"] > _EXACT]
    if people.empty:
        return ""
    standard = people["std"] / np.sqrt(people["size"])
    near = [name for name in ("mean", "median") if (people[name] / standard).pow(2).mean() < MOST_RATIO**2]
    zero = people["mean"].abs() <= _EXACT
    if not near and not zero.any():
        return ""  # and the grid, which takes most of the time, makes nothing nearer
    grid = _grid(error)
    steps = {"mean": grid / people["size"], "median": grid}  # an honest median is often 0 on a coarse grid
    for middle in near:
        square = ((people[middle].abs() + steps[middle]) / standard) ** 2
        if square.mean() < MOST_RATIO**2 and chdtr(len(people), square.sum()) < MOST_P:
            return f"each of {plural(len(people), 'subject')}"
    likely = (2 * _EXACT + steps["mean"]) / (standard * np.sqrt(2 * np.pi))
    if zero.any() and pdtrc(zero.sum() - 1, likely.clip(upper=1).sum()) < MOST_P:
        return f"{zero.sum()} of {plural(len(people), 'subject')}"
    return ""


def _is_centred_overall(error: np.ndarray, predicted: np.ndarray, owner: np.ndarray) -> bool:
    if not (pd.DataFrame(predicted).groupby(owner).std() > _EXACT).any(axis=None):
        return False
    means = pd.DataFrame(error).groupby(owner).mean()
    standard = means.std().to_numpy() / np.sqrt(len(means))
    if not (standard > _EXACT).all() or not (np.abs(error.mean(axis=0)) <= _EXACT_OVERALL).all():
        return False
    steps = np.array([_grid(column) for column in error.T]) / len(error)
    likely = (2 * _EXACT_OVERALL + steps) / (standard * np.sqrt(2 * np.pi))
    return bool(likely.prod() < MOST_P)


def _too_often_equal(error: np.ndarray) -> int:
    """How many windows have an error of 0 in all pressures, if these are too many; else 0."""
    if len(error) < _LEAST_EQUAL:
        return 0
    cell = np.rint(error / np.array([_grid(column) or _FINE for column in error.T]))
    away = np.abs(cell).max(axis=1)
    equal, next_to = int((away == 0).sum()), int((away == 1).sum()) / (3 ** error.shape[1] - 1)
    chance = max(_CENTRE * next_to, 0.01)
    return equal if equal >= _LEAST_EQUAL and pdtrc(equal - 1, chance) < MOST_P else 0


def _grid(values: np.ndarray) -> float:
    """Coarsest step of which nearly all values are multiples; 0 if there is none."""
    some = values[: len(values) // 10]
    most = (1 - _ON_GRID) * len(values)
    for step in sorted({*_GRIDS, *_spacings(values)}, reverse=True):
        # Where so many of the first tenth are off the grid, the others need not be looked at.
        if (~_on_grid(some, step)).sum() <= most and _on_grid(values, step).mean() >= _ON_GRID:
            return step
    return 0.0


def _on_grid(values: np.ndarray, step: float) -> np.ndarray:
    """Which values are multiples of a step, up to rounding."""
    return np.abs(values - step * np.rint(values / step)) < _EXACT


def _spacings(values: np.ndarray) -> list[float]:
    """Steps that the values themselves suggest, such as of tenths of kPa, or of means of three readings."""
    gaps = np.diff(np.unique(np.abs(values)))
    gaps = gaps[gaps > _EXACT]
    if not len(gaps):
        return []
    rough = np.unique(np.quantile(gaps, _GAPS, method="nearest"))
    # A fitted step is less than twice the gap that it starts from.
    return [step for step in (_fitted(values, gap) for gap in rough if gap > _LEAST_STEP / 2) if step > _LEAST_STEP]


def _fitted(values: np.ndarray, step: float) -> float:
    """A step whose multiples lie nearest to the values, close to the one that is given."""
    times = np.rint(values / step)
    return float(values @ times / (times @ times)) if times.any() else 0.0


def _alone(case: Case) -> np.ndarray:
    """Windows whose pair of references no other row of their subject has, of any subset."""
    subjects = case.judged.subjects
    parts = [(case.judged.owner, case.judged.reference)]
    for rows in (case.training.drop_duplicates(["subject", "record", "start"]), case.calibration):
        at = pd.Index(subjects).get_indexer(rows["subject"].astype(object))
        parts.append((at[at >= 0], rows[case.references].to_numpy(float)[at >= 0]))
    owner, pairs = (np.concatenate(values) for values in zip(*parts, strict=True))
    return ~_repeated(pairs, owner)[: len(case.windows)]


def _repeated(pairs: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Which pairs occur several times in their subject."""
    return recurring(hashed(owner, *np.rint(1000 * pairs).astype(np.int64).T))
