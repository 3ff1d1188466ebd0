"""Figure of a predictor's intervals: what they hold and how wide they are, and the error when abstaining."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.judgement.intervals.bands import DRAWN, KINDS, MEAN_BAND

_MARKERS = ("o", "s", "D", "^", "v")
_HEIGHTS = (1.9, 1.1, 1.7)  # inches of coverage, width and risk


def plot_intervals(bins: pd.DataFrame, risk: pd.DataFrame, options: FigureOptions) -> Figure:
    """Coverage and width by pressure, and risk against coverage, of one predictor.

    Parameters
    ----------
    bins, risk : DataFrame
        ``interval_bins`` and ``risk`` of a judgement: rows of a case, of a network, its first seed and its seeds
        together, and of what needs no network; of `risk` those in which subjects count the same.
    options : FigureOptions

    Returns
    -------
    Figure
    """
    looks = {kind: _look(kind, options) for kind in DRAWN if kind in set(bins["kind"])}
    drawn = not risk.empty
    with style.house_style(options):
        pressures = list(dict.fromkeys(bins["pressure"]))
        (lines, columns), scale = layout.grid_of(pressures, options), layout.font_scale(options)
        heights = [height * scale for height in _HEIGHTS[: 2 + drawn]]
        text = _note(bins, risk)
        fig = layout.worded_figure(sum(heights) * lines, list(looks.values()), "", text, options)
        parts = fig.add_gridspec(len(heights) * lines, columns, height_ratios=heights * lines)
        for p, pressure in enumerate(pressures):
            own = bins[bins["pressure"] == pressure]
            line, column = divmod(p, columns)
            axes = [fig.add_subplot(parts[len(heights) * line + row, column]) for row in range(len(heights))]
            style.panel_title(axes[0], p, pressure, options)
            _plot_coverage(axes[0], own, looks)
            _plot_width(axes[1], own, looks, pressure)
            axes[1].sharex(axes[0])
            if drawn:
                _plot_risk(axes[2], risk[risk["pressure"] == pressure], looks)
    return fig


def _look(kind: str, options: FigureOptions) -> Line2D:
    place, idle = DRAWN.index(kind), kind == MEAN_BAND
    colour, marker = (style.GREY, "") if idle else (options.colours[place], _MARKERS[place])
    dashes = "--" if idle else "-"
    return Line2D([], [], color=colour, marker=marker, markersize=3.5, linestyle=dashes, label=KINDS[kind])


def _note(bins: pd.DataFrame, risk: pd.DataFrame) -> str:
    level = 100 * float(bins["level"].iloc[0])
    abstaining = (
        " Bottom: error of the windows with the narrowest intervals, every subject counting the same; dashed: as many "
        "windows at random."
    )
    return (
        f"Top: share of windows whose interval holds the reference; dotted: the {level:g} % that should be. Lines: "
        "intervals over subjects; bins of fewer than 6 subjects have none. Middle: median width of the intervals; "
        f"infinite ones are not drawn.{abstaining if len(risk) else ''}"
    )


def _plot_coverage(ax, bins: pd.DataFrame, looks: dict[str, Line2D]) -> None:
    shift = (len(looks) - 1) / 2
    for n, (kind, look) in enumerate(looks.items()):
        rows = bins[bins["kind"] == kind].sort_values("bin_low")
        x = (rows["bin_low"] + rows["bin_high"]) / 2 + (rows["bin_high"] - rows["bin_low"]) * 0.08 * (n - shift)
        ax.vlines(x, 100 * rows["lower"], 100 * rows["upper"], color=look.get_color(), linewidth=0.9)
        _plot_line(ax, x, 100 * rows["coverage"], look)
    if len(bins):
        ax.axhline(100 * bins["level"].iloc[0], color=style.GREY, linestyle=":", linewidth=1)
    ax.set_ylim(0, 103)
    ax.set_ylabel("windows held (%)")
    ax.tick_params(axis="x", labelbottom=False)
    ax.grid(axis="y")


def _plot_width(ax, bins: pd.DataFrame, looks: dict[str, Line2D], pressure: str) -> None:
    for kind, look in looks.items():
        rows = bins[bins["kind"] == kind].sort_values("bin_low")
        width = rows["median_width"].where(np.isfinite(rows["median_width"]))
        _plot_line(ax, (rows["bin_low"] + rows["bin_high"]) / 2, width, look)
    ax.set_ylim(bottom=0)
    ax.set(ylabel="width (mmHg)", xlabel=f"reference {pressure} (mmHg)")
    ax.grid(axis="y")


def _plot_risk(ax, risk: pd.DataFrame, looks: dict[str, Line2D]) -> None:
    for kind, look in looks.items():
        rows = risk[risk["kind"] == kind].sort_values("share")
        if rows.empty:
            continue
        x = 100 * rows["share"]
        ax.vlines(x, rows["lower"].clip(lower=0), rows["upper"], color=look.get_color(), linewidth=0.9)
        _plot_line(ax, x, rows["mae"], look)
        ax.plot(x, rows["random_mae"], color=look.get_color(), linestyle="--", linewidth=0.9)
    ax.set_xlim(105, 5)
    ax.set_ylim(bottom=0)
    ax.set(ylabel="MAE (mmHg)", xlabel="windows not abstained on (%)")
    ax.grid(axis="y")


def _plot_line(ax, x: pd.Series, y: pd.Series, look: Line2D) -> None:
    ax.plot(
        x,
        y,
        color=look.get_color(),
        marker=look.get_marker(),
        markersize=look.get_markersize(),
        linestyle=look.get_linestyle(),
    )
