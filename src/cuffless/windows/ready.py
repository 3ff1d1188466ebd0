"""Windows cut by others: measured and judged here, never cut again."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cuffless.config import WindowOptions
from cuffless.records import Record, RecordError
from cuffless.records.record import MOST_MEASURED, ReadyWindows
from cuffless.signals import bandpass, cubic_windows, lowpass, pulse_frequency, repeat_frequency
from cuffless.windows.batch import Windows, unit_windows
from cuffless.windows.grid import ANALYSIS_HZ, pulse_search
from cuffless.windows.measure import Measures, Signal, Spans, measure_windows
from cuffless.windows.polarity import polarity
from cuffless.windows.quality import judge_labelled

BLOCK_WINDOWS = 2048
FEW_BEATS_SECONDS = 4.0
"""Windows shorter than this have their pulse rate from the lag at which they repeat themselves, not from a spectrum."""
_MARGIN_SECONDS = 6.0  # each side of a window: a pulse is judged by the three before and after it
_EDGE = 3  # samples that interpolation may reach for beyond a window


def iter_ready(
    record: Record, options: WindowOptions = WindowOptions(), *, block: int = BLOCK_WINDOWS
) -> Iterator[Windows]:
    """Measure and judge windows cut by others, block by block.

    Each is one window, whatever ``options`` say of cropping, length and overlap: it is resampled along its whole length
    to ``options.samples`` samples. It is band-passed for measuring; what is kept is band-passed only if it was not yet,
    or if the samples per second cannot hold the upper end of the band.

    Parameters
    ----------
    record : Record
        With ``ready`` windows.
    options : WindowOptions
        The rules that need the beats of the arterial pressure cannot be judged and reject nothing.
        Windows in which a sample or a label is missing count under the rule `missing`.
    block : int
        Windows in memory at a time; the result does not depend on it.

    Yields
    ------
    Windows
        Pulse rate and SNR are measured on the window alone (the SNR on its middle ``options.snr_seconds``), in the
        time base of its file: a window that was resampled to 60 bpm measures 60 bpm. The rate is that of the highest
        line of the spectrum; where the window is shorter than 4 s, it follows from the lag at which it repeats itself.

    Raises
    ------
    RecordError
        If windows cannot be read, differ in number or length from what was announced, or are too long for the number of
        samples requested.
    """
    ready = record.ready
    assert ready is not None  # the caller knows that it has them
    if _highest(ready, options) <= options.pulse_search[1]:
        raise RecordError(
            f"{record.name}: windows of {ready.window_seconds:g} s cannot represent a pulse of "
            f"{options.pulse_search[1]:g} Hz in {options.samples} samples; raise windows.samples_per_beat or "
            "windows.length"
        )
    for first in range(0, ready.n, block):
        stop = min(first + block, ready.n)
        ppg, sbp, dbp = ready.read(first, stop)
        for kind, values, shape in (("PPG", ppg, (stop - first, ready.samples)), *_labels(sbp, dbp, stop - first)):
            if np.shape(values) != shape:
                raise RecordError(f"{record.name}: {kind} of ready windows is {np.shape(values)}, not {shape}")
        yield _judge(np.asarray(ppg, float), sbp, dbp, ready.starts(first, stop), ready, options)


def _labels(sbp, dbp, n: int):
    return () if sbp is None and dbp is None else (("SBP", sbp, (n,)), ("DBP", dbp, (n,)))


def _judge(ppg, sbp, dbp, start, ready: ReadyWindows, options: WindowOptions) -> Windows:
    labelled = sbp is not None
    present = (np.abs(ppg) <= MOST_MEASURED).all(axis=1)  # false of NaN
    if labelled:
        sbp, dbp = np.asarray(sbp, float), np.asarray(dbp, float)
        present &= np.isfinite(sbp) & np.isfinite(dbp)
    ppg = ppg[present]
    measures = _measured(ppg, ready, options)
    measures = replace(measures, start=start[present], seconds=np.full(len(ppg), ready.window_seconds))
    if labelled:
        measures = replace(measures, sbp=sbp[present], dbp=dbp[present])
    verdict, rejected = judge_labelled(measures, options, labelled=labelled, missing=int(np.sum(~present)))
    kept = verdict < 0
    seconds = float(present.sum() * ready.window_seconds)
    cut = _resampled(ppg[kept], ready, options)
    turned = polarity(cut, options.samples_per_beat)
    return Windows(cut, measures.select(kept), measures, rejected, seconds, turned)


def _measured(ppg, ready: ReadyWindows, options: WindowOptions) -> Measures:
    """Measures of windows without missing samples."""
    if not len(ppg):
        return Measures.blank(0)
    filtered = bandpass(ppg, ready.fs, options.band, options.filter_order)
    seconds = int(ready.window_seconds * ANALYSIS_HZ + 1e-9) / ANALYSIS_HZ
    analysed = _each(cubic_windows, filtered, seconds, ready.fs, round(seconds * ANALYSIS_HZ))
    if ready.window_seconds < FEW_BEATS_SECONDS:
        smooth = lowpass(ppg, ready.fs, options.band[1], options.filter_order)
        hz = repeat_frequency(_each(cubic_windows, smooth, seconds, ready.fs, analysed.shape[1]), ANALYSIS_HZ)
    else:
        hz = pulse_frequency(analysed, ANALYSIS_HZ, pulse_search(options))
    pitch = np.ceil(ready.window_seconds) + 2 * _MARGIN_SECONDS + 1
    start = np.arange(len(ppg)) * pitch + _MARGIN_SECONDS
    line = _line(analysed, ANALYSIS_HZ, start, pitch, _MARGIN_SECONDS)
    signal = Signal(_line(ppg, ready.fs, start, pitch, 0.0), None, ready.fs, line, len(line) / ANALYSIS_HZ)
    within = options.model_copy(update={"snr_seconds": min(options.snr_seconds, seconds)})
    return measure_windows(signal, Spans(start, np.full(len(ppg), seconds), hz), within)


def _highest(ready: ReadyWindows, options: WindowOptions) -> float:
    """Frequency in Hz up to which the samples wanted can hold a window."""
    return min(options.band[1], 0.45 * options.samples / ready.window_seconds)


def _resampled(ppg, ready: ReadyWindows, options: WindowOptions):
    """Windows with zero mean and unit variance, in as many samples as the options say."""
    highest = _highest(ready, options)
    if len(ppg) and not (ready.filtered and highest == options.band[1]):
        ppg = bandpass(ppg, ready.fs, (options.band[0], highest), options.filter_order)
    return _each(unit_windows, ppg, ready.window_seconds, ready.fs, options.samples)


def _each(resample, rows, seconds: float, fs: float, n_samples: int):
    """Resample each row along its first seconds with a function that takes windows from one long signal."""
    line = np.pad(rows, ((0, 0), (_EDGE, _EDGE)), "edge")
    start = (np.arange(len(rows)) * line.shape[1] + _EDGE) / fs
    return resample(line.ravel(), start, np.full(len(rows), seconds), fs, n_samples)


def _line(rows, fs: float, start, pitch: float, margin: float):
    """Windows set in one long signal, `pitch` seconds apart, each with reflections of itself on either side."""
    reach = int(margin * fs)
    width = rows.shape[1]
    between = np.arange(int(np.ceil((start[-1] + pitch) * fs)) + 1) % 2  # never equal, so no flat line between
    line = between.astype(float) if not reach else np.zeros(len(between))
    at = np.rint(start * fs).astype(int)[:, None] + np.arange(-reach, width + reach)
    line[at] = np.pad(rows, ((0, 0), (reach, reach)), "reflect")
    return line
