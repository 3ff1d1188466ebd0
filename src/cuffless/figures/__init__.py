"""Figures: they draw tables and compute no result."""

from cuffless.figures.paper.fig1 import plot_fig1
from cuffless.figures.paper.fig2 import plot_fig2
from cuffless.figures.paper.fig4 import plot_fig4
from cuffless.figures.paper.fig5 import plot_fig5
from cuffless.figures.paper.fig6 import plot_fig6
from cuffless.figures.paper.fig7 import plot_fig7
from cuffless.figures.paper.fig8 import plot_fig8
from cuffless.figures.study.fig_budget import plot_fig_budget
from cuffless.figures.style import network_name, save_figure

__all__ = [
    "network_name",
    "plot_fig1",
    "plot_fig2",
    "plot_fig4",
    "plot_fig5",
    "plot_fig6",
    "plot_fig7",
    "plot_fig8",
    "plot_fig_budget",
    "save_figure",
]
