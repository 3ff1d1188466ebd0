"""MIMIC-BP: curated segments of MIMIC-III patients as NumPy arrays, split by patient."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import fault
from cuffless.records.demands import check_listed
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import files_in, reachable
from cuffless.records.record import Channel, Record, RecordError, Segment
from cuffless.records.source import Entry, Source

FS = 125.0
SUBSETS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
_ARRAY = re.compile(r"(.+)_(ppg|abp)\.npy", re.IGNORECASE)
_LIST = re.compile(rf"({'|'.join(SUBSETS)})_subjects\.txt", re.IGNORECASE)
_MARKS = re.compile(r"[\s,;\[\]()'\"]+")


class MimicBp(Source):
    """One recording per patient: ``pXXXXXX_ppg.npy`` and ``pXXXXXX_abp.npy``, each (segments, samples) at 125 Hz.

    Segments are not consecutive, and their times are unknown: here they keep their order, each after a gap of its own
    length, and no window extends across. A patient's two files are in one folder, or in folders ``ppg`` and ``abp``.
    Patients in ``train_subjects.txt``, ``val_subjects.txt`` and ``test_subjects.txt`` keep their set in a split of kind
    `official`.

    Notes
    -----
    MIMIC-BP (Harvard Dataverse, from MIMIC-III): 1,524 patients, 30 segments of 30 s each.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry per patient, whether or not both files exist."""
        files = files_in(options, lambda name: bool(_ARRAY.fullmatch(name) or _LIST.fullmatch(name)))
        subsets = _official_subsets(files)
        found = set()
        for file in files:
            if _LIST.fullmatch(file.name):
                continue
            match = _ARRAY.fullmatch(file.name)
            patient = match[1] if match else file.name
            beside = file if match is None or match[2].lower() == "ppg" else _companion_file(file, patient, "ppg")
            if beside not in found:
                found.add(beside)
                yield Entry(str(beside), patient, patient, "patient", subset=subsets.get(patient, ""))

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a patient's files; only shapes are read."""
        file = reachable(path)
        match = _ARRAY.fullmatch(file.name)
        if match is None:
            raise RecordError(f"{path}: not a file name of MIMIC-BP; name a patient's file like p000188_ppg.npy")
        if match[2].lower() == "abp":
            file = _companion_file(file, match[1], "ppg")
        files = [file, _companion_file(file, match[1], "abp")] if need_abp else [file]
        shapes = [_array(one).shape for one in files]
        if len(set(shapes)) > 1:
            raise RecordError(f"{path}: PPG {shapes[0]} and ABP {shapes[1]} differ in shape; fetch both again")
        n, samples = shapes[0]
        check_listed(file, n, options.memory_gb)
        segments = tuple(
            Segment(f"{match[1]}[{number}]", 2 * number * samples / FS, options.fs, *(
                _channel(one, number, samples) for one in files
            ))
            for number in range(n)
        )  # fmt: skip
        seconds = (2 * n - 1) * samples / FS
        return Record(match[1], str(path), FS, ("PPG", "ABP"), seconds, segments, files=tuple(map(str, files)))


def _official_subsets(files: list[Path]) -> dict[str, str]:
    """Set of each patient in the lists among the files; sets of a patient in several lists are joined by "+"."""
    found: dict[str, str] = {}
    for file in files:
        match = _LIST.fullmatch(file.name)
        if match is None:
            continue
        subset = SUBSETS[match[1].lower()]
        try:
            text = file.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            reraise_machine_error(error)
            raise RecordError(f"{file}: cannot be read ({error.strerror})") from None
        for patient in filter(None, _MARKS.split(text)):  # a Python list, or one per line
            found[patient] = "+".join(sorted({subset, *filter(None, found.get(patient, "").split("+"))}))
    return found


def _companion_file(file: Path, patient: str, kind: str) -> Path:
    """A patient's file of another kind: in the same folder, or in the folder of that kind."""
    name = f"{patient}_{kind}.npy"
    inside = file.parent.parent / kind / name
    return inside if inside.is_file() and not (file.parent / name).is_file() else file.parent / name


def _array(file: Path) -> np.ndarray:
    """A file's array (segments, samples), memory-mapped."""
    try:
        array = np.load(reachable(file), mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise RecordError(f"{file}: not found; a patient needs both _ppg.npy and _abp.npy") from None
    except Exception as error:  # its header is parsed as Python, which raises many kinds of errors
        reraise_machine_error(error)
        raise RecordError(f"{file}: not a readable .npy file ({fault(error, 100)}); fetch it again") from None
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.size:
        raise RecordError(f"{file}: {array.dtype} {array.shape} instead of numbers (segments, samples); fetch it again")
    return array


def _channel(file: Path, number: int, samples: int) -> Channel:
    return Channel(FS, samples, lambda start, stop: np.asarray(_array(file)[number, start:stop], float))
