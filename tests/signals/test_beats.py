"""Labels against the truth, and against a detector that works another way."""

import numpy as np
import pytest
from scipy import ndimage, signal

from cuffless.config import WindowOptions
from cuffless.records import from_arrays, open_record
from cuffless.signals import find_pulses, pressure_beats
from cuffless.windows import cut_windows

FS = 125.0
CHALLENGE = ("a558s", "a462s", "b387l", "v136s", "f543l", "v437l", "v540s", "a465l")


def pressure(rise, bpm=60.0, seconds=60, sbp=120.0, dbp=80.0):
    """Pressure that rises for so many seconds in each beat and falls for the rest of it."""
    beat = 60 / bpm
    phase = np.arange(int(seconds * FS)) / FS % beat
    up, down = phase / rise, (phase - rise) / (beat - rise)
    wave = np.where(phase < rise, 0.5 - 0.5 * np.cos(np.pi * up), 0.5 + 0.5 * np.cos(np.pi * down))
    return dbp + (sbp - dbp) * wave


def turning_points(abp):
    """Summits of a pressure and the valleys before them, by hysteresis on a low-passed trace.

    Independent of `pressure_beats`: no prominences, no neighbouring peaks, no fixed times; the trace has turned when it
    has come back by half of its range within three seconds.
    """
    smooth = signal.sosfiltfilt(signal.butter(2, 12, fs=FS, output="sos"), abp)
    spans = ndimage.maximum_filter1d(smooth, int(3 * FS)) - ndimage.minimum_filter1d(smooth, int(3 * FS))
    enough = np.maximum(0.5 * spans, 8.0)
    summits, valleys, rising, low, high = [], [], False, 0, 0
    for at in np.flatnonzero(np.diff(np.diff(smooth) > 0)) + 1:
        if not rising:
            low = at if smooth[at] <= smooth[low] else low
            if smooth[at] - smooth[low] > enough[at]:
                rising, high = True, at
        else:
            high = at if smooth[at] >= smooth[high] else high
            if smooth[high] - smooth[at] > enough[at]:
                summits.append(high)
                valleys.append(low)
                rising, low = False, at
    trace = signal.savgol_filter(abp, 5, 2)  # the low-pass rounds the extremes: read them off the trace itself
    around = np.arange(-6, 7)
    summits, valleys = np.array(summits, int), np.array(valleys, int)
    sbp = trace[np.clip(summits[:, None] + around, 0, len(trace) - 1)].max(axis=1, initial=-np.inf)
    dbp = trace[np.clip(valleys[:, None] + around, 0, len(trace) - 1)].min(axis=1, initial=np.inf)
    return summits / FS, sbp, dbp


@pytest.mark.parametrize("rise", [0.1, 0.3, 0.45, 0.55, 0.75])
@pytest.mark.parametrize("bpm", [50.0, 68.0])
def test_a_slow_rise_costs_no_diastolic_pressure(rise, bpm):
    beats = pressure_beats(pressure(rise, bpm), FS)
    assert len(beats.peak) >= bpm - 2
    assert np.allclose(beats.sbp[1:-1], 120.0, atol=0.1)
    assert np.allclose(beats.dbp[1:-1], 80.0, atol=0.1)


@pytest.mark.parametrize("bpm", [30.0, 45.0])
def test_slow_beats_have_their_own_foot(bpm):
    beats = pressure_beats(pressure(0.2, bpm, seconds=120), FS)
    assert np.allclose(beats.dbp[1:-1], 80.0, atol=0.1)
    assert np.all(np.diff(beats.foot) > 50 / bpm * FS)


def test_a_recording_that_begins_within_a_rise_has_no_foot_there():
    whole = pressure(0.5)
    for begins in (20, 30, 50):
        beats = pressure_beats(whole[begins:], FS)
        assert beats.foot[0] > 0, "the recording's first sample is not a foot"
        assert np.allclose(beats.dbp, 80.0, atol=0.1)


def test_a_recording_that_begins_at_a_foot_keeps_its_first_beat():
    assert pressure_beats(pressure(0.2), FS).foot[:2].tolist() == [0, 125]


def test_a_beat_after_seconds_without_any_takes_no_pressure_from_before_them():
    abp = pressure(0.2, 75.0)
    flushed = abp.copy()
    flushed[2000:2500] = 20.0
    flushed[2500:2900] = np.linspace(60.0, 84.0, 400)  # a line that recovers
    beats = pressure_beats(flushed, FS)
    after = beats.peak > 3000
    assert np.allclose(beats.dbp[after][1:], 80.0, atol=0.1)
    assert np.all(beats.dbp > 19.0)
    assert np.all(beats.peak - beats.foot <= 2.0 * FS)


def test_whole_numbers_make_no_second_beat_of_a_flat_top():
    rng = np.random.default_rng(2)
    noisy = np.round(pressure(0.2, 75.0, seconds=300) + rng.normal(0, 1.0, int(300 * FS)))
    beats = pressure_beats(noisy, FS)
    assert abs(len(beats.peak) - 375) <= 1
    assert np.all(np.diff(beats.peak) > 0.5 * FS)
    assert np.median(beats.dbp) == pytest.approx(80.0, abs=1.0)


def test_equal_peaks_with_a_valley_between_them_are_two():
    wave = np.tile(np.concatenate((np.linspace(0, 1, 20), np.linspace(1, 0, 60))), 5)
    assert len(find_pulses(wave, FS)) == 5


def test_labels_of_real_patients_are_those_of_an_independent_detector(shared):
    wide = WindowOptions(sbp_range=(60, 200), dbp_range=(30, 120), samples_per_beat=25)
    differences = []
    for name in CHALLENGE:
        segment = open_record(shared / "wfdb_challenge2015" / name).segments[0]
        ppg, abp = segment.read(0, segment.n_samples)
        kept = cut_windows(from_arrays(name, ppg, abp, FS), wide).kept
        times, sbp, dbp = turning_points(np.where(np.isfinite(abp), abp, np.nanmedian(abp)))
        for start, seconds, *found in zip(kept.start, kept.seconds, kept.sbp, kept.dbp, strict=True):
            inside = (times >= start) & (times < start + seconds)
            expected = (np.median(sbp[inside]), np.median(dbp[inside])) if inside.any() else (np.nan, np.nan)
            differences.append(np.abs(np.subtract(found, expected)).max())
    assert len(differences) > 150
    assert np.mean(np.array(differences) <= 3.0) >= 0.98


def test_a_patient_whose_pressure_rises_slowly(shared):
    segment = open_record(shared / "wfdb_challenge2015" / "a558s").segments[0]
    _, abp = segment.read(0, segment.n_samples)
    beats = pressure_beats(abp, FS)
    shown = (beats.peak / FS > 281.5) & (beats.peak / FS < 288.5)
    assert np.median(beats.dbp[shown]) == pytest.approx(89.2, abs=1.0)
