"""VitalRecorder's files (.vital), as in the VitalDB database."""

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
from cuffless.records.channels import doubled_channels, find_channel
from cuffless.records.demands import check_demand
from cuffless.records.faults import pass_on
from cuffless.records.folders import FileState, file_state
from cuffless.records.local import FileFolder
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate
from cuffless.records.units import PRESSURE_UNITS, mmhg_per

_WAVE = 1
_INTEGERS = {3, 4, 5, 6, 7, 8}  # formats that gain and offset turn into physical units
_BEYOND = 4e9  # of a float: not a measurement
_JITTER = 0.1  # seconds by which the clock of packets may stray before their samples count as apart


class VitalFiles(FileFolder):
    """One recording a file: the waves of PPG and arterial pressure, each at its own rate.

    Tracks are named ``device/track``; `records.channels` names the track (``PLETH``), or both (``SNUADC/PLETH``).
    Numbers that a monitor computes (``Solar8000/ART_MBP``) are no waves and are not looked at. The file is compressed
    as a whole: one is in memory at a time, its samples as they are stored.

    Notes
    -----
    Packets of samples carry the time of their clock. Samples follow each other as long as that clock agrees with their
    count to within 0.1 s; else there is a gap, or the clock was set. Lee et al. (2022), VitalDB; `vitaldb` reads the
    packets, but its ``to_numpy`` picks every n-th sample and places each packet by itself.
    """

    endings = (".vital",)

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a file; what of it can be read is used, if it is cut short."""
        file = Path(path)
        state = file_state(file)
        content = _load(state, options.memory_gb)
        tracks, name = content.waves, file.name.removesuffix(file.suffix)
        names = [track.full for track in tracks]
        if not tracks:
            raise RecordError(f"{file.name}: holds no waves ({content.problem or 'no track of the kind'})")
        ppg = _chosen(tracks, options.channels.ppg)
        abp = _chosen(tracks, options.channels.abp) if need_abp else None
        for kind, what, track in (("ppg", "PPG", ppg), ("abp", "arterial pressure", abp)):
            if track is None and (kind == "ppg" or need_abp):
                raise RecordError(
                    f"{file.name}: no {what} channel; found the waves {some_of(names)}. Say which it is with --{kind} "
                    f"(records.channels.{kind}).",
                    tuple(names),
                    content.seconds,
                )
        problems = [content.problem] if content.problem else []
        problems += doubled_channels([track.name for track in tracks], options.channels, need_abp)
        factor, said = pressure_factor(abp.unit, abp.full, file.name) if abp else (1.0, "")
        problems += [said] if said else []
        for track in filter(None, (ppg, abp)):
            check_rate(f"{file.name}, {track.full}", track.fs)
        places = (tracks.index(ppg), tracks.index(abp) if abp else None)
        segments = _segments(name, partial(_load, state, options.memory_gb), *places, factor, options.fs)
        if not segments:
            raise RecordError(f"{file.name}: PPG and pressure were never recorded at once", tuple(names))
        return Record(
            *(name, str(path), ppg.fs, tuple(names), content.seconds, tuple(segments), tuple(problems), (str(file),))
        )


def pressure_factor(unit: str, channel: str, name: str) -> tuple[float, str]:
    """What turns a pressure into mmHg, and what is to be said of it.

    A unit that is not given is taken for mmHg, and said so.

    Raises
    ------
    RecordError
        If the unit is not one of pressure.
    """
    if not unit.strip():
        return 1.0, f"{name}: {shortened(channel)} names no unit and is taken for mmHg"
    factor = mmhg_per(unit)
    if factor is None:
        raise RecordError(
            f"{name}: {shortened(channel)} is in {shortened(unit)!r}, not {PRESSURE_UNITS}; take another channel with "
            "--abp (records.channels.abp)"
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
    missing: float | None  # the stored value that stands for a missing sample
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

    with redirect_stdout(StringIO()) as said, warnings.catch_warnings():
        # It prints what it stumbles over and goes on, and leaves the file to be closed by who comes after.
        warnings.simplefilter("ignore", ResourceWarning)
        read = vitaldb.VitalFile(str(path))
    if said.getvalue().strip() and not problem:
        problem = f"{path.name}: damaged, what comes before is used ({shortened(said.getvalue(), 100)})"
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
    """What is wrong with a file as a whole; empty if nothing.

    Raises
    ------
    RecordError
        If it is no .vital file, or unpacks to more than memory may hold.
    """
    unpacked = 0
    try:
        with gzip.open(path) as file:
            if file.read(4) != b"VITA":
                raise RecordError(f"{path}: is not a .vital file; fetch it again, or take it out")
            while piece := file.read(1 << 20):
                unpacked += len(piece)
                if unpacked > memory_gb * GB:
                    break
        check_demand(path, f"{unpacked:,} bytes, unpacked,", unpacked, memory_gb)
    except EOFError:
        return f"{path.name}: cut short, what is there is used; fetch it again"
    except (zlib.error, gzip.BadGzipFile) as error:
        if _begins_well(path):
            return f"{path.name}: damaged ({shortened(error)}), what comes before is used; fetch it again"
        raise RecordError(
            f"{path}: is not a .vital file ({fault(error, 60)}); fetch it again, or take it out"
        ) from None
    except OSError as error:
        pass_on(error)
        raise RecordError(f"{path}: cannot be read ({error.strerror or fault(error, 60)})") from None
    return ""


def _begins_well(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return file.read(4) == b"VITA"
    except (OSError, EOFError, zlib.error):
        return False


def _runs(packets: list[dict], fs: float, origin: float) -> list[_Run]:
    """Packets in the order of their times, those joined that follow each other."""
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
        if start < end:  # the clock was set back, or a packet is stored twice: what is known already wins
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


def _chosen(tracks: Sequence[_Wave], known: Sequence[str]) -> _Wave | None:
    """The wave whose name, or device and name, stands first among the known names."""
    for wanted in known:
        for names in ([track.full for track in tracks], [track.name for track in tracks]):
            index = find_channel(names, (wanted,))
            if index is not None:
                return tracks[index]
    return None


def _segments(name, load: Callable[[], _Content], ppg: int, abp: int | None, factor: float, fs: float) -> list[Segment]:
    """Stretches in which the PPG, and the pressure where it is asked for, were recorded without a gap."""
    waves = load().waves
    found = []
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
            None if second is None else channel(abp, second, start, stop, factor),
        )
        for start, stop, first, second in sorted(found)
    ]
    return [segment for segment in made if segment.n_samples > 0]
