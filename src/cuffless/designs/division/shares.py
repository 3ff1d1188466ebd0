"""Dividing in given proportions."""

import numpy as np


def shares(n: int, fractions) -> np.ndarray:
    """Whole numbers in given proportions, each at least 1 (largest remainder)."""
    exact = np.asarray(fractions) * n
    counts = np.maximum(np.floor(exact).astype(int), 1)
    while counts.sum() < n:
        counts[np.argmax(exact - counts)] += 1
    while counts.sum() > n:
        counts[np.argmax(counts)] -= 1
    return counts


def divide(values: np.ndarray, counts: np.ndarray, rng: np.random.Generator, *, stratified: bool) -> np.ndarray:
    """Divide units among sets at random.

    Parameters
    ----------
    values : (n,) float array
        Mean pressure of each unit.
    counts : (k,) int array
        Units of each set; their sum is n.
    rng : Generator
    stratified : bool
        Whether neighbours in `values` are shared out evenly among the sets.

    Returns
    -------
    (n,) int array
        Number of each unit's set, from 0.
    """
    if not stratified:
        return rng.permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(values)
    quota = np.arange(1, n + 1)[:, None] * counts / n
    given, sequence = np.zeros(len(counts)), np.empty(n, int)
    for i in range(n):
        sequence[i] = np.argmax(np.where(given < counts, quota[i] - given, -np.inf))
        given[sequence[i]] += 1
    block = int(np.ceil(n / counts.min()))
    for first in range(0, n, block):
        sequence[first : first + block] = rng.permutation(sequence[first : first + block])
    labels = np.empty(n, int)
    labels[np.argsort(values, kind="stable")] = sequence
    return labels
