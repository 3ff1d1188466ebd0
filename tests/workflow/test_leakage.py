"""What leakage is worth, and the audit of all seven leaks, carried out by the workflow on the tiny study."""

import copy
import json

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
TARGETS = ["results/figures/fig_leakage.pdf", "results/tiny/designs/splits/nonmixed.leaks.csv"]
DOSES = ["nonmixed", "record", "mixed", "overlap50"]


def with_section(config):
    config = copy.deepcopy(config)
    config["study"]["splits"] = ["nonmixed"]
    config["datasets"]["stays"] = {"records": {"source": "simulator", "shards": 1}, "simulator": {"records": 2}}
    config["windowings"]["overlap50"] = {"overlap": 0.5}
    config["splits"]["named"]["record"] = {"kind": "record"}
    config["splits"]["named"]["overlap50"] = {"kind": "mixed", "windowing": "overlap50", "cap": 60}
    config["leakage"] = {"dataset": "stays", "doses": DOSES, "confounding": [0, 1]}
    return config


@pytest.fixture(scope="module")
def study(grown_study):
    """The tiny cohort, and one of patients with two records each, from nothing to what leakage is worth."""
    study = grown_study("leakage")
    study.config = with_section(study.config)
    study("--", *TARGETS)
    return study


def table(study, name):
    return pd.read_csv(study.folder / "results/stays/judgement/leakage/tables" / f"{name}.csv")


def test_it_goes_from_nothing_to_its_figure(study):
    assert (study.folder / TARGETS[0]).read_bytes().startswith(b"%PDF")
    assert (study.folder / TARGETS[0]).with_suffix(".png").stat().st_size > 5000
    assert study.planned(None, "--", *TARGETS) == {}


def test_each_dose_shares_more_than_the_one_before(study):
    dose = table(study, "dose")
    rows = dose[(dose["network"] == "alexnet") & (dose["pressure"] == "SBP") & (dose["average"] == "pooled")]
    assert rows["dose"].tolist() == DOSES
    assert rows["known_subject"].tolist() == [0, pytest.approx(0.5, abs=0.4), 1, 1]
    assert rows["known_record"].tolist() == [0, 0, 1, 1]
    assert rows["known_signal"].tolist() == [0, 0, 0, pytest.approx(0.75, abs=0.2)]
    assert {"alexnet", "mean"} == set(dose["network"])


def test_the_dial_alters_the_pulses_and_not_the_pressures(study):
    dial = table(study, "dial")
    assert set(zip(dial["confounding"], dial["dataset"], strict=True)) == {(0, "stays_confounding_0"), (1, "stays")}
    assert set(dial["dose"]) == {"nonmixed", "mixed"}
    truths = []
    for dataset in ("stays", "stays_confounding_0"):
        paths = sorted((study.folder / "results" / dataset / "raw").rglob("*_truth.parquet"))
        assert len(paths) == 2 * 24
        truths.append(pd.concat([pd.read_parquet(path, columns=["sbp", "dbp"]) for path in paths], ignore_index=True))
    pd.testing.assert_frame_equal(*truths)


def test_all_seven_leaks_are_looked_for_on_every_split(study):
    own = pd.read_csv(study.folder / TARGETS[1])
    assert own["verdict"].tolist() == ["none"] * 5 + ["not assessable", "none"]
    leaks = table(study, "leaks")
    assert (leaks.groupby(["dataset", "split"]).size() == 7).all()
    assert len(leaks) == 6 * 7
    found = leaks[leaks["verdict"] == "found"]
    assert found["declared"].all()
    assert set(found.loc[found["split"] == "record", "kind"]) == {"shared_subject"}
    assert "overlapping_windows" in set(found.loc[found["split"] == "overlap50", "kind"])


@pytest.mark.parametrize("target", ["results/figures/fig7.pdf", "results/tables/table1.csv"])
def test_nothing_is_judged_before_the_splits_were_looked_into(study, target):
    planned = study.planned(study.config, "--forceall", "--", target)
    assert planned["audit_duplicates"] == planned["audit_sets"] == len(study.config["study"]["splits"])


def test_what_a_copy_is_changes_no_split_and_no_training(study):
    config = copy.deepcopy(study.config)
    config["splits"]["duplicate_correlation"] = 0.99995
    planned = study.planned(config, "--", *TARGETS)
    assert planned["audit_duplicates"] == 7
    assert not {"sample_split", "materialize_split", "train_network"} & set(planned)


def test_one_more_value_of_the_dial_adds_its_jobs_and_repeats_none(study):
    config = copy.deepcopy(study.config)
    config["leakage"]["confounding"] = [0, 1, 2]
    planned = study.planned(config, "--", *TARGETS)
    assert planned["train_network"] == planned["sample_split"] == planned["audit_duplicates"] == 2
    assert planned["simulate_records"] == planned["cut_windows"] == 1


def test_without_the_section_nothing_of_it_is_planned(study):
    config = copy.deepcopy(study.config)
    del config["leakage"]
    planned = study.planned(config)
    assert not {"judge_leakage", "fig_leakage"} & set(planned)


@pytest.mark.parametrize("leakage", ["fail", "warn"])
def test_signals_that_stand_in_two_sets_stop_the_run_unless_it_is_told_to_warn(study, leakage):
    """A threshold so low that other people's pulses count as copies."""
    config = copy.deepcopy(study.config)
    config["splits"]["named"]["other"] = {"kind": "nonmixed", "duplicate_correlation": 0.95, "leakage": leakage}
    target = "results/tiny/designs/splits/other.duplicates.json"
    done = study("--", target, config=config, check=False)
    said = done.stdout + done.stderr
    if leakage == "fail":
        assert done.returncode
        assert "other: leak between its sets: near_duplicates" in said
        assert "Traceback" not in said
    else:
        assert done.returncode == 0
        audit = json.loads((study.folder / target).read_text())
        assert audit["undeclared"] == ["near_duplicates"]
        assert audit["warnings"][-1].startswith("other")
