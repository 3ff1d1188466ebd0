import re

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import read_table
from cuffless.judgement.table.columns import BANDS
from cuffless.judgement.table.predictions import PredictionError


def test_a_table_of_ours_is_read_as_it_is(make_table, write):
    rows = pd.concat([make_table(), make_table(subset="train", first=100)])
    for name in ("a.csv", "a.csv.gz", "a.parquet"):
        read = read_table([write(rows, name)])
        assert len(read.rows) == len(rows)
        known = ("window", "setting", "age", "sex", "bmi", "skin_tone", "condition", "posture", "visit", "fold")
        assert read.missing == (*known, "map_ref", "map", *BANDS)
        assert read.warnings == []


def test_columns_of_other_names_are_mapped(make_table, write):
    path = write(make_table().rename(columns={"sbp": "sbp_pulse", "subject": "whose"}))
    read = read_table([path], columns={"sbp": "sbp_pulse", "subject": "whose"})
    assert read.rows["sbp"].notna().all()
    with pytest.raises(PredictionError, match=r"no column subject, sbp \(found: .*pass .*--column sbp=sbp_pulse"):
        read_table([path])
    with pytest.raises(PredictionError, match=r"no column nope \(found"):
        read_table([path], columns={"sbp": "nope"})
    with pytest.raises(PredictionError, match="'systolic' is not a column of a prediction table"):
        read_table([path], columns={"systolic": "sys_pred"})


def test_a_bare_table_of_five_columns_is_judged_with_what_it_lacks_named(make_table, write):
    read = read_table([write(make_table()[["subject", "sbp_ref", "dbp_ref", "sbp", "dbp"]])], network="mine")
    assert set(read.rows["network"]) == {"mine"}
    assert set(read.rows["subset"]) == {"test"}
    assert any("no column start: rows are assumed to be in time order" in note for note in read.notes)
    assert (read.rows.groupby("subject")["start"].diff().dropna() == 1).all()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("sbp", np.nan, r"column sbp is not a finite number in 2 rows \(lines 5, 9\)"),
        ("dbp_ref", np.inf, r"column dbp_ref is not a finite number in 2 rows \(lines 5, 9\)"),
        ("start", np.nan, r"column start is not a finite number in 2 rows \(lines 5, 9\)"),
        ("subject", None, r"column subject is empty in 2 rows \(lines 5, 9\)"),
    ],
)
def test_what_is_no_number_is_told_with_its_lines(make_table, write, column, value, said):
    rows = make_table().astype({column: object})
    rows.loc[[3, 7], column] = value
    with pytest.raises(PredictionError, match=said):
        read_table([write(rows)])


def test_text_among_numbers_is_shown(make_table, write):
    rows = make_table().astype({"sbp": object})
    rows.loc[2, "sbp"] = "n/a?"
    with pytest.raises(PredictionError, match=r"1 row \(line 4\) \(the first holds n/a\?\)"):
        read_table([write(rows)])


def test_training_rows_need_no_prediction(make_table, write):
    rows = pd.concat([make_table(), make_table(subset="train", first=100)])
    assert read_table([write(rows)]).rows["sbp"].isna().sum() == 96


def test_windows_that_occur_twice_are_named(make_table, write):
    rows = make_table()
    with pytest.raises(PredictionError, match=r"2 test windows occur twice \(4 rows \(lines 2, 3, 98, 99\)\)"):
        read_table([write(pd.concat([rows, rows.iloc[:2]]))])


def test_kilopascals_are_recognized_and_converted(make_table, write):
    rows = make_table()
    pressures = ["sbp_ref", "dbp_ref", "sbp", "dbp"]
    path = write(rows.assign(**{name: rows[name] / 7.50062 for name in pressures}))
    with pytest.raises(PredictionError, match="if the file is in kPa, pass --unit kpa"):
        read_table([path])
    converted = read_table([path], unit="kpa").rows
    np.testing.assert_allclose(converted[pressures], rows[pressures], rtol=1e-6)
    with pytest.raises(PredictionError, match="check --unit"):
        read_table([write(rows)], unit="kpa")


def test_predictions_in_another_unit_than_references_are_refused(make_table, write):
    rows = make_table()
    with pytest.raises(PredictionError, match="predictions must be in mmHg too"):
        read_table([write(rows.assign(sbp=rows["sbp"] / 7.5, dbp=rows["dbp"] / 7.5))])


def test_one_subject_is_judged_with_a_warning(make_table, write):
    read = read_table([write(make_table(subjects=1))])
    assert read.warnings == ["one subject (p000): no intervals and no tests, one person says nothing about others"]


def test_swapped_and_impossible_pressures_are_warned_of_with_their_lines(make_table, write):
    rows = make_table()
    rows.loc[4, ["sbp_ref", "dbp_ref"]] = [70.0, 110.0]
    rows.loc[6, "sbp"] = 400.0
    first, second = read_table([write(rows)]).warnings
    assert first == "SBP is not above DBP in the reference of 1 row (line 6); check the columns"
    assert second == "sbp is outside 20 to 300 mmHg in 1 row (line 8); check the column and its unit"


def test_rows_of_other_subsets_are_left_out_and_said(make_table, write):
    rows = pd.concat([make_table(), make_table(first=100, subset="test").assign(subset="other")])
    read = read_table([write(rows)])
    assert len(read.rows) == 96
    assert "96 rows" in read.notes[0]
    assert "of subset 'other' are left out" in read.notes[0]
    with pytest.raises(PredictionError, match="no row with subset 'test'"):
        read_table([write(make_table().assign(subset="train"))])


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x00", b"a,b\n"])
def test_files_that_hold_no_table_are_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(PredictionError, match=r"broken\.csv"):
        read_table([path])
    with pytest.raises(PredictionError, match="no such file"):
        read_table([tmp_path / "gone.csv"])


def test_several_tables_are_laid_under_each_other(make_table, write):
    rows = make_table()
    paths = [write(rows.assign(network=name), f"{name}.csv") for name in ("a", "b")]
    assert set(read_table(paths).rows["network"]) == {"a", "b"}


def test_people_whose_numbers_begin_with_zeros_stay_apart(make_table, write):
    plain = make_table(subjects=3, windows=4).assign(subject=lambda t: t["subject"].str[-1])
    padded = plain.assign(subject=lambda t: "00" + t["subject"])
    table = read_table([write(pd.concat([plain, padded]))])
    assert set(table.rows["subject"]) == {"0", "1", "2", "000", "001", "002"}
    whole = read_table([write(plain.assign(subject=plain["subject"].astype(float)), "t.parquet")])
    assert set(whole.rows["subject"]) == {"0", "1", "2"}


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_starts_may_be_dates_or_durations(make_table, write, name):
    rows = make_table()
    began = pd.Timestamp("2183-04-28 17:47") + pd.to_timedelta(pd.factorize(rows["subject"])[0] * 40, "D")
    since = pd.to_timedelta(rows["start"], "s")
    for start, noted in ((began + since, True), (since, False)):
        table = read_table([write(rows.assign(start=start), name)])
        np.testing.assert_allclose(table.rows["start"], rows["start"])
        assert any("converted to seconds from the record's first" in note for note in table.notes) is noted
    assert "start" not in table.missing


def test_dates_of_several_files_count_from_one_moment(make_table, write):
    dated = make_table().assign(start=lambda t: pd.Timestamp("2024-03-01T10:00Z") + pd.to_timedelta(t["start"], "s"))
    late = dated.assign(network="other")[dated["start"].ne(dated["start"].min())]
    table = read_table([write(dated, "a.csv"), write(late, "b.csv")])
    assert table.rows.groupby("network")["start"].min().to_dict() == {"alexnet": 0.0, "other": 10.0}


def test_a_broken_date_among_dates_is_named_with_its_line(make_table, write):
    for held in ("2024-02-31T10:00:00", "yesterday", "", "31.01.2024 10:00"):
        rows = make_table().assign(start=lambda t: pd.to_datetime(t["start"], unit="s").astype(str))
        rows.loc[2, "start"] = held
        with pytest.raises(PredictionError, match=r"column start is not a time in 1 row \(line 4\).*--without start$"):
            read_table([write(rows)])


@pytest.mark.parametrize("between", [" ", ";", ", "])
def test_a_column_of_arrays_does_not_decide_what_separates_columns(make_table, write, between):
    rows = make_table()
    path = write(rows.assign(features=f"[{between.join(['0.1234'] * 60)}]"))
    np.testing.assert_allclose(read_table([path]).rows["sbp"], rows["sbp"])
    path.write_text("# made by hand\n" + path.read_text())
    np.testing.assert_allclose(read_table([path]).rows["sbp"], rows["sbp"])


def test_days_without_a_time_are_named(make_table, write):
    with pytest.raises(PredictionError, match=r"column start holds dates without a time in 96 rows .*--without start"):
        read_table([write(make_table().assign(start="2024-01-31"))])


@pytest.mark.parametrize("column", ["sbp", "sbp_ref"])
@pytest.mark.parametrize("held", ["120 mmHg", "120/80"])
def test_pressures_with_more_than_a_number_are_told_how_to_be_written(make_table, write, column, held):
    with pytest.raises(PredictionError, match=rf"\(the first holds {held}\); write only numbers"):
        read_table([write(make_table().assign(**{column: held}))])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename(columns={"subject": "subjct"}).to_csv(index=False), "--column subject=subjct"),
        (lambda t: t.assign(sbp=[f"{x:.1f}".replace(".", ",") for x in t.sbp]).to_csv(index=False), "decimal points"),
        (lambda t: t.assign(subset="Other").to_csv(index=False), "'other' are left out; known are train, val"),
        (lambda t: t.assign(sbp_ref=-1.0).to_csv(index=False), r"not a pressure in 96 rows .*the first is -1 mmHg"),
        (lambda t: t.assign(sbp_ref=np.nan).to_csv(index=False), "is empty.; leave out windows that have no reference"),
        (lambda t: t.assign(sbp_ref=t.dbp_ref, dbp_ref=t.sbp_ref).to_csv(index=False), "if the columns are swapped"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(make_table, tmp_path, change, said):
    path = tmp_path / "t.csv"
    path.write_text(change(make_table()))
    with pytest.raises(PredictionError, match=said):
        read_table([path])


@pytest.mark.parametrize(
    "written",
    [
        {"sep": ";", "decimal": ","},
        {"sep": "\t"},
        {"sep": "|"},
        {"sep": "\t", "decimal": ",", "encoding": "utf-16"},
        {"encoding": "cp1252"},
        {"encoding": "utf-8-sig"},
    ],
)
def test_a_table_is_read_whatever_its_marks(make_table, tmp_path, written):
    table = make_table().assign(network="Müllers Netz")
    table.to_csv(tmp_path / "plain.csv", index=False)
    table.to_csv(tmp_path / "t.csv", index=False, **written)
    plain, read = (read_table([tmp_path / name]).rows for name in ("plain.csv", "t.csv"))
    pd.testing.assert_frame_equal(read, plain)


def test_comments_before_the_names_are_passed_over(make_table, tmp_path):
    text = make_table().to_csv(index=False)
    (tmp_path / "t.csv").write_text(f"# predictions of May\n# lab 3\n{text}")
    assert len(read_table([tmp_path / "t.csv"]).rows) == len(make_table())


def test_subsets_are_known_in_any_case(make_table, write):
    assert set(read_table([write(make_table().assign(subset="Test"))]).rows["subset"]) == {"test"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(sbp=t.dbp, dbp=t.sbp), "SBP is not above DBP in the predictions of 96 rows"),
        (lambda t: t.assign(sbp=t.sbp_ref, dbp=t.dbp_ref), "alexnet equals the reference in all rows"),
        (lambda t: t.assign(hr=1.2), "hr is outside 20 to 250 bpm in 96 rows"),
        (lambda t: t.assign(age=700), "age is outside 0 to 120 years in 96 rows"),
        (lambda t: t.assign(seconds=7000), "seconds is outside 0.1 to 600 s in 96 rows"),
        (lambda t: t.assign(subject=np.arange(len(t))), "every window has its own subject"),
        (lambda t: pd.concat([t, t]).drop(columns=["start", "seconds"]), "96 rows .*: same as an earlier row"),
    ],
)
def test_what_is_odd_is_warned_of(make_table, write, change, said):
    assert read_table([write(make_table())]).warnings == []
    warnings = read_table([write(change(make_table()))]).warnings
    assert any(re.match(said, text) for text in warnings), warnings


def test_several_columns_together_tell_rows_apart(make_table, write):
    rows = [make_table(tuning=tuning, budget=budget) for tuning in ("first", "random") for budget in (1, 2)]
    path = write(pd.concat(rows))
    with pytest.raises(PredictionError, match=r"setting=ONE\+OTHER"):
        read_table([path])
    table = read_table([path], columns={"setting": "tuning+budget"})
    assert set(table.rows["setting"]) == {"first/1", "first/2", "random/1", "random/2"}


def test_mean_pressures_are_read_in_the_unit_of_the_others(make_table, write):
    rows = make_table().assign(map_ref=lambda t: (t["sbp_ref"] + 2 * t["dbp_ref"]) / 3)
    rows.loc[3, "map_ref"] = np.nan
    pressures = ["sbp_ref", "dbp_ref", "sbp", "dbp", "map_ref"]
    kilo = rows.assign(**{name: rows[name] / 7.50062 for name in pressures})
    read = read_table([write(kilo)], unit="kpa").rows
    np.testing.assert_allclose(read["map_ref"], rows["map_ref"])
    assert "map_ref" not in read_table([write(rows)], without=["map_ref"]).rows


def test_mean_pressures_outside_of_systole_and_diastole_are_refused(make_table, write):
    rows = make_table().assign(map=lambda t: (t["sbp"] + 2 * t["dbp"]) / 3 / 7.5)
    with pytest.raises(PredictionError, match=r"map is not between dbp and sbp in 96 rows .*--without map"):
        read_table([write(rows)])
    few = rows.assign(map=rows["map"].where(rows.index < 40, rows["map"] * 7.5))
    assert len(read_table([write(few)]).rows) == len(rows)


def test_names_of_columns_in_other_letter_case_are_read_and_said(make_table, write):
    rows = make_table()
    read = read_table([write(rows.rename(columns=str.upper))])
    assert read.rows["sbp"].to_list() == pytest.approx(rows["sbp"].to_list())
    assert read.notes[0].startswith("reading subject=SUBJECT, sbp_ref=SBP_REF, ")
    both = read_table([write(rows.assign(HR=1.0))])  # the column itself is there
    assert both.rows["hr"].to_list() == pytest.approx(rows["hr"].to_list())
    assert both.notes == []
