"""Simulated recordings: a face video whose skin follows a known pulse, and the files that belong to it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cuffless.camera.manifest import VideoRecording
from cuffless.camera.simulation.face import Face, simulated_face
from cuffless.camera.simulation.filming import Clock, Wandering, frame_times, margin, sample_wandering, take_frames
from cuffless.camera.simulation.pulse import SimulatedPulse, monitor_values, simulate_pulse
from cuffless.config import SimulatorOptions
from cuffless.config.rppg import VideoSimulationOptions
from cuffless.files import whole_file

LIGHT_SD = 0.03
"""SD of the light's strength in each colour between recordings, as a logarithm."""
STREAM = 2
"""Separates the camera's random numbers from the subject's."""


def recording_name(number: int) -> str:
    """Name of a simulated recording and its subject, e.g. ``v001``.

    Raises
    ------
    ValueError
        If `number` is not within 1 to 999.
    """
    if not 1 <= number <= 999:
        raise ValueError(f"recording {number}: simulated recordings are numbered from 1 to 999.")
    return f"v{number:03d}"


def simulate_recording(
    number: int,
    folder: str | Path,
    options: VideoSimulationOptions,
    simulator: SimulatorOptions,
    *,
    clock: Clock = Clock(),
    stamps: bool = True,
) -> dict[str, str | float]:
    """Simulate one recording and write it.

    Parameters
    ----------
    number : int
        Number of the recording, 1 to 999; each has a subject of its own.
    folder : str or Path
        Where its files are written; made if missing.
    options : VideoSimulationOptions
        Options; `subjects` is not read here.
    simulator : SimulatorOptions
        The simulated cohort's options; `confounding` and `subjects` are read here.
    clock : Clock
        How the camera deviates from its nominal rate.
    stamps : bool
        Write the true frame times. Without them only the video's nominal rate is known.

    Returns
    -------
    dict
        The recording's row of a manifest; files are relative to `folder`. Besides the video (Motion JPEG) there
        are its frame times, the monitor's pressures, its regions and the truth (``.truth.npz``: the frames'
        true times `t` in s, blood volume `pulse` at them, and `beat_time`, `beat_foot`, `beat_sbp`, `beat_dbp`,
        `beat_rr`).

    Raises
    ------
    ValueError
        If the number is not within 1 to 999.
    OSError
        If a file cannot be written; files are whole or absent.

    Notes
    -----
    All draws depend on the options' seed and the number alone, and those of subject, camera, light and motion
    are independent: another clock does not change subject, light or motion.
    """
    name, folder = recording_name(number), Path(folder)
    seconds = 60 * options.minutes
    times_rng, light_rng, noise_rng, colour_rng = np.random.default_rng([options.seed, number, STREAM]).spawn(4)
    pulse = simulate_pulse(number, seconds, options.seed, simulator)
    times = frame_times(seconds, options.fps, clock, times_rng)
    wandering = sample_wandering(seconds, options.motion, light_rng)
    light = tuple(np.exp(LIGHT_SD * colour_rng.standard_normal(3)))
    face = simulated_face(options.size, margin(options.motion), light)
    volume = pulse.at(times)
    files = {kind: f"{name}.{ending}" for kind, ending in ENDINGS.items()}

    frames = take_frames(face, options.amplitude * volume, wandering.at(times), options.noise, noise_rng)
    _write_video(folder / files["video"], frames, len(times), options)
    if stamps:
        _write_table(folder / files["timestamps"], pd.DataFrame({"time": times.round(6)}))
    _write_table(folder / files["bp"], monitor_values(pulse.beats, seconds))
    _write_regions(folder / files["roi"], files["video"], face, wandering)
    _write_truth(folder / f"{name}.truth.npz", times, volume, pulse)
    return _manifest_row(name, files if stamps else files | {"timestamps": ""}, options)


ENDINGS = {"video": "avi", "timestamps": "timestamps.csv", "bp": "bp.csv", "roi": "roi.json"}


def simulated_recording(number: int, folder: str | Path, options: VideoSimulationOptions) -> VideoRecording:
    """The recording that `simulate_recording` writes into a folder, as in a manifest.

    Raises
    ------
    ValueError
        If the number is not within 1 to 999.
    """
    name, folder = recording_name(number), Path(folder)
    files: dict[str, Any] = {kind: folder / f"{name}.{ending}" for kind, ending in ENDINGS.items()}
    return VideoRecording(subject=name, recording=name, fps=options.fps, roi_mode="file", **files)


def _manifest_row(name: str, files: dict[str, str], options: VideoSimulationOptions) -> dict[str, str | float]:
    row: dict[str, str | float] = dict.fromkeys(
        ("subject", "recording", "video", "fps", "start_time", "timestamps", "roi", "roi_mode", "bp", "bp_offset_s"), ""
    )
    row |= dict.fromkeys(("ppg", "ppg_fs", "exclude", "notes"), "")
    row |= {"subject": name, "recording": name, "fps": options.fps, "roi_mode": "file"}
    return row | files


def _write_video(path: Path, frames: Iterable[np.ndarray], count: int, options: VideoSimulationOptions) -> None:
    """Write frames as Motion JPEG; OpenCV does not report a full disk, so count the frames that can be read again."""
    import cv2

    with whole_file(path) as part:
        code = cv2.VideoWriter.fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(part), cv2.CAP_OPENCV_MJPEG, code, options.fps, options.size)
        writer.set(cv2.VIDEOWRITER_PROP_QUALITY, options.quality)
        try:
            for frame in frames:
                writer.write(frame)
        finally:
            writer.release()
        reader = cv2.VideoCapture(str(part))
        written = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
        reader.release()
        if written != count:
            raise OSError(f"{path}: only {written} of {count} frames were written; check that the disk is not full")


def _write_table(path: Path, table: pd.DataFrame) -> None:
    with whole_file(path) as part:
        table.to_csv(part, index=False)


def _write_regions(path: Path, video: str, face: Face, wandering: Wandering) -> None:
    """Write the regions' polygons, which follow the head, in the frame's pixels."""
    frames = list(zip(wandering.node_times, wandering.positions, strict=True))
    regions = {
        region: [{"t": float(t), "polygon": np.round(rest + moved, 2).tolist()} for t, moved in frames]
        for region, rest in face.regions.items()
    }
    width, height = face.size
    text = {"version": 1, "video": video, "width": width, "height": height, "interpolation": "linear"}
    with whole_file(path) as part:
        part.write_text(json.dumps(text | {"rois": regions}), encoding="utf-8")


def _write_truth(path: Path, times: np.ndarray, volume: np.ndarray, pulse: SimulatedPulse) -> None:
    beats = {f"beat_{column}": values.to_numpy() for column, values in pulse.beats.items()}
    with whole_file(path) as part:
        np.savez(part, t=times, pulse=volume, **beats)
