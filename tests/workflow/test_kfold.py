"""Every person is tested once: the folds of a split, carried out by the workflow on the tiny study."""

import copy
import json
import shutil

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
FOLDS = 3
SPLITS, TRAINING = "results/tiny/designs/splits", "results/tiny/training"
TARGETS = ["results/figures/fig7.pdf", "results/tables/table1.csv", "results/report.html"]
JOINED = f"{TRAINING}/every/alexnet/seed0/predictions.parquet"


@pytest.fixture(scope="module")
def study(grown_study):
    """The tiny study with a split of three folds, from windows to its figures and report."""
    study = grown_study("kfold")
    study.config = copy.deepcopy(study.config)
    study.config["study"]["splits"] = ["every"]
    study.config["splits"]["named"]["every"] = {"kind": "kfold", "folds": FOLDS}
    study()
    return study


def changed(study, **every):
    config = copy.deepcopy(study.config)
    config["splits"]["named"]["every"] |= every
    return config


def test_each_person_is_tested_once_by_a_network_that_has_not_seen_it(study):
    table = pd.read_parquet(study.folder / JOINED)
    index = pd.read_parquet(study.folder / "results/tiny/windows/main.parquet")
    assert set(table["fold"]) == {1, 2, 3}
    assert table["split"].eq("every").all()
    tested = table[table["subset"] == "test"]
    assert tested.groupby("subject")["fold"].agg(set).map(len).eq(1).all()
    assert set(tested["subject"]) == set(index["subject"])
    assert tested[["sbp", "dbp"]].notna().all(axis=None)
    assert tested.groupby("subject").size().max() == study.config["splits"]["cap"] == 30
    for _, fold in table.groupby("fold"):
        people = fold.groupby("subset")["subject"].agg(set)
        assert not people["test"] & (people["train"] | people["val"])


def test_each_fold_keeps_its_network_and_its_card(study):
    models = sorted((study.folder / TRAINING).glob("every.fold*/*/seed0/model.keras"))
    assert len(models) == 2 * FOLDS
    assert len({path.read_bytes() for path in models}) == 2 * FOLDS
    assert all((path.parent / "model_card.md").is_file() for path in models)
    assert not list((study.folder / TRAINING / "every").rglob("*.keras")), "no network has seen everybody"


def test_the_mean_regressor_of_each_fold_predicts_the_mean_of_its_own_training_people(study):
    table = pd.read_parquet(study.folder / TRAINING / "every/mean/seed0/predictions.parquet")
    for _, fold in table.groupby("fold"):
        train, test = (fold[fold["subset"] == name] for name in ("train", "test"))
        assert np.allclose(test["sbp"], train["sbp_ref"].mean(), atol=0.01)


def test_everybody_is_judged_and_no_leak_is_reported(study):
    tables = study.folder / "results/tiny/judgement/splits/tables"
    cases = pd.read_csv(tables / "cases.csv")
    people = pd.read_parquet(study.folder / JOINED)["subject"].nunique()
    assert cases["case"].tolist() == ["every"]
    assert cases["n_subjects"].tolist() == [people]
    assert cases["baselines_fitted_on"].tolist() == ["training rows"]
    skill = pd.read_csv(tables / "skill.csv").set_index(["network", "baseline", "average", "pressure"])
    mean = skill.loc[("mean", "population_mean", "pooled", "SBP")]
    assert mean["skill"] == pytest.approx(0, abs=1e-6), "the judge fits its mean in each fold, as the network does"
    for leaks in (tables / "leaks.csv", study.folder / SPLITS / "every.leaks.csv"):
        assert not pd.read_csv(leaks)["verdict"].eq("found").any()
    audit = json.loads((study.folder / SPLITS / "every.audit.json").read_text())
    assert audit["warnings"] == audit["undeclared"] == []
    assert len(audit["of_folds"]) == FOLDS
    table1 = pd.read_csv(study.folder / TARGETS[1])
    assert set(table1["setting"]) == {"every"}
    assert set(table1["n_subjects"]) == {people}
    report = (study.folder / TARGETS[2]).read_text()
    assert "every, fold 3" in report
    assert "Simulated people. " in report
    assert f"On {people} simulated people, each tested by networks that have never seen them, AlexNet is" in report
    assert 'aria-label="Kept: PPG above arterial pressure"' in report
    judged = (study.folder / "results/tiny/judgement/splits/judgement.html").read_text()
    assert "tiny: simulated people. " in judged
    card = (study.folder / TRAINING / "every.fold1/alexnet/seed0/model_card.md").read_text()
    assert f"Trained and tested on {people} simulated people." in card
    assert f"{people} subjects in {FOLDS} folds, each tested once" in report


def test_a_network_that_is_not_of_its_fold_is_found(study, make_study):
    other = make_study("kfold_leak").go_on_from(study)
    other.config = study.config
    own, wrong = (other.folder / TRAINING / f"every.fold{k}/alexnet/seed0/model.keras" for k in (1, 2))
    shutil.copy(wrong, own)
    done = other("--", f"{SPLITS}/every.leaks.csv", check=False)
    assert done.returncode
    expected = "every.fold1: leak between its sets: fitted_beyond_training (1, e.g. alexnet seed0"
    assert expected in done.stdout + done.stderr


def test_a_changed_option_repeats_only_what_reads_it(study):
    assert study.planned() == {}
    config = copy.deepcopy(study.config)
    config["training"]["epochs"] = 4
    planned = study.planned(config)
    assert planned["train_network"] == FOLDS
    assert planned["join_predictions"] == 1
    assert not {"sample_split", "join_folds", "materialize_split", "fig5"} & set(planned)
    config = copy.deepcopy(study.config)
    config["study"]["seeds"] = [0, 1]
    planned = study.planned(config)
    assert planned["train_network"] == 2 * FOLDS
    assert planned["join_predictions"] == 2
    assert "sample_split" not in planned
    assert not {"cut_windows", "join_windows"} & set(study.planned(changed(study, folds=4)))


def test_another_number_of_folds_leaves_splits_without_folds_alone(study):
    config = copy.deepcopy(study.config)
    config["study"]["splits"] = ["every", "nonmixed"]
    del config["splits"]["named"]["every"]["folds"]
    config["splits"]["folds"] = 4
    planned = study.planned(config)
    assert planned["sample_split"] == planned["materialize_split"] == 4
    assert planned["train_network"] == 2 * 4


def test_a_lost_fold_is_trained_again_and_no_other(study):
    path = study.folder / TRAINING / "every.fold2/alexnet/seed0/predictions.parquet"
    (study.folder / JOINED).rename(study.folder / "aside")
    path.rename(study.folder / "aside2")
    try:
        planned = study.planned(None, "--", JOINED)
    finally:
        (study.folder / "aside2").rename(path)
        (study.folder / "aside").rename(study.folder / JOINED)
    assert planned == {"train_network": 1, "join_predictions": 1}


def test_more_folds_than_people_stop_with_the_numbers_and_the_remedy(study):
    config = changed(study, folds=40)
    done = study("--", f"{SPLITS}/every.fold1.parquet", config=config, check=False)  # one of the 40 jobs
    said = done.stdout + done.stderr
    assert done.returncode
    assert "40 folds need at least 40 subjects with windows, found 2" in said
    assert "lower folds to 2" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (f"{SPLITS}/nonmixed.fold1.parquet", "split 'nonmixed' has no fold 1; its kind is nonmixed"),
        (f"{SPLITS}/every.fold9.parquet", "split 'every' has no fold 9; its kind is kfold"),
        (f"{TRAINING}/every/alexnet/seed0/model.keras", "No rule to produce"),
    ],
)
def test_what_does_not_exist_is_not_made(study, target, message):
    done = study("-n", "--", target, check=False)
    assert done.returncode
    assert message in done.stdout + done.stderr
