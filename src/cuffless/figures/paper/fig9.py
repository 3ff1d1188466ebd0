"""Figure 9: errors on rPPG before and after fine-tuning."""

from collections.abc import Sequence
from textwrap import fill

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
        "box": "judgement/camera/tables/boxes.csv",
        "tests": "judgement/camera/tables/contrasts.csv",
        "audit": "designs/camera/folds.audit.json",
    },
    captions={
        "fig9": "Absolute errors on recordings of faces before and after fine-tuning, by network (the paper's "
        "Figure 9)."
    },
)

_PLACES = {"before": -0.39, "tuned": -0.2, "random": 0.03, "first": 0.27}
_BOX = 0.15  # of a network's space
_PANEL, _LABELS, _BESIDE = 2.3, 0.35, 0.55  # inches
_LEAST_PLACES = 3  # one network is not to get boxes as wide as bars
_LINE = 16  # characters of a slanting name on a line
_WORDS = {TUNING: "before and tuned differ", OWN: "first and random differ"}


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 9."""
    warnings = given.document("audit")["warnings"]
    return plot_fig9(given.table("box"), given.table("tests"), given.options, warnings=warnings)


def plot_fig9(
    box: pd.DataFrame, tests: pd.DataFrame, options: FigureOptions, *, warnings: Sequence[str] = ()
) -> Figure:
    """Absolute errors of all test windows before and after fine-tuning on rPPG (the paper's Figure 9).

    Parameters
    ----------
    box, tests : DataFrame
        ``box.csv`` and ``tests.csv`` of the evaluation of rPPG.
    options : FigureOptions
    warnings : sequence of str
        What the audit of the folds let pass.

    Returns
    -------
    Figure
        SBP beside DBP; per network a box for each setting, with the MAE of the offset-corrected network, the
        calibration mean and the mean regressor, and above them what the test paired by subject found.

    Raises
    ------
    ValueError
        If `box` holds no network.
    """
    networks = networks_of(box)
    if not networks:
        raise ValueError("Figure 9: box.csv has no network; fine-tune at least one")
    box = box[box["network"].isin([*networks, NONE])]
    with house_style(options):
        handles = legend_handles(box, {name: f"{words} (paired)" for name, words in _WORDS.items()}, options)
        warning = warned(warnings, "rPPG")
        text = _explain(box, tests[tests["network"].isin(networks)], warning)
        columns = pressure_columns(options) if len(networks) <= 6 else 1
        labels, slant = _names(networks, options, columns)
        rows = len(PRESSURES) // columns
        panels = (_PANEL + _LABELS + 0.6 * slant) * rows * font_scale(options)
        fig = new_figure(options, panels + words_height(handles, warning, text, options))
        grid = fig.add_gridspec(rows, columns)
        for p, pressure in enumerate(PRESSURES):
            ax = fig.add_subplot(place(grid, 0, p))
            panel_title(ax, p, pressure, options)
            here = box[box["pressure"] == pressure]
            for n, network in enumerate(networks):
                plot_errors(ax, here[here["network"].isin([network, NONE])].assign(centre=n), _PLACES, _BOX, options)
                _mark_tests(ax, tests[(tests["network"] == network) & (tests["pressure"] == pressure)], n, options)
            finish_axes(ax, len(networks), highest(here), least=_LEAST_PLACES)
            ax.set_ylabel("|error| (mmHg)")
            ax.set_xticks(range(len(networks)), labels)
            if slant:
                for label in ax.get_xticklabels():
                    label.set(rotation=30, ha="right", rotation_mode="anchor")
        legend_above(fig, handles, warning, options)
        note(fig, text, options)
    return fig


def _names(networks: Sequence[str], options: FigureOptions, columns: int) -> tuple[list[str], bool]:
    """Names below the boxes, and whether they must slant to have room."""
    names = [network_name(network) for network in networks]
    wide = axes_width(options, _BESIDE) * pressure_columns(options) / columns
    fit = 72 * wide / max(len(names), _LEAST_PLACES) / (0.6 * small_font(options))
    slant = max(map(len, names)) > fit
    return [fill(name, _LINE) if slant else name for name in names], slant


def _mark_tests(ax, tests: pd.DataFrame, centre: int, options: FigureOptions) -> None:
    for comparison, (a, b) in {TUNING: ("before", "tuned"), OWN: ("random", "first")}.items():
        for row in tests[tests["comparison"] == comparison].itertuples():
            found = MARKS[comparison] if row.paired_significant else "n.s."
            text = found if row.pairing == "by subject" else "–"
            mark(ax, centre + (_PLACES[a] + _PLACES[b]) / 2, text, options)


def _explain(box: pd.DataFrame, tests: pd.DataFrame, warning: str) -> str:
    own = box[box["method"] == "network"]
    budgets = [
        f"{rows['n_calibration'].iloc[0]:,.0f} ({setting})"
        for setting in ("first", "random")
        if len(rows := own[own["setting"] == setting])
    ]
    shown = tests[tests["comparison"].isin(MARKS)]
    alpha = f" at {shown['alpha'].iloc[0]:g}" if len(shown) else ""
    text = (
        f"Leave one subject out: {n_range(own['n_subjects'])} subjects, {n_range(own['n_windows'])} test windows. Own "
        f"windows in training, median over subjects: {', '.join(budgets)}. {seeds_note(int(own['seeds'].max()))}\n"
        f"{explain_boxes(box)} Always from left to right: before, tuned, random, first.\n"
        f"∗ † significant{alpha}; n.s. not significant; – not testable (too few subjects). Paired: by subject, "
        "sign-flip test on subject means, Holm-corrected over networks and pressures of a comparison."
    )
    return "\n".join(filter(None, [warning, text, _ks(shown)]))


def _ks(tests: pd.DataFrame) -> str:
    """What the paper's own test finds, which is not what is marked."""
    found = []
    for comparison, rows in tests.groupby("comparison", sort=False):
        counts = [
            f"{own['ks_windows_significant'].sum():.0f} of {len(own)} for {pressure}"
            for pressure, own in rows.groupby("pressure", sort=False)
        ]
        found.append(f"{comparison}, {' and '.join(counts)}")
    if not found:
        return ""
    return (
        "Not marked: in how many networks the paper's two-sample Kolmogorov–Smirnov test on absolute errors, "
        f"uncorrected, finds a difference: {'; '.join(found)}. It takes a subject's windows for independent, which "
        "they are not, so it finds differences too often."
    )
