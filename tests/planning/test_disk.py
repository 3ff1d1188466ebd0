from collections import namedtuple
from pathlib import Path

import pytest

from cuffless.planning import Store, folder_bytes, judge_disks

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch):
    """Set the free GB of every disk."""

    def of(gigabytes):
        monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 0, int(gigabytes * 1e9)))

    return of


def test_stores_of_one_disk_share_its_room(tmp_path, free):
    free(10)
    stores = [Store("a", tmp_path / "a", 4e9), Store("b", tmp_path / "not" / "yet", 3e9, passing=1e9, place="later")]
    (disk,) = judge_disks(stores, reserve_gb=2.0)
    assert disk["folders"] == [str(tmp_path / "a"), "later"]
    assert (disk["peak_gb"], disk["needed_gb"], disk["fits"]) == (8.0, 8.0, True)
    (disk,) = judge_disks(stores, reserve_gb=2.1)
    assert not disk["fits"]


def test_what_is_there_already_needs_no_room(tmp_path, free):
    free(1)
    (tmp_path / "a" / "deep").mkdir(parents=True)
    with (tmp_path / "a" / "deep" / "file").open("wb") as file:
        file.truncate(int(3e9))  # takes no disk
    (disk,) = judge_disks([Store("a", tmp_path / "a", 3.5e9)], reserve_gb=0.4)
    assert disk["there_gb"] == pytest.approx(3.0)
    assert disk["needed_gb"] == pytest.approx(0.5)
    assert disk["fits"]
    (disk,) = judge_disks([Store("a", tmp_path / "a", 1e9)], reserve_gb=0.4)
    assert disk["needed_gb"] == 0


def test_a_linked_file_takes_no_room(tmp_path):
    target = tmp_path / "mirror" / "file"
    target.parent.mkdir()
    target.write_bytes(bytes(100_000))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "file").symlink_to(target)
    assert folder_bytes(tmp_path / "cache") < 1000
    assert folder_bytes(tmp_path / "mirror") == 100_000
    assert folder_bytes(Path(tmp_path / "absent")) == 0
