"""Skin tones and circumstances in whatever way a table writes them."""

import re

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import judge, make_cases, read_table
from cuffless.judgement.table.predictions import PredictionError


def _of(table, subject, name):
    return set(table.rows.loc[table.rows["subject"] == subject, name])


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("written", ["7", "07", "MST 7", "mst-7", "Monk 7", "Monk skin tone 7", 7, 7.0])
def test_tones_of_the_monk_scale_are_read(make_table, write, written, name):
    table = read_table([write(make_table().assign(skin_tone=written), name)])
    assert table.rows["skin_tone"].eq(7).all()
    assert table.warnings == []
    [case] = make_cases(table)
    assert list(case.predicted("alexnet", 0).skin_tone) == [7.0] * 8


@pytest.mark.parametrize("written", ["IV", "0", "11", "dark", "3.5", "type 4"])
def test_other_scales_are_not_read_as_tones(make_table, write, written):
    rows = make_table().assign(skin_tone="2")
    rows.loc[rows["subject"] == "p001", "skin_tone"] = written
    table = read_table([write(rows)])
    [warning] = table.warnings
    assert warning.startswith(f"skin_tone {written!r} in 12 rows")
    assert "not a tone of the Monk scale (1 to 10) and counts as unknown" in warning
    assert np.isnan(_of(table, "p001", "skin_tone").pop())
    path = write(rows.assign(skin_tone=written))
    with pytest.raises(PredictionError, match=f"column skin_tone {re.escape(repr(written))}.*--without skin_tone"):
        read_table([path])
    assert "skin_tone" in read_table([path], without=["skin_tone"]).missing


def test_two_raters_may_differ_by_one_tone(make_table, write):
    rows = make_table().assign(skin_tone=4)
    rows.loc[rows.index[0:6], "skin_tone"] = 5
    rows.loc[rows.index[12:18], "skin_tone"] = 8
    table = read_table([write(rows)])
    assert _of(table, "p000", "skin_tone") == {4, 5}
    [warning] = table.warnings
    assert warning.startswith("skin_tone of subject p001 differs by up to 4 steps")
    assert table.rows.loc[table.rows["subject"] == "p001", "skin_tone"].isna().all()


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_synonyms_of_conditions_and_postures_are_one_word(make_table, write, name):
    conditions = ["Resting", "at_rest", "Cycling", "daytime", "SLEEP", "before-treatment", "Treatment", None, "NA"]
    rows = make_table(subjects=1, windows=9).assign(
        condition=conditions, posture=["Seated", "lying-down", "arm up"] * 3
    )
    table = read_table([write(rows.assign(visit=[1, 2, 1] * 3), name)])
    words = ["rest", "rest", "exercise", "awake", "asleep", "untreated", "treated", "", ""]
    assert list(table.rows["condition"]) == words
    assert list(table.rows["posture"]) == ["sitting", "supine", "arm up"] * 3
    assert list(table.rows["visit"]) == ["1", "2", "1"] * 3
    assert not any("condition" in note for note in table.notes)
    [case] = make_cases(table)
    predicted = case.predicted("alexnet", 0)
    assert list(predicted.condition) == words
    assert list(predicted.take(predicted.condition == "rest").posture) == ["sitting", "supine"]


def test_conditions_that_no_test_needs_are_named_and_kept(make_table, write):
    table = read_table([write(make_table().assign(condition="before"))])
    [note] = [note for note in table.notes if "condition" in note]
    assert note.startswith("condition 'before' in 96 rows")
    assert "known are rest, exercise, awake, asleep, untreated, treated" in note
    assert set(table.rows["condition"]) == {"before"}


def test_columns_that_only_one_of_several_files_has_are_unknown_in_the_others(make_table, write):
    one = write(make_table().assign(condition="rest", skin_tone=3, bmi=25.0), "a.csv")
    other = write(make_table(first=50), "b.csv")
    table = read_table([one, other])
    assert {"condition", "skin_tone", "bmi"} <= set(table.missing)
    assert set(table.rows["condition"]) == {"rest", ""}
    assert table.rows["skin_tone"].isna().sum() == 96


def test_new_columns_change_no_number_but_those_of_their_own_screens(make_table, write):
    rows = make_table()
    before = judge(read_table([write(rows)]))
    told = rows.assign(skin_tone=3, condition="rest", posture="sitting", visit=1)
    after = judge(read_table([write(told)]))
    for name, table in before.tables.items():
        if name != "standards":
            pd.testing.assert_frame_equal(table, after.tables[name])
    old, new = (
        one.standards[~one.standards["standard"].str.contains("FDA|ESH")].reset_index(drop=True)
        for one in (before, after)
    )
    pd.testing.assert_frame_equal(old, new)
