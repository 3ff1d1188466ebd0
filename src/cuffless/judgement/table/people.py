"""What a prediction table tells of people: age, sex and pulse rate as baselines and standards take them."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.errors import some_of
from cuffless.judgement.table.columns import lines, texts, values_of
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.sexes import read_sex

AGES = (0.0, 120.0)
_RATES = (20.0, 250.0)  # bpm
_APART = 20.0  # years between ages of one person
_AGE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)[ -]*"
    r"(?:(?P<y>y|yr|yrs|year|years|a|j|jahre|ans|años)|(?P<m>m|mo|mon|month|months)|(?P<w>w|wk|weeks?)|(?P<d>d|days?))?"
    r"(?: ?old)?"
)
_DICOM_MONTHS = re.compile(r"\d{3}m")
_YEARS = {"m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_ABOVE = re.compile(
    r"(?:(?P<over>>|over |above )|>=|≥)? *(?P<number>\d{2,3}) *(?P<plus>\+|and over|and above|or older)?"
)
_OLDEST_GROUP = 85  # from here on a group without an upper end is nearly one age


def know_people(
    rows: pd.DataFrame, codes: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Write age, sex and pulse rate into a table as baselines and standards take them.

    Parameters
    ----------
    rows : DataFrame
        With ``subject``, the rows' ``_line`` and ``_file``, and those of ``age, sex, hr`` that there are, which are
        changed: years, ``f`` or ``m``, bpm; missing where they are not known.
    codes : mapping of str to str
        From `read_sex_codes`; empty where the user did not say.
    columns : mapping of str to str
        What columns are called in the files, where that is not their name here.

    Returns
    -------
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If a column of ages or sexes holds none.
    """
    if codes and "sex" not in rows:
        raise PredictionError("--sex: there is no column sex; say what it is called: --column sex=THEIR_NAME")
    warnings, notes = [], []
    for name, read in (
        ("sex", lambda: read_sex(rows, codes, columns.get("sex", "sex"))),
        ("age", lambda: read_age(rows)),
    ):
        if name in rows:
            rows[name], doubts, assumed = read()
            warnings += doubts
            notes += assumed
    doubts, assumed = agree_by_subject(rows)
    return [*warnings, *doubts, *_impossible_rates(rows)], [*notes, *assumed]


def _impossible_rates(rows: pd.DataFrame) -> list[str]:
    """Forget pulse rates that cannot be, unless the column is in another unit, which is as good to a regression."""
    if "hr" not in rows:
        return []
    outside = (rows["hr"] < _RATES[0]) | (rows["hr"] > _RATES[1])
    if not outside.any():
        return []
    said = f"hr lies outside {_RATES[0]:g} to {_RATES[1]:g} bpm in {lines(rows, outside)}"
    said += f": {values_of(rows['hr'], outside)}"
    if outside.sum() > rows["hr"].notna().sum() / 2:
        return [f"{said}; see to the column and its unit"]
    rows.loc[outside, "hr"] = np.nan
    return [f"{said}; it counts as unknown there"]


def read_age(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Ages of a table.

    Parameters
    ----------
    rows : DataFrame
        With the column ``age`` (numbers, ``65 y``, DICOM's ``065Y``, ``90+``) and the rows' ``_line`` and ``_file``.

    Returns
    -------
    age : (n,) float array
        Years; NaN where it is not known or cannot be.
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
            f"column age holds {values_of(held, odd)} in {lines(rows, odd)}, which is not an age; give years (of a "
            "group its middle), or leave the column out: --without age"
        )
    warnings, notes = [], []
    if odd.any():
        warnings.append(
            f"age {values_of(held, odd)} in {lines(rows, odd)} is not a number of years and counts as unknown; give "
            "years, of a group its middle"
        )
    outside = (age < AGES[0]) | (age > AGES[1])
    if outside.any():
        warnings.append(
            f"age lies outside {AGES[0]:g} to {AGES[1]:g} years in {lines(rows, outside)}: "
            f"{values_of(held, outside)}; it counts as unknown there. {_age_remedy(float(np.median(age[outside])))}"
        )
    open_end = np.array([known[text][1] for text in held], bool)
    if open_end.any():
        notes.append(f"age {values_of(held, open_end)} in {lines(rows, open_end)}: the least of the group is taken")
    age[outside] = np.nan
    return age, warnings, notes


def _years(text: str) -> tuple[float, bool]:
    """An age in years, NaN if it is none, and whether it is that of a group without an upper end."""
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
        return "MIMIC writes ages above 89 as about 300: give 90, or leave these empty"
    if 1850 <= middle <= 2100:
        return "A year of birth? Give the age"
    if middle < 0 or middle in (777, 888, 999, 9999):
        return "A sign for a missing age? Leave it empty"
    return "In months or days? Give years"


def agree_by_subject(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Make age and sex those of people: unknown where a person's rows differ, from the others where some say nothing.

    Parameters
    ----------
    rows : DataFrame
        With ``subject``, the rows' ``_line`` and ``_file``, and ``age`` or ``sex`` or neither, which are changed.

    Returns
    -------
    warnings, notes : list of str
    """
    warnings, notes = [], []
    two = "one name for two people? Give each a name of their own"
    if "sex" in rows:
        known = rows[rows["sex"].ne("")].groupby("subject")["sex"]
        both = rows["subject"].isin(_where(known.min() != known.max()))
        if both.any():
            warnings.append(
                f"sex of subject {_few(rows, both)} is f and m in {lines(rows, both)} and counts as unknown; {two}"
            )
        told = rows["subject"].map(known.first()).where(~both).fillna("")
        if (filled := rows["sex"].eq("") & told.ne("")).any():
            notes.append(f"sex is not given in {lines(rows, filled)}: taken from the subject's other rows")
        rows["sex"] = told.astype(object)
    if "age" in rows:
        ages = rows.groupby("subject")["age"]
        spread = ages.max() - ages.min()
        apart = rows["subject"].isin(_where(spread > _APART))
        if apart.any():
            warnings.append(
                f"age of subject {_few(rows, apart)} differs by up to {spread.max():.0f} years in {lines(rows, apart)} "
                f"and counts as unknown; {two}"
            )
        rows.loc[apart, "age"] = np.nan
        told = rows["subject"].map(ages.median()).where(~apart)
        if (filled := rows["age"].isna() & told.notna()).any():
            notes.append(f"age is not given in {lines(rows, filled)}: taken from the subject's other rows")
            rows["age"] = rows["age"].fillna(told)
    return warnings, notes


def _where(which: pd.Series) -> list:
    return which.index[which].tolist()


def _few(rows: pd.DataFrame, which: pd.Series) -> str:
    return some_of(rows.loc[which, "subject"].unique(), most=3, limit=80)
