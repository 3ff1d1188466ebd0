"""Figure 3: how many rPPG windows have enough SNR, by their length."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.layout import font_scale, legend_above, words_height
from cuffless.figures.registry import FigureModule
from cuffless.figures.style import GREY, house_style, n_range, new_figure, note

FIGURES = FigureModule(
    arm="camera",
    inputs={"shares": "camera/snr_shares.csv"},
    settings={"snr_db": "windowings.{camera_windowing}.snr_db"},
    needs_videos=True,
    captions={
        "fig3": "Share of windows with sufficient SNR, by window length, in recordings of faces (the paper's Figure 3)."
    },
)

_PANEL = 2.4  # inches
_LOOKS = {  # what the legend says, and how the line looks
    "recordings": ("recordings", {"marker": "o", "ms": 4.0}),
    "white noise": ("white noise", {"marker": "s", "ms": 3.6, "mfc": "white", "color": GREY, "linestyle": (0, (4, 2))}),
}


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 3."""
    return plot_fig3(given.table("shares"), given.options, snr_db=given.settings["snr_db"])


def plot_fig3(shares: pd.DataFrame, options: FigureOptions, *, snr_db: float = -7.0) -> Figure:
    """Share of windows whose SNR is high enough, against their length (the paper's Figure 3), beside white noise.

    A line for the recordings and one for white noise; a length without windows has no point.

    Parameters
    ----------
    shares : DataFrame
        As from `cuffless.camera.pulse.snr.snr_shares`: ``length`` (s), ``source, share, n``.
    options : FigureOptions
    snr_db : float
        Least SNR in dB.
    """
    with house_style(options):
        least = f"{snr_db:g}".replace("-", "−")
        text = _explain(shares, least)
        handles, lines = [], []
        for source, (label, look) in _LOOKS.items():
            rows = shares[(shares["source"] == source) & (shares["n"] > 0)].sort_values("length")
            if len(rows):
                lines.append((rows, {"label": label, **({"color": options.colours[0]} | look)}))
        height = (_PANEL + 0.4) * font_scale(options)
        fig = new_figure(options, height + words_height([], "", text, options) + 0.25 * font_scale(options))
        ax = fig.add_subplot()
        for rows, look in lines:
            handles += ax.plot(rows["length"], 100 * rows["share"], clip_on=False, zorder=3, **look)
        ax.set_xlabel("length of the window (s)")
        ax.set_ylabel(f"SNR ≥ {least} dB (% of windows)")
        ax.set_xlim(0, 1.03 * shares["length"].max())
        ax.set_ylim(0, 100)
        ticks = max(int(2 * options.width_inch / font_scale(options)), 1)
        ax.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], integer=True))
        ax.grid()
        legend_above(fig, handles, "", options)
        note(fig, text, options)
    return fig


def _explain(shares: pd.DataFrame, least: str) -> str:
    found = shares[(shares["source"] == "recordings") & (shares["n"] > 0)]
    noise = shares[shares["source"] == "white noise"]
    windows = "No recording is as long as a window."
    if len(found):
        first, last = found.sort_values("length").iloc[[0, -1]].itertuples()
        windows = f"Windows: {first.n:,.0f} of {first.length:g} s"
        windows += f" to {last.n:,.0f} of {last.length:g} s." if last.length > first.length else "."
    return (
        f"{windows} Recordings are divided side by side into windows of the same seconds. "
        f"White noise: {n_range(noise['n'])} windows of each length, filtered and measured alike: the share "
        f"that passes {least} dB without any pulse."
    )
