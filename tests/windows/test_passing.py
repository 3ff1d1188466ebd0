"""Signals that pass through a cache: fetched, cut, deleted."""

from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import pandas as pd
import pytest
import wfdb

from cuffless.config import RecordOptions, WindowOptions
from cuffless.records import find_records, list_records
from cuffless.windows import WindowStore, passing_signals, store_records

OPTIONS = WindowOptions(samples_per_beat=25)


@pytest.fixture
def passing(tmp_path, pulse_signals, physionet):
    """Table of three records in a mirror, and the options that let them pass through a cache."""
    root = tmp_path / "mirror" / "mimic3wdb-matched" / "1.0"
    for patient in ("p000001", "p000002", "p000003"):
        folder = root / "p00" / patient
        folder.mkdir(parents=True)
        ppg, abp = pulse_signals(seconds=60)
        wfdb.wrsamp(
            f"{patient}-1", fs=125, units=["NU", "mmHg"], sig_name=["PLETH", "ABP"], fmt=["16", "16"],
            p_signal=np.column_stack([ppg, abp]), write_dir=str(folder),
        )  # fmt: skip
        (folder / "RECORDS").write_text(f"{patient}-1\n")
    (root / "RECORDS").write_text("p00/p000001/\np00/p000002/\np00/p000003/\n")
    physionet.write_sums(root)
    download = {"url": "", "mirror": str(tmp_path / "mirror"), "cache": str(tmp_path / "cache"), "keep_raw": False}
    options = RecordOptions(source="physionet", download=download)
    table = tmp_path / "records.csv"
    list_records(find_records(options), options).to_csv(table, index=False)
    return table, options


def cut(passing, folder, failing=False):
    table, options = passing
    paths = [folder / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    with passing_signals(table, options), WindowStore(*paths, OPTIONS) as store:
        store_records(table, options, store)
        if failing:
            raise OSError("the disk is full")
    return pd.read_csv(paths[2], keep_default_na=False)


def signals(tmp_path):
    return list((tmp_path / "cache").rglob("*.dat"))


def test_signals_are_deleted_once_their_windows_are_written(passing, tmp_path):
    quality = cut(passing, tmp_path / "one")
    assert (quality["windows_kept"] > 5).all()
    assert not signals(tmp_path)


def test_jobs_on_the_same_records_do_not_delete_what_the_other_reads(passing, tmp_path):
    alone = cut(passing, tmp_path / "alone")
    with ThreadPoolExecutor(3) as pool:
        for quality in pool.map(lambda name: cut(passing, tmp_path / name), ("a", "b", "c")):
            pd.testing.assert_frame_equal(quality, alone)


def test_a_job_waits_until_the_one_before_it_has_freed_the_records(passing, tmp_path):
    table, options = passing
    with ThreadPoolExecutor(1) as pool:
        with passing_signals(table, options):
            second = pool.submit(cut, passing, tmp_path / "second")
            assert not wait([second], timeout=2).done
        assert (second.result()["windows_kept"] > 5).all()


def test_a_job_that_fails_keeps_what_was_fetched(passing, tmp_path):
    with pytest.raises(OSError, match="disk"):
        cut(passing, tmp_path / "failed", failing=True)
    assert len(signals(tmp_path)) == 3
    assert not list((tmp_path / "failed").iterdir())


def test_a_file_that_cannot_be_had_costs_its_own_record_alone_however_often_it_is_cut(passing, tmp_path):
    (lost,) = (tmp_path / "mirror").rglob("p000002-1.dat")
    lost.unlink()
    for name in ("once", "again"):
        quality = cut(passing, tmp_path / name).set_index("subject")
        assert (quality["windows_kept"] > 0).to_dict() == {"p000001": True, "p000002": False, "p000003": True}
        assert "p000002-1.dat" in quality.loc["p000002", "passed_over"]
