import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import make_cases, read_table
from cuffless.judgement.evidence.baseline_tables import compare_baselines, skill_table, subject_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.traces import SUBJECTS, WINDOWS, pick_traces

QUICK = EvaluationOptions(bootstrap=400)


@pytest.fixture
def case(make_table, write):
    training = make_table(subset="train", first=100)
    [case] = make_cases(read_table([write(pd.concat([make_table(), training]), "t.parquet")]))
    return case, make_baselines(case)


def row(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_skill_is_the_share_of_the_baselines_error_that_goes(case):
    judged, base = case[0].judged, case[1]
    own = np.abs(judged.predicted["alexnet", 0] - judged.reference)
    theirs = np.abs(base.predicted["population_mean"] - judged.reference)
    table = skill_table(*case, QUICK)
    found = row(table, baseline="population_mean", average="pooled", pressure="SBP")
    assert found["skill"] == pytest.approx(1 - own[:, 0].mean() / theirs[:, 0].mean())
    assert found["mae"] == pytest.approx(own[:, 0].mean())
    assert found["lower"] < found["skill"] < found["upper"] <= 1
    by_subject = [[e[judged.owner == s, 1].mean() for s in range(8)] for e in (own, theirs)]
    found = row(table, baseline="population_mean", average="subject", pressure="DBP")
    assert found["skill"] == pytest.approx(1 - np.mean(by_subject[0]) / np.mean(by_subject[1]))


def test_a_baseline_that_cannot_be_had_is_a_row_with_its_reason(case):
    rows = skill_table(*case, QUICK)
    missing = rows[rows["baseline"] == "demographics"]
    assert len(missing) == 4
    assert missing["skill"].isna().all()
    assert set(missing["reason"]) == {"not assessable: no column age and sex"}


def test_the_population_mean_has_no_skill_against_itself(make_table, write):
    test, training = make_table(), make_table(subset="train", first=100)
    mean = training[["sbp_ref", "dbp_ref"]].mean()
    rows = pd.concat([test.assign(sbp=mean["sbp_ref"], dbp=mean["dbp_ref"]), training])
    [one] = make_cases(read_table([write(rows, "t.parquet")]))
    table = skill_table(one, make_baselines(one), QUICK)
    own = table[table["baseline"] == "population_mean"]
    np.testing.assert_allclose(own[["skill", "lower", "upper"]], 0, atol=1e-9)


def test_rounding_decides_nothing(make_table, write):
    """A mean that a network stored in 32 bits is neither better nor worse than the mean."""
    training = make_table(subset="train", first=100)
    said = training[["sbp_ref", "dbp_ref"]].mean().astype(np.float32)
    test = make_table(sbp=said["sbp_ref"], dbp=said["dbp_ref"])
    [case] = make_cases(read_table([write(pd.concat([test, training]), "t.parquet")]))
    base = make_baselines(case)
    assert (case.judged.predicted["alexnet", 0] != base.predicted["population_mean"]).all()
    own = skill_table(case, base, QUICK).query("baseline == 'population_mean'")
    assert (own[["skill", "lower", "upper"]] == 0).all(axis=None)
    tests = compare_baselines(case, base, QUICK).query("baseline == 'population_mean'")
    assert (tests[["paired_p", "ttest_windows_p", "ks_windows_p"]] == 1).all(axis=None)


def test_predictions_equal_to_the_reference_have_all_the_skill(make_table, write):
    rows = make_table().assign(sbp=lambda t: t["sbp_ref"], dbp=lambda t: t["dbp_ref"])
    [one] = make_cases(read_table([write(rows)]))
    table = skill_table(one, make_baselines(one), QUICK)
    known = table[table["skill"].notna()]
    assert (known["skill"] == 1).all()
    assert set(known["baseline"]) == {"population_mean", "population_median", "heart_rate"}


def test_tests_are_paired_by_subject_and_corrected_over_networks_and_pressures(make_table, write):
    tables = [make_table(network=name, error=error) for name, error in (("a", 5), ("b", 20))]
    [one] = make_cases(read_table([write(pd.concat(tables))]))
    base = make_baselines(one)
    table = compare_baselines(one, base, QUICK)
    assert set(table["family"]) == {4}
    own = row(table, network="a", baseline="population_mean", pressure="SBP")
    subjects = subject_table(one, base)
    mine = subjects[(subjects["network"] == "a") & (subjects["pressure"] == "SBP")]
    assert own["difference"] == pytest.approx((mine["mae"] - mine["baseline_mae"]).mean())
    assert own["paired_p"] <= own["paired_p_holm"]
    assert own["ks_windows_p"] != own["paired_p"]
    assert own["n_pairs"] == 8


def test_few_subjects_get_no_interval_and_no_test(make_table, write):
    [one] = make_cases(read_table([write(make_table(subjects=4))]))
    base = make_baselines(one)
    assert skill_table(one, base, QUICK)["lower"].isna().all()
    tests = compare_baselines(one, base, QUICK)
    assert set(tests["pairing"]) == {"too few subjects"}
    assert tests["paired_p"].isna().all()


def test_seeds_are_averaged(make_table, write):
    tables = [make_table().assign(seed=seed, sbp=lambda t, s=seed: t["sbp_ref"] + 2 + 2 * s) for seed in (0, 1)]
    [one] = make_cases(read_table([write(pd.concat(tables))]))
    found = row(
        skill_table(one, make_baselines(one), QUICK), baseline="population_mean", average="pooled", pressure="SBP"
    )
    assert found["mae"] == pytest.approx(3)


def test_courses_that_are_shown_are_few_and_spread_over_errors(make_table, write):
    [one] = make_cases(read_table([write(make_table(subjects=SUBJECTS + 20, windows=5))]))
    base = make_baselines(one)
    shown = pick_traces(one, base)
    assert shown["subject"].nunique() == SUBJECTS
    mae = subject_table(one, base).query("pressure == 'SBP'").set_index("subject")["mae"]
    assert {mae.idxmin(), mae.idxmax()} <= set(shown["subject"])
    [one] = make_cases(read_table([write(make_table(subjects=2, windows=WINDOWS + 50))]))
    assert pick_traces(one, make_baselines(one)).groupby("subject").size().tolist() == [WINDOWS, WINDOWS]


def test_settings_are_cases_of_their_own_and_must_share_their_windows(make_table, write):
    tables = [make_table(setting=name) for name in ("before", "tuned")]
    cases = make_cases(read_table([write(pd.concat(tables))]))
    assert [one.name for one in cases] == ["nonmixed/before", "nonmixed/tuned"]
    other = make_table(network="resnet", setting="before").iloc[:-1]
    with pytest.raises(PredictionError, match=r"do not have the same windows.*separate them in column"):
        make_cases(read_table([write(pd.concat([tables[0], other]))]))


def test_windows_follow_each_other_in_time_over_dated_records(make_table, write):
    rows = make_table(subjects=1).assign(subject="p1", record="p1-2100-01-02-00-00")
    early = rows.assign(record="p1-2100-01-01-00-00")
    [one] = make_cases(read_table([write(pd.concat([rows, early]), "t.parquet")]))
    assert one.windows["record"].is_monotonic_increasing
    at = one.windows["elapsed"].to_numpy()
    assert (np.diff(at) > 0).all()
    both = pd.concat([early, rows])[["sbp_ref", "dbp_ref"]].to_numpy()
    np.testing.assert_allclose(one.judged.reference, both)
    predicted = one.predicted("alexnet", 0)
    np.testing.assert_allclose(predicted.prediction, pd.concat([early, rows])[["sbp", "dbp"]].to_numpy())


def test_a_predictor_of_pulse_shapes_is_a_baseline_of_the_others_but_not_of_itself(make_table, write):
    tables = make_table(), make_table(network="pulse_shape", error=9)
    [case] = make_cases(read_table([write(pd.concat(tables), "t.parquet")]))
    table = skill_table(case, make_baselines(case), QUICK)
    rows = table[(table["baseline"] == "pulse_shape") & (table["average"] == "pooled")].set_index(
        ["network", "pressure"]
    )
    own, theirs = (
        np.abs(case.judged.predicted[name, 0] - case.judged.reference) for name in ("alexnet", "pulse_shape")
    )
    for p, pressure in enumerate(("SBP", "DBP")):
        expected = 1 - own[:, p].mean() / theirs[:, p].mean()
        assert rows.loc[("alexnet", pressure), "skill"] == pytest.approx(expected)
        assert rows.loc[("pulse_shape", pressure), "reason"] == "not assessable: not for this predictor"
    tests = compare_baselines(case, make_baselines(case), QUICK)
    assert set(tests.loc[tests["baseline"] == "pulse_shape", "network"]) == {"alexnet"}
