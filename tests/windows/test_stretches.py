import numpy as np
import pytest

from cuffless.config import ConfigError, Crop, WindowOptions
from cuffless.records import RecordError, from_arrays
from cuffless.signals import bandpass, pressure_beats, signal_to_noise
from cuffless.windows import iter_stretches, iter_windows
from cuffless.windows.batch import join_windows, unit_windows
from cuffless.windows.stretches import stretch_distance

OPTIONS = WindowOptions(samples_per_beat=32)
CROPS = [Crop(cropping, length) for cropping in ("time", "beats") for length in (1, 2, 7, 20)]


@pytest.fixture
def record(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    rng = np.random.default_rng(0)
    return from_arrays("a", ppg + 0.01 * rng.standard_normal(len(ppg)), abp, 125.0)


def cut(record, **how):
    parts = list(iter_stretches(record, OPTIONS, CROPS, 20.0, **how))
    return {crop.name: join_windows([part[crop.name] for part in parts]) for crop in CROPS}


def test_every_crop_has_the_same_stretches(record):
    found = cut(record)
    first = found["time1"]
    assert len(first.kept) == 16
    for crop in CROPS:
        windows = found[crop.name]
        assert np.array_equal(windows.kept.start, first.kept.start)
        assert np.array_equal(windows.kept.snr, first.kept.snr)
        assert windows.rejected == first.rejected
        assert windows.ppg.shape == (16, crop.length * 32)


def test_crops_last_as_long_as_they_say(record):
    found = cut(record)
    assert np.allclose(found["time7"].kept.seconds, 7)
    assert np.allclose(found["beats7"].kept.seconds, 7 * 60 / 66, rtol=0.01)


def test_no_crop_reaches_into_the_next_stretch(record):
    found = cut(record)
    assert stretch_distance(OPTIONS, CROPS, 20.0) == 24  # 20 beats at 50 bpm
    for windows in found.values():
        assert np.all(windows.kept.start[1:] >= (windows.kept.start + windows.kept.seconds)[:-1])


def test_a_crop_has_the_pressures_of_its_own_beats(pulse_signals):
    ppg, _ = pulse_signals(bpm=60, seconds=200)
    _, low = pulse_signals(bpm=60, seconds=200, sbp=110, dbp=60)
    _, high = pulse_signals(bpm=60, seconds=200, sbp=130, dbp=60)
    abp = np.where(np.arange(len(ppg)) % (24 * 125) < 10 * 125, low, high)
    found = cut(from_arrays("a", ppg, abp, 125.0))
    assert np.allclose(found["time7"].kept.sbp, 110, atol=1)
    assert np.median(found["time20"].kept.sbp) > 110.5
    assert len(pressure_beats(abp, 125.0).sbp) > 100


def test_what_is_rejected_is_rejected_for_all_crops(record, pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    ppg[30 * 125 : 33 * 125] = ppg[30 * 125]  # flat, late in the second stretch
    found = cut(from_arrays("a", ppg, abp, 125.0))
    for windows in found.values():
        assert windows.rejected["flat"] == 1
        assert 24.0 not in windows.kept.start
    assert not np.any(found["time1"].candidates.flat[0])


@pytest.mark.parametrize(("bpm", "flat"), [(52, 1), (75, 0)])
def test_what_any_crop_holds_beyond_the_stretch_is_judged_too(pulse_signals, bpm, flat):
    """Twenty beats last 23.1 s at 52 bpm, but 16 s at 75: there nobody looks beyond the 20 s."""
    ppg, abp = pulse_signals(bpm=bpm, seconds=400)
    ppg[(24 + 21) * 125 : (24 + 23) * 125] = ppg[(24 + 21) * 125]
    found = cut(from_arrays("a", ppg, abp, 125.0))
    for windows in found.values():
        assert windows.rejected["flat"] == flat
        assert (24.0 in windows.kept.start) == (not flat)


def test_beats_that_differ_beyond_the_stretch_but_in_a_crop_are_judged_too(pulse_signals):
    ppg, abp = pulse_signals(bpm=52, seconds=400)
    _, high = pulse_signals(bpm=52, seconds=400, sbp=155)
    part = slice(round((24 + 20.5) * 125), (24 + 23) * 125)
    abp[part] = high[part]
    windows = cut(from_arrays("a", ppg, abp, 125.0))["time1"]
    assert windows.rejected["spread"] == 1
    assert 24.0 not in windows.kept.start


def test_each_crop_is_the_band_passed_ppg_from_its_start_on(record):
    ppg, _ = record.segments[0].read(0, record.segments[0].n_samples)
    filtered = bandpass(ppg, 125.0, OPTIONS.band, OPTIONS.filter_order)
    for crop, windows in zip(CROPS, cut(record).values(), strict=True):
        kept = windows.kept
        by_hand = unit_windows(filtered, kept.start, kept.seconds, 125.0, crop.length * 32)
        assert len(by_hand) == 16
        assert np.abs(windows.ppg.astype(float) - by_hand).max() < 0.01


def test_a_crop_of_length_one_has_the_beat_that_covers_its_centre(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    abp = 60 + (abp - 60) * (1 + 0.1 * np.sin(np.arange(len(abp)) / 125 * 2 * np.pi / 3.7))
    beats = pressure_beats(abp, 125.0)
    found = cut(from_arrays("a", ppg, abp, 125.0))
    for name in ("time1", "beats1"):
        kept = found[name].kept
        covering = np.searchsorted(beats.foot / 125, kept.start + kept.seconds / 2, "right") - 1
        assert np.ptp(beats.sbp[covering]) > 5
        assert np.allclose(kept.sbp, beats.sbp[covering], atol=0.01)


def test_the_snr_is_that_of_the_whole_stretch(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    rng = np.random.default_rng(1)
    ppg += np.where(np.arange(len(ppg)) % 3000 < 750, 0.3, 0.02) * rng.standard_normal(len(ppg))
    analysed = bandpass(ppg, 125.0, OPTIONS.band, OPTIONS.filter_order)[::5]
    kept = cut(from_arrays("a", ppg, abp, 125.0))["beats2"].kept
    assert len(kept) > 5
    begin = np.rint(kept.start * 25).astype(int)
    by_hand = signal_to_noise(
        np.stack([analysed[b : b + 500] for b in begin]), 25.0, kept.hr / 60,
        half_width=OPTIONS.snr_band_hz, harmonic_half_width=OPTIONS.snr_harmonic_hz, band=OPTIONS.snr_range,
    )  # fmt: skip
    assert np.allclose(kept.snr, by_hand, atol=0.05)


def test_a_stretch_in_which_a_crop_has_no_beat_is_counted_under_beats(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    abp[24 * 125 : round(26.3 * 125)] = np.linspace(70, 65, round(26.3 * 125) - 24 * 125)
    for windows in cut(from_arrays("a", ppg, abp, 125.0)).values():
        assert windows.rejected["beats"] == 1
        assert 24.0 not in windows.kept.start
        assert np.isfinite(windows.kept.sbp).all()


def test_without_the_rule_beats_nothing_is_cut(record):
    options = WindowOptions(rules=("missing", "hr"))
    with pytest.raises(ConfigError, match="lacks the rule beats"):
        next(iter_stretches(record, options, CROPS, 20.0))


def test_the_result_does_not_depend_on_how_a_record_is_read(record):
    whole, blocked = cut(record), cut(record, block_seconds=60)
    for crop in CROPS:
        assert np.array_equal(whole[crop.name].kept.start, blocked[crop.name].kept.start)
        assert np.array_equal(whole[crop.name].kept.sbp, blocked[crop.name].kept.sbp)
        assert np.abs(whole[crop.name].ppg.astype(float) - blocked[crop.name].ppg).max() < 0.01


def test_counts_add_up_to_the_stretches_measured_and_those_that_ran_into_a_gap(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    ppg[30 * 125 : 33 * 125] = ppg[30 * 125]
    abp[150 * 125 : 152 * 125] = np.nan
    abp[200 * 125 : round(202.5 * 125)] = np.linspace(70, 65, round(2.5 * 125))
    for windows in cut(from_arrays("a", ppg, abp, 125.0)).values():
        assert windows.rejected["missing"] == windows.rejected["flat"] == 1
        assert len(windows.kept) + sum(windows.rejected.values()) == len(windows.candidates) + 1


def test_a_gap_costs_the_stretch_that_would_have_run_into_it(pulse_signals):
    ppg, abp = pulse_signals(bpm=66, seconds=400)
    abp[100 * 125 : 102 * 125] = np.nan
    found = cut(from_arrays("a", ppg, abp, 125.0))["time7"]
    assert found.rejected["missing"] == 1
    assert not np.any((found.kept.start < 102) & (found.kept.start + 24 > 100))


def test_ready_windows_cannot_be_cut_to_other_lengths(record):
    from dataclasses import replace

    from cuffless.records import ReadyWindows

    nothing = ReadyWindows(n=0, fs=125.0, samples=875, read=lambda start, stop: None)
    with pytest.raises(RecordError, match="cannot be cut to other lengths"):
        next(iter_stretches(replace(record, ready=nothing), OPTIONS, CROPS, 20.0))


def changing_pulse(low, high, period, seconds=1200):
    """PPG and ABP whose rate goes slowly from `low` to `high` bpm and back, and their phase in beats."""
    t = np.arange(seconds * 125) / 125
    bpm = (low + high) / 2 + (high - low) / 2 * np.sin(2 * np.pi * t / period)
    phase = np.cumsum(bpm) / 60 / 125
    wave = np.exp(-0.5 * ((phase % 1 - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((phase % 1 - 0.6) / 0.12) ** 2)
    return wave, 60 + 60 * (wave - wave.min()) / np.ptp(wave), phase


@pytest.mark.parametrize("rates", [(60, 80, 600), (55, 85, 900), (60, 75, 400)])
def test_beats_windows_share_a_phase_only_where_one_follows_another_as_the_paper_cuts_them(rates):
    """Whole beats, one window after another, begin at the phase of the one before; fixed seconds and stretches do not.

    The rate changes, since at a steady one fixed seconds may happen to hold a whole number of beats.
    """
    ppg, abp, phase = changing_pulse(*rates)
    record = from_arrays("a", ppg, abp, 125.0)

    def agreement(start):
        """Mean cosine of the phase between neighbours: 1, all alike; near 0, anywhere."""
        return np.cos(2 * np.pi * np.diff(np.interp(start, np.arange(len(phase)) / 125, phase))).mean()

    def of(cropping):
        options = WindowOptions(samples_per_beat=32, cropping=cropping)
        return agreement(join_windows(list(iter_windows(record, options))).kept.start)

    stretches = cut(record)["beats7"].kept.start
    assert len(stretches) > 40
    assert of("beats") > 0.9
    assert abs(of("time")) < 0.4
    assert abs(agreement(stretches)) < 0.4


def test_samples_beyond_what_is_measured_are_counted_where_nothing_is_whole():
    record = from_arrays("a", np.full(4000, 1e200), 90 + np.arange(4000) % 7, 125.0)
    for read in (lambda said: cut(record, failures=said), lambda said: list(iter_windows(record, failures=said))):
        said = []
        read(said)
        assert len(said) == 1
        assert said[0].startswith("4,000 of 4,000 samples of the PPG are beyond 1e+12, outside any sensor's range")
