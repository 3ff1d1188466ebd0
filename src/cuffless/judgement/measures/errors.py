"""Errors of each training: mean absolute error, bias, spread, slope on the reference, skill."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.evidence.skill import skill_ratio
from cuffless.judgement.names import AVERAGES, MEAN
from cuffless.judgement.table.predictions import JudgedSplit

NO_BASELINE = "no mean regressor"
CLOSE_MMHG = 10.0
"""Errors up to this size are counted as small."""
_ROUNDING_MMHG = 1e-9  # an error of 10.0 is one, however its digits came about
STILL_MMHG = 1e-3
"""Values that vary less are constant up to rounding."""
_SPREAD = ["rmse", "me", "sd", "slope"]
_SKILL = ["skill", "skill_lower", "skill_upper", "skill_interval"]


@dataclass(frozen=True)
class SubjectSums:
    """Sums over each subject's windows; arrays are (k, pressures). Error is prediction less reference.

    Predictions and references are counted from a fixed pressure, so that a constant prediction has sums
    of exactly 0 and hence a slope of exactly -1. `close` counts errors up to 10 mmHg.
    """

    windows: np.ndarray
    absolute: np.ndarray
    close: np.ndarray
    error: np.ndarray
    error2: np.ndarray
    reference: np.ndarray
    reference2: np.ndarray
    prediction: np.ndarray
    prediction2: np.ndarray
    product: np.ndarray


def sum_by_subject(values: np.ndarray, owner: np.ndarray, subjects: int) -> np.ndarray:
    """Sum rows that belong to the same subject.

    Parameters
    ----------
    values : (n, m) array
    owner : (n,) int array
        Subject of each row, below `subjects`.
    subjects : int

    Returns
    -------
    (subjects, m) float array
        0 for a subject without rows.
    """
    columns = [np.bincount(owner, weights=column, minlength=subjects) for column in np.asarray(values).T]
    return np.stack(columns, axis=1)


def absolute_errors(judged: JudgedSplit, network: str) -> np.ndarray:
    """Absolute error of each window, averaged over the seeds: (n, pressures) mmHg."""
    return np.mean([np.abs(judged.predicted[network, seed] - judged.reference) for seed in judged.seeds(network)], 0)


def subject_maes(judged: JudgedSplit, network: str) -> np.ndarray:
    """MAE of each subject, its errors averaged over the seeds: (k, pressures) mmHg."""
    k = len(judged.subjects)
    sums = sum_by_subject(absolute_errors(judged, network), judged.owner, k)
    return sums / np.bincount(judged.owner, minlength=k)[:, None]


def subject_sums(reference: np.ndarray, prediction: np.ndarray, owner: np.ndarray, subjects: int) -> SubjectSums:
    """Sums from which every measure of one training is computed.

    Parameters
    ----------
    reference, prediction : (n, pressures) float array
        mmHg.
    owner : (n,) int array
        Subject of each window, below `subjects`.
    subjects : int

    Returns
    -------
    SubjectSums
    """
    error = prediction - reference
    ref, said = reference - reference.mean(axis=0), prediction - prediction[0]
    parts = {
        "windows": np.ones_like(error),
        "absolute": np.abs(error),
        "close": np.abs(error) <= CLOSE_MMHG + _ROUNDING_MMHG,
        "error": error,
        "error2": error**2,
        "reference": ref,
        "reference2": ref**2,
        "prediction": said,
        "prediction2": said**2,
        "product": said * ref,
    }
    return SubjectSums(**{name: sum_by_subject(part, owner, subjects) for name, part in parts.items()})


def average_sums(sums: Sequence[SubjectSums]) -> SubjectSums:
    """Sums of several trainings, averaged: as windows are the same for all, this averages the errors."""
    return SubjectSums(
        **{name: np.mean([getattr(one, name) for one in sums], axis=0) for name in SubjectSums.__dataclass_fields__}
    )


def spread_figures(sums: SubjectSums, average: str) -> dict[str, np.ndarray]:
    """Figures of one training that have no interval.

    Parameters
    ----------
    sums : SubjectSums
    average : {"pooled", "subject"}
        Whether every window counts the same, or every subject does, its windows sharing its weight.

    Returns
    -------
    dict of str to (pressures,) float array
        ``me, sd, rmse`` of the error (mmHg; RMSE^2 = ME^2 + SD^2), ``slope`` of the error on the reference (-1: the
        prediction ignores the pressure), ``sd_ratio`` SD(prediction) / SD(reference), ``r2`` the coefficient of
        determination 1 - SSE / SST about the mean of these references (below 0: worse than that mean), ``within_r``,
        ``explained`` SD(reference) / SD(error). NaN where what is divided by does not vary.

    Notes
    -----
    `within_r` is the correlation of prediction and reference about each subject's own means, pooled over subjects
    (Bland & Altman 1995, BMJ 310:446, part 1: correlation within subjects). Subjects with one window add nothing to
    it; it is NaN if the prediction, or the reference, is constant within every subject.
    """
    weight = subject_weight(sums, average)
    total = {name: (weight * values).sum(axis=0) for name, values in vars(sums).items()}
    mean = {name: values / total["windows"] for name, values in total.items()}
    variance = _positive(mean["reference2"] - mean["reference"] ** 2)
    said = _positive(mean["prediction2"] - mean["prediction"] ** 2)
    error = np.maximum(mean["error2"] - mean["error"] ** 2, 0)
    covariance = mean["product"] - mean["prediction"] * mean["reference"]
    return {
        "rmse": np.sqrt(mean["error2"]),
        "me": mean["error"],
        "sd": np.sqrt(error),
        "slope": covariance / variance - 1,
        "sd_ratio": np.sqrt(np.nan_to_num(said) / variance),
        "r2": 1 - mean["error2"] / variance,
        "within_r": _within_correlation(sums, weight),
        "explained": np.sqrt(variance / _positive(error)),
    }


def _within_correlation(sums: SubjectSums, weight: np.ndarray) -> np.ndarray:
    windows = (weight * sums.windows).sum(axis=0)
    said, ref = sums.prediction, sums.reference
    covariance, variance_said, variance_ref = (
        (weight * (square - left * right / sums.windows)).sum(axis=0) / windows
        for square, left, right in (
            (sums.product, said, ref),
            (sums.prediction2, said, said),
            (sums.reference2, ref, ref),
        )
    )
    return covariance / np.sqrt(_positive(variance_said) * _positive(variance_ref))


def _positive(variance: np.ndarray) -> np.ndarray:
    """Variances, NaN where they are rounding only."""
    return np.where(variance > STILL_MMHG**2, variance, np.nan)


def subject_weight(sums: SubjectSums, average: str) -> np.ndarray:
    """Weight of each subject's sums in an average, (k, pressures)."""
    return np.ones_like(sums.windows) if average == "pooled" else 1 / sums.windows


def _figures(
    sums: SubjectSums,
    pressures: Sequence[str],
    baseline: np.ndarray | None,
    average: str,
    options: EvaluationOptions,
) -> list[dict[str, object]]:
    """One dict per pressure; `baseline`: the mean regressor's absolute errors summed by subject."""
    weight = subject_weight(sums, average)
    absolute, windows = weight * sums.absolute, weight * sums.windows
    mae = positive_interval(absolute, windows, options)
    nothing = np.full(len(pressures), np.nan)
    skill = (nothing, nothing, nothing, [NO_BASELINE] * len(pressures))
    if baseline is not None:
        skill = skill_ratio(absolute, weight * baseline, windows, options)[:4]
    merits = spread_figures(sums, average)
    rows = []
    for p, pressure in enumerate(pressures):
        rows.append(
            {
                "pressure": pressure,
                "average": average,
                "mae": mae.estimate[p],
                "lower": mae.lower[p],
                "upper": mae.upper[p],
                "interval": mae.method,
                "confidence": options.confidence,
                **{name: merits[name][p] for name in _SPREAD},
                **dict(zip(_SKILL, (part[p] for part in skill), strict=True)),
                "n_subjects": len(sums.windows),
                "n_windows": int(sums.windows[:, p].sum()),
            }
        )
    return rows


def mae_tables(judged: JudgedSplit, options: EvaluationOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors of every training of a split, and of every network with its seeds averaged.

    Returns
    -------
    mae : DataFrame
        One row per network, seed, pressure and average: ``split, network, seed, pressure, average``
        (``pooled``: every window counts the same; ``subject``: every subject), ``mae, lower, upper``,
        ``interval`` (its method, or why there is none) and ``confidence`` (its level), ``rmse, me, sd``
        (mmHg; RMSE^2 = ME^2 + SD^2), ``slope`` of error on reference (-1: the prediction ignores the
        pressure), ``skill, skill_lower, skill_upper, skill_interval`` (1 - MAE / MAE of the mean
        regressor), ``n_subjects, n_windows``.
    overall : DataFrame
        The same with ``seeds`` (their number), ``mae_min, mae_max`` over the seeds in place of ``seed``:
        means over the seeds, and intervals for that mean MAE over subjects.
    """
    k = len(judged.subjects)
    sums = {key: subject_sums(judged.reference, said, judged.owner, k) for key, said in judged.predicted.items()}
    baseline = None
    if MEAN in judged.networks:
        baseline = np.mean([sums[MEAN, seed].absolute for seed in judged.seeds(MEAN)], axis=0)
    each, overall = [], []
    for network in judged.networks:
        seeds = judged.seeds(network)
        for average in AVERAGES:
            by_seed = [_figures(sums[network, seed], judged.pressures, baseline, average, options) for seed in seeds]
            for seed, rows in zip(seeds, by_seed, strict=True):
                each += [{"split": judged.split, "network": network, "seed": seed, **row} for row in rows]
            averaged = average_sums([sums[network, seed] for seed in seeds])
            for p, row in enumerate(_figures(averaged, judged.pressures, baseline, average, options)):
                seen = pd.DataFrame([rows[p] for rows in by_seed])
                row |= seen[_SPREAD].mean().to_dict()
                spread = {"seeds": len(seeds), "mae_min": seen["mae"].min(), "mae_max": seen["mae"].max()}
                overall.append({"split": judged.split, "network": network, **row, **spread})
    return pd.DataFrame(each), pd.DataFrame(overall)
