"""The external test: skill of networks trained on one data set and tested on another, as matrices."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cuffless.config import TRANSFERS, FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="external",
    title="External test",
    inputs={
        "transfer": "judgement/external/tables/transfer.csv",
        "leaks": "judgement/external/tables/leaks.csv",
        "lines": "judgement/external/tables/lines.csv",
    },
    captions={
        "fig_external": "Skill of networks on data sets that they were not trained on, against always predicting the "
        "mean of the data set that they are tested on."
    },
)

SETTINGS = dict(
    zip(
        TRANSFERS,
        ("as trained", "shifted to the mean there", "line fitted on {people} people there"),
        strict=True,
    )
)
"""What a network is given of the data set that it is tested on, and how the figure calls it."""
_BASELINE = "tested_mean"
_COLOURS = "RdBu"  # red below 0, blue above
_RANGE = (0.2, 0.5)  # least and most skill, either side of 0, at which colours end
_PALE = 0.6  # share of the map in use, so that black words stay legible
_BESIDE = 1.3  # inches of labels at the left of a panel
_LINE = 1.35
_AROUND = 0.8  # inches of a panel's title and labels


def plot(given: FigureInputs) -> Figure:
    """Plot the matrices of trained on by tested on."""
    lines = given.table("lines")
    people = lines.loc[lines["setting"] == TRANSFERS[-1], "people"].astype(str).str.split(";").str.len().max()
    return plot_fig_external(given.table("transfer"), given.table("leaks"), given.options, people=int(people))


def plot_fig_external(
    transfer: pd.DataFrame,
    leaks: pd.DataFrame,
    options: FigureOptions,
    *,
    people: int,
    average: str = "subject",
) -> Figure:
    """Skill against the mean of the data set tested on: one matrix per setting and pressure.

    Parameters
    ----------
    transfer, leaks : DataFrame
        ``transfer.csv`` and ``leaks.csv`` of the external test's judgement.
    options : FigureOptions
    people : int
        On how many people the lines were fitted.
    average : {"subject", "pooled"}
        Whether every subject or every window counts the same.

    Raises
    ------
    ValueError
        If the table has no skill against that mean.
    """
    rows = transfer[(transfer["average"] == average) & (transfer["baseline"] == _BASELINE)]
    if rows.empty:
        raise ValueError(f"figure of the external test: no skill against {_BASELINE} in the table; judge it again")
    columns = layout.pressure_columns(options)
    networks, datasets = list(dict.fromkeys(rows["network"])), list(dict.fromkeys(rows["tested_on"]))
    cell = _LINE * style.tiny_font(options) * (max(len(networks), 2) + 1) / 72
    panel = len(datasets) * cell + _AROUND * layout.font_scale(options)
    shades, reach = _shades(rows["skill"])
    text, warning = _explain(rows, networks, reach, _cell_width(datasets, options)), _warning(leaks)
    with style.house_style(options):
        fig = layout.worded_figure(panel * len(SETTINGS) * (3 - columns), [], warning, text, options)
        grid = fig.add_gridspec(len(SETTINGS) * (3 - columns), columns)
        for number, (setting, name) in enumerate(SETTINGS.items()):
            for p, pressure in enumerate(style.PRESSURES):
                ax = fig.add_subplot(layout.place(grid, number, p))
                own = rows[(rows["pressure"] == pressure) & _shown(rows, setting)]
                _plot_matrix(ax, own, datasets, networks, shades, options)
                title = f"{pressure}: {name.format(people=people)}"
                fit = layout.characters(layout.axes_width(options, 0.2), options.font_size, bold=True)
                style.panel_title(ax, number * len(style.PRESSURES) + p, fill(title, fit), options)
    return fig


def _shown(rows: pd.DataFrame, setting: str) -> pd.Series:
    """Rows of a setting, and each data set's own networks, which are in every matrix."""
    return (rows["setting"] == setting) | (rows["trained_on"] == rows["tested_on"])


def _shades(skill: pd.Series) -> tuple[ScalarMappable, float]:
    """Colours of skill, and the skill at which they end."""
    reach = float(np.clip(skill.abs().max(), *_RANGE))
    colours = colormaps[_COLOURS](np.linspace(0.5 - _PALE / 2, 0.5 + _PALE / 2, 256))
    return ScalarMappable(Normalize(-reach, reach), ListedColormap(colours)), reach


def _plot_matrix(ax, rows: pd.DataFrame, datasets: list[str], networks: list[str], shades, options) -> None:
    """One cell per pair of data sets: the skill of each network in it, bold where its interval excludes 0."""
    size = style.tiny_font(options)
    step = 1 / (max(len(networks), 2) + 1)  # of a cell, from a line to the next
    width = _cell_width(datasets, options)
    for (trained, tested), cell in rows.groupby(["trained_on", "tested_on"], sort=False):
        x, y = datasets.index(tested), datasets.index(trained)
        own = trained == tested
        look = {"edgecolor": "black" if own else "white", "linewidth": 1.2 if own else 0.6, "zorder": 2 if own else 1}
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shades.to_rgba(cell["skill"].mean()), **look))
        written = [_words(row, _named(networks, width)) for row in cell.itertuples()]
        if len(networks) == 1 and len(limits := _limits(cell.iloc[0])) <= width + 1:  # digits are narrow
            written += [(limits, False)]
        for number, (text, bold) in enumerate(written):
            place = y + (number - (len(written) - 1) / 2) * step
            ax.text(x, place, text, ha="center", va="center", fontsize=size, fontweight="bold" if bold else "normal")
    ax.set_xlim(-0.5, len(datasets) - 0.5)
    ax.set_ylim(len(datasets) - 0.5, -0.5)
    beside = layout.characters(_BESIDE - 0.3, size)
    ax.set_xticks(range(len(datasets)), [_broken(name, width) for name in datasets], fontsize=size)
    ax.set_yticks(range(len(datasets)), [_broken(name, beside) for name in datasets], fontsize=size)
    ax.set_xlabel("tested on", fontsize=size)
    ax.set_ylabel("trained on", fontsize=size)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _cell_width(datasets: list[str], options: FigureOptions) -> int:
    """Characters that fit across a cell."""
    return layout.characters(layout.axes_width(options, _BESIDE) / len(datasets), style.tiny_font(options))


def _named(networks: list[str], width: int) -> bool:
    """Whether cells name several networks, which takes room for a name and a number such as -0.10."""
    return len(networks) > 1 and max(len(style.network_name(name)) for name in networks) + 7 <= width


def _broken(name: str, width: int) -> str:
    """A data set's name in lines that fit, broken at underscores where that is possible."""
    return fill(name.replace("_", " "), width)


def _words(row, named: bool) -> tuple[str, bool]:
    """A network's skill in words, and whether its interval excludes 0."""
    name = f"{style.network_name(row.network)} " if named else ""
    return f"{name}{_number(row.skill)}", bool(row.lower > 0 or row.upper < 0)


def _limits(row: pd.Series) -> str:
    limits = row[["lower", "upper"]].to_numpy(float)
    if not np.isfinite(limits).all():
        return "no interval"
    written = [_number(limit, 3 if round(limit, 2) == 0 != limit else 2) for limit in limits]  # which side of 0
    return f"[{', '.join(written)}]"


def _number(value: float, digits: int = 2) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _warning(leaks: pd.DataFrame) -> str:
    """What was found by the audits and let pass."""
    texts = [
        f"{row['trained_on']} to {row['tested_on']}: {row['kind'].replace('_', ' ')} ({row['count']:.0f})"
        for row in leaks[leaks["verdict"] == "found"].to_dict("records")
    ]
    return f"WARNING: {'; '.join(texts)}" if texts else ""


def _explain(rows: pd.DataFrame, networks: list[str], reach: float, width: int) -> str:
    people = rows.drop_duplicates("tested_on").set_index("tested_on")["n_subjects"]
    tested = ", ".join(f"{name.replace('_', ' ')} {int(n)}" for name, n in people.items())
    names = ", ".join(map(style.network_name, networks))
    colours = "Colours: mean over networks. " if len(networks) > 1 else f"{names}. "
    if len(networks) > 1 and not _named(networks, width):
        colours = f"In each cell from the top: {names}. {colours}"
    if rows["skill"].abs().max() > reach:
        colours += f"Colours end at \N{PLUS-MINUS SIGN}{reach:g}. "
    return (
        f"{colours}Skill: the share of the error of always predicting the mean of the training labels of the data set "
        "tested on that a network removes (1: all, 0: none, below 0: worse); every person counts the same. Framed: "
        f"networks of the data set itself. Test people: {tested}. Bold: the interval over people excludes 0."
    )
