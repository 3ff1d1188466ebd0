"""When a window was recorded: the order of a subject's windows, and seconds on a clock common to its records."""

import re

import numpy as np
import pandas as pd

# Matched MIMIC-III names end in the date of the recording: p000020-2183-04-28-17-47.
DATED_TO = 60.0
"""Seconds to which such a date is told."""
_DATED = re.compile(r"-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)$")


def in_time_order(windows: pd.DataFrame) -> pd.DataFrame:
    """Windows of subjects in the order in which they were recorded, with their time on the subject's clock.

    Parameters
    ----------
    windows : DataFrame
        Columns subject, record, row, start (s from the record's start) and more.

    Returns
    -------
    DataFrame
        Sorted by subject and time, with ``elapsed``: seconds since the subject's first window. Records follow one
        another by the date in their names, or else by name (2 before 10); `elapsed` is missing for all but the first
        record of a subject whose records tell no date.
    """
    names = pd.Series(windows["record"].unique())
    began = dict(zip(names, names.map(recording_began), strict=True))
    table = windows.assign(_began=windows["record"].map(began).astype(float))
    dated = table["_began"].notna().groupby(table["subject"]).transform("all")
    table["_began"] = table["_began"].where(dated)
    table["_name"] = table["record"].map(dict(zip(names, names.map(_natural), strict=True)))
    table = table.sort_values(["subject", "_began", "_name", "row"], kind="stable", ignore_index=True)
    first = table.groupby("subject").transform("first")
    only_first = table["start"].where(table["record"] == first["record"])
    clock = (table["_began"] + table["start"]).where(table["_began"].notna(), only_first)
    table["elapsed"] = clock - clock.groupby(table["subject"]).transform("first")
    return table.drop(columns=["_began", "_name"])


def undated_records(windows: pd.DataFrame) -> list[str]:
    """Say of how many subjects several records follow one another by name alone.

    Parameters
    ----------
    windows : DataFrame
        As from `in_time_order`.

    Returns
    -------
    list of str
        One note, or none.
    """
    n = len(set(windows.loc[windows["elapsed"].isna(), "subject"]))
    return [f"{n} subjects have several records without dates: taken in the order of their names"] if n else []


def _natural(name: str) -> str:
    """A key by which case_2 comes before case_10."""
    return re.sub(r"\d+", lambda number: number.group().zfill(20), name)


def recording_began(record: str) -> float:
    """Seconds from an arbitrary origin to a record's start as its name tells it to the minute; NaN if it does not."""
    found = _DATED.search(record)
    if not found:
        return np.nan
    year, month, day, hour, minute = found.groups()
    try:
        began = np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}", "s")
    except ValueError:  # digits that are no date
        return np.nan
    return float(began.astype(np.int64))
