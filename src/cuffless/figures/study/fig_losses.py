"""Curves of all trainings: error on the training and validation sets after each epoch."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cuffless.config import FigureOptions
from cuffless.config.folds import fold_of
from cuffless.figures import layout, style
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule

FIGURES = FigureModule(
    arm="splits",
    title="Error by epoch",
    inputs={
        "histories": "training/{fold}/{network}/seed{seed}/history.csv",
        "runs": "training/{fold}/{network}/seed{seed}/run.json",
        "means": "training/{fold}/mean/seed{seed}/history.csv",
    },
    captions={
        "fig_losses": "Mean absolute error on the training and validation sets after each epoch, and the epoch that "
        "was kept, for each network and split."
    },
)

CUT = 1.5
"""The axis ends at this multiple of the greatest error that a training ends with or that of the mean regressor."""
_MOST_COLUMNS = 4
_LEAST_WIDTH = 0.22  # inches of a panel, for each point of the font
_PANEL, _AROUND = 1.15, 0.35  # inches: a panel, and its title
_AXIS = 0.35
_COLOURS = {"mae": ("training", 5), "val_mae": ("validation", 0)}
_MEAN = {"color": style.GREY, "linestyle": ":", "linewidth": 1.1}
_FEW = 3  # trainings of a panel whose lines are not thin


class Training(NamedTuple):
    """A training: what was trained on what, its history, and the epoch that was kept."""

    network: str
    split: str
    history: pd.DataFrame
    best_epoch: int


def plot(given: FigureInputs) -> Figure:
    """Plot the curves of all trainings of the study."""
    best = {path.parent: run["best_epoch"] for path, run in given.documents("runs").items()}
    paths = map(Path, given.files["histories"])
    trainings = [Training(path.parts[-3], _split(path), pd.read_csv(path), best[path.parent]) for path in paths]
    means = [(_split(Path(path)), float(pd.read_csv(path)["val_mae"].iloc[0])) for path in given.files["means"]]
    return plot_fig_losses(trainings, pd.DataFrame(means, columns=["split", "val_mae"]), given.options)


def _split(path: Path) -> str:
    """Split of a training, whose fold it may be trained on."""
    return fold_of(path.parts[-4])[0]


def plot_fig_losses(trainings: Sequence[Training], means: pd.DataFrame, options: FigureOptions) -> Figure:
    """Training and validation error of each epoch, one panel per network and split.

    Parameters
    ----------
    trainings : sequence of Training
        Histories have ``epoch, mae, val_mae`` (mmHg, the mean of SBP's and DBP's error). Folds and seeds share a panel.
    means : DataFrame
        ``split, val_mae`` of the mean regressor, one row per training of it.
    options : FigureOptions

    Raises
    ------
    ValueError
        If there is no training.
    """
    if not trainings:
        raise ValueError("figure of trainings: the study trains no network; name one under study.networks")
    networks = list(dict.fromkeys(one.network for one in trainings))
    splits = list(dict.fromkeys(one.split for one in trainings))
    fitting = int(options.width_inch / (_LEAST_WIDTH * options.font_size))
    columns = max(min(_MOST_COLUMNS, fitting, len(networks)), 1)
    blocks = [networks[first : first + columns] for first in range(0, len(networks), columns)]
    rows = len(blocks) * len(splits)
    levels = means.groupby("split", sort=False)["val_mae"].mean()
    low, high, cut = _limits(trainings, levels)
    text = _explain(trainings, cut)
    fit = layout.characters(options.width_inch / columns - 0.3 * layout.font_scale(options), options.font_size)
    with style.house_style(options):
        handles = _legend(options)
        titles = [fill(_title(network, split), fit) for network in networks for split in splits]
        lines = 1.3 * style.title_font(options) * max(title.count("\n") for title in titles) / 72
        inches = (rows * (_PANEL + _AROUND) + _AXIS) * layout.font_scale(options) + rows * lines
        fig = layout.worded_figure(inches, handles, "", text, options)
        grid = fig.add_gridspec(rows, columns)
        for number, network in enumerate(networks):
            block, column = divmod(number, columns)
            for s, split in enumerate(splits):
                own = [one for one in trainings if (one.network, one.split) == (network, split)]
                if not own:
                    continue
                ax = fig.add_subplot(grid[block * len(splits) + s, column])
                _plot_panel(ax, own, levels.get(split, np.nan), options)
                ax.set_title(fill(_title(network, split), fit), loc="left", fontsize=style.small_font(options))
                ax.set_ylim(low, high)
                ax.tick_params(labelleft=column == 0)
                if column == 0:
                    ax.set_ylabel("MAE (mmHg)")
                if s == len(splits) - 1:
                    ax.set_xlabel("epoch")
    return fig


def _title(network: str, split: str) -> str:
    return f"{style.network_name(network)}, {style.split_name(split)}"


def _limits(trainings: Sequence[Training], levels: pd.Series) -> tuple[float, float, bool]:
    """Limits of all panels, and whether an error lies beyond them."""
    errors = pd.concat([one.history[list(_COLOURS)] for one in trainings]).to_numpy()
    ends = [one.history[list(_COLOURS)].iloc[-1].to_numpy() for one in trainings]
    reach = CUT * np.nanmax([*np.ravel(ends), *levels])
    highest = float(np.nanmax([*np.ravel(errors), *levels]))
    return 0.0, max(1.04 * min(reach, highest), 1e-9), highest > reach


def _plot_panel(ax, trainings: Sequence[Training], level: float, options: FigureOptions) -> None:
    width = 1.2 if len(trainings) <= _FEW else 0.6
    for column, (label, colour) in _COLOURS.items():
        look = {"color": options.colours[colour], "linewidth": width, "alpha": 1.0 if len(trainings) <= _FEW else 0.7}
        for one in trainings:
            alone = {"marker": "_", "ms": 8} if len(one.history) == 1 else {}
            ax.plot(one.history["epoch"], one.history[column], label=label, zorder=2, **look, **alone)
    for one in trainings:
        chosen = one.history[one.history["epoch"] == one.best_epoch]
        ax.plot(chosen["epoch"], chosen["val_mae"], **_kept(options), label="kept", zorder=3)
    if np.isfinite(level):
        ax.axhline(level, label="mean regressor", zorder=1, **_MEAN)
    last = max(int(one.history["epoch"].max()) for one in trainings)
    ax.set_xlim(0.5 if last == 1 else 0, last + 0.5 if last == 1 else 1.03 * last)
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.grid(axis="y")


def _kept(options: FigureOptions) -> dict:
    colour = options.colours[_COLOURS["val_mae"][1]]
    return {"marker": "o", "ms": 4.0, "mfc": "white", "mec": colour, "mew": 1.0, "linestyle": "none"}


def _legend(options: FigureOptions) -> list[Line2D]:
    handles = [Line2D([], [], color=options.colours[colour], label=label) for label, colour in _COLOURS.values()]
    handles.append(Line2D([], [], label="epoch that was kept", **_kept(options)))
    return [*handles, Line2D([], [], label="mean regressor, validation", **_MEAN)]


def _explain(trainings: Sequence[Training], cut: bool) -> str:
    each = pd.Series([(one.network, one.split) for one in trainings]).value_counts()
    several = f" Lines of a panel: {style.n_range(each)} trainings (folds, seeds)." if each.max() > 1 else ""
    beyond = f" Errors beyond {CUT:g} times the greatest at the end are not shown." if cut else ""
    return (
        "MAE: mean of SBP's and DBP's, every window counts the same. Training error: over the epoch, while weights "
        "change and with dropout, so it may lie above that of validation early on. The loss that was minimized is in "
        f"each training's history.csv.{several}{beyond}"
    )
