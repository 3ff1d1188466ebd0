"""Age, sex, height, weight and body mass index from the cells of a table of people."""

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median

from cuffless.errors import shortened, some_of

FACTS = ("age", "sex", "height", "weight", "bmi")
"""Years, ``f`` or ``m``, cm, kg, kg/m2."""
_LIMITS = {"age": (0.0, 120.0), "height": (40.0, 250.0), "weight": (1.0, 400.0), "bmi": (8.0, 100.0)}
_UNITS = {"age": "years", "height": "cm or m", "weight": "kg", "bmi": "kg/m2"}
_APART = {"age": 20.0, "height": 10.0, "weight": 30.0, "bmi": 15.0}
"""By how much the values of one person may differ, over years of recordings."""
_NUMBER = re.compile(r"(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z/²^0-9]*)\.?")
_OPEN = re.compile(r"(?:>=?|≥|over )?\s*(?P<value>\d{2,3})\s*\+?")
_OLDEST = 85.0  # a group without an upper end spans few years from this age on
_TALLEST_M = 2.6
_FACTORS = {
    "age": {"": 1.0} | dict.fromkeys(("y", "yr", "yrs", "year", "years", "a", "j"), 1.0),
    "height": {"cm": 1.0, "m": 100.0, "mm": 0.1, "in": 2.54, "inch": 2.54, "inches": 2.54},
    "weight": {"": 1.0, "kg": 1.0, "g": 0.001} | dict.fromkeys(("lb", "lbs", "pounds"), 0.45359237),
    "bmi": {"": 1.0} | dict.fromkeys(("kg/m2", "kg/m²", "kg/m^2"), 1.0),
}
_SEXES = dict.fromkeys(("f", "female", "w", "woman", "weiblich", "frau", "femme"), "f")
_SEXES |= dict.fromkeys(("m", "male", "man", "männlich", "mann", "homme"), "m")
_UNKNOWN = ("", "-", "--", "n/a", "na", "nan", "none", "null", "?", "unknown", "u", "o", "other", "x", "d", "divers")


def read_facts(cells: Mapping[str, str], units: Mapping[str, str]) -> tuple[dict[str, float | str], dict[str, str]]:
    """Read what a row tells of its person.

    Parameters
    ----------
    cells : mapping of str to str
        Some of `FACTS`.
    units : mapping of str to str
        Units from the names of the columns; empty where there is none.

    Returns
    -------
    facts : dict
        Of `FACTS`, what is known; the body mass index is computed from height and weight unless it is given.
    mistakes : dict of str to str
        What is wrong with a cell, by column; it counts as unknown.
    """
    facts: dict[str, float | str] = {}
    mistakes: dict[str, str] = {}
    for name, cell in cells.items():
        text = cell.strip().casefold()
        if text in _UNKNOWN:
            continue
        value = _SEXES.get(text) if name == "sex" else _number(name, text, units.get(name, ""))
        if value is None:
            mistakes[name] = f"{shortened(cell, 30)!r}"
        else:
            facts[name] = value
    height, weight = facts.get("height"), facts.get("weight")
    if isinstance(height, float) and isinstance(weight, float) and "bmi" not in facts:
        bmi = weight / (height / 100) ** 2
        if _LIMITS["bmi"][0] <= bmi <= _LIMITS["bmi"][1]:
            facts["bmi"] = round(bmi, 2)
        else:
            mistakes["bmi"] = f"{bmi:.1f} from height and weight"
    return facts, mistakes


def _number(name: str, text: str, unit: str) -> float | None:
    """A value in the units of `FACTS`; None if it is not one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        group = _OPEN.fullmatch(text) if name == "age" else None
        return float(group["value"]) if group and float(group["value"]) >= _OLDEST else None
    value, own = float(match["value"].replace(",", ".")), match["unit"] or unit
    if name == "height" and own in ("", "cm"):  # metres are often written below a heading in cm
        own = "m" if value <= _TALLEST_M else "cm"
    factor, (low, high) = _FACTORS[name].get(own, math.nan), _LIMITS[name]
    return round(value * factor, 4) if low <= value * factor <= high else None


def unit_of(name: str, unit: str) -> str:
    """A unit in the name of a column, if it is one of this fact's; empty otherwise."""
    return unit if unit in _FACTORS.get(name, ()) else ""


def describe_mistakes(name: str, mistakes: Sequence[tuple[int, str]]) -> str:
    """A note on the cells of one column that count as unknown: their lines, values and the remedy.

    Parameters
    ----------
    name : str
        One of `FACTS`.
    mistakes : sequence of (int, str)
        Line and value.
    """
    where = some_of([f"line {line}: {what}" for line, what in mistakes], 3)
    if name == "sex":
        return f"sex counts as unknown ({where}); write f or m, or leave the cell empty"
    low, high = _LIMITS[name]
    return (
        f"{name} counts as unknown ({where}); give {_UNITS[name]}, from {low:g} to {high:g}"
        f"{' cm' if name == 'height' else ''}, or leave the cell empty"
    )


def agree(values: Mapping[str, Sequence[float | str]]) -> tuple[dict[str, float | str], list[str]]:
    """What several rows tell of one person: the median of numbers, the one sex; nothing where they contradict.

    Returns
    -------
    facts : dict
    contradictions : list of str
        Such as ``"sex is f and m"``.
    """
    facts: dict[str, float | str] = {}
    contradictions = []
    for name, given in values.items():
        distinct = sorted(set(given), key=str)
        if name == "sex":
            if len(distinct) > 1:
                contradictions.append("sex is f and m")
            else:
                facts[name] = distinct[0]
            continue
        numbers = sorted(float(value) for value in given)
        if numbers[-1] - numbers[0] > _APART[name]:
            contradictions.append(f"{name} is {numbers[0]:g} to {numbers[-1]:g}")
        else:
            facts[name] = float(median(numbers))
    return facts, contradictions
