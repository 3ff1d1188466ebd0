"""Figure 1: one network's schematic."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.figures.condense import condense
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.layout import font_scale, words_height
from cuffless.figures.registry import FigureModule
from cuffless.figures.schematic import ABOVE, BELOW, ROW, plot_schematic
from cuffless.figures.style import house_style, network_name, new_figure, note

FIGURES = FigureModule(
    arm="splits",
    inputs={"run": "training/{first_fold}/{schematic}/seed{first_seed}/run.json"},
    captions={
        "fig1": "The network as it was built, layers of one kind together, with output shapes and parameters (the "
        "paper's Figure 1)."
    },
)

_SHARE = 0.68  # of the full width, at 8 points
_TITLE = 0.3  # inches
NOTE = "Output: time × channels, or features. Left out: normalization, dropout, and layers that only activate."


def plot(given: FigureInputs) -> Figure:
    """Plot Figure 1."""
    *_, network, _, _ = Path(given.files["run"]).parts
    return plot_fig1(given.document("run")["layers"], given.options, title=f"{network_name(network)} network")


def plot_fig1(layers: Sequence[dict[str, Any]], options: FigureOptions, *, title: str = "LSTM network") -> Figure:
    """Schematic of a built network (the paper's Figure 1 shows the LSTM network).

    One box per step, from input to output; next to it the shape of its output and its parameters.

    Parameters
    ----------
    layers : sequence of dict
        As from `describe_layers`: ``name, kind, detail, output, units, parameters, inputs``.
    options : FigureOptions
    title : str

    Raises
    ------
    ValueError
        If there is no layer.
    """
    if not layers:
        raise ValueError("Figure 1: the network has no layer; look at `layers` in its run.json")
    steps = condense(layers)
    total = sum(layer["parameters"] for layer in layers)
    text = f"{total:,} parameters in all. {NOTE}"
    share = min(_SHARE * font_scale(options), 1.0)
    with house_style(options):
        height = (_TITLE + ROW * (len(steps) + ABOVE + BELOW)) * font_scale(options)
        fig = new_figure(options, height + words_height([], "", text, options), share=share)
        ax = fig.subplots()
        ax.set_title(title, loc="left", fontweight="bold")
        plot_schematic(ax, steps, share * options.width_inch, options, counts=True)
        note(fig, text, options)
    return fig
