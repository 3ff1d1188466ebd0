"""Folders of recordings on this machine, one recording per file."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.folders import files_in, reachable
from cuffless.records.formats.csv_files import is_csv, open_csv
from cuffless.records.formats.wfdb_files import open_wfdb
from cuffless.records.record import Record
from cuffless.records.source import Entry, Source, shard_of

_PATIENT = re.compile(r"^p\d{6,8}$")


class FileFolder(Source):
    """Files below a folder, one recording each; a patient folder names their subject."""

    endings: tuple[str, ...] = ()
    """Suffixes of the file names, in lower case."""

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """All files of these endings."""
        wanted = files_in(options, lambda name: name.lower().endswith(self.endings), concerned_by(options, shard))
        return map(local_entry, wanted)


class DetectedFolder(FileFolder):
    """WFDB or CSV: each recording is told apart by the file itself."""

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a file, if its folder is still there."""
        reachable(path)
        opener = open_csv if is_csv(path) else open_wfdb
        return opener(path, options, need_abp=need_abp)


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
    *folders, name = os.fspath(path).rstrip(os.sep).split(os.sep)  # pathlib is slow for all files of a database
    patients = [folder for folder in folders if _PATIENT.match(folder)]
    return (patients[-1], "patient") if patients else (name.split(".")[0], "record")


def local_entry(path: Path) -> Entry:
    """A recording on this machine, with the subject from its path."""
    subject, identity = subject_of(path)
    return Entry(str(path), path.name.split(".")[0], subject if identity == "patient" else "", identity)


def concerned_by(options: RecordOptions, shard: int | None) -> Callable[[Path], bool]:
    """Whether a file may belong to a shard: those of patients of other shards do not."""

    def concerned(path: Path) -> bool:
        subject, identity = subject_of(path)
        return shard is None or identity == "record" or shard_of(subject, options.shards) == shard

    return concerned
