"""Names of columns as people write them: ``true_SBP``, ``y_pred_dbp``, ``PatientID``, ``HR (bpm)``.

A name is a set of words in any order, case and notation. A pressure's column has a word for the pressure and one for
its role, reference or prediction; without the latter it is the one of both that no other column is. Of any other column
each word must be known for one meaning. Where two columns fit, or one fits two, nothing is chosen.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from cuffless.judgement.names import JUDGED_PRESSURES

REFERENCE, PREDICTION, EITHER = "reference", "prediction", "either"
"""Roles of a pressure's column."""
_PRESSURES = {
    "SBP": "sbp sys syst systolic systole systolicbp sap",
    "DBP": "dbp dia diast diastolic diastole diastolicbp dap",
    "MAP": "map mbp mabp meanbp",
}
_PRESSURE_OF = {word: pressure for pressure, words in _PRESSURES.items() for word in words.split()}
_ROLES = {
    REFERENCE: "ref refs reference references true truth gt groundtruth actual target targets label labels gold "
    "measured observed ytrue ytest",
    PREDICTION: "pred preds predicted prediction predictions hat est estimate estimates estimated estimation output "
    "outputs ypred yhat",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}
_OF_NO_MEANING = frozenset(["bp", "blood", "pressure", "arterial", "value", "values", "seg", "segment", "y", "mmhg"])
_ENDS = {"lo": "lo low lower lb", "hi": "hi high upper ub", "sd": "sd std stdev sigma"}
_END_OF = {word: end for end, words in _ENDS.items() for word in words.split()}
_NUMBERED = "id ids idx index no nr num number name code key uid seq"
_TIMES = "s sec secs seconds"
_OTHERS = {
    "subject": ("subject subj patient pat person participant individual volunteer proband pid sid", _NUMBERED),
    "record": ("record rec recording", _NUMBERED),
    "start": ("start begin onset", f"time timestamp window win seg segment {_TIMES}"),
    "seconds": ("duration dur", f"window win seg segment {_TIMES}"),
    "window": ("sample window win segment seg beat", _NUMBERED),
    "subset": ("subset set partition", "data"),
    "fold": ("fold kfold", f"cv k outer {_NUMBERED}"),
    "seed": ("seed", "random rng"),
    "network": ("network net model method algorithm architecture estimator predictor regressor", "name"),
    "hr": ("hr heartrate pulserate", "bpm"),
    "age": ("age", "year years yr yrs"),
    "sex": ("sex gender male female", "is"),
    "bmi": ("bmi", ""),
    "skin_tone": ("skintone monk mst", "scale skin tone"),
    "posture": ("posture", ""),
    "condition": ("condition", ""),
    "visit": ("visit", _NUMBERED),
}
"""Words of which one must be there, and words that may stand next to it."""
_PHRASES = {
    "start": (
        *("time", "timestamp", "time stamp", "date time", "datetime", "t"),
        *(f"{head} {s}" for head in ("t", "time") for s in _TIMES.split()),
    ),
    "seconds": tuple(f"{head} {s}" for head in ("window", "win", "length", "window length") for s in _TIMES.split()),
    "seed": ("random state",),
    "split": ("data split", "dataset split", "split name"),
    "hr": ("heart rate", "heart rate bpm", "pulse rate", "pulse", "bpm"),
    "bmi": ("body mass index",),
    "skin_tone": ("skin tone",),
    "posture": ("body position",),
}
_PHRASE_OF = {frozenset(text.split()): name for name, texts in _PHRASES.items() for text in texts}
_CASE = frozenset(["case", "caseid"])
"""A case is a subject, or a record of one where there is another column for it."""
_UNIT = re.compile(
    r"[(\[{]\s*(?:mm ?hg|kpa|cm ?hg|bpm|b/m|beats/min|1/min|years?|yrs?|y|m/f|f/m|0/1|kg/m\W?2|s|sec|seconds)\s*[)\]}]"
)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_TRUTH_OF_TEST = {"y", "test"}
_MOST_PARTS = 4
_VOCABULARY = frozenset(
    word
    for word in {
        *_PRESSURE_OF,
        *_ROLE_OF,
        *_OF_NO_MEANING,
        *_END_OF,
        *(word for texts in _OTHERS.values() for text in texts for word in text.split()),
        *(word for words in _PHRASE_OF for word in words),
        *_CASE,
        "ground",
        "mean",
        "test",
    }
)


@dataclass(frozen=True)
class Header:
    """What a column's name says.

    Attributes
    ----------
    name : str
        As in the file.
    meaning : str
        Name of the column here, such as ``subject`` or ``sbp_pred_sd`` of a prediction's SD; empty for pressures, and
        where it is not known.
    pressure, role : str
        Of a pressure's column; the role may stand alone. Empty if there is none.
    whole : bool
        Whether each word is understood.
    numbered : bool
        Whether there is a number, as in ``sbp_2``: another column may be meant as well.
    """

    name: str
    meaning: str = ""
    pressure: str = ""
    role: str = ""
    whole: bool = True
    numbered: bool = False


@dataclass
class Recognized:
    """Columns of a file by their names here.

    Attributes
    ----------
    columns : dict of str to str
        A column's name in the file, by its name here.
    doubts : dict of str to list of str
        Columns of the file that could be a column here, where it is not clear which; by the name here.
    headers : list of Header
        Of all columns that are not used.
    given : frozenset of str
        Names here of the columns that the user gave.
    """

    columns: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, list[str]] = field(default_factory=dict)
    headers: list[Header] = field(default_factory=list)
    given: frozenset[str] = frozenset()

    @property
    def renamed(self) -> dict[str, str]:
        """Columns that have another name in the file, and those that the user gave."""
        return {name: theirs for name, theirs in self.columns.items() if name != theirs or name in self.given}

    @property
    def pressures(self) -> tuple[str, ...]:
        """Pressures with a reference and a prediction."""
        return tuple(p for p in JUDGED_PRESSURES if {p.lower(), f"{p.lower()}_ref"} <= set(self.columns))


def recognize(
    found: Sequence[str], known: Collection[str], given: Mapping[str, str], without: Collection[str] = ()
) -> Recognized:
    """Find the columns of a prediction table in a file.

    Parameters
    ----------
    found : sequence of str
        Names of the file's columns.
    known : collection of str
        Names of columns here.
    given : mapping of str to str
        Names in the file that the user gave, by the name here.
    without : collection of str
        Columns here that are not wanted.

    Returns
    -------
    Recognized
    """
    result = Recognized(dict(given), given=frozenset(given))
    free = [name for name in found if name not in given.values()]
    wanted = [name for name in known if name not in given and name not in without]
    exact = {name: name for name in wanted if name in free}
    plain = {name.strip().casefold(): name for name in reversed(free) if name not in exact}
    exact |= {name: plain[name] for name in wanted if name not in exact and name in plain}
    twins = {name: [theirs, *_twins(theirs, free)] for name, theirs in exact.items() if _twins(theirs, free)}
    pressures = {f"{p.lower()}{end}" for p in JUDGED_PRESSURES for end in ("", "_ref")}
    result.columns |= {name: theirs for name, theirs in exact.items() if name not in pressures and name not in twins}
    headers = [read_header(name) for name in free if name not in result.columns.values()]
    _choose_others(result, headers, [name for name in wanted if name not in pressures])
    for pressure in JUDGED_PRESSURES:
        _choose_pressure(result, headers, pressure, exact, wanted)
    result.doubts |= {name: names for name, names in twins.items() if name not in result.doubts}
    for name in set(twins) & set(result.columns):
        del result.columns[name]
    result.columns = {name: result.columns[name] for name in known if name in result.columns}
    used = set(result.columns.values())
    result.headers = [header for header in headers if header.name not in used]
    return result


def _twins(name: str, free: Sequence[str]) -> list[str]:
    """Columns of the same name, which pandas numbers."""
    return [other for other in free if re.fullmatch(re.escape(name) + r"\.\d+", other)]


def _choose_others(result: Recognized, headers: Sequence[Header], wanted: Sequence[str]) -> None:
    """Columns other than pressures; of several that fit, none."""
    fitting: dict[str, list[str]] = {}
    for header in headers:
        fitting.setdefault(header.meaning, []).append(header.name)
    cases = fitting.pop("case", [])
    if cases:
        no_subject = "subject" in wanted and "subject" not in {*result.columns, *fitting}
        fitting.setdefault("subject" if no_subject else "record", []).extend(cases)
    for name, theirs in fitting.items():
        if name not in wanted or name in result.columns:
            continue
        if len(theirs) == 1:
            result.columns[name] = theirs[0]
        else:
            result.doubts[name] = theirs


def _choose_pressure(
    result: Recognized, headers: Sequence[Header], pressure: str, exact: Mapping[str, str], wanted: Sequence[str]
) -> None:
    """Reference and prediction of one pressure."""
    names = {REFERENCE: f"{pressure.lower()}_ref", PREDICTION: pressure.lower()}
    own = [header for header in headers if header.pressure == pressure and header.whole and not header.meaning]
    numbered = {header.name for header in own if header.numbered}
    found = {role: [header.name for header in own if header.role == role] for role in (REFERENCE, PREDICTION, EITHER)}
    if names[REFERENCE] in exact:
        found[REFERENCE] = [exact[names[REFERENCE]]]
    for role, name in names.items():
        if name in result.columns:
            found[role] = [result.columns[name]]
    alone = found[EITHER]
    if names[REFERENCE] in exact and names[PREDICTION] in exact and names[PREDICTION] not in result.columns:
        found[PREDICTION], alone = [exact[names[PREDICTION]], *found[PREDICTION]], []
    for role, other in ((PREDICTION, REFERENCE), (REFERENCE, PREDICTION)):
        if not found[role] and found[other] and alone:
            found[role] = alone
    if not found[REFERENCE] and not found[PREDICTION] and alone == [exact.get(names[PREDICTION])]:
        found[PREDICTION] = alone
    elif not found[REFERENCE] and not found[PREDICTION] and alone:
        found = {REFERENCE: alone, PREDICTION: alone}
        for name in names.values():
            if name in wanted:
                result.doubts[name] = alone
        return
    for role, name in names.items():
        if name not in wanted:
            continue
        if len(found[role]) == 1 and found[role][0] not in numbered:
            result.columns[name] = found[role][0]
        elif found[role]:
            result.doubts[name] = found[role]


@cache
def read_header(name: str) -> Header:
    """What the name of a column says."""
    text = _UNIT.sub(" ", unicodedata.normalize("NFKC", name).casefold())
    words = [part for word in _WORD.findall(text) for part in _parts(word)]
    if words == ["ground"] or not words:
        return Header(name, whole=False)
    rest = set(words)
    if rest >= _TRUTH_OF_TEST:
        rest = (rest - _TRUTH_OF_TEST) | {"ytest"}
    if rest >= {"ground", "truth"}:
        rest -= {"ground"}
    if rest >= {"mean"} and rest & {"bp", "pressure"}:
        rest = (rest - {"mean"}) | {"map"}
    pressures = {_PRESSURE_OF[word] for word in rest if word in _PRESSURE_OF}
    roles = {_ROLE_OF[word] for word in rest if word in _ROLE_OF}
    ends = {_END_OF[word] for word in rest if word in _END_OF}
    left = rest - set(_PRESSURE_OF) - set(_ROLE_OF) - set(_END_OF) - _OF_NO_MEANING
    numbered = any(word.isdecimal() for word in left)
    whole = all(word.isdecimal() for word in left)
    if len(pressures) == 1 and len(roles) < 2:
        [pressure], role = pressures, next(iter(roles), EITHER)
        if not ends:
            return Header(name, "", pressure, role, whole, numbered)
        # An SD next to a plain pressure may be that of the reference.
        meaning = f"{pressure.lower()}_{next(iter(ends))}" if role == PREDICTION and not left and len(ends) == 1 else ""
        return Header(name, meaning, pressure, role, whole and bool(meaning))
    if not pressures and len(roles) == 1 and not ends and whole:
        return Header(name, "", "", roles.pop(), True, numbered)
    meanings = _meanings(frozenset(rest))
    return Header(name, meanings[0] if len(meanings) == 1 else "", whole=bool(meanings))


def _meanings(words: frozenset[str]) -> list[str]:
    """Columns other than pressures that words may mean."""
    if words in _PHRASE_OF:
        return [_PHRASE_OF[words]]
    if words & _CASE and words <= _CASE | set(_NUMBERED.split()):
        return ["case"]
    found = []
    for name, (heads, beside) in _OTHERS.items():
        of, more = set(heads.split()), set(beside.split())
        if words & of and words <= of | more and len(words & of - more) <= 1 + (name == "network"):
            found.append(name)
    return found[:1] if found and found[0] in ("start", "seconds") else found


@cache
def _parts(word: str) -> tuple[str, ...]:
    """Known words that a word is made of, such as ``true, sbp``; the word itself where there are none."""
    if word in _VOCABULARY or word.isdecimal():
        return (word,)
    made: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        ways = [
            (*made[begin], word[begin:end])
            for begin in range(end)
            if begin in made and end - begin > 1 and word[begin:end] in _VOCABULARY
        ]
        if ways:
            made[end] = min(ways, key=len)
    parts = made.get(len(word), ())
    return parts if 0 < len(parts) <= _MOST_PARTS else (word,)
