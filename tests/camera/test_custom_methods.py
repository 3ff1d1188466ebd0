"""A custom method for the pulse wave: what it gets, what it must give, and what becomes of its mistakes."""

import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.pulse.custom import MethodError, takes_frames, wave_of_colours, wave_of_frames
from cuffless.camera.pulse.noise import white_noise
from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.waves import trace_waves
from cuffless.camera.recordings import extract_recording_wave, traces_or_reasons
from cuffless.camera.skin.trace import Trace, save_trace
from cuffless.camera.windows.comparison import compare_methods
from cuffless.camera.windows.cutting import pulse_record
from cuffless.config import RppgOptions, WindowOptions

FPS, SECONDS = 20.0, 20
T = np.arange(int(FPS * SECONDS)) / FPS
PULSE = np.sin(2 * np.pi * 1.2 * T) + 0.4 * np.sin(4 * np.pi * 1.2 * T)
RGB = np.array([120.0, 90.0, 70.0]) * (
    1 - 0.02 * np.outer(PULSE, (0.33, 0.77, 0.53)) + 0.002 * np.random.default_rng(0).standard_normal((len(T), 3))
)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module in the working directory: own(text) -> its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    written = []

    def write(text):
        name = f"own_{tmp_path.name}_{len(written)}"
        (tmp_path / f"{name}.py").write_text(f"import numpy as np\n{text}\n")
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def trace(rgb=RGB, **waves):
    regions = rgb[:, None].astype(np.float32)
    return Trace(T, regions, np.full((len(T), 1), 100), ("whole",), FPS, "container", waves=waves)


def frames():
    """Frames, blue, green and red, whose pixels have the colours of the trace."""
    for t, colour in zip(T, np.round(RGB), strict=True):
        yield t, np.full((4, 6, 3), colour[::-1], np.uint8)


@pytest.fixture
def film(tmp_path):
    """A video of these frames."""
    import cv2

    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    for _, frame in frames():
        writer.write(np.full((48, 64, 3), frame[0, 0], np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("def run(frames): ...", True),
        ("def run(frames, *, size: Network = Network()): ...", True),
        ("def run(times, rgb, fps): ...", False),
        ("def run(times, rgb, fps: float = 30.0): ...", False),
        ("def run(t): ...\ndef run(times, rgb, fps): ...", False),
    ],
)
def test_the_arguments_tell_what_a_method_takes_and_its_module_is_not_imported(own, written, expected):
    name = own(f"from elsewhere import Network\n{written}")
    assert takes_frames(f"{name}:run") is expected
    assert name not in sys.modules


def test_a_method_without_a_def_is_imported_to_see_what_it_takes(own):
    name = own(
        "from functools import partial\nrun = partial(lambda times, rgb, fps, depth: (times, rgb[:, 1]), depth=3)"
    )
    assert not takes_frames(f"{name}:run")
    with pytest.raises(MethodError, match=r"takes \(rgb, fps\); it must take \(frames\), or \(times, rgb, fps\)"):
        takes_frames(own("def run(rgb, fps): ...") + ":run")


def test_built_in_methods_take_colours():
    assert not takes_frames("pos")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return None", "returns NoneType without an array of numbers; return (times, wave)"),
        ("return 'ab', 'cd'", "returns tuple without an array of numbers"),
        ("return rgb", "returns an array of shape (400, 3)"),
        ("return rgb[10:, 1]", "returns 390 values for 400 times given"),
        ("return times[1:], rgb[:, 1]", "returns 400 values for 399 times;"),
        ("return times, np.where(times < 1, np.nan, 1)", "returns 20 of 400 values that are not finite"),
        ("return rgb[:, 1], times", "returns times that do not increase: "),
        ("times[5] = times[4]; return times, times", "do not increase: 0.2 s after 0.2 s; return (times, wave)"),
        ("return 1000 * times, times", "returns times from 0 to 19950 s, but those given are from 0 to 19.95 s"),
        ("return times[::4], times[::4]", "returns 5 values per second; return at least 17, or one per frame"),
        ("return np.stack([])", "fails: ValueError: need at least one array to stack (PLACE, line 3); correct it"),
        ("raise SystemExit(3)", "fails: SystemExit: 3 (PLACE, line 3)"),
    ],
)
def test_a_breach_of_the_contract_is_told_with_the_method_the_value_and_the_remedy(own, body, said):
    name = own(f"def run(times, rgb, fps):\n    {body}")
    with pytest.raises(MethodError) as error:
        wave_of_colours(f"{name}:run", T, RGB, FPS)
    assert str(error.value).startswith(f"method {name}:run ")
    assert said.replace("PLACE", f"{name}.py") in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def other(frames): ...", "has no function 'run'"),
        ("import not_installed\ndef run(frames): ...", "No module named 'not_installed'; install not_installed"),
        ("def run(frames: ...", "importing its module fails (SyntaxError"),
    ],
)
def test_a_method_that_cannot_be_imported_is_told_with_the_remedy(own, text, said):
    with pytest.raises(MethodError) as error:
        wave_of_frames(own(text) + ":run", frames())
    assert said in str(error.value)


def test_what_a_method_does_to_its_arguments_changes_nothing_outside(own):
    name = own("def run(times, rgb, fps):\n    rgb *= 0; times += 5; return times - 5, np.sin(times)")
    t, rgb = T.copy(), RGB.copy()
    wave_of_colours(f"{name}:run", t, rgb, FPS)
    np.testing.assert_array_equal(t, T)
    np.testing.assert_array_equal(rgb, RGB)


def test_frames_come_one_at_a_time_as_red_green_blue_and_none_is_kept(own):
    name = own(
        """
def run(frames):
    times, wave = [], []
    for time, image in frames:
        times.append(time)
        wave.append(float(image[0, 0, 0]))
        image[:] = 0
    return times, wave
"""
    )
    alive, most = [], []

    def watched():
        for t, frame in frames():
            alive.append(weakref.ref(frame))
            yield t, frame
            assert frame[0, 0, 2] > 0
            del frame
            most.append(sum(one() is not None for one in alive))

    times, wave = wave_of_frames(f"{name}:run", watched())
    np.testing.assert_array_equal(times, T)
    np.testing.assert_allclose(wave * np.round(RGB[:, 0]).max(), np.round(RGB[:, 0]))
    assert max(most) <= 2 < len(T)  # the one that the loop over frames holds, at times that before it, too


def test_a_video_that_cannot_be_read_on_is_not_the_methods_fault(own):
    name = own(
        "def run(frames):\n    try:\n        return list(frames)\n    except Exception:\n        return [0.0], [1.0]"
    )

    def broken():
        yield from list(frames())[:30]
        raise RppgError("film.avi: truncated")

    with pytest.raises(RppgError, match="truncated"):
        wave_of_frames(f"{name}:run", broken())


def test_a_wave_is_oriented_as_a_ppg_unless_it_is_to_be_inverted_and_a_gap_divides_it(own):
    name = own("def run(times, rgb, fps):\n    keep = abs(times - 8) > 1\n    return times[keep], -rgb[keep, 1]")
    waves = trace_waves(trace(), method=f"{name}:run")
    assert [(round(t0, 2), len(wave)) for t0, _, wave in waves] == [(0, 140), (9, 220)]
    assert np.corrcoef(waves[1][2], PULSE[180:])[0, 1] > 0.95
    [turned, _] = trace_waves(trace(), method=f"{name}:run", invert=False)
    np.testing.assert_allclose(turned[2], -waves[0][2])


def test_noise_that_a_method_makes_look_like_a_pulse_raises_its_threshold_and_is_not_accepted(own):
    name = own(
        """
from scipy import signal

def run(times, rgb, fps):
    return times, signal.sosfiltfilt(signal.butter(2, (1, 1.4), "bandpass", fs=fps, output="sos"), rgb[:, 1])
"""
    )
    noise = np.array([120.0, 90.0, 70.0]) * (1 + 0.01 * np.random.default_rng(1).standard_normal(RGB.shape))
    rates = pulse_rates(trace(noise), method=f"{name}:run", seconds=10)
    assert rates.threshold > white_noise(FPS, 10, "pos").threshold + 10
    assert not rates.accepted.any()
    assert pulse_rates(trace(), method=f"{name}:run", seconds=10).hr == pytest.approx(72, abs=1)


FRAMES = """
def run(frames):
    times, wave = zip(*((time, -image[..., 1].mean()) for time, image in frames))
    return times, wave
"""


def test_a_job_keeps_a_wave_or_the_reason_why_there_is_none(own, film, tmp_path):
    method = own(FRAMES) + ":run"
    refused = (
        own("from cuffless.camera.errors import RppgError\ndef run(frames):\n    raise RppgError('no face')") + ":run"
    )
    recording = VideoRecording("a", "r", film, roi_mode="whole")
    options = RppgOptions(method=method)
    save_trace(trace(), tmp_path / "trace.npz")
    cases = (
        (recording, method, ""),
        (recording, refused, "no face"),
        (replace(recording, exclude="asleep"), method, "excluded"),
    )
    for one, named, reason in cases:
        extract_recording_wave(one, method=named, wave=tmp_path / "wave.npz", log=lambda line: None)
        [found] = traces_or_reasons([tmp_path / "trace.npz"], [tmp_path / "wave.npz"], method)
        if reason:
            assert reason in found
            continue
        [segment] = pulse_record(found, options, WindowOptions()).segments
        wave = np.interp(T[20:-20], np.arange(segment.n_samples) / 125, segment.read(0, segment.n_samples)[0])
        assert np.corrcoef(wave, PULSE[20:-20])[0, 1] > 0.9  # whole grey levels
        found = replace(found, rgb=found.rgb.repeat(2, 1), n_pixels=found.n_pixels.repeat(2, 1), rois=("left", "right"))
        table = compare_methods([recording], [found], ["pos", method]).set_index("method")
        assert list(table.index) == ["pos", method]
    with pytest.raises(MethodError, match="takes frames, which a colour trace does not have; give the video"):
        pulse_record(trace(), options, WindowOptions())


def test_a_method_that_fails_stops_its_job_with_its_line(own, film, tmp_path):
    name = own("def run(frames):\n    return {}['weights']")
    with pytest.raises(MethodError, match=rf"fails: KeyError: 'weights' \({name}.py, line 3\)"):
        extract_recording_wave(VideoRecording("a", "r", film), method=f"{name}:run", wave=Path("w.npz"))
    assert not (tmp_path / "w.npz").exists()
