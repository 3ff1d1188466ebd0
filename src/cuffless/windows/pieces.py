"""Pieces of a segment that are in memory, and the windows that lie in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from cuffless.config import WindowOptions
from cuffless.records import Record, RecordError, Segment, describe_out_of_range, record_errors
from cuffless.signals import SETTLING_SECONDS, bandpass, true_runs
from cuffless.windows.grid import ANALYSIS_HZ, PulseGrid, pulse_range, reach_seconds
from cuffless.windows.measure import Measures, Signal, Spans, measure_windows

BLOCK_SECONDS = 3600.0
_Cut = TypeVar("_Cut")


@dataclass(frozen=True)
class Piece:
    """The part of a stretch of signal without a gap that is in memory."""

    ppg: np.ndarray
    abp: np.ndarray | None
    """`ppg`, `abp`: (n,) float arrays: Signals as recorded; no pressure where only PPG was asked for."""
    fs: float
    """Sampling rate in Hz."""
    first: int
    """First sample, counted in the segment."""
    closed: bool
    """Whether the stretch ends with the piece."""
    grid: PulseGrid
    """Pulse frequency of the stretch, which all its pieces share."""
    stretch_start: int
    core_end: int
    """`stretch_start`, `core_end`: First sample of the stretch, and end of the samples whose windows belong to this
    piece, counted in the segment."""
    ends_in_gap: bool
    """Whether a gap, rather than the end of the record, closes the stretch."""
    owned: bool
    """Whether the stretch begins in this block."""

    def without(self, samples: int) -> "Piece":
        """The piece less its first samples."""
        abp = None if self.abp is None else self.abp[samples:]
        return replace(self, ppg=self.ppg[samples:], abp=abp, first=self.first + samples)


def cut_segments(
    record: Record, cut: Callable[[Segment, bool], Iterator[tuple[int, _Cut]]], failures: list[str] | None
) -> Iterator[_Cut]:
    """What is cut of a record's segments; `cut` takes one and whether it is the last, and counts whole windows.

    `failures`, if given, collects why segments cannot be read, and how many samples are outside the measurable range
    if no window is whole. If no segment can be read it raises RecordError.
    """
    failed = [] if failures is None else failures
    before, whole = len(failed), 0  # notes on the record rather than failed segments
    for segment in record.segments:
        try:
            with record_errors(segment.name):
                for n_whole, windows in cut(segment, segment is record.segments[-1]):
                    whole += n_whole
                    yield windows
        except RecordError as error:
            failed.append(str(error))
    if record.segments and len(failed) - before == len(record.segments):
        raise RecordError(failed[before])
    if failures is not None and not whole and (reason := describe_out_of_range(record)):
        failures.append(reason)


def read_blocks(
    segment: Segment, options: WindowOptions, block_seconds: float, last_segment: bool
) -> Iterator[tuple[float, list[Piece]]]:
    """Read a segment block by block.

    Yields
    ------
    seconds : float
        Seconds of the block in which no sample is missing.
    pieces : list of Piece
        Its stretches without a gap.
    """
    fs, n = segment.fs, segment.n_samples
    step = max(round(block_seconds * fs), 1)
    margin = int(np.ceil(reach_seconds(options) * fs))
    grids: dict[int, PulseGrid] = {}  # by the first sample of the stretch
    for core in range(0, n, step):
        low, high, core_end = max(core - margin, 0), min(core + step + margin, n), min(core + step, n)
        ppg, abp = segment.read(low, high)
        valid = np.isfinite(ppg) if abp is None else np.isfinite(ppg) & np.isfinite(abp)
        pieces = []
        for begin, end in true_runs(valid):
            first, stop = begin + low, end + low
            if stop <= core or first >= core_end:
                continue
            start = max((s for s in grids if s <= first), default=first) if first == low else first
            closed = stop < high or high == n
            piece = Piece(
                ppg[begin:end],
                None if abp is None else abp[begin:end],
                fs,
                first,
                closed,
                grid=grids.setdefault(start, PulseGrid(options)),
                stretch_start=start,
                core_end=core_end,
                ends_in_gap=closed and not (stop == n and last_segment),
                owned=core <= first,
            )
            pieces.append(piece)
        yield float(np.count_nonzero(valid[core - low : core_end - low])) / fs, pieces


@dataclass(frozen=True)
class Located:
    """Windows found in a piece of signal, not yet judged."""

    signal: Signal
    filtered: np.ndarray
    """(n,) float array: Band-passed PPG."""
    spans: Spans
    """Windows, counted from the first sample of the piece."""
    offset: float
    """Start of the piece in the segment in seconds."""

    def measured(self, whole: np.ndarray, options: WindowOptions) -> Measures:
        """Measures of the windows of a mask."""
        return measure_windows(self.signal, self.spans.select(whole), options)


def locate(piece: Piece, options: WindowOptions) -> Located | None:
    """Windows of a piece that begin before the end of the block's core; None if it is shorter than any."""
    fs, stretch_start = piece.fs, piece.stretch_start
    every = int(fs // ANALYSIS_HZ)
    piece = piece.without(-(piece.first - stretch_start) % every)
    skipped, held = (piece.first - stretch_start) / fs, len(piece.ppg) / fs
    shortest = options.length / pulse_range(options)[1] if options.cropping == "beats" else options.length
    if held < max(shortest, 1.0):
        return None
    filtered = bandpass(piece.ppg, fs, options.band, options.filter_order)
    analysed = np.ascontiguousarray(filtered[::every])
    piece.grid.extend(analysed, skipped, skipped + held - (0 if piece.closed else SETTLING_SECONDS), piece.closed)
    begun_before = min((piece.core_end - stretch_start) / fs, skipped + held)
    start, seconds, hz = piece.grid.windows(begun_before, skipped + held)
    signal = Signal(piece.ppg, piece.abp, fs, analysed, held)
    return Located(signal, filtered, Spans(start - skipped, seconds, hz), piece.first / fs)
