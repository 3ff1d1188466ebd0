"""Near-duplicate signals between the sets of a split, found with an index and not by comparing all pairs.

Two windows of unit norm that correlate by r lie ``sqrt(2 (1 - r))`` apart, and a projection on orthonormal axes takes
them no farther apart. So the windows of one set are projected on the axes along which windows differ most; a tree of
these points is asked for the neighbours of each window of another set, which is shifted in small steps besides; and
only neighbours are compared sample by sample.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.designs.duplicates.stored import READ_ROWS, StoredSet, open_sets
from cuffless.signals.shifts import STEP, Projection, Shifts

COLUMNS = ("subset", "position", "other", "other_position", "correlation", "shift")

_SLACK = 0.001  # between two steps a copy may lose this much, so neighbours are candidates this far below the threshold
_AXES = 32  # hold all but 0.004 of the variance of simulated windows
_NEIGHBOURS = 4


def near_duplicates(stores: Mapping[str, str | Path], *, threshold: float, every: bool = False) -> pd.DataFrame:
    """Windows that have a copy in another set: rescaled, quantized again, a little noisy or a little shifted.

    Parameters
    ----------
    stores : mapping of str to path
        Materialized sets by name: ``ppg`` (n, samples), in an order that has nothing to do with the signal.
    threshold : float
        Least correlation of a copy, at the best shift up to `MOST_SHIFT` either way.
    every : bool
        Give all copies of a window that are among the nearest windows, not the best alone.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: set and position of a window, set and position of its nearest copy in each other, larger set,
        their correlation, and the shift in beats of the copy against the window.

    Raises
    ------
    ValueError
        If windows of the sets differ in length.

    Notes
    -----
    Memory holds `_AXES` numbers for each window of the larger set, and the windows that have candidates. A shift of up
    to half a window, as between two cuts of one recording, is not looked for.
    """
    sets = open_sets(stores)
    found = []
    for number, index in enumerate(sets[:-1]):
        shifts = Shifts(index.length, index.samples_per_beat)
        search = _Index(index, shifts, np.sqrt(2 * (1 - threshold + _SLACK)))
        for query in sets[number + 1 :]:
            pairs = _verified(search.candidates(query), index, query, shifts)
            pairs = pairs[pairs["correlation"] >= threshold]
            found.append(pairs if every else pairs.drop_duplicates("position"))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def _main_axes(windows: np.ndarray, number: int) -> np.ndarray:
    """Orthonormal axes along which windows differ most."""
    from scipy.sparse.linalg import eigsh

    gram = windows.T @ windows
    if len(gram) <= 4 * number or not gram.any():
        return np.linalg.eigh(gram)[1][:, : -number - 1 : -1]
    start = np.random.default_rng(0).standard_normal(len(gram))
    return eigsh(gram, k=number, v0=start)[1]  # a tenth of the time


class _Index:
    """The windows of a set as points, with a search for neighbours."""

    def __init__(self, windows: StoredSet, shifts: Shifts, radius: float):
        from scipy.spatial import cKDTree

        self.shifts, self.radius = shifts, radius
        points = np.empty((len(windows), min(_AXES, len(shifts.inner))))
        _, some = next(windows.blocks())  # sets are in a random order, so the first block stands for all
        axes = _main_axes(shifts.still(some), points.shape[1])
        for first, block in windows.blocks():
            points[first : first + len(block)] = shifts.still(block, np.float32) @ axes.astype(np.float32)
        self.project, self.tree = Projection(shifts, axes), cKDTree(points)

    def candidates(self, query: StoredSet) -> pd.DataFrame:
        """Of each window of another set the nearest few of this one: position, other_position, steps."""
        parts = [np.empty((4, 0))]
        for first, block in query.blocks():
            # All shifts of a window in turn: they lie in the same part of the tree.
            points = self.project(block)
            distance, other = self.tree.query(
                points.reshape(-1, points.shape[-1]), k=_NEIGHBOURS, distance_upper_bound=self.radius
            )
            place, rank = np.nonzero(np.isfinite(distance))
            row, shift = np.divmod(place, points.shape[1])
            parts.append(np.stack([distance[place, rank], first + row, other[place, rank], shift - self.shifts.most]))
        distance, position, other, steps = np.concatenate(parts, axis=1)
        table = pd.DataFrame({"position": position, "other_position": other, "steps": steps}).astype(np.int64)
        nearest = table.assign(distance=distance).sort_values("distance", kind="stable")
        nearest = nearest.drop_duplicates(["position", "other_position"])
        return nearest.groupby("position").head(_NEIGHBOURS).drop(columns="distance")


def _verified(candidates: pd.DataFrame, index: StoredSet, query: StoredSet, shifts: Shifts) -> pd.DataFrame:
    """Correlation of candidates at their best shift; of each window the best first."""
    candidates = candidates.sort_values("position", kind="stable")
    mine, own_row = np.unique(candidates["position"], return_inverse=True)
    others, other_row = np.unique(candidates["other_position"], return_inverse=True)
    parts = []
    if len(mine):
        windows, other_windows = query.rows(mine), index.rows(others)
        for first in range(0, len(mine), READ_ROWS):
            begin, end = np.searchsorted(own_row, (first, first + READ_ROWS))
            moved = shifts.of(windows[first : first + READ_ROWS])
            still = shifts.still(other_windows[other_row[begin:end]])
            steps = candidates["steps"].to_numpy()[begin:end]
            around = np.empty((3, end - begin))
            for step in range(-shifts.most - 1, shifts.most + 2):
                beside = np.flatnonzero(np.abs(steps - step) <= 1)
                if len(beside):
                    units = moved(step)[own_row[begin:end][beside] - first]
                    around[step - steps[beside] + 1, beside] = np.einsum("ij,ij->i", units, still[beside])
            parts.append(_peak(around))
    best, peak = np.concatenate([np.empty((2, 0)), *parts], axis=1)
    table = candidates.assign(
        subset=query.name, other=index.name, correlation=best, shift=(candidates["steps"] + peak) * STEP
    )
    order = np.lexsort((-table["correlation"], table["position"]))
    return table.iloc[order][list(COLUMNS)]


def _peak(around: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Height and place of the parabola through three correlations a step apart, (3, n)."""
    low, middle, high = around
    bend = np.minimum(low - 2 * middle + high, -1e-12)
    place = np.clip((low - high) / (2 * bend), -1, 1)
    height = middle - 0.25 * (low - high) * place
    return np.minimum(np.maximum(height, around.max(axis=0)), 1.0), place
