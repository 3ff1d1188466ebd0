"""Isolated samples that cannot belong to a pulse: dropouts to zero or full scale, codes for "no value"."""

import numpy as np

from cuffless.signals.blocks import row_blocks
from cuffless.signals.runs import true_runs

CHUNK_SECONDS = 2.0
_LONGEST = 0.08  # seconds; an upstroke takes longer, and no pulse keeps one value for longer
_LONGEST_EQUAL = 0.4  # seconds, if all samples are equal
_FAR = 8.0  # spreads from the median: closer samples change a pulse rate by less than 1 bpm
_FAR_LEVEL = 3.0  # the same for a constant stretch, as a filter spreads even its small steps
_STEEP = 1.5  # standard deviations between two samples from which a chunk is checked; two levels have 2


def remove_impulses(trace, fs, *, levels=False):
    """Set isolated outliers to missing.

    Parameters
    ----------
    trace : (n_samples,) float array
        Signal as recorded, NaN where missing. Its first sample must be at a multiple of `CHUNK_SECONDS` in the
        recording, so that the result does not depend on where reading began.
    fs : float
        Sampling rate in Hz.
    levels : bool
        Also remove constant outlying stretches of any length, as needed before band-passing. In pressures they are left
        to the rejection rules: a flush of the line is an artefact to be counted, not a gap.

    Returns
    -------
    (n_samples,) float array
        The trace itself if nothing is found. Nothing is found within `CHUNK_SECONDS` of either end unless the recording
        ends there.

    Notes
    -----
    A sample is an outlier if it differs from the median of the six seconds around it by more than eight times their
    spread (10th to 90th percentile). Runs of outliers up to 0.08 s are removed, or up to 0.4 s if all are equal. With
    `levels`, longer constant stretches more than three spreads away are removed too; the spread is then that of all
    other samples. Anything else that lasts longer is another kind of artefact, or the signal. A band-pass filter would
    spread an impulse over seconds: neighbouring windows would contain its ringing, and their pulse rates would be wrong
    by several bpm.
    """
    size = max(int(CHUNK_SECONDS * fs), 2)
    far = np.zeros(len(trace), bool)
    for chunk in _steep_chunks(trace, size):
        begin = max(chunk - size, 0)
        around = trace[begin : chunk + 2 * size]
        level = _constant_stretches(around, fs) if levels else np.zeros(len(around), bool)
        here = slice(chunk, chunk + size)
        far[here] = _is_far(trace[here], around, _FAR)
        if level.any():  # a long dropout dominates its surroundings
            far[here] |= level[chunk - begin :][:size] & _is_far(trace[here], around[~level], _FAR_LEVEL)
    if not far.any():
        return trace
    cleaned = np.array(trace, float)
    for begin, end in true_runs(far):
        equal = np.all(trace[begin:end] == trace[begin])
        longest = np.inf if equal and levels else _LONGEST_EQUAL if equal else _LONGEST
        if end - begin <= max(longest * fs, 3):
            cleaned[begin:end] = np.nan
    return cleaned


def _is_far(values, around, spreads):
    """Which values differ from the median of their surroundings by more than a number of spreads."""
    around = np.sort(around)  # NaN last
    n = len(around) - np.count_nonzero(np.isnan(around))
    if not n:
        return np.zeros(len(values), bool)
    low, middle, high = around[[n // 10, n // 2, n - 1 - n // 10]]
    return np.abs(values - middle) > spreads * (high - low)


def _constant_stretches(trace, fs):
    """Samples of stretches that are constant for longer than in a pulse."""
    level = np.zeros(len(trace), bool)
    for begin, end in true_runs(np.diff(trace) == 0):
        if end - begin >= _LONGEST * fs:
            level[begin : end + 1] = True
    return level


def _steep_chunks(trace, size):
    """First samples of chunks with a step too steep for a pulse, and of their neighbours."""
    first = np.arange(0, len(trace), size)
    if not len(first):
        return first
    known = np.isfinite(trace)
    whole = known.all()
    shift = trace[0] if whole else np.mean(trace[known]) if known.any() else 0.0
    greatest, spread = np.empty((2, len(first)))
    for some in row_blocks(len(first), size):
        here = slice(first[some.start], min(some.stop * size, len(trace)))
        at = first[some] - here.start
        values = trace[here]
        steps = np.empty(len(values))
        steps[0] = values[0] - trace[max(here.start - 1, 0)]
        np.subtract(values[1:], values[:-1], out=steps[1:])
        greatest[some] = np.maximum(np.fmax.reduceat(steps, at), -np.fmin.reduceat(steps, at))
        values = values - shift
        n = np.diff(at, append=len(values))
        if not whole:
            values[~known[here]] = 0.0
            n = np.maximum(np.add.reduceat(known[here].astype(int), at), 1)
        mean, square = (np.add.reduceat(x, at) / n for x in (values, values * values))
        spread[some] = np.sqrt(np.maximum(square - mean**2, 0))
    steep = (greatest > _STEEP * spread) & (greatest > 0)
    beside = np.append(steep[1:], False) | np.append(False, steep[:-1])  # a run may extend into the next chunk
    return first[steep | beside]
