"""Files appear whole or not at all, however many write them at once and whatever killed writers left."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from forks import in_forks

from cuffless.files import file_names, whole_file, whole_folder

WRITERS = 16


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, rounds=20):
    for _ in range(rounds):
        with whole_file(path) as part:
            part.write_text("x" * 1000)


WRITE = """
import sys
from pathlib import Path
from cuffless.files import whole_file

def work(which):
    for _ in range(20):
        with whole_file(Path(sys.argv[1])) as part:
            part.write_text("x" * 1000)
"""
KILLED = """
import os, sys
from cuffless import files

if sys.argv[2:]:
    files._machine = lambda: sys.argv[2]

def work(which):
    with files.whole_file(sys.argv[1]) as part:
        part.write_text("half")
        os._exit(0)
"""
FOLDERS = """
import sys
from cuffless.files import whole_folder

def work(which):
    for _ in range(5):
        with whole_folder(sys.argv[1]) as part:
            for name in "ab":
                (part / f"{name}{which}").touch()
"""
SIMULATE = """
import sys
from cuffless.config import SimulatorOptions
from cuffless.simulator import simulate_subject
from cuffless.simulator.writer import write_subject

options = SimulatorOptions(subjects=1, minutes=1, multi_segment=0)
subject = simulate_subject(1, options)

def work(which):
    write_subject(subject, sys.argv[1], options)
"""


def killed_writer(path, *machine):
    """The part that a killed process leaves."""
    before = set(names(path.parent))
    assert in_forks(1, KILLED, path, *machine) == [0]
    [left] = set(names(path.parent)) - before
    return path.with_name(left)


def test_processes_that_write_the_same_file_leave_each_other_alone(tmp_path):
    path = tmp_path / "table.csv"
    assert in_forks(WRITERS, WRITE, path) == [0] * WRITERS
    assert names(tmp_path) == ["table.csv"]
    assert path.read_text() == "x" * 1000


def test_so_do_threads_of_one_process(tmp_path):
    path = tmp_path / "table.csv"
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda _: write(path), range(WRITERS)))
    assert names(tmp_path) == ["table.csv"]


def test_files_whose_names_begin_alike_are_written_side_by_side(tmp_path):
    with whole_file(tmp_path / "a.csv") as table, whole_file(tmp_path / "a.quality.csv") as quality:
        table.write_text("1")
        quality.write_text("2")
        with whole_file(tmp_path / "a.csv") as other:
            other.write_text("3")
    assert (tmp_path / "a.csv").read_text() == "1"
    assert names(tmp_path) == ["a.csv", "a.quality.csv"]


@pytest.mark.parametrize("name", ["table.csv", "skill [a].csv"])
def test_what_a_killed_process_left_is_removed(tmp_path, name):
    left = killed_writer(tmp_path / name)
    write(tmp_path / name, rounds=1)
    assert not left.exists()
    assert names(tmp_path) == [name]


def test_the_part_of_another_machine_stays_whatever_its_process_is(tmp_path):
    left = killed_writer(tmp_path / "table.csv", "0a0a0a0a")
    write(tmp_path / "table.csv", rounds=1)
    assert left.exists()


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path):
    path = tmp_path / f"{'ä' * 125}.csv"
    write(path, rounds=1)
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zarr.zip", "v1.2.3.npz", "plain"])
def test_a_part_ends_as_its_file_does(tmp_path, name):
    with whole_file(tmp_path / name) as part:
        assert part.name.endswith("".join((tmp_path / name).suffixes[-2:]))
        part.touch()


def test_folders_replace_each_other_as_a_whole(tmp_path):
    home = tmp_path / "p000001"
    assert in_forks(WRITERS, FOLDERS, home) == [0] * WRITERS
    assert names(tmp_path) == ["p000001"]
    first, second = names(home)
    assert first[1:] == second[1:]


def test_a_folder_that_fails_leaves_the_one_before(tmp_path):
    home = tmp_path / "home"
    with whole_folder(home) as part:
        (part / "kept").touch()
    with pytest.raises(ZeroDivisionError), whole_folder(home) as part:
        (part / "half").write_text(str(1 / 0))
    assert names(tmp_path) == ["home"]
    assert names(home) == ["kept"]


def test_processes_that_simulate_the_same_subject_agree(tmp_path):
    assert in_forks(8, SIMULATE, tmp_path) == [0] * 8
    assert names(tmp_path / "p00") == ["p000001"]
    [truth] = tmp_path.rglob("*_truth.parquet")
    assert len(pd.read_parquet(truth))


def test_usual_names_are_files_as_they_are():
    assert file_names([("test",), ("nonmixed/first", "alexnet")]) == {
        ("test",): "test",
        ("nonmixed/first", "alexnet"): "nonmixed_first_alexnet",
    }


@pytest.mark.parametrize(
    "alike",
    [
        [("net/1",), ("net_1",), ("Net 1",)],
        [("a", "b_c"), ("a_b", "c"), ("a/b", "c")],
        [("\u00e9",), ("e\u0301",), ("\u00c9",)],
        [("x" * 300,), ("x" * 299 + "y",), ("\u00fc" * 300,)],
        [("..",), ("",), ("/",), ("\n\x1b",)],
    ],
)
def test_names_that_would_become_one_file_become_several(tmp_path, alike):
    found = file_names(alike)
    assert list(found) == alike
    assert len({name.casefold() for name in found.values()}) == len(alike)
    for name in found.values():
        (tmp_path / f"agreement_{name}.pdf").touch()
        assert len(name.encode()) <= 100
    assert len(names(tmp_path)) == len(alike)
