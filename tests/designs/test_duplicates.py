import numpy as np
import pytest
from scipy.interpolate import make_interp_spline

from cuffless.config import SimulatorOptions, SplitOptions, WindowOptions
from cuffless.designs.duplicates import near_duplicates, stored
from cuffless.designs.duplicates import windows as module
from cuffless.records import from_arrays
from cuffless.signals import shifts
from cuffless.signals.shifts import MOST_SHIFT
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows

THRESHOLD = SplitOptions().duplicate_correlation
RNG = np.random.default_rng(0)


def shifted(windows, samples):
    """Windows a little later in the same signal, as far as they reach."""
    place = np.arange(windows.shape[1]) + samples
    return make_interp_spline(np.arange(windows.shape[1]), windows, k=3, axis=1)(place)


def requantized(windows, bits):
    step = np.ptp(windows, axis=1, keepdims=True) / 2**bits
    return np.round(windows / step) * step


DISGUISES = {
    "the same": lambda x: x,
    "rescaled": lambda x: 3.7 * x - 12,
    "stored in 16 bits at another scale": lambda x: (0.013 * x).astype(np.float16).astype(float),
    "quantized anew in 8 bits": lambda x: requantized(x, 8),
    "noisy by 1 % of its SD": lambda x: x + 0.01 * RNG.standard_normal(x.shape),
    "half a sample later": lambda x: shifted(x, 0.5),
    "two samples earlier": lambda x: shifted(x, -2),
    "a sample later, rescaled and noisy": lambda x: 2 * shifted(x, 1) + 0.015 * RNG.standard_normal(x.shape),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_in_every_disguise(cohort, write_sets, disguise):
    ppg, index = cohort
    first = index["subject"] < "p000013"
    copied = RNG.choice(np.flatnonzero(first), 30, replace=False)
    copies = DISGUISES[disguise](ppg[copied].astype(float))
    paths = write_sets(train=ppg[first], test=np.concatenate([ppg[~first][:200], copies]))
    found = near_duplicates(paths, threshold=THRESHOLD)
    assert found["position"].tolist() == list(range(200, 230))
    assert np.array_equal(found["other_position"], copied)  # the first subjects' windows come first
    assert set(found["subset"]) == {"test"}
    assert set(found["other"]) == {"train"}


@pytest.mark.parametrize("samples", [-2, -0.7, 0.25, 1.5])
def test_the_shift_of_a_copy_is_told(cohort, write_sets, samples):
    ppg = cohort[0][:400]
    paths = write_sets(train=ppg, test=shifted(ppg[:50].astype(float), samples))
    found = near_duplicates(paths, threshold=THRESHOLD)
    # The window shifted by the opposite lies over its copy.
    np.testing.assert_allclose(found["shift"] * 125, -samples, atol=0.1)


def test_other_windows_of_a_regular_pulse_are_no_copies(cohort, write_sets):
    ppg, _ = cohort
    order = np.random.default_rng(1).permutation(len(ppg))  # windows of one subject on all sides
    train, val, test = np.split(ppg[order], [len(ppg) * 3 // 4, len(ppg) * 7 // 8])
    paths = write_sets(train=train, val=val, test=test)
    assert near_duplicates(paths, threshold=THRESHOLD).empty
    assert len(near_duplicates(paths, threshold=0.99)) > 50  # they come near


@pytest.mark.slow
def test_without_confounders_other_peoples_pulses_are_no_copies(write_sets):
    options = SimulatorOptions(minutes=20, seed=5, confounding=0.0, artefacts=False)
    subjects = [simulate_subject(number, options) for number in range(60)]
    parts = [cut_windows(from_arrays(s.name, s.ppg, s.abp, s.fs), WindowOptions(samples_per_beat=25)) for s in subjects]
    parts = [part.ppg for part in parts]
    paths = write_sets(25, train=np.concatenate(parts[:40]), test=np.concatenate(parts[40:]))
    assert near_duplicates(paths, threshold=THRESHOLD).empty


def test_the_index_finds_what_comparing_all_pairs_finds(cohort, write_sets, monkeypatch):
    monkeypatch.setattr(shifts, "MOST_SHIFT", 0.0)
    monkeypatch.setattr(module, "READ_ROWS", 256)
    monkeypatch.setattr(stored, "READ_ROWS", 256)
    ppg, _ = cohort
    order = np.random.default_rng(2).permutation(len(ppg))
    train, test = ppg[order[: len(ppg) * 3 // 5]], ppg[order[len(ppg) * 3 // 5 :]]
    threshold = 0.99
    found = near_duplicates(write_sets(train=train, test=test), threshold=threshold)
    inner = slice(1, -1)
    unit = [shifts.unit(part[:, inner].astype(float)) for part in (test, train)]
    best = (unit[0] @ unit[1].T).max(axis=1)
    # A step to either side is looked at too, so a little more may be found, but nothing is missed.
    assert set(np.flatnonzero(best >= threshold)) <= set(found["position"])
    assert (found["correlation"] >= best[found["position"]] - 1e-9).all()
    assert (best[found["position"]] > threshold - 0.005).all()


def test_windows_of_other_sampling_are_looked_at_with_the_same_tolerance_in_time(write_sets):
    subject = simulate_subject(3, SimulatorOptions(minutes=10, seed=5, artefacts=False))
    options = WindowOptions(samples_per_beat=25)

    def cut(later):
        signals = (signal[later:] for signal in (subject.ppg, subject.abp))
        return cut_windows(from_arrays("a", *signals, subject.fs), options)

    whole, later = cut(0), cut(1)  # 8 ms
    paths = write_sets(25, train=whole.ppg, test=later.ppg)
    found = near_duplicates(paths, threshold=THRESHOLD)
    near = np.abs(later.kept.start[:, None] + 0.008 - whole.kept.start).min(axis=1)
    beat = later.kept.seconds / options.length
    rate = np.abs(later.kept.seconds[:, None] - whole.kept.seconds).min(axis=1) / later.kept.seconds
    copies = np.flatnonzero((near < 0.8 * MOST_SHIFT * beat) & (rate < 5e-4))
    assert len(copies) > 10
    assert np.isin(copies, found["position"]).mean() > 0.95


def test_flat_windows_are_like_nothing(cohort, write_sets):
    ppg = np.concatenate([cohort[0][:300], np.zeros((3, 875), np.float16)])
    assert near_duplicates(write_sets(train=ppg, test=np.ones((5, 875))), threshold=0.95).empty


def test_empty_sets_have_no_copies(cohort, write_sets):
    ppg = cohort[0][:300]
    paths = write_sets(train=ppg, val=ppg[:0], test=ppg[:0])
    found = near_duplicates(paths, threshold=THRESHOLD)
    assert found.empty
    assert list(found) == list(module.COLUMNS)


def test_sets_of_windows_of_other_length_are_refused(cohort, write_sets):
    ppg = cohort[0][:100]
    with pytest.raises(ValueError, match=r"differ in length; sample the split again"):
        near_duplicates(write_sets(train=ppg, test=ppg[:50, :700]), threshold=THRESHOLD)
