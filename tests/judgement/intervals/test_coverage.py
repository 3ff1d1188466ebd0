"""What the judge says of intervals whose coverage is known."""

import numpy as np
import pandas as pd
import pytest


def test_intervals_that_hold_four_of_five_windows_are_found_to(make_figure, judged, row_of):
    found = judged(make_figure(share=0.8))
    for pressure, width in (("SBP", 20.0), ("DBP", 10.0)):
        row = row_of(found.intervals, kind="given", pressure=pressure)
        assert row["coverage"] == pytest.approx(0.8)
        assert row["upper"] < 0.9
        assert row["verdict"] == "covers too little"
        assert [row["width"], row["median_width"]] == pytest.approx([width, width])
        assert row["subject_p10"] == pytest.approx(0.8)
        # A miss by 5 (DBP: 2.5) mmHg costs 2 / 0.1 mmHg for each.
        assert row["score"] == pytest.approx(width + 0.2 * 20 * width / 4)


@pytest.mark.parametrize(
    ("level", "verdict"), [(0.8, "not shown to differ"), (0.7, "covers too much"), (0.95, "covers too little")]
)
def test_the_verdict_depends_on_the_level_that_is_stated(make_figure, judged, row_of, level, verdict):
    parts = [
        make_figure(share=share).assign(subject=lambda t, s=share: t["subject"] + f"_{s}") for share in (0.75, 0.85)
    ]
    found = judged(*parts, level=level)
    assert row_of(found.intervals, kind="given")["verdict"] == verdict


def test_coverage_is_told_for_each_pressure(make_figure, judged):
    rows = make_figure(share=1.0)
    high = rows["sbp_ref"] >= 130
    rows.loc[high, ["sbp_lo", "sbp_hi"]] -= 40
    bins = judged(rows).interval_bins.query("kind == 'given' and pressure == 'SBP'")
    assert (bins.loc[bins["bin_low"] >= 130, "coverage"] == 0).all()
    assert (bins.loc[bins["bin_low"] < 130, "coverage"] == 1).all()
    assert bins["n_windows"].sum() == len(rows)
    assert bins["upper"][bins["bin_low"] >= 130].dropna().lt(0.6).all()


def test_a_person_with_many_windows_decides_the_pooled_coverage_alone(make_figure, judged, row_of):
    many = make_figure(subjects=1, windows=1000, share=0.0).assign(subject="many")
    found = judged(make_figure(subjects=9, windows=10, share=1.0), many).intervals
    assert row_of(found, kind="given", average="pooled")["coverage"] == pytest.approx(90 / 1090)
    assert row_of(found, kind="given")["coverage"] == pytest.approx(0.9)


def test_the_score_is_best_for_the_true_quantiles(judged, row_of):
    rng = np.random.default_rng(0)
    n = 4000
    reference = rng.normal(120, 10, n)
    scores = {}
    for half in (8.0, 16.45, 33.0):
        rows = pd.DataFrame({"subject": np.arange(n) // 40, "sbp_ref": reference, "dbp_ref": reference / 2})
        rows = rows.assign(sbp=120.0, dbp=60.0, sbp_lo=120 - half, sbp_hi=120 + half)
        scores[half] = row_of(judged(rows).intervals, kind="given")["score"]
    assert min(scores, key=scores.get) == 16.45


def test_crossed_intervals_hold_nothing_and_are_named(make_figure, judged, row_of):
    rows = make_figure(share=1.0)
    some = np.arange(len(rows)) % 4 == 0
    rows.loc[some, ["sbp_lo", "sbp_hi"]] = rows.loc[some, ["sbp_hi", "sbp_lo"]].to_numpy()
    found = judged(rows)
    assert row_of(found.intervals, kind="given")["coverage"] == pytest.approx(0.75)
    assert row_of(found.intervals, kind="given")["width"] == pytest.approx(15)
    assert any("sbp_lo is above sbp_hi in 200 rows" in note for note in found.notes)


def test_infinite_intervals_cover_everything_and_their_width_is_said_to_be_infinite(make_figure, judged, row_of):
    rows = make_figure(share=0.5)
    some = np.arange(len(rows)) % 5 == 4
    rows.loc[some, ["sbp_lo", "sbp_hi"]] = [-np.inf, np.inf]
    row = row_of(judged(rows).intervals, kind="given")
    assert row["coverage"] == pytest.approx(0.6)
    assert row["n_infinite"] == 160
    assert [row["width"], row["score"]] == [np.inf, np.inf]
    assert row["median_width"] == pytest.approx(20)
    assert np.isnan(row["score_skill"])


def test_intervals_that_are_missing_in_part_are_counted(make_figure, judged, row_of):
    rows = make_figure(share=0.8)
    rows.loc[rows.index % 2 == 0, "sbp_hi"] = np.nan
    found = judged(rows)
    row = row_of(found.intervals, kind="given")
    assert [row["n_windows"], row["n_missing"]] == [400, 400]
    assert row_of(found.intervals, kind="given", pressure="DBP")["n_missing"] == 0
    assert any(
        "given intervals of predictor (SBP): 400 of 800 windows without any, left out" in note for note in found.notes
    )


def test_of_one_person_nothing_is_said_about_others(make_figure, judged, row_of):
    row = row_of(judged(make_figure(subjects=1)).intervals, kind="given")
    assert row["coverage"] == pytest.approx(0.8)
    assert np.isnan([row["lower"], row["upper"]]).all()
    assert row["verdict"] == "not assessable"


def test_a_constant_with_the_means_interval_is_no_better_than_the_mean(make_figure, judged, row_of):
    rows = make_figure()
    train = make_figure().assign(subset="train", subject=lambda t: "t" + t["subject"])
    rows = rows.assign(subset="test", sbp=train["sbp_ref"].mean(), dbp=60)
    mean = row_of(judged(rows, train).intervals, kind="population mean")
    rows = rows.assign(sbp_lo=rows["sbp"] - mean["median_width"] / 2, sbp_hi=rows["sbp"] + mean["median_width"] / 2)
    row = row_of(judged(rows, train).intervals, kind="given")
    assert row["score_skill"] == pytest.approx(0, abs=1e-6)
    assert not row["score_skill_lower"] > 0


def test_intervals_of_other_people_are_found_to_be_worse_than_the_means(make_figure, judged, row_of):
    rows = make_figure(share=1.0)
    honest = row_of(judged(rows).intervals, kind="given")
    assert honest["score_skill_lower"] > 0
    moved = np.random.default_rng(0).permutation(len(rows))
    limits = ["sbp", "dbp", "sbp_lo", "sbp_hi", "dbp_lo", "dbp_hi"]
    rows[limits] = rows[limits].to_numpy()[moved]
    row = row_of(judged(rows).intervals, kind="given")
    assert row["verdict"] == "covers too little"
    assert row["score_skill_upper"] < 0


def test_a_table_without_intervals_gives_empty_tables(make_table, judged):
    found = judged(make_table(), make_table(subset="train", first=100))
    for name in ("intervals", "interval_bins", "risk"):
        assert getattr(found, name).empty
        assert {"case", "network", "pressure"} <= set(getattr(found, name).columns)


def test_intervals_change_no_other_table(make_figure, judged):
    rows = make_figure()
    bands = [name for name in rows if name.endswith(("_lo", "_hi"))]
    with_bands, without = judged(rows), judged(rows.drop(columns=bands))
    for name, table in without.tables.items():
        if name not in ("intervals", "interval_bins", "risk"):
            pd.testing.assert_frame_equal(table, with_bands.tables[name])
