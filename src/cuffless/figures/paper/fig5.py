"""Figure 5: blood pressure of the training, validation and test sets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cuffless.config import FigureOptions
from cuffless.errors import plural
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule
from cuffless.figures.style import SUBSETS, house_style, new_figure, note, paragraphs, split_name, titled_legend

FIGURES = FigureModule(
    arm="splits",
    inputs={"manifests": "designs/splits/{split}.parquet", "audits": "designs/splits/{split}.audit.json"},
    captions={
        "fig5": "Reference pressures in the training, validation and test sets of each split (the paper's Figure 5)."
    },
)

BIN_MMHG = 2.5
_COLOURS = {"train": 5, "val": 1, "test": 0}


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 5."""
    return plot_fig5(given.manifests("manifests"), given.options, cautions=given.cautions("audits"))


def plot_fig5(manifest: pd.DataFrame, options: FigureOptions, *, cautions: Sequence[str] = ()) -> Figure:
    """Distributions of SBP and DBP in the sets of each split (the paper's Figure 5).

    Shares of each set's windows, so that sets of different sizes can be compared.

    Parameters
    ----------
    manifest : DataFrame
        One row per window: ``split, subset`` (train, val, test), ``subject, sbp, dbp`` (mmHg). Splits become
        panels (a), (b) ... in order of appearance.
    options : FigureOptions
    cautions : sequence of str
        What a reader must know of the splits, as from `cuffless.designs.cautions`.
    """
    splits = list(dict.fromkeys(manifest["split"]))
    ranges = {column: _edges(manifest[column].to_numpy()) for column in ("sbp", "dbp")}
    with house_style(options):
        fig = new_figure(options, 0.3 + 2.2 * len(splits))
        rows = np.atleast_1d(fig.subfigures(len(splits), 1))
        axes = {}
        for number, (part, split) in enumerate(zip(rows, splits, strict=True)):
            pair = part.subplots(1, 2)
            here = manifest[manifest["split"] == split]
            for ax, column in zip(pair, ranges, strict=True):
                _plot_distributions(ax, here, column, ranges[column], options)
                axes[split, column] = ax
            title = f"({chr(ord('a') + number)}) {split_name(split)}"
            titled_legend(part, title, handles=_legend(here, options), ncols=3)
        for column in ranges:
            top = max(axes[split, column].get_ylim()[1] for split in splits)
            for split in splits:
                axes[split, column].set_ylim(0, top)
        note(fig, paragraphs(*cautions), options)
    return fig


def _edges(values: np.ndarray) -> np.ndarray:
    low = np.floor(values.min() / BIN_MMHG) * BIN_MMHG
    bins = max(1, int(np.ceil((values.max() - low) / BIN_MMHG)))
    return low + BIN_MMHG * np.arange(bins + 1)


def _plot_distributions(ax, rows: pd.DataFrame, column: str, edges: np.ndarray, options: FigureOptions) -> None:
    for subset in _COLOURS:
        values = rows.loc[rows["subset"] == subset, column].to_numpy()
        if values.size:
            share = 100 * np.histogram(values, edges)[0] / values.size
            ax.stairs(share, edges, baseline=0 if subset == "train" else None, **_look(subset, options))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"{column.upper()} (mmHg)")
    ax.set_ylabel(f"% per {BIN_MMHG:g} mmHg")
    ax.grid(axis="y")


def _look(subset: str, options: FigureOptions) -> dict:
    """The training set as an area, so that the sets can be distinguished where they coincide, in grey too."""
    colour = options.colours[_COLOURS[subset]]
    if subset == "train":
        return {"fill": True, "facecolor": (colour, 0.45), "edgecolor": "none"}
    return {"edgecolor": colour, "linestyle": "-" if subset == "test" else (0, (4, 2)), "linewidth": 1.3}


def _legend(rows: pd.DataFrame, options: FigureOptions) -> list[Line2D | Patch]:
    handles = []
    for subset in _COLOURS:
        part = rows[rows["subset"] == subset]
        label = f"{SUBSETS[subset]}: {plural(len(part), 'window')}\n{plural(part['subject'].nunique(), 'subject')}"
        look = _look(subset, options)
        if look.pop("fill", False):
            handles.append(Patch(label=label, **look))
        else:
            handles.append(Line2D([], [], color=look.pop("edgecolor"), label=label, **look))
    return handles
