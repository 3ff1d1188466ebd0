"""The input study's windows: every crop of the same stretches of signal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cuffless.config import ConfigError, Crop, WindowOptions
from cuffless.records import Record, RecordError, Segment
from cuffless.signals import pressure_beats
from cuffless.windows.batch import Windows, join_windows, no_windows, unit_windows
from cuffless.windows.grid import pulse_range
from cuffless.windows.measure import Measures, add_pressures
from cuffless.windows.pieces import BLOCK_SECONDS, Located, Piece, cut_segments, locate, read_blocks
from cuffless.windows.polarity import polarity
from cuffless.windows.quality import count_rejections, first_broken_rule


def iter_stretches(
    record: Record,
    options: WindowOptions,
    crops: Sequence[Crop],
    stretch_seconds: float,
    *,
    block_seconds: float = BLOCK_SECONDS,
    failures: list[str] | None = None,
) -> Iterator[dict[str, Windows]]:
    """Cut a record's accepted stretches to every crop, in one reading.

    Stretches follow each other so far apart that the longest crop of one never reaches the next. Whether a stretch is
    accepted is decided once, on its `stretch_seconds` (flat lines, saturation and spread on the longest crop too, where
    that lasts longer); every crop begins where the stretch does and inherits the verdict, so that all crops have the
    same windows in the same order.

    Parameters
    ----------
    record : Record
        With PPG and ABP.
    options : WindowOptions
        Filter, pulse rate, limits and rules; its cropping, length and overlap do not count. The SNR is measured over
        the whole stretch.
    crops : sequence of Crop
    stretch_seconds : float
        Length on which a stretch is judged, in seconds.
    block_seconds : float
        Length of the pieces read at a time; the result does not depend on it.
    failures : list of str, optional
        Collects the reasons why segments cannot be read and, if no stretch is whole, how many samples are outside the
        measurable range.

    Yields
    ------
    dict of str to Windows
        For each crop by name: the same stretches, each with its own PPG and pressures. `candidates` and `rejected` are
        of the stretches.

    Raises
    ------
    RecordError
        If no segment can be read, or the windows were cut by others.
    ConfigError
        If `beats` is not among the rules: a crop without a beat has no label, and counts under that rule.

    Notes
    -----
    Schrumpf et al. (2021), section 3.4.
    """
    if record.ready is not None:
        raise RecordError(f"{record.name}: ready-made windows cannot be cut to other lengths")
    if "beats" not in options.rules:
        raise ConfigError("the windowing of the input study lacks the rule beats: a crop without a beat has no label")
    apart = stretch_distance(options, crops, stretch_seconds)
    whole = options.model_copy(
        update={
            "cropping": "time",
            "length": stretch_seconds,
            "overlap": 1 - apart / stretch_seconds,
            "snr_seconds": stretch_seconds,
        }
    )

    def cut(segment: Segment, last: bool) -> Iterator[tuple[int, dict[str, Windows]]]:
        for seconds, pieces in read_blocks(segment, whole, block_seconds, last):
            parts = [_nothing(whole, crops, seconds)]
            parts += [_cut(piece, segment.start, whole, crops, apart) for piece in pieces]
            by_crop = {crop.name: join_windows([part[crop.name] for part in parts]) for crop in crops}
            yield by_crop[crops[0].name].n_whole, by_crop

    yield from cut_segments(record, cut, failures)


def stretch_distance(options: WindowOptions, crops: Sequence[Crop], stretch_seconds: float) -> float:
    """Seconds from one stretch to the next: the longest that a crop may last, at the lowest accepted pulse rate."""
    slowest = options.hr_range[0] / 60 if "hr" in options.rules else pulse_range(options)[0]
    longest = [crop.length if crop.cropping == "time" else crop.length / slowest for crop in crops]
    return float(max(stretch_seconds, *longest))


def _cut(piece: Piece, segment_start: float, whole, crops, apart) -> dict[str, Windows]:
    found = locate(piece, whole)
    if found is None:
        nothing = _nothing(whole, crops)
        if piece.ends_in_gap and piece.owned and "missing" in whole.rules:
            nothing = {name: replace(w, rejected={**w.rejected, "missing": 1}) for name, w in nothing.items()}
        return nothing
    signal = found.signal
    held = found.spans.start + apart <= signal.seconds + 1e-9
    measures = _judged_to_the_end(found, held, crops, apart, whole)
    verdict = first_broken_rule(measures, whole)
    beats = pressure_beats(signal.abp, signal.fs, labels=whole.labels)
    labelled = {crop.name: _labelled(measures, crop, beats, signal.fs, whole) for crop in crops}
    unlabelled = np.any([~np.isfinite(m.sbp + m.dbp) for m in labelled.values()], axis=0)
    verdict[(verdict < 0) & unlabelled] = whole.rules.index("beats")
    kept = verdict < 0
    rejected = count_rejections(verdict, whole)
    if piece.ends_in_gap and "missing" in rejected:
        rejected["missing"] += int(np.sum(~held))
    offset = segment_start + found.offset
    return {
        crop.name: _windows(found, labelled[crop.name].select(kept), measures, rejected, crop, offset, whole)
        for crop in crops
    }


def _judged_to_the_end(found: Located, held, crops, apart, whole) -> Measures:
    """Measures of stretches; flat lines, saturation and spread up to the end of the longest crop at their own rate."""
    spans = found.spans
    longest = [crop.length / spans.hz if crop.cropping == "beats" else float(crop.length) for crop in crops]
    seconds = np.minimum(np.max(np.broadcast_arrays(spans.seconds, *longest), axis=0), apart)
    to_the_end = replace(found, spans=replace(spans, seconds=seconds)).measured(held, whole)
    own = ("flat", "saturated", "spread_sbp", "spread_dbp")
    return replace(found.measured(held, whole), **{name: getattr(to_the_end, name) for name in own})


def _labelled(measures: Measures, crop: Crop, beats, fs, options) -> Measures:
    """Measures of a crop: start, rate and SNR are the stretch's, length and pressures its own."""
    seconds = (
        crop.length / (measures.hr / 60) if crop.cropping == "beats" else np.full(len(measures), float(crop.length))
    )
    own = replace(
        Measures.blank(len(measures)), start=measures.start, seconds=seconds, hr=measures.hr, snr=measures.snr
    )
    add_pressures(own, beats, fs, options.model_copy(update={"length": crop.length}))
    return own


def _windows(found: Located, kept: Measures, measures, rejected, crop, offset, options) -> Windows:
    samples = crop.length * options.samples_per_beat
    ppg = unit_windows(found.filtered, kept.start, kept.seconds, found.signal.fs, samples)
    turned = polarity(ppg, options.samples_per_beat)
    return Windows(ppg, kept.shifted(offset), measures.shifted(offset), rejected, 0.0, turned)


def _nothing(options, crops, seconds: float = 0.0) -> dict[str, Windows]:
    return {crop.name: no_windows(options.model_copy(update={"length": crop.length}), seconds) for crop in crops}
