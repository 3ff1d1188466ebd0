"""Intervals cover what they say in studies whose true error and skill are known."""

import pytest

from cuffless.judgement.evidence import coverage
from cuffless.judgement.evidence.coverage import COVERED, coverage_table, few_subjects_warning
from cuffless.judgement.evidence.studies import ALIKE, FAR_OFF, INFORMATIVE, MAE, SKILL

LEAST = {
    (MAE, ALIKE): 0.94,
    (MAE, FAR_OFF): 0.91,
    (MAE, INFORMATIVE): 0.84,
    (SKILL, ALIKE): 0.93,
    (SKILL, FAR_OFF): 0.91,
    (SKILL, INFORMATIVE): 0.92,
}
"""Least coverage, as docs/method.md reports it, less what 2,000 simulations leave uncertain."""


@pytest.mark.parametrize(("figure", "people"), LEAST)
def test_95_percent_intervals_cover_what_the_pages_report(figure, people):
    table = coverage_table(figure=figure, people=people).dropna()
    assert set(table["n_subjects"]) == {6, 8, 10, 20, 40, 85}
    assert table["coverage"].between(LEAST[figure, people], 0.975).all(), table
    assert table.query("n_subjects >= 40")["coverage"].min() > 0.91, table
    if people == INFORMATIVE and figure == MAE:  # the averages in which they are not informative are right
        assert table.query("average == 'subject'")["coverage"].min() > 0.94, table


def test_what_is_printed_beside_few_subjects_is_what_is_measured():
    table = coverage_table(tuple(COVERED), figure=SKILL, people=FAR_OFF).query("average == 'subject'")
    for said, found in zip(COVERED.values(), table.itertuples(), strict=True):
        assert said == pytest.approx(found.coverage, abs=found.error)


def test_coverage_and_misses_add_up_and_more_subjects_know_more():
    table = coverage_table((10, 40), simulations=200)
    assert (table["coverage"] + table["lower_miss"] + table["upper_miss"]).to_numpy() == pytest.approx(1)
    pooled = table[table["average"] == "pooled"].set_index("n_subjects")
    assert pooled.loc[40, "median_width"] < 0.6 * pooled.loc[10, "median_width"]
    assert 0 < pooled.loc[10, "without"] < 0.5  # ten unequal subjects may be worth fewer than six
    assert pooled.loc[40, "without"] == 0


@pytest.mark.parametrize("figure", [MAE, SKILL])
def test_a_biased_interval_is_found_out(monkeypatch, figure):
    """Intervals about another figure than the true one miss it, on the side that they should."""
    monkeypatch.setattr(coverage, "true_ratio", lambda figure, people, average: {MAE: 20.0, SKILL: 0.4}[figure])
    table = coverage_table((85,), simulations=200, figure=figure)
    assert (table["coverage"] < 0.2).all()
    assert (table["upper_miss"] > 0.8).all()


def test_intervals_of_a_share_near_1_do_not_flatter():
    """A few subjects decide such a share; draws without them must not count as missing."""
    table = coverage_table((17, 50, 85), simulations=500, figure="within10")
    assert (table["coverage"] > 0.89).all(), table
    assert (table["lower_miss"] < 0.1).all(), table


def test_few_subjects_are_warned_of_with_measured_figures():
    for subjects in (6, 10, 16):
        assert "93 % with 6 subjects" in few_subjects_warning(subjects)
    for subjects in (1, 5, 17, 85):  # below 6 there is no interval to warn of
        assert few_subjects_warning(subjects) == ""


def test_coverage_that_is_not_simulated_is_refused():
    with pytest.raises(ValueError, match="no interval below 6"):
        coverage_table((5,))
    with pytest.raises(ValueError, match="no simulated studies of 'within10'"):
        coverage_table(figure="within10", people=FAR_OFF)
