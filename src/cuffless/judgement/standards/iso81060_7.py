"""ISO 81060-7, cuffless devices that measure now and then: in development."""

from cuffless.judgement.standards.screening import Limits, concluded, limited_pressures, unanswered
from cuffless.judgement.table.predicted import Predicted

STANDARD, READING = "ISO 81060-7", "in development"


def screen_iso81060_7(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Report that there is nothing yet to compare with, whatever the predictor; rows for each pressure.

    Notes
    -----
    IEC 62D/2175/NP, "Non-invasive sphygmomanometers, Part 7: Clinical performance verification of intermittent or
    repeated intermittent cuffless measurement type" (standardsdevelopment.bsigroup.com); no numbers are public.
    """
    why = "the standard is in development and no limits are public"
    row = unanswered("all", "requirements", why)
    return [
        one for _, pressure in limited_pressures(predicted) for one in concluded(STANDARD, READING, pressure, [row])
    ]
