"""Names beside the points of a plot: short, and where they cover neither each other nor a point."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cuffless.errors import shortened

FEW = 12
"""Up to so many people each has a colour, a symbol and a name in plots."""
MOST_WINDOWS = 3000
"""Single windows that a plot shows, evenly taken from those there are."""
_LONGEST = 12  # characters
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_DISTANCES = (1.2, 3.5, 6.0)  # radii of a point; from the second on a line leads to it
_EM = 0.6  # width of a character, of its height
LED = 2.0
"""Radii of a point from which on a line leads to its label."""


def short_names(names: Sequence[str]) -> list[str]:
    """Names of a few characters; what all long ones begin or end with is left out."""
    if max(map(len, names), default=0) <= _LONGEST:
        return list(names)
    first = _in_common(names)
    last = _in_common([name[first:][::-1] for name in names])
    parts = [name[first : len(name) - last] for name in names]
    return [shortened(f"{'…' * (first > 0)}{part}{'…' * (last > 0)}", _LONGEST) for part in parts]


def _in_common(names: Sequence[str]) -> int:
    """Characters that all names begin with; 0 if that is all of one."""
    low, high = min(names), max(names)
    same = next((i for i, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
    return 0 if same == len(low) else same


class Place(NamedTuple):
    """Where a label is: the side of its point, (1, 0) for its right and (0, 1) for above it, and how far from it."""

    side: tuple[int, int]
    away: float


def place_labels(
    x: np.ndarray, y: np.ndarray, texts: Sequence[str], *, size: float, mark: float, plot: tuple[float, float]
) -> list[Place | None]:
    """Where to write a label beside each point.

    Parameters
    ----------
    x, y : (n,) float array
        Points, in the unit of `size` (such as pixels), from the plot's lower left.
    texts : sequence of str
    size : float
        Height of the letters.
    mark : float
        Diameter of the points.
    plot : (width, height)

    Returns
    -------
    list of Place or None
        As near as there is room that neither a point nor another label takes; None where there is none.
    """
    radius = mark / 2
    taken = np.column_stack([x - radius, y - radius, x + radius, y + radius])
    places: list[Place | None] = []
    for i, text in enumerate(texts):
        extent = (_EM * size * len(text), 1.2 * size)
        tries = ((Place(side, radius * far), side) for far in _DISTANCES for side in _SIDES)
        boxes = ((place, _box(x[i], y[i], side, place.away, extent)) for place, side in tries)
        free = next((found for found in boxes if _is_free(found[1], np.delete(taken, i, axis=0), plot)), None)
        places.append(free[0] if free else None)
        if free:
            taken = np.vstack([taken, free[1]])
    return places


def _box(x: float, y: float, side: tuple[int, int], away: float, extent: tuple[float, float]) -> np.ndarray:
    """Left, bottom, right and top of a label."""
    low = [at + away * to - size * (1 - to) / 2 for at, to, size in zip((x, y), side, extent, strict=True)]
    return np.array([*low, low[0] + extent[0], low[1] + extent[1]])


def _is_free(box: np.ndarray, taken: np.ndarray, plot: tuple[float, float]) -> bool:
    inside = (box[:2] >= 0).all() and (box[2:] <= plot).all()
    return bool(inside and not ((taken[:, :2] < box[2:]) & (taken[:, 2:] > box[:2])).all(axis=1).any())


def window_errors(traces, pressure: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean of reference and prediction, and their difference, of single windows.

    Parameters
    ----------
    traces : DataFrame
        ``traces`` of a judgement.
    pressure : str

    Returns
    -------
    middle, error : (n,) float arrays
        mmHg.
    """
    name = pressure.lower()
    reference, predicted = (traces[column].to_numpy(float) for column in (f"{name}_ref", name))
    return (reference + predicted) / 2, predicted - reference
