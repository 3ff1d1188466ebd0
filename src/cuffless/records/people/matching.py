"""Which row of a table of people a record belongs to."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from cuffless.errors import shortened, some_of
from cuffless.records.people.places import person_name, without_suffix
from cuffless.records.people.subject_table import Row, SubjectTable

_PREFIX = re.compile(r"[_ .-]")


@dataclass
class Matches:
    """Rows of each record."""

    rows: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """Rows of the table by number of the record; several may tell of one person."""
    problems: dict[int, str] = field(default_factory=dict)
    """Why it is not known whose a record is, by its number."""
    unused: list[Row] = field(default_factory=list)
    """Rows that no record belongs to."""


def match_rows(table: SubjectTable, names: Sequence[str], places: Sequence[str], known: Sequence[str]) -> Matches:
    """Find the rows of a table of people that tell of each record.

    Parameters
    ----------
    table : SubjectTable
    names, places : sequence of str
        Name of each record in the table of records, and its file below the folder of the recordings.
    known : sequence of str
        Person of each record, as far as its path names one; rows that name only people are found by it, or else by the
        folders and the beginning of the name of the file.

    Returns
    -------
    Matches
    """
    found = Matches()
    of_files, of_folders = _index(names, places)
    by_subject: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        if not row.selector:
            by_subject[row.subject].append(row)
            continue
        key = _key(row.selected)
        at = of_folders.get(key, {}) if row.selector == "folder" else of_files.get(key, {})
        if len(at) > 1:
            why = (
                f"{table.name}, line {row.line}: {shortened(row.selected)} is the name of several {row.selector}s "
                f"({some_of(sorted(at), 3)}); give the path below records.path"
            )
            found.problems.update((number, why) for numbers in at.values() for number in numbers)
        for number in [] if len(at) != 1 else next(iter(at.values())):
            found.rows[number].append(row)
        if not at:
            found.unused.append(row)
    named = set()
    for number, place in enumerate(places) if by_subject else ():
        if number in found.rows or number in found.problems:
            continue
        persons = [known[number]] if known[number] in by_subject else _persons(place, by_subject)
        named.update(persons)
        if len(persons) > 1:
            found.problems[number] = (
                f"{table.name} has rows for {some_of(persons, 3)}, and {shortened(place, 120)} names both; add a "
                "column file to the table"
            )
        elif persons:
            found.rows[number] += by_subject[persons[0]]
    found.unused += [row for subject, rows in by_subject.items() if subject not in named for row in rows]
    found.unused.sort(key=lambda row: row.line)
    for number, rows in found.rows.items():
        if number not in found.problems and len({row.subject for row in rows}) > 1:
            found.problems[number] = (
                f"{table.name} names several people for it: "
                f"{some_of([f'{row.subject} (line {row.line})' for row in rows], 3)}; keep one of these rows"
            )
    return found


def _key(text: str) -> str:
    return person_name(text).replace("\\", "/").removeprefix("./").rstrip("/")


def _index(names: Sequence[str], places: Sequence[str]) -> tuple[dict, dict]:
    """Records by every name of their files, and of their folders: name, then file or folder, then numbers."""
    files: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    folders: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        bare = without_suffix(place)
        for key in {person_name(name), place, bare, PurePosixPath(place).name, PurePosixPath(bare).name}:
            files[key][place].append(number)
        parents = [str(parent) for parent in PurePosixPath(place).parents][:-1]
        for parent in parents:
            for key in {parent, PurePosixPath(parent).name}:
                folders[key][parent].append(number)
    return files, folders


def _persons(place: str, subjects: Iterable[str]) -> list[str]:
    """People that a path names: by a folder, or by the file's name up to a sign that divides it, the longest first."""
    path = PurePosixPath(without_suffix(place))
    persons = [person_name(part) for part in path.parts[:-1]]
    ends = [len(path.name), *(mark.start() for mark in _PREFIX.finditer(path.name))]
    prefixes = [person_name(path.name[:end]) for end in sorted(ends, reverse=True)]
    persons += [name for name in prefixes if name in subjects][:1]
    return [name for name in dict.fromkeys(persons) if name in subjects]
