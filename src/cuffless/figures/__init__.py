"""Figures: they draw tables and compute no result."""

from cuffless.figures.fig1 import draw_fig1
from cuffless.figures.fig2 import draw_fig2
from cuffless.figures.fig4 import draw_fig4
from cuffless.figures.fig5 import draw_fig5
from cuffless.figures.fig6 import draw_fig6
from cuffless.figures.fig7 import draw_fig7
from cuffless.figures.fig8 import draw_fig8
from cuffless.figures.fig_budget import draw_fig_budget
from cuffless.figures.style import network_name, save_figure

__all__ = [
    "draw_fig1",
    "draw_fig2",
    "draw_fig4",
    "draw_fig5",
    "draw_fig6",
    "draw_fig7",
    "draw_fig8",
    "draw_fig_budget",
    "network_name",
    "save_figure",
]
