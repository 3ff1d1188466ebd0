import numpy as np
import pandas as pd
import pytest

from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs import SUBSETS, sample_split
from cuffless.planning.windows import set_sizes, window_seconds, windows_by_subject


def index_of(counts):
    """Index of kept windows, so many of each subject."""
    subject = np.repeat([f"p{k:04d}" for k in range(len(counts))], counts)
    row = np.concatenate([np.arange(n) for n in counts])
    columns = {"record": subject, "subject": subject, "row": row, "start": row * 7.0, "seconds": 7.0, "sbp": 120.0}
    return pd.DataFrame({**columns, "dbp": 60.0})


@pytest.mark.parametrize(
    ("counts", "options"),
    [
        ([50] * 40, {"subjects": (20, 5, 5), "windows": (300, 60, 60), "cap": 20}),
        ([50] * 40, {"subjects": (20, 5, 5), "cap": 20}),
        ([50] * 40, {"cap": 20}),
        ([50] * 30 + [3] * 10, {"cap": 20, "min_windows": 5}),
        ([50] * 40, {"kind": "mixed", "mixed_subjects": 10, "windows": (100, 20, 20), "cap": 20}),
        ([50] * 20 + [12] * 20, {"kind": "mixed", "mixed_subjects": 25, "cap": 50}),
        ([50] * 8, {"kind": "mixed", "cap": 30}),
    ],
)
def test_sets_are_foretold_as_they_will_be_drawn(counts, options):
    options = SplitOptions(**options)
    drawn = sample_split(index_of(counts), options).windows["subset"].value_counts()
    foretold = set_sizes(np.array(counts), options)
    assert foretold == pytest.approx([drawn[s] for s in SUBSETS], abs=1)


def test_sets_of_unequal_subjects_are_foretold_on_average():
    counts = np.random.default_rng(0).integers(5, 60, 40)
    options = [SplitOptions(subjects=(20, 10, 10), cap=40, seed=seed) for seed in range(8)]
    drawn = [sample_split(index_of(counts), one).windows["subset"].value_counts() for one in options]
    means = [np.mean([d[s] for d in drawn]) for s in SUBSETS]
    assert set_sizes(counts, options[0]) == pytest.approx(means, rel=0.1)


def test_without_records_the_options_bound_the_sets():
    assert set_sizes(None, SplitOptions()) == (1_000_000, 250_000, 250_000)
    assert set_sizes(None, SplitOptions(subjects=(20, 5, 5), cap=10)) == (200, 50, 50)
    mixed = SplitOptions(kind="mixed", mixed_subjects=10, cap=15, windows=(100, 25, 25))
    assert set_sizes(None, mixed) == (100, 25, 25)


def test_windows_follow_length_overlap_and_cropping():
    assert window_seconds(WindowOptions()) == pytest.approx(7 * 60 / 80)
    assert window_seconds(WindowOptions(cropping="time", length=7, overlap=0.5)) == pytest.approx(3.5)


def test_windows_that_were_cut_replace_those_that_could_be(tmp_path):
    options = WindowOptions(cropping="time", length=10)
    quality = tmp_path / "main.quality.csv"
    counts, basis = windows_by_subject(np.array([100.0, 59.0]), options, quality)
    assert (counts.tolist(), basis) == ([10, 5], "at most")
    pd.DataFrame({"subject": ["p1", "p1", "p2"], "windows_kept": [3, 4, 0]}).to_csv(quality, index=False)
    counts, basis = windows_by_subject(np.array([100.0, 59.0]), options, quality)
    assert (counts.tolist(), basis) == ([7, 0], "cut")
