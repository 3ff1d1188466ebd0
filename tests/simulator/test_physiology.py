from dataclasses import asdict, replace

import numpy as np
import pytest

from cuffless.simulator.physiology import BAROREFLEX, simulate_beats, slow_state
from cuffless.simulator.population import random_streams, sample_parameters, subject_name

CONFOUNDERS = {
    "reflection_time": 0.19,
    "width": 1.0,
    "systolic_time": 1.0,
    "reflection": 0.45,
    "reflection_exponent": 1.8,
    "dicrotic": 0.225,
    "notch_width": 0.05,
    "contact": 0.5,
    "lowpass_hz": 5.75,
}


@pytest.fixture(scope="module")
def cohort(haemodynamics):
    return [haemodynamics(number) for number in range(200)]


def window_medians(beats):
    n = len(beats.sbp) // 7 * 7
    sbp, dbp = (np.median(x[:n].reshape(-1, 7), axis=1) for x in (beats.sbp, beats.dbp))
    kept = (sbp > 75) & (sbp < 165) & (dbp > 40) & (dbp < 80)
    return np.c_[sbp, dbp][kept]


def test_pressures_vary_between_and_within_subjects_as_in_intensive_care(cohort):
    windows = [w for w in (window_medians(beats) for *_, beats in cohort) if len(w) > 1]
    overall = np.concatenate(windows).std(axis=0)
    between = np.std([w.mean(axis=0) for w in windows], axis=0)
    within = np.mean([w.std(axis=0) for w in windows], axis=0)
    assert overall == pytest.approx([19.5, 9.0], rel=0.15)
    assert between == pytest.approx([18.0, 8.5], rel=0.15)
    assert within == pytest.approx([8.0, 3.5], rel=0.25)


def test_heart_rates_and_pulse_pressures_are_those_of_living_people(cohort):
    rates = np.array([60 / beats.rr.mean() for *_, beats in cohort])
    assert 74 < np.median(rates) < 84
    assert all(0.35 < beats.rr.min() < beats.rr.max() < 1.6 for *_, beats in cohort)
    pulse = np.concatenate([beats.sbp - beats.dbp for *_, beats in cohort])
    assert 10 < pulse.min() < pulse.max() < 115


def test_pulse_wave_velocity_follows_pressure_as_bramwell_and_hill(cohort):
    for parameters, _, beats in cohort[:20]:
        mean = 0.6 * beats.dbp + 0.4 * beats.sbp
        elastance = 0.80 * parameters.stiffness * np.exp(parameters.zeta * (np.clip(mean, 45, 150) - 90))
        np.testing.assert_allclose(beats.pwv**2, elastance / 0.80, rtol=1e-9)


def test_older_arteries_are_stiffer(cohort):
    age, stiffness = np.array([(p.age, np.log(p.stiffness)) for p, *_ in cohort]).T
    slope = np.polyfit(age, stiffness, 1)[0]
    assert 0.005 < slope < 0.013


def test_beats_follow_one_another_without_gap(cohort):
    for *_, beats in cohort[:20]:
        np.testing.assert_allclose(beats.foot[1:], beats.foot[:-1] + beats.rr[:-1])


def test_the_baroreflex_slows_the_heart_when_resistance_rises(haemodynamics):
    parameters = replace(haemodynamics(3)[0], slow_sd=(0.1, 0.05, 0.0))
    slow = slow_state(parameters, 600, np.random.default_rng(1), np.random.default_rng(2))
    np.testing.assert_allclose(slow.rate, BAROREFLEX * slow.resistance)
    assert slow.resistance.std() > 0.03


def test_slow_drift_has_its_nominal_spread_and_memory(haemodynamics):
    parameters = replace(haemodynamics(0)[0], slow_minutes=3.0, slow_sd=(0.1, 0.05, 0.03))
    slow = slow_state(parameters, 200 * 3600, np.random.default_rng(1), np.random.default_rng(2))
    assert slow.stroke.std() == pytest.approx(0.05, rel=0.05)
    lag = 180
    assert np.corrcoef(slow.stroke[lag:], slow.stroke[:-lag])[0, 1] == pytest.approx(np.exp(-1), abs=0.05)


def test_beats_are_as_many_as_the_integral_of_the_heart_rate(haemodynamics):
    parameters, slow, beats = haemodynamics(5, minutes=20)
    inside = (slow.time >= beats.foot[0]) & (slow.time < beats.foot[-1])
    expected = np.sum(parameters.heart_rate / 60 * np.exp(slow.rate[inside]))
    assert len(beats.foot) == pytest.approx(expected, rel=0.005)


def test_a_longer_recording_begins_with_the_shorter_one(haemodynamics):
    *_, short = haemodynamics(7, minutes=3)
    *_, long = haemodynamics(7, minutes=9)
    shared = short.foot < 180
    for name in ("foot", "sbp", "dbp", "pwv"):
        n = shared.sum()
        np.testing.assert_allclose(getattr(long, name)[:n], getattr(short, name)[:n], err_msg=name)


@pytest.mark.parametrize("confounding", [0.0, 2.0])
def test_confounding_changes_shape_parameters_and_nothing_else(confounding):
    plain, scaled = (
        asdict(sample_parameters(random_streams(0, 4)["parameters"], confounding=c)) for c in (1.0, confounding)
    )
    assert {key for key in plain if plain[key] != scaled[key]} == set(CONFOUNDERS)


def test_without_confounding_everyone_has_the_central_shape():
    drawn = [asdict(sample_parameters(random_streams(0, n)["parameters"], confounding=0.0)) for n in range(3)]
    for name, centre in CONFOUNDERS.items():
        assert [d[name] for d in drawn] == pytest.approx([centre] * 3)


def test_confounders_spread_as_specified():
    drawn = [sample_parameters(random_streams(0, n)["parameters"]) for n in range(600)]
    assert np.std(np.log([p.reflection_time for p in drawn])) == pytest.approx(0.12, rel=0.1)
    assert np.std(np.log([p.width for p in drawn])) == pytest.approx(0.13, rel=0.1)
    assert np.std(np.log([p.systolic_time for p in drawn])) == pytest.approx(0.10, rel=0.1)
    for name, low, high in [
        ("reflection", 0.30, 0.60),
        ("dicrotic", 0.05, 0.4),
        ("contact", -1, 2),
        ("lowpass_hz", 3.5, 8),
    ]:
        values = np.array([getattr(p, name) for p in drawn])
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high


def test_names_have_six_digits():
    assert subject_name(1) == "p000001"
    assert subject_name(999_999) == "p999999"


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_that_does_not_fit_is_refused(number):
    with pytest.raises(ValueError, match=f"subject {number} is not in 0 to 999999"):
        subject_name(number)


def test_beats_need_no_more_than_the_slow_state_to_span_the_recording(haemodynamics):
    parameters, slow, _ = haemodynamics(2, minutes=1)
    beats = simulate_beats(parameters, slow, np.random.default_rng(0))
    assert beats.foot[0] < -25
    assert beats.foot[-1] > 60 + 25
