"""What is measured on each window: pressures, pulse rates, SNR, pulse counts, flat lines."""

from dataclasses import dataclass, fields, replace

import numpy as np

from cuffless.config import WindowOptions
from cuffless.signals import drop_close, equal_runs, find_pulses, overlaps_runs, pressure_beats, signal_to_noise
from cuffless.windows.grid import ANALYSIS_HZ


@dataclass(frozen=True)
class Signal:
    """A stretch of signal on which windows are measured."""

    ppg: np.ndarray
    """(n,) float array: PPG as recorded."""
    abp: np.ndarray | None
    """(n,) float array or None: Arterial pressure in mmHg; None where only the PPG was asked for."""
    fs: float
    """Sampling rate of both in Hz."""
    analysed: np.ndarray
    """(m,) float array: Band-passed PPG at 25 Hz."""
    seconds: float
    """Length of the stretch; the SNR is measured inside it."""


@dataclass(frozen=True)
class Spans:
    """Where windows lie in a stretch of signal."""

    start: np.ndarray
    seconds: np.ndarray
    """`start`, `seconds`: (n_windows,) float arrays: Start, counted from the first sample, and length."""
    hz: np.ndarray
    """(n_windows,) float array: Pulse frequency."""

    def select(self, chosen: np.ndarray) -> "Spans":
        """The windows of a mask."""
        return Spans(self.start[chosen], self.seconds[chosen], self.hz[chosen])


@dataclass
class Measures:
    """What was measured on windows, one entry per window."""

    start: np.ndarray
    seconds: np.ndarray
    """`start`, `seconds`: Float arrays: Start and length in seconds."""
    sbp: np.ndarray
    dbp: np.ndarray
    """`sbp`, `dbp`: Float arrays: Median pressures of the window's beats in mmHg; NaN without beats or without ABP."""
    hr: np.ndarray
    """Float array: Pulse rate in bpm, from the PPG."""
    snr: np.ndarray
    """Float array: SNR in dB."""
    beats: np.ndarray
    pulses: np.ndarray
    """`beats`, `pulses`: Int arrays: Beats seen in the ABP, systolic peaks seen in the PPG."""
    abp_rate: np.ndarray
    """Float array: Pulse rate in bpm, from the ABP around the window."""
    spread_sbp: np.ndarray
    spread_dbp: np.ndarray
    """`spread_sbp`, `spread_dbp`: Float arrays: Range over the window's beats in mmHg."""
    flat: np.ndarray
    saturated: np.ndarray
    missing: np.ndarray
    """`flat`, `saturated`, `missing`: Bool arrays: Whether either signal holds a flat line, saturation, a missing
    sample."""

    def __len__(self):
        return len(self.start)

    def select(self, chosen) -> "Measures":
        """The windows of a mask."""
        return replace(self, **{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def shifted(self, seconds: float) -> "Measures":
        """The same windows on a clock that began earlier."""
        return replace(self, start=self.start + seconds)

    @classmethod
    def blank(cls, n: int) -> "Measures":
        """Windows on which nothing was measured."""
        kinds = {"beats": 0, "pulses": 0, "flat": False, "saturated": False, "missing": False}
        return cls(**{f.name: np.full(n, kinds.get(f.name, np.nan)) for f in fields(cls)})

    @classmethod
    def concatenate(cls, parts: list["Measures"]) -> "Measures":
        """Join in order."""
        if not parts:
            return cls.blank(0)
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})


def measure_windows(signal: Signal, spans: Spans, options: WindowOptions) -> Measures:
    """Measure windows on one stretch of signal."""
    start, seconds, hz = spans.start, spans.seconds, spans.hz
    result = Measures.blank(len(start))
    result.start, result.seconds, result.hr = start, seconds, 60 * hz
    stop = start + seconds
    result.snr = _snr(signal.analysed, start + seconds / 2, hz, signal.seconds, options)
    pulse_times = _pulse_times(signal.analysed, start + seconds / 2, hz)
    result.pulses = np.searchsorted(pulse_times, stop) - np.searchsorted(pulse_times, start)
    for trace in (signal.ppg, signal.abp):
        if trace is not None:
            flat, saturated = _flat_and_saturated(trace, signal.fs, start, stop, options)
            result.flat |= flat
            result.saturated |= saturated
    if signal.abp is not None:
        add_pressures(result, pressure_beats(signal.abp, signal.fs, labels=options.labels), signal.fs, options)
    return result


def _pulse_times(analysed, centre, hz):
    """Times of systolic peaks; of peaks nearer than 0.6 of a beat only the highest counts (reflected waves)."""
    peaks = find_pulses(analysed, ANALYSIS_HZ)
    if not len(peaks) or not len(hz):
        return peaks / ANALYSIS_HZ
    beat = ANALYSIS_HZ / np.interp(peaks / ANALYSIS_HZ, centre, hz)
    return drop_close(peaks, analysed[peaks], 0.6 * beat) / ANALYSIS_HZ


def _snr(analysed, centre, hz, length, options):
    """SNR on a stretch of fixed length around each window's centre, moved inward at the ends of the signal."""
    n = min(int(options.snr_seconds * ANALYSIS_HZ), len(analysed))
    room = min(int(length * ANALYSIS_HZ), len(analysed)) - n
    middle = np.floor(centre * ANALYSIS_HZ + 1e-6).astype(int)  # halves must fall alike wherever reading began
    begin = np.clip(middle - n // 2, 0, max(room, 0))
    views = np.lib.stride_tricks.sliding_window_view(analysed.astype(np.float32), n)[begin]
    return snr_of(views, ANALYSIS_HZ, hz, options)


def snr_of(views: np.ndarray, fs: float, hz: np.ndarray, options: WindowOptions) -> np.ndarray:
    """SNR of signals in dB, in the bands of the options."""
    return signal_to_noise(
        views,
        fs,
        hz,
        half_width=options.snr_band_hz,
        harmonic_half_width=options.snr_harmonic_hz,
        band=options.snr_range,
    )


def _flat_and_saturated(trace, fs, start, stop, options):
    runs = equal_runs(trace, max(round(options.saturated_seconds * fs), 2))
    first, last = start * fs, stop * fs
    if not len(runs):
        nothing = np.zeros(len(start), bool)
        return nothing, nothing
    long = runs[:, 1] - runs[:, 0] >= options.flat_seconds * fs
    flat = overlaps_runs(first, last, runs[long])
    saturated = overlaps_runs(first, last, runs)
    for window in np.flatnonzero(saturated & ~flat):  # rare: a run must stand at the window's own extreme
        a, b = int(np.ceil(first[window])), min(int(np.ceil(last[window])), len(trace))
        inside = runs[(runs[:, 0] < b) & (runs[:, 1] > a), 0].clip(a, b - 1)
        held, part = trace[inside], trace[a:b]
        saturated[window] = bool(np.any(held >= part.max()) or np.any(held <= part.min()))
    return flat, saturated


def add_pressures(result: Measures, beats, fs: float, options: WindowOptions) -> None:
    """Pressures, their spread and the pulse rate of the arterial pressure, from its beats.

    Parameters
    ----------
    result : Measures
        Windows whose start and length are known; pressures, spread and rate are filled in.
    beats : Beats
        As from `pressure_beats`, on the clock of the windows.
    fs : float
        Sampling rate in Hz.
    options : WindowOptions
    """
    times = beats.peak / fs
    start, stop = result.start, result.start + result.seconds
    if options.length == 1:  # the one beat that covers the centre
        first = np.searchsorted(beats.foot / fs, start + result.seconds / 2, "right") - 1
        count = ((first >= 0) & (first + 1 < len(times))).astype(int)
        first = np.maximum(first, 0)
    else:
        first = np.searchsorted(times, start)
        count = np.searchsorted(times, stop) - first
    result.beats = count
    result.sbp, result.spread_sbp = _median_and_range(beats.sbp, first, count)
    result.dbp, result.spread_dbp = _median_and_range(beats.dbp, first, count)
    # Seconds enough for a rate, whatever the window's length; the median forgives a skipped beat.
    margin = np.maximum(options.snr_seconds - result.seconds, 0) / 2
    low, high = np.searchsorted(times, start - margin), np.searchsorted(times, stop + margin)
    interval, _ = _median_and_range(np.diff(times), low, np.maximum(high - low - 1, 0))
    result.abp_rate = 60 / interval


def _median_and_range(values, first, count):
    """Median and range of ``values[first : first + count]`` for each window; NaN where empty."""
    median, spread = np.full(len(first), np.nan), np.full(len(first), np.nan)
    some = np.flatnonzero(count > 0)
    if not len(some):
        return median, spread
    first, count = first[some], count[some]
    offset = np.arange(count.max())
    table = np.where(offset < count[:, None], values[np.minimum(first[:, None] + offset, len(values) - 1)], np.inf)
    table.sort(axis=1)
    rows = np.arange(len(some))
    median[some] = (table[rows, (count - 1) // 2] + table[rows, count // 2]) / 2
    spread[some] = table[rows, count - 1] - table[rows, 0]
    return median, spread
