"""From times of samples to an even sampling: rate, stretches without a gap, and values on an even grid."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

BRIDGED = 1 / 16
"""Seconds between samples that are interpolated: PPG is band-passed below 8 Hz, for which so many samples suffice."""
AGREEING = 0.02
"""A rate that is given and one that times tell are the same up to this share."""
_DRIFT = 0.1  # s over a stretch, below which the rate that is given stands
_REORDERED = 1.0  # s by which packets may come out of order


@dataclass(frozen=True)
class Run:
    """Samples without a gap between them.

    Attributes
    ----------
    chosen : (n,) int array or slice
        Its samples in the file, in time order.
    start : float
        Seconds from the file's first sample.
    fs : float
        Sampling rate in Hz.
    at : (n,) float array or None
        Seconds of its samples from `start`, where they do not follow each other evenly.
    """

    chosen: np.ndarray | slice
    start: float
    fs: float
    at: np.ndarray | None = None

    def values(self, column: np.ndarray) -> np.ndarray:
        """A column's values, evenly sampled; missing where a neighbour is missing."""
        own = np.asarray(column[self.chosen], float)
        if self.at is None:
            return own
        return _on_grid(own, self.at, self.fs)


@dataclass(frozen=True)
class Sampling:
    """How a file is sampled by its own clock.

    Attributes
    ----------
    fs : float
        Sampling rate in Hz.
    runs : tuple of Run
    seconds : float
        From the first sample to the end of the last, gaps included.
    notes : tuple of str
        What was found: gaps, repeated stamps, a clock that ran backwards.
    """

    fs: float
    runs: tuple[Run, ...]
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass
class _Stamps:
    """Stamps of a part whose clock never runs backwards, one for each group of samples that share it."""

    chosen: np.ndarray  # samples in the file
    time: np.ndarray  # of each group
    first: np.ndarray  # first sample of each group, counted in `chosen`
    count: np.ndarray
    n: int = field(init=False)

    def __post_init__(self):
        self.n = len(self.chosen)


def even_sampling(times: np.ndarray, told: float | None = None) -> Sampling | None:
    """Find rate, gaps and order of samples from their times.

    Parameters
    ----------
    times : (n,) float array
        Seconds of each sample; missing stamps are filled in from their neighbours.
    told : float, optional
        Sampling rate in Hz as the user gives it; taken where the times agree with it.

    Returns
    -------
    Sampling or None
        None if the times tell nothing: all equal, or fewer than three.

    Notes
    -----
    Several samples may share a stamp (whole seconds, a coarse timer, packets): they are taken to follow each other
    evenly from it on. A gap is a step above `BRIDGED` after which the samples stay late; one late stamp whose
    successors catch up is jitter. Shorter losses are interpolated.
    """
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < 3:
        return None
    notes = []
    if len(known) < len(times):
        notes.append(f"{len(times) - len(known)} time stamps are missing and were filled in from their neighbours")
        times = np.interp(np.arange(len(times)), known, times[known])
        times[: known[0]], times[known[-1] + 1 :] = np.nan, np.nan
    parts, said = _in_order(times)
    notes += said
    stamps = [_grouped(part, times[part], notes) for part in parts if len(part) > 2]
    measured = _rate(stamps)
    if measured is None:
        return None
    fs = told if told is not None and _agrees(told, measured, stamps) else measured
    runs, lost, dropped, end = [], 0, 0, -1 / fs
    for part in stamps:
        at, unsure = _sample_times(part, fs)
        # The first sample is at 0. A clock that was set back says nothing of the pause before it: none is assumed.
        at += end + 1 / fs - at[0]
        found, missed = _runs(part, at, unsure, fs)
        lost += missed
        dropped += int(unsure.sum())
        runs += found
        end = float(at[-1])
    notes += _said_of_gaps(runs, lost, dropped, fs)
    return Sampling(fs, tuple(runs), end + 1 / fs, tuple(notes))


def spread_stamps(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of samples several of which share each stamp.

    Parameters
    ----------
    times : (n,) float array
        Seconds; they never run backwards, and some differ.

    Returns
    -------
    chosen : (m,) int array
        Samples that lie where their times tell; in seconds that lack some, nobody knows where they are.
    at : (m,) float array
        Their times in seconds, the first at 0.
    """
    part = _grouped(np.arange(len(times)), times, [])
    fs = _rate([part]) or len(times) / max(float(times[-1] - times[0]), 1e-9)
    at, unsure = _sample_times(part, fs)
    kept = ~unsure
    kept[kept] = np.diff(at[kept], prepend=-np.inf) > 0
    return part.chosen[kept], at[kept] - at[kept][0]


def _in_order(times: np.ndarray) -> tuple[list[np.ndarray], list[str]]:
    """Samples in parts whose clock never runs backwards."""
    index = np.flatnonzero(np.isfinite(times))
    steps = np.diff(times[index])
    back = np.flatnonzero(steps < 0)
    if not len(back):
        return [index], []
    where = f"at sample {index[back[0]] + 2} (from {times[index[back[0]]]:.6g} to {times[index[back[0] + 1]]:.6g} s)"
    order = index[np.argsort(times[index], kind="stable")]
    repeated = np.sum(np.diff(times[order]) == 0) > np.sum(steps == 0) + len(back)
    if -steps[back].min() <= _REORDERED and not repeated:
        return [order], [f"time runs backwards {len(back)} times, first {where}: the samples were put in order"]
    note = f"time runs backwards {len(back)} times, first {where}: what follows is taken to begin where the rest ended"
    return np.split(index, back + 1), [note.replace("1 times", "once")]


def _grouped(chosen: np.ndarray, times: np.ndarray, notes: list[str]) -> _Stamps:
    """Samples by the stamp that they share; single repetitions are left out."""
    steps = np.diff(times)
    later = steps[steps > 0]
    if len(later) and len(later) >= 0.9 * len(steps) and len(later) < len(steps):
        first = np.concatenate(([True], steps > 0))
        notes.append(f"{int((~first).sum())} samples repeat the time of the one before and were left out")
        chosen, times = chosen[first], times[first]
        steps = later
    # Packets: a burst of stamps close together, then a pause.
    mean = float(np.mean(np.minimum(later, np.quantile(later, 0.995)))) if len(later) else 0.0  # whatever the pauses
    close = steps < 0.25 * mean
    begins = ~close if np.mean(close) > 0.2 else steps > 0
    first = np.flatnonzero(np.concatenate(([True], begins)))
    count = np.diff(np.append(first, len(chosen)))
    return _Stamps(chosen, times[first], first, count)


def _rate(parts: list[_Stamps]) -> float | None:
    """Samples per second where nothing is lost."""
    rates, weights = [], []
    for part in parts:
        steps = np.diff(part.time)
        if len(steps) < 2:
            continue
        usual = float(np.median(part.count))
        block = max(int(np.ceil(100 / usual)), 8 if usual > 1 else 1)
        edges = np.arange(0, len(steps) + 1, block)
        samples, seconds = np.diff(part.first[edges]), np.diff(part.time[edges])
        rough = _rough_rate(part, steps, usual, samples, seconds)
        # Blocks that lost no sample, nor hold a second that was cut short.
        whole = np.abs(samples - rough * seconds) <= (0.75 if usual <= 1 else 1.5)
        refined = float(samples[whole].sum() / seconds[whole].sum()) if whole.any() else rough
        mean = (part.n - part.count[-1]) / float(part.time[-1] - part.time[0])
        coarse = float(np.median(steps)) > 4 * BRIDGED
        if not coarse and (part.count.max() > 1 or _uneven(steps)) and abs(mean / rough - 1) < 0.005:  # nothing is lost
            refined = mean
        rates.append(refined if abs(refined / rough - 1) < 0.01 else rough)
        weights.append(len(steps))
    return _rounded(float(np.average(rates, weights=weights)), parts) if rates else None


def _rough_rate(part: _Stamps, steps, usual: float, samples, seconds) -> float:
    """The rate to a per cent or so."""
    tick = float(np.median(steps))
    if (_uneven(steps) or 1 < usual < 8) and len(samples) >= 3:
        return float(np.median(samples / seconds))
    normal = steps <= 1.5 * tick
    if usual > 1 and len(steps) > 3:  # groups that lack samples would count as slow ones
        normal &= part.count[:-1] >= 0.8 * usual
        normal[0] = False  # a recording begins within its first second
    if not normal.any():
        normal = np.ones(len(steps), bool)
    return float(part.count[:-1][normal].sum() / steps[normal].sum())


def _uneven(steps: np.ndarray) -> bool:
    tick = float(np.median(steps))
    return float(np.median(np.abs(steps - tick))) > 0.2 * tick


def _rounded(rate: float, parts: list[_Stamps]) -> float:
    """The whole number next to a rate, if the stamps cannot tell them apart."""
    longest = max(parts, key=lambda part: part.n)
    steps = np.diff(longest.time)
    span = max(float(longest.time[-1] - longest.time[0]), 1e-9)
    fine = float(np.median(np.abs(steps - np.median(steps)))) + 1e-4 / rate
    whole = float(round(rate))
    return whole if whole and abs(rate - whole) <= max(2 * fine / span, 2e-5) * rate else rate


def _agrees(told: float, measured: float, parts: list[_Stamps]) -> bool:
    """Whether a rate that is given keeps time with the clock over its longest stretch."""
    longest = max(part.n for part in parts) / measured
    return abs(told / measured - 1) * longest <= _DRIFT


def _sample_times(part: _Stamps, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Times of samples that may share stamps, and which of them lie somewhere in a second that lacks samples."""
    group = np.repeat(np.arange(len(part.time)), part.count)
    within = np.arange(part.n) - part.first[group]
    unsure = np.zeros(part.n, bool)
    if part.count.max() == 1:
        return part.time.astype(float), unsure
    at = part.time[group] + within / fs
    steps = np.diff(part.time)
    tick = float(np.median(steps)) if len(steps) else 0.0
    lacking = part.count < fs * tick - max(2.0, 0.1 * fs * tick)
    after_gap = np.concatenate(([True], steps > 1.5 * tick))
    before_gap = np.concatenate((steps > 1.5 * tick, [True]))
    late = np.flatnonzero(lacking & after_gap & ~before_gap)  # these end where the next second begins
    for g in late:
        own = slice(part.first[g], part.first[g] + part.count[g])
        at[own] = part.time[g + 1] - (part.count[g] - np.arange(part.count[g])) / fs
    if tick > 4 * BRIDGED:
        unsure = (lacking & ~after_gap & ~before_gap)[group]
    return at, unsure


def _runs(part: _Stamps, at: np.ndarray, unsure: np.ndarray, fs: float) -> tuple[list[Run], int]:
    """Stretches without a gap, and how many lost samples were bridged in them."""
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
    """A stretch, with the times of its samples if they stray by more than half a sample."""
    count = np.arange(len(at))
    start = float(at[0])
    if chosen[-1] - chosen[0] == len(chosen) - 1 and np.all(np.diff(chosen) == 1):
        chosen = slice(int(chosen[0]), int(chosen[-1]) + 1)
    stray = (at - start) - count / fs
    if grouped:  # stamps are coarser than samples: what they say on average counts
        stray = _smooth(stray, max(int(2 * fs), 3))
    centred = count - count.mean()
    slope = float(centred @ stray) / max(float(centred @ centred), 1e-9)  # a rate that is given may drift a little
    level = stray - slope * count
    if np.ptp(level) <= (2 if grouped else 1) / fs and abs(slope) * len(at) <= _DRIFT:
        return Run(chosen, max(start + (float(np.median(level)) if grouped else 0.0), 0.0), fs)
    own = count / fs + stray
    own = np.maximum.accumulate(own + count * 1e-9)  # a spline wants times that rise
    return Run(chosen, start + float(own[0]), fs, own - own[0])


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    from scipy.ndimage import uniform_filter1d

    return uniform_filter1d(values, min(width, len(values)), mode="nearest")


def _on_grid(values: np.ndarray, at: np.ndarray, fs: float) -> np.ndarray:
    """Values at even times; missing where the sample before or after is missing."""
    from scipy.interpolate import CubicSpline

    grid = np.arange(int(np.floor(at[-1] * fs + 1e-6)) + 1) / fs
    known = np.isfinite(values)
    apart = np.concatenate(([True], np.diff(at) > 0.05 / fs))  # samples nearly at one time make a spline swing
    use = known & apart
    if use.sum() < 4:
        return np.full(len(grid), np.nan)
    result = CubicSpline(at[use], values[use])(grid)
    after = np.clip(np.searchsorted(at, grid - 1e-9), 0, len(at) - 1)
    before = np.maximum(np.where(at[after] > grid + 1e-9, after - 1, after), 0)
    result[~(known[after] & known[before])] = np.nan
    low, high = values[use].min(), values[use].max()
    return np.clip(result, low - 0.1 * (high - low), high + 0.1 * (high - low))


def _said_of_gaps(runs: list[Run], lost: int, dropped: int, fs: float) -> list[str]:
    notes = []
    if len(runs) > 1:
        ends = [run.start + (_length(run) / fs if run.at is None else float(run.at[-1]) + 1 / fs) for run in runs]
        gaps = np.array([b.start - end for end, b in zip(ends[:-1], runs[1:], strict=True)])
        gaps = gaps[gaps > 0.5 / fs]
        if len(gaps) == 1:
            notes.append(f"a gap of {_seconds(gaps[0])} at {ends[0]:.1f} s")
        elif len(gaps):
            notes.append(f"{len(gaps)} gaps, {_seconds(gaps.sum())} in all, the longest {_seconds(gaps.max())}")
    if lost > 2:
        notes.append(f"{lost} lost samples bridged where no more than {1000 * BRIDGED:.3g} ms are missing")
    if dropped:
        notes.append(f"{dropped} samples lie in seconds that lack some, nobody knows where, and count as missing")
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
