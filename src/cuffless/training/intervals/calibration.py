"""Conformal calibration of a network's intervals on its validation people."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cuffless.config import IntervalOptions
from cuffless.conformal import interval, person_quantile, persons_needed
from cuffless.options import Options, option
from cuffless.training.intervals.difficulty import CLUES, Difficulty, fit_difficulty, held_out_difficulty

PRESSURES = ("sbp", "dbp")
LIMITS = ("sbp_lo", "sbp_hi", "dbp_lo", "dbp_hi")
"""Columns of a prediction table, in mmHg."""
_LOWER, _UPPER = ["sbp_lo", "dbp_lo"], ["sbp_hi", "dbp_hi"]
_NARROWEST = 0.1  # mmHg: least half-width of quantile outputs that a width is measured in


class Intervals(Options):
    """What turns a network's outputs into intervals; saved with the network."""

    level: float = option(..., gt=0, lt=1)
    """Share of a person's windows that they hold, averaged over people."""
    method: Literal["plain", "scaled"]
    quantile: tuple[float, float]
    """Of SBP and DBP: mmHg (`plain`), or multiples of the difficulty (`scaled`)."""
    persons: int = option(..., ge=1)
    windows: int = option(..., ge=1)
    """`persons`, `windows`: With which they were calibrated."""
    new_people: bool
    """Whether none of these persons was in the training set."""
    difficulty: Difficulty | None = None
    """For `scaled`, of networks without quantile outputs."""

    def limits(self, predictions: pd.DataFrame) -> pd.DataFrame:
        """Limits of a new person's windows.

        Parameters
        ----------
        predictions : DataFrame
            ``sbp, dbp`` in mmHg, ``hr`` in bpm; the columns `LIMITS` if the network has quantile outputs.

        Returns
        -------
        DataFrame
            `LIMITS` in mmHg, with the index of `predictions`; the prediction lies between them.
        """
        prediction = predictions[list(PRESSURES)].to_numpy(float)
        lower, upper = _outer(predictions)
        difficulty = _widths(predictions) if self.difficulty is None else self.difficulty.of(_clues(predictions))
        if self.method == "plain":
            difficulty = np.ones_like(prediction)
        quantile = np.asarray(self.quantile)
        below, above = interval(lower, quantile, difficulty)[0], interval(upper, quantile, difficulty)[1]
        columns = dict(zip(_LOWER, np.fmin(below, prediction).T, strict=True))
        columns |= dict(zip(_UPPER, np.fmax(above, prediction).T, strict=True))
        return pd.DataFrame(columns, index=predictions.index)[list(LIMITS)]

    def holds(self) -> str:
        """For whom the intervals hold, as a sentence."""
        share = f"{100 * self.level:g} %"
        if not self.new_people:
            return (
                f"The intervals hold {share} of a person's windows on average, for people whose other windows the "
                f"network was trained on, as the {self.persons} of its validation set; not for a new person."
            )
        return (
            f"The intervals hold {share} of a new person's windows on average, for SBP and for DBP, if the person "
            f"comes from the same population as the {self.persons} people of the validation set."
        )


@dataclass(frozen=True)
class Calibration:
    """A prediction table with its intervals, or why it has none."""

    table: pd.DataFrame
    """With `LIMITS` on test rows, or without these columns."""
    intervals: Intervals | None
    reason: str = ""
    """Why there are none."""

    def described(self) -> dict:
        """What the run file and the model's metadata hold, as JSON values."""
        return {"reason": self.reason} if self.intervals is None else self.intervals.model_dump(mode="json")


def calibrate(table: pd.DataFrame, options: IntervalOptions) -> Calibration:
    """Calibrate intervals on the validation rows of a prediction table, and add them to its test rows.

    Parameters
    ----------
    table : DataFrame
        ``subset, subject, sbp_ref, dbp_ref, sbp, dbp, hr``, and `LIMITS` if the network has quantile outputs;
        predictions on rows of the subsets val and test.
    options : IntervalOptions

    Returns
    -------
    Calibration
        Without intervals if they are switched off, or there are too few validation people for the level.

    Notes
    -----
    The score of a window is how far its reference lies outside of the quantile outputs, negative inside (Romano,
    Patterson & Candes 2019, "Conformalized quantile regression"), or else its absolute error; divided by the
    difficulty for `scaled` (Lei et al. 2018, section 5.2). Scores are of people that no fit of the difficulty has seen.
    """
    bare = table.drop(columns=list(LIMITS), errors="ignore")
    val = table[(table["subset"] == "val") & table[list(PRESSURES)].notna().all(axis=1)]
    persons = val["subject"].nunique()
    if reason := _why_none(persons, options):
        return Calibration(bare, None, reason)
    owner = pd.factorize(val["subject"])[0]
    reference = val[["sbp_ref", "dbp_ref"]].to_numpy(float)
    lower, upper = _outer(val)
    scores = np.maximum(lower - reference, reference - upper)
    difficulty, widths = None, np.ones_like(scores)
    if options.method == "scaled" and LIMITS[0] in val:
        widths = _widths(val)
    elif options.method == "scaled":
        difficulty = fit_difficulty(_clues(val), scores, owner)
        widths = held_out_difficulty(_clues(val), scores, owner)
    quantile = [person_quantile(score, owner, options.level) for score in (scores / widths).T]
    intervals = Intervals(
        level=options.level,
        method=options.method,
        quantile=tuple(quantile),
        persons=persons,
        windows=len(val),
        new_people=not val["subject"].isin(table.loc[table["subset"] == "train", "subject"]).any(),
        difficulty=difficulty,
    )
    test = table["subset"] == "test"
    return Calibration(bare.assign(**intervals.limits(table[test]).reindex(table.index)), intervals)


def _why_none(persons: int, options: IntervalOptions) -> str:
    if options.method == "none":
        return "intervals.method is none"
    if persons >= (needed := persons_needed(options.level)):
        return ""
    return (
        f"intervals at {100 * options.level:g} % need {needed} people in the validation set, and it has {persons}: "
        "add subjects, raise their share (splits.fractions), or lower intervals.level"
    )


def _outer(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper quantile outputs, (n, 2) each; the prediction where there are none."""
    if LIMITS[0] not in predictions:
        prediction = predictions[list(PRESSURES)].to_numpy(float)
        return prediction, prediction
    return predictions[_LOWER].to_numpy(float), predictions[_UPPER].to_numpy(float)


def _widths(predictions: pd.DataFrame) -> np.ndarray:
    """Half the distance between quantile outputs, (n, 2)."""
    lower, upper = _outer(predictions)
    return np.maximum((upper - lower) / 2, _NARROWEST)


def _clues(predictions: pd.DataFrame) -> np.ndarray:
    return predictions[list(CLUES)].to_numpy(float)
