"""EDF and BDF, their extensions EDF+ and BDF+, with the gaps of discontinuous files."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import fault, shortened, some_of
from cuffless.records.channels import duplicate_channel_notes, find_channel
from cuffless.records.demands import check_demand
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import FileState, file_state
from cuffless.records.local import FileFolder
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate
from cuffless.records.sources.vital import pressure_factor

_FIXED = 256  # bytes of the header, and again for each signal
_ONSET = re.compile(rb"([+-]\d+(?:\.\d*)?)[\x14\x15]")
_ONSET_BYTES = 200  # of memory, for the time of a data record
_CLOCK = 0.002  # seconds to which writers round a data record's time


class EdfFiles(FileFolder):
    """One recording per file; samples are read in chunks from its data records.

    A gap between the times of data records is a gap here: windows do not extend across it. Sampling rates are samples
    per data record over the record's duration, exactly as in the header, and may differ between signals.

    Notes
    -----
    Kemp et al. (1992), EDF; Kemp and Olivan (2003), EDF+; BDF has 24 bits. `edfio` parses the header.
    """

    endings = (".edf", ".bdf")

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a file; a truncated file is used as far as it goes."""
        file = Path(path)
        state = file_state(file)
        header, name = _read_header(state, options.memory_gb), file.name.removesuffix(file.suffix)
        labels = [signal.label for signal in header.signals]
        chosen = {"ppg": find_channel(labels, options.channels.ppg)}
        if need_abp:
            chosen["abp"] = find_channel(labels, options.channels.abp)
        for kind, what in (("ppg", "PPG"), ("abp", "arterial pressure")):
            if kind in chosen and chosen[kind] is None:
                raise RecordError(
                    f"{file.name}: no {what} channel (found: {some_of(labels) or 'none'}); choose one with --{kind} "
                    f"(records.channels.{kind})",
                    tuple(labels),
                    header.seconds,
                )
        problems = [*header.problems, *duplicate_channel_notes(labels, options.channels, need_abp)]
        signals = {kind: header.signals[index] for kind, index in chosen.items() if index is not None}
        factor = 1.0
        if need_abp:
            factor, note = pressure_factor(signals["abp"].unit, signals["abp"].label, file.name)
            problems += [note] if note else []
        for signal in signals.values():
            check_rate(f"{file.name}, {signal.label}", signal.fs)
            needed = 8 * signal.per_record
            check_demand(file, f"data records of {signal.per_record:,} samples", needed, options.memory_gb, state[1])
            if not signal.gain:
                raise RecordError(
                    f"{file.name}: {shortened(signal.label)} is not calibrated (its physical or digital minimum equals "
                    "its maximum); correct the header, or choose another channel with --ppg or --abp",
                    tuple(labels),
                    header.seconds,
                )
        segments = []
        for start, first, last in header.runs(1 / signals["ppg"].fs):
            made = {
                kind: _channel(header, signal, first, last, factor if kind == "abp" else 1.0)
                for kind, signal in signals.items()
            }
            segments.append(Segment(f"{name}@{start:.0f}s", start, options.fs, made["ppg"], made.get("abp")))
        size = sum(signal.per_record for signal in signals.values()) * header.n_records * header.sample_bytes
        return Record(
            *(name, str(path), signals["ppg"].fs, tuple(labels), header.seconds, tuple(segments), tuple(problems)),
            (str(file),),
            size,
        )


@dataclass(frozen=True)
class _Signal:
    label: str
    unit: str
    per_record: int
    first_byte: int  # in a data record
    fs: float
    gain: float
    offset: float


@dataclass(frozen=True)
class _Header:
    path: str
    header_bytes: int
    record_bytes: int
    sample_bytes: int
    n_records: int
    duration: Fraction
    signals: tuple[_Signal, ...]  # without annotations
    onsets: tuple[Fraction, ...]  # one per data record, the first at 0
    problems: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Length, gaps included."""
        return float(max(self.onsets) + self.duration) if self.onsets else 0.0

    def records(self) -> np.ndarray:
        """Data records as bytes, (n, bytes per record), memory-mapped."""
        shape = (self.n_records, self.record_bytes)
        return np.memmap(self.path, np.uint8, "r", offset=self.header_bytes, shape=shape)

    def runs(self, sample: float) -> list[tuple[float, int, int]]:
        """Start in seconds, first data record and the one after the last, of each stretch without a gap."""
        tolerance = max(sample, _CLOCK)
        found, first = [], 0
        for number in range(1, self.n_records + 1):
            expected = self.onsets[first] + (number - first) * self.duration
            if number == self.n_records or abs(self.onsets[number] - expected) > tolerance:
                found.append((float(self.onsets[first]), first, number))
                first = number
        return sorted(found)


@lru_cache(maxsize=64)
def _read_header(state: FileState, memory_gb: float) -> _Header:
    path, size, _ = state
    with open(path, "rb") as file:
        fixed = file.read(_FIXED)
        wide = fixed[:1] == b"\xff"
        try:
            header_bytes, n_records = int(fixed[184:192]), int(fixed[236:244])
            duration, n_signals = Fraction(fixed[244:252].decode("ascii").strip()), int(fixed[252:256])
        except (ValueError, ZeroDivisionError):
            raise RecordError(f"{path}: not an EDF or BDF file; fetch it again, or move it elsewhere") from None
        if header_bytes != _FIXED * (n_signals + 1) or size < header_bytes:
            raise RecordError(f"{path}: the header is damaged or truncated; fetch it again")
        raw = fixed + file.read(header_bytes - _FIXED)
    if duration <= 0:
        raise RecordError(
            f"{path}: the header gives data records of {float(duration):g} s, so there are no signals; fetch it again"
        )
    parsed = _parse(path, raw, wide)
    sample_bytes = 3 if wide else 2
    record_bytes = sum(one.samples_per_data_record for one in parsed) * sample_bytes
    if not record_bytes:
        raise RecordError(f"{path}: the header lists no signals; fetch it again")
    there = (size - header_bytes) // record_bytes
    problems = []
    if n_records > there:
        problems.append(f"{Path(path).name}: truncated, {there} of {n_records} data records present; fetch it again")
    n_records = there if n_records < 0 else min(n_records, there)  # -1: the file was not closed
    if not n_records:
        raise RecordError(f"{path}: no data records; fetch it again")
    check_demand(path, f"{n_records:,} data records", n_records * _ONSET_BYTES, memory_gb, size)
    signals, timekeeping, first_byte = [], None, 0
    for one in parsed:
        per_record = one.samples_per_data_record
        if one.label in ("EDF Annotations", "BDF Annotations"):
            timekeeping = timekeeping or (first_byte, first_byte + per_record * sample_bytes)
        else:
            steps = one.digital_max - one.digital_min
            gain = (one.physical_max - one.physical_min) / steps if steps else 0.0
            offset = one.physical_min - gain * one.digital_min
            fs = float(per_record / duration)
            signals.append(_Signal(one.label, one.physical_dimension, per_record, first_byte, fs, gain, offset))
        first_byte += per_record * sample_bytes
    kind = raw[192:236].decode("latin-1").strip()
    header = _Header(
        *(path, header_bytes, record_bytes, sample_bytes, n_records, duration, tuple(signals), (), tuple(problems))
    )
    return _add_onsets(header, timekeeping, kind)


def _parse(path: str, raw: bytes, wide: bool) -> Sequence:
    """Signal headers, including annotations, without reading the data."""
    import edfio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer data records than declared: none are passed here
            reader = edfio.read_bdf if wide else edfio.read_edf
            signals = reader(BytesIO(raw), header_encoding="latin-1")._signals
        for one in signals:
            _ = (one.label, one.physical_dimension, one.physical_min, one.physical_max, one.digital_min)
            _ = (one.digital_max, one.samples_per_data_record)
    except Exception as error:  # the parser raises many kinds of errors
        reraise_machine_error(error)
        raise RecordError(f"{path}: the header cannot be read ({fault(error, 60)}); fetch it again") from None
    return signals


def _add_onsets(header: _Header, timekeeping: tuple[int, int] | None, kind: str) -> _Header:
    """Add the time of each data record to the header: from its annotations, or else without gaps."""
    from dataclasses import replace

    onsets = [number * header.duration for number in range(header.n_records)]
    if timekeeping:
        texts = header.records()[:, slice(*timekeeping)]
        found = [_ONSET.match(bytes(text[:32])) for text in texts]
        if all(found):
            onsets = [Fraction(one[1].decode()) for one in found if one]
        elif kind[3:5] == "+D":
            raise RecordError(
                f"{header.path}: discontinuous ({kind[:5]}), but data record {found.index(None) + 1} has no time; "
                "export it again"
            )
    elif kind[3:5] == "+D":
        raise RecordError(
            f"{header.path}: discontinuous ({kind[:5]}), but without the times of its data records; export it again"
        )
    return replace(header, onsets=tuple(onset - onsets[0] for onset in onsets))


def _channel(header: _Header, signal: _Signal, first: int, last: int, factor: float) -> Channel:
    """A signal in the data records from `first` to `last`, exclusive."""
    width = signal.per_record

    def read(start: int, stop: int) -> np.ndarray:
        a, b = first + start // width, min(first + -(-stop // width), last)
        block = header.records()[a:b, signal.first_byte : signal.first_byte + width * header.sample_bytes]
        digital = _numbers(np.ascontiguousarray(block).ravel(), header.sample_bytes)
        begin = start - (a - first) * width
        return (digital[begin : begin + stop - start] * signal.gain + signal.offset) * factor

    return Channel(signal.fs, width * (last - first), read)


def _numbers(stored: np.ndarray, sample_bytes: int) -> np.ndarray:
    """Integers of 16 or 24 bits, least significant byte first."""
    if sample_bytes == 2:
        return stored.view("<i2").astype(float)
    parts = stored.reshape(-1, 3).astype(np.int32)
    return (parts[:, 0] | parts[:, 1] << 8 | parts[:, 2].astype(np.int8).astype(np.int32) << 16).astype(float)
