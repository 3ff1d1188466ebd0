"""WFDB records, single- and multi-segment, fixed and variable layout."""

from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate

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


def open_wfdb(path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True) -> Record:
    """Open a WFDB record without reading its signals.

    Parameters
    ----------
    path : str or Path
        Path of the header, with or without ``.hea``; a multi-segment master or a single record.
    options : RecordOptions
        Channel names and the sampling rate to work at.
    need_abp : bool
        False: PPG alone suffices.

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
    path = Path(str(path).removesuffix(".hea"))
    header = _read_header(path)
    name = path.name
    if not header.sig_len:
        raise RecordError(f"{name}: the header gives no samples (an empty record)")
    check_rate(name, header.fs * max(header.samps_per_frame or [1]) if hasattr(header, "file_name") else header.fs)
    parts, problems, channels, files = [], [], [], []
    for part, first, length in _parts(path, header):
        outcome, names, used = _open_part(part, first, length, header.fs, options, need_abp)
        channels += [n for n in names if n not in channels]
        if isinstance(outcome, Segment):
            parts.append(outcome)
            files += used
        else:
            problems.append(outcome)
    seconds = header.sig_len / header.fs
    if not parts:
        raise RecordError(_why_nothing(name, channels, problems, options, need_abp), channels)
    return Record(
        name,
        str(path),
        parts[0].ppg.fs,
        tuple(channels),
        seconds,
        tuple(parts),
        tuple(problems),
        tuple(files),
    )


def _read_header(path: Path):
    import wfdb

    if not path.with_name(path.name + ".hea").is_file():
        raise RecordError(f"{path}.hea does not exist; give a WFDB record's path without extension, or a CSV file")
    try:
        return wfdb.rdheader(str(path))
    except Exception as error:  # the parser raises whatever its regular expressions stumble over
        raise RecordError(f"{path}.hea is not a readable WFDB header ({type(error).__name__}: {error})") from None


def _parts(path: Path, header):
    """Path, first sample and length of each part that may hold signals."""
    if not hasattr(header, "seg_name"):
        yield path, 0, header.sig_len
        return
    first = 0
    for name, length in zip(header.seg_name, header.seg_len, strict=True):
        if name != "~" and length:
            yield path.with_name(name), first, length
        first += length


def _open_part(part: Path, first: int, length: int, record_fs: float, options: RecordOptions, need_abp: bool):
    """One part as a Segment, or the reason why not; the channels it names; the files it needs."""
    if not part.with_name(part.name + ".hea").is_file():
        return f"{part.name}: header absent", [], []
    try:
        header = _read_header(part)
    except RecordError as error:
        return str(error), [], []
    names = [str(n) for n in header.sig_name or []]
    wanted = {"ppg": _find(names, options.channels.ppg), "abp": _find(names, options.channels.abp)}
    if wanted["ppg"] is None:
        return f"{part.name}: no PPG channel", names, []
    if need_abp and wanted["abp"] is None:
        return f"{part.name}: no arterial pressure channel", names, []
    if not need_abp:
        wanted.pop("abp")
    files = []
    for index in wanted.values():
        problem = _file_problem(part, header, index)
        if problem:
            return problem, names, []
        files.append(str(part.with_name(header.file_name[index])))
    factor = 1.0
    if need_abp:
        unit = str(header.units[wanted["abp"]])
        factor = _MMHG.get(unit.lower())
        if factor is None:
            return f"{part.name}: {names[wanted['abp']]} is in {unit!r}, not mmHg or kPa", names, []
    made = {
        kind: _channel(part, header, index, factor if kind == "abp" else 1.0, options) for kind, index in wanted.items()
    }
    segment = Segment(part.name, first / record_fs, options.fs, made["ppg"], made.get("abp"))
    return segment, names, sorted(set(files))


def _find(names: list[str], known: tuple[str, ...]) -> int | None:
    """Index of the channel whose name stands first among the known names."""
    lower = [name.strip().lower() for name in names]
    for name in known:
        if name.lower() in lower:
            return lower.index(name.lower())
    return None


def _file_problem(part: Path, header, index: int) -> str | None:
    file = part.with_name(header.file_name[index])
    if not file.is_file():
        return f"{part.name}: signal file {file.name} is absent"
    same = [i for i, other in enumerate(header.file_name) if other == header.file_name[index]]
    bytes_a_sample = _BYTES_A_SAMPLE.get(str(header.fmt[index]))
    if bytes_a_sample is None or not header.sig_len:
        return None  # compressed files are checked by their decoder
    samples = header.sig_len * sum(header.samps_per_frame[i] for i in same)
    expected = int(samples * bytes_a_sample) + int(header.byte_offset[index] or 0)
    size = file.stat().st_size
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


def _why_nothing(name, channels, problems, options, need_abp):
    found = ", ".join(channels) or "none"
    if _find(channels, options.channels.ppg) is None:
        return f"{name}: no PPG channel; found {found}. Map your channel's name under records.channels.ppg."
    if need_abp and _find(channels, options.channels.abp) is None:
        return f"{name}: no arterial pressure channel; found {found}. Map its name under records.channels.abp."
    shown = "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
    return f"{name}: no segment holds the signals needed: {shown}"
