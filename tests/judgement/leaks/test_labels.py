"""Predictions that know the test references, and calibration that knows later ones."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table

PRESSURES = ("sbp", "dbp")


def centred(rows, by, middle="mean"):
    """Predictions moved so that their mean error is 0."""
    for name in PRESSURES:
        error = rows[name] - rows[f"{name}_ref"]
        rows = rows.assign(**{name: rows[name] - (error.groupby(rows[by]).transform(middle))})
    return rows


def to_grid(rows, step, columns=("sbp", "dbp", "sbp_ref", "dbp_ref")):
    return rows.assign(**{name: (rows[name] / step).round() * step for name in columns})


@pytest.mark.parametrize(
    ("step", "middle"), [(None, "mean"), (0.1, "mean"), (1.0, "mean"), (None, "median"), (0.1, "median")]
)
@pytest.mark.parametrize("windows", [5, 13, 60])
def test_predictions_centred_on_each_test_subject_are_found(make_table, leaks, step, middle, windows):
    rows = centred(make_table(12, windows), "subject", middle)
    rows = rows if step is None else to_grid(rows, step, PRESSURES)
    found = leaks(make_table(12, windows, network="honest"), rows).loc["centred_on_test"]
    assert found[["count", "verdict"]].tolist() == [1, "found"]
    assert found["examples"].startswith("alexnet: mean error 0 in each of 12 subjects")


def test_some_centred_subjects_are_found_among_many(make_table, leaks):
    rows = make_table(60)
    some = rows["subject"] < "p006"
    mixed = pd.concat([centred(rows[some], "subject"), rows[~some]])
    assert "in 6 of 60 subjects (SBP)" in leaks(mixed).loc["centred_on_test", "examples"]


def test_predictions_centred_on_the_whole_test_set_are_found(make_table, leaks):
    assert "over all test windows" in leaks(centred(make_table(), "split")).loc["centred_on_test", "examples"]
    others = make_table()  # the mean of all others errs by 0 overall, and knows nobody
    level = others.groupby("subject")[["sbp_ref", "dbp_ref"]].mean()
    without = (level.sum() - level) / (len(level) - 1)
    others = others.assign(**{name: others["subject"].map(without[f"{name}_ref"]) for name in PRESSURES})
    assert leaks(others).loc["centred_on_test", "verdict"] == "none"


@pytest.mark.parametrize("step", [None, 1.0, 5.0])
@pytest.mark.parametrize(("subjects", "windows"), [(3, 30), (12, 2), (40, 12)])
def test_honest_predictions_know_no_reference(make_table, leaks, step, subjects, windows):
    for seed in range(4):
        for error in (0.8, 5):  # however good they are
            rows = make_table(subjects, windows, seed=seed, error=error)
            calibrated = rows.assign(network="calibrated")
            for name in PRESSURES:  # on the first window, which is then left out
                miss = rows[name] - rows[f"{name}_ref"]
                calibrated[name] -= miss.groupby(rows["subject"]).transform("first")
            rows = pd.concat([rows, calibrated])
            rows = rows[rows["start"] > 0]
            found = leaks(rows if step is None else to_grid(rows, step))
            assert (found.loc[["centred_on_test", "equal_to_reference"], "verdict"] == "none").all()


@pytest.mark.parametrize("step", [0.750062, 1 / 3, 0.25, 3.0])
def test_any_common_step_of_pressures_is_honest(make_table, leaks, step):
    for seed in range(4):  # tenths of kPa, means of several readings, a coarse scale
        rows = make_table(40, 30, seed=seed, error=2 * step)
        near = rows.assign(**{name: rows[f"{name}_ref"] + (rows[name] - rows[f"{name}_ref"]) / 5 for name in PRESSURES})
        assert leaks(to_grid(near, step)).loc["equal_to_reference", "verdict"] == "none"
    known = to_grid(near, step)
    known.loc[::4, PRESSURES] = known.loc[::4, ["sbp_ref", "dbp_ref"]].to_numpy()
    assert leaks(known).loc["equal_to_reference", "verdict"] == "found"


@pytest.mark.parametrize(("step", "share"), [(None, 0.1), (0.1, 0.1), (1.0, 0.3), (None, 1.0)])
def test_predictions_that_equal_the_reference_are_found(make_table, leaks, step, share):
    rows = make_table(20)
    rows = rows if step is None else to_grid(rows, step)
    copied = np.random.default_rng(0).random(len(rows)) < share
    known = rows.assign(**{name: rows[name].where(~copied, rows[f"{name}_ref"]) for name in PRESSURES})
    assert leaks(known).loc["equal_to_reference", "verdict"] == "found"


def test_a_held_cuff_value_that_recurs_is_not_a_known_reference(make_table, leaks):
    rows = to_grid(make_table(20, 40), 5.0)
    held = rows.assign(**{name: rows.groupby("subject")[f"{name}_ref"].transform("first") for name in PRESSURES})
    equal = (held["sbp"] == held["sbp_ref"]) & (held["dbp"] == held["dbp_ref"])
    assert equal.mean() > 0.05
    assert leaks(held[held["start"] > 0]).loc["equal_to_reference", "verdict"] == "none"


@pytest.mark.parametrize(("shift", "n", "before_all"), [(-100.0, 0, 0), (55.0, 48, 48), (1e4, 96, 96)])
def test_calibration_from_the_future_is_found(make_table, leaks, shift, n, before_all):
    calibration = make_table(windows=1, subset="calibration").assign(start=shift, seconds=1.0)
    found = leaks(make_table(), calibration).loc["late_calibration"]
    assert found["count"] == n
    assert n == 0 or f"{before_all} of them before all" in found["reason"]


def test_windows_between_two_calibrations_are_counted_apart(make_table, leaks):
    calibration = [make_table(windows=1, subset="calibration").assign(start=at, seconds=1.0) for at in (-10, 57)]
    found = leaks(make_table(), *calibration).loc["late_calibration"]
    assert found["count"] == 48
    assert ", 0 of them before all" in found["reason"]


def test_calibration_without_times_or_in_undated_records_is_not_compared(make_table, leaks):
    calibration = make_table(windows=1, subset="calibration").assign(start=1e4, record="p999")
    assert leaks(make_table(), calibration).loc["late_calibration", "count"] == 0
    untimed = (rows.drop(columns=["start", "seconds"]) for rows in (make_table(), calibration))
    assert leaks(*untimed).loc["late_calibration", "verdict"] == "not assessable"


def test_leaks_of_labels_and_people_are_warnings_of_the_judgement(make_table, write):
    rows = pd.concat([centred(make_table(12), "subject"), make_table(2, network="alexnet").assign(subject="P000")])
    rows = rows.drop_duplicates(["subject", "start"])
    notes = judge(read_table([write(rows)]), EvaluationOptions(bootstrap=400)).notes
    warnings = [note for note in notes if note.startswith("WARNING: nonmixed: ")]
    assert any("people may be there under several names: P000 = p000" in note for note in warnings)
    assert any("test references are in the predictions: alexnet: mean error 0" in note for note in warnings)
