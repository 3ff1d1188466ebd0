"""Tables as others write them: what is read without any option, and what is asked."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import read_table
from cuffless.judgement.table.headers.choosing import UnclearColumnsError
from cuffless.judgement.table.predictions import PredictionError

OURS = ["subject", "sbp_ref", "dbp_ref", "sbp", "dbp"]
PRESSURES = OURS[1:]


@pytest.fixture
def bare(make_table):
    return make_table()[OURS].round(3)


def renamed(rows, names):
    return rows.rename(columns=dict(zip(OURS, names.split(), strict=True)))


@pytest.mark.parametrize(
    "names",
    [
        "patient SBP_true DBP_true SBP_pred DBP_pred",
        "pid sbp_true dbp_true sbp_preds dbp_preds",
        "subject_id y_true_sbp y_true_dbp y_pred_sbp y_pred_dbp",
        "caseid GT_SBP GT_DBP SBP_est DBP_est",
        "SubjectID SegSBP SegDBP sbp_output dbp_output",
        "subject sbp dbp sbp_hat dbp_hat",
        "SUBJECT SBP_REF DBP_REF SBP DBP",
    ],
)
def test_usual_names_need_no_option_and_are_said_on_one_line(bare, write, names):
    read = read_table([write(renamed(bare, names))])
    pd.testing.assert_frame_equal(read.rows[PRESSURES], bare[PRESSURES], check_dtype=False)
    said = [note for note in read.notes if note.startswith("reading ")]
    pairs = zip(OURS, names.split(), strict=True)
    assert said == [f"reading {', '.join(f'{name}={theirs}' for name, theirs in sorted_as_ours(pairs))}"]


def sorted_as_ours(pairs):
    return [(name, theirs) for name, theirs in pairs if name != theirs]


def proposed(error):
    return dict(word.split("=", 1) for word in shlex.split(str(error).split("; pass ", 1)[1])[1::2])


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ("subject sbp dbp sbp1 dbp1", "sbp may be sbp or sbp1"),
        ("whose sbp_true dbp_true sbp_pred dbp_pred", "no column subject"),
        ("id sbp_true dbp_true sbp_pred dbp_pred", "no column subject"),
        ("subject y_true_0 y_true_1 y_pred_0 y_pred_1", "which pressure is in y_true_0"),
        ("subject sbp_tru dbp_tru sbp_pred dbp_pred", "no column sbp_ref, dbp_ref"),
        ("subject SP_true DP_true SP_pred DP_pred", "no column sbp_ref, sbp, dbp_ref, dbp"),
        ("subject sbp_true dbp_true sbp_cnn dbp_cnn", "no column sbp, dbp"),
    ],
)
def test_a_doubt_is_asked_with_all_options_and_they_work(bare, write, names, asked):
    path = write(renamed(bare, names))
    with pytest.raises(UnclearColumnsError, match=re.escape(asked)) as error:
        read_table([path])
    options = proposed(error.value)
    assert options == error.value.options
    options = {name: "whose" if theirs == "THEIR_NAME" else theirs for name, theirs in options.items()}
    read = read_table([path], columns=options)
    pd.testing.assert_frame_equal(read.rows[PRESSURES], bare[PRESSURES], check_dtype=False)


def test_several_predictions_are_all_named(bare, write):
    rows = renamed(bare, "subject sbp_true dbp_true sbp_pred_cnn dbp_pred_cnn").assign(sbp_pred_rf=1.0, dbp_pred_rf=1.0)
    with pytest.raises(UnclearColumnsError, match="sbp may be sbp_pred_cnn or sbp_pred_rf"):
        read_table([write(rows)])


def test_one_pair_without_a_pressure_is_asked_with_the_likelier_one(bare, write):
    for sbp, name in (("sbp_ref", "sbp"), ("dbp_ref", "dbp")):
        rows = bare[["subject"]].assign(target=bare[sbp], prediction=bare[sbp])
        with pytest.raises(UnclearColumnsError, match="which pressure is in target and prediction") as error:
            read_table([write(rows)])
        assert error.value.options == {f"{name}_ref": "target", name: "prediction"}


@pytest.mark.parametrize("name", ["target", "bp_type", "variable"])
def test_a_row_per_pressure_becomes_a_row_per_window(make_table, write, name):
    rows = make_table().round(3)
    others = [column for column in rows if column not in PRESSURES]
    long = [
        rows[others].assign(**{name: word, "y_true": rows[f"{p}_ref"], "y_pred": rows[p]})
        for p, word in (("sbp", "Systolic"), ("dbp", "Diastolic"))
    ]
    mixed = pd.concat(long).sample(frac=1, random_state=0)
    read = read_table([write(mixed)])
    wanted = rows.sort_values(["subject", "start"]).reset_index(drop=True)
    own = read.rows.sort_values(["subject", "start"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(own[PRESSURES], wanted[PRESSURES], check_dtype=False)
    assert any(f"one row per pressure (column {name}): 192 rows are 96 windows" in note for note in read.notes)
    with pytest.raises(PredictionError, match="do not belong to the same windows"):
        read_table([write(mixed.iloc[:-1])])


def test_references_and_predictions_in_two_files_come_with_a_command_that_joins_them(make_table, write, tmp_path):
    rows = make_table().round(3)
    keys = ["subject", "start"]
    for truth, said in (("sbp_true", "sbp_pred"), ("sbp", "sbp")):
        a = write(rows[[*keys, "sbp_ref"]].rename(columns={"sbp_ref": truth}), "truth.csv")
        b = write(rows[[*keys, "sbp"]].rename(columns={"sbp": said}), "pred.csv")
        for files in ((a, b), (b, a)):
            with pytest.raises(PredictionError, match=r"truth\.csv has references .* joined\.csv: python -c ") as error:
                read_table(files)
        code = shlex.split(str(error.value).split(": python ", 1)[1])[1]
        exec(code.replace("joined.csv", str(tmp_path / "joined.csv")), {})
        read = read_table([tmp_path / "joined.csv"])
        assert read.rows["sbp"].to_list() == pytest.approx(rows["sbp"].to_list())
        assert read.rows["sbp_ref"].to_list() == pytest.approx(rows["sbp_ref"].to_list())


def test_a_table_that_r_wrote_has_names_of_rows(bare, write):
    path = write(bare)
    names, *lines = path.read_text().splitlines()
    path.write_text("\n".join([names, *(f"{i},{line}" for i, line in enumerate(lines, 1))]))
    pd.testing.assert_frame_equal(read_table([path]).rows[PRESSURES], bare[PRESSURES], check_dtype=False)
    path.write_text("\n".join([names, *(f"{line}," for line in lines)]))
    with pytest.raises(PredictionError, match="more cells than the header"):
        read_table([path])


def test_a_name_that_occurs_twice_is_not_chosen_silently(bare, write):
    path = write(bare)
    path.write_text(path.read_text().replace("sbp,dbp\n", "sbp,sbp\n"))
    with pytest.raises(UnclearColumnsError, match=r"sbp may be sbp or sbp\.1"):
        read_table([path])
    assert read_table([path], columns={"sbp": "sbp"}).pressures == ("SBP",)


def test_excel_and_an_index_without_a_name_are_read(bare, tmp_path):
    path = tmp_path / "excel.csv"
    path.write_bytes(bare.to_csv(sep=";", decimal=",").encode("utf-8-sig"))
    pd.testing.assert_frame_equal(read_table([path]).rows[PRESSURES], bare[PRESSURES], check_dtype=False)


def test_a_split_that_says_train_and_test_is_the_subset(make_table, write):
    rows = make_table().drop(columns=["subset", "split"])
    rows["split"] = np.where(rows["subject"] < "p004", "Training", "Testing")
    read = read_table([write(rows)])
    assert set(read.rows["subset"]) == {"train", "test"}
    assert set(read.rows["split"]) == {"test"}
    plain = read_table([write(rows.assign(split="mixed"))])
    assert set(plain.rows["split"]) == {"mixed"}


def test_windows_that_are_numbered_are_told_apart_by_their_number(make_table, write):
    rows = make_table(network="a").drop(columns=["start", "seconds"]).round(3)
    rows["sample"] = rows.groupby("subject").cumcount()
    other = rows.assign(network="b").sample(frac=1, random_state=0)
    read = read_table([write(pd.concat([rows, other]))])
    assert "start" in read.missing
    assert any("in the order of column window, which is not a time" in note for note in read.notes)
    sorted_rows = read.rows.sort_values(["network", "subject", "start"])
    one, two = (own["sbp_ref"].to_list() for _, own in sorted_rows.groupby("network", observed=True))
    assert one == two
    vague = read_table([write(rows.assign(sample=1))])
    assert any("does not tell windows of a record apart" in note for note in vague.notes)
    assert vague.rows["start"].nunique() == 12


def test_times_of_day_are_read_across_midnight(make_table, write):
    rows = make_table()
    clock = pd.Timestamp("2024-01-31 23:59:30") + pd.to_timedelta(rows["start"], unit="s")
    read = read_table([write(rows.assign(start=clock.dt.strftime("%H:%M:%S")))])
    assert read.rows["start"].to_list() == rows["start"].to_list()
    assert any("start is a time of day in 96 rows" in note for note in read.notes)
    noon = pd.Timestamp("2024-01-31 12:00:00") + pd.to_timedelta(rows["start"], unit="s")
    assert read_table([write(rows.assign(start=noon.dt.strftime("%H:%M:%S.%f")))]).rows["start"].max() == 110


@pytest.mark.parametrize(("unit", "mmhg", "other"), [("kpa", 7.50062, "cmhg"), ("cmhg", 10.0, "kpa")])
def test_the_likelier_unit_is_proposed_first_and_works(bare, write, unit, mmhg, other):
    path = write(bare.assign(**{name: bare[name] / mmhg for name in PRESSURES}))
    with pytest.raises(PredictionError, match=f"pass --unit {unit}, .*pass --unit {other}"):
        read_table([path])
    np.testing.assert_allclose(read_table([path], unit=unit).rows[PRESSURES], bare[PRESSURES], rtol=1e-5)


def test_a_mistaken_name_comes_with_the_nearest_one(bare, write):
    path = write(bare)
    with pytest.raises(PredictionError, match=r"no column sbp_rf; did you mean sbp_ref\?"):
        read_table([path], columns={"sbp_ref": "sbp_rf"})
    with pytest.raises(PredictionError, match=r"'sbpref' is not a column of a .*; did you mean sbp_ref\?"):
        read_table([path], columns={"sbpref": "sbp"})


def test_a_fold_is_the_same_with_and_without_a_leading_zero(make_table, write):
    train, test = make_table(subset="train", first=100).assign(fold="07"), make_table().assign(fold="7")
    read = read_table([write(pd.concat([train, test]))])
    assert set(read.rows["fold"]) == {7}
    assert read.warnings == []
