"""Women and men of a prediction table, in whatever way it writes them."""

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
"""Letters that name one sex beside an ``f`` (homme, hombre), and beside an ``m`` leave open whose that is (mujer)."""
_TRUTH = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_TRUTH |= {"false": False, "f": False, "no": False, "n": False, "0": False}
_NAMED_AFTER = re.compile(
    r"(?:is|sex|gender)?[_ .-]*(?:(?P<f>female|woman|f|weiblich|frau)|(?P<m>male|man|m|männlich))"
)


def read_sex_codes(text: str) -> dict[str, str]:
    """Read what the values of a column of sexes mean.

    Parameters
    ----------
    text : str
        ``f=0,m=1``: pairs of ``f``, ``m`` or ``unknown`` and a value, separated by commas; a sex may have several.

    Returns
    -------
    dict of str to str
        ``f``, ``m`` or nothing by value.

    Raises
    ------
    ValueError
        If it is not written so, or gives one value to two sexes.
    """
    codes: dict[str, str] = {}
    for pair in text.split(","):
        sex, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not value or sex.lower() not in (FEMALE, MALE, UNKNOWN):
            raise ValueError(f"--sex {shortened(text)}: write which value means what, as in --sex f=0,m=1,unknown=9")
        meant = "" if sex.lower() == UNKNOWN else sex.lower()
        if codes.setdefault(plain_number(value), meant) != meant:
            raise ValueError(f"--sex {shortened(text)}: {shortened(value)} cannot be both; give each value one meaning")
    return codes


def read_sex(rows: pd.DataFrame, codes: Mapping[str, str], called: str) -> tuple[pd.Series, list[str], list[str]]:
    """Women and men of a table.

    Parameters
    ----------
    rows : DataFrame
        With the column ``sex`` and the rows' ``_line`` and ``_file``.
    codes : mapping of str to str
        From `read_sex_codes`; empty where the user did not say.
    called : str
        What the column is called in the file; a column ``is_male`` says by itself what 1 means.

    Returns
    -------
    sex : Series of str
        ``f``, ``m``, or empty where it is not known.
    warnings, notes : list of str

    Raises
    ------
    PredictionError
        If no value of the column says who is a woman and who a man: numbers do not.
    """
    held = plainly(texts(rows["sex"], names=False))
    keys = held.map({text: plain_number(text) for text in held.unique()})
    meant = _meanings(set(keys), codes, called)
    sex = keys.map(meant)
    if codes and not set(codes) & set(keys):
        raise PredictionError(
            f"--sex: column sex holds none of {some_of(codes, quoted=True)}; it holds {values_of(held, held != '')}"
        )
    odd = sex.isna()
    if odd.any() and not sex.isin([FEMALE, MALE]).any():
        raise PredictionError(
            f"column sex holds {values_of(held, odd)} in {lines(rows, odd)}, and what these mean is not known; "
            f"{_remedy(held[odd])}, or leave the column out: --without sex"
        )
    warnings = []
    if odd.any():
        warnings.append(f"sex {values_of(held, odd)} in {lines(rows, odd)} counts as unknown; {_remedy(held[odd])}")
    untold = sex.eq("") & held.ne("")
    notes = [f"sex {values_of(held, untold)} in {lines(rows, untold)} counts as unknown"] if untold.any() else []
    return sex.fillna(""), warnings, notes


def _meanings(keys: set[str], codes: Mapping[str, str], called: str) -> dict[str, str]:
    """What each value of the column means, of those that are known."""
    known = {key: _SEXES[key] for key in keys if key in _SEXES}
    for letter, sex in _OPEN.items():
        if letter in keys:
            known.pop(MALE, None)
            if MALE not in keys:
                known[letter] = sex
    if "v" in keys:  # vrouw, and varón
        known.pop(MALE, None)
    match = _NAMED_AFTER.fullmatch(called.strip().casefold())
    if match and keys - {""} <= set(_TRUTH) and keys - {"", "f"}:
        own, other = (FEMALE, MALE) if match["f"] else (MALE, FEMALE)
        known |= {key: own if _TRUTH[key] else other for key in keys - {""}}
    return known | dict(codes)


def _remedy(held: pd.Series) -> str:
    """The option that says what values mean, ready to be pasted."""
    keys = {plain_number(text): text for text in held.unique()}
    shown = sorted(keys, key=lambda key: (len(key), key))
    if {"1", "2"} <= set(shown) <= {"0", "1", "2", "9"}:
        rest = "".join(f",unknown={key}" for key in shown if key in ("0", "9"))
        return f"say --sex f=2,m=1{rest} if they are those of ISO 5218, else which is which: --sex f=1,m=2{rest}"
    one, other = (shortened(keys[key], 30) for key in [*shown, *shown][:2])
    if len(shown) == 1:
        return f"say what it means: --sex {shlex.quote(f'f={one}')}, or --sex {shlex.quote(f'm={one}')}"
    return f"say --sex {shlex.quote(f'f={one},m={other}')} or --sex {shlex.quote(f'f={other},m={one}')}"
