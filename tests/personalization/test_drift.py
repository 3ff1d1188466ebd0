"""Errors against the time since the last calibration value."""

import dataclasses

import numpy as np
import pytest

from cuffless.arms.personalization import design_of
from cuffless.judgement.measures.drift import delays


def test_delays_count_from_the_last_calibration_window(make_protocol):
    protocol = make_protocol(subjects=1)
    minutes = delays(design_of(protocol))
    last = protocol.plan["first_rank"].max()
    assert np.isnan(minutes[: last + 2]).all()  # its neighbour is not looked at
    assert minutes[last + 2] == pytest.approx(0.2)
    assert minutes[-1] == pytest.approx(1440 + 0.1 * (len(minutes) - 1 - last))


def test_every_subject_counts_the_same_in_a_bin(usual):
    protocol, drift = usual[0], usual[1].drift
    assert set(drift["setting"]) == {"before", "first"}
    assert set(drift["method"]) == {"network", "offset", "calibration_mean", "hold_last"}
    rows = drift[(drift["network"] == "lstm") & (drift["pressure"] == "SBP") & (drift["setting"] == "first")]
    rows = rows[rows["method"] == "network"]
    table = protocol.predictions
    table = table[(table["network"] == "lstm") & (table["setting"] == "first") & (table["budget"] == "20 %")]
    plan = protocol.plan
    last = plan[plan["first_rank"] >= 0].groupby("subject")["elapsed"].max()
    table = table.merge(plan[["record", "start", "elapsed"]], on=["record", "start"])
    minutes = (table["elapsed"] - table["subject"].map(last)) / 60
    assert "between" in set(table["subset"])
    unequal = 0
    for row in rows.itertuples():
        inside = table[(minutes >= row.bin_low) & (minutes < row.bin_high)]
        errors = (inside["sbp"] - inside["sbp_ref"]).abs()
        assert row.n_windows == len(inside)
        assert row.mae == pytest.approx(errors.groupby(inside["subject"]).mean().mean())
        unequal += inside["subject"].value_counts().nunique() > 1
    assert unequal  # else it would not matter


def test_bins_are_the_same_for_all_and_all_windows_are_in_one(two_protocols):
    protocols, drift = two_protocols[0], two_protocols[1].drift
    by_curve = drift.groupby(["protocol", "network", "method", "setting", "pressure"])
    assert len({tuple(map(tuple, rows[["bin_low", "bin_high"]].to_numpy())) for _, rows in by_curve}) == 1
    for protocol in protocols:
        rows = protocol.predictions
        later = rows[(rows["setting"] == "first") & (rows["budget"] == "20 %") & (rows["network"] == "lstm")]
        counted = drift[drift["protocol"] == protocol.name].groupby(["network", "method", "setting", "pressure"])
        assert (counted["n_windows"].sum() == len(later)).all()


def test_a_protocol_that_lost_the_time_does_not_drift(make_protocol, judge, usual):
    code = make_protocol("code", preset="code", leakage="warn")
    drift = judge(usual[0], code).drift
    assert set(drift["protocol"]) == {"main"}
    alone = judge(code).drift
    assert alone.empty
    assert list(alone.columns) == list(drift.columns)


def test_unknown_times_leave_the_table_empty(judge, usual):
    protocol = usual[0]
    timeless = dataclasses.replace(protocol, plan=protocol.plan.assign(elapsed=np.nan))
    assert judge(timeless).drift.empty
