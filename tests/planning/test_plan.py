from pathlib import Path

import pytest

from cuffless.config import read_config
from cuffless.planning import make_plan

HOUR = 3600.0


def with_download(study, **changes):
    """The same study with other options of downloading."""
    raw = study.model_dump(mode="json", exclude={"leakage"})  # a section that is there is wanted
    name = study.study.dataset
    raw["datasets"][name]["records"]["download"].update(changes)
    return read_config(raw)


@pytest.fixture
def listed(tmp_path, write_records):
    """A study folder whose data set mimic lists 6,000 subjects of 3 hours and 20 MB, one of them with 500 MB."""
    n = 6000
    write_records(
        tmp_path,
        "mimic",
        record=[f"r{k}" for k in range(n)],
        subject=[f"p{k}" for k in range(n)],
        path=[f"p{k}/r{k}" for k in range(n)],
        seconds=[3 * HOUR] * n,
        bytes=[5e8] + [2e7] * (n - 1),
    )
    return tmp_path


def test_the_plan_of_a_listed_database(paper, listed):
    plan = make_plan(paper, figures=8, folder=listed)
    assert plan["basis"] == "records.csv"
    assert (plan["records"], plan["subjects"], plan["hours"]) == (6000, 6000, pytest.approx(18_000))
    assert plan["download_gb"] == pytest.approx(0.5 + 5999 * 0.02)
    windows = 6000 * int(3 * HOUR / 5.25)
    assert plan["windowings"]["main"]["windows"] == windows
    assert plan["windowings"]["main"]["gb"] == pytest.approx(windows * (0.68 * 1750 + 100) / 1e9)
    assert plan["splits"]["nonmixed"]["train"] == 1_000_000
    assert plan["splits"]["nonmixed"]["passing_gb"] == pytest.approx(1.5e6 * 1750 / 1e9)
    assert plan["training"]["windows_by_network"]["alexnet"] == 3 * 2 * 1_000_000 * 200
    assert plan["training"]["windows_by_network"]["mean"] == 0
    assert plan["cpu_hours"]["windowing"] == pytest.approx(18_000 * 0.09073 / 3600)
    assert plan["jobs"]["total"] == sum(n for rule, n in plan["jobs"].items() if rule != "total")


def test_each_fold_is_sampled_stored_and_trained_on(tiny):
    raw = tiny.model_dump(mode="json", include={"study", "datasets", "simulator", "windowings", "splits", "networks"})
    raw["splits"]["named"]["every"] = {**raw["splits"]["named"]["nonmixed"], "kind": "kfold", "folds": 4}
    one = make_plan(read_config({**raw, "study": {**raw["study"], "splits": ["nonmixed"]}}), figures=5)
    plan = make_plan(read_config({**raw, "study": {**raw["study"], "splits": ["every"]}}), figures=5)
    split = plan["splits"]["every"]
    windows = plan["windowings"]["main"]["windows"]
    tested = min(windows, 24 * 30) / 4
    assert split["folds"] == 4
    assert split["test"] == pytest.approx(tested, abs=1)
    assert split["val"] == pytest.approx(0.15 / 0.75 * 3 * tested, abs=1)
    assert sum(split[name] for name in ("train", "val", "test")) == pytest.approx(4 * tested, abs=2)
    assert plan["training"]["runs"] == 4 * one["training"]["runs"] == 8
    assert plan["training"]["windows_by_network"]["alexnet"] == 4 * 3 * split["train"]
    assert 4 < plan["stores"]["splits"]["gb"] / one["stores"]["splits"]["gb"] < 5, "manifests of the folds, and joined"
    assert plan["stores"]["training"]["gb"] > 4 * one["stores"]["training"]["gb"]
    assert plan["cpu_hours"]["materializing"] == pytest.approx(4 * one["cpu_hours"]["materializing"], rel=0.01)
    assert plan["jobs"]["train_network"] == 8


def test_hours_of_training_are_told_only_with_a_rate(paper, listed):
    assert make_plan(paper, figures=8, folder=listed)["training"]["hours_at_most"] is None
    training = make_plan(paper, figures=8, folder=listed, windows_per_second=1000)["training"]
    assert training["hours_at_most"] == pytest.approx(training["windows_at_most"] / 1000 / 3600)


def test_without_raw_files_kept_each_job_at_once_holds_a_shard(paper, listed):
    kept = make_plan(paper, figures=8, folder=listed, jobs=8)["stores"]["recordings"]
    freed = make_plan(with_download(paper, keep_raw=False), figures=8, folder=listed, jobs=8)["stores"]["recordings"]
    assert kept == {"gb": pytest.approx(120.48), "passing_gb": 0.0}
    assert freed == {"gb": 0.0, "passing_gb": pytest.approx(8 * 0.5)}  # one record outweighs a mean shard
    few = with_download(paper, keep_raw=False).model_dump(mode="json", exclude={"leakage"})
    few["datasets"]["mimic"]["records"]["shards"] = 10
    assert make_plan(read_config(few), figures=8, folder=listed, jobs=8)["stores"]["recordings"][
        "passing_gb"
    ] == pytest.approx(8 * 12.048)


def test_what_is_deleted_after_cutting_is_fetched_for_every_windowing(paper, listed):
    raw = with_download(paper, keep_raw=False).model_dump(mode="json", exclude={"leakage"})
    raw["windowings"]["short"] = {"length": 3}
    raw["splits"]["named"]["mixed"]["windowing"] = "short"
    once = make_plan(paper, figures=8, folder=listed)["download_gb"]
    assert make_plan(read_config(raw), figures=8, folder=listed)["download_gb"] == pytest.approx(2 * once)


def test_peak_counts_the_files_between_once_a_job(paper, listed):
    one, two = (make_plan(paper, figures=8, folder=listed, jobs=jobs)["stores"] for jobs in (1, 2))
    assert two["splits"]["passing_gb"] == pytest.approx(2 * one["splits"]["passing_gb"])
    assert two["training"]["passing_gb"] > one["training"]["passing_gb"]


def test_a_mirror_is_said(paper, listed):
    plan = make_plan(with_download(paper, mirror="/data/physionet"), figures=8, folder=listed)
    assert "at most: what /data/physionet holds is linked, not fetched" in plan["note"]


@pytest.mark.parametrize("keep_raw", [True, False])
def test_without_an_address_nothing_is_downloaded_and_nothing_held(paper, listed, keep_raw):
    plan = make_plan(
        with_download(paper, url="", mirror="/data/physionet", keep_raw=keep_raw), figures=8, folder=listed
    )
    assert plan["download_gb"] == 0
    assert plan["stores"]["recordings"] == {"gb": 0.0, "passing_gb": 0.0}
    assert "nothing is fetched" in plan["note"]


def test_a_local_folder_that_was_not_listed_leaves_its_figures_open(project, tmp_path):
    raw = {"datasets": {"cohort": {"records": {"source": "wfdb", "path": "somewhere"}}}}
    plan = make_plan(read_config(raw), figures=8, folder=tmp_path)
    assert plan["basis"] == "unknown"
    assert plan["hours"] is plan["records"] is plan["windowings"]["main"]["windows"] is None
    assert plan["download_gb"] == 0
    assert plan["splits"]["mixed"]["train"] == 1_000_000
    assert "recordings" not in plan["stores"]


def test_the_files_of_a_small_study_are_about_as_large_as_foretold(tmp_path):
    """Stores of shards and sets, from windows as the simulator gives them."""
    import pandas as pd

    from cuffless.config import SimulatorOptions
    from cuffless.designs import SUBSETS, sample_split
    from cuffless.records import from_arrays
    from cuffless.simulator import simulate_subject
    from cuffless.windows import WindowStore, iter_windows
    from cuffless.windows.materialize import materialize

    minutes, subjects = 20, 6
    raw = {
        "study": {"dataset": "made", "splits": ["mixed"], "networks": ["mean"]},
        "datasets": {"made": {"simulator": {"subjects": subjects, "minutes": minutes}}},
        "splits": {"named": {"mixed": {"kind": "mixed"}}},
    }
    study = read_config(raw)
    folder = tmp_path / "results" / "made" / "windows"
    names = [folder / "main" / f"shard000{suffix}" for suffix in (".zarr.zip", ".parquet")]
    folder.joinpath("main").mkdir(parents=True)
    with WindowStore(*names, folder / "main.quality.csv", study.windowings["main"]) as store:
        for number in range(1, subjects + 1):
            made = simulate_subject(number, SimulatorOptions(minutes=minutes, multi_segment=0.0))
            record = from_arrays(f"r{number}", made.ppg, made.abp, 125.0)
            row = {"record": record.name, "subject": made.name, "identity": "patient"}
            store.add(row, iter_windows(record, store.options))
    index = pd.read_parquet(names[1])
    manifest = sample_split(index, study.splits.named["mixed"]).windows
    outputs = {s: str(tmp_path / f"{s}.zarr.zip") for s in SUBSETS}
    materialize(manifest, [str(names[0])], outputs)

    plan = make_plan(study, figures=8, folder=tmp_path)
    assert plan["windowings"]["main"]["basis"] == "cut"
    assert plan["windowings"]["main"]["windows"] == len(index)
    foretold = plan["splits"]["mixed"]
    assert [foretold[s] for s in SUBSETS] == pytest.approx(manifest["subset"].value_counts()[list(SUBSETS)], abs=1)
    written = sum(Path(path).stat().st_size for path in [names[0], *outputs.values()])
    assert written == pytest.approx(2 * 0.68 * 1750 * len(index), rel=0.1)
