"""What Figures 8, 9 and A1 to A5 share: boxes of the networks' errors, and beside them what needs no training."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cuffless.config import FigureOptions
from cuffless.figures.layout import DARK_RED
from cuffless.figures.style import GREY, n_range, small_font, tiny_font, write_across

STRIP = 0.13
"""Of a panel's height, above the boxes: for the marks of tests."""
TUNING, OWN = "tuned vs before", "first vs random"
"""The comparisons that are marked."""
MARKS = {TUNING: "∗", OWN: "†"}
_SETTINGS = {  # what the legend says, colour
    "before": ("before", 0),
    "tuned": ("tuned", 5),
    "random": ("tuned, random", 4),
    "first": ("tuned, first", 2),
    "recordings": ("tuned, calibration recordings", 2),
}
_TICKS = 5  # at most so many steps on the axis of errors
_MEAN_OF_BOX = {"marker": "o", "ms": 2.6, "mfc": "white", "mec": "black", "mew": 0.5, "linestyle": "none"}
_BESIDE = {  # needs no training
    "offset": ("MAE, offset-corrected", {"marker": "D", "ms": 2.7, "mfc": "none", "mec": "black", "mew": 0.6}),
    "calibration_mean": ("MAE, calibration mean", {"marker": "x", "ms": 3.0, "mec": "black", "mew": 0.8}),
}
_WORDS = {
    "offset": "Offset-corrected: the network before, shifted by its mean error on the same own windows.",
    "calibration_mean": "Calibration mean: the mean pressure of the same own windows.",
    "mean": "Mean regressor: the mean pressure of other subjects.",
}
_LEVEL = {"color": DARK_RED, "linewidth": 0.9, "linestyle": (0, (1.5, 1.0))}
QUARTILES = (
    "Boxes: quartiles of the absolute errors of windows, with their mean (○); whiskers to 1.5 times their range at "
    "most; errors beyond are not drawn."
)
KS_NOTE = (
    "the paper's two-sample Kolmogorov–Smirnov test on absolute errors, uncorrected. It treats a subject's windows as "
    "independent, which they are not, so it finds differences too often; and it shows that errors differ, not which "
    "are smaller."
)
"""Explanation of a mark of that test."""
_FIGURES = {"low": "whislo", "q1": "q1", "median": "med", "q3": "q3", "high": "whishi", "mae": "mean"}


def plot_errors(
    ax: Axes, rows: pd.DataFrame, places: Mapping[str, float], width: float, options: FigureOptions
) -> None:
    """Boxes of networks, the MAE of methods without training to their right, and the mean regressor's as a level.

    Parameters
    ----------
    ax : Axes
    rows : DataFrame
        ``centre`` (x of what the boxes belong to), ``method, setting, mae``, and of networks ``low, q1, median, q3,
        high``. mmHg.
    places : mapping of str to float
        Settings shown, and the offsets of their boxes from the centre.
    width : float
        Of a box.
    options : FigureOptions
    """
    for setting, place in places.items():
        here = rows[rows["setting"] == setting]
        own = here[here["method"] == "network"]
        draw_boxes(ax, own, own["centre"] + place, width, options.colours[_SETTINGS[setting][1]], _MEAN_OF_BOX)
        for method, (_, look) in _BESIDE.items():
            marks = here[here["method"] == method]
            x = marks["centre"] + place + 0.85 * width
            ax.plot(x, marks["mae"], label=f"{method} {setting}", linestyle="none", zorder=5, **look)
        level = here[here["method"] == "mean"]
        x = level["centre"] + place
        ax.hlines(level["mae"], x - 0.7 * width, x + 0.7 * width, label=f"mean {setting}", zorder=4, **_LEVEL)


def draw_boxes(
    ax: Axes, rows: pd.DataFrame, x: pd.Series, width: float, colour: str, mean: Mapping[str, object]
) -> None:
    """Boxes of those rows that have quartiles, at `x`, each with its MAE as a marker that looks like `mean`."""
    known = rows[list(_FIGURES)].notna().all(axis=1)
    if not known.any():
        return
    ax.bxp(
        rows.loc[known, list(_FIGURES)].rename(columns=_FIGURES).assign(label="").to_dict("records"),
        positions=x[known],
        widths=width,
        showfliers=False,
        showcaps=False,
        showmeans=True,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": colour, "edgecolor": "black", "linewidth": 0.5},
        whiskerprops={"color": colour, "linewidth": 0.9},
        medianprops={"color": "black", "linewidth": 1.0},
        meanprops=mean,
    )


def plot_bands(ax: Axes, count: int) -> None:
    """Grey behind every other of `count` places."""
    for band in range(0, count, 2):
        ax.axvspan(band - 0.5, band + 0.5, color="#F4F4F4", linewidth=0, zorder=0)


def finish_axes(ax: Axes, count: int, reach: float, *, least: int) -> None:
    """Limits that hold `count` centres (at least the room of `least`), errors up to `reach`, and the strip of marks."""
    middle, half = (count - 1) / 2, max(count, least) / 2
    ax.set_xlim(middle - half, middle + half)
    ax.set_ylim(0, max(reach, 1e-9) * 1.03 / (1 - STRIP))
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_major_locator(MaxNLocator(_TICKS, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(axis="y")


def highest(rows: pd.DataFrame) -> float:
    """The highest that is drawn: a whisker or an MAE."""
    return float(np.nanmax(rows[["high", "mae"]].to_numpy(float)))


def mark(ax: Axes, x: float, text: str, options: FigureOptions) -> None:
    """Write what a test found into the strip above the boxes."""
    strong = text in MARKS.values()
    colour = {MARKS[TUNING]: options.colours[0], MARKS[OWN]: DARK_RED}.get(text, GREY)
    size = small_font(options) if strong else tiny_font(options)
    look = {"va": "center", "color": colour, "fontweight": "bold" if strong else None}
    write_across(ax, x, 1 - STRIP / 2, text, size, **look)


def legend_handles(rows: pd.DataFrame, options: FigureOptions, *, level: bool = True) -> list:
    """Legend of what `rows` hold: boxes, and what needs no training; `level`: with the mean regressor.

    The boxes' means and the marks of tests are explained below the figures.
    """
    settings, methods = set(rows["setting"]), set(rows["method"])
    handles = [
        Patch(facecolor=options.colours[colour], edgecolor="black", linewidth=0.5, label=label)
        for setting, (label, colour) in _SETTINGS.items()
        if setting in settings
    ]
    handles += [
        Line2D([], [], label=label, linestyle="none", **{**look, "ms": 3.8})
        for method, (label, look) in _BESIDE.items()
        if method in methods
    ]
    if level and "mean" in methods:
        handles.append(Line2D([], [], label="MAE, mean regressor", **_LEVEL))
    return handles


def name_level(ax: Axes, rows: pd.DataFrame, options: FigureOptions) -> None:
    """Write the mean regressor's name right of the axes, at the height of its last level, if `rows` have any."""
    for height in rows.loc[rows["method"] == "mean", "mae"].iloc[-1:]:
        look = {"va": "center", "color": DARK_RED, "fontsize": tiny_font(options)}
        ax.annotate("mean\nregr.", (1, height), (3, 0), ax.get_yaxis_transform(), "offset points", **look)


def explain_marks(words: Mapping[str, str]) -> str:
    """What the marks of tests stand for: comparison to what its mark says."""
    return "; ".join(f"{MARKS[name]} {text}" for name, text in words.items())


def explain_boxes(rows: pd.DataFrame) -> str:
    """What boxes and markers of `rows` are, for the note."""
    own = (
        "random, first: a random part or the first part of the test subject's own windows besides. Random windows lie "
        "between test windows and are much like them."
    )
    if "recordings" in set(rows["setting"]):
        own = "calibration recordings: those of the test subject in another condition besides."
    return f"{QUARTILES} Tuned: on other subjects' rPPG; {own} " + " ".join(
        words for method, words in _WORDS.items() if method in set(rows["method"])
    )


def shown_marks(words: Mapping[str, str], comparisons: Collection[str]) -> dict[str, str]:
    """Of the marks' words, those of comparisons that were made."""
    return {name: text for name, text in words.items() if name in set(comparisons)}


def explain_budgets(rows: pd.DataFrame) -> str:
    """How many windows of a subject's own each strategy took."""
    own = {
        setting: rows.loc[rows["setting"] == setting, "n_calibration"] for setting in ("first", "random", "recordings")
    }
    return ", ".join(f"{n_range(counts)} ({setting})" for setting, counts in own.items() if len(counts))
