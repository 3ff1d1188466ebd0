"""Figures 8 and A1: each subject's errors before and after personalization."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.paper import camera_boxes as boxes
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="personalization",
    inputs={
        "subjects": "judgement/personalization/tables/subject_boxes.csv",
        "ks": "judgement/personalization/tables/subject_ks.csv",
        "mae": "judgement/personalization/tables/mae.csv",
        "audit": "designs/personalization/{first_protocol}/audit.json",
        "splits": "designs/splits/{protocol_split}.audit.json",
    },
    captions={
        "fig8": "Absolute errors of subjects 1 to 10 before and after personalization, compared with baselines "
        "that use only the calibration pressures (the paper's Figure 8).",
        "figA1": "Absolute errors of subjects 11 to 20 before and after personalization (the paper's Figure A1).",
    },
)

NUMBERS = {"fig8": range(1, 11), "figA1": range(11, 21)}
"""Subjects of each figure, by their number in the protocol."""
_SETTINGS = {  # from left to right as in the paper: place of the box, colour
    "before": (-0.38, 0),
    "random": (-0.17, 4),
    "first": (0.19, 2),
}
_BOX = 0.14  # of the space of a subject
_BESIDE = 0.16  # from a box to the marks of what needs no training
_PANEL, _LABELS = (1.0, 1.72), 0.4  # inches: least and most
_PANELS = 5.8  # inches of all panels, where that leaves each at least so much
_STRIP = 0.16  # of a panel's height, for the marks of the test
_LEAST_PLACES = 5  # few subjects are not to get boxes as wide as bars
_MEAN = {"marker": "o", "ms": 2.4, "mfc": "white", "mec": "black", "mew": 0.5, "linestyle": "none"}
_MARKS = {
    "offset": {"marker": "D", "ms": 2.7, "mfc": "none", "mec": "black", "mew": 0.6, "linestyle": "none"},
    "calibration_mean": {"marker": "x", "ms": 2.7, "mec": style.GREY, "mew": 0.7, "linestyle": "none"},
}
_DIFFERENT, _STRATEGIES_DIFFER = "∗", "†"


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 8 or A1."""
    protocol, mae = Path(given.files["audit"]).parent.name, given.table("mae")
    return plot_fig8(
        given.table("subjects"),
        given.table("ks"),
        given.options,
        protocol=protocol,
        numbers=NUMBERS[given.name],
        warnings=given.document("audit")["warnings"],
        cautions=given.cautions("splits"),
        seeds=int(mae.loc[mae["protocol"] == protocol, "seeds"].max()),
    )


def plot_fig8(
    subjects: pd.DataFrame,
    ks: pd.DataFrame,
    options: FigureOptions,
    *,
    protocol: str,
    numbers: Sequence[int],
    warnings: Sequence[str],
    seeds: int | None = None,
    cautions: Sequence[str] = (),
) -> Figure:
    """Absolute errors of each subject before and after personalization (the paper's Figures 8 and A1).

    One row per network, SBP beside DBP; per subject a box before and one for each strategy, with the MAE of the
    offset-corrected network and of the calibration mean beside it. Without a subject of `numbers`, a figure that
    says so.

    Parameters
    ----------
    subjects, ks : DataFrame
        ``subject_boxes.csv`` and ``subject_ks.csv`` of personalization's judgement.
    options : FigureOptions
    protocol : str
        The protocol shown.
    numbers : sequence of int
        Numbers of the subjects shown.
    warnings : sequence of str
        What the audit of the protocol let pass.
    seeds : int, optional
        Trained networks behind each error.
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.

    Raises
    ------
    ValueError
        If `subjects` holds nothing of `protocol`.
    """
    own = subjects[subjects["protocol"] == protocol]
    if own.empty:
        known = sorted(set(subjects["protocol"]))
        raise ValueError(f"Figure 8: no subject was judged in protocol {protocol!r}; judged are {known}")
    shown = own[own["number"].isin(numbers)]
    with style.house_style(options):
        if shown.empty:
            return _plot_nobody(own, numbers, options, protocol, layout.warned(warnings, protocol))
        networks, drawn = layout.networks_of(own), sorted(set(shown["number"]))
        columns = layout.pressure_columns(options)
        rows = len(networks) * len(style.PRESSURES) // columns
        handles, warning = _legend(options), layout.warned(warnings, protocol)
        text = style.paragraphs(warning, _explain(own, shown, protocol, seeds), *cautions)
        inches = (float(np.clip(_PANELS / rows, *_PANEL)) * rows + _LABELS) * layout.font_scale(options)
        fig = layout.worded_figure(inches, handles, warning, text, options)
        grid = fig.add_gridspec(rows, columns)
        ks = ks[(ks["protocol"] == protocol) & ks["number"].isin(numbers) & ks["significant"].eq(True)]
        for p, pressure in enumerate(style.PRESSURES):
            here = shown[shown["pressure"] == pressure]
            reach = here[["high", "mae"]].max().max()
            for n, network in enumerate(networks):
                ax = fig.add_subplot(layout.place(grid, n, p))
                if p == 0:
                    style.panel_title(ax, n, fill(style.network_name(network), layout.title_fit(options)), options)
                _plot_panel(ax, here[here["network"].isin([network, layout.NONE])], drawn, reach, options)
                _mark_tests(ax, ks[(ks["network"] == network) & (ks["pressure"] == pressure)], drawn, options)
                ax.set_ylabel(f"{pressure}: |error| (mmHg)")
                last = n == len(networks) - 1
                _label_subjects(ax, here, drawn, last)
    return fig


def _plot_panel(ax, rows: pd.DataFrame, drawn: list[int], reach: float, options: FigureOptions) -> None:
    middle, places = (len(drawn) - 1) / 2, max(len(drawn), _LEAST_PLACES)
    boxes.plot_bands(ax, len(drawn))
    for setting, (shift, colour) in _SETTINGS.items():
        of_setting = rows[rows["setting"] == setting]
        own = of_setting[of_setting["method"] == "network"]
        boxes.draw_boxes(ax, own, own["number"].map(drawn.index) + shift, _BOX, options.colours[colour], _MEAN)
        for method, look in _MARKS.items():
            marks = of_setting[of_setting["method"] == method]
            x = np.array([drawn.index(number) for number in marks["number"]]) + shift + _BESIDE
            ax.plot(x, marks["mae"], label=f"{method} {setting}", zorder=5, **look)
    ax.set_xlim(middle - places / 2, middle + places / 2)
    ax.set_ylim(0, max(reach, 1e-9) * 1.03 / (1 - _STRIP))
    ax.grid(axis="y")


def _mark_tests(ax, significant: pd.DataFrame, drawn: list[int], options: FigureOptions) -> None:
    """Strip above the boxes: what differs from before, at its box; above, whether the strategies differ."""
    (random, _), (first, _) = _SETTINGS["random"], _SETTINGS["first"]
    large = max(style.LEAST_FONT + 1, style.small_font(options) - 2)
    different = (1 - 0.72 * _STRIP, _DIFFERENT, large, options.colours[0])
    looks = {
        "random vs before": (random, *different),
        "first vs before": (first, *different),
        "first vs random": (
            (random + first) / 2,
            1 - 0.22 * _STRIP,
            _STRATEGIES_DIFFER,
            style.LEAST_FONT,
            layout.DARK_RED,
        ),
    }
    for row in significant.itertuples():
        shift, y, mark, size, colour = looks[row.comparison]
        x = drawn.index(row.number) + shift
        style.write_across(ax, x, y, mark, size, va="center", color=colour, fontweight="bold")


def _label_subjects(ax, here: pd.DataFrame, drawn: list[int], last: bool) -> None:
    ax.set_xticks(range(len(drawn)), drawn)
    ax.tick_params(axis="x", length=0, labelbottom=last)
    if not last:
        return
    windows = here.groupby("number")["n_windows"].max()
    for x, number in enumerate(drawn):
        look = {"xycoords": ax.get_xaxis_transform(), "ha": "center", "va": "top", "color": style.GREY}
        down = -1.3 * ax.xaxis.get_ticklabels()[0].get_fontsize() - 3.5
        style.write_beside(ax, style.short_count(windows[number]), (x, 0), (0, down), style.LEAST_FONT, **look)
    ax.set_xlabel("subject; below it: test windows", labelpad=style.LEAST_FONT + 4)


def _legend(options: FigureOptions) -> list:
    labels = {"before": "before", "random": "fine-tuned, random", "first": "fine-tuned, first"}
    handles = [
        Patch(facecolor=options.colours[colour], edgecolor="black", linewidth=0.5, label=labels[setting])
        for setting, (_, colour) in _SETTINGS.items()
    ]
    words = {"offset": "MAE, offset-corrected", "calibration_mean": "MAE, calibration mean"}
    return handles + [Line2D([], [], label=words[method], **{**look, "ms": 3.8}) for method, look in _MARKS.items()]


def _explain(own: pd.DataFrame, shown: pd.DataFrame, protocol: str, seeds: int | None) -> str:
    one = shown[(shown["method"] == "network") & (shown["pressure"] == style.PRESSURES[0])]
    one = one[one["network"] == one["network"].iloc[0]]
    windows = one.drop_duplicates("number")["n_windows"]
    count = len(windows)
    people = f"{count} subject{'s' * (count != 1)} of {own['number'].nunique()} drawn"
    return (
        f"Protocol: {layout.protocol_name(protocol)}. {people}, {windows.sum():,.0f} test windows. "
        f"Calibration windows per subject: {boxes.explain_budgets(one)}. "
        f"{'' if seeds is None else style.seeds_note(seeds)}\n"
        f"{boxes.QUARTILES} Always from left to right: before, random, first. "
        "Offset-corrected: the network before, shifted by its mean error on the same calibration windows; calibration "
        "mean: their mean pressure; neither needs training.\n"
        f"{_DIFFERENT} differs from before; {_STRATEGIES_DIFFER} first differs from random, by {boxes.KS_NOTE}"
    )


def _plot_nobody(
    own: pd.DataFrame, numbers: Sequence[int], options: FigureOptions, protocol: str, warning: str
) -> Figure:
    drawn = own["number"].nunique()
    text = (
        f"Nothing to draw: the study has only {drawn} subject{'s' * (drawn != 1)}; this figure shows subjects "
        f"{min(numbers)} to {max(numbers)}."
    )
    below = style.paragraphs(warning, f"Protocol: {layout.protocol_name(protocol)}.")
    return layout.figure_without_panels(text, warning, below, options, 0.8 * layout.font_scale(options))
