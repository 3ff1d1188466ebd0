"""Recordings: where they come from, how they are read, and the table of what there is."""

from cuffless.records.catalog import describe_record, list_records, reason_text, shard_listing, simulated_entries
from cuffless.records.faults import costing_a_recording
from cuffless.records.fetching import fetch_records, read_records
from cuffless.records.formats.csv_files import LayoutError, is_csv, open_csv
from cuffless.records.formats.wfdb_files import open_wfdb
from cuffless.records.local import subject_of
from cuffless.records.record import (
    Channel,
    ReadyWindows,
    Record,
    RecordError,
    Segment,
    beyond_measure,
    from_arrays,
    turned_over,
)
from cuffless.records.runs import describe_runs, numbered, runs_of
from cuffless.records.source import Entry, Source, shard_of, split_path
from cuffless.records.sources import find_records, open_record, refusing, source_file, source_named

__all__ = [
    "Channel",
    "Entry",
    "LayoutError",
    "ReadyWindows",
    "Record",
    "RecordError",
    "Segment",
    "Source",
    "beyond_measure",
    "costing_a_recording",
    "describe_record",
    "describe_runs",
    "fetch_records",
    "find_records",
    "from_arrays",
    "is_csv",
    "list_records",
    "numbered",
    "open_csv",
    "open_record",
    "open_wfdb",
    "read_records",
    "reason_text",
    "refusing",
    "runs_of",
    "shard_listing",
    "shard_of",
    "simulated_entries",
    "source_file",
    "source_named",
    "split_path",
    "subject_of",
    "turned_over",
]
