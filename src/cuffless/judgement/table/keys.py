"""Rows as single numbers, which are equal where the rows are."""

import numpy as np


def hashed(*columns: np.ndarray) -> np.ndarray:
    """One 64-bit number for each row of several columns of whole numbers, by the mixing function of SplitMix64."""
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        key = (key ^ column.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return key


def recurring(keys: np.ndarray) -> np.ndarray:
    """Which keys, numbers of 64 bits, occur several times: (n,) bool."""
    near = np.flatnonzero(crowded(keys))
    some = keys[near]
    ordered = np.sort(some)  # many times as fast as the order of the keys, or as counting unique ones
    found = np.zeros(len(keys), bool)
    found[near] = among(some, ordered[1:][ordered[1:] == ordered[:-1]])
    return found


def crowded(keys: np.ndarray) -> np.ndarray:
    """Which keys, numbers of 64 bits, may occur several times, since their hash begins as another's does: (n,) bool.

    It takes a third of the time of sorting, and leaves a fifth to be sorted where all are different.
    """
    bits = (keys + keys.dtype.type(0)).view(np.uint64)  # -0.0 is 0.0
    place = (bits * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(62 - len(keys).bit_length())).view(np.int64)
    return np.bincount(place)[place] > 1


def among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which keys are among those in `known`, which is sorted: (n,) bool."""
    if not len(known):
        return np.zeros(len(keys), bool)
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
