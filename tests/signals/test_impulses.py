"""Single dropouts and spikes cost their own window, and bias no neighbour."""

import numpy as np
import pytest

from cuffless.config import WindowOptions
from cuffless.records import from_arrays
from cuffless.records.record import Channel, Record, Segment
from cuffless.signals import CHUNK_SECONDS, remove_impulses
from cuffless.windows import cut_windows

OPTIONS = WindowOptions(samples_per_beat=25)
AT = 150.0


def noisy(pulse_signals, fs=125.0, seconds=240, **options):
    ppg, abp = pulse_signals(seconds=seconds, fs=fs, **options)
    return ppg + 0.01 * np.random.default_rng(0).standard_normal(len(ppg)), abp


@pytest.mark.parametrize("value", [32767.0, -32768.0, 4095.0, 999.0, 1e6])
@pytest.mark.parametrize("samples", [1, 3, 8])
@pytest.mark.parametrize("fs", [125.0, 250.0, 64.0])
def test_an_impulse_in_the_ppg_costs_one_window_and_moves_no_rate(pulse_signals, value, samples, fs):
    ppg, abp = noisy(pulse_signals, fs)
    first = int(AT * fs)
    ppg[first : first + max(int(samples * fs / 125), 1)] = value
    windows = cut_windows(from_arrays("a", ppg, abp, fs), OPTIONS)
    assert windows.rejected["missing"] == 1
    assert len(windows.kept) == windows.n_cut - 1
    assert np.allclose(windows.kept.hr, 75.0, atol=0.2)
    assert not np.any((windows.kept.start < AT) & (windows.kept.start + windows.kept.seconds > AT))


@pytest.mark.parametrize("value", [0.0, 545_000.0, 600_000.0, 2.0**20])
@pytest.mark.parametrize("seconds", [0.6, 0.8, 1.0, 1.5, 2.0, 5.0, 12.0])
def test_a_dropout_of_the_ppg_moves_no_rate_however_long_it_is(pulse_signals, value, seconds):
    ppg, abp = noisy(pulse_signals)
    counts = 550_000 + 900 * ppg
    counts[int(AT * 125) : int((AT + seconds) * 125)] = value
    windows = cut_windows(from_arrays("a", counts, abp, 125.0), OPTIONS)
    assert np.allclose(windows.kept.hr, 75.0, atol=0.2)
    assert len(windows.kept) > 0.85 * windows.n_cut - seconds / 5.6
    end = int((AT + seconds) * 125) / 125
    held = (windows.kept.start < end - 1e-6) & (windows.kept.start + windows.kept.seconds > AT)
    assert not held.any()
    pieces = cut_windows(from_arrays("a", counts, abp, 125.0), OPTIONS, block_seconds=31)
    assert np.array_equal(pieces.ppg, windows.ppg)


def test_a_level_of_the_pressure_is_left_to_the_rules(pulse_signals):
    ppg, abp = noisy(pulse_signals)
    abp[int(AT * 125) : int((AT + 3) * 125)] = 300.0  # the line is flushed
    windows = cut_windows(from_arrays("a", ppg, abp, 125.0), OPTIONS)
    assert windows.rejected["missing"] == 0
    assert windows.n_cut - len(windows.kept) in (1, 2)


def test_zeros_in_a_signal_far_from_zero_are_missing(pulse_signals):
    ppg, _ = noisy(pulse_signals)
    counts = 550_000 + 900 * ppg
    counts[[5000, 15000, 15001, 15002]] = 0
    windows = cut_windows(from_arrays("a", counts, None, 125.0), OPTIONS)
    assert windows.rejected["missing"] == 2
    assert np.allclose(windows.candidates.hr, 75.0, atol=0.2)


def test_impulses_in_the_pressure_bias_no_label(pulse_signals):
    ppg, abp = noisy(pulse_signals)
    for at, value in ((30, 0.0), (60, -1.0), (90, 999.0), (120, 32767.0), (150, 300.0), (180, -32768.0)):
        abp[at * 125 : at * 125 + 2] = value
    for options in (OPTIONS, OPTIONS.model_copy(update={"rules": ("missing", "beats", "hr", "sbp", "dbp")})):
        kept = cut_windows(from_arrays("a", ppg, abp, 125.0), options).kept
        assert len(kept) > 30
        assert np.allclose(kept.sbp, 120.0, atol=0.5)
        assert np.allclose(kept.dbp, 60.0, atol=0.5)


def test_the_first_and_the_last_sample_may_be_an_impulse(pulse_signals):
    ppg, _ = noisy(pulse_signals)
    ppg[[0, -1]] = 1e5
    cleaned = remove_impulses(ppg, 125.0)
    assert np.flatnonzero(np.isnan(cleaned)).tolist() == [0, len(ppg) - 1]


def test_what_is_no_impulse_stays(pulse_signals):
    rng = np.random.default_rng(3)
    ppg, abp = noisy(pulse_signals)
    flushed = abp.copy()
    flushed[5000:5400] = 300.0
    stepped = ppg + 40.0 * (np.arange(len(ppg)) > 9000)
    sharp = ppg**9
    for trace in (ppg, abp, flushed, stepped, sharp, rng.standard_normal(20000), np.zeros(5000), np.round(abp)):
        assert remove_impulses(trace, 125.0) is trace


def test_missing_samples_stay_missing_beside_an_impulse(pulse_signals):
    ppg, _ = noisy(pulse_signals)
    ppg[9000:9500] = np.nan
    ppg[9500] = -1e4
    assert np.flatnonzero(np.isnan(remove_impulses(ppg, 125.0))).tolist() == list(range(9000, 9501))
    assert np.isnan(remove_impulses(np.full(1000, np.nan), 125.0)).all()


@pytest.mark.parametrize("fs", [125.0, 360.0])
def test_reading_in_pieces_finds_the_same_impulses(pulse_signals, fs):
    ppg, _ = noisy(pulse_signals, fs, seconds=60)
    size = int(CHUNK_SECONDS * fs)
    for at in (3, size - 1, size, 4 * size + 1, 9 * size - 2, 13 * size):
        ppg[at : at + 3] = 5000.0
    channel = Channel(fs, len(ppg), lambda start, stop: ppg[start:stop])
    whole = channel.resampled(125.0, 0, 7500)
    assert np.isnan(whole).any()
    pieces = [channel.resampled(125.0, start, min(start + 731, 7500)) for start in range(0, 7500, 731)]
    assert np.array_equal(np.isnan(np.concatenate(pieces)), np.isnan(whole))


def test_blocks_and_the_whole_agree_on_a_record_with_impulses(pulse_signals):
    ppg, abp = noisy(pulse_signals, seconds=600)
    ppg[np.random.default_rng(1).integers(0, len(ppg), 12)] = -999.0
    channels = [Channel(125.0, len(x), lambda start, stop, x=x: x[start:stop]) for x in (ppg, abp)]
    record = Record("a", "a", 125.0, ("ppg", "abp"), 600.0, (Segment("a", 0.0, 125.0, *channels),))
    whole, parts = cut_windows(record, OPTIONS), cut_windows(record, OPTIONS, block_seconds=97.0)
    assert parts.rejected == whole.rejected
    assert np.allclose(parts.kept.start, whole.kept.start, atol=1e-6)
