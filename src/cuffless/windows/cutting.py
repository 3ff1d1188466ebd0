"""From a record to windows, in pieces of bounded size."""

from collections.abc import Iterator

import numpy as np

from cuffless.config import WindowOptions
from cuffless.records import Record, Segment, record_errors
from cuffless.windows.batch import Windows, join_windows, no_windows, unit_windows
from cuffless.windows.pieces import BLOCK_SECONDS, Piece, cut_segments, locate, read_blocks
from cuffless.windows.polarity import polarity
from cuffless.windows.quality import count_rejections, first_broken_rule
from cuffless.windows.ready import iter_ready


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

    A missing stretch ends the windows before it and the count starts again after it; nothing is joined. A window that
    would have run into a gap is counted under the rule `missing`; the remainder at the record's end is not a window.

    Windows cut by others are used as they are; see `iter_ready`.

    Parameters
    ----------
    record : Record
        Its segments hold PPG, and ABP unless labels are not wanted.
    options : WindowOptions
    block_seconds : float
        Length of the pieces read at a time; the result does not depend on it.
    failures : list of str, optional
        Collects the reasons why segments cannot be read or cut; the other segments are still used. If no window is
        whole, also how many samples are outside the measurable range.

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
        with record_errors(record.path):
            yield from iter_ready(record, options)
        return

    def cut(segment: Segment, last: bool) -> Iterator[tuple[int, Windows]]:
        for seconds, pieces in read_blocks(segment, options, block_seconds, last):
            parts = [_cut_piece(piece, segment.start, options) for piece in pieces]
            windows = join_windows([no_windows(options, seconds), *parts])
            yield windows.n_whole, windows

    yield from cut_segments(record, cut, failures)


def _cut_piece(piece: Piece, segment_start: float, options: WindowOptions) -> Windows:
    """Windows of a piece, measured and judged."""
    found = locate(piece, options)
    if found is None:
        nothing = no_windows(options)
        if piece.ends_in_gap and piece.owned and "missing" in nothing.rejected:
            nothing.rejected["missing"] = 1
        return nothing
    signal, spans = found.signal, found.spans
    whole = spans.start + spans.seconds <= signal.seconds + 1e-9
    measures = found.measured(whole, options)
    verdict = first_broken_rule(measures, options, has_abp=signal.abp is not None)
    rejected = count_rejections(verdict, options)
    if piece.ends_in_gap and "missing" in rejected:
        rejected["missing"] += int(np.sum(~whole))
    kept = measures.select(verdict < 0)
    ppg = unit_windows(found.filtered, kept.start, kept.seconds, signal.fs, options.samples)
    turned = polarity(
        ppg, options.samples_per_beat, abp=signal.abp, fs=signal.fs, start=kept.start, seconds=kept.seconds
    )
    offset = segment_start + found.offset
    return Windows(ppg, kept.shifted(offset), measures.shifted(offset), rejected, 0.0, turned)
