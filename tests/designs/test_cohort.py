"""What the simulated cohort says of calibration, without any network."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import ProtocolOptions, SimulatorOptions
from cuffless.designs.plan import sample_plan
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows


@pytest.fixture(scope="module")
def index():
    """Kept windows of 40 subjects, ten minutes each."""
    parts = []
    for number in range(1, 41):
        subject = simulate_subject(number, SimulatorOptions(minutes=10, seed=1))
        kept = cut_windows(from_arrays(subject.name, subject.ppg, subject.abp, subject.fs)).kept
        columns = {name: getattr(kept, name) for name in ("start", "seconds", "sbp", "dbp", "hr", "snr")}
        parts.append(pd.DataFrame(columns).assign(record=subject.name, subject=subject.name))
        parts[-1]["row"] = np.arange(len(parts[-1]))
    return pd.concat(parts, ignore_index=True)


def errors_of_calibration_mean(index, **options):
    """SBP error of saying the calibration windows' mean, for each subject and strategy."""
    manifest = pd.DataFrame({"subset": "test", "subject": index["subject"].unique()})
    plan = sample_plan(index, ProtocolOptions(subjects=40, **options), manifest=manifest).windows
    test = plan[plan["test"]]
    errors = {}
    for strategy in ("first", "random"):
        mean = plan[plan[f"{strategy}_rank"] >= 0].groupby("number")["sbp"].mean()
        errors[strategy] = (test["sbp"] - test["number"].map(mean)).abs().groupby(test["number"]).mean()
    return pd.DataFrame(errors)


def test_pressure_drifts_so_that_early_calibration_is_worse_than_a_scattered_one(index):
    errors = errors_of_calibration_mean(index)
    assert len(errors) >= 20
    assert errors["first"].mean() - errors["random"].mean() > 0.5


def test_test_windows_between_calibration_windows_make_the_scattered_one_look_better_still(index):
    def gap(**options):
        errors = errors_of_calibration_mean(index, **options)
        return errors["first"].mean() - errors["random"].mean()

    assert gap(test_half="alternate", leakage="warn") > gap() + 0.5


def test_where_the_time_order_is_lost_both_strategies_are_alike(index):
    errors = errors_of_calibration_mean(index, preset="code", leakage="warn")
    assert abs(errors["first"].mean() - errors["random"].mean()) < 0.3
