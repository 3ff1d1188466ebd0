"""What the commands say is to be doubted: a PPG upside down, outputs that are not pressures."""

import json

import numpy as np
import pandas as pd
import pytest

from cuffless.config import WindowOptions

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
UPSIDE_DOWN = "seems to be upside down"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A PPG as counts of light, upside down and turned over, alone and with a pressure."""
    folder = tmp_path_factory.mktemp("polarity")
    phase = np.arange(15000) / 125 * 1.25 % 1
    wave = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.35 * np.exp(-(((phase - 0.55) / 0.13) ** 2))
    down = np.round(550_000 - 900 * wave + np.random.default_rng(1).normal(0, 9, len(wave)))
    for name, ppg in (("down", down), ("up", 1_100_000 - down)):
        pd.DataFrame({"ppg": ppg}).to_csv(folder / f"{name}.csv", index=False)
        pd.DataFrame({"ppg": ppg, "abp": 70 + 50 * wave}).to_csv(folder / f"{name}_abp.csv", index=False)
    (folder / "turned.yaml").write_text("records: {invert: true}\nstudy: {dataset: cohort}\n")
    return folder


@pytest.fixture(scope="module")
def shape_model(tmp_path_factory):
    """A network whose pressures depend on the pulse's shape, and on its sign."""
    import keras

    windows = WindowOptions()
    keras.utils.set_random_seed(1)
    inputs = keras.Input((windows.samples, 1))
    hidden = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(4, 7, activation="relu")(inputs))
    outputs = keras.layers.Dense(2, bias_initializer=keras.initializers.Constant(60))(hidden)
    outputs = keras.layers.Rescaling([2.0, 1.0])(outputs)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    keras.Model(inputs, outputs).save(path)
    (path.parent / "windows.yaml").write_text("study: {dataset: cohort}\n")
    return path


def predicted(cuffless, path, model, *more):
    result = cuffless("predict", path, "--fs", 125, "--model", model, "--json", *more)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), result.stderr


def test_a_ppg_upside_down_is_noticed_and_the_option_gives_the_numbers_of_the_upright_one(
    cuffless, recordings, shape_model
):
    config = ("--config", shape_model.parent / "windows.yaml")
    down, said = predicted(cuffless, recordings / "down.csv", shape_model, *config)
    assert UPSIDE_DOWN in said
    assert "--invert" in down["warnings"][0]
    up, quiet = predicted(cuffless, recordings / "up.csv", shape_model, *config)
    assert UPSIDE_DOWN not in quiet
    assert "warnings" not in up
    assert abs(down["sbp_median"] - up["sbp_median"]) > 0.1, "the network sees the sign"
    for more in (("--invert", *config), ("--config", recordings / "turned.yaml")):
        turned, quiet = predicted(cuffless, recordings / "down.csv", shape_model, *more)
        assert UPSIDE_DOWN not in quiet
        assert turned["windows"] == up["windows"]
    both, _ = predicted(
        cuffless, recordings / "down.csv", shape_model, "--invert", "--config", recordings / "turned.yaml"
    )
    assert both["windows"] == up["windows"], "the option and the configuration say the same, not the opposite twice"


def test_inspect_notices_it_beside_the_pressure_and_turns_it(cuffless, recordings):
    def summary(name, *more):
        return json.loads(cuffless("inspect", recordings / name, "--fs", 125, "--json", *more).stdout)

    down, up = summary("down_abp.csv"), summary("up_abp.csv")
    assert UPSIDE_DOWN in down["warnings"][0]
    assert "arterial pressure rises" in down["warnings"][0]
    assert "warnings" not in up
    turned = summary("down_abp.csv", "--invert")
    assert {**turned, "record": ""} == {**up, "record": ""}
    assert UPSIDE_DOWN in summary("up_abp.csv", "--limits", recordings / "turned.yaml")["warnings"][0]
    text = cuffless("inspect", recordings / "down_abp.csv", "--fs", 125).stdout
    assert "warning: the PPG seems" in " ".join(text.split())


@pytest.fixture(scope="module")
def saying(tmp_path_factory):
    """A network that gives two numbers: saying(first, second) -> path."""
    import keras

    def save(first, second):
        inputs = keras.Input((WindowOptions().samples, 1))
        last = keras.layers.Dense(2)
        network = keras.Model(inputs, last(keras.layers.GlobalAveragePooling1D()(inputs)))
        last.set_weights([np.zeros((1, 2)), np.array([first, second])])
        path = tmp_path_factory.mktemp("model") / "model.keras"
        network.save(path)
        return path

    return save


@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        ((0.02, -0.01), "scaled labels"),
        ((0.6, 0.4), "scaled labels"),
        ((16.0, 9.3), "kPa"),
        ((70.0, 120.0), "first is not above"),
        ((1200.0, 700.0), "scaled labels"),
        ((float("nan"), 70.0), "numbers"),
    ],
)
def test_outputs_that_are_not_pressures_are_said_to_be_none(outputs, why):
    from cuffless.training.recordings import why_not_pressures

    said = why_not_pressures(*np.tile(outputs, (5, 1)).T)
    assert "not SBP and DBP in mmHg" in said
    assert why in said


@pytest.mark.parametrize("outputs", [(121.0, 63.0), (60.0, 30.0), (230.0, 140.0), (45.0, 28.0)])
def test_pressures_that_people_have_are_not_doubted(outputs):
    from cuffless.training.recordings import why_not_pressures

    assert why_not_pressures(*np.tile(outputs, (5, 1)).T) == ""
    assert why_not_pressures(np.empty(0), np.empty(0)) == ""


def test_predict_warns_on_the_screen_and_in_json(cuffless, recordings, saying, shape_model):
    config = ("--config", shape_model.parent / "windows.yaml")
    answer, said = predicted(cuffless, recordings / "up.csv", saying(16.0, 9.0), *config)
    assert "kPa perhaps" in said
    assert answer["warnings"] == [line.split(": ", 2)[2] for line in said.splitlines() if "kPa" in line]
    assert answer["sbp_median"] == pytest.approx(16.0)


def test_calibrated_predictions_are_doubted_for_what_the_network_gave(
    cuffless, recordings, saying, shape_model, tmp_path
):
    (tmp_path / "cuff.csv").write_text("time,sbp,dbp\n30,120,70\n")
    config = ("--config", shape_model.parent / "windows.yaml", "--calibrate", tmp_path / "cuff.csv", "--by", "offset")
    answer, _ = predicted(cuffless, recordings / "up.csv", saying(0.1, 0.2), *config)
    assert answer["sbp_median"] == pytest.approx(120.0, abs=0.1)
    assert "not SBP and DBP" in answer["warnings"][0]
