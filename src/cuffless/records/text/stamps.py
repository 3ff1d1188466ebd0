"""Rate and times of samples from stamps that may be coarse, uneven or repeated."""

from dataclasses import dataclass, field

import numpy as np

DRIFT = 0.1
"""Seconds by which a given rate may differ from the file's clock over a stretch."""
WANDER = 0.5
"""Seconds by which a coarse clock may slowly drift from an even one."""
_COARSE = 0.25  # s between stamps above which missing samples cannot be located


def spread_stamps(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of samples of which several share a stamp.

    Parameters
    ----------
    times : (n,) float array
        Seconds; they never run backwards, and some differ.

    Returns
    -------
    chosen : (m,) int array
        Samples with a known time; those in a second that lacks samples are left out, as their positions are unknown.
    at : (m,) float array
        Their times in seconds, the first at 0.
    """
    part = group_stamps(np.arange(len(times)), times, [])
    fs = rate_of([part]) or len(times) / max(float(times[-1] - times[0]), 1e-9)
    at, unsure = sample_times(part, fs)
    kept = ~unsure
    kept[kept] = np.diff(at[kept], prepend=-np.inf) > 0
    return part.chosen[kept], at[kept] - at[kept][0]


@dataclass
class Stamps:
    """Stamps of a part whose clock never runs backwards, one for each group of samples that share it."""

    chosen: np.ndarray  # samples in the file
    time: np.ndarray  # of each group
    first: np.ndarray  # first sample of each group, counted in `chosen`
    count: np.ndarray
    n: int = field(init=False)

    def __post_init__(self):
        self.n = len(self.chosen)


def group_stamps(chosen: np.ndarray, times: np.ndarray, notes: list[str]) -> Stamps:
    """Samples grouped by shared stamp; single repetitions are left out."""
    steps = np.diff(times)
    later = steps[steps > 0]
    if len(later) and len(later) >= 0.99 * len(steps) and len(later) < len(steps):
        first = np.concatenate(([True], steps > 0))
        notes.append(f"samples with the same time as the one before were left out: {int((~first).sum())}")
        chosen, times = chosen[first], times[first]
        steps = later
    # Packets: a burst of close stamps, then a pause.
    mean = float(np.mean(np.minimum(later, np.quantile(later, 0.995)))) if len(later) else 0.0  # insensitive to pauses
    close = steps < 0.25 * mean
    begins = ~close if np.mean(close) > 0.2 else steps > 0
    first = np.flatnonzero(np.concatenate(([True], begins)))
    count = np.diff(np.append(first, len(chosen)))
    return Stamps(chosen, times[first], first, count)


def rate_of(parts: list[Stamps]) -> float | None:
    """Samples per second in stretches without losses."""
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
        # Blocks without lost samples or a shortened second.
        whole = np.abs(samples - rough * seconds) <= (0.75 if usual <= 1 else 1.5)
        refined = float(samples[whole].sum() / seconds[whole].sum()) if whole.any() else rough
        mean = (part.n - part.count[-1]) / float(part.time[-1] - part.time[0])
        coarse = float(np.median(steps)) > _COARSE
        if not coarse and (part.count.max() > 1 or _uneven(steps)) and abs(mean / rough - 1) < 0.005:  # nothing is lost
            refined = mean
        rates.append(refined if abs(refined / rough - 1) < 0.01 else rough)
        weights.append(len(steps))
    return _round_rate(float(np.average(rates, weights=weights)), parts) if rates else None


def _rough_rate(part: Stamps, steps, usual: float, samples, seconds) -> float:
    """The rate, accurate to about 1 %."""
    tick = float(np.median(steps))
    if (_uneven(steps) or (usual > 1 and tick <= _COARSE)) and len(samples) >= 3:
        return float(np.median(samples / seconds))
    # Jitter shortens steps as often as it lengthens them: leaving out both keeps their mean.
    normal = steps <= 1.5 * tick if usual > 1 else np.abs(steps - tick) <= 0.5 * tick
    if usual > 1 and len(steps) > 3:  # incomplete groups would lower the rate
        normal &= part.count[:-1] >= 0.8 * usual
        normal[0] = False  # a recording starts within its first second
    if not normal.any():
        normal = np.ones(len(steps), bool)
    return float(part.count[:-1][normal].sum() / steps[normal].sum())


def _uneven(steps: np.ndarray) -> bool:
    tick = float(np.median(steps))
    return float(np.median(np.abs(steps - tick))) > 0.2 * tick


def _round_rate(rate: float, parts: list[Stamps]) -> float:
    """The nearest whole number to a rate, if the stamps are too coarse to distinguish them."""
    longest = max(parts, key=lambda part: part.n)
    steps = np.diff(longest.time)
    span = max(float(longest.time[-1] - longest.time[0]), 1e-9)
    fine = float(np.median(np.abs(steps - np.median(steps)))) + 1e-4 / rate
    whole = float(round(rate))
    return whole if whole and abs(rate - whole) <= max(2 * fine / span, 2e-5) * rate else rate


def keeps_time(given: float, measured: float, parts: list[Stamps]) -> bool:
    """Whether a given rate agrees with the clock over its longest stretch."""
    longest = max(parts, key=lambda part: part.n)
    allowed = WANDER if longest.count.max() > 1 else DRIFT
    return abs(given / measured - 1) * longest.n / measured <= allowed


def sample_times(part: Stamps, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Times of samples that may share stamps, and which of them are in a second that lacks samples."""
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
    if tick > _COARSE:
        unsure = (lacking & ~after_gap & ~before_gap)[group]
    return at, unsure
