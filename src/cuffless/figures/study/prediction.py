"""Plot of `cuffless predict --plot`: half a minute of PPG with its windows, and the predictions over the record."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cuffless.config import FigureOptions, WindowOptions
from cuffless.errors import plural
from cuffless.figures.study.stretch import (
    INK,
    choose_stretch,
    fate_colour,
    fate_marks,
    mark_windows,
    plot_fates,
    plot_ppg,
    write_middle,
)
from cuffless.figures.style import GREY, house_style, new_figure, note, panel_title
from cuffless.figures.time_axis import time_unit
from cuffless.records import Record
from cuffless.rejection import EXPLANATIONS

_ACCEPTED = "accepted"
_RULES = {explanation: rule for rule, explanation in EXPLANATIONS.items()}
_MANY = 400
"""Windows from which on marks are small, and intervals merge to a band."""
_RASTER = 4000
"""Windows from which on a PDF holds them as pixels."""


@dataclass(frozen=True)
class Predicted:
    """A recording's predictions, and what is to be drawn with them."""

    windows: pd.DataFrame
    """One row per window, as from `predict_record` or `predict_calibrated`."""
    options: WindowOptions
    """With which the windows were cut."""
    level: float | None = None
    """Share of windows that the intervals hold; None without intervals."""
    cuff: pd.DataFrame | None = None
    """Cuff values, if there are any: time in s, sbp and dbp in mmHg."""
    remarks: str = ""
    """What is written below the figure."""


def plot_prediction(record: Record, predicted: Predicted, looks: FigureOptions = FigureOptions()) -> Figure:
    """Plot a recording's PPG around a typical window, and SBP and DBP of all windows with their intervals.

    Of windows that others cut, which have no signal around them, the PPG is left out.
    """
    windows, pressures = predicted.windows, ("sbp", "dbp")
    accepted = windows["accepted"].to_numpy(bool)
    signal = bool(record.segments)
    with house_style(looks):
        figure = new_figure(looks, 6.6 if signal else 4.8)
        ratios = ((0.45, 2.4) if signal else ()) + (2.6, 2.6)
        grid = figure.add_gridspec(len(ratios), 1, height_ratios=ratios)
        if signal:
            fates = figure.add_subplot(grid[0])
            _plot_signal(fates, figure.add_subplot(grid[1], sharex=fates), record, predicted, looks)
            panel_title(
                fates, 0, f"{record.name}: {'windows of half a minute' if len(windows) else 'no window'}", looks
            )
        upper = figure.add_subplot(grid[len(ratios) - 2])
        lower = figure.add_subplot(grid[len(ratios) - 1], sharex=upper)
        end = _end(record, predicted)
        scale, unit = time_unit(end)
        for axis, name in zip((upper, lower), pressures, strict=True):
            _plot_pressure(axis, predicted, name, scale, looks)
            axis.set_ylabel(f"{name.upper()} (mmHg)")
        lower.set(xlabel=f"time from the start of the record ({unit})", xlim=(-0.01 * end / scale, 1.01 * end / scale))
        upper.tick_params(axis="x", labelbottom=False)
        title = f"predictions, not measurements: {accepted.sum():,} of {plural(len(windows), 'window')} accepted"
        panel_title(upper, int(signal), title, looks)
        figure.legend(handles=_legend(predicted, signal, looks), loc="outside upper center", ncols=4)
        note(figure, predicted.remarks, looks)
    return figure


def _plot_signal(fates: Axes, axis: Axes, record: Record, predicted: Predicted, looks: FigureOptions) -> None:
    windows = predicted.windows
    start, seconds = windows["start"].to_numpy(), windows["seconds"].to_numpy()
    accepted = windows["accepted"].to_numpy(bool)
    segment, first, last = choose_stretch(record, start, accepted)
    ppg, _ = segment.read(first, last)
    time = segment.start + np.arange(first, last) / segment.fs
    shown = (time[0], time[-1])
    named = [_RULES.get(reason, reason) or _ACCEPTED for reason in windows["reason"]]
    mark_windows(axis, start, seconds, accepted, shown, looks)
    plot_fates(fates, start, seconds, named, shown, _ACCEPTED, looks)
    plot_ppg(axis, time, ppg, segment.fs, predicted.options)
    axis.set_xlabel("time from the start of the record (s)")


def _plot_pressure(axis: Axes, predicted: Predicted, name: str, scale: float, looks: FigureOptions) -> None:
    """Predictions of one pressure with their intervals, rejected windows as marks below, and cuff values."""
    windows = predicted.windows
    centre = ((windows["start"] + windows["seconds"] / 2) / scale).to_numpy()
    chosen = windows["accepted"].to_numpy(bool)
    many, raster = len(windows) > _MANY, len(windows) > _RASTER
    colour = fate_colour(True, looks)
    if f"{name}_lo" in windows and chosen.any():
        limits = windows.loc[chosen, [f"{name}_lo", f"{name}_hi"]].to_numpy(float).T
        axis.vlines(centre[chosen], *limits, color=_pale(looks), lw=1.0 if many else 2.2, zorder=1.5, rasterized=raster)
    if f"{name}_before" in windows:
        before = windows.loc[chosen, f"{name}_before"]
        axis.plot(centre[chosen], before, "o", ms=2.5, mfc="none", mec=GREY, mew=0.5, alpha=0.6, rasterized=raster)
    taken = windows["calibration"].to_numpy(bool) if "calibration" in windows else np.zeros(len(windows), bool)
    for some, face in ((chosen & ~taken, colour), (taken, "white")):
        size = 1.5 if many else 3.5
        axis.plot(centre[some], windows.loc[some, name], "o", ms=size, mfc=face, mec=colour, mew=0.7, rasterized=raster)
    if (~chosen).any():
        across = axis.get_xaxis_transform()
        rejected = fate_colour(False, looks)
        axis.vlines(centre[~chosen], 0, 0.035, transform=across, color=rejected, lw=0.8, rasterized=raster)
    if predicted.cuff is not None:
        axis.plot(predicted.cuff["time"] / scale, predicted.cuff[name], "D", ms=5, color=INK, zorder=4)
    if not chosen.any():
        write_middle(axis, "no window is accepted" if len(windows) else "no window")
    axis.grid(axis="y")
    axis.margins(y=0.12)


def _pale(looks: FigureOptions) -> tuple[float, ...]:
    """Colour of intervals; not transparent, so that many next to each other do not hide the predictions."""
    return tuple(1 - 0.3 * (1 - part) for part in to_rgb(fate_colour(True, looks)))


def _end(record: Record, predicted: Predicted) -> float:
    """Time in s up to which something is drawn."""
    windows = predicted.windows
    ends = [segment.start + segment.seconds for segment in record.segments]
    ends += [float((windows["start"] + windows["seconds"]).max())] if len(windows) else []
    ends += [float(predicted.cuff["time"].max())] if predicted.cuff is not None else []
    return max(ends, default=1.0)


def _legend(predicted: Predicted, signal: bool, looks: FigureOptions) -> list:
    colour, windows = fate_colour(True, looks), predicted.windows
    low, high = predicted.options.band
    entries: list = [Line2D([], [], marker="o", ls="none", ms=4, color=colour, label="predicted")]
    if predicted.level is not None:
        entries.append(Patch(facecolor=_pale(looks), label=f"its {100 * predicted.level:g} % interval"))
    if "calibration" in windows:
        taken = {"mfc": "white", "mec": colour, "mew": 0.7}
        entries += [
            Line2D([], [], marker="o", ls="none", ms=4, **taken, label="took part in the calibration"),
            Line2D([], [], marker="o", ls="none", ms=3, mfc="none", mec=GREY, label="before calibration"),
        ]
    if predicted.cuff is not None:
        entries.append(Line2D([], [], marker="D", ls="none", ms=5, color=INK, label="cuff value"))
    if signal:
        entries += [
            Line2D([], [], color=GREY, alpha=0.45, lw=1.2, label="PPG as recorded"),
            Line2D([], [], color=INK, lw=1.2, label=f"PPG {low:g}-{high:g} Hz"),
        ]
    return [*entries, fate_marks(False, "window rejected", looks)]
