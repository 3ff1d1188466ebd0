"""Errors of each training: mean absolute error, bias, spread, slope on the reference, skill."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.evaluation.bootstrap import subject_interval
from cuffless.evaluation.predictions import MEAN, PRESSURES, JudgedSplit

AVERAGES = ("pooled", "subject")
"""Every window counts the same, or every subject does."""
NO_BASELINE = "no mean regressor"


@dataclass(frozen=True)
class SubjectSums:
    """Sums over each subject's windows; arrays are (k, 2): SBP, DBP. Error is prediction less reference.

    Predictions and references are counted from a fixed pressure, so that a constant prediction has sums
    of exactly 0 and hence a slope of exactly -1.
    """

    windows: np.ndarray
    absolute: np.ndarray
    error: np.ndarray
    error2: np.ndarray
    reference: np.ndarray
    reference2: np.ndarray
    prediction: np.ndarray
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
    """Absolute error of each window, averaged over the seeds.

    Parameters
    ----------
    judged : JudgedSplit
    network : str

    Returns
    -------
    (n, 2) float array
        SBP and DBP in mmHg.
    """
    return np.mean([np.abs(judged.predicted[network, seed] - judged.reference) for seed in judged.seeds(network)], 0)


def subject_sums(judged: JudgedSplit, network: str, seed: int) -> SubjectSums:
    """Sums that every figure of one training follows from."""
    predicted = judged.predicted[network, seed]
    error = predicted - judged.reference
    reference = judged.reference - judged.reference.mean(axis=0)
    prediction = predicted - predicted[0]
    parts = {
        "windows": np.ones_like(error),
        "absolute": np.abs(error),
        "error": error,
        "error2": error**2,
        "reference": reference,
        "reference2": reference**2,
        "prediction": prediction,
        "product": prediction * reference,
    }
    k = len(judged.subjects)
    return SubjectSums(**{name: sum_by_subject(part, judged.owner, k) for name, part in parts.items()})


def _merits(sums: SubjectSums, average: str) -> dict[str, np.ndarray]:
    """Figures without interval, each (2,)."""
    weight = _weight(sums, average)
    total = {name: (weight * values).sum(axis=0) for name, values in vars(sums).items()}
    mean = {name: values / total["windows"] for name, values in total.items()}
    spread = mean["reference2"] - mean["reference"] ** 2
    covariance = mean["product"] - mean["prediction"] * mean["reference"]
    slope = np.divide(covariance, spread, out=np.full(2, np.nan), where=spread > 0) - 1
    return {
        "rmse": np.sqrt(mean["error2"]),
        "me": mean["error"],
        "sd": np.sqrt(np.maximum(mean["error2"] - mean["error"] ** 2, 0)),
        "slope": slope,
    }


def _weight(sums: SubjectSums, average: str) -> np.ndarray:
    return np.ones_like(sums.windows) if average == "pooled" else 1 / sums.windows


def _figures(
    sums: SubjectSums, baseline: np.ndarray | None, average: str, options: EvaluationOptions
) -> list[dict[str, object]]:
    """One dict a pressure; `baseline`: the mean regressor's absolute errors summed by subject."""
    weight = _weight(sums, average)
    absolute = weight * sums.absolute
    mae = subject_interval(absolute, weight * sums.windows, options)
    if baseline is None or not np.all((weight * baseline).sum(axis=0)):
        skill = skill_low = skill_high = np.full(2, np.nan)
        method = NO_BASELINE
    else:
        share = subject_interval(absolute, weight * baseline, options)
        skill, skill_low, skill_high = 1 - share.estimate, 1 - share.upper, 1 - share.lower
        method = share.method
    merits = _merits(sums, average)
    rows = []
    for p, pressure in enumerate(PRESSURES):
        rows.append(
            {
                "pressure": pressure,
                "average": average,
                "mae": mae.estimate[p],
                "lower": np.maximum(mae.lower[p], 0),  # the bootstrap-t may reach below what an MAE can be
                "upper": mae.upper[p],
                "interval": mae.method,
                "confidence": options.confidence,
                **{name: values[p] for name, values in merits.items()},
                "skill": skill[p],
                "skill_lower": skill_low[p],
                "skill_upper": np.minimum(skill_high[p], 1),
                "skill_interval": method,
                "n_subjects": len(sums.windows),
                "n_windows": int(sums.windows[:, p].sum()),
            }
        )
    return rows


def mae_tables(judged: JudgedSplit, options: EvaluationOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors of every training of a split, and of every network with its seeds averaged.

    Parameters
    ----------
    judged : JudgedSplit
    options : EvaluationOptions

    Returns
    -------
    mae : DataFrame
        One row a network x seed x pressure x average: ``split, network, seed, pressure, average``
        (``pooled``: every window counts the same; ``subject``: every subject), ``mae, lower, upper``,
        ``interval`` (its method, or why there is none) and ``confidence`` (its level), ``rmse, me, sd``
        (mmHg; RMSE^2 = ME^2 + SD^2), ``slope`` of error on reference (-1: the prediction ignores the
        pressure), ``skill, skill_lower, skill_upper, skill_interval`` (1 - MAE / MAE of the mean
        regressor), ``n_subjects, n_windows``.
    overall : DataFrame
        The same with ``seeds`` (their number), ``mae_min, mae_max`` over the seeds in place of ``seed``:
        means over the seeds, and intervals for that mean MAE over subjects.
    """
    sums = {key: subject_sums(judged, *key) for key in judged.predicted}
    baseline = None
    if MEAN in judged.networks:
        baseline = np.mean([sums[MEAN, seed].absolute for seed in judged.seeds(MEAN)], axis=0)
    each, overall = [], []
    for network in judged.networks:
        seeds = judged.seeds(network)
        for average in AVERAGES:
            by_seed = [_figures(sums[network, seed], baseline, average, options) for seed in seeds]
            for seed, rows in zip(seeds, by_seed, strict=True):
                each += [{"split": judged.split, "network": network, "seed": seed, **row} for row in rows]
            # Windows are the same for all seeds, so averaging the sums averages the errors.
            averaged = SubjectSums(
                **{
                    name: np.mean([getattr(sums[network, seed], name) for seed in seeds], axis=0)
                    for name in SubjectSums.__dataclass_fields__
                }
            )
            for p, row in enumerate(_figures(averaged, baseline, average, options)):
                seen = pd.DataFrame([rows[p] for rows in by_seed])
                row |= seen[["rmse", "me", "sd", "slope"]].mean().to_dict()
                spread = {"seeds": len(seeds), "mae_min": seen["mae"].min(), "mae_max": seen["mae"].max()}
                overall.append({"split": judged.split, "network": network, **row, **spread})
    return pd.DataFrame(each), pd.DataFrame(overall)
