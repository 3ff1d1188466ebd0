"""Bringing the signals of a table's records to this machine, before they are cut."""

from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.catalog import reason_text
from cuffless.records.faults import costing_a_recording
from cuffless.records.record import RecordError
from cuffless.records.sources import source_named

PASSED_OVER = "passed_over"
_SEPARATOR = " | "


def read_records(table: str | Path) -> pd.DataFrame:
    """Table of records from its CSV; an empty cell is an empty text."""
    return pd.read_csv(table, keep_default_na=False, dtype={"subject": str, "record": str})


def fetch_records(table: pd.DataFrame, options: RecordOptions) -> pd.DataFrame:
    """Fetch the signals of each record into the cache; what is there already is not fetched again.

    Without `keep_raw` nothing is fetched ahead: each record is, as it is cut.

    Parameters
    ----------
    table : DataFrame
        Records, as from `list_records`.
    options : RecordOptions

    Returns
    -------
    DataFrame
        The same rows with a further column ``passed_over``: files that could not be had, and why. A record of which
        nothing is known any more has its reason under ``problem``.

    Raises
    ------
    ServerError
        If the server does not serve: what was fetched is kept, and running again goes on.
    """
    source = source_named(options.source)
    table = table.assign(**{PASSED_OVER: ""})
    if not options.download.keep_raw:
        return table
    for index, row in table.iterrows():
        if row["problem"]:
            continue
        try:
            with costing_a_recording(row["path"]):
                problems = source.prepare(row["path"], options)
            table.loc[index, PASSED_OVER] = _SEPARATOR.join(problems)
        except RecordError as error:
            problems = [reason_text(str(error))]
            table.loc[index, "problem"] = problems[0]
        print(f"{row['record']}: {'; '.join(problems) or 'here'}", flush=True)
    return table


def known_problems(row: dict) -> list[str]:
    """What fetching said of a record's files."""
    return list(filter(None, str(row.get(PASSED_OVER, "")).split(_SEPARATOR)))
