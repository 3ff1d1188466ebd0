"""Panels of the figure of budgets: error against calibration windows, against time since them, and protocols."""

from collections.abc import Mapping
from textwrap import fill
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from cuffless.config import FigureOptions
from cuffless.figures.layout import EVERY, over_networks, protocol_name, several_networks
from cuffless.figures.style import GREY, LEAST_FONT, ON_WHITE, PALE, small_font, write_across

_TWICE = 2  # of a unit, from which on it is used
LEAST_HOURS = 60.0 * _TWICE
"""Minutes from which on times are given in larger units."""
LEAKING = "neighbouring windows"
_DASHED = (0, (3.2, 1.6))
_MARGIN = 0.1  # of the axis of budgets, at both sides
_NAME = 17  # letters of a protocol on a line
_DODGE = {"budget": 0.012, "drift": 0.11}  # of the axis, of a bin: bars of lines stand side by side
_EM = 0.56  # mean width of a character
_LABEL_LINE = 1.45  # from a label at a line's end to the next, with room for a figure that is laid out lower


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


METHODS: tuple[tuple[str, str, int | None, str], ...] = (
    ("network", "fine-tuned", 1, "o"),
    ("offset", "offset-corrected", 3, "D"),
    ("calibration_mean", "calibration mean", 5, "s"),
    ("hold_last", "last value held", None, "v"),
)
"""Name, printed name, colour and marker; each has a panel of budgets."""
BEFORE = Series("network", "before", "before", 0, "^")
DRIFT_SERIES = (*(Series(method, "first", name, colour, mark) for method, name, colour, mark in METHODS), BEFORE)
TUNED = DRIFT_SERIES[0]
COMPARED = {"linewidth": 2.6, "alpha": 0.3, "marker": "None", "zorder": 1, "solid_capstyle": "butt"}
"""How the fine-tuned networks are drawn in the panels of what needs no training."""
BEFORE_LEVEL = {"linestyle": "--", "linewidth": 1.0}
MEAN_LEVEL = {"color": GREY, "linestyle": ":", "linewidth": 1.2}


def plot_method(ax, mae: pd.DataFrame, method: str, inches: float, options: FigureOptions) -> None:
    """MAE of a method against calibration windows, first and random; `mae` is one protocol's and pressure's.

    Behind them the fine-tuned networks, first, and as levels the networks before and the mean regressor. The axes are
    `inches` wide.
    """
    lines = over_networks(mae)
    ticks = np.unique(mae.loc[mae["n_calibration"] > 0, "n_calibration"])
    reach = max(np.log10(ticks[-1] / ticks[0]), 0.3)
    left, right = ticks[0] / 10 ** (_MARGIN * reach), ticks[-1] * 10 ** (_MARGIN * reach)
    decades = np.log10(right / left)
    own = next(look for look in METHODS if look[0] == method)
    for s, setting in enumerate(("first", "random")):
        one = Series(method, setting, *own[1:])
        rows = one.of(lines).sort_values("n_calibration", kind="stable")
        x = rows["n_calibration"] * 10 ** (_DODGE["budget"] * decades * (s - 0.5))
        _plot_line(ax, x.to_numpy(), rows, one, options)
    if method != TUNED.method:
        rows = TUNED.of(lines).sort_values("n_calibration", kind="stable")
        ax.plot(rows["n_calibration"], rows["mae"], label="compared", color=TUNED.look(options)["color"], **COMPARED)
    for level in BEFORE.of(lines)["mae"].iloc[:1]:
        ax.axhline(level, zorder=1, label="before", color=BEFORE.look(options)["color"], **BEFORE_LEVEL)
    for level in lines.loc[lines["method"] == "mean", "mae"].iloc[:1]:
        ax.axhline(level, zorder=1, label="mean", **MEAN_LEVEL)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.xaxis.set_minor_locator(NullLocator())
    labels = [f"{n:,.0f}" for n in ticks]
    shown = _with_room(np.log10(ticks / left) / decades, labels, inches, options)
    ax.set_xticks(ticks[shown], [labels[n] for n in shown])
    ax.grid(axis="y")


def _plot_line(ax, x: np.ndarray, rows: pd.DataFrame, one: Series, options: FigureOptions) -> None:
    look, y = one.look(options), rows["mae"].to_numpy()
    known = rows["lower"].notna().to_numpy()
    ax.plot(x, y, label=f"{one.method} {one.setting}", linewidth=1.2, mew=0.8, zorder=3, **look)
    if known.any():
        limits = np.abs(rows.loc[known, ["lower", "upper"]].to_numpy().T - y[known])
        ax.errorbar(x[known], y[known], limits, fmt="none", ecolor=look["color"], elinewidth=0.7, alpha=0.8, zorder=2)


def _with_room(x: np.ndarray, labels: list[str], inches: float, options: FigureOptions) -> np.ndarray:
    """Which ticks have room for their labels, the last always; `x` is in shares of an axis of `inches`."""
    size = small_font(options)
    half = (0.3 * size * np.array([len(label) for label in labels]) + 2) / (72 * inches)
    kept = [len(x) - 1]
    for tick in range(len(x) - 2, -1, -1):
        if x[kept[-1]] - x[tick] >= half[kept[-1]] + half[tick]:
            kept.append(tick)
    return np.array(kept[::-1])


def plot_drift(ax, drift: pd.DataFrame, labelled: bool, inches: tuple[float, float], options: FigureOptions) -> None:
    """MAE in bins of time since the last calibration window; `drift` is one protocol's and pressure's.

    The axes are so many `inches` wide and high; each line is named at its end.
    """
    lines = over_networks(drift)
    edges = np.unique(drift[["bin_low", "bin_high"]])
    present = [one for one in DRIFT_SERIES if len(one.of(lines))]
    ends: dict[str, tuple[float, float, str]] = {}
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
        ends[one.label] = (x[-1], rows["mae"].iloc[-1], colour)
    wide, high = inches
    words = (_EM * max(map(len, ends)) * LEAST_FONT + 10) / 72 / wide  # share of the axes that names take
    count = len(edges) - 1
    last = count - 0.5
    ax.set_xlim(-0.5, last + count * words / (1 - words))
    ax.spines["bottom"].set_bounds(-0.5, last)
    labels = [duration(edge) for edge in edges]
    shown = _with_room((1 - words) * np.arange(len(edges)) / count, labels, wide, options)
    ax.set_xticks(shown - 0.5, [labels[edge] for edge in shown])
    ax.set_xticks(np.arange(len(edges)) - 0.5, minor=True)
    ax.grid(axis="y")
    _count_subjects(ax, lines, edges, labelled)
    _name_lines(ax, ends, last, high)


def _name_lines(ax, ends: Mapping[str, tuple[float, float, str]], x: float, inches: float) -> None:
    """Names right of `x`, each as near to its line's end (x, y, colour) as the others leave room."""
    low, high = ax.get_ylim()
    step = _LABEL_LINE * LEAST_FONT / 72 * (high - low) / inches
    order = sorted(ends, key=lambda name: ends[name][1])
    places = np.array([ends[name][1] for name in order])
    for _ in range(len(order) ** 2):  # those too near push each other apart
        gaps = np.diff(places)
        if not (close := gaps < 0.999 * step).any():
            break
        push = np.where(close, (step - gaps) / 2, 0.0)
        places[:-1] -= push
        places[1:] += push
    places += max(low + step / 2 - places[0], 0.0) - max(places[-1] - high + step / 2, 0.0)
    left, right = ax.get_xlim()
    points = (right - left) / 72 / 3.0
    for name, place in zip(order, places, strict=True):
        end, value, colour = ends[name]
        ax.plot([end, x + 4 * points], [value, place], color=colour, linewidth=0.6, zorder=1, label="to its name")
        look = {"va": "center_baseline", "fontsize": LEAST_FONT, "bbox": ON_WHITE}
        ax.text(x + 5 * points, place, name, zorder=5, **look)


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
