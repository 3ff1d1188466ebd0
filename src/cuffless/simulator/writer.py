"""Simulated recordings as WFDB files, with the layout and names of the MIMIC-III matched subset.

Headers are written here rather than by ``wfdb``: its writer rejects the ``~`` of a layout header and takes as long as
the simulation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SimulatorOptions
from cuffless.files import name_file_if_full, whole_folder
from cuffless.simulator.population import random_streams
from cuffless.simulator.sensor import ABP_QUANTUM
from cuffless.simulator.subject import FS, SimulatedSubject, simulate_subject

MISSING = -32768
"""Digital value of a missing sample in format 16."""
GAP_SECONDS = (20.0, 120.0)
MINUTES_PER_GAP = 8.0


@dataclass(frozen=True)
class Segment:
    """A stretch of a record: samples `first` to `last`, and the stored channels (none: a gap)."""

    first: int
    last: int
    channels: tuple[str, ...] = ("PLETH", "ABP")


@dataclass(frozen=True)
class _Channel:
    """Digitization of a channel: ``digit = gain * value + baseline``."""

    name: str
    units: str
    gain: float
    baseline: int

    def line(self, file: str, fmt: int, first: int, checksum: int) -> str:
        scale = f"{self.gain:.12g}({self.baseline})/{self.units}"
        return f"{file} {fmt} {scale} 16 0 {first} {checksum} 0 {self.name}"


def write_cohort(numbers: Iterable[int], options: SimulatorOptions, folder: str | Path) -> pd.DataFrame:
    """Simulate subjects and write them.

    Parameters
    ----------
    numbers : iterable of int
        Numbers of the subjects.
    options : SimulatorOptions
        Options.
    folder : str or Path
        Root of the data set, created if missing.

    Returns
    -------
    pandas.DataFrame
        One row per record: record, subject, path (relative to `folder`, no extension).
    """
    rows = []
    for number in numbers:
        subject = simulate_subject(number, options)
        write_subject(subject, folder, options)
        for k in range(options.records):
            record = record_name(subject.name, options, k)
            rows.append((record, subject.name, (subject_folder(subject.name) / record).as_posix()))
    return pd.DataFrame(rows, columns=["record", "subject", "path"])


def write_subject(subject: SimulatedSubject, folder: str | Path, options: SimulatorOptions) -> list[Path]:
    """Write a subject's records and the truth beside each (``<record>_truth.parquet``).

    The recording is divided into `options.records` consecutive records of equal length. A share
    `options.multi_segment` of the records has several segments in the variable layout, with gaps in which nothing is
    stored; the truth continues through gaps, with times from the record's start.

    Parameters
    ----------
    subject : SimulatedSubject
        The subject, simulated with `options`.
    folder : str or Path
        Root of the data set. The subject's folder in it is replaced.
    options : SimulatorOptions
        Options.

    Returns
    -------
    list of Path
        The files written, sorted.

    Raises
    ------
    DiskError
        If the disk is full; the message names the file. No incomplete record is left behind.
    """
    home = Path(folder) / subject_folder(subject.name)
    with whole_folder(home) as part:
        for number, stretch in enumerate(_stretches(subject, options)):
            _write_record(part, stretch, number, options)
        written = sorted(path.name for path in part.iterdir())  # another writer may be about to replace the folder
    return [home / name for name in written]


def subject_folder(subject: str) -> Path:
    """Folder of a subject in the matched layout, e.g. ``p00/p000123``."""
    return Path(subject[:3]) / subject


def record_name(subject: str, options: SimulatorOptions, number: int = 0) -> str:
    """Name of a subject's record, counted from 0: subject and start, e.g. ``p000123-2150-03-04-10-20``."""
    return f"{subject}-{_start(subject, options, number):%Y-%m-%d-%H-%M}"


def _stretches(subject: SimulatedSubject, options: SimulatorOptions) -> Iterator[SimulatedSubject]:
    """Signals and truth of each record, with times from its start."""
    edges = [_first_sample(number, options) for number in range(options.records)] + [len(subject.ppg)]
    for first, last in pairwise(edges):
        begin, end = first / subject.fs, last / subject.fs
        truth = subject.truth[(subject.truth["time"] >= begin) & (subject.truth["time"] < end)]
        yield replace(
            subject,
            ppg=subject.ppg[first:last],
            abp=subject.abp[first:last],
            truth=truth.assign(time=truth["time"] - begin, foot=truth["foot"] - begin).reset_index(drop=True),
        )


def _first_sample(number: int, options: SimulatorOptions) -> int:
    """First sample of a record in the subject's recording, on a whole second as in headers."""
    return int(60 * options.minutes * number / options.records) * int(FS)


def _write_record(part: Path, stretch: SimulatedSubject, number: int, options: SimulatorOptions) -> None:
    record, start = record_name(stretch.name, options, number), _start(stretch.name, options, number)
    segments = segment_layout(stretch.name, len(stretch.ppg), stretch.fs, options, number)
    if len(segments) == 1:
        _write_segment(part, record, stretch, segments[0], start, parity=0, dated=True)
    else:
        _write_segments(part, record, stretch, segments, start, number)
    with name_file_if_full(truth := part / f"{record}_truth.parquet"):
        stretch.truth.to_parquet(truth, index=False)


def segment_layout(subject: str, n: int, fs: float, options: SimulatorOptions, number: int = 0) -> list[Segment]:
    """Divide a record into segments and gaps.

    Parameters
    ----------
    subject : str
        Name of the subject.
    n : int
        Samples of the record.
    fs : float
        Sampling rate in Hz.
    options : SimulatorOptions
        Options; `multi_segment` is the share of records with several segments.
    number : int
        Index of the record among the subject's.

    Returns
    -------
    list of Segment
        In time order, covering the whole record. Gaps last 20 s to 2 minutes, but at most a tenth of the record; some
        records begin with up to a minute of PPG alone, from before the arterial line was connected.
    """
    draws = _layout_draws(options.seed, subject, number)[1:]
    if draws[0] >= options.multi_segment:
        return [Segment(0, n)]
    seconds = n / fs
    count = 1 + int(draws[1] * min(3.0, seconds / 60 / MINUTES_PER_GAP))
    low, high = GAP_SECONDS
    lengths = np.minimum(low + (high - low) * draws[4 : 4 + count], seconds / 10)
    centres = (np.arange(count) + 0.3 + 0.4 * draws[8 : 8 + count]) / count * seconds
    alone = min(20 + 40 * draws[3], seconds / 25) if draws[2] < 0.3 else 0.0

    def sample(time: float) -> int:
        return int(round(time) * fs)  # segments are whole seconds long, as in MIMIC

    edges = np.c_[centres - lengths / 2, centres + lengths / 2]
    segments = [Segment(0, sample(alone), ("PLETH",))] if alone >= 1 else []
    position = sample(alone)
    for begin, end in edges:
        segments += [Segment(position, sample(begin)), Segment(sample(begin), sample(end), ())]
        position = sample(end)
    return [s for s in [*segments, Segment(position, n)] if s.last > s.first]


@lru_cache
def _layout_draws(seed: int, subject: str, number: int) -> np.ndarray:
    return random_streams(seed, int(subject[1:]))["layout"].random((number + 1, 16))[number]


def _start(subject: str, options: SimulatorOptions, number: int = 0) -> datetime:
    """Start of the record, shifted into the 22nd century like MIMIC's dates."""
    shift = int(_layout_draws(options.seed, subject, 0)[0] * 3_155_000_000)
    return datetime(2100, 1, 1) + timedelta(seconds=shift + _first_sample(number, options) // int(FS))


def _write_segments(
    part: Path, record: str, subject: SimulatedSubject, segments: list[Segment], start: datetime, number: int
) -> None:
    """Write segments, their layout header, and the master header that joins them."""
    # Unique for each record, and different from the subject's number.
    series = 3_000_000 + number * 1_000_000 + int(subject.name[1:]) * 7919 % 1_000_000
    names = [f"{series}_layout"]
    stored = 0
    for segment in segments:
        if not segment.channels:
            names.append("~")
            continue
        stored += 1
        names.append(f"{series}_{stored:04d}")
        at = start + timedelta(seconds=segment.first / subject.fs)
        _write_segment(part, names[-1], subject, segment, at, parity=(stored + 1) % 2, dated=False)
    channels = _channels(subject, 0)
    fs = f"{subject.fs:.12g}"
    _write_header(
        part / f"{names[0]}.hea",
        f"{names[0]} {len(channels)} {fs} 0 {start:%H:%M:%S}",
        [channel.line("~", 0, MISSING, 0) for channel in channels.values()],
    )
    lengths = [0, *(segment.last - segment.first for segment in segments)]
    _write_header(
        part / f"{record}.hea",
        f"{record}/{len(names)} {len(channels)} {fs} {sum(lengths)} {start:%H:%M:%S}.000 {start:%d/%m/%Y}",
        [f"{name} {length}" for name, length in zip(names, lengths, strict=True)],
    )


def _write_segment(
    part: Path,
    name: str,
    subject: SimulatedSubject,
    segment: Segment,
    start: datetime,
    *,
    parity: int,
    dated: bool,
) -> None:
    """Write one stretch as ``.dat`` (format 16) and ``.hea``.

    Gain, baseline and channel order alternate with `parity`, as they vary within MIMIC's records.
    """
    signals = {"PLETH": subject.ppg, "ABP": subject.abp}
    known = _channels(subject, parity)
    names = [channel for channel in known if channel in segment.channels]
    digits = np.stack([_digits(signals[n][segment.first : segment.last], known[n]) for n in names], axis=1)
    with name_file_if_full(file := part / f"{name}.dat"):
        digits.astype("<i2").tofile(file)
    sums = (digits.sum(axis=0, dtype=np.int64) + 32768) % 65536 - 32768
    date = f" {start:%d/%m/%Y}" if dated else ""
    _write_header(
        part / f"{name}.hea",
        f"{name} {len(names)} {subject.fs:.12g} {len(digits)} {start:%H:%M:%S}{date}",
        [known[n].line(f"{name}.dat", 16, digits[0, i], sums[i]) for i, n in enumerate(names)],
    )


def _channels(subject: SimulatedSubject, parity: int) -> dict[str, _Channel]:
    fine = 2**parity  # an integer multiple of the gain keeps the quantized values exact
    channels = [
        _Channel("PLETH", "NU", fine / subject.ppg_quantum, -512 * parity),
        _Channel("ABP", "mmHg", fine / ABP_QUANTUM, -1600 * parity),
    ]
    return {channel.name: channel for channel in (reversed(channels) if parity else channels)}


def _digits(signal: np.ndarray, channel: _Channel) -> np.ndarray:
    digits = np.clip(np.round(signal * channel.gain) + channel.baseline, MISSING + 1, 32767)
    return np.where(np.isnan(signal), MISSING, digits).astype(np.int16)


def _write_header(path: Path, first: str, lines: list[str]) -> None:
    with name_file_if_full(path):
        path.write_text("\n".join([first, *lines, ""]), encoding="ascii", newline="\n")
