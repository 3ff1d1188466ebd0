"""How the error grows with the time since the last calibration value."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.evaluation import LEAST_SUBJECTS, subject_interval, sum_by_subject
from cuffless.personalization.methods import ProtocolErrors
from cuffless.personalization.protocols import FIRST, Drawn
from cuffless.personalization.tables import by_pressure

MOST_BINS = 7
_DAY = 1440.0
_TIGHT = 1e-6  # s, within which times are the same
# Edges that read well, in minutes: 3 s to half a day, days to a month, months to a hundred years.
READABLE = np.array(
    [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720]
    + [_DAY * days for days in (1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365, 730, 1825, 3650, 36500)]
)
COLUMNS = ["protocol", "network", "method", "setting", "pressure", "bin_low", "bin_high", "mae", "lower", "upper"]
COLUMNS += ["interval", "n_subjects", "n_windows"]


def delays(drawn: Drawn) -> np.ndarray:
    """Minutes from the start of the last calibration window of `first` to each window's start.

    Parameters
    ----------
    drawn : Drawn

    Returns
    -------
    (n,) float array
        NaN for windows that are not after it, where the time between records is not known, and under a protocol that
        has lost the order in time.
    """
    if drawn.options.order != "time":
        return np.full(len(drawn.plan), np.nan)
    calibration = drawn.calibration[FIRST, drawn.options.budget]
    last = calibration.rows[np.cumsum(calibration.counts) - 1][drawn.owner]
    elapsed, seconds = (drawn.plan[name].to_numpy(float) for name in ("elapsed", "seconds"))
    minutes = (elapsed - elapsed[last]) / 60
    apart = 60 * minutes >= seconds[last] + seconds - _TIGHT  # what is nearer is predicted only where it tests
    later = (np.arange(len(last)) > last) & (minutes > 0) & (apart | drawn.plan["test"].to_numpy())
    return np.where(later, minutes, np.nan)


def drift_edges(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Edges of bins of delay that suit minutes as well as days of recording.

    Parameters
    ----------
    groups : sequence of ((n,) float array, (n,) int array)
        For each protocol the delays in minutes (NaN: none) and the subject of each.

    Returns
    -------
    (bins, 2) float array
        Lower and upper edges in minutes; bins are closed below and open above, and there is none without delays.

    Notes
    -----
    At most `MOST_BINS` bins that hold like parts of the delays, every subject counting the same, with edges moved to
    the nearest of `READABLE`. Neighbours are joined until each bin has at least 6 subjects, or all of a protocol that
    has fewer, in every protocol; such a bin then has no interval. Where recordings pause, so do the bins.
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


def drift_table(errors: ProtocolErrors, edges: np.ndarray, options: EvaluationOptions) -> pd.DataFrame:
    """MAE against the minutes since the last calibration window of `first` at the main budget.

    Parameters
    ----------
    errors : ProtocolErrors
    edges : (bins, 2) float array
        As from `drift_edges`: the same for all protocols, networks and methods.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network, method, setting, pressure, bin_low, bin_high`` (minutes), ``mae`` (every subject counts the
        same), ``lower, upper, interval, n_subjects, n_windows``. Test windows and those between calibration and test
        count alike. No row for a bin without windows; none at all where the order in time is lost or no time is known.
    """
    drawn, rows = errors.drawn, errors.later_rows
    minutes = delays(drawn)[rows]
    timed = np.isfinite(minutes)
    if not timed.any() or not len(edges):
        return pd.DataFrame(columns=COLUMNS)
    cells = list(errors.later)
    named = {name: [getattr(cell, name) for cell in cells] for name in ("network", "method", "setting")}
    absolute = np.concatenate([errors.later[cell] for cell in cells], axis=1)
    owner = drawn.owner[rows]
    parts = []
    for low, high in edges:
        inside = timed & (minutes >= low) & (minutes < high)
        if not inside.any():
            continue
        subjects, own = np.unique(owner[inside], return_inverse=True)
        means = sum_by_subject(absolute[inside], own, len(subjects)) / np.bincount(own)[:, None]
        mae = subject_interval(means, np.ones((len(subjects), 1)), options)
        parts.append(
            pd.DataFrame(
                {
                    "protocol": drawn.name,
                    **by_pressure(cells, **named),
                    "bin_low": low,
                    "bin_high": high,
                    "mae": mae.estimate,
                    "lower": np.maximum(mae.lower, 0),
                    "upper": mae.upper,
                    "interval": mae.method,
                    "n_subjects": len(subjects),
                    "n_windows": int(inside.sum()),
                }
            )
        )
    table = pd.concat(parts)[COLUMNS]  # bin by bin, each with all cells: by cell is how it is read
    return table.sort_index(kind="stable").reset_index(drop=True)
