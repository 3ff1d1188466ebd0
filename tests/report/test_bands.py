"""What a reader finds about intervals on the pages, in the terminal and in the figure."""

import pandas as pd
import pytest

from cuffless.config import FigureOptions
from cuffless.figures.judgement.intervals import plot_intervals
from cuffless.report.judgement.bands import interval_sentences, shown_rows
from cuffless.report.study.tables import band_table


@pytest.fixture(scope="module")
def stated(judgement_page):
    return judgement_page(cases=("nonmixed",), networks=("alexnet",), stated=True)


@pytest.fixture(scope="module")
def judgement(judgement_of):
    return judgement_of(cases=("nonmixed",), networks=("alexnet",), stated=True)


def sentence(judgement, **changes):
    intervals = judgement.intervals[judgement.intervals["pressure"] == "SBP"].assign(**changes)
    [found] = interval_sentences(intervals, judgement.risk, "nonmixed", "alexnet")
    return found


def test_the_verdict_is_a_sentence_with_level_share_interval_and_width(stated):
    said = stated.sections["intervals"]
    assert "SBP: AlexNet, 90 % intervals stated by the predictor: they hold 80 % of a person's windows" in said
    assert "(95 % interval 74 % to 85 %, 40 subjects): fewer than they should" in said
    assert "Median width 30.0 mmHg; population mean ± quantile: 44.0 mmHg, holding 91 %." in said
    assert "50.0 in place of 60.0 mmHg (skill −0.20 [−0.30, −0.10]): worse than doing nothing" in said
    assert "the MAE is 10.0 instead of 12.0 mmHg (−2.0 [−3.0, −1.0]): abstaining helps" in said


def test_too_little_coverage_is_never_better_than_doing_nothing(judgement):
    better = {"score_skill": 0.2, "score_skill_lower": 0.1, "score_skill_upper": 0.3}
    assert sentence(judgement, **better).verdict == "worse"
    assert sentence(judgement, **better, verdict="not shown to differ").verdict == "better"


def test_without_an_interval_over_people_nothing_is_concluded(judgement):
    said = sentence(judgement, lower=float("nan"), upper=float("nan"), verdict="not assessable", n_subjects=3)
    assert said.verdict == "not assessable"
    assert "(3 subjects): with so few nothing is known about other people" in said.text


def test_infinite_widths_are_said_to_be_and_not_compared(judgement):
    said = sentence(judgement, median_width=float("inf"), score_skill=float("nan"))
    assert "Median width infinite." in said.text
    assert "score" not in said.more


def test_charts_have_each_kind_and_the_table_every_row(stated):
    charts = stated.data["figures"]["interval_bins"]["0/0"]
    names = [trace["name"] for trace in charts["SBP"]["data"] if trace.get("showlegend", True)]
    assert names == ["stated by the predictor", "conformal, from validation people", "population mean ± quantile"]
    [dotted] = charts["SBP"]["layout"]["shapes"]
    assert dotted["y0"] == 90
    risk = stated.data["figures"]["risk"]["0/0"]["SBP"]["data"]
    assert [trace["name"] for trace in risk] == ["stated by the predictor", "in random order"]
    assert stated.sections["intervals"].count("population mean ± quantile SBP") == 2  # windows and subjects
    assert "∞" in stated.sections["intervals"]


def test_a_table_without_intervals_says_what_would_be_needed(page):
    assert "Not assessable: the table states no intervals (columns sbp_lo" in page.sections["intervals"]
    assert "intervals per prediction" in page.sections["unassessed"]


def test_the_report_of_a_study_has_a_row_for_each_network(judgement, tmp_path):
    judgement.intervals.to_csv(tmp_path / "intervals.csv", index=False)
    table = band_table(pd.read_csv(tmp_path / "intervals.csv"))
    assert [row.cells[0] for row in table.rows] == ["AlexNet"] * 4 + [""] * 2
    assert "80 [74, 85]" in table.rows[0].cells
    assert band_table(judgement.intervals.head(0)) is None
    assert band_table(None) is None


def test_the_figure_shows_coverage_width_and_abstaining(judgement, tmp_path):
    bins, risk = (shown_rows(table, "nonmixed", "alexnet") for table in (judgement.interval_bins, judgement.risk))
    figure = plot_intervals(bins, risk, FigureOptions(dpi=60))
    assert [ax.get_ylabel() for ax in figure.axes] == ["windows held (%)", "width (mmHg)", "MAE (mmHg)"] * 2
    top, middle, bottom = figure.axes[:3]
    assert pytest.approx([80.0] * 3) in [list(line.get_ydata()) for line in top.lines]
    assert [30.0] * 3 in [list(line.get_ydata()) for line in middle.lines]
    assert [10.0, 12.0] in [list(line.get_ydata()) for line in bottom.lines]
    figure.savefig(tmp_path / "a.png")
    without = plot_intervals(bins, risk.head(0), FigureOptions(dpi=60))
    assert [ax.get_ylabel() for ax in without.axes] == ["windows held (%)", "width (mmHg)"] * 2
