"""What all figures share: fonts, sizes, names, and saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from cuffless.config import FigureOptions
from cuffless.figures.fonts import outlines_only
from cuffless.figures.names import SUBSETS as SUBSETS
from cuffless.figures.names import network_name as network_name
from cuffless.figures.names import split_name as split_name
from cuffless.files import whole_file

PRESSURES = ("SBP", "DBP")
GREY = "#4D4D4D"
PALE = "#BFBFBF"
ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
"""Box of a text that lies on lines."""
LEAST_FONT = 6.0
"""No text is smaller than this many points."""
_LINE = 1.3  # from a line of a note to the next

_HOUSE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
    "pdf.fonttype": 42,  # embed TrueType outlines: journals refuse Type 3
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "cuffless",
}

_CANVASES = {".pdf": ("pdf", "FigureCanvasPdf"), ".png": ("agg", "FigureCanvasAgg"), ".svg": ("svg", "FigureCanvasSVG")}
_PRINTED: dict[str, dict[str, Any]] = {
    ".pdf": {"metadata": dict.fromkeys(("CreationDate", "Producer", "Creator"))},
    # A level of 6 takes half as long again and saves less than a tenth of the bytes.
    ".png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}},
    ".svg": {"metadata": dict.fromkeys(("Date", "Creator"))},
}


@contextmanager
def house_style(options: FigureOptions) -> Iterator[None]:
    """Plot with the house's settings, whatever the user's matplotlibrc says."""
    title, small = title_font(options), small_font(options)
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_HOUSE)
        mpl.rcParams.update({"font.size": title, "axes.titlesize": title})
        mpl.rcParams.update(
            dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize", "figure.labelsize"), small)
        )
        yield


def title_font(options: FigureOptions) -> float:
    """Size of titles in points."""
    return max(options.font_size, LEAST_FONT)


def small_font(options: FigureOptions) -> float:
    """Size of tick labels, legends and notes in points."""
    return max(options.font_size - 1.0, LEAST_FONT)


def tiny_font(options: FigureOptions) -> float:
    """Size of the counts in points."""
    return max(options.font_size - 2.0, LEAST_FONT)


def new_figure(options: FigureOptions, height: float, *, share: float = 1.0) -> Figure:
    """Empty figure of `height` inches and `share` of the full width, free of pyplot's state."""
    return Figure(figsize=(options.width_inch * share, height), dpi=options.dpi, layout="constrained")


def n_range(values: pd.Series, what: str = "") -> str:
    """A count, or the range of several, of `what` (in the singular) if it is given."""
    low, high = f"{values.min():,.0f}", f"{values.max():,.0f}"
    counted = low if low == high else f"{low} to {high}"
    return f"{counted} {what}{'' if values.max() == 1 else 's'}" if what else counted


def short_count(count: float) -> str:
    """Four characters at most: 950, 1.2k, 12k, 1.2M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if count >= 0.9995 * size:
            return f"{count / size:.1f}{unit}" if count < 9.95 * size else f"{count / size:.0f}{unit}"
    return f"{count:.0f}"


def intervals(table: pd.DataFrame) -> str:
    """What the intervals of a table are; empty if it has none."""
    methods = [method for method in dict.fromkeys(table["interval"].dropna()) if method != "too few subjects"]
    return f"{table['confidence'].iloc[0]:.0%} interval over subjects ({', '.join(methods)})" if methods else ""


def panel_title(
    where: Axes | FigureBase, number: int, text: str, options: FigureOptions, *, clear: bool = True
) -> None:
    """Write ``(a) text`` above a panel, at its left; where the panel is not `clear`, above ticks or a factor there."""
    letter = f"({chr(ord('a') + number)}) "
    if isinstance(where, Axes):
        where.set_title(letter + text, loc="left", fontweight="bold", y=1.0 if clear else None)
    else:
        where.suptitle(letter + text, x=0.01, ha="left", fontsize=title_font(options), fontweight="bold")


def titled_legend(where: FigureBase, title: str, **more: Any) -> None:
    """Legend above the panels, at their left, under a bold title."""
    bold = {"weight": "bold"}
    where.legend(title=title, loc="outside upper left", alignment="left", title_fontproperties=bold, **more)


def slant_labels(ax: Axes, degrees: float) -> None:
    """Turn the labels of the horizontal axis, so that each ends at its tick."""
    for label in ax.get_xticklabels():
        label.set(rotation=degrees, ha="right", rotation_mode="anchor")


def write_beside(
    ax: Axes, text: str, at: tuple[Any, Any], points: tuple[float, float], size: float, **look: Any
) -> None:
    """Write a text so many points beside a place."""
    ax.annotate(text, at, points, textcoords="offset points", fontsize=size, **look)


def write_across(ax: Axes, x: float, share: float, text: str, size: float, **look: Any) -> None:
    """Write a text over a place of the horizontal axis, at a share of the height."""
    ax.text(x, share, text, transform=ax.get_xaxis_transform(), fontsize=size, ha="center", **look)


def note(fig: Figure, text: str, options: FigureOptions) -> None:
    """Write a note, if there is any, below the figure, at its left, broken into lines that fit."""
    if not text:
        return
    characters = int(72 * fig.get_figwidth() / (0.56 * tiny_font(options)))  # of mean width 0.56 em
    text = "\n".join(fill(line, characters) for line in text.splitlines())
    fig.supxlabel(text, x=0.01, ha="left", fontsize=tiny_font(options), color=GREY)


def stamp_figure(fig: Figure, text: str, options: FigureOptions) -> None:
    """Write whose data a figure shows, as the first lines of its note; the figure grows by as much.

    Parameters
    ----------
    fig : Figure
        Complete, in constrained layout.
    text : str
        As from `cuffless.config.arms.stamp`; empty: nothing is written.
    options : FigureOptions
    """
    if not text:
        return
    with house_style(options):
        below, size = fig.get_supxlabel(), tiny_font(options)
        note(fig, paragraphs(text, below), options)
        lines = fig.get_supxlabel().count("\n") - below.count("\n") + (0 if below else 1)
        fig.set_figheight(fig.get_figheight() + _LINE * size * lines / 72)


def paragraphs(*texts: str) -> str:
    """Those texts that say something, one below the other."""
    return "\n".join(filter(None, texts))


def seeds_note(seeds: int) -> str:
    """What may be concluded from the number of seeds."""
    return "1 seed: no ranking of networks." if seeds <= 1 else f"Means of {seeds} seeds."


def save_figure(fig: Figure, pdf_path: str | Path) -> None:
    """Write a figure as PDF and as PNG, each whole or not at all.

    Parameters
    ----------
    fig : Figure
    pdf_path : str or Path
        Must end in ``.pdf``; the PNG takes the same name.

    Raises
    ------
    ValueError
        If the path does not end in ``.pdf``.

    Notes
    -----
    The same figure gives the same bytes: no dates, no versions.
    """
    pdf_path = Path(pdf_path)
    if pdf_path.suffix != ".pdf":
        raise ValueError(f"{pdf_path}: a figure's path must end in .pdf; the .png is written next to it")
    save_picture(fig, pdf_path.with_suffix(".png"))
    fig.set_layout_engine("none")  # laid out once, for both files
    save_picture(fig, pdf_path)


def save_picture(fig: Figure, path: str | Path) -> None:
    """Write a figure to one file, whole or not at all; see `render`."""
    with whole_file(path) as part:
        render(fig, part)


def render(fig: Figure, path: str | Path) -> None:
    """Write a figure in the format that the path's ending names, with the house's settings.

    The same figure gives the same bytes: no dates, no versions.
    """
    path, dpi = Path(path), fig.dpi
    with mpl.rc_context(), outlines_only():
        mpl.rcdefaults()
        mpl.rcParams.update(_HOUSE)
        backend, name = _CANVASES[path.suffix]
        canvas = getattr(import_module(f"matplotlib.backends.backend_{backend}"), name)(fig)
        try:
            # Not `savefig`, which draws everything twice.
            getattr(canvas, f"print_{path.suffix[1:]}")(path, **_PRINTED[path.suffix])
        finally:
            fig.dpi = dpi  # vector formats set their own
