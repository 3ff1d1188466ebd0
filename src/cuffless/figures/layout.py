"""What figures share beyond their style: columns, room for words, legend, warnings, and names of protocols."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from cuffless.config import FigureOptions
from cuffless.figures.style import PRESSURES, new_figure, note, small_font, tiny_font

PROTOCOLS = {"main": "last half in time", "alternate": "alternate windows", "code": "authors' code"}
EVERY, NONE = "all", "none"
"""In place of a network's name: the mean over networks, and a method without a network."""
DARK_RED = "#8B0000"
_LEAST_WIDTH = 0.45  # inches that a pressure takes beside the other, for each point of the tiny font
_EM = 0.56  # mean width of a character; bold is wider
_BOLD = 1.2
_LINE = 1.3  # from a line of text to the next
_WARNING_LINES = 3


def protocol_name(protocol: str) -> str:
    """Printed name of a protocol; a user's own keeps its name."""
    return PROTOCOLS.get(protocol, protocol)


def networks_of(table: pd.DataFrame) -> list[str]:
    """The networks of a table, in its order, without their mean and without methods that need none."""
    return [name for name in dict.fromkeys(table["network"]) if name not in (EVERY, NONE)]


def over_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the mean over networks and of methods without one; with one network alone, its own rows."""
    if (table["network"] == EVERY).any():
        return table[table["network"].isin([EVERY, NONE])]
    return table[table["network"].isin([*networks_of(table)[:1], NONE])]


def several_networks(table: pd.DataFrame) -> bool:
    """Whether a table has a mean over networks that is not one network's own."""
    return (table["network"] == EVERY).any() and len(networks_of(table)) > 1


def pressure_columns(options: FigureOptions) -> int:
    """2 if SBP and DBP fit side by side, 1 if one is placed above the other."""
    return 2 if options.width_inch >= 2 * _LEAST_WIDTH * tiny_font(options) else 1


def grid_of(pressures: Sequence[str], options: FigureOptions) -> tuple[int, int]:
    """Rows and columns of panels for so many pressures."""
    columns = min(pressure_columns(options), max(len(pressures), 1))
    return -(-len(pressures) // columns) or 1, columns


def place(grid: GridSpec, row: int, pressure: int):
    """Position of a pressure of a row of panels, in a grid of one column or two."""
    return grid[row, pressure] if grid.ncols > 1 else grid[len(PRESSURES) * row + pressure, 0]


def characters(inches: float, size: float, *, bold: bool = False) -> int:
    """Characters of `size` points that fit on a line."""
    return max(int(72 * inches / (_EM * size * (_BOLD if bold else 1.0))), 8)


def axes_width(options: FigureOptions, beside: float) -> float:
    """Inches across an axes that has `beside` inches of labels at its left, at 8 points."""
    return options.width_inch / pressure_columns(options) - beside * font_scale(options)


def font_scale(options: FigureOptions) -> float:
    """By how much larger than at 8 points a panel has to be for its labels."""
    return max(options.font_size / 8, 1.0)


def words_height(handles: Sequence[Artist], warning: str, text: str, options: FigureOptions) -> float:
    """Inches that legend, warning and note take, so that panels keep theirs."""
    lines = [
        len(fill(line, characters(options.width_inch, tiny_font(options))).splitlines()) for line in text.split("\n")
    ]
    above = _legend_rows(handles, options) + len(_fitting(warning, options).splitlines())
    return (1.5 * small_font(options) * above + _LINE * tiny_font(options) * sum(lines) + 20) / 72


def legend_above(fig: Figure, handles: Sequence[Artist], warning: str, options: FigureOptions) -> None:
    """Legend above all panels and, over it, a warning in dark red, where there are any."""
    if not (handles or warning):
        return
    rows = _legend_rows(handles, options)
    legend = fig.legend(
        handles=handles,
        loc="outside upper center",
        ncols=-(-len(handles) // rows) if handles else 1,
        handlelength=2.4,
        columnspacing=1.4,
        title_fontproperties={"size": small_font(options), "weight": "bold"},
    )
    if warning:
        legend.set_title(_fitting(warning, options))
        legend.get_title().set(color=DARK_RED)


def worded_figure(inches: float, handles: Sequence[Artist], warning: str, text: str, options: FigureOptions) -> Figure:
    """Figure with its legend, warning and note, and room for panels of so many inches."""
    fig = new_figure(options, inches + words_height(handles, warning, text, options))
    legend_above(fig, handles, warning, options)
    note(fig, text, options)
    return fig


def figure_without_panels(
    text: str, warning: str, below: str, options: FigureOptions, inches: float | None = None
) -> Figure:
    """Figure that says why there is nothing to draw, in as many inches as its lines need."""
    written = fill(text, characters(options.width_inch, options.font_size))
    lines = len(written.splitlines()) * 1.4 * options.font_size / 72
    fig = worded_figure(0.4 + lines if inches is None else inches, [], warning, below, options)
    ax = fig.add_subplot()
    ax.set_axis_off()
    ax.text(0.5, 0.5, written, transform=ax.transAxes, ha="center", va="center")
    return fig


def title_fit(options: FigureOptions) -> int:
    """Characters of a panel's title that have room above a row of panels."""
    return characters(options.width_inch - 0.7 * font_scale(options), options.font_size, bold=True)


def _legend_rows(handles: Sequence[Artist], options: FigureOptions) -> int:
    size = small_font(options)
    widest = max((len(handle.get_label()) for handle in handles), default=0)
    columns = max(int(72 * options.width_inch / (size * (_EM * widest + 3.5))), 1)
    return -(-len(handles) // columns)


def _fitting(warning: str, options: FigureOptions) -> str:
    fit = characters(options.width_inch, small_font(options), bold=True)
    return fill(warning, fit, max_lines=_WARNING_LINES, placeholder=" … (in full below)")


def warned(warnings: Sequence[str], protocol: str) -> str:
    """All warnings of a protocol in one line of text; empty without any."""
    texts = [text.removeprefix(f"{protocol}: ") for text in warnings]  # an audit names its protocol itself
    return f"WARNING ({protocol_name(protocol)}): {'; '.join(texts)}" if texts else ""
