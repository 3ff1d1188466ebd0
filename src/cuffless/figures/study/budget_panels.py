"""Panels of the figure of budgets: error against calibration windows, against time since them, and protocols."""

from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from cuffless.config import FigureOptions
from cuffless.figures.layout import EVERY, networks_of, over_networks, protocol_name, several_networks
from cuffless.figures.style import GREY, LEAST_FONT, ON_WHITE, PALE, small_font, write_across

_TWICE = 2  # of a unit, from which on it is used
LEAST_HOURS = 60.0 * _TWICE
"""Minutes from which on times are given in larger units."""
LEAKING = "neighbouring windows"
_DASHED = (0, (3.2, 1.6))
_BROKEN_OFF = 0.38  # decades that the place of 0 windows lies left of the least budget
_MARGIN = 0.13  # decades
_NAME = 17  # letters of a protocol on a line
_DODGE = {"budget": 0.0075, "drift": 0.11}  # of the axis, of a bin: bars of lines stand side by side


class Series(NamedTuple):
    """A method and how it is drawn: colour and marker for the method, open and dashed for the random strategy."""

    method: str
    setting: str
    label: str
    colour: int | None
    marker: str

    @property
    def dashed(self) -> bool:
        """Whether it is of the random strategy."""
        return self.setting == "random"

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Its rows."""
        return table[(table["method"] == self.method) & (table["setting"] == self.setting)]

    def look(self, options: FigureOptions) -> dict:
        """How matplotlib draws its line and markers."""
        colour = GREY if self.colour is None else options.colours[self.colour]
        face = "white" if self.dashed else colour
        line = _DASHED if self.dashed else "--" if self.setting == "before" else "-"
        return {"color": colour, "marker": self.marker, "ms": 3.4, "mfc": face, "mec": colour, "linestyle": line}


METHODS: tuple[tuple[Any, ...], ...] = (
    ("network", "fine-tuned", 1, "o"),
    ("offset", "offset-corrected", 3, "D"),
    ("calibration_mean", "calibration mean", 5, "s"),
)
HOLD = Series("hold_last", "first", "last value held", None, "v")
HOLD_RANDOM = Series("hold_last", "random", "last value held, random", None, "v")
BUDGET_SERIES = (
    *(Series(method, setting, *look) for method, *look in METHODS for setting in ("first", "random")),
    HOLD,
    HOLD_RANDOM,
)
BEFORE = Series("network", "before", "before", 0, "^")
DRIFT_SERIES = (*(Series(method, "first", *look) for method, *look in METHODS), HOLD, BEFORE)
LEVELS = {  # drawn across
    "heart_rate": ("heart rate only", {"color": GREY, "linestyle": "-.", "linewidth": 1.0}),
    "mean": ("mean regressor", {"color": GREY, "linestyle": ":", "linewidth": 1.2}),
}


def plot_budgets(ax, mae: pd.DataFrame, inches: float, options: FigureOptions) -> None:
    """MAE against calibration windows; `mae` is one protocol's and pressure's, the axes are `inches` wide."""
    lines = over_networks(mae)
    personal = mae[mae["n_calibration"] > 0]
    ticks = np.unique(personal["n_calibration"])
    zero, last = ticks[0] / 10**_BROKEN_OFF, ticks[-1]
    left, right = zero / 10**_MARGIN, last * 10**_MARGIN
    decades = np.log10(right / left)
    present = [one for one in BUDGET_SERIES if len(one.of(lines))]
    for s, one in enumerate(present):
        rows = one.of(lines).sort_values("n_calibration", kind="stable")
        x = rows["n_calibration"] * 10 ** (_DODGE["budget"] * decades * (s - (len(present) - 1) / 2))
        _plot_line(ax, x.to_numpy(), rows, one, options, bars=one.method == "network")
    for network in networks_of(mae) if several_networks(mae) else []:
        for one in (one for one in BUDGET_SERIES if one.method == "network"):
            rows = one.of(mae[mae["network"] == network]).sort_values("n_calibration", kind="stable")
            look = one.look(options) | {"marker": "None", "linewidth": 0.6, "alpha": 0.5, "zorder": 1}
            ax.plot(rows["n_calibration"], rows["mae"], **look)
    _plot_levels(ax, lines, zero, right, options)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.xaxis.set_minor_locator(NullLocator())
    labels = [f"{n:,.0f}" for n in ticks]
    shown = _with_room(np.log10(ticks / left) / decades, labels, inches, options)
    ax.set_xticks([zero, *ticks[shown]], ["0", *(labels[n] for n in shown)])
    _break_axis(ax, np.sqrt(zero * ticks[0]), 10 ** (0.007 * decades))
    ax.grid(axis="y")


def _plot_line(
    ax, x: np.ndarray, rows: pd.DataFrame, one: Series, options: FigureOptions, *, bars: bool = True
) -> None:
    look, y = one.look(options), rows["mae"].to_numpy()
    known = rows["lower"].notna().to_numpy()
    ax.plot(x, y, label=f"{one.method} {one.setting}", linewidth=1.2, mew=0.8, zorder=3, **look)
    if bars and known.any():
        limits = np.abs(rows.loc[known, ["lower", "upper"]].to_numpy().T - y[known])
        ax.errorbar(x[known], y[known], limits, fmt="none", ecolor=look["color"], elinewidth=0.7, alpha=0.8, zorder=2)


def _plot_levels(ax, lines: pd.DataFrame, zero: float, right: float, options: FigureOptions) -> None:
    before = BEFORE.of(lines)
    if len(before):
        _plot_line(ax, np.array([zero]), before.iloc[:1], BEFORE, options)
        ax.plot([zero, right], before["mae"].iloc[[0, 0]], "--", color=options.colours[0], linewidth=1.0)
    for method, (_, look) in LEVELS.items():
        for level in lines.loc[lines["method"] == method, "mae"].iloc[:1]:
            ax.axhline(level, zorder=1, label=method, **look)


def _with_room(x: np.ndarray, labels: list[str], inches: float, options: FigureOptions) -> np.ndarray:
    """Which ticks have room for their labels, the last always; `x` is in shares of an axis of `inches`."""
    size = small_font(options)
    half = (0.3 * size * np.array([len(label) for label in labels]) + 2) / (72 * inches)
    kept = [len(x) - 1]
    for tick in range(len(x) - 2, -1, -1):
        if x[kept[-1]] - x[tick] >= half[kept[-1]] + half[tick]:
            kept.append(tick)
    return np.array(kept[::-1])


def _break_axis(ax, where: float, factor: float) -> None:
    """Two strokes across the axis: left of them, 0 windows, which a log scale does not have."""
    pair = np.array([where / factor, where * factor])
    stroke = {"marker": [(-1, -2), (1, 2)], "ms": 6, "mec": "black", "mew": 0.7, "linestyle": "none"}
    frame = {"transform": ax.get_xaxis_transform(), "clip_on": False}
    ax.plot(pair, [0, 0], color="white", linewidth=2.0, zorder=5, solid_capstyle="butt", **frame)
    ax.plot(pair, [0, 0], zorder=6, label="break", **stroke, **frame)


def plot_drift(ax, drift: pd.DataFrame, labelled: bool, inches: float, options: FigureOptions) -> None:
    """MAE in bins of time since the last calibration window; `drift` is one protocol's and pressure's."""
    lines = over_networks(drift)
    edges = np.unique(drift[["bin_low", "bin_high"]])
    present = [one for one in DRIFT_SERIES if len(one.of(lines))]
    for s, one in enumerate(present):
        rows = one.of(lines).sort_values("bin_low")
        bins = np.searchsorted(edges, rows["bin_low"])
        x = bins + _DODGE["drift"] * (s - (len(present) - 1) / 2)
        breaks = np.flatnonzero(np.diff(bins) > 1) + 1  # nothing is known in an empty bin
        rows = rows.reset_index(drop=True)
        for part in np.split(np.arange(len(rows)), breaks):
            _plot_line(ax, x[part], rows.iloc[part], one, options)
        unsure = rows["lower"].isna().to_numpy()
        colour = one.look(options)["color"]
        ax.plot(x[unsure], rows["mae"][unsure], one.marker, ms=3.4, mfc="white", mec=colour, mew=0.8, zorder=4)
    ax.set_xlim(-0.5, len(edges) - 1.5)
    labels = [duration(edge) for edge in edges]
    shown = _with_room(np.arange(len(edges)) / (len(edges) - 1), labels, inches, options)
    ax.set_xticks(shown - 0.5, [labels[edge] for edge in shown])
    ax.set_xticks(np.arange(len(edges)) - 0.5, minor=True)
    ax.grid(axis="y")
    _count_subjects(ax, lines, edges, labelled)


def _count_subjects(ax, lines: pd.DataFrame, edges: np.ndarray, labelled: bool) -> None:
    """Subjects of each bin, in a strip below the lines."""
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.17 * (high - low), high)
    subjects = lines.groupby("bin_low")["n_subjects"].max()
    for low, count in subjects.items():
        text = f"n = {count:.0f}" if labelled and low == subjects.index[0] else f"{count:.0f}"
        look = {"va": "bottom", "color": GREY, "bbox": ON_WHITE}
        write_across(ax, np.searchsorted(edges, low), 0.03, text, LEAST_FONT, **look)


def duration(minutes: float) -> str:
    """``45`` minutes, ``3 h``, ``2 d``, ``5 y``."""
    for unit, size in (("y", 525600.0), ("d", 1440.0), ("h", 60.0)):
        if minutes >= _TWICE * size:
            return f"{round(minutes / size, 1):g} {unit}"
    return f"{round(minutes, 2):g}"


def plot_protocols(
    ax, tests: pd.DataFrame, protocols: list[str], leaking: set[str], labelled: bool, options: FigureOptions
) -> None:
    """First less random, of the fine-tuned networks, one line per protocol; `tests` is one pressure's."""
    tests = tests[tests["comparison"] == "first vs random"]
    colour = options.colours[1]
    ax.axvline(0, color="black", linewidth=0.8, zorder=1)
    for y, protocol in enumerate(protocols):
        rows = tests[tests["protocol"] == protocol]
        leaks = protocol in leaking
        if leaks:
            ax.axhspan(y - 0.45, y + 0.45, facecolor="none", edgecolor=PALE, hatch="////", linewidth=0, zorder=0)
        if rows["difference"].notna().sum() == 0:
            ax.text(0.5, y, "not judged", transform=ax.get_yaxis_transform(), ha="center", va="center", color=GREY)
            continue
        if several_networks(rows):
            each = rows.loc[rows["network"] != EVERY, "difference"]
            ax.plot(each, np.full(len(each), y + 0.24), "|", ms=5, mew=0.8, color=colour, alpha=0.8, label="each")
        mean = over_networks(rows).iloc[:1]
        bars = np.abs(mean[["lower", "upper"]].to_numpy().T - mean["difference"].to_numpy())
        if np.isfinite(bars).all():
            ax.errorbar(mean["difference"], [y], xerr=bars, fmt="none", ecolor=colour, elinewidth=1.2, capsize=2)
        ax.plot(mean["difference"], [y], "o", ms=5, mfc="white" if leaks else colour, mec=colour, mew=1.2, label="mean")
    ax.set_ylim(len(protocols) - 0.5, -0.5)
    ax.set_yticks(range(len(protocols)), [fill(protocol_name(name), _NAME) if labelled else "" for name in protocols])
    ax.tick_params(axis="y", length=0)
    low, high = ax.get_xlim()
    reach = 1.05 * max(abs(low), abs(high))
    ax.set_xlim(-reach, reach)  # neither strategy is to look better by the axis
    for side, words, align in ((0.0, "◂ first better", "left"), (1.0, "random better ▸", "right")):
        ax.text(side, 1.02, words, transform=ax.transAxes, ha=align, va="bottom", fontsize=LEAST_FONT, color=GREY)
    ax.grid(axis="x")
