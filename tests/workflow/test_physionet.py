"""The workflow over a database on a server: the tiny study's recordings, laid out as the matched subset."""

import copy
import shutil

import pandas as pd
import pytest

DATABASE = "mimic3wdb-matched/1.0"


@pytest.fixture(scope="module")
def server_folder(tiny_study, physionet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    root = folder / DATABASE
    shutil.copytree(tiny_study.folder / "results" / "tiny" / "raw", root, ignore=shutil.ignore_patterns("*.csv"))
    patients = sorted(path.relative_to(root).as_posix() for path in root.glob("p0*/p*"))
    (root / "RECORDS").write_text("".join(f"{patient}/\n" for patient in patients))
    for patient in patients:
        names = sorted(path.stem for path in (root / patient).glob("p*.hea"))
        (root / patient / "RECORDS").write_text("".join(f"{name}\n" for name in names))
    physionet.write_sums(root)
    return folder


def configured(study, url, shards=2, **download):
    config = copy.deepcopy(study.config)
    config["study"]["dataset"] = "served"
    download = {"url": url, "reserve_gb": 0, "timeout_seconds": 60, "attempts": 3} | download
    config["datasets"] = {"served": {"records": {"source": "physionet", "shards": shards, "download": download}}}
    return config


def windows(study, dataset):
    return pd.read_parquet(study.folder / "results" / dataset / "windows" / "main.parquet")


def quality(study, dataset):
    table = pd.read_csv(study.folder / "results" / dataset / "windows" / "main.quality.csv", keep_default_na=False)
    return table.set_index("subject").sort_index()


def of_all_shards(table):
    return table.sort_values(["record", "row"], ignore_index=True)


@pytest.mark.slow
def test_a_served_study_on_one_core_has_the_windows_of_a_local_one_on_four_though_the_server_fails(
    tiny_study, fresh_study, server_folder, physionet, loopback
):
    files = sorted(path.relative_to(server_folder).as_posix() for path in server_folder.rglob("3*_0001.dat"))
    lost, cut, limited, damaged = files[0], files[1], files[2], files[3]
    faults = {
        lost: physionet.status(404),
        cut: physionet.cut(20_000, times=1),
        limited: physionet.status(429, times=1, retry_after=0),
        damaged: physionet.damaged(),
    }
    with physionet.PhysioNetServer(server_folder, faults) as server:
        config = configured(fresh_study, server.url)
        wanted = ["results/served/windows/main.parquet", "results/served/windows/main.quality.csv"]
        fresh_study(*["--quiet", "--", *wanted], config=config, cores=1)
        assert server.peak <= 4
        assert any(request.range for request in server.log if request.path.endswith(cut))
        before = len(server.log)
        assert fresh_study.planned(config, "--", *wanted) == {}
        freed = configured(fresh_study, server.url, keep_raw=False)
        assert fresh_study.planned(freed, "--", *wanted) == {}, "where signals are kept changes no result"
        assert len(server.log) == before
    missing = sorted({path.split("/")[-2] for path in (lost, damaged)})
    theirs, ours = quality(tiny_study, "tiny"), quality(fresh_study, "served")
    for subject in missing:
        assert "0001.dat" in ours.loc[subject, "passed_over"]
    pd.testing.assert_frame_equal(ours.drop(missing), theirs.drop(missing), check_dtype=False)
    local, served = (of_all_shards(windows(*which)) for which in ((tiny_study, "tiny"), (fresh_study, "served")))
    kept = [~table["subject"].isin(missing) for table in (local, served)]
    local, served = (table[rows].reset_index(drop=True) for table, rows in zip((local, served), kept, strict=True))
    pd.testing.assert_frame_equal(local, served, check_exact=True)
    assert not list((fresh_study.folder / "resources").rglob("*.part"))


@pytest.mark.slow
def test_without_keep_raw_records_are_deleted_once_they_are_cut(
    tiny_study, fresh_study, server_folder, physionet, loopback
):
    with physionet.PhysioNetServer(server_folder) as server:
        config = configured(fresh_study, server.url, shards=1, keep_raw=False)
        fresh_study("--quiet", "--", "results/served/windows/main.parquet", config=config)
    cache = fresh_study.folder / "resources" / "records" / DATABASE
    assert list(cache.rglob("*.hea"))
    assert not list(cache.rglob("*.dat"))
    local, served = (of_all_shards(windows(*which)) for which in ((tiny_study, "tiny"), (fresh_study, "served")))
    pd.testing.assert_frame_equal(local, served)


@pytest.mark.slow
def test_a_dead_server_fails_its_jobs_in_one_line_and_what_was_listed_stays(
    fresh_study, server_folder, physionet, loopback
):
    with physionet.PhysioNetServer(server_folder) as server:
        config = configured(fresh_study, server.url, shards=1, attempts=1)
        fresh_study("--quiet", "--", "results/served/records.csv", config=config)
    done = fresh_study("--quiet", "--", "results/served/windows/main.parquet", config=config, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "run again" in said
    assert "Traceback" not in said
    assert len(pd.read_csv(fresh_study.folder / "results" / "served" / "records.csv")) == 24
