"""People hidden in the order: neighbours in a numbering who are more alike than chance."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cuffless.records.runs import split_numbers

LEAST_UNITS = 12
"""With fewer subjects nothing can be concluded."""
MOST_P, LEAST_CLOSER = 0.01, 0.1
"""Neighbours are alike from this p on, if they are closer by this share at least: in thousands of subjects every wave
in the pressures is significant."""
_PERMUTATIONS = 999
_UNITS_PER_DEGREE, _MOST_DEGREE = 20, 10
_PRESSURES = ("sbp", "dbp", "map")
_LABELS = (*_PRESSURES, "hr")
_SORTED = 0.9
_BATCH, _PAIRS = 2_000_000, 1_000_000
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Neighbours:
    """How alike neighbours in an order are."""

    units: int
    """Subjects."""
    order: str = ""
    """The order, in words: of those in which neighbours are alike the first, else that in which they are most alike;
    empty: not assessable."""
    p: float = np.nan
    """Probability, under permutation of the subjects, of neighbours at least as alike in any of the orders."""
    closer: float = np.nan
    """By which share their labels' ranks are closer than those of subjects in random order."""
    sbp: float = np.nan
    sbp_random: float = np.nan
    """`sbp`, `sbp_random`: Median difference of SBP in mmHg (of `pressure`, where there is no SBP): between neighbours,
    between any two subjects."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Tuple of (str, str): Neighbours, those who are most alike first."""
    problem: str = ""
    """Why it is not assessable."""
    pressure: str = "SBP"

    @property
    def alike(self) -> bool:
        """Whether neighbours are more alike than chance, and by how much it matters."""
        return bool(self.order) and self.p < MOST_P and self.closer >= LEAST_CLOSER

    def __str__(self) -> str:
        if not self.order:
            return self.problem
        return (
            f"neighbours in the {self.order} differ by {self.sbp:.1f} mmHg of {self.pressure} in the median, any two "
            f"of {self.units} subjects by {self.sbp_random:.1f} (p = {self.p:.3f})"
        )


def compare_neighbours(
    windows: pd.DataFrame, orders: Mapping[str, pd.Series] | None = None, *, seed: int = 0
) -> Neighbours:
    """Test whether subjects that follow each other in some order are more alike than chance.

    Parameters
    ----------
    windows : DataFrame
        One row per window: subject, record, at least one of sbp, dbp and map in mmHg, and hr where it is known.
    orders : mapping of str to Series, optional
        Position of each subject by order, besides that of their names (`name_order`).
    seed : int
        Seed of the permutations.

    Returns
    -------
    Neighbours

    Notes
    -----
    A subject's labels are the medians of its windows, in ranks. A slow drift along any of the orders (wards, seasons)
    is taken out by polynomials of one degree for 20 subjects, 10 at most. The statistic is the mean absolute difference
    between neighbours, over all labels, standardized by its permutations; it is compared with the least over all orders
    of each permutation, so that trying several orders makes nothing more likely to be found.
    """
    labels = _medians(windows)
    n = len(labels)
    if n < LEAST_UNITS:
        return Neighbours(n, problem=f"needs {LEAST_UNITS} subjects or more; there are {n}")
    ranks = _ranks(labels)
    if not ranks.size:
        return Neighbours(n, problem="all subjects have the same pressures")
    given = {**name_order(windows), **(orders or {})}
    placed = {name: _places(order, labels.index) for name, order in given.items()}
    placed = _distinct({name: at for name, at in placed.items() if at is not None and not _is_sorted(ranks, at)})
    if not placed:
        return Neighbours(n, problem="neither names nor rows have an order")
    observed, permuted = _distances(_levelled(ranks, placed.values()), list(placed.values()), seed)
    every = np.vstack((observed, permuted))
    centre, scale = every.mean(axis=0), every.std(axis=0)
    z = (every - centre) / np.where(scale > 0, scale, 1)
    p = (z.min(axis=1)[:, None] <= z[0] + 1e-12).mean(axis=0)
    closer = 1 - observed / permuted.mean(axis=0)
    # Of several orders in which neighbours are alike, the first: records are numbered by those who recorded them.
    alike = np.flatnonzero((p < MOST_P) & (closer >= LEAST_CLOSER))
    best = int(alike[0]) if len(alike) else int(np.argmin(z[0]))
    name = list(placed)[best]
    at = placed[name]
    pressure = next(name for name in _PRESSURES if name in labels)
    first = labels[pressure].to_numpy()
    pairs = list(pairwise(labels.index[at]))
    return Neighbours(
        units=n,
        order=name,
        p=float(p[best]),
        closer=float(closer[best]),
        sbp=float(np.median(np.abs(np.diff(first[at])))),
        sbp_random=_between_any(first, seed),
        pressure=pressure.upper(),
        pairs=tuple(pairs[step] for step in np.argsort(_steps(ranks[at]), kind="stable")),
    )


def name_order(windows: pd.DataFrame) -> dict[str, pd.Series]:
    """The order of names: by the numbers of records or subjects where they are one numbering, else by alphabet.

    Parameters
    ----------
    windows : DataFrame
        Columns subject and record.

    Returns
    -------
    dict of str to Series
        Position of each subject (that of its first record), by the name of the order.
    """
    named = windows[["subject", "record"]].drop_duplicates().astype(str)
    owners = named.groupby("subject")["subject"].first()
    numbers = {
        "record numbers": _by_number(named["record"]).groupby(named["subject"]).min(),
        "subject numbers": _by_number(owners),
    }
    for name, order in numbers.items():
        if order.notna().all():
            return {name: order}
    alphabet = sorted(owners.index, key=_natural)
    return {"alphabet of the subjects": pd.Series(np.arange(len(alphabet), dtype=float), alphabet)}


def pairs_across_sets(pairs: Sequence[tuple[str, str]], windows: pd.DataFrame) -> list[str]:
    """Neighbours with windows in different sets, as ``one and other``.

    Parameters
    ----------
    pairs : sequence of (str, str)
    windows : DataFrame
        Columns subject and subset.
    """
    rows = windows[["subject", "subset"]].drop_duplicates().astype(str)
    sets = rows.groupby("subject")["subset"].agg(frozenset)
    both = [pair for pair in pairs if pair[0] in sets and pair[1] in sets]
    return [f"{one} and {other}" for one, other in both if len(sets[one] | sets[other]) > 1]


def _medians(windows: pd.DataFrame) -> pd.DataFrame:
    known = [name for name in _LABELS if name in windows]
    subject = windows["subject"]
    if not isinstance(subject.dtype, pd.CategoricalDtype):  # categories differ as text does
        subject = subject.astype(str)
    medians = windows[known].groupby(subject, observed=True).median()
    medians.index = medians.index.astype(str)
    return medians.sort_index().dropna(axis="columns")


def _ranks(labels: pd.DataFrame) -> np.ndarray:
    """Standardized ranks, (subjects, labels); labels that are all alike are left out."""
    ranks = labels.rank().to_numpy(float)
    ranks = ranks[:, ranks.std(axis=0) > 0]
    return (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)


def _by_number(names: pd.Series) -> pd.Series:
    """Number of each name; missing unless all are of one numbering."""
    numbers = split_numbers(names)
    single = len(numbers) == names.nunique() and {numbering for numbering, _ in numbers.values()} == {""}
    return names.map({name: float(number) for name, (_, number) in numbers.items()} if single else {}).astype(float)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key that takes digits for numbers: r2 before r10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _NUMBER.split(name)]


def _places(order: pd.Series, subjects: pd.Index) -> np.ndarray | None:
    """Subjects' numbers in an order; None unless it knows them all."""
    order = order.reindex(subjects)
    return np.argsort(order.to_numpy(float), kind="stable") if order.notna().all() else None


def _is_sorted(ranks: np.ndarray, at: np.ndarray) -> bool:
    """Whether somebody sorted by a label."""
    position = np.linspace(-1, 1, len(at))
    return bool((np.abs(ranks[at].T @ position) > _SORTED * len(at) * position.std()).any())


def _distinct(placed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Orders that are neither those of others nor their reverse."""
    found: dict[str, np.ndarray] = {}
    for name, at in placed.items():
        if not any(np.array_equal(at, other) or np.array_equal(at, other[::-1]) for other in found.values()):
            found[name] = at
    return found


def _distances(ranks: np.ndarray, orders: list[np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean difference between neighbours by order, as observed (orders,) and permuted (permutations, orders)."""
    n = len(ranks)
    rng = np.random.default_rng(seed)
    permuted = []
    for size in np.diff(np.unique([*range(0, _PERMUTATIONS, max(1, _BATCH // ranks.size)), _PERMUTATIONS])):
        shuffled = rng.permuted(np.tile(np.arange(n), (size, 1)), axis=1)
        permuted.append(np.column_stack([_mean_step(ranks[shuffled[:, at]]) for at in orders]))
    return np.array([_mean_step(ranks[at]) for at in orders]), np.concatenate(permuted)


def _levelled(ranks: np.ndarray, orders: Iterable[np.ndarray]) -> np.ndarray:
    """Ranks without their slow drift along any order: of an order that jumps, it would look like likeness."""
    n = len(ranks)
    drifts = np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, n), min(n // _UNITS_PER_DEGREE, _MOST_DEGREE))
    trend = np.hstack([drifts[np.argsort(at)] for at in orders])
    return ranks - trend @ np.linalg.lstsq(trend, ranks, rcond=None)[0]


def _mean_step(values: np.ndarray) -> np.ndarray:
    """Mean of the steps between neighbours, of (..., subjects, labels)."""
    return _steps(values).mean(axis=-1)


def _steps(values: np.ndarray) -> np.ndarray:
    """Absolute difference between neighbours, over all labels."""
    return np.abs(np.diff(values, axis=-2)).mean(axis=-1)


def _between_any(values: np.ndarray, seed: int) -> float:
    """Median difference between any two, of a sample where there are very many."""
    n = len(values)
    if n * (n - 1) // 2 <= _PAIRS:
        one, other = np.triu_indices(n, 1)
    else:
        rng = np.random.default_rng([seed, 1])
        one = rng.integers(n, size=_PAIRS)
        other = (one + rng.integers(1, n, size=_PAIRS)) % n
    return float(np.median(np.abs(values[one] - values[other])))
