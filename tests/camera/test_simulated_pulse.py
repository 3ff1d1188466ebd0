import numpy as np
import pytest

from cuffless.camera.simulation.pulse import facial_parameters, simulate_pulse
from cuffless.config import SimulatorOptions
from cuffless.simulator import sample_parameters, simulate_subject

SEED = 7
SIMULATOR = SimulatorOptions()


def band_passed(wave):
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(4, (0.5, 8.0), "bandpass", fs=125, output="sos"), wave)


def finger(number):
    """The same person's PPG, as the cohort would have recorded it."""
    return simulate_subject(number, SimulatorOptions(seed=SEED, minutes=2, artefacts=False))


def likeness(a, b):
    """Greatest correlation within a quarter of a second: the face's pulse comes sooner."""
    n = len(a)
    return max(np.corrcoef(a[50 + lag : n - 50 + lag], b[50 : n - 50])[0, 1] for lag in range(-31, 32))


@pytest.fixture(scope="module")
def pairs():
    """Finger's PPG and face's pulse of six subjects, band-passed."""
    numbers = range(1, 7)
    return [
        (band_passed(finger(1000 + k).ppg), band_passed(simulate_pulse(k, 120, SEED, SIMULATOR).wave)) for k in numbers
    ]


def test_a_recordings_pressures_are_those_of_the_cohorts_model():
    truth, beats = finger(1003).truth, simulate_pulse(3, 120, SEED, SIMULATOR).beats
    np.testing.assert_allclose(truth, beats[truth.columns])


def test_no_recording_shares_a_subject_with_a_larger_cohort():
    beats = simulate_pulse(1, 60, SEED, SimulatorOptions(subjects=5000)).beats
    expected = simulate_subject(5001, SimulatorOptions(seed=SEED, minutes=1)).truth
    np.testing.assert_allclose(beats[expected.columns], expected)


def test_a_face_resembles_the_finger_but_is_not_the_same(pairs):
    similar = np.array([likeness(ppg, face) for ppg, face in pairs])
    assert similar.min() > 0.7
    assert similar.max() < 0.995
    assert np.median(similar) < 0.97


def test_a_face_is_smoother_than_the_finger(pairs):
    def fast(wave):
        power, hz = np.abs(np.fft.rfft(wave)) ** 2, np.fft.rfftfreq(len(wave), 1 / 125)
        return power[hz > 4].sum() / power.sum()

    assert np.median([fast(face) / fast(ppg) for ppg, face in pairs]) < 0.5


def test_each_face_shows_its_own_measure_of_the_reflected_wave():
    rng = np.random.default_rng(0)
    people = [sample_parameters(rng) for _ in range(200)]
    shares = np.array([facial_parameters(person, rng).reflection / person.reflection for person in people])
    assert np.median(shares) == pytest.approx(0.55, abs=0.03)
    assert np.log(shares).std() == pytest.approx(0.2, abs=0.03)


def test_a_longer_recording_begins_with_the_shorter_one():
    short, long = (simulate_pulse(2, seconds, SEED, SIMULATOR) for seconds in (60, 120))
    np.testing.assert_allclose(long.wave[: len(short.wave)], short.wave)


def test_time_is_read_from_the_wave():
    pulse = simulate_pulse(2, 60, SEED, SIMULATOR)
    np.testing.assert_allclose(pulse.at(np.arange(100) / 125), pulse.wave[:100])
