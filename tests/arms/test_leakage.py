from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.leakage import Trial, judge_dose, judge_leakage, shares_signal
from cuffless.config import EvaluationOptions, SplitOptions
from cuffless.designs import DesignError
from cuffless.designs.scalings import Scaling
from cuffless.judgement.table.predictions import PredictionError

OPTIONS = EvaluationOptions(bootstrap=400)


def table(split, known_subjects=0, seed=0, error=10.0, shift=1e6):
    """Predictions of ten test subjects, of whom some have training windows `shift` seconds later in the same record."""
    rng = np.random.default_rng([seed, known_subjects])
    parts = []
    for subset, first in (("train", 10 - known_subjects), ("test", 0)):
        for s in range(first, first + 10):
            n = 20
            start = 14.0 * np.arange(n) + (shift if subset == "train" else 0)
            columns = {"subject": f"p{s}", "record": f"r{s}", "start": start, "seconds": 7.0, "subset": subset}
            references = {"sbp_ref": rng.normal(110 + 3 * s, 5, n), "dbp_ref": rng.normal(60, 3, n)}
            parts.append(pd.DataFrame({**columns, **references}))
    made = pd.concat(parts, ignore_index=True)
    test = made["subset"] == "test"
    return made.assign(
        sbp=(made["sbp_ref"] + error).where(test),
        dbp=(made["dbp_ref"] - error / 2).where(test),
        network="alexnet",
        split=split,
        seed=seed,
    )


@pytest.fixture
def write(tmp_path):
    def to_file(made, name="p"):
        path = tmp_path / f"{name}.parquet"
        made.to_parquet(path, index=False)
        return path

    return to_file


def test_the_mean_regressor_beside_the_network_says_the_training_mean(write):
    made = table("nonmixed")
    dose = judge_dose([write(made)], OPTIONS)
    assert dose["network"].unique().tolist() == ["alexnet", "mean"]
    pooled = dose[dose["average"] == "pooled"].set_index(["network", "pressure"])["mae"]
    train, test = (made[made["subset"] == name] for name in ("train", "test"))
    assert pooled["alexnet", "SBP"] == pytest.approx(10)
    assert pooled["mean", "SBP"] == pytest.approx((test["sbp_ref"] - train["sbp_ref"].mean()).abs().mean())
    assert pooled["mean", "DBP"] == pytest.approx((test["dbp_ref"] - train["dbp_ref"].mean()).abs().mean())


@pytest.mark.parametrize("known", [0, 3, 10])
def test_what_training_knows_of_the_test_windows_is_told(write, known):
    dose = judge_dose([write(table("x", known))], OPTIONS).iloc[0]
    assert dose["known_subject"] == dose["known_record"] == known / 10
    assert dose["known_signal"] == 0
    assert (dose["n_training_subjects"], dose["n_training_windows"]) == (10, 200)
    overlapped = judge_dose([write(table("x", known, shift=3.5))], OPTIONS).iloc[0]
    assert overlapped["known_signal"] == known / 10


@pytest.mark.parametrize(
    ("start", "seconds", "shared"), [(7, 7, False), (6.9, 7, True), (-7, 7, False), (2, 1, True), (0, 7, True)]
)
def test_signal_is_shared_before_after_within_and_around(start, seconds, shared):
    window = pd.DataFrame({"record": ["b", "a"], "start": 0.0, "seconds": 7.0})
    other = pd.DataFrame({"record": ["a"], "start": [float(start)], "seconds": [float(seconds)]})
    assert shares_signal(window, other).tolist() == [False, shared]
    assert shares_signal(other, window).tolist() == [shared]


def test_seeds_are_averaged(write):
    first = table("x", error=8.0)
    second = first.assign(seed=1, sbp=first["sbp_ref"] + 12)
    second["sbp"] = second["sbp"].where(second["subset"] == "test")
    dose = judge_dose([write(first), write(second, "q")], OPTIONS)
    row = dose[(dose["network"] == "alexnet") & (dose["pressure"] == "SBP")].iloc[0]
    assert (row["mae"], row["seeds"], row["mae_min"], row["mae_max"]) == pytest.approx((10, 2, 8, 12))


def test_a_table_without_training_rows_is_refused(write):
    made = table("x")
    with pytest.raises(PredictionError, match=r"no row with subset 'train'"):
        judge_dose([write(made[made["subset"] == "test"])], OPTIONS)
    with pytest.raises(PredictionError, match=r"are of the splits x, y; give the tables of one"):
        judge_dose([write(made), write(made.assign(split="y"), "q")], OPTIONS)


@pytest.fixture
def trial(write):
    def make(dataset, split, kind, known, scaled=None, **change):
        made = table(split, known)
        duplicates = {
            "pairs": 0,
            "threshold": 0.9999,
            "notes": [],
            "leaks": {"near_duplicates": {"count": 0, "examples": []}},
        }
        train = made.loc[made["subset"] == "train", ["sbp_ref", "dbp_ref"]].to_numpy()
        scaling = scaled or Scaling(tuple(train.mean(axis=0)), tuple(train.std(axis=0)))
        options = SplitOptions(kind=kind, **change)
        path = write(made, f"{dataset}_{split}")
        return Trial(dataset, split, options, 0.0, [path], duplicates, {"alexnet seed0": scaling})

    return make


def judge(trials, **dialled):
    return judge_leakage(trials, OPTIONS, dataset="a", doses=["clean", "mixed"], dialled=dialled, dial=["mixed"])


def test_tables_keep_the_order_of_doses_and_of_the_dial(trial):
    trials = [trial("b", "mixed", "mixed", 10), trial("a", "mixed", "mixed", 10), trial("a", "clean", "nonmixed", 0)]
    tables = SimpleNamespace(**judge(trials, b=0.0, a=1.0).tables)
    assert list(dict.fromkeys(tables.dose["dose"])) == ["clean", "mixed"]
    assert set(tables.dose["dataset"]) == {"a"}
    assert list(dict.fromkeys(zip(tables.dial["confounding"], tables.dial["dataset"], strict=True))) == [
        (0.0, "b"),
        (1.0, "a"),
    ]
    found = tables.leaks[tables.leaks["verdict"] == "found"]
    assert set(zip(found["dataset"], found["split"], found["kind"], strict=True)) == {
        (dataset, "mixed", kind) for dataset in "ab" for kind in ("shared_subject", "shared_record")
    }
    assert judge(trials).tables["dial"].empty


def test_a_leak_that_no_split_declares_stops_the_judgement_of_doses(trial):
    foreign = Scaling((100.0, 50.0), (10.0, 5.0))
    trials = [trial("a", "mixed", "mixed", 10), trial("a", "clean", "nonmixed", 0, scaled=foreign)]
    with pytest.raises(DesignError, match=r"a, clean: leak between its sets: fitted_beyond_training"):
        judge(trials)
    trials[1] = trial("a", "clean", "nonmixed", 0, scaled=foreign, leakage="warn")
    leaks = judge(trials).tables["leaks"]
    assert ((leaks["verdict"] == "found") & ~leaks["declared"]).sum() == 1
