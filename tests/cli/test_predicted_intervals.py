"""`cuffless predict` prints the intervals that a network was saved with and for whom they hold, or why it has none."""

import io
import json

import numpy as np
import pandas as pd
import pytest

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
LIMITS = ["sbp_lo", "sbp_hi", "dbp_lo", "dbp_hi"]
INTERVALS = {
    "level": 0.8, "method": "plain", "quantile": [20.0, 9.5], "persons": 24, "windows": 928, "new_people": True,
    "difficulty": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def calibrated(save_model):
    """A network that says 121/63 mmHg, with 20 and 9.5 mmHg on either side."""
    return save_model(intervals=INTERVALS)


def test_accepted_windows_have_limits_and_the_words_say_for_whom_they_hold(cuffless, noisy_csv, calibrated):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", calibrated)
    table = pd.read_csv(io.StringIO(result.stdout))
    assert list(table) == ["start", "seconds", "sbp", "dbp", *LIMITS, "hr", "snr", "accepted", "reason"]
    accepted = table["accepted"]
    np.testing.assert_allclose(table.loc[accepted, LIMITS], np.tile((101, 141, 53, 73), (accepted.sum(), 1)))
    assert table.loc[~accepted, LIMITS].isna().all(axis=None)
    assert "The intervals hold 80 % of a new person's windows on average" in result.stderr
    assert "same population as the 24 people of the validation set" in result.stderr


def test_json_has_limits_level_and_words(cuffless, noisy_csv, calibrated):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", calibrated, "--json")
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    assert answer["level"] == 0.8
    assert "new person" in answer["intervals"]
    assert {row["dbp_hi"] for row in answer["windows"]} == {73, None}


def test_the_output_file_has_the_limits(cuffless, noisy_csv, calibrated, tmp_path):
    cuffless("predict", noisy_csv, "--fs", 125, "--model", calibrated, "--output", tmp_path / "out.csv")
    assert set(LIMITS) < set(pd.read_csv(tmp_path / "out.csv"))


def test_why_a_network_has_none_is_told(cuffless, noisy_csv, model, save_model):
    bare = cuffless("predict", noisy_csv, "--fs", 125, "--model", model)
    few = save_model(intervals={"reason": "intervals at 90 % need 9 people in the validation set, and it has 4"})
    told = cuffless("predict", noisy_csv, "--fs", 125, "--model", few)
    assert "No intervals: the model file holds none." in bare.stderr
    assert "No intervals: intervals at 90 % need 9 people" in told.stderr
    assert bare.stdout == told.stdout
    assert "sbp_lo" not in bare.stdout


def test_they_do_not_hold_for_a_network_that_was_calibrated_for_a_person(cuffless, noisy_csv, calibrated, tmp_path):
    (tmp_path / "cuff.csv").write_text("time,sbp,dbp\n30,120,60\n")
    call = ("--calibrate", tmp_path / "cuff.csv", "--by", "offset")
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", calibrated, *call)
    assert result.exit_code == 0, result.stderr
    assert "sbp_lo" not in result.stdout
    assert "No intervals: those of the network do not hold once it is calibrated" in result.stderr


@pytest.mark.parametrize("damage", [{"level": 90}, {"quantile": ["wide", 1]}, {"persons": 0}, {"unknown": 1}])
def test_damaged_intervals_are_refused(cuffless, noisy_csv, save_model, damage):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", save_model(intervals=INTERVALS | damage))
    assert result.exit_code == 2
    assert "model.keras: its intervals are damaged" in result.stderr
    assert "save or copy it again" in result.stderr
