"""Whom the records of a data set are of: the table of records with their people."""

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.errors import shortened
from cuffless.identities import FILE, FOLDER, PATIENT, PATTERN, RECORD, TABLE
from cuffless.records.people.facts import FACTS, agree
from cuffless.records.people.matching import Matches, match_rows
from cuffless.records.people.places import place_namer, place_of, without_suffix
from cuffless.records.people.subject_table import SubjectTable
from cuffless.records.people.summary import summarize
from cuffless.records.record import RecordError


def identify_people(
    records: pd.DataFrame, options: RecordOptions, table: SubjectTable | None = None
) -> tuple[pd.DataFrame, dict]:
    """Give each record the person that the configuration or a table of people names.

    Parameters
    ----------
    records : DataFrame
        Tables of records of all shards: record, subject, identity, path, problem and more, as text.
    options : RecordOptions
        ``identity`` and ``path``.
    table : SubjectTable, optional

    Returns
    -------
    records : DataFrame
        With other ``subject`` and ``identity``, and columns of `FACTS` of which anything is known. A record whose
        person is asked for and not found has a ``problem``.
    people : dict
        As from `summarize`, if paths or a table name people; else the rule and no notes.

    Raises
    ------
    RecordError
        If no record at all matches the rule, or no row of the table, or two records have one name.
    """
    _require_own_names(records)
    if records.empty or not (options.by_path or table):
        return records, {"rule": options.identity, "notes": []}
    names, places = records["record"].tolist(), [place_of(path, options.path) for path in records["path"]]
    subjects, identities = records["subject"].tolist(), records["identity"].tolist()
    problems: dict[int, str] = {}
    matches = Matches()
    if options.by_path:
        subjects, identities, problems = _by_path(subjects, places, options)
    if table is not None:
        known = ["" if subject == name else subject for subject, name in zip(subjects, names, strict=True)]
        matches = match_rows(table, names, places, known)
        _require_some(table, matches, places)
    if options.identity in ("auto", "runs"):
        problems = matches.problems
        subjects, identities = _by_table(subjects, identities, matches)
    elif options.identity == "record":
        subjects, identities = names, [RECORD] * len(names)
    facts, contradictions = _facts_of(subjects, matches, problems)
    given = records["problem"].tolist()
    new = [f"{name}: {problems[number]}" if number in problems else "" for number, name in enumerate(names)]
    records = records.assign(
        subject=subjects, identity=identities, problem=[old or why for old, why in zip(given, new, strict=True)]
    )
    for fact in FACTS:
        if any(fact in one for one in facts.values()):
            records[fact] = [facts.get(subject, {}).get(fact, "") for subject in subjects]
    return records, summarize(records, places, options, table, matches, problems, contradictions)


def _require_own_names(records: pd.DataFrame) -> None:
    """Refuse two records of one name, which shards do not see of each other: a.csv of two folders beside x_a.csv."""
    twice = records[records["record"].duplicated(keep=False).to_numpy()].sort_values("record", kind="stable")
    if len(twice):
        one, other = twice["path"].iloc[:2]
        raise RecordError(f"two records are called {shortened(twice['record'].iloc[0])}: {_shown(one)} and "
                          f"{_shown(other)}; rename one of the files")  # fmt: skip


def _by_path(own: list[str], places: list[str], options: RecordOptions) -> tuple[list[str], list[str], dict[int, str]]:
    """Subject and identity of all records by their paths, and why they have none, by number."""
    rule = options.identity if options.identity in (FOLDER, FILE) else PATTERN
    named = list(map(place_namer(options.identity), places))
    shown = shortened(options.identity)
    why = "is in no folder below it" if rule == FOLDER else "does not match"
    if not any(named):
        raise RecordError(
            f"records.identity: {shown} identifies nobody among {len(places)} records; {_shown(places[0])}, a path "
            f"below records.path, {why}. Correct it, or choose another rule"
        )
    if rule == FILE:
        named = _shorter(named)
    remedy = "move it into a folder named after its person" if rule == FOLDER else "rename it, or widen the pattern"
    problems = {
        number: f"{_shown(place)}, a path below records.path, {why} (records.identity: {shown}); {remedy}"
        for number, (subject, place) in enumerate(zip(named, places, strict=True))
        if not subject
    }
    subjects = [subject or before for subject, before in zip(named, own, strict=True)]
    return subjects, [rule if subject else RECORD for subject in named], problems


def _shorter(files: list[str]) -> list[str]:
    """Files without their suffixes, except where two would have one name."""
    known: dict[str, set[str]] = defaultdict(set)
    for file in files:
        known[without_suffix(file)].add(file)
    return [bare if len(known[bare := without_suffix(file)]) == 1 else file for file in files]


def _by_table(own: list[str], identities: list[str], matches: Matches) -> tuple[list[str], list[str]]:
    """Subject and identity of all records by their rows; what the table does not name keeps what it has."""
    told = {number: rows[0].subject for number, rows in matches.rows.items() if number not in matches.problems}
    people, subjects, found = set(told.values()), list(own), list(identities)
    for number, (subject, identity) in enumerate(zip(own, identities, strict=True)):
        if number in told:
            same = identity == PATIENT and subject == told[number]
            subjects[number], found[number] = told[number], PATIENT if same else TABLE
        elif identity == RECORD and subject in people:  # by chance it is called like a person
            subjects[number] = f"record {subject}"
    return subjects, found


def _require_some(table: SubjectTable, matches: Matches, places: list[str]) -> None:
    if matches.rows or matches.problems:
        return
    row = table.rows[0]
    raise RecordError(
        f"{table.path}: none of its {len(table.rows)} rows matches a record: line {row.line} has "
        f"{shortened(row.selected or row.subject)!r}, and the first record is {_shown(places[0])}, a path below "
        "records.path. Correct the names, or set records.subjects to none"
    )


def _shown(place: str) -> str:
    return repr(shortened(place, 120))


def _facts_of(
    subjects: list[str], matches: Matches, problems: Mapping[int, str]
) -> tuple[dict[str, dict[str, float | str]], list[str]]:
    """What the rows tell of each subject, and notes on those about whom they contradict."""
    given: dict[str, dict[int, Mapping]] = defaultdict(dict)
    for number, rows in matches.rows.items():
        if number not in matches.problems and number not in problems:
            given[subjects[number]].update((row.line, row.facts) for row in rows)
    facts, notes = {}, []
    for subject, lines in given.items():
        values = {name: [line[name] for line in lines.values() if name in line] for name in FACTS}
        facts[subject], odd = agree({name: found for name, found in values.items() if found})
        if odd:
            shown = " and ".join(map(str, sorted(lines)))
            notes.append(f"{shortened(subject)}: {', '.join(odd)} in lines {shown} and counts as unknown; keep one")
    return facts, notes
