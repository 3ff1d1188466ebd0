"""Opening what a user names on the command line."""

import json
import math
import sys
from pathlib import Path

from cuffless.config import RecordOptions, StudyConfig, load_config
from cuffless.records import Record, is_csv, open_record

DONE, NOTHING_USABLE, WRONG_USE = 0, 1, 2


class UsageError(Exception):
    """The command was called in a way that cannot work."""


def open_signal(path: Path, fs, columns: str, rows: bool, study: StudyConfig | None, *, need_abp: bool) -> Record:
    """Open a recording as the options say.

    Raises
    ------
    UsageError
        If there is no such recording, or a CSV comes without its sampling rate.
    RecordError
        If it cannot be used.
    """
    options = study.records if study else RecordOptions()
    if is_csv(path):
        if not path.is_file():
            raise UsageError(f"{path} does not exist")
        if fs is None:
            raise UsageError(f"{path.name}: a CSV does not tell its sampling rate; say it with --fs, e.g. --fs 125")
        names = tuple(name.strip() for name in columns.split(",") if name.strip())
        changed = {"csv_fs": fs, "csv_rows": rows, "csv_columns": names}
        options = RecordOptions.model_validate({**options.model_dump(), **changed})
    elif fs is not None or columns or rows:
        raise UsageError("--fs, --columns and --rows describe a CSV; a WFDB header says these itself")
    elif not Path(f"{str(path).removesuffix('.hea')}.hea").is_file():
        raise UsageError(f"{path}: neither a CSV file nor a WFDB record (no {path}.hea)")
    return open_record(path, options, need_abp=need_abp)


def study_of(path: Path | None) -> StudyConfig | None:
    """A configuration file, if one was named."""
    return None if path is None else load_config(path)


def complain(message: str) -> None:
    """Say on standard error why nothing came of it."""
    print(f"cuffless: {message}", file=sys.stderr)


def print_json(value) -> None:
    """Print JSON, numbers that do not exist as null."""
    print(json.dumps(_plain(value), indent=2))


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
