"""Figure 1: the network's layers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from cuffless.config import FigureOptions
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.registry import FigureModule
from cuffless.figures.style import GREY, house_style, network_name, new_figure, note, small_font

FIGURES = FigureModule(
    arm="splits",
    inputs={"run": "training/{first_fold}/{schematic}/seed{first_seed}/run.json"},
    captions={
        "fig1": "The network as it was built, layer by layer, with output shapes and parameters (the paper's Figure 1)."
    },
)

MOST_LAYERS = 60
_ROW = 0.46  # inches a layer
_WIDTH = 0.62  # of a box, in axes' widths
_BOW = 0.10  # room at the left for links that skip layers
_OUTPUT = 0.84  # right end of the column of shapes
_ASPECT = 6.0  # of a row's height to the axes' width, so that corners look round
_KINDS = {"Conv": 0, "LSTM": 2, "GRU": 2, "Dense": 1, "Pool": 5}  # to the colours


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 1."""
    *_, network, _, _ = Path(given.files["run"]).parts
    return plot_fig1(given.document("run")["layers"], given.options, title=f"{network_name(network)} network")


def plot_fig1(layers: Sequence[dict[str, Any]], options: FigureOptions, *, title: str = "LSTM network") -> Figure:
    """Schematic of a built network (the paper's Figure 1 shows the LSTM network).

    One box a layer, from input to output; beside it the shape of its output and its parameters.

    Parameters
    ----------
    layers : sequence of dict
        As from `describe_layers`: ``name, kind, detail, output, parameters, inputs``.
    options : FigureOptions
    title : str

    Raises
    ------
    ValueError
        If there is no layer, or more than `MOST_LAYERS`.
    """
    if not 0 < len(layers) <= MOST_LAYERS:
        raise ValueError(f"Figure 1: {len(layers)} layers; it can show 1 to {MOST_LAYERS}, so choose a smaller network")
    with house_style(options):
        fig = new_figure(options, 1.2 + _ROW * len(layers), share=0.68)
        ax = fig.subplots()
        ax.set_xlim(0, 1)
        ax.set_ylim(len(layers) + 0.2, -0.95)
        ax.set_axis_off()
        ax.set_title(title, loc="left", fontweight="bold")
        position = {layer["name"]: i for i, layer in enumerate(layers)}
        links = [(position[name], i) for i, layer in enumerate(layers) for name in layer["inputs"] if name in position]
        left = _BOW if any(target - source > 1 for source, target in links) else 0.005
        for text, x, side in (("layer", left, "left"), ("output", _OUTPUT, "right"), ("parameters", 1.0, "right")):
            ax.text(x, -0.7, text, ha=side, va="center", fontsize=small_font(options), color=GREY)
        for i, layer in enumerate(layers):
            _plot_box(ax, i, layer, left, options)
        for source, target in [*links, (len(layers) - 1, len(layers))]:
            _plot_arrow(ax, source, target, left)
        ax.text(left + _WIDTH / 2, len(layers) - 0.27, "SBP, DBP (mmHg)", ha="center", va="top")
        total = sum(layer["parameters"] for layer in layers)
        note(fig, f"{total:,} parameters in all. Output: time × channels, or features.", options)
    return fig


def _plot_box(ax, row: int, layer: dict[str, Any], left: float, options: FigureOptions) -> None:
    colour = next((options.colours[c] for part, c in _KINDS.items() if part in layer["kind"]), "#9A9A9A")
    ax.add_patch(
        FancyBboxPatch(
            (left, row - 0.3),
            _WIDTH,
            0.6,
            boxstyle="round,pad=0,rounding_size=0.015",
            mutation_aspect=_ASPECT,
            facecolor=(colour, 0.18),
            edgecolor=colour,
            linewidth=1.0,
            clip_on=False,
        )
    )
    kind = {"InputLayer": "Input: PPG window"}.get(layer["kind"], layer["kind"])
    ax.text(left + 0.02, row, kind, ha="left", va="center", fontweight="bold", fontsize=small_font(options))
    ax.text(left + _WIDTH - 0.02, row, layer["detail"], ha="right", va="center", fontsize=small_font(options))
    shape = " × ".join(f"{size}" if size else "?" for size in layer["output"])
    ax.text(_OUTPUT, row, shape, ha="right", va="center", fontsize=small_font(options))
    ax.text(1.0, row, f"{layer['parameters']:,}", ha="right", va="center", fontsize=small_font(options))


def _plot_arrow(ax, source: int, target: int, left: float) -> None:
    """Straight to the next box, in a bow beside those between."""
    if target - source == 1:
        start, end, bow = (left + _WIDTH / 2, source + 0.3), (left + _WIDTH / 2, target - 0.3), "arc3"
    else:
        start, end, bow = (left, source), (left, target), "arc3,rad=0.3"
    ax.add_patch(
        FancyArrowPatch(
            start, end, connectionstyle=bow, arrowstyle="-|>", mutation_scale=7, color=GREY, shrinkA=0, shrinkB=0
        )
    )
