"""Records that are copies of records of another set, however their signal was treated on the way.

More noise, a later start, a low-pass filter or a stretched clock make a copy less like its original than two windows of
strangers are. No single window proves such a copy. But a copied record agrees with its original window after window,
in the same order in time, and those of strangers do not: they are alike at any times.

A window is described by the roots of the magnitudes of its lowest frequencies: these know neither its sign nor a small
shift, and little of noise. Some windows of each record are compared with all windows of the larger sets by these
numbers, which is a product of matrices; the nearest few are compared by their correlation at the best lag; what remains
is counted by pairs of records; and of pairs that agree all windows are compared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import poisson

from cuffless.designs.duplicates.stored import StoredSet, open_sets

COLUMNS = ("subset", "record", "other", "other_record", "windows", "of", "correlation", "inverted", "later")
LEAST_CORRELATION = 0.98
"""Of a window with its copy, at the best lag and below the highest frequency."""
LEAST_WINDOWS = 4
"""Fewer windows in the same order prove nothing."""
MOST_P = 1e-9
"""Probability below which windows are not in the same order by chance; there are many pairs of records."""
MOST_LAG = 0.064
"""In beats (in s for windows of fixed seconds): eight samples at 125 Hz."""
MOST_STRETCH = 0.012
"""Share by which the clock of a copy may differ."""
_HIGHEST = 3  # per beat, or Hz: whatever keeps a pulse keeps these
_TOLERANCE = 0.5  # s
_QUERIES, _INDEXED = 1024, 8192  # windows compared at a time
_NEAREST = 4
_PROBES = 32  # windows of a record that are compared with everybody's


def copied_records(manifest: pd.DataFrame, stores: Mapping[str, str | Path]) -> pd.DataFrame:
    """Pairs of records of two sets whose windows agree in the same order.

    Parameters
    ----------
    manifest : DataFrame
        ``subset, position, record, start`` (s).
    stores : mapping of str to path
        Materialized sets by name.

    Returns
    -------
    DataFrame
        `COLUMNS`: set and name of both records; how many windows agree in the same order, of how many that the first
        has in its set; the median of their correlations; whether the copy is inverted; by how many seconds it starts
        later. A record's windows in another set, which some splits share by design, are not given.

    Raises
    ------
    ValueError
        If windows of the sets differ in length.

    Notes
    -----
    Two sets hold the same part of a copied record only as far as both were drawn from it.
    """
    sets = open_sets(stores)
    spectra = {one.name: _spectra(one) for one in sets}
    places = {name: own.sort_values("position") for name, own in manifest.groupby("subset", observed=True)}
    found = []
    for number, index in enumerate(sets[:-1]):
        others = _Windows(index, spectra[index.name], places[index.name])
        for query in sets[number + 1 :]:
            mine = _Windows(query, spectra[query.name], places[query.name])
            rows = [row for pair in _probable(mine, others) for row in _agreeing(mine.of(pair[0]), others.of(pair[1]))]
            found += [(query.name, row[0], index.name, *row[1:]) for row in rows]
    return pd.DataFrame(found, columns=list(COLUMNS))


class _Windows:
    """Windows of a set, or some of them: their spectra, records and starts."""

    def __init__(self, stored: StoredSet, spectra: np.ndarray, places: pd.DataFrame):
        self.stored, self.spectra = stored, spectra
        self.record, self.start = places["record"].astype(str).to_numpy(), places["start"].to_numpy(float)
        self.places = places

    def some(self, which: np.ndarray) -> "_Windows":
        return _Windows(self.stored, self.spectra[which], self.places[which])

    def of(self, record: str) -> "_Windows":
        return self.some(self.record == record)

    def probes(self) -> "_Windows":
        """The first windows of each record; sets are in a random order."""
        return self.some((self.places.groupby("record", observed=True).cumcount() < _PROBES).to_numpy())


def _probable(mine: _Windows, others: _Windows) -> list[tuple[str, str]]:
    """Pairs of records of which some windows agree in the same order."""
    return [(row[0], row[1]) for row in _agreeing(mine.probes(), others)]


def _agreeing(mine: _Windows, others: _Windows) -> list[tuple]:
    """Pairs of records whose windows agree in the same order, as in `COLUMNS` but for the sets."""
    at, other, correlation = _alike(mine, others)
    pairs = pd.DataFrame(
        {
            "position": at,
            "other_position": other,
            "correlation": correlation,
            "record": mine.record[at],
            "start": mine.start[at],
            "other_record": others.record[other],
            "other_start": others.start[other],
        }
    )
    pairs = pairs[pairs["record"] != pairs["other_record"]]
    sizes = pd.Series(mine.record).value_counts()
    return [row for _, both in pairs.groupby(["record", "other_record"]) for row in _in_one_order(both, sizes)]


def _spectra(windows: StoredSet) -> np.ndarray:
    """Lowest frequencies of all windows, tapered, of unit norm: (n, frequencies)."""
    length = windows.length
    highest = int(np.ceil(_HIGHEST * length / windows.samples_per_beat))
    angles = 2 * np.pi * np.outer(np.arange(length), np.arange(1, highest + 1)) / length
    # A product of matrices is many times as fast as a Fourier transform of which few frequencies are used.
    waves = np.hanning(length)[:, None] * np.hstack([np.cos(angles), -np.sin(angles)])
    waves = (waves - waves.mean(axis=0)).astype(np.float32)  # so that no window's mean counts
    parts = []
    for _, block in windows.blocks():
        real, imaginary = np.hsplit(block.astype(np.float32) @ waves, 2)
        spectrum = real + 1j * imaginary
        norm = np.linalg.norm(spectrum, axis=1, keepdims=True)
        parts.append(np.divide(spectrum, norm, out=np.zeros_like(spectrum), where=norm > 0))
    return np.concatenate(parts)


def _alike(mine: _Windows, others: _Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows that correlate, at their best lag, with one of the others nearest by magnitude; and by how much."""
    length, most = mine.stored.length, int(np.ceil(MOST_LAG * mine.stored.samples_per_beat))
    angles = 2 * np.pi * np.outer(np.arange(1, mine.spectra.shape[1] + 1), np.arange(-most, most + 1)) / length
    turns = np.exp(1j * angles).astype(np.complex64)
    parts = [np.empty((3, 0))]
    for at, other in _nearest(_shape(mine.spectra), _shape(others.spectra)):
        products = ((mine.spectra[at] * others.spectra[other].conj()) @ turns).real
        best = products[np.arange(len(at)), np.abs(products).argmax(axis=1)]
        near = np.abs(best) >= LEAST_CORRELATION
        parts.append(np.stack([at[near], other[near], best[near]]))
    at, other, correlation = np.concatenate(parts, axis=1)
    return at.astype(np.int64), other.astype(np.int64), correlation


def _shape(spectra: np.ndarray) -> np.ndarray:
    """Roots of the magnitudes, of unit norm: a stretched or clipped pulse keeps its small frequencies better."""
    roots = np.sqrt(np.abs(spectra))
    norm = np.linalg.norm(roots, axis=1, keepdims=True)
    return np.divide(roots, norm, out=np.zeros_like(roots), where=norm > 0)


def _nearest(mine: np.ndarray, others: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of windows, and of those that are nearest to them in each part of the others."""
    for first in range(0, len(mine), _QUERIES):
        some = mine[first : first + _QUERIES]
        best, likeness = [], []
        for begin in range(0, len(others), _INDEXED):
            product = some @ others[begin : begin + _INDEXED].T
            at = product.argmax(axis=1)
            best.append(begin + at)
            likeness.append(product[np.arange(len(some)), at])
        rank = np.argsort(-np.stack(likeness, axis=1), axis=1)[:, :_NEAREST]
        nearest = np.take_along_axis(np.stack(best, axis=1), rank, axis=1)
        yield np.repeat(np.arange(first, first + len(some)), nearest.shape[1]), nearest.ravel()


def _in_one_order(pairs: pd.DataFrame, sizes: pd.Series) -> Iterator[tuple]:
    """The pair of records, if its windows agree in the same order in time more often than by chance."""
    if len(pairs) < LEAST_WINDOWS:
        return
    start, other = pairs["start"].to_numpy(float), pairs["other_start"].to_numpy(float)
    later = other - start
    allowed = _TOLERANCE + MOST_STRETCH * np.abs(start[:, None] - start)
    agree = np.abs(later[:, None] - later) <= allowed
    same = agree & (pairs["correlation"].to_numpy()[:, None] * pairs["correlation"].to_numpy() > 0)
    anchor = int(same.sum(axis=1).argmax())
    kept = pairs[same[anchor]].drop_duplicates("position").drop_duplicates("other_position")
    span = max(np.ptp(start), np.ptp(other), 2 * _TOLERANCE)
    chance = float(np.minimum(2 * allowed[anchor] / span, 1).sum())
    if len(kept) < LEAST_WINDOWS or len(pairs) * poisson.sf(len(kept) - 2, chance) > MOST_P:
        return
    record, correlation = pairs["record"].iloc[0], float(kept["correlation"].median())
    yield (
        record,
        pairs["other_record"].iloc[0],
        len(kept),
        int(sizes[record]),
        abs(correlation),
        correlation < 0,
        float(np.median(later[same[anchor]])),
    )
