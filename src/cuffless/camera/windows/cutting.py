"""From mean colours to windows of the pulse wave with a monitor's pressures, by the same rules as for PPG."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.pulse.custom import is_custom
from cuffless.camera.pulse.faults import channel_faults, channels_needed
from cuffless.camera.pulse.waves import WINDOW_SECONDS, stretches, trace_waves
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.camera.windows.contact import contact_note
from cuffless.camera.windows.files import NO_PRESSURE, RecordingOutcome, recording_facts, write_window_set
from cuffless.camera.windows.monitor import Monitor, cuff_value, pressures_at, read_monitor, require_overlap
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.errors import CufflessError
from cuffless.records import Record, Segment, from_arrays
from cuffless.signals import to_rate
from cuffless.windows import Windows, cut_windows, first_broken_rule, judge_labelled

FS = 125.0
"""Sampling rate in Hz to which pulse waves are resampled."""
FRAMES_PER_CYCLE = 2.125
"""Frames per cycle of the upper end of the pass band: 17 per second for 8 Hz, a bit more than two per cycle."""


def pulse_record(trace: Trace, options: RppgOptions, windows: WindowOptions, *, name: str = "trace") -> Record:
    """Pulse wave of a trace as a record of PPG.

    Parameters
    ----------
    trace : Trace
    options : RppgOptions
        ``method`` and ``invert``.
    windows : WindowOptions
        The pass band, for which the frame rate must be high enough.
    name : str
        The recording's name.

    Returns
    -------
    Record
        One segment at 125 Hz per stretch of frames, starting at its time in the recording. Missing frames and frames
        without skin end a stretch if they leave more than 1 s without a colour.

    Raises
    ------
    RppgError
        If there are too few frames per second for the pass band, or there is no pulse wave as long as 1.6 s.
    MethodError
        If a custom method fails or breaks its contract.
    """
    if (rate := _frame_rate(trace)) < FRAMES_PER_CYCLE * windows.band[1]:
        raise RppgError(
            f"{name}: {rate:.3g} frames per second are too few for {windows.band[0]:g}-{windows.band[1]:g} Hz, the "
            f"band of a pulse wave; film with at least {FRAMES_PER_CYCLE * windows.band[1]:g}"
        )
    waves = trace_waves(trace, method=options.method, invert=options.invert)
    segments: list[Segment] = []
    for t0, fps, wave in waves:
        [segment] = from_arrays(name, _resample(wave, fps), None, FS).segments
        segments.append(replace(segment, name=f"{name}_{len(segments)}", start=t0))
    if not segments:
        if is_custom(options.method):
            raise RppgError(f"{name}: {options.method} gives no wave of {WINDOW_SECONDS:g} s or longer")
        raise RppgError(f"{name}: skin is never visible for {WINDOW_SECONDS:g} s; check the region of interest")
    return Record(name, name, FS, ("ppg",), trace.seconds, tuple(segments))


def _frame_rate(trace: Trace) -> float:
    """Frames per second: the nominal rate, or the mean over stretches if the camera slowed down."""
    parts = stretches(trace.t)
    steps = int(np.sum(parts[:, 1] - parts[:, 0] - 1))
    spans = np.sum(trace.t[parts[:, 1] - 1] - trace.t[parts[:, 0]])
    return min(trace.fps, steps / spans) if steps else trace.fps


def _resample(wave, fps: float):
    """Resample a wave to 125 Hz; a spline would distort frequencies near half the frame rate."""
    times = max(int(np.ceil(2 * FS / fps)), 1)
    dense = scipy.signal.resample_poly(wave, times, 1, padtype="line") if times > 1 else wave
    return to_rate(dense, times * fps, FS, 0.0, int((len(wave) - 1) / fps * FS + 1e-6) + 1)


def cut_recording(
    trace: Trace,
    monitor: Monitor | None,
    options: RppgOptions,
    windows: WindowOptions,
    *,
    name: str = "trace",
) -> Windows:
    """Cut the windows of a recording, and apply the rules for windows of PPG.

    Parameters
    ----------
    trace : Trace
    monitor : Monitor or None
        None: no window has a pressure.
    options : RppgOptions
    windows : WindowOptions
        The windowing of the networks' training.
    name : str
        The recording's name.

    Returns
    -------
    Windows
        ``sbp`` and ``dbp`` are the monitor's at the window's centre; starts count from the recording's start. Besides
        the rules, ``rejected`` has ``no_pressure``: the windows that pass the rules of the signal but have no value of
        the monitor near them. Rules that need beats of a pressure wave reject nothing.

    Raises
    ------
    RppgError
        If the trace gives no pulse wave, or the monitor has no value during it.

    Notes
    -----
    Schrumpf et al. (2021), section 3.6.1: windows as for PPG.
    """
    cut = cut_windows(pulse_record(trace, options, windows, name=name), windows)
    pressures = np.full((len(cut.candidates), 2), np.nan)
    if monitor is not None:
        require_overlap(monitor, trace.t[0], trace.t[-1], options.bp_within)
        centre = cut.candidates.start + cut.candidates.seconds / 2
        pressures = pressures_at(monitor, centre, options)
    return _labelled(cut, pressures, windows)


def _labelled(cut: Windows, pressures, options: WindowOptions) -> Windows:
    """Windows cut without a pressure, judged again with one."""
    measures = replace(cut.candidates, sbp=pressures[:, 0], dbp=pressures[:, 1])
    by_signal = first_broken_rule(measures, options, has_abp=False)
    known = np.isfinite(pressures).all(axis=1)
    # A gap ended the windows that count as missing, so that they are not among the candidates.
    missing = cut.rejected.get("missing", 0)
    verdict, rejected = judge_labelled(measures, options, labelled=known, missing=missing)
    unlabelled = ~known & (verdict < 0)
    rejected[NO_PRESSURE] = int(unlabelled.sum())
    kept = (verdict < 0) & ~unlabelled
    return Windows(cut.ppg[kept[by_signal < 0]], measures.select(kept), measures, rejected, cut.seconds)


def gather_windows(
    recordings: Iterable[VideoRecording],
    traces: Iterable[Trace | str],
    options: RppgOptions,
    windows: WindowOptions,
    *,
    log: Callable[[str], object] = print,
    **files: str | Path,
) -> None:
    """Cut the windows of all recordings, and write them as one set.

    Parameters
    ----------
    recordings : iterable of VideoRecording
    traces : iterable of Trace or str
        One per recording, in the same order; a text is the reason why there is none. A generator keeps one in memory.
    options : RppgOptions
    windows : WindowOptions
        The windowing of the networks' training.
    log : callable
        Called with one line per recording.
    **files : path
        ``store``, ``index`` and ``quality`` of `write_window_set`.

    Notes
    -----
    A recording without windows is a row of `quality` with the reason, never an error.
    """
    outcomes = []
    for recording, trace in zip(recordings, traces, strict=True):
        outcomes.append(_gather(recording, trace, options, windows))
        log(f"{recording.recording}: {outcomes[-1].verdict}")
    write_window_set(outcomes, options, windows, **files)


def _gather(
    recording: VideoRecording, trace: Trace | str, options: RppgOptions, windows: WindowOptions
) -> RecordingOutcome:
    outcome = RecordingOutcome(
        recording.subject,
        recording.recording,
        notes=[recording.notes] if recording.notes else [],
        facts=recording_facts(recording),
    )
    if not isinstance(trace, str):
        outcome.seconds, outcome.stamps = trace.seconds, trace.stamps
        outcome.notes += trace.notes
    if recording.exclude:
        outcome.reason = f"excluded: {recording.exclude}"
        return outcome
    if isinstance(trace, str):
        outcome.reason = trace
        return outcome
    try:
        monitor = _monitor(recording)
        outcome.notes += monitor.notes if monitor else []
        if faults := channel_faults(mean_over_rois(trace), trace.fps, channels_needed(options.method)):
            outcome.notes.append(f"{faults}: {options.method} is unreliable; see rppg.method")
        outcome.windows = cut_recording(trace, monitor, options, windows, name=recording.recording)
        outcome.notes += filter(None, [contact_note(recording, outcome.windows.kept, windows)])
    except CufflessError as error:
        outcome.reason = str(error)
        return outcome
    if not len(outcome.windows.kept) and monitor is None:
        outcome.reason = (
            "no bp in the manifest, so no window has a pressure; name the monitor's CSV there, or give a cuff's sbp "
            "and dbp"
        )
    return outcome


def _monitor(recording: VideoRecording) -> Monitor | None:
    """Pressures of a recording: a monitor's, or one pair of a cuff."""
    if recording.sbp is not None and recording.dbp is not None:
        return cuff_value(recording.sbp, recording.dbp)
    if recording.bp is None:
        return None
    return read_monitor(recording.bp, start_time=recording.start_time, offset_s=recording.bp_offset_s)
