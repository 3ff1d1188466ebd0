"""Figure 2: cropping, length and derivatives of the input."""

from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions
from cuffless.figures import style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.paper.input_tests import explain_tests, subject_words, table_lines, write_tests
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="inputs",
    inputs={"mae": "judgement/inputs/tables/mae.csv", "tests": "judgement/inputs/tables/tests.csv"},
    captions={"fig2": "Error by length and kind of the windows and by derivative channels (the paper's Figure 2)."},
)

LEAST_SHARE = 1 / 3
"""Share of an axis that the runs fill at least; a mean regressor that would squeeze them further is written down."""
_COLUMNS = 2
_LEAST_WIDTH = 0.55  # inches that a network takes, for each point of the tiny font
_SLOT = 0.62  # of a column's width, over which its runs are spread
_DODGE = (0.18, 0.015)  # at most, of the least step between lengths and of all: whiskers stand side by side
_LEAST_ROOM = 0.05  # of the MAE: runs that hardly differ are not to look far apart
_LETTERS = 12  # of a title, an inch
_MEAN = {"color": style.GREY, "linestyle": (0, (3, 2)), "linewidth": 1.1, "zorder": 1}
_CROPPINGS = {"time": "s", "beats": "beats"}


class _Series(NamedTuple):
    """One way to make an input, and how it is drawn: shape for the cropping, open for derivatives."""

    cropping: str
    derivatives: bool
    colour: int
    marker: str
    line: str | tuple

    @property
    def label(self) -> str:
        return f"{self.cropping} + derivatives" if self.derivatives else self.cropping

    def of(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Its runs, from short to long."""
        own = runs[(runs["cropping"] == self.cropping) & (runs["derivatives"] == self.derivatives)]
        return own.sort_values(["length", "seed"])

    def look(self, options: FigureOptions, size: float) -> dict:
        colour = options.colours[self.colour]
        face = "white" if self.derivatives else colour
        return {"marker": self.marker, "ms": size, "mec": colour, "mfc": face, "mew": 0.8, "color": colour}


_SERIES = (  # dark and light, so that the croppings differ in greyscale too
    _Series("time", False, 0, "o", "-"),
    _Series("beats", False, 4, "^", (0, (6, 1.5))),
    _Series("time", True, 0, "o", (0, (1, 1.2))),
    _Series("beats", True, 4, "^", (0, (4, 1.2, 1, 1.2))),
)


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 2."""
    return plot_fig2(given.table("mae"), given.table("tests"), given.options)


def plot_fig2(mae: pd.DataFrame, tests: pd.DataFrame, options: FigureOptions) -> Figure:
    """MAE of each cropping, with and without derivatives, and against length (the paper's Figure 2).

    For each network, SBP above DBP: every run, pooled over lengths as in the paper, and medians of the repeats
    against length with their range; below, the differences and which of them are significant.

    Parameters
    ----------
    mae : DataFrame
        One row a training run and pressure: ``network, derivatives, cropping`` (time or beats), ``length`` (s or
        beats), ``seed, pressure, mae`` and ``mae_mean`` (mmHg; of the network and of the mean regressor on the same
        windows), ``n_train, n_test, n_subjects``, ``identity`` (of a subject: patient or record), ``n_stretches`` and
        ``n_asked`` (drawn for all sets, and asked for).
    tests : DataFrame
        ``tests.csv`` of the input study, as from `compare_inputs`; may be empty.
    options : FigureOptions

    Raises
    ------
    ValueError
        If there is no run.
    """
    if mae.empty:
        raise ValueError("Figure 2: no training run to plot; the table of the input study's errors is empty")
    networks = list(dict.fromkeys(mae["network"]))
    least = _LEAST_WIDTH * style.tiny_font(options)
    columns = _COLUMNS if len(networks) > 1 and options.width_inch >= _COLUMNS * least else 1
    rows = -(-len(networks) // columns)
    limits = _limits(mae)
    lines = table_lines(tests)
    with style.house_style(options):
        below = 0.025 * style.tiny_font(options) * len(lines)
        scale = max(options.font_size / 8, 1)
        share = 1.0 if columns > 1 else min(max(0.62, least / options.width_inch), 1.0)
        fig = style.new_figure(options, 1.1 * scale + (3.45 * scale + below) * rows, share=share)
        panels = fig.subfigures(rows, columns, squeeze=False).ravel()
        for number, (panel, network) in enumerate(zip(panels, networks, strict=False)):
            title = fill(style.network_name(network), int(_LETTERS * fig.get_figwidth() / columns))
            style.panel_title(panel, number, title, options)
            grid = panel.add_gridspec(
                3 if lines else 2, 2, width_ratios=[1, 1.35], height_ratios=[1.65, 1.65, *([below] if lines else [])]
            )
            _plot_network(panel, grid, mae[mae["network"] == network], limits, options)
            if lines:
                own = tests[tests["network"] == network]
                write_tests(panel.add_subplot(grid[2, :]), own, lines, options)
        handles = _legend(mae, limits, options)
        across = len(handles) if columns > 1 or len(handles) < 4 else 3 if len(handles) > 4 else 2
        fig.legend(handles=handles, loc="outside upper center", ncols=across)
        style.note(fig, _explain(mae, tests, limits), options)
    return fig


class _Limits(NamedTuple):
    """An axis of one pressure, and whether the mean regressor lies on it, for every network and length."""

    low: float
    high: float
    holds_mean: bool


def _limits(mae: pd.DataFrame) -> dict[str, _Limits]:
    """Limits that hold every run, and the mean regressor unless it would flatten the runs of a pressure."""
    runs, means, whole = {}, {}, {}
    for pressure in style.PRESSURES:
        here = mae[mae["pressure"] == pressure]
        mean = here.groupby(["network", "length"])["mae_mean"].median()
        low, high = runs[pressure] = here["mae"].min(), here["mae"].max()
        first, last = means[pressure] = mean.min(), mean.max()
        whole[pressure] = min(low, first), max(high, last)
    single = len(mae) == len(style.PRESSURES)
    all_of_it = single or all(np.ptp(runs[p]) >= LEAST_SHARE * np.ptp(whole[p]) for p in style.PRESSURES)
    limits = {}
    for pressure, (least, most) in (whole if all_of_it else runs).items():
        room = max(most - least, _LEAST_ROOM * most, 1e-6)
        middle, above = (least + most) / 2, 0.56 if all_of_it else 0.72  # words stand above
        low, high = max(middle - 0.56 * room, 0), middle + above * room
        limits[pressure] = _Limits(low, high, low <= means[pressure][0] and means[pressure][1] <= high)
    return limits


def _plot_network(panel, grid, runs: pd.DataFrame, limits: dict[str, _Limits], options: FigureOptions) -> None:
    series = [one for one in _SERIES if len(one.of(runs))]
    pooled: Any = None
    lengths: Any = None
    for p, pressure in enumerate(style.PRESSURES):
        here = runs[runs["pressure"] == pressure]
        pooled = panel.add_subplot(grid[p, 0], sharex=pooled)
        lengths = panel.add_subplot(grid[p, 1], sharex=lengths, sharey=pooled)
        _plot_pooled(pooled, here, series, limits[pressure], options)
        _plot_lengths(lengths, here, series, limits[pressure], options)
        pooled.set_ylim(limits[pressure].low, limits[pressure].high)
        pooled.set_ylabel(f"{pressure}: MAE (mmHg)")
        lengths.tick_params(labelleft=False)
        for ax in (pooled, lengths):
            ax.grid(axis="y")
            ax.tick_params(labelbottom=p == len(style.PRESSURES) - 1)
        if p == 0:
            pooled.set_title("all lengths", fontsize=style.small_font(options))
            lengths.set_title("each length", fontsize=style.small_font(options))
    pooled.set_xticks(range(len(series)), [one.label.replace("derivatives", "deriv.") for one in series])
    style.slant_labels(pooled, 40)
    lengths.set_xlabel(
        f"length ({' or '.join(unit for name, unit in _CROPPINGS.items() if name in set(runs['cropping']))})"
    )


def _plot_pooled(ax, runs: pd.DataFrame, series: list[_Series], limits: _Limits, options: FigureOptions) -> None:
    """Every run of a way in a column of its own, from short to long, so that no two coincide."""
    for x, one in enumerate(series):
        y = one.of(runs)["mae"].to_numpy()
        across = x + _SLOT * (np.arange(y.size) + 0.5 - y.size / 2) / y.size
        ax.plot(across, y, linestyle="none", **one.look(options, 2.6), zorder=3)
        if y.size > 1:
            ax.plot([x - 0.4, x + 0.4], [np.median(y)] * 2, color="black", linewidth=1.4, zorder=4)
    ax.set_xlim(-0.6, len(series) - 0.4)
    if limits.holds_mean:
        ax.axhline(runs["mae_mean"].median(), **_MEAN)


def _plot_lengths(ax, runs: pd.DataFrame, series: list[_Series], limits: _Limits, options: FigureOptions) -> None:
    """Medians of the repeats against length, whiskers to the least and the largest."""
    lengths = np.unique(runs["length"])
    step = np.diff(lengths).min() if lengths.size > 1 else 1.0
    dodge = min(_DODGE[0] * step, _DODGE[1] * np.ptp(lengths)) or _DODGE[0]
    for s, one in enumerate(series):
        each = one.of(runs).groupby("length")["mae"]
        median = each.median()
        x = median.index + (s - (len(series) - 1) / 2) * dodge
        ax.plot(x, median, linestyle=one.line, **one.look(options, 3.2), zorder=3)
        whiskers = [median - each.min(), each.max() - median]
        if each.size().max() > 1:
            ax.errorbar(x, median, whiskers, fmt="none", color=options.colours[one.colour], elinewidth=0.8, capsize=1.4)
    edge = max(2.5 * dodge, 0.06 * np.ptp(lengths))
    ax.set_xlim(lengths[0] - edge, lengths[-1] + edge)
    ax.set_xticks(_ticks(lengths))
    ax.set_xticks(lengths, minor=True)
    mean = runs.groupby("length")["mae_mean"].median()
    if not limits.holds_mean:
        _write_mean(ax, mean, limits, options)
    elif lengths.size > 1:
        ax.plot(mean.index, mean, **_MEAN)
    else:
        ax.axhline(mean.iloc[0], **_MEAN)


def _ticks(lengths: np.ndarray) -> list[int]:
    """Lengths to be written below the axis: those that have room, the longest always."""
    room, chosen = 0.05 * np.ptp(lengths), [lengths[-1]]
    for length in lengths[-2::-1]:
        if chosen[-1] - length >= room * (1.6 if chosen[-1] >= 10 else 1.0):
            chosen.append(length)
    return chosen


def _write_mean(ax, mean: pd.Series, limits: _Limits, options: FigureOptions) -> None:
    """Say where the mean regressor is, where it is off the axis."""
    first, last = f"{mean.min():.1f}", f"{mean.max():.1f}"
    arrow = "▲" if mean.median() > (limits.low + limits.high) / 2 else "▼"
    text = f"{arrow} mean regressor {first if first == last else f'{first} to {last}'}"
    look = {"fontsize": style.tiny_font(options), "color": style.GREY, "bbox": style.ON_WHITE}
    ax.text(0.98, 0.98, text, transform=ax.transAxes, ha="right", va="top", **look)


def _legend(mae: pd.DataFrame, limits: dict[str, _Limits], options: FigureOptions) -> list[Line2D]:
    handles = [
        Line2D([], [], label=one.label, linestyle=one.line, **one.look(options, 3.6))
        for one in _SERIES
        if len(one.of(mae))
    ]
    if any(limit.holds_mean for limit in limits.values()):
        handles.append(Line2D([], [], label="mean regressor", **_MEAN))
    return handles


def _explain(mae: pd.DataFrame, tests: pd.DataFrame, limits: dict[str, _Limits]) -> str:
    runs = mae[mae["pressure"] == style.PRESSURES[0]]
    way = ["network", "cropping", "derivatives"]
    column, repeats = runs.groupby(way).size(), runs.groupby([*way, "length"]).size()
    pooled = f"Left: each mark is a training run, {style.n_range(column)} per column"
    pooled += ", the shortest length at its left; bar: median" if column.max() > 1 else ""
    spread = (
        f"medians of {style.n_range(repeats)} repeats, whiskers their range" if repeats.max() > 1 else "the same runs"
    )
    text = f"{pooled}. Right: {spread}. "
    if all(limit.low > 0 for limit in limits.values()):
        text += "MAE axes do not start at 0. "
    if len(set(runs["seed"])) == 1:
        text += style.seeds_note(1) + " "
    text += "Mean regressor: the training set's mean, on the same test windows"
    if not all(limit.holds_mean for limit in limits.values()):
        text += " (▲ ▼: its MAE, where that is off the axis)"
    tests_note = "" if tests.empty else "\n" + explain_tests(tests)
    one, many = subject_words(runs["identity"].iloc[0])
    made, asked = runs["n_stretches"].iloc[0], runs["n_asked"].iloc[0]
    fewer = f"; {made:,} stretches in all, in place of {asked:,}" if made < asked else ""
    return (
        f"{text}. Time: windows of fixed seconds (the paper's const_time); beats: of whole pulse waves (const_HR); "
        "both croppings begin at the same arbitrary phase, unlike the paper's const_HR, whose windows follow one "
        "another.\n"
        f"A run: {style.n_range(runs['n_train'])} training windows, {style.n_range(runs['n_test'])} test windows of "
        f"{style.n_range(runs['n_subjects'])} {many}{fewer}. "
        f"Mixed split: windows of one {one} are on both sides, so the errors say nothing about unknown people."
        f"{tests_note}"
    )
