"""Plot of `cuffless inspect --plot`: half a minute of the signals with its windows, and the whole record below."""

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
from cuffless.figures.style import GREY, house_style, new_figure, panel_title, small_font
from cuffless.figures.time_axis import time_unit
from cuffless.records import Record
from cuffless.signals import pressure_beats, true_runs
from cuffless.windows import Windows, first_broken_rule

_CHARACTERS = 110  # of the small font in a full-width line
_HIGHEST, _LOWEST = 300.0, 0.0  # mmHg; beyond lies no pressure but a flush or a fault
_KEPT = "kept"


def plot_inspection(
    record: Record, cut: Windows, options: WindowOptions, looks: FigureOptions = FigureOptions()
) -> Figure:
    """Plot a record's signals around a typical window, and what became of all windows, which were cut by `options`.

    Of a record that was opened for its PPG alone, the last panel shows pulse rates in place of pressures.
    """
    windows, alone = cut.candidates, all(segment.abp is None for segment in record.segments)
    rules = np.array([*options.rules, _KEPT])[first_broken_rule(windows, options, has_abp=not alone)]
    kept = rules == _KEPT
    segment, first, last = choose_stretch(record, windows.start, kept)
    ppg, abp = segment.read(first, last)
    time = segment.start + np.arange(first, last) / segment.fs
    shown = (time[0], time[-1])
    with house_style(looks):
        figure = new_figure(looks, 4.6 if alone else 6.4)
        ratios = (0.45, 3, 2.6) if alone else (0.45, 3, 3, 2.6)
        grid = figure.add_gridspec(len(ratios), 1, height_ratios=ratios)
        fates = figure.add_subplot(grid[0])
        signals = [figure.add_subplot(grid[k], sharex=fates) for k in range(1, len(ratios) - 1)]
        whole = figure.add_subplot(grid[len(ratios) - 1])
        for axis in signals:
            mark_windows(axis, windows.start, windows.seconds, kept, shown, looks)
            axis.tick_params(axis="x", labelbottom=axis is signals[-1])
        plot_fates(fates, windows.start, windows.seconds, rules, shown, _KEPT, looks)
        plot_ppg(signals[0], time, ppg, segment.fs, options)
        if not alone:
            _plot_abp(signals[1], time, abp, segment.fs, options)
        signals[-1].set_xlabel("time from the start of the record (s)")
        plot_windows = _plot_rates if alone else _plot_pressures
        plot_windows(whole, windows, kept, options, record, looks)
        panel_title(fates, 0, f"{record.name}: {'windows of half a minute' if len(windows) else 'no windows'}", looks)
        _title(whole, cut, looks)
        entries = _legend(options, looks, alone)
        figure.legend(handles=entries, loc="outside lower center", ncols=3 if alone else 4, fontsize=small_font(looks))
    return figure


def _plot_abp(axis: Axes, time, abp, fs, options) -> None:
    axis.plot(time, abp, color=INK, lw=0.9)
    for begin, end in true_runs(np.isfinite(abp)):
        beats = pressure_beats(abp[begin:end], fs, labels=options.labels)
        axis.plot(time[begin:end][beats.peak], beats.sbp, "v", ms=4, color=INK)
        axis.plot(time[begin:end][beats.foot], beats.dbp, "^", ms=4, mfc="white", mec=INK, mew=0.8)
    if not np.isfinite(abp).any():
        write_middle(axis, "ABP missing")
    axis.set(ylabel="ABP (mmHg)")
    axis.margins(y=0.12)


def _plot_pressures(axis: Axes, windows, kept, options, record, looks) -> None:
    shown = [(np.clip(values, _LOWEST, _HIGHEST), mark) for values, mark in ((windows.sbp, "v"), (windows.dbp, "^"))]
    limits = [*((limit, "--") for limit in options.sbp_range), *((limit, ":") for limit in options.dbp_range)]
    _plot_record(axis, windows, kept, shown, limits, record, looks)
    if not np.isfinite(windows.sbp).any():
        write_middle(axis, "no window holds a beat of arterial pressure" if len(windows) else "no window")
    axis.set_ylabel("SBP, DBP (mmHg)")


def _plot_rates(axis: Axes, windows, kept, options, record, looks) -> None:
    limits = [(limit, "--") for limit in options.hr_range]
    _plot_record(axis, windows, kept, [(windows.hr, "o")], limits, record, looks)
    if not np.isfinite(windows.hr).any():
        write_middle(axis, "no window")
    axis.set_ylabel("pulse rate (bpm)")


def _plot_record(axis: Axes, windows, kept, shown, limits, record, looks) -> None:
    """Values of all windows over the whole record, with limits in their line styles."""
    begin, end = record.segments[0].start, record.segments[-1].start + record.segments[-1].seconds
    scale, unit = time_unit(end)
    edge = 0.005 * (end - begin)
    for segment in record.segments:
        axis.axvspan(segment.start / scale, (segment.start + segment.seconds) / scale, color="#F0F0F0", lw=0, zorder=0)
    when = (windows.start + windows.seconds / 2) / scale
    size = float(np.clip(60 / np.sqrt(max(len(windows), 1)), 1.5, 4.0))
    for good in (False, True):  # the kept ones lie on top
        chosen = kept == good
        colour = fate_colour(good, looks)
        for values, marker in shown:
            face = colour if good else "none"
            axis.plot(
                when[chosen], values[chosen], marker, ms=size, mfc=face, mec=colour, mew=0.6, ls="none", alpha=0.8
            )
    for limit, style in limits:
        axis.axhline(limit, color=GREY, lw=0.7, ls=style, zorder=1)
    axis.set(
        xlabel=f"time from the start of the record ({unit})",
        xlim=((begin - edge) / scale, (end + edge) / scale),
    )
    axis.margins(y=0.08)


def _title(axis: Axes, cut: Windows, looks: FigureOptions) -> None:
    """Windows kept, and below, how many each rule rejected, the most frequent first."""
    rejected = sorted(((n, rule) for rule, n in cut.rejected.items() if n), reverse=True)
    text = "rejected by the rules " + ", ".join(f"{rule.replace('_', ' ')} {n}" for n, rule in rejected)
    lines = wrap(text, _CHARACTERS) if rejected else []
    size = small_font(looks)
    title = f"(b) the whole record: {len(cut.kept)} of {plural(cut.n_cut, 'window')} kept"
    axis.set_title(title, loc="left", fontweight="bold", pad=4 + 1.25 * size * len(lines))
    axis.annotate(
        "\n".join(lines), (0, 1), (0, 3), "axes fraction", "offset points", fontsize=size, color=GREY, va="bottom"
    )


def _legend(options: WindowOptions, looks: FigureOptions, alone: bool) -> list[Line2D]:
    low, high = options.band
    signals = [
        Line2D([], [], color=GREY, alpha=0.45, lw=1.2, label="PPG as recorded"),
        Line2D([], [], color=INK, lw=1.2, label=f"PPG {low:g}-{high:g} Hz{'' if alone else '; ABP'}"),
    ]
    fates = [fate_marks(True, "window kept", looks), fate_marks(False, "window rejected", looks)]
    if alone:
        accepted = "pulse rate accepted {:g}-{:g} bpm".format(*options.hr_range)
        return [*signals, *fates, Line2D([], [], color=GREY, lw=0.9, ls="--", label=accepted)]
    return [
        *signals,
        Line2D([], [], marker="v", ls="none", ms=5, color=INK, label="SBP"),
        Line2D([], [], marker="^", ls="none", ms=5, mfc="white", mec=INK, label="DBP"),
        *fates,
        Line2D([], [], color=GREY, lw=0.9, ls="--", label="SBP accepted {:g}-{:g} mmHg".format(*options.sbp_range)),
        Line2D([], [], color=GREY, lw=0.9, ls=":", label="DBP accepted {:g}-{:g} mmHg".format(*options.dbp_range)),
    ]
