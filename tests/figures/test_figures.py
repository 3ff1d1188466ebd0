"""Figures show their tables: every row, its interval, its numbers, legibly."""

import ast
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import cuffless.figures
from cuffless.config import FigureOptions
from cuffless.figures.paper.fig1 import plot_fig1
from cuffless.figures.paper.fig4 import plot_fig4
from cuffless.figures.paper.fig5 import plot_fig5
from cuffless.figures.paper.fig6 import plot_fig6
from cuffless.figures.paper.fig7 import plot_fig7

OPTIONS = FigureOptions(dpi=72)


def _texts(figure):
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def _says(figure, words):
    return any(words in text.get_text().replace("\n", " ") for text in _texts(figure))


def _assert_legible(figure):
    assert min(text.get_fontsize() for text in _texts(figure)) >= 6
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) > -0.01
    assert drawn.x1 < width + 0.01
    assert drawn.y1 < height + 0.01


@pytest.fixture
def plot_all(make_tables, manifest, layers):
    def draw(**study):
        overall, mae, bins, tests = make_tables(**study)
        return {
            "fig1": plot_fig1(layers, OPTIONS),
            "fig4": plot_fig4(pd.Series([0, 5, 40, 300, 5000, 800]), 2000, OPTIONS),
            "fig5": plot_fig5(manifest, OPTIONS),
            "fig6": plot_fig6(overall, mae, tests, OPTIONS),
            "fig7": plot_fig7(bins, overall, manifest, OPTIONS),
        }

    return draw


@pytest.mark.parametrize(
    "networks",
    [
        ("lstm",),
        ("alexnet", "resnet", "slapnicar", "lstm"),
        ("alexnet", "resnet", "slapnicar", "lstm", "mine", "own_2"),
    ],
    ids=["one network", "four networks", "six networks"],
)
def test_all_text_is_large_enough_and_inside_the_figure(plot_all, networks):
    for figure in plot_all(networks=networks).values():
        _assert_legible(figure)


def test_figure_6_draws_every_overall_error(make_tables):
    overall, mae, _, tests = make_tables()
    figure = plot_fig6(overall, mae, tests, OPTIONS)
    for axes, pressure in zip(figure.axes[::2], ("SBP", "DBP"), strict=True):
        heights = [bar.get_height() for bar in axes.patches]
        np.testing.assert_allclose(sorted(heights), sorted(overall.loc[overall["pressure"] == pressure, "mae"]))
        written = sorted(float(t.get_text()) for t in axes.texts)
        assert written == sorted(round(height, 1) for height in heights)


def test_figure_6_marks_every_test(make_tables):
    overall, mae, _, tests = make_tables()
    figure = plot_fig6(overall, mae, tests, OPTIONS)
    marks = [text.get_text() for axes in figure.axes[1::2] for text in axes.texts]
    assert len(marks) == 2 * len(tests)  # the paper's test and the paired one
    assert marks.count("n.s.") == 2  # the mean regressor between splits, SBP and DBP
    assert _says(figure, "Kolmogorov–Smirnov")
    assert _says(figure, "Holm")


def test_figure_6_shows_each_seed(make_tables):
    overall, mae, _, tests = make_tables(seeds=3)
    figure = plot_fig6(overall, mae, tests, OPTIONS)
    dots = [y for axes in figure.axes for line in axes.lines if line.get_marker() == "o" for y in line.get_ydata()]
    np.testing.assert_allclose(sorted(dots), sorted(mae["mae"]))
    assert _says(figure, "Means of 3 seeds")


def test_without_an_interval_there_is_no_whisker(make_tables):
    overall, mae, _, tests = make_tables(subjects=5)
    figure = plot_fig6(overall, mae, tests, OPTIONS)
    assert not any(
        len(c.get_segments()) for axes in figure.axes for c in axes.collections if hasattr(c, "get_segments")
    )
    assert _says(figure, "too few subjects")


def _points(axes, marker):
    return [xy for line in axes.lines if line.get_marker() == marker for xy in line.get_xydata()]


def test_figure_7_draws_every_bin(make_tables, manifest):
    overall, _, bins, _ = make_tables()
    figure = plot_fig7(bins, overall, manifest, OPTIONS)
    panels = [axes for axes in figure.axes if axes.get_ylabel() == "MAE (mmHg)"]
    assert len(panels) == 2  # networks
    drawn = [round(y, 6) for axes in figure.axes for marker in "oD" for x, y in _points(axes, marker)]
    networks = bins[bins["network"] != "mean"]
    assert sorted(drawn) == sorted(networks["mae"].round(6))
    squares = [y for axes in figure.axes for _, y in _points(axes, "s")]
    means = bins[(bins["network"] == "mean") & (bins["case"] == "nonmixed")]["mae"]
    np.testing.assert_allclose(sorted(squares), sorted([*means, *means]))  # once a panel


def test_figure_7_marks_bins_of_few_subjects(make_tables, manifest):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    few = bins["bin_low"] == 155
    bins.loc[few, ["lower", "upper"]] = np.nan
    figure = plot_fig7(bins, overall, manifest, OPTIONS)
    hollow = [
        xy
        for line in figure.axes[0].lines
        if line.get_marker() in "osD" and line.get_mfc() == "white"
        for xy in line.get_xydata()
    ]
    assert len(hollow) == 3  # network, network on the mixed split, mean regressor
    assert _says(figure, "too few subjects for an interval")


def test_figure_7_keeps_the_counts_of_many_bins_apart(make_tables, manifest):
    overall, _, bins, _ = make_tables()
    narrow = pd.concat([bins.assign(bin_low=bins["bin_low"] + 5), bins.assign(bin_high=bins["bin_high"] - 5)])
    figure = plot_fig7(narrow.assign(n_windows=9500, n_subjects=9500), overall, manifest, OPTIONS)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in _texts(figure) if text.get_text() == "9.5k"]
    assert len(boxes) == 2 * len(narrow[(narrow["case"] == "nonmixed") & (narrow["network"] != "mean")])
    assert not [one for k, one in enumerate(boxes) if one.count_overlaps(boxes[:k])]


def test_figure_7_breaks_its_lines_where_a_bin_is_missing(make_tables, manifest):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    figure = plot_fig7(bins[bins["bin_low"] != 115], overall, manifest, OPTIONS)
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() in ("-", ":") and len(line.get_xdata()) > 1]
    assert len(lines) == 3
    assert all(np.isnan(line.get_ydata()).sum() == 1 for line in lines)


def test_figure_7_cuts_whiskers_that_would_flatten_the_rest_and_says_so(make_tables, manifest):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    assert not _says(plot_fig7(bins, overall, manifest, OPTIONS), "▲")
    bins.loc[bins["bin_low"] == 75, "upper"] = 900.0
    figure = plot_fig7(bins, overall, manifest, OPTIONS)
    assert figure.axes[0].get_ylim()[1] < 100
    assert _says(figure, "▲")


def test_figure_7_prints_slopes_counts_and_what_one_seed_allows(make_tables, manifest):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    figure = plot_fig7(bins, overall, manifest, OPTIONS)
    assert _says(figure, "error slope −0.70 mean regr. −1.00")
    assert _says(figure, "1 seed: no ranking of networks")
    assert sum(text.get_text() == "5.0k" for text in _texts(figure)) == 9 + 4
    three = make_tables(networks=("lstm",), seeds=3)
    assert not _says(plot_fig7(three[2], three[0], manifest, OPTIONS), "no ranking")


@pytest.mark.parametrize(("subset", "windows"), [("train", 600), ("test", 250)])
def test_figure_7_draws_the_distribution_that_the_option_names(make_tables, manifest, subset, windows):
    overall, _, bins, _ = make_tables(networks=("lstm",))
    figure = plot_fig7(bins, overall, manifest, OPTIONS.model_copy(update={"histogram": subset}))
    assert _says(figure, f"Distribution: {windows} windows of 20 subjects")
    shares = [bar.get_height() for bar in figure.axes[2].patches]
    assert sum(shares) == pytest.approx(100)


def test_figure_7_names_a_split_that_was_not_judged(make_tables, manifest):
    overall, _, bins, _ = make_tables()
    with pytest.raises(ValueError, match="no network was judged in split 'strangers'"):
        plot_fig7(bins, overall, manifest, OPTIONS, split="strangers")


def test_figure_5_shares_add_up_in_every_set(manifest):
    figure = plot_fig5(manifest, OPTIONS)
    steps = [patch for axes in figure.axes for patch in axes.patches]
    assert len(steps) == 2 * 2 * 3
    shares = [step.get_data()[0].sum() for step in steps]
    assert shares == pytest.approx([100] * 12)
    assert _says(figure, "training: 600 windows 20 subjects")


@pytest.mark.parametrize(
    ("counts", "logarithmic"), [([3, 5, 9, 20], False), ([1, 20, 300, 9000], True), ([7, 7, 7], False)]
)
def test_figure_4_counts_every_subject(counts, logarithmic):
    figure = plot_fig4(pd.Series([*counts, 0]), 15, OPTIONS)
    (axes,) = figure.axes
    assert sum(bar.get_height() for bar in axes.patches) == len(counts)
    assert (axes.get_xscale() == "log") == logarithmic
    assert any(f"{len(counts)} subjects" in text.get_text() for text in _texts(figure))
    assert any("1 without any" in text.get_text() for text in _texts(figure))


def test_figure_4_without_windows_says_where_they_went():
    with pytest.raises(ValueError, match="no subject has a kept window"):
        plot_fig4(pd.Series([0, 0]), 2000, OPTIONS)


def test_figure_6_shows_six_splits_and_names_the_others(make_tables):
    overall, mae, _, tests = make_tables()
    splits = [f"split{k}" for k in range(8)]
    many = [pd.concat([t[t["split"] == "mixed"].assign(split=split) for split in splits]) for t in (overall, mae)]
    figure = plot_fig6(*many, tests.iloc[:0], OPTIONS)
    assert len(figure.legends[0].get_texts()) == 6
    assert _says(figure, "Further splits, in Table 1 only: split6, split7.")
    assert not _says(plot_fig6(overall, mae, tests, OPTIONS), "Further splits")


def test_figures_compute_nothing():
    """They draw what they are given: no code that judges, no tests, no fits."""
    judging = ("cuffless.judgement.evidence", "scipy", "statsmodels", "sklearn")
    for module in Path(cuffless.figures.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith(judging) for name in names), f"{module.name} imports {names}"


def test_the_users_settings_do_not_change_a_figure(plot_all):
    with mpl.rc_context({"font.size": 30, "axes.grid": True}):
        assert _texts(plot_all()["fig6"])[0].get_fontsize() < 10
