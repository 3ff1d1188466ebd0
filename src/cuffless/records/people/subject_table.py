"""The table of people beside the recordings: ``subjects.csv``, or ``participants.tsv`` of BIDS."""

import csv
import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.errors import shortened, some_of
from cuffless.records.people.facts import FACTS, describe_mistakes, read_facts, unit_of
from cuffless.records.people.places import person_name
from cuffless.records.record import RecordError
from cuffless.records.text.encoding import open_text, unreadable

NAMES = ("subjects.csv", "participants.tsv", "subjects.tsv", "participants.csv")
"""Files that are taken for a table of people, in this order."""
NO_TABLE = "none"
SELECTORS = ("record", "file", "folder")
_IGNORE = f"or set records.subjects to {NO_TABLE} if it is not a table of people"
_COLUMNS = {
    "subject": "subject subjectid subjectname participant participantid patient patientid person personid id name "
    "proband volunteer",
    "record": "record recordid recordname recording recordingid recordingname",
    "file": "file filename filepath path",
    "folder": "folder foldername dir directory",
    "age": "age ageyears agey alter",
    "sex": "sex gender geschlecht",
    "height": "height heightcm heightm groesse größe",
    "weight": "weight weightkg mass bodymass bodyweight gewicht",
    "bmi": "bmi bodymassindex",
}
_NAMED = {word: name for name, words in _COLUMNS.items() for word in words.split()}
_UNIT = re.compile(r"[\[(]\s*([^\])]*?)\s*[\])]\s*$|[ _.-](cm|mm|m|in|kg|g|lbs?|years|yrs?|y)$", re.IGNORECASE)
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Row:
    """What a line of the table says of one person, or of one record of a person."""

    line: int
    subject: str
    """Name of the person: of the column `subject`, or else the record, file or folder that the row names."""
    selector: str
    """Column of `SELECTORS` that says which records are meant; empty if the name of the person must do."""
    selected: str
    """Its value."""
    facts: Mapping[str, float | str]
    """Of `FACTS`, what is known."""


@dataclass(frozen=True)
class SubjectTable:
    """A table of people."""

    path: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    """Cells that count as unknown, and lines that were left out."""

    @property
    def name(self) -> str:
        """Name of the file."""
        return Path(self.path).name

    @property
    def selects(self) -> bool:
        """Whether it names records, not only people."""
        return any(row.selector for row in self.rows)


def subjects_file(options: RecordOptions) -> Path | None:
    """The table of people of some recordings; None if there is none.

    Raises
    ------
    RecordError
        If `records.subjects` names a file that does not exist.
    """
    asked = options.subjects
    if asked == NO_TABLE:
        return None
    if asked:
        for path in [Path(asked), *([Path(options.path, asked)] if options.path else [])]:
            if path.is_file():
                return path
        raise RecordError(
            f"records.subjects: {shortened(asked, 120)} is not a file; give its path from the working directory or "
            f"below records.path, or {NO_TABLE}"
        )
    if not options.path:
        return None
    return next((path for name in NAMES if (path := Path(options.path, name)).is_file()), None)


def subjects_digest(options: RecordOptions) -> str:
    """Digest of the table of people, so that a change is noticed; empty if there is none."""
    path = subjects_file(options)
    try:
        return "" if path is None else hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise unreadable(Path(str(path)), error) from None


def read_subjects(path: str | Path) -> SubjectTable:
    """Read a table of people.

    Parameters
    ----------
    path : path
        Text of any usual encoding and separator, the first line with the names of the columns.

    Returns
    -------
    SubjectTable

    Raises
    ------
    RecordError
        If it cannot be read, names neither people nor records, or has no rows.
    """
    path = Path(path)
    header, lines = _cells(path)
    columns = _columns(path, header)
    selectors = [name for name in SELECTORS if name in columns]
    rows: list[Row] = []
    nameless: list[int] = []
    mistakes: dict[str, list[tuple[int, str]]] = {}
    units = {name: _unit(header[at]) for name, at in columns.items()}
    for line, cells in lines:
        given = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
        selector = next((name for name in selectors if given[name]), "")
        name = person_name(given.get("subject") or given.get(selector, ""))
        if not name or name.casefold() in ("n/a", "nan"):
            nameless += [line] if any(map(str.strip, cells)) else []
            continue
        facts, wrong = read_facts(
            {fact: given[fact] for fact in FACTS if fact in given},
            {fact: unit_of(fact, units[fact]) for fact in FACTS if fact in given},
        )
        for fact, what in wrong.items():
            mistakes.setdefault(fact, []).append((line, what))
        rows.append(Row(line, name, selector, given.get(selector, ""), facts))
    if not rows:
        raise RecordError(f"{path}: no row names a person or a record; fill it in, {_IGNORE}")
    notes = [f"{path.name}: {describe_mistakes(name, found)}" for name, found in mistakes.items()]
    if nameless:
        notes.append(f"{path.name}: lines without a name are left out ({some_of(nameless, 5)}); name their people")
    return SubjectTable(str(path), tuple(rows), tuple(notes))


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and number and cells of each further line."""
    try:
        with open_text(path) as file:
            text = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, skipinitialspace=True)
    try:
        lines = [
            (reader.line_num, cells) for cells in reader if any(map(str.strip, cells)) and not cells[0].startswith("#")
        ]
    except csv.Error as error:
        raise RecordError(f"{path}: line {reader.line_num} cannot be read ({error}); correct it, {_IGNORE}") from None
    if len(lines) < 2:
        raise RecordError(f"{path}: the table has no rows; fill it in, {_IGNORE}")
    return [cell.strip() for cell in lines[0][1]], lines[1:]


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Place of each column that is known."""
    found: dict[str, int] = {}
    for at, column in enumerate(header):
        plain = re.sub(r"[\W_]+", "", _UNIT.sub("", column).casefold())
        name = _NAMED.get(plain) or _NAMED.get(re.sub(r"[\W_]+", "", column.casefold()))
        if name in found:
            both = some_of([header[found[name]], column], quoted=True)
            raise RecordError(f"{path}: columns {both} both mean {name}; keep one of them")
        if name:
            found[name] = at
    if not {"subject", *SELECTORS} & set(found):
        raise RecordError(
            f"{path}: no column of people or records (found: {some_of(header, quoted=True)}); call it subject, record, "
            f"file or folder, {_IGNORE}"
        )
    return found


def _unit(column: str) -> str:
    match = _UNIT.search(column)
    return (match[1] or match[2] or "").casefold() if match else ""
