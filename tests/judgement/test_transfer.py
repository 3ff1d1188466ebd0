"""Networks on data sets that they were not trained on: what they are compared with, and what must be refused."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import TRANSFERS, EvaluationOptions
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.transfer import OWN_NETWORK, PEOPLE_MEAN, TESTED_MEAN, TRAINED_MEAN, align_transfers
from cuffless.judgement.transfer import compare_transfers as compare

QUICK = EvaluationOptions(bootstrap=400)
MEANS = {"ward": (130.0, 75.0), "lab": (115.0, 65.0)}
"""Means of the training labels."""
FEW = (118.0, 66.0)
PEOPLE, EACH = 8, 5


def people(dataset, subjects=PEOPLE):
    """Test windows of a data set."""
    rng = np.random.default_rng(len(dataset))
    owner = np.repeat(np.arange(subjects), EACH)
    pressures = (np.array(MEANS[dataset]) + rng.normal(2, (12, 7), (subjects, 2)))[owner]
    pressures += rng.normal(0, 3, pressures.shape)
    names = [f"{dataset}{k}" for k in owner]
    windows = {"subject": names, "record": names, "start": np.tile(np.arange(EACH) * 5.0, subjects), "subset": "test"}
    return pd.DataFrame({**windows, "sbp_ref": pressures[:, 0], "dbp_ref": pressures[:, 1]})


def table(trained, tested, setting, network, predict, seed=0, subjects=PEOPLE):
    """Predictions of a network that knows the references: what `predict` makes of them."""
    windows = people(tested, subjects)
    predicted = np.broadcast_to(predict(windows[["sbp_ref", "dbp_ref"]].to_numpy()), (len(windows), 2))
    named = {"trained_on": trained, "tested_on": tested, "setting": setting, "network": network, "seed": seed}
    return windows.assign(sbp=predicted[:, 0], dbp=predicted[:, 1], split="nonmixed", **named)


def off(offset):
    """A network with a constant error."""
    return lambda reference: reference + offset


def said(value):
    """A constant predictor."""
    return lambda reference: np.array([value])


def study(networks=None, subjects=PEOPLE):
    """Tables of all pairs; by default a network that errs by 10 elsewhere, by 4 at home and by nothing if shifted."""
    networks = networks or {"alexnet": {"own": off(4.0), "zero_shot": off(10.0), "shifted": off(0.0), "affine": off(1)}}
    found = []
    for tested in MEANS:
        for trained in MEANS:
            for setting in TRANSFERS if trained != tested else TRANSFERS[:1]:
                known = {"zero_shot": MEANS[trained], "shifted": MEANS[tested], "affine": FEW}[setting]
                found.append(table(trained, tested, setting, "mean", said(known), subjects=subjects))
                for name, made in networks.items():
                    predict = made["own"] if trained == tested else made[setting]
                    found.append(table(trained, tested, setting, name, predict, subjects=subjects))
    return found


def judged(tables, options=QUICK):
    return compare(align_transfers(tables, list(MEANS)), options)


def cell(transfer, **wanted):
    return transfer[np.logical_and.reduce([transfer[name] == value for name, value in wanted.items()])]


def test_every_pair_setting_and_network_has_its_errors():
    mae = judged(study())["mae"]
    own = cell(mae, network="alexnet", pressure="SBP", average="pooled")
    errors = own.set_index(["trained_on", "tested_on", "setting"])["mae"].round(6).to_dict()
    assert errors == {
        ("ward", "ward", "zero_shot"): 4,
        ("lab", "ward", "zero_shot"): 10,
        ("lab", "ward", "shifted"): 0,
        ("lab", "ward", "affine"): 1,
        ("ward", "lab", "zero_shot"): 10,
        ("ward", "lab", "shifted"): 0,
        ("ward", "lab", "affine"): 1,
        ("lab", "lab", "zero_shot"): 4,
    }


def test_skill_is_against_both_means_the_few_peoples_and_the_data_sets_own_network():
    transfer = judged(study())["transfer"]
    windows = people("ward")
    errors = {
        TESTED_MEAN: np.abs(windows["sbp_ref"] - MEANS["ward"][0]).mean(),
        TRAINED_MEAN: np.abs(windows["sbp_ref"] - MEANS["lab"][0]).mean(),
        PEOPLE_MEAN: np.abs(windows["sbp_ref"] - FEW[0]).mean(),
        OWN_NETWORK: 4.0,
    }
    rows = cell(transfer, trained_on="lab", tested_on="ward", setting="affine", pressure="SBP", average="pooled")
    assert rows.set_index("baseline")["baseline_mae"].to_dict() == pytest.approx(errors)
    np.testing.assert_allclose(rows["skill"], 1 - 1.0 / rows["baseline_mae"])
    before = cell(transfer, trained_on="lab", tested_on="ward", setting="zero_shot", pressure="SBP", average="pooled")
    assert set(before["baseline"]) == {TESTED_MEAN, TRAINED_MEAN, OWN_NETWORK}
    own = cell(transfer, trained_on="ward", tested_on="ward", pressure="SBP", average="pooled")
    assert set(own["baseline"]) == {TESTED_MEAN}


def test_tests_pair_people_and_are_the_same_for_both_averages():
    transfer = judged(study())["transfer"]
    rows = cell(transfer, trained_on="lab", tested_on="ward", setting="zero_shot", baseline=OWN_NETWORK)
    np.testing.assert_allclose(rows["paired_difference"], 6.0)
    np.testing.assert_allclose(rows["paired_p"], 2 / 2**PEOPLE)
    assert len(rows) == 4
    assert set(rows["comparison"]) == {"zero shot vs own network"}
    assert set(rows["family"]) == {2}


@pytest.mark.parametrize("rounded", [0.0, 2e-6])
def test_a_network_that_says_the_mean_has_no_skill_and_no_significance(rounded):
    """Not even where rounding to float32 brings every window a hair nearer."""

    def collapsed(reference):
        mean = next(mean for mean in MEANS.values() if abs(reference.mean(axis=0)[0] - mean[0]) < 7)
        return mean + rounded * np.sign(reference - mean)

    networks = {"alexnet": {"own": collapsed, "zero_shot": collapsed, "shifted": collapsed, "affine": collapsed}}
    rows = cell(judged(study(networks))["transfer"], baseline=TESTED_MEAN)
    assert (rows["skill"] == 0).all()
    assert (rows["paired_p"] == 1).all()
    assert not rows["paired_significant"].any()


def test_shuffled_labels_are_not_predicted():
    rng = np.random.default_rng(1)

    def blind(reference):
        return rng.permutation(reference)

    networks = {"alexnet": dict.fromkeys(("own", *TRANSFERS), blind)}
    rows = cell(judged(study(networks))["transfer"], baseline=TESTED_MEAN)
    assert (rows["skill"] < 0.2).all()
    assert not (rows["lower"] > 0).any()


def test_one_person_has_errors_without_interval_and_test():
    tables = judged(study(subjects=1))
    assert tables["mae"]["mae"].notna().all()
    assert tables["mae"]["lower"].isna().all()
    assert tables["transfer"]["lower"].isna().all()
    assert tables["transfer"]["paired_p"].isna().all()
    assert set(tables["transfer"]["pairing"]) == {"too few subjects"}


def test_seeds_are_averaged():
    more = [table(*key, "alexnet", off(14.0), seed=1) for key in (("lab", "ward", "zero_shot"),)]
    rest = [one.assign(seed=1) for one in study() if (one["network"] == "mean").all()]
    rest += [
        one.assign(seed=1)
        for one in study()
        if (one["network"] == "alexnet").all()
        and (one["trained_on"].iloc[0], one["tested_on"].iloc[0], one["setting"].iloc[0])
        != ("lab", "ward", "zero_shot")
    ]
    mae = judged([*study(), *rest, *more])["mae"]
    row = cell(mae, trained_on="lab", tested_on="ward", setting="zero_shot", network="alexnet", pressure="SBP").iloc[0]
    assert (row["mae"], row["mae_min"], row["mae_max"], row["seeds"]) == (pytest.approx(12), 10, pytest.approx(14), 2)


def test_a_further_data_set_tested_on_changes_no_p_value():
    both = judged(study())["transfer"]
    tables = [one for one in study() if (one["tested_on"] == "ward").all()]
    aligned = align_transfers([*study()], list(MEANS))
    ward = compare({key: value for key, value in aligned.items() if key.tested_on == "ward"}, QUICK)["transfer"]
    pd.testing.assert_frame_equal(ward, both[both["tested_on"] == "ward"].reset_index(drop=True))
    assert len(tables) == 8


def test_a_missing_pair_network_or_window_is_named():
    tables = study()
    without = [one for one in tables if (one["setting"] != "affine").any()]
    with pytest.raises(PredictionError, match="no predictions of networks of lab on ward, setting affine"):
        judged(without)
    lone = [one for one in tables if not ((one["network"] == "alexnet") & (one["setting"] == "shifted")).all()]
    with pytest.raises(PredictionError, match="networks of lab on ward, shifted: alexnet seed 0 is there or in"):
        judged(lone)
    short = [one.iloc[1:] if (one["setting"] == "shifted").all() else one for one in tables]
    with pytest.raises(PredictionError, match="networks of lab on ward, shifted: not the windows or references of"):
        judged(short)


def test_rows_that_train_are_not_judged():
    tables = [pd.concat([one, one.assign(subset="train", sbp=999.0)]) for one in study()]
    pd.testing.assert_frame_equal(judged(tables)["mae"], judged(study())["mae"])
