"""Windows that were cut and judged: those of a record, or of a piece of it."""

from dataclasses import dataclass, field

import numpy as np

from cuffless.config import WindowOptions
from cuffless.signals import cubic_windows, row_blocks
from cuffless.windows.measure import Measures


@dataclass
class Windows:
    """Windows of a record, or of a piece of it."""

    ppg: np.ndarray
    """(n_kept, n_samples) float16 array: Kept windows, zero mean and unit variance."""
    kept: Measures
    """What was measured on them."""
    candidates: Measures
    """What was measured on all windows cut, including rejected ones."""
    rejected: dict[str, int]
    """Number of windows rejected under each rule."""
    seconds: float
    """Seconds in which no sample of either signal was missing."""
    polarity: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    """(n_kept, 2) float array: Evidence that the PPG of the kept windows is upside down; see `upside_down`."""

    @property
    def n_cut(self) -> int:
        """Windows cut: those kept and those rejected."""
        return len(self.kept) + sum(self.rejected.values())

    @property
    def n_whole(self) -> int:
        """Windows cut that do not end in a gap."""
        return self.n_cut - self.rejected.get("missing", 0)


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
    result = np.empty((len(start), n_samples), np.float16)
    for some in row_blocks(len(start), 4 * n_samples):
        ppg = cubic_windows(trace, start[some], seconds[some], fs, n_samples)
        ppg -= ppg.mean(axis=1, keepdims=True)
        ppg /= np.maximum(ppg.std(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        result[some] = ppg
    return result
