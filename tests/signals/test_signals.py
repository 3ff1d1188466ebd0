import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.signals import (
    PulseSearch,
    bandpass,
    cubic_windows,
    equal_runs,
    find_pulses,
    overlaps_runs,
    pressure_beats,
    pulse_frequency,
    signal_to_noise,
    to_rate,
    true_runs,
)

FS = 125.0


def pulse(bpm, seconds, harmonic=0.4, fs=25.0):
    t = np.arange(int(seconds * fs)) / fs
    return np.sin(2 * np.pi * bpm / 60 * t) + harmonic * np.sin(4 * np.pi * bpm / 60 * t + 1)


def test_band_pass_keeps_the_pulse_in_place_and_removes_wander():
    t = np.arange(int(60 * FS)) / FS
    clean = np.sin(2 * np.pi * 1.2 * t)
    filtered = bandpass(clean + 3 + 2 * np.sin(2 * np.pi * 0.05 * t), FS)
    middle = slice(1000, -1000)
    assert np.corrcoef(filtered[middle], clean[middle])[0, 1] > 0.999
    assert np.abs(filtered[middle] - clean[middle]).max() < 0.05


def test_band_pass_names_a_band_that_cannot_be():
    with pytest.raises(ValueError, match="half the sampling rate"):
        bandpass(np.zeros(100), 15.0)


@given(bpm=st.floats(45, 175))
@settings(max_examples=60, deadline=None)
def test_pulse_frequency_is_right_within_half_a_beat_a_minute(bpm):
    found = pulse_frequency(pulse(bpm, 16)[None], 25.0)[0] * 60
    assert found == pytest.approx(bpm, abs=0.5)


def test_a_dominant_second_harmonic_doubles_the_bare_peak_but_not_the_checked_one():
    blocks = np.stack([pulse(bpm, 16, harmonic=1.6) for bpm in (50, 60, 72, 85)])
    assert np.allclose(pulse_frequency(blocks, 25.0) * 60, [50, 60, 72, 85], atol=0.7)
    assert np.allclose(pulse_frequency(blocks, 25.0, PulseSearch(method="peak")) * 60, [100, 120, 144, 170], atol=0.7)


def test_snr_of_a_clean_pulse_hardly_depends_on_its_rate():
    rates = np.array([50.0, 75.0, 100.0, 140.0])
    snr = signal_to_noise(np.stack([pulse(bpm, 7) for bpm in rates]), 25.0, rates / 60)
    assert np.ptp(snr) < 2
    assert snr.min() > 3


def test_white_noise_rarely_passes_the_snr_filter():
    rng = np.random.default_rng(0)
    noise = bandpass(rng.standard_normal((1500, int(40 * FS))), FS)[:, 2000:2875:5]
    hz = pulse_frequency(noise, 25.0, PulseSearch(method="peak"))
    passed = np.mean(signal_to_noise(noise, 25.0, hz) >= -7)
    assert 0.07 < passed < 0.16, "about 11 % of noise passes with these bands"
    wide = np.mean(signal_to_noise(noise, 25.0, hz, harmonic_half_width=0.2, half_width=0.2) >= -7)
    assert wide > 0.4, "with the usual wider bands the filter hardly filters"


def test_snr_of_a_flat_window_is_minus_infinity_and_nan_is_refused():
    assert signal_to_noise(np.ones((1, 175)), 25.0, [1.0])[0] == -np.inf
    with pytest.raises(ValueError, match="NaN"):
        signal_to_noise(np.full((1, 175), np.nan), 25.0, [1.0])
    with pytest.raises(ValueError, match="pulse frequencies"):
        signal_to_noise(np.ones((1, 175)), 25.0, [9.0])


def test_pressure_beats_finds_every_beat_and_its_pressures(pulse_signals):
    _, abp = pulse_signals(bpm=80, seconds=60, sbp=131.0, dbp=64.0)
    beats = pressure_beats(abp, FS)
    assert abs(len(beats.peak) - 80) <= 1
    assert np.allclose(beats.sbp[1:-1], 131.0, atol=0.3)
    assert np.allclose(beats.dbp[1:-1], 64.0, atol=0.3)
    assert np.all(beats.foot < beats.peak)


def test_labels_of_the_code_preset_are_early_and_truncated(pulse_signals):
    _, abp = pulse_signals(sbp=131.6, dbp=64.0)
    exact, code = pressure_beats(abp, FS), pressure_beats(abp, FS, labels="code")
    assert np.all(code.sbp == np.trunc(code.sbp))
    assert -3 < np.median(code.sbp - exact.sbp) < -0.5


def test_one_burst_costs_only_its_own_beats(pulse_signals):
    _, abp = pulse_signals(bpm=75, seconds=120)
    spoilt = abp.copy()
    spoilt[6000:6100] = 300
    clean, hit = pressure_beats(abp, FS), pressure_beats(spoilt, FS)
    far = np.abs(clean.peak - 6050) > 4 * FS
    assert np.isin(clean.peak[far], hit.peak).all()


def test_dicrotic_waves_are_not_beats():
    phase = np.arange(int(60 * FS)) / FS * 70 / 60 % 1
    wave = np.exp(-0.5 * ((phase - 0.2) / 0.06) ** 2) + 0.35 * np.exp(-0.5 * ((phase - 0.55) / 0.05) ** 2)
    assert abs(len(find_pulses(wave, FS)) - 70) <= 1


def test_abp_at_28_mmhg_or_flat_has_no_beats():
    assert len(pressure_beats(np.full(5000, 28.0), FS).peak) == 0
    rng = np.random.default_rng(1)
    assert len(pressure_beats(28 + rng.normal(0, 0.5, 5000), FS).peak) == 0


def test_windows_resampled_to_a_beat_grid_show_the_same_wave():
    t = np.arange(4000) / FS
    trace = np.sin(2 * np.pi * 1.5 * t)
    start = np.array([2.0, 2.0 + 1 / 1.5 * 3, 7.123])
    seconds = np.full(3, 7 / 1.5)
    cut = cubic_windows(trace, start, seconds, FS, 875)
    expected = np.sin(2 * np.pi * 1.5 * (start[:, None] + np.arange(875) * seconds[:, None] / 875))
    assert np.abs(cut - expected).max() < 1e-3


@pytest.mark.parametrize("fs", [62.4725, 124.945, 250.0, 360.0])
def test_resampling_to_125_hz_keeps_time_and_shape(fs):
    t = np.arange(int(20 * fs)) / fs
    resampled = to_rate(np.sin(2 * np.pi * 2 * t), fs, FS, 1.0, 2000)
    expected = np.sin(2 * np.pi * 2 * (1 + np.arange(2000) / FS))
    assert np.abs(resampled - expected).max() < 0.01


def test_resampling_removes_what_would_alias():
    t = np.arange(5000) / 250.0
    assert np.abs(to_rate(np.sin(2 * np.pi * 100 * t), 250.0, FS, 1.0, 2000)).max() < 0.02


def test_a_missing_sample_stays_missing_after_resampling_and_spreads_little():
    trace = np.ones(5000)
    trace[2500] = np.nan
    resampled = to_rate(trace, 250.0, FS, 0.0, 2500)
    assert 1 <= np.isnan(resampled).sum() <= 25
    assert np.isnan(resampled[1250])


def test_runs():
    assert true_runs(np.array([True, True, False, True])).tolist() == [[0, 2], [3, 4]]
    assert true_runs(np.zeros(3, bool)).tolist() == []
    assert equal_runs(np.array([1.0, 2, 2, 2, 3, 3]), 3).tolist() == [[1, 4]]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 6)), max_size=6),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), min_size=1, max_size=6),
)
def test_touched_agrees_with_a_plain_loop(runs, windows):
    mask = np.zeros(80, bool)
    for start, n in runs:
        mask[start : start + n] = True
    start = np.array([w[0] for w in windows])
    stop = start + [w[1] for w in windows]
    expected = [mask[a:b].any() for a, b in zip(start, stop, strict=True)]
    assert overlaps_runs(start, stop, true_runs(mask)).tolist() == expected
