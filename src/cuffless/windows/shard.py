"""The windows of a shard of records; a record that fails is a row, never a failed shard."""

from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records import RecordError, read_records, source_named
from cuffless.records.fetching import known_problems
from cuffless.windows.cutting import iter_windows
from cuffless.windows.store import WindowStore


def store_records(table: str | Path, reading: RecordOptions, store: WindowStore) -> None:
    """Cut the windows of each record of a table into a store.

    Parameters
    ----------
    table : path
        Table of records (CSV), as from `list_records`.
    reading : RecordOptions
        How the files are read.
    store : WindowStore
        Open for writing. A record that cannot be read gets a row in its quality table.
    """
    source, keep_raw = source_named(reading.source), reading.download.keep_raw
    for row in read_records(table).to_dict("records"):
        if row["problem"]:
            store.reject(row, row["problem"])
            continue
        problems = known_problems(row)
        try:
            # Signals that were kept may have been deleted since; what could not be had once is not asked for again.
            problems += [] if problems else source.prepare(row["path"], reading)
            record = source.open(row["path"], reading)
            problems += [p for p in record.problems if not any(p.split(":")[0] in known for known in problems)]
            store.add(row, iter_windows(record, store.options, failures=problems), problems)
        except RecordError as error:
            store.reject(row, str(error), problems)
        finally:
            if not keep_raw:
                source.release(row["path"], reading)
        print(f"{row['record']}: {store.last_verdict}", flush=True)


def join_tables(paths: list[str], output: str | Path) -> None:
    """Join tables of equal columns, CSV or parquet by the output's name, in the order given."""
    if str(output).endswith(".parquet"):
        pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True).to_parquet(output, index=False)
    else:
        frames = [pd.read_csv(path, keep_default_na=False, dtype=str) for path in paths]
        pd.concat(frames, ignore_index=True).to_csv(output, index=False)
