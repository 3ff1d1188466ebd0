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


def find_records(folder: str | Path, options: RecordOptions, shard: int | None = None) -> list[Path]:
    """Paths of the records below a folder, multi-segment masters in place of their segments.

    With a shard, folders of patients of other shards are passed over before anything in them is read.

    Raises
    ------
    RecordError
        If the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RecordError(f"{folder} is not a folder; set records.path to the folder of your recordings")
    files = [
        path
        for path in folder.rglob("*" if options.source == "csv" else "*.hea")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts) and _concerns(path, options, shard)
    ]
    shown = filter(is_csv, files) if options.source == "csv" else _masters(files)
    names = {path: path.name.split(".")[0] for path in shown}
    return sorted(
        path
        for path, name in names.items()
        if any(fnmatch(name, pattern) for pattern in options.include)
        and not any(fnmatch(name, pattern) for pattern in options.exclude)
    )


def simulated_paths(listing: str | Path) -> list[Path]:
    """Paths of the simulated records that a shard's list names.

    Raises
    ------
    RecordError
        If one of them was deleted since.
    """
    table = pd.read_csv(listing)
    paths = [Path(listing).parent / path for path in table["path"]]
    absent = [path for path in paths if not path.with_name(path.name + ".hea").is_file()]
    if absent:
        raise RecordError(f"{absent[0]}: simulated, but no longer there; delete {listing} to have it simulated anew")
    return paths


def shard_listing(options: RecordOptions, shard: int) -> str:
    """Digest of names, sizes and times of the files in a local folder that concern a shard.

    Files whose path names a patient concern that patient's shard; whose the others are is not known, so they concern
    all.
    """
    return _listings(options.path, options.shards)[shard]


@cache
def _listings(folder: str, shards: int) -> list[str]:
    """Listing of every shard, in one sweep over the files."""
    digests = [hashlib.sha256() for _ in range(shards)]
    for path, *state in _files(folder):
        subject, identity = subject_of(path)
        line = f"{path} {state}\n".encode()
        for digest in digests if identity == "record" else [digests[shard_of(subject, shards)]]:
            digest.update(line)
    return [digest.hexdigest()[:16] for digest in digests]


@cache
def _files(folder: str) -> tuple[tuple[str, int, int], ...]:
    found = [(str(path), path.stat()) for path in Path(folder).rglob("*") if path.is_file()]
    return tuple(sorted((path, stat.st_size, stat.st_mtime_ns) for path, stat in found))


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


def describe_record(path: Path, options: RecordOptions) -> dict:
    """One row of the table of records, from headers and checksums.

    A record that cannot be used is a row too, with its reason under ``problem``.
    """
    subject, identity = subject_of(path)
    name = path.name.split(".")[0]
    name = name if identity == "record" or subject in name else f"{subject}_{name}"
    row = {"record": name, "subject": subject, "identity": identity, "path": str(path)}
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
        once in a data set: one that does not name its patient has the patient put before it, and records of equal
        name take as much of their path as tells them apart (they are of one shard, whatever the number of shards).
    """
    chosen = [p for p in paths if shard is None or shard_of(subject_of(p)[0], options.shards) == shard]
    table = pd.DataFrame([describe_record(path, options) for path in chosen], columns=list(COLUMNS))
    by_record = table["identity"] == "record"
    depth = 1
    while (twice := table["record"].duplicated(keep=False)).any():
        depth += 1
        longer = ["_".join(Path(path).with_suffix("").parts[-depth:]) for path in table.loc[twice, "path"]]
        if depth > 64:
            raise RecordError(f"{table.loc[twice, 'path'].iloc[0]} is listed twice; take it out of records.path")
        table.loc[twice, "record"] = longer
    # Without a patient the record is the subject, so two records of one name are two subjects.
    table.loc[by_record, "subject"] = table.loc[by_record, "record"]
    return table
