"""Figures of a judgement hold what its tables say."""

import re

import numpy as np
import pandas as pd
import pytest

from cuffless.config import FigureOptions
from cuffless.figures.judgement.agreement import plot_agreement
from cuffless.figures.judgement.plots import plot_judged_bins, plot_skill

OPTIONS = FigureOptions(dpi=60)
BASELINES = ("population_mean", "heart_rate", "hold_last")


def skill(networks=("a", "b"), value=0.2):
    rows = [
        {"case": "c", "network": n, "baseline": b, "average": "subject", "pressure": p, "skill": value,
         "lower": value - 0.1, "upper": value + 0.1, "interval": "bootstrap-t", "n_subjects": 20, "reason": ""}
        for n in networks for b in BASELINES for p in ("SBP", "DBP")
    ]  # fmt: skip
    rows += [{**row, "baseline": "offset", "skill": np.nan, "reason": "not assessable: x"} for row in rows[:2]]
    return pd.DataFrame(rows)


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_skill_is_drawn_for_each_baseline_that_can_be_had(tmp_path):
    figure = plot_skill(skill(), OPTIONS)
    said = " ".join(texts(figure).split())
    assert "last calibration value held" in said
    assert "Not assessable: population median, age and sex only" in said
    assert "offset-corrected predictor" in said.split("Not assessable")[1]
    assert "population mean" in said
    assert "in-sample mean" in " ".join(texts(plot_skill(skill().assign(in_sample=True), OPTIONS)).split())
    points = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", None, "")]
    assert sorted(float(line.get_xdata()[0]) for line in points) == pytest.approx([0.2] * 6)
    figure.savefig(tmp_path / "a.png")


def test_a_skill_far_below_doing_nothing_is_marked_at_the_edge_with_its_value():
    figure = plot_skill(skill(networks=("a",), value=-3.0), OPTIONS)
    assert texts(figure).count("-3.0") == 6
    assert {float(line.get_xdata()[0]) for line in figure.axes[0].lines if line.get_marker() == "<"} == {-1.0}


def test_bins_show_the_windows_behind_them():
    rows = [
        {"network": n, "pressure": p, "bin_low": low, "bin_high": low + 10, "mae": 8.0, "lower": 6.0, "upper": 11.0,
         "n_windows": 10 * k + 10}
        for n in ("a", "mean") for p in ("SBP", "DBP") for k, low in enumerate((100.0, 110.0, 120.0))
    ]  # fmt: skip
    figure = plot_judged_bins(pd.DataFrame(rows), skill(), OPTIONS)
    heights = [bar.get_height() for ax in figure.axes for bar in ax.patches]
    assert heights == [10, 20, 30] * 2
    assert "population mean" in texts(figure)
    in_sample = plot_judged_bins(pd.DataFrame(rows), skill().assign(in_sample=True), OPTIONS)
    assert "in-sample mean" in texts(in_sample)
    assert "population mean" not in texts(in_sample)


def agreeing(people, pressures=("SBP", "DBP"), windows=5):
    """Subjects, limits and windows of so many people."""
    names = [f"p{i}" for i in range(people)]
    means = np.linspace(100, 150, people)
    subjects = pd.DataFrame(
        [
            {"network": "a", "subject": name, "pressure": p, "n_windows": windows, "me": 1.0, "reference_mean": mean,
             "prediction_mean": mean + 1}
            for p in pressures for name, mean in zip(names, means, strict=True)
        ]
    )  # fmt: skip
    limits = {"bias": 1.5, "loa_low": -12.0, "loa_high": 15.0}
    limits |= {
        f"{name}_{end}": value + shift
        for name, value in dict(limits).items()
        for end, shift in (("lower", -1), ("upper", 1))
    }
    agreement = pd.DataFrame([{"pressure": p, **limits} for p in pressures])
    traces = pd.DataFrame({"subject": np.repeat(names, windows)})
    for p in pressures:
        traces[f"{p.lower()}_ref"] = np.repeat(means, windows)
        traces[p.lower()] = traces[f"{p.lower()}_ref"] + np.tile(np.linspace(-18, 20, windows), people)
    return subjects, agreement, traces


def test_agreement_shows_bias_and_limits_with_their_numbers():
    subjects, agreement, traces = agreeing(2)
    figure = plot_agreement(subjects, agreement, traces, OPTIONS)
    for said in ("+1.5", "−12.0", "+15.0", "10 windows of 2 subjects"):
        assert said in texts(figure)
    ends = [name for name in agreement if name.endswith(("lower", "upper"))]
    nothing = agreement.assign(**dict.fromkeys(ends, np.nan))
    assert not plot_agreement(subjects, nothing, traces, OPTIONS).axes[0].patches


def test_an_agreement_of_one_window_is_told_in_the_singular(tmp_path):
    figure = plot_agreement(*agreeing(1, windows=1), OPTIONS)
    said = " ".join(texts(figure).split())
    assert "1 window of 1 subject. " in said
    assert not re.search(r"\b1 (windows|subjects)", said)
    figure.savefig(tmp_path / "a.png")


def test_the_panel_of_an_agreement_reaches_all_windows_and_no_farther_for_wide_intervals():
    subjects, agreement, traces = agreeing(8)
    low, high = plot_agreement(subjects, agreement.assign(loa_high_upper=900.0), traces, OPTIONS).axes[0].get_ylim()
    assert low < -18
    assert 20 < high < 30


def test_few_people_are_named_and_a_crowd_is_pale():
    few = plot_agreement(*agreeing(8), OPTIONS)
    assert {"p0", "p7"} <= set(texts(few).split())
    crowd = plot_agreement(*agreeing(500, windows=20), OPTIONS)
    assert "p7" not in texts(crowd).split()
    windows, points = crowd.axes[0].collections[:2]
    assert len(windows.get_offsets()) <= 3000
    assert len(points.get_offsets()) == 500
    assert points.get_alpha() <= 0.5


@pytest.mark.parametrize("pressures", [("SBP",), ("MAP",), ("SBP", "DBP", "MAP")])
def test_figures_have_a_panel_for_each_pressure_of_the_table(pressures):
    figure = plot_agreement(*agreeing(8, pressures), OPTIONS)
    assert [ax.get_title(loc="left").split()[1] for ax in figure.axes] == [f"{p}:" for p in pressures]
    rows = pd.concat([skill().query("pressure == 'SBP'").assign(pressure=p) for p in pressures])
    assert len(plot_skill(rows, OPTIONS).axes) == len(pressures)
    bins = pd.DataFrame(
        [{"network": "a", "pressure": p, "bin_low": 100.0, "bin_high": 110.0, "mae": 8.0, "lower": 6.0, "upper": 11.0,
          "n_windows": 9} for p in pressures]
    )  # fmt: skip
    assert len(plot_judged_bins(bins, rows, OPTIONS).axes) == 2 * len(pressures)
