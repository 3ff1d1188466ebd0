"""Pulse rates from 30 to 220 bpm: neither doubled nor halved into the accepted range."""

import numpy as np
import pytest

from cuffless.config import WindowOptions
from cuffless.records import from_arrays, open_record
from cuffless.signals import bandpass, lasting_frequency, pulse_candidates, pulse_frequency
from cuffless.windows import cut_windows

FS, HZ = 125.0, 25.0
# Humps of a pulse: centre, width, height; in shares of a beat, or in seconds.
SHAPES = {
    "usual": (True, [(0.2, 0.09, 1.0), (0.55, 0.13, 0.35)]),
    "strong reflection": (True, [(0.2, 0.09, 1.0), (0.55, 0.13, 0.7)]),
    "sharp": (True, [(0.2, 0.05, 1.0), (0.45, 0.08, 0.3)]),
    "reflection after a third": (True, [(0.2, 0.07, 1.0), (0.53, 0.08, 0.6)]),
    "reflection after 0.3 s": (False, [(0.2, 0.08, 1.0), (0.5, 0.12, 0.5)]),
}
SLOW, USUAL, FAST = (30, 33, 36, 39, 42, 45), (50, 58, 66, 75, 88, 100, 115, 130, 140), (185, 200, 220)


def pulse(shape, bpm, seconds=40, irregular=0.0, seed=0):
    """A pulse of zero mean and unit variance."""
    in_beats, humps = SHAPES[shape]
    rng, time = np.random.default_rng(seed), np.arange(int(seconds * FS)) / FS
    length = 60 / bpm * (1 + irregular * rng.standard_normal(int(seconds * bpm / 60) + 3))
    wave = np.zeros(len(time))
    for onset, beat in zip(np.cumsum(length) - length - 60 / bpm, length, strict=True):
        for centre, width, height in humps:
            scale = beat if in_beats else 1.0
            wave += height * np.exp(-0.5 * ((time - onset - centre * scale) / (width * scale)) ** 2)
    return (wave - wave.mean()) / wave.std()


def breathed(wave, depth, seed=0, noise=0.2, hertz=0.25):
    """A pulse that rises and falls with breathing, in level and in strength, and noise."""
    time = np.arange(len(wave)) / FS
    rng = np.random.default_rng(seed)
    level = np.sin(2 * np.pi * hertz * time)
    return wave * (1 + 0.15 * depth * level) + depth * level + noise * rng.standard_normal(len(wave))


def rates(ppg):
    """Rates of blocks of 16 s in bpm."""
    blocks = np.lib.stride_tricks.sliding_window_view(bandpass(ppg, FS)[::5], 400)[100:-100:100]
    return 60 * pulse_frequency(blocks, HZ)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pulse_below_the_search_band_is_not_doubled(shape):
    for bpm in SLOW:
        for depth, irregular in ((0.0, 0.0), (0.5, 0.02)):
            found = rates(breathed(pulse(shape, bpm, irregular=irregular), depth))
            assert np.allclose(found, bpm, atol=2.5), (bpm, found)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pulse_of_a_usual_rate_is_neither_halved_nor_doubled(shape):
    for bpm in USUAL:
        for depth in (0.0, 0.5, 1.0):
            found = rates(breathed(pulse(shape, bpm, irregular=0.01), depth, hertz=0.33))
            assert np.allclose(found, bpm, atol=0.03 * bpm), (bpm, depth, found)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pulse_above_the_search_band_is_not_taken_for_a_slower_one(shape):
    for bpm in FAST:
        found = rates(breathed(pulse(shape, bpm), 0.3))
        assert np.all(found > 140), (bpm, found)


def test_breathing_at_exactly_half_the_pulse_rate_does_not_halve_it():
    for bpm in (56, 64, 72, 80):
        found = rates(breathed(pulse("usual", bpm), 0.6, hertz=bpm / 120))
        assert np.allclose(found, bpm, atol=2), (bpm, found)


def test_a_pulse_whose_fundamental_is_almost_gone_is_not_doubled_above_the_search_band():
    time = np.arange(int(40 * FS)) / FS
    for bpm in (95, 100, 110):
        turns = 2 * np.pi * bpm / 60 * time
        found = rates(0.1 * np.sin(turns) + np.sin(2 * turns) + 0.2 * np.sin(3 * turns + 1))
        assert np.allclose(found, bpm, atol=1), found


def test_a_slow_pulse_must_last_and_fills_its_own_gaps():
    usual, nothing = np.full(6, 1.2), np.full(6, np.nan)
    alone, lasting = nothing.copy(), nothing.copy()
    alone[[0, 2, 4]] = 0.6
    lasting[[1, 2, 4, 5]] = 0.6
    assert lasting_frequency(usual, alone).tolist() == usual.tolist()
    assert lasting_frequency(usual, lasting).tolist() == [1.2, 0.6, 0.6, 0.6, 0.6, 0.6]
    assert lasting_frequency(np.full(6, 1.5), lasting)[3] == 1.5, "no harmonic of the slow pulse around it"
    assert lasting_frequency(np.array([1.2]), np.array([0.6])).tolist() == [0.6]
    assert np.isnan(pulse_candidates(np.zeros((2, 400)), HZ)[1]).all()


@pytest.mark.parametrize("bpm", [30, 36, 40, 45, 190, 215])
@pytest.mark.parametrize("preset", ["default", "paper"])
def test_windows_of_such_rates_are_rejected_under_hr(bpm, preset):
    wave = pulse("strong reflection" if bpm < 40 else "usual", bpm, seconds=100)
    options = WindowOptions(samples_per_beat=25, preset=preset, rules=("hr",))
    for abp in (80 + 15 * wave, None):
        windows = cut_windows(from_arrays("a", breathed(wave, 0.0, noise=0.05), abp, FS), options)
        assert windows.rejected["hr"] == windows.n_cut > 5
        assert np.median(windows.candidates.hr) == pytest.approx(bpm, abs=1.5)


def test_a_slow_pulse_is_cut_into_its_own_beats_where_its_rate_is_accepted():
    wave = pulse("usual", 36, seconds=200)
    options = WindowOptions(samples_per_beat=25, hr_range=(30, 140))
    record = from_arrays("a", breathed(wave, 0.0, noise=0.05), 80 + 15 * wave, FS)
    windows = cut_windows(record, options)
    assert len(windows.kept) == windows.n_cut == int(200 * 36 / 60 / 7)
    assert np.allclose(windows.kept.hr, 36, atol=0.5)
    assert np.all(windows.kept.beats == 7)
    parts = cut_windows(record, options, block_seconds=60)
    assert np.allclose(parts.kept.start, windows.kept.start, atol=1e-6)


def test_blocks_and_the_whole_see_the_same_spell_of_bradycardia():
    parts = [pulse("usual", bpm, seconds=120) for bpm in (70, 36, 80)]
    ppg = breathed(np.concatenate(parts), 0.3)
    record = from_arrays("a", ppg, None, FS)
    options = WindowOptions(samples_per_beat=25)
    whole = cut_windows(record, options)
    slow = (whole.candidates.start > 135) & (whole.candidates.start < 220)
    assert np.allclose(whole.candidates.hr[slow], 36, atol=1)
    for block in (90.0, 130.0):
        again = cut_windows(record, options, block_seconds=block)
        assert again.rejected == whole.rejected
        assert np.allclose(again.candidates.start, whole.candidates.start, atol=1e-6)


def test_irregular_rhythms_lose_no_window(shared):
    """An hour of atrial fibrillation and two records of bigeminy: as many windows as the bare band found."""
    af = cut_windows(open_record(shared / "wfdb_mimic4_83404654" / "83404654"), WindowOptions(samples_per_beat=25))
    assert len(af.kept) >= 148
    wide = WindowOptions(samples_per_beat=25, sbp_range=(60, 200), dbp_range=(30, 120))
    for name, least in (("v564s", 10), ("f563l", 7)):
        assert len(cut_windows(open_record(shared / "wfdb_challenge2015" / name), wide).kept) >= least
