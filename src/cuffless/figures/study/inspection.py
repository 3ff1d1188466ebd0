"""Plot of `cuffless inspect --plot`: half a minute of both signals with its windows, and the whole record below."""

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures.style import GREY, PALE, house_style, new_figure, panel_title, small_font, tiny_font
from cuffless.figures.time_axis import time_unit
from cuffless.records import Record, Segment
from cuffless.signals import bandpass, pressure_beats, true_runs
from cuffless.windows import Measures, Windows, first_broken_rule

SHOWN_SECONDS = 30.0
_LEAST_LABELLED = 1.6  # seconds of a window that hold a word
_INK = "#1A1A1A"
_CHARACTERS = 110  # of the small font in a full-width line
_HIGHEST, _LOWEST = 300.0, 0.0  # mmHg; beyond lies no pressure but a flush or a fault


def plot_inspection(
    record: Record, cut: Windows, options: WindowOptions, looks: FigureOptions = FigureOptions()
) -> Figure:
    """Plot PPG and ABP around a typical window, and which windows were kept or rejected.

    Parameters
    ----------
    record : Record
        With PPG and ABP.
    cut : Windows
        Its windows.
    options : WindowOptions
        By which they were cut and judged.
    looks : FigureOptions

    Returns
    -------
    Figure
    """
    windows = cut.candidates
    rules = np.array([*options.rules, "kept"])[first_broken_rule(windows, options)]
    segment, first, last = _stretch(record, windows, rules)
    ppg, abp = segment.read(first, last)
    time = segment.start + np.arange(first, last) / segment.fs
    with house_style(looks):
        figure = new_figure(looks, 6.4)
        grid = figure.add_gridspec(4, 1, height_ratios=(0.45, 3, 3, 2.6))
        fates = figure.add_subplot(grid[0])
        pulses = figure.add_subplot(grid[1], sharex=fates)
        pressures = figure.add_subplot(grid[2], sharex=fates)
        whole = figure.add_subplot(grid[3])
        _plot_fates(fates, windows, rules, (time[0], time[-1]), looks)
        for axis in (pulses, pressures):
            _mark_windows(axis, windows, rules, looks)
        _plot_ppg(pulses, time, ppg, segment.fs, options)
        _plot_abp(pressures, time, abp, segment.fs, options)
        fates.set_xlim(time[0], time[-1])
        _plot_record(whole, record, windows, rules, options, looks)
        panel_title(fates, 0, f"{record.name}: {'windows of half a minute' if len(windows) else 'no windows'}", looks)
        _title(whole, cut, looks)
        figure.legend(handles=_legend(options, looks), loc="outside lower center", ncols=4, fontsize=small_font(looks))
    return figure


def _stretch(record: Record, windows: Measures, rules) -> tuple[Segment, int, int]:
    """Half a minute around the middle kept window, or else around the middle of all."""
    chosen = np.flatnonzero(rules == "kept")
    chosen = chosen if len(chosen) else np.arange(len(windows))
    longest = max(record.segments, key=lambda s: s.seconds)
    if not len(chosen):
        return longest, 0, min(int(SHOWN_SECONDS * longest.fs), longest.n_samples)
    start = windows.start[chosen[len(chosen) // 2]]
    segment = next(s for s in reversed(record.segments) if s.start <= start + 1e-6)
    n = min(int(SHOWN_SECONDS * segment.fs), segment.n_samples)
    first = int((start - segment.start - SHOWN_SECONDS / 3) * segment.fs)
    first = int(np.clip(first, 0, segment.n_samples - n))
    return segment, first, first + n


def _colour(rule: str, looks: FigureOptions) -> str:
    return looks.colours[0] if rule == "kept" else looks.colours[1]


def _plot_fates(axis: Axes, windows, rules, shown, looks) -> None:
    """A row of boxes: each window, and the rule that rejected it."""
    for start, seconds, rule in zip(windows.start, windows.seconds, rules, strict=True):
        begin, end = max(start, shown[0]), min(start + seconds, shown[1])
        if end <= begin:
            continue
        kept = rule == "kept"
        axis.axvspan(
            start,
            start + seconds,
            facecolor=_colour(rule, looks),
            alpha=0.25 if kept else 0.35,
            hatch=None if kept else "////",
            edgecolor="white",
            lw=1,
        )
        if end - begin >= _LEAST_LABELLED:
            axis.text(
                (begin + end) / 2,
                0.5,
                rule.replace("_", " "),
                ha="center",
                va="center",
                fontsize=tiny_font(looks),
                color=_INK,
                fontweight="normal" if kept else "bold",
                bbox=None if kept else {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
                clip_on=True,
            )
    axis.set(ylim=(0, 1), yticks=[])
    axis.tick_params(axis="x", bottom=False, labelbottom=False)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)


def _mark_windows(axis: Axes, windows, rules, looks) -> None:
    for start, seconds, rule in zip(windows.start, windows.seconds, rules, strict=True):
        axis.axvspan(start, start + seconds, facecolor=_colour(rule, looks), alpha=0.08, lw=0)
        axis.axvline(start, color=PALE, lw=0.5)


def _plot_ppg(axis: Axes, time, ppg, fs, options) -> None:
    valid = np.isfinite(ppg)
    if valid.any():
        middle, spread = np.median(ppg[valid]), ppg[valid].std() or 1.0
        axis.plot(time, (ppg - middle) / spread, color=GREY, alpha=0.45, lw=0.8)
        for begin, end in true_runs(valid):
            if end - begin > fs:
                filtered = bandpass(ppg[begin:end], fs, options.band, options.filter_order) / spread
                axis.plot(time[begin:end], filtered, color=_INK, lw=0.9)
    else:
        _say(axis, "PPG missing")
    axis.set_ylabel("PPG (SD)")
    axis.tick_params(axis="x", labelbottom=False)


def _plot_abp(axis: Axes, time, abp, fs, options) -> None:
    axis.plot(time, abp, color=_INK, lw=0.9)
    for begin, end in true_runs(np.isfinite(abp)):
        beats = pressure_beats(abp[begin:end], fs, labels=options.labels)
        axis.plot(time[begin:end][beats.peak], beats.sbp, "v", ms=4, color=_INK)
        axis.plot(time[begin:end][beats.foot], beats.dbp, "^", ms=4, mfc="white", mec=_INK, mew=0.8)
    if not np.isfinite(abp).any():
        _say(axis, "ABP missing")
    axis.set(ylabel="ABP (mmHg)", xlabel="time from the start of the record (s)")
    axis.margins(y=0.12)


def _plot_record(axis: Axes, record, windows, rules, options, looks) -> None:
    begin, end = record.segments[0].start, record.segments[-1].start + record.segments[-1].seconds
    scale, unit = time_unit(end)
    edge = 0.005 * (end - begin)
    for segment in record.segments:
        axis.axvspan(segment.start / scale, (segment.start + segment.seconds) / scale, color="#F0F0F0", lw=0, zorder=0)
    when = (windows.start + windows.seconds / 2) / scale
    size = float(np.clip(60 / np.sqrt(max(len(windows), 1)), 1.5, 4.0))
    for kept in (False, True):  # the kept ones lie on top
        chosen = (rules == "kept") == kept
        colour = _colour("kept" if kept else "", looks)
        for pressures, marker in ((windows.sbp, "v"), (windows.dbp, "^")):
            shown = np.clip(pressures[chosen], _LOWEST, _HIGHEST)
            face = colour if kept else "none"
            axis.plot(when[chosen], shown, marker, ms=size, mfc=face, mec=colour, mew=0.6, ls="none", alpha=0.8)
    for limits, style in ((options.sbp_range, "--"), (options.dbp_range, ":")):
        for limit in limits:
            axis.axhline(limit, color=GREY, lw=0.7, ls=style, zorder=1)
    if not np.isfinite(windows.sbp).any():
        _say(axis, "no window holds a beat of arterial pressure" if len(windows) else "no window")
    axis.set(
        xlabel=f"time from the start of the record ({unit})",
        ylabel="SBP, DBP (mmHg)",
        xlim=((begin - edge) / scale, (end + edge) / scale),
    )
    axis.margins(y=0.08)


def _say(axis: Axes, text: str) -> None:
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color=GREY)


def _title(axis: Axes, cut: Windows, looks: FigureOptions) -> None:
    """Windows kept, and below, how many each rule rejected, the most frequent first."""
    rejected = sorted(((n, rule) for rule, n in cut.rejected.items() if n), reverse=True)
    text = "rejected by the rules " + ", ".join(f"{rule.replace('_', ' ')} {n}" for n, rule in rejected)
    lines = wrap(text, _CHARACTERS) if rejected else []
    size = small_font(looks)
    title = f"(b) the whole record: {len(cut.kept)} of {cut.n_cut} windows kept"
    axis.set_title(title, loc="left", fontweight="bold", pad=4 + 1.25 * size * len(lines))
    axis.annotate(
        "\n".join(lines), (0, 1), (0, 3), "axes fraction", "offset points", fontsize=size, color=GREY, va="bottom"
    )


def _legend(options: WindowOptions, looks: FigureOptions) -> list[Line2D]:
    def marks(colour, face, label):
        return Line2D([], [], marker="s", ls="none", ms=6, mec=colour, mfc=face, label=label)

    kept, rejected = _colour("kept", looks), _colour("", looks)
    low, high = options.band
    return [
        Line2D([], [], color=GREY, alpha=0.45, lw=1.2, label="PPG as recorded"),
        Line2D([], [], color=_INK, lw=1.2, label=f"PPG {low:g}-{high:g} Hz; ABP"),
        Line2D([], [], marker="v", ls="none", ms=5, color=_INK, label="SBP"),
        Line2D([], [], marker="^", ls="none", ms=5, mfc="white", mec=_INK, label="DBP"),
        marks(kept, kept, "window kept"),
        marks(rejected, "none", "window rejected"),
        Line2D([], [], color=GREY, lw=0.9, ls="--", label="SBP accepted {:g}-{:g} mmHg".format(*options.sbp_range)),
        Line2D([], [], color=GREY, lw=0.9, ls=":", label="DBP accepted {:g}-{:g} mmHg".format(*options.dbp_range)),
    ]
