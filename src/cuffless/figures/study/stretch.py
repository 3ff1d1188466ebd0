"""Half a minute of a recording's PPG with its windows, as pictures of inspections and predictions begin."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures.style import GREY, ON_WHITE, PALE, tiny_font
from cuffless.records import Record, Segment
from cuffless.signals import bandpass, true_runs

SHOWN_SECONDS = 30.0
INK = "#1A1A1A"
_LEAST_LABELLED = 1.6  # seconds of a window that hold a word


def choose_stretch(record: Record, start: np.ndarray, kept: np.ndarray) -> tuple[Segment, int, int]:
    """Half a minute around the middle kept window, or else around the middle of all.

    Parameters
    ----------
    record : Record
    start : (n,) float array
        Starts of its windows in seconds.
    kept : (n,) bool array

    Returns
    -------
    segment : Segment
    first, stop : int
        Samples of the segment.
    """
    chosen = np.flatnonzero(kept)
    chosen = chosen if len(chosen) else np.arange(len(start))
    longest = max(record.segments, key=lambda s: s.seconds)
    if not len(chosen):
        return longest, 0, min(int(SHOWN_SECONDS * longest.fs), longest.n_samples)
    begin = start[chosen[len(chosen) // 2]]
    segment = next(s for s in reversed(record.segments) if s.start <= begin + 1e-6)
    n = min(int(SHOWN_SECONDS * segment.fs), segment.n_samples)
    first = int((begin - segment.start - SHOWN_SECONDS / 3) * segment.fs)
    first = int(np.clip(first, 0, segment.n_samples - n))
    return segment, first, first + n


def fate_colour(kept: bool, looks: FigureOptions) -> str:
    """Colour of windows that are kept, or rejected."""
    return looks.colours[0] if kept else looks.colours[1]


def plot_fates(axis: Axes, start, seconds, fates, shown: tuple[float, float], good: str, looks: FigureOptions) -> None:
    """Plot a row of boxes: each window, and the rule that rejected it, or the word for those that are `good`."""
    for at, length, fate in zip(start, seconds, fates, strict=True):
        begin, end = max(at, shown[0]), min(at + length, shown[1])
        if end <= begin:
            continue
        kept = fate == good
        fill = {"alpha": 0.25} if kept else {"alpha": 0.35, "hatch": "////"}
        axis.axvspan(at, at + length, facecolor=fate_colour(kept, looks), edgecolor="white", lw=1, **fill)
        if end - begin >= _LEAST_LABELLED:
            look = {"ha": "center", "va": "center", "fontsize": tiny_font(looks), "color": INK, "clip_on": True}
            if not kept:
                look |= {"fontweight": "bold", "bbox": ON_WHITE | {"pad": 0.8, "alpha": 0.85}}
            axis.text((begin + end) / 2, 0.5, fate.replace("_", " "), **look)
    axis.set(ylim=(0, 1), yticks=[], xlim=shown)
    axis.tick_params(axis="x", bottom=False, labelbottom=False)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)


def mark_windows(axis: Axes, start, seconds, kept, shown: tuple[float, float], looks: FigureOptions) -> None:
    """Mark where the windows that are shown lie behind a signal."""
    for at, length, one in zip(start, seconds, kept, strict=True):
        if at < shown[1] and at + length > shown[0]:
            axis.axvspan(at, at + length, facecolor=fate_colour(one, looks), alpha=0.08, lw=0)
            axis.axvline(at, color=PALE, lw=0.5)


def plot_ppg(axis: Axes, time, ppg, fs: float, options: WindowOptions) -> None:
    """Plot a PPG as recorded and as filtered, in SDs of the former."""
    valid = np.isfinite(ppg)
    if valid.any():
        middle, spread = np.median(ppg[valid]), ppg[valid].std() or 1.0
        axis.plot(time, (ppg - middle) / spread, color=GREY, alpha=0.45, lw=0.8)
        for begin, end in true_runs(valid):
            if end - begin > fs:
                filtered = bandpass(ppg[begin:end], fs, options.band, options.filter_order) / spread
                axis.plot(time[begin:end], filtered, color=INK, lw=0.9)
    else:
        write_middle(axis, "PPG missing")
    axis.set_ylabel("PPG (SD)")


def write_middle(axis: Axes, text: str) -> None:
    """Write a text in the middle of a panel that has nothing else."""
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color=GREY)


def fate_marks(kept: bool, label: str, looks: FigureOptions) -> Line2D:
    """Legend entry of windows that are kept, or rejected."""
    colour = fate_colour(kept, looks)
    return Line2D([], [], marker="s", ls="none", ms=6, mec=colour, mfc=colour if kept else "none", label=label)
