"""Estimates of a study's number of windows and the size of their files."""

from pathlib import Path

import numpy as np

from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs import SUBSETS
from cuffless.designs.division.shares import shares

TYPICAL_BPM = 80.0
"""Pulse rate by which windows of whole beats are counted beforehand."""
STORED_SHARE = 0.68
"""Size of a store over that of its windows in 16 bits, labels included: a million simulated windows, measured."""
INDEX_BYTES, MANIFEST_BYTES, PREDICTION_BYTES = 50, 57, 45
"""Bytes of a window's row in an index (its shard's and the joined one), in a manifest and in predictions, measured."""


def window_seconds(options: WindowOptions) -> float:
    """Seconds from one window to the next; those of whole beats at a typical pulse rate."""
    length = options.length * (60 / TYPICAL_BPM if options.cropping == "beats" else 1.0)
    return length * (1 - options.overlap)


def windows_by_subject(seconds: np.ndarray, options: WindowOptions, quality: str | Path) -> tuple[np.ndarray, str]:
    """Windows of each subject.

    Parameters
    ----------
    seconds : (n_subjects,) float array
        Seconds with both signals.
    options : WindowOptions
    quality : path
        Quality table of the windowing: once it exists, the windows that were kept.

    Returns
    -------
    counts : (n_subjects,) int array
    basis : {"cut", "at most"}
        Whether these are the windows kept, or all that could be cut.
    """
    if Path(quality).is_file():
        import pandas as pd

        table = pd.read_csv(quality, keep_default_na=False, dtype={"subject": str})
        return table.groupby("subject")["windows_kept"].sum().to_numpy(int), "cut"
    return np.floor(seconds / window_seconds(options)).astype(int), "at most"


def set_sizes(by_subject: np.ndarray | None, options: SplitOptions) -> tuple[int, int, int]:
    """Windows of the training, validation and test set, as a split will draw them, on average over draws and folds.

    Parameters
    ----------
    by_subject : (n_subjects,) int array or None
        Windows of each subject; None: not known, as many as the options allow.
    options : SplitOptions

    Returns
    -------
    tuple of three int
    """
    if options.kind == "kfold":
        return _fold_sizes(by_subject, options)
    asked = np.array(options.windows, float)
    mixed = options.kind == "mixed"
    wanted = options.mixed_subjects if mixed else sum(options.subjects)
    if by_subject is None:
        by_subject = np.full(wanted, options.cap)
    capped = np.minimum(by_subject[by_subject >= options.min_windows], options.cap).astype(float)
    if mixed:
        few = len(capped) < wanted
        full, others = capped[capped == options.cap], capped[capped < options.cap]
        missing = max(wanted - len(full), 0)
        pool = capped.sum() if few else min(len(full), wanted) * options.cap + missing * _mean(others)
        sizes = asked if pool >= asked.sum() else pool * (np.array(options.fractions) if few else asked / asked.sum())
    else:
        enough = len(capped) >= wanted or len(capped) < len(SUBSETS)
        subjects = np.array(options.subjects) if enough else shares(len(capped), options.fractions)
        sizes = np.minimum(subjects * _mean(capped), asked)
    train, val, test = (round(float(n)) for n in sizes)
    return train, val, test


def _fold_sizes(by_subject: np.ndarray | None, options: SplitOptions) -> tuple[int, int, int]:
    """Mean sizes over the folds; if no subject is known, as many take part as a split without folds would ask for."""
    if by_subject is None:
        by_subject = np.full(sum(options.subjects), options.cap)
    total = float(np.minimum(by_subject[by_subject >= options.min_windows], options.cap).sum())
    tested = total / options.folds
    known = (total - tested) * np.array(options.fractions[:2]) / sum(options.fractions[:2])
    train, val = np.minimum(known, options.windows[:2])
    return round(train), round(val), round(tested)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0
