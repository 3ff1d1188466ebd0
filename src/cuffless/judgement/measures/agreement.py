"""Bland-Altman agreement of repeated measurements: bias and limits within which single windows lie."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import Interval, smooth_interval, subject_interval
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.table.predicted import Predicted

LIMIT = 1.96
"""Limits lie this many standard deviations from the bias: 95 % of a normal error."""
COLUMNS = ["pressure", "bias", "bias_lower", "bias_upper", "sd_between", "sd_within", "sd_total"]
COLUMNS += ["loa_low", "loa_low_lower", "loa_low_upper", "loa_high", "loa_high_lower", "loa_high_upper"]
COLUMNS += ["slope", "low_at_p5", "high_at_p5", "low_at_p95", "high_at_p95", "rms_after_first"]
COLUMNS += ["n_subjects", "n_windows", "interval", "confidence"]


def variance_components(
    subjects: int, windows: np.ndarray, squared: np.ndarray, error: np.ndarray, mean2: np.ndarray, error2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Variance between and within subjects by a one-way random-effects analysis of variance.

    Parameters
    ----------
    subjects : int
        Number of subjects k.
    windows, squared, error, mean2, error2 : array
        Totals over subjects of m, m^2, the sum of errors S, S^2 / m, and the sum of squared errors, where m is a
        subject's number of windows. mmHg.

    Returns
    -------
    between, within : array
        mmHg^2. Between is 0 where subjects differ by no more than their windows do. Within is 0, and all is between,
        where every subject has one window; between is NaN for one subject.

    Notes
    -----
    Bland & Altman (2007), J Biopharm Stat 17:571, section 3; for unequal numbers of windows the divisor is
    ((sum m)^2 - sum m^2) / ((k - 1) sum m). Takes complex totals, by which `smooth_interval` differentiates.
    """
    free = windows - subjects
    many = np.real(free) > 0.5
    within = np.where(many, (error2 - mean2) / np.where(many, free, 1.0), 0.0)
    within = np.where(np.real(within) > 0, within, 0.0)  # rounding of errors that never change
    if subjects < 2:
        return np.full_like(within, np.nan), within
    divisor = (windows - squared / windows) / (subjects - 1)
    between = ((mean2 - error**2 / windows) / (subjects - 1) - within) / divisor
    return np.where(np.real(between) > 0, between, 0.0), within


def agreement_rows(predicted_by_seed: Sequence[Predicted], options: EvaluationOptions) -> pd.DataFrame:
    """Bias and limits of agreement of one predictor, its seeds averaged.

    Takes its trainings on the same windows, and refuses none or no window, as `merit_rows` does.

    Returns
    -------
    DataFrame
        One row per pressure: ``bias`` (mean error over windows, prediction less reference), ``sd_between, sd_within``
        and ``sd_total`` (roots of the components, whose variances are averaged over the seeds, and of their sum),
        ``loa_low, loa_high`` (bias -+ 1.96 ``sd_total``), each limit and the bias with ``_lower`` and ``_upper``; mmHg;
        ``n_subjects, n_windows, interval`` (method of the limits' intervals, or why there are none), ``confidence``;
        ``slope`` of the error on the reference, and the limits about that line at the 5th and 95th percentile of the
        reference, ``low_at_p5, high_at_p5, low_at_p95, high_at_p95``; ``rms_after_first``, the root mean square of
        what is left of a subject's later errors once the first one is subtracted, as one calibration would. With one
        subject there is no limit; with one window each, the components are not told apart and nothing follows the
        first window.

    Notes
    -----
    Bland & Altman (1999, Stat Methods Med Res 8:135, section 5.3; 2007) for a pressure that varies between windows.
    Where the error depends on the pressure, no single pair of limits holds for all pressures; the limits about a line
    are theirs too (1999, section 3.2), on the reference because this is what the error is of.
    The bias has the interval of `merit_rows`. Those of the limits are the bootstrap-t over subjects, however many there
    are: 95 % of them cover 90 to 94 % from 17 subjects on, and 87 to 93 % below (1000 simulated studies each, Monte
    Carlo error 2 %; normal or skewed offsets, subjects of unequal spread and unequally many windows, neighbours alike).
    The usual interval (MOVER: Zou 2013, Stat Methods Med Res 22:630) takes the windows' errors about their subject's
    mean to be independent and of one variance, and covers 74 to 98 % of the same studies from 17 subjects on.
    """
    if not predicted_by_seed or not len(predicted_by_seed[0].owner):
        raise ValueError("no agreement without a training and a test window; give at least one of each")
    one = predicted_by_seed[0]
    k, m = len(one.subjects), one.counts[:, None].astype(float)
    errors = [seed.error for seed in predicted_by_seed]
    sums = [sum_by_subject(np.concatenate([error, error**2], axis=1), one.owner, k) for error in errors]
    width = len(one.pressures)
    bias = subject_interval(np.mean(sums, axis=0)[:, :width], m, options)
    rows = []
    for p, pressure in enumerate(one.pressures):
        by_seed = np.concatenate(
            [np.stack([s[:, p], s[:, p] ** 2 / m[:, 0], s[:, width + p]], axis=1) for s in sums], 1
        )
        table = np.concatenate([m, m**2, by_seed], axis=1)
        rows.append(
            {
                "pressure": pressure,
                "bias": bias.estimate[p],
                "bias_lower": bias.lower[p],
                "bias_upper": bias.upper[p],
                **_limits(table, options),
                **_sloping_limits([error[:, p] for error in errors], one.reference[:, p], one.owner, m),
                "rms_after_first": _rms_after_first([error[:, p] for error in errors], one.owner),
                "n_subjects": k,
                "n_windows": len(one.owner),
                "confidence": options.confidence,
            }
        )
    return pd.DataFrame(rows)[COLUMNS]


def _sloping_limits(errors, reference: np.ndarray, owner: np.ndarray, m: np.ndarray) -> dict[str, float]:
    """Line of the error on the reference and the limits about it, the seeds averaged; NaN for a constant reference."""
    k, centred = len(m), reference - reference.mean()
    spread = float(centred @ centred)
    ends = np.percentile(reference, (5, 95)) - reference.mean()
    names = ("slope", "low_at_p5", "high_at_p5", "low_at_p95", "high_at_p95")
    if spread == 0:
        return dict.fromkeys(names, np.nan)
    slopes = np.array([centred @ error / spread for error in errors])
    sums = [m, m**2]
    for slope, error in zip(slopes, errors, strict=True):
        rest = error - slope * centred
        of_subject = sum_by_subject(np.stack([rest, rest**2], axis=1), owner, k)
        sums += [of_subject[:, :1], of_subject[:, :1] ** 2 / m, of_subject[:, 1:]]
    between, within = _components(np.concatenate(sums, axis=1).sum(axis=0, keepdims=True), k)
    reach = LIMIT * np.sqrt(np.maximum(between + within, 0))[0]
    line = np.mean([error.mean() for error in errors]) + slopes.mean() * ends
    return dict(
        zip(names, (slopes.mean(), line[0] - reach, line[0] + reach, line[1] - reach, line[1] + reach), strict=True)
    )


def _rms_after_first(errors, owner: np.ndarray) -> float:
    """Root mean square of a subject's errors less the first one, over all later windows and the seeds, mmHg."""
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    later = np.ones(len(owner), bool)
    later[first] = False
    if not later.any():
        return np.nan
    return float(np.sqrt(np.mean([((error - error[first][owner])[later]) ** 2 for error in errors])))


def _limits(sums: np.ndarray, options: EvaluationOptions) -> dict[str, object]:
    """Components and limits; `sums`: m, m^2, then S, S^2 / m and the sum of squares of each seed."""
    k = len(sums)
    between, within = (np.maximum(part, 0) for part in _components(sums.sum(axis=0, keepdims=True), k))  # rounding
    limits = _interval(sums, k, options)
    apart = bool((sums[:, 0] > 1).any())  # else what is within a subject is not seen
    cells = {
        "sd_between": np.sqrt(between[0]) if apart else np.nan,
        "sd_within": np.sqrt(within[0]) if apart else np.nan,
        "sd_total": np.sqrt(between[0] + within[0]),
        "interval": limits.method,
    }
    for i, name in enumerate(("loa_low", "loa_high")):
        cells |= {name: limits.estimate[i], f"{name}_lower": limits.lower[i], f"{name}_upper": limits.upper[i]}
    return cells


def _components(totals: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Variances averaged over the seeds: two (draws,) arrays."""
    windows, squared = totals[:, :1], totals[:, 1:2]
    error, mean2, error2 = (totals[:, 2 + part :: 3] for part in range(3))
    between, within = variance_components(k, windows, squared, error, mean2, error2)
    return between.mean(axis=1), within.mean(axis=1)


def _interval(sums: np.ndarray, k: int, options: EvaluationOptions) -> Interval:
    def limits(totals: np.ndarray) -> np.ndarray:
        between, within = _components(totals, k)
        spread = np.sqrt(between + within)
        bias = (totals[:, 2::3] / totals[:, :1]).mean(axis=1)
        return np.stack([bias - LIMIT * spread, bias + LIMIT * spread], axis=1)

    return smooth_interval(sums, limits, sums[:, :1], options)
