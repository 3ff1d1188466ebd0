"""Opening a file of predictions: its columns by the names used here, and the pressures that are judged."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.errors import did_you_mean, some_of
from cuffless.judgement.names import JUDGED_PRESSURES, PRESSURES
from cuffless.judgement.table.circumstances import CIRCUMSTANCES
from cuffless.judgement.table.columns import BANDS, LABELS, NAMES, numbers, predictions_of, references_of, texts
from cuffless.judgement.table.files import read_file, read_names
from cuffless.judgement.table.headers.choosing import check_columns, read_as, subset_words, take_split_for_subset
from cuffless.judgement.table.headers.long import widen
from cuffless.judgement.table.headers.words import Recognized, recognize
from cuffless.judgement.table.predictions import JudgedTable, PredictionError
from cuffless.judgement.table.pressures import MEANS, PREDICTION, REFERENCE

REQUIRED = ("subject", "sbp_ref", "dbp_ref", "sbp", "dbp")
OPTIONAL = {
    "record": "one record per subject is assumed",
    "start": "rows are assumed to be in time order; nothing that needs times can be assessed",
    "window": "",
    "seconds": "whether windows overlap cannot be assessed",
    "subset": "all rows are assumed to be test windows",
    **dict.fromkeys(("network", "split", "seed", "setting", "hr", "age", "sex", "bmi", "skin_tone"), ""),
    **dict.fromkeys((*CIRCUMSTANCES, "fold", *MEANS, *BANDS), ""),
}
"""Columns that may be missing, and what is assumed without them."""
ALL_COLUMNS = (*REQUIRED, *OPTIONAL)
TIMES = ("start", "seconds")
NUMBERS = (*REFERENCE, *PREDICTION, *TIMES, "hr", "age", "bmi", "seed", *BANDS)
"""Columns of numbers."""
_OF_PRESSURES = tuple(name for name in REQUIRED if name != "subject")


@dataclass
class OpenedFile:
    """A file, and which of its columns are read as what."""

    table: pd.DataFrame
    recognized: Recognized
    note: str = ""


def open_table(path: Path, given: Mapping[str, str], without: Collection[str], memory_gb: float) -> OpenedFile:
    """Read a file, not yet checked, and recognize its columns."""
    header = read_names(path, memory_gb)
    known = recognize(header, ALL_COLUMNS, given, without).columns

    def theirs(ours: Iterable[str]) -> list[str]:
        return [known.get(name, name) for name in ours]

    table = read_file(path, texts=theirs((*NAMES, *LABELS)), numbers=theirs(NUMBERS), memory_gb=memory_gb)
    place = table[["_line", "_file"]]
    table = _join_parts(table.drop(columns=list(place)), given)
    table.columns = table.columns.map(str)
    if absent := [theirs for theirs in given.values() if theirs not in table.columns]:
        raise PredictionError(
            f"{path.name}: no column {some_of(absent)}{did_you_mean(absent[0], table.columns)} (found: "
            f"{some_of(table.columns, most=20)}); check --column"
        )
    recognized = recognize(list(table.columns), ALL_COLUMNS, given, without)
    take_split_for_subset(recognized, table, without)
    table, note = widen(table.join(place), recognized, path)
    if note:
        recognized = recognize([name for name in table.columns if name not in place], ALL_COLUMNS, given, without)
        take_split_for_subset(recognized, table, without)
    return OpenedFile(table, recognized, note)


def take_columns(path: Path, file: OpenedFile, without: Collection[str], judged: JudgedTable) -> pd.DataFrame:
    """The known columns of a file, by the names used here; what was recognized is noted."""
    place = file.table[["_line", "_file"]]
    held = file.table.drop(columns=list(place))
    judged.notes += filter(None, (read_as(file.recognized), file.note))
    judged.notes += check_columns(file.recognized, held, path, ALL_COLUMNS)
    columns = file.recognized.columns
    half = {
        name
        for name in _OF_PRESSURES
        if name.removesuffix("_ref").upper() not in file.recognized.pressures and name not in MEANS
    }
    chosen = {name: held[columns[name]] for name in ALL_COLUMNS if name in columns and name not in half}
    return pd.DataFrame(chosen).drop(columns=list(without), errors="ignore").join(place)


def divide_pressures(tables: list[pd.DataFrame], judged: JudgedTable) -> tuple[tuple[str, ...], list[pd.DataFrame]]:
    """Pressures with references and predictions in all files, and the files without the columns of others.

    MAP next to SBP and DBP is judged if it is complete; else it only serves for the event of a low MAP.
    """
    held = {
        pressure
        for pressure in JUDGED_PRESSURES
        if all({*references_of([pressure]), *predictions_of([pressure])} <= set(table) for table in tables)
    }
    if {*PRESSURES, "MAP"} <= held:
        gaps = 0
        for table in tables:
            test = subset_words(table["subset"]).eq("test") if "subset" in table else True
            gaps += int((np.isnan(numbers(table["map_ref"])[0]) | (np.isnan(numbers(table["map"])[0]) & test)).sum())
        if gaps:
            held.discard("MAP")
            judged.notes.append(
                f"map_ref or map is not a number in {gaps} rows: MAP is not judged itself, only the event of a low MAP"
            )
    pressures = tuple(one for one in JUDGED_PRESSURES if one in held)
    if not pressures:
        raise PredictionError("the files have no pressure in common; judge them apart")
    kept = []
    for table in tables:
        means = set(MEANS) if set(PRESSURES) <= held else set()
        wanted = {*references_of(pressures), *predictions_of(pressures), *means}
        unwanted = [name for name in (*REFERENCE, *PREDICTION) if name in table and name not in wanted]
        unjudged = {f"{one.lower()}_{end}" for one in JUDGED_PRESSURES if one not in held for end in ("lo", "hi", "sd")}
        kept.append(table.drop(columns=[*unwanted, *(unjudged & set(table))]))
    return pressures, kept


def _join_parts(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Columns given as a sum of several, ``setting=tuning+budget``, joined by a slash."""
    for theirs in names.values():
        parts = theirs.split("+")
        if theirs not in table.columns and len(parts) > 1 and set(parts) <= set(table.columns):
            known = [texts(table[part], names=False) for part in parts]
            table = table.assign(**{theirs: ["/".join(filter(None, row)) for row in zip(*known, strict=True)]})
    return table
