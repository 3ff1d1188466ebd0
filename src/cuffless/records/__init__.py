"""Recordings: reading WFDB and CSV, and the table of what there is."""

from cuffless.records.catalog import (
    describe_record,
    find_records,
    list_records,
    open_record,
    shard_listing,
    shard_of,
    simulated_paths,
    subject_of,
)
from cuffless.records.csv_files import is_csv, is_number, open_csv
from cuffless.records.record import Channel, Record, RecordError, Segment, from_arrays
from cuffless.records.wfdb_files import open_wfdb

__all__ = [
    "Channel",
    "Record",
    "RecordError",
    "Segment",
    "describe_record",
    "find_records",
    "from_arrays",
    "is_csv",
    "is_number",
    "list_records",
    "open_csv",
    "open_record",
    "open_wfdb",
    "shard_listing",
    "shard_of",
    "simulated_paths",
    "subject_of",
]
