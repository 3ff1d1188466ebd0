import numpy as np
import pandas as pd
import pytest

from cuffless.config import ProtocolOptions
from cuffless.designs.audit import require_clean
from cuffless.designs.clock import distance_to_test, in_time_order, recording_began
from cuffless.designs.design import DesignError
from cuffless.designs.plan import audit_plan, sample_plan

STRATEGIES = ("first", "random")


def index_of(subjects, n, *, overlap=0.0, seconds=5.0, records=1):
    """Kept windows of subjects that follow one another without a gap."""
    rows = []
    for subject in subjects:
        for k in range(n):
            record, row = divmod(k, -(-n // records))
            rows.append((f"{subject}-{record}", subject, row, row * seconds * (1 - overlap), seconds))
    table = pd.DataFrame(rows, columns=["record", "subject", "row", "start", "seconds"])
    wave = np.sin(np.arange(len(table)))
    return table.assign(sbp=120 + 10 * wave, dbp=60 + 5 * wave, hr=70.0, snr=3.0)


def manifest_of(test, train=("p9",)):
    rows = [("test", s) for s in test] + [("train", s) for s in train]
    return pd.DataFrame(rows, columns=["subset", "subject"])


@pytest.fixture
def names():
    return [f"p{k}" for k in range(6)]


def known_to(manifest):
    return manifest.loc[manifest["subset"] != "test", "subject"]


def drawn(names, n=100, manifest=None, index=None, **options):
    options = ProtocolOptions(subjects=4, **options)
    index = index_of(names, n) if index is None else index
    manifest = manifest_of(names) if manifest is None else manifest
    return sample_plan(index, options, manifest=manifest), manifest, options


def test_only_test_subjects_with_enough_windows_are_drawn(names):
    index = pd.concat([index_of(names[:3], 100), index_of(names[3:], 40), index_of(["p9"], 100)])
    plan, *_ = drawn(names, index=index)
    assert set(plan.windows["subject"]) == set(names[:3])
    assert plan.notes[-1].startswith("3 subjects in place of 4")
    assert (plan.windows.groupby("subject").size() == 100).all()


def test_too_few_windows_are_said_with_what_there_is(names):
    with pytest.raises(DesignError, match=r"none of 6 test subjects has 60 .*the most are 40"):
        drawn(names, 40)


def test_a_study_without_test_subjects_is_refused(names):
    with pytest.raises(DesignError, match="no test subject"):
        drawn(names, manifest=manifest_of([]))


def test_first_takes_the_first_windows_in_time_and_the_test_set_is_the_last(names):
    plan, *_ = drawn(names)
    for _, part in plan.windows.groupby("number"):
        assert part["start"].is_monotonic_increasing
        taken = part[part["first_rank"] >= 0]
        assert taken["order"].tolist() == list(range(20))
        assert taken["first_rank"].tolist() == list(range(20))  # smaller budgets are the earliest of them
        assert part.loc[part["test"], "order"].tolist() == list(range(60, 100))


def test_random_draws_a_fifth_of_all_windows_from_before_the_gap(names):
    plan, *_ = drawn(names)
    for _, part in plan.windows.groupby("number"):
        ranks = part.loc[part["random_rank"] >= 0]
        assert sorted(ranks["random_rank"]) == list(range(20))
        assert ranks["order"].max() <= 58
        assert ranks["order"].max() > 20  # not only from the first fifth


@pytest.mark.parametrize("overlap", [0.0, 0.5])
@pytest.mark.parametrize("gap", [1, 3])
def test_a_gap_of_whole_windows_lies_before_the_test_windows(names, overlap, gap):
    index = index_of(names, 100, overlap=overlap)
    plan, manifest, options = drawn(names, index=index, gap=gap)
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    assert audit["undeclared"] == []
    for _, part in plan.windows.groupby("number"):
        used = part[(part["first_rank"] >= 0) | (part["random_rank"] >= 0)]
        begins = part.loc[part["test"], "start"].min()
        assert (begins - used["start"] - used["seconds"]).min() >= gap * 5.0 - 1e-6
        assert part.loc[part["test"], "order"].min() - used["order"].max() > gap


def test_without_a_gap_the_audit_stops_the_study(names):
    plan, manifest, options = drawn(names, gap=0)
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    assert audit["leaks"]["touching_windows"]["count"] > 0
    with pytest.raises(DesignError, match=r"main: .*without a gap .*Raise personalization.gap"):
        require_clean(audit, name="main")


def test_overlapping_windows_without_a_gap_are_an_overlap(names):
    plan, manifest, options = drawn(names, index=index_of(names, 100, overlap=0.5), gap=0)
    assert audit_plan(plan, options, trained_on=known_to(manifest))["leaks"]["overlapping_windows"]["count"] > 0


def test_alternate_test_windows_run_only_with_a_warning(names):
    with pytest.raises(ValueError, match="it requires leakage: warn"):
        ProtocolOptions(test_half="alternate")
    plan, manifest, options = drawn(names, test_half="alternate", leakage="warn")
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    require_clean(audit, name="alternate", leakage="warn")
    assert audit["warnings"] == [f"alternate: {audit['leaks']['touching_windows']['count']} calibration windows that "
                                 "follow on a test window, or it on them, without a gap"]  # fmt: skip
    for _, part in plan.windows.groupby("number"):
        assert part.loc[part["test"], "order"].tolist() == list(range(21, 100, 2))
        assert not (part["test"] & ((part["first_rank"] >= 0) | (part["random_rank"] >= 0))).any()


def test_the_authors_procedure_loses_the_time_order_and_draws_twice_as_much(names):
    with pytest.raises(ValueError, match="it requires leakage: warn"):
        ProtocolOptions(preset="code")
    plan, *_ = drawn(names, preset="code", leakage="warn")
    for _, part in plan.windows.groupby("number"):
        assert not part["start"].is_monotonic_increasing
        assert (part["first_rank"] >= 0).sum() == 20
        assert (part["random_rank"] >= 0).sum() == 60  # 40 % train, 20 % decide when to stop
        assert part["test"].sum() == 40


def test_a_subject_that_the_network_knows_is_a_leak(names):
    plan, manifest, options = drawn(names, manifest=manifest_of(names, train=["p9", *names]))
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    assert audit["undeclared"] == ["shared_subject"]
    with pytest.raises(DesignError, match="on whom the network was trained"):
        require_clean(audit, name="main")


def test_a_calibration_window_in_the_test_set_is_found(names):
    plan, manifest, options = drawn(names)
    row = plan.windows.index[plan.windows["test"]][7]
    plan.windows.loc[row, "random_rank"] = 0
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    assert audit["leaks"]["shared_window"]["count"] == 1


def test_distance_to_test_is_to_the_nearest_other_test_window():
    windows = pd.DataFrame({
        "record": ["a", "a", "a", "a", "b"],
        "start": [0.0, 5.0, 20.0, 24.0, 0.0],
        "seconds": [5.0, 5.0, 5.0, 5.0, 5.0],
        "test": [False, True, False, True, False],
    })  # fmt: skip
    windows = windows.assign(subject="p", elapsed=np.nan)
    assert distance_to_test(windows).tolist() == [0.0, 14.0, -1.0, 14.0, np.inf]


def test_distance_to_test_reaches_into_other_records_whose_dates_are_known():
    windows = pd.DataFrame({
        "record": ["a", "b"], "subject": ["p", "p"], "start": [290.0, 0.0], "seconds": [20.0, 20.0],
        "test": [False, True], "elapsed": [290.0, 300.0],
    })  # fmt: skip
    assert distance_to_test(windows).tolist() == [-10.0, np.inf]


def dated(subject, begins, n=80):
    """Windows of records that begin at these minutes past an hour."""
    parts = [index_of([subject], n).assign(record=f"{subject}-2150-01-01-17-{minute:02d}") for minute in begins]
    return pd.concat(parts, ignore_index=True)


def test_calibration_windows_of_another_record_keep_clear_of_the_test_windows_as_far_as_its_date_tells():
    index = dated("p000001", (40, 45))  # 400 s each: the second begins before the first ends
    plan, manifest, options = drawn(["p000001"], index=index)
    assert audit_plan(plan, options, trained_on=known_to(manifest))["undeclared"] == []
    used = plan.windows[plan.windows["random_rank"] >= 0]
    first_test = plan.windows.loc[plan.windows["test"], "elapsed"].min()
    assert ((used["elapsed"] + used["seconds"]).max()) <= first_test
    assert (plan.windows["first_rank"] >= 0).sum() == 32


def test_a_gap_that_leaves_nothing_to_calibrate_with_is_refused(names):
    with pytest.raises(DesignError, match=r"no calibration window for first: a gap of 60 windows"):
        drawn(names, gap=60)
    plan, *_ = drawn(names, gap=50)
    assert "4 subjects have fewer calibration windows for first than 20 %" in plan.notes


def test_a_shuffled_order_loses_no_calibration_window(names):
    plan, *_ = drawn(names, order="shuffled", leakage="warn")
    assert (plan.windows["first_rank"] >= 0).sum() == 4 * 20


def test_subjects_do_not_depend_on_the_budgets_nor_a_subject_on_others(names):
    plan, *_ = drawn(names)
    other, *_ = drawn(names, budget_windows=(3,), budget_shares=())
    pd.testing.assert_frame_equal(plan.windows, other.windows)
    changed, *_ = drawn(names, seed=1)
    assert not plan.windows["subject"].equals(changed.windows["subject"])


def test_records_follow_one_another_by_date_on_one_clock():
    dates = ("2183-04-28-17-47", "2183-04-28-09-47", "2184-01-01-00-00")
    index = pd.concat([index_of([f"p000020-{date}"], 2) for date in dates])
    index = index.assign(record=index["subject"], subject="p000020")
    ordered = in_time_order(index)
    assert ordered["record"].iloc[0].endswith("09-47")
    assert ordered["elapsed"].tolist()[:4] == [0.0, 5.0, 8 * 3600.0, 8 * 3600.0 + 5.0]
    assert np.isnan(recording_began("p000020-2183-13-28-17-47"))


def test_without_dates_only_the_first_record_has_a_clock():
    ordered = in_time_order(index_of(["s"], 4, records=2))
    assert ordered["elapsed"].tolist()[:2] == [0.0, 5.0]
    assert ordered["elapsed"].isna().tolist() == [False, False, True, True]
    plan, *_ = drawn(["s"], index=index_of(["s"], 80, records=2))
    assert plan.notes[-1] == "1 subjects have several records without dates: taken in the order of their names"


def test_records_without_dates_are_ordered_by_number_not_by_letter():
    index = pd.concat([index_of(["s"], 2).assign(record=f"case_{k}") for k in (10, 2, 1)])
    assert in_time_order(index)["record"].unique().tolist() == ["case_1", "case_2", "case_10"]


def test_windows_in_another_record_than_the_test_windows_are_clear_of_them():
    names = ["p0", "p1"]
    plan, manifest, options = drawn(names, index=index_of(names, 100, records=2))
    audit = audit_plan(plan, options, trained_on=known_to(manifest))
    assert audit["undeclared"] == []
    assert all(described["records"] == 2 for described in audit["of_subjects"])
