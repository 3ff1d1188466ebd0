"""Splits with folds: what their options mean, the names of their folds, and where they cannot be used."""

import pytest
from snakemake.utils import update_config

from cuffless.config import ConfigError, SplitOptions, read_config
from cuffless.config.arms import active_arms
from cuffless.config.folds import fold_names, fold_of
from cuffless.config.yaml_files import read_yaml

STUDY = {
    "study": {"splits": ["every"], "networks": ["alexnet"]},
    "networks": {"alexnet": {}},
    "splits": {"named": {"nonmixed": {"kind": "nonmixed"}, "every": {"kind": "kfold", "folds": 3}}},
}


def test_each_fold_is_a_split_whose_name_no_other_split_can_have():
    names = fold_names("every", SplitOptions(kind="kfold", folds=3))
    assert names == ["every.fold1", "every.fold2", "every.fold3"]
    assert [fold_of(name) for name in names] == [("every", 1), ("every", 2), ("every", 3)]
    assert fold_names("nonmixed", SplitOptions()) == ["nonmixed"]
    assert fold_of("nonmixed") == ("nonmixed", None)
    assert fold_of("every_fold1") == ("every_fold1", None)
    with pytest.raises(ConfigError, match=r"every\.fold1"):
        read_config({**STUDY, "splits": {"named": {"every.fold1": {"kind": "nonmixed"}}}})


def test_another_number_of_folds_changes_no_split_without_folds():
    splits = {f: read_config({**STUDY, "splits": {**STUDY["splits"], "folds": f}}).splits.named for f in (4, 7)}
    assert splits[4]["nonmixed"].canonical() == splits[7]["nonmixed"].canonical()
    section = {"folds": 4, "named": {"every": {"kind": "kfold"}}}
    assert read_config({**STUDY, "splits": section}).splits.named["every"].folds == 4


def test_folds_are_stratified_unless_told_otherwise():
    section = {"named": {"every": {"kind": "kfold"}, "other": {"kind": "kfold", "stratify": "none"}}}
    named = read_config({**STUDY, "splits": section}).splits.named
    assert (named["every"].stratify, named["other"].stratify) == ("sbp", "none")
    named = read_config({**STUDY, "splits": {"stratify": "none", **section}}).splits.named
    assert named["every"].stratify == "none"


@pytest.mark.parametrize("folds", [1, 0, 2.5, 1001])
def test_impossible_numbers_of_folds_are_refused(folds):
    with pytest.raises(ConfigError, match=r"splits.named.every.folds: .* is not allowed"):
        read_config({**STUDY, "splits": {"named": {"every": {"kind": "kfold", "folds": folds}}}})


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"personalization": {"split": "every"}}, "personalization.named.main.split"),
        ({"rppg": {"split": "every"}}, "rppg.split"),
        ({"leakage": {"doses": ["nonmixed", "every"]}}, "leakage.doses"),
        ({"leakage": {"doses": ["nonmixed", "nonmixed2"], "confounding": [0], "dial": ["every"]}}, "leakage.dial"),
    ],
)
def test_where_one_network_is_needed_a_split_with_folds_is_refused(section, key):
    named = {**STUDY["splits"]["named"], "nonmixed2": {"kind": "nonmixed"}}
    with pytest.raises(ConfigError, match=f"{key}: 'every' is of kind kfold.* name a split of another kind"):
        read_config({**STUDY, "splits": {"named": named}, **section})


def test_the_study_of_real_patients_can_test_each_of_them_once(project):
    raw, over = (read_yaml(project / "config" / name) for name in ("challenge.yaml", "challenge_kfold.yaml"))
    update_config(raw, over)  # as Snakemake lays one file over another
    study = read_config(raw)
    [split] = study.study.splits
    assert study.splits.named[split].kind == "kfold"
    assert study.splits.named[split].cap == 60, "the other options are those of the study"
    assert study.datasets[study.study.dataset].records.identity == "runs"
    assert active_arms(study) == ("splits",)
