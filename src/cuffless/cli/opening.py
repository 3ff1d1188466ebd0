"""Opening the recordings given on the command line."""

import math
import shlex
from pathlib import Path

import numpy as np

from cuffless.cli.answers import UsageError, complain
from cuffless.cli.kinds import FILE_SOURCES, SUFFIXES, open_file, source_of
from cuffless.config import RecordOptions, StudyConfig, WindowOptions, load_config
from cuffless.records import LayoutError, Record, find_records, invert_ppg, is_csv, open_csv, open_record
from cuffless.records.channels import find_channel

_KPA, _LEAST_PULSE_KPA = (2.0, 36.0), 1.5
"""Arterial pressures in kPa, and how far a pulse at least moves them."""
_LOOKED_AT = 120.0  # seconds of each segment


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
    """Open a recording with the given options.

    Parameters
    ----------
    path : Path
        WFDB record (with or without extension), text file, or a file of another source; ``file#part`` for one of
        several recordings in a file.
    fs : float or None
        Sampling rate of a text file in Hz, if the file does not give it.
    columns : str
        Names of a text file's columns, separated by commas; may be empty.
    rows : bool
        Whether a text file holds one signal per row.
    study : StudyConfig or None
        Study whose channel names are used.
    need_abp : bool
        False: PPG alone is enough.
    ppg, abp : str
        Names of the channels to use in place of the study's; may be empty.
    command : str
        The user's command, for the example in a message: ``inspect``, ``predict --model FILE``.

    Returns
    -------
    Record

    Raises
    ------
    UsageError
        If there is no such recording, or its description does not match its layout.
    RecordError
        If it cannot be used.
    """
    options = (study.records if study else RecordOptions()).model_copy(
        update={"source": "wfdb", "path": ".", "invert": False}  # `apply_invert` does it
    )
    options = _set_channels(options, ppg, abp)
    if source := source_of(path):
        return open_file(path, source, options, fs, bool(columns or rows), need_abp)
    if is_csv(path):
        return _open_text(path, fs, columns, rows, options, need_abp, command + _channel_arguments(ppg, abp))
    if fs is not None or columns or rows:
        raise UsageError("--fs, --columns and --rows are for text files; a WFDB header gives these itself")
    return open_record(_wfdb_path(path), options, need_abp=need_abp)


def _open_text(
    path: Path, fs, columns: str, rows: bool, options: RecordOptions, need_abp: bool, command: str
) -> Record:
    """Open a text file, print how it was interpreted, and ask for what it does not give."""
    if not path.is_file():
        raise UsageError(f"{path} not found")
    if fs is not None and not math.isfinite(fs):
        raise UsageError(f"--fs {fs}: not a sampling rate; give a number in Hz, e.g. --fs 125")
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


def _channel_arguments(ppg: str, abp: str) -> str:
    """The command-line options for channels, as given."""
    return "".join(f" --{kind} {shlex.quote(name)}" for kind, name in (("ppg", ppg), ("abp", abp)) if name)


def _set_channels(options: RecordOptions, ppg: str, abp: str) -> RecordOptions:
    """The options with the channels of the command line."""
    given = {kind: (name.strip(),) for kind, name in (("ppg", ppg), ("abp", abp)) if name.strip()}
    return options.model_copy(update={"channels": options.channels.model_copy(update=given)})


def apply_invert(record: Record, invert: bool, study: StudyConfig | None) -> Record:
    """The recording, inverted if ``--invert`` or the study asks for it."""
    return invert_ppg(record) if invert or (study and study.records.invert) else record


def add_cli_option(warning: str) -> str:
    """Add the command-line option to a warning that names a configuration key."""
    return warning.replace("records.invert turns it over", "--invert (records.invert) turns it over")


def describe_kpa(record: Record, study: StudyConfig | None) -> str:
    """What to do if the pressure of a recording seems to be in kPa, though the file does not tell; empty if not.

    Parameters
    ----------
    record : Record
        With its pressure; the first minutes of each segment are read.
    study : StudyConfig or None
        Whose channel names it was opened with.
    """
    read = [segment.read(0, min(segment.n_samples, int(_LOOKED_AT * segment.fs)))[1] for segment in record.segments]
    values = np.concatenate([part[np.isfinite(part)] for part in read if part is not None] or [np.empty(0)])
    if not len(values):
        return ""
    low, middle, high = np.percentile(values, (1, 50, 99))
    if not (_KPA[0] <= low and high <= _KPA[1] and high - low >= _LEAST_PULSE_KPA):
        return ""
    names = [name.strip() for name in record.channels]
    at = find_channel(names, (study.records if study else RecordOptions()).channels.abp)
    how = "correct the unit in its header"
    if record.read_as and at is not None:
        columns = ",".join(f"{name} [kPa]" if number == at else name for number, name in enumerate(names))
        how = f"give the unit with the column's name: --columns {shlex.quote(columns)}"
    return (
        f"the pressure lies between {low:.1f} and {high:.1f} (median {middle:.1f}), too low for mmHg; if it is in kPa, "
        f"{how}"
    )


def _wfdb_path(path: Path) -> Path:
    """Path of a record without its extension."""
    if path.is_dir():
        listed = (
            find_records(RecordOptions(source=source, path=str(path))) for source in ("wfdb", "csv", *FILE_SOURCES)
        )
        inside = next(filter(None, listed), None)
        hint = f"; give a recording in it, e.g. {shlex.quote(str(inside[0].path))}" if inside else " without recordings"
        raise UsageError(f"{path} is a folder{hint}")
    for record in (path, path.with_suffix("")):  # a record's name may contain a dot
        if record.with_name(f"{record.name}.hea").is_file():
            return record
    if path.exists():
        raise UsageError(
            f"{path.name} cannot be read: not a text file (.csv, .csv.gz, .txt, .tsv, .dat), part of a WFDB "
            f"record (no .hea beside it) or one of {SUFFIXES}"
        )
    raise UsageError(f"{path} not found, neither as a CSV file nor as a WFDB record (no {path.name}.hea)")


def load_study(path: Path | None) -> StudyConfig | None:
    """The study of a configuration file, if there is one.

    Raises
    ------
    ConfigError
        If the file is missing or invalid.
    """
    return None if path is None else load_config(path)


def main_windowing(study: StudyConfig) -> WindowOptions:
    """Window options of a study: those of its first split."""
    return study.windowings[study.splits.named[study.study.splits[0]].windowing]
