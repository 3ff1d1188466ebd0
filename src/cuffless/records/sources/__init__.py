"""Sources of recordings, one per file, and what they have in common with a user's own.

A file holds one subclass of `Source` and has the name by which `records.source` names it. Further sources come from
packages that announce them in the group ``cuffless.sources``, or are named ``module:class``.
"""

import importlib
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.plugins import modules_in
from cuffless.records.faults import record_errors
from cuffless.records.people.subject_table import subjects_file
from cuffless.records.record import Record, RecordError, invert_ppg
from cuffless.records.source import Entry, Source

KNOWN = modules_in("records/sources")
"""Names of the sources that come along."""


@cache
def get_source(name: str) -> Source:
    """The source with a name as in `records.source`.

    Parameters
    ----------
    name : str
        A built-in source, or ``module:class`` of a custom one.

    Returns
    -------
    Source

    Raises
    ------
    RecordError
        If there is no such module or class, or it is not a `Source`.
    """
    try:
        made = _class_of(name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise RecordError(
            f"records.source {name}: {error}; known are {', '.join(KNOWN)}, or module:class of a module beside the "
            "study, whose class is made without arguments"
        ) from None
    if not isinstance(made, Source):
        kind = type(made).__name__
        raise RecordError(f"records.source {name}: {kind} must be a subclass of cuffless.records.Source")
    return made


def _class_of(name: str) -> type:
    if name in KNOWN:
        module = importlib.import_module(f"{__name__}.{name}")
        return next(
            defined
            for defined in vars(module).values()
            if isinstance(defined, type) and issubclass(defined, Source) and defined.__module__ == module.__name__
        )
    module, _, kind = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # a user's own lies beside the study
    return getattr(importlib.import_module(module), kind)


def source_errors(name: str, path: str) -> AbstractContextManager:
    """Turn whatever reading a recording may raise into the reason why it cannot be used; see `record_errors`.

    In a custom source every error except `RecordError` is a bug in its code and is passed through.

    Parameters
    ----------
    name : str
        Name of the source.
    path : str
        Path of the recording.
    """
    return record_errors(path) if name in KNOWN else nullcontext()


def open_record(path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True) -> Record:
    """Open a recording from any source, as `Source.open` does, and invert it if the options say so."""
    with source_errors(options.source, str(path)):
        record = get_source(options.source).open(str(path), options, need_abp=need_abp)
    return invert_ppg(record) if options.invert else record


def table_name(entry: Entry) -> str:
    """Name of a recording in the table of records, prefixed with its patient unless it already contains it."""
    if entry.identity == "record" or not entry.subject or entry.subject in entry.name:
        return entry.name
    return f"{entry.subject}_{entry.name}"


def find_records(options: RecordOptions, shard: int | None = None) -> list[Entry]:
    """List the recordings of a source that pass `include` and `exclude`, sorted by path; a table of people is none.

    Patterns are matched against a recording's own name, its name in the table of records, and its path below the
    folder (or database) of the recordings.

    Raises
    ------
    RecordError
        If the source cannot be reached.
    """
    from fnmatch import fnmatch

    def matches(entry: Entry, patterns: tuple[str, ...]) -> bool:
        below = os.path.relpath(entry.path, options.path) if options.path else entry.path
        names = (entry.name, table_name(entry), below)
        return any(fnmatch(name, pattern) for name in names for pattern in patterns)

    table = subjects_file(options)
    found = get_source(options.source).find(options, shard)
    return sorted(
        (
            entry
            for entry in found
            if matches(entry, options.include)
            and not matches(entry, options.exclude)
            and not (table and Path(entry.path) == table)
        ),
        key=lambda entry: entry.path,
    )
