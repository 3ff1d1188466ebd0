from functools import partial

import numpy as np
import pandas as pd
import pytest
from finetuned import stop_and_go_on, write_windows

from cuffless.config import AlexNetOptions, ProtocolOptions
from cuffless.designs.fits import personalization_fits
from cuffless.designs.plan import sample_plan
from cuffless.networks import build_network
from cuffless.training.finetune import finetune_network

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]
LENGTH, N = 60, 70
OPTIONS = ProtocolOptions(subjects=3, budget_windows=(1, 5), budget_shares=(), epochs=5)


def network():
    import keras

    keras.utils.set_random_seed(0)
    options = AlexNetOptions(width=0.0625, dropout=0.25)
    return build_network(options, (LENGTH, 1), label_mean=(120, 60), label_sd=(15, 8))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Plan and store of three subjects."""
    rng = np.random.default_rng(0)
    rows = [(f"p{s}-r", f"p{s}", k, 5.0 * k, 5.0) for s in range(4) for k in range(N)]
    index = pd.DataFrame(rows, columns=["record", "subject", "row", "start", "seconds"])
    index = index.assign(sbp=rng.normal(130, 10, len(index)), dbp=rng.normal(70, 5, len(index)), hr=70.0, snr=2.0)
    manifest = pd.DataFrame({"subset": "test", "subject": sorted(set(index["subject"]))})
    plan = sample_plan(index, OPTIONS, manifest=manifest).windows
    path = tmp_path_factory.mktemp("store") / "windows.zarr.zip"
    ppg = rng.standard_normal((len(plan), LENGTH)).astype(np.float16)
    write_windows(path, ppg, plan[["sbp", "dbp"]].to_numpy(np.float32))
    return plan, path


def personalize(drawn, **given):
    plan, store = drawn
    options = given.pop("options", OPTIONS)
    fits = personalization_fits(plan, options)
    return finetune_network(network(), fits, store, derivatives=False, seed=0, **given)


@pytest.fixture(scope="module")
def undisturbed(drawn):
    return personalize(drawn)


def test_all_settings_and_budgets_have_the_same_test_windows(drawn, undisturbed):
    plan, _ = drawn
    table, fits, _ = undisturbed
    test = table[table["subset"] == "test"]
    expected = plan[plan["test"]].set_index(["record", "start"]).index
    seen = test.groupby(["setting", "budget"])
    assert set(seen.groups) == {("before", "")} | {(s, b) for s in ("first", "random") for b in ("1", "5", "20 %")}
    for _, rows in seen:
        assert rows.set_index(["record", "start"]).index.equals(expected)
    assert len(fits) == 3 * 2 * 3
    assert set(fits.loc[fits["budget"] == "20 %", "n_train"] + fits.loc[fits["budget"] == "20 %", "n_val"]) == {14}


def test_windows_between_calibration_and_test_are_predicted_for_the_drift(drawn, undisturbed):
    plan, _ = drawn
    table, *_ = undisturbed
    between = table[table["subset"] == "between"].merge(plan[["record", "start", "order"]], on=["record", "start"])
    assert set(between["setting"]) == {"first"}
    assert set(between["budget"]) == {"20 %"}
    assert sorted(set(between["order"])) == list(range(15, 42))  # 14 calibrate, one lies between, 28 test


def test_before_is_the_network_as_it_was_trained(drawn, undisturbed):
    from cuffless.networks import predict_pressures
    from cuffless.training import open_windows

    table, *_ = undisturbed
    before = table[table["setting"] == "before"]
    whole = predict_pressures(network(), open_windows(drawn[1]).ppg, derivatives=False)
    assert np.allclose(before[["sbp", "dbp"]], whole, atol=1e-3)
    tuned = table[(table["setting"] == "first") & (table["budget"] == "20 %") & (table["subset"] == "test")]
    assert not np.allclose(tuned["sbp"], before.loc[before["subset"] == "test", "sbp"], atol=0.1)


def test_a_run_that_is_stopped_goes_on_after_the_subjects_that_are_done(drawn, undisturbed, tmp_path):
    again, (table, fits, _) = stop_and_go_on(partial(personalize, drawn, state=tmp_path))
    assert again[0] == "alexnet, subject 1 of 3 (p2): already done, skipped"
    assert again[1].startswith("alexnet, subject 2 of 3")
    pd.testing.assert_frame_equal(table, undisturbed[0], check_dtype=False)
    pd.testing.assert_frame_equal(fits, undisturbed[1])


def test_another_store_is_refused(drawn, tmp_path):
    plan, _ = drawn
    path = tmp_path / "windows.zarr.zip"
    write_windows(path, np.zeros((len(plan), LENGTH), np.float16), np.full((len(plan), 2), 100, np.float32))
    with pytest.raises(ValueError, match=r"does not hold the plan's \d+ windows"):
        personalize((plan, path))


def test_the_table_keeps_to_the_contract(drawn, undisturbed):
    columns = personalization_fits(drawn[0], OPTIONS).columns
    assert {"subject", "record", "start", "subset", "sbp_ref", "sbp", "network", "split", "seed"} <= set(columns)
    table = undisturbed[0].assign(network="alexnet", split="nonmixed", seed=0, protocol="main")[list(columns)]
    assert table[["sbp", "dbp", "sbp_ref", "dbp_ref"]].notna().all(axis=None)
