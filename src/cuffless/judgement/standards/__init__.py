"""Standards for blood-pressure devices as numerical screens of predictions, one module per standard.

Retrospective data cannot certify a device: the protocols ask for readings taken on purpose, from people chosen for
it. The screens report whether the numbers of a standard hold, fail, or cannot be assessed because the data do not
cover what it requires. Numbers come from secondary sources, not from the standards' own text.
"""

import pandas as pd

from cuffless.judgement.names import PRESSURES
from cuffless.judgement.standards import bhs, esh2023, fda2026, ieee1708, iso81060_2, iso81060_3, iso81060_7
from cuffless.judgement.standards.screening import (
    CANNOT_CERTIFY,
    COLUMNS,
    NOT_ASSESSABLE,
    NOT_RECOMMENDED,
    OVERALL,
    Limits,
    concluded,
    limited_pressures,
    unanswered,
)
from cuffless.judgement.table.predicted import Predicted

MEANING: dict[str, str] = {
    iso81060_2.STANDARD: (
        "For cuffs that measure now and then: over three readings of each of 85 people, errors must be small on "
        "average and spread little, among all readings and from person to person. Here three windows per subject take "
        "the place of the readings, by the rules for a cuff as reference and by those for an arterial line; even if "
        "the numbers hold, it is not a clinical investigation."
    ),
    bhs.STANDARD: (
        "Grades by how many errors are within 5, 10 and 15 mmHg, over all pressures and in low, middle and high ones; "
        "A and B are what was recommended for clinical use. Here all windows take the place of three readings of "
        "each person, so that long recordings weigh more, and the grade says nothing about following changes."
    ),
    ieee1708.STANDARD: (
        "For wearable cuffless devices: a grade by the mean absolute difference, one number per device; D fails. It "
        "does not show that changes within a person are followed: where pressures differ little, a constant prediction "
        "has a good grade."
    ),
    ieee1708.AMENDMENT: (
        "The amendment asks for 85 people, 26 women and 26 men among them, whose pressure has changed since "
        "calibration, far enough in both directions; "
        "without calibration rows it cannot be assessed. It requires that changes occur in the data, which does "
        "not show that they were predicted."
    ),
    iso81060_3.STANDARD: (
        "For continuous measurement: bias and spread of many errors of few people, corrected for how alike the errors "
        "of one person are; the trend reading takes each person's own offset away first. Manoeuvres, artefacts and "
        "time since calibration, which an investigation looks at too, are not in the screen."
    ),
    fda2026.STANDARD: (
        "A draft for cuffless devices: the same limits at rest, after changes of pressure, and "
        "at the end of the time for which a calibration is claimed to hold, in 85 people of varied age, sex, body mass "
        "index and skin. The numbers come from two pages about the draft; where a limit is not public, the row gives "
        "what the table holds and no verdict."
    ),
    esh2023.STANDARD: (
        "The European Society of Hypertension describes six tests of cuffless devices; which are needed depends on the "
        "device. The screen counts the people with whom the table could answer each test. As their limits are "
        "not public, none is assessed."
    ),
    iso81060_7.STANDARD: (
        "The standard for cuffless devices that measure now and then is being written. Until its limits are public, no "
        "table can be compared with them."
    ),
}
"""What each standard's screen means, and what it does not mean."""

_NEEDS_BOTH = "needs SBP and DBP"
_SCREENS = (
    iso81060_2.screen_iso81060_2,
    bhs.screen_bhs,
    ieee1708.screen_ieee1708,
    iso81060_3.screen_iso81060_3,
    fda2026.screen_fda2026,
    esh2023.screen_esh2023,
    iso81060_7.screen_iso81060_7,
)


def screen_standards(predicted: Predicted, *, limits: Limits | None = None) -> pd.DataFrame:
    """Screen one predictor against the standards.

    Parameters
    ----------
    predicted : Predicted
        Its test windows.
    limits : mapping of pressure to (low, high), optional
        Accepted SBP and DBP of the configuration in mmHg, such as ``{"SBP": (75, 165), "DBP": (40, 80)}``. Where they
        cut off a range that a standard asks for, its reason says so.

    Returns
    -------
    DataFrame
        One row per requirement, and one ``overall``, for each standard, reading and pressure: ``standard, reading,
        clause, pressure, quantity, value`` (a number or a grade), ``limit`` (text), ``verdict`` (``holds``, ``fails``,
        ``not assessable``), ``reason``. Overall, a standard is not assessable where coverage or the number of subjects
        or pairs is missing, even if its criteria hold, and where SBP or DBP is. MAP has no limits, and rows only where
        it is alone.

    Notes
    -----
    ISO 81060-2:2018, BHS 1993, IEEE 1708-2014 and 1708a-2019, ISO 81060-3:2022, the FDA's draft guidance of 2026, ESH
    2023 and ISO 81060-7; numbers from secondary sources.
    """
    known = [pressure for _, pressure in limited_pressures(predicted)]
    if not known:
        return _without_limits(predicted)
    rows = [row for screen in _SCREENS for row in screen(predicted, limits)]
    if known != list(PRESSURES):
        for row in rows:
            if row["clause"] == OVERALL:
                row |= {
                    "verdict": NOT_ASSESSABLE,
                    "reason": f"{_NEEDS_BOTH}: there is only {known[0]}. {row['reason']}",
                }
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _without_limits(predicted: Predicted) -> pd.DataFrame:
    """Rows for a table without SBP and DBP: no standard can be assessed."""
    [pressure] = predicted.pressures
    rows = []
    for standard in MEANING:
        missing = unanswered("pressures", "SBP and DBP", f"{_NEEDS_BOTH}: there is only {pressure}", limit="both")
        rows += concluded(standard, "all windows", pressure, [missing])
    return pd.DataFrame(rows, columns=list(COLUMNS))


__all__ = ["CANNOT_CERTIFY", "MEANING", "NOT_RECOMMENDED", "screen_standards"]
