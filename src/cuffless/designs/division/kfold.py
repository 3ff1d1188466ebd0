"""Who trains, validates and tests in each fold of a split that tests every subject once."""

import numpy as np
import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.design import DesignError
from cuffless.designs.division.shares import divide, shares

TRAIN, VAL, TEST = range(3)
_FOLDS = 4  # stream of random numbers; validation subjects have one per fold
_FEWEST = 4  # subjects: beside the half that at most test, one to train on and one to stop the training


def fold_sets(pressures: pd.Series, options: SplitOptions, fold: int, *, name: str) -> np.ndarray:
    """Divide subjects among the sets of one fold.

    Parameters
    ----------
    pressures : Series of float
        Mean SBP of each subject, mmHg, sorted by subject.
    options : SplitOptions
        Their ``folds, fractions, stratify`` and ``seed``.
    fold : int
        Number of the fold, from 1.
    name : str
        The split's name in messages.

    Returns
    -------
    (n,) int array
        `TRAIN`, `VAL` or `TEST` for each subject. Over all folds, each subject tests once; the numbers of test subjects
        differ by one at most.

    Raises
    ------
    DesignError
        If there are fewer subjects than folds, or too few to train and validate beside those that test.
    """
    n, stratified = len(pressures), options.stratify == "sbp"
    if n < (needed := max(options.folds, _FEWEST)):
        fewer = f"lower folds to {n} or less, " if n >= _FEWEST else ""
        raise DesignError(
            f"{name}: {options.folds} folds need at least {needed} subjects with windows, found {n}; {fewer}add "
            "records, loosen the rules under windows, or lower splits.min_windows"
        )
    values = pressures.to_numpy(float)
    counts = np.full(options.folds, n // options.folds)
    counts[: n % options.folds] += 1
    tested = divide(values, counts, np.random.default_rng([options.seed, _FOLDS]), stratified=stratified) == fold - 1
    sets = np.full(n, TEST)
    known = np.array(options.fractions[:2]) / sum(options.fractions[:2])
    rng = np.random.default_rng([options.seed, _FOLDS, fold])
    sets[~tested] = divide(values[~tested], shares(n - tested.sum(), known), rng, stratified=stratified)
    return sets
