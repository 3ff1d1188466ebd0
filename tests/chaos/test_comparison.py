"""Two runs of a study are the same only where all that a study finds is."""

import shutil
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.chaos.comparison import differences

NAMES = {"a.csv", "a.parquet", "history.csv", "w.zarr.zip", "model.keras"}


def write_zip(path, content, when):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("inside", when), content)


def write_model(path, weight, when):
    with h5py.File(path.with_name("weights.h5"), "w") as file:
        file["layers/dense/vars/0"] = np.array([1.0, weight])
    content = path.with_name("weights.h5").read_bytes()
    path.with_name("weights.h5").unlink()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("metadata.json", when), f"saved in {when[0]}")
        archive.writestr(zipfile.ZipInfo("model.weights.h5", when), content)


@pytest.fixture
def runs(tmp_path):
    """Results of two runs that differ in times alone."""
    for name, year in (("undisturbed", 2020), ("disturbed", 2021)):
        folder = tmp_path / name
        folder.mkdir()
        pd.DataFrame({"sbp": [120.5]}).to_csv(folder / "a.csv", index=False)
        pd.DataFrame({"sbp": [120.5]}).to_parquet(folder / "a.parquet")
        pd.DataFrame({"epoch": [1], "seconds": [float(year)]}).to_csv(folder / "history.csv", index=False)
        (folder / "run.json").write_text(str(year))
        write_zip(folder / "w.zarr.zip", b"windows", (year, 1, 1, 0, 0, 0))
        write_model(folder / "model.keras", 0.5, (year, 1, 1, 0, 0, 0))
    return tmp_path / "undisturbed", tmp_path / "disturbed"


def test_times_of_a_run_are_no_difference(runs):
    assert differences(*runs, whole=True) == (len(NAMES), [])


@pytest.mark.parametrize("name", sorted(NAMES))
def test_whatever_else_differs_is_said(runs, name):
    path = runs[1] / name
    if name == "w.zarr.zip":
        write_zip(path, b"window", (2020, 1, 1, 0, 0, 0))
    elif name == "model.keras":
        write_model(path, 0.5000001, (2020, 1, 1, 0, 0, 0))
    elif name == "a.parquet":
        pd.DataFrame({"sbp": [120.6]}).to_parquet(path)
    else:
        path.write_text(path.read_text().replace("1", "2", 1))
    if name == "history.csv":
        pd.DataFrame({"epoch": [2], "seconds": [1.0]}).to_csv(path, index=False)
    (said,) = differences(*runs, whole=True)[1]
    assert said.startswith(f"{name}: ")


def test_what_is_missing_left_behind_or_too_much_is_said(runs):
    (runs[1] / "a.csv").unlink()
    shutil.copy(runs[1] / "a.parquet", runs[1] / "b.parquet")
    (runs[1] / ".a.123.part.csv").touch()
    n, said = differences(*runs, whole=True)
    assert n == len(NAMES) - 1
    assert [line.partition(": ")[2] for line in said] == ["only undisturbed", "only disturbed", "left behind"]
    assert len(differences(*runs, whole=False)[1]) == 2  # nothing but what is there was asked for
