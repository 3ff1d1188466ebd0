"""On whom a network was trained and tested, as saved with it, and what may be expected of it on new people."""

import numpy as np
import pandas as pd

from cuffless.config.arms import People, stamp
from cuffless.errors import plural
from cuffless.options import Options, option
from cuffless.training.intervals import LIMITS

_REFERENCE, _PREDICTION = ["sbp_ref", "dbp_ref"], ["sbp", "dbp"]
Pair = tuple[float, float]


class Tested(Options):
    """Errors on test windows, as means over subjects."""

    subjects: int = option(..., ge=1)
    windows: int = option(..., ge=1)
    """`subjects`, `windows`: In the test set."""
    known: int = option(..., ge=0)
    """Subjects among them who were in training, too."""
    mae: Pair
    """Mean absolute error of SBP and DBP in mmHg."""
    mean_mae: Pair
    """The same of always predicting the mean of the training labels."""
    held: Pair | None = None
    """Share of a subject's references that lie in the intervals, SBP and DBP; None without intervals."""


class Origin(Options):
    """On whom a network was trained and tested."""

    dataset: str = option(..., max_length=200)
    people: People
    """Whether they are simulated."""
    subjects: int = option(..., ge=1)
    windows: int = option(..., ge=1)
    """`subjects`, `windows`: In the training set."""
    tested: Tested | None = None
    """None if no test window was predicted."""

    def trained_on(self) -> str:
        """On whom it was trained, as a sentence."""
        return f"The network was trained on {plural(self.subjects, 'subject')} ({stamp(self.dataset, self.people)})."

    def error(self) -> str:
        """What it is worth on people that it has not seen, as sentences."""
        if self.tested is None:
            return "It was not tested: its error on new people is unknown."
        tested = self.tested
        people = plural(tested.subjects, "subject")
        whose = f"On {people} that it had never seen,"
        if tested.known == tested.subjects:
            whose = f"On {people} that it knew from training (its error on new people is unknown),"
        elif tested.known:
            whose = f"On {people}, {tested.known:,} of them known from training,"
        sentence = (
            f"{whose} its mean absolute error was {_pair(tested.mae)} mmHg in SBP and DBP; always predicting the "
            f"mean of its training labels gave {_pair(tested.mean_mae)} mmHg."
        )
        if tested.held is not None:
            sbp, dbp = (f"{100 * share:.0f}" for share in tested.held)
            sentence += f" Its intervals held {sbp} % and {dbp} % of their windows."
        return sentence


def describe_origin(table: pd.DataFrame, *, dataset: str, people: People) -> Origin:
    """Describe on whom a network was trained, and its errors on test windows.

    Parameters
    ----------
    table : DataFrame
        All windows of a split: ``subset, subject, sbp_ref, dbp_ref, sbp, dbp``, pressures in mmHg, predictions on test
        rows, and their limits if there are intervals; as `calibrate` returns it.
    dataset : str
    people : str
        Whether they are simulated, as from `cuffless.config.arms.people_in`.

    Returns
    -------
    Origin
        Every subject has the same weight in errors.

    Raises
    ------
    ValueError
        If there are no training rows.
    """
    training = table[table["subset"] == "train"]
    if not len(training):
        raise ValueError(f"{dataset}: the table of predictions has no training rows")
    test = table[(table["subset"] == "test") & table[_PREDICTION].notna().all(axis=1)]
    return Origin(
        dataset=dataset,
        people=people,
        subjects=training["subject"].nunique(),
        windows=len(training),
        tested=_tested(test, training) if len(test) else None,
    )


def _tested(test: pd.DataFrame, training: pd.DataFrame) -> Tested:
    reference = test[_REFERENCE].to_numpy(float)
    mean = training[_REFERENCE].to_numpy(float).mean(axis=0)
    held = None
    if LIMITS[0] in test and test[list(LIMITS)].notna().all(axis=None):
        lower, upper = (test[[f"sbp_{end}", f"dbp_{end}"]].to_numpy(float) for end in ("lo", "hi"))
        held = _over_subjects((lower <= reference) & (reference <= upper), test)
    return Tested(
        subjects=test["subject"].nunique(),
        windows=len(test),
        known=len(set(test["subject"]) & set(training["subject"])),
        mae=_over_subjects(np.abs(test[_PREDICTION].to_numpy(float) - reference), test),
        mean_mae=_over_subjects(np.abs(mean - reference), test),
        held=held,
    )


def _over_subjects(values: np.ndarray, test: pd.DataFrame) -> Pair:
    """Mean over subjects of each subject's mean; values (n, 2)."""
    sbp, dbp = pd.DataFrame(values.astype(float)).groupby(test["subject"].to_numpy()).mean().mean()
    return float(sbp), float(dbp)


def _pair(values: Pair) -> str:
    return f"{values[0]:.1f} and {values[1]:.1f}"
