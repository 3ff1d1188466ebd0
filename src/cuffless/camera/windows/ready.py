"""Ready-made windows of rPPG, in the layout of the data set that the paper's authors released."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.windows.files import NO_PRESSURE, RecordingOutcome, write_window_set
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import some_of
from cuffless.records import Record
from cuffless.records.demands import check_dataset
from cuffless.records.formats.containers import hdf5
from cuffless.records.record import ReadyWindows, check_rate
from cuffless.windows import cut_windows

READY_FS = 125.0
"""Sampling rate in Hz if the file does not give it in an attribute ``fs``."""
KEYS = ("rppg", "label", "subject_idx")


def read_ready(path: str | Path, windows: WindowOptions) -> list[RecordingOutcome]:
    """Read ready-made windows, and apply the rules for ready-made windows of PPG.

    Parameters
    ----------
    path : path
        HDF5 file with ``rppg`` (samples, n), ``label`` (2, n), SBP and DBP in mmHg, and ``subject_idx`` of n whole
        numbers; or with the first two transposed.
    windows : WindowOptions
        The windowing of the networks' training. Each window is resampled to its length, however many beats or seconds
        it holds; rules that need beats of a pressure wave do not apply.

    Returns
    -------
    list of RecordingOutcome
        One per subject, in the order of their numbers. Windows are in the order of the file, which has no times; a note
        reports windows of a different length from the networks'.

    Raises
    ------
    RppgError
        If the file has other arrays or other shapes, or a subject's number is not whole.
    RecordError
        If it is not an HDF5 file or is damaged.

    Notes
    -----
    Schrumpf et al. (2021), section 3.6.1. Pulse rate and SNR are measured in the time base of the file.
    """
    path = Path(path)
    rppg, label, subject, fs = _arrays(path)
    check_rate(path.name, fs)
    notes = []
    if rppg.shape[1] != windows.samples:
        notes.append(f"windows of {rppg.shape[1]} samples resampled to {windows.samples}, the networks' length")
    numbers, subject_of = np.unique(subject, return_inverse=True)
    digits = len(str(numbers.max()))
    outcomes = []
    for which, number in enumerate(numbers):
        rows = np.flatnonzero(subject_of == which)
        name = f"{number:0{digits}d}"
        record = _record(name, path, rppg[rows], label[rows], fs)
        cut = cut_windows(record, windows)
        cut.rejected[NO_PRESSURE] = 0  # windows without a label count as missing
        outcomes.append(RecordingOutcome(name, name, record.seconds, "", cut, notes=list(notes)))
    return outcomes


def gather_ready(
    path: str | Path,
    options: RppgOptions,
    windows: WindowOptions,
    *,
    log: Callable[[str], object] = print,
    **files: str | Path,
) -> None:
    """Write what `read_ready` gives as one set, in the files of `cuffless.camera.windows.cutting.gather_windows`.

    `log` is called with one line per subject, and one if windows are resampled.
    """
    outcomes = read_ready(path, windows)
    for note in dict.fromkeys(note for outcome in outcomes for note in outcome.notes):
        log(f"{Path(path).name}: {note}")
    for outcome in outcomes:
        log(f"subject {outcome.subject}: {outcome.verdict}")
    write_window_set(outcomes, options, windows, **files)


def _record(name: str, path: Path, rppg, label, fs: float) -> Record:
    ready = ReadyWindows(
        len(rppg), fs, rppg.shape[1], lambda start, stop: (rppg[start:stop], *label[start:stop].T), filtered=True
    )
    return Record(name, str(path), fs, ("rppg",), ready.seconds, (), ready=ready)


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Windows (n, samples), labels (n, 2), subjects (n,) and the sampling rate."""
    with hdf5(path) as file:
        if missing := [key for key in KEYS if key not in file]:
            raise RppgError(
                f"{path.name}: no array {', '.join(missing)} (found: {some_of(sorted(file)) or 'nothing'}); windows of "
                "rPPG need rppg (samples, n), label (2, n) and subject_idx (n)"
            )
        rppg, label, subject = (file[key] for key in KEYS)
        n = subject.size
        upright = rppg.ndim == 2 and rppg.shape[1] == n and label.shape == (2, n)
        transposed = rppg.ndim == 2 and rppg.shape[0] == n and label.shape == (n, 2)
        if not n or not (upright or transposed):
            raise RppgError(
                f"{path.name}: rppg {rppg.shape}, label {label.shape} and subject_idx {subject.shape} must be "
                "(samples, n), (2, n) and (n)"
            )
        for dataset in (rppg, label, subject):
            check_dataset(path, dataset, MEMORY_GB)
        fs = float(np.asarray(rppg.attrs.get("fs", file.attrs.get("fs", READY_FS))).flat[0])
        rppg, label, subject = np.asarray(rppg[()], np.float32), np.asarray(label[()], float), subject[()].ravel()
    if subject.dtype.kind not in "iuf" or not np.all(np.mod(subject, 1) == 0):
        raise RppgError(
            f"{path.name}: subject_idx has values that are not whole numbers; give each window its subject's number"
        )
    if upright:
        rppg, label = rppg.T, label.T
    return np.ascontiguousarray(rppg), label, subject.astype(np.int64), fs
