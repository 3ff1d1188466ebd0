"""Intervals that the judge makes from validation persons and from several seeds."""

import numpy as np
import pandas as pd
import pytest

from cuffless.conformal import person_quantile
from cuffless.judgement.intervals.quantiles import left_out_quantiles

SPREAD = {"easy": 3.0, "hard": 15.0}


def people(subjects, subset, seed=0, windows=15, network="net", noise=0.0, stated=False):
    """Persons whose windows are easy or hard to predict, by as much as the predictor knows."""
    rng = np.random.default_rng([seed, len(subset)])
    n = subjects * windows
    reference = np.repeat(rng.normal(120, 12, subjects), windows) + rng.normal(0, 4, n)
    sd = np.where(rng.random(n) < 0.5, SPREAD["easy"], SPREAD["hard"])
    error = np.repeat(rng.normal(0, 0.5, subjects), windows) * sd + rng.normal(0, 0.8, n) * sd
    noisy = np.random.default_rng([seed, 5, int(10 * noise)]).normal(0, noise, n) if noise else 0.0
    rows = pd.DataFrame(
        {"subject": [f"{subset}{k // windows}" for k in range(n)], "seconds": 7.0,
         "start": np.tile(10.0 * np.arange(windows), subjects), "subset": subset,
         "sbp_ref": reference, "dbp_ref": reference / 2, "sbp": reference + error + noisy,
         "dbp": reference / 2 + error / 2, "network": network, "split": "s", "seed": 0}
    )  # fmt: skip
    return rows.assign(sbp_sd=sd, dbp_sd=sd / 2) if stated else rows


def test_validation_persons_calibrate(judged, row_of):
    rows = people(60, "test"), people(60, "val")
    found = judged(*rows).intervals
    row = row_of(found, kind="conformal")
    assert 0.86 < row["coverage"] < 0.95
    assert row["verdict"] == "not shown to differ"
    error = (rows[1]["sbp"] - rows[1]["sbp_ref"]).abs().to_numpy()
    assert row["width"] == pytest.approx(2 * person_quantile(error, pd.factorize(rows[1]["subject"])[0], 0.9))
    assert "scaled" not in set(found["kind"])


def test_what_the_predictor_knows_of_its_error_makes_its_intervals_narrower(judged, row_of):
    found = judged(people(60, "test", stated=True), people(60, "val", stated=True)).intervals
    plain, scaled = row_of(found, kind="conformal"), row_of(found, kind="scaled")
    assert 0.86 < scaled["coverage"] < 0.95
    assert scaled["median_width"] < plain["median_width"]
    assert scaled["score"] < plain["score"]


def test_a_stated_sd_becomes_an_interval_of_normal_errors(judged, row_of):
    rows = people(60, "test", stated=True).assign(sbp_sd=10.0)
    assert row_of(judged(rows, level=0.95).intervals, kind="given")["width"] == pytest.approx(2 * 1.96 * 10, abs=0.01)


def test_half_the_width_of_stated_limits_scales_too(judged, row_of):
    def limited(rows):
        half = rows.pop("sbp_sd")
        rows = rows.drop(columns="dbp_sd")
        return rows.assign(sbp_lo=rows["sbp"] - half, sbp_hi=rows["sbp"] + half)

    by_sd = judged(people(60, "test", stated=True), people(60, "val", stated=True)).intervals
    rows = limited(people(60, "test", stated=True)), limited(people(60, "val", stated=True))
    by_limits = judged(*rows).intervals
    assert row_of(by_limits, kind="scaled")["width"] == pytest.approx(row_of(by_sd, kind="scaled")["width"])
    assert by_limits.query("kind == 'scaled' and pressure == 'DBP'").empty


def test_with_too_few_validation_persons_there_is_no_finite_interval(judged, row_of):
    row = row_of(judged(people(30, "test"), people(8, "val")).intervals, kind="conformal")
    assert row["median_width"] == np.inf
    assert row["coverage"] == 1
    assert row_of(judged(people(30, "test"), people(9, "val")).intervals, kind="conformal")["median_width"] < np.inf


def test_each_folds_validation_persons_calibrate_its_own_windows(judged, row_of):
    good, bad = people(30, "val").assign(fold="a"), people(30, "val", seed=1).assign(fold="b")
    bad["sbp"] = bad["sbp_ref"] + 40.0
    test = people(40, "test")
    test["fold"] = np.where(test["subject"].str[4:].astype(int) < 20, "a", "b")
    train = people(20, "train", seed=2).drop(columns=["sbp", "dbp"])
    found = judged(test, good, bad, train.assign(fold="a"), train.assign(fold="b", subject="x" + train["subject"]))
    widths = found.interval_bins.query("kind == 'conformal' and pressure == 'SBP'")["width"]
    assert widths.max() <= 80 + 1e-6
    error = (good["sbp"] - good["sbp_ref"]).abs().to_numpy()
    narrow = 2 * person_quantile(error, pd.factorize(good["subject"])[0], 0.9)
    assert row_of(found.intervals, kind="conformal")["width"] == pytest.approx((narrow + 80) / 2)


def test_seeds_are_an_ensemble_whose_spread_alone_covers_too_little(judged, row_of):
    seeds = (1.0, 2.0, 3.0)
    parts = [people(40, subset, noise=noise).assign(seed=int(noise)) for noise in seeds for subset in ("test", "val")]
    found = judged(*parts).intervals
    as_is, conformal = row_of(found, kind="ensemble"), row_of(found, kind="ensemble, conformal")
    assert as_is["verdict"] == "covers too little"
    assert 0.84 < conformal["coverage"] < 0.96
    assert pd.isna(as_is["seed"])
    tests = [part.reset_index(drop=True) for part in parts if part["subset"].iloc[0] == "test"]
    mean = np.mean([part["sbp"] for part in tests], axis=0)
    by_person = pd.Series(np.abs(mean - tests[0]["sbp_ref"])).groupby(tests[0]["subject"]).mean()
    assert as_is["mae"] == pytest.approx(by_person.mean())
    assert set(found.query("kind == 'conformal'")["seed"]) == {1, 2, 3}
    assert row_of(found, kind="ensemble, scaled")["coverage"] > 0.8


def test_seeds_that_agree_say_nothing_of_the_error(judged, row_of):
    parts = [people(20, "test").assign(seed=seed) for seed in (0, 1)]
    row = row_of(judged(*parts).intervals, kind="ensemble")
    assert row["width"] == 0
    assert row["coverage"] == 0


@pytest.mark.parametrize("seed", range(5))
def test_leaving_out_each_person_at_once_equals_leaving_out_one_after_the_other(seed):
    rng = np.random.default_rng(seed)
    owner = np.sort(rng.integers(0, 14, 300) ** 2 // 14)
    scores = np.round(rng.gamma(2, 5, 300), seed % 2)  # with and without equal scores
    for level in (0.5, 0.8, 0.9):
        found = left_out_quantiles(scores, owner, 14, level)
        for person in np.unique(owner):
            left = owner != person
            assert found[person] == person_quantile(scores[left], owner[left], level), (person, level)


def test_a_quantile_of_too_few_other_persons_is_infinite():
    owner = np.repeat(np.arange(9), 5)
    assert np.isinf(left_out_quantiles(np.ones(45), owner, 9, 0.9)).all()
    assert np.isinf(left_out_quantiles(np.ones(5), np.zeros(5, int), 1, 0.9)).all()
    assert (left_out_quantiles(np.ones(50), np.repeat(np.arange(10), 5), 10, 0.9) == 1).all()


def test_the_means_intervals_hold_their_level_with_and_without_training_rows(judged, row_of):
    test, train = people(60, "test", stated=True), people(60, "train", seed=3).drop(columns=["sbp", "dbp"])
    for tables in ((test,), (test, train)):
        row = row_of(judged(*tables).intervals, kind="population mean")
        assert 0.85 < row["coverage"] < 0.96
        assert row["network"] == "none"


def test_a_held_value_is_the_less_sure_the_older_it_is(judged):
    test = people(40, "test", stated=True, windows=30)
    rng = np.random.default_rng(0)
    age = test["start"].to_numpy() + 10
    calibration = test.drop_duplicates("subject").assign(subset="calibration", start=-10.0, sbp=np.nan, dbp=np.nan)
    held = test["subject"].map(calibration.set_index("subject")["sbp_ref"]).to_numpy()
    test["sbp_ref"] = held + rng.normal(0, 1, len(test)) * 0.05 * age
    found = judged(test, calibration)
    held_rows = found.interval_bins.query("kind == 'held value' and pressure == 'SBP'")
    assert len(held_rows)
    risk = found.risk.query("kind == 'held value' and pressure == 'SBP' and average == 'pooled'")
    assert (np.diff(risk["mae"]) < 0).all()
    assert risk.loc[risk["share"] == 0.5, "verdict"].item() == "abstaining helps"


def test_intervals_that_the_table_states_are_not_judged_twice(judged):
    """A network's own limits are often those that its validation people give."""
    test, val = people(60, "test"), people(60, "val")
    error = (val["sbp"] - val["sbp_ref"]).abs().to_numpy(), (val["dbp"] - val["dbp_ref"]).abs().to_numpy()
    owner = pd.factorize(val["subject"])[0]
    for name, own in zip(("sbp", "dbp"), error, strict=True):
        half = person_quantile(own, owner, 0.9)
        test = test.assign(**{f"{name}_lo": test[name] - half, f"{name}_hi": test[name] + half})
    kinds = set(judged(test, val).intervals["kind"])
    assert "given" in kinds
    assert not kinds & {"conformal", "scaled"}
    wider = test.assign(sbp_hi=test["sbp_hi"] + 1)
    assert {"given", "conformal"} <= set(judged(wider, val).intervals["kind"])


def test_validation_people_who_are_tested_too_are_named(judged, make_figure):
    test = make_figure(20).assign(subset="test")
    again = test[test["start"] < 50].assign(subset="val", start=test["start"] + 1000)
    strangers = again.assign(subject="q" + again["subject"])
    said = "20 of 20 validation people are test people too"
    assert any(said in note for note in judged(pd.concat([test, again])).notes)
    assert not any("test people too" in note for note in judged(pd.concat([test, strangers])).notes)
    folds = [test.assign(fold=0), again.assign(fold=1), strangers.assign(fold=0)]  # of another fold: no matter
    assert not any("test people too" in note for note in judged(pd.concat(folds)).notes)
