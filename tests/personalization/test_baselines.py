"""What calibration values and the pulse rate say without a network."""

import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.personalization import design_of
from cuffless.judgement.evidence.baselines import (
    calibrated_baselines,
    calibration_mean,
    fitted_baselines,
    rate_regression,
)
from cuffless.judgement.table.layout import Calibration
from cuffless.judgement.table.predictions import PredictionError


def regression(training, rates):
    return rate_regression(training[["sbp", "dbp"]].to_numpy(), training["hr"].to_numpy(), np.asarray(rates))


def held(reference, calibration):
    found = calibrated_baselines(reference, calibration)
    return found["hold_first"], found["hold_last"]


@pytest.fixture
def two_subjects():
    """Windows 0-3 are of one subject, 4-6 of the other; 1, 2 and 5, 6 calibrate."""
    reference = np.array([[100, 50], [110, 55], [120, 60], [130, 65], [90, 45], [80, 40], [96, 48]], float)
    return reference, Calibration(np.array([1, 2, 5, 6]), np.array([0, 0, 1, 1]), np.array([2, 2]))


def test_the_calibration_mean_is_that_of_each_subjects_own_values(two_subjects):
    expected = [[115, 57.5], [88, 44]]
    np.testing.assert_allclose(calibrated_baselines(*two_subjects)["calibration_mean"], expected)


def test_the_earliest_and_the_latest_value_are_held(two_subjects):
    first, last = held(*two_subjects)
    np.testing.assert_array_equal(first, [[110, 55], [80, 40]])
    np.testing.assert_array_equal(last, [[120, 60], [96, 48]])


def test_the_offset_is_what_a_network_lacks_on_calibration_windows(two_subjects):
    reference, calibration = two_subjects
    before = reference.copy()
    before[:4] -= [7, 3]
    before[4:] += [2, 5]
    before[[0, 3, 4]] = 1e6  # no calibration windows: they must not count
    np.testing.assert_allclose(calibration_mean(reference - before, calibration), [[7, 3], [-2, -5]])


def test_random_windows_are_held_by_their_order_and_not_by_their_rank(make_protocol):
    protocol = make_protocol()
    drawn = design_of(protocol)
    first, last = held(drawn.reference, drawn.calibration["random", "5"])
    plan = protocol.plan[protocol.plan["random_rank"].between(0, 4)].sort_values(["subject", "order"])
    by_subject = plan.groupby("subject")[["sbp", "dbp"]]
    np.testing.assert_array_equal(first, by_subject.first())
    np.testing.assert_array_equal(last, by_subject.last())
    ranked = plan.sort_values(["subject", "random_rank"]).groupby("subject")[["sbp", "dbp"]]
    assert not np.array_equal(first, ranked.first())


def test_budgets_are_nested(make_protocol):
    drawn = design_of(make_protocol())
    for setting in ("first", "random"):
        sets = [set(drawn.calibration[setting, budget].rows) for budget in ("1", "2", "5", "10", "20 %")]
        assert all(small < large for small, large in pairwise(sets))
        assert (drawn.calibration[setting, "2"].counts == 2).all()


def test_the_rate_regression_finds_a_line_and_is_hardly_shrunk():
    hr = np.linspace(50, 130, 5000)
    training = pd.DataFrame({"sbp": 90 + 0.4 * hr, "dbp": 70 - 0.1 * hr, "hr": hr})
    at = np.array([60.0, 120.0])
    np.testing.assert_allclose(regression(training, at), np.stack([90 + 0.4 * at, 70 - 0.1 * at], 1), atol=0.01)


def test_the_rate_regression_is_ridge_regression():
    """Against the normal equations with the penalty on the standardized slope alone."""
    rng = np.random.default_rng(0)
    training = pd.DataFrame({"hr": rng.normal(80, 10, 12), "sbp": rng.normal(120, 9, 12), "dbp": rng.normal(60, 5, 12)})
    z = (training["hr"] - training["hr"].mean()) / training["hr"].std(ddof=0)
    X = np.stack([np.ones(12), z], axis=1)
    weights = np.linalg.solve(X.T @ X + np.diag([0, 1.0]), X.T @ training[["sbp", "dbp"]].to_numpy())
    np.testing.assert_allclose(regression(training, training["hr"]), X @ weights)


def test_equal_training_rates_leave_the_training_mean():
    training = pd.DataFrame({"hr": [70.0, 70.0], "sbp": [110.0, 130.0], "dbp": [50.0, 60.0]})
    np.testing.assert_allclose(regression(training, [90.0]), [[120.0, 55.0]])


def test_a_missing_rate_is_named():
    training = pd.DataFrame({"hr": [70.0, np.nan], "sbp": [110.0, 130.0], "dbp": [50.0, 60.0]})
    with pytest.raises(PredictionError, match=r"no pulse rate \(column hr\)"):
        regression(training, [90.0])
    with pytest.raises(PredictionError, match=r"no pulse rate \(column hr\)"):
        regression(training.assign(hr=70.0), [np.nan])


def test_a_split_without_training_windows_is_refused(make_protocol):
    protocol = make_protocol()
    with pytest.raises(PredictionError, match="the split has no training window"):
        fitted_baselines(design_of(dataclasses.replace(protocol, training=protocol.training[:0])))
