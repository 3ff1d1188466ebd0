"""What subjects stand for, and the rules by which the person of a record is known."""

import re
from collections.abc import Iterable

PATIENT, FOLDER, FILE, PATTERN, TABLE, RECORD = "patient", "folder", "file", "pattern", "table", "record"
PEOPLE = (PATIENT, FOLDER, FILE, PATTERN, TABLE)
"""Identities of subjects that are people: named as MIMIC's patients are, or as the configuration or a table says."""
RULES = ("auto", "record", "runs", FOLDER, FILE)
"""Values of `records.identity` that are not patterns."""
_MARK = re.compile(r"\{(\w*)\}|(\*\*/?)|\*")
_SUBJECT = "subject"
_REMEDY = "write one with {subject}, such as '{subject}_*', or a regular expression with (?P<subject>...)"


def all_named(identities: Iterable[str]) -> bool:
    """Whether all subjects are people; not if each record, or run of records, counts as one."""
    return set(identities) <= set(PEOPLE)


def subject_pattern(identity: str) -> re.Pattern[str]:
    """Compile a pattern of names or paths in which a group `subject` names the person.

    Parameters
    ----------
    identity : str
        A regular expression with a group ``(?P<subject>...)``; or a template, in which ``{subject}``, ``{any_name}``
        and ``*`` are text without a slash, and ``**`` is any text (``**/`` also no folder at all), each as short as
        possible, from left to right.

    Returns
    -------
    re.Pattern
        For the whole of a name or path.

    Raises
    ------
    ValueError
        If it is neither, or cannot be compiled.
    """
    if f"(?P<{_SUBJECT}>" in identity:
        try:
            return re.compile(identity, re.DOTALL)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error}); correct it, or {_REMEDY}") from None
    if f"{{{_SUBJECT}}}" not in identity:
        raise ValueError(f"neither one of {', '.join(RULES)} nor a pattern; for a pattern {_REMEDY}")
    parts: list[str] = []
    seen: set[str] = set()
    last = 0
    for mark in _MARK.finditer(identity):
        between, last, name = identity[last : mark.start()], mark.end(), mark[1]
        if parts and not between and not parts[-1].endswith("/)??"):
            raise ValueError(f"nothing divides {identity[: mark.end()]!r}; put a sign between two texts of any length")
        parts.append(re.escape(between))
        if name is None:
            parts.append({"**": ".*?", "**/": "(?:.*?/)??"}.get(mark[2], "[^/]*?"))
        elif not name.isidentifier():
            raise ValueError(f"{{{name}}} is not a name; use letters, or * for any text")
        else:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)")
            seen.add(name)
    return re.compile("".join([*parts, re.escape(identity[last:])]), re.DOTALL)
