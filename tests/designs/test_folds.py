"""Leaving one subject out, and what of the test subject's own windows may train."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.audit import require_clean
from cuffless.designs.design import RECORDINGS, SETTINGS, Design, DesignError
from cuffless.designs.folds import audit_folds, sample_folds, settings_of

SECONDS = 6.0
TESTS = [f"test_{setting}" for setting in SETTINGS]


def make_index(sizes, *, overlap=0.0, recordings=1):
    """Windows of subjects, one after the other; their lengths differ a little unless they overlap."""
    rng = np.random.default_rng(0)
    parts = []
    for name, n in sizes.items():
        seconds = SECONDS + (0.5 * (np.arange(n) % 3 - 1) if not overlap else np.zeros(n))
        part = pd.DataFrame({"subject": name, "record": [f"r{k * recordings // n}" for k in range(n)]})
        part = part.assign(row=np.arange(n), seconds=seconds, hr=70.0, snr=3.0)
        part["start"] = (part.groupby("record")["seconds"].cumsum() - seconds) * (1 - overlap)
        parts.append(part.assign(sbp=rng.normal(120, 10, n), dbp=rng.normal(70, 5, n)))
    index = pd.concat(parts, ignore_index=True)
    return index.assign(position=np.arange(len(index)))


USUAL = make_index({f"v{k:03d}": 40 + k for k in range(17)}, recordings=2)


@pytest.fixture
def design():
    return sample_folds(USUAL, RppgTuningOptions())


@pytest.fixture
def plan(design):
    return design.windows


def test_every_subject_tests_one_fold_and_another_stops_its_training(plan):
    folds = plan.groupby("fold")[["subject", "val_subject"]].agg(["nunique", "first"])
    assert len(folds) == 17
    assert (folds.xs("nunique", axis=1, level=1) == 1).all(axis=None)
    subjects, vals = folds["subject", "first"], folds["val_subject", "first"]
    assert sorted(subjects) == sorted(set(USUAL["subject"]))
    assert (subjects != vals).all()
    assert vals.nunique() > 5
    assert set(vals) <= set(subjects)


def test_first_windows_are_the_earliest_and_random_ones_lie_anywhere(plan):
    for _, part in plan.groupby("fold"):
        k = round(0.2 * len(part))
        assert part["order"].tolist() == list(range(len(part)))
        assert part["first"].to_numpy().nonzero()[0].tolist() == list(range(k))
        assert part["random"].sum() == k
    order = plan.loc[plan["random"], "order"] / plan.groupby("fold")["order"].transform("max")
    assert order.dropna().mean() == pytest.approx(0.5, abs=0.08)


def test_the_same_windows_test_all_settings_about_64_percent_less_a_gap(plan):
    test = plan[TESTS].to_numpy()
    assert (test == test[:, :1]).all()
    assert not (plan["test_first"] & (plan["first"] | plan["random"])).any()
    assert test[:, 0].mean() == pytest.approx(0.64 - 1 / 48, abs=0.03)
    for _, part in plan.groupby("fold"):
        k = int(part["first"].sum())
        unused = part[~part["first"] & ~part["random"] & ~part["test_first"]]
        assert set(unused["order"]) <= {k}


def test_own_complement_tests_each_setting_on_what_it_does_not_take():
    plan = sample_folds(USUAL, RppgTuningOptions(test="own_complement")).windows
    assert plan[["test_before", "test_tuned"]].all(axis=None)
    assert (plan["test_random"] == ~plan["random"]).all()
    assert not (plan["test_first"] & plan["first"]).any()
    assert plan["test_first"].sum() == (~plan["first"]).sum() - 17  # a gap of one window a subject


def test_a_gap_counts_windows_and_their_time():
    half = make_index(dict.fromkeys("abc", 60), overlap=0.5)
    plan = sample_folds(half, RppgTuningOptions(gap=2, test="own_complement")).windows
    for _, part in plan.groupby("fold"):
        end = (part["start"] + part["seconds"])[part["first"]].max()
        assert part.loc[part["test_first"], "start"].min() == end + 2 * SECONDS


def test_windows_that_share_signal_with_training_test_nothing():
    half = make_index(dict.fromkeys("abc", 60), overlap=0.5)
    for test in ("common", "own_complement"):
        options = RppgTuningOptions(test=test)
        design = sample_folds(half, options)
        for _, part in design.windows.groupby("fold"):
            taken, tested = part.loc[part["random"], "start"], part.loc[part["test_random"], "start"]
            assert np.abs(taken.to_numpy()[:, None] - tested.to_numpy()).min() == SECONDS
        assert not audit_folds(design, options)["undeclared"]


def test_the_draw_follows_the_seed_and_not_the_order_of_the_index(plan):
    pd.testing.assert_frame_equal(sample_folds(USUAL.sample(frac=1, random_state=0), RppgTuningOptions()).windows, plan)
    other = sample_folds(USUAL, RppgTuningOptions(seed=1)).windows
    assert not other["random"].equals(plan["random"])
    assert not other["val_subject"].equals(plan["val_subject"])


def test_subjects_with_few_windows_take_no_part():
    index = make_index({"a": 30, "b": 4, "c": 30, "d": 30})
    design = sample_folds(index, RppgTuningOptions(), min_windows=5)
    plan = design.windows
    assert set(plan["subject"]) == set(plan["val_subject"]) | set("acd") == set("acd")
    audit = audit_folds(design, RppgTuningOptions())
    assert audit["notes"][0] == "subjects with too few kept windows to take part: b (4)"
    assert audit["subjects"] == 3


def test_fewer_than_three_subjects_are_an_error():
    with pytest.raises(DesignError, match=r"2 of 3 subjects have 5 kept windows, leave-one-subject-out needs 3"):
        sample_folds(make_index({"a": 30, "b": 4, "c": 30}), RppgTuningOptions())


def test_nothing_left_to_test_is_an_error():
    with pytest.raises(
        DesignError, match=r"subject a: none of 5 windows is left to test 'before'.*tuning.share \(0.45\)"
    ):
        sample_folds(make_index(dict.fromkeys("abc", 5)), RppgTuningOptions(share=0.45, gap=3))


def test_the_audit_is_clean_but_for_neighbours_of_random_windows(design, plan):
    audit = audit_folds(design, RppgTuningOptions(), trained_on=["p001"])
    counts = {kind: leak["count"] for kind, leak in audit["leaks"].items()}
    assert counts.pop("random_beside_test") > 50
    assert set(counts.values()) == {0}
    assert audit["warnings"] == []
    assert audit["notes"] == [
        "17 subjects have several records without dates: taken in the order of their names",
        f"{audit['leaks']['random_beside_test']['count']} random windows in training that follow on a test window, or "
        "it on them, without a gap",
    ]
    require_clean(audit, name="rppg.tuning")
    fold = audit["of_folds"][3]
    assert (fold["subject"], fold["val_subject"]) == tuple(plan[plan["fold"] == 4][["subject", "val_subject"]].iloc[0])


def test_without_a_gap_the_audit_warns():
    options = RppgTuningOptions(gap=0)
    audit = audit_folds(sample_folds(USUAL, options), options)
    assert len(audit["warnings"]) == 1
    assert "first windows in training that follow on a test window" in audit["warnings"][0]
    require_clean(audit, name="rppg.tuning")


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda plan: plan.assign(test_first=plan["test_first"] | plan["first"]), "shared_window"),
        (lambda plan: plan.assign(start=plan["start"] * 0.9), "overlapping_windows"),
        (lambda plan: plan.assign(test_first=~plan["first"]), "first_beside_test"),
    ],
)
def test_a_leak_that_nobody_asked_for_stops_the_study(plan, spoil, kind):
    audit = audit_folds(Design(spoil(plan)), RppgTuningOptions())
    assert kind in audit["undeclared"]
    with pytest.raises(DesignError, match="windows"):
        require_clean(audit, name="rppg.tuning")


def test_a_subject_on_whom_the_networks_were_trained_stops_the_study(design):
    audit = audit_folds(design, RppgTuningOptions(), trained_on=["v003", "p001"])
    with pytest.raises(DesignError, match=r"1 subjects on whose PPG the networks were trained \(such as v003\)"):
        require_clean(audit, name="rppg.tuning")


def test_recordings_of_one_name_are_kept_apart():
    index = make_index(dict.fromkeys("abc", 30))
    design = sample_folds(index, RppgTuningOptions())
    assert audit_folds(design, RppgTuningOptions())["leaks"]["overlapping_windows"]["count"] == 0


CONDITIONS = RppgTuningOptions(conditions=["before", "after"])


def cuffed(subjects=5, windows=8, cameras=1):
    """Two recordings per camera and subject, before and after exercise, each with one cuff value."""
    parts = []
    for k in range(subjects):
        for camera in range(cameras):
            for step, began, sbp in (("before", 1000.0, 118.0 + k), ("after", 1800.0, 131.0 + 2 * k)):
                part = pd.DataFrame({"row": np.arange(windows), "start": SECONDS * np.arange(windows) + 2.0 * camera})
                about = {"condition": step, "began": began, "cuff": True, "age": 30.0 + k, "sex": "f", "bmi": 22.0}
                named = {"subject": f"p{k}", "record": f"p{k}_cam{camera}_{step}", "sbp": sbp, "dbp": 70.0 + k}
                parts.append(part.assign(seconds=SECONDS, hr=70.0, snr=3.0, **named, **about))
    index = pd.concat(parts, ignore_index=True)
    return index.assign(position=np.arange(len(index)))


def test_recordings_of_one_condition_calibrate_and_those_of_the_other_test():
    design = sample_folds(cuffed(cameras=2), CONDITIONS)
    plan = design.windows
    assert settings_of(plan) == ("before", "tuned", RECORDINGS)
    for setting in settings_of(plan):
        assert (plan[f"test_{setting}"] == plan["condition"].eq("after")).all()
    assert (plan[RECORDINGS] == plan["condition"].eq("before")).all()
    assert {"condition", "age", "sex", "bmi", "cuff"} <= set(plan)
    assert plan.groupby("subject")["elapsed"].max().eq(800 + 2 + 7 * SECONDS).all()
    audit = audit_folds(design, CONDITIONS)
    assert not audit["undeclared"]
    assert not audit["warnings"]
    assert audit["test_windows"] == {"before": 80, "tuned": 80, RECORDINGS: 80}
    assert audit["of_folds"][0]["recordings_windows"] == 16
    assert "20 of 20 recordings have one cuff value for all of their windows" in audit["notes"][-1]


def test_conditions_are_those_of_the_manifest_in_any_case_and_others_are_refused():
    index = cuffed().assign(condition=lambda table: table["condition"].str.upper())
    assert sample_folds(index, CONDITIONS).windows[RECORDINGS].any()
    with pytest.raises(DesignError, match=r"condition 'rest' of rppg.tuning.conditions \(there is before, after\)"):
        sample_folds(cuffed(), RppgTuningOptions(conditions=["rest", "after"]))
    with pytest.raises(DesignError, match="there is no condition at all"):
        sample_folds(USUAL, CONDITIONS)


def test_subjects_without_one_of_the_conditions_take_no_part():
    index = cuffed()
    lost = index["subject"].eq("p1") & index["condition"].eq("after")
    design = sample_folds(index[~lost], CONDITIONS)
    assert set(design.windows["subject"]) == {"p0", "p2", "p3", "p4"}
    assert design.notes[0] == "subjects without windows before and after, who take no part: p1"
    few = index[~index["subject"].isin(["p0", "p1", "p2"])]
    with pytest.raises(DesignError, match="2 of 2 subjects have 5 kept windows, some of each condition"):
        sample_folds(few, CONDITIONS)


def test_recordings_of_the_same_time_cannot_calibrate_and_test():
    same = cuffed().assign(began=1000.0)
    with pytest.raises(DesignError, match="its recordings before and after are of the same time"):
        sample_folds(same, CONDITIONS)


def test_a_value_that_calibrates_and_tests_is_told():
    usual = RppgTuningOptions()
    design = sample_folds(cuffed(windows=20), usual)
    audit = audit_folds(design, usual)
    plan = design.windows
    known = plan[plan["test_first"]].groupby("subject")["sbp"].unique()
    hit = [taken for taken in plan[plan["first"]].itertuples() if taken.sbp in known[taken.subject]]
    assert audit["leaks"]["shared_value"]["count"] > len(hit) > 0
    assert "have the one cuff value of a test window's recording" in audit["warnings"][0]
    monitored = cuffed(windows=20).assign(cuff=False)
    assert not audit_folds(sample_folds(monitored, usual), usual)["warnings"]


def test_windows_of_two_cameras_at_the_same_time_are_not_on_both_sides():
    usual = RppgTuningOptions()
    design = sample_folds(cuffed(windows=30, cameras=2), usual)
    audit = audit_folds(design, usual)
    assert not audit["undeclared"]
    for _, part in design.windows.groupby("subject"):
        assert part["elapsed"].is_monotonic_increasing
        ends = (part["elapsed"] + part["seconds"])[part["first"]].max()
        assert part.loc[part["test_first"], "elapsed"].min() >= ends + SECONDS
