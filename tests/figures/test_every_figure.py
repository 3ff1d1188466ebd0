"""All figures of a study, of a large one and on any page: they say whose they are, and no panel holds too much."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_reading import assert_legible, below, boxes
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from module_files import load_module

from cuffless.config import FigureOptions, load_config
from cuffless.figures.paper.fig1 import plot_fig1
from cuffless.figures.paper.fig2 import plot_fig2
from cuffless.figures.paper.fig4 import plot_fig4
from cuffless.figures.paper.fig5 import plot_fig5
from cuffless.figures.paper.fig6 import plot_fig6
from cuffless.figures.paper.fig7 import plot_fig7
from cuffless.figures.registry import all_figures, figure_dataset, figure_stamp
from cuffless.figures.study.fig_leakage import plot_fig_leakage
from cuffless.figures.study.fig_losses import plot_fig_losses
from cuffless.figures.study.fig_networks import plot_fig_networks
from cuffless.figures.style import stamp_figure

FOLDER = Path(__file__).parent
FOUR = ("alexnet", "resnet", "slapnicar", "lstm")
SEVEN = (*FOUR, "mine", "another_of_mine", "third")
PROTOCOLS = ("main", "alternate", "code")
MOST = 6
"""Series of a panel, and entries of a legend."""
SCREEN = 8.2
"""Inches of height at 7.2 of width that a screen shows of a report."""
PAGES = {
    "usual": FigureOptions(dpi=72),
    "narrow": FigureOptions(dpi=72, font_size=12, width_inch=3.5),
    "big": FigureOptions(dpi=72, font_size=14),
}
STAMP = "cohort: simulated people"


@pytest.fixture(scope="module")
def made():
    """Modules whose tables by hand are those of the figures' own tests."""
    names = ("fig2", "fig_external", "fig_leakage", "personalization_figures", "rppg_figures", "fig_losses")
    return {name: load_module(FOLDER / f"test_{name}.py") for name in names}


@pytest.fixture
def drawn(made, make_tables, manifest, layers):
    """Factory of every figure of a study of these networks, by its name: (networks, options) -> functions."""

    def draw(networks, options):
        overall, mae, bins, tests = make_tables(networks=networks, seeds=3)
        personal, camera = made["personalization_figures"], made["rppg_figures"]
        leaking = {"warnings": {"alternate": [personal.LEAK]}, "protocols": PROTOCOLS}
        figures = {
            "fig1": lambda: plot_fig1(layers, options),
            "fig2": lambda: plot_fig2(*made["fig2"].study(networks[:2]), options),
            "fig3": lambda: camera.fig3(options),
            "fig4": lambda: plot_fig4(pd.Series([0, 5, 40, 300, 5000, 800]), 2000, options),
            "fig5": lambda: plot_fig5(manifest, options),
            "fig6": lambda: plot_fig6(overall, mae, tests, options),
            "fig7": lambda: plot_fig7(bins, overall, manifest, options),
            "fig9": lambda: camera.plot_fig9(camera.box_table(networks), camera.contrasts(networks), options),
            "fig_budget": lambda: personal.budget(options, networks=networks, **leaking),
            "fig_external": lambda: made["fig_external"].drawn(
                made["fig_external"].table(networks=networks[:4]), options=options
            ),
            "fig_leakage": lambda: plot_fig_leakage(made["fig_leakage"].table(), made["fig_leakage"].dial(), options),
            "fig_losses": lambda: plot_fig_losses(*made["fig_losses"].trainings(networks), options),
            "fig_networks": lambda: plot_fig_networks(dict.fromkeys(networks, layers), options),
        }
        for name, numbers in (("fig8", range(1, 11)), ("figA1", range(11, 21))):
            figures[name] = lambda numbers=numbers: personal.fig8(options, numbers=numbers, networks=networks)
        tables = camera.subject_tables(networks[:4])
        for name in ("figA2", "figA3", "figA4", "figA5"):
            figures[name] = lambda name=name: camera.plot_fig_a2(*tables, options, which=name)
        return figures

    return draw


@pytest.mark.parametrize("name", all_figures())
def test_every_figure_of_four_networks_says_whose_it_is_legibly_and_fits_a_screen(drawn, name):
    options = PAGES["usual"]
    figure = drawn(FOUR, options)[name]()
    before, height = below(figure), figure.get_figheight()
    stamp_figure(figure, STAMP, options)
    assert below(figure) == f"{STAMP} {before}".strip()
    assert height < figure.get_figheight() <= SCREEN
    assert_legible(figure)


@pytest.mark.parametrize("name", ["fig1", "fig4", "fig_budget", "fig_networks", "fig_losses"])
@pytest.mark.parametrize("page", ["narrow", "big"])
def test_figures_are_legible_on_any_page_with_names_of_several_data_sets(drawn, name, page):
    options = PAGES[page]
    figure = drawn(FOUR, options)[name]()
    stamp_figure(figure, "; ".join([STAMP, "a_hospital_of_a_long_name: real people", "other: real people"]), options)
    assert_legible(figure)


def test_without_a_stamp_a_figure_stays_as_it_is(drawn):
    options = PAGES["usual"]
    figure = drawn(FOUR, options)["fig4"]()
    height = figure.get_figheight()
    stamp_figure(figure, "", options)
    assert (figure.get_supxlabel(), figure.get_figheight()) == ("", height)


def series(ax):
    """Looks of what runs along an axes: lines and markers, boxes, bars; levels across are no series."""
    looks = {("box", to_hex(box.get_facecolor())) for box in boxes(ax)}
    bars = [c for c in ax.containers if isinstance(c, BarContainer)]
    looks |= {("bar", to_hex(bar.get_facecolor()), bar.get_hatch()) for c in bars for bar in c.patches}
    for one in ax.lines:
        y = np.asarray(one.get_ydata(), float)
        varies = len(y) > 1 and np.nanmax(y) > np.nanmin(y)
        marker = one.get_marker() if one.get_marker() not in (None, " ", "") else "None"
        if one.get_label().startswith(("_", "to its name")) or not (varies or marker != "None"):
            continue
        if one.get_linestyle() == "None":
            looks.add(("marker", to_hex(one.get_markeredgecolor()), marker))
        else:
            looks.add(("line", to_hex(one.get_color()), one.get_linestyle(), marker))
    return looks


def legends(figure):
    found = [*figure.legends, *(legend for part in figure.subfigs for legend in part.legends)]
    return [*found, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]


@pytest.mark.parametrize("name", all_figures())
def test_no_panel_and_no_legend_of_a_large_study_holds_more_than_six_series(drawn, name):
    figure = drawn(SEVEN, PAGES["usual"])[name]()
    assert {len(legend.get_texts()) for legend in legends(figure)} <= set(range(MOST + 1))
    counts = [len(series(ax)) for ax in figure.axes]
    assert max(counts) <= MOST, [sorted(map(str, series(ax))) for ax in figure.axes if len(series(ax)) > MOST]


def test_series_are_counted(drawn):
    figures = drawn(FOUR, PAGES["usual"])
    assert len(series(figures["fig_budget"]().axes[1])) == 3  # first, random, and the networks for comparison
    assert len(series(figures["fig9"]().axes[0])) == MOST
    assert len(series(figures["fig6"]().axes[0])) >= 2


def test_the_stamp_names_the_data_set_of_the_arm_and_every_one_of_the_external_test(project):
    study = load_config(project / "config.yaml")
    for name in all_figures():
        dataset = figure_dataset(name, study)
        if name != "fig_external":
            assert figure_stamp(name, study, dataset) == f"{dataset}: simulated people"
    external = load_config(project / "config" / "external.yaml")
    stamp = figure_stamp("fig_external", external, external.study.dataset)
    assert all(f"{name}: " in stamp for name in external.external.datasets)


def test_people_who_were_filmed_are_named_where_they_are_not_like_the_cohort(project, tmp_path):
    study = load_config(project / "config.yaml")
    filmed = study.model_copy(update={"rppg": study.rppg.model_copy(update={"source": "manifest"})})
    assert figure_stamp("fig9", filmed, "cohort") == "cohort: simulated people; filmed: real people"
    assert figure_stamp("fig7", filmed, "cohort") == STAMP


def test_every_figure_is_drawn_here(drawn):
    assert set(drawn(FOUR, PAGES["usual"])) == set(all_figures())
