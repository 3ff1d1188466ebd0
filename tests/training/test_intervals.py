"""Intervals of a prediction table: calibrated on its validation people, absent where they cannot be."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from pydantic import ValidationError

from cuffless.config import IntervalOptions
from cuffless.conformal import METADATA, person_quantile
from cuffless.training.intervals import LIMITS, Intervals, calibrate
from cuffless.training.intervals.difficulty import held_out_difficulty
from cuffless.training.predictions import named_outputs, write_predictions

PRESSURES = ["sbp", "dbp"]


def split(rng, val=24, test=60, *, slope=0.0, shared=0, windows=12):
    """A table of predictions; the error's size is exp(slope x standardized pulse rate), `shared` persons train, too."""
    people = [f"train{k}" for k in range(10)] + [f"val{k}" for k in range(val)] + [f"test{k}" for k in range(test)]
    subject = np.repeat(people, windows)
    hr = np.repeat(rng.normal(75, 12, len(people)), windows)
    error = np.repeat(rng.normal(0, 8, (len(people), 2)), windows, axis=0) + rng.normal(0, 5, (len(subject), 2))
    reference = rng.normal([120, 65], [15, 8], (len(subject), 2))
    prediction = reference + error * np.exp(slope * (hr[:, None] - 75) / 12)
    table = pd.DataFrame({"subject": subject, "hr": hr, "subset": pd.Series(subject).str.rstrip("0123456789")})
    table = table.assign(sbp_ref=reference[:, 0], dbp_ref=reference[:, 1], sbp=prediction[:, 0], dbp=prediction[:, 1])
    table.loc[table["subset"] == "train", PRESSURES] = np.nan
    if shared:
        table.loc[table["subset"] == "train", "subject"] = "val0"
    return table


def with_quantile_outputs(table, half):
    prediction = table[PRESSURES].to_numpy()
    return table.assign(**named_outputs(np.c_[prediction, prediction - half, prediction + half]))


def coverage(table):
    """Share of covered windows of SBP and DBP, and mean width, of the test rows."""
    test = table[table["subset"] == "test"]
    covered = [test[f"{p}_ref"].between(test[f"{p}_lo"], test[f"{p}_hi"]).mean() for p in PRESSURES]
    return np.mean(covered), np.mean([(test[f"{p}_hi"] - test[f"{p}_lo"]).mean() for p in PRESSURES])


@pytest.fixture(scope="module")
def table():
    return split(np.random.default_rng(5))


def test_plain_intervals_are_the_prediction_and_the_quantile_of_validation_people(table):
    calibration = calibrate(table, IntervalOptions())
    val, test = (table[table["subset"] == subset] for subset in ("val", "test"))
    limits = calibration.table.loc[test.index]
    for number, pressure in enumerate(PRESSURES):
        error = (val[pressure] - val[f"{pressure}_ref"]).abs()
        quantile = person_quantile(error, val["subject"], 0.9)
        assert calibration.intervals.quantile[number] == quantile
        np.testing.assert_allclose(limits[f"{pressure}_hi"] - test[pressure], quantile)
        np.testing.assert_allclose(test[pressure] - limits[f"{pressure}_lo"], quantile)


def test_only_test_rows_have_intervals_and_nothing_else_changes(table):
    calibrated = calibrate(table, IntervalOptions()).table
    pd.testing.assert_frame_equal(calibrated[list(table)], table)
    test = calibrated["subset"] == "test"
    assert calibrated.loc[test, list(LIMITS)].notna().all(axis=None)
    assert calibrated.loc[~test, list(LIMITS)].isna().all(axis=None)


def test_references_of_test_windows_do_not_reach_their_intervals(table):
    others = table.assign(sbp_ref=table["sbp_ref"].where(table["subset"] != "test", 0))
    for method in ("plain", "scaled"):
        options = IntervalOptions(method=method)
        one, other = (calibrate(rows, options).table[list(LIMITS)] for rows in (table, others))
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("half", [None, 1.0, 40.0], ids=["no quantiles", "too narrow", "too wide"])
@pytest.mark.parametrize("method", ["plain", "scaled"])
def test_new_people_are_covered_whatever_the_outputs_are_worth(method, half):
    rng, shares = np.random.default_rng(8), []
    for _ in range(40):
        rows = split(rng, windows=6)
        rows = rows if half is None else with_quantile_outputs(rows, half)
        shares.append(coverage(calibrate(rows, IntervalOptions(method=method)).table)[0])
    assert 0.88 <= np.mean(shares) <= 0.95


def test_scaling_narrows_intervals_where_the_pulse_rate_tells_the_errors_size():
    rng, widths = np.random.default_rng(2), []
    for _ in range(10):
        rows = split(rng, val=60, slope=0.9)
        widths.append([coverage(calibrate(rows, IntervalOptions(method=m)).table)[1] for m in ("plain", "scaled")])
    plain, scaled = np.mean(widths, axis=0)
    assert scaled < 0.85 * plain


def test_scaled_quantile_outputs_keep_their_ratios(table):
    half = np.where(np.arange(len(table)) % 2, 4.0, 8.0)[:, None]
    calibrated = calibrate(with_quantile_outputs(table, half), IntervalOptions(method="scaled")).table
    width = calibrated["sbp_hi"] - calibrated["sbp_lo"]
    test = (calibrated["subset"] == "test").to_numpy()
    ratio = width[test & (half[:, 0] == 8)].mean() / width[test & (half[:, 0] == 4)].mean()
    assert ratio == pytest.approx(2)


def test_limits_never_cross_the_prediction_even_if_the_outputs_were_far_too_wide():
    table = split(np.random.default_rng(3))
    half = np.where(table["subset"] == "test", 0.5, 90.0)[:, None]  # narrowed by what the validation people say
    test = calibrate(with_quantile_outputs(table, half), IntervalOptions()).table.query("subset == 'test'")
    for pressure in PRESSURES:
        assert (test[f"{pressure}_lo"] <= test[pressure]).all()
        assert (test[f"{pressure}_hi"] >= test[pressure]).all()


@pytest.mark.parametrize(("val", "level", "needed"), [(0, 0.9, 9), (1, 0.9, 9), (8, 0.9, 9), (18, 0.95, 19)])
@pytest.mark.parametrize("quantiles", [False, True])
def test_with_too_few_validation_people_there_are_none_and_the_number_is_told(val, level, needed, quantiles):
    table = split(np.random.default_rng(0), val=val, windows=200)
    calibration = calibrate(with_quantile_outputs(table, 5) if quantiles else table, IntervalOptions(level=level))
    assert calibration.intervals is None
    pd.testing.assert_frame_equal(calibration.table, table)
    assert f"need {needed} people in the validation set, and it has {val}:" in calibration.reason
    assert "splits.fractions" in calibration.described()["reason"]


def test_windows_of_validation_that_were_not_predicted_calibrate_nothing(table):
    unpredicted = table.assign(sbp=table["sbp"].where(table["subset"] == "test"))
    assert "it has 0:" in calibrate(unpredicted, IntervalOptions()).reason


def test_intervals_can_be_switched_off(table):
    calibration = calibrate(with_quantile_outputs(table, 5), IntervalOptions(method="none"))
    assert list(calibration.table) == list(table)
    assert calibration.reason == "intervals.method is none"


def test_people_who_trained_are_no_evidence_for_new_ones(table):
    new = calibrate(table, IntervalOptions()).intervals
    known = calibrate(split(np.random.default_rng(5), shared=1), IntervalOptions()).intervals
    assert new.new_people
    assert "90 % of a new person's windows on average" in new.holds()
    assert "24 people of the validation set" in new.holds()
    assert not known.new_people
    assert "not for a new person" in known.holds()


@pytest.mark.parametrize("method", ["plain", "scaled"])
def test_saved_intervals_give_the_same_limits(table, method):
    calibration = calibrate(table, IntervalOptions(method=method))
    again = Intervals.model_validate(json.loads(json.dumps(calibration.described())))
    test = table[table["subset"] == "test"]
    pd.testing.assert_frame_equal(again.limits(test), calibration.table.loc[test.index, list(LIMITS)])


def test_a_window_without_a_pulse_rate_is_as_difficult_as_usual(table):
    intervals = calibrate(table.assign(hr=np.nan), IntervalOptions(method="scaled")).intervals
    limits = intervals.limits(pd.DataFrame({"sbp": [120.0], "dbp": [65.0], "hr": [np.nan]}))
    assert np.isfinite(limits).all(axis=None)


@pytest.mark.parametrize("change", [{"quantile": [1.0, float("inf")]}, {"quantile": [1.0]}, {"level": 2}, {"more": 1}])
def test_damaged_intervals_are_refused(table, change):
    described = calibrate(table, IntervalOptions()).described()
    with pytest.raises(ValidationError):
        Intervals.model_validate(described | change)


def test_the_files_metadata_give_the_level(table, tmp_path):
    calibration = calibrate(table, IntervalOptions(level=0.8))
    write_predictions(calibration, path := tmp_path / "predictions.parquet")
    facts = json.loads(pyarrow.parquet.read_schema(path).metadata[METADATA])
    assert facts["level"] == 0.8
    assert facts["holds"] == calibration.intervals.holds()
    pd.testing.assert_frame_equal(pd.read_parquet(path), calibration.table)
    write_predictions(calibrate(table, IntervalOptions(method="none")), path)
    assert METADATA not in pyarrow.parquet.read_schema(path).metadata


def test_ones_own_errors_do_not_reach_the_difficulty_that_calibrates():
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(12), 5)
    clues, errors = rng.normal(size=(60, 3)), rng.gamma(2, 4, (60, 2))
    before = held_out_difficulty(clues, errors, owner)
    after = held_out_difficulty(clues, np.where(owner[:, None] == 3, 10 * errors, errors), owner)
    np.testing.assert_array_equal(after[owner == 3], before[owner == 3])
    assert not np.allclose(after[owner == 4], before[owner == 4])
