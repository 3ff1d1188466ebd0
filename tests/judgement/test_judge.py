"""The judgement as a whole: what stands in its tables, and what must never be said."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table
from cuffless.judgement.evidence.baselines import IN_SAMPLE

QUICK = EvaluationOptions(bootstrap=400)


@pytest.fixture
def judged(make_table, write):
    def make(*tables, **options):
        return judge(read_table([write(pd.concat(tables, ignore_index=True), "t.parquet")]), QUICK, **options)

    return make


def test_every_table_names_its_case(make_table, judged):
    found = judged(make_table(), make_table(network="resnet", error=9), make_table(subset="train", first=100))
    for name, table in found.tables.items():
        assert "case" in table.columns, name
        assert set(table["case"]) <= {"nonmixed"}, name
    assert set(found.merits["network"]) == {"alexnet", "resnet"}
    assert found.cases.loc[0, ["n_subjects", "n_windows", "n_training_windows"]].tolist() == [8, 96, 96]
    assert found.cases.loc[0, "baselines_fitted_on"] == "training rows"


def test_the_population_mean_stands_beside_the_predictors_in_every_bin(make_table, judged):
    found = judged(make_table())
    assert set(found.bins["network"]) == {"alexnet", "mean"}
    assert found.cases.loc[0, "baselines_fitted_on"] == IN_SAMPLE
    assert any("in-sample" in note for note in found.notes)
    assert not any("in-sample" in note for note in judged(make_table(), make_table(subset="train", first=100)).notes)


def test_a_network_of_that_name_is_judged_and_not_replaced(make_table, judged):
    found = judged(make_table(), make_table(network="mean").assign(sbp=100.0, dbp=50.0))
    own = found.merits[(found.merits["network"] == "mean") & (found.merits["average"] == "pooled")]
    assert own.set_index("pressure").loc["SBP", "slope"] == pytest.approx(-1)


def test_drift_is_there_where_calibration_rows_and_times_are(make_table, judged):
    calibration = make_table(windows=2, subset="calibration").assign(start=lambda t: t["start"] - 100)
    assert judged(make_table()).drift.empty
    drift = judged(make_table(), calibration).drift
    assert (drift["n_windows"] > 0).all()
    assert drift.groupby("pressure")["n_windows"].sum().tolist() == [96, 96]


def test_verdicts_are_never_pass(make_table, judged):
    found = judged(make_table(subjects=90, windows=9).assign(sbp=lambda t: t["sbp_ref"], dbp=lambda t: t["dbp_ref"]))
    assert set(found.standards["verdict"]) <= {"holds", "fails", "not assessable"}
    iso = found.standards[
        found.standards["standard"].str.contains("81060-2") & (found.standards["clause"] == "overall")
    ]
    assert set(iso["verdict"]) == {"not assessable"}  # pressures of this cohort cover no range


def test_a_range_that_the_study_cut_is_named_as_the_cause(make_table, judged):
    found = judged(make_table(), limits={"SBP": (75, 165), "DBP": (40, 80)})
    rows = found.standards[found.standards["quantity"].str.contains("DBP >= 85")]
    assert rows["reason"].str.contains("80").all()


def test_warnings_come_first(make_table, judged):
    found = judged(make_table(subjects=1))
    assert found.notes[0].startswith("WARNING: one subject")


def test_intervals_of_few_subjects_carry_a_warning(make_table, judged):
    assert "fewer than 17 subjects" in judged(make_table(subjects=10)).notes[0]
    assert not any("fewer than 17" in note for note in judged(make_table(subjects=17)).notes)


def test_a_skill_that_few_subjects_decide_carries_a_warning(make_table, judged):
    rows = make_table()
    one = rows["subject"] == "p000"
    rows["sbp_ref"] = np.where(one, 220.0, 118.0 + rows.index % 5)
    found = judged(rows.assign(sbp=rows["sbp_ref"] + np.where(one, 10, 60)))
    assert found.skill.query("pressure == 'SBP'")["upper"].max() > 0.99
    assert any("the skill of alexnet (SBP) has almost no upper limit" in note for note in found.notes)
    assert not any("no upper limit" in note for note in judged(make_table()).notes)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"sbp": 120.0, "dbp": 70.0}, "constant in all windows (SBP and DBP)"),
        ({"dbp": 70.0}, "constant in all windows (DBP)"),
        ({"sbp": lambda t: 120.0 + t["subject"].str[1:].astype(int)}, "constant per subject (SBP)"),
        ({"sbp": lambda t: 120.0 + np.arange(len(t)) * 2e-6}, "constant in all windows (SBP)"),
    ],
)
def test_a_predictor_that_always_says_the_same_is_named(make_table, judged, said, words):
    notes = judged(make_table().assign(**said)).notes
    assert f"WARNING: nonmixed: predictor alexnet is {words}" in notes
    assert sum("is constant" in note for note in notes) == 1


def test_a_fold_may_have_a_constant_of_its_own(make_table, judged):
    folds = [make_table(first=first, fold=fold, sbp=120.0 + fold) for fold, first in enumerate((0, 50))]
    training = [part.assign(subset="train", fold=1 - part["fold"]) for part in folds]
    notes = judged(*folds, *training).notes
    assert "WARNING: nonmixed: predictor alexnet is constant per fold (SBP)" in notes
    assert not any("constant per subject" in note for note in notes)


def test_predictors_that_vary_and_the_mean_regressor_are_not_called_constant(make_table, judged):
    notes = judged(make_table(), make_table(network="mean").assign(sbp=120.0, dbp=60.0)).notes
    assert not any("is constant" in note for note in notes)
    one_window_each = judged(make_table(subjects=12, windows=1)).notes
    assert not any("is constant" in note for note in one_window_each)


def test_a_constant_is_not_better_than_the_test_subjects_own_mean(make_table, judged):
    """Against the mean of the others, 120/70 for everybody had skill +0.08 [+0.05, +0.11] and p 0.007."""
    for seed in range(8):
        found = judged(make_table(subjects=12, windows=10, seed=seed).assign(sbp=120.0, dbp=60.0))
        known = found.skill[found.skill["skill"].notna()]
        assert known["in_sample"].all()
        assert not (known["lower"] > 0).any()
        medians = known[(known["baseline"] == "population_median") & (known["average"] == "subject")]
        assert (medians["skill"] < 1e-12).all()
        assert not (found.tests["paired_significant"] & (found.tests["difference"] < 0)).any()


def test_the_order_of_rows_and_the_file_format_change_nothing(make_table, write):
    rows = pd.concat([make_table(), make_table(subset="train", first=100)], ignore_index=True)
    shuffled = rows.sample(frac=1, random_state=0)
    one, two = (judge(read_table([path]), QUICK) for path in (write(rows, "a.parquet"), write(shuffled, "b.csv")))
    for name in ("skill", "merits", "bins", "standards"):
        a, b = (found.tables[name].select_dtypes("number").to_numpy(float) for found in (one, two))
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8, err_msg=name)


def test_six_subjects_are_told_that_nothing_can_be_significant(make_table, judged):
    few = [note for note in judged(make_table(subjects=6)).notes if "can be significant" in note]
    assert few
    assert "6 subjects: corrected over 2 tests, p is at least 0.062" in few[0]
    assert not any("can be significant" in note for note in judged(make_table(subjects=8)).notes)
    assert not any("can be significant" in note for note in judged(make_table(subjects=5)).notes)


def test_a_table_without_times_has_none_in_its_courses(make_table, judged):
    shown = judged(make_table(subjects=8).drop(columns=["start", "seconds"])).traces
    assert shown[["start", "elapsed"]].isna().all(axis=None)
    assert shown.groupby("subject")["window"].apply(list).map(tuple).unique().tolist() == [tuple(range(1, 13))]
    timed = judged(make_table(subjects=8)).traces
    assert timed[["start", "elapsed"]].notna().all(axis=None)
    assert timed["window"].tolist() == shown["window"].tolist()


def test_seeds_are_counted_only_where_the_table_has_them(make_table, judged):
    assert judged(make_table()).cases["seeds"].tolist() == [1]
    assert judged(make_table().drop(columns="seed")).cases["seeds"].isna().all()
