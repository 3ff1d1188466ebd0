"""Even sampling from sample times: rate, runs without a gap, and values on an even grid."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cuffless.records.text.stamps import (
    DRIFT,
    WANDER,
    Stamps,
    group_stamps,
    keeps_time,
    rate_of,
    sample_times,
)

BRIDGED = 1 / 16
"""Longest interpolated step in seconds: PPG is band-passed below 8 Hz, for which this rate is enough."""
AGREEING = 0.02
"""Relative difference up to which a given rate and one from times are the same."""
_YEARS = 1e8  # s, longer than any pause
_MOST_STRAYS = 10  # most consecutive wrong stamps while the clock goes on
_REORDERED = 1.0  # s by which packets may be out of order


@dataclass(frozen=True)
class Run:
    """Samples without a gap between them."""

    chosen: np.ndarray | slice
    """(n,) int array or slice: Indices of its samples in the file, in time order."""
    start: float
    """Seconds from the file's first sample."""
    fs: float
    """Sampling rate in Hz."""
    at: np.ndarray | None = None
    """(n,) float array or None: Seconds of its samples from `start`, if they are not evenly spaced."""

    def values(self, column: np.ndarray) -> np.ndarray:
        """A column's values, evenly sampled; missing where a neighbour is missing."""
        own = np.asarray(column[self.chosen], float)
        if self.at is None:
            return own
        return _on_grid(own, self.at, self.fs)


@dataclass(frozen=True)
class Sampling:
    """Sampling of a file by its own clock."""

    fs: float
    """Sampling rate in Hz."""
    runs: tuple[Run, ...]
    seconds: float
    """From the first sample to the end of the last, gaps included."""
    notes: tuple[str, ...] = ()
    """Irregularities: gaps, repeated stamps, a clock that ran backwards."""


def even_sampling(times: np.ndarray, given: float | None = None) -> Sampling | None:
    """Find rate, gaps and order of samples from their times.

    Parameters
    ----------
    times : (n,) float array
        Seconds of each sample; missing stamps are filled in from their neighbours.
    given : float, optional
        Sampling rate in Hz given by the user; used if the times agree with it.

    Returns
    -------
    Sampling or None
        None if the times are all equal or fewer than three.

    Notes
    -----
    Several samples may share a stamp (whole seconds, a coarse timer, packets); they are assumed to be evenly spaced
    from the stamp on. A gap is a step above `BRIDGED` after which the samples stay late; a single late stamp after
    which the clock catches up is jitter. Shorter losses are interpolated.
    """
    notes = []
    times, astray = _remove_outliers(times)
    if astray:
        notes.append(f"{astray} time stamps are far from their neighbours and were ignored")
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < 3:
        return None
    if len(known) < len(times):
        notes.append(f"{len(times) - len(known)} time stamps are missing and were interpolated")
        times = np.interp(np.arange(len(times)), known, times[known])
        times[: known[0]], times[known[-1] + 1 :] = np.nan, np.nan
    parts, order_notes = _monotonic_parts(times)
    notes += order_notes
    stamps = [group_stamps(part, times[part], notes) for part in parts if len(part) > 2]
    measured = rate_of(stamps)
    if measured is None:
        return None
    fs = given if given is not None and keeps_time(given, measured, stamps) else measured
    runs, lost, dropped, end = [], 0, 0, -1 / fs
    for part in stamps:
        at, unsure = sample_times(part, fs)
        # The first sample is at 0. The pause before a clock was set back is unknown: none is assumed.
        at += end + 1 / fs - at[0]
        found, missed = _runs(part, at, unsure, fs)
        lost += missed
        dropped += int(unsure.sum())
        runs += found
        end = float(at[-1])
    notes += _gap_notes(runs, lost, dropped, fs)
    return Sampling(fs, tuple(runs), end + 1 / fs, tuple(notes))


def _remove_outliers(times: np.ndarray) -> tuple[np.ndarray, int]:
    """Times without isolated outliers such as zeros, and the number of these."""
    index = np.flatnonzero(np.isfinite(times))
    if len(index) > 3 and times[index[1]] - times[index[0]] > _YEARS:  # starts from 0, then a date
        result = times.copy()
        result[index[0]] = np.nan
        return result, 1
    if len(index) < 3 or not np.any(np.diff(times[index]) < -_REORDERED):
        return times, 0
    known = times[index]
    early = known < np.maximum.accumulate(known) - _REORDERED
    late = known > np.minimum.accumulate(known[::-1])[::-1] + _REORDERED
    stray = np.zeros(len(known), bool)
    for off in (early, late):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], off.astype(np.int8), [0]))))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            few = end - begin <= _MOST_STRAYS or np.ptp(known[begin:end]) == 0
            if begin > 0 and end < len(known) and few:
                stray[begin:end] = True
    result = times.copy()
    result[index[stray]] = np.nan
    return result, int(stray.sum())


def _monotonic_parts(times: np.ndarray) -> tuple[list[np.ndarray], list[str]]:
    """Parts of the samples in which time never runs backwards, and notes."""
    index = np.flatnonzero(np.isfinite(times))
    steps = np.diff(times[index])
    back = np.flatnonzero(steps < 0)
    if not len(back):
        return [index], []
    where = f"at sample {index[back[0]] + 2} (from {times[index[back[0]]]:.6g} to {times[index[back[0] + 1]]:.6g} s)"
    order = index[np.argsort(times[index], kind="stable")]
    repeated = np.sum(np.diff(times[order]) == 0) > np.sum(steps == 0) + len(back)
    if -steps[back].min() <= _REORDERED and not repeated:
        return [order], [f"time runs backwards {len(back)} times, first {where}: the samples were sorted"]
    note = (
        f"time runs backwards {len(back)} times, first {where}: each part is assumed to start where the one before ends"
    )
    return np.split(index, back + 1), [note.replace("1 times", "once")]


def _runs(part: Stamps, at: np.ndarray, unsure: np.ndarray, fs: float) -> tuple[list[Run], int]:
    """Runs without a gap, and the number of lost samples bridged in them."""
    steps = np.diff(at)
    late = np.flatnonzero(steps > max(BRIDGED * 1.001, 2.5 / fs))
    reach = max(8, round(0.25 * fs))
    behind = at - np.arange(len(at)) / fs
    stays = [
        np.median(behind[i + 1 : i + 1 + reach]) - np.median(behind[max(i + 1 - reach, 0) : i + 1])
        > 0.5 * (steps[i] - 1 / fs)
        for i in late
    ]
    cut = late[np.array(stays, bool)] + 1 if len(late) else late
    edges = np.unique(np.concatenate(([0, len(at)], cut, np.flatnonzero(np.diff(unsure.astype(np.int8))) + 1)))
    runs, lost = [], 0
    for begin, end in pairwise(edges):
        if end - begin > 1 and not unsure[begin]:
            runs.append(_run(part.chosen[begin:end], at[begin:end], fs, grouped=part.count.max() > 1))
            lost += max(round((at[end - 1] - at[begin]) * fs) - (end - begin - 1), 0) if runs[-1].at is not None else 0
    return runs, lost


def _run(chosen: np.ndarray, at: np.ndarray, fs: float, *, grouped: bool) -> Run:
    """A run, with the times of its samples if they deviate from an even grid by more than half a sample."""
    count = np.arange(len(at))
    start = float(at[0])
    if chosen[-1] - chosen[0] == len(chosen) - 1 and np.all(np.diff(chosen) == 1):
        chosen = slice(int(chosen[0]), int(chosen[-1]) + 1)
    stray = (at - start) - count / fs
    width = max(int(2 * fs), 3)
    if grouped:  # stamps are coarser than samples: use their average
        stray = _smooth(stray, width)
    centred = count - count.mean()
    slope = float(centred @ stray) / max(float(centred @ centred), 1e-9)  # a given rate may drift a little
    level = stray - slope * count
    steady = np.ptp(level) <= 1 / fs
    if grouped and not steady:  # the computer's timer wanders, not the sensor
        steps = np.abs(level[width:] - level[:-width])
        steady = np.ptp(level) <= WANDER and (not len(steps) or steps.max() <= 2 / fs)
    if steady and abs(slope) * len(at) <= (WANDER if grouped else DRIFT):
        return Run(chosen, max(start + (float(np.median(level)) if grouped else 0.0), 0.0), fs)
    own = count / fs + stray
    own = np.maximum.accumulate(own + count * 1e-9)  # a spline needs increasing times
    return Run(chosen, start + float(own[0]), fs, own - own[0])


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    from scipy.ndimage import uniform_filter1d

    return uniform_filter1d(values, min(width, len(values)), mode="nearest")


def _on_grid(values: np.ndarray, at: np.ndarray, fs: float) -> np.ndarray:
    """Values at evenly spaced times; missing if the sample before or after is missing."""
    from scipy.interpolate import Akima1DInterpolator

    grid = np.arange(int(np.floor(at[-1] * fs + 1e-6)) + 1) / fs
    known = np.isfinite(values)
    apart = np.concatenate(([True], np.diff(at) > 0.05 / fs))  # samples at nearly the same time make a spline overshoot
    use = known & apart
    if use.sum() < 4:
        return np.full(len(grid), np.nan)
    result = Akima1DInterpolator(at[use], values[use], method="makima")(grid)  # a flat line stays flat
    after = np.clip(np.searchsorted(at, grid - 1e-9), 0, len(at) - 1)
    before = np.maximum(np.where(at[after] > grid + 1e-9, after - 1, after), 0)
    result[~(known[after] & known[before])] = np.nan
    low, high = values[use].min(), values[use].max()
    return np.clip(result, low - 0.1 * (high - low), high + 0.1 * (high - low))


def _gap_notes(runs: list[Run], lost: int, dropped: int, fs: float) -> list[str]:
    notes = []
    if len(runs) > 1:
        ends = [run.start + (_length(run) / fs if run.at is None else float(run.at[-1]) + 1 / fs) for run in runs]
        gaps = np.array([b.start - end for end, b in zip(ends[:-1], runs[1:], strict=True)])
        gaps = gaps[gaps > 0.5 / fs]
        if len(gaps) == 1:
            notes.append(f"1 gap, {_seconds(gaps[0])} at {ends[0]:.1f} s")
        elif len(gaps):
            notes.append(f"{len(gaps)} gaps, {_seconds(gaps.sum())} in total, the longest {_seconds(gaps.max())}")
    if lost > 2:
        notes.append(f"{lost} lost samples interpolated in gaps of at most {1000 * BRIDGED:.3g} ms")
    if dropped:
        notes.append(f"{dropped} samples count as missing: their second lacks samples at unknown positions")
    return notes


def _length(run: Run) -> int:
    return run.chosen.stop - run.chosen.start if isinstance(run.chosen, slice) else len(run.chosen)


def _seconds(seconds: float) -> str:
    return (
        f"{seconds:.3g} s"
        if seconds < 600
        else f"{seconds / 3600:.3g} h"
        if seconds > 7200
        else f"{seconds / 60:.3g} min"
    )
