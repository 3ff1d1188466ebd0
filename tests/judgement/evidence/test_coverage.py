"""Intervals cover what they say in studies whose true error is known."""

import pytest

from cuffless.judgement.evidence import coverage
from cuffless.judgement.evidence.coverage import COVERED, FEW_SUBJECTS, coverage_table, few_subjects_warning


@pytest.mark.slow
def test_95_percent_intervals_cover_92_to_97_percent_from_17_subjects_on():
    table = coverage_table()
    assert set(table["n_subjects"]) == {6, 10, 17, 20, 50, 85}
    enough = table[table["n_subjects"] >= FEW_SUBJECTS]
    assert enough["coverage"].between(0.92, 0.97).all(), enough
    # What is printed beside the intervals of few subjects is what is measured.
    few = table.set_index(["n_subjects", "average"])
    for subjects, said in COVERED.items():
        lowest = few.loc[subjects].nsmallest(1, "coverage").iloc[0]
        assert said == pytest.approx(lowest["coverage"], abs=lowest["error"])


def test_coverage_and_misses_add_up_and_more_subjects_know_more():
    table = coverage_table((10, 40), simulations=150)
    assert (table["coverage"] + table["lower_miss"] + table["upper_miss"]).to_numpy() == pytest.approx(1)
    pooled = table[table["average"] == "pooled"].set_index("n_subjects")["mean_width"]
    assert pooled[40] < 0.6 * pooled[10]


def test_a_biased_interval_is_found_out(monkeypatch):
    """Intervals about another error than the true one miss it, on the side that they should."""
    monkeypatch.setitem(coverage._TRUE, "mae", 20.0)
    table = coverage_table((40,), simulations=150)
    assert (table["coverage"] < 0.2).all()
    assert (table["upper_miss"] > 0.8).all()


@pytest.mark.slow
def test_intervals_of_a_share_near_1_do_not_flatter():
    """A few subjects decide such a share; draws without them must not count as missing."""
    table = coverage_table((6, 17, 50, 85), simulations=1000, figure="within10")
    assert (table["coverage"] > 0.9).all(), table
    assert (table["lower_miss"] < 0.08).all(), table


def test_few_subjects_are_warned_of_with_measured_figures():
    for subjects in (6, 10, 16):
        assert "92 % with 6 subjects" in few_subjects_warning(subjects)
    for subjects in (1, 5, 17, 85):  # below 6 there is no interval to warn of
        assert few_subjects_warning(subjects) == ""


def test_coverage_of_no_interval_is_refused():
    with pytest.raises(ValueError, match="no interval below 6"):
        coverage_table((5,))
