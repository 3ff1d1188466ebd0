"""Bland-Altman plot of a judgement: subjects over single windows, bias and limits of agreement."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.errors import plural, windows_of
from cuffless.figures import layout, style
from cuffless.figures.labels import FEW, LED, MOST_WINDOWS, place_labels, short_names, window_errors

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
_PANEL = 2.6  # inches
_PLOT, _MARK = (190.0, 150.0), 7.0  # points: of a panel, and of a subject's mark
_ALIGNED = ({1: "left", 0: "center", -1: "right"}, {1: "bottom", 0: "center", -1: "top"})
_ROOM = 0.06  # beyond what is drawn, of its height
_CROWD = 150  # from so many subjects on they are drawn smaller and paler


def plot_agreement(
    subjects: pd.DataFrame, agreement: pd.DataFrame, traces: pd.DataFrame, options: FigureOptions
) -> Figure:
    """Bland-Altman plot: points are subjects, pale ones single windows; lines are limits for single windows.

    Parameters
    ----------
    subjects, agreement, traces : DataFrame
        Of a judgement: rows of a case and network.
    options : FigureOptions
    """
    windows = traces.iloc[:: -(-len(traces) // MOST_WINDOWS) or 1]
    with style.house_style(options):
        pressures = list(dict.fromkeys(subjects["pressure"]))
        lines, columns = layout.grid_of(pressures, options)
        text = _note(subjects, windows)
        fig = layout.worded_figure(_PANEL * layout.font_scale(options) * lines, [], "", text, options)
        for p, pressure in enumerate(pressures):
            ax = fig.add_subplot(lines, columns, p + 1)
            own = subjects[subjects["pressure"] == pressure]
            style.panel_title(ax, p, f"{pressure}: {style.network_name(own['network'].iloc[0])}", options)
            _plot_panel(ax, own, agreement[agreement["pressure"] == pressure].iloc[0], windows, options)
    return fig


def _note(subjects: pd.DataFrame, windows: pd.DataFrame) -> str:
    counted = int(subjects["n_windows"].groupby(subjects["pressure"]).sum().max())
    people = subjects["subject"].nunique()
    means, single = ("Named points", "small") if people <= FEW else ("Blue points", "grey")
    return (
        f"{windows_of(counted, people)}. {means}: subjects' means, their area by their windows; {single}: "
        f"{plural(len(windows), 'window')} of {plural(windows['subject'].nunique(), 'subject')}. Lines: bias and 95 % "
        "limits of agreement of single windows, which allow for repeated measurements of a subject (Bland & Altman "
        "2007), with their intervals, which may reach beyond the panel. Against the mean of both methods, as the "
        "method asks."
    )


def _plot_panel(ax: Axes, subjects: pd.DataFrame, limits, windows: pd.DataFrame, options: FigureOptions) -> None:
    few, crowd = len(subjects) <= FEW, len(subjects) >= _CROWD
    colours = [options.colours[(i if few else 0) % len(options.colours)] for i in range(len(subjects))]
    middle, error = window_errors(windows, str(subjects["pressure"].iloc[0]))
    of_people = dict(zip(subjects["subject"], colours, strict=True)) if few else {}
    shades = [of_people.get(name, style.PALE) for name in windows["subject"]]
    ax.scatter(middle, error, s=4, c=shades, alpha=0.45, linewidths=0, zorder=1.5)
    sizes = (6 + 30 * (subjects["n_windows"] / subjects["n_windows"].max()).to_numpy()) * (0.5 if crowd else 1)
    sizes = sizes if np.ptp(sizes) else sizes[0]  # a PDF holds one path for all points of one size
    x = ((subjects["reference_mean"] + subjects["prediction_mean"]) / 2).to_numpy(float)
    y = subjects["me"].to_numpy(float)
    if few:
        for i, size in enumerate(np.broadcast_to(sizes, len(subjects))):
            ax.scatter(x[i], y[i], s=size, color=colours[i], marker=_MARKERS[i % len(_MARKERS)], zorder=3)
    else:
        ax.scatter(x, y, s=sizes, color=colours[0], alpha=0.4 if crowd else 0.7, linewidths=0, zorder=3)
    levels = [float(limits[name]) for name in ("bias", "loa_low", "loa_high")]
    reach = np.concatenate([y, error, [level for level in levels if np.isfinite(level)], [0.0]])
    low, high = float(np.min(reach)), float(np.max(reach))
    room = _ROOM * (high - low) or 1.0
    _plot_limits(ax, limits, options)
    ax.set_ylim(low - room, high + room)
    if few:
        _write_names(ax, [str(name) for name in subjects["subject"]], x, y, options)
    ax.set_xlabel("mean of reference and prediction (mmHg)")
    ax.set_ylabel("prediction − reference (mmHg)")


def _write_names(ax: Axes, names: list[str], x: np.ndarray, y: np.ndarray, options: FigureOptions) -> None:
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    across, height = (x - left) / (right - left) * _PLOT[0], (y - low) / (high - low) * _PLOT[1]
    size, short = style.tiny_font(options), short_names(names)
    for i, place in enumerate(place_labels(across, height, short, size=size, mark=_MARK, plot=_PLOT)):
        if place:
            to_right, up = place.side
            look: dict[str, Any] = {"ha": _ALIGNED[0][to_right], "va": _ALIGNED[1][up], "zorder": 4}
            if place.away > LED * _MARK / 2:
                look["arrowprops"] = {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "shrinkA": 0}
            style.write_beside(ax, short[i], (x[i], y[i]), (place.away * to_right, place.away * up), size, **look)


def _plot_limits(ax: Axes, row, options: FigureOptions) -> None:
    for name, dashes in (("bias", "-"), ("loa_low", "--"), ("loa_high", "--")):
        value, lower, upper = row[name], row[f"{name}_lower"], row[f"{name}_upper"]
        if not np.isfinite(value):
            continue
        if np.isfinite(lower):
            ax.axhspan(lower, upper, color=options.colours[1], alpha=0.15, linewidth=0, zorder=1)
        ax.axhline(value, color=style.GREY, linestyle=dashes, linewidth=1, zorder=2)
        look = {"xycoords": ("axes fraction", "data"), "va": "center", "color": style.GREY}
        text = f"{value:+.1f}".replace("-", "−")
        style.write_beside(ax, text, (1, value), (2, 0), style.tiny_font(options), **look)
