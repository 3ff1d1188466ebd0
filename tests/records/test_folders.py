"""Folders as they are on machines with many disks: patients behind symbolic links."""

import os

import numpy as np
import pytest
import wfdb

from cuffless.config import RecordOptions
from cuffless.records import catalog, find_records, list_records
from cuffless.records.folders import walk


def names(folder):
    return sorted(os.path.relpath(entry.path, folder) for entry in walk(folder))


def put(path, text="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_linked_folder_is_entered_once_by_the_first_of_its_links(tmp_path):
    put(tmp_path / "disk" / "p000001" / "a.csv")
    (tmp_path / "data").mkdir()
    for name in ("p000001", "again"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "disk" / "p000001")
    assert names(tmp_path / "data") == ["again/a.csv"]


def test_a_folders_own_path_wins_over_a_link_to_it(tmp_path):
    put(tmp_path / "z" / "a.csv")
    (tmp_path / "alias").symlink_to("z")
    assert names(tmp_path) == ["z/a.csv"]


@pytest.mark.parametrize("target", [".", "..", "../..", "inner", "../p1/inner"])
def test_loops_are_refused(tmp_path, target):
    put(tmp_path / "data" / "p1" / "inner" / "a.csv")
    put(tmp_path / "elsewhere.csv")
    (tmp_path / "data" / "p1" / "loop").symlink_to(target)
    (tmp_path / "data" / "p1" / "inner" / "self").symlink_to("self")
    assert names(tmp_path / "data") == ["p1/inner/a.csv", "p1/inner/self"]


def test_a_loop_outside_the_folder_is_refused_too(tmp_path):
    put(tmp_path / "disk" / "sub" / "a.csv")
    (tmp_path / "disk" / "sub" / "up").symlink_to("..")
    put(tmp_path / "disk" / "b.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "disk" / "sub")
    assert names(tmp_path / "data") == ["link/a.csv"]


def test_links_through_links_and_overlapping_targets_give_each_file_once(tmp_path):
    put(tmp_path / "disk" / "p1" / "a.csv")
    put(tmp_path / "disk" / "p2" / "b.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "middle").symlink_to("disk/p1")
    (tmp_path / "data" / "one").symlink_to("../middle")
    (tmp_path / "data" / "whole").symlink_to("../disk")
    assert names(tmp_path / "data") == ["one/a.csv", "whole/p2/b.csv"]


def test_hidden_names_are_left_out_though_a_link_may_lead_into_them(tmp_path):
    put(tmp_path / ".store" / "key" / "a.csv")
    put(tmp_path / ".a.csv")
    (tmp_path / "p1").symlink_to(".store/key")
    (tmp_path / "b.csv").symlink_to(".store/key/a.csv")
    (tmp_path / ".hidden").symlink_to(".store/key")
    assert names(tmp_path) == ["b.csv", "p1/a.csv"]


SOURCES = {"csv": ".csv", "wfdb": ".hea", "kachuee": ".mat", "ready": ".h5"}


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_link_leads_to_is_listed_and_a_link_that_leads_nowhere_is_a_row(tmp_path, source):
    ending = SOURCES[source]
    put(tmp_path / "disk" / "p000001" / f"a{ending}")
    put(tmp_path / "data" / "p000002" / f"b{ending}")
    (tmp_path / "data" / "p000001").symlink_to(tmp_path / "disk" / "p000001")
    (tmp_path / "data" / "p000003").symlink_to(tmp_path / "unmounted")
    (tmp_path / "data" / f"c{ending}").symlink_to(tmp_path / f"lost{ending}")
    (tmp_path / "data" / "notes.pdf").symlink_to(tmp_path / "lost.pdf")
    options = RecordOptions(source=source, path=str(tmp_path / "data"), shards=1)
    table = list_records(find_records(options), options)
    paths = [os.path.relpath(path, tmp_path / "data").removesuffix(ending) for path in table["path"]]
    assert paths == ["c", "p000001/a", "p000002/b", "p000003"]
    assert "unmounted; mount or fetch the target" in table["problem"].iloc[3]
    assert "c" in table["problem"].iloc[0]


def test_a_study_of_wfdb_records_behind_a_link_has_their_patients_and_notices_a_change(tmp_path):
    wave = np.column_stack([np.sin(np.arange(500) / 10), 80 + np.arange(500) / 100])
    (tmp_path / "disk").mkdir()
    wfdb.wrsamp("x", 125, ["NU", "mmHg"], ["PLETH", "ABP"], wave, fmt=["16"] * 2, write_dir=str(tmp_path / "disk"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "p000001").symlink_to("../disk")
    options = RecordOptions(source="wfdb", path=str(tmp_path / "data"), shards=2)
    table = list_records(find_records(options), options)
    assert table["problem"].tolist() == [""]
    assert (table["subject"].tolist(), table["identity"].tolist()) == (["p000001"], ["patient"])
    before = [catalog.shard_listing(options, k) for k in range(2)]
    os.utime(tmp_path / "disk" / "x.dat", ns=(1, 1))
    catalog._files.cache_clear()
    catalog._listings.cache_clear()
    after = [catalog.shard_listing(options, k) for k in range(2)]
    assert sum(a != b for a, b in zip(after, before, strict=True)) == 1
