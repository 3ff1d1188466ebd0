"""Each leak that a table can show, injected, and clean tables."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table


def test_a_clean_table_has_none(make_table, leaks):
    calibration = make_table(windows=2, subset="calibration").assign(start=lambda t: t["start"] - 100)
    found = leaks(make_table(), make_table(subset="train", first=100), calibration)
    unknown = ["divided_subject", "near_duplicates", "fitted_beyond_training"]
    assert (found.drop(index=unknown)["verdict"] == "none").all()
    assert (found.loc[unknown, "verdict"] == "not assessable").all()


def test_without_rows_to_compare_nothing_is_claimed(make_table, leaks):
    found = leaks(make_table())
    by_itself = ["respelled_subject", "repeated_rows", "centred_on_test", "equal_to_reference"]
    assert set(found.drop(index=by_itself)["verdict"]) == {"not assessable"}
    assert set(found.loc[by_itself, "verdict"]) == {"none"}
    assert found.loc["shared_subject", "reason"] == "no training rows"
    assert "needs the signals" in found.loc["near_duplicates", "reason"]


def test_a_subject_on_both_sides_is_found(make_table, leaks):
    training = pd.concat(
        [make_table(subset="train", first=100), make_table(subjects=1, subset="train", record="other")]
    )
    found = leaks(make_table(), training)
    assert found.loc["shared_subject", ["count", "verdict", "examples"]].tolist() == [1, "found", "p000"]
    assert found.loc["shared_record", "verdict"] == "none"


def test_a_record_on_both_sides_is_found_whoever_it_is_said_to_be_of(make_table, leaks):
    found = leaks(
        make_table(), make_table(subset="train", subjects=2).assign(subject="x", start=lambda t: t.start + 1e4)
    )
    assert found.loc["shared_record", ["count", "verdict"]].tolist() == [2, "found"]
    assert found.loc["shared_subject", "verdict"] == "none"


@pytest.mark.parametrize(
    ("shift", "seconds", "n"), [(3.0, 7.0, 12), (-3.0, 7.0, 12), (2.0, 1.0, 12), (-20.0, 300.0, 12)]
)
def test_windows_that_share_signal_are_found_on_either_side_within_and_around(make_table, leaks, shift, seconds, n):
    training = make_table(subset="train", subjects=1).assign(start=lambda t: t["start"] + shift, seconds=seconds)
    found = leaks(make_table(), training)
    assert found.loc["overlapping_windows", ["count", "verdict"]].tolist() == [n, "found"]


def test_windows_that_follow_one_another_share_nothing(make_table, leaks):
    training = make_table(subset="train", subjects=1).assign(start=lambda t: t["start"] + 7.0, seconds=3.0)
    assert leaks(make_table(), training).loc["overlapping_windows", "verdict"] == "none"


def test_calibration_windows_in_the_test_set_are_found(make_table, leaks):
    calibration = make_table(windows=2, subset="calibration").assign(start=lambda t: t["start"] + 2)
    found = leaks(make_table(), calibration)
    assert found.loc["calibration_in_test", ["count", "verdict"]].tolist() == [16, "found"]


@pytest.mark.parametrize("middle", ["mean", "median"])
def test_a_constant_that_knows_more_than_the_training_set_is_found(make_table, leaks, middle):
    test, training = make_table(network="mean"), make_table(subset="train", first=100)
    val = make_table(subset="val", first=200)
    for known, verdict in (
        ((training,), "none"),
        ((training, test), "found"),
        ((test,), "found"),
        ((val,), "found"),
        ((training, val), "found"),
        ((training, val, test), "found"),
    ):
        value = getattr(pd.concat(known)[["sbp_ref", "dbp_ref"]], middle)()
        found = leaks(test.assign(sbp=value["sbp_ref"], dbp=value["dbp_ref"]), training, val)
        assert found.loc["fitted_beyond_training", "verdict"] == verdict


def test_a_constant_that_is_nobodys_mean_is_no_leak(make_table, leaks):
    fixed = make_table().assign(sbp=120.0, dbp=80.0)
    found = leaks(fixed, make_table(subset="train", first=100))
    assert found.loc["fitted_beyond_training", ["count", "verdict"]].tolist() == [0, "none"]


def test_a_training_mean_that_happens_to_be_the_test_sets_is_no_leak(make_table, leaks):
    training = make_table(subset="train").assign(subject=lambda t: "x" + t["subject"])
    value = training[["sbp_ref", "dbp_ref"]].mean()
    found = leaks(make_table(sbp=value["sbp_ref"], dbp=value["dbp_ref"]), training)
    assert found.loc["fitted_beyond_training", "verdict"] == "none"


def test_what_other_predictors_were_normalized_with_is_said_to_be_unknown(make_table, leaks):
    fixed = make_table(network="fixed").assign(sbp=120.0, dbp=80.0)
    found = leaks(make_table(), fixed, make_table(subset="train", first=100))
    assert found.loc["fitted_beyond_training", "verdict"] == "none"
    assert "what alexnet was normalized with is not in the table" in found.loc["fitted_beyond_training", "reason"]


def test_records_that_are_numbered_for_each_person_are_not_shared(make_table, leaks):
    found = leaks(make_table(record="1"), make_table(subset="train", first=100, record="1"))
    assert found.loc[["shared_record", "overlapping_windows"], "verdict"].tolist() == ["none", "none"]
    found = leaks(make_table(record="1"), make_table(subset="train", record="1"))
    assert found.loc["shared_record", ["count", "verdict"]].tolist() == [8, "found"]


def test_a_recording_under_another_persons_name_is_found_by_its_times(make_table, leaks):
    training = make_table(subset="train").assign(subject=lambda t: "x" + t["subject"])
    found = leaks(make_table(), training)
    assert found.loc["overlapping_windows", ["count", "verdict"]].tolist() == [96, "found"]


def test_what_another_fold_trains_on_is_no_leak(make_table, leaks):
    first, second = make_table(subjects=4, fold=0), make_table(subjects=4, first=50, fold=1)
    training = [part.assign(subset="train", fold=1 - part["fold"]) for part in (first, second)]
    looked = ["shared_subject", "shared_record", "overlapping_windows"]
    assert (leaks(first, second, *training).loc[looked, "verdict"] == "none").all()
    same = [part.assign(fold=1 - part["fold"]) for part in training]
    assert (leaks(first, second, *same).loc[looked, "verdict"] == "found").all()
    untold = [part.assign(fold=np.nan) for part in training]  # of every fold
    assert (leaks(first, second, *untold).loc[looked, "verdict"] == "found").all()


def test_calibration_windows_in_the_test_set_are_found_in_every_fold(make_table, leaks):
    calibration = make_table(windows=2, subset="calibration").assign(start=lambda t: t["start"] + 2)
    found = leaks(make_table(fold=3), calibration)
    assert found.loc["calibration_in_test", "count"] == 16


def test_without_times_overlap_is_not_assessable(make_table, leaks):
    tables = (make_table(), make_table(subset="train", first=100))
    found = leaks(*(table.drop(columns=["start", "seconds"]) for table in tables))
    assert found.loc["overlapping_windows", "reason"] == "no columns start and seconds"
    assert np.isnan(found.loc["overlapping_windows", "count"])


@pytest.fixture
def chains(make_table):
    """Test and training rows of 60 subjects, of whom up to four in a row are one person; each has its own number."""
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(60), rng.integers(1, 5, 60))[:60]
    level = rng.normal(120, 18, 60)[owner] + rng.normal(0, 3, 60)
    names = [f"r{100 + k}" for k in range(60)]
    side = rng.permutation(np.repeat(["test", "train"], 30))
    parts = []
    for name, sbp, subset in zip(names, level, side, strict=True):
        rows = make_table(subjects=1, windows=4, subset=subset)
        parts.append(rows.assign(subject=name, record=name, sbp_ref=sbp, dbp_ref=sbp / 2, hr=200 - sbp))
    return parts


def test_people_hidden_in_record_numbers_are_found(leaks, chains):
    mixed = np.random.default_rng(1).permutation(60)  # rows tell nothing
    hidden = leaks(*(chains[k] for k in mixed)).loc["hidden_order"]
    assert hidden["verdict"] == "found"
    assert 15 < hidden["count"] < 45
    assert "neighbours in the record numbers differ by" in hidden["reason"]
    assert "training rows give away test rows" in hidden["reason"]


def test_people_hidden_in_the_rows_of_a_table_are_found(leaks, chains):
    names = np.random.default_rng(2).permutation(900)[:60]
    renamed = [part.assign(subject=f"x{n}", record=f"x{n}") for part, n in zip(chains, names, strict=True)]
    assert "neighbours in the rows of the table" in leaks(*renamed).loc["hidden_order", "reason"]
    mixed = [renamed[k] for k in np.random.default_rng(1).permutation(60)]
    assert leaks(*mixed).loc["hidden_order", "verdict"] == "none"


def test_people_hidden_in_times_of_one_clock_are_found(leaks, chains):
    rng = np.random.default_rng(2)
    names, mixed = rng.permutation(900)[:60], rng.permutation(60)
    renamed = [
        part.assign(subject=f"x{n}", record=f"x{n}", start=lambda t, k=k: t["start"] + 3600.0 * k)
        for k, (part, n) in enumerate(zip(chains, names, strict=True))
    ]
    assert "neighbours in the start times" in leaks(*(renamed[k] for k in mixed)).loc["hidden_order", "reason"]


def test_hidden_people_make_intervals_too_narrow_where_there_are_no_training_rows(leaks, chains):
    test = [part.assign(subset="test", sbp=120.0, dbp=60.0) for part in chains]
    hidden = leaks(*test).loc["hidden_order"]
    assert (hidden["verdict"], hidden["count"]) == ("found", 59)
    assert "intervals are too narrow" in hidden["reason"]


def test_hidden_people_are_a_warning_of_the_judgement(write, chains):
    table = read_table([write(pd.concat(chains, ignore_index=True), "t.parquet")])
    notes = judge(table, EvaluationOptions(bootstrap=400)).notes
    assert notes[0].startswith("WARNING: nonmixed: people may be hidden in the order: neighbours in the record numbers")


def test_a_table_that_is_numbered_at_random_hides_nobody(make_table, leaks):
    found = [
        leaks(make_table(subjects=30, seed=seed), make_table(subjects=30, subset="train", first=100 + seed))
        for seed in range(10)
    ]
    assert sum(one.loc["hidden_order", "verdict"] == "found" for one in found) <= 1
