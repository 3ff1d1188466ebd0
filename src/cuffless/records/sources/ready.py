"""Windows that others cut and labelled: the authors' published file, PulseDB's subsets and segments."""

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
from cuffless.records.faults import pass_on
from cuffless.records.folders import FileState, file_state
from cuffless.records.formats.containers import container_files, hdf5, holds_references, text, texts
from cuffless.records.record import ReadyWindows, Record, RecordError, check_rate
from cuffless.records.source import Entry, Source, split_path

PULSEDB_FS = 125.0
_PULSEDB_PPG = 1  # of ECG, PPG, ABP
_BLOCK_WINDOWS = 2048
_GAP, _SPAN = 64, 4096  # rows read in vain rather than anew, and the most that are read at once
_LONGEST_VALUE = 1 << 20  # numbers of a window, beyond which its dataset is looked at first
_PUBLISHED = {"ppg", "label", "subject_idx"}
_LONGEST_NAME = 100  # characters: names of records and of files are made of it
_PATIENT = re.compile(r"p\d{6,8}(_[01])?")
_SUBSETS = {"train": "train", "calfree_test": "test"}  # by what a file's name holds
_REMEDY = "see docs/own_source.md for the layouts expected"


class ReadyFiles(Source):
    """Windows ready-made, one recording a subject a file; the layout is told by what a file holds.

    - HDF5 with ``ppg (n, samples)``, ``label (n, 2)`` (SBP, DBP) and ``subject_idx (n,)`` or ``(n, 1)``, as the authors
      published (Schrumpf et al. 2021). Their index counts record directories of the unmatched database, so a subject
      stands for a record (identity "record"), and equal numbers in two files are two subjects. Text in its place is a
      subject's name, the same in all files: a patient's if it is one of MIMIC's (``p000160``).
    - PulseDB's subsets (Wang et al. 2023), ``Subset`` with ``Signals``, ``SBP``, ``DBP``, ``Subject``. Subjects are
      patients: ``p000160_0`` of MIMIC-III, ``p000160_1`` of VitalDB. One that occurs in two files is one patient.
      ``Train`` and ``CalFree_Test`` in a file's name are the sets of a split of kind `official`.
    - PulseDB's segments, one file a patient: ``Subj_Wins`` with ``PPG_F``, ``SegSBP``, ``SegDBP``, ``SubjectID`` and
      more. Their identifiers lack the ending that tells the two databases apart; it is added.

    Windows without a subject, never filled by who made the file, are left out: a row for the file says how many.

    The PPG of all three was band-passed by those who cut it; ``PPG_Raw`` of a segment file without ``PPG_F`` was not.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry a subject a file, ``<file>#<subject>``; one for a file that cannot be read."""
        for file, name in container_files(options, (".h5", ".hdf5", ".mat")).items():
            try:
                content = _look_into(file_state(file), options.memory_gb)
            except Exception as error:  # damaged files raise more than can be foreseen
                pass_on(error)
                yield Entry(str(file), name)  # opening it tells why
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
                # A file named after its patient need not say it twice.
                full = name.removesuffix(file.stem) if subject.startswith(file.stem) else f"{name}_"
                subset = next((subset for mark, subset in _SUBSETS.items() if mark in file.stem.lower()), "")
                yield Entry(f"{file}#{subject}", full + subject, subject, "patient", subset=subset)

    def parts(self, file: Path, memory_gb: float = MEMORY_GB) -> list[str]:
        """Subjects of a file."""
        return list(_look_into(file_state(file), memory_gb).rows)

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open the windows of one subject in one file; without need of pressure they come without labels."""
        file, subject = split_path(path)
        content = _look_into(file_state(file), options.memory_gb)
        if not subject and content.left_out:
            raise RecordError(f"{path}: {content.left_out}")
        if subject not in content.rows:
            raise RecordError(
                f"{path}: no such subject; name one after #, as in {file.name}#{next(iter(content.rows))}"
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
        size = len(rows) * content.samples * content.bytes_a_sample
        return Record(
            name, str(path), fs, content.channels, ready.seconds, (), files=(str(file),), size=size, ready=ready
        )

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 over the subject's windows and labels as numbers: many subjects share a file."""
        digest = hashlib.sha256()
        for start in range(0, record.ready.n, _BLOCK_WINDOWS):
            for values in record.ready.read(start, min(start + _BLOCK_WINDOWS, record.ready.n)):
                if values is not None:
                    digest.update(np.ascontiguousarray(values, "<f8"))
        return digest.hexdigest()


@dataclass(frozen=True)
class _Content:
    """What a file holds, as far as it is known without its windows."""

    path: str
    rows: dict[str, np.ndarray]  # of each subject, ascending
    samples: int
    bytes_a_sample: int
    fs: float = PULSEDB_FS
    identity: str = "patient"
    channels: tuple[str, ...] = ("ECG", "PPG", "ABP")
    filtered: bool = True
    left_out: str = ""  # what of the file belongs to nobody

    def starts(self) -> np.ndarray | None:
        """Starts of the windows in seconds, where the file tells them."""
        return None

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """PPG, SBP and DBP of some rows."""
        raise NotImplementedError


class _Published(_Content):
    """The authors' layout."""

    def read(self, rows):
        with hdf5(self.path) as file:
            ppg, label = (_rows_of(rows, lambda part, held=file[name]: held[part]) for name in ("ppg", "label"))
        return ppg, label[:, 0], label[:, 1]


class _Subset(_Content):
    """PulseDB's subsets; MATLAB's N x 3 x 1250 reads as (1250, 3, N)."""

    def read(self, rows):
        with hdf5(self.path) as file:
            subset = file["Subset"]
            ppg = _rows_of(rows, lambda part: subset["Signals"][:, _PULSEDB_PPG, part].T)
            sbp, dbp = (np.asarray(subset[name][()], float).ravel()[rows] for name in ("SBP", "DBP"))
        return ppg, sbp, dbp


class _Segments(_Content):
    """PulseDB's segments: a reference a window and field, or, of a single window, the field itself."""

    def starts(self):
        n = sum(map(len, self.rows.values()))
        with hdf5(self.path) as file:
            windows = file["Subj_Wins"]
            if "T" not in windows:
                return None
            start = np.array([_first(_value(windows["T"], row)) for row in range(n)])
        if not np.isfinite(start).all():
            return None
        # Time begins anew with each of a patient's recordings: each is put after the one before.
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
                if len(values) == self.samples:  # else it stays missing, and is counted so
                    ppg[index] = values
            sbp, dbp = (np.array([_first(_value(windows[k], row)) for row in rows]) for k in ("SegSBP", "SegDBP"))
        return ppg, sbp, dbp


def is_ready(file: Path) -> bool:
    """Whether a file holds ready windows in one of the layouts known."""
    try:
        with hdf5(file) as opened:
            return any(set(opened) >= _PUBLISHED or layout in opened for layout in ("Subset", "Subj_Wins"))
    except RecordError:
        return False


@lru_cache(maxsize=16)
def _look_into(state: FileState, memory_gb: float) -> _Content:
    """Layout, subjects and their rows; of PulseDB's subsets the subject of every window is read, 0.1 ms each."""
    path = state[0]
    with hdf5(path) as file:
        if set(file) >= _PUBLISHED:
            return _published(path, file, memory_gb)
        if "Subset" in file:
            return _subset(path, file["Subset"], memory_gb)
        if "Subj_Wins" in file:
            return _segments(path, file["Subj_Wins"], memory_gb)
        held = some_of(sorted(file)) or "nothing"
    raise RecordError(f"{path}: holds {held}, none of the layouts of ready windows; {_REMEDY}")


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
    told = np.asarray(ppg.attrs.get("fs", file.attrs.get("fs", 0.0)))
    try:
        fs = _first(told)
    except ValueError:
        raise RecordError(
            f"{path}: its attribute fs is {shortened(str(told), 40)!r}; write it as a number of Hz"
        ) from None
    subjects, identity = _names_or_numbers(path, subject[()].ravel())
    rows, left_out = _named_rows(path, subjects, "windows", "subject_idx")
    return _Published(path, rows, ppg.shape[1], ppg.dtype.itemsize, fs, identity, ("PPG",), left_out=left_out)


def _names_or_numbers(path: str, subjects: np.ndarray) -> tuple[np.ndarray, str]:
    """Subject of each window as text, empty where none is given, and what it is: "record" (a number) or "name"."""
    if subjects.dtype.kind in "OSU":
        texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in subjects.tolist()]
        if (longest := max(map(len, texts), default=0)) > _LONGEST_NAME:
            raise RecordError(
                f"{path}: subject_idx holds a name of {longest} characters; give each subject a short one"
            )
        names = [re.sub(r"[\s\0#/\\]+", "_", one.strip("\0 \t\r\n")) for one in texts]
        return np.array(["" if name.lower() in ("nan", "<na>") else name for name in names]), "name"
    if subjects.dtype.kind not in "iufb":
        raise RecordError(f"{path}: subject_idx holds {subjects.dtype}; give each window its subject's number or name")
    given = np.isfinite(subjects)
    if not np.all(np.mod(subjects[given], 1) == 0):
        raise RecordError(f"{path}: subject_idx holds what is not a whole number; give each window its subject's")
    return np.where(given, np.where(given, subjects, 0).astype(np.int64).astype(str), ""), "record"


def _named_rows(path: str, subjects: np.ndarray, what: str, where: str) -> tuple[dict[str, np.ndarray], str]:
    """Rows of each subject, and what is to be said of those that have none.

    Raises
    ------
    RecordError
        If none has one.
    """
    named = np.flatnonzero(subjects != "")
    if not len(named):
        raise RecordError(f"{path}: none of its {len(subjects)} {what} names a subject in {where}")
    rows = {name: named[part] for name, part in _rows_by(subjects[named]).items()}
    if len(named) == len(subjects):
        return rows, ""
    return rows, (
        f"{len(subjects) - len(named)} of {len(subjects)} {what} name no subject in {where} (the first is number "
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
            "(samples, 3, n) and (1, n) as HDF5 shows MATLAB's"
        )
    if not holds_references(subject):
        raise RecordError(f"{path}: Subject holds {subject.dtype}, not a cell array of names; {_REMEDY}")
    rows, left_out = _named_rows(path, np.array(texts(subset.file, subject)), "segments", "Subject")
    return _Subset(path, rows, signals.shape[0], signals.dtype.itemsize, left_out=left_out)


def _segments(path: str, windows, memory_gb: float) -> _Content:
    _require(path, windows, _segment_ppg(windows), "SegSBP", "SegDBP", "SubjectID")
    signal = windows[_segment_ppg(windows)]
    check_dataset(path, signal, memory_gb)
    n = signal.size if holds_references(signal) else 1
    subject = text(_value(windows["SubjectID"], 0))
    stored = [_stored(signal, row) for row in range(min(n, 8))]  # the first may be broken
    samples = max((one.size for one in stored if one is not None), default=0)
    check_demand(path, f"windows of {shown_count(samples)} samples", samples * min(n, _BLOCK_WINDOWS) * 8, memory_gb)
    if not (subject and samples and windows["SegSBP"].size == windows["SegDBP"].size == n):
        raise RecordError(f"{path}: Subj_Wins must give a SubjectID, and PPG, SegSBP and SegDBP of each of {n} windows")
    if not subject.endswith(("_0", "_1")):
        # MIMIC-III and VitalDB both number from p000001; only VitalDB's segments tell heights.
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
        raise RecordError(f"{path}: {group.name.strip('/')} lacks {', '.join(absent)}; {_REMEDY}")


def _stored(field, row: int):
    """The dataset of a window's value of a field; None where there is none."""
    if not holds_references(field):
        return field
    reference = field[np.unravel_index(row, field.shape)]
    return field.file[reference] if reference else None


def _value(field, row: int) -> np.ndarray:
    """A window's value of a field; empty where there is none."""
    stored = _stored(field, row)
    # MATLAB stores an empty matrix as its two dimensions and says so in an attribute.
    if stored is None or "MATLAB_empty" in stored.attrs:
        return np.empty(0)
    if math.prod(stored.shape) > _LONGEST_VALUE:
        check_dataset(stored.file.filename, stored, MEMORY_GB)
    return stored[()].ravel()


def _first(values: np.ndarray) -> float:
    return float(values.flat[0]) if values.size else float("nan")


def _rows_by(subjects: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of each subject, ascending, by its name."""
    names, which = np.unique(subjects, return_inverse=True)
    parts = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    return {str(name): part for name, part in zip(names, parts, strict=True)}


def _rows_of(rows: np.ndarray, read) -> np.ndarray:
    """Some rows of a dataset, read as few slices of bounded length; ``read(slice)`` gives the rows of one."""
    cuts = np.flatnonzero((np.diff(rows) > _GAP) | (np.diff(rows // _SPAN) > 0)) + 1
    parts = [read(slice(int(part[0]), int(part[-1]) + 1))[part - part[0]] for part in np.split(rows, cuts)]
    return np.asarray(np.concatenate(parts), float)
