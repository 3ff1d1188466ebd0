"""WFDB headers, as described in header(5) of the WFDB library."""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuffless.demands import shown_count
from cuffless.errors import shortened
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import unreachable
from cuffless.records.record import RecordError

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_RATE = re.compile(rf"({_NUMBER})(?:/({_NUMBER})(?:\({_NUMBER}\))?)?")
_FORMAT = re.compile(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?")
_GAIN = re.compile(rf"(?={_NUMBER}|[(/])({_NUMBER})?(?:\(({_NUMBER})\))?(?:/(\S*))?")
_INTEGER = re.compile(r"[-+]?\d+")
_INTEGERS = ("ADC resolution", "ADC zero", "initial value", "checksum", "block size")
"""Numbers between a signal's gain and its description."""
_MOST_DIGITS = 18  # fit in 64 bits
_DEFAULT_FS = 250.0
_LONGEST_NAME = 255  # bytes
_LONGEST = 1 << 26  # bytes: more than a million segments or signals
_MOST_FRAMES = 1 << 53  # more than any file has, and the largest exact count in a float
_DEFAULT_GAIN = 200.0


@dataclass(frozen=True)
class Signal:
    """A signal's line of a header."""

    file: str
    """Its signal file."""
    format: str
    """Storage format of the samples."""
    per_frame: int = 1
    """Samples of this signal per frame."""
    skew: int = 0
    """Frames by which the signal is delayed in its file."""
    offset: int = 0
    """Bytes (samples, if compressed) before the file's first sample."""
    gain: float = _DEFAULT_GAIN
    baseline: float = 0.0
    """`gain`, `baseline`: Digital units per physical unit, and the digital value of 0."""
    calibrated: bool = False
    """Whether the header gives a gain; without one, 200 is only a convention."""
    units: str = "mV"
    """Physical unit."""
    initial: int = 0
    """Digital start value of a file of differences."""
    checksum: int | None = None
    """Sum of its digital values, compared in the last 16 bits; None if the header does not give it."""
    name: str = ""
    """Description."""


@dataclass(frozen=True)
class Header:
    """Header of a record, a segment or a multi-segment master."""

    name: str
    """Name of the record in the file."""
    fs: float
    """Frames per second."""
    length: int
    """Frames; 0: unknown."""
    signals: tuple[Signal, ...] = ()
    """Empty for a master."""
    segments: tuple[tuple[str, int | None], ...] | None = None
    """Tuple of (str, int or None), or None: Name and frames (None: unknown) of each segment of a master."""

    @property
    def names(self) -> list[str]:
        """Names of its channels."""
        return [signal.name for signal in self.signals]

    @property
    def layout(self) -> str:
        """Layout segment (channels without samples) of a master with variable layout; else empty."""
        first, length = (self.segments or (("", None),))[0]
        return first if length == 0 and first != "~" else ""

    def file_signals(self, index: int) -> list[Signal]:
        """All signals in the file of a signal."""
        return [signal for signal in self.signals if signal.file == self.signals[index].file]


def read_header(path: Path) -> Header:
    """Header of a record or of a multi-segment master.

    Parameters
    ----------
    path : Path
        Path of the record, without ``.hea``.

    Returns
    -------
    Header

    Raises
    ------
    RecordError
        If it is missing or unreadable; the message shows the faulty line.
    """
    file = path.with_name(path.name + ".hea")
    if not os.path.isfile(file):  # also false if the name is too long
        absent = f"{path}.hea not found; give the path of a WFDB record without extension, or of a CSV file"
        raise RecordError(unreachable(file) or absent)
    text = header_text(file)
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    line = lines[0] if lines else ""
    try:
        fields = _record_line(line)
        described = lines[1 : 1 + fields["count"]]
        if len(described) < fields["count"]:
            what = "signals" if fields["segments"] is None else "segments"
            raise ValueError(f"{shown_count(fields['count'])} {what} are declared, but {len(described)} described")
        parts: list = []
        for line in described:
            part = _signal_line(line, fields["name"], len(parts)) if fields["segments"] is None else _segment_line(line)
            parts.append(part)
    except ValueError as error:
        raise RecordError(
            f"{file}: not a readable WFDB header: {error} (line {shortened(line)!r}); see header(5) of WFDB"
        ) from None
    master = fields["segments"] is not None
    return Header(
        fields["name"],
        fields["fs"],
        fields["length"],
        () if master else tuple(parts),
        tuple(parts) if master else None,
    )


def header_text(file: Path) -> str:
    """The text of a header.

    Raises
    ------
    RecordError
        If it cannot be read, or is too long for a header.
    """
    try:
        if (size := file.stat().st_size) > _LONGEST:
            raise RecordError(
                f"{file}: {size:,} bytes is too large for a WFDB header (at most {_LONGEST:,}); move it elsewhere"
            )
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        reraise_machine_error(error)
        raise RecordError(f"{file} cannot be read ({error.strerror})") from None


def _record_line(line: str) -> dict:
    """Fields of the record line: name, rate, length, numbers of segments and described lines."""
    fields = line.split()
    if len(fields) < 2:
        raise ValueError("the first line must have a name and a number of signals")
    name, _, segments = _file_name(fields[0]).partition("/")
    if not name or (segments and not segments.isdecimal()) or not fields[1].isdecimal():
        raise ValueError("the first line must begin with a name and a number of signals")
    n_segments = _integer(segments, "number of segments") if segments else None
    found = {"name": name, "segments": n_segments, "fs": _DEFAULT_FS, "length": 0}
    found["count"] = _integer(fields[1], "number of signals") if n_segments is None else n_segments
    if len(fields) > 2:
        rate = _RATE.fullmatch(fields[2])
        if not rate:
            raise ValueError(f"{shortened(fields[2])!r} is not a sampling frequency")
        found["fs"] = float(rate[1])
    rest = fields[3:]
    if rest and ":" not in rest[0]:  # some writers omit the number of samples and continue with the time
        found["length"] = _length(rest.pop(0))
    if rest:
        _check_time(rest)
    return found


def _file_name(field: str) -> str:
    """A file name, checked for its length."""
    if len(os.fsencode(field)) > _LONGEST_NAME:
        raise ValueError(f"{shortened(field)!r} is too long for a file name")
    return field


def _integer(field: str, what: str) -> int:
    """An integer of a header, which WFDB stores in 32 bits."""
    if len(field.lstrip("+-0")) > _MOST_DIGITS or len(field) > _LONGEST_NAME:
        raise ValueError(f"{shortened(field, 30)!r} is too large for the {what}")
    return int(field)


def _finite(field: str, what: str) -> float:
    if not math.isfinite(value := float(field)):
        raise ValueError(f"{shortened(field, 30)!r} is too large for the {what}")
    return value


def _length(field: str) -> int:
    """A number of frames; integers may be written with an exponent."""
    if not re.fullmatch(_NUMBER, field) or not 0 <= float(field) <= _MOST_FRAMES or float(field) % 1:
        raise ValueError(f"{shortened(field)!r} is not a number of samples")
    return int(float(field))


def _check_time(fields: list[str]) -> None:
    """Base time and date are not used, but any other text shows that the line was misread."""
    if not re.fullmatch(r"\[?[\d:.]+\]?", fields[0]):
        raise ValueError(f"{shortened(fields[0])!r} is not a time")


def _segment_line(line: str) -> tuple[str, int | None]:
    fields = line.split()
    return _file_name(fields[0]), _length(fields[1]) if len(fields) > 1 else None


def _signal_line(line: str, record: str, number: int) -> Signal:
    fields = line.split(None, 2)
    stored = _FORMAT.fullmatch(fields[1]) if len(fields) > 1 else None
    if not stored:
        raise ValueError("a signal line must begin with the file and the sample format")
    made: dict[str, Any] = {
        "file": _file_name(fields[0]),
        "format": stored[1],
        "per_frame": _integer(stored[2] or "1", "number of samples per frame") or 1,
        "skew": _integer(stored[3] or "0", "skew"),
        "offset": _integer(stored[4] or "0", "byte offset"),
    }
    rest = fields[2] if len(fields) > 2 else ""
    gain = _GAIN.fullmatch(rest.split(None, 1)[0]) if rest else None
    integers: list[int] = []
    if gain:
        rest = rest.split(None, 1)[1] if " " in rest or "\t" in rest else ""
        while rest and len(integers) < len(_INTEGERS) and _INTEGER.fullmatch(rest.split(None, 1)[0]):
            field, *more = rest.split(None, 1)
            integers.append(_integer(field, _INTEGERS[len(integers)]))
            rest = more[0] if more else ""
        zero = integers[1] if len(integers) > 1 else 0
        value = _finite(gain[1] or "0", "gain")
        made |= {
            "gain": value or _DEFAULT_GAIN,
            "calibrated": value != 0,
            "baseline": _finite(gain[2], "baseline") if gain[2] else float(zero),
            "units": gain[3] or "mV",
            "initial": integers[2] if len(integers) > 2 else zero,
            "checksum": integers[3] if len(integers) > 3 else None,
        }
    return Signal(**made, name=rest.strip() or f"record {record}, signal {number}")
