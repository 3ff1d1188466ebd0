import errno
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
import zarr

from cuffless.config import RecordOptions, SimulatorOptions, WindowOptions
from cuffless.files import DiskError
from cuffless.records import list_records
from cuffless.records.local import local_entry
from cuffless.simulator import write_cohort
from cuffless.windows import WindowStore, cut_windows, store_records

OPTIONS = WindowOptions(samples_per_beat=25)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Three simulated records, and a table of them with two bad ones."""
    folder = tmp_path_factory.mktemp("raw")
    written = write_cohort([1, 2, 3], SimulatorOptions(minutes=3, seed=2, multi_segment=0.5), folder)
    (folder / "broken.hea").write_text("nonsense\n")
    paths = [folder / path for path in written["path"]] + [folder / "broken"]
    table = list_records([local_entry(path) for path in paths], RecordOptions())
    table.to_csv(folder / "records.csv", index=False)
    return folder


def names(folder):
    return folder / "a.zarr.zip", folder / "a.parquet", folder / "a.quality.csv"


def test_a_store_holds_each_records_windows_and_figures(raw, tmp_path):
    from cuffless.records import open_record

    with WindowStore(*names(tmp_path), OPTIONS) as store:
        store_records(raw / "records.csv", RecordOptions(), store)
    index = pd.read_parquet(tmp_path / "a.parquet")
    quality = pd.read_csv(tmp_path / "a.quality.csv", keep_default_na=False)
    good = quality[quality["windows_kept"] > 0]
    assert quality["windows_kept"].sum() == len(index) > 0
    rejected = quality[list(OPTIONS.rules)].sum(axis=1)
    assert ((quality["windows_kept"] + rejected) == quality["windows_cut"]).all()
    table = pd.read_csv(raw / "records.csv", keep_default_na=False).set_index("record")
    with zarr.storage.ZipStore(tmp_path / "a.zarr.zip", mode="r") as opened:
        root = zarr.open_group(opened, mode="r")
        for record in good["record"]:
            cut = cut_windows(open_record(table.loc[record, "path"]), OPTIONS)
            assert np.array_equal(root[record]["ppg"][:], cut.ppg)
            columns = root[record].attrs["columns"]
            assert np.array_equal(root[record]["labels"][:, columns.index("sbp")], cut.kept.sbp)
            assert root[record].attrs["rejected"] == cut.rejected


def test_a_bad_record_is_a_row_with_its_reason_and_stops_nothing(raw, tmp_path):
    with WindowStore(*names(tmp_path), OPTIONS) as store:
        store_records(raw / "records.csv", RecordOptions(), store)
    quality = pd.read_csv(tmp_path / "a.quality.csv", keep_default_na=False).set_index("record")
    assert "not a readable WFDB header" in quality.loc["broken", "reason"]
    assert len(quality) == 4


def test_a_signal_file_that_vanishes_after_listing_is_a_row_too(raw, tmp_path):
    table = pd.read_csv(raw / "records.csv", keep_default_na=False).head(1)
    table["path"] = str(tmp_path / "gone")
    table.to_csv(tmp_path / "records.csv", index=False)
    with WindowStore(*names(tmp_path), OPTIONS) as store:
        store_records(tmp_path / "records.csv", RecordOptions(), store)
    assert ".hea not found" in pd.read_csv(tmp_path / "a.quality.csv")["reason"][0]


def test_an_empty_shard_is_a_store_without_records(tmp_path):
    with WindowStore(*names(tmp_path), OPTIONS):
        pass
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 0
    assert next(iter(pd.read_csv(tmp_path / "a.quality.csv").columns)) == "record"


def test_a_full_disk_leaves_no_half_store(raw, tmp_path, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    def write():
        with WindowStore(*names(tmp_path), OPTIONS) as store:
            monkeypatch.setattr("zipfile.ZipFile.writestr", full)
            store_records(raw / "records.csv", RecordOptions(), store)

    with pytest.raises(DiskError, match=r"a\.\w.*: cannot be written \(no space left"):
        write()
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_small_file_system_that_fills_up_leaves_no_half_store(raw, tmp_path):
    """The operating system's own limit on a file's size stands in for a full disk."""
    program = f"""
        import resource, signal
        from cuffless.config import RecordOptions, WindowOptions
        from cuffless.windows import WindowStore, store_records
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
        names = [r"{tmp_path}/a" + end for end in (".zarr.zip", ".parquet", ".quality.csv")]
        with WindowStore(*names, WindowOptions(samples_per_beat=25)) as store:
            store_records(r"{raw}/records.csv", RecordOptions(), store)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_kill_in_the_middle_of_a_store_leaves_nothing_that_looks_whole(raw, tmp_path):
    program = f"""
        import signal
        from cuffless.config import RecordOptions, WindowOptions
        from cuffless.windows import WindowStore, store_records
        names = [r"{tmp_path}/a" + end for end in (".zarr.zip", ".parquet", ".quality.csv")]
        with WindowStore(*names, WindowOptions(samples_per_beat=25)) as store:
            store_records(r"{raw}/records.csv", RecordOptions(), store)
            print("written", flush=True)
            signal.pause()
    """
    running = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    with running.stdout:
        assert any(line.startswith("written") for line in running.stdout)
        os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert not any(path.exists() for path in names(tmp_path))
    with WindowStore(*names(tmp_path), OPTIONS) as store:
        store_records(raw / "records.csv", RecordOptions(), store)
    assert all(path.exists() for path in names(tmp_path))
