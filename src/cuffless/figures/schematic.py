"""A network as a column of boxes, from the window of PPG to the pressures."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from cuffless.config import FigureOptions
from cuffless.figures.condense import Step
from cuffless.figures.style import GREY, LEAST_FONT, small_font

ROW = 0.21
"""Inches of a step, at 8 points."""
ABOVE, BELOW = 0.6, 0.75
"""Rows for the names of columns, and for the outputs."""
_BOX = 0.72  # of a row's height
_LANE = 0.022  # of the width: between two links beside the boxes
_SHAPE, _COUNT = 9, 11  # characters: the columns of shapes and of parameters
_EM = 0.6  # mean width of a character
_KINDS = {"Conv": 0, "LSTM": 2, "GRU": 2, "Dense": 1, "Pool": 5, "Attention": 3}  # to the colours
_OTHER = "#9A9A9A"


def plot_schematic(ax: Axes, steps: Sequence[Step], inches: float, options: FigureOptions, *, counts: bool) -> None:
    """Draw a network's steps.

    Parameters
    ----------
    ax : Axes
    steps : sequence of Step
        As from `cuffless.figures.condense.condense`.
    inches : float
        Width of the axes.
    options : FigureOptions
    counts : bool
        Whether each step's parameters are written.
    """
    ax.set_xlim(0, 1)
    ax.set_ylim(len(steps) - 0.5 + BELOW, -0.5 - ABOVE)
    ax.set_axis_off()
    lanes = _lanes(steps)
    left = 0.005 + _LANE * (max(lanes.values(), default=-1) + 1)
    character = _EM * small_font(options) / 72 / inches
    shapes = 1 - _COUNT * character if counts else 1.0
    right = shapes - _SHAPE * character
    look = {"va": "center_baseline", "fontsize": small_font(options), "color": GREY}
    ax.text(shapes, -0.5 - ABOVE / 2, "output", ha="right", **look)
    if counts:
        ax.text(1, -0.5 - ABOVE / 2, "parameters", ha="right", **look)
    for row, step in enumerate(steps):
        _plot_box(ax, row, step, (left, right), inches, options)
        shape = " × ".join(f"{size}" if size else "?" for size in step.output)
        ax.text(shapes, row, shape, ha="right", va="center_baseline", fontsize=small_font(options))
        if counts and row:
            ax.text(1, row, f"{step.parameters:,}", ha="right", va="center_baseline", fontsize=small_font(options))
        for source in sorted(step.inputs):
            lane = lanes.get((source, row))
            _plot_link(ax, source, row, left if lane is None else left - _LANE * (lane + 1), left, right)
    _plot_link(ax, len(steps) - 1, len(steps) - 0.5 + BELOW / 2, left, left, right)
    ax.text(
        (left + right) / 2 + 0.015,
        len(steps) - 0.5 + BELOW / 2,
        "SBP, DBP",
        va="center_baseline",
        fontsize=small_font(options),
    )


def _lanes(steps: Sequence[Step]) -> dict[tuple[int, int], int]:
    """Lane beside the boxes of each link that passes a box; the shortest are next to them."""
    links = [(source, row) for row, step in enumerate(steps) for source in step.inputs if row - source > 1]
    lanes: dict[tuple[int, int], int] = {}
    for link in sorted(links, key=lambda link: link[1] - link[0]):
        taken = {lane for other, lane in lanes.items() if other[0] < link[1] and link[0] < other[1]}
        lanes[link] = next(lane for lane in range(len(links)) if lane not in taken)
    return lanes


def _plot_box(
    ax: Axes, row: int, step: Step, sides: tuple[float, float], inches: float, options: FigureOptions
) -> None:
    left, right = sides
    colour = next((options.colours[c] for part, c in _KINDS.items() if part in step.kind), _OTHER)
    box = FancyBboxPatch(
        (left, row - _BOX / 2),
        right - left,
        _BOX,
        boxstyle="round,pad=0,rounding_size=0.01",
        mutation_aspect=inches / ROW,  # so that corners look round
        facecolor=(colour, 0.18),
        edgecolor=colour,
        linewidth=0.8,
    )
    ax.add_patch(box)
    name, words = step.name, step.words
    size = small_font(options)
    room = 72 * inches * (right - left - 0.03) / _EM  # in characters, times points
    if (len(name) + len(words) + 2) * size > room:
        size = max(LEAST_FONT, room / (len(name) + len(words) + 2))
    fit = int(room / size) - len(name) - 2
    look = {"va": "center_baseline", "fontsize": size}
    ax.text(left + 0.015, row, _cut(name, int(room / size)), ha="left", fontweight="bold", **look)
    if words and fit > 3:
        ax.text(right - 0.015, row, _cut(words, fit), ha="right", **look)


def _cut(text: str, fit: int) -> str:
    return text if len(text) <= fit else f"{text[: max(fit - 1, 1)].rstrip(', ')}…"


def _plot_link(ax: Axes, source: float, target: float, beside: float, left: float, right: float) -> None:
    """Straight to the next box, or in a lane beside those between."""
    if beside < left:
        places = [(left, source), (beside, source), (beside, target), (left, target)]
    elif target - source > 1:
        return
    else:
        middle, end = (left + right) / 2, target - (_BOX / 2 if target == int(target) else 0.1)
        places = [(middle, source + _BOX / 2), (middle, end)]
    look = {"arrowstyle": "-|>", "mutation_scale": 5, "color": GREY, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    ax.add_patch(FancyArrowPatch(path=Path(places), **look))
