import numpy as np
import pytest

from cuffless.config import Crop, WindowOptions
from cuffless.records import RecordError, from_arrays
from cuffless.signals import pressure_beats
from cuffless.windows import iter_stretches, iter_windows
from cuffless.windows.cutting import join_windows
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


def test_the_result_does_not_depend_on_how_a_record_is_read(record):
    whole, blocked = cut(record), cut(record, block_seconds=60)
    for crop in CROPS:
        assert np.array_equal(whole[crop.name].kept.start, blocked[crop.name].kept.start)
        assert np.array_equal(whole[crop.name].kept.sbp, blocked[crop.name].kept.sbp)
        assert np.abs(whole[crop.name].ppg.astype(float) - blocked[crop.name].ppg).max() < 0.01


def test_counts_add_up_to_the_stretches_cut(record):
    for windows in cut(record).values():
        assert windows.n_cut == len(windows.kept) + sum(windows.rejected.values())


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


def phases(start, feet):
    """Phase of the pulse (0 to 1) at each start."""
    at = np.searchsorted(feet, start, "right") - 1
    inside = (at >= 0) & (at + 1 < len(feet))
    at, start = at[inside], start[inside]
    return (start - feet[at]) / (feet[at + 1] - feet[at])


def concentration(phase):
    """Length of the mean phase vector: 1, all alike; near 0, anywhere."""
    return abs(np.exp(2j * np.pi * phase).mean())


def test_beats_windows_share_a_phase_only_where_one_follows_another_as_the_paper_cuts_them(pulse_signals):
    """Whole beats, one window after another, keep the phase of the first; neither fixed seconds nor stretches do."""
    ppg, abp = pulse_signals(bpm=71.3, seconds=1200)
    record = from_arrays("a", ppg, abp, 125.0)
    beats = pressure_beats(abp, 125.0)
    feet = beats.foot / 125.0

    def of(cropping):
        options = WindowOptions(samples_per_beat=32, cropping=cropping)
        return concentration(phases(join_windows(list(iter_windows(record, options))).kept.start, feet))

    stretches = cut(record)
    apart = [concentration(phases(stretches[name].kept.start, feet)) for name in ("beats7", "time7")]
    assert of("beats") > 0.9
    assert of("time") < 0.3
    assert apart[0] == apart[1] < 0.3
