"""A recording's contact sheet: its frames with the measured regions, and the measurements."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke

from cuffless.camera.pulse.noise import PERCENTILE as NOISE_PERCENTILE
from cuffless.camera.pulse.verdict import AGREE_BPM, AGREE_FAST, HOP_SECONDS, Rates
from cuffless.camera.skin.roi import Regions
from cuffless.camera.skin.trace import Trace
from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures.layout import DARK_RED, characters, legend_above, words_height
from cuffless.figures.study.contact_panels import legend_of, panels_height, plot_panels
from cuffless.figures.style import house_style, new_figure, note, panel_title, small_font, title_font
from cuffless.figures.time_axis import time_unit

_ROI_COLOURS = (5, 4, 3, 0, 2, 1)  # those of the channels and windows come last
STAMPS = {
    "file": "times from a file",
    "container": "times from the video",
    "names": "times from the images' names",
    "fps": "frames counted, not timed",
}
"""Where the times of frames come from, in words."""
_LARGEST = 800  # pixels of a frame's longer side that are drawn
_TALLEST, _NARROWEST = 2.2, 1.2  # inches of a frame
_CASING = [Stroke(linewidth=2.8, foreground="black"), Normal()]
_LINE = 1.3  # from a line of text to the next
_LEAST = 0.5  # inches of the figure
_HANDLE = 7  # characters that a legend's line and its distances take
_EDGE = 0.012  # of a frame, white around it: outlines along its edge are seen


def plot_contact_sheet(
    frames: Sequence[tuple[float, np.ndarray]],
    regions: Regions | None,
    trace: Trace | None,
    rates: Rates | None,
    options: FigureOptions,
    *,
    title: str,
    reason: str = "",
) -> Figure:
    """Plot the measurements of a recording, so that its quality can be judged.

    Parameters
    ----------
    frames : sequence of (t, (height, width, 3) uint8 array)
        Frames to show, with their times in seconds; blue, green, red. May be empty.
    regions : Regions or None
        Drawn into the frames.
    trace : Trace or None
        Mean colours of the regions; None if the recording cannot be read.
    rates : Rates or None
        Pulse rates, and the pulse wave; None if there can be none.
    options : FigureOptions
    title : str
        Name of the recording.
    reason : str
        Why it holds nothing usable; empty if it does.

    Returns
    -------
    Figure
        What there is of: frames with regions, each channel's mean colour over time, an excerpt of the pulse wave
        around the accepted window of highest SNR, pulse rate and SNR over time.
    """
    colours = region_colours(regions, trace, options)
    own, legend = _frame_legend(regions, trace, colours), legend_of(trace, rates, options, colours)
    for handle in (*own, *legend):
        handle.set_label(_fitting(handle.get_label(), options, beside=_HANDLE))
    title, reason = _fitting(title, options, bold=True), _fitting(reason, options, bold=True)
    words = _plain(_note(trace, rates))
    heights = {
        "title": _text_height(title, options),
        "reason": _text_height(reason, options),
        "frames": _frames_height(frames, own, options),
        "panels": panels_height(trace, rates, legend, options),
    }
    heights = {name: height for name, height in heights.items() if height}
    with house_style(options):
        height = sum(heights.values()) + (words_height([], "", words, options) if words else 0)
        figure = new_figure(options, max(height, _LEAST))
        places = np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=[*heights.values()]))
        rooms = dict(zip(heights, places, strict=True))
        for name, text, look in (("title", title, {}), ("reason", reason, {"color": DARK_RED})):
            if name in rooms:
                rooms[name].text(0.01, 0.5, text, va="center", fontweight="bold", fontsize=title_font(options), **look)
        if "frames" in rooms:
            last = max(frames[-1][0], trace.t[-1] if trace else 0.0)
            _plot_frames(rooms["frames"], frames, regions, colours, time_unit(last), options)
            rooms["frames"].legend(handles=own, loc="outside lower center", ncols=_columns(own, options))
        if "panels" in rooms:
            plot_panels(rooms["panels"], trace, rates, options, first=int(bool(frames)), roi_colours=colours)
            legend_above(rooms["panels"], legend, "", options)
        if words:
            note(figure, words, options)
    return figure


def region_colours(regions: Regions | None, trace: Trace | None, options: FigureOptions) -> dict[str, str]:
    """Colour of each region, by its name."""
    names = dict.fromkeys([*(regions.names if regions else ()), *(trace.rois if trace else ())])
    return {name: options.colours[_ROI_COLOURS[i % len(_ROI_COLOURS)]] for i, name in enumerate(names)}


def _plot_frames(room: FigureBase, frames, regions: Regions | None, colours, unit, options: FigureOptions) -> None:
    scale, name = unit
    columns = _abreast(frames, options)
    grid = room.add_gridspec(-(-len(frames) // columns), columns)
    for place, (t, frame) in zip(grid, frames, strict=False):
        axis = room.add_subplot(place)
        height, width = frame.shape[:2]
        axis.imshow(reduced_frame(frame)[:, :, ::-1], extent=(-0.5, width - 0.5, height - 0.5, -0.5))
        visible = _plot_regions(axis, regions, t, colours)
        edge = 0.5 + _EDGE * max(height, width)
        axis.set(xticks=[], yticks=[], xlim=(-edge, width - 1 + edge), ylim=(height - 1 + edge, -edge))
        words = f"{t / scale:.1f} {name}" + ("" if visible or regions is None else ": no region visible")
        axis.set_xlabel(words, fontsize=small_font(options))
        axis.spines[:].set_visible(False)
    panel_title(room, 0, "Frames with their regions" if regions else "Frames", options)


def _plot_regions(axis: Axes, regions: Regions | None, t: float, colours) -> int:
    """Outline each region where it is at a time; gives how many are visible."""
    polygons = regions.polygons_at(t) if regions else {}
    seen = {name: polygon for name, polygon in polygons.items() if polygon is not None}
    for name, polygon in seen.items():
        closed = np.concatenate((polygon, polygon[:1]))
        axis.plot(*closed.T, color=colours[name], lw=1.3, label=name, path_effects=_CASING, solid_joinstyle="round")
    return len(seen)


def reduced_frame(frame: np.ndarray) -> np.ndarray:
    """A large frame as means of squares of pixels."""
    side = -(-max(frame.shape[:2]) // _LARGEST)
    if side == 1:
        return frame
    height, width = (max(n // side, 1) for n in frame.shape[:2])
    squares = frame[: height * side, : width * side].reshape(height, -1, width, side, 3)
    return squares.mean(axis=(1, 3)).astype(np.uint8)


def _frame_legend(regions: Regions | None, trace: Trace | None, colours) -> list[Line2D]:
    """Name of each region, its size, and how often it is visible."""
    names = regions.names if regions else ()
    look = {"lw": 1.3, "path_effects": _CASING}
    return [Line2D([], [], color=colours[name], label=region_words(name, trace), **look) for name in names]


def region_words(name: str, trace: Trace | None) -> str:
    """Name of a region, its size, and how often it is visible."""
    if not trace or name not in trace.rois:
        return name
    pixels = trace.n_pixels[:, trace.rois.index(name)]
    seen = pixels > 0
    size = f"{np.median(pixels[seen]):,.0f} px, " if seen.any() else ""
    return f"{name} ({size}{_percent(seen)} of frames)"


def _percent(seen: np.ndarray) -> str:
    """A share in percent; 100 % is all of them and 0 % none."""
    share = 100 * seen.mean()
    return f"{np.clip(share, 1, 99) if 0 < share < 100 else share:.0f} %"


def _note(trace: Trace | None, rates: Rates | None) -> str:
    """Notes on how it was measured, with warnings."""
    if trace is None:
        return ""
    many = len(trace.rois) > 1
    text = (
        f"{len(trace.t):,} frames in {trace.seconds:,.1f} s, {trace.fps:.4g} a second "
        f"({STAMPS.get(trace.stamps, trace.stamps)}). {'Regions' if many else 'Region'}: {', '.join(trace.rois)}"
        f"{', weighed by their pixels' if many else ''}."
    )
    if rates is not None:
        low, high = WindowOptions().band
        text += f" Method: {rates.method}, {low:g}–{high:g} Hz. {_windows(rates, many)}"
    return "\n".join([text, *(f"Note: {note}" for note in trace.notes)])


def _windows(rates: Rates, many: bool) -> str:
    """How windows are cut and judged."""
    if not len(rates):
        return f"No window of {rates.seconds:g} s."
    regions = "the regions, or of neighbouring windows where only one region is visible," if many else ""
    text = (
        f"{len(rates):,} {'window' if len(rates) == 1 else 'windows'} of {rates.seconds:g} s, {HOP_SECONDS:g} s apart, "
        f"shown at their centres; accepted: SNR above the {NOISE_PERCENTILE:g}th percentile of noise, and rates "
        f"of {regions or 'neighbouring windows'} within {AGREE_BPM:g} bpm ({AGREE_FAST})."
    )
    flat = int((~np.isfinite(rates.hr)).sum())
    return text + (f" Not shown, as their wave is flat: {flat:,}." if flat else "")


def _frames_height(frames, legend, options: FigureOptions) -> float:
    if not frames:
        return 0.0
    columns = _abreast(frames, options)
    tallest = max(frame.shape[0] / frame.shape[1] for _, frame in frames)
    height = min(0.95 * tallest * options.width_inch / columns, _TALLEST) + 1.6 * small_font(options) / 72
    lines = max((handle.get_label().count("\n") + 1 for handle in legend), default=0)
    lines *= -(-len(legend) // _columns(legend, options))
    words = 1.5 * small_font(options) * lines + 1.6 * title_font(options) + 14
    return height * -(-len(frames) // columns) + words / 72


def _abreast(frames, options: FigureOptions) -> int:
    """Frames side by side."""
    return min(max(int(options.width_inch / _NARROWEST), 1), len(frames))


def _columns(handles, options: FigureOptions) -> int:
    """Columns of a legend across the figure."""
    widest = max((len(handle.get_label()) for handle in handles), default=0) + _HANDLE
    return min(max(characters(options.width_inch, small_font(options)) // widest, 1), max(len(handles), 1))


def _text_height(text: str, options: FigureOptions) -> float:
    return (_LINE * title_font(options) * len(text.splitlines()) + 6) / 72 if text else 0.0


def _fitting(text: str, options: FigureOptions, *, beside: int = 0, bold: bool = False) -> str:
    """A user's words in lines as wide as the figure, less some characters."""
    return fill(_plain(text), max(characters(options.width_inch, title_font(options), bold=bold) - beside, 8))


def _plain(text: str) -> str:
    """A user's text as the font can show it: formulas disabled, missing characters replaced."""
    font = get_font(findfont("DejaVu Sans"))
    known = "".join(c if c == "\n" or font.get_char_index(ord(c)) else "\N{REPLACEMENT CHARACTER}" for c in text)
    return known.replace("$", r"\$")
