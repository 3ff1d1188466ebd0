"""A recording as a sequence of continuous segments that are read in chunks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import CufflessError

Reader = Callable[[int, int], np.ndarray]


class RecordError(CufflessError):
    """A recording that cannot be used; the message names the recording, the offending value and the remedy.

    Attributes
    ----------
    channels : tuple of str
        Channels in the headers, as far as they were read.
    seconds : float
        Length of the recording; 0 if unknown.
    """

    def __init__(self, message: str, channels: tuple[str, ...] = (), seconds: float = 0.0):
        super().__init__(message)
        self.channels = tuple(channels)
        self.seconds = seconds


FETCH_AGAIN = "fetch it again, or exclude the record (records.exclude)"
"""The remedy for a missing or damaged file."""
LOWEST_FS, HIGHEST_FS = 40.0, 5000.0
MOST_MEASURED = 1e12
"""Largest value in any unit that single-precision spectra can hold; larger values count as missing."""
_COUNTED = 1 << 20  # samples per read when counting them


def check_rate(name: str, fs: float) -> None:
    """Reject a sampling rate that is implausible for PPG or too low for a systolic peak.

    Raises
    ------
    RecordError
        Below 40 Hz (systolic pressure would read low by several mmHg) or above 5000 Hz.
    """
    if not LOWEST_FS <= fs <= HIGHEST_FS:
        raise RecordError(
            f"{name}: a sampling rate of {fs:g} Hz is outside {LOWEST_FS:g}-{HIGHEST_FS:g} Hz; correct the header "
            "(or --fs, records.csv_fs), or exclude the record"
        )


@dataclass(frozen=True)
class Channel:
    """One signal of a segment at the file's own sampling rate."""

    fs: float
    """Sampling rate in Hz."""
    n_samples: int
    """Length."""
    read: Reader
    """``read(start, stop)`` returns these samples in physical units, NaN where missing."""

    def resampled(self, fs: float, start: int, stop: int, *, levels: bool = False) -> np.ndarray:
        """Samples `start` to `stop` at sampling rate `fs`; impulses, and with `levels` constant outliers, are NaN."""
        if abs(self.fs - fs) < 1e-9 * fs:
            return self._read_clean(start, stop, levels)
        from cuffless.signals import to_rate

        margin = int(np.ceil(self.fs))
        first = max(int(start / fs * self.fs) - margin, 0)
        last = min(int(np.ceil(stop / fs * self.fs)) + margin, self.n_samples)
        return to_rate(self._read_clean(first, last, levels), self.fs, fs, start / fs - first / self.fs, stop - start)

    def _read_clean(self, start: int, stop: int, levels: bool) -> np.ndarray:
        """Samples at the file's own rate without impulses, independent of where reading begins."""
        from cuffless.signals import CHUNK_SECONDS, remove_impulses

        chunk = max(int(CHUNK_SECONDS * self.fs), 2)
        first = max(start // chunk - 2, 0) * chunk
        last = min((-(-stop // chunk) + 2) * chunk, self.n_samples)
        with np.errstate(over="ignore", invalid="ignore"):  # the results count as missing
            values = _drop_out_of_range(self.read(first, last))
        cleaned = remove_impulses(values, self.fs, levels=levels)
        return cleaned[start - first : stop - first]


def _drop_out_of_range(values: np.ndarray) -> np.ndarray:
    """Values with those beyond any sensor's range set to missing: their spectra would overflow."""
    if np.fmin.reduce(values, initial=0) >= -MOST_MEASURED and np.fmax.reduce(values, initial=0) <= MOST_MEASURED:
        return values
    return np.where(np.abs(values) > MOST_MEASURED, np.nan, values)


@dataclass(frozen=True)
class Segment:
    """A stretch of a record with constant sampling and channels."""

    name: str
    """Name of the segment in the record."""
    start: float
    """Seconds from the start of the record."""
    fs: float
    """Common sampling rate of both channels in Hz."""
    ppg: Channel
    """PPG in any unit."""
    abp: Channel | None = None
    """Arterial pressure in mmHg; None if only PPG was requested."""

    @property
    def n_samples(self) -> int:
        """Length in samples at rate `fs`."""
        channels = [c for c in (self.ppg, self.abp) if c is not None]
        return min(int(c.n_samples / c.fs * self.fs + 1e-6) for c in channels)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.fs

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray | None]:
        """PPG and ABP between two samples at rate `fs`, NaN where missing."""
        ppg = self.ppg.resampled(self.fs, start, stop, levels=True)
        abp = None if self.abp is None else self.abp.resampled(self.fs, start, stop)
        return ppg, abp


@dataclass(frozen=True)
class ReadyWindows:
    """Windows already cut and labelled by others, read in blocks."""

    n: int
    """Number of windows."""
    fs: float
    """Their sampling rate in Hz."""
    samples: int
    """Samples per window."""
    read: Callable[[int, int], tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]
    """``read(start, stop)`` returns these windows as ppg (k, samples), sbp (k,) and dbp (k,), pressures in mmHg, NaN
    where missing; None for both pressures if only PPG was requested."""
    start: np.ndarray | None = None
    """(n,) float array: Their starts in seconds, ascending; None: unknown, and the windows are treated as
    consecutive."""
    filtered: bool = True
    """Whether the PPG was band-passed before they were cut."""

    @property
    def window_seconds(self) -> float:
        """Length of a window in seconds."""
        return self.samples / self.fs

    @property
    def seconds(self) -> float:
        """Total length of all windows in seconds; overlaps count every time."""
        return self.n * self.window_seconds

    def starts(self, first: int, stop: int) -> np.ndarray:
        """Starts of some windows in seconds."""
        if self.start is None:
            return np.arange(first, stop) * self.window_seconds
        return np.asarray(self.start[first:stop], float)


@dataclass(frozen=True)
class Record:
    """One recording."""

    name: str
    path: str
    """`name`, `path`: Its name, and where it was read from."""
    fs: float
    """Sampling rate of the PPG in the file, in Hz."""
    channels: tuple[str, ...]
    """All channels in its headers."""
    seconds: float
    """Length, gaps included."""
    segments: tuple[Segment, ...]
    """Stretches with the requested signals, in time order."""
    problems: tuple[str, ...] = ()
    """What was skipped, and why."""
    files: tuple[str, ...] = ()
    """Files that hold the segments."""
    size: int = 0
    """Size of these files in bytes, as far as known from headers."""
    ready: ReadyWindows | None = None
    """Windows in place of segments, if others cut them."""
    read_as: str = ""
    """How a file that does not describe itself was interpreted, in one line; empty for one that does."""
    began: float | None = None
    """Time of the first sample in seconds since 1970, if known."""
    verify: Callable[[], list[str]] = list
    """Reads the signals again and lists those that do not match their file's own checksums."""

    @property
    def usable_seconds(self) -> float:
        """Seconds of the segments, or ready windows, with the requested signals."""
        ready = self.ready.seconds if self.ready else 0.0
        return ready + sum(segment.seconds for segment in self.segments)


def describe_out_of_range(record: Record) -> str:
    """How many samples of a record count as missing because they are beyond any sensor's range.

    Parameters
    ----------
    record : Record
        All of its signals are read.

    Returns
    -------
    str
        One sentence; empty if there are none or they cannot be read.
    """
    counts = []
    for kind in ("PPG", "ABP"):
        channels = [channel for one in record.segments if (channel := getattr(one, kind.lower())) is not None]
        try:
            n = sum(_count_beyond(channel) for channel in channels)
        except (RecordError, OSError):
            return ""
        if n:
            counts.append(f"{n:,} of {sum(channel.n_samples for channel in channels):,} samples of the {kind}")
    if not counts:
        return ""
    return (
        f"{' and '.join(counts)} are beyond {MOST_MEASURED:g}, outside any sensor's range, and count as missing; "
        "correct the file, or the gain in its header"
    )


def _count_beyond(channel: Channel) -> int:
    n = 0
    for first in range(0, channel.n_samples, _COUNTED):
        with np.errstate(over="ignore", invalid="ignore"):
            values = channel.read(first, min(first + _COUNTED, channel.n_samples))
        n += int(np.count_nonzero(np.abs(values) > MOST_MEASURED))
    return n


def invert_ppg(record: Record) -> Record:
    """The same recording with inverted PPG."""

    def negative(channel: Channel) -> Channel:
        return replace(channel, read=lambda start, stop: -channel.read(start, stop))

    def negative_windows(ready: ReadyWindows) -> ReadyWindows:
        def read(start: int, stop: int):
            ppg, sbp, dbp = ready.read(start, stop)
            return -np.asarray(ppg), sbp, dbp

        return replace(ready, read=read)

    segments = tuple(replace(segment, ppg=negative(segment.ppg)) for segment in record.segments)
    ready = None if record.ready is None else negative_windows(record.ready)
    return replace(record, segments=segments, ready=ready)


def from_arrays(name: str, ppg: np.ndarray, abp: np.ndarray | None, fs: float) -> Record:
    """Make a record from arrays in memory.

    Parameters
    ----------
    name : str
    ppg, abp : (n_samples,) float array
        PPG, and arterial pressure in mmHg or None; NaN where missing.
    fs : float
        Sampling rate of both in Hz.

    Raises
    ------
    RecordError
        If the arrays are empty or differ in length.
    """
    if len(ppg) == 0 or (abp is not None and len(abp) != len(ppg)):
        raise RecordError(f"{name}: PPG and ABP must have the same length and not be empty")

    check_rate(name, fs)

    def channel(values: np.ndarray) -> Channel:
        values = np.asarray(values, float)
        return Channel(fs, len(values), lambda start, stop: values[start:stop])

    segment = Segment(name, 0.0, RecordOptions().fs, channel(ppg), None if abp is None else channel(abp))
    names = ("ppg",) if abp is None else ("ppg", "abp")
    return Record(name, name, fs, names, len(ppg) / fs, (segment,))
