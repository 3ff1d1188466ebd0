"""Rows as single numbers, which are equal where the rows are."""

import numpy as np
import pandas as pd


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
    """Which keys, numbers of any type, occur several times: (n,) bool."""
    return pd.Series(keys).duplicated(keep=False).to_numpy()  # much faster than the order of the keys


def among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which keys are among those in `known`: (n,) bool."""
    return pd.Series(keys).isin(known).to_numpy()
