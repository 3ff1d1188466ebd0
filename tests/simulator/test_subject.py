import numpy as np
import pytest
from scipy.signal import find_peaks, welch

from cuffless.config import SimulatorOptions
from cuffless.simulator import simulate_subject
from cuffless.simulator.artefacts import KINDS, schedule_artefacts
from cuffless.simulator.population import random_streams
from cuffless.simulator.sensor import pink_noise

CLEAN = SimulatorOptions(minutes=4, artefacts=False)


@pytest.fixture(scope="module")
def clean():
    return [simulate_subject(number, CLEAN) for number in range(30)]


def measured_beats(subject):
    """Systolic and diastolic pressures by peak detection on the recorded pressure."""
    pulse = np.subtract(*np.percentile(subject.abp, [95, 5]))
    peaks, _ = find_peaks(subject.abp, prominence=0.5 * pulse, distance=40)
    return peaks, subject.abp[peaks], np.minimum.reduceat(subject.abp, peaks)


def test_labels_by_peak_detection_recover_the_truth(clean):
    errors = []
    for subject in clean:
        peaks, sbp, dbp = measured_beats(subject)
        truth = subject.truth
        assert abs(len(peaks) - len(truth)) <= 2
        for start in np.arange(0, 240 - 8, 8.0):
            found = (peaks / 125 >= start) & (peaks / 125 < start + 8)
            true = (truth.time >= start) & (truth.time < start + 8)
            errors.append(
                [
                    np.median(sbp[found]) - np.median(truth.sbp[true]),
                    np.median(dbp[found]) - np.median(truth.dbp[true]),
                ]
            )
    errors = np.array(errors)
    assert np.all(np.median(np.abs(errors), axis=0) <= 0.4)
    assert np.all(np.abs(errors.mean(axis=0)) <= 0.5)
    assert np.percentile(np.abs(errors), 99) < 2.0


def test_truth_times_are_those_of_the_systolic_peaks(clean):
    for subject in clean:
        times = measured_beats(subject)[0] / 125
        truth = subject.truth.time.to_numpy()
        nearest = np.abs(times[:, None] - truth).min(axis=1)
        assert np.median(nearest) < 0.008
        assert np.percentile(nearest, 95) < 0.04


def test_truth_covers_every_beat_of_the_recording(clean):
    for subject in clean:
        truth = subject.truth
        assert list(truth.columns) == ["time", "foot", "sbp", "dbp", "rr"]
        assert truth.time.between(0, 240).all()
        assert (truth.foot < truth.time).all()
        np.testing.assert_allclose(np.diff(truth.foot), truth.rr[:-1])
        assert (truth.sbp - truth.dbp > 10).all()


def test_ppg_and_pressure_beat_at_the_same_rate(clean):
    for subject in clean:
        frequency = np.fft.rfftfreq(len(subject.ppg), 1 / 125)
        rate = len(subject.truth) / 240
        for signal in (subject.ppg, subject.abp):
            spectrum = np.abs(np.fft.rfft(signal - signal.mean()))
            band = np.abs(frequency / rate - 1) < 0.2
            elsewhere = (frequency > 0.55) & (frequency < 0.8 * rate)
            assert spectrum[band].max() > 3 * spectrum[elsewhere].max(initial=0)


def test_recorded_values_are_multiples_of_the_quantum(clean):
    for subject in clean:
        np.testing.assert_array_equal(subject.abp * 4, np.round(subject.abp * 4))
        steps = subject.ppg / subject.ppg_quantum
        np.testing.assert_array_equal(steps, np.round(steps))
        assert 180 < subject.parameters.gain / subject.ppg_quantum < 370


def test_a_subject_depends_on_seed_and_number_alone():
    again = simulate_subject(3, CLEAN)
    same = simulate_subject(3, CLEAN.model_copy(update={"subjects": 5, "multi_segment": 0.0}))
    np.testing.assert_array_equal(again.ppg, same.ppg)
    np.testing.assert_array_equal(again.abp, same.abp)
    for other in (simulate_subject(4, CLEAN), simulate_subject(3, CLEAN.model_copy(update={"seed": 1}))):
        assert other.parameters.map0 != again.parameters.map0
        assert not np.array_equal(other.abp, again.abp)


def test_a_longer_recording_begins_with_the_shorter_one():
    short, long = (simulate_subject(6, SimulatorOptions(minutes=m)) for m in (3, 10))
    n = len(short.ppg) - 125  # the last beat may lack its successor
    np.testing.assert_array_equal(long.ppg[:n], short.ppg[:n])
    np.testing.assert_array_equal(long.abp[:n], short.abp[:n])


def test_artefacts_leave_the_truth_and_the_rest_of_the_signals_as_they_were():
    options = SimulatorOptions(minutes=60)
    clean, spoilt = (simulate_subject(8, options.model_copy(update={"artefacts": on})) for on in (False, True))
    assert clean.truth.equals(spoilt.truth)
    assert clean.artefacts.empty
    time = np.arange(len(clean.ppg)) / 125
    for channel in ("ppg", "abp"):
        rows = spoilt.artefacts[spoilt.artefacts.channel == channel]
        assert len(rows)
        touched = np.zeros(len(time), bool)
        for start, seconds in zip(rows.start, rows.seconds, strict=True):
            touched |= (time > start - 0.02) & (time < start + seconds + 0.02)
        before, after = getattr(clean, channel), getattr(spoilt, channel)
        np.testing.assert_array_equal(after[~touched], before[~touched])
        assert np.mean(after[touched] != before[touched]) > 0.9
        assert not np.isnan(before).any()


@pytest.mark.parametrize("confounding", [0.0, 2.0])
def test_confounding_leaves_pressure_as_it_is(confounding, clean):
    other = simulate_subject(0, CLEAN.model_copy(update={"confounding": confounding}))
    assert other.truth.equals(clean[0].truth)
    np.testing.assert_array_equal(other.abp, clean[0].abp)
    assert not np.array_equal(other.ppg, clean[0].ppg)


@pytest.mark.parametrize("kind", KINDS)
def test_artefacts_happen_as_often_and_last_as_long_as_specified(kind):
    hours = 200
    table = schedule_artefacts(3600 * hours, random_streams(0, 1))
    rows = table[table.kind == kind]
    rate, (low, high) = KINDS[kind].per_minute, KINDS[kind].seconds
    assert len(rows) / (60 * hours) == pytest.approx(rate, rel=0.2)
    assert rows.seconds.between(low, high).all()
    assert rows.seconds.mean() == pytest.approx((low + high) / 2, rel=0.1)
    gaps = np.diff(rows.start)
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.2)  # a Poisson process


def test_each_artefact_does_what_its_name_says():
    seen = set()
    for number in range(12):
        subject = simulate_subject(number, SimulatorOptions(minutes=20))
        rows = subject.artefacts
        for row in rows.itertuples():
            others = rows[(rows.channel == row.channel) & (rows.index != row.Index)]
            if ((others.start < row.start + row.seconds) & (others.start + others.seconds > row.start)).any():
                continue  # two at once blur each other
            signal = getattr(subject, row.channel)
            inside = signal[round(row.start * 125) : round((row.start + row.seconds) * 125)]
            if row.kind == "motion" and row.start + row.seconds < 1200:
                swing = np.ptp(inside) / subject.parameters.gain
                assert 2 <= swing + 1 < 2 * 15 + 3
            elif row.kind == "flat":
                assert np.ptp(inside) == 0
            elif row.kind == "flush":
                assert set(inside) <= {0.0} or set(inside) <= {300.0}
            elif row.kind.endswith("dropout"):
                assert np.isnan(inside).all()
            seen.add(row.kind)
    assert seen == set(KINDS)


def test_sensor_noise_falls_as_one_over_f():
    noise = pink_noise(np.random.default_rng(0).standard_normal(125 * 3600), 125.0)
    frequency, power = welch(noise, 125.0, nperseg=125 * 64)
    band = (frequency > 0.1) & (frequency < 30)
    edges = np.geomspace(0.1, 30, 15)
    bins = np.digitize(frequency[band], edges)
    levels = [np.log10(power[band][bins == b].mean()) for b in range(1, 15)]
    slope = np.polyfit(np.log10(np.sqrt(edges[1:] * edges[:-1])), levels, 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)
    assert noise.std() == pytest.approx(1, rel=0.05)
