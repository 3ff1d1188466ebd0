"""The figure of `benchmarks.false_pulses`: noise that is accepted against pulses that are, as the threshold moves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.figures.style import (
    GREY,
    ON_WHITE,
    house_style,
    new_figure,
    note,
    panel_title,
    save_picture,
    small_font,
    write_beside,
)

_NAMES = {"pos": "POS", "chrom": "CHROM", "green": "GREEN"}
_MOST_FALSE, _LINE = 35, 9  # percent: the axis across, and the height of a name
_NOTE = (
    "Up and to the left is better. Each curve moves both SNR thresholds from 3 dB below to 3 dB above those in use "
    "(dots). Across: recordings of 90 s without a pulse of which any window is accepted, mean over the kinds of a "
    "family. Up: windows of 30 s with a pulse of 0.4 % in green that are accepted within 3 bpm."
)


def plot_false_pulses(noise: pd.DataFrame, pulses: pd.DataFrame, path: str) -> None:
    """Draw and write the figure.

    Parameters
    ----------
    noise : DataFrame
        ``family, kind, method, shift, accepted``; one row per recording and shift of the thresholds in dB.
    pulses : DataFrame
        The same, with ``right``: the share of windows accepted at the right rate.
    path : str
        Ends in ``.png``.
    """
    options = FigureOptions(dpi=110)
    with house_style(options):
        save_picture(_figure(noise, pulses, options), path)


def _figure(noise: pd.DataFrame, pulses: pd.DataFrame, options: FigureOptions) -> Figure:
    families = list(dict.fromkeys(noise["family"]))
    fig = new_figure(options, 5.6)
    axes = fig.subplots(2, 2, sharex=True, sharey=True).ravel()
    for number, (family, ax) in enumerate(zip(families, axes, strict=True)):
        ax.axvspan(0, 5, color="#EDEDED", zorder=0)
        ends = {}
        for colour, (method, name) in zip(options.colours, _NAMES.items(), strict=False):
            false, true = (
                100 * table[(table["family"] == family) & (table["method"] == method)].groupby("shift")[column].mean()
                for table, column in ((noise, "accepted"), (pulses, "right"))
            )
            ax.plot(false, true, color=colour, clip_on=False, zorder=3)
            ax.plot(false[0], true[0], "o", color=colour, ms=5, clip_on=False, zorder=4)
            end = false.index[0]
            ends[name] = false[end], true[end], colour
        _label(ax, ends, small_font(options))
        panel_title(ax, number, family, options)
        ax.set(xlim=(0, _MOST_FALSE), ylim=(0, 100))
        ax.grid()
    for ax in axes[2:]:
        ax.set_xlabel("noise accepted (% of recordings)")
    for ax in axes[::2]:
        ax.set_ylabel("pulse found (% of windows)")
    write_beside(axes[0], "at most 5 %", (5, 3), (3, 0), small_font(options), color=GREY)
    note(fig, _NOTE, options)
    return fig


def _label(ax: Axes, ends: dict[str, tuple[float, float, str]], size: float) -> None:
    """Name curves at their ends, one below the other where they end at nearly the same height."""
    below = np.inf
    for name, (x, y, colour) in sorted(ends.items(), key=lambda item: -item[1][1]):
        below = min(y, below - _LINE)
        write_beside(ax, name, (x, below), (7, -3), size, color=colour, bbox=ON_WHITE, zorder=5)
