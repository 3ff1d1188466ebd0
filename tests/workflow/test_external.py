"""Networks of one data set on the people of another, carried out by the workflow on the tiny study."""

import copy

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
FIGURE = "results/figures/fig_external.pdf"
OTHER = {"records": {"source": "simulator", "shards": 1}, "simulator": {"seed": 11}}


def with_section(config, **external):
    config = copy.deepcopy(config)
    config["study"]["splits"] = ["nonmixed"]
    config["datasets"]["other"] = OTHER
    config["external"] = {"datasets": ["tiny", "other"], "people": 3, **external}
    return config


@pytest.fixture(scope="module")
def study(grown_study):
    """The tiny cohort and another of equally named people, from nothing to what networks of one know of the other."""
    study = grown_study("external")
    study.config = with_section(study.config, leakage="warn")
    study("--", FIGURE)
    return study


def table(study, name):
    return pd.read_csv(study.folder / "results/tiny/judgement/external/tables" / f"{name}.csv")


def test_it_goes_from_nothing_to_its_figure(study):
    assert (study.folder / FIGURE).read_bytes().startswith(b"%PDF")
    assert (study.folder / FIGURE).with_suffix(".png").stat().st_size > 5000
    assert study.planned(None, "--", FIGURE) == {}


def test_the_diagonal_is_each_data_sets_own_network(study):
    mae = table(study, "mae")
    rows = mae[(mae["network"] == "alexnet") & (mae["pressure"] == "SBP") & (mae["average"] == "pooled")]
    errors = rows.set_index(["trained_on", "tested_on", "setting"])["mae"]
    assert len(errors) == 2 * 4
    for dataset in ("tiny", "other"):
        own = pd.read_parquet(
            study.folder / f"results/{dataset}/training/nonmixed/alexnet/seed0/predictions.parquet"
        ).query("subset == 'test'")
        expected = (own["sbp"] - own["sbp_ref"]).abs().mean()
        assert errors[dataset, dataset, "zero_shot"] == pytest.approx(expected)


def test_the_mean_regressor_knows_in_each_setting_what_is_known_there(study):
    labels = {
        name: pd.read_parquet(study.folder / f"results/{name}/designs/splits/nonmixed.parquet")
        for name in ("tiny", "other")
    }
    said = pd.read_parquet(study.folder / "results/other/external/nonmixed/tiny/mean/seed0/predictions.parquet")
    said = said[said["subset"] == "test"].groupby("setting")["sbp"].agg(["min", "max"])
    means = {name: own.loc[own["subset"] == "train", "sbp"].mean() for name, own in labels.items()}
    assert said.loc["zero_shot"].tolist() == pytest.approx([means["tiny"]] * 2, abs=0.01)
    assert said.loc["shifted"].tolist() == pytest.approx([means["other"]] * 2, abs=0.01)
    lines = pd.read_csv(study.folder / "results/other/external/nonmixed/tiny/mean/seed0/lines.csv")
    people = lines.loc[lines["setting"] == "affine", "people"].iloc[0].split(";")
    own = labels["other"]
    own = own[(own["subset"] == "train") & own["subject"].isin(people)]
    assert own["subject"].nunique() == 3
    expected = own.groupby("subject")["sbp"].mean().mean()
    assert said.loc["affine"].tolist() == pytest.approx([expected] * 2, abs=0.01)


def test_people_of_one_data_set_in_the_other_are_named(study):
    leaks = table(study, "leaks").set_index(["trained_on", "tested_on", "kind"])
    found = leaks.loc[("tiny", "other", "shared_subject")]
    assert found["verdict"] == "found"
    assert found["examples"].startswith("p0000")
    assert leaks.loc[("tiny", "other", "near_duplicates"), "count"] == 0


def test_a_further_data_set_adds_its_jobs_and_repeats_none(study):
    config = with_section(study.config, datasets=["tiny", "other", "third"], leakage="warn")
    config["datasets"]["third"] = {**OTHER, "simulator": {"seed": 12}}
    planned = study.planned(config, "--", FIGURE)
    assert planned["train_network"] == 2
    assert planned["audit_external"] == 4
    assert planned["predict_external"] == 4 * 2
    assert planned["judge_external"] == 1


def test_other_people_are_drawn_without_training_anything_again(study):
    planned = study.planned(with_section(study.config, seed=1, leakage="warn"), "--", FIGURE)
    assert set(planned) - {"fig_external"} == {"predict_external", "judge_external", "plot_figure", "publish_figure"}


def test_without_the_section_nothing_of_it_is_planned(study):
    config = copy.deepcopy(study.config)
    del config["external"]
    planned = study.planned(config)
    assert not {"judge_external", "predict_external", "fig_external"} & set(planned)


def test_people_of_one_data_set_in_the_other_stop_the_study_unless_it_is_told_to_warn(study):
    """The last test: a failed job takes its results with it."""
    done = study(
        "--", "results/other/designs/external/nonmixed/tiny.audit.json", config=with_section(study.config), check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode
    assert "external, tiny to other: shared_subject (" in said
    assert "set external.leakage: warn" in said
    assert "Traceback" not in said
