"""Personalization, carried out by the workflow on the tiny study."""

import copy
import json

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
TARGETS = ["results/figures/fig8.pdf", "results/figures/figA1.pdf", "results/figures/fig_budget.pdf"]
TARGETS += ["results/tables/personalization.md", "results/tables/table1.md"]


@pytest.fixture(scope="module")
def study(grown_study):
    """The tiny cohort's personalization under two protocols, from its networks to its figures."""
    study = grown_study("personalization")
    study.config["study"]["splits"] = ["nonmixed"]
    study.config["personalization"] = {
        "subjects": 3, "min_windows": 20, "budget_windows": [1], "budget_shares": [], "epochs": 5,
        "named": {"main": {}, "code": {"preset": "code", "leakage": "warn", "epochs": 5}},
    }  # fmt: skip
    study("--", *TARGETS)
    return study


def table(study, name):
    return pd.read_csv(study.folder / "results/tiny/judgement/personalization/tables" / f"{name}.csv")


def test_it_goes_from_nothing_to_its_figures(study):
    for target in TARGETS[:3]:
        assert (study.folder / target).read_bytes().startswith(b"%PDF")
    assert study.planned(None, "--", *TARGETS) == {}


def test_windows_are_drawn_from_all_that_are_kept_not_from_the_capped_sample(study):
    plan = pd.read_parquet(study.folder / "results/tiny/designs/personalization/main/windows.parquet")
    index = pd.read_parquet(study.folder / "results/tiny/windows/main.parquet")
    split = pd.read_parquet(study.folder / "results/tiny/designs/splits/nonmixed.parquet")
    kept = index[index["subject"].isin(plan["subject"])].groupby("subject").size()
    assert plan.groupby("subject").size().equals(kept)
    assert (split.groupby("subject").size().loc[kept.index] < kept).any()  # the cap took some
    assert set(split.loc[split["subject"].isin(kept.index), "subset"]) == {"test"}


def test_the_warning_of_a_protocol_that_leaks_goes_with_its_results(study):
    audit = json.loads((study.folder / "results/tiny/designs/personalization/code/audit.json").read_text())
    assert audit["warnings"]
    assert "WARNING" in (study.folder / "results/tables/personalization.md").read_text()
    clean = json.loads((study.folder / "results/tiny/designs/personalization/main/audit.json").read_text())
    assert clean["undeclared"] == clean["warnings"] == []


def test_every_method_is_judged_on_the_same_test_windows(study):
    mae = table(study, "mae")
    for _, rows in mae.groupby(["protocol", "pressure", "average"]):
        assert len(set(rows["n_windows"])) == 1
    assert {"network", "offset", "calibration_mean", "hold_first", "hold_last", "heart_rate", "mean"} <= set(
        mae["method"]
    )


def test_table1_has_the_rows_of_personalization_beside_the_papers(study):
    rows = pd.read_csv(study.folder / "results/tables/table1.csv")
    assert {"nonmixed", "before", "random", "first"} == set(rows["setting"])
    pooled = rows[(rows["average"] == "pooled") & (rows["network"] == "alexnet")].set_index(["setting", "pressure"])
    assert pooled.loc[("random", "SBP"), "paper"] == 11.8


def test_a_change_repeats_only_what_it_concerns(study):
    def planned(**changes):
        config = copy.deepcopy(study.config)
        for key, value in changes.items():
            config["personalization"][key] = value
        return study.planned(config, "--", *TARGETS)

    retuned = planned(learning_rate=0.002)
    assert retuned["personalize_network"] == 1  # the authors' procedure has its own
    assert not {"sample_plan", "materialize_plan", "train_network"} & set(retuned)
    redrawn = planned(seed=1)
    assert redrawn["sample_plan"] == redrawn["personalize_network"] == 2
    assert "train_network" not in redrawn


def test_a_failed_audit_stops_the_run(study):
    config = copy.deepcopy(study.config)
    config["personalization"]["named"]["main"] = {"gap": 0}
    done = study("--", *TARGETS[:1], config=config, check=False)
    assert done.returncode
    assert "Raise personalization.gap" in done.stdout + done.stderr
