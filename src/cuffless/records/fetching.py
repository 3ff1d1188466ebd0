"""Fetching the signals of a table's records before windows are cut."""

from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.catalog import reason_text
from cuffless.records.faults import record_errors
from cuffless.records.record import RecordError
from cuffless.records.sources import get_source

PASSED_OVER = "passed_over"
_SEPARATOR = " | "


def read_records(table: str | Path) -> pd.DataFrame:
    """Table of records from its CSV; an empty cell is an empty string."""
    return pd.read_csv(table, keep_default_na=False, dtype={"subject": str, "record": str})


def fetch_records(table: pd.DataFrame, options: RecordOptions) -> pd.DataFrame:
    """Fetch the signals of each record into the cache; files already there are not fetched again.

    Without `keep_raw` nothing is fetched in advance: each record is fetched when it is cut.

    Parameters
    ----------
    table : DataFrame
        Records, as from `list_records`.
    options : RecordOptions

    Returns
    -------
    DataFrame
        The same rows with a further column ``passed_over``: files that could not be fetched, and why. A record that
        can no longer be used has its reason under ``problem``.

    Raises
    ------
    ServerError
        If the server does not answer; fetched files are kept, and running again continues.
    """
    source = get_source(options.source)
    table = table.assign(**{PASSED_OVER: ""})
    if not options.download.keep_raw:
        return table
    for index, row in table.iterrows():
        if row["problem"]:
            continue
        try:
            with record_errors(row["path"]):
                problems = source.prepare(row["path"], options)
            table.loc[index, PASSED_OVER] = _SEPARATOR.join(problems)
        except RecordError as error:
            problems = [reason_text(str(error))]
            table.loc[index, "problem"] = problems[0]
        print(f"{row['record']}: {'; '.join(problems) or 'fetched'}", flush=True)
    return table


def fetch_problems(row: dict) -> list[str]:
    """Problems found when a record's files were fetched."""
    return list(filter(None, str(row.get(PASSED_OVER, "")).split(_SEPARATOR)))
