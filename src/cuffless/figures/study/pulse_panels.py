"""Figures of the page of one recording, each by itself and in any width: what `cuffless pulse --output` shows."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from cuffless.camera.pulse.faults import CHANNELS
from cuffless.camera.pulse.spectrogram import shown_bpm, spectrogram
from cuffless.camera.pulse.verdict import REASONS, Rates
from cuffless.camera.skin.trace import Trace
from cuffless.config import FigureOptions
from cuffless.figures.layout import font_scale, legend_above, words_height
from cuffless.figures.study.contact_panels import (
    legend_of,
    over_time,
    plot_colours,
    plot_rates,
    plot_snr,
    plot_wave,
    whole_span,
    window_marker,
)
from cuffless.figures.style import house_style, new_figure, small_font
from cuffless.figures.time_axis import time_unit

COLOURS, WAVE, SPECTRUM, RATES, FATES = "colours", "wave", "spectrum", "rates", "fates"
"""Names of the figures."""
ACCEPTED = "accepted"
_HEIGHTS = {COLOURS: 2.1, WAVE: 1.7, SPECTRUM: 2.5, RATES: 3.3}  # inches at 8 points
_ROW, _AXIS = 0.24, 0.55  # of a reason, and of the axis below them
_FLOOR = -20.0  # dB below a window's highest power; what is lower is white
_SHADES = ListedColormap(colormaps["Greys"](np.linspace(0, 0.8, 256)))  # no black: marks lie on it
_CASING = [Stroke(linewidth=2.2, foreground="white"), Normal()]
_STEPS = (1, 2, 5, 10)
_FEW = 120  # windows whose marks lie beside each other
_MANY = 2000  # markers; more of them are written as a picture


def pulse_figures(
    trace: Trace | None, rates: Rates | None, options: FigureOptions, roi_colours: Mapping[str, str]
) -> dict[str, Figure]:
    """Draw what there is of a recording over time.

    Parameters
    ----------
    trace : Trace or None
    rates : Rates or None
    options : FigureOptions
        `width_inch` may be that of a phone.
    roi_colours : mapping of str to str
        Colour of each region.

    Returns
    -------
    dict of str to Figure
        ``colours``: each channel's mean colour; ``wave``: an excerpt of the pulse wave; ``spectrum``: its spectrum over
        time; ``rates``: rate and SNR of the windows; ``fates``: why each of them is accepted or not. Without what there
        are no data for.
    """
    span = whole_span(trace, rates)
    figures = {}
    with house_style(options):
        if trace:
            figures[COLOURS] = _colours(trace, rates, span, options)
        if rates is not None:
            figures[WAVE] = _wave(rates, options)
        if rates is not None and len(rates):
            if np.isfinite(rates.hr).any():
                figures[SPECTRUM] = _spectrum(trace, rates, span, options)
            figures[RATES] = _rates(trace, rates, span, options, roi_colours)
            figures[FATES] = _fates(trace, rates, span, options)
    return figures


def _figure(name: str, options: FigureOptions, legend=(), inches: float = 0.0) -> Figure:
    height = _HEIGHTS.get(name, inches) * font_scale(options)
    return new_figure(options, height + (words_height(legend, "", "", options) if legend else 0))


def _colours(trace: Trace, rates: Rates | None, span, options: FigureOptions) -> Figure:
    legend = legend_of(trace, None, options, {})
    figure = _figure(COLOURS, options, legend)
    axes = list(np.ravel(figure.subplots(len(CHANNELS), 1)))
    plot_colours(axes, trace, time_unit(span[1])[0], options)
    over_time(axes, trace, *span)
    _finish(figure, axes, legend, options)
    return figure


def _wave(rates: Rates, options: FigureOptions) -> Figure:
    figure = _figure(WAVE, options)
    axis = figure.subplots()
    axis.set_xlabel("time from the start of the recording (s)")
    plot_wave(axis, rates)
    _finish(figure, [axis], (), options)
    return figure


def _spectrum(trace: Trace | None, rates: Rates, span, options: FigureOptions) -> Figure:
    scale, _ = time_unit(span[1])
    legend = [
        Line2D([], [], label=f"rate of {whose} window", **_ring(kept, len(rates), options) | {"ms": 5.0})
        for kept, whose in ((True, "an accepted"), (False, "another"))
    ]
    figure = _figure(SPECTRUM, options, legend)
    axis = figure.subplots()
    t, hz, power = spectrogram(rates)
    half = (t[1] - t[0] if len(t) > 1 else 1.0) / 2
    step = (hz[1] - hz[0]) / 2
    with np.errstate(divide="ignore"):
        image = axis.imshow(
            10 * np.log10(power.T),
            origin="lower",
            aspect="auto",
            cmap=_SHADES,
            vmin=_FLOOR,
            vmax=0.0,
            extent=((t[0] - half) / scale, (t[-1] + half) / scale, 60 * (hz[0] - step), 60 * (hz[-1] + step)),
            interpolation="nearest",
            label="spectrum",
        )
    for kept in (False, True):
        chosen = np.flatnonzero(np.isfinite(rates.hr) & (rates.accepted == kept))
        axis.plot(
            rates.centre[chosen] / scale,
            rates.hr[chosen],
            **_ring(kept, len(rates), options),
            rasterized=len(rates) > _MANY,
            label="accepted" if kept else "not accepted",
        )
    over_time([axis], trace, *span)
    axis.set(ylim=shown_bpm(rates), ylabel="rate (bpm)")
    bar = figure.colorbar(image, ax=axis, pad=0.01, aspect=12)
    bar.set_label("dB below the highest", fontsize=small_font(options))
    bar.outline.set_linewidth(0.5)
    _finish(figure, [axis], legend, options)
    axis.grid(visible=False)  # it would lie on the spectrum
    return figure


def _ring(kept: bool, windows: int, options: FigureOptions) -> dict:
    """A window's rate, open so that the spectrum is seen through it; a dot if there are many."""
    colour = options.colours[0 if kept else 1]
    if windows > _FEW:
        return {"marker": ".", "ms": 1.8, "ls": "none", "color": colour}
    look = window_marker(kept, options, 4.0)
    return look | {"mfc": "none", "mec": colour, "mew": 1.0, "path_effects": _CASING}


def _rates(trace: Trace | None, rates: Rates, span, options: FigureOptions, roi_colours) -> Figure:
    scale, _ = time_unit(span[1])
    legend = legend_of(trace, rates, options, roi_colours)
    figure = _figure(RATES, options, legend)
    axes = list(figure.subplots(2, 1, height_ratios=(2.2, 1.8)))
    plot_rates(axes[0], rates, scale, options, [roi_colours[name] for name in trace.rois] if trace else [])
    plot_snr(axes[1], rates, scale, options)
    over_time(axes, trace, *span)
    _finish(figure, axes, legend, options)
    return figure


def _fates(trace: Trace | None, rates: Rates, span, options: FigureOptions) -> Figure:
    """A row for `accepted` and for each reason that occurs; a mark for each window."""
    scale, unit = time_unit(span[1])
    reasons = rates.reasons
    rows = {"": ACCEPTED} | {reason: reason for reason in REASONS if (reasons == reason).any()}
    figure = _figure(FATES, options, inches=_ROW * len(rows) + _AXIS)
    axis = figure.subplots()
    size = float(np.clip(70 / np.sqrt(len(rates)), 1.5, 4.5))
    for row, reason in enumerate(rows):
        t = rates.centre[reasons == reason] / scale
        look = window_marker(not reason, options, size)
        axis.plot(t, np.full(len(t), row), **look, rasterized=len(rates) > _MANY, label=rows[reason])
    over_time([axis], trace, *span)
    axis.set_xlabel(f"time ({unit})")  # beside the names of reasons, on a phone, more has no room
    counts = [f"{words} ({int((reasons == reason).sum()):,})" for reason, words in rows.items()]
    axis.set_yticks(range(len(rows)), counts)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y")
    _finish(figure, [axis], (), options)
    return figure


def _finish(figure: Figure, axes, legend, options: FigureOptions) -> None:
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator("auto", steps=_STEPS))
        axis.grid(axis="x")
    figure.align_ylabels(axes)
    legend_above(figure, legend, "", options)
