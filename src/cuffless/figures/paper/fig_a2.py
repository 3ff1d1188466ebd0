"""Figures A2 to A5: each subject's errors on rPPG before and after fine-tuning, by whether it helped."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.paper import camera_boxes as boxes
from cuffless.figures.registry import FigureModule

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
    boxes.TUNING: ({"before": -0.21, "tuned": 0.21}, 0.3),
    boxes.OWN: ({"random": -0.33, "first": 0.14, "recordings": -0.1}, 0.24),
}
_PANEL, _LABELS, _BESIDE = 1.45, 0.3, 0.55  # inches
_LEAST_PLACES = 8  # few subjects are not to get boxes as wide as bars
_WORDS = {boxes.TUNING: "before and tuned differ", boxes.OWN: "first and random differ"}
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

    Two rows per network; at the left before and after fine-tuning on other people, at the right with the first and
    with random windows of the subject's own. Where there is no such subject or network, a figure that says so.

    Parameters
    ----------
    subjects, ks : DataFrame
        ``subject_boxes.csv`` and ``subject_ks.csv`` of the camera's judgement.
    options : FigureOptions
    which : {"figA2", "figA3", "figA4", "figA5"}
        A2 and A3: subjects that improved, the first two networks and the others. A4 and A5: the other subjects.
    seeds : int, optional
        Trained networks behind each error.
    warnings : sequence of str
        What the audit of the folds let pass.

    Raises
    ------
    ValueError
        If `which` is none of these figures, or `subjects` holds no network.
    """
    if which not in _SUBJECTS_AND_NETWORKS:
        raise ValueError(f"{which!r} is not one of the figures {', '.join(_SUBJECTS_AND_NETWORKS)}")
    if not layout.networks_of(subjects):
        raise ValueError(f"{which}: subject_boxes.csv has no network; fine-tune at least one")
    improved, part = _SUBJECTS_AND_NETWORKS[which]
    networks = layout.networks_of(subjects)[part]
    shown = subjects[subjects["network"].isin([*networks, layout.NONE]) & subjects["method"].isin(_METHODS)]
    shown = shown[shown["improved"].eq(improved)]
    with style.house_style(options):
        warning = layout.warned(warnings, "rPPG")
        if shown.empty or not networks:
            below = "Improved: the SBP error after is smaller, in the mean over networks."
            why = _why_empty(subjects, networks, improved)
            return layout.figure_without_panels(why, warning, style.paragraphs(warning, below), options)
        text = style.paragraphs(warning, _explain(subjects, shown, ks, seeds))
        return _plot_subjects(shown, ks, networks, (warning, text), options)


def _plot_subjects(
    shown: pd.DataFrame, ks: pd.DataFrame, networks: list[str], words: tuple[str, str], options: FigureOptions
) -> Figure:
    warning, text = words
    drawn = sorted(set(shown["number"]))
    columns = layout.pressure_columns(options)
    rows = 2 * len(networks) * len(style.PRESSURES) // columns
    handles = boxes.legend_handles(shown, options)
    inches = (_PANEL * rows + _LABELS) * layout.font_scale(options)
    fig = layout.worded_figure(inches, handles, warning, text, options)
    grid = fig.add_gridspec(rows, columns)
    shown = shown.assign(centre=np.searchsorted(drawn, shown["number"]))
    ks = ks[ks["significant"].eq(True) & ks["number"].isin(drawn)]
    for n, network in enumerate(networks):
        for p, pressure in enumerate(style.PRESSURES):
            here = shown[shown["pressure"] == pressure]
            tested = ks[(ks["network"] == network) & (ks["pressure"] == pressure)]
            for c, (comparison, (places, width)) in enumerate(_COLUMNS.items()):
                ax = fig.add_subplot(layout.place(grid, len(style.PRESSURES) * n + p, c))
                if p == c == 0:
                    style.panel_title(ax, n, fill(style.network_name(network), layout.title_fit(options)), options)
                boxes.plot_bands(ax, len(drawn))
                boxes.plot_errors(ax, here[here["network"].isin([network, layout.NONE])], places, width, options)
                for number in tested.loc[tested["comparison"] == comparison, "number"]:
                    boxes.mark(ax, drawn.index(number), boxes.MARKS[comparison], options)
                boxes.finish_axes(ax, len(drawn), boxes.highest(here), least=_LEAST_PLACES)
                last = ax.get_subplotspec().rowspan.stop == rows
                _label(ax, drawn, pressure, (c == 0 or columns == 1, last), options)
    return fig


def _label(ax, drawn: list[int], pressure: str, outer: tuple[bool, bool], options: FigureOptions) -> None:
    """Subjects' numbers, as many as have room, below the last row; the pressure at the left."""
    left, last = outer
    room = 72 * layout.axes_width(options, _BESIDE) / max(len(drawn), _LEAST_PLACES)  # points a subject
    wide = 0.9 * max(len(str(number)) for number in drawn)  # of a number, in em
    size = float(np.clip(room / wide, style.LEAST_FONT, style.small_font(options)))
    every = max(int(np.ceil(size * wide / room)), 1)
    ax.set_xticks(range(0, len(drawn), every), drawn[::every])
    ax.tick_params(axis="x", labelbottom=last, labelsize=size)
    ax.tick_params(axis="y", labelleft=left)
    if left:
        ax.set_ylabel(f"{pressure}: |error|\n(mmHg)")
    if last:
        ax.set_xlabel("subject")


def _explain(subjects: pd.DataFrame, shown: pd.DataFrame, ks: pd.DataFrame, seeds: int | None) -> str:
    own = shown[(shown["method"] == "network") & (shown["pressure"] == style.PRESSURES[0])]
    people, total = own["number"].nunique(), subjects["number"].nunique()
    improved = bool(own["improved"].iloc[0])
    what = "lowered" if improved else "did not lower"
    return (
        f"Shown: {people} of {total} subjects: those whose SBP error, in the mean over networks, fine-tuning on other "
        f"subjects {what}. They are chosen by what the left column shows, which is therefore no evidence that "
        f"fine-tuning {'helps' if improved else 'harms'}. "
        f"Test windows per subject: {style.n_range(own['n_windows'])}; own windows in training: "
        f"{boxes.explain_budgets(own)}. {'' if seeds is None else style.seeds_note(seeds)}\n"
        f"{boxes.explain_boxes(shown)} Left column: before, tuned; right column: "
        f"{'calibration recordings' if 'recordings' in set(own['setting']) else 'random, first'}.\n"
        f"{boxes.explain_marks(boxes.shown_marks(_WORDS, ks['comparison']))}, by {boxes.KS_NOTE}"
    )


def _why_empty(subjects: pd.DataFrame, networks: list[str], improved: bool) -> str:
    count = subjects["number"].nunique()
    if not networks:
        known = len(layout.networks_of(subjects))
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
