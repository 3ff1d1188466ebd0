"""Pulse rate over time: what is accepted, what is not, and the channel that a saturated camera leaves."""

from dataclasses import replace

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.faults import unusable_channels
from cuffless.camera.pulse.noise import white_noise
from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.verdict import (
    BRIGHTNESS,
    FLAT,
    HALVES,
    NEIGHBOURS,
    NOISY,
    OUT_OF_RANGE,
    REGIONS,
    UNCERTAIN,
    Rates,
    why_nothing,
)
from cuffless.camera.pulse.waves import filtered_waves
from cuffless.camera.skin.trace import Trace
from cuffless.camera.skin.trace_files import read_trace

FPS = 30
SKIN = np.array([120.0, 90.0, 70.0])
BLOOD = np.array([0.33, 0.77, 0.53])
WELLTORY = [f"subject_{number:02d}" for number in range(1, 15)]


def skin(t, bpm, *, depth=0.01, noise=0.002, seed=0):
    """Colours of skin whose rate may change over time."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(bpm, np.shape(t)) / 60) * np.gradient(t)
    pulse = np.sin(phase) + 0.4 * np.sin(2 * phase + 0.6)
    shaken = noise * np.random.default_rng(seed).standard_normal((len(t), 3))
    return SKIN * (1 - depth * np.outer(pulse, BLOOD) + shaken)


def trace_of(t, *regions, fps=FPS):
    rgb = np.stack(regions, axis=1).astype(np.float32)
    pixels = np.isfinite(rgb).all(axis=2) * 100
    return Trace(t, rgb, pixels, tuple(f"region {i}" for i in range(len(regions))), fps, "file")


def times(seconds, fps=FPS):
    return np.arange(int(seconds * fps)) / fps


@pytest.mark.parametrize("method", ["pos", "chrom", "green", "red"])
@pytest.mark.parametrize("bpm", [48, 72, 150])
def test_a_steady_pulse_is_accepted_throughout_at_its_rate(method, bpm):
    rates = pulse_rates(trace_of(times(90), skin(times(90), bpm)), method=method)
    np.testing.assert_allclose(rates.start, np.arange(61), atol=1e-9)
    assert rates.accepted.all()
    np.testing.assert_allclose(rates.hr, bpm, atol=0.5)
    assert rates.snr.min() > 0


@pytest.mark.parametrize("fps", [12, 17, 25, 60])
def test_the_rate_is_found_at_any_frame_rate(fps):
    t = times(60, fps)
    rates = pulse_rates(trace_of(t, skin(t, 66), fps=fps))
    assert rates.accepted.all()
    np.testing.assert_allclose(rates.hr, 66, atol=0.5)


def test_a_window_s_time_is_its_own():
    t = times(120)
    rates = pulse_rates(trace_of(t, skin(t, np.where(t < 60, 60, 90))), seconds=10)
    assert rates.hr[rates.start + 10 <= 60] == pytest.approx(60, abs=2)
    assert rates.hr[rates.start >= 60] == pytest.approx(90, abs=2)
    np.testing.assert_allclose(rates.centre - rates.start, 5)


def test_white_noise_exceeds_the_threshold_in_a_twentieth_of_windows():
    n = 300 * 30 * FPS
    rgb = SKIN * (1 + 0.003 * np.random.default_rng(7).standard_normal((n, 3)))
    rates = pulse_rates(trace_of(np.arange(n) / FPS, rgb))
    apart = rates.snr[::30]
    assert np.mean(apart > rates.threshold) == pytest.approx(0.05, abs=0.04)


def test_the_threshold_depends_on_the_window_and_the_method():
    ten, thirty, chrom = (white_noise(30.0, *of) for of in ((10.0, "pos"), (30.0, "pos"), (10.0, "chrom")))
    assert ten.threshold > thirty.threshold + 1
    assert chrom.threshold > ten.threshold + 1  # CHROM has a pass band
    assert ten.threshold < ten.certain(1) < ten.rare < ten.certain(6) < ten.certain(100)
    assert ten.threshold == white_noise.__wrapped__(30.0, 10.0, "pos").threshold


def test_noise_is_hardly_ever_accepted_though_its_windows_overlap():
    some = 0
    for seed in range(40):
        rgb = SKIN * (1 + 0.01 * np.random.default_rng(seed).standard_normal((60 * FPS, 3)))
        some += pulse_rates(trace_of(times(60), rgb)).accepted.any()
    assert some <= 6  # windows one second apart as neighbours: 13


def test_regions_that_disagree_are_not_believed_though_each_is_clear():
    t = times(60)
    apart = pulse_rates(trace_of(t, skin(t, 60), skin(t, 90)))
    assert (apart.snr > apart.threshold).any()
    assert not apart.accepted.any()
    together = pulse_rates(trace_of(t, skin(t, 60), skin(t, 63, seed=1)))
    assert together.roi_hr.shape == (31, 2)
    assert together.accepted.all()


def test_a_region_out_of_sight_has_no_say():
    t = times(60)
    hidden = skin(t, 90)
    hidden[600:] = np.nan
    rates = pulse_rates(trace_of(t, skin(t, 60), skin(t, 60, seed=1), hidden))
    late = rates.start > 20
    assert np.isnan(rates.roi_hr[late, 2]).all()
    assert rates.accepted[late].all()


def test_one_region_is_confirmed_by_the_windows_half_a_length_away():
    t = times(150)
    rates = pulse_rates(trace_of(t, skin(t, np.where(t < 75, 60, 100))))
    steady = (rates.start < 30) | (rates.start > 90)
    assert rates.accepted[steady].all()
    assert not rates.agree[np.abs(rates.centre - 75) < 10].any()


@pytest.mark.parametrize(("rate", "accepted"), [(70, True), ("rising", False)])
def test_a_window_without_neighbours_is_confirmed_by_its_halves(rate, accepted):
    t = times(30)
    bpm = np.where(t < 14, 60, 80) if rate == "rising" else rate
    rates = pulse_rates(trace_of(t, skin(t, bpm)))
    assert len(rates) == 1
    assert rates.accepted[0] == accepted


def test_no_window_spans_a_gap():
    t = np.concatenate((times(40), times(45) + 50))
    rates = pulse_rates(trace_of(t, skin(t, 72)))
    assert not ((rates.start < 40) & (rates.start + 30 > 41)).any()
    assert len(rates) == 11 + 16


def test_a_short_or_flat_trace_has_nothing_accepted():
    t = times(20)
    assert len(pulse_rates(trace_of(t, skin(t, 72)))) == 0
    t = times(40)
    flat = pulse_rates(trace_of(t, np.full((len(t), 3), 80.0)))
    assert not flat.accepted.any()
    assert np.isnan(flat.hr).all()
    assert len(pulse_rates(trace_of(t, np.full((len(t), 3), np.nan)))) == 0


@pytest.mark.parametrize(("fps", "seconds", "message"), [(7, 30, "7 frames per second"), (30, 3, "3 s hold too few")])
def test_what_can_hold_no_rate_is_refused(fps, seconds, message):
    t = times(60, fps)
    with pytest.raises(ValueError, match=message):
        pulse_rates(trace_of(t, skin(t, 72), fps=fps), seconds=seconds)


def test_waves_are_band_passed_and_upright():
    t = times(60)
    [(t0, fps, wave)] = filtered_waves(t, skin(t, 72, noise=0) * (1 + 0.5 * t[:, None] / 60), FPS, "pos")
    assert (t0, fps) == (0, FPS)
    assert np.corrcoef(wave[60:-60], -skin(t, 72, noise=0)[60:-60, 1])[0, 1] > 0.98


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rgb: rgb, {}),
        (lambda rgb: rgb * (1, 0, 1), {"green": "dark"}),
        (lambda rgb: rgb * (1, 0.005, 1), {"green": "dark"}),
        (lambda rgb: np.minimum(rgb, (120, 255, 255)), {"red": "saturated"}),
        (lambda rgb: np.maximum(rgb, (0, 0, 70)), {"blue": "saturated"}),
        (lambda rgb: rgb * 0 + 255, dict.fromkeys(("red", "green", "blue"), "saturated")),
        (lambda rgb: rgb * 0, dict.fromkeys(("red", "green", "blue"), "dark")),
        (lambda rgb: rgb * np.nan, dict.fromkeys(("red", "green", "blue"), "dark")),
        (lambda rgb: np.where(np.arange(len(rgb))[:, None] % 20 < 19, rgb * (1, 0, 1), np.nan), {"green": "dark"}),
        (lambda rgb: np.minimum(rgb, (120, 255, 255))[:40], {}),  # too few frames to tell
    ],
)
def test_channels_without_a_signal_are_named(change, expected):
    assert unusable_channels(change(skin(times(30), 72))) == expected


def test_auto_takes_pos_where_all_channels_live_and_else_the_clearest_single_one():
    t = times(60)
    rates, note = rates_by_best_method(trace_of(t, skin(t, 72)))
    assert (rates.method, note) == ("pos", "")
    rgb = skin(t, 72) * (1, 1, 0)
    rates, note = rates_by_best_method(trace_of(t, rgb))
    assert rates.method == "green"  # blood darkens it most
    assert note == "blue is dark: the pulse wave is taken from green alone"
    assert rates.accepted.all()
    with pytest.raises(RppgError, match=r"red is saturated.*no channel is usable; film with less light"):
        rates_by_best_method(trace_of(t, np.full((len(t), 3), 255.0)))
    with pytest.raises(RppgError, match=r"red is dark and green is dark.*no channel is usable; film with more light"):
        rates_by_best_method(trace_of(t, np.zeros((len(t), 3))))


def test_rates_of_finger_videos_are_the_oximeter_s(shared):
    right = accepted = 0
    for path in sorted((shared / "rgb_phone_oximetry").glob("*.npz")):
        oximeter = np.load(path)["hr_oxi1"]
        for key in ("rgb_left", "rgb_right"):
            rates = pulse_rates(read_trace(path, key=key))
            whole = rates.start + 30 <= len(oximeter)
            reference = np.array([np.mean(oximeter[int(s) : int(s) + 30]) for s in rates.start])
            taken = rates.accepted & whole & np.isfinite(reference)  # the oximeter loses the finger at times
            near = np.abs(rates.hr - reference)[taken] <= 3
            assert near.mean() > 0.85, f"{path.name} {key}: {near.mean():.2f} of {taken.sum()}"
            assert taken.mean() > 0.7
            right, accepted = right + near.sum(), accepted + taken.sum()
    assert right / accepted > 0.95


@pytest.mark.parametrize("subject", WELLTORY)
def test_finger_videos_with_saturated_channels_are_measured_at_the_ecg_s_rate(shared, subject):
    folder = shared / "rgb_welltory" / subject
    rates, _ = rates_by_best_method(read_trace(folder / "PPG.csv"))
    intervals = np.array((folder / "RR.txt").read_text().split(), float) / 1000
    beats = np.cumsum(intervals)
    same = [np.median(intervals[(beats > start) & (beats - intervals < start + 30)]) for start in rates.start]
    assert rates.accepted.any()
    assert np.median(rates.hr[rates.accepted]) == pytest.approx(np.median(60 / np.array(same)[rates.accepted]), abs=3)


def test_each_rejected_window_has_the_first_reason_that_holds():
    hr = np.array([72, np.nan, 72, 72, 72, 20, 20, 72.0])
    snr = np.array([9, -np.inf, -8, 9, 9, 9, -8, 9.0])
    agree = np.array([1, 0, 0, 0, 0, 1, 1, 1], bool)
    blood = np.array([1, 1, 1, 1, 1, 1, 1, 0], bool)
    roi_hr = np.column_stack((hr, [72, np.nan, 90, 90, np.nan, 20, 20, 72.0]))
    start = np.array([0.0, 5, 10, 15, 40, 45, 50, 55])  # half a window apart, but for the gap after 15 s
    rates = Rates(start, 10.0, hr, snr, roi_hr, agree, agree, blood, -6.0, 0.0, "pos", ())
    assert rates.reasons.tolist() == ["", FLAT, NOISY, REGIONS, NEIGHBOURS, OUT_OF_RANGE, NOISY, BRIGHTNESS]
    lonely = replace(rates, start=10 * start)
    assert lonely.reasons.tolist() == ["", FLAT, NOISY, REGIONS, HALVES, OUT_OF_RANGE, NOISY, BRIGHTNESS]
    unsure = replace(rates, certain=10.0)
    assert unsure.reasons.tolist() == [UNCERTAIN, *rates.reasons[1:]]
    for each in (rates, lonely, unsure):
        np.testing.assert_array_equal(each.reasons == "", each.accepted)


def test_a_short_recording_whose_halves_disagree_is_told_so():
    t = times(31)
    rates = pulse_rates(trace_of(t, skin(t, np.where(t < 15, 60, 90))))
    assert set(rates.reasons) == {HALVES}
    assert "the rates of the two halves of a window differ" in why_nothing("a", rates)
