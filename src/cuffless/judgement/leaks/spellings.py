"""Names that are spelled differently and may mean one person: ``p000001``, ``P1`` and ``001``."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from cuffless.designs.audit import make_leak
from cuffless.judgement.table.cases import Case

_PARTS = re.compile(r"\d+|[^\W\d_]+")
_WHOLE = re.compile(r"(\d+)\.0+")
Spelled = tuple[str | int, ...]


def respelled_people(case: Case) -> dict:
    """Test subjects whose name differs from that of another subject only in its spelling.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting people: names that may mean one person, at least one of them a test subject's.
    """
    test = set(map(str, case.windows["subject"].unique()))
    others = {str(name) for rows in (case.training, case.calibration) for name in rows["subject"].unique()}
    people = [group for group in group_spellings(test | others) if test & set(group)]
    across = sum(bool(set(group) - test) for group in people)
    reason = "people whose names differ only in letter case, leading zeros, separators or a common prefix"
    if people:
        reason += (
            f"; if each is one person, {across} of them have training or calibration rows under another name, and "
            f"{sum(len(test & set(group)) > 1 for group in people)} count several times among the test subjects"
        )
    return make_leak([" = ".join(group) for group in people], reason)


def group_spellings(names: Iterable[str]) -> list[list[str]]:
    """Group names that may mean one person.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of list of str
        Groups of two names or more, each sorted.

    Notes
    -----
    Names are compared as sequences of words in lower case and of whole numbers. A bare number also equals that number
    after a prefix, if all numbers with a prefix have the same one: where there are several (``a1``, ``b1``), nobody can
    tell to which of them ``1`` belongs.
    """
    spelled = {name: _parts(name) for name in names}
    prefixes = {parts[0] for parts in spelled.values() if _is_prefixed(parts)}
    groups: dict[Spelled, list[str]] = defaultdict(list)
    for name in sorted(spelled):
        parts = spelled[name]
        groups[parts[1:] if _is_prefixed(parts) and len(prefixes) == 1 else parts].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _parts(name: str) -> Spelled:
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    if whole := _WHOLE.fullmatch(text):
        text = whole[1]
    parts = _PARTS.findall(text)
    return tuple(int(part) if part.isdecimal() and len(part) < 1000 else part for part in parts) or (text,)


def _is_prefixed(parts: Spelled) -> bool:
    return len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], int)
