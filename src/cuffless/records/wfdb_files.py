"""WFDB records, single- and multi-segment, fixed and variable layout."""

from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.records.channels import doubled_channels, find_channel
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate
from cuffless.records.source import split_path

_MMHG = {"mmhg": 1.0, "kpa": 7.50062}  # IEC 80000-4: 1 kPa = 7.50062 mmHg
_BYTES_A_SAMPLE = {
    "8": 1,
    "16": 2,
    "24": 3,
    "32": 4,
    "61": 2,
    "80": 1,
    "160": 2,
    "212": 1.5,
    "310": 4 / 3,
    "311": 4 / 3,
}
_FLAC_BYTES = 0.6  # a sample, over seven files of pressure and PPG as MIMIC-IV stores them


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
    header = read_header(base)
    name = base.name
    if not header.sig_len:
        raise RecordError(f"{name}: the header gives no samples (an empty record)")
    check_rate(name, header.fs * max(header.samps_per_frame or [1]) if hasattr(header, "file_name") else header.fs)
    strangers = [f"{one}: not a segment of {name}" for one in _strangers(header, listed)]
    parts, problems, doubled, channels, files = [], [], [], [], {}
    for part, first, length in _parts(base, header, listed):
        outcome, names, used = _open_part(part, first, length, header.fs, options, need_abp, headers_only)
        channels += [n for n in names if n not in channels]
        if isinstance(outcome, Segment):
            parts.append(outcome)
            files |= used
            said = (f"{name}: {word}" for word in doubled_channels(names, options.channels, need_abp))
            doubled += [word for word in said if word not in doubled]
        else:
            problems.append(outcome)
    seconds = header.sig_len / header.fs
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
    )


def read_header(path: Path):
    """Header of a record or of a multi-segment master, as wfdb parses it.

    Raises
    ------
    RecordError
        If it is absent or unreadable.
    """
    import wfdb

    if not path.with_name(path.name + ".hea").is_file():
        raise RecordError(f"{path}.hea does not exist; give a WFDB record's path without extension, or a CSV file")
    try:
        return wfdb.rdheader(str(path))
    except Exception as error:  # the parser raises whatever its regular expressions stumble over
        raise RecordError(f"{path}.hea is not a readable WFDB header ({type(error).__name__}: {error})") from None


def segment_names(header, listed: str = "") -> list[str]:
    """Segments of a master that may hold signals: all, or those of a list separated by commas."""
    wanted = set(filter(None, listed.split(",")))
    return [
        name
        for name, length in zip(header.seg_name, header.seg_len, strict=True)
        if name != "~" and length and (not wanted or name in wanted)
    ]


def _strangers(header, listed: str) -> list[str]:
    """Names of a list that are no segments of a master."""
    known = getattr(header, "seg_name", None)
    return [] if known is None else [name for name in filter(None, listed.split(",")) if name not in known]


def _parts(path: Path, header, listed: str):
    """Path, first sample and length of each part that may hold signals."""
    if not hasattr(header, "seg_name"):
        yield path, 0, header.sig_len
        return
    wanted = set(segment_names(header, listed))
    first = 0
    for name, length in zip(header.seg_name, header.seg_len, strict=True):
        if name in wanted and length:
            yield path.with_name(name), first, length
        first += length


def _open_part(part: Path, first, length, record_fs, options: RecordOptions, need_abp: bool, headers_only: bool):
    """One part as a Segment, or the reason why not; the channels it names; the files it needs and their bytes."""
    if not part.with_name(part.name + ".hea").is_file():
        return f"{part.name}: header absent", [], {}
    try:
        header = read_header(part)
    except RecordError as error:
        return str(error), [], {}
    names = [str(n) for n in header.sig_name or []]
    wanted = {"ppg": find_channel(names, options.channels.ppg), "abp": find_channel(names, options.channels.abp)}
    problem = missing_signal(names, options, need_abp)
    if problem:
        return f"{part.name}: {problem}", names, {}
    if not need_abp:
        wanted.pop("abp")
    files = {}
    for _, index in sorted(wanted.items()):
        problem = None if headers_only else _file_problem(part, header, index)
        if problem:
            return problem, names, {}
        files[str(part.with_name(header.file_name[index]))] = expected_bytes(header, index)
    factor = 1.0
    if need_abp:
        unit = str(header.units[wanted["abp"]])
        factor = _MMHG.get(unit.lower())
        if factor is None:
            return f"{part.name}: {names[wanted['abp']]} is in {unit!r}, not mmHg or kPa", names, {}
    made = {
        kind: _channel(part, header, index, factor if kind == "abp" else 1.0, options) for kind, index in wanted.items()
    }
    segment = Segment(part.name, first / record_fs, options.fs, made["ppg"], made.get("abp"))
    return segment, names, files


def expected_bytes(header, index: int) -> float:
    """Bytes of the file that holds a channel; an estimate where it is compressed."""
    same = [i for i, other in enumerate(header.file_name) if other == header.file_name[index]]
    samples = (header.sig_len or 0) * sum(header.samps_per_frame[i] for i in same)
    return samples * _BYTES_A_SAMPLE.get(str(header.fmt[index]), _FLAC_BYTES) + int(header.byte_offset[index] or 0)


def _file_problem(part: Path, header, index: int) -> str | None:
    file = part.with_name(header.file_name[index])
    if not file.is_file():
        return f"{part.name}: signal file {file.name} is absent"
    if str(header.fmt[index]) not in _BYTES_A_SAMPLE or not header.sig_len:
        return None  # compressed files are checked by their decoder
    expected, size = int(expected_bytes(header, index)), file.stat().st_size
    if size < expected:
        return f"{part.name}: {file.name} is truncated ({size} of {expected} bytes); fetch it again"
    return None


def _channel(part: Path, header, index: int, factor: float, options: RecordOptions) -> Channel:
    per_frame = header.samps_per_frame[index]

    def read(start: int, stop: int) -> np.ndarray:
        import wfdb

        first, last = start // per_frame, -(-stop // per_frame)
        try:
            part_read = wfdb.rdrecord(
                str(part), sampfrom=first, sampto=last, channels=[index], smooth_frames=False, return_res=64
            )
        except Exception as error:  # decoders raise their own kinds
            raise RecordError(f"{part.name}: signals cannot be read ({type(error).__name__}: {error})") from None
        values = part_read.e_p_signal[0][start - first * per_frame : stop - first * per_frame]
        return values if factor == 1.0 else values * factor

    return Channel(header.fs * per_frame, header.sig_len * per_frame, read)


def missing_signal(names: list[str], options: RecordOptions, need_abp: bool = True) -> str:
    """The signal that a list of channels lacks, in words; empty if it lacks none."""
    if find_channel(names, options.channels.ppg) is None:
        return "no PPG channel"
    if need_abp and find_channel(names, options.channels.abp) is None:
        return "no arterial pressure channel"
    return ""


def _why_nothing(name, channels, problems, options, need_abp):
    missing = missing_signal(channels, options, need_abp)
    if missing:
        kind = "ppg" if "PPG" in missing else "abp"
        found = ", ".join(channels) or "none"
        return f"{name}: {missing}; found {found}. Say which it is with --{kind} (records.channels.{kind})."
    return f"{name}: no segment holds the signals needed: {_first_of(problems)}"


def _first_of(problems: list[str]) -> str:
    return "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
