"""People who are there twice: under other spellings, under other names with the same rows, in several folds."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement.leaks.spellings import group_spellings


@pytest.mark.parametrize(
    "names",
    [
        ["p000001", "P000001", "1", " 1", "001"],
        ["Anna_1", "anna 1", "ANNA-001"],
        ["S01/02", "s1_2"],
        ["7", "7.0", "007"],
        ["\uff11", "1"],  # a full-width digit
    ],
)
def test_spellings_of_one_name_are_one_person(names):
    assert group_spellings(names) == [sorted(names)]


@pytest.mark.parametrize(
    "names",
    [
        ["p1", "p2", "p10", "p01x"],
        ["a1", "b1", "1"],  # of two prefixes nobody knows which the bare number has
        ["1-2", "12", "1.2"[::-1] + "1"],
        ["anna", "ann a", "hannah"],
        ["-", "--", "NA", "N/A"],
    ],
)
def test_names_of_different_people_are_not_spellings(names):
    assert group_spellings(names) == []


def test_people_under_several_spellings_are_counted_with_where_they_are(make_table, leaks):
    training = make_table(subjects=3, subset="train").assign(
        subject=lambda t: t["subject"].str.upper(), record="other", start=lambda t: t["start"] + 1e5
    )
    alone = make_table(subset="train", first=100)  # P0 of training only is nobody's leak
    alone = pd.concat([alone, alone.assign(subject=alone["subject"].str.upper(), record="again")])
    found = leaks(make_table(), training, alone).loc["respelled_subject"]
    assert found[["count", "verdict"]].tolist() == [3, "found"]
    assert found["examples"] == "P000 = p000, P001 = p001, P002 = p002"
    assert "3 of them have training or calibration rows" in found["reason"]
    twice = make_table(subjects=2).assign(subject=lambda t: t["subject"].str[1:], record="r")
    assert "2 count several times among the test" in leaks(make_table(), twice).loc["respelled_subject", "reason"]


def renamed(rows, **columns):
    """Rows as training rows of other people, at other times, in another order of people."""
    people = rows["subject"].unique()
    name = dict(zip(people, [f"x{k:03d}" for k in np.random.default_rng(0).permutation(len(people))], strict=True))
    names = rows["subject"].map(name)
    table = rows.assign(subset="train", subject=names, record=names, start=rows["start"] + 33.5, **columns)
    return table.sort_values("subject", kind="stable")


def rounded(rows):
    return rows.assign(sbp_ref=rows["sbp_ref"].round(), dbp_ref=rows["dbp_ref"].round(), hr=rows["hr"].round())


@pytest.mark.parametrize("written", [lambda t: t, rounded], ids=["as they are", "whole numbers"])
def test_test_rows_in_training_under_other_names_are_found(make_table, leaks, written):
    test, strangers = (written(make_table(first=first, subset=s)) for first, s in ((0, "test"), (100, "train")))
    found = leaks(test, strangers, renamed(test)).loc["repeated_rows"]
    assert found[["count", "verdict"]].tolist() == [8, "found"]
    assert "8 among the training rows, 0 among the test rows" in found["reason"]


def test_copied_rows_are_found_without_rates_rounded_or_in_any_order(make_table, leaks):
    test, strangers = make_table(), make_table(subset="train", first=100)
    for copy in (
        renamed(test, hr=np.nan),
        renamed(rounded(test)),
        renamed(test.sample(frac=1, random_state=0)).assign(start=np.arange(96) * 7.0),
        renamed(test[test["subject"] < "p004"]),
    ):
        assert leaks(test, strangers, copy).loc["repeated_rows", "count"] == copy["subject"].nunique()


def test_a_test_subject_under_a_second_name_is_found_without_training_rows(make_table, leaks):
    test = make_table()
    again = renamed(test[test["subject"] < "p002"]).assign(subset="test")
    found = leaks(test, again).loc["repeated_rows"]
    assert found[["count", "verdict"]].tolist() == [4, "found"]  # both names of both


def test_rows_of_another_fold_are_no_copies(make_table, leaks):
    first, second = make_table(fold=0), make_table(first=50, fold=1)
    assert leaks(first, second, renamed(first), second.assign(subset="train", fold=0)).loc[
        "repeated_rows", "verdict"
    ] == ("found")
    apart = [renamed(first, fold=1), make_table(subset="train", first=200, fold=0)]
    assert leaks(first, second, *apart).loc["repeated_rows", "verdict"] == "none"


def held(rows, windows=4):
    """References of a cuff, each held for some windows, in whole mmHg."""
    labels = rows[["sbp_ref", "dbp_ref"]].round()
    first = labels.groupby([rows["subject"], rows.groupby("subject").cumcount() // windows]).transform("first")
    return rows.assign(**{name: first[name] for name in labels})


@pytest.mark.parametrize("write_down", [rounded, held, lambda t: rounded(t).assign(hr=np.nan)])
@pytest.mark.parametrize(("subjects", "windows"), [(3, 40), (40, 12), (60, 1), (10, 200)])
def test_rounded_references_of_strangers_are_no_copies(make_table, leaks, write_down, subjects, windows):
    for seed in range(3):
        test = write_down(make_table(subjects, windows, seed=seed))
        training = write_down(make_table(3 * subjects, windows, seed=seed, subset="train", first=100))
        assert leaks(test, training).loc["repeated_rows", "verdict"] == "none"


def test_subjects_in_several_folds_are_found_where_there_are_no_training_rows(make_table, leaks):
    rows = make_table()
    by_window = rows.assign(fold=rows.groupby("subject").cumcount() % 3)
    found = leaks(by_window).loc["divided_subject"]
    assert found[["count", "verdict"]].tolist() == [8, "found"]
    by_person = rows.assign(fold=pd.factorize(rows["subject"])[0] % 3)
    assert leaks(by_person).loc["divided_subject", "verdict"] == "none"
    both = pd.concat([by_person, by_person.assign(seed=1, fold=(by_person["fold"] + 1) % 3)])  # repeated
    assert leaks(both).loc["divided_subject", "verdict"] == "none"
