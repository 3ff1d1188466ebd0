import json

import numpy as np
import pytest
import wfdb

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A record with two channels PLETH, the first of which is flat."""
    folder = tmp_path_factory.mktemp("twice")
    phase = np.arange(125 * 60) / 125 * 1.25 % 1
    wave = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.35 * np.exp(-(((phase - 0.55) / 0.13) ** 2))
    signals = np.column_stack([0 * wave + 1, wave, 70 + 50 * wave])
    wfdb.wrsamp(
        "d", 125, ["NU", "NU", "mmHg"], ["PLETH", "OTHER", "ABP"], signals, fmt=["16"] * 3, write_dir=str(folder)
    )
    header = folder / "d.hea"
    header.write_text(header.read_text().replace("OTHER", "PLETH"))  # wfdb writes no name twice, but reads it
    return folder / "d"


def test_inspect_tells_of_a_doubled_name_and_takes_the_channel_that_is_named(twice, cuffless):
    told = json.loads(cuffless("inspect", twice, "--json").stdout)
    assert "--ppg 'PLETH#2'" in told["passed_over"][0]
    chosen = json.loads(cuffless("inspect", twice, "--json", "--ppg", "PLETH#2").stdout)
    assert "passed_over" not in chosen
    assert told["windows_kept"] == 0 < chosen["windows_kept"]


def test_predict_takes_the_channel_that_is_named(twice, cuffless, model):
    assert cuffless("predict", twice, "--model", model).exit_code == 1
    assert cuffless("predict", twice, "--model", model, "--ppg", "PLETH#2").exit_code == 0


def test_channels_that_are_not_there_are_answered_with_those_that_are(twice, cuffless):
    answer = cuffless("inspect", twice, "--abp", "ART")
    assert answer.exit_code == 1
    assert "no arterial pressure channel (found: PLETH, PLETH, ABP); choose one with --abp" in " ".join(
        answer.stderr.split()
    )


def test_a_column_is_chosen_as_a_channel_is(tmp_path, cuffless, signals_csv):
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(signals_csv.read_text().replace("ppg,abp", "Finger,Line", 1))
    assert cuffless("inspect", renamed, "--fs", 125).exit_code == 1
    assert cuffless("inspect", renamed, "--fs", 125, "--ppg", "finger", "--abp", "line").exit_code == 0
