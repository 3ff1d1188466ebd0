"""What must be known of the splits stands at the foot of every figure that shows them."""

import pandas as pd
import pytest

from cuffless.config import FigureOptions
from cuffless.figures.paper.fig4 import plot_fig4
from cuffless.figures.paper.fig5 import plot_fig5
from cuffless.figures.paper.fig6 import plot_fig6
from cuffless.figures.paper.fig7 import plot_fig7

SAID = "No patient is named: subjects are 35 runs of 85 records whose numbers lie at most 3 apart."


@pytest.fixture
def draw(make_tables, manifest):
    """Draw a figure by name."""
    overall, mae, bins, tests = make_tables()
    options = FigureOptions()

    def make(name, **given):
        return {
            "fig4": lambda: plot_fig4(pd.Series([3, 40, 55]), 50, options, **given),
            "fig5": lambda: plot_fig5(manifest, options, **given),
            "fig6": lambda: plot_fig6(overall, mae, tests, options, **given),
            "fig7": lambda: plot_fig7(bins, overall, manifest, options, **given),
        }[name]()

    return make


@pytest.mark.parametrize("name", ["fig4", "fig5", "fig6", "fig7"])
def test_a_figure_says_who_its_subjects_are(draw, name):
    plain, told = (draw(name, **given).get_supxlabel() for given in ({}, {"cautions": [SAID]}))
    assert " ".join(told.split()) == " ".join(f"{plain} {SAID}".split())
