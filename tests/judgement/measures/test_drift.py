"""Errors against the time since calibration: bins that suit the recordings, subjects that count the same."""

import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.drift import COLUMNS, READABLE, drift_edges, since_rows

QUICK = EvaluationOptions(bootstrap=400)


def in_bins(edges, minutes):
    return ((minutes[:, None] >= edges[:, 0]) & (minutes[:, None] < edges[:, 1])).sum(axis=1)


@pytest.mark.parametrize("longest", [3, 50, 600, 20000, 6e6])
def test_edges_suit_minutes_as_well_as_years(longest):
    rng = np.random.default_rng(0)
    minutes, owner = np.exp(rng.uniform(np.log(longest / 50), np.log(longest), 4000)), rng.integers(0, 20, 4000)
    edges = drift_edges([(minutes, owner)])
    assert 4 <= len(edges) <= 7
    assert set(edges.ravel()) <= {0.0, *READABLE}
    assert (in_bins(edges, minutes) == 1).all()
    for low, high in edges:
        assert len(np.unique(owner[(minutes >= low) & (minutes < high)])) == 20


def test_a_bin_of_few_subjects_is_joined_with_its_neighbour():
    minutes = np.tile(np.geomspace(0.3, 100, 50), 10)
    owner = np.repeat(np.arange(10), 50)
    late = owner < 2  # two subjects go on for days
    minutes = np.where(late, minutes * 100, minutes)
    for low, high in drift_edges([(minutes, owner)]):
        assert len(np.unique(owner[(minutes >= low) & (minutes < high)])) >= 6


def test_a_pause_of_all_recordings_belongs_to_no_bin():
    minutes = np.r_[np.linspace(0.3, 4, 100), np.linspace(1441, 1500, 100)]
    edges = drift_edges([(np.tile(minutes, 8), np.repeat(np.arange(8), 200))])
    assert (in_bins(edges, minutes) == 1).all()
    assert not in_bins(edges, np.array([10.0, 100.0, 1000.0])).any()


def test_without_a_clock_there_is_no_bin():
    assert drift_edges([(np.full(5, np.nan), np.zeros(5, int))]).shape == (0, 2)


def _drifting(predictor_of, rng, subjects=12, windows=200):
    """Predictor whose error grows by 1 mmHg every ten minutes; some subjects have twice as many windows."""
    counts = np.where(np.arange(subjects) % 3, windows, 2 * windows)
    owner = np.repeat(np.arange(subjects), counts)
    since = np.concatenate([np.sort(rng.uniform(5, 6000, count)) for count in counts])
    error = (2 + since / 600 + np.abs(rng.normal(0, 3, subjects))[owner]) * rng.choice([-1, 1], len(owner))
    return predictor_of(owner, np.full(len(owner), 120.0), 120 + error, since=since)


def test_an_error_that_grows_is_seen_to_grow(predictor_of):
    table = since_rows([_drifting(predictor_of, np.random.default_rng(0))], QUICK)
    assert list(table.columns) == COLUMNS
    sbp = table[table["pressure"] == "SBP"]
    assert len(sbp) >= 4
    assert sbp["mae"].is_monotonic_increasing
    assert (sbp["lower"] < sbp["mae"]).all()
    assert (sbp["mae"] < sbp["upper"]).all()
    np.testing.assert_allclose(sbp["mae"], 2 * table.loc[table["pressure"] == "DBP", "mae"])


def test_the_mae_of_a_bin_is_the_mean_of_its_subjects(predictor_of):
    one = _drifting(predictor_of, np.random.default_rng(1))
    for row in since_rows([one], QUICK).itertuples():
        inside = (one.since / 60 >= row.minutes_low) & (one.since / 60 < row.minutes_high)
        error = np.abs(one.error[inside, 0 if row.pressure == "SBP" else 1])
        by_subject = [error[one.owner[inside] == k].mean() for k in np.unique(one.owner[inside])]
        assert row.mae == pytest.approx(np.mean(by_subject))
        assert (row.n_windows, row.n_subjects) == (inside.sum(), len(by_subject))


def test_windows_without_a_delay_are_in_no_bin(predictor_of):
    one = _drifting(predictor_of, np.random.default_rng(2))
    one.since[::4] = np.nan
    one.since[1::4] = -30.0  # before the last calibration window
    table = since_rows([one], QUICK)
    assert (table.groupby("pressure")["n_windows"].sum() == np.isfinite(one.since[one.since > 0]).sum()).all()


def test_without_delays_there_is_no_row(predictor_of):
    for since in (None, np.full(3, np.nan)):
        table = since_rows([predictor_of([0, 0, 1], [100, 110, 120], [100, 100, 100], since=since)], QUICK)
        assert table.empty
        assert list(table.columns) == COLUMNS


def test_seeds_are_averaged_in_their_errors(predictor_of):
    one = _drifting(predictor_of, np.random.default_rng(3))
    other = predictor_of(one.owner, one.reference[:, 0], one.reference[:, 0] - 3 * one.error[:, 0], since=one.since)
    alone, both = since_rows([one], QUICK), since_rows([one, other], QUICK)
    np.testing.assert_allclose(both["mae"], 2 * alone["mae"])  # the mean prediction would err like one alone
