"""How the error grows with the time since the last calibration value."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.designs.clock import TIGHT
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, Interval
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.measures.cells import Errors
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.table.layout import Layout
from cuffless.judgement.table.predicted import Predicted

MOST_BINS = 7
_DAY = 1440.0
# Edges that read well, in minutes: 3 s to half a day, days to a month, months to a hundred years.
READABLE = np.array(
    [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720]
    + [_DAY * days for days in (1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365, 730, 1825, 3650, 36500)]
)
_FIGURES = ["mae", "lower", "upper", "interval", "n_subjects", "n_windows"]
COLUMNS = ["pressure", "minutes_low", "minutes_high", *_FIGURES]
_OF_DESIGN = ["protocol", "network", "method", "setting", "budget", "pressure", "bin_low", "bin_high", *_FIGURES]


class DelayBin(NamedTuple):
    """Errors of windows with like delays: edges in minutes, MAE of each column, subjects and windows behind it."""

    low: float
    high: float
    mae: Interval
    n_subjects: int
    n_windows: int

    def figures(self, column: int | slice = slice(None)) -> dict[str, object]:
        """The figures of one column or several, by name."""
        limits = {"mae": self.mae.estimate[column], "lower": self.mae.lower[column], "upper": self.mae.upper[column]}
        return {**limits, "interval": self.mae.method, "n_subjects": self.n_subjects, "n_windows": self.n_windows}


def drift_edges(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Edges of bins of delay that suit minutes as well as days of recording.

    Parameters
    ----------
    groups : sequence of ((n,) float array, (n,) int array)
        For each group of predictors (such as a protocol of personalization) the delays in minutes (NaN: none) and the
        subject of each.

    Returns
    -------
    (bins, 2) float array
        Lower and upper edges in minutes; bins are closed below and open above, and there is none without delays.

    Notes
    -----
    At most `MOST_BINS` bins that hold like parts of the delays, every subject counting the same, with edges moved to
    the nearest of `READABLE`. Neighbours are joined until each bin has at least 6 subjects, or all of a group that has
    fewer, in every group; such a bin then has no interval. Where recordings pause, so do the bins.
    """
    known = [(d[np.isfinite(d)], owner[np.isfinite(d)]) for d, owner in groups if np.isfinite(d).any()]
    if not known:
        return np.empty((0, 2))
    minutes = np.concatenate([d for d, _ in known])
    weight = np.concatenate([1 / np.bincount(owner)[owner] for _, owner in known])
    order = np.argsort(minutes)
    share = np.cumsum(weight[order]) / weight.sum()
    inner = minutes[order][np.searchsorted(share, np.arange(1, MOST_BINS) / MOST_BINS).clip(max=len(order) - 1)]
    nearest = READABLE[np.abs(np.log(READABLE) - np.log(inner)[:, None]).argmin(axis=1)]
    low, high = _around(minutes)
    edges = [low, *sorted(set(nearest[(nearest > low) & (nearest < high)])), high]
    need = np.array([min(LEAST_SUBJECTS, len(np.unique(owner))) for _, owner in known])
    while len(edges) > 2:
        subjects = np.array([_subjects_by_bin(d, owner, edges) for d, owner in known])
        lacking = (need[:, None] - subjects).max(axis=0)
        if lacking.max() <= 0:
            break
        poorest = int(lacking.argmax())
        # Joined with the neighbour that has fewer subjects: the edge between the two goes.
        beside = [b for b in (poorest - 1, poorest + 1) if 0 <= b < len(lacking)]
        other = max(beside, key=lambda b: lacking[b])
        del edges[max(poorest, other)]
    number = np.searchsorted(edges, minutes, side="right") - 1
    return np.array([_around(minutes[number == b]) for b in np.unique(number)])


def _around(minutes: np.ndarray) -> tuple[float, float]:
    """The nearest readable edges that hold all of these delays."""
    after_low, after_high = np.searchsorted(READABLE, (minutes.min(), minutes.max()), side="right")
    return np.append(0.0, READABLE)[after_low], np.append(READABLE, np.inf)[after_high]


def _subjects_by_bin(minutes: np.ndarray, owner: np.ndarray, edges: list[float]) -> list[int]:
    number = np.searchsorted(edges, minutes, side="right") - 1
    return [len(np.unique(owner[number == b])) for b in range(len(edges) - 1)]


def errors_by_delay(
    absolute: np.ndarray, owner: np.ndarray, minutes: np.ndarray, edges: np.ndarray, options: EvaluationOptions
) -> Iterator[DelayBin]:
    """MAE in bins of delay, every subject counting the same.

    Parameters
    ----------
    absolute : (n, m) float array
        Absolute errors in mmHg, of m predictors and pressures.
    owner : (n,) int array
        Subject of each window.
    minutes : (n,) float array
        Delay of each window; NaN where it is not known.
    edges : (bins, 2) float array
        As from `drift_edges`.
    options : EvaluationOptions

    Yields
    ------
    DelayBin
        None for a bin without windows.
    """
    for low, high in edges:
        inside = (minutes >= low) & (minutes < high)  # never where the delay is not known
        if not inside.any():
            continue
        subjects, own = np.unique(owner[inside], return_inverse=True)
        means = sum_by_subject(absolute[inside], own, len(subjects)) / np.bincount(own)[:, None]
        mae = positive_interval(means, np.ones((len(subjects), 1)), options)
        yield DelayBin(low, high, mae, len(subjects), int(inside.sum()))


def since_rows(predicted_by_seed: Sequence[Predicted], options: EvaluationOptions) -> pd.DataFrame:
    """MAE of one predictor against the minutes since the last calibration window, its seeds averaged.

    Takes its trainings on the same windows, as `merit_rows` does.

    Returns
    -------
    DataFrame
        One row per pressure and bin: ``pressure, minutes_low, minutes_high`` (closed below and open above), ``mae``
        (mmHg, every subject counts the same), ``lower, upper, interval, n_subjects, n_windows``. Windows that are not
        after a calibration window, or whose delay is not known, are in no bin; without any other there is no row. Bins
        depend on delays only, and so are the same for all predictors of the same windows.
    """
    since = predicted_by_seed[0].since if predicted_by_seed else None
    if since is None:
        return pd.DataFrame(columns=COLUMNS)
    one = predicted_by_seed[0]
    minutes = np.where(since > 0, since / 60, np.nan)
    absolute = np.mean([np.abs(seed.error) for seed in predicted_by_seed], axis=0)
    rows = [
        {
            "pressure": pressure,
            "minutes_low": part.low,
            "minutes_high": part.high,
            **part.figures(p),
        }
        for part in errors_by_delay(absolute, one.owner, minutes, drift_edges([(minutes, one.owner)]), options)
        for p, pressure in enumerate(one.pressures)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = table["pressure"].map({pressure: p for p, pressure in enumerate(one.pressures)})
    return table.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def delays(design: Layout) -> np.ndarray:
    """Minutes to each window's start from that of the last calibration window of the setting followed over time.

    NaN for windows that are not after it, and where the time between them is not known.
    """
    if design.drift is None:
        return np.full(len(design.windows), np.nan)
    calibration = design.calibration[design.drift]
    last = calibration.rows[np.cumsum(calibration.counts) - 1][design.owner]
    elapsed, seconds = (design.windows[name].to_numpy(float) for name in ("elapsed", "seconds"))
    minutes = (elapsed - elapsed[last]) / 60
    apart = 60 * minutes >= seconds[last] + seconds - TIGHT  # what is nearer is predicted only where it tests
    later = (np.arange(len(last)) > last) & (minutes > 0) & (apart | design.test[design.drift[0]])
    return np.where(later, minutes, np.nan)


def drift_table(errors: Errors, edges: np.ndarray, options: EvaluationOptions) -> pd.DataFrame:
    """MAE against the minutes since the last calibration window, before and after that calibration.

    Parameters
    ----------
    errors : Errors
    edges : (bins, 2) float array
        As from `drift_edges`: the same for all protocols, networks and methods.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network, method, setting, budget, pressure, bin_low, bin_high`` (minutes), ``mae`` (every subject
        counts the same), ``lower, upper, interval, n_subjects, n_windows``. Test windows and those between calibration
        and test count alike. No row for a bin without windows; none at all where no time is known.
    """
    rows, cells = errors.later_rows, list(errors.later)
    minutes = delays(errors.design)
    if not cells or not len(edges) or not np.isfinite(minutes[rows]).any():
        return pd.DataFrame(columns=_OF_DESIGN)
    absolute = np.concatenate([errors.later[cell] for cell in cells], axis=1)
    named = errors.rows_of(cells)
    parts = [
        pd.DataFrame({**named, "bin_low": part.low, "bin_high": part.high, **part.figures()})
        for part in errors_by_delay(absolute, errors.design.owner[rows], minutes[rows], edges, options)
    ]
    table = pd.concat(parts)[_OF_DESIGN]  # bin by bin, each with all cells: by cell is how it is read
    return table.sort_index(kind="stable").reset_index(drop=True)
