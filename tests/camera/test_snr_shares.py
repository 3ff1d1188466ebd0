import numpy as np
import pytest

from cuffless.camera.pulse.snr import RECORDINGS, WHITE_NOISE, snr_shares
from cuffless.config import WindowOptions
from cuffless.records import from_arrays

LENGTHS = (1.0, 2.0, 4.0, 7.0, 12.0)


def record_of(pulse, noise, seconds=400.0, seed=0):
    t = np.arange(int(seconds * 125)) / 125
    phase = 2 * np.pi * 1.2 * t + 0.5 * np.sin(0.3 * t)
    wave = pulse * (np.sin(phase) + 0.4 * np.sin(2 * phase + 1))
    return from_arrays("r", wave + noise * np.random.default_rng(seed).standard_normal(len(t)), None, 125)


def shares(table, source):
    return table[table["source"] == source].set_index("length")["share"]


@pytest.fixture(scope="module")
def table():
    return snr_shares([record_of(1.0, 3.0), record_of(0.0, 1.0, seed=1)], LENGTHS[::-1], WindowOptions(), seed=4)


def test_lengths_ascend_and_windows_are_counted(table):
    assert list(table.columns) == ["length", "source", "share", "n"]
    assert table["length"].tolist() == [*LENGTHS, *LENGTHS]
    counts = table[table["source"] == RECORDINGS].set_index("length")["n"]
    assert counts.to_dict() == {length: 2 * int(400 / length) for length in LENGTHS}


def test_recordings_with_a_pulse_pass_and_those_without_do_not(table):
    pulse = shares(snr_shares([record_of(1.0, 3.0)], LENGTHS, WindowOptions()), RECORDINGS)
    assert pulse[7.0] > 0.95
    assert shares(table, RECORDINGS)[7.0] == pytest.approx((pulse[7.0] + 0.05) / 2, abs=0.06)


def test_the_share_rises_steeply_with_length(table):
    pulse = shares(table, RECORDINGS)
    assert pulse[1.0] < 0.1
    assert pulse[2.0] < pulse[4.0]


def test_white_noise_rarely_passes_under_the_default_bands_and_often_under_wide_ones(table):
    assert 0.02 < shares(table, WHITE_NOISE)[7.0] < 0.12
    wide = WindowOptions(snr_band_hz=0.2, snr_harmonic_hz=0.2, snr_range=(0.5, 4.0))
    assert shares(snr_shares([], [7.0], wide), WHITE_NOISE)[7.0] > 0.6
    for name in ("snr_band_hz", "snr_harmonic_hz"):
        wider = snr_shares([], [7.0], WindowOptions(**{name: 0.3}), seed=4)
        assert shares(wider, WHITE_NOISE)[7.0] > 0.02 + shares(table, WHITE_NOISE)[7.0]


def test_noise_depends_on_the_seed_alone(table):
    again = snr_shares([], LENGTHS, WindowOptions(), seed=4)
    assert shares(again, WHITE_NOISE).equals(shares(table, WHITE_NOISE))
    assert not shares(snr_shares([], LENGTHS, WindowOptions(), seed=5), WHITE_NOISE).equals(shares(table, WHITE_NOISE))
    assert shares(again, RECORDINGS).isna().all()


def test_a_threshold_that_all_reach_or_none(table):
    for limit, share in ((-90.0, 1.0), (60.0, 0.0)):
        passing = snr_shares([record_of(1.0, 1.0)], [2.0, 7.0], WindowOptions(snr_db=limit))
        assert (passing["share"] == share).all()
