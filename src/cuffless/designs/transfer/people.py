"""Sampling the few people of another data set on whom a network's outputs are fitted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.designs.design import DesignError


def sample_people(manifest: pd.DataFrame, people: int, *, seed: Sequence[int], name: str) -> np.ndarray:
    """Draw training people of a data set; nobody who validates or tests is ever among them.

    Parameters
    ----------
    manifest : DataFrame
        Of a split that divides people: columns subset and subject, one row per window.
    people : int
        How many.
    seed : sequence of int
    name : str
        Of the data set, in messages.

    Returns
    -------
    (people,) array of str
        In ascending order.

    Raises
    ------
    DesignError
        If the split has fewer training people.
    """
    training = np.unique(manifest.loc[manifest["subset"] == "train", "subject"].astype(str))
    if len(training) < people:
        raise DesignError(
            f"{name}: external.people is {people}, but its split has {len(training)} training people; lower it, or "
            "give training a larger part of splits.fractions"
        )
    return np.sort(np.random.default_rng(list(seed)).choice(training, people, replace=False))
