"""Likely columns of a file for what its names leave open, as a proposal that the user can paste."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from cuffless.judgement.names import PRESSURES
from cuffless.judgement.table.columns import numbers
from cuffless.judgement.table.headers.words import EITHER, PREDICTION, REFERENCE, Recognized, read_header

PLACEHOLDER = "THEIR_NAME"
"""In place of a column that nothing in the file looks like."""
_USUAL_NAMES = {
    "subject": ("subject_id", "patient_id", "patient", "participant", "case_id", "person", "user_id"),
    REFERENCE: ("{}_ref", "{}_true", "true_{}", "{}_label", "ref_{}"),
    PREDICTION: ("{}", "{}_pred", "pred_{}", "{}_est", "{}_hat"),
}
_LIKELY_SUBJECTS = re.compile(
    r"(?:.*[\W_])?(?:id|ids|uid|user|name|file|filename|case|stay)(?:[\W_].*)?", re.IGNORECASE
)
_NEAR = 0.75
_LEAST_SBP = 100.0  # mmHg; a median above it is rather one of SBP than of the other pressures


def propose(recognized: Recognized, table: pd.DataFrame, wanted: Sequence[str]) -> dict[str, str]:
    """The likeliest column for each of some names, a placeholder where there is none.

    Parameters
    ----------
    recognized : Recognized
    table : DataFrame
        The file.
    wanted : sequence of str
        Names of columns here.

    Returns
    -------
    dict of str to str
        Columns of the file by their names here; only one pressure where the file has only one.
    """
    by_role = roles_alone(recognized, table)
    if by_role:
        wanted = [name for name in wanted if name in by_role or name == "subject"]
    proposed: dict[str, str] = {}
    for name in wanted:
        likely = [by_role[name]] if name in by_role else fitting(name, recognized, list(map(str, table)))
        left = [theirs for theirs in likely if theirs not in proposed.values()]
        proposed[name] = left[0] if left else PLACEHOLDER
    return proposed


def fitting(name: str, recognized: Recognized, found: Sequence[str]) -> list[str]:
    """Columns that a name may mean, the likeliest first.

    Parameters
    ----------
    name : str
        Of a column here.
    recognized : Recognized
    found : sequence of str
        Columns of the file.
    """
    if name in recognized.doubts:
        return recognized.doubts[name]
    free = [theirs for theirs in found if theirs not in recognized.columns.values()]
    if name == "subject":
        plain = [theirs for theirs in free if not (header := read_header(theirs)).pressure and not header.role]
        near = _near(_USUAL_NAMES["subject"], plain)
        records = [recognized.columns[one] for one in ("record",) if one in recognized.columns]
        return near or records or [theirs for theirs in plain if _LIKELY_SUBJECTS.fullmatch(theirs)]
    role = REFERENCE if name.endswith("_ref") else PREDICTION
    pressure = name.removesuffix("_ref").upper()
    own = [header for header in recognized.headers if header.pressure == pressure and header.role in (role, EITHER)]
    own.sort(key=lambda header: header.role != role)
    if own:
        return [header.name for header in own if header.role == own[0].role]
    usual = [text.format(pressure.lower()) for text in _USUAL_NAMES[role]]
    return _near(usual, [theirs for theirs in free if read_header(theirs).pressure in ("", pressure)])


def _near(names: Sequence[str], left: Sequence[str]) -> list[str]:
    """Columns whose names are nearly one of the usual ones: misspelled."""
    plain = {theirs.casefold(): theirs for theirs in left}
    near = [plain[found] for name in names for found in get_close_matches(name, plain, n=1, cutoff=_NEAR)]
    return list(dict.fromkeys(near))[:1]


def roles_alone(recognized: Recognized, table: pd.DataFrame) -> Mapping[str, str]:
    """Columns such as ``y_true, y_pred``, or ``y_true_0, y_true_1`` and so on, by the pressures that they may be."""
    alone = [header for header in recognized.headers if header.role and not header.pressure]
    sides = [[header.name for header in alone if header.role == role] for role in (REFERENCE, PREDICTION)]
    if recognized.pressures or len(sides[0]) != len(sides[1]) or not 0 < len(sides[0]) <= len(PRESSURES):
        return {}
    medians = [_median(table[name]) for name in sides[0]]
    order = sorted(range(len(medians)), key=lambda at: -medians[at])
    pressures = list(PRESSURES) if len(order) > 1 else ["SBP" if medians[0] > _LEAST_SBP else "DBP"]
    found: dict[str, str] = {}
    for pressure, at in zip(pressures, order, strict=True):
        found |= {f"{pressure.lower()}_ref": sides[0][at], pressure.lower(): sides[1][at]}
    return found


def _median(column: pd.Series) -> float:
    values = numbers(column)[0]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0
