"""Figures of a judgement hold what its tables say."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import FigureOptions
from cuffless.figures.judgement.plots import plot_agreement, plot_judged_bins, plot_skill

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


def test_agreement_shows_bias_and_limits_with_their_numbers():
    subjects = pd.DataFrame(
        {"network": "a", "subject": ["p", "q"] * 2, "pressure": ["SBP"] * 2 + ["DBP"] * 2, "n_windows": 5, "me": 1.0,
         "reference_mean": [110.0, 120.0] * 2, "prediction_mean": [112.0, 118.0] * 2}
    )  # fmt: skip
    limits = {"bias": 1.5, "loa_low": -12.0, "loa_high": 15.0}
    limits |= {
        f"{name}_{end}": value + shift
        for name, value in dict(limits).items()
        for end, shift in (("lower", -1), ("upper", 1))
    }
    agreement = pd.DataFrame([{"pressure": p, **limits} for p in ("SBP", "DBP")])
    figure = plot_agreement(subjects, agreement, OPTIONS)
    for said in ("+1.5", "−12.0", "+15.0", "10 windows of 2 subjects"):
        assert said in texts(figure)
    nothing = agreement.assign(**{name: np.nan for name in limits if name.endswith(("lower", "upper"))})
    assert not plot_agreement(subjects, nothing, OPTIONS).axes[0].patches
