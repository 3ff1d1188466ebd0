"""WFDB records, single- and multi-segment, fixed and variable layout."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import shortened, some_of
from cuffless.records.channels import doubled_channels, find_channel
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
        Path of the header, with or without ``.hea``; a multi-segment master or a single record. Of a master,
        ``master#a,b`` opens the segments a and b alone.
    options : RecordOptions
        Channel names and the sampling rate to work at.
    need_abp : bool
        False: PPG alone suffices.
    headers_only : bool
        Do not look for the signal files: they are elsewhere as yet.

    Returns
    -------
    Record
        Its segments are split wherever the file splits them, never joined. Segments that are absent, truncated
        or hold not both signals are named in ``problems``.

    Raises
    ------
    RecordError
        If the header is absent or unreadable, or no segment holds the signals asked for.
    """
    file, listed = split_path(path)
    base = Path(str(file).removesuffix(".hea"))
    header, name = read_header(base), base.name
    check_rate(name, header.fs * max([signal.per_frame for signal in header.signals], default=1))
    strangers = [f"{one}: not a segment of {name}" for one in _strangers(header, listed)]
    pieces, end = _pieces(base, header, headers_only)
    parts, taken, problems, doubled, channels, files = [], [], [], [], [], {}
    for part, first, length in pieces:
        if listed and part.name not in listed.split(","):
            continue
        outcome, names, used = _open_part(part, first, length, header.fs, options, need_abp, headers_only)
        channels += [n for n in names if n not in channels]
        if isinstance(outcome, Segment):
            parts.append(outcome)
            taken.append(part)
            files |= used
            said = (f"{name}: {word}" for word in doubled_channels(names, options.channels, need_abp))
            doubled += [word for word in said if word not in doubled]
        else:
            problems.append(outcome)
    seconds = (header.length or end) / header.fs
    if not parts:
        why = _why_nothing(name, channels, problems, options, need_abp) if problems or not strangers else ""
        raise RecordError("; ".join(filter(None, (_first_of(strangers), why))), channels, seconds)
    return Record(
        name,
        str(path),
        parts[0].ppg.fs,
        tuple(channels),
        seconds,
        tuple(parts),
        (*strangers, *doubled, *problems),
        tuple(files),
        round(sum(files.values())),
        verify=partial(_unlike_headers, taken, options, need_abp),
    )


def _unlike_headers(parts: list[Path], options: RecordOptions, need_abp: bool) -> list[str]:
    """Signals of some parts that are not what the checksums of their headers tell."""
    said = []
    for part in parts:
        try:
            header = read_header(part)
            for patterns in (options.channels.ppg, options.channels.abp)[: 2 if need_abp else 1]:
                index = find_channel(header.names, patterns)
                if differs_from_checksum(_file(part, header, index), header, index):
                    said.append(
                        f"{part.name}: {shortened(header.names[index])} is not what the checksum in its header tells; "
                        "fetch it again, or look at it with cuffless inspect"
                    )
        except RecordError as error:
            said.append(str(error))
    return said


def segment_names(header: Header, listed: str = "") -> list[str]:
    """Segments of a master that may hold signals: all, or those of a list separated by commas."""
    wanted = set(filter(None, listed.split(",")))
    return [
        name for name, _ in header.segments or () if name not in ("~", header.layout) and (not wanted or name in wanted)
    ]


def _strangers(header: Header, listed: str) -> list[str]:
    """Names of a list that are no segments of a master."""
    if header.segments is None:
        return []
    known = dict(header.segments)
    return [name for name in filter(None, listed.split(",")) if name not in known]


def _pieces(path: Path, header: Header, headers_only: bool) -> tuple[list[tuple[Path, int, int]], int]:
    """Path, first frame and length of each part that may hold signals; frames from first to last."""
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
    """Frames of a part by its own header, or by the longest of its signal files; 0 if neither tells."""
    try:
        header = read_header(part)
        if header.length or headers_only:
            return header.length
        files = {signal.file: index for index, signal in enumerate(header.signals) if signal.format in FORMATS}
        there = [(part.parent / file, index) for file, index in files.items() if os.path.isfile(part.parent / file)]
        return max((stored_frames(file, header, index) for file, index in there), default=0)
    except RecordError:  # said where the part is opened
        return 0


def _open_part(part: Path, first, length, record_fs, options: RecordOptions, need_abp: bool, headers_only: bool):
    """One part as a Segment, or the reason why not; the channels it names; the files it needs and their bytes."""
    if not part.name or not os.path.isfile(f"{part}.hea"):
        return f"{shortened(part.name)}: header absent; fetch it again", [], {}
    try:
        header = read_header(part)
    except RecordError as error:
        return str(error), [], {}
    if header.segments is not None:
        return f"{part.name}: has segments of its own, which a segment must not have", [], {}
    names = header.names
    problem = missing_signal(names, options, need_abp)
    if problem:
        return f"{part.name}: {problem}", names, {}
    wanted = {"ppg": find_channel(names, options.channels.ppg)}
    if need_abp:
        wanted["abp"] = find_channel(names, options.channels.abp)
        problem = _pressure_problem(header.signals[wanted["abp"]])
    places = sorted(wanted.values())
    for index in places:
        problem = problem or _rate_problem(header, index)
        problem = problem or _stored_problem(header, index)
        problem = problem or (None if headers_only else _file_problem(part, header, index))
    if problem:
        return f"{part.name}: {problem}", names, {}
    if length and header.length > length:  # the master decides when the next segment begins
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
        made[kind] = _channel(part, header, index, factor)
    segment = Segment(part.name, first / record_fs, options.fs, made["ppg"], made.get("abp"))
    if not segment.n_samples and not headers_only:
        return f"{part.name}: it holds no samples (an empty record)", names, {}
    return segment, names, files


def _file(part: Path, header: Header, index: int) -> Path:
    return part.parent / header.signals[index].file


def _pressure_problem(signal: Signal) -> str | None:
    """Why the values of a pressure channel are not pressures."""
    if not signal.calibrated:
        return (
            f"{shortened(signal.name)} is not calibrated (its gain is 0 or missing), so its values are not pressures; "
            "write gain, baseline and unit into the header, e.g. 20(0)/mmHg, or take another channel with --abp "
            "(records.channels.abp)"
        )
    if mmhg_per(signal.units) is None:
        return (
            f"{shortened(signal.name)} is in {shortened(signal.units)!r}, not {PRESSURE_UNITS}; correct the unit in "
            "the header, or take another channel with --abp (records.channels.abp)"
        )
    return None


def _rate_problem(header: Header, index: int) -> str | None:
    """Why a channel's own rate cannot be: its samples a frame multiply the record's."""
    signal = header.signals[index]
    fs = header.fs * signal.per_frame
    return (
        f"{shortened(signal.name)} has {fs:g} samples a second, more than {HIGHEST_FS:g}" if fs > HIGHEST_FS else None
    )


def _stored_problem(header: Header, index: int) -> str | None:
    """Why a channel cannot be read, by its header alone."""
    signal, beside = header.signals[index], header.beside(index)
    if signal.file == "~" or signal.format == "0":
        return f"{shortened(signal.name)} is announced without a signal (format 0)"
    if beside[0].format not in FORMATS:
        stored = shortened(signal.format, 20)
        return f"{shortened(signal.name)} is stored in format {stored}; known are {', '.join(FORMATS)}"
    if is_compressed(beside[0].format) and len({one.per_frame for one in beside}) > 1:
        return f"{shortened(signal.file)} is compressed, and its channels differ in samples per frame"
    return None


def _file_problem(part: Path, header: Header, index: int) -> str | None:
    """Why a channel cannot be read, by its file."""
    file = _file(part, header, index)
    if not os.path.isfile(file):
        return f"signal file {shortened(header.signals[index].file)} is absent; fetch it again"
    if is_compressed(header.beside(index)[0].format) or not header.length:
        return None  # compressed files are checked by their decoder
    expected, size = int(expected_bytes(header, index)), file.stat().st_size
    if size < expected:
        return f"{file.name} is truncated ({size} of {expected} bytes); fetch it again"
    return None


def _channel(part: Path, header: Header, index: int, factor: float) -> Channel:
    """One signal of a part, its values times a factor."""
    reader, per_frame = signal_reader(_file(part, header, index), header, index), header.signals[index].per_frame

    def read(start: int, stop: int) -> np.ndarray:
        values = reader(start, stop)
        return values if factor == 1.0 else values * factor

    return Channel(header.fs * per_frame, header.length * per_frame, read)


def missing_signal(names: list[str], options: RecordOptions, need_abp: bool = True) -> str:
    """The signal that a list of channels lacks, in words; empty if it lacks none."""
    if find_channel(names, options.channels.ppg) is None:
        return "no PPG channel"
    if need_abp and find_channel(names, options.channels.abp) is None:
        return "no arterial pressure channel"
    return ""


def _why_nothing(name, channels, problems, options, need_abp):
    missing = missing_signal(channels, options, need_abp)
    if missing and (channels or not problems):
        kind = "ppg" if "PPG" in missing else "abp"
        found = some_of(channels) or "none"
        return f"{name}: {missing}; found {found}. Say which it is with --{kind} (records.channels.{kind})."
    why = _first_of(problems)
    if why.endswith("; fetch it again"):
        why += ", or leave the record out (records.exclude)"
    if len(problems) == 1 and why.startswith(f"{name}: "):  # a record without segments
        return why
    return f"{name}: no segment holds the signals needed: {why}"


def _first_of(problems: list[str]) -> str:
    return "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
