"""A trained network on recordings of other people: used or rejected, and judged where pressures are known."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import MeanOptions, RecordOptions, SimulatorOptions, WindowOptions
from cuffless.records import find_records, list_records
from cuffless.simulator import simulate_subject, write_cohort
from cuffless.training.predictor import load_predictor
from cuffless.training.recordings import (
    PREDICTION_COLUMNS,
    SUMMARY_COLUMNS,
    predict_ppg,
    predict_stored,
)
from cuffless.windows import WindowStore, store_records

# Keras 3 under numpy 2.4 reads arrays by a protocol whose argument it does not take yet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SHORT = WindowOptions(samples_per_beat=25)
MEAN = (121.0, 63.0)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    """A network that says 121/63 mmHg whatever it sees."""
    from cuffless.networks import build_network, save_network

    path = tmp_path_factory.mktemp("model") / "model.keras"
    metadata = {"windows": SHORT.model_dump(mode="json")}
    save_network(build_network(MeanOptions(), (175, 1), label_mean=MEAN, label_sd=(15, 8), metadata=metadata), path)
    return load_predictor(path)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Windows of two simulated subjects and of a record without pressure; store and quality table."""
    folder = tmp_path_factory.mktemp("hospital")
    write_cohort([1, 2], SimulatorOptions(minutes=3, seed=4), folder / "raw")
    (folder / "raw" / "lost.hea").write_text("lost 1 125 1000\nlost.dat 16 200(0)/NU 16 0 0 0 0 PLETH\n")
    reading = RecordOptions(source="wfdb", path=str(folder / "raw"))
    list_records(find_records(reading), reading).to_csv(folder / "records.csv", index=False)
    files = [folder / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    with WindowStore(*files, SHORT) as store:
        store_records(folder / "records.csv", reading, store)
    return files[0], files[2]


def test_each_record_is_used_or_rejected_with_its_reason(hospital, predictor):
    predictions, summary = predict_stored([hospital[0]], hospital[1], predictor)
    assert tuple(predictions) == PREDICTION_COLUMNS
    assert tuple(summary) == SUMMARY_COLUMNS
    rows = summary.set_index("record")
    assert len(rows) == 3
    assert rows.loc["lost", "verdict"] == "rejected"
    assert "no arterial pressure channel" in rows.loc["lost", "reason"]
    used = rows[rows["verdict"] == "used"]
    assert len(used) == 2
    assert set(used["reason"]) == {""}
    assert used["windows_kept"].sum() == len(predictions)
    assert set(predictions["subject"]) == set(used["subject"]) == {"p000001", "p000002"}


def test_errors_are_those_of_the_predictions_beside_the_references(hospital, predictor):
    predictions, summary = predict_stored([hospital[0]], hospital[1], predictor)
    for row in summary[summary["verdict"] == "used"].to_dict("records"):
        own = predictions[predictions["record"] == row["record"]]
        assert row["sbp_mae"] == pytest.approx((own["sbp_ref"] - MEAN[0]).abs().mean(), abs=0.01)
        assert row["dbp_ref"] == pytest.approx(own["dbp_ref"].median(), abs=0.01)
        # This network is the mean regressor, so nothing is gained over it.
        assert row["sbp_mae_mean"] == pytest.approx(row["sbp_mae"], abs=0.01)


def test_windows_cut_otherwise_than_in_training_are_refused(hospital, predictor):
    from dataclasses import replace

    other = replace(predictor, windows=WindowOptions(samples_per_beat=25, band=(0.4, 8.0)))
    with pytest.raises(ValueError, match=r"were cut with band \(0.5, 8.0\), but the network was trained with"):
        predict_stored([hospital[0]], hospital[1], other)


def test_ppg_alone_is_predicted_and_not_judged(predictor, tmp_path):
    subject = simulate_subject(5, SimulatorOptions(minutes=2, seed=1, artefacts=False))
    pd.DataFrame({"ppg": subject.ppg}).to_csv(tmp_path / "good.csv", index=False)
    pd.DataFrame({"ppg": np.sin(np.arange(200) / 20)}).to_csv(tmp_path / "short.csv", index=False)
    pd.DataFrame({"x": [1, 2]}).to_csv(tmp_path / "other.csv", index=False)
    reading = RecordOptions(source="csv", path=str(tmp_path))
    predictions, summary = predict_ppg(find_records(reading), reading, predictor)
    rows = summary.set_index("record")
    assert rows["verdict"].to_dict() == {"good": "used", "other": "rejected", "short": "rejected"}
    assert "as long as a window" in rows.loc["short", "reason"]
    assert "no column 'ppg'" in rows.loc["other", "reason"]
    assert len(predictions) == rows.loc["good", "windows_kept"] > 10
    assert predictions[["sbp_ref", "dbp_ref"]].isna().all(axis=None)
    assert rows.loc["good", "sbp"] == pytest.approx(MEAN[0], abs=0.01)
    assert np.isnan(rows.loc["good", "sbp_mae"])
