"""No message echoes more than 300 characters of a file, whatever stands in it."""

import json
import warnings

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io

from cuffless.camera.manifest import read_manifest
from cuffless.camera.skin.roi import read_regions
from cuffless.camera.skin.trace_files import read_trace
from cuffless.camera.video.frame_times import read_frame_times
from cuffless.camera.windows.monitor import read_monitor
from cuffless.camera.windows.ready import read_ready
from cuffless.config import RecordOptions, WindowOptions, load_config
from cuffless.errors import CufflessError
from cuffless.judgement import read_table
from cuffless.judgement.table.predictions import PredictionError
from cuffless.records import find_records, open_csv, open_record, open_wfdb, read_subjects
from cuffless.records.cuff_values import read_cuff_values
from cuffless.records.record_lists import list_file
from cuffless.records.remote.checksums import Checksums

MOST = 300
LONG = "Q" * 4000
TEXTS = (
    LONG,
    "Q " * 2000,
    "Q," * 2000,
    "Q;" * 2000,
    "Q\t" * 2000,
    "\x00Q" * 2000,
    "'Q" * 2000,
    '"Q' * 2000,
    "-Q.5e" * 900,
)
NAMES = [f"{'Q' * 90}{number}" for number in range(60)]


def echoed(text):
    return text.count("Q")


def check(read, *, must=True):
    """Call a reader; what it says of the file, refusing it or taking it, stays short."""
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = read()
            for kind in ("notes", "warnings", "problems"):
                said += list(getattr(found, kind, ()))
        except CufflessError as error:
            said += str(error).split("\n")
            must = False
    assert not must, "the file was taken"
    for message in said:
        assert echoed(message) <= MOST, message[:2000]


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines_of(head, cells, fill):
    """Tables with one cell after another replaced: the heading first."""
    yield ",".join([*head[:-1], fill]) + "\n" + ",".join(cells) + "\n"
    yield f"{fill}\n{','.join(cells)}\n"
    for at in range(len(cells)):
        yield ",".join(head) + "\n" + ",".join([*cells[:at], fill, *cells[at + 1 :]]) + "\n"
        yield (
            ",".join(head) + "\n" + f"{','.join(cells)}\n" * 40 + ",".join([*cells[:at], fill, *cells[at + 1 :]]) + "\n"
        )


TABLES = {
    "recording": ("time,ppg,abp", "0.0,1.5,80", lambda path: open_csv(path, RecordOptions(csv_fs=125.0))),
    "people": ("file,subject,age,sex,height,weight", "a.csv,s1,60,f,170,60", read_subjects),
    "cuff": ("time,sbp,dbp", "30,120,80", read_cuff_values),
    "monitor": ("time,sbp,dbp", "30,120,80", read_monitor),
    "manifest": (
        "subject,recording,video,fps,start_time,roi_mode,bp_offset_s,ppg,ppg_fs,exclude",
        "s1,r1,a.avi,30,2024-05-01T10:00:00,auto,0,,,",
        lambda path: read_manifest(path) and None,
    ),
    "frames": ("time,frame", "0.033,1", read_frame_times),
    "trace": ("time,R,G,B", "0.033,120,110,90", read_trace),
    "predictions": (
        "subject,record,start,seconds,subset,sbp_ref,dbp_ref,sbp,dbp,hr,age,sex,network,split,setting,seed,fold",
        "s1,r1,0,8,test,120,80,118,79,70,60,f,net,split,a,0,0",
        lambda path: read_table([path]),
    ),
    "own predictions": (
        "subject,record,start,subset,sbp_ref,dbp_ref,sbp,dbp,network,split,seed",
        "s1,r1,0,test,120,80,118,79,net,split,0",
        lambda path: read_table([path]) is None or None,
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(tmp_path, kind):
    head, cells, read = TABLES[kind]
    for fill in TEXTS[:1] if "predictions" in kind else TEXTS:  # whole tables take longer
        for text in lines_of(head.split(","), cells.split(","), fill):
            path = write(tmp_path, "t.csv", text)
            check(lambda path=path: read(path), must=False)
    check(lambda: read(write(tmp_path, "t.csv", ",".join(NAMES) + "\n" + ",".join("1" * len(NAMES)) + "\n")))


def test_tables_in_parquet(tmp_path):
    head, cells, _ = TABLES["predictions"]
    row = dict(zip(head.split(","), cells.split(","), strict=True))
    path = tmp_path / "t.parquet"
    for name in ("subject", "start", "subset", "sbp", "age", "sex", "seed", "fold"):
        pd.DataFrame([{**row, name: LONG}, {**row, "subject": "s2"}]).to_parquet(path)
        check(lambda: read_table([path]), must=False)
    pd.DataFrame([dict.fromkeys(NAMES, 1.0)]).to_parquet(path)
    check(lambda: read_table([path]))
    check(lambda: read_table([path], columns={"subject": "a"}))


HEADER = ["r 2 125 100", "r.dat 16 1/mmHg 16 0 0 0 0 PLETH", "r.dat 16 1/mmHg 16 0 0 0 0 ABP"]


def test_wfdb_headers(tmp_path):
    for at in range(len(HEADER)):
        words = HEADER[at].split()
        for place in range(len(words)):
            for value in TEXTS:
                changed = " ".join([*words[:place], value, *words[place + 1 :]])
                write(tmp_path, "r.hea", "\n".join([*HEADER[:at], changed, *HEADER[at + 1 :]]) + "\n")
                check(lambda: open_wfdb(tmp_path / "r"), must=False)
    signals = [f"r.dat 16 1/mmHg 16 0 0 0 0 {name}" for name in NAMES]
    write(tmp_path, "r.hea", "\n".join([f"r {len(NAMES)} 125 100", *signals]) + "\n")
    check(lambda: open_wfdb(tmp_path / "r"))
    write(tmp_path, "m.hea", f"m/{len(NAMES)} 2 125 6000\n" + "".join(f"{name} 100\n" for name in NAMES))
    check(lambda: open_wfdb(tmp_path / "m"))


def opened(source, folder):
    """What a source says of all recordings in a folder."""
    options = RecordOptions(source=source, path=str(folder))
    found = find_records(options)
    assert found
    for entry in found:
        check(lambda entry=entry: open_record(entry.path, options), must=False)


def test_matlab_files(tmp_path):
    cells = np.empty(2, object)
    cells[:] = [np.zeros((3, 10))] * 2
    scipy.io.savemat(tmp_path / "a.mat", {f"{'Q' * 27}{number}": cells for number in range(60)})
    scipy.io.savemat(tmp_path / "b.mat", {"Q" * 31: np.zeros(3)})
    write(tmp_path, "c.mat", LONG)
    opened("kachuee", tmp_path)


@pytest.mark.parametrize("source", ["kachuee", "ready"])
def test_hdf5_files(tmp_path, source):
    with h5py.File(tmp_path / "a.mat", "w") as file:
        for name in NAMES:
            cells = file.create_dataset(name, (2,), h5py.ref_dtype)
            cells[:] = [file.create_dataset(f"{name}_{k}", data=np.zeros((3, 10))).ref for k in range(2)]
    with h5py.File(tmp_path / "b.mat", "w") as file:
        file.create_group("Subset").create_group(LONG)
        file.create_group("Subj_Wins" + LONG)
    with h5py.File(tmp_path / "d.mat", "w") as file:
        file["ppg"], file["label"] = np.zeros((2, 500)), np.zeros((2, 2))
        file.create_dataset("subject_idx", data=[LONG, LONG + "b"], dtype=h5py.string_dtype())
    write(tmp_path, "c.mat", LONG)
    opened(source, tmp_path)


def test_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", **{name: np.zeros((5, 3)) for name in NAMES})
    np.savez(tmp_path / "b.npz", rgb=np.array([LONG] * 3), fps=30.0)
    np.savez(tmp_path / "c.npz", rgb=np.zeros((90, 3)), fps=LONG)
    write(tmp_path, "d.npz", LONG)
    for name in "abcd":
        check(lambda name=name: read_trace(tmp_path / f"{name}.npz"))
    with h5py.File(tmp_path / "e.h5", "w") as file:
        for name in NAMES:
            file[name] = 1
    check(lambda: read_ready(tmp_path / "e.h5", WindowOptions()))


def test_lists_of_records_and_checksums(tmp_path):
    for number, text in enumerate(TEXTS):
        for name, content in (("a", text), ("b", f"record,{text}\n{text}"), ("c", f"record\n{text}\n")):
            path = write(tmp_path, f"{name}{number}.csv", content)
            check(lambda path=path: list_file(str(path), in_folders=True) and None, must=False)
        for name, content in (("s", text), ("u", f"{'0' * 64}  {text}\n{'1' * 64}  {text}\n")):
            path = write(tmp_path, f"{name}{number}", content)
            index = tmp_path / f"{name}{number}.index"
            check(lambda path=path, index=index: Checksums.build(path, index), must=False)


def test_configurations(tmp_path):
    for text in (*TEXTS, *(f"study: {text}" for text in TEXTS), *(f"records: {{path: [{text}" for text in TEXTS)):
        check(lambda text=text: load_config(write(tmp_path, "c.yaml", text)), must=False)
    for content in (
        {LONG: 1},
        {"records": {LONG: 1}},
        {"records": {"source": LONG}},
        {"windows": {"length": LONG, "snr_db": [LONG] * 50}},
        {"study": {"networks": NAMES, "dataset": LONG}},
        {"datasets": {LONG: {"records": {"source": "wfdb", LONG: 2}}}},
        {"splits": {LONG: {"train": LONG}}},
        {"networks": {LONG: {"architecture": LONG}}},
    ):
        check(lambda content=content: load_config(write(tmp_path, "c.yaml", json.dumps(content))), must=False)


def test_regions(tmp_path):
    good = {"version": 1, "width": 640, "height": 480, "interpolation": "linear"}
    frames = [{"t": 0, "polygon": [[0, 0], [1, 0], [1, 1]]}]
    for odd in (
        {"version": LONG},
        {"width": LONG},
        {"height": [LONG] * 5},
        {"interpolation": LONG},
        {"rois": {LONG: []}},
        {"rois": {LONG: [*frames, *frames]}},
        {"rois": {"face": [{"t": LONG, "polygon": None}]}},
        {"rois": {"face": [{"t": 0, "polygon": LONG}]}},
        {"rois": LONG},
    ):
        content = {**good, "rois": {"face": frames}, **odd}
        check(lambda content=content: read_regions(write(tmp_path, "r.json", json.dumps(content))), must=False)
    check(lambda: read_regions(write(tmp_path, "r.json", LONG)))


def test_judged_options_that_miss_are_named_briefly(tmp_path):
    head, cells, _ = TABLES["predictions"]
    path = write(tmp_path, "t.csv", head + "\n" + f"{cells}\n".replace(",f,", f",{LONG},"))
    with pytest.raises(PredictionError) as told:
        read_table([path], sex={"1": "f"})
    assert echoed(str(told.value)) <= MOST


def test_lists_of_a_mirror():
    from cuffless.records.record_lists import Listed
    from cuffless.records.remote.download import DownloadError
    from cuffless.records.sources.physionet import _records_in_folder

    class Gone:
        def text(self, path):
            raise DownloadError("gone")

    [found] = _records_in_folder(Listed(f"{LONG}\x1b/"), Gone(), lambda one: True)
    assert echoed(found.problem) <= MOST
    assert found.problem.isprintable()
