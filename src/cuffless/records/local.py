"""Folders of recordings on this machine, one a file."""

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
    """Files below a folder, one recording each; a patient's folder tells whose they are.

    Attributes
    ----------
    endings : tuple of str
        Of the files' names, in lower case.
    """

    endings: tuple[str, ...] = ()

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All files of these endings."""
        wanted = files_in(options, lambda name: name.lower().endswith(self.endings), _concerned(options, shard))
        return map(local_entry, wanted)


class _Folder(FileFolder):
    """WFDB or CSV: told apart by the file itself."""

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        reachable(path)
        opener = open_csv if is_csv(path) else open_wfdb
        return opener(path, options, need_abp=need_abp)


class WfdbFolder(_Folder):
    """WFDB records, multi-segment masters in place of their segments."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """Records whose header no other header names as its segment."""
        headers = files_in(options, lambda name: name.endswith(".hea"), _concerned(options, shard))
        return map(local_entry, _masters(headers))


class CsvFolder(_Folder):
    """CSV files, one recording each."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All CSV files, compressed ones too."""
        return map(local_entry, files_in(options, is_csv, _concerned(options, shard)))


def subject_of(path: str | Path) -> tuple[str, str]:
    """Whose record it is.

    Returns
    -------
    subject : str
        The patient where a folder of the path names one (``p000123`` as in the matched MIMIC-III subset,
        ``p10020306`` as in MIMIC-IV), else the record.
    identity : {"patient", "record"}
        What the subject stands for. A split by "record" may put one patient on both sides.
    """
    path = Path(path)
    patients = [part for part in path.parts[:-1] if _PATIENT.match(part)]
    return (patients[-1], "patient") if patients else (path.name.split(".")[0], "record")


def local_entry(path: Path) -> Entry:
    """A recording on this machine, whose it is read off its path."""
    subject, identity = subject_of(path)
    return Entry(str(path), path.name.split(".")[0], subject if identity == "patient" else "", identity)


def _concerned(options: RecordOptions, shard: int | None) -> Callable[[Path], bool]:
    """Whether a file may belong to a shard: those of patients of other shards do not."""

    def concerned(path: Path) -> bool:
        subject, identity = subject_of(path)
        return shard is None or identity == "record" or shard_of(subject, options.shards) == shard

    return concerned


def _masters(headers: list[Path]) -> list[Path]:
    """Records of WFDB headers: those that no master names as its segment, and all masters."""
    masters, segments = set(), set()
    for header in headers:
        lines = _header_lines(header)
        if lines and "/" in lines[0].split()[0]:
            masters.add(header)
            try:
                described = read_header(header.with_suffix("")).segments or ()
            except RecordError:  # what it would name may be anything
                continue
            segments |= {header.parent / f"{name}.hea" for name, _ in described}
    return [
        header.with_suffix("") if header.suffix == ".hea" else header
        for header in headers
        if header in masters or header not in segments
    ]


def _header_lines(header: Path) -> list[str]:
    """Lines of a header without comments; none of one that cannot be read (opening it tells why)."""
    try:
        text = header_text(header)
    except RecordError:
        return []
    return [line for line in text.splitlines() if line.strip() and line[0] != "#"]
