"""Folders of text files."""

from collections.abc import Iterator

from cuffless.config import RecordOptions
from cuffless.records.folders import files_in
from cuffless.records.formats.csv_files import is_csv
from cuffless.records.local import DetectedFolder, concerned_by, local_entry
from cuffless.records.source import Entry


class CsvFolder(DetectedFolder):
    """CSV files, one recording each."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All CSV files, compressed ones too."""
        return map(local_entry, files_in(options, is_csv, concerned_by(options, shard)))
