"""Reading the sex of subjects from a prediction table, in any of the usual spellings."""

import re
import shlex
from collections.abc import Mapping

import pandas as pd

from cuffless.errors import shortened, some_of
from cuffless.judgement.table.columns import NOTHING, lines, plain_number, plainly, texts, values_of
from cuffless.judgement.table.predictions import PredictionError

FEMALE, MALE, UNKNOWN = "f", "m", "unknown"
_WORDS = {
    FEMALE: "f fem female w woman women weiblich frau femme féminin feminin femenino femenina mujer feminino feminina "
    "mulher donna femmina girl k kvinna vrouw 女 女性 ж",
    MALE: "m male man men männlich maennlich mann herr homme masculin masculino hombre varón varon homem uomo maschio "
    "boy 男 男性 м",
    "": "u unk unknown unspecified undisclosed unbekannt inconnu o other x d divers diverse intersex i nonbinary "
    "non-binary ? 不明",
}
_SEXES = {word: sex for sex, words in _WORDS.items() for word in words.split()} | dict.fromkeys(
    ("not known", "not applicable", "not stated", "prefer not to say", *NOTHING), ""
)
_OPEN = {"h": MALE}
"""Letters that mean men next to ``f`` (homme, hombre); next to ``m`` the meaning of ``m`` is unclear (mujer)."""
_TRUTH = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_TRUTH |= {"false": False, "f": False, "no": False, "n": False, "0": False}
_NAMED_AFTER = re.compile(
    r"(?:is|sex|gender)?[_ .-]*(?:(?P<f>female|woman|f|weiblich|frau)|(?P<m>male|man|m|männlich))"
)


def read_sex_codes(text: str) -> dict[str, str]:
    """Parse the meaning of the values in column sex.

    Parameters
    ----------
    text : str
        ``f=0,m=1``: pairs of ``f``, ``m`` or ``unknown`` and a value, separated by commas; a sex may have several.

    Returns
    -------
    dict of str to str
        ``f``, ``m`` or an empty string, by value.

    Raises
    ------
    ValueError
        If the text has another form, or gives one value two meanings.
    """
    codes: dict[str, str] = {}
    for pair in text.split(","):
        sex, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not value or sex.lower() not in (FEMALE, MALE, UNKNOWN):
            raise ValueError(f"--sex {shortened(text)}: give each value a meaning, such as --sex f=0,m=1,unknown=9")
        meant = "" if sex.lower() == UNKNOWN else sex.lower()
        if codes.setdefault(plain_number(value), meant) != meant:
            raise ValueError(f"--sex {shortened(text)}: {shortened(value)} has two meanings; give each value one")
    return codes


def read_sex(rows: pd.DataFrame, codes: Mapping[str, str], header: str) -> tuple[pd.Series, list[str], list[str]]:
    """Sex in each row of a table.

    Parameters
    ----------
    rows : DataFrame
        With the column ``sex`` and the rows' ``_line`` and ``_file``.
    codes : mapping of str to str
        From `read_sex_codes`; empty if the user gave none.
    header : str
        Name of the column in the file; from ``is_male`` the meaning of 1 is known.

    Returns
    -------
    sex : Series of str
        ``f``, ``m``, or empty where it is not known.
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If no value of the column has a known meaning, such as numbers without `codes`.
    """
    held = plainly(texts(rows["sex"], names=False))
    keys = held.map({text: plain_number(text) for text in held.unique()})
    meant = _meanings(set(keys), codes, header)
    sex = keys.map(meant)
    if codes and not set(codes) & set(keys):
        raise PredictionError(
            f"--sex: column sex holds none of {some_of(codes, quoted=True)}; it holds {values_of(held, held != '')}"
        )
    odd = sex.isna()
    if odd.any() and not sex.isin([FEMALE, MALE]).any():
        raise PredictionError(
            f"column sex holds {values_of(held, odd)} in {lines(rows, odd)}, whose meaning is not known; "
            f"{_remedy(held[odd])}, or leave the column out: --without sex"
        )
    warnings = []
    if odd.any():
        warnings.append(f"sex {values_of(held, odd)} in {lines(rows, odd)} counts as unknown; {_remedy(held[odd])}")
    unknown = sex.eq("") & held.ne("")
    notes = [f"sex {values_of(held, unknown)} in {lines(rows, unknown)} counts as unknown"] if unknown.any() else []
    return sex.fillna(""), warnings, notes


def _meanings(keys: set[str], codes: Mapping[str, str], header: str) -> dict[str, str]:
    """Meaning of each value of the column, where it is known."""
    known = {key: _SEXES[key] for key in keys if key in _SEXES}
    for letter, sex in _OPEN.items():
        if letter in keys:
            known.pop(MALE, None)
            if MALE not in keys:
                known[letter] = sex
    if "v" in keys:  # vrouw, and varón
        known.pop(MALE, None)
    match = _NAMED_AFTER.fullmatch(header.strip().casefold())
    if match and keys - {""} <= set(_TRUTH) and keys - {"", "f"}:
        own, other = (FEMALE, MALE) if match["f"] else (MALE, FEMALE)
        known |= {key: own if _TRUTH[key] else other for key in keys - {""}}
    return known | dict(codes)


def _remedy(held: pd.Series) -> str:
    """The option that gives the values a meaning, ready to be pasted."""
    keys = {plain_number(text): text for text in held.unique()}
    shown = sorted(keys, key=lambda key: (len(key), key))
    if {"1", "2"} <= set(shown) <= {"0", "1", "2", "9"}:
        rest = "".join(f",unknown={key}" for key in shown if key in ("0", "9"))
        return f"pass --sex f=2,m=1{rest} for codes of ISO 5218, otherwise --sex f=1,m=2{rest}"
    one, other = (shortened(keys[key], 30) for key in [*shown, *shown][:2])
    if len(shown) == 1:
        return f"pass its meaning: --sex {shlex.quote(f'f={one}')}, or --sex {shlex.quote(f'm={one}')}"
    return f"say --sex {shlex.quote(f'f={one},m={other}')} or --sex {shlex.quote(f'f={other},m={one}')}"
