"""Schematics of all networks of the study."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib.figure import Figure

from cuffless.config import FigureOptions
from cuffless.figures import layout, style
from cuffless.figures.condense import condense
from cuffless.figures.inputs import FigureInputs
from cuffless.figures.paper.fig1 import NOTE
from cuffless.figures.registry import FigureModule
from cuffless.figures.schematic import ABOVE, BELOW, ROW, plot_schematic

FIGURES = FigureModule(
    arm="splits",
    title="Schematics of all networks",
    inputs={"runs": "training/{first_fold}/{network}/seed{first_seed}/run.json"},
    captions={"fig_networks": "Every network of the study as it was built, layers of one kind together."},
)

_LEAST_WIDTH = 0.29  # inches that a network takes, for each point of the small font
_MOST_COLUMNS = 3
_FOUR = 4  # networks that stand in two columns rather than in three
_TITLE = 0.35  # inches


def plot(given: FigureInputs) -> Figure:
    """Plot the schematics of all networks."""
    runs = given.documents("runs")
    return plot_fig_networks({path.parts[-3]: run["layers"] for path, run in runs.items()}, given.options)


def plot_fig_networks(networks: Mapping[str, Sequence[dict[str, Any]]], options: FigureOptions) -> Figure:
    """Schematic of each network, with its parameters in its title.

    Parameters
    ----------
    networks : mapping of str to sequence of dict
        Layers of each network, by its name, as from `describe_layers`.
    options : FigureOptions

    Raises
    ------
    ValueError
        If there is no network, or one without layers.
    """
    if empty := [name for name, layers in networks.items() if not layers]:
        raise ValueError(f"figure of networks: {', '.join(empty)} has no layer; look at `layers` in its run.json")
    if not networks:
        raise ValueError("figure of networks: the study has no network to show; name one under study.networks")
    columns = _columns(len(networks), options)
    steps = {name: condense(layers) for name, layers in networks.items()}
    names = list(steps)
    rows = [names[first : first + columns] for first in range(0, len(names), columns)]
    titles = {name: _title(name, networks[name], columns, options) for name in names}
    lines = [max(titles[name].count("\n") for name in row) for row in rows]
    heights = [
        (_TITLE + ROW * (max(len(steps[name]) for name in row) + ABOVE + BELOW)) * layout.font_scale(options)
        + 1.3 * style.title_font(options) * more / 72
        for row, more in zip(rows, lines, strict=True)
    ]
    with style.house_style(options):
        fig = style.new_figure(options, sum(heights) + layout.words_height([], "", NOTE, options))
        grid = fig.add_gridspec(len(rows), columns, height_ratios=heights)
        most = [max(len(steps[name]) for name in row) for row in rows]
        for number, name in enumerate(names):
            row, column = divmod(number, columns)
            ax = fig.add_subplot(grid[row, column])
            style.panel_title(ax, number, titles[name], options)
            plot_schematic(ax, steps[name], options.width_inch / columns, options, counts=False)
            ax.set_ylim(most[row] - 0.5 + BELOW, -0.5 - ABOVE)  # boxes of all networks are alike
        style.note(fig, NOTE, options)
    return fig


def _columns(networks: int, options: FigureOptions) -> int:
    wanted = 2 if networks <= _FOUR else _MOST_COLUMNS
    fitting = int(options.width_inch / (_LEAST_WIDTH * style.small_font(options)))
    return max(min(wanted, fitting, networks), 1)


def _title(name: str, layers: Sequence[dict[str, Any]], columns: int, options: FigureOptions) -> str:
    total = sum(layer["parameters"] for layer in layers)
    fit = layout.characters(options.width_inch / columns - 0.3, options.font_size, bold=True)
    return fill(f"{style.network_name(name)}: {total:,} parameters", fit)
