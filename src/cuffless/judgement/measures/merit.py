"""Measures of one predictor's error."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import Interval, subject_interval
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.measures.changes import concordances
from cuffless.judgement.measures.errors import (
    AVERAGES,
    SubjectSums,
    average_sums,
    spread_figures,
    subject_sums,
    subject_weight,
)
from cuffless.judgement.table.predicted import Predicted

_LIMITS = {"mae": (0.0, np.inf), "me": (-np.inf, np.inf), "within10": (0.0, 1.0)}  # what each can be
_ROUNDING = 1e-9
_SPREAD = ("sd", "rmse", "slope", "sd_ratio", "r2", "within_r", "explained")


def merit_rows(predicted_by_seed: Sequence[Predicted], options: EvaluationOptions) -> pd.DataFrame:
    """Figures of merit of one predictor, its seeds averaged.

    Parameters
    ----------
    predicted_by_seed : sequence of Predicted
        Its trainings, on the same windows.
    options : EvaluationOptions
        Those of the intervals.

    Returns
    -------
    DataFrame
        One row per average and pressure: ``average`` (``pooled``: every window counts the same; ``subject``: every
        subject), ``pressure, seeds, n_subjects, n_windows``; with ``_lower`` and ``_upper`` over subjects ``mae, me``
        (mmHg) and ``within10``, the share of errors up to 10 mmHg; ``sd, rmse`` (mmHg), ``slope, sd_ratio, r2,
        within_r, explained`` as in `spread_figures`; ``concordance, n_changes`` as in `concordances`; ``interval``
        (the method of the limits of `mae`, or why there are none; those of `me` and `within10` are bootstrapped) and
        ``confidence`` (their level).

    Raises
    ------
    ValueError
        If there is no training or no window.

    Notes
    -----
    Errors are averaged over the seeds before subjects are drawn; figures without limits are computed for each seed
    and averaged. An average of seeds is what one training is expected to give, not what their mean prediction gives.
    """
    if not predicted_by_seed or not len(predicted_by_seed[0].owner):
        raise ValueError("no figures of merit without a training and a test window; give at least one of each")
    sums = [subject_sums(one.reference, one.prediction, one.owner, len(one.subjects)) for one in predicted_by_seed]
    concordance, changes = concordances(predicted_by_seed)
    pressures, rows = predicted_by_seed[0].pressures, []
    for average in AVERAGES:
        surely = _with_limits(average_sums(sums), average, options)
        by_seed = [spread_figures(one, average) for one in sums]
        spread = {name: np.mean([figures[name] for figures in by_seed], axis=0) for name in _SPREAD}
        spread |= {"concordance": concordance[average], "n_changes": changes}
        for p, pressure in enumerate(pressures):
            rows.append(
                {
                    "average": average,
                    "pressure": pressure,
                    "seeds": len(sums),
                    "n_subjects": len(sums[0].windows),
                    "n_windows": len(predicted_by_seed[0].owner),
                    **_cells(surely, p, len(pressures)),
                    **{name: values[p] for name, values in spread.items()},
                    "interval": surely.method,
                    "confidence": options.confidence,
                }
            )
    table = pd.DataFrame(rows)
    return table[COLUMNS]


def _with_limits(sums: SubjectSums, average: str, options: EvaluationOptions) -> Interval:
    """Intervals of (figures x pressures,) arrays, in the order of `_LIMITS`."""
    weight = subject_weight(sums, average)
    windows = weight * sums.windows
    parts = (
        positive_interval(weight * sums.absolute, windows, options),
        subject_interval(weight * sums.error, windows, options),
        share_interval(weight * sums.close, windows, options),
    )
    estimate, lower, upper = (np.concatenate(own) for own in zip(*(part[:3] for part in parts), strict=True))
    return Interval(estimate, lower, upper, parts[0].method)


def share_interval(close: np.ndarray, windows: np.ndarray, options: EvaluationOptions) -> Interval:
    """Share of windows with an interval over subjects.

    Parameters
    ----------
    close, windows : (k, m) float array
        Windows of each subject that count, and all of them, weighted as the average asks.
    options : EvaluationOptions

    Returns
    -------
    Interval
        Bootstrap-t. Where all windows count, or none, subjects tell nothing of the spread; the limit is then that of k
        subjects of whom all, or none, have the property (Clopper & Pearson 1934).
    """
    found = subject_interval(close, windows, options, studentized=True)
    if np.isnan(found.lower).all():
        return found
    tail = ((1 - options.confidence) / 2) ** (1 / len(close))
    lower = np.where(found.estimate > 1 - _ROUNDING, tail, found.lower)
    upper = np.where(found.estimate < _ROUNDING, 1 - tail, found.upper)
    return Interval(found.estimate, lower, upper, found.method)


def _cells(interval: Interval, pressure: int, pressures: int) -> dict[str, float]:
    cells = {}
    for i, (name, (least, most)) in enumerate(_LIMITS.items()):
        at = pressures * i + pressure
        cells[name] = interval.estimate[at]
        # The bootstrap-t may reach beyond what a figure can be.
        cells[f"{name}_lower"] = np.maximum(interval.lower[at], least)
        cells[f"{name}_upper"] = np.minimum(interval.upper[at], most)
    return cells


COLUMNS = ["average", "pressure", "seeds", "n_subjects", "n_windows"]
COLUMNS += ["mae", "mae_lower", "mae_upper", "me", "me_lower", "me_upper", "sd", "rmse"]
COLUMNS += ["within10", "within10_lower", "within10_upper", "slope", "sd_ratio", "r2", "within_r"]
COLUMNS += ["concordance", "n_changes", "explained", "interval", "confidence"]
