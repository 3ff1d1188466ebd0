"""Folders of recordings on this machine, one recording per file."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.folders import files_in, reachable
from cuffless.records.formats.csv_files import is_csv, open_csv
from cuffless.records.formats.wfdb_files import open_wfdb
from cuffless.records.formats.wfdb_headers import header_text, read_header
from cuffless.records.record import Record, RecordError
from cuffless.records.source import Entry, Source, shard_of

_PATIENT = re.compile(r"^p\d{6,8}$")


class FileFolder(Source):
    """Files below a folder, one recording each; a patient folder names their subject.

    Attributes
    ----------
    endings : tuple of str
        Suffixes of the file names, in lower case.
    """

    endings: tuple[str, ...] = ()

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All files with these suffixes."""
        wanted = files_in(options, lambda name: name.lower().endswith(self.endings), _shard_filter(options, shard))
        return map(local_entry, wanted)


class _Folder(FileFolder):
    """WFDB or CSV, depending on the file itself."""

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        reachable(path)
        opener = open_csv if is_csv(path) else open_wfdb
        return opener(path, options, need_abp=need_abp)


class WfdbFolder(_Folder):
    """WFDB records; a multi-segment master stands for its segments."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """Records that are not segments of another record."""
        headers = files_in(options, lambda name: name.endswith(".hea"), _shard_filter(options, shard))
        return map(local_entry, _masters(headers))


class CsvFolder(_Folder):
    """CSV files, one recording each."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All CSV files, including compressed ones."""
        return map(local_entry, files_in(options, is_csv, _shard_filter(options, shard)))


def subject_of(path: str | Path) -> tuple[str, str]:
    """Subject of a record.

    Returns
    -------
    subject : str
        The patient if a folder of the path names one (``p000123`` as in the matched MIMIC-III subset,
        ``p10020306`` as in MIMIC-IV), else the record.
    identity : {"patient", "record"}
        What the subject stands for. A split by "record" may put one patient on both sides.
    """
    path = Path(path)
    patients = [part for part in path.parts[:-1] if _PATIENT.match(part)]
    return (patients[-1], "patient") if patients else (path.name.split(".")[0], "record")


def local_entry(path: Path) -> Entry:
    """A recording on this machine, with the subject from its path."""
    subject, identity = subject_of(path)
    return Entry(str(path), path.name.split(".")[0], subject if identity == "patient" else "", identity)


def _shard_filter(options: RecordOptions, shard: int | None) -> Callable[[Path], bool]:
    """A test whether a file may belong to a shard: files of other shards' patients do not."""

    def concerned(path: Path) -> bool:
        subject, identity = subject_of(path)
        return shard is None or identity == "record" or shard_of(subject, options.shards) == shard

    return concerned


def _masters(headers: list[Path]) -> list[Path]:
    """Records of WFDB headers: all masters, and records that are not a segment of any."""
    masters, segments = set(), set()
    for header in headers:
        lines = _header_lines(header)
        if lines and "/" in lines[0].split()[0]:
            masters.add(header)
            try:
                described = read_header(header.with_suffix("")).segments or ()
            except RecordError:  # its segments are unknown
                continue
            segments |= {header.parent / f"{name}.hea" for name, _ in described}
    return [
        header.with_suffix("") if header.suffix == ".hea" else header
        for header in headers
        if header in masters or header not in segments
    ]


def _header_lines(header: Path) -> list[str]:
    """Lines of a header without comments; empty if it cannot be read (opening it raises the reason)."""
    try:
        text = header_text(header)
    except RecordError:
        return []
    return [line for line in text.splitlines() if line.strip() and line[0] != "#"]
