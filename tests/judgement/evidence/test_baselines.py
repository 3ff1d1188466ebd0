"""Baselines against plain loops."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import make_cases, read_table
from cuffless.judgement.evidence.baselines import FROM_TRAINING, IN_SAMPLE, RIDGE_ALPHA, make_baselines
from cuffless.judgement.names import REGRESSIONS


def case_of(write, *tables):
    [case] = make_cases(read_table([write(pd.concat(tables, ignore_index=True), "t.parquet")]))
    return case


def plain_ridge(x, y, at):
    """Ridge of standardized predictors, the long way."""
    mean, sd = x.mean(axis=0), x.std(axis=0)
    z = (x - mean) / sd
    slope = np.linalg.solve(z.T @ z + RIDGE_ALPHA * np.eye(x.shape[1]), z.T @ (y - y.mean(axis=0)))
    return y.mean(axis=0) + (at - mean) / sd @ slope


def test_with_training_rows_the_mean_is_theirs(make_table, write):
    training = make_table(subset="train", first=100)
    base = make_baselines(case_of(write, make_table(), training))
    assert base.fitted_on == FROM_TRAINING
    reference = training[["sbp_ref", "dbp_ref"]]
    assert np.allclose(base.predicted["population_mean"], reference.mean())
    assert np.allclose(base.predicted["population_median"], reference.median())


def test_validation_rows_are_fitted_on_only_where_no_row_is_training(make_table, write):
    train, val = make_table(subset="train", first=100), make_table(subset="val", first=200)
    for given, known in (((train, val), train), ((val,), val)):
        base = make_baselines(case_of(write, make_table(), *given))
        assert np.allclose(base.predicted["population_mean"], known[["sbp_ref", "dbp_ref"]].mean())


def folded(make_table):
    """Two folds, each tested on the people whom the other trains on."""
    first, second = make_table(subjects=4, fold=0), make_table(subjects=4, first=50, fold=1)
    return first, second, [part.assign(subset="train", fold=1 - part["fold"]) for part in (first, second)]


def test_a_folds_baselines_know_its_own_training_rows_only(make_table, write):
    first, second, training = folded(make_table)
    case = case_of(write, first, second, *training)
    base = make_baselines(case)
    assert base.fitted_on == FROM_TRAINING
    for tested, known in ((first, second), (second, first)):
        at = case.windows["subject"].isin(tested["subject"]).to_numpy()
        assert np.allclose(base.predicted["population_mean"][at], known[["sbp_ref", "dbp_ref"]].mean())
        assert np.allclose(base.predicted["population_median"][at], known[["sbp_ref", "dbp_ref"]].median())
        x, y = known[["hr"]].to_numpy(), known[["sbp_ref", "dbp_ref"]].to_numpy()
        at_x = case.windows.loc[at, ["hr"]].to_numpy()
        for p in range(2):
            assert np.allclose(base.predicted["heart_rate"][at, p], plain_ridge(x, y[:, p], at_x), atol=1e-6)


def test_where_a_fold_has_no_training_rows_all_is_fitted_in_sample(make_table, write):
    first, second, training = folded(make_table)
    assert make_baselines(case_of(write, first, second, training[0])).fitted_on == IN_SAMPLE


@pytest.mark.parametrize("tuned_first", [False, True])
def test_a_setting_is_corrected_by_its_own_calibration_rows_in_whatever_order(make_table, write, tuned_first):
    def rows(setting, error, n):
        test, own = make_table(setting=setting), make_table(windows=n, subset="calibration", setting=setting)
        own = own.assign(start=own["start"] - 100, sbp=own["sbp_ref"] + error, dbp=own["dbp_ref"] + error)
        return [test, own]

    tables = [rows("", 30.0, 3), rows("tuned", 0.0, 1)]
    tables = tables[::-1] if tuned_first else tables
    cases = make_cases(read_table([write(pd.concat([*tables[0], *tables[1]]), "t.parquet")]))
    [tuned] = [case for case in cases if case.setting == "tuned"]
    assert len(tuned.calibration) == 8
    base = make_baselines(tuned)
    assert np.allclose(base.offset["alexnet", 0], tuned.judged.predicted["alexnet", 0])


def test_training_rows_without_a_split_or_setting_belong_to_all(make_table, write):
    training = make_table(subset="train", first=100, split="", setting="")
    base = make_baselines(case_of(write, make_table(setting="tuned"), training))
    assert np.allclose(base.predicted["population_mean"], training[["sbp_ref", "dbp_ref"]].mean())


def test_one_subject_alone_has_nothing_to_fit_on(make_table, write):
    base = make_baselines(case_of(write, make_table(subjects=1)))
    assert base.fitted_on.startswith("nothing")
    assert base.absent["heart_rate"] == "no training rows, and no other subject"


def test_without_training_rows_all_test_subjects_are_fitted_and_count_the_same(make_table, write):
    rows = make_table(subjects=5).groupby("subject").head(7)
    rows = pd.concat([rows, make_table(subjects=1, windows=42, first=90)])  # counts like any other
    case = case_of(write, rows)
    base = make_baselines(case)
    assert base.fitted_on == IN_SAMPLE
    assert base.in_sample("population_mean")
    assert base.in_sample("heart_rate")
    assert not base.in_sample("calibration_mean")
    counts = np.bincount(case.judged.owner)
    assert sorted(counts) == [7] * 5 + [42]
    alike = np.repeat(np.arange(len(rows)), 42 // counts[case.judged.owner])  # everybody's windows, equally often
    reference = case.judged.reference[alike]
    assert np.allclose(base.predicted["population_mean"], reference.mean(axis=0))
    said = base.predicted["population_median"]
    for p in range(2):
        assert np.unique(said[:, p]).size == 1
        constants = np.unique(reference[:, p])
        errors = np.abs(constants[:, None] - reference[:, p]).mean(axis=1)
        assert np.abs(said[0, p] - reference[:, p]).mean() == pytest.approx(errors.min())
    hr = case.windows[["hr"]].to_numpy()
    alpha = RIDGE_ALPHA * len(alike) / len(rows)  # the penalty is for as many windows as there are
    z = (hr[alike] - hr[alike].mean()) / hr[alike].std()
    slope = np.linalg.solve(z.T @ z + alpha * np.eye(1), z.T @ (reference - reference.mean(axis=0)))
    expected = reference.mean(axis=0) + (hr - hr[alike].mean()) / hr[alike].std() @ slope
    np.testing.assert_allclose(base.predicted["heart_rate"], expected, atol=1e-6)


def test_with_training_rows_nothing_is_in_sample(make_table, write):
    base = make_baselines(case_of(write, make_table(), make_table(subset="train", first=100)))
    assert not any(base.in_sample(name) for name in base.predicted)


def test_a_regression_needs_two_known_subjects(make_table, write):
    rows = make_table(subjects=2, windows=12)
    rows.loc[rows["subject"] == "p000", "hr"] = np.nan
    base = make_baselines(case_of(write, rows))
    assert base.absent["heart_rate"] == "hr of all subjects but one are not known"


def test_heart_rate_and_demographics_are_ridge_regressions_on_the_training_rows(make_table, write):
    rng = np.random.default_rng(3)

    def people(rows):
        age = {name: float(rng.integers(30, 90)) for name in rows["subject"].unique()}
        sex = {name: rng.choice(["f", "m"]) for name in rows["subject"].unique()}
        bmi = {name: float(rng.integers(18, 40)) for name in rows["subject"].unique()}
        return rows.assign(
            **{name: rows["subject"].map(held) for name, held in (("age", age), ("sex", sex), ("bmi", bmi))}
        )

    test, training = people(make_table()), people(make_table(subset="train", first=100, subjects=20))
    case = case_of(write, test, training)
    base = make_baselines(case)
    y = training[["sbp_ref", "dbp_ref"]].to_numpy()
    for name, columns in REGRESSIONS.items():
        columns = list(columns)
        x, at = (
            table[columns].replace({"f": 0.0, "m": 1.0}).astype(float).to_numpy() for table in (training, case.windows)
        )
        np.testing.assert_allclose(base.predicted[name], plain_ridge(x, y, at), atol=1e-6)


def test_calibration_baselines_know_the_subjects_own_values_in_time_order(make_table, write):
    test = make_table()
    calibration = make_table(windows=3, subset="calibration").assign(start=lambda t: t["start"] - 100)
    calibration = calibration.sample(frac=1, random_state=1)  # a table need not be in time order
    case = case_of(write, test, calibration)
    base = make_baselines(case)
    for subject, own in calibration.sort_values("start").groupby("subject"):
        at = (case.windows["subject"] == subject).to_numpy()
        values = own[["sbp_ref", "dbp_ref"]].to_numpy()
        assert np.allclose(base.predicted["hold_first"][at], values[0])
        assert np.allclose(base.predicted["hold_last"][at], values[-1])
        assert np.allclose(base.predicted["calibration_mean"][at], values.mean(axis=0))
    assert base.absent["offset"] == "calibration rows hold no predictions"
    assert case.windows["since"].min() == pytest.approx(80)


def test_the_offset_is_the_predictors_mean_error_on_the_calibration_windows(make_table, write):
    calibration = make_table(windows=3, subset="calibration").assign(
        start=lambda t: t["start"] - 100, sbp=lambda t: t["sbp_ref"] - 7, dbp=lambda t: t["dbp_ref"] + 2
    )
    case = case_of(write, make_table(), calibration)
    base = make_baselines(case)
    shift = base.offset["alexnet", 0] - case.judged.predicted["alexnet", 0]
    assert np.allclose(shift, [7, -2])


def test_what_a_table_cannot_support_is_named(make_table, write):
    base = make_baselines(case_of(write, make_table(subjects=1).drop(columns="hr")))
    assert base.absent["population_mean"] == "no training rows, and no other subject"
    assert base.absent["heart_rate"] == "no column hr"
    assert base.absent["demographics"] == "no column age and sex"
    assert base.absent["body"] == "no column age, sex and bmi"
    assert base.absent["rate_demographics"] == "no column hr, age and sex"
    assert base.absent["pulse_shape"] == "no predictor pulse_shape"
    assert base.absent["calibration_mean"] == "no calibration rows"
    some = make_table(windows=2, subjects=7, subset="calibration").assign(start=lambda t: t["start"] - 100)
    base = make_baselines(case_of(write, make_table(), some))
    assert base.absent["hold_last"] == "no calibration rows of 1 test subject, p007 among them"
