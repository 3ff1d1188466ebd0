"""Charts show what the tables hold, in a form that plotly takes."""

import numpy as np
import pandas as pd
import pytest

from cuffless.figures.labels import FEW
from cuffless.report.chart_parts import thinned, wrapped
from cuffless.report.charts import bins_chart, drift_chart
from cuffless.report.judgement.forest import LEAST_SKILL, skill_chart
from cuffless.report.judgement.people import agreement_chart, subjects_chart
from cuffless.report.study.charts import dose_chart, dose_rows, flow_chart, rejections, time_chart


@pytest.fixture(scope="module")
def own(judgement_of):
    """Rows of one case, network and pressure of each table."""
    judgement = judgement_of()
    judgement.traces = judgement.traces.assign(pressure="SBP")

    def pick(name, network="alexnet"):
        table = getattr(judgement, name)
        return table[(table["case"] == "nonmixed") & (table["network"] == network) & (table["pressure"] == "SBP")]

    return pick


def forest(skill):
    rows = pd.DataFrame(skill).assign(series="alexnet", mae=12.0, baseline_mae=15.0, n_subjects=40)
    return skill_chart(rows, labels=list(rows["label"]), series=["alexnet"])


def test_filled_marks_have_an_interval_without_zero():
    chart = forest(
        [
            {"label": "population mean", "skill": 0.2, "lower": 0.1, "upper": 0.3},
            {"label": "heart rate only", "skill": 0.1, "lower": -0.1, "upper": 0.3},
            {"label": "few subjects", "skill": 0.5, "lower": np.nan, "upper": np.nan},
        ]
    )
    assert chart["data"][0]["marker"]["symbol"] == ["circle", "circle-open", "circle-open"]
    np.testing.assert_allclose(chart["data"][0]["error_x"]["arrayminus"], [0.1, 0.2, 0])


def test_zero_is_a_line_and_always_in_sight():
    chart = forest([{"label": "population mean", "skill": 0.6, "lower": 0.5, "upper": 0.7}])
    low, high = chart["layout"]["xaxis"]["range"]
    assert low < 0 < high
    assert any(shape["type"] == "line" and shape["x0"] == shape["x1"] == 0 for shape in chart["layout"]["shapes"])


def test_what_lies_far_left_is_an_arrow_with_its_value():
    chart = forest([{"label": "calibration mean", "skill": -3.2, "lower": -4.0, "upper": -2.5}])
    [trace] = chart["data"]
    assert trace["x"] == [LEAST_SKILL]
    assert trace["marker"]["symbol"] == ["triangle-left"]
    assert trace["text"] == ["−3.2"]


def test_bins_stand_beside_the_mean_with_intervals_and_counts(own):
    rows = own("bins")
    chart = bins_chart(rows, own("bins", "mean"), "SBP")
    network, mean, windows = chart["data"]
    assert mean["name"] == "population mean"
    np.testing.assert_allclose(network["y"], rows["mae"], atol=0.01)
    assert windows["y"] == rows["n_windows"].tolist()
    assert "windows of" in network["hovertext"][0]
    few = (rows["n_subjects"] < 6).to_numpy()
    assert few.any()
    assert [network["error_y"]["array"][i] for i in np.flatnonzero(few)] == [None] * few.sum()


def test_agreement_holds_bias_and_limits_with_their_intervals(own):
    chart = agreement_chart(own("subjects"), own("agreement"), own("traces"))
    lines = [shape["y0"] for shape in chart["layout"]["shapes"] if shape["type"] == "line"]
    assert lines == [0.7, -22.2, 23.6]
    bands = [(shape["y0"], shape["y1"]) for shape in chart["layout"]["shapes"] if shape["type"] == "rect"]
    assert bands == [(-1.2, 2.3), (-26.0, -19.0), (20.0, 27.4)]
    labels = [note["text"] for note in chart["layout"]["annotations"]]
    assert labels == ["bias +0.7", "lower limit −22.2", "upper limit +23.6"]  # of 40 people none is named


def test_subjects_lie_against_the_line_of_identity(own):
    identity, points = subjects_chart(own("subjects"))["data"]
    assert identity["x"] == identity["y"]
    np.testing.assert_allclose(points["x"], own("subjects")["reference_mean"], atol=0.05)


def test_drift_shows_baselines_in_grey(own):
    rows = pd.concat([own("drift"), own("drift").assign(network="calibration_mean")])
    network, baseline = drift_chart(rows, ["alexnet"])["data"]
    assert network["x"] == [0.5, 2.0, 6.5]
    assert (network["line"]["dash"], baseline["line"]["dash"]) == ("solid", "dash")
    assert baseline["name"] == "calibration mean"


def test_thinning_keeps_the_span_of_pressures(own):
    rows = own("subjects")
    few = thinned(rows, 7)
    assert len(few) == 7
    assert few["reference_mean"].min() == rows["reference_mean"].min()
    assert few["reference_mean"].max() == rows["reference_mean"].max()
    assert thinned(rows, 500) is rows


def test_labels_break_into_short_lines_and_stay_words():
    assert wrapped("first calibration value held") == "first calibration<br>value held"
    assert wrapped("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"


def quality():
    return pd.DataFrame(
        {
            "record": ["a", "b"], "subject": ["a", "b"], "seconds": [600.0, 300.0], "windows_cut": [80, 20],
            "windows_kept": [60, 0], "missing": [5, 0], "sbp": [15, 20], "snr": [0, 0], "reason": ["", "all rejected"],
        }
    )  # fmt: skip


def test_every_window_cut_is_kept_or_rejected_under_one_rule():
    flow = rejections(quality()).set_index("rule")
    assert flow.loc["cut", "windows"] == 100
    assert flow["windows"].drop("cut").sum() == 100
    assert flow.loc["sbp", "share"] == 0.35
    assert flow.loc["sbp", "meaning"] == "SBP outside the accepted range"


def test_rules_that_rejected_nothing_take_no_room():
    [bars] = flow_chart(rejections(quality()))["data"]
    assert bars["x"] == [100, 5, 35, 60]
    assert bars["y"][2] == "rejected: sbp<br>35 (35.0 %)"


def doses():
    rows = [
        {"dose": dose, "network": network, "mae": 10.0, "lower": 9.0, "upper": 12.0, "n_subjects": 40, "n_windows": 800}
        for network in ("alexnet", "mean")
        for dose in ("nonmixed", "mixed")
    ]
    return dose_rows(pd.DataFrame(rows))


def test_plotly_knows_all_that_charts_ask_of_it(own):
    from plotly.graph_objects import Figure

    stages = pd.DataFrame({"stage": ["cut_windows"], "jobs": [2], "seconds": [90.0], "max_mb": [200.0]})
    charts = [
        forest([{"label": "population mean", "skill": 0.2, "lower": 0.1, "upper": 0.3}]),
        bins_chart(own("bins"), own("bins", "mean"), "SBP"),
        agreement_chart(own("subjects"), own("agreement"), own("traces")),
        subjects_chart(own("subjects")),
        drift_chart(own("drift"), ["alexnet"]),
        flow_chart(rejections(quality())),
        dose_chart(doses(), "dose"),
        time_chart(stages),
    ]
    for chart in charts:
        Figure(chart)  # raises for a property that plotly does not know


def spread(own):
    rows = own("traces")
    return pd.concat([rows["sbp"] - rows["sbp_ref"], own("subjects")["me"]])


def test_the_axis_of_an_agreement_reaches_all_errors_and_no_farther_for_wide_intervals(own):
    wide = own("agreement").assign(loa_low_lower=-900.0, loa_high_upper=900.0)
    low, high = agreement_chart(own("subjects"), wide, own("traces"))["layout"]["yaxis"]["range"]
    assert -60 < low < min(-22.2, spread(own).min())
    assert max(23.6, spread(own).max()) < high < 60


def test_numbers_of_an_agreement_stand_right_of_all_points(own):
    chart = agreement_chart(own("subjects"), own("agreement"), own("traces"))
    rows = own("traces")
    low, high = chart["layout"]["xaxis"]["range"]
    assert ((rows["sbp"] + rows["sbp_ref"]) / 2).max() < low + 0.7 * (high - low)


@pytest.mark.parametrize("people", [1, 8, FEW])
def test_a_few_people_have_a_colour_a_symbol_and_a_name_each(judgement_of, people):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",), subjects=people)
    subjects, limits = (table[table["pressure"] == "SBP"] for table in (judgement.subjects, judgement.agreement))
    for chart in (agreement_chart(subjects, limits, judgement.traces), subjects_chart(subjects)):
        marker = chart["data"][-1]["marker"]
        assert len(set(zip(marker["color"], marker["symbol"], strict=True))) == people
        names = [note["text"] for note in chart["layout"]["annotations"] if note.get("xref") == "x"]
        assert len(names) == len(set(names))
        assert len(names) >= people - 1  # one may find no room
    assert list(agreement_chart(subjects, limits, judgement.traces)["layout"]["meta"]) == list(subjects["subject"])


def test_in_a_crowd_points_are_pale_small_and_nameless(judgement_of):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",), subjects=500, windows=2)
    subjects = judgement.subjects[judgement.subjects["pressure"] == "SBP"]
    chart = subjects_chart(subjects)
    assert chart["data"][-1]["marker"]["opacity"] < 0.5
    assert max(chart["data"][-1]["marker"]["size"]) < 9
    assert not chart["layout"]["annotations"]


def test_names_of_people_stay_words_in_charts(judgement_of):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",), subjects=3, names="<b>#</b>")
    subjects = judgement.subjects[judgement.subjects["pressure"] == "SBP"]
    notes = subjects_chart(subjects)["layout"]["annotations"]
    assert notes
    assert not any("<" in note["text"] for note in notes)


def test_one_person_has_an_axis_that_can_be_read(judgement_of):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",), subjects=1)
    chart = subjects_chart(judgement.subjects[judgement.subjects["pressure"] == "SBP"])
    low, high = chart["layout"]["xaxis"]["range"]
    assert high - low >= 9.9
