"""Small files as MATLAB (version 7.3) and the authors' script write them; tests load this module by its path."""

import h5py
import numpy as np


def write_cells(path, variable, cells):
    """A cell array (1 x n in MATLAB) of matrices as h5py shows them: a matrix of 3 rows is (n, 3); None: empty."""
    with _matlab_file(path) as file:
        _references(file, file, variable, cells, (1, -1))


def write_subset(path, ppg, sbp, dbp, subjects):
    """PulseDB's `Subset`: windows (n, samples) among an ECG and a pressure that are not looked at."""
    ppg = np.asarray(ppg, float)
    with _matlab_file(path) as file:
        subset = file.create_group("Subset")
        subset["Signals"] = np.stack([np.zeros(ppg.T.shape), ppg.T, np.full(ppg.T.shape, 80.0)], axis=1)
        subset["SBP"], subset["DBP"] = np.atleast_2d(sbp).astype(float), np.atleast_2d(dbp).astype(float)
        _references(file, subset, "Subject", [_letters(subject) for subject in subjects], (1, -1))


def write_segments(path, ppg, sbp, dbp, subject, *, times=None, field="PPG_F", height=False):
    """PulseDB's `Subj_Wins`: a reference a window and field, but the fields themselves for a single window."""
    fields = {
        field: [None if window is None else np.atleast_2d(window).astype(float) for window in ppg],
        "SegSBP": [np.array([[value]], float) for value in sbp],
        "SegDBP": [np.array([[value]], float) for value in dbp],
        "SubjectID": [_letters(subject)] * len(ppg),
    }
    if times is not None:
        fields["T"] = [start + np.arange(1250.0)[None] / 125 for start in times]
    if height:
        fields["Height"] = [np.array([[170.0]])] * len(ppg)
    with _matlab_file(path) as file:
        windows = file.create_group("Subj_Wins")
        for name, values in fields.items():
            if len(ppg) == 1:
                windows[name] = values[0]
            else:
                _references(file, windows, name, values, (-1, 1))


def write_published(path, ppg, label, subject):
    """The authors' layout, in the types that their script gives it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("ppg", data=np.asarray(ppg, "f4"), chunks=(min(100, len(ppg)), np.shape(ppg)[1]))
        file["label"] = np.asarray(label)
        file["subject_idx"] = np.reshape(subject, (-1, 1))


def _matlab_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return h5py.File(path, "w", userblock_size=512)


def _letters(text):
    return np.array([[ord(letter)] for letter in text], np.uint16)


def _references(file, group, name, values, shape):
    """A dataset of references; MATLAB stores an empty value as its dimensions."""
    refs = file.require_group("#refs#")
    found = np.empty(len(values), h5py.ref_dtype)
    for index, value in enumerate(values):
        stored = refs.create_dataset(
            f"{name}_{len(refs)}", data=np.zeros(2, np.uint64) if value is None else np.asarray(value)
        )
        if value is None:
            stored.attrs["MATLAB_empty"] = np.uint8(1)
        found[index] = stored.ref
    group.create_dataset(name, data=found.reshape(shape), dtype=h5py.ref_dtype)
