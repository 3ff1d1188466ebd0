"""Tests that know what a sample is, beside the paper's."""

import numpy as np
import pytest
from scipy import stats

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.tests import (
    AGAINST_MEAN,
    compare_predictors,
    ks_p,
    ks_test,
    paired_t_test,
    sign_flip_test,
)
from cuffless.judgement.table.predictions import align_predictions

OPTIONS = EvaluationOptions()


def _compare(predictions):
    return compare_predictors(align_predictions(predictions), OPTIONS)


@pytest.mark.parametrize("subjects", [8, 40])
def test_sign_flips_give_the_p_value_of_scipy(subjects):
    differences = np.random.default_rng(0).normal(0.4, 1, (subjects, 2))
    expected = [
        stats.permutation_test(
            (column,), np.mean, permutation_type="samples", n_resamples=9999, vectorized=True, rng=1
        ).pvalue
        for column in differences.T
    ]
    np.testing.assert_allclose(sign_flip_test(differences), expected, atol=0 if subjects == 8 else 0.01)


def test_few_subjects_are_tested_with_all_sign_flips():
    assert sign_flip_test(np.ones((6, 1))) == pytest.approx([2 / 64])


def test_no_difference_is_not_significant():
    np.testing.assert_array_equal(sign_flip_test(np.zeros((20, 1))), [1.0])


def test_copied_windows_fool_the_ks_test_but_not_the_paired_one(make_predictions):
    """Ten subjects, a network no better than the mean: more windows a subject must not make it so."""
    rng = np.random.default_rng(3)
    table = make_predictions(subjects=10, windows=300, networks=("lstm", "mean"), splits=("nonmixed",))
    strangers = table["network"] == "lstm"
    shift = dict(zip(table["subject"].unique(), rng.normal(0, 9, 10), strict=True))
    table.loc[strangers, "sbp"] = 116 + table.loc[strangers, "subject"].map(shift)
    row = _compare(table).set_index("pressure").loc["SBP"]
    assert row["ks_windows_significant"]
    assert row["ks_windows_p"] < 1e-6
    assert not row["paired_significant"]


def test_the_ks_test_is_that_on_absolute_errors(make_predictions):
    table = make_predictions(subjects=10, splits=("nonmixed",), networks=("lstm", "mean"))
    errors = {name: (rows["sbp"] - rows["sbp_ref"]).abs() for name, rows in table.groupby("network")}
    expected = stats.ks_2samp(errors["lstm"], errors["mean"], method="asymp")
    row = _compare(table).iloc[0]
    assert row["ks_windows_statistic"] == pytest.approx(expected.statistic)
    assert row["ks_windows_p"] == pytest.approx(expected.pvalue)


def test_a_difference_is_that_of_the_subjects_means(make_predictions):
    table = make_predictions(subjects=10, splits=("nonmixed",), networks=("lstm", "mean"))
    error = (table["sbp"] - table["sbp_ref"]).abs().groupby([table["network"], table["subject"]]).mean()
    row = _compare(table).iloc[0]
    assert row["difference"] == pytest.approx((error["lstm"] - error["mean"]).mean())
    assert (row["pairing"], row["n_pairs"]) == ("by subject", 10)


def test_splits_are_paired_by_the_subjects_they_share(make_predictions):
    table = make_predictions(subjects=20)
    tests = _compare(table)
    between = tests[tests["comparison"] == "split vs split"]
    assert (between["n_pairs"] == 20).all()
    networks = between[between["network_a"] != "mean"]
    assert networks["paired_significant"].all()
    assert (networks["difference"] > 0).all()


def test_splits_without_shared_subjects_are_unpaired(make_predictions):
    table = make_predictions(subjects=20)
    table.loc[table["split"] == "mixed", "subject"] += "x"
    between = _compare(table).query("comparison == 'split vs split'")
    assert (between["pairing"] == "unpaired").all()
    assert between["paired_p"].isna().all()
    assert not between["paired_significant"].any()
    assert between["ks_windows_p"].notna().all()


def test_five_subjects_are_too_few_to_test(make_predictions):
    tests = _compare(make_predictions(subjects=5, splits=("nonmixed",)))
    assert (tests["pairing"] == "too few subjects").all()
    assert tests["paired_p_holm"].isna().all()


def test_holm_corrects_within_each_question(make_predictions):
    """Against the mean, each split is a question, so that its page and this table give one p-value."""
    tests = _compare(make_predictions(subjects=20))
    against = tests["comparison"] == AGAINST_MEAN
    assert tests.loc[against, "split_a"].nunique() == 2
    for _, rows in tests.groupby(["comparison", tests["split_a"].where(against, "")]):
        ordered = rows.sort_values("paired_p")
        m = len(rows)
        by_hand = np.minimum(np.maximum.accumulate(ordered["paired_p"] * (m - np.arange(m))), 1)
        np.testing.assert_allclose(ordered["paired_p_holm"], by_hand)
        assert (rows["family"] == m).all()


def test_a_lone_network_has_nothing_to_be_compared_with(make_predictions):
    tests = _compare(make_predictions(subjects=8, networks=("lstm",), splits=("nonmixed",)))
    assert tests.empty
    assert {"comparison", "paired_p_holm", "ks_windows_p"} <= set(tests.columns)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3, 3.0])
@pytest.mark.parametrize("sizes", [(20, 30), (400, 300), (5000, 5000)])
def test_tests_on_windows_are_those_of_scipy(sizes, shift):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(place, 1, size).round(2) for place, size in zip((0, shift), sizes, strict=True))
    np.testing.assert_allclose(ks_test(a, b), stats.ks_2samp(a, b, method="asymp")[:2], rtol=1e-9)
    assert ks_p(np.sort(a), b) == ks_test(a, b)[1]
    paired = a[: min(sizes)], b[: min(sizes)]
    np.testing.assert_allclose(paired_t_test(*paired), stats.ttest_rel(*paired)[:2], rtol=1e-9)
