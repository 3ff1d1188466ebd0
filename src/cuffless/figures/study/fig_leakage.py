"""The effect of leakage: error against what test and training windows share, and against how much people differ."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="leakage",
    title="Leakage",
    inputs={"dose": "judgement/leakage/tables/dose.csv", "dial": "judgement/leakage/tables/dial.csv"},
    captions={
        "fig_leakage": "How much a leak from training to test windows lowers the error: error against what they share."
    },
)

KINDS = {"nonmixed": "patient-disjoint", "official": "as published", "record": "record-disjoint", "mixed": "mixed"}
SHARED = {"known_subject": "subject", "known_record": "record", "known_signal": "signal"}
"""What of a test window may be in training, and how the figure calls it."""
_MEAN = "mean"
_TITLES = ("What test and training windows share", "How much people's pulses differ")
_DODGE = 0.14  # between the network and the mean regressor beside it
_BESIDE = {1: 1.1, 2: 0.8}  # inches of labels, in one column or two
_HEIGHTS = {"doses": 2.0, "shared": 0.75, "dial": 2.2}  # inches
_WORDS = 1.15  # inches of legend and note
_LOOK = {"nonmixed": (0, "o", "-"), "official": (3, "s", "-"), "record": (2, "^", "-."), "mixed": (5, "D", "--")}
_MEAN_LOOK = {"color": style.GREY, "marker": "s", "ms": 3.8, "linestyle": ":"}
_HEADROOM = 1.12


def plot(given: FigureInputs) -> Figure:
    """Plot the effect of leakage on errors."""
    return plot_fig_leakage(given.table("dose"), given.table("dial"), given.options)


def plot_fig_leakage(
    dose: pd.DataFrame, dial: pd.DataFrame, options: FigureOptions, *, average: str = "pooled"
) -> Figure:
    """MAE of one network on splits that share more and more, and on people who differ more and more.

    Parameters
    ----------
    dose, dial : DataFrame
        ``dose.csv`` and ``dial.csv`` of leakage's judgement; `dial` may be empty.
    options : FigureOptions
    average : {"pooled", "subject"}
        Whether every window or every subject counts the same.

    Raises
    ------
    ValueError
        If `dose` holds no network.
    """
    dose, dial = dose[dose["average"] == average], dial[dial["average"] == average]
    networks = [name for name in dict.fromkeys(dose["network"]) if name != _MEAN]
    if not networks:
        raise ValueError(f"figure of leakage: no network was judged; the table has {sorted(set(dose['network']))}")
    columns = layout.pressure_columns(options)
    panels = [*(["doses"] * (3 - columns)), "shared", *(["dial"] * (3 - columns if len(dial) else 0))]
    heights = [_HEIGHTS[panel] for panel in panels]
    with style.house_style(options):
        fig = style.new_figure(options, (sum(heights) + _WORDS) * layout.font_scale(options))
        grid = fig.add_gridspec(len(panels), columns, height_ratios=heights)
        for p, pressure in enumerate(style.PRESSURES):
            column, down = (p, 0) if columns > 1 else (0, p)
            tables = (table[table["pressure"] == pressure] for table in (dose, dial))
            above = fig.add_subplot(grid[panels.index("doses") + down, column])
            _plot_doses(above, rows := next(tables), networks[0], options)
            drawn = [above]
            if columns > 1 or p == 1:  # one below the other, both have the same splits
                below = fig.add_subplot(grid[panels.index("shared"), column], sharex=above)
                _print_shared(below, rows[rows["network"] == networks[0]], column == 0, options)
            if len(dial):
                drawn.append(fig.add_subplot(grid[panels.index("dial") + down, column]))
                _plot_dial(drawn[1], next(tables), networks[0], options)
            for number, ax in enumerate(drawn):
                ax.set_ylabel(f"{pressure}: MAE (mmHg)")
                ax.grid(axis="y")
                if p == 0:
                    fit = layout.characters(columns * _width(options), options.font_size, bold=True)
                    style.panel_title(ax, number, fill(_TITLES[number], fit), options)
        fig.legend(handles=_legend(dose, networks[0], options), loc="outside upper center", ncols=2 * columns)
        style.note(fig, _explain(dose, dial, networks[0]), options)
    return fig


def _width(options: FigureOptions) -> float:
    """Inches across a panel."""
    return layout.axes_width(options, _BESIDE[layout.pressure_columns(options)])


def dose_names(dose: pd.DataFrame) -> dict[str, str]:
    """Printed name of each split; splits that would have the same one keep their own."""
    splits = dose.drop_duplicates("dose").set_index("dose")
    names = {
        split: KINDS[row.kind] + (f", {row.overlap:.0%} overlap".replace("%", " %") if row.overlap else "")
        for split, row in splits.iterrows()
    }
    alike = pd.Series(names).duplicated(keep=False)
    return {split: split if alike[split] else name for split, name in names.items()}


def _plot_doses(ax, rows: pd.DataFrame, network: str, options: FigureOptions) -> None:
    """One place per split: the network, and the mean regressor next to it."""
    order = list(dict.fromkeys(rows["dose"]))
    for x, split in enumerate(order):
        here = rows[rows["dose"] == split]
        for side, name, look in ((-1, network, _look(here, split, options)), (1, _MEAN, _MEAN_LOOK)):
            one = here[here["network"] == name]
            _plot_line(ax, np.array([x + side * _DODGE]), one, look)
            for value in one["mae"]:
                words = {"ha": "right", "color": "black"} if side < 0 else {"ha": "left", "color": style.GREY}
                at, size = (x + side * _DODGE, value), style.tiny_font(options)
                style.write_beside(ax, f"{value:.1f}", at, (5 * side, 0), size, va="center", **words)
    ax.set_xlim(-0.6, len(order) - 0.4)
    ax.set_ylim(0, _HEADROOM * np.nanmax(rows[["mae", "upper"]].to_numpy()))
    ax.tick_params(labelbottom=False, bottom=False)


def _plot_line(ax, x: np.ndarray, rows: pd.DataFrame, look: dict) -> None:
    """Points with their intervals; open where there are too few subjects for one."""
    y, known = rows["mae"].to_numpy(float), rows["lower"].notna().to_numpy()
    ax.plot(x, y, color=look["color"], linestyle=look["linestyle"], linewidth=1.0, zorder=2)
    limits = np.abs(rows.loc[known, ["lower", "upper"]].to_numpy().T - y[known])
    ax.errorbar(x[known], y[known], limits, fmt="none", ecolor=look["color"], elinewidth=0.9, capsize=1.8, zorder=2)
    for which, face in ((known, look["color"]), (~known, "white")):
        ax.plot(x[which], y[which], look["marker"], ms=look["ms"], mfc=face, mec=look["color"], mew=0.9, zorder=3)


def _print_shared(ax, rows: pd.DataFrame, labelled: bool, options: FigureOptions) -> None:
    """The name of each split, and below it how many of its test windows training knows, and by what."""
    names = dose_names(rows)
    fit = layout.characters(_width(options) / len(rows), style.tiny_font(options))
    grey = {"fontsize": style.tiny_font(options), "color": style.GREY}
    for x, row in enumerate(rows.itertuples()):
        lines = [f"{getattr(row, column):.0%}".replace("%", " %") for column in SHARED]
        for y, text in enumerate([f"{row.n_training_windows:,}", *lines]):
            ax.text(x, y, text, ha="center", va="center", **grey)
    labels = ["trained on", *(f"{what} known" for what in SHARED.values())]
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_yticks(range(len(labels)), labels if labelled else [""] * len(labels), **grey)
    ax.set_xticks(
        range(len(rows)), [fill(names[dose], fit) for dose in rows["dose"]], fontsize=style.tiny_font(options)
    )
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)


def _plot_dial(ax, rows: pd.DataFrame, network: str, options: FigureOptions) -> None:
    """MAE of each split against the confounders' scale; the mean regressor of the first."""
    splits = list(dict.fromkeys(rows["dose"]))
    values = np.unique(rows["confounding"])
    shift = 0.008 * np.ptp(values)
    mean = rows[(rows["network"] == _MEAN) & (rows["dose"] == splits[0])].sort_values("confounding")
    _plot_line(ax, mean["confounding"] + 2 * shift, mean, _MEAN_LOOK)
    for number, split in enumerate(splits):
        each = rows[(rows["network"] == network) & (rows["dose"] == split)].sort_values("confounding")
        _plot_line(ax, each["confounding"] + (number - 0.5) * shift, each, _look(rows, split, options))
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.set_ylim(0, _HEADROOM * np.nanmax(rows[["mae", "upper"]].to_numpy()))
    label = "scale of confounders (0: none, 1: as in hospital)"
    small = style.small_font(options)
    ax.set_xlabel(fill(label, layout.characters(_width(options), small)), fontsize=small)


def _look(rows: pd.DataFrame, split: str, options: FigureOptions) -> dict:
    colour, marker, line = _LOOK[rows.loc[rows["dose"] == split, "kind"].iloc[0]]
    return {"color": options.colours[colour], "marker": marker, "ms": 4.2, "linestyle": line}


def _legend(dose: pd.DataFrame, network: str, options: FigureOptions) -> list:
    name = style.network_name(network)
    handles = [
        Line2D([], [], **_look(dose, split, options), label=f"{name}, {KINDS[kind]}")
        for split, kind in dose.drop_duplicates("kind")[["dose", "kind"]].itertuples(index=False)
    ]
    return [*handles, Line2D([], [], **_MEAN_LOOK, label="mean regressor")]


def _explain(dose: pd.DataFrame, dial: pd.DataFrame, network: str) -> str:
    rows = dose[dose["network"] == network]
    bars = f"Bars: {limits}." if (limits := style.intervals(rows)) else ""
    seeds = int(rows["seeds"].max())
    trained = "trained once on each split" if seeds == 1 else f"means of {seeds} trainings on each split"
    text = (
        f"{style.network_name(network)}, {trained}; every window counts the same. {bars}\n"
        f"(a): {style.n_range(rows['n_windows'], 'test window')} of {style.n_range(rows['n_subjects'], 'subject')}, "
        "not the same in every split. Trained on: windows of the training set. Known: share of the test windows whose "
        "subject, record, or part of whose signal is in the training set, too."
    )
    if len(dial):
        text += (
            " (b): the same cohort, simulated again with the same pressures; what alters people's pulses but not "
            "their pressures is scaled (0: one shape for all). The mean regressor is that of the first split."
        )
    return text
