"""Opening what a user names on the command line."""

import math
import zlib
from pathlib import Path

from cuffless.cli.answers import UsageError, complain
from cuffless.cli.layout import check_layout, first_lines, suggested_fs
from cuffless.config import RecordOptions, StudyConfig, WindowOptions, load_config
from cuffless.records import Record, RecordError, find_records, is_csv, open_record, turned_over

_FS_TOLERANCE = 0.02  # a time column that disagrees by more is worth a word


def open_signal(path: Path, fs, columns: str, rows: bool, study: StudyConfig | None, *, need_abp: bool) -> Record:
    """Open a recording as the options say.

    Parameters
    ----------
    path : Path
        WFDB record (with or without extension) or CSV file.
    fs : float or None
        Sampling rate of a CSV in Hz.
    columns : str
        Names of a CSV's columns, separated by commas; may be empty.
    rows : bool
        Whether a CSV holds one signal a row.
    study : StudyConfig or None
        Whose channel names count.
    need_abp : bool
        False: PPG alone suffices.

    Returns
    -------
    Record

    Raises
    ------
    UsageError
        If there is no such recording, or it is described otherwise than it is laid out.
    RecordError
        If it cannot be used.
    """
    options = (study.records if study else RecordOptions()).model_copy(update={"source": "wfdb", "path": "."})
    if not is_csv(path):
        if fs is not None or columns or rows:
            raise UsageError("--fs, --columns and --rows describe a CSV; a WFDB header says these itself")
        return open_record(_wfdb_path(path), options, need_abp=need_abp)
    if not path.is_file():
        raise UsageError(f"{path} does not exist")
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    changed = {"csv_fs": _sampling_rate(path, fs, names, rows), "csv_rows": rows, "csv_columns": names}
    options = RecordOptions.model_validate({**options.model_dump(), **changed})
    try:
        return open_record(path, options, need_abp=need_abp)
    except (EOFError, zlib.error) as error:
        raise RecordError(f"{path.name}: the compressed file cannot be read ({error}); fetch it again") from None


def turned(record: Record, invert: bool, study: StudyConfig | None) -> Record:
    """The recording as ``--invert`` says, if its configuration has not turned it over already."""
    return turned_over(record) if invert and not (study and study.records.invert) else record


def for_command_line(warning: str) -> str:
    """A warning that names an option of the configuration, with the option of the command line."""
    return warning.replace("records.invert turns it over", "--invert (records.invert) turns it over")


def _sampling_rate(path: Path, fs: float | None, names: tuple[str, ...], rows: bool) -> float:
    lines = first_lines(path)
    check_layout(path, lines, names, rows)
    suggested = None if rows else suggested_fs(lines)
    if fs is None:
        hint = f"its column {lines[0][0].strip()} suggests --fs {suggested:.4g}" if suggested else "e.g. --fs 125"
        raise UsageError(f"{path.name}: a CSV does not tell its sampling rate; say it with --fs ({hint})")
    if not math.isfinite(fs):
        raise UsageError(f"--fs {fs}: not a sampling rate; say a number of Hz, e.g. --fs 125")
    if suggested and abs(fs / suggested - 1) > _FS_TOLERANCE:
        complain(f"{path.name}: --fs {fs:g}, but its column {lines[0][0].strip()} suggests {suggested:.4g} Hz")
    return fs


def _wfdb_path(path: Path) -> Path:
    """The record that a path means, its extension taken off."""
    if path.is_dir():
        inside = [
            record.path
            for source in ("wfdb", "csv")
            for record in find_records(RecordOptions(source=source, path=str(path)))
        ]
        hint = f"; name a recording in it, e.g. {inside[0]}" if inside else " without recordings"
        raise UsageError(f"{path} is a folder{hint}")
    for record in (path, path.with_suffix("")):  # a record's name may itself hold a dot
        if record.with_name(f"{record.name}.hea").is_file():
            return record
    if path.exists():
        raise UsageError(
            f"{path.name} cannot be read: neither a CSV file (.csv, .csv.gz, .txt, .tsv) nor part of a WFDB record "
            "(no .hea beside it)"
        )
    raise UsageError(f"{path} does not exist, neither as a CSV file nor as a WFDB record (no {path.name}.hea)")


def study_of(path: Path | None) -> StudyConfig | None:
    """A configuration file, if one was named.

    Raises
    ------
    ConfigError
        If it is absent, or holds a mistake.
    """
    return None if path is None else load_config(path)


def main_windowing(study: StudyConfig) -> WindowOptions:
    """The windows of a configuration: those that its study's first split divides."""
    return study.windowings[study.splits.named[study.study.splits[0]].windowing]
