"""Taking the colours of three regions from a video beside decoding it alone.

Repeat with ``python -m benchmarks extraction``.

Both take turns on a simulated minute, and the median of the ratios of their CPU times, threads of the decoder included,
is reported: what else the machine does slows both alike. OpenCV's wheel writes no H.264; MPEG-4 Part 2 stands in for
it. That decodes in less time, so that its ratio is the worse one: at 160x120, where it takes 40 us a frame, it only
informs.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.processes import in_fresh_process, peak_megabytes
from benchmarks.table import Measurement
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.simulation.recordings import simulate_recording, simulated_recording
from cuffless.camera.skin.extraction import extract_trace
from cuffless.config import SimulatorOptions
from cuffless.config.rppg import VideoSimulationOptions

SMALL, LARGE = (160, 120), (640, 480)
REPEATS = 7
SHORT_MINUTES, LONG_MINUTES = 1, 10


def extraction() -> Iterator[Measurement]:
    """Extraction costs at most 1.6 times decoding, and its memory does not grow with the video."""
    with tempfile.TemporaryDirectory() as temporary:
        for size in (SMALL, LARGE):
            recording = filmed_face(Path(temporary), size, SHORT_MINUTES)
            mpeg4 = _as_mpeg4(recording.video)
            for codec, video, limit in (
                ("mjpeg", recording.video, 1.6),
                ("mpeg4", mpeg4, 1.6 if size == LARGE else None),
            ):
                decoding, extracting = _in_turns(video, recording.roi)
                name = f"{codec}_{size[0]}x{size[1]}"
                ratio = float(np.median(extracting / decoding))
                yield Measurement(f"extraction_over_decoding_{name}", ratio, "CPU ratio", at_most=limit)
                rate = 60 * SHORT_MINUTES / float(np.median(extracting))
                yield Measurement(f"extraction_{name}", rate, "video s/CPU s")
        peaks = [
            in_fresh_process(_peak_of_extraction, filmed_face(Path(temporary), SMALL, minutes).video)
            for minutes in (SHORT_MINUTES, LONG_MINUTES)
        ]
    yield Measurement("extraction_memory_10min_over_1min", peaks[1] / peaks[0], "peak memory ratio", at_most=1.15)
    yield Measurement("extraction_memory_10min", peaks[1], "MB")


def filmed_face(folder: Path, size: tuple[int, int], minutes: int) -> VideoRecording:
    """A simulated recording, its head in slow motion: no region stands still."""
    options = VideoSimulationOptions(minutes=minutes, size=size)
    folder /= f"{size[0]}x{size[1]}_{minutes}"
    if not folder.is_dir():
        simulate_recording(1, folder, options, SimulatorOptions())
    return simulated_recording(1, folder, options)


def _as_mpeg4(video: Path) -> Path:
    import cv2

    reader, path = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG), video.with_suffix(".mp4")
    size = tuple(int(reader.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), reader.get(cv2.CAP_PROP_FPS), size
    )
    while (read := reader.read())[0]:
        writer.write(read[1])
    writer.release()
    reader.release()
    return path


def _in_turns(video: Path, roi: Path) -> tuple[np.ndarray, np.ndarray]:
    """CPU seconds of decoding and of extraction, time after time; a first turn warms up and does not count."""

    def extract() -> None:
        extract_trace(video, roi=roi, roi_mode="file")

    turns = [(_cpu_seconds(lambda: _decode(video)), _cpu_seconds(extract)) for _ in range(REPEATS + 1)]
    return np.array(turns[1:]).T


def _decode(video: Path) -> None:
    import cv2

    reader = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    while reader.read()[0]:
        pass
    reader.release()


def _cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _peak_of_extraction(video: Path) -> float:
    """Follow a face through a video, and give this process's peak memory in MB."""
    extract_trace(video)
    return peak_megabytes()
