"""Figures A2 to A5: each subject's errors on rPPG before and after fine-tuning, by whether it helped."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.paper.camera_boxes import (
    MARKS,
    OWN,
    TUNING,
    explain_boxes,
    finish_axes,
    highest,
    legend_handles,
    mark,
    plot_errors,
)
from cuffless.figures.personalization_style import (
    NONE,
    axes_width,
    characters,
    font_scale,
    legend_above,
    networks_of,
    place,
    pressure_columns,
    warned,
    words_height,
)
from cuffless.figures.registry import FigureModule
from cuffless.figures.style import (
    LEAST_FONT,
    PRESSURES,
    house_style,
    n_range,
    network_name,
    new_figure,
    note,
    panel_title,
    seeds_note,
    small_font,
)

FIGURES = FigureModule(
    arm="camera",
    inputs={
        "subjects": "judgement/camera/tables/subject_boxes.csv",
        "ks": "judgement/camera/tables/subject_ks.csv",
        "box": "judgement/camera/tables/boxes.csv",
        "audit": "designs/camera/folds.audit.json",
    },
    captions={
        "figA2": "Absolute errors of the subjects whose SBP error fine-tuning on other people reduced, first networks "
        "(the paper's Figure A2).",
        "figA3": "Absolute errors of the subjects whose SBP error fine-tuning on other people reduced, further "
        "networks (the paper's Figure A3).",
        "figA4": "Absolute errors of the subjects whose SBP error fine-tuning on other people did not reduce, first "
        "networks (the paper's Figure A4).",
        "figA5": "Absolute errors of the subjects whose SBP error fine-tuning on other people did not reduce, further "
        "networks (the paper's Figure A5).",
    },
)

_SUBJECTS_AND_NETWORKS = {
    "figA2": (True, slice(None, 2)),
    "figA3": (True, slice(2, None)),
    "figA4": (False, slice(None, 2)),
    "figA5": (False, slice(2, None)),
}
"""Whether a figure shows the subjects that improved, and which networks."""
_COLUMNS = {  # comparison: where its boxes stand, and their width, of a subject's space
    TUNING: ({"before": -0.21, "tuned": 0.21}, 0.3),
    OWN: ({"random": -0.33, "first": 0.14}, 0.24),
}
_PANEL, _LABELS, _BESIDE = 1.45, 0.3, 0.55  # inches
_LEAST_PLACES = 8  # few subjects are not to get boxes as wide as bars
_METHODS = ("network", "calibration_mean", "mean")  # room is too small for more


def plot(given: FigureInputs) -> Figure:
    """Plot one of Figures A2 to A5."""
    return plot_fig_a2(
        given.table("subjects"),
        given.table("ks"),
        given.options,
        which=given.name,
        seeds=int(given.table("box")["seeds"].max()),
        warnings=given.document("audit")["warnings"],
    )


def plot_fig_a2(
    subjects: pd.DataFrame,
    ks: pd.DataFrame,
    options: FigureOptions,
    *,
    which: str,
    seeds: int | None = None,
    warnings: Sequence[str] = (),
) -> Figure:
    """Absolute errors of each subject before and after fine-tuning on rPPG (the paper's Figures A2 to A5).

    Parameters
    ----------
    subjects, ks : DataFrame
        ``subjects.csv`` and ``ks.csv`` of the evaluation of rPPG.
    options : FigureOptions
    which : {"figA2", "figA3", "figA4", "figA5"}
        A2 and A3: subjects that improved, the first two networks and the others. A4 and A5: the other subjects.
    seeds : int, optional
        Trained networks behind each error.
    warnings : sequence of str
        What the audit of the folds let pass.

    Returns
    -------
    Figure
        Two rows per network; at the left before and after fine-tuning on other people, at the right with the first and
        with random windows of the subject's own. Where there is no such subject or network, a figure that says so.

    Raises
    ------
    ValueError
        If `which` is none of these figures, or `subjects` holds no network.
    """
    if which not in _SUBJECTS_AND_NETWORKS:
        raise ValueError(f"{which!r} is not one of the figures {', '.join(_SUBJECTS_AND_NETWORKS)}")
    if not networks_of(subjects):
        raise ValueError(f"{which}: subjects.csv has no network; fine-tune at least one")
    improved, part = _SUBJECTS_AND_NETWORKS[which]
    networks = networks_of(subjects)[part]
    shown = subjects[subjects["network"].isin([*networks, NONE]) & subjects["method"].isin(_METHODS)]
    shown = shown[shown["improved"].eq(improved)]
    with house_style(options):
        warning = warned(warnings, "rPPG")
        if shown.empty or not networks:
            return _plot_nobody(_why_empty(subjects, networks, improved), warning, options)
        return _plot_subjects(shown, ks, networks, (warning, _explain(subjects, shown, warning, seeds)), options)


def _plot_subjects(
    shown: pd.DataFrame, ks: pd.DataFrame, networks: list[str], words: tuple[str, str], options: FigureOptions
) -> Figure:
    warning, text = words
    drawn = sorted(set(shown["number"]))
    columns = pressure_columns(options)
    rows = 2 * len(networks) * len(PRESSURES) // columns
    handles = legend_handles(shown, {TUNING: "KS: before, tuned differ", OWN: "KS: first, random differ"}, options)
    panels = (_PANEL * rows + _LABELS) * font_scale(options)
    fig = new_figure(options, panels + words_height(handles, warning, text, options))
    grid = fig.add_gridspec(rows, columns)
    shown = shown.assign(centre=np.searchsorted(drawn, shown["number"]))
    ks = ks[ks["significant"].eq(True) & ks["number"].isin(drawn)]
    fit = characters(options.width_inch - 0.7 * font_scale(options), options.font_size, bold=True)
    for n, network in enumerate(networks):
        for p, pressure in enumerate(PRESSURES):
            here = shown[shown["pressure"] == pressure]
            tested = ks[(ks["network"] == network) & (ks["pressure"] == pressure)]
            for c, (comparison, (places, width)) in enumerate(_COLUMNS.items()):
                ax = fig.add_subplot(place(grid, len(PRESSURES) * n + p, c))
                if p == c == 0:
                    panel_title(ax, n, fill(network_name(network), fit), options)
                _plot_bands(ax, len(drawn))
                plot_errors(ax, here[here["network"].isin([network, NONE])], places, width, options)
                for number in tested.loc[tested["comparison"] == comparison, "number"]:
                    mark(ax, drawn.index(number), MARKS[comparison], options)
                finish_axes(ax, len(drawn), highest(here), least=_LEAST_PLACES)
                last = ax.get_subplotspec().rowspan.stop == rows
                _label(ax, drawn, pressure, (c == 0 or columns == 1, last), options)
    legend_above(fig, handles, warning, options)
    note(fig, text, options)
    return fig


def _plot_bands(ax, count: int) -> None:
    for band in range(0, count, 2):
        ax.axvspan(band - 0.5, band + 0.5, color="#F4F4F4", linewidth=0, zorder=0)


def _label(ax, drawn: list[int], pressure: str, outer: tuple[bool, bool], options: FigureOptions) -> None:
    """Subjects' numbers, as many as have room, below the last row; the pressure at the left."""
    left, last = outer
    room = 72 * axes_width(options, _BESIDE) / max(len(drawn), _LEAST_PLACES)  # points a subject
    wide = 0.9 * max(len(str(number)) for number in drawn)  # of a number, in em
    size = float(np.clip(room / wide, LEAST_FONT, small_font(options)))
    every = max(int(np.ceil(size * wide / room)), 1)
    ax.set_xticks(range(0, len(drawn), every), drawn[::every])
    ax.tick_params(axis="x", labelbottom=last, labelsize=size)
    ax.tick_params(axis="y", labelleft=left)
    if left:
        ax.set_ylabel(f"{pressure}: |error|\n(mmHg)")
    if last:
        ax.set_xlabel("subject")


def _explain(subjects: pd.DataFrame, shown: pd.DataFrame, warning: str, seeds: int | None) -> str:
    own = shown[(shown["method"] == "network") & (shown["pressure"] == PRESSURES[0])]
    budgets = [
        f"{n_range(rows['n_calibration'])} ({setting})"
        for setting in ("first", "random")
        if len(rows := own[own["setting"] == setting])
    ]
    people, total = own["number"].nunique(), subjects["number"].nunique()
    improved = bool(own["improved"].iloc[0])
    what = "lowered" if improved else "did not lower"
    text = (
        f"Shown: {people} of {total} subjects: those whose SBP error, in the mean over networks, fine-tuning on other "
        f"subjects {what}. They are chosen by what the left column shows, which is therefore no evidence that "
        f"fine-tuning {'helps' if improved else 'harms'}. "
        f"Test windows a subject: {n_range(own['n_windows'])}; own windows in training: {', '.join(budgets)}. "
        f"{'' if seeds is None else seeds_note(seeds)}\n"
        f"{explain_boxes(shown)} Left column: before, tuned; right column: random, first.\n"
        "∗ †: the paper's two-sample Kolmogorov–Smirnov test on absolute errors, uncorrected. It takes a subject's "
        "windows for independent, which they are not, so it finds differences too often; and it says that errors "
        "differ, not which are smaller."
    )
    return "\n".join(filter(None, [warning, text]))


def _why_empty(subjects: pd.DataFrame, networks: list[str], improved: bool) -> str:
    count = subjects["number"].nunique()
    if not networks:
        known = len(networks_of(subjects))
        other = "A2" if improved else "A4"
        return (
            f"Nothing to draw: the study has only {known} network{'s' * (known != 1)}, shown in Figure {other}; this "
            "figure shows further ones."
        )
    found = "none of the" if improved else "all"
    return (
        f"Nothing to draw: fine-tuning on other subjects lowered the SBP error of {found} {count} subjects; this "
        f"figure shows those that {'improved' if improved else 'did not improve'}."
    )


def _plot_nobody(text: str, warning: str, options: FigureOptions) -> Figure:
    below = "\n".join(filter(None, [warning, "Improved: the SBP error after is smaller, in the mean over networks."]))
    written = fill(text, characters(options.width_inch, options.font_size))
    lines = len(written.splitlines()) * 1.4 * options.font_size / 72
    fig = new_figure(options, 0.4 + lines + words_height([], warning, below, options))
    ax = fig.add_subplot()
    ax.set_axis_off()
    ax.text(0.5, 0.5, written, transform=ax.transAxes, ha="center", va="center")
    if warning:
        legend_above(fig, [], warning, options)
    note(fig, below, options)
    return fig
