"""What a contact sheet shows over time: colours, an excerpt of the pulse wave, pulse rate and SNR."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cuffless.camera.pulse.faults import CHANNELS, unusable_channels
from cuffless.camera.pulse.verdict import HOP_SECONDS, Rates
from cuffless.camera.pulse.waves import GAP_SECONDS
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.config import FigureOptions
from cuffless.errors import plural
from cuffless.figures.layout import characters, font_scale, words_height
from cuffless.figures.style import GREY, PALE, panel_title, small_font, title_font
from cuffless.figures.time_axis import gaps_of, thinned, time_unit

EXCERPT_SECONDS = 16.0
GAP_COLOUR = "#EBEBEB"
_INK = "#1A1A1A"
_CHANNEL_COLOURS = {"red": 1, "green": 2, "blue": 0}
_LEAST_BPM = 20.0  # no axis of rates is narrower: a steady pulse is to look steady
_FEW = 60  # windows whose rates in each region are marked beside the line
_MANY = 2000  # markers; more of them are written as a picture
_HEIGHTS = (2.1, 1.6, 2.8)  # inches at 8 points: colours, pulse wave, its rate and SNR
_BESIDE = 0.8  # inches of labels left of a panel, at 8 points
_LETTER = 4  # characters before a title
_LINE = 1.3  # from a line of text to the next
_STEPS = (1, 2, 5, 10)


def plot_panels(
    figure: FigureBase,
    trace: Trace | None,
    rates: Rates | None,
    options: FigureOptions,
    *,
    first: int,
    roi_colours: Mapping[str, str],
) -> None:
    """Plot into an empty figure the panels for which there are data; `first` is the number of the first of them."""
    windows = rates is not None and len(rates) > 0
    heights = [1] * len(CHANNELS) * bool(trace) + [2.2] * (rates is not None) + [2.2, 1.8] * windows
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    axes = [figure.add_subplot(grid[row]) for row in range(len(heights))]
    (begin, end), left, headed = whole_span(trace, rates), list(axes), []
    scale, _ = time_unit(end)
    if trace:
        strips, left = left[: len(CHANNELS)], left[len(CHANNELS) :]
        plot_colours(strips, trace, scale, options)
        over_time(strips, trace, begin, end)
        headed.append(strips[0])
    if rates is not None:
        wave, *left = left
        wave.set(xlabel="time from the start of the recording (s)", xlim=(begin, end))
        plot_wave(wave, rates)
        headed.append(wave)
        if windows:
            rate, snr = left
            plot_rates(rate, rates, scale, options, [roi_colours[name] for name in trace.rois] if trace else [])
            plot_snr(snr, rates, scale, options)
            over_time(left, trace, begin, end)
            headed += left
    for number, (axis, title) in enumerate(zip(headed, _titles(trace, rates, options), strict=True), first):
        panel_title(axis, number, title, options, clear=False)  # the wave may have a factor
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator("auto", steps=_STEPS))
        axis.grid(axis="x")
    figure.align_ylabels(axes)


def panels_height(trace: Trace | None, rates: Rates | None, legend: list[Artist], options: FigureOptions) -> float:
    """Inches that the panels and their legend take."""
    shown = (trace is not None, rates is not None, rates is not None and len(rates) > 0)
    if not any(shown):
        return 0.0
    more = sum(title.count("\n") for title in _titles(trace, rates, options))
    words = words_height(legend, "", "", options) + _LINE * more * title_font(options) / 72
    return float(np.dot(shown, _HEIGHTS)) * font_scale(options) + words


def _titles(trace: Trace | None, rates: Rates | None, options: FigureOptions) -> list[str]:
    """Titles of the panels, in lines that fit."""
    titles = ["Mean colour"] if trace else []
    if rates is not None:
        titles.append(wave_title(rates))
        titles += [_count_text(rates), _above(rates)] if len(rates) else []
    fit = characters(options.width_inch - _BESIDE * font_scale(options), title_font(options), bold=True)
    return [fill(title, fit - _LETTER) for title in titles]


def over_time(axes: list[Axes], trace: Trace | None, begin: float, end: float) -> None:
    """Axes of the whole recording, one below the other, and its gaps."""
    scale, unit = time_unit(end)
    edge = 0.005 * (end - begin) or 0.5
    gaps = gaps_of(trace) / scale if trace else np.empty((0, 2))
    for axis in axes:
        if len(gaps):
            spans, whole = np.column_stack((gaps[:, 0], np.diff(gaps)[:, 0])), axis.get_xaxis_transform()
            look = {"facecolor": GAP_COLOUR, "edgecolor": PALE, "lw": 0.5, "zorder": 0}
            axis.broken_barh(spans, (0, 1), transform=whole, label="gaps", **look)
        axis.set_xlim((begin - edge) / scale, (end + edge) / scale)
        axis.tick_params(axis="x", labelbottom=axis is axes[-1])
    axes[-1].set_xlabel(f"time from the start of the recording ({unit})")


def legend_of(trace: Trace | None, rates: Rates | None, options: FigureOptions, roi_colours) -> list[Artist]:
    """Legend of the panels' colours and markers."""
    handles: list[Artist] = []
    if rates is not None and len(rates):
        accepted = rates.accepted
        for kept, label in ((True, "window accepted"), (False, "window not accepted")):
            count = int((accepted == kept).sum())
            handles.append(Line2D([], [], label=f"{label} (n = {count:,})", **window_marker(kept, options, 4.5)))
        if trace and _several(rates):
            names = [name for name, own in zip(trace.rois, rates.roi_hr.T, strict=True) if np.isfinite(own).any()]
            handles += [Line2D([], [], color=roi_colours[name], lw=1.2, label=f"{name} alone") for name in names]
        if np.isfinite(rates.snr).any():
            label = f"noise threshold: {signed(rates.threshold)} dB"
            handles.append(Line2D([], [], color=GREY, lw=1.0, ls="--", label=label))
    if trace and len(gaps_of(trace)):
        handles.append(Patch(facecolor=GAP_COLOUR, edgecolor=PALE, lw=0.5, label=f"gap longer than {GAP_SECONDS:g} s"))
    return handles


def whole_span(trace: Trace | None, rates: Rates | None) -> tuple[float, float]:
    """Start and end of the part shown."""
    if trace and len(trace.t):
        return float(trace.t[0]), float(trace.t[-1])
    if rates is not None and len(rates):
        return float(rates.start[0]), float(rates.start[-1] + rates.seconds)
    return 0.0, 1.0


def plot_colours(axes: list[Axes], trace: Trace, scale: float, options: FigureOptions) -> None:
    """A strip for each channel, as a share of its mean."""
    colours = mean_over_rois(trace)
    faults, seen = unusable_channels(colours, trace.fps), np.isfinite(colours).all(axis=1)
    for channel, (axis, name) in enumerate(zip(axes, CHANNELS, strict=True)):
        values, fault = colours[:, channel], faults.get(name, "")
        colour = options.colours[_CHANNEL_COLOURS[name]]
        axis.yaxis.set_major_locator(MaxNLocator(2, steps=_STEPS, min_n_ticks=2))
        words = name
        if not seen.any():
            _say(axis, "no region visible in any frame")
        elif fault == "dark":
            _say(axis, f"dark: at most {values[seen].max():.2g}")
        else:
            mean = values[seen].mean()
            t, share = thinned(trace.t, 100 * values / mean)
            axis.plot(t / scale, share, color=colour, lw=0.8, label=name)
            words = f"{name}\nmean {mean:.3g}"
        _beside(axis, words + (f"\n{fault}" if fault else ""), colour, options)
    axes[1].set_ylabel("% of the channel's mean")


def plot_wave(axis: Axes, rates: Rates) -> None:
    """A stretch of the pulse wave around the clearest window."""
    axis.set_ylabel("pulse wave (SD)")
    if not rates.waves:
        _say(axis, "no pulse wave: no stretch without a gap is long enough")
        return
    at = _clearest(rates)
    centre = _middle(rates) if at is None else rates.centre[at]
    t0, fps, wave = min(rates.waves, key=lambda w: max(w[0] - centre, centre - w[0] - len(w[2]) / w[1]))
    start = np.clip(centre - EXCERPT_SECONDS / 2, t0, max(t0, t0 + len(wave) / fps - EXCERPT_SECONDS))
    first = round((start - t0) * fps)
    shown = wave[first : first + round(EXCERPT_SECONDS * fps) + 1]
    t = t0 + (first + np.arange(len(shown))) / fps
    axis.plot(t, shown / (shown.std() or 1.0), color=_INK, lw=1.0, label="pulse wave")
    axis.set_xlim(t[0], t[-1])


def wave_title(rates: Rates) -> str:
    """Method of the pulse wave, and which part of it `plot_wave` shows."""
    title = f"Pulse wave ({rates.method.upper() if rates.method in ('pos', 'chrom') else rates.method})"
    if not rates.waves:
        return title
    at = _clearest(rates)
    if at is None:
        return f"{title}, middle of the longest stretch"
    which = "clearest accepted window" if rates.accepted[at] else "clearest window, not accepted"
    return f"{title}, {which} (▼): {rates.hr[at]:.0f} bpm, SNR {signed(rates.snr[at])} dB"


def _clearest(rates: Rates) -> int | None:
    """The window of highest SNR, an accepted one if there is any; None if no window has an SNR."""
    among = rates.accepted if rates.accepted.any() else np.isfinite(rates.snr)
    return int(np.argmax(np.where(among, rates.snr, -np.inf))) if among.any() else None


def _middle(rates: Rates) -> float:
    """Middle of the longest stretch without a gap."""
    t0, fps, wave = max(rates.waves, key=lambda wave: len(wave[2]) / wave[1])
    return t0 + len(wave) / fps / 2


def plot_rates(axis: Axes, rates: Rates, scale: float, options: FigureOptions, colours: list[str]) -> None:
    """Pulse rate of each window, and of its regions."""
    if _several(rates):
        marker = "." if len(rates) <= _FEW else None
        for colour, own in zip(colours, rates.roi_hr.T, strict=False):
            t, values = thinned(rates.centre, own, 1.5 * HOP_SECONDS)
            axis.plot(t / scale, values, color=colour, lw=0.8, marker=marker, ms=4, zorder=2, label="region")
    _plot_windows(axis, rates, rates.hr, scale, options)
    at = _clearest(rates)
    low, high = axis.dataLim.intervaly  # infinite without any data
    if np.isfinite(high - low):
        lacking = max(_LEAST_BPM - (high - low), 0.2 * (high - low)) / 2
        axis.set_ylim(low - lacking, high + lacking + 0.1 * (high - low + 2 * lacking))  # room for the mark
    if at is not None:
        look = {"transform": axis.get_xaxis_transform(), "clip_on": False, "label": "shown"}
        axis.plot(rates.centre[at] / scale, 0.97, "v", ms=5, color=_INK, zorder=5, **look)
    axis.set_ylabel("pulse rate (bpm)")


def plot_snr(axis: Axes, rates: Rates, scale: float, options: FigureOptions) -> None:
    """SNR of each window, with the threshold."""
    _plot_windows(axis, rates, rates.snr, scale, options)
    if np.isfinite(rates.snr).any():
        axis.axhline(rates.threshold, color=GREY, lw=1.0, ls="--", zorder=1, label="threshold")
    axis.set_ylabel("SNR (dB)")
    axis.margins(y=0.1)


def _plot_windows(axis: Axes, rates: Rates, values: np.ndarray, scale: float, options: FigureOptions) -> None:
    """A marker for each window, at its centre; accepted ones lie on top."""
    known = np.isfinite(values)
    if not known.any():
        _say(axis, "the wave is flat in every window")
    size = float(np.clip(70 / np.sqrt(len(rates)), 1.5, 4.5))
    for kept in (False, True):
        chosen = known & (rates.accepted == kept)
        axis.plot(
            rates.centre[chosen] / scale,
            values[chosen],
            **window_marker(kept, options, size),
            zorder=3 + kept,
            rasterized=len(rates) > _MANY,
            label="accepted" if kept else "not accepted",
        )


def window_marker(kept: bool, options: FigureOptions, size: float) -> dict:
    """Look of the marker of an accepted or other window."""
    colour = options.colours[0 if kept else 1]
    look = {"marker": "o", "mfc": colour, "mec": "none"} if kept else {"marker": "x", "mec": colour, "mew": 0.9}
    return {**look, "ms": size, "ls": "none"}


def _several(rates: Rates) -> bool:
    """Whether regions have rates of their own to compare."""
    return bool((np.isfinite(rates.roi_hr).sum(axis=1) > 1).any())


def _count_text(rates: Rates) -> str:
    accepted = rates.accepted
    text = f"Pulse rate: {int(accepted.sum()):,} of {plural(len(rates), 'window')} of {rates.seconds:g} s accepted"
    return text + (f", their median {np.median(rates.hr[accepted]):.1f} bpm" if accepted.any() else "")


def _above(rates: Rates) -> str:
    loud = int((rates.snr > rates.threshold).sum())
    return f"SNR: {loud:,} of {plural(len(rates), 'window')} above the threshold"


def signed(value: float) -> str:
    """A number with one digit and a true minus sign."""
    return f"{value:.1f}".replace("-", "−")


def _beside(axis: Axes, text: str, colour: str, options: FigureOptions) -> None:
    size = small_font(options)
    axis.annotate(text, (1, 0.5), (3, 0), "axes fraction", "offset points", color=colour, fontsize=size, va="center")


def _say(axis: Axes, text: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color=GREY, bbox=box)
    axis.set_yticks([])
