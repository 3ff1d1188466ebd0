"""One recording of a study on disk: its colours, its regions, and what its contact sheet shows."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cuffless.camera.arrays import read_arrays
from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.pulse.flicker import flicker_note
from cuffless.camera.pulse.rates import LEAST_FPS, default_seconds, pulse_rates
from cuffless.camera.pulse.verdict import RATE_RANGE, Rates, why_nothing
from cuffless.camera.skin.extraction import extract_trace, extract_wave
from cuffless.camera.skin.roi import Regions, read_regions, write_regions
from cuffless.camera.skin.trace import Trace, load_trace, save_reason, save_trace
from cuffless.camera.windows.cutting import pulse_record
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.files import whole_file
from cuffless.records import Record

_JPEG = 95  # quality of the frames kept for the contact sheet


def extract_recording(
    recording: VideoRecording,
    *,
    roi_hz: float,
    trace: str | Path,
    regions: str | Path,
    frames: str | Path,
    log: Callable[[str], object] = print,
) -> None:
    """Extract the colours of a recording's regions, and write them with the regions and a few frames.

    Parameters
    ----------
    recording : VideoRecording
    roi_hz : float
        Searches for a face per second.
    trace : path
        ``.npz`` for `load_trace`: the colours, or the reason why there are none.
    regions : path
        ``.json`` for `read_regions`; for a recording without colours it holds the reason.
    frames : path
        ``.npz`` for `load_frames`.
    log : callable
        Called with progress messages and the outcome.

    Notes
    -----
    A recording that is excluded or cannot be read is not an error: the reason is written instead of its colours.
    """
    try:
        if recording.exclude:
            raise RppgError(f"excluded: {recording.exclude}")
        found, where, shown = extract_trace(
            recording.video,
            roi=recording.roi if recording.roi_mode == "file" else None,
            roi_mode=recording.roi_mode,
            timestamps=recording.timestamps,
            fps=recording.fps,
            roi_hz=roi_hz,
            log=log,
        )
    except RppgError as error:
        log(f"{recording.recording}: {error}")
        save_frames([], frames)
        with whole_file(regions) as part:
            part.write_text(json.dumps({"reason": str(error)}) + "\n", encoding="utf-8")
        save_reason(str(error), trace)
        return
    if flicker := flicker_note(found):
        found.notes.append(flicker)
    log(f"{recording.recording}: {len(found.t)} frames in {found.seconds:.1f} s, regions {', '.join(found.rois)}")
    save_frames(shown, frames)
    write_regions(where, regions)
    save_trace(found, trace)


def extract_recording_wave(
    recording: VideoRecording, *, method: str, wave: str | Path, log: Callable[[str], object] = print
) -> None:
    """Run a custom method that takes frames on a recording, and write its wave for `load_recorded`.

    Parameters
    ----------
    recording : VideoRecording
    method : str
        ``module:function``, as for `extract_wave`.
    wave : path
        ``.npz``: times and wave, or the reason why there are none, as for `extract_recording`.
    log : callable
        Called with the outcome.

    Raises
    ------
    MethodError
        If the method fails or breaks its contract.
    """
    try:
        if recording.exclude:
            raise RppgError(f"excluded: {recording.exclude}")
        times, values = extract_wave(recording.video, method, timestamps=recording.timestamps, fps=recording.fps)
    except RppgError as error:
        log(f"{recording.recording}: {error}")
        save_reason(str(error), wave)
        return
    log(f"{recording.recording}: {len(times)} values by {method}, from {times[0]:.1f} to {times[-1]:.1f} s")
    with whole_file(wave) as part:
        np.savez_compressed(part, t=times, wave=values)


def load_recorded(trace: str | Path, wave: str | Path | None = None, method: str = "") -> Trace:
    """Read a trace, and with it the wave that `extract_recording_wave` wrote, if there is one.

    Raises
    ------
    RppgError
        If one of the files holds a reason instead, which is the message.
    """
    found = load_trace(trace)
    if wave is not None:
        arrays = read_arrays(wave)
        if "reason" in arrays:
            raise RppgError(str(arrays["reason"]))
        found.waves[method] = (arrays["t"], arrays["wave"])
    return found


def rates_to_show(
    name: str, trace: Trace, *, method: str, rate_range: tuple[float, float] = RATE_RANGE
) -> tuple[Rates | None, str]:
    """Pulse rates of a recording, as its contact sheet shows them.

    Parameters
    ----------
    name : str
        Name of the recording, for the reason.
    trace : Trace
    method : str
        Method from colours to a pulse wave.
    rate_range : (float, float)
        Lowest and highest rate in bpm that is accepted.

    Returns
    -------
    rates : Rates or None
        None if there are too few frames per second, or the recording is too short.
    reason : str
        Why no window is accepted; empty if one is.
    """
    if trace.fps < LEAST_FPS:
        return None, f"{name}: {trace.fps:.3g} frames per second; at least {LEAST_FPS:g} are needed for a pulse rate"
    try:
        seconds, _ = default_seconds(trace)
    except RppgError as error:
        return None, f"{name}: {error}"
    rates = pulse_rates(trace, method=method, seconds=seconds, rate_range=rate_range)
    return rates, why_nothing(name, rates)


def load_recording(
    trace: str | Path, regions: str | Path, frames: str | Path, wave: str | Path | None = None, *, method: str = ""
) -> tuple[Trace, Regions, list[tuple[float, np.ndarray]]]:
    """Read what `extract_recording` wrote, and the wave of a method that takes frames.

    Raises
    ------
    RppgError
        If it wrote a reason, which is the message.
    """
    return load_recorded(trace, wave, method), read_regions(regions), load_frames(frames)


def save_frames(frames: list[tuple[float, np.ndarray]], path: str | Path) -> None:
    """Write frames with their times as JPEG in an npz, whole or not at all."""
    import cv2

    arrays: dict[str, Any] = {"t": np.array([t for t, _ in frames], float)}
    for number, (_, frame) in enumerate(frames):
        arrays[f"frame{number}"] = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])[1]
    with whole_file(path) as part:
        np.savez(part, **arrays)


def load_frames(path: str | Path) -> list[tuple[float, np.ndarray]]:
    """Read frames that `save_frames` wrote: seconds, and (height, width, 3) uint8 arrays of blue, green and red."""
    import cv2

    with np.load(path) as arrays:
        frames = []
        for number, t in enumerate(arrays["t"]):
            frame = cv2.imdecode(arrays[f"frame{number}"], cv2.IMREAD_COLOR)
            assert frame is not None  # it was encoded here, and the archive has checksums
            frames.append((float(t), frame))
        return frames


def traces_or_reasons(
    paths: Sequence[str | Path], waves: Sequence[str | Path] = (), method: str = ""
) -> Iterator[Trace | str]:
    """Traces one at a time, or the reason why there is none; with waves of a method that takes frames."""
    for number, path in enumerate(paths):
        try:
            yield load_recorded(path, waves[number] if waves else None, method)
        except RppgError as error:
            yield str(error)


def pulse_records(
    paths: Sequence[str | Path], options: RppgOptions, windows: WindowOptions, waves: Sequence[str | Path] = ()
) -> Iterator[Record]:
    """Pulse waves of the recordings that have one, as `pulse_record` makes them, one at a time."""
    for path, trace in zip(paths, traces_or_reasons(paths, waves, options.method), strict=True):
        with suppress(RppgError):  # the quality table has the reason
            if not isinstance(trace, str):
                yield pulse_record(trace, options, windows, name=Path(path).stem)
