"""Ready-made, labelled windows: the paper authors' published file, PulseDB's subsets and segments."""

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.demands import MEMORY_GB, shown_count
from cuffless.errors import shortened, some_of
from cuffless.records.demands import check_dataset, check_demand
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import FileState, file_state
from cuffless.records.formats.containers import container_files, decode_string, hdf5, holds_references, read_strings
from cuffless.records.record import ReadyWindows, Record, RecordError, check_rate
from cuffless.records.source import Entry, Source, split_path

PULSEDB_FS = 125.0
_PULSEDB_PPG = 1  # of ECG, PPG, ABP
_BLOCK_WINDOWS = 2048
_GAP, _SPAN = 64, 4096  # unwanted rows read rather than starting another slice, and the most rows per read
_LONGEST_VALUE = 1 << 20  # values of a window above which its dataset is checked first
_PUBLISHED = {"ppg", "label", "subject_idx"}
_LONGEST_NAME = 100  # characters: names of records and of files are made of it
_PATIENT = re.compile(r"p\d{6,8}(_[01])?")
_SUBSETS = {"train": "train", "calfree_test": "test"}  # by text in the file name
_REMEDY = "see docs/own_source.md for the layouts expected"


class ReadyFiles(Source):
    """Ready-made windows, one recording per subject and file; the layout is detected from a file's content.

    - HDF5 with ``ppg (n, samples)``, ``label (n, 2)`` (SBP, DBP) and ``subject_idx (n,)`` or ``(n, 1)``, as
      published by Schrumpf et al. (2021). Their index counts record directories of the unmatched database, so a subject
      is a record (identity "record"), and equal numbers in two files are two subjects. Strings instead of numbers are
      subject names, the same in all files; one as in MIMIC (``p000160``) is a patient.
    - PulseDB's subsets (Wang et al. 2023), ``Subset`` with ``Signals``, ``SBP``, ``DBP``, ``Subject``. Subjects are
      patients: ``p000160_0`` from MIMIC-III, ``p000160_1`` from VitalDB; the same name in two files is one patient.
      ``Train`` and ``CalFree_Test`` in a file's name are the sets of a split of kind `official`.
    - PulseDB's segments, one file per patient: ``Subj_Wins`` with ``PPG_F``, ``SegSBP``, ``SegDBP``, ``SubjectID`` and
      more. Their identifiers lack the suffix that distinguishes the two databases; it is added.

    Windows without a subject, which the file's authors never filled, are left out; a row for the file gives their
    number.

    The PPG of all three is already band-passed, except ``PPG_Raw`` of a segment file without ``PPG_F``.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry per subject and file, ``<file>#<subject>``; one per file that cannot be read."""
        for file, name in container_files(options, (".h5", ".hdf5", ".mat")).items():
            try:
                content = _read_content(file_state(file), options.memory_gb)
            except Exception as error:  # damaged files raise many kinds of errors
                reraise_machine_error(error)
                yield Entry(str(file), name)  # opening it raises the reason
                continue
            if content.left_out:
                yield Entry(str(file), name)
            for subject in content.rows:
                if content.identity == "record":
                    yield Entry(f"{file}#{subject}", f"{name}_{subject}", f"{name}_{subject}")
                    continue
                if content.identity == "name":
                    identity = "patient" if _PATIENT.fullmatch(subject) else "record"
                    yield Entry(f"{file}#{subject}", f"{name}_{subject}", subject, identity)
                    continue
                # A file named after its patient need not repeat it.
                full = name.removesuffix(file.stem) if subject.startswith(file.stem) else f"{name}_"
                subset = next((subset for mark, subset in _SUBSETS.items() if mark in file.stem.lower()), "")
                yield Entry(f"{file}#{subject}", full + subject, subject, "patient", subset=subset)

    def parts(self, file: Path, memory_gb: float = MEMORY_GB) -> list[str]:
        """Subjects of a file."""
        return list(_read_content(file_state(file), memory_gb).rows)

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open the windows of one subject in one file, without labels if no pressure is needed."""
        file, subject = split_path(path)
        content = _read_content(file_state(file), options.memory_gb)
        if not subject and content.left_out:
            raise RecordError(f"{path}: {content.left_out}")
        if subject not in content.rows:
            raise RecordError(
                f"{path}: no such subject; give one after #, as in {file.name}#{next(iter(content.rows))}"
            )
        rows = content.rows[subject]
        fs = content.fs or options.ready_fs
        name = f"{file.stem}_{subject}"
        check_rate(name, fs)
        if content.samples < fs:
            raise RecordError(f"{path}: windows of {content.samples} samples are shorter than a second at {fs:g} Hz")

        def read(start: int, stop: int):
            ppg, sbp, dbp = content.read(rows[start:stop])
            return (ppg, sbp, dbp) if need_abp else (ppg, None, None)

        ready = ReadyWindows(len(rows), fs, content.samples, read, content.starts(), content.filtered)
        size = len(rows) * content.samples * content.bytes_per_sample
        return Record(
            name, str(path), fs, content.channels, ready.seconds, (), files=(str(file),), size=size, ready=ready
        )

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 of the subject's window and label values, because many subjects share a file."""
        ready = record.ready
        assert ready is not None  # as `open` returned it
        digest = hashlib.sha256()
        for start in range(0, ready.n, _BLOCK_WINDOWS):
            for values in ready.read(start, min(start + _BLOCK_WINDOWS, ready.n)):
                if values is not None:
                    digest.update(np.ascontiguousarray(values, "<f8").data)
        return digest.hexdigest()


@dataclass(frozen=True)
class _Content:
    """Content of a file, as far as it is known without reading its windows."""

    path: str
    rows: dict[str, np.ndarray]  # ascending, by subject
    samples: int
    bytes_per_sample: int
    fs: float = PULSEDB_FS
    identity: str = "patient"
    channels: tuple[str, ...] = ("ECG", "PPG", "ABP")
    filtered: bool = True
    left_out: str = ""  # note on windows without a subject

    def starts(self) -> np.ndarray | None:
        """Starts of the windows in seconds; None if unknown."""
        return None

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """PPG, SBP and DBP of some rows."""
        raise NotImplementedError


class _Published(_Content):
    """Layout of the paper's authors."""

    def read(self, rows):
        with hdf5(self.path) as file:
            ppg, label = (_read_rows(rows, lambda part, held=file[name]: held[part]) for name in ("ppg", "label"))
        return ppg, label[:, 0], label[:, 1]


class _Subset(_Content):
    """PulseDB's subsets; MATLAB's N x 3 x 1250 reads as (1250, 3, N)."""

    def read(self, rows):
        with hdf5(self.path) as file:
            subset = file["Subset"]
            ppg = _read_rows(rows, lambda part: subset["Signals"][:, _PULSEDB_PPG, part].T)
            sbp, dbp = (np.asarray(subset[name][()], float).ravel()[rows] for name in ("SBP", "DBP"))
        return ppg, sbp, dbp


class _Segments(_Content):
    """PulseDB's segments: one reference per window and field, or for a single window the field itself."""

    def starts(self):
        n = sum(map(len, self.rows.values()))
        with hdf5(self.path) as file:
            windows = file["Subj_Wins"]
            if "T" not in windows:
                return None
            start = np.array([_first(_value(windows["T"], row)) for row in range(n)])
        if not np.isfinite(start).all():
            return None
        # Time restarts with each of a patient's recordings: each is placed after the one before.
        back = np.flatnonzero(np.diff(start) < 0) + 1
        shift = np.zeros(n)
        shift[back] = start[back - 1] + self.samples / self.fs - start[back]
        return start + np.cumsum(shift)

    def read(self, rows):
        ppg = np.full((len(rows), self.samples), np.nan)
        with hdf5(self.path) as file:
            windows = file["Subj_Wins"]
            signal = windows[_segment_ppg(windows)]
            for index, row in enumerate(rows):
                values = _value(signal, row)
                if len(values) == self.samples:  # otherwise it stays missing and is counted so
                    ppg[index] = values
            sbp, dbp = (np.array([_first(_value(windows[k], row)) for row in rows]) for k in ("SegSBP", "SegDBP"))
        return ppg, sbp, dbp


def is_ready(file: Path) -> bool:
    """Whether a file holds ready-made windows in a known layout."""
    try:
        with hdf5(file) as opened:
            return any(set(opened) >= _PUBLISHED or layout in opened for layout in ("Subset", "Subj_Wins"))
    except RecordError:
        return False


@lru_cache(maxsize=16)
def _read_content(state: FileState, memory_gb: float) -> _Content:
    """Layout, subjects and their rows; in PulseDB's subsets every window's subject is read, 0.1 ms each."""
    path = state[0]
    with hdf5(path) as file:
        if set(file) >= _PUBLISHED:
            return _published(path, file, memory_gb)
        if "Subset" in file:
            return _subset(path, file["Subset"], memory_gb)
        if "Subj_Wins" in file:
            return _segments(path, file["Subj_Wins"], memory_gb)
        found = some_of(sorted(file)) or "nothing"
    raise RecordError(f"{path}: not a known layout of ready-made windows (found: {found}); {_REMEDY}")


def _published(path: str, file, memory_gb: float) -> _Content:
    ppg, label, subject = (file[name] for name in ("ppg", "label", "subject_idx"))
    for dataset, rows in ((ppg, _SPAN), (label, _SPAN), (subject, None)):
        check_dataset(path, dataset, memory_gb, rows=rows)
    n = subject.size
    if not (n and ppg.ndim == 2 and ppg.shape[0] == n and label.shape == (n, 2)):
        raise RecordError(
            f"{path}: ppg {ppg.shape}, label {label.shape} and subject_idx {subject.shape} must be (n, samples), "
            "(n, 2) and (n,)"
        )
    stored_fs = np.asarray(ppg.attrs.get("fs", file.attrs.get("fs", 0.0)))
    try:
        fs = _first(stored_fs)
    except ValueError:
        raise RecordError(
            f"{path}: attribute fs is {shortened(str(stored_fs), 40)!r}; write it as a number in Hz"
        ) from None
    subjects, identity = _subject_labels(path, subject[()].ravel())
    rows, left_out = _rows_with_subject(path, subjects, "windows", "subject_idx")
    return _Published(path, rows, ppg.shape[1], ppg.dtype.itemsize, fs, identity, ("PPG",), left_out=left_out)


def _subject_labels(path: str, subjects: np.ndarray) -> tuple[np.ndarray, str]:
    """Subject of each window as text, empty if missing, and its kind: "record" (a number) or "name"."""
    if subjects.dtype.kind in "OSU":
        texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in subjects.tolist()]
        if (longest := max(map(len, texts), default=0)) > _LONGEST_NAME:
            raise RecordError(
                f"{path}: a name in subject_idx has {longest} characters; shorten it to {_LONGEST_NAME} or fewer"
            )
        names = [re.sub(r"[\s\0#/\\]+", "_", one.strip("\0 \t\r\n")) for one in texts]
        return np.array(["" if name.lower() in ("nan", "<na>") else name for name in names]), "name"
    if subjects.dtype.kind not in "iufb":
        raise RecordError(f"{path}: subject_idx is {subjects.dtype}; give each window its subject's number or name")
    given = np.isfinite(subjects)
    if not np.all(np.mod(subjects[given], 1) == 0):
        raise RecordError(f"{path}: subject_idx is not always a whole number; give each window its subject's number")
    return np.where(given, np.where(given, subjects, 0).astype(np.int64).astype(str), ""), "record"


def _rows_with_subject(path: str, subjects: np.ndarray, what: str, where: str) -> tuple[dict[str, np.ndarray], str]:
    """Rows of each subject, and a note on windows without a subject.

    Raises
    ------
    RecordError
        If no window has a subject.
    """
    known = np.flatnonzero(subjects != "")
    if not len(known):
        raise RecordError(f"{path}: none of its {len(subjects)} {what} has a subject in {where}; add the subjects")
    rows = {name: known[part] for name, part in _group_rows(subjects[known]).items()}
    if len(known) == len(subjects):
        return rows, ""
    return rows, (
        f"{len(subjects) - len(known)} of {len(subjects)} {what} have no subject in {where} (the first is number "
        f"{int(np.argmax(subjects == '')) + 1}) and are left out; the others are used"
    )


def _subset(path: str, subset, memory_gb: float) -> _Content:
    _require(path, subset, "Signals", "SBP", "DBP", "Subject")
    signals, sbp, dbp, subject = (subset[name] for name in ("Signals", "SBP", "DBP", "Subject"))
    for dataset in (sbp, dbp, subject):
        check_dataset(path, dataset, memory_gb)
    check_dataset(path, signals, memory_gb, rows=1)
    check_demand(path, f"windows of {shown_count(signals.shape[0])} samples", signals.shape[0] * _SPAN * 8, memory_gb)
    n = subject.size
    if not (n and signals.ndim == 3 and signals.shape[1:] == (3, n) and sbp.size == dbp.size == n):
        raise RecordError(
            f"{path}: Signals {signals.shape}, SBP {sbp.shape}, DBP {dbp.shape} and Subject {subject.shape} must be "
            "(samples, 3, n) and (1, n) in HDF5's order of dimensions"
        )
    if not holds_references(subject):
        raise RecordError(f"{path}: Subject is {subject.dtype}, not a cell array of names; {_REMEDY}")
    rows, left_out = _rows_with_subject(path, np.array(read_strings(subset.file, subject)), "segments", "Subject")
    return _Subset(path, rows, signals.shape[0], signals.dtype.itemsize, left_out=left_out)


def _segments(path: str, windows, memory_gb: float) -> _Content:
    _require(path, windows, _segment_ppg(windows), "SegSBP", "SegDBP", "SubjectID")
    signal = windows[_segment_ppg(windows)]
    check_dataset(path, signal, memory_gb)
    n = signal.size if holds_references(signal) else 1
    subject = decode_string(_value(windows["SubjectID"], 0))
    stored = [_value_dataset(signal, row) for row in range(min(n, 8))]  # the first may be broken
    samples = max((one.size for one in stored if one is not None), default=0)
    check_demand(path, f"windows of {shown_count(samples)} samples", samples * min(n, _BLOCK_WINDOWS) * 8, memory_gb)
    if not (subject and samples and windows["SegSBP"].size == windows["SegDBP"].size == n):
        raise RecordError(f"{path}: Subj_Wins must have a SubjectID, and PPG, SegSBP and SegDBP for all {n} windows")
    if not subject.endswith(("_0", "_1")):
        # MIMIC-III and VitalDB both number from p000001; only VitalDB's segments have heights.
        folder = Path(path).parent.name.lower()
        vital = folder == "pulsedb_vital" or (folder != "pulsedb_mimic" and "Height" in windows)
        subject += "_1" if vital else "_0"
    filtered = _segment_ppg(windows) == "PPG_F"
    return _Segments(path, {subject: np.arange(n)}, samples, 8, filtered=filtered)


def _segment_ppg(windows) -> str:
    return "PPG_Raw" if "PPG_F" not in windows and "PPG_Raw" in windows else "PPG_F"


def _require(path: str, group, *names: str) -> None:
    absent = [name for name in names if name not in group]
    if absent:
        raise RecordError(f"{path}: {group.name.strip('/')} has no {', '.join(absent)}; {_REMEDY}")


def _value_dataset(field, row: int):
    """The dataset with a window's value of a field; None if there is none."""
    if not holds_references(field):
        return field
    reference = field[np.unravel_index(row, field.shape)]
    return field.file[reference] if reference else None


def _value(field, row: int) -> np.ndarray:
    """A window's value of a field; empty if there is none."""
    stored = _value_dataset(field, row)
    # MATLAB stores an empty matrix as its two dimensions and marks it with an attribute.
    if stored is None or "MATLAB_empty" in stored.attrs:
        return np.empty(0)
    if math.prod(stored.shape) > _LONGEST_VALUE:
        check_dataset(stored.file.filename, stored, MEMORY_GB)
    return stored[()].ravel()


def _first(values: np.ndarray) -> float:
    return float(values.flat[0]) if values.size else float("nan")


def _group_rows(subjects: np.ndarray) -> dict[str, np.ndarray]:
    """Ascending rows of each subject, by name."""
    names, which = np.unique(subjects, return_inverse=True)
    parts = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    return {str(name): part for name, part in zip(names, parts, strict=True)}


def _read_rows(rows: np.ndarray, read) -> np.ndarray:
    """Some rows of a dataset, read in few slices of limited length; ``read(slice)`` returns the rows of one."""
    cuts = np.flatnonzero((np.diff(rows) > _GAP) | (np.diff(rows // _SPAN) > 0)) + 1
    parts = [read(slice(int(part[0]), int(part[-1]) + 1))[part - part[0]] for part in np.split(rows, cuts)]
    return np.asarray(np.concatenate(parts), float)
