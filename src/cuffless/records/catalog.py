"""Which records there are, whose they are, and which job reads them."""

import hashlib
import re
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.csv_files import is_csv, open_csv
from cuffless.records.record import Record, RecordError
from cuffless.records.wfdb_files import open_wfdb

COLUMNS = ("record", "subject", "identity", "path", "segments", "seconds", "sha256", "problem")
_PATIENT = re.compile(r"^p\d{6,8}$")


def open_record(path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True) -> Record:
    """Open a WFDB record or a CSV file; see `open_wfdb` and `open_csv`."""
    opener = open_csv if is_csv(path) else open_wfdb
    return opener(path, options, need_abp=need_abp)


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


def shard_of(subject: str, shards: int) -> int:
    """Job that works on a subject: stable, so that adding a record touches one shard."""
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big") % shards


def find_records(folder: str | Path, options: RecordOptions) -> list[Path]:
    """Paths of the records below a folder, multi-segment masters in place of their segments.

    Raises
    ------
    RecordError
        If the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RecordError(f"{folder} is not a folder; set records.path to the folder of your recordings")
    found = filter(is_csv, folder.rglob("*")) if options.source == "csv" else _wfdb_records(folder)
    shown = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    names = {path: path.name.split(".")[0] for path in shown}
    return sorted(
        path
        for path, name in names.items()
        if any(fnmatch(name, pattern) for pattern in options.include)
        and not any(fnmatch(name, pattern) for pattern in options.exclude)
    )


def simulated_paths(listing: str | Path) -> list[Path]:
    """Paths of the simulated records that a shard's list names."""
    table = pd.read_csv(listing)
    return [Path(listing).parent / path for path in table["path"]]


def shard_listing(options: RecordOptions, shard: int) -> str:
    """Digest of the names and sizes of the files in a local folder that concern a shard.

    Files whose path names a patient concern that patient's shard; whose the others are is not known, so they concern
    all.
    """
    digest = hashlib.sha256()
    for path, size in _files(options.path):
        subject, identity = subject_of(path)
        if identity == "record" or shard_of(subject, options.shards) == shard:
            digest.update(f"{path} {size}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _files(folder: str) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(p), p.stat().st_size) for p in Path(folder).rglob("*") if p.is_file()))


def _wfdb_records(folder: Path) -> list[Path]:
    headers = sorted(folder.rglob("*.hea"))
    segments = set()
    for header in headers:
        lines = [line for line in header.read_text(errors="replace").splitlines() if line and line[0] != "#"]
        if lines and "/" in lines[0].split()[0]:
            segments |= {header.with_name(line.split()[0] + ".hea") for line in lines[1:]}
    return [header.with_suffix("") for header in headers if header not in segments]


def describe_record(path: Path, options: RecordOptions) -> dict:
    """One row of the table of records, from headers and checksums.

    A record that cannot be used is a row too, with its reason under ``problem``.
    """
    subject, identity = subject_of(path)
    row = {"record": path.name.split(".")[0], "subject": subject, "identity": identity, "path": str(path)}
    try:
        record = open_record(path, options)
    except RecordError as error:
        return {**row, "segments": 0, "seconds": 0.0, "sha256": "", "problem": str(error)}
    digest = hashlib.sha256()
    for file in record.files:
        with open(file, "rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    return {
        **row,
        "segments": len(record.segments),
        "seconds": round(record.usable_seconds, 3),
        "sha256": digest.hexdigest(),
        "problem": "",
    }


def list_records(paths: list[Path], options: RecordOptions, shard: int | None = None) -> pd.DataFrame:
    """Table of records, one row each, of one shard or of all.

    Parameters
    ----------
    paths : list of Path
        Records.
    options : RecordOptions
        How they are read, and the number of shards.
    shard : int, optional
        Only the records of the subjects of this shard.

    Returns
    -------
    DataFrame
        Columns record, subject, identity, path, segments, seconds (with both signals), sha256, problem. Names occur
        once: a second record of the same name takes its folder's name as well.
    """
    chosen = [p for p in paths if shard is None or shard_of(subject_of(p)[0], options.shards) == shard]
    table = pd.DataFrame([describe_record(path, options) for path in chosen], columns=list(COLUMNS))
    twice = table["record"].duplicated(keep=False)
    for index in table.index[twice]:
        path = Path(table.at[index, "path"])
        table.at[index, "record"] = f"{path.parent.name}_{table.at[index, 'record']}"
    return table
