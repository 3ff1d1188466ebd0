"""How the people of a data set were identified, in numbers and in words."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.errors import some_of
from cuffless.identities import FILE, FOLDER, PEOPLE, RECORD, TABLE
from cuffless.records.people.facts import FACTS
from cuffless.records.people.matching import Matches
from cuffless.records.people.subject_table import SubjectTable


def summarize(
    records: pd.DataFrame,
    places: Sequence[str],
    options: RecordOptions,
    table: SubjectTable | None,
    matches: Matches,
    problems: Mapping[int, str],
    contradictions: Sequence[str],
) -> dict:
    """Describe how people were identified.

    Parameters
    ----------
    records : DataFrame
        With their people: record, subject, identity, and what is known of `FACTS`.
    places : sequence of str
        Their files below the folder of the recordings.
    options : RecordOptions
    table : SubjectTable or None
    matches : Matches
        Its rows by record.
    problems : mapping of int to str
        Why records are left out, by their numbers.
    contradictions : sequence of str

    Returns
    -------
    dict
        ``rule``: as in `records.identity`; ``table``: its path; ``people, records``: how many are identified;
        ``unknown``: how many records are left out, as their person is not known; ``notes``: all this in words, and
        rows of the table that match nothing, contradict or cannot be read.
    """
    used = records[[number not in problems for number in range(len(records))]]
    named = used[used["identity"].isin(PEOPLE)]
    notes = []
    if options.by_path:
        shown = options.identity if options.identity in (FOLDER, FILE) else f"the pattern {options.identity}"
        notes += [f"people are identified by {shown}: {_count(named, records)}", *_one_folder(named, options, places)]
    if table is not None:
        notes += _describe_table(records, table, matches, runs=options.identity == "runs")
        notes += [*(f"{table.name}: {text}" for text in contradictions), *table.notes]
    if problems:
        shown = some_of([records["record"].iloc[number] for number in problems], 3)
        notes.append(
            f"{len(problems)} of {_records(records)} take no part, as their person is not known ({shown}); the table "
            "of records gives the reasons"
        )
    return {
        "rule": options.identity,
        **({"table": table.path} if table else {}),
        "people": int(named["subject"].nunique()),
        "records": len(named),
        "unknown": len(problems),
        "notes": notes,
    }


def _records(numbered) -> str:
    return f"{len(numbered)} record{'' if len(numbered) == 1 else 's'}"


def _count(named: pd.DataFrame, records: pd.DataFrame) -> str:
    people = len(named["subject"].unique())
    return f"{people} {'person' if people == 1 else 'people'} in {len(named)} of {_records(records)}"


def _one_folder(named: pd.DataFrame, options: RecordOptions, places: Sequence[str]) -> list[str]:
    """A note if all records lie below one folder, which is hardly a person."""
    below = sorted({place.split("/")[1] for place in places if place.count("/") > 1})
    if options.identity != FOLDER or len(named["subject"].unique()) != 1 or len(below) < 2:
        return []
    folder = f"{options.path.rstrip('/')}/{named['subject'].iloc[0]}"
    return [f"all records lie in {folder}; if its {len(below)} folders ({some_of(below, 3)}) are the people, set "
            "records.path to it"]  # fmt: skip


def _describe_table(records: pd.DataFrame, table: SubjectTable, matches: Matches, *, runs: bool) -> list[str]:
    """Notes on a table of people: how many it identifies, what it tells of them, and what it leaves open."""
    notes, told = [], records[(records["identity"] == TABLE).to_numpy()]
    if len(told):
        notes.append(f"people are identified by {table.name}: {_count(told, records)}")
    own = [
        name
        for number, (name, identity) in enumerate(zip(records["record"], records["identity"], strict=True))
        if identity == RECORD and number not in matches.rows and number not in matches.problems
    ]
    if len(told) and own:
        count = "numbers decide whose they are" if runs else "each counts as a person of its own"
        notes.append(f"{table.name} has no row for {_records(own)} ({some_of(own, 3)}): {count}; add rows")
    if known := [name for name in FACTS if name in records]:
        named = records[records["identity"].isin(PEOPLE).to_numpy()]
        people = (named if len(named) else records).drop_duplicates("subject")
        counts = [f"{name} of {int((people[name] != '').sum())}" for name in known]
        notes.append(f"{table.name}: {', '.join(counts)} of {len(people)} people")
    if matches.problems and not len(told):
        why = next(iter(matches.problems.values()))
        notes.append(f"{why}; until then nothing is known of {_records(matches.problems)}")
    if matches.unused:
        shown = some_of([f"line {row.line}: {row.selected or row.subject}" for row in matches.unused], 3)
        notes.append(f"{table.name}: no record matches {shown}; correct or delete what is not needed")
    return notes
