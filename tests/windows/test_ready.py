import numpy as np
import pandas as pd
import pytest

from cuffless.config import WindowOptions
from cuffless.records import RecordError, from_arrays
from cuffless.records.record import ReadyWindows, Record
from cuffless.signals import bandpass
from cuffless.windows import WindowStore, cut_windows, iter_windows
from cuffless.windows.ready import iter_ready


def pulses(bpm, seconds=7.0, fs=125.0, phase=0.0):
    beat = (phase + np.arange(round(seconds * fs)) / fs * bpm / 60) % 1
    return np.exp(-0.5 * ((beat - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((beat - 0.6) / 0.12) ** 2)


def record_of(ppg, sbp=120.0, dbp=60.0, fs=125.0, **options):
    ppg = np.atleast_2d(ppg)
    sbp, dbp = (np.broadcast_to(np.asarray(values, float), len(ppg)) for values in (sbp, dbp))
    ready = ReadyWindows(
        len(ppg), fs, ppg.shape[1], lambda a, b: (ppg[a:b].copy(), sbp[a:b].copy(), dbp[a:b].copy()), **options
    )
    return Record("a", "a", fs, ("PPG",), ready.seconds, (), ready=ready)


@pytest.fixture(scope="module")
def clean():
    """Clean windows of many rates, phases and heights, and their rates."""
    draw = np.random.default_rng(3)
    bpm = draw.uniform(52, 138, 300)
    phases, heights = draw.uniform(0, 1, 300), draw.uniform(0.01, 100, 300)
    return np.array([h * pulses(b, phase=p) for b, p, h in zip(bpm, phases, heights, strict=True)]), bpm


def test_clean_windows_are_all_kept_with_their_labels_and_rates(clean):
    ppg, bpm = clean
    sbp = np.linspace(100, 150, 300)
    windows = cut_windows(record_of(ppg, sbp))
    assert windows.n_cut == len(windows.kept) == 300
    assert np.array_equal(windows.kept.sbp, sbp)
    assert np.all(windows.kept.dbp == 60)
    assert np.abs(windows.kept.hr - bpm).max() < 0.5
    assert windows.kept.snr.min() > 3
    assert windows.seconds == 2100


def test_windows_stay_whole_whatever_the_options_of_cutting(clean):
    record = record_of(clean[0])
    for options in ({"cropping": "time"}, {"overlap": 0.5}, {"length": 15}):
        windows = cut_windows(record, WindowOptions(**options))
        assert windows.n_cut == 300
        assert np.all(windows.candidates.seconds == 7)
        assert windows.ppg.shape[1] == WindowOptions(**options).samples
    assert np.array_equal(windows.candidates.start, 7.0 * np.arange(300))


def test_a_window_of_the_right_length_is_only_normalized(clean):
    ppg, _ = clean
    windows = cut_windows(record_of(ppg))
    expected = (ppg - ppg.mean(axis=1, keepdims=True)) / ppg.std(axis=1, keepdims=True)
    assert windows.ppg.dtype == np.float16
    assert np.abs(windows.ppg - expected).max() < 4e-3


@pytest.mark.parametrize(("fs", "seconds"), [(100.0, 7.0), (125.0, 10.0), (250.0, 7.0), (62.5, 8.0), (117.3, 6.5)])
def test_windows_of_other_rates_and_lengths_are_resampled_along_their_whole_length(fs, seconds):
    ppg = np.array([pulses(72, seconds, fs, phase=p) for p in (0.0, 0.4, 0.8)])
    windows = cut_windows(record_of(ppg, fs=fs))
    assert len(windows.kept) == 3
    assert np.abs(windows.kept.hr - 72).max() < 0.5
    length = ppg.shape[1] / fs
    fine = np.array([pulses(72, 20, 875 / length, phase=p)[:875] for p in (0.0, 0.4, 0.8)])
    expected = (fine - fine.mean(axis=1, keepdims=True)) / fine.std(axis=1, keepdims=True)
    assert np.abs(windows.ppg - expected)[:, 5:-5].max() < 0.03


def test_a_window_is_the_same_whatever_stands_beside_it(clean):
    ppg = clean[0][:, :700]  # resampled, so that neighbours could leak in at the ends
    together = cut_windows(record_of(ppg))
    for row in (0, 57, 299):
        alone = cut_windows(record_of(ppg[row]))
        assert np.array_equal(alone.ppg[0], together.ppg[row])
        assert alone.kept.snr[0] == pytest.approx(together.kept.snr[row], abs=1e-3)
        assert alone.kept.pulses[0] == together.kept.pulses[row]


def test_few_samples_a_second_do_not_fold_high_frequencies_back():
    fs, seconds = 125.0, 10.0
    t = np.arange(1250) / fs
    disturbed = np.sin(2 * np.pi * 1.2 * t) + np.sin(2 * np.pi * 7.5 * t)  # 112 samples in 10 s hold 5.6 Hz
    coarse = WindowOptions(samples_per_beat=16, rules=("missing",))
    ppg = cut_windows(record_of([disturbed]), coarse).ppg[0].astype(float)
    spectrum = np.abs(np.fft.rfft(ppg * np.hanning(112)))
    folded = round((112 / seconds - 7.5) * seconds)
    assert spectrum[folded - 2 : folded + 3].max() < 0.05 * spectrum[12]


def test_windows_too_long_for_the_samples_wanted_are_refused_with_the_remedy():
    with pytest.raises(RecordError, match=r"windows of 30 s cannot represent a pulse of 3 Hz in 175 samples; raise"):
        cut_windows(record_of(pulses(75, 30.0)), WindowOptions(samples_per_beat=25))


def test_ppg_that_was_not_filtered_is(clean):
    raw = clean[0][:20] / clean[0][:20].std(axis=1, keepdims=True) + np.linspace(0, 30, 875)
    windows = cut_windows(record_of(raw, filtered=False), WindowOptions(rules=("missing",)))
    expected = bandpass(raw, 125.0)
    expected = (expected - expected.mean(axis=1, keepdims=True)) / expected.std(axis=1, keepdims=True)
    assert np.abs(windows.ppg - expected).max() < 4e-3


def test_each_rule_rejects_its_windows_and_counts_add_up():
    good = pulses(75)
    draw = np.random.default_rng(0)
    cases = {
        "missing": (np.where(np.arange(875) == 400, np.nan, good), 120, 60),
        "flat": (np.where(np.abs(np.arange(875) - 400) < 15, 0.123, good), 120, 60),
        "saturated": (np.minimum(good, 0.6), 120, 60),
        "hr": (pulses(165), 120, 60),
        "sbp": (good, 180, 60),
        "dbp": (good, 120, 90),
        "pulse_pressure": (good, 80, 75),
        "snr": (draw.standard_normal(875), 120, 60),
    }
    for name, (ppg, sbp, dbp) in cases.items():
        only = WindowOptions(rules=(name,))
        windows = cut_windows(record_of([good, ppg], [120, sbp], [60, dbp]), only)
        assert (len(windows.kept), windows.rejected) == (1, {name: 1}), name
    ppg, sbp, dbp = zip((good, 120, 60), *cases.values(), (good, np.nan, 60), strict=True)
    windows = cut_windows(record_of(np.array(ppg), sbp, dbp))
    assert windows.n_cut == 10
    assert sum(windows.rejected.values()) + len(windows.kept) == 10
    assert windows.rejected["missing"] == 2
    assert len(windows.candidates) == 8


def test_a_wrong_number_of_pulses_is_seen():
    doubled = pulses(60) + np.where(np.arange(875) < 437, pulses(60, phase=0.5), 0)
    windows = cut_windows(record_of([pulses(60), doubled]), WindowOptions(rules=("pulses",)))
    assert windows.rejected == {"pulses": 1}


def test_rules_that_need_pressure_beats_reject_nothing_and_are_still_listed(clean):
    options = WindowOptions(rules=("beats", "spread", "rates"))
    windows = cut_windows(record_of(clean[0]), options)
    assert windows.rejected == {"beats": 0, "spread": 0, "rates": 0}
    assert len(windows.kept) == 300


def test_missing_windows_are_never_kept_even_without_their_rule():
    ppg = np.array([pulses(75), np.full(875, np.nan)])
    windows = cut_windows(record_of(ppg), WindowOptions(rules=("hr",)))
    assert (len(windows.kept), windows.n_cut) == (1, 1)
    windows = cut_windows(record_of(ppg[1:]))
    assert (len(windows.kept), windows.rejected["missing"], windows.ppg.shape) == (0, 1, (0, 875))


def test_the_result_does_not_depend_on_the_block(clean):
    record = record_of(clean[0] + 0.05 * np.random.default_rng(1).standard_normal(clean[0].shape))
    whole = cut_windows(record)
    parts = list(iter_ready(record, block=37))
    assert len(parts) == 9
    for name in ("start", "hr", "snr", "sbp", "pulses"):
        assert np.allclose(np.concatenate([getattr(p.kept, name) for p in parts]), getattr(whole.kept, name))
    assert np.array_equal(np.concatenate([p.ppg for p in parts]), whole.ppg)


def test_windows_resampled_to_60_bpm_measure_60_bpm():
    """Their file's time base counts: seven beats of 90 bpm, brought to 875 samples by others."""
    ppg = pulses(90, 7 * 60 / 90, 875 / (7 * 60 / 90))
    assert cut_windows(record_of([ppg])).kept.hr == pytest.approx([60], abs=0.5)


def test_labels_and_snr_agree_with_windows_that_are_cut_here(pulse_signals):
    ppg, abp = pulse_signals(bpm=72, seconds=300)
    options = WindowOptions(cropping="time")
    cut = cut_windows(from_arrays("a", ppg, abp, 125.0), options)
    filtered = bandpass(ppg, 125.0)
    ready = cut_windows(record_of(filtered[: 42 * 875].reshape(-1, 875), cut.kept.sbp[:42], cut.kept.dbp[:42]), options)
    assert len(cut.kept) == len(ready.kept) == 42
    assert np.abs(ready.ppg.astype(float) - cut.ppg).max() < 4e-3
    assert np.abs(ready.kept.snr - cut.kept.snr).max() < 0.5
    assert np.abs(ready.kept.hr - cut.kept.hr).max() < 0.5


def test_windows_without_labels_are_judged_by_the_ppg_alone():
    ready = ReadyWindows(2, 125.0, 875, lambda a, b: (np.array([pulses(75), pulses(165)])[a:b], None, None))
    windows = cut_windows(Record("a", "a", 125.0, ("PPG",), 14.0, (), ready=ready))
    assert windows.rejected["hr"] == 1
    assert np.isnan(windows.kept.sbp).tolist() == [True]


@pytest.mark.parametrize("shape", [(2, 874), (1, 875), (875,)])
def test_windows_that_are_not_as_announced_are_refused(shape):
    ready = ReadyWindows(2, 125.0, 875, lambda a, b: (np.zeros(shape), np.full(2, 120.0), np.full(2, 60.0)))
    with pytest.raises(RecordError, match=r"a: PPG of ready windows is .*, not \(2, 875\)"):
        list(iter_windows(Record("a", "a", 125.0, ("PPG",), 14.0, (), ready=ready)))


def test_ready_windows_are_stored_like_any_others(clean, tmp_path):
    row = {"record": "a", "subject": "s", "identity": "patient"}
    record = record_of(clean[0], np.where(np.arange(300) < 100, 190.0, 120.0))
    files = [tmp_path / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    with WindowStore(*files, WindowOptions()) as store:
        store.add(row, iter_windows(record, store.options))
    assert len(pd.read_parquet(files[1])) == 200
    quality = pd.read_csv(files[2]).iloc[0]
    assert (quality["windows_cut"], quality["windows_kept"], quality["sbp"]) == (300, 200, 100)


def test_normal_pulses_in_windows_of_two_seconds_are_kept():
    draw = np.random.default_rng(8)
    bpm, phases = draw.uniform(53, 135, 200), draw.uniform(0, 1, 200)
    ppg = np.array([pulses(b, seconds=2.1, phase=p) for b, p in zip(bpm, phases, strict=True)])
    windows = cut_windows(record_of(ppg))
    assert windows.rejected["hr"] == 0
    assert len(windows.kept) == 200
    assert np.abs(windows.kept.hr / bpm - 1).max() < 0.05
    outside = np.array([pulses(b, seconds=2.1, phase=p) for b in (45, 155, 180) for p in (0.0, 0.3, 0.6)])
    assert cut_windows(record_of(outside)).rejected["hr"] == 9
