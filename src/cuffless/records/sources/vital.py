"""VitalRecorder files (.vital), as in the VitalDB database."""

import gzip
import warnings
import zlib
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache, partial
from io import StringIO
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import fault, shortened, some_of
from cuffless.files import GB
from cuffless.records.channels import duplicate_channel_notes, find_channel
from cuffless.records.demands import check_demand
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import FileState, file_state
from cuffless.records.local import FileFolder
from cuffless.records.record import FETCH_AGAIN, Channel, Record, RecordError, Segment, check_rate
from cuffless.records.units import PRESSURE_UNITS, mmhg_per

_WAVE = 1
_INTEGERS = {3, 4, 5, 6, 7, 8}  # formats converted to physical units by gain and offset
_BEYOND = 4e9  # larger floats are not measurements
_JITTER = 0.1  # seconds by which packet times may deviate before a gap is assumed


class VitalFiles(FileFolder):
    """One recording per file: the waves of PPG and arterial pressure, each at its own rate.

    Tracks are named ``device/track``; `records.channels` names the track (``PLETH``), or both (``SNUADC/PLETH``).
    Numbers computed by a monitor (``Solar8000/ART_MBP``) are not waves and are ignored. The file is compressed as a
    whole: one is kept in memory at a time, with its samples as stored.

    Notes
    -----
    Packets of samples have time stamps. Samples are consecutive as long as the stamps agree with their count to within
    0.1 s; otherwise there is a gap, or the clock was set. Lee et al. (2022), VitalDB; `vitaldb` reads the packets, but
    its ``to_numpy`` takes every n-th sample and places each packet separately.
    """

    endings = (".vital",)

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a file; a truncated file is used as far as it goes."""
        file = Path(path)
        state = file_state(file)
        content = _load(state, options.memory_gb)
        tracks, name = content.waves, file.name.removesuffix(file.suffix)
        names = [track.full for track in tracks]
        if not tracks:
            raise RecordError(f"{file.name}: no waves ({content.problem or 'no wave tracks'}); {FETCH_AGAIN}")
        ppg = _find_wave(tracks, options.channels.ppg)
        abp = _find_wave(tracks, options.channels.abp) if need_abp else None
        if ppg is None or (need_abp and abp is None):
            kind, what = ("ppg", "PPG") if ppg is None else ("abp", "arterial pressure")
            raise RecordError(
                f"{file.name}: no {what} channel (found the waves: {some_of(names)}); choose one with --{kind} "
                f"(records.channels.{kind})",
                tuple(names),
                content.seconds,
            )
        problems = [content.problem] if content.problem else []
        problems += duplicate_channel_notes([track.name for track in tracks], options.channels, need_abp)
        factor, note = pressure_factor(abp.unit, abp.full, file.name) if abp else (1.0, "")
        problems += [note] if note else []
        for track in filter(None, (ppg, abp)):
            check_rate(f"{file.name}, {track.full}", track.fs)
        places = (tracks.index(ppg), tracks.index(abp) if abp else None)
        segments = _segments(name, partial(_load, state, options.memory_gb), *places, factor, options.fs)
        if not segments:
            raise RecordError(f"{file.name}: PPG and pressure were never recorded at the same time", tuple(names))
        return Record(
            *(name, str(path), ppg.fs, tuple(names), content.seconds, tuple(segments), tuple(problems), (str(file),))
        )


def pressure_factor(unit: str, channel: str, name: str) -> tuple[float, str]:
    """Factor that converts a pressure to mmHg, and a note for the user.

    Without a unit mmHg is assumed, which the note says.

    Raises
    ------
    RecordError
        If the unit is not a pressure unit.
    """
    if not unit.strip():
        return 1.0, f"{name}: {shortened(channel)} has no unit; mmHg is assumed"
    factor = mmhg_per(unit)
    if factor is None:
        raise RecordError(
            f"{name}: {shortened(channel)} is in {shortened(unit)!r}, not {PRESSURE_UNITS}; choose another channel "
            "with --abp (records.channels.abp)"
        )
    return factor, ""


@dataclass(frozen=True)
class _Run:
    """Samples of a wave without a gap between them."""

    start: float  # seconds from the file's start
    stored: np.ndarray


@dataclass(frozen=True)
class _Wave:
    full: str
    name: str
    unit: str
    fs: float
    gain: float
    offset: float
    missing: float | None  # stored value of a missing sample
    integers: bool
    runs: tuple[_Run, ...]

    def physical(self, stored: np.ndarray) -> np.ndarray:
        """Stored samples in the wave's unit, NaN where missing."""
        values = np.asarray(stored, float)
        if not self.integers:
            return np.where(np.abs(values) > _BEYOND, np.nan, values)
        physical = values * self.gain + self.offset
        return physical if self.missing is None else np.where(values == self.missing, np.nan, physical)


@dataclass(frozen=True)
class _Content:
    waves: tuple[_Wave, ...]
    seconds: float
    problem: str = ""


@lru_cache(maxsize=1)
def _load(state: FileState, memory_gb: float) -> _Content:
    """All waves of a file."""
    path = Path(state[0])
    problem = _damage(path, memory_gb)
    import vitaldb
    from vitaldb.utils import FMT_NAN

    with redirect_stdout(StringIO()) as printed, warnings.catch_warnings():
        # The reader prints errors and goes on, and does not close the file.
        warnings.simplefilter("ignore", ResourceWarning)
        read = vitaldb.VitalFile(str(path))
    if printed.getvalue().strip() and not problem:
        problem = f"{path.name}: damaged, used up to the damage ({shortened(printed.getvalue(), 100)}); fetch it again"
    waves = []
    for full, track in read.trks.items():
        if track.type != _WAVE or not track.srate > 0 or not track.recs:
            continue
        integers = track.fmt in _INTEGERS
        missing = float(FMT_NAN[track.fmt]) if integers and read.packed else None
        runs = tuple(_runs(track.recs, float(track.srate), read.dtstart))
        waves.append(
            _Wave(
                *(full, track.name, str(track.unit or ""), float(track.srate), track.gain, track.offset, missing),
                integers,
                runs,
            )
        )
    return _Content(tuple(waves), max(float(read.dtend - read.dtstart), 0.0), problem)


def _damage(path: Path, memory_gb: float) -> str:
    """Description of a file's damage; empty if there is none.

    Raises
    ------
    RecordError
        If it is not a .vital file, or unpacks to more than memory may hold.
    """
    unpacked = 0
    try:
        with gzip.open(path) as file:
            if file.read(4) != b"VITA":
                raise RecordError(f"{path}: not a .vital file; fetch it again, or move it elsewhere")
            while piece := file.read(1 << 20):
                unpacked += len(piece)
                if unpacked > memory_gb * GB:
                    break
        check_demand(path, f"{unpacked:,} bytes, unpacked,", unpacked, memory_gb)
    except EOFError:
        return f"{path.name}: truncated, the rest is used; fetch it again"
    except (zlib.error, gzip.BadGzipFile) as error:
        if _has_signature(path):
            return f"{path.name}: damaged ({shortened(error)}), used up to the damage; fetch it again"
        raise RecordError(
            f"{path}: not a .vital file ({fault(error, 60)}); fetch it again, or move it elsewhere"
        ) from None
    except OSError as error:
        reraise_machine_error(error)
        raise RecordError(f"{path}: cannot be read ({error.strerror or fault(error, 60)})") from None
    return ""


def _has_signature(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return file.read(4) == b"VITA"
    except (OSError, EOFError, zlib.error):
        return False


def _runs(packets: list[dict], fs: float, origin: float) -> list[_Run]:
    """Packets sorted by time; consecutive ones are joined."""
    parts: list[list] = []  # start, samples so far, pieces
    for packet in sorted(packets, key=lambda one: one["dt"]):
        values = packet["val"]
        start = float(packet["dt"]) - origin
        if not len(values):
            continue
        end = parts[-1][0] + parts[-1][1] / fs if parts else -np.inf
        if abs(start - end) <= min(_JITTER, len(values) / fs / 2):
            parts[-1][1] += len(values)
            parts[-1][2].append(values)
            continue
        if start < end:  # the clock was set back, or a packet is stored twice: the earlier samples are kept
            known = round((end - start) * fs)
            values, start = values[known:], start + known / fs
            if not len(values):
                continue
            if abs(start - end) <= _JITTER:
                parts[-1][1] += len(values)
                parts[-1][2].append(values)
                continue
        parts.append([start, len(values), [values]])
    return [_Run(start, np.concatenate(pieces)) for start, _, pieces in parts]


def _find_wave(tracks: Sequence[_Wave], known: Sequence[str]) -> _Wave | None:
    """The wave whose name, or device and name, comes first among the known names."""
    for wanted in known:
        for names in ([track.full for track in tracks], [track.name for track in tracks]):
            index = find_channel(names, (wanted,))
            if index is not None:
                return tracks[index]
    return None


def _segments(name, load: Callable[[], _Content], ppg: int, abp: int | None, factor: float, fs: float) -> list[Segment]:
    """Stretches in which the PPG, and the pressure if requested, were recorded without a gap."""
    waves = load().waves
    found: list[tuple[float, float, int, int | None]] = []
    for first, run in enumerate(waves[ppg].runs):
        end = run.start + len(run.stored) / waves[ppg].fs
        if abp is None:
            found.append((run.start, end, first, None))
            continue
        for second, other in enumerate(waves[abp].runs):
            start, stop = max(run.start, other.start), min(end, other.start + len(other.stored) / waves[abp].fs)
            if stop > start:
                found.append((start, stop, first, second))

    def channel(index: int, run: int, start: float, stop: float, factor: float) -> Channel:
        wave = waves[index]
        begin = round((start - wave.runs[run].start) * wave.fs)
        n = min(round((stop - start) * wave.fs), len(wave.runs[run].stored) - begin)

        def read(a: int, b: int) -> np.ndarray:
            wave = load().waves[index]
            return wave.physical(wave.runs[run].stored[begin + a : begin + min(b, n)]) * factor

        return Channel(wave.fs, max(n, 0), read)

    made = [
        Segment(
            f"{name}@{start:.0f}s",
            start,
            fs,
            channel(ppg, first, start, stop, 1.0),
            None if abp is None or second is None else channel(abp, second, start, stop, factor),
        )
        for start, stop, first, second in sorted(found)
    ]
    return [segment for segment in made if segment.n_samples > 0]
