"""How many calibration windows help, for how long, and how much of it is neighbouring windows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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
_BUDGET, _DRIFT, _NO_DRIFT, _PROTOCOLS = 2.45, 2.05, 0.6, 0.85  # inches of a panel
_LINE = 0.27  # inches of a protocol
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
    heights = [_BUDGET, _NO_DRIFT if drift.empty else _DRIFT, _PROTOCOLS + _LINE * len(protocols)]
    columns = layout.pressure_columns(options)
    if columns == 1:
        heights = [height for height in heights for _ in style.PRESSURES]
    with style.house_style(options):
        handles = _legend(budgets, leaking, options)
        fig = layout.worded_figure(sum(heights) * layout.font_scale(options), handles, headline, text, options)
        grid = fig.add_gridspec(len(heights), columns, height_ratios=heights)
        tables = (budgets, drift, tests)
        _plot_rows(fig, grid, tables, (list(protocols), leaking), _SHORT if short else _EMPTY, options)
    return fig


def _plot_rows(fig: Figure, grid, tables, protocols, without: str, options: FigureOptions) -> None:
    shown, leaking = protocols
    width = layout.axes_width(options, _BESIDE[grid.ncols])
    fit = layout.characters(width, options.font_size)
    for p, pressure in enumerate(style.PRESSURES):
        budgets, drift, tests = (table[table["pressure"] == pressure] for table in tables)
        rows = [fig.add_subplot(layout.place(grid, row, p)) for row in range(3)]
        leftmost = p == 0 or grid.ncols == 1
        panels.plot_budgets(rows[0], budgets, width, options)
        rows[0].set_xlabel(fill("windows (median over subjects; 0: before)", fit))
        rows[0].set_ylabel(f"{pressure}: MAE (mmHg)")
        if drift.empty:
            rows[1].set_axis_off()
            rows[1].text(0, 0.4, fill(without, fit), transform=rows[1].transAxes, va="center", color=style.GREY)
        else:
            panels.plot_drift(rows[1], drift, leftmost, width, options)
            rows[1].set_xlabel(fill(_since(drift), fit))
            rows[1].set_ylabel(f"{pressure}: MAE (mmHg)")
        panels.plot_protocols(rows[2], tests, shown, leaking, leftmost, options)
        rows[2].set_xlabel(fill(f"{pressure}: difference in MAE (mmHg)", fit))
        if p == 0:
            fit_title = layout.characters(width * grid.ncols, options.font_size, bold=True)
            for row, (ax, title) in enumerate(zip(rows, _TITLES, strict=True)):
                sides = 1.6 * style.LEAST_FONT if row == 2 else 0  # between (c) and its panel, which strategy is better
                with mpl.rc_context({"axes.titlepad": mpl.rcParams["axes.titlepad"] + sides}):
                    style.panel_title(ax, row, fill(title, fit_title), options)


def _legend(budgets: pd.DataFrame, leaking: set[str], options: FigureOptions) -> list:
    lines = [
        (panels.Series(method, setting, *look), f"{look[0]}, {setting}")
        for setting in ("first", "random")
        for method, *look in panels.METHODS
    ]
    lines += [(one, f"last value held, {one.setting}") for one in (panels.HOLD, panels.HOLD_RANDOM)]
    lines.append((panels.BEFORE, panels.BEFORE.label))
    handles = [Line2D([], [], label=label, **one.look(options)) for one, label in lines]
    present = set(budgets["method"])
    handles += [Line2D([], [], label=label, **look) for name, (label, look) in panels.LEVELS.items() if name in present]
    if layout.several_networks(budgets):
        handles.append(Line2D([], [], color=options.colours[1], linewidth=0.6, label="each network, fine-tuned"))
    if leaking:
        handles.append(Patch(facecolor="none", edgecolor=style.PALE, hatch="////", linewidth=0, label=panels.LEAKING))
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
        f"{style.n_range(budgets['n_subjects'])} subjects, {style.n_range(budgets['n_windows'])} test windows. "
        f"{style.seeds_note(int(layout.over_networks(budgets)['seeds'].max()))} MAE axes do not start at 0.\n"
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
    return f"Bars: {level}, in (a) of the fine-tuned networks and of before only; all are in the table."


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
