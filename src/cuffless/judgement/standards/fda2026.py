"""FDA, draft guidance of 23 January 2026 on cuffless devices: three tests of accuracy, and who must take part."""

import numpy as np

from cuffless.judgement.standards.ieee1708 import CHANGES
from cuffless.judgement.standards.pairs import lay_out, three_pairs
from cuffless.judgement.standards.screening import (
    Limits,
    Requirement,
    at_most,
    concluded,
    covered,
    enough,
    limited_pressures,
    shortage,
    unanswered,
)
from cuffless.judgement.table.circumstances import REST
from cuffless.judgement.table.people import TONES
from cuffless.judgement.table.predicted import Predicted

STANDARD, READING = "FDA draft guidance 2026", "draft of 23 January 2026"
LEAST_SUBJECTS = 85
MEAN_ERROR, SD = 5.0, 8.0
TONE_PERCENT = 25
TONE_GROUPS = ((1, 4), (5, 7), (8, 10))
"""Tones of the Monk scale. The sources name no groups; these are of the FDA's draft on pulse oximeters of 2025."""
_STATIC, _CHANGE, _STABLE, _PEOPLE = "static accuracy", "BP change", "stability over the calibration period", "people"


def screen_fda2026(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Compare a predictor with the numbers of the FDA's draft guidance on cuffless devices.

    `limits` are not needed: the sources name no pressures to be covered. Returns rows of the screen, for each pressure.

    Notes
    -----
    "Cuffless Non-invasive Blood Pressure Measuring Devices: Clinical Performance Testing and Evaluation", draft of 23
    January 2026; numbers from two secondary pages (medenvoyglobal.com, parameterslab.com): a mean error within 5.0 and
    an SD below 8.0 mmHg in each of three tests, 85 subjects, variety of age, sex and body mass index, and at least
    25 % of subjects in each group of the Monk scale of skin tones.

    Readings chosen here. Static accuracy: three windows at rest of each subject, as in ISO 81060-2. BP change: of each
    subject the window that is furthest from its calibration, if its pressure changed by as much as the outer ranges of
    IEEE 1708a (15 mmHg SBP, 10 DBP). Stability: each subject's last window after calibration; the period for which a
    calibration is claimed to hold is not in a table, so that this is never assessed.
    """
    rows = []
    people = _people(predicted)
    static, why = _three_at_rest(predicted)
    for p, pressure in limited_pressures(predicted):
        quantity = "subjects with three windows" + ("" if why else " at rest")
        tests = _test(_STATIC, quantity, static[..., p], why)
        tests += [*_change(predicted, p, pressure), *_stability(predicted, p)]
        rows += concluded(STANDARD, READING, pressure, [*tests, *people])
    return rows


def _three_at_rest(predicted: Predicted) -> tuple[np.ndarray, str]:
    """Errors of three windows of each subject, (s, 3, pressures) mmHg, and why they are not known to be at rest."""
    why = ""
    if predicted.condition is None:
        why = "no column condition, so that it is not known who was at rest"
    else:
        predicted = predicted.take(predicted.condition == REST)
    timeline = lay_out(predicted)
    pairs = timeline.order[three_pairs(predicted, timeline)]
    return predicted.error[pairs], why


def _change(predicted: Predicted, p: int, pressure: str) -> list[Requirement]:
    least = CHANGES[pressure][-2]
    quantity = f"subjects whose {pressure} changed by {least} mmHg or more"
    if predicted.calibration is None or not np.isfinite(predicted.calibration[:, p]).any():
        return _test(_CHANGE, quantity, np.empty((0, 1)), "no calibration rows")
    change = np.abs(predicted.reference[:, p] - predicted.calibration[predicted.owner, p])
    # Rounded, since a change of just so much must not depend on the last bits of the calibration's mean.
    furthest = _greatest(np.round(change, 6), predicted.owner)
    changed = furthest[np.round(change[furthest], 6) >= least]
    return _test(_CHANGE, quantity, predicted.error[changed, p][:, None])


def _stability(predicted: Predicted, p: int) -> list[Requirement]:
    quantity = "subjects with windows after their calibration"
    if predicted.since is None:
        return _test(_STABLE, quantity, np.empty((0, 1)), "no calibration rows with times")
    last = _greatest(predicted.since, predicted.owner)
    minutes = np.median(predicted.since[last]) / 60
    why = (
        "how long a calibration is claimed to hold is in no column; these windows are "
        f"{minutes:.0f} min after it (median)"
    )
    return _test(_STABLE, quantity, predicted.error[last, p][:, None], why)


def _greatest(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Position of each subject's greatest value, the first of equal ones; of subjects that have any."""
    known = np.flatnonzero(np.isfinite(values))
    values, owner = values[known], owner[known]
    first = np.flatnonzero(np.diff(owner, prepend=-1))  # owners ascend
    if not len(first):
        return known
    greatest = np.maximum.reduceat(values, first)
    at = np.flatnonzero(values == np.repeat(greatest, np.diff(first, append=len(owner))))
    return known[at[np.diff(owner[at], prepend=-1) > 0]]


def _test(clause: str, quantity: str, error: np.ndarray, why: str = "") -> list[Requirement]:
    """Requirements of one test; `error`: (subjects, windows) in mmHg; `why`: why it cannot be assessed."""
    subjects = enough(clause, quantity, len(error), LEAST_SUBJECTS)
    if why and not len(error):
        subjects = unanswered(clause, quantity, why, value=0, limit=subjects.limit)
    short = "; ".join(dict.fromkeys(filter(None, (why, shortage(subjects)))))
    pooled = error.ravel()
    mean = pooled.mean() if pooled.size else np.nan
    sd = pooled.std(ddof=1) if pooled.size > 1 else np.nan
    return [
        subjects,
        at_most(clause, f"mean error, {clause}", mean, MEAN_ERROR, either_way=True, short=short),
        at_most(clause, f"SD of errors, {clause}", sd, SD, strictly=True, short=short),
    ]


def _people(predicted: Predicted) -> list[Requirement]:
    """Who was tested, as far as columns tell it."""
    tested = predicted.counts > 0
    return [
        _spread("age", "years", predicted.age, tested),
        _sexes(predicted.sex, tested),
        _spread("bmi", "kg/m2", predicted.bmi, tested),
        *_tones(predicted.skin_tone, tested),
    ]


def _spread(name: str, unit: str, values: np.ndarray | None, tested: np.ndarray) -> Requirement:
    quantity, limit = f"subjects whose {name} is known", "a variety, in no public numbers"
    if values is None:
        return unanswered(_PEOPLE, quantity, f"no column {name}", limit=limit)
    known = values[tested & np.isfinite(values)]
    if not len(known):
        return unanswered(_PEOPLE, quantity, f"{name} of no subject is known", value=0, limit=limit)
    low, high = np.percentile(known, (5, 95))
    why = f"{name} from {low:.0f} to {high:.0f} {unit} (5 to 95 %), but how much variety is asked for is not public"
    return unanswered(_PEOPLE, quantity, why, value=len(known), limit=limit)


def _sexes(sex: np.ndarray | None, tested: np.ndarray) -> Requirement:
    quantity, limit = "subjects whose sex is known", "a variety, in no public numbers"
    if sex is None:
        return unanswered(_PEOPLE, quantity, "no column sex", limit=limit)
    known = np.asarray(sex, dtype=object)[tested]
    women, men = int((known == "f").sum()), int((known == "m").sum())
    why = f"{women} women and {men} men, but which shares are asked for is not public"
    return unanswered(_PEOPLE, quantity, why, value=women + men, limit=limit)


def _tones(tone: np.ndarray | None, tested: np.ndarray) -> list[Requirement]:
    names = [f"subjects with skin tone {low} to {high} of the Monk scale" for low, high in TONE_GROUPS]
    if tone is None or not np.isfinite(tone[tested]).any():
        why = "no column skin_tone" if tone is None else "skin_tone of no subject is known"
        return [unanswered(_PEOPLE, f"{name}, %", why, limit=f">= {TONE_PERCENT} %") for name in names]
    own = tone[tested]
    unknown = int(np.isnan(own).sum())
    never = f"skin_tone of {unknown} is not known" if unknown else ""
    ends = [*(low for low, _ in TONE_GROUPS), TONES[1] + 1]  # a tone between two raters' counts in the lighter group
    return [
        covered(
            _PEOPLE, name, int(((own >= low) & (own < high)).sum()), len(own), TONE_PERCENT, of="subjects", never=never
        )
        for name, low, high in zip(names, ends[:-1], ends[1:], strict=True)
    ]
