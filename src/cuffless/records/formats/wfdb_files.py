"""WFDB records, single- and multi-segment, fixed and variable layout."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import shortened, some_of
from cuffless.records.channels import duplicate_channel_notes, find_channel
from cuffless.records.formats.wfdb_headers import Header, Signal, read_header
from cuffless.records.formats.wfdb_signals import (
    FORMATS,
    differs_from_checksum,
    expected_bytes,
    is_compressed,
    signal_reader,
    stored_frames,
)
from cuffless.records.record import HIGHEST_FS, Channel, Record, RecordError, Segment, check_rate
from cuffless.records.source import split_path
from cuffless.records.units import PRESSURE_UNITS, mmhg_per


def open_wfdb(
    path: str | Path,
    options: RecordOptions = RecordOptions(),
    *,
    need_abp: bool = True,
    headers_only: bool = False,
) -> Record:
    """Open a WFDB record without reading its signals.

    Parameters
    ----------
    path : str or Path
        Path of the header, with or without ``.hea``; a multi-segment master or a single record. ``master#a,b`` opens
        only the segments a and b of a master.
    options : RecordOptions
        Channel names, and the sampling rate of the segments.
    need_abp : bool
        False: PPG alone is enough.
    headers_only : bool
        Do not look for the signal files, which are not yet on this machine.

    Returns
    -------
    Record
        Its segments are those of the file, never joined. Segments that are missing, truncated or without one of the
        signals are listed in ``problems``.

    Raises
    ------
    RecordError
        If the header is missing or unreadable, or no segment has the requested signals.
    """
    file, listed = split_path(path)
    base = Path(str(file).removesuffix(".hea"))
    header, name = read_header(base), base.name
    check_rate(name, header.fs * max([signal.per_frame for signal in header.signals], default=1))
    unknown = [f"{one}: not a segment of {name}" for one in _unknown_segments(header, listed)]
    pieces, end = _pieces(base, header, headers_only)
    parts, used_parts, problems, duplicates, channels = [], [], [], [], []
    files: dict[str, float] = {}
    for part, first, length in pieces:
        if listed and part.name not in listed.split(","):
            continue
        outcome, names, used = _open_part(part, first, length, header.fs, options, need_abp, headers_only)
        channels += [n for n in names if n not in channels]
        if isinstance(outcome, Segment):
            parts.append(outcome)
            used_parts.append(part)
            files |= used
            notes = (f"{name}: {note}" for note in duplicate_channel_notes(names, options.channels, need_abp))
            duplicates += [note for note in notes if note not in duplicates]
        else:
            problems.append(outcome)
    seconds = (header.length or end) / header.fs
    if not parts:
        why = _why_unusable(name, channels, problems, options, need_abp) if problems or not unknown else ""
        raise RecordError("; ".join(filter(None, (_join_first(unknown), why))), tuple(channels), seconds)
    return Record(
        name,
        str(path),
        parts[0].ppg.fs,
        tuple(channels),
        seconds,
        tuple(parts),
        (*unknown, *duplicates, *problems),
        tuple(files),
        round(sum(files.values())),
        verify=partial(_checksum_mismatches, used_parts, options, need_abp),
    )


def _checksum_mismatches(parts: list[Path], options: RecordOptions, need_abp: bool) -> list[str]:
    """Signals of some parts that do not match the checksums in their headers."""
    found = []
    for part in parts:
        try:
            header = read_header(part)
            for index in _wanted_signals(header.names, options, need_abp).values():
                file = _file(part, header, index)
                if differs_from_checksum(file, header, index):
                    found.append(
                        f"{part.name}: {shortened(header.names[index])} does not match the checksum in its header; "
                        "fetch it again, or check it with cuffless inspect"
                    )
        except RecordError as error:
            found.append(str(error))
    return found


def segment_names(header: Header, listed: str = "") -> list[str]:
    """Segments of a master that may hold signals: all, or those in a comma-separated list."""
    wanted = set(filter(None, listed.split(",")))
    return [
        name for name, _ in header.segments or () if name not in ("~", header.layout) and (not wanted or name in wanted)
    ]


def _unknown_segments(header: Header, listed: str) -> list[str]:
    """Names in a list that are not segments of a master."""
    if header.segments is None:
        return []
    known = dict(header.segments)
    return [name for name in filter(None, listed.split(",")) if name not in known]


def _pieces(path: Path, header: Header, headers_only: bool) -> tuple[list[tuple[Path, int, int]], int]:
    """Path, first frame and length of each part that may hold signals; and the total number of frames."""
    if header.segments is None:
        length = header.length or _length(path, headers_only)
        return [(path, 0, length)], length
    pieces, first = [], 0
    for name, length in header.segments:
        part = path.parent / name
        length = length or (0 if name in ("~", header.layout) else _length(part, headers_only))
        if name not in ("~", header.layout):
            pieces.append((part, first, length))
        first += length
    return pieces, first


def _length(part: Path, headers_only: bool) -> int:
    """Frames of a part from its own header, or from the longest of its signal files; 0 if unknown."""
    try:
        header = read_header(part)
        if header.length or headers_only:
            return header.length
        files = {signal.file: index for index, signal in enumerate(header.signals) if signal.format in FORMATS}
        there = [(part.parent / file, index) for file, index in files.items() if os.path.isfile(part.parent / file)]
        return max((stored_frames(file, header, index) for file, index in there), default=0)
    except RecordError:  # reported when the part is opened
        return 0


def _open_part(part: Path, first, length, record_fs, options: RecordOptions, need_abp: bool, headers_only: bool):
    """One part as a Segment, or the reason why not; its channels; its files and their sizes in bytes."""
    if not part.name or not os.path.isfile(f"{part}.hea"):
        return f"{shortened(part.name)}: header not found; fetch it again", [], {}
    try:
        header = read_header(part)
    except RecordError as error:
        return str(error), [], {}
    if header.segments is not None:
        return f"{part.name}: a segment must not have segments itself; correct its header", [], {}
    names = header.names
    problem = missing_signal(names, options, need_abp)
    if problem:
        return f"{part.name}: {problem}", names, {}
    wanted = _wanted_signals(names, options, need_abp)
    if need_abp:
        problem = _pressure_problem(header.signals[wanted["abp"]])
    places = sorted(wanted.values())
    for index in places:
        problem = problem or _rate_problem(header, index)
        problem = problem or _stored_problem(header, index)
        problem = problem or (None if headers_only else _file_problem(part, header, index))
    if problem:
        return f"{part.name}: {problem}", names, {}
    if length and header.length > length:  # the master determines where the next segment begins
        header = replace(header, length=length)
    if not header.length:
        try:
            held = (
                [] if headers_only else [stored_frames(_file(part, header, index), header, index) for index in places]
            )
        except RecordError as error:
            return f"{part.name}: {error}", names, {}
        header = replace(header, length=min([length, *held]))
    files = {str(_file(part, header, index)): expected_bytes(header, index) for index in places}
    made = {}
    for kind, index in wanted.items():
        factor = mmhg_per(header.signals[index].units) if kind == "abp" else 1.0
        assert factor is not None  # `_pressure_problem` rejects other units
        made[kind] = _channel(part, header, index, factor)
    segment = Segment(part.name, first / record_fs, options.fs, made["ppg"], made.get("abp"))
    if not segment.n_samples and not headers_only:
        return f"{part.name}: no samples (an empty record)", names, {}
    return segment, names, files


def _file(part: Path, header: Header, index: int) -> Path:
    return part.parent / header.signals[index].file


def _pressure_problem(signal: Signal) -> str | None:
    """Why the values of a pressure channel cannot be used as pressures."""
    if not signal.calibrated:
        return (
            f"{shortened(signal.name)} is not calibrated (its gain is 0 or missing), so its values are not pressures; "
            "write gain, baseline and unit into the header, e.g. 20(0)/mmHg, or choose another channel with --abp "
            "(records.channels.abp)"
        )
    if mmhg_per(signal.units) is None:
        return (
            f"{shortened(signal.name)} is in {shortened(signal.units)!r}, not {PRESSURE_UNITS}; correct the unit in "
            "the header, or choose another channel with --abp (records.channels.abp)"
        )
    return None


def _rate_problem(header: Header, index: int) -> str | None:
    """Why a channel's own rate is implausible: the record's rate times its samples per frame."""
    signal = header.signals[index]
    fs = header.fs * signal.per_frame
    return (
        f"{shortened(signal.name)} has {fs:g} samples per second, more than {HIGHEST_FS:g}" if fs > HIGHEST_FS else None
    )


def _stored_problem(header: Header, index: int) -> str | None:
    """Why a channel cannot be read, according to its header."""
    signal, beside = header.signals[index], header.file_signals(index)
    if signal.file == "~" or signal.format == "0":
        return f"{shortened(signal.name)} has no stored signal (format 0)"
    if beside[0].format not in FORMATS:
        stored = shortened(signal.format, 20)
        return (
            f"{shortened(signal.name)} is stored in format {stored}, which is not supported ({', '.join(FORMATS)} are)"
        )
    if is_compressed(beside[0].format) and len({one.per_frame for one in beside}) > 1:
        return f"{shortened(signal.file)} is compressed, but its channels differ in samples per frame"
    return None


def _file_problem(part: Path, header: Header, index: int) -> str | None:
    """Why a channel cannot be read, according to its file."""
    file = _file(part, header, index)
    if not os.path.isfile(file):
        return f"signal file {shortened(header.signals[index].file)} not found; fetch it again"
    if is_compressed(header.file_signals(index)[0].format) or not header.length:
        return None  # compressed files are checked by their decoder
    expected, size = int(expected_bytes(header, index)), file.stat().st_size
    if size < expected:
        return f"{file.name} is truncated ({size} of {expected} bytes); fetch it again"
    return None


def _channel(part: Path, header: Header, index: int, factor: float) -> Channel:
    """One signal of a part, multiplied by a factor."""
    reader, per_frame = signal_reader(_file(part, header, index), header, index), header.signals[index].per_frame

    def read(start: int, stop: int) -> np.ndarray:
        values = reader(start, stop)
        return values if factor == 1.0 else values * factor

    return Channel(header.fs * per_frame, header.length * per_frame, read)


def _wanted_signals(names: list[str], options: RecordOptions, need_abp: bool) -> dict[str, int]:
    """Indices of the requested signals, ``ppg`` and ``abp``, without those that are missing."""
    found = {"ppg": find_channel(names, options.channels.ppg)}
    if need_abp:
        found["abp"] = find_channel(names, options.channels.abp)
    return {kind: index for kind, index in found.items() if index is not None}


def missing_signal(names: list[str], options: RecordOptions, need_abp: bool = True) -> str:
    """Message on the signal missing from a list of channels; empty if there is none."""
    found = _wanted_signals(names, options, need_abp)
    if "ppg" not in found:
        return "no PPG channel"
    if need_abp and "abp" not in found:
        return "no arterial pressure channel"
    return ""


def _why_unusable(name, channels, problems, options, need_abp):
    missing = missing_signal(channels, options, need_abp)
    if missing and (channels or not problems):
        kind = "ppg" if "PPG" in missing else "abp"
        found = some_of(channels) or "none"
        return f"{name}: {missing} (found: {found}); choose one with --{kind} (records.channels.{kind})"
    why = _join_first(problems)
    if why.endswith("; fetch it again"):
        why += ", or exclude the record (records.exclude)"
    if len(problems) == 1 and why.startswith(f"{name}: "):  # a record without segments
        return why
    return f"{name}: no segment has the required signals: {why}"


def _join_first(problems: list[str]) -> str:
    return "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
