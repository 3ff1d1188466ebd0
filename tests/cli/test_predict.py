"""`cuffless predict`: one row per window, from PPG alone."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cuffless.cli.predicted import whole_mmhg
from cuffless.own_code import custom_function

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
COLUMNS = ["start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason"]


@pytest.fixture(scope="module")
def table(cuffless, noisy_csv, model):
    """Predictions on a simulated subject with a minute of motion."""
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model)
    assert result.exit_code == 0
    return pd.read_csv(io.StringIO(result.stdout))


def test_windows_are_rows_in_time_order_that_do_not_overlap(table):
    assert list(table) == COLUMNS
    assert len(table) > 25
    assert (table["start"].diff().dropna() > 0).all()
    assert (table["start"].to_numpy()[1:] >= (table["start"] + table["seconds"]).to_numpy()[:-1] - 0.02).all()


def test_only_accepted_windows_have_pressures(table):
    assert table["accepted"].dtype == bool
    assert 0 < table["accepted"].sum() < len(table)
    accepted = table[table["accepted"]]
    # A network that was never trained says the mean of its labels.
    np.testing.assert_allclose(accepted[["sbp", "dbp"]], np.tile((121, 63), (len(accepted), 1)))
    rejected = table[~table["accepted"]]
    assert rejected[["sbp", "dbp"]].isna().all(axis=None)
    assert rejected["reason"].notna().all()
    assert accepted["reason"].isna().all()


def test_windows_under_motion_are_rejected_and_the_others_are_not(table):
    middle = table["start"].between(92, 140)
    still = (table["start"] < 75) | (table["start"] > 165)
    assert table.loc[middle, "accepted"].mean() < 0.4
    assert table.loc[still, "accepted"].mean() > 0.8


def test_json_has_medians_and_no_number_that_is_not_one(cuffless, noisy_csv, model, table):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model, "--json")
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    assert set(answer) == {
        "record",
        "model",
        "sbp_median",
        "dbp_median",
        "hr_median",
        "snr_median",
        "windows",
        "input_check",
        "read_as",
        "intervals",
        "origin",
    }
    assert answer["intervals"] == "No intervals: the model file holds none."
    assert len(answer["windows"]) == len(table)
    assert [set(row) for row in answer["windows"]] == [set(COLUMNS)] * len(table)
    assert {row["sbp"] is None for row in answer["windows"] if not row["accepted"]} == {True}
    assert answer["origin"] is None
    assert (answer["sbp_median"], answer["dbp_median"]) == (121, 63)


def test_a_network_that_says_its_mean_hardly_depends_on_the_recording(cuffless, noisy_csv, model):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model, "--json")
    check = json.loads(result.stdout)["input_check"]
    assert (check["sbp_depends"], check["dbp_depends"], check["sbp_label_sd"]) == (False, False, 15)
    assert "These predictions hardly depend on the recording" in result.stderr
    assert "its training labels have SD 15/8 mmHg" in result.stderr


def test_another_sampling_rate_gives_the_same_windows(cuffless, noisy_csv, model, table, tmp_path):
    from cuffless.signals import to_rate

    ppg = pd.read_csv(noisy_csv)["ppg"].to_numpy()
    faster = to_rate(ppg, 125.0, 250.0, 0.0, 2 * len(ppg))
    pd.DataFrame({"ppg": faster}).to_csv(tmp_path / "faster.csv", index=False)
    result = cuffless("predict", tmp_path / "faster.csv", "--fs", 250, "--model", model)
    again = pd.read_csv(io.StringIO(result.stdout))
    assert len(again) == pytest.approx(len(table), abs=1)
    assert again["hr"].median() == pytest.approx(table["hr"].median(), abs=1)


def test_the_table_goes_to_a_file_in_a_new_folder(cuffless, noisy_csv, model, table, tmp_path):
    path = tmp_path / "new" / "predictions.csv"
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model, "--output", path)
    assert result.exit_code == 0
    assert result.stdout == ""
    pd.testing.assert_frame_equal(pd.read_csv(path), table)


def test_a_signal_shorter_than_a_window_is_nothing_usable(cuffless, model, tmp_path):
    path = tmp_path / "short.csv"
    pd.DataFrame({"ppg": np.sin(np.arange(2100) / 130)}).to_csv(path, index=False)
    result = cuffless("predict", path, "--fs", 1000, "--model", model, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    assert answer["windows"] == []
    assert answer["sbp_median"] is None
    assert "shorter than a window" in answer["reason"]
    assert answer["reason"] in result.stderr


def test_noise_alone_is_nothing_usable_and_the_reason_is_said(cuffless, model, tmp_path):
    path = tmp_path / "flat.csv"
    pd.DataFrame({"ppg": np.r_[np.zeros(4000), 1.0]}).to_csv(path, index=False)
    result = cuffless("predict", path, "--fs", 125, "--model", model, "--json")
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    assert result.exit_code == 1
    assert not any(row["accepted"] for row in answer["windows"])
    assert "no window is accepted" in answer["reason"] or "none of" in answer["reason"]


def test_a_record_without_ppg_is_nothing_usable(cuffless, model, shared):
    result = cuffless("predict", shared / "wfdb_samples" / "03700181", "--model", model, "--json")
    assert result.exit_code == 1
    assert "no PPG channel" in json.loads(result.stdout)["reason"]


def test_ppg_of_a_record_without_pressure_is_predicted(cuffless, model, shared):
    result = cuffless("predict", shared / "wfdb_samples" / "a103l", "--model", model, "--json")
    assert result.exit_code == 0
    assert sum(row["accepted"] for row in json.loads(result.stdout)["windows"]) > 40


def test_a_model_without_windowing_wants_a_configuration_that_fits(cuffless, noisy_csv, save_model, project, table):
    call = ("predict", noisy_csv, "--fs", 125, "--model", save_model(None, 175))
    bare = cuffless(*call)
    assert bare.exit_code == 2
    assert "--config" in bare.stderr
    wrong = cuffless(*call, "--config", project / "config" / "paper.yaml")
    assert wrong.exit_code == 2
    assert "takes windows of shape (175, 1) (samples, channels), but they are cut to (875, 1)" in wrong.stderr
    right = cuffless(*call, "--config", project / "config" / "tiny.yaml")
    assert right.exit_code == 0
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(right.stdout)), table)


def test_what_is_no_model_is_refused(cuffless, noisy_csv, tmp_path):
    absent = cuffless("predict", noisy_csv, "--fs", 125, "--model", tmp_path / "none.keras")
    (tmp_path / "text.keras").write_text("not a model")
    broken = cuffless("predict", noisy_csv, "--fs", 125, "--model", tmp_path / "text.keras")
    assert (absent.exit_code, broken.exit_code) == (2, 2)
    assert "not found; a study writes" in absent.stderr
    assert "is not a Keras model" in broken.stderr


def test_a_model_with_one_output_is_refused(cuffless, noisy_csv, project, tmp_path):
    import keras

    inputs = keras.Input((175, 1))
    keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs))).save(tmp_path / "one.keras")
    config = project / "config" / "tiny.yaml"
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", tmp_path / "one.keras", "--config", config)
    assert result.exit_code == 2
    assert "must give two, SBP and DBP" in result.stderr


def test_a_network_of_ones_own_is_named_on_the_command_line(cuffless, noisy_csv, project, tmp_path, monkeypatch):
    import keras

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "halves.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable(package='halves')\n"
        "class Halved(keras.layers.Layer):\n    def call(self, inputs):\n        return inputs / 2\n\n\n"
        "def build(input_shape, options):\n    x = inputs = keras.Input(input_shape)\n"
        "    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(Halved()(x))))\n"
    )
    custom_function("halves:build")((175, 1), None).save(tmp_path / "halves.keras")
    keras.saving.get_custom_objects().pop("halves>Halved")
    del sys.modules["halves"]
    config = project / "config" / "tiny.yaml"
    call = ("predict", noisy_csv, "--fs", 125, "--model", tmp_path / "halves.keras", "--config", config)
    unnamed = cuffless(*call)
    assert unnamed.exit_code == 2
    assert "asks for Halved of module 'halves'" in unnamed.stderr
    assert "halves" not in sys.modules
    assert "is not module:function" in cuffless(*call, "--network", "halves").stderr
    assert cuffless(*call, "--network", "halves:build").exit_code == 0


def test_tensorflow_says_nothing_on_the_terminal(noisy_csv, model, project):
    command = [sys.executable, "-c", "from cuffless.cli import app; app()", "predict", str(noisy_csv), "--fs", "125"]
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    done = subprocess.run(
        [*command, "--model", str(model)], capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("  ")]
    assert len(said) == 2  # what the file was taken for, and the answer
    assert said[1].startswith("cuffless: noisy: ")


def test_what_is_not_chatter_still_reaches_the_terminal():
    code = (
        "import os\nfrom cuffless.cli.quiet import without_backend_chatter\n"
        "with without_backend_chatter():\n"
        "    os.write(2, b'I0000 00:00:1795395782.454216   28087 port.cc:153] custom operations\\n')\n"
        "    os.write(2, b'Illegal instruction\\n')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=600)
    assert done.stderr == "Illegal instruction\n"


def test_the_networks_own_error_on_unseen_people_comes_from_its_file(cuffless, noisy_csv, save_model, origin, tmp_path):
    call = ("predict", noisy_csv, "--fs", 125, "--model", save_model(origin=origin))
    said = " ".join(cuffless(*call).stderr.split())
    assert "trained on 95 subjects (cohort: simulated people). On 39 subjects that it had never seen" in said
    assert "14.7 and 8.9 mmHg in SBP and DBP; always predicting the mean of its training labels gave 17.8" in said
    assert json.loads(cuffless(*call, "--json").stdout)["origin"] == origin
    (tmp_path / "cuff.csv").write_text("time,sbp,dbp\n30,120,60\n")
    calibrated = cuffless(*call, "--calibrate", tmp_path / "cuff.csv", "--by", "offset").stderr
    assert "Before calibration: The network was trained on 95" in calibrated


def test_a_model_file_that_does_not_give_its_error_is_said_to_lack_it(cuffless, noisy_csv, model):
    said = cuffless("predict", noisy_csv, "--fs", 125, "--model", model).stderr
    assert "The model file does not give the network's error on people that it has not seen" in said


def test_a_damaged_error_in_a_model_file_is_wrong_use(cuffless, noisy_csv, save_model):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", save_model(origin={"dataset": "a"}))
    assert result.exit_code == 2
    assert "what it holds of its training is damaged" in result.stderr


def test_limits_are_rounded_outwards_and_pressures_to_the_nearest():
    exact = {"sbp": [120.5001, np.nan], "sbp_lo": [100.9, np.nan], "sbp_hi": [140.1, np.nan], "dbp_before": [59.6, 60]}
    whole = whole_mmhg(pd.DataFrame(exact | {"hr": [61.23, 70.0]}))
    assert whole.iloc[0].to_list() == [121, 100, 141, 60, 61.23]
    assert whole.to_csv(index=False).splitlines()[2] == ",,,60,70.0"


def test_a_signal_that_is_rejected_has_a_remedy(cuffless, model, tmp_path):
    t = np.arange(6000) / 125
    phase = (t * 170 / 60) % 1
    pulse = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.3 * np.exp(-(((phase - 0.55) / 0.13) ** 2))
    pd.DataFrame({"ppg": pulse + 0.01 * np.random.default_rng(0).normal(size=len(t))}).to_csv(
        tmp_path / "fast.csv", index=False
    )
    result = cuffless("predict", tmp_path / "fast.csv", "--fs", 125, "--model", model)
    assert result.exit_code == 1
    assert "pulse rate outside the accepted range; 50-140 bpm are accepted" in result.stderr


@pytest.mark.parametrize("name", ["a.png", "b.pdf", "c.svg"])
def test_the_picture_is_drawn_into_a_new_folder(cuffless, noisy_csv, model, tmp_path, name):
    path = tmp_path / "new" / name
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model, "--plot", path)
    assert result.exit_code == 0
    assert path.stat().st_size > 5000
    assert [p.name for p in path.parent.iterdir()] == [name]


def test_a_picture_of_an_unknown_kind_is_refused(cuffless, noisy_csv, model, tmp_path):
    result = cuffless("predict", noisy_csv, "--fs", 125, "--model", model, "--plot", tmp_path / "a.jpg")
    assert result.exit_code == 2
    assert "the name must end in .png or .pdf or .svg" in result.stderr
