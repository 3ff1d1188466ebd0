"""Opening what a user names on the command line."""

import math
import shlex
from pathlib import Path

from cuffless.cli.answers import UsageError, complain
from cuffless.cli.kinds import ENDINGS, OTHERS, open_file, source_of
from cuffless.config import RecordOptions, StudyConfig, WindowOptions, load_config
from cuffless.records import LayoutError, Record, find_records, is_csv, open_csv, open_record, turned_over


def open_signal(
    path: Path,
    fs,
    columns: str,
    rows: bool,
    study: StudyConfig | None,
    *,
    need_abp: bool,
    ppg: str = "",
    abp: str = "",
    command: str = "inspect",
) -> Record:
    """Open a recording as the options say.

    Parameters
    ----------
    path : Path
        WFDB record (with or without extension), text file, or a file of another source, ``file#part`` where it holds
        several recordings.
    fs : float or None
        Sampling rate of a text file in Hz, where it does not tell it.
    columns : str
        Names of a text file's columns, separated by commas; may be empty.
    rows : bool
        Whether a text file holds one signal per row.
    study : StudyConfig or None
        Whose channel names count.
    need_abp : bool
        False: PPG alone suffices.
    ppg, abp : str
        Names of the channels to take, in place of the study's; may be empty.
    command : str
        What the user called, for the command that a message gives: ``inspect``, ``predict --model FILE``.

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
    options = (study.records if study else RecordOptions()).model_copy(
        update={"source": "wfdb", "path": ".", "invert": False}  # `turned` does it
    )
    options = _with_channels(options, ppg, abp)
    if source := source_of(path):
        return open_file(path, source, options, fs, bool(columns or rows), need_abp)
    if is_csv(path):
        return _open_text(path, fs, columns, rows, options, need_abp, command + _named(ppg, abp))
    if fs is not None or columns or rows:
        raise UsageError("--fs, --columns and --rows describe a CSV; a WFDB header says these itself")
    return open_record(_wfdb_path(path), options, need_abp=need_abp)


def _open_text(
    path: Path, fs, columns: str, rows: bool, options: RecordOptions, need_abp: bool, command: str
) -> Record:
    """Open a text file, say what it was taken for, and ask for what it does not tell."""
    if not path.is_file():
        raise UsageError(f"{path} does not exist")
    if fs is not None and not math.isfinite(fs):
        raise UsageError(f"--fs {fs}: not a sampling rate; say a number of Hz, e.g. --fs 125")
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    changed = {"csv_fs": fs, "csv_rows": rows, "csv_columns": names}
    options = RecordOptions.model_validate({**options.model_dump(), **changed})
    try:
        record = open_csv(path, options, need_abp=need_abp, assume=False)
    except LayoutError as error:
        given = {
            "--fs": f"{fs:g}" if fs is not None else None,
            "--rows": "" if rows else None,
            "--columns": columns or None,
        }
        described = {option: value for option, value in {**given, **error.options}.items() if value is not None}
        words = [word for option, value in described.items() for word in (option, value) if word]
        raise UsageError(f"{error}, e.g.: cuffless {command} {shlex.quote(str(path))} {' '.join(words)}") from None
    complain(record.read_as)
    for note in record.problems:
        complain(f"{path.name}: {note}")
    return record


def _named(ppg: str, abp: str) -> str:
    """The options that named channels, as they were given."""
    return "".join(f" --{kind} {shlex.quote(name)}" for kind, name in (("ppg", ppg), ("abp", abp)) if name)


def _with_channels(options: RecordOptions, ppg: str, abp: str) -> RecordOptions:
    """The options, with channels as named on the command line."""
    named = {kind: (name.strip(),) for kind, name in (("ppg", ppg), ("abp", abp)) if name.strip()}
    return options.model_copy(update={"channels": options.channels.model_copy(update=named)})


def turned(record: Record, invert: bool, study: StudyConfig | None) -> Record:
    """The recording, turned over if ``--invert`` or its configuration says so."""
    return turned_over(record) if invert or (study and study.records.invert) else record


def for_command_line(warning: str) -> str:
    """A warning that names an option of the configuration, with the option of the command line."""
    return warning.replace("records.invert turns it over", "--invert (records.invert) turns it over")


def _wfdb_path(path: Path) -> Path:
    """The record that a path means, its extension taken off."""
    if path.is_dir():
        listed = (find_records(RecordOptions(source=source, path=str(path))) for source in ("wfdb", "csv", *OTHERS))
        inside = next(filter(None, listed), None)
        hint = f"; name a recording in it, e.g. {inside[0].path}" if inside else " without recordings"
        raise UsageError(f"{path} is a folder{hint}")
    for record in (path, path.with_suffix("")):  # a record's name may itself hold a dot
        if record.with_name(f"{record.name}.hea").is_file():
            return record
    if path.exists():
        raise UsageError(
            f"{path.name} cannot be read: neither a text file (.csv, .csv.gz, .txt, .tsv, .dat) nor part of a WFDB "
            f"record (no .hea beside it), nor one of {ENDINGS}"
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
