"""A recording as a sequence of continuous segments that are read piece by piece."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import CufflessError

Reader = Callable[[int, int], np.ndarray]


class RecordError(CufflessError):
    """A recording that cannot be used; the message names it, the value at fault and the remedy.

    Attributes
    ----------
    channels : tuple of str
        Channels that its headers name, as far as they were read.
    seconds : float
        Its length, as far as it is known.
    """

    def __init__(self, message: str, channels: tuple[str, ...] = (), seconds: float = 0.0):
        super().__init__(message)
        self.channels = tuple(channels)
        self.seconds = seconds


FETCH_AGAIN = "fetch it again, or leave the record out (records.exclude)"
"""The remedy of a file that is absent or damaged."""
LOWEST_FS, HIGHEST_FS = 40.0, 5000.0
MOST_MEASURED = 1e12
"""In any unit, and as much as spectra in single precision hold; what is greater stands for a missing sample."""
_COUNTED = 1 << 20  # samples that are read at once to count them


def check_rate(name: str, fs: float) -> None:
    """Refuse a sampling rate that no PPG is recorded at, or that cannot hold a systolic peak.

    Raises
    ------
    RecordError
        Below 40 Hz (systolic pressure would read low by several mmHg) or above 5000 Hz.
    """
    if not LOWEST_FS <= fs <= HIGHEST_FS:
        raise RecordError(
            f"{name}: a sampling rate of {fs:g} Hz is outside {LOWEST_FS:g}-{HIGHEST_FS:g} Hz; correct the header "
            "(or --fs, records.csv_fs), or leave the record out"
        )


@dataclass(frozen=True)
class Channel:
    """One signal of a segment in the file's own sampling rate.

    Attributes
    ----------
    fs : float
        Sampling rate in Hz.
    n_samples : int
        Length.
    read : callable
        ``read(start, stop)`` gives these samples in physical units, NaN where missing.
    """

    fs: float
    n_samples: int
    read: Reader

    def resampled(self, fs: float, start: int, stop: int, *, levels: bool = False) -> np.ndarray:
        """Samples `start` to `stop` brought to sampling rate `fs`; impulses, and on demand levels, count as missing."""
        if abs(self.fs - fs) < 1e-9 * fs:
            return self._cleaned(start, stop, levels)
        from cuffless.signals import to_rate

        margin = int(np.ceil(self.fs))
        first = max(int(start / fs * self.fs) - margin, 0)
        last = min(int(np.ceil(stop / fs * self.fs)) + margin, self.n_samples)
        return to_rate(self._cleaned(first, last, levels), self.fs, fs, start / fs - first / self.fs, stop - start)

    def _cleaned(self, start: int, stop: int, levels: bool) -> np.ndarray:
        """Samples of the file's own rate without impulses, the same wherever reading begins."""
        from cuffless.signals import CHUNK_SECONDS, without_impulses

        chunk = max(int(CHUNK_SECONDS * self.fs), 2)
        first = max(start // chunk - 2, 0) * chunk
        last = min((-(-stop // chunk) + 2) * chunk, self.n_samples)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it counts as missing
            values = _measurable(self.read(first, last))
        cleaned = without_impulses(values, self.fs, levels=levels)
        return cleaned[start - first : stop - first]


def _measurable(values: np.ndarray) -> np.ndarray:
    """Values of which those are missing that no sensor gives: their spectra would be beyond what floats can hold."""
    with np.errstate(over="ignore"):
        if np.dot(values, values) < MOST_MEASURED**2:  # false if one is missing, too
            return values
        beyond = np.abs(values) > MOST_MEASURED
    return np.where(beyond, np.nan, values) if beyond.any() else values


@dataclass(frozen=True)
class Segment:
    """A stretch of a record in which neither sampling nor channels change.

    Attributes
    ----------
    name : str
        Its name in the record.
    start : float
        Seconds from the start of the record.
    fs : float
        Sampling rate in Hz to which both channels are brought.
    ppg : Channel
        PPG in any unit.
    abp : Channel or None
        Arterial pressure in mmHg; None where only PPG was asked for.
    """

    name: str
    start: float
    fs: float
    ppg: Channel
    abp: Channel | None = None

    @property
    def n_samples(self) -> int:
        """Length in samples of rate `fs`."""
        channels = [c for c in (self.ppg, self.abp) if c is not None]
        return min(int(c.n_samples / c.fs * self.fs + 1e-6) for c in channels)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.fs

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None]:
        """PPG and ABP between two samples of rate `fs`, NaN where missing."""
        ppg = self.ppg.resampled(self.fs, start, stop, levels=True)
        abp = None if self.abp is None else self.abp.resampled(self.fs, start, stop)
        return ppg, abp


@dataclass(frozen=True)
class ReadyWindows:
    """Windows that others cut and labelled, read block by block.

    Attributes
    ----------
    n : int
        How many there are.
    fs : float
        Their sampling rate in Hz.
    samples : int
        Samples of each; all are of one length.
    read : callable
        ``read(start, stop)`` gives these windows as ppg (k, samples), sbp (k,) and dbp (k,), pressures in mmHg, NaN
        where missing; None for both pressures where only PPG was asked for.
    start : (n,) float array, optional
        Their starts in seconds, ascending; None: their file does not tell, and they count as following each other.
    filtered : bool
        Whether the PPG was band-passed before they were cut.
    """

    n: int
    fs: float
    samples: int
    read: Callable[[int, int], tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]
    start: np.ndarray | None = None
    filtered: bool = True

    @property
    def window_seconds(self) -> float:
        """Length of a window in seconds."""
        return self.samples / self.fs

    @property
    def seconds(self) -> float:
        """Length of all windows in seconds; what overlaps counts as often as it occurs."""
        return self.n * self.window_seconds

    def starts(self, first: int, stop: int) -> np.ndarray:
        """Starts of some windows in seconds."""
        if self.start is None:
            return np.arange(first, stop) * self.window_seconds
        return np.asarray(self.start[first:stop], float)


@dataclass(frozen=True)
class Record:
    """One recording.

    Attributes
    ----------
    name, path : str
        Its name and where it was read.
    fs : float
        Sampling rate of the PPG in the file, in Hz.
    channels : tuple of str
        All channels named in its headers.
    seconds : float
        Length, gaps included.
    segments : tuple of Segment
        Stretches that hold the signals asked for, in time order.
    problems : tuple of str
        What was passed over, and why.
    files : tuple of str
        Files that hold the segments.
    size : int
        Bytes of these files, as far as headers tell.
    ready : ReadyWindows or None
        Windows in place of segments, where others cut them.
    read_as : str
        What a file that does not describe itself was taken for, in one line; empty for one that does.
    began : float or None
        Its first sample in seconds since 1970, where it tells.
    verify : callable
        Reads the signals once more, and says which are not what their file's own checksums tell.
    """

    name: str
    path: str
    fs: float
    channels: tuple[str, ...]
    seconds: float
    segments: tuple[Segment, ...]
    problems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    size: int = 0
    ready: ReadyWindows | None = None
    read_as: str = ""
    began: float | None = None
    verify: Callable[[], list[str]] = list

    @property
    def usable_seconds(self) -> float:
        """Seconds of the segments, or of the ready windows, that hold the signals asked for."""
        ready = self.ready.seconds if self.ready else 0.0
        return ready + sum(segment.seconds for segment in self.segments)


def beyond_measure(record: Record) -> str:
    """How many samples of a record count as missing because no sensor gives such values.

    Parameters
    ----------
    record : Record
        All of its signals are read.

    Returns
    -------
    str
        In words; empty where there are none, and where they cannot be read.
    """
    said = []
    for kind in ("PPG", "ABP"):
        channels = [channel for one in record.segments if (channel := getattr(one, kind.lower())) is not None]
        try:
            n = sum(_count_beyond(channel) for channel in channels)
        except (RecordError, OSError):
            return ""
        if n:
            said.append(f"{n:,} of {sum(channel.n_samples for channel in channels):,} samples of the {kind}")
    if not said:
        return ""
    return (
        f"{' and '.join(said)} lie beyond {MOST_MEASURED:g}, which nothing measures, and count as missing; correct the "
        "file, or the gain in its header"
    )


def _count_beyond(channel: Channel) -> int:
    n = 0
    for first in range(0, channel.n_samples, _COUNTED):
        with np.errstate(over="ignore", invalid="ignore"):
            values = channel.read(first, min(first + _COUNTED, channel.n_samples))
        n += int(np.count_nonzero(np.abs(values) > MOST_MEASURED))
    return n


def turned_over(record: Record) -> Record:
    """The same recording with its PPG upside down."""

    def negative(channel: Channel) -> Channel:
        return replace(channel, read=lambda start, stop: -channel.read(start, stop))

    def negative_windows(start: int, stop: int):
        ppg, sbp, dbp = record.ready.read(start, stop)
        return -np.asarray(ppg), sbp, dbp

    segments = tuple(replace(segment, ppg=negative(segment.ppg)) for segment in record.segments)
    ready = None if record.ready is None else replace(record.ready, read=negative_windows)
    return replace(record, segments=segments, ready=ready)


def from_arrays(name: str, ppg: np.ndarray, abp: np.ndarray | None, fs: float) -> Record:
    """Make a record of arrays in memory.

    Parameters
    ----------
    name : str
        Name of the record.
    ppg : (n_samples,) float array
        PPG, NaN where missing.
    abp : (n_samples,) float array or None
        Arterial pressure in mmHg, NaN where missing.
    fs : float
        Sampling rate of both in Hz.

    Returns
    -------
    Record

    Raises
    ------
    RecordError
        If the arrays are empty or of different length.
    """
    if len(ppg) == 0 or (abp is not None and len(abp) != len(ppg)):
        raise RecordError(f"{name}: PPG and ABP must be of equal length and not empty")

    check_rate(name, fs)

    def channel(values: np.ndarray) -> Channel:
        values = np.asarray(values, float)
        return Channel(fs, len(values), lambda start, stop: values[start:stop])

    segment = Segment(name, 0.0, RecordOptions().fs, channel(ppg), None if abp is None else channel(abp))
    names = ("ppg",) if abp is None else ("ppg", "abp")
    return Record(name, name, fs, names, len(ppg) / fs, (segment,))
