"""Folders of WFDB or CSV recordings on this machine."""

import re
from collections.abc import Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.csv_files import is_csv, open_csv
from cuffless.records.record import Record, RecordError
from cuffless.records.source import Entry, Source, shard_of
from cuffless.records.wfdb_files import open_wfdb

_PATIENT = re.compile(r"^p\d{6,8}$")


class _Folder(Source):
    """Recordings below a folder; a patient's folder tells whose they are."""

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        opener = open_csv if is_csv(path) else open_wfdb
        return opener(path, options, need_abp=need_abp)

    def _files(self, options: RecordOptions, shard: int | None, pattern: str) -> list[Path]:
        """Files of a pattern, those of patients of other shards passed over before anything in them is read."""
        folder = existing_folder(options)
        return [
            path
            for path in folder.rglob(pattern)
            if not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and _concerns(path, options, shard)
        ]


class WfdbFolder(_Folder):
    """WFDB records, multi-segment masters in place of their segments."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """Records whose header no other header names as its segment."""
        return map(local_entry, _masters(self._files(options, shard, "*.hea")))


class CsvFolder(_Folder):
    """CSV files, one recording each."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All CSV files, compressed ones too."""
        return map(local_entry, filter(is_csv, self._files(options, shard, "*")))


def existing_folder(options: RecordOptions) -> Path:
    """The folder of the recordings.

    Raises
    ------
    RecordError
        If it does not exist.
    """
    folder = Path(options.path)
    if not folder.is_dir():
        raise RecordError(f"{folder} is not a folder; set records.path to the folder of your recordings")
    return folder


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


def _concerns(path: Path, options: RecordOptions, shard: int | None) -> bool:
    subject, identity = subject_of(path)
    return shard is None or identity == "record" or shard_of(subject, options.shards) == shard


def _masters(headers: list[Path]) -> list[Path]:
    """Records of WFDB headers: those that no other header names as its segment."""
    segments = set()
    for header in headers:
        lines = [line for line in header.read_text(errors="replace").splitlines() if line and line[0] != "#"]
        if lines and "/" in lines[0].split()[0]:
            segments |= {header.with_name(line.split()[0] + ".hea") for line in lines[1:]}
    return [header.with_suffix("") for header in headers if header not in segments]
