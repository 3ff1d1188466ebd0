"""Risk against coverage: the error of the windows that are left when a predictor abstains where it is least sure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW, Interval, smooth_interval
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.intervals.bands import ENSEMBLE, GIVEN, HELD_BAND, Band
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.names import AVERAGES
from cuffless.judgement.table.predictions import JudgedSplit

SHARES = tuple(share / 10 for share in range(10, 0, -1))
"""Shares of windows on which the predictor does not abstain."""
DECIDING = 0.5
"""The share at which a verdict is given: one, so that the best of many is not picked."""
HELPS, UNSHOWN, HARMS, UNKNOWN = "abstaining helps", "not shown to help", "abstaining harms", "not assessable"
COLUMNS = ["case", "network", "seed", "kind", "pressure", "average", "share", "mae", "lower", "upper", "interval"]
COLUMNS += ["random_mae", "gain", "gain_lower", "gain_upper", "verdict", "confidence", "widest", "n_subjects"]
COLUMNS += ["n_windows"]
_ORDERED = (GIVEN, ENSEMBLE, HELD_BAND)  # the others have one width, or the order of these
_ALIKE_MMHG = 1e-6


def risk_table(case: str, judged: JudgedSplit, bands: Sequence[Band], options: EvaluationOptions) -> pd.DataFrame:
    """MAE of the windows with the narrowest intervals, next to that of as many random windows.

    Parameters
    ----------
    case : str
        Name of the case.
    judged : JudgedSplit
    bands : sequence of Band
        Of these, the intervals that predictors state, those of ensembles, and those of a held calibration value.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        One row per band, pressure, average and one of `SHARES`: `COLUMNS`. ``widest`` is the widest interval among
        those windows (mmHg), ``random_mae`` the error of all windows, which random windows are expected to have, and
        ``gain`` that error less ``mae``, with limits over persons; ``n_subjects, n_windows`` of those left. With
        `subject` averages persons without a window left do not count. No row for intervals that are all equally wide.

    Notes
    -----
    El-Yaniv & Wiener (2010), J Mach Learn Res 11:1605. Equal widths are put in a random order (`seed`): any other could
    sort windows by person.
    """
    rows = []
    for band in bands:
        for p, pressure in enumerate(judged.pressures):
            windows = np.flatnonzero(band.known(p))
            width = band.width(p)[windows]
            if band.kind not in _ORDERED or not len(windows) or _all_alike(width):
                continue
            head = {"case": case, "network": band.network, "seed": band.seed, "kind": band.kind, "pressure": pressure}
            error = np.abs(band.centre[windows, p] - judged.reference[windows, p])
            kept = _Kept(error, width, judged.owner[windows], options)
            rows += [{**head, **row} for average in AVERAGES for row in kept.rows(average)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(seed=table["seed"].astype("Int64"))


def _all_alike(width: np.ndarray) -> bool:
    return bool(width.max() == width.min() or width.max() - width.min() <= _ALIKE_MMHG)


class _Kept:
    """Sums by person of the windows that are left at each share: arrays of (k, shares)."""

    def __init__(self, error: np.ndarray, width: np.ndarray, owner: np.ndarray, options: EvaluationOptions):
        self.options = options
        codes, people = pd.factorize(owner)
        ends = np.ceil(np.array(SHARES) * len(width) - _ALIKE_MMHG).astype(int)
        self.widest = np.partition(width, ends - 1)[ends - 1]
        mixed = np.random.default_rng(options.seed).permutation(len(width))
        mixed_width, mixed_part = width[mixed], np.full(len(width), -1)
        for end, widest in zip(ends, self.widest, strict=True):
            left = mixed_width < widest
            left[np.flatnonzero(mixed_width == widest)[: end - np.count_nonzero(left)]] = True
            mixed_part += left
        part = np.empty_like(mixed_part)  # the last share that still holds the window
        part[mixed] = mixed_part
        cell, k = codes * len(SHARES) + part, len(people)
        sums = sum_by_subject(np.stack([error, np.ones_like(error)], axis=1), cell, k * len(SHARES))
        sums = sums.reshape(k, len(SHARES), 2)[:, ::-1].cumsum(axis=1)[:, ::-1]
        self.error, self.windows = sums[:, :, 0], sums[:, :, 1]

    def rows(self, average: str) -> list[dict[str, object]]:
        error, weight = self.error, self.windows
        if average != "pooled":
            left = weight > 0
            error, weight = np.where(left, error / np.maximum(weight, 1), 0.0), left.astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):  # draws of people without a window left
            mae = positive_interval(error, weight, self.options)
            gain = self._gain(error, weight)
        people = (self.windows > 0).sum(axis=0)
        few = people < LEAST_SUBJECTS
        for limit in (mae.lower, mae.upper, gain.lower, gain.upper):
            limit[few] = np.nan
        return [
            {
                "average": average,
                "share": share,
                "mae": mae.estimate[s],
                "lower": mae.lower[s],
                "upper": mae.upper[s],
                "interval": TOO_FEW if few[s] else mae.method,
                "random_mae": mae.estimate[0],
                "gain": gain.estimate[s],
                "gain_lower": gain.lower[s],
                "gain_upper": gain.upper[s],
                "verdict": _verdict(gain.lower[s], gain.upper[s]) if s else "",
                "confidence": self.options.confidence,
                "widest": self.widest[s],
                "n_subjects": int(people[s]),
                "n_windows": int(self.windows[:, s].sum()),
            }
            for s, share in enumerate(SHARES)
        ]

    def _gain(self, error: np.ndarray, weight: np.ndarray) -> Interval:
        """MAE of all windows less that of those left, share by share."""
        sums = np.stack([error, weight], axis=2)
        parts = [
            smooth_interval(
                np.concatenate([sums[:, 0], sums[:, s]], axis=1), _difference, weight[:, s : s + 1], self.options
            )
            for s in range(len(SHARES))
        ]
        estimate, lower, upper = (np.concatenate(part) for part in list(zip(*parts, strict=True))[:3])
        return Interval(estimate, lower, upper, parts[0].method)


def _difference(totals: np.ndarray) -> np.ndarray:
    return totals[:, :1] / totals[:, 1:2] - totals[:, 2:3] / totals[:, 3:]


def _verdict(lower: float, upper: float) -> str:
    if not np.isfinite([lower, upper]).all():
        return UNKNOWN
    return HELPS if lower > 0 else HARMS if upper < 0 else UNSHOWN
