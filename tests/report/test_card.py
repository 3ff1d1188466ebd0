"""A model card says what the model is not for, and its numbers are those of its predictions."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.report.card import write_card

RUN = {
    "seed": 3, "parameters": 380722, "epochs_run": 7, "best_epoch": 2, "wall_seconds": 7.4, "cpu_seconds": 5.3,
    "commit": "9cc1a50f", "backend": "jax", "hardware": {"cpu": "a processor", "threads": 1, "gpus": []},
    "options": {"architecture": "alexnet", "derivatives": False, "training": {"epochs": 25, "batch_size": 32}},
    "versions": {"keras": "3.15.1"}, "windows": {"length": 175, "train": 60},
}  # fmt: skip
AUDIT = {
    "kind": "nonmixed",
    "leaks": {"shared_subject": {"count": 0, "declared": False}, "shared_record": {"count": 0, "declared": False}},
    "sets": {
        "train": {
            "windows": 60, "subjects": 6, "sbp": {"p5": 90, "median": 115, "p95": 150},
            "dbp": {"p5": 45, "median": 60, "p95": 77},
        }
    },
    "notes": ["12 subjects in place of 750"],
}  # fmt: skip
WINDOWS = {"length": 7, "samples_per_beat": 25, "cropping": "beats", "band": [0.5, 8.0], "labels": "exact"}


INTERVALS = {"method": "plain", "quantile": [30.2, 17.8], "holds": "The intervals hold 90 % of them."}


def predictions(shared=0):
    """Training windows of six subjects, and test windows of twenty others."""
    rng = np.random.default_rng(2)
    names = [*(f"a{k}" for k in range(6)), *(f"b{k}" for k in range(20))]
    owner = np.repeat(np.arange(26), 10)
    level = rng.normal(118, 18, 26)
    rows = pd.DataFrame(
        {
            "subject": np.array(names)[owner],
            "record": np.array(names)[owner],
            "start": np.tile(np.arange(10) * 8.0, 26),
            "seconds": 7.0,
            "subset": np.where(owner < 6, "train", "test"),
            "network": "alexnet",
            "split": "nonmixed",
            "seed": 3,
        }
    )
    rows["sbp_ref"] = level[owner] + rng.normal(0, 4, len(rows))
    rows["dbp_ref"] = 0.5 * rows["sbp_ref"]
    test = rows["subset"] == "test"
    rows["sbp"] = (118 + 0.7 * (rows["sbp_ref"] - 118)).where(test)
    rows["dbp"] = (59 + rng.normal(0, 20, len(rows))) * test.map({True: 1.0, False: np.nan})
    rows.loc[rows["subject"].isin([f"b{k}" for k in range(shared)]) & (rows["start"] < 40), "subset"] = "train"
    return rows


@pytest.fixture
def card(tmp_path):
    def write(rows=None, run=RUN, audit=AUDIT, **kwargs):
        path = tmp_path / "model_card.md"
        history = pd.DataFrame({"epoch": [1, 2], "val_mae": [12.0, 9.5]})
        rows = predictions() if rows is None else rows
        kwargs = {
            "dataset": "cohort",
            "people": "simulated",
            "windows": WINDOWS,
            "options": EvaluationOptions(bootstrap=400),
        } | kwargs
        write_card(run, history, rows, audit, path, **kwargs)
        return path.read_text(encoding="utf-8")

    return write


def test_errors_stand_beside_the_mean_of_the_training_windows(card):
    rows = predictions()
    rows = rows[(rows["subset"] == "train") | (rows["subject"] != "b3") | (rows["start"] < 20)]  # one has few windows
    test, training = rows[rows["subset"] == "test"], rows[rows["subset"] == "train"]
    said = card(rows)

    def by_subject(errors):
        return errors.abs().groupby(test["subject"]).mean().mean()

    for name, pressure in (("sbp", "SBP"), ("dbp", "DBP")):
        network = by_subject(test[name] - test[f"{name}_ref"])
        mean = by_subject(training[f"{name}_ref"].mean() - test[f"{name}_ref"])
        [line] = [line for line in said.splitlines() if line.startswith(f"| {pressure} |")]
        cells = [cell.strip() for cell in line.split("|")[2:4]]
        assert [cell.split(" ")[0] for cell in cells] == [f"{network:.1f}", f"{mean:.1f}"]
        assert all("[" in cell for cell in cells)


def test_skill_is_said_before_anything_is_praised(card):
    said = card()
    assert said.index("better than doing nothing") < said.index("## Errors on the test windows")
    assert "**SBP:** AlexNet removes" in said
    assert "**DBP:** AlexNet adds" in said
    assert "people whom the network has never seen" in said


def test_what_it_is_not_for_is_said(card):
    said = card()
    assert "It does not measure blood pressure" in said
    assert "Measuring, diagnosing, monitoring or treating anyone" in said
    assert "it has seen simulated ones only" in said


def test_a_card_says_whose_windows_the_network_has_seen(card):
    assert "Trained and tested on 26 simulated people." in card()
    said = card(people="real", source="physionet")
    assert "Trained and tested on 26 real people." in said
    assert "Records from: physionet." in said
    assert "simulated" not in said
    assert "Trained and tested on 26 real people." in card(people="real", audit={**AUDIT, "identity": ["table"]})
    unnamed = card(people="real", audit={**AUDIT, "identity": ["record"]})
    assert "Trained and tested on 26 subjects: real people, not all of them named." in unnamed


def test_known_people_are_counted_and_warned_of(card):
    audit = {**AUDIT, "leaks": {"shared_subject": {"count": 4, "declared": True}}}
    said = card(predictions(shared=4), audit=audit)
    assert "4 subjects of the test set were in training" in said
    assert "shared subject (4, by design)" in said
    assert "never seen" not in said


def test_the_input_contract_and_the_run_are_told(card):
    said = card()
    assert "windows of 175 samples of PPG, of zero mean and unit variance" in said
    assert "7 heart beats long, resampled to 25 samples a beat" in said
    assert "| `band` | 0.5, 8.0 |" in said
    assert "| `training.batch_size` | 32 |" in said
    assert "| commit | 9cc1a50f |" in said
    assert "| seed | 3 |" in said
    assert "| keras | 3.15.1 |" in said
    assert "9.5 mmHg" in said
    assert "10 samples a second" in card(windows={"length": 7, "samples_per_beat": 10, "cropping": "time"})


def test_the_mean_regressor_has_a_card_too(card):
    rows = predictions().assign(network="mean")
    test = rows["subset"] == "test"
    for name in ("sbp", "dbp"):
        rows[name] = rows.loc[~test, f"{name}_ref"].mean() * test.map({True: 1.0, False: np.nan})
    said = card(rows, run={**RUN, "options": {"architecture": "mean"}})
    assert "Always predicts the mean pressures of its training windows" in said
    assert "skill 0.00" in said


def test_intervals_are_described_or_the_reason_why_there_are_none(card):
    assert "Without intervals: none were calibrated." in card()
    assert "Without intervals: need 9 people." in card(run=RUN | {"intervals": {"reason": "need 9 people"}})
    said = card(run=RUN | {"intervals": INTERVALS})
    assert "hold 90 % of them. They are the prediction ± 30.2 mmHg and ± 17.8 mmHg (SBP and DBP)." in said
    assert "a width of its own" in card(run=RUN | {"intervals": INTERVALS | {"method": "scaled"}})
