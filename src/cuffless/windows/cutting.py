"""From a record to windows, in pieces of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cuffless.config import WindowOptions
from cuffless.records import Record, RecordError, Segment, describe_out_of_range, record_errors
from cuffless.signals import cubic_windows
from cuffless.windows.measure import Measures
from cuffless.windows.pieces import locate, read_blocks
from cuffless.windows.polarity import polarity
from cuffless.windows.quality import count_rejections, first_broken_rule

BLOCK_SECONDS = 3600.0


@dataclass
class Windows:
    """Windows of a record, or of a piece of it.

    Attributes
    ----------
    ppg : (n_kept, n_samples) float16 array
        Kept windows, zero mean and unit variance.
    kept : Measures
        Their figures.
    candidates : Measures
        Figures of all windows cut, rejected ones included.
    rejected : dict
        Number of windows rejected under each rule.
    seconds : float
        Seconds in which no sample of either signal was missing.
    polarity : (n_kept, 2) float array
        What speaks for the kept windows' PPG being upside down; see `upside_down`.
    """

    ppg: np.ndarray
    kept: Measures
    candidates: Measures
    rejected: dict[str, int]
    seconds: float
    polarity: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def n_cut(self) -> int:
        """Windows cut: those kept and those rejected."""
        return len(self.kept) + sum(self.rejected.values())

    @property
    def n_whole(self) -> int:
        """Windows cut that no gap ended."""
        return self.n_cut - self.rejected.get("missing", 0)


def cut_windows(record: Record, options: WindowOptions = WindowOptions(), *, block_seconds=BLOCK_SECONDS) -> Windows:
    """Cut, measure and judge all windows of a record; see `iter_windows`."""
    return join_windows([no_windows(options), *iter_windows(record, options, block_seconds=block_seconds)])


def iter_windows(
    record: Record,
    options: WindowOptions = WindowOptions(),
    *,
    block_seconds: float = BLOCK_SECONDS,
    failures: list[str] | None = None,
) -> Iterator[Windows]:
    """Cut, measure and judge the windows of a record, piece by piece in time order.

    A missing stretch ends the windows before it and starts the count anew after it; nothing is joined. The window that
    would have run into a gap is counted under the rule `missing`; what is left over at the record's end is no window.

    Windows that others cut are taken as they are; see `iter_ready`.

    Parameters
    ----------
    record : Record
        Its segments hold PPG, and ABP unless labels are not wanted.
    options : WindowOptions
    block_seconds : float
        Length of the pieces read at a time; the result does not depend on it.
    failures : list of str, optional
        Takes the reasons of segments whose signals turn out to be unreadable, or that cannot be cut; the others go on.
        Where no window is whole, it takes how many samples lie beyond what can be measured, too.

    Yields
    ------
    Windows

    Raises
    ------
    RecordError
        If no segment can be read.

    Notes
    -----
    Schrumpf et al. (2021), sections 3.3 and 3.5.1.
    """
    if record.ready is not None:
        from cuffless.windows.ready import iter_ready  # it gives Windows too

        with record_errors(record.path):
            yield from iter_ready(record, options)
        return
    failed = [] if failures is None else failures
    before, whole = len(failed), 0  # notes on the record, which are not segments that failed
    for segment in record.segments:
        last = segment is record.segments[-1]
        try:
            with record_errors(segment.name):
                for piece in _cut_segment(segment, options, block_seconds, last):
                    whole += piece.n_whole
                    yield piece
        except RecordError as error:
            failed.append(str(error))
    if record.segments and len(failed) - before == len(record.segments):
        raise RecordError(failed[before])
    if failures is not None and not whole and (said := describe_out_of_range(record)):
        failures.append(said)


def _cut_segment(segment: Segment, options, block_seconds, last_segment) -> Iterator[Windows]:
    for seconds, pieces in read_blocks(segment, options, block_seconds, last_segment):
        cut = [_cut_piece(*piece, segment.start, options) for piece in pieces]
        yield join_windows([no_windows(options, seconds), *cut])


def no_windows(options: WindowOptions, seconds: float = 0.0) -> Windows:
    """Nothing cut from so many seconds of signal."""
    empty = Measures.blank(0)
    return Windows(np.empty((0, options.samples), np.float16), empty, empty, dict.fromkeys(options.rules, 0), seconds)


def join_windows(parts: list[Windows]) -> Windows:
    """Windows of several pieces in their order."""
    return Windows(
        np.concatenate([p.ppg for p in parts]),
        Measures.concatenate([p.kept for p in parts]),
        Measures.concatenate([p.candidates for p in parts]),
        {rule: sum(p.rejected[rule] for p in parts) for rule in parts[0].rejected},
        sum(p.seconds for p in parts),
        np.concatenate([p.polarity for p in parts]),
    )


def _cut_piece(piece, grid, stretch_start, core_end, ends_in_gap, owned, segment_start, options) -> Windows:
    """Windows of a piece, measured and judged."""
    found = locate(piece, grid, stretch_start, core_end, options)
    if found is None:
        nothing = no_windows(options)
        if ends_in_gap and owned and "missing" in nothing.rejected:
            nothing.rejected["missing"] = 1
        return nothing
    whole = found.start + found.seconds <= found.held + 1e-9
    figures = found.measured(whole, options)
    verdict = first_broken_rule(figures, options, has_abp=found.abp is not None)
    rejected = count_rejections(verdict, options)
    if ends_in_gap and "missing" in rejected:
        rejected["missing"] += int(np.sum(~whole))
    kept = figures.select(verdict < 0)
    ppg = unit_windows(found.filtered, kept.start, kept.seconds, found.fs, options.samples)
    turned = polarity(ppg, options.samples_per_beat, abp=found.abp, fs=found.fs, start=kept.start, seconds=kept.seconds)
    offset = segment_start + found.offset
    return Windows(ppg, kept.shifted(offset), figures.shifted(offset), rejected, 0.0, turned)


def unit_windows(trace, start, seconds, fs, n_samples):
    """Windows of a signal, resampled, with zero mean and unit variance, in 16 bits.

    Parameters
    ----------
    trace, start, seconds, fs, n_samples
        As for `cubic_windows`.

    Returns
    -------
    (n_windows, n_samples) float16 array
    """
    if not len(start):
        return np.empty((0, n_samples), np.float16)
    ppg = cubic_windows(trace, start, seconds, fs, n_samples)
    ppg -= ppg.mean(axis=1, keepdims=True)
    ppg /= np.maximum(ppg.std(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return ppg.astype(np.float16)
