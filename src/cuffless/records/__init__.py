"""Recordings: their sources, their readers, and the table of available records."""

from cuffless.records.catalog import list_records, reason_text, shard_listing, simulated_entries
from cuffless.records.faults import record_errors
from cuffless.records.fetching import fetch_records, read_records
from cuffless.records.formats.csv_files import LayoutError, is_csv, open_csv
from cuffless.records.formats.wfdb_files import open_wfdb
from cuffless.records.local import subject_of
from cuffless.records.people import identify_people, read_subjects, subjects_file
from cuffless.records.record import (
    Channel,
    ReadyWindows,
    Record,
    RecordError,
    Segment,
    describe_out_of_range,
    from_arrays,
    invert_ppg,
)
from cuffless.records.runs import describe_runs, find_runs, split_numbers
from cuffless.records.source import Entry, Source, shard_of, split_path
from cuffless.records.sources import find_records, get_source, open_record, source_errors

__all__ = [
    "Channel",
    "Entry",
    "LayoutError",
    "ReadyWindows",
    "Record",
    "RecordError",
    "Segment",
    "Source",
    "describe_out_of_range",
    "describe_runs",
    "fetch_records",
    "find_records",
    "find_runs",
    "from_arrays",
    "get_source",
    "identify_people",
    "invert_ppg",
    "is_csv",
    "list_records",
    "open_csv",
    "open_record",
    "open_wfdb",
    "read_records",
    "read_subjects",
    "reason_text",
    "record_errors",
    "shard_listing",
    "shard_of",
    "simulated_entries",
    "source_errors",
    "split_numbers",
    "split_path",
    "subject_of",
    "subjects_file",
]
