"""A camera that strays from its nominal rate: frame times restore the pulse, and where there are none it is said."""

import numpy as np
import pytest

from cuffless.camera.pulse.waves import pulse_stretches
from cuffless.camera.simulation.filming import Clock
from cuffless.camera.simulation.recordings import simulate_recording
from cuffless.camera.skin.extraction import extract_trace
from cuffless.camera.skin.trace import mean_over_rois
from cuffless.config import SimulatorOptions
from cuffless.config.rppg import VideoSimulationOptions
from cuffless.signals import bandpass

OPTIONS = VideoSimulationOptions(minutes=2, size=(160, 120), amplitude=0.02, quality=95, seed=7)
STEADY = Clock()
STRAYING = {
    "frames 10 ms early or late": Clock(jitter=0.01 * OPTIONS.fps),
    "1 % of the frames lost": Clock(dropped=0.01),
    "a clock 1 % fast": Clock(error=0.01),
    "all of it": Clock(jitter=0.01 * OPTIONS.fps, dropped=0.01, error=0.01),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Clock -> folder of recording 1; each is simulated once."""
    made = {}

    def make(clock):
        if clock not in made:
            made[clock] = tmp_path_factory.mktemp("recording")
            simulate_recording(1, made[clock], OPTIONS, SimulatorOptions(), clock=clock)
        return made[clock]

    return make


def trace_of(folder, *, stamps=True):
    given = {"timestamps": folder / "v001.timestamps.csv"} if stamps else {}
    return extract_trace(folder / "v001.avi", roi=folder / "v001.roi.json", roi_mode="file", **given)[0]


def likeness(trace, folder):
    """Correlation of the pulse wave with the true pulse, both within the band of a pulse."""
    from scipy.interpolate import CubicSpline

    [(t0, fps, wave)] = pulse_stretches(trace.t, mean_over_rois(trace))
    times = t0 + np.arange(len(wave)) / fps
    with np.load(folder / "v001.truth.npz") as truth:
        inner = (times > truth["t"][0] + 1) & (times < truth["t"][-1] - 1)
        pulse = CubicSpline(truth["t"], truth["pulse"])(np.clip(times, truth["t"][0], truth["t"][-1]))
    filtered = [bandpass(signal, fps, (0.5, 8.0), 4)[inner] for signal in (wave, pulse)]
    return np.corrcoef(*filtered)[0, 1]


@pytest.fixture(scope="module")
def undisturbed(recorded):
    folder = recorded(STEADY)
    return likeness(trace_of(folder), folder)


def test_the_pulse_of_a_steady_camera_is_the_true_one(undisturbed):
    assert undisturbed >= 0.96


def test_a_steady_camera_needs_no_frame_times(recorded, undisturbed):
    folder = recorded(STEADY)
    assert likeness(trace_of(folder, stamps=False), folder) == pytest.approx(undisturbed, abs=1e-3)


@pytest.mark.parametrize("clock", STRAYING.values(), ids=STRAYING)
def test_frame_times_restore_the_pulse(clock, recorded, undisturbed):
    folder = recorded(clock)
    trace = trace_of(folder)
    assert abs(likeness(trace, folder) - undisturbed) <= 0.02
    assert (trace.stamps, trace.notes) == ("file", [])


@pytest.mark.parametrize("clock", STRAYING.values(), ids=STRAYING)
def test_without_frame_times_the_pulse_is_lost_and_it_is_said_why(clock, recorded):
    folder = recorded(clock)
    trace = trace_of(folder, stamps=False)
    assert likeness(trace, folder) < 0.5
    assert trace.stamps == "fps"
    assert trace.notes == [
        "no frame times: counted at 20 frames per second, so dropped frames and a wrong rate go unnoticed"
    ]
