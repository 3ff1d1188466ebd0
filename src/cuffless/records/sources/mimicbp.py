"""MIMIC-BP: curated segments of MIMIC-III patients as NumPy arrays, with a split by patient."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.errors import fault
from cuffless.records.demands import check_listed
from cuffless.records.faults import pass_on
from cuffless.records.folders import files_in, reachable
from cuffless.records.record import Channel, Record, RecordError, Segment
from cuffless.records.source import Entry, Source

FS = 125.0
SUBSETS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
_ARRAY = re.compile(r"(.+)_(ppg|abp)\.npy", re.IGNORECASE)
_LIST = re.compile(rf"({'|'.join(SUBSETS)})_subjects\.txt", re.IGNORECASE)
_MARKS = re.compile(r"[\s,;\[\]()'\"]+")


class MimicBp(Source):
    """One recording a patient: ``pXXXXXX_ppg.npy`` and ``pXXXXXX_abp.npy``, each (segments, samples) at 125 Hz.

    Segments do not follow each other in time, and when each was recorded is not told: here they stand in their order,
    each after a gap of its own length, and no window runs across. The two files of a patient lie beside each other, or
    in folders ``ppg`` and ``abp``. Patients that ``train_subjects.txt``, ``val_subjects.txt`` and ``test_subjects.txt``
    name keep their set under a split of kind `official`.

    Notes
    -----
    MIMIC-BP (Harvard Dataverse, from MIMIC-III): 1,524 patients, 30 segments of 30 s each.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry a patient, whether or not both files are there."""
        files = files_in(options, lambda name: bool(_ARRAY.fullmatch(name) or _LIST.fullmatch(name)))
        subsets = _official(file for file in files if _LIST.fullmatch(file.name))
        found = set()
        for file in files:
            if _LIST.fullmatch(file.name):
                continue
            match = _ARRAY.fullmatch(file.name)
            patient = match[1] if match else file.name
            beside = file if match is None or match[2].lower() == "ppg" else _other(file, "ppg")
            if beside not in found:
                found.add(beside)
                yield Entry(str(beside), patient, patient, "patient", subset=subsets.get(patient, ""))

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a patient's files; shapes alone are read."""
        file = reachable(path)
        match = _ARRAY.fullmatch(file.name)
        if match is None:
            raise RecordError(f"{path}: is not named as in MIMIC-BP; a patient's file is called p000188_ppg.npy")
        if match[2].lower() == "abp":
            file = _other(file, "ppg")
        files = [file, _other(file, "abp")] if need_abp else [file]
        shapes = [_array(one).shape for one in files]
        if len(set(shapes)) > 1:
            raise RecordError(f"{path}: PPG {shapes[0]} and ABP {shapes[1]} must be of one shape; fetch both again")
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


def _official(lists) -> dict[str, str]:
    """Set of each patient that the lists name; of a patient in several, all of them, joined by "+"."""
    found: dict[str, str] = {}
    for file in lists:
        subset = SUBSETS[_LIST.fullmatch(file.name)[1].lower()]
        try:
            text = file.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            pass_on(error)
            raise RecordError(f"{file}: cannot be read ({error.strerror})") from None
        for patient in filter(None, _MARKS.split(text)):  # a Python list, or one a line
            found[patient] = "+".join(sorted({subset, *filter(None, found.get(patient, "").split("+"))}))
    return found


def _other(file: Path, kind: str) -> Path:
    """A patient's file of another kind: beside this one, or in a folder of its own beside this one's."""
    name = f"{_ARRAY.fullmatch(file.name)[1]}_{kind}.npy"
    inside = file.parent.parent / kind / name
    return inside if inside.is_file() and not (file.parent / name).is_file() else file.parent / name


def _array(file: Path) -> np.ndarray:
    """A file's array (segments, samples), not read yet."""
    try:
        array = np.load(reachable(file), mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise RecordError(f"{file}: is not there; a patient needs both _ppg.npy and _abp.npy") from None
    except Exception as error:  # its header is parsed as Python, which raises whatever it stumbles over
        pass_on(error)
        raise RecordError(f"{file}: cannot be read as .npy ({fault(error, 100)}); fetch it again") from None
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.size:
        raise RecordError(f"{file}: holds {array.dtype} {array.shape}, not numbers (segments, samples)")
    return array


def _channel(file: Path, number: int, samples: int) -> Channel:
    return Channel(FS, samples, lambda start, stop: np.asarray(_array(file)[number, start:stop], float))
