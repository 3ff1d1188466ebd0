"""Figure 9: errors on rPPG before and after fine-tuning."""

from collections.abc import Sequence
from textwrap import fill

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
        "box": "judgement/camera/tables/boxes.csv",
        "tests": "judgement/camera/tables/contrasts.csv",
        "audit": "designs/camera/folds.audit.json",
    },
    captions={
        "fig9": "Absolute errors on recordings of faces before and after fine-tuning, by network (the paper's "
        "Figure 9)."
    },
)

_PLACES = {"before": -0.39, "tuned": -0.2, "random": 0.03, "first": 0.27, "recordings": 0.15}
_BOX = 0.15  # of a network's space
_PANEL, _LABELS, _BESIDE = 2.3, 0.35, 0.55  # inches
_LEAST_PLACES = 3  # one network is not to get boxes as wide as bars
_LINE = 16  # characters of a slanting name on a line
_WORDS = {boxes.TUNING: "before and tuned differ", boxes.OWN: "first and random differ"}


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 9."""
    warnings = given.document("audit")["warnings"]
    return plot_fig9(given.table("box"), given.table("tests"), given.options, warnings=warnings)


def plot_fig9(
    box: pd.DataFrame, tests: pd.DataFrame, options: FigureOptions, *, warnings: Sequence[str] = ()
) -> Figure:
    """Absolute errors of all test windows before and after fine-tuning on rPPG (the paper's Figure 9).

    SBP beside DBP; per network a box for each setting, with the MAE of the offset-corrected network, the
    calibration mean and the mean regressor, and above them what the test paired by subject found.

    Parameters
    ----------
    box, tests : DataFrame
        ``boxes.csv`` and ``contrasts.csv`` of the camera's judgement.
    options : FigureOptions
    warnings : sequence of str
        What the audit of the folds let pass.

    Raises
    ------
    ValueError
        If `box` holds no network.
    """
    networks = layout.networks_of(box)
    if not networks:
        raise ValueError("Figure 9: boxes.csv has no network; fine-tune at least one")
    box = box[box["network"].isin([*networks, layout.NONE])]
    with style.house_style(options):
        handles = boxes.legend_handles(box, options, level=False)
        warning = layout.warned(warnings, "rPPG")
        text = style.paragraphs(warning, *_explain(box, tests[tests["network"].isin(networks)]))
        columns = layout.pressure_columns(options) if len(networks) <= 6 else 1
        labels, slant = _names(networks, options, columns)
        rows = len(style.PRESSURES) // columns
        inches = (_PANEL + _LABELS + 0.6 * slant) * rows * layout.font_scale(options)
        fig = layout.worded_figure(inches, handles, warning, text, options)
        grid = fig.add_gridspec(rows, columns)
        for p, pressure in enumerate(style.PRESSURES):
            ax = fig.add_subplot(layout.place(grid, 0, p))
            style.panel_title(ax, p, pressure, options)
            here = box[box["pressure"] == pressure]
            for n, network in enumerate(networks):
                boxes.plot_errors(
                    ax, here[here["network"].isin([network, layout.NONE])].assign(centre=n), _PLACES, _BOX, options
                )
                _mark_tests(ax, tests[(tests["network"] == network) & (tests["pressure"] == pressure)], n, options)
            boxes.finish_axes(ax, len(networks), boxes.highest(here), least=_LEAST_PLACES)
            boxes.name_level(ax, here, options)
            ax.set_ylabel("|error| (mmHg)")
            ax.set_xticks(range(len(networks)), labels)
            if slant:
                style.slant_labels(ax, 30)
    return fig


def _names(networks: Sequence[str], options: FigureOptions, columns: int) -> tuple[list[str], bool]:
    """Names below the boxes, and whether they must slant to have room."""
    names = [style.network_name(network) for network in networks]
    wide = layout.axes_width(options, _BESIDE) * layout.pressure_columns(options) / columns
    fit = 72 * wide / max(len(names), _LEAST_PLACES) / (0.6 * style.small_font(options))
    slant = max(map(len, names)) > fit
    return [fill(name, _LINE) if slant else name for name in names], slant


def _mark_tests(ax, tests: pd.DataFrame, centre: int, options: FigureOptions) -> None:
    for comparison, (a, b) in {boxes.TUNING: ("before", "tuned"), boxes.OWN: ("random", "first")}.items():
        for row in tests[tests["comparison"] == comparison].itertuples():
            found = boxes.MARKS[comparison] if row.paired_significant else "n.s."
            text = found if row.pairing == "by subject" else "–"
            boxes.mark(ax, centre + (_PLACES[a] + _PLACES[b]) / 2, text, options)


def _explain(box: pd.DataFrame, tests: pd.DataFrame) -> tuple[str, str]:
    own = box[box["method"] == "network"]
    shown = tests[tests["comparison"].isin(boxes.MARKS)]
    alpha = f" at {shown['alpha'].iloc[0]:g}" if len(shown) else ""
    marks = boxes.explain_marks(boxes.shown_marks(_WORDS, shown["comparison"]))
    order = ", ".join(name.partition(" ")[0] for name in _PLACES if name in set(own["setting"]))
    text = (
        f"Leave one subject out: {style.n_range(own['n_subjects'], 'subject')}, "
        f"{style.n_range(own['n_windows'], 'test window')}. Own windows in training, median over subjects: "
        f"{boxes.explain_budgets(own)}. {style.seeds_note(int(own['seeds'].max()))}\n"
        f"{boxes.explain_boxes(box)} Always from left to right: {order}.\n"
        f"{marks}: significant{alpha}; n.s. not significant; – not testable (too few subjects). Test: paired by "
        "subject, sign-flip test on subject means, Holm-corrected over networks and pressures of a comparison."
    )
    return text, _ks(shown)


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
        f"uncorrected, finds a difference: {'; '.join(found)}. It treats a subject's windows as independent, which "
        "they are not, so it finds differences too often."
    )
