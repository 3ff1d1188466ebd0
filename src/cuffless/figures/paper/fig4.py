"""Figure 4: how many windows each subject has."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.errors import plural
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.layout import characters, font_scale
from cuffless.figures.registry import FigureModule
from cuffless.figures.style import GREY, house_style, new_figure, note, paragraphs, small_font, titled_legend

FIGURES = FigureModule(
    arm="splits",
    inputs={"quality": "windows/{windowing}.quality.csv", "audits": "designs/splits/{split}.audit.json"},
    settings={"cap": "splits.named.{first_split}.cap"},
    captions={"fig4": "Number of subjects by how many windows they contribute before the cap (the paper's Figure 4)."},
)

BARS = 40
_SHARE = 0.62  # of the full width, at 8 points
_BESIDE = 0.5  # inches of labels
_HANDLE = 7  # characters that a legend's line and its distances take
_FAR = 1.5  # a cap beyond this multiple of the largest count would squeeze the histogram
_LOG_RANGE = 30  # a longer-tailed distribution than this ratio is drawn on a logarithmic axis


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 4."""
    windows = given.table("quality", keep_default_na=False).groupby("subject")["windows_kept"].sum()
    return plot_fig4(windows, given.settings["cap"], given.options, cautions=given.cautions("audits"))


def plot_fig4(windows: pd.Series, cap: int, options: FigureOptions, *, cautions: Sequence[str] = ()) -> Figure:
    """Histogram of the windows per subject before the cap (the paper's Figure 4).

    Parameters
    ----------
    windows : Series of int
        Kept windows of each subject. Subjects without any are counted in the legend, not drawn.
    cap : int
        Most windows that a subject may contribute.
    options : FigureOptions
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.

    Raises
    ------
    ValueError
        If no subject has a window.
    """
    counts = windows.to_numpy()
    drawn = counts[counts > 0]
    if drawn.size == 0:
        raise ValueError("Figure 4: no subject has a kept window; check the rejected windows by rule")
    logarithmic = drawn.max() / drawn.min() > _LOG_RANGE
    with house_style(options):
        share = min(_SHARE * font_scale(options), 1.0)
        fig = new_figure(options, 2.7 * font_scale(options), share=share)
        ax = fig.subplots()
        ax.hist(drawn, bins=_edges(drawn, logarithmic), color=options.colours[0], edgecolor="white", linewidth=0.4)
        median = float(np.median(drawn))
        written = plural(median, "window") if median == round(median) else f"{median:,.1f} windows"
        ax.axvline(median, color=GREY, linestyle="--", label=f"median: {written}")
        over = int((drawn > cap).sum())
        if cap <= _FAR * drawn.max():
            ax.axvline(
                cap, color=options.colours[1], label=f"cap: {plural(cap, 'window')} ({plural(over, 'subject')} above)"
            )
        else:
            ax.plot([], [], " ", label=f"cap: {plural(cap, 'window')}, beyond this axis")
        if logarithmic:
            ax.set_xscale("log")
        else:
            ax.xaxis.get_major_locator().set_params(integer=True)
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
        ax.yaxis.get_major_locator().set_params(integer=True)
        label = "windows per subject before the cap" + (" (logarithmic)" if logarithmic else "")
        ax.set_xlabel(fill(label, characters(share * options.width_inch - _BESIDE, options.font_size)))
        ax.set_ylabel("subjects")
        ax.grid(axis="y")
        empty = counts.size - drawn.size
        title = f"{plural(drawn.size, 'subject')}, {plural(drawn.sum(), 'window')}" + (
            f"; {empty:,} without any" if empty else ""
        )
        fit = characters(share * options.width_inch, options.font_size, bold=True)
        handles, labels = ax.get_legend_handles_labels()
        room = characters(share * options.width_inch, small_font(options))
        beside = sum(len(label) + _HANDLE for label in labels) <= room
        labels = [fill(label, room - _HANDLE) for label in labels]
        titled_legend(fig, fill(title, fit), handles=handles, labels=labels, ncols=2 if beside else 1)
        note(fig, paragraphs(*cautions), options)
    return fig


def _edges(counts: np.ndarray, logarithmic: bool) -> np.ndarray:
    """Edges of at most `BARS` bars, never narrower than one window."""
    low, high = counts.min() - 0.5, counts.max() + 0.5
    if not logarithmic:
        return np.linspace(low, high, min(BARS, int(high - low)) + 1)
    edges = np.geomspace(low, high, BARS + 1)
    return np.unique(np.concatenate([edges[[0]], np.floor(edges[1:-1]) + 0.5, edges[[-1]]]))
