"""`cuffless predict --calibrate`: a person's own cuff values."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from cuffless.config import AlexNetOptions, WindowOptions

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SHORT = WindowOptions(samples_per_beat=25)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A small network that was never trained: about 120/60 mmHg whatever it sees."""
    import keras

    from cuffless.networks import build_network, save_network

    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("network") / "model.keras"
    metadata = {"windows": SHORT.model_dump(mode="json")}
    options = AlexNetOptions(width=0.0625, dropout=0.25)
    model = build_network(options, (SHORT.samples, 1), label_mean=(120, 60), label_sd=(15, 8), metadata=metadata)
    save_network(model, path)
    return path


@pytest.fixture(scope="module")
def cuff(tmp_path_factory):
    """Writes cuff values: cuff([(20, 150, 80)]) -> path."""

    def write(rows, header="time,sbp,dbp"):
        path = tmp_path_factory.mktemp("cuff") / "cuff.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return path

    return write


@pytest.fixture(scope="module")
def predict(cuffless, signals_csv, network):
    """Predict the simulated subject with cuff values."""

    def call(path, *arguments, model=network):
        return cuffless("predict", signals_csv, "--fs", 125, "--model", model, "--calibrate", path, *arguments)

    return call


def table_of(result):
    assert result.exit_code == 0, result.stderr
    return pd.read_csv(io.StringIO(result.stdout))


@pytest.mark.slow
def test_fine_tuning_moves_predictions_towards_the_cuff_values(predict, cuff):
    result = predict(cuff([(40, 150, 85)]))
    table = table_of(result)
    accepted = table[table["accepted"]]
    before = (accepted["sbp_before"] - 150).abs().median()
    assert (accepted["sbp"] - 150).abs().median() < before / 2
    assert "Calibrated (tuning) on" in result.stderr
    assert "near 1 cuff value;" in result.stderr


def test_an_offset_adds_the_mean_error_at_the_cuff_values(predict, cuff):
    table = table_of(predict(cuff([(40, 150, 85)]), "--by", "offset"))
    beside = table[table["calibration"]]
    assert beside["sbp"].mean() == pytest.approx(150, abs=0.5)
    assert beside["dbp"].mean() == pytest.approx(85, abs=0.5)
    shift = (table["sbp"] - table["sbp_before"]).dropna()
    assert np.ptp(shift) <= 1  # whole mmHg are written
    centre = beside["start"] + beside["seconds"] / 2
    assert centre.between(10, 70).all()


@pytest.mark.slow
def test_the_same_command_gives_the_same_numbers(predict, cuff):
    path = cuff([(40, 150, 85), (90, 140, 80)])
    assert predict(path).stdout == predict(path).stdout


def test_time_since_calibration_counts_from_its_last_window(predict, cuff):
    table = table_of(predict(cuff([(60, 150, 85)]), "--by", "offset", "--within", 10))
    beside = table["calibration"].to_numpy()
    last = (table["start"] + table["seconds"])[beside].max()
    after = table[table["start"] > last]
    assert np.allclose(after["since_calibration"], after["start"] - last, atol=0.02)
    assert table.loc[table["start"] < table["start"][beside].min(), "since_calibration"].isna().all()


def test_a_cuff_value_apart_from_the_signal_is_said_and_passed_over(predict, cuff):
    result = predict(cuff([(40, 150, 85), (5000, 140, 80)]), "--by", "offset")
    assert result.exit_code == 0
    assert "no accepted window near the cuff values at 5000 s" in result.stderr


def test_without_any_window_beside_a_cuff_value_nothing_is_predicted(predict, cuff):
    result = predict(cuff([(5000, 140, 80)]), "--json")
    assert result.exit_code == 1
    assert "no accepted window within 30 s of a cuff value" in result.stderr
    assert "5000" in json.loads(result.stdout)["reason"]


def test_cuff_values_meet_the_windows_of_their_time_behind_a_pause(cuffless, network, cuff, tmp_path):
    t = np.r_[np.arange(15000) / 125, 180 + np.arange(15000) / 125]
    phase = np.where(t < 120, t * 75 / 60, t * 100 / 60) % 1
    pulse = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.35 * np.exp(-(((phase - 0.55) / 0.13) ** 2))
    pulse += 0.01 * np.random.default_rng(0).standard_normal(len(t))
    np.savetxt(tmp_path / "gap.csv", np.c_[t, pulse], delimiter=",", header="time,ppg", comments="", fmt="%.4f")
    values = cuff([(30, 118, 76), (100, 121, 77), (190, 140, 90), (270, 142, 91)])
    result = cuffless(
        *("predict", tmp_path / "gap.csv", "--model", network, "--calibrate", values, "--by", "offset", "--within", 8)
    )
    table = table_of(result)
    accepted = table[table["accepted"]]
    assert not ((accepted["start"] < 180) & (accepted["start"] + accepted["seconds"] > 120.01)).any()
    late = accepted[accepted["start"] > 120]
    assert late["start"].min() == pytest.approx(180, abs=0.01)
    np.testing.assert_allclose(late["hr"], 100, atol=0.5)
    beside = table[table["calibration"]]
    centre = (beside["start"] + beside["seconds"] / 2).to_numpy()
    nearest = np.abs(centre[:, None] - [30, 100, 190, 270])
    assert (nearest.min(axis=1) <= 8).all()
    assert set(nearest.argmin(axis=1)) == {0, 1, 2, 3}
    assert "near 4 cuff values" in result.stderr


def test_cuff_values_of_a_european_spreadsheet_are_read(predict, tmp_path):
    (tmp_path / "cuff.csv").write_text("Time;SBP;DBP\n40,5;150,0;85,5\n")
    assert "near 1 cuff value" in predict(tmp_path / "cuff.csv", "--by", "offset").stderr


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([(40, 20.0, 11.3)], "time,sbp,dbp", "in kPa"),
        ([(40, 80, 120)], "time,sbp,dbp", "dbp 120 is not below sbp 80"),
        ([(40, "high", 80)], "time,sbp,dbp", "line 2: sbp 'high' is not a number"),
        ([(40, 120)], "time,sbp", "no column 'dbp' (found: time, sbp)"),
        ([], "time,sbp,dbp", "no cuff values"),
        ([("00:01:00", 120, 80)], "time,sbp,dbp", "write seconds from the start of the signal"),
        ([(10, 120, 80, 70)], "time,sbp,dbp", "line 2: 4 cells, but 3 column names"),
        ([(10, 120, 80), (10, 130, 80)], "time,sbp,dbp", "two cuff values at 10 s"),
        ([(10, 120, 80, 70)], "time,sbp,dbp,SBP", "2 columns are named sbp"),
    ],
)
def test_bad_cuff_values_are_wrong_use(predict, cuff, rows, header, said):
    result = predict(cuff(rows, header))
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_absent_file_of_cuff_values_is_wrong_use(predict, tmp_path):
    result = predict(tmp_path / "none.csv")
    assert result.exit_code == 2
    assert "none.csv cannot be read: No such file" in result.stderr


def test_the_mean_regressor_cannot_be_fine_tuned_but_takes_an_offset(predict, cuff, model):
    path = cuff([(40, 150, 85)])
    refused = predict(path, model=model)
    assert refused.exit_code == 2
    assert "no weights to train" in refused.stderr
    assert np.allclose(table_of(predict(path, "--by", "offset", model=model))["sbp"].dropna(), 150)


@pytest.mark.parametrize("header", ["time,sbp,dbp,hr", "\ufefftime,sbp,dbp,hr"])
def test_a_trailing_separator_shifts_no_column(predict, cuff, header):
    table = table_of(predict(cuff([(40, 150, 85, 70, "")], header), "--by", "offset"))
    assert table.loc[table["calibration"], "sbp"].mean() == pytest.approx(150, abs=0.5)


def test_semicolons_separate_too(predict, cuff):
    table = table_of(predict(cuff([("40;150;85",)], "time;sbp;dbp"), "--by", "offset"))
    assert table.loc[table["calibration"], "dbp"].mean() == pytest.approx(85, abs=0.5)


@pytest.mark.slow
def test_the_newest_of_several_cuff_values_is_learnt_as_well(predict, cuff):
    """It was the one held out, so that the network stayed as it was."""
    table = table_of(predict(cuff([(30, 110, 70), (100, 112, 70), (200, 150, 70)])))
    assert (table["sbp"] - table["sbp_before"]).abs().max() > 1
    beside = table[table["calibration"]]
    late = beside["start"] > 160
    assert (beside.loc[late, "sbp"] - 150).abs().mean() < (beside.loc[late, "sbp_before"] - 150).abs().mean()


def test_each_cuff_value_counts_the_same_in_an_offset(predict, cuff):
    table = table_of(predict(cuff([(0, 100, 60), (120, 160, 90)]), "--by", "offset"))
    beside = table[table["calibration"]]
    early = beside["start"] < 60
    assert early.sum() < (~early).sum()
    error = [(100 - beside.loc[early, "sbp_before"]).mean(), (160 - beside.loc[~early, "sbp_before"]).mean()]
    shift = (table["sbp"] - table["sbp_before"]).dropna().mean()
    assert shift == pytest.approx(np.mean(error), abs=1)


def test_how_cuff_values_count_is_not_said_without_any(cuffless, signals_csv, network):
    result = cuffless("predict", signals_csv, "--fs", 125, "--model", network, "--by", "offset")
    assert result.exit_code == 2
    assert "give their file with --calibrate" in result.stderr


def test_a_damaged_file_of_cuff_values_is_wrong_use(predict, tmp_path):
    path = tmp_path / "cuff.csv.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00broken")
    result = predict(path)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
