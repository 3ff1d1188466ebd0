import numpy as np
import pytest

from cuffless.config import SimulatorOptions, WindowOptions
from cuffless.records import from_arrays
from cuffless.signals import bandpass
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows, first_broken_rule, iter_windows


@pytest.fixture(scope="module")
def cohort():
    """Subjects with artefacts, and the windows cut from them."""
    options = SimulatorOptions(minutes=6, seed=11)
    subjects = [simulate_subject(number, options) for number in range(1, 31)]
    return [(s, cut_windows(from_arrays(s.name, s.ppg, s.abp, s.fs))) for s in subjects]


def truth_of(subject, windows):
    """Median pressures of the true beats whose systolic peak lies in each window, and their rate."""
    beats = subject.truth
    time = beats["time"].to_numpy()
    rows = []
    for start, seconds in zip(windows.start, windows.seconds, strict=True):
        inside = beats[(time >= start) & (time < start + seconds)]
        rows.append((inside["sbp"].median(), inside["dbp"].median(), 60 / inside["rr"].mean()))
    return np.array(rows).reshape(-1, 3)


def test_labels_are_unbiased_on_the_simulator(cohort):
    error = np.concatenate([np.column_stack([w.kept.sbp, w.kept.dbp]) - truth_of(s, w.kept)[:, :2] for s, w in cohort])
    assert len(error) > 500
    assert np.all(np.median(np.abs(error), axis=0) <= 0.4)
    assert np.all(np.abs(error.mean(axis=0)) <= 0.5)
    assert np.all(np.percentile(np.abs(error), 99, axis=0) <= 2)


def test_pulse_rate_is_right_in_kept_windows(cohort):
    error = np.concatenate([w.kept.hr - truth_of(s, w.kept)[:, 2] for s, w in cohort])
    assert np.mean(np.abs(error) <= 2) >= 0.99


def test_counts_add_up_to_the_windows_cut(cohort):
    for _, windows in cohort:
        assert len(windows.candidates) + windows.rejected["missing"] == windows.n_cut
        assert len(windows.ppg) == len(windows.kept) == windows.n_cut - sum(windows.rejected.values())
    kept = sum(len(w.kept) for _, w in cohort) / sum(w.n_cut for _, w in cohort)
    assert 0.5 < kept < 0.97


def test_windows_are_normalized_and_in_time_order(cohort):
    for _, windows in cohort:
        if len(windows.ppg):
            ppg = windows.ppg.astype(float)
            assert windows.ppg.dtype == np.float16
            assert np.abs(ppg.mean(axis=1)).max() < 0.01
            assert np.abs(ppg.std(axis=1) - 1).max() < 0.01
        assert np.all(np.diff(windows.kept.start) > 0)


def test_each_window_holds_seven_beats_and_none_overlaps(pulse_signals):
    ppg, abp = pulse_signals(bpm=84, seconds=180)
    windows = cut_windows(from_arrays("a", ppg, abp, 125.0))
    kept = windows.kept
    assert len(kept) == windows.n_cut == int(180 * 84 / 60 / 7)
    assert np.allclose(kept.seconds, 7 * 60 / 84, atol=0.02)
    assert np.all(kept.start[1:] >= kept.start[:-1] + kept.seconds[:-1] - 1e-9)
    assert np.all(kept.beats == 7)
    assert windows.ppg.shape[1] == 875
    # One beat of 125 samples looks like the next.
    mean = windows.ppg[5:-5].astype(float).reshape(-1, 7, 125).mean(axis=0)
    assert np.corrcoef(mean)[0].min() > 0.98


def test_overlap_and_time_cropping(pulse_signals):
    record = from_arrays("a", *pulse_signals(bpm=60, seconds=140.0), 125.0)
    time = cut_windows(record, WindowOptions(cropping="time"))
    half = cut_windows(record, WindowOptions(cropping="time", overlap=0.5))
    assert np.allclose(np.diff(time.candidates.start), 7.0)
    assert np.allclose(np.diff(half.candidates.start), 3.5)
    assert (time.n_cut, half.n_cut) == (20, 39)


@pytest.mark.parametrize("options", [{}, {"overlap": 0.5}, {"cropping": "time"}, {"length": 15}])
def test_reading_in_blocks_gives_the_same_windows(options):
    subject = simulate_subject(5, SimulatorOptions(minutes=20, seed=4))
    record = from_arrays("a", subject.ppg, subject.abp, subject.fs)
    options = WindowOptions(samples_per_beat=25, **options)
    whole = cut_windows(record, options)
    for block in (240.0, 300.0):
        parts = cut_windows(record, options, block_seconds=block)
        assert parts.rejected == whole.rejected
        assert np.allclose(parts.kept.start, whole.kept.start, atol=1e-6)
        assert np.allclose(parts.kept.sbp, whole.kept.sbp)
        assert np.allclose(parts.kept.snr, whole.kept.snr, atol=1e-3)
        assert np.abs(parts.ppg.astype(float) - whole.ppg.astype(float)).max() < 4e-3


def test_a_gap_costs_one_window_and_nothing_is_joined(pulse_signals):
    ppg, abp = pulse_signals(bpm=75, seconds=300)
    whole = cut_windows(from_arrays("a", ppg, abp, 125.0))
    abp = abp.copy()
    abp[15000:15250] = np.nan
    cut = cut_windows(from_arrays("a", ppg, abp, 125.0))
    assert cut.rejected["missing"] == 1
    assert len(cut.kept) >= len(whole.kept) - 2
    assert not np.any((cut.kept.start < 122) & (cut.kept.start + cut.kept.seconds > 120))
    assert cut.seconds == pytest.approx(298)


@pytest.mark.parametrize("samples", [1, 5, 100])
def test_a_recording_shorter_than_a_window_has_none(samples):
    windows = cut_windows(from_arrays("a", np.ones(samples), np.ones(samples), 250.0))
    assert (len(windows.kept), windows.ppg.shape) == (0, (0, 875))


def test_nothing_but_missing_samples_gives_no_window():
    nothing = np.full(50000, np.nan)
    windows = cut_windows(from_arrays("a", nothing, nothing, 125.0))
    assert windows.n_cut == 0
    assert windows.seconds == 0


def test_flat_lines_and_neonatal_pressure_yield_no_window(pulse_signals):
    ppg, abp = pulse_signals(bpm=75, seconds=120)
    for bad_ppg, bad_abp, rule in (
        (np.ones_like(ppg), abp, "flat"),
        (ppg, np.full_like(abp, 80.0), "flat"),
        (ppg, 28 + 0.1 * (abp - 60), "beats"),
        (*pulse_signals(bpm=75, seconds=120, sbp=45, dbp=28), "sbp"),
    ):
        windows = cut_windows(from_arrays("a", bad_ppg, bad_abp, 125.0))
        assert len(windows.kept) == 0
        assert max(windows.rejected, key=windows.rejected.get) == rule


@pytest.mark.parametrize("bpm", [60, 75, 90, 110])
def test_white_noise_beside_a_good_pressure_is_rejected(pulse_signals, bpm):
    _, abp = pulse_signals(bpm=bpm, seconds=3600)
    noise = np.random.default_rng(bpm).standard_normal(len(abp))
    record = from_arrays("a", noise, abp, 125.0)
    default = cut_windows(record, WindowOptions(samples_per_beat=25))
    assert len(default.kept) <= 0.05 * default.n_cut
    paper = cut_windows(record, WindowOptions(samples_per_beat=25, preset="paper"))
    passes = paper.candidates.snr >= -7
    in_range = (paper.candidates.hr >= 50) & (paper.candidates.hr <= 140)
    assert len(paper.kept) == np.sum(passes & in_range), "the paper's rules keep what passes the SNR"
    assert len(paper.kept) > len(default.kept)


def test_clipped_ppg_is_saturated(pulse_signals):
    ppg, abp = pulse_signals(bpm=75, seconds=120)
    windows = cut_windows(from_arrays("a", np.minimum(ppg, 0.75), abp, 125.0), WindowOptions(flat_seconds=5.0))
    assert windows.rejected["saturated"] > 0.9 * windows.n_cut


def test_rates_that_disagree_are_rejected(pulse_signals):
    ppg, _ = pulse_signals(bpm=75, seconds=120)
    _, abp = pulse_signals(bpm=90, seconds=120)
    windows = cut_windows(from_arrays("a", ppg, abp, 125.0))
    assert windows.rejected["rates"] == windows.n_cut


def test_rules_apply_in_their_order(pulse_signals):
    ppg, abp = pulse_signals(bpm=75, seconds=120, sbp=200, dbp=90)
    for order in (("sbp", "dbp"), ("dbp", "sbp")):
        windows = cut_windows(from_arrays("a", ppg, abp, 125.0), WindowOptions(rules=order))
        assert windows.rejected == {order[0]: windows.n_cut, order[1]: 0}


def test_snr_of_a_clean_pulse_hardly_depends_on_its_rate(pulse_signals):
    medians = []
    for bpm in (50, 75, 100, 140):
        ppg, abp = pulse_signals(bpm=bpm, seconds=120)
        medians.append(np.median(cut_windows(from_arrays("a", ppg, abp, 125.0)).candidates.snr))
    assert np.ptp(medians) < 2


def test_one_beat_windows_take_the_beat_that_covers_their_centre():
    subject = simulate_subject(3, SimulatorOptions(minutes=4, artefacts=False))
    windows = cut_windows(from_arrays("a", subject.ppg, subject.abp, 125.0), WindowOptions(length=1))
    assert set(np.unique(windows.candidates.beats)) <= {0, 1}
    inside = windows.candidates.beats == 1
    assert inside.mean() > 0.95
    centre = windows.candidates.start + windows.candidates.seconds / 2
    beat = np.searchsorted(subject.truth["foot"], centre, "right") - 1
    error = windows.candidates.sbp - subject.truth["sbp"].to_numpy()[np.maximum(beat, 0)]
    assert np.nanmedian(np.abs(error[inside])) < 0.5


def test_ppg_alone_is_judged_without_pressure_rules(pulse_signals):
    ppg, _ = pulse_signals(bpm=75, seconds=120)
    windows = cut_windows(from_arrays("a", ppg, None, 125.0))
    assert len(windows.kept) == windows.n_cut > 15
    assert np.isnan(windows.kept.sbp).all()


def test_authors_labels_are_about_one_mmhg_low():
    subject = simulate_subject(3, SimulatorOptions(minutes=6, artefacts=False))
    record = from_arrays("a", subject.ppg, subject.abp, 125.0)
    code = cut_windows(record, WindowOptions(labels="code", rules=()))
    exact = cut_windows(record, WindowOptions(rules=()))
    assert -2.5 < np.nanmedian(code.kept.sbp - exact.kept.sbp) < -0.4


def test_the_verdict_names_the_first_rule(cohort):
    _, windows = cohort[0]
    verdict = first_broken_rule(windows.candidates, WindowOptions())
    assert np.sum(verdict < 0) == len(windows.kept)


def test_windows_come_from_the_filtered_ppg(pulse_signals):
    ppg, abp = pulse_signals(bpm=60, seconds=120)
    windows = cut_windows(from_arrays("a", ppg + 50, abp, 125.0), WindowOptions(cropping="time", length=7))
    expected = bandpass(ppg + 50, 125.0)[875 * 8 : 875 * 9]
    expected = (expected - expected.mean()) / expected.std()
    assert np.abs(windows.ppg[8].astype(float) - expected).max() < 5e-3


def test_real_record_3000714(shared):
    from cuffless.records import open_record

    windows = cut_windows(open_record(shared / "wfdb_mimic3_3000714" / "3000714_0002"))
    assert len(windows.kept) >= 14
    assert np.median(windows.kept.sbp) == pytest.approx(100, abs=3)
    assert np.median(windows.kept.dbp) == pytest.approx(45, abs=3)
    assert np.median(windows.kept.hr) == pytest.approx(75, abs=2)


def test_real_record_mixedsignals_lies_above_the_limits_of_the_paper(shared):
    from cuffless.records import open_record

    record = open_record(shared / "wfdb_samples" / "mixedsignals")
    windows = cut_windows(record)
    assert len(windows.kept) == 0
    assert windows.rejected["dbp"] > 0.8 * windows.n_cut
    wide = cut_windows(record, WindowOptions(limits="code")).kept
    assert np.median(wide.sbp) == pytest.approx(160, abs=3)
    assert np.median(wide.dbp) == pytest.approx(90, abs=3)
    assert np.median(wide.hr) == pytest.approx(104, abs=2)


def test_what_was_said_of_a_record_before_is_not_a_segment_that_failed(pulse_signals):
    record = from_arrays("r", *pulse_signals(), 125)
    notes = ["r: its pressure has no unit; mmHg is assumed"]
    assert sum(len(piece.kept) for piece in iter_windows(record, failures=notes)) > 10
    assert len(notes) == 1
