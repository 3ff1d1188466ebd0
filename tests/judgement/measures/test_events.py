"""Events: counts by hand, prevalence 0 and 1, and predictors that find nothing."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.judgement.measures.events import EVENTS, event_table
from cuffless.judgement.table.cases import make_cases

QUICK = EvaluationOptions(bootstrap=400)
SHARES = ["sensitivity", "specificity", "ppv", "npv"]


@pytest.fixture
def events_of(write):
    def make(rows):
        [case] = make_cases(read_table([write(rows, "t.parquet")]))
        return event_table(case, make_baselines(case), QUICK).set_index(["method", "event", "by"])

    return make


@pytest.fixture
def by_hand(predictions_of):
    """Ten people of two windows: 150/75 and 110/55; the predictor finds three, and alarms once for nothing."""
    subject = np.repeat([f"p{k}" for k in range(10)], 2)
    reference = np.tile([150.0, 110.0], 10)
    said = np.full(20, 120.0)
    said[[0, 2, 4]] = 141.0
    said[1] = 140.0
    return predictions_of(subject, reference, said)


def test_shares_are_those_counted_by_hand(events_of, by_hand):
    row = events_of(by_hand).loc["network", "SBP >= 140", "window"]
    assert (row["n"], row["n_events"], row["n_event_subjects"], row["n_alarms"], row["n_false"]) == (20, 10, 10, 4, 1)
    assert row[["prevalence", *SHARES]].tolist() == pytest.approx([0.5, 0.3, 0.9, 0.75, 9 / 16])
    assert row["mae"] == pytest.approx((3 * 9 + 7 * 30) / 10)
    assert row["reason"] == ""


def test_a_person_has_the_event_by_the_mean_of_its_windows(events_of, by_hand):
    row = events_of(by_hand).loc["network", "SBP >= 130", "person"]
    assert row[["n", "n_events", "n_alarms", "n_false"]].tolist() == [10, 10, 3, 0]  # means: 130; 140.5, two of 130.5
    assert row["sensitivity"] == pytest.approx(0.3)
    assert np.isnan(row["specificity"])
    assert "specificity is not assessable: nothing but events" in row["reason"]


def test_the_population_mean_finds_nothing_and_has_no_ppv(events_of, make_table):
    table = events_of(make_table(subjects=20))
    for event in ("SBP >= 140", "SBP < 90"):
        row = table.loc["population_mean", event, "window"]
        assert (row["n_alarms"], row["sensitivity"], row["specificity"]) == (0, 0, 1)
        assert np.isnan(row[["ppv", "ppv_lower", "ppv_upper"]].astype(float)).all()
        assert row["reason"] == "no PPV: no alarm"
        assert row["npv"] == pytest.approx(1 - row["prevalence"])


@pytest.mark.parametrize(("level", "prevalence"), [(120.0, 0.0), (180.0, 1.0)])
def test_prevalence_0_or_1_divides_nothing_by_nothing(events_of, make_table, level, prevalence):
    rows = make_table(subjects=8)
    rows = rows.assign(sbp_ref=level + rows.index % 5, dbp_ref=60.0, sbp=lambda t: t["sbp_ref"], dbp=60.0)
    row = events_of(rows).loc["network", "SBP >= 140", "window"]
    missing = ["sensitivity", "ppv"] if prevalence == 0 else ["specificity", "npv"]
    assert row["prevalence"] == prevalence
    assert row[missing].isna().all()
    assert (row[[name for name in SHARES if name not in missing]] == 1).all()
    assert ("sensitivity is not assessable: no event" in row["reason"]) == (prevalence == 0)
    assert np.isnan(row["mae"]) == (prevalence == 0)


def test_one_person_has_shares_without_intervals(events_of, make_table):
    rows = make_table(subjects=1)
    row = events_of(rows.assign(sbp_ref=np.where(rows.index % 2, 150.0, 120.0))).loc["network", "SBP >= 140", "window"]
    assert np.isfinite(row["sensitivity"])
    assert np.isnan(row[["sensitivity_lower", "mae_upper"]].astype(float)).all()


def test_shuffled_predictions_are_right_as_often_as_events_happen(events_of, make_table):
    rows = make_table(subjects=200, windows=20, error=12.0)
    rng = np.random.default_rng(0)
    shuffled = rows.assign(sbp=rng.permutation(rows["sbp_ref"]), dbp=rng.permutation(rows["dbp_ref"]))
    row = events_of(shuffled).loc["network", "SBP >= 130", "window"]
    assert row["ppv"] == pytest.approx(row["prevalence"], abs=0.03)
    assert row["sensitivity"] == pytest.approx(row["prevalence"], abs=0.03)


def test_calibration_baselines_and_the_offset_predictor_stand_beside(events_of, make_table):
    calibration = make_table(windows=2, subset="calibration").assign(
        start=lambda t: t["start"] - 100, sbp=lambda t: t["sbp_ref"], dbp=lambda t: t["dbp_ref"]
    )
    table = events_of(pd.concat([make_table(), calibration], ignore_index=True))
    methods = set(table.index.get_level_values("method"))
    assert {"network", "offset", "hold_last", "calibration_mean", "heart_rate", "population_mean"} <= methods
    assert len(table) == len(methods) * len(EVENTS) * 2
    assert table.loc["hold_last", "SBP >= 130", "window"]["network"] == "none"


def test_seeds_are_averaged(events_of, by_hand):
    other = by_hand.assign(seed=1, sbp=120.0)
    row = events_of(pd.concat([by_hand, other], ignore_index=True)).loc["network", "SBP >= 140", "window"]
    assert (row["seeds"], row["n_alarms"]) == (2, 2)
    assert row["sensitivity"] == pytest.approx(0.15)


def test_mean_pressure_is_a_third_of_the_way_unless_it_is_given(events_of, by_hand):
    rows = by_hand.assign(sbp_ref=90.0, dbp_ref=50.0, sbp=93.0, dbp=51.0)  # 63.3 and 65
    row = events_of(rows).loc["network", "MAP < 65", "window"]
    assert (row["n_events"], row["n_alarms"]) == (20, 0)
    given = rows.assign(map_ref=np.where(np.arange(20) < 5, 66.0, np.nan), map=64.0)
    row = events_of(given).loc["network", "MAP < 65", "window"]
    assert (row["n_events"], row["n_alarms"]) == (15, 20)
    assert row["mae"] == pytest.approx(64 - (50 + 40 / 3))


def test_given_means_stay_with_their_windows(events_of, make_table):
    rows = make_table(network="b").assign(map=lambda t: t["dbp"] + (t["sbp"] - t["dbp"]) * 0.4)
    rows["map_ref"] = rows["dbp_ref"] + (rows["sbp_ref"] - rows["dbp_ref"]) * 0.4
    shuffled = pd.concat([rows, rows.assign(network="a", seed=3)], ignore_index=True).sample(frac=1, random_state=0)
    found = events_of(shuffled).reset_index().query("method == 'network' and event == 'MAP < 65' and by == 'window'")
    assert sorted(found["network"]) == ["a", "b"]
    right = events_of(rows).loc["network", "MAP < 65", "window"]
    for name in ("n_events", "n_alarms", "n_false", "mae"):
        np.testing.assert_allclose(found[name].astype(float), right[name])


def test_a_limit_reached_by_rounding_counts(events_of, by_hand):
    row = events_of(by_hand.assign(sbp_ref=140 - 1e-9)).loc["network", "SBP >= 140", "window"]
    assert row["prevalence"] == 1


def test_where_every_window_has_the_event_its_error_is_that_of_the_figures_of_merit(write, make_table):
    rows = make_table()
    rows = rows.assign(sbp=rows["sbp"] + 100, sbp_ref=rows["sbp_ref"] + 100)
    judged = judge(read_table([write(rows)]), QUICK)
    event = judged.events.set_index(["method", "event", "by"]).loc["network", "SBP >= 140", "window"]
    merit = judged.merits.set_index(["average", "pressure"]).loc["pooled", "SBP"]
    columns = ["mae", "mae_lower", "mae_upper"]
    assert event[columns].tolist() == pytest.approx(merit[columns].tolist())
