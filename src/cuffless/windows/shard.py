"""Windows of a shard of records; a record that fails is a row of a table and never fails the shard."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from cuffless.config import Crop, RecordOptions, WindowOptions
from cuffless.records import RecordError, get_source, open_record, read_records, record_errors
from cuffless.records.fetching import fetch_problems
from cuffless.windows.cutting import iter_windows
from cuffless.windows.store import WindowStore
from cuffless.windows.stretches import iter_stretches


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

    def add(row, record, problems):
        store.add(row, iter_windows(record, store.options, failures=problems), problems)

    for record, outcome in _each_record(table, reading, add, store.reject):
        print(f"{record}: {outcome or store.last_verdict}", flush=True)


def store_stretches(
    table: str | Path,
    reading: RecordOptions,
    stores: Mapping[str, WindowStore],
    options: WindowOptions,
    crops: Sequence[Crop],
    stretch_seconds: float,
) -> None:
    """Cut each record of a table to every crop, in one reading; see `iter_stretches`.

    Parameters
    ----------
    table, reading
        As for `store_records`.
    stores : mapping of str to WindowStore
        One for each crop, by its name, open for writing.
    options, crops, stretch_seconds
        As for `iter_stretches`.
    """

    def add(row, record, problems):
        with ExitStack() as exits:
            taking = {name: exits.enter_context(store.recording(row, problems)) for name, store in stores.items()}
            for pieces in iter_stretches(record, options, crops, stretch_seconds, failures=problems):
                for name, piece in pieces.items():
                    taking[name].take(piece)

    def reject(row, reason, problems=()):
        for store in stores.values():
            store.reject(row, reason, problems)

    for record, outcome in _each_record(table, reading, add, reject):
        print(f"{record}: {outcome or stores[crops[0].name].last_verdict}", flush=True)


@contextmanager
def passing_signals(table: str | Path, reading: RecordOptions) -> Iterator[None]:
    """Free the signals of a table's records once all that is made of them is written.

    Without `keep_raw` no other job may work on these records at the same time, as one could delete what the other
    reads; downloaded files are kept if the job fails. Enter this before opening the stores.
    """
    if reading.download.keep_raw:
        yield
        return
    source = get_source(reading.source)
    paths = sorted(row["path"] for row in read_records(table).to_dict("records") if not row["problem"])
    with ExitStack() as exits:
        reserved = []
        for path in paths:  # in the same order in all jobs, so that no two wait for each other
            with suppress(RecordError), record_errors(path):  # its row gives the reason
                exits.enter_context(source.reserve(path, reading))
                reserved.append(path)
        yield
        for path in reserved:
            with suppress(RecordError), record_errors(path):
                source.release(path, reading)


def _each_record(table, reading: RecordOptions, add, reject) -> Iterator[tuple[str, str]]:
    """Open each record of a table and hand it on; gives its name, and why it was rejected."""
    source = get_source(reading.source)
    for row in read_records(table).to_dict("records"):
        reason, problems = row["problem"], fetch_problems(row)
        try:
            if not reason:
                # Outside of this block: an error in writing windows is not the recording's fault.
                with record_errors(row["path"]):
                    problems += source.prepare(row["path"], reading, problems)  # signals may have been deleted since
                    record = open_record(row["path"], reading)
                    problems += [p for p in record.problems if not any(p.split(":")[0] in known for known in problems)]
                    if reading.verify:
                        problems += record.verify()
                add(row, record, problems)
        except RecordError as error:
            reason = str(error)
        if reason:
            reject(row, reason, problems)
        yield row["record"], reason


def join_tables(paths: list[str], output: str | Path) -> None:
    """Join parquet tables of equal columns in the order given.

    They may have a row for each of millions of windows: memory holds one table at a time.
    """
    import pyarrow.parquet as pq

    with pq.ParquetWriter(output, pq.read_schema(paths[0])) as writer:
        for path in paths:
            writer.write_table(pq.read_table(path))
