"""Whether a predictor knows when it is wrong."""

import numpy as np
import pandas as pd
import pytest


def predictions(informed, subjects=40, windows=25):
    """A predictor that states the scale of its errors, or the scale of another window's."""
    rng = np.random.default_rng(1)
    n = subjects * windows
    scale = rng.uniform(2, 20, n)
    reference = np.repeat(rng.normal(120, 12, subjects), windows)
    error = rng.normal(0, scale)
    sd = scale if informed else rng.permutation(scale)
    return pd.DataFrame(
        {"subject": np.arange(n) // windows, "sbp_ref": reference, "dbp_ref": reference / 2, "sbp": reference + error,
         "dbp": reference / 2 + error / 2, "sbp_sd": sd, "dbp_sd": sd / 2}
    )  # fmt: skip


def test_abstaining_helps_a_predictor_that_knows_when_it_is_wrong(judged, row_of):
    found = judged(predictions(informed=True)).risk
    row = row_of(found, kind="given", share=0.5)
    assert row["verdict"] == "abstaining helps"
    assert row["mae"] < 0.7 * row["random_mae"]
    own = found.query("kind == 'given' and pressure == 'SBP' and average == 'pooled'")
    assert (np.diff(own["mae"]) < 0).all()
    assert own["n_windows"].tolist() == [round(1000 * share) for share in own["share"]]


def test_abstaining_at_random_is_not_said_to_help(judged, row_of):
    row = row_of(judged(predictions(informed=False)).risk, kind="given", share=0.5)
    assert row["verdict"] == "not shown to help"
    assert row["mae"] == pytest.approx(row["random_mae"], rel=0.15)


def test_a_predictor_that_is_surest_where_it_is_wrong_is_found_out(judged, row_of):
    rows = predictions(informed=True)
    rows["sbp_sd"] = 30 - rows["sbp_sd"]
    assert row_of(judged(rows).risk, kind="given", share=0.5)["verdict"] == "abstaining harms"


def test_errors_of_those_left_are_what_they_are(judged, row_of):
    rows = predictions(informed=True)
    left = rows.nsmallest(300, "sbp_sd")
    error = (left["sbp"] - left["sbp_ref"]).abs()
    found = judged(rows).risk
    assert row_of(found, kind="given", share=0.3, average="pooled")["mae"] == pytest.approx(error.mean())
    by_person = error.groupby(left["subject"]).mean()
    row = row_of(found, kind="given", share=0.3)
    assert row["mae"] == pytest.approx(by_person.mean())
    assert row["n_subjects"] == len(by_person)


def test_with_intervals_of_one_width_there_is_nothing_to_sort_by(judged):
    assert judged(predictions(informed=True).assign(sbp_sd=8.0, dbp_sd=4.0)).risk.empty


def test_of_equal_widths_no_order_of_persons_decides(judged, row_of):
    rows = predictions(informed=True).assign(sbp_sd=lambda t: np.where(np.arange(len(t)) == 0, 7.0, 8.0))
    rows["sbp"] = rows["sbp_ref"] + rows["subject"]  # the first persons are predicted best
    row = row_of(judged(rows).risk, kind="given", share=0.5, average="pooled")
    assert row["mae"] == pytest.approx(row["random_mae"], rel=0.1)


def test_too_few_people_left_give_no_interval(judged):
    rows = predictions(informed=True, subjects=10)
    rows["sbp_sd"] = 2.0 + rows["subject"] + np.arange(len(rows)) / 1e4
    found = judged(rows).risk.query("pressure == 'SBP' and average == 'subject'")
    few = found["n_subjects"] < 6
    assert few.any()
    assert found.loc[few, ["lower", "upper", "gain_lower"]].isna().all(axis=None)
    assert set(found.loc[few, "interval"]) == {"too few subjects"}
