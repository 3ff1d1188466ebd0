import itertools

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.inputs import compare_inputs, identity_of, run_of
from cuffless.config import AlexNetOptions, EvaluationOptions, InputOptions, input_network
from cuffless.judgement.factors import run_errors

LENGTHS, SEEDS, SUBJECTS = (2, 7, 15), (0, 1), 12


def input_errors(given, identity="patient"):
    return run_errors(given, identity=identity)


def predictions(error, seed, subjects=SUBJECTS):
    """Test windows of known error, and training labels whose mean is 120 / 60."""
    rng = np.random.default_rng(seed)
    rows = [{"subset": "train", "subject": "s0", "sbp_ref": value, "dbp_ref": 60.0} for value in (110.0, 130.0)]
    for subject, _ in itertools.product(range(subjects), range(4)):
        off = error + 0.2 * rng.standard_normal()
        rows.append({"subset": "test", "subject": f"s{subject}", "sbp_ref": 130.0, "dbp_ref": 60.0,
                     "sbp": 130.0 + off, "dbp": 60.0 - off})  # fmt: skip
    return pd.DataFrame(rows)


def runs(errors, subjects=SUBJECTS):
    """Runs of one network; `errors` gives the error of each (cropping, derivatives)."""
    number = itertools.count()
    for (cropping, derivatives), length, seed in itertools.product(errors, LENGTHS, SEEDS):
        key = {"network": "alexnet", "derivatives": derivatives, "cropping": cropping, "length": length, "seed": seed}
        yield key, predictions(errors[cropping, derivatives] + 0.1 * length, next(number), subjects)


ALL = {("time", False): 5.0, ("time", True): 5.0, ("beats", False): 4.0, ("beats", True): 4.0}


def test_errors_are_those_of_the_test_windows_beside_the_mean_of_the_training_labels():
    mae, subjects = input_errors([next(runs({("time", False): 5.0}))])
    assert mae["mae"].to_numpy() == pytest.approx([5.2, 5.2], abs=0.1)
    assert mae["mae_mean"].tolist() == [10.0, 0.0]
    assert mae[["n_train", "n_test", "n_subjects"]].iloc[0].tolist() == [2, 48, 12]
    assert len(subjects) == 2 * SUBJECTS


def test_a_better_cropping_is_found_by_both_tests_and_an_idle_factor_by_neither():
    mae, subjects = input_errors(runs(ALL))
    tests = compare_inputs(mae, subjects, EvaluationOptions())
    croppings = tests[tests["comparison"] == "beats vs time"]
    assert len(croppings) == 4  # with and without derivatives, SBP and DBP
    assert croppings["difference"].to_numpy() == pytest.approx([-1.0] * 4, abs=0.1)
    assert croppings["t_significant"].all()
    assert croppings["paired_significant"].all()
    assert (croppings["n_pairs"] == len(LENGTHS) * len(SEEDS)).all()
    assert (croppings["family"] == 4).all()
    derivatives = tests[tests["comparison"] == "derivatives vs signal"]
    assert derivatives["difference"].abs().max() < 0.1
    assert not derivatives["paired_significant"].any()


def test_the_t_test_is_that_of_scipy_on_runs_of_equal_length_and_repeat():
    from scipy.stats import ttest_rel

    mae, subjects = input_errors(runs(ALL))
    row = compare_inputs(mae.sample(frac=1, random_state=1), subjects, EvaluationOptions()).query(
        "comparison == 'beats vs time' and within == 'signal' and pressure == 'SBP'"
    )
    part = mae[(mae["pressure"] == "SBP") & ~mae["derivatives"]].sort_values(["length", "seed"])
    expected = ttest_rel(*(part.loc[part["cropping"] == c, "mae"].to_numpy() for c in ("beats", "time")))
    assert row["t"].item() == pytest.approx(expected.statistic)
    assert row["t_p"].item() == pytest.approx(expected.pvalue)


def test_few_subjects_are_not_tested_and_what_was_not_run_is_not_compared():
    mae, subjects = input_errors(runs(ALL, subjects=5))
    tests = compare_inputs(mae, subjects, EvaluationOptions())
    assert set(tests["pairing"]) == {"too few subjects"}
    assert tests["paired_p"].isna().all()
    one = compare_inputs(*input_errors(runs({("time", False): 5.0})), EvaluationOptions())
    assert one.empty


def test_a_run_without_predictions_is_named():
    key, table = next(runs({("time", False): 5.0}))
    table.loc[table["subset"] == "test", "sbp"] = np.nan
    with pytest.raises(ValueError, match="cropping time, length 2, seed 0"):
        input_errors([(key, table)])


@pytest.mark.parametrize(("pressure", "value"), [("sbp", np.nan), ("dbp", np.inf)])
def test_one_test_window_without_a_prediction_is_an_error(pressure, value):
    key, table = next(runs({("time", False): 5.0}))
    table.loc[table.index[table["subset"] == "test"][3], pressure] = value
    with pytest.raises(ValueError, match="seed 0: 1 of 48 test windows have no prediction"):
        input_errors([(key, table)])


def test_each_setting_of_the_other_factor_has_a_difference_of_its_own():
    errors = {("time", False): 6.0, ("time", True): 5.5, ("beats", False): 4.0, ("beats", True): 4.8}
    tests = compare_inputs(*input_errors(runs(errors)), EvaluationOptions())
    found = tests.set_index(["comparison", "within"])
    for (comparison, within), expected in {
        ("beats vs time", "signal"): -2.0,
        ("beats vs time", "derivatives"): -0.7,
        ("derivatives vs signal", "time"): -0.5,
        ("derivatives vs signal", "beats"): 0.8,
    }.items():
        row = found.loc[(comparison, within)]
        assert row["paired_difference"].to_numpy() == pytest.approx([expected] * 2, abs=0.1)
        assert row["difference"].to_numpy() == pytest.approx([expected] * 2, abs=0.1)


def test_subjects_are_records_if_of_any_that_has_windows_the_patient_is_not_known():
    quality = pd.DataFrame({"identity": ["patient", "record", "patient"], "windows_kept": [5, 0, 3]})
    assert identity_of(quality) == "patient"
    assert identity_of(quality.assign(windows_kept=[5, 1, 3])) == "record"
    assert identity_of(quality.assign(identity=["patient", "record", "run"])) == "run"
    assert identity_of(quality.assign(identity=["run", "record", "run"], windows_kept=1)) == "record"


@pytest.mark.parametrize("identity", ["patient", "run", "record"])
def test_both_tables_say_what_a_subject_is(identity):
    mae, subjects = input_errors(runs(ALL), identity)
    assert set(mae["identity"]) == {identity}
    assert set(compare_inputs(mae, subjects, EvaluationOptions())["identity"]) == {identity}


def test_a_run_is_known_by_its_path():
    path = "results/mimic/training/inputs/beats15/derivatives/resnet/seed2/predictions.parquet"
    assert run_of(path) == {
        "network": "resnet", "derivatives": True, "cropping": "beats", "length": 15, "seed": 2,
    }  # fmt: skip


def test_a_network_keeps_its_shape_and_takes_the_studys_training():
    network = AlexNetOptions(width=0.25, training={"batch_size": 64, "epochs": 7, "patience": 3})
    made = input_network(network, InputOptions(), derivatives=True)
    assert (made.width, made.derivatives, made.training.batch_size) == (0.25, True, 64)
    assert (made.training.epochs, made.training.patience, made.training.keep) == (50, None, "loss")
