"""How many calibration windows help, for how long, and how much of it is neighbouring windows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule
from cuffless.figures.study import budget_panels as panels

FIGURES = FigureModule(
    arm="personalization",
    title="Calibration budget and drift",
    inputs={
        "mae": "judgement/personalization/tables/mae.csv",
        "drift": "judgement/personalization/tables/drift.csv",
        "tests": "judgement/personalization/tables/contrasts.csv",
        "audits": "designs/personalization/{protocol}/audit.json",
        "splits": "designs/splits/{protocol_split}.audit.json",
    },
    captions={
        "fig_budget": "Error against the number of calibration windows and against the time since the last of them."
    },
)

_TITLES = ("Calibration windows", "Drift after the last calibration window", "First − random in each protocol")
SHORTEST_DRIFT = 5.0
"""Minutes after the last calibration window that must be reached before an error's course is called drift."""
_SHORT = f"no drift is shown: windows whose time is known lie within {SHORTEST_DRIFT:g} minutes of the calibration"
_BUDGET, _DRIFT, _NO_DRIFT, _PROTOCOLS = 1.1, 1.4, 0.3, 0.45  # inches of a row of panels
_LINE = 0.24  # inches of a protocol
_HEAD, _AXIS = 0.2, 0.3  # inches of a part's title, and of the axis below its panels
_BESIDE = {1: 1.1, 2: 0.9}  # inches of labels, in one column or two
_EMPTY = "no window after the calibration whose time is known"


def plot(given: FigureInputs) -> Figure:
    """Plot the figure of calibration budgets, drift and protocols."""
    audits = {path.parent.name: json.loads(path.read_text()) for path in map(Path, given.files["audits"])}
    return plot_fig_budget(
        given.table("mae"),
        given.table("drift"),
        given.table("tests"),
        given.options,
        protocols=list(audits),
        warnings={protocol: audit["warnings"] for protocol, audit in audits.items()},
        cautions=given.cautions("splits"),
    )


def plot_fig_budget(
    mae: pd.DataFrame,
    drift: pd.DataFrame,
    tests: pd.DataFrame,
    options: FigureOptions,
    *,
    protocols: Sequence[str],
    warnings: Mapping[str, Sequence[str]],
    cautions: Sequence[str] = (),
) -> Figure:
    """MAE against calibration windows, against time since them, and first less random in each protocol.

    Parameters
    ----------
    mae, drift, tests : DataFrame
        ``mae.csv``, ``drift.csv`` and ``contrasts.csv`` of personalization's judgement; `drift` and `tests` may
        be empty.
    options : FigureOptions
    protocols : sequence of str
        Protocols; budgets and drift are those of the first.
    warnings : mapping of str to sequence of str
        What each protocol's audit let pass; a protocol with a warning is marked.
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.

    Raises
    ------
    ValueError
        If `mae` has no budget of the first protocol.
    """
    main = protocols[0]
    budgets = mae[(mae["protocol"] == main) & (mae["average"] == "subject")]
    if not (budgets["n_calibration"] > 0).any():
        known = sorted(set(mae["protocol"]))
        raise ValueError(f"figure of budgets: no budget was judged in protocol {main!r}; judged are {known}")
    drift = drift[drift["protocol"] == main]
    short = len(drift) and drift["bin_high"].max() <= SHORTEST_DRIFT
    drift = drift.iloc[:0] if short else drift
    tests = tests[tests["protocol"].isin(protocols)]
    leaking = {name for name in protocols if warnings.get(name)}
    headline = _headline(main, protocols, warnings)
    text = style.paragraphs(_explain(budgets, drift, tests, protocols, warnings), *cautions)
    columns = layout.pressure_columns(options)
    rows = len(style.PRESSURES) * len(panels.METHODS) // (2 * columns)
    below = [_NO_DRIFT if drift.empty else _DRIFT, _PROTOCOLS + _LINE * len(protocols)]
    heights = [_HEAD + rows * _BUDGET + _AXIS, *(_HEAD + (3 - columns) * height + _AXIS for height in below)]
    with style.house_style(options):
        handles = _legend(budgets, options)
        fig = layout.worded_figure(sum(heights) * layout.font_scale(options), handles, headline, text, options)
        parts = fig.subfigures(len(heights), 1, height_ratios=heights)
        fit = layout.title_fit(options)
        for number, (part, title) in enumerate(zip(parts, _TITLES, strict=True)):
            style.panel_title(part, number, fill(title, fit), options)
        _plot_budgets(parts[0], budgets, 2 * columns, options)
        _plot_drift(parts[1], drift, _SHORT if short else _EMPTY, options)
        _plot_protocols(parts[2], tests, (list(protocols), leaking), options)
    return fig


def _plot_budgets(part, budgets: pd.DataFrame, columns: int, options: FigureOptions) -> None:
    """A row of panels for each pressure, or two on a narrow page; a panel for each method."""
    methods = [method for method in panels.METHODS if (budgets["method"] == method[0]).any()]
    each = -(-len(methods) // columns)  # rows of a pressure
    grid = part.add_gridspec(each * len(style.PRESSURES), columns)
    width = options.width_inch / columns - 0.4 * layout.font_scale(options)
    fit = layout.characters(width, style.small_font(options))
    for p, pressure in enumerate(style.PRESSURES):
        own, drawn = budgets[budgets["pressure"] == pressure], []
        for m, (method, name, *_) in enumerate(methods):
            row, column = divmod(m, columns)
            ax = part.add_subplot(grid[each * p + row, column])
            panels.plot_method(ax, own, method, width, options)
            if p == 0 or each > 1:
                ax.set_title(fill(name, fit), loc="left", fontsize=style.small_font(options))
            if column == 0:
                ax.set_ylabel(f"{pressure}: MAE\n(mmHg)")
            last = p == len(style.PRESSURES) - 1 and m >= len(methods) - columns
            ax.set_xlabel("windows" if last else "")
            ax.tick_params(labelleft=column == 0, labelbottom=last)
            drawn.append(ax)
        low, high = zip(*(ax.get_ylim() for ax in drawn), strict=True)
        for ax in drawn:
            ax.set_ylim(min(low), max(high))
            ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))


def _plot_drift(part, drift: pd.DataFrame, without: str, options: FigureOptions) -> None:
    columns = layout.pressure_columns(options)
    width = layout.axes_width(options, _BESIDE[columns])
    fit = layout.characters(width, options.font_size)
    if drift.empty:
        wide = layout.characters(options.width_inch, options.font_size)
        part.text(0.02, 0.5, fill(without, wide), va="center", color=style.GREY)
        return
    grid = part.add_gridspec(len(style.PRESSURES) // columns, columns)
    for p, pressure in enumerate(style.PRESSURES):
        ax = part.add_subplot(layout.place(grid, 0, p))
        inches = (width, _DRIFT * layout.font_scale(options) - 0.2)
        panels.plot_drift(ax, drift[drift["pressure"] == pressure], p == 0 or columns == 1, inches, options)
        ax.set_xlabel(fill(_since(drift), fit))
        ax.set_ylabel(f"{pressure}: MAE\n(mmHg)")


def _plot_protocols(part, tests: pd.DataFrame, protocols: tuple[list[str], set[str]], options: FigureOptions) -> None:
    columns = layout.pressure_columns(options)
    fit = layout.characters(layout.axes_width(options, _BESIDE[columns]), options.font_size)
    grid = part.add_gridspec(len(style.PRESSURES) // columns, columns)
    for p, pressure in enumerate(style.PRESSURES):
        ax = part.add_subplot(layout.place(grid, 0, p))
        own = tests[tests["pressure"] == pressure]
        panels.plot_protocols(ax, own, *protocols, p == 0 or columns == 1, options)
        ax.set_xlabel(fill(f"{pressure}: difference in MAE (mmHg)", fit))


def _legend(budgets: pd.DataFrame, options: FigureOptions) -> list:
    """What (a) shows in each of its panels; colours are those of the methods, so the lines here are black."""
    line = {"color": "black", "marker": "o", "ms": 3.4, "mec": "black"}
    handles = [
        Line2D([], [], label="first windows", mfc="black", **line),
        Line2D([], [], label="random windows", mfc="white", linestyle=(0, (3.2, 1.6)), **line),
        Line2D([], [], label="fine-tuned, first", color=options.colours[1], **panels.COMPARED),
        Line2D([], [], label="before", color=options.colours[0], **panels.BEFORE_LEVEL),
    ]
    if (budgets["method"] == "mean").any():
        handles.append(Line2D([], [], label="mean regressor", **panels.MEAN_LEVEL))
    return handles


def _since(drift: pd.DataFrame) -> str:
    """Label of the axis of time."""
    short = drift["bin_high"].max() < panels.LEAST_HOURS
    return (
        "minutes since the last calibration window" if short else "time since the last calibration window (min; h, d)"
    )


def _headline(main: str, protocols: Sequence[str], warnings: Mapping[str, Sequence[str]]) -> str:
    others = [layout.protocol_name(name) for name in protocols if name != main and warnings.get(name)]
    lines = [layout.warned(warnings.get(main, ()), main)]
    if others:
        lines.append(f"WARNING, in (c): leakage under {' and '.join(others)} (hatched).")
    return " ".join(filter(None, lines))


def _explain(
    budgets: pd.DataFrame,
    drift: pd.DataFrame,
    tests: pd.DataFrame,
    protocols: Sequence[str],
    warnings: Mapping[str, Sequence[str]],
) -> str:
    cautions = [layout.warned(warnings.get(name, ()), name) for name in protocols]
    networks = layout.networks_of(budgets)
    several = layout.several_networks(budgets)
    who = f"means over {len(networks)} networks" if several else "one network"
    text = (
        f"(a), (b): protocol {layout.protocol_name(protocols[0])}; {who}; every subject counts the same: "
        f"{style.n_range(budgets['n_subjects'], 'subject')}, {style.n_range(budgets['n_windows'], 'test window')}. "
        f"{style.seeds_note(int(layout.over_networks(budgets)['seeds'].max()))} MAE axes do not start at 0. Windows: "
        "median over subjects.\n"
        f"{_bars(budgets)} Points of one budget or bin are shifted sideways to stand apart. "
        "Offset-corrected: the network before, shifted by its mean error on the calibration windows. "
        "Calibration mean: their mean pressure. Last value held: the latest of them. Mean regressor: the training mean."
    )
    if len(drift):
        text += (
            " (b): strategy first at the largest budget, windows between calibration and test included; "
            "n: subjects. Not the same subjects in every bin"
            f"{'; open: too few of them for an interval' if drift['lower'].isna().any() else ''}."
        )
    return "\n".join([*filter(None, cautions), text, _explain_protocols(tests, several, warnings, protocols)])


def _bars(budgets: pd.DataFrame) -> str:
    level = style.intervals(budgets)
    if not level:
        return "No bars: too few subjects for an interval."
    return f"Bars: {level}. In the table only: each network, and what the heart rate alone predicts."


def _explain_protocols(tests: pd.DataFrame, several: bool, warnings, protocols: Sequence[str]) -> str:
    rows = tests[tests["comparison"] == "first vs random"]
    text = "(c): fine-tuned networks at the largest budget, first less random, mean over subjects"
    if len(rows):
        text += f" ({style.n_range(rows['n_pairs'])})"
    text += ", with its interval; small strokes: each network." if several else ", with its interval."
    if len(rows) and rows["lower"].isna().any():
        text += " Without a bar: too few subjects."
    if any(warnings.get(name) for name in protocols):
        text += (
            f" Hatched, open: calibration windows lie beside test windows ({panels.LEAKING}), "
            "and what random gains by them says nothing about a subject's later pressure."
        )
    return text
