"""Methods of personalization judged on the same windows."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement.table.predictions import PredictionError

KEYS = ["network", "method", "setting", "budget", "pressure", "average"]


def steady(network, seed):
    """A network with a constant error of each subject's own, which fine-tuning takes away but for 1 mmHg."""
    return lambda part, setting, budget: np.full(2, 5.0 + part["number"].iloc[0] if setting == "before" else 1.0)


def cells(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


def test_offset_correction_removes_a_constant_error(make_protocol, judge):
    mae = judge(make_protocol(error=steady)).mae
    offset = cells(mae, method="offset")
    assert set(offset["budget"]) == {"1", "2", "5", "10", "5 %", "10 %", "20 %"}
    assert offset["mae"].abs().max() < 1e-9
    assert cells(mae, method="network", setting="before")["mae"].min() > 5


def test_mean_absolute_errors_are_those_of_the_test_windows(make_protocol, judge):
    protocol = make_protocol(seeds=(0, 1))
    mae = judge(protocol).mae.set_index(KEYS)["mae"]
    table = protocol.predictions[protocol.predictions["subset"] == "test"]
    table = table.assign(error=(table["dbp"] - table["dbp_ref"]).abs())
    for setting, budget in (("before", ""), ("first", "20 %"), ("random", "2")):
        rows = table[(table["setting"] == setting) & (table["budget"] == budget)]
        one = rows[rows["network"] == "lstm"]
        assert mae["lstm", "network", setting, budget, "DBP", "pooled"] == pytest.approx(one["error"].mean())
        by_subject = one.groupby("subject")["error"].mean().mean()
        assert mae["lstm", "network", setting, budget, "DBP", "subject"] == pytest.approx(by_subject)
        assert mae["all", "network", setting, budget, "DBP", "pooled"] == pytest.approx(rows["error"].mean())
    plan = protocol.plan
    means = plan[plan["first_rank"].between(0, 4)].groupby("subject")["sbp"].mean()
    tested = plan[plan["test"]]
    expected = (tested["sbp"] - tested["subject"].map(means)).abs().mean()
    assert mae["none", "calibration_mean", "first", "5", "SBP", "pooled"] == pytest.approx(expected)
    expected = (tested["sbp"] - protocol.training["sbp"].mean()).abs().mean()
    assert mae["none", "mean", "before", "", "SBP", "pooled"] == pytest.approx(expected)


def test_all_methods_are_judged_on_the_same_windows(make_protocol, judge):
    protocol = make_protocol(seeds=(0, 1))
    mae = judge(protocol).mae
    assert (mae["n_windows"] == protocol.plan["test"].sum()).all()
    assert (mae["n_subjects"] == 8).all()
    assert set(cells(mae, network="none")["seeds"]) == {0}
    assert set(mae[mae["network"] != "none"]["seeds"]) == {2}
    assert set(cells(mae, setting="before")["n_calibration"]) == {0}
    assert set(cells(mae, budget="5")["n_calibration"]) == {5}
    assert not mae.duplicated(["protocol", *KEYS]).any()
    methods = {"network", "offset", "calibration_mean", "hold_first", "hold_last", "heart_rate", "mean"}
    assert set(mae["method"]) == methods


def test_skill_is_the_share_of_the_baselines_error_that_is_removed(usual):
    judged = usual[1]
    mae = judged.mae.set_index(KEYS)["mae"]
    skill = judged.method_skill.set_index(
        ["network", "method", "setting", "budget", "pressure", "average", "baseline"]
    )["skill"]
    tuned = "lstm", "network", "random", "10", "SBP", "subject"
    for baseline, other in {
        "before": ("lstm", "network", "before", ""),
        "offset": ("lstm", "offset", "random", "10"),
        "hold_last": ("none", "hold_last", "random", "10"),
        "heart_rate": ("none", "heart_rate", "before", ""),
        "mean": ("none", "mean", "before", ""),
    }.items():
        assert skill[*tuned, baseline] == pytest.approx(1 - mae[tuned] / mae[*other, "SBP", "subject"])
    assert "offset" not in set(cells(judged.method_skill, method="offset")["baseline"])


def test_a_baseline_without_error_leaves_no_skill(make_protocol, judge):
    skill = judge(make_protocol(error=steady)).method_skill
    idle = cells(skill, method="network", baseline="offset")
    exact = idle[idle["interval"] == "baseline without error"]
    assert exact[["skill", "lower", "upper"]].isna().all(axis=None)


def test_contrasts_are_paired_by_subject_and_corrected_within_a_protocol(two_protocols):
    judged = two_protocols[1]
    tests, mae = judged.contrasts, judged.mae
    assert len(tests) == 2 * 10 * 3 * 2  # protocols, comparisons, networks and all, pressures
    row = cells(tests, comparison="first vs before", protocol="main", network="lstm", pressure="SBP").iloc[0]
    level = cells(mae, protocol="main", network="lstm", pressure="SBP", average="subject", method="network")
    level = level.set_index(["setting", "budget"])["mae"]
    assert row["difference"] == pytest.approx(level["first", "20 %"] - level["before", ""])
    assert (row["a"], row["b"]) == ("network first", "network before")
    assert row["lower"] < row["difference"] < row["upper"] < 0
    assert row["paired_p"] == pytest.approx(2 / 2**8)
    assert row["family"] == 4
    assert set(cells(tests, network="all")["family"]) == {2}
    against = cells(tests, comparison="random vs calibration mean", protocol="main", network="all").iloc[1]
    level = cells(mae, protocol="main", pressure="DBP", average="subject", budget="20 %", setting="random")
    level = level.set_index(["network", "method"])["mae"]
    expected = level["all", "network"] - level["none", "calibration_mean"]
    assert against["difference"] == pytest.approx(expected)
    assert against["b"] == "calibration mean random"


def test_a_further_protocol_changes_no_number_of_the_first(usual, two_protocols):
    alone, both = usual[1], two_protocols[1]
    for name in ("mae", "method_skill", "contrasts", "subject_boxes", "subject_ks"):
        table = getattr(both, name)
        own = table[table["protocol"] == "main"].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, getattr(alone, name))
    pd.testing.assert_frame_equal(both.overall, alone.overall)


def test_few_subjects_have_neither_intervals_nor_tests(make_protocol, judge):
    judged = judge(make_protocol(subjects=3))
    for table in (judged.mae, judged.method_skill, judged.contrasts, judged.drift):
        assert table[["lower", "upper"]].isna().all(axis=None)
        assert set(table["interval"]) == {"too few subjects"}
    assert set(judged.contrasts["pairing"]) == {"too few subjects"}
    assert judged.contrasts["paired_p"].isna().all()
    assert judged.mae["mae"].notna().all()


def test_boxes_are_tukeys_and_belong_to_their_subject(usual):
    protocol, subjects = usual[0], usual[1].subject_boxes
    assert not subjects.duplicated(["network", "pressure", "number", "method", "setting"]).any()
    row = cells(subjects, network="lstm", pressure="SBP", number=3, method="network", setting="first").iloc[0]
    table = protocol.predictions
    rows = table[(table["number"] == 3) & (table["network"] == "lstm") & (table["setting"] == "first")]
    rows = rows[(rows["budget"] == "20 %") & (rows["subset"] == "test")]
    errors = (rows["sbp"] - rows["sbp_ref"]).abs().to_numpy()
    assert row["subject"] == rows["subject"].iloc[0]
    assert (row["n_windows"], row["mae"]) == (len(errors), pytest.approx(errors.mean()))
    assert (row["q1"], row["median"], row["q3"]) == pytest.approx(np.quantile(errors, (0.25, 0.5, 0.75)))
    within = errors[errors <= row["q3"] + 1.5 * (row["q3"] - row["q1"])]
    assert row["high"] == pytest.approx(within.max())
    assert row["n_calibration"] == rows["n_calibration"].iloc[0]
    assert "all" not in set(subjects["network"])


def test_the_ks_test_of_a_subject_is_that_of_its_windows(usual):
    from scipy.stats import ks_2samp

    protocol, ks = usual[0], usual[1].subject_ks
    row = cells(ks, network="alexnet", pressure="DBP", number=2, comparison="first vs random").iloc[0]
    table = protocol.predictions
    own = table[(table["number"] == 2) & (table["network"] == "alexnet") & (table["budget"] == "20 %")]
    own = own[own["subset"] == "test"]
    errors = {setting: (rows["dbp"] - rows["dbp_ref"]).abs() for setting, rows in own.groupby("setting")}
    expected = ks_2samp(errors["first"], errors["random"], method="asymp")
    assert (row["statistic"], row["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert row["significant"] == (expected.pvalue < 0.05)
    assert len(ks) == 2 * 2 * 8 * 3


def test_table_1_gets_the_drawn_subjects_of_the_first_protocol_and_its_warnings(make_protocol, judge):
    warned = make_protocol("alternate", test_half="alternate", leakage="warn", warnings=["alternate: 3 windows touch"])
    overall = judge(warned, make_protocol()).overall
    assert list(overall["split"].unique()) == ["before", "random", "first"]
    assert set(cells(overall, split="before")["network"]) == {"alexnet", "lstm", "mean"}
    assert "mean" not in set(cells(overall, split="first")["network"])
    assert overall["note"].str.contains("alternate: 3 windows touch").all()
    assert overall["note"].str.contains("20 % of each subject").all()


def test_table_1_and_the_tables_agree(usual):
    judged = usual[1]
    one = cells(judged.overall, split="first", network="lstm", average="pooled").set_index("pressure")
    other = cells(judged.mae, setting="first", budget="20 %", network="lstm", method="network", average="pooled")
    other = other.set_index("pressure")
    columns = ["mae", "lower", "upper"]
    np.testing.assert_allclose(one[columns], other.loc[one.index, columns])


def test_windows_between_must_be_the_same_for_all(make_protocol, judge):
    protocol = make_protocol()
    table = protocol.predictions
    between = table.index[(table["subset"] == "between") & (table["network"] == "lstm")]
    with pytest.raises(PredictionError, match=r"lstm seed 0.*is predicted by some networks or seeds only"):
        judge(dataclasses.replace(protocol, predictions=table.drop(index=between[:1])))


def test_without_a_protocol_there_is_nothing_to_judge(judge):
    with pytest.raises(PredictionError, match="no protocol to judge"):
        judge()


def test_tables_are_written_under_their_names(usual, tmp_path):
    judged = usual[1]
    names = ["mae", "method_skill", "contrasts", "subject_boxes", "subject_ks", "drift", "overall"]
    judged.judged.write([*(tmp_path / f"{name}.csv" for name in names), tmp_path / "summary.md"])
    assert {path.stem for path in tmp_path.iterdir()} == {*names, "summary"}
    assert len(pd.read_csv(tmp_path / "mae.csv", keep_default_na=False)) == len(judged.mae)
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") == judged.summary
