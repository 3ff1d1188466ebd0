"""Age, sex, body mass index and pulse rate of a prediction table, as baselines and standards need them."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.errors import some_of
from cuffless.judgement.table.columns import lines, numbers, texts, values_of
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.sexes import read_sex

AGES = (0.0, 120.0)
BMIS = (8.0, 100.0)
"""Possible body mass indices of living people, newborns included, kg/m2."""
_WEIGHTS_FROM = 45.0  # kg/m2; few groups of people have a greater median
_RATES = (20.0, 250.0)  # bpm
_APART = {"age": (20.0, "years"), "bmi": (15.0, "kg/m2"), "skin_tone": (1.0, "steps")}
"""By how much the values of one person may differ."""
_TWO = "if two people share this name, give each their own"
_AGE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)[ -]*"
    r"(?:(?P<y>y|yr|yrs|year|years|a|j|jahre|ans|años)|(?P<m>m|mo|mon|month|months)|(?P<w>w|wk|weeks?)|(?P<d>d|days?))?"
    r"(?: ?old)?"
)
_TONE = re.compile(r"(?:monk(?: skin tone)?|mst)?[ _.-]*(?P<tone>\d{1,2})(?:\.0*)?")
TONES = (1, 10)
"""Lightest and darkest tone of the Monk scale."""
_DICOM_MONTHS = re.compile(r"\d{3}m")
_YEARS = {"m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_ABOVE = re.compile(
    r"(?:(?P<over>>|over |above )|>=|≥)? *(?P<number>\d{2,3}) *(?P<plus>\+|and over|and above|or older)?"
)
_OLDEST_GROUP = 85  # a group without an upper end spans few years from this age on


def know_people(
    rows: pd.DataFrame, codes: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Convert age, sex, body mass index and pulse rate of a table to the form that baselines and standards need.

    Parameters
    ----------
    rows : DataFrame
        With ``subject``, the rows' ``_line`` and ``_file``, and any of ``age, sex, bmi, skin_tone, hr``, which are
        changed in place: years, ``f`` or ``m``, kg/m2, Monk scale, bpm; missing where they are not known.
    codes : mapping of str to str
        From `read_sex_codes`; empty if the user gave none.
    columns : mapping of str to str
        Names of columns in the files, where they differ from the names here.

    Returns
    -------
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If a column of ages, sexes, body mass indices or skin tones holds values, but no valid one.
    """
    if codes and "sex" not in rows:
        raise PredictionError("--sex: there is no column sex; if it has another name, pass --column sex=THEIR_NAME")
    warnings, notes = [], []
    for name, read in (
        ("sex", lambda: read_sex(rows, codes, columns.get("sex", "sex"))),
        ("age", lambda: read_age(rows)),
        ("bmi", lambda: read_bmi(rows)),
        ("skin_tone", lambda: read_skin_tone(rows)),
    ):
        if name in rows:
            rows[name], doubts, assumed = read()
            warnings += doubts
            notes += assumed
    doubts, assumed = agree_by_subject(rows)
    return [*warnings, *doubts, *_impossible_rates(rows)], [*notes, *assumed]


def _impossible_rates(rows: pd.DataFrame) -> list[str]:
    """Remove impossible pulse rates, unless the whole column has another unit, which a regression can use as well."""
    if "hr" not in rows:
        return []
    outside = (rows["hr"] < _RATES[0]) | (rows["hr"] > _RATES[1])
    if not outside.any():
        return []
    warning = f"hr is outside {_RATES[0]:g} to {_RATES[1]:g} bpm in {lines(rows, outside)}"
    warning += f": {values_of(rows['hr'], outside)}"
    if outside.sum() > rows["hr"].notna().sum() / 2:
        return [f"{warning}; check the column and its unit"]
    rows.loc[outside, "hr"] = np.nan
    return [f"{warning}; it counts as unknown there"]


def read_age(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Ages of a table.

    Parameters
    ----------
    rows : DataFrame
        With the column ``age`` (numbers, ``65 y``, DICOM's ``065Y``, ``90+``) and the rows' ``_line`` and ``_file``.

    Returns
    -------
    age : (n,) float array
        Years; NaN where the age is unknown or impossible.
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If no value of the column is an age.
    """
    held = texts(rows["age"], names=False)
    known = {text: _years(text) for text in held.unique()}
    age = np.array([known[text][0] for text in held], float)
    odd = np.isnan(age) & held.ne("").to_numpy()
    if odd.any() and np.isnan(age).all():
        raise PredictionError(
            f"column age holds {values_of(held, odd)} in {lines(rows, odd)}, which is not an age; give years (for a "
            "group its middle), or leave the column out: --without age"
        )
    warnings, notes = [], []
    if odd.any():
        warnings.append(
            f"age {values_of(held, odd)} in {lines(rows, odd)} is not a number of years and counts as unknown; give "
            "years, for a group its middle"
        )
    outside = (age < AGES[0]) | (age > AGES[1])
    if outside.any():
        warnings.append(
            f"age is outside {AGES[0]:g} to {AGES[1]:g} years in {lines(rows, outside)}: "
            f"{values_of(held, outside)}; it counts as unknown there; {_age_remedy(float(np.median(age[outside])))}"
        )
    open_end = np.array([known[text][1] for text in held], bool)
    if open_end.any():
        notes.append(f"age {values_of(held, open_end)} in {lines(rows, open_end)}: the lowest age of the group is used")
    age[outside] = np.nan
    return age, warnings, notes


def read_bmi(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Body mass indices of a table.

    Parameters
    ----------
    rows : DataFrame
        With the column ``bmi`` and the rows' ``_line`` and ``_file``.

    Returns
    -------
    bmi : (n,) float array
        kg/m2; NaN where it is unknown or impossible.
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If the column has values, but none of them is possible.
    """
    bmi, odd = numbers(rows["bmi"])
    outside = (bmi < BMIS[0]) | (bmi > BMIS[1])
    wrong = odd | outside
    possible = f"a body mass index of {BMIS[0]:g} to {BMIS[1]:g} kg/m2"
    if wrong.any() and not (np.isfinite(bmi) & ~outside).any():
        raise PredictionError(
            f"column bmi holds {values_of(rows['bmi'], wrong)} in {lines(rows, wrong)}, which is not {possible}; give "
            "weight in kg over the square of height in m, or leave the column out: --without bmi"
        )
    bmi[outside] = np.nan
    warnings = []
    if wrong.any():
        warnings = [
            f"bmi {values_of(rows['bmi'], wrong)} in {lines(rows, wrong)} is not {possible} and counts as unknown"
        ]
    of_people = pd.Series(bmi).groupby(rows["subject"].to_numpy()).median()
    if (middle := of_people.median()) > _WEIGHTS_FROM:
        warnings.append(
            f"the median bmi of the subjects is {middle:.0f} kg/m2; if these are weights, divide them by the square of "
            "the height in m, or leave the column out: --without bmi"
        )
    return bmi, warnings, []


def read_skin_tone(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Skin tones of a table on the Monk scale.

    Parameters
    ----------
    rows : DataFrame
        With the column ``skin_tone`` (``3``, ``MST 3``, ``Monk 03``) and the rows' ``_line`` and ``_file``.

    Returns
    -------
    tone : (n,) float array
        1 to 10; NaN where it is not known.
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If the column has values, but none of them is a tone of the Monk scale.
    """
    held = texts(rows["skin_tone"], names=False)
    tone = held.map({text: _tone(text) for text in held.unique()}).to_numpy(float)
    odd = np.isnan(tone) & held.ne("").to_numpy()
    if not odd.any():
        return tone, [], []
    scale = f"the Monk scale ({TONES[0]} to {TONES[1]})"
    what = f"skin_tone {values_of(held, odd)} in {lines(rows, odd)} is not a tone of {scale}"
    if np.isnan(tone).all():
        raise PredictionError(
            f"column {what}; other scales have no exact counterpart on it: leave the column out: --without skin_tone"
        )
    return tone, [f"{what} and counts as unknown"], []


def _tone(text: str) -> float:
    match = _TONE.fullmatch(text.casefold())
    return float(match["tone"]) if match and TONES[0] <= int(match["tone"]) <= TONES[1] else np.nan


def _years(text: str) -> tuple[float, bool]:
    """An age in years (NaN if the text is not an age), and whether it is the lower end of an open group."""
    try:
        return (value if np.isfinite(value := float(text)) else np.nan), False
    except ValueError:
        pass
    text = text.casefold()
    if match := _AGE.fullmatch(text):
        unit = next((unit for unit in _YEARS if match[unit]), "")
        if match["m"] == "m" and not _DICOM_MONTHS.fullmatch(text):  # 65M may be a man's age
            return np.nan, False
        return float(match["number"].replace(",", ".")) * _YEARS.get(unit, 1.0), False
    match = _ABOVE.fullmatch(text)
    if match and int(match["number"]) >= _OLDEST_GROUP:
        return float(match["number"]) + bool(match["over"]), True
    return np.nan, False


def _age_remedy(middle: float) -> str:
    if 250 <= middle <= 330:
        return "MIMIC writes ages above 89 as about 300: give 90, or leave these cells empty"
    if 1850 <= middle <= 2100:
        return "if these are years of birth, give the age"
    if middle < 0 or middle in (777, 888, 999, 9999):
        return "if these mark missing ages, leave the cells empty"
    return "if these are months or days, give years"


def agree_by_subject(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Give all rows of a subject the same age, sex, body mass index and skin tone; unknown if they differ.

    Parameters
    ----------
    rows : DataFrame
        With ``subject``, the rows' ``_line`` and ``_file``, and any of ``age, sex, bmi, skin_tone``, which are
        changed.

    Returns
    -------
    warnings, notes : list of str
    """
    warnings, notes = [], []
    if "sex" in rows:
        subject = rows["subject"].astype(object)
        sexes = rows[rows["sex"].ne("")].groupby("subject")["sex"]
        both = rows["subject"].isin(_where(sexes.min() != sexes.max()))
        if both.any():
            warnings.append(
                f"sex of subject {_first_subjects(rows, both)} is f and m in {lines(rows, both)} and counts as "
                f"unknown; {_TWO}"
            )
        known = subject.map(sexes.first()).where(~both).fillna("")
        if (filled := rows["sex"].eq("") & known.ne("")).any():
            notes.append(f"sex is not given in {lines(rows, filled)}: taken from the subject's other rows")
        rows["sex"] = known.astype(object)
    for name in _APART:
        if name in rows:
            doubts, assumed = _agree_number(rows, name)
            warnings += doubts
            notes += assumed
    return warnings, notes


def _agree_number(rows: pd.DataFrame, name: str) -> tuple[list[str], list[str]]:
    """Give rows without a number the median of their subject; remove numbers that are too far apart for one person."""
    warnings, notes = [], []
    most, unit = _APART[name]
    held = rows.groupby("subject")[name]
    spread = held.max() - held.min()
    apart = rows["subject"].isin(_where(spread > most))
    if apart.any():
        warnings.append(
            f"{name} of subject {_first_subjects(rows, apart)} differs by up to {spread.max():.0f} {unit} in "
            f"{lines(rows, apart)} and counts as unknown; {_TWO}"
        )
    rows.loc[apart, name] = np.nan
    known = rows["subject"].astype(object).map(held.median()).where(~apart)
    if (filled := rows[name].isna() & known.notna()).any():
        notes.append(f"{name} is not given in {lines(rows, filled)}: taken from the subject's other rows")
        rows[name] = rows[name].fillna(known)
    return warnings, notes


def _where(which: pd.Series) -> list:
    return which.index[which].tolist()


def _first_subjects(rows: pd.DataFrame, which: pd.Series) -> str:
    return some_of(rows.loc[which, "subject"].unique(), most=3, limit=80)
