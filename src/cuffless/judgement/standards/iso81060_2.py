"""ISO 81060-2:2018, sphygmomanometers that measure now and then: three pairs per subject, two readings."""

from dataclasses import dataclass, replace

import numpy as np

from cuffless.errors import plural
from cuffless.judgement.standards.pairs import PAIRS, Timeline, lay_out, reference_around, three_pairs
from cuffless.judgement.standards.screening import (
    FAILS,
    NOT_ASSESSABLE,
    TOLERANCE,
    Coverage,
    Limits,
    Requirement,
    at_most,
    concluded,
    covered,
    enough,
    limited_pressures,
    shortage,
    telling_digits,
    unanswered,
)
from cuffless.judgement.table.predicted import Predicted

STANDARD = "ISO 81060-2:2018"
CUFF, INVASIVE = "cuff reference (clause 5)", "invasive reference (clause 6)"
LEAST_SUBJECTS, LEAST_PAIRS = 85, 255
PUBLISHED_INVASIVE = 35
"""Fewest patients of a published validation by clause 6: 35 and 36 in two modes of the EDAN elite V5 monitor."""
MEAN_ERROR, SD = 5.0, 8.0
CRITERION_2 = (
    *(6.95, 6.95, 6.95, 6.95, 6.93, 6.92, 6.91, 6.90, 6.89, 6.88),
    *(6.87, 6.86, 6.84, 6.82, 6.80, 6.78, 6.76, 6.73, 6.71, 6.68),
    *(6.65, 6.62, 6.58, 6.55, 6.51, 6.47, 6.43, 6.39, 6.34, 6.30),
    *(6.25, 6.20, 6.14, 6.09, 6.03, 5.97, 5.89, 5.83, 5.77, 5.70),
    *(5.64, 5.56, 5.49, 5.41, 5.33, 5.25, 5.16, 5.08, 5.01, 4.90),
    4.79,
)
"""Largest SD of the subjects' mean errors for |mean error| of 0.0, 0.1, ... 5.0 mmHg."""
CUFF_COVERAGE = {
    "SBP": (Coverage("<=", 100, 5), Coverage(">=", 160, 5), Coverage(">=", 140, 20)),
    "DBP": (Coverage("<=", 60, 5), Coverage(">=", 100, 5), Coverage(">=", 85, 20)),
}
INVASIVE_COVERAGE = {
    "SBP": (Coverage("<=", 100, 10), Coverage(">=", 160, 10)),
    "DBP": (Coverage("<=", 70, 10), Coverage(">=", 85, 10)),
}
SEX_PERCENT = 30
REFERENCE_SECONDS = 30.0
_SEXES = {"f": "female", "m": "male"}
_DISPUTED = (
    f"by secondary sources, which is disputed: a published validation by this clause had {PUBLISHED_INVASIVE} patients "
    "(EDAN elite V5)"
)


@dataclass(frozen=True)
class Pairs:
    """Pairs of s subjects, three each: references and errors (s, 3, pressures) in mmHg, subjects' positions (s,)."""

    reference: np.ndarray
    error: np.ndarray
    owner: np.ndarray


def criterion_2_limit(mean_error: float) -> float:
    """Largest standard deviation of the subjects' mean errors that criterion 2 allows.

    Parameters
    ----------
    mean_error : float
        Mean error of all pairs, mmHg; its size rounded to 0.1 counts, halves upwards.

    Returns
    -------
    float
        mmHg; NaN above 5.0, where none is allowed.

    Notes
    -----
    ISO 81060-2:2018, clause 5.2, criterion 2; numbers from secondary sources. They are the SD at which a normal error
    with this mean has a probability of 85 % to be within 10 mmHg.
    """
    if not np.isfinite(mean_error):
        return np.nan
    step = int(np.floor(abs(mean_error) * 10 + 0.5 + TOLERANCE))
    return CRITERION_2[step] if step < len(CRITERION_2) else np.nan


def screen_iso81060_2(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Screen three pairs per subject against ISO 81060-2:2018, with a cuff and with an invasive reference.

    Takes accepted pressures of the configuration (mmHg) as `limits`; returns rows of the screen, for each reading and
    pressure.

    Notes
    -----
    Clauses 5.1 and 5.2 (cuff), 6.1 and 6.2 (invasive); numbers from secondary sources. Errors are prediction less
    reference. In the invasive reading the reference is the mean over 30 s; an error is 0 within one SD of it, and
    else counted from the nearer end of that range, and criterion 2 is not required. How many subjects clause 6 asks for
    is disputed: secondary sources give 85, a published validation had `PUBLISHED_INVASIVE`. From so many on its
    criterion is compared, but with fewer than 85 the reading as a whole stays not assessable. Coverage counts the
    pairs' references. Sex is asked for in the first reading: known women and men must each be 30 % of all subjects.
    """
    timeline = lay_out(predicted)
    pairs = three_pairs(predicted, timeline)
    rows = timeline.order[pairs]
    cuff = Pairs(predicted.reference[rows], predicted.error[rows], predicted.owner[rows[:, 0]])
    invasive, untold = _invasive_pairs(predicted, timeline, pairs)
    found = []
    for p, pressure in limited_pressures(predicted):
        found += concluded(STANDARD, CUFF, pressure, _cuff(cuff, p, pressure, limits, predicted.sex))
        found += concluded(STANDARD, INVASIVE, pressure, _invasive(invasive, p, pressure, limits, untold))
    return found


def _invasive_pairs(predicted: Predicted, timeline: Timeline, pairs: np.ndarray) -> tuple[Pairs, str]:
    """Pairs whose reference is known over 30 s, and why others are not."""
    mean, sd = reference_around(predicted, timeline, pairs, REFERENCE_SECONDS)
    told = np.isfinite(mean).all(axis=(1, 2))
    mean, sd, rows = mean[told], sd[told], timeline.order[pairs[told]]
    deviation = predicted.prediction[rows] - mean
    error = np.sign(deviation) * np.maximum(np.abs(deviation) - sd, 0)
    why = ""
    if not told.all():
        lengths = np.isfinite(predicted.seconds).any()
        cause = "windows around theirs are missing" if lengths else "the windows' lengths are not known"
        who = f"{(~told).sum()} of {plural(len(told), 'subject')} with three windows"
        why = f"the reference over {REFERENCE_SECONDS:g} s is not known for {who}: {cause}"
    return Pairs(mean, error, predicted.owner[rows[:, 0]]), why


def _cuff(pairs: Pairs, p: int, pressure: str, limits: Limits | None, sex: np.ndarray | None) -> list[Requirement]:
    numbers = _numbers("5.1", pairs, "subjects with three distinct windows")
    short = shortage(*numbers)
    means = pairs.error[..., p].mean(axis=1)
    return [
        *numbers,
        *_coverage("5.1", CUFF_COVERAGE[pressure], pairs.reference[..., p], pressure, limits),
        *(_sex_share(letter, sex, pairs.owner) for letter in _SEXES),
        *_criterion_1("5.2 criterion 1", pairs, p, short),
        _criterion_2(means, short),
    ]


def _invasive(pairs: Pairs, p: int, pressure: str, limits: Limits | None, untold: str) -> list[Requirement]:
    """Requirements with an arterial line; `untold`: why the reference of some subjects is not known."""
    subjects, count = _numbers(
        "6.1", pairs, f"subjects with three windows whose reference is known over {REFERENCE_SECONDS:g} s"
    )
    few = len(pairs.owner) < PUBLISHED_INVASIVE
    if shortage(subjects):
        reasons = (f"{subjects.reason} {_DISPUTED}", _computed(pairs, p), untold)
        subjects = replace(subjects, reason="; ".join(filter(None, reasons)))
    return [
        subjects,
        count,
        *_coverage("6.1", INVASIVE_COVERAGE[pressure], pairs.reference[..., p], pressure, limits),
        *_criterion_1("6.2 criterion 1", pairs, p, shortage(subjects, count) if few else ""),
    ]


def _computed(pairs: Pairs, p: int) -> str:
    """Mean and SD of the errors, in words."""
    error = pairs.error[..., p].ravel()
    if error.size < 2:
        return ""
    return f"computed here: mean error {error.mean():.2f}, SD {error.std(ddof=1):.2f} mmHg"


def _numbers(clause: str, pairs: Pairs, subjects: str) -> list[Requirement]:
    s = len(pairs.owner)
    return [enough(clause, subjects, s, LEAST_SUBJECTS), enough(clause, "pairs", PAIRS * s, LEAST_PAIRS)]


def _coverage(
    clause: str, needed: tuple[Coverage, ...], reference: np.ndarray, pressure: str, limits: Limits | None
) -> list[Requirement]:
    return [
        covered(
            clause,
            f"pairs with {pressure} {one.side} {one.bound:g}",
            int(one.met_by(reference).sum()),
            reference.size,
            one.percent,
            of="pairs",
            never=one.cut_by(pressure, limits),
        )
        for one in needed
    ]


def _sex_share(letter: str, sex: np.ndarray | None, owner: np.ndarray) -> Requirement:
    quantity = f"{_SEXES[letter]} subjects"
    known = np.asarray([] if sex is None else sex, dtype=object)
    if not np.isin(known, list(_SEXES)).any():
        why = "no column sex" if sex is None else "sex of no subject is known"
        return Requirement("5.1", f"{quantity}, %", np.nan, f">= {SEX_PERCENT} %", NOT_ASSESSABLE, why)
    own = known[owner]
    unknown = int((~np.isin(own, list(_SEXES))).sum())
    never = f"sex of {unknown} is not known" if unknown else ""
    return covered("5.1", quantity, int((own == letter).sum()), len(own), SEX_PERCENT, of="subjects", never=never)


def _criterion_1(clause: str, pairs: Pairs, p: int, short: str) -> list[Requirement]:
    error = pairs.error[..., p].ravel()
    mean = error.mean() if error.size else np.nan
    sd = error.std(ddof=1) if error.size > 1 else np.nan
    return [
        at_most(clause, "mean error of the pairs", mean, MEAN_ERROR, either_way=True, short=short),
        at_most(clause, "SD of the pairs' errors", sd, SD, short=short),
    ]


def _criterion_2(means: np.ndarray, short: str) -> Requirement:
    """`means`: mean error of each subject; their mean is that of the pairs, since each subject has three."""
    clause, quantity = "5.2 criterion 2", "SD of the subjects' mean errors"
    mean = means.mean() if means.size else np.nan
    sd = means.std(ddof=1) if means.size > 1 else np.nan
    limit = criterion_2_limit(mean)
    if np.isfinite(limit):
        return at_most(clause, quantity, sd, limit, short=short, detail=f"at a mean error of {_mean_told(mean)} mmHg")
    none = f"none above a mean error of {MEAN_ERROR} mmHg"
    if short or not np.isfinite(mean):
        return unanswered(clause, quantity, short or "no pairs", value=sd, limit=none)
    return Requirement(
        clause, quantity, float(sd), none, FAILS, f"mean error {mean:.3f} mmHg: above {MEAN_ERROR} no SD is allowed"
    )


def _mean_told(mean: float) -> str:
    """A mean error with so many digits that it is rounded to the same tenth as itself."""
    step = np.floor(abs(mean) * 10)
    return f"{mean:.{telling_digits(mean, f'{(step + 0.5) / 10:.2f}', 2)}f}"
