"""Pieces of a segment that are in memory, and the windows that lie in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cuffless.config import WindowOptions
from cuffless.records import Segment
from cuffless.signals import SETTLING_SECONDS, bandpass, true_runs
from cuffless.windows.grid import ANALYSIS_HZ, PulseGrid, pulse_range, reach_seconds
from cuffless.windows.measure import Measures, measure_windows


@dataclass
class Piece:
    """The part of a stretch that is in memory; `first` is its first sample in the segment."""

    ppg: np.ndarray
    abp: np.ndarray | None
    first: int
    closed: bool
    fs: float

    def without(self, samples: int) -> "Piece":
        """The piece less its first samples."""
        abp = None if self.abp is None else self.abp[samples:]
        return Piece(self.ppg[samples:], abp, self.first + samples, self.closed, self.fs)


def read_blocks(segment: Segment, options, block_seconds, last_segment) -> Iterator[tuple[float, list[tuple]]]:
    """Read a segment block by block.

    Yields
    ------
    seconds : float
        Seconds of the block in which no sample is missing.
    pieces : list of (piece, grid, start, core_end, ends_in_gap, owned)
        Its stretches without a gap, as `locate` takes them: signals, pulse grid, first sample of the stretch in the
        segment, last sample of the block's core, whether it ends in a gap, whether it begins in this block.
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
            grid = grids.setdefault(start, PulseGrid(options))
            piece = Piece(ppg[begin:end], None if abp is None else abp[begin:end], first, stop < high or high == n, fs)
            ends_in_gap = piece.closed and not (stop == n and last_segment)
            owned = core <= first
            pieces.append((piece, grid, start, core_end, ends_in_gap, owned))
        yield float(valid[core - low : core_end - low].sum()) / fs, pieces


@dataclass
class Located:
    """Windows found in a piece of signal, not yet judged.

    Attributes
    ----------
    ppg, abp : (n,) float arrays
        Signals as recorded; no pressure where only PPG was asked for.
    filtered, analysed : float arrays
        Band-passed PPG, and that at 25 Hz.
    fs : float
        Sampling rate in Hz.
    start, seconds, hz : (n_windows,) float arrays
        Windows in seconds from the first sample, and their pulse frequency.
    held, offset : float
        Length of the piece in seconds, and its start in the segment.
    """

    ppg: np.ndarray
    abp: np.ndarray | None
    filtered: np.ndarray
    analysed: np.ndarray
    fs: float
    start: np.ndarray
    seconds: np.ndarray
    hz: np.ndarray
    held: float
    offset: float

    def measured(self, whole: np.ndarray, options: WindowOptions) -> Measures:
        """Figures of the windows of a mask."""
        chosen = (self.start[whole], self.seconds[whole], self.hz[whole])
        return measure_windows(self.ppg, self.filtered, self.analysed, self.abp, self.fs, *chosen, self.held, options)


def locate(piece: Piece, grid: PulseGrid, stretch_start: int, core_end: int, options) -> Located | None:
    """Windows of a piece that begin before the end of the block's core; None if it is shorter than any."""
    fs = piece.fs
    every = int(fs // ANALYSIS_HZ)
    piece = piece.without(-(piece.first - stretch_start) % every)
    skipped, held = (piece.first - stretch_start) / fs, len(piece.ppg) / fs
    shortest = options.length / pulse_range(options)[1] if options.cropping == "beats" else options.length
    if held < max(shortest, 1.0):
        return None
    filtered = bandpass(piece.ppg, fs, options.band, options.filter_order)
    analysed = np.ascontiguousarray(filtered[::every])
    grid.extend(analysed, skipped, skipped + held - (0 if piece.closed else SETTLING_SECONDS), piece.closed)
    begun_before = min((core_end - stretch_start) / fs, skipped + held)
    start, seconds, hz = grid.windows(begun_before, skipped + held)
    offset = piece.first / fs
    return Located(piece.ppg, piece.abp, filtered, analysed, fs, start - skipped, seconds, hz, held, offset)
