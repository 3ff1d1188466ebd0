"""Age and sex in whatever way a table writes them."""

import re

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import make_cases, read_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.sexes import read_sex_codes


def with_sex(make_table, values):
    """A table whose subjects have these sexes, in turns."""
    rows = make_table()
    order = pd.factorize(rows["subject"])[0]
    return rows.assign(sex=[values[k % len(values)] for k in order])


def sexes(table):
    return set(table.rows["sex"])


@pytest.mark.parametrize(
    "values",
    [
        *(["F", "M"], ["female", "male"], ["Woman", "Man"], ["w", "m"], ["weiblich", "männlich"], ["Frau", "Mann"]),
        *(["Femme", "Homme"], ["F", "H"], ["Mujer", "Hombre"], [" f ", "m"], ["K", "M"], ["女", "男"]),
    ],
)
def test_words_for_women_and_men_are_known(make_table, write, values):
    table = read_table([write(with_sex(make_table, values))])
    assert table.rows["sex"].tolist()[0] == "f"
    assert sexes(table) == {"f", "m"}
    assert table.warnings == []


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ([0, 1], "--sex f=0,m=1 or --sex f=1,m=0"),
        ([1.0, 0.0], "--sex f=0,m=1"),
        ([2, 1], "--sex f=2,m=1 for codes of ISO 5218"),
        ([2, 1, 9, 0], "--sex f=2,m=1,unknown=0,unknown=9"),
        ([True, False], "--sex f=True,m=False"),
        (["H", "M"], "--sex f=H,m=M or --sex f=M,m=H"),
        (["V", "M"], "--sex f=M,m=V"),
        (["a b", "c"], "--sex 'f=c,m=a b'"),
    ],
)
def test_codes_are_asked_for_and_the_remedy_works(make_table, write, values, remedy, name):
    rows = with_sex(make_table, values)
    path = write(rows, name)
    with pytest.raises(PredictionError, match=re.escape(remedy)) as told:
        read_table([path])
    for value in set(values):
        assert repr(f"{value:g}" if isinstance(value, float) else str(value)) in str(told.value)
    assert "--without sex" in str(told.value)
    assert "sex" in read_table([path], without=["sex"]).missing
    codes = re.search(r"--sex ('[^']*'|\S+)", str(told.value))[1].strip("',")
    table = read_table([path], sex=read_sex_codes(codes))
    assert sexes(table) >= {"f", "m"}
    assert table.warnings == []


def test_a_column_called_after_a_sex_says_what_true_means(make_table, write):
    for theirs, first in (("is_male", "m"), ("Female", "f"), ("sex_m", "m")):
        for values in ([1, 0], [True, False], ["yes", "no"]):
            rows = with_sex(make_table, values).rename(columns={"sex": theirs})
            table = read_table([write(rows)], columns={"sex": theirs})
            assert table.rows["sex"].iloc[0] == first
            assert sexes(table) == {"f", "m"}


def test_values_beside_known_ones_are_named_and_count_as_unknown(make_table, write):
    table = read_table([write(with_sex(make_table, ["F", "M", "Q", "other"]))])
    assert sexes(table) == {"f", "m", ""}
    [warning] = table.warnings
    assert warning.startswith("sex 'Q' in 24 rows (lines 26, 27,")
    assert "--sex f=Q, or --sex m=Q" in warning
    assert any("sex 'other' in 24 rows" in note for note in table.notes)


def test_wrong_codes_are_refused(make_table, write):
    path = write(with_sex(make_table, [0, 1]))
    with pytest.raises(PredictionError, match=r"holds none of '3', '4'; it holds '0', '1'"):
        read_table([path], sex={"3": "f", "4": "m"})
    with pytest.raises(PredictionError, match="no column sex"):
        read_table([write(make_table())], sex={"0": "f"})
    for text in ("0=f", "f", "f=0,m=0", "x=1", "f=,m=1"):
        with pytest.raises(ValueError, match="--sex"):
            read_sex_codes(text)
    assert read_sex_codes("f=0, m=1.0, unknown=9") == {"0": "f", "1": "m", "9": ""}


def demographic(make_table):
    """Pressures that follow age and sex, in training and in test rows."""
    parts = []
    for first, subset in ((0, "test"), (100, "train")):
        rows = make_table(subjects=20, windows=4, first=first, subset=subset)
        order = pd.factorize(rows["subject"])[0]
        age, sex = 30 + 2.5 * order, np.where(order % 2, "m", "f")
        parts.append(rows.assign(age=age, sex=sex, sbp_ref=80 + age + 10 * (order % 2), dbp_ref=50 + age / 4))
    return pd.concat(parts, ignore_index=True)


def baselines(table):
    [case] = make_cases(table)
    return case, make_baselines(case)


def test_codes_judge_as_words_do(make_table, write):
    rows = demographic(make_table)
    _, words = baselines(read_table([write(rows)]))
    coded = write(rows.assign(sex=rows["sex"].map({"f": 2, "m": 1})))
    _, codes = baselines(read_table([coded], sex={"2": "f", "1": "m"}))
    np.testing.assert_array_equal(words.predicted["demographics"], codes.predicted["demographics"])


@pytest.mark.parametrize(
    ("ages", "hint"),
    [
        ((300.0, 304.9), "MIMIC writes ages above 89 as about 300: give 90"),
        ((-1.0, -1.0), "leave the cells empty"),
        ((999.0, 999.0), "leave the cells empty"),
        ((1951.0, 1960.0), "years of birth, give the age"),
        ((600.0, 720.0), "if these are months or days"),
    ],
)
def test_ages_that_cannot_be_are_not_used(make_table, write, ages, hint):
    rows = demographic(make_table)
    wrong, right = rows.copy(), rows.copy()
    for subject, age in zip(("p003", "p104"), ages, strict=True):
        wrong.loc[wrong["subject"] == subject, "age"] = age
        right.loc[right["subject"] == subject, "age"] = np.nan
    table = read_table([write(wrong)])
    [warning] = table.warnings
    assert warning.startswith("age is outside 0 to 120 years in 8 rows (lines 14, 15, 16, 17, 98, ...)")
    assert f"'{ages[0]:.15g}'" in warning
    assert hint in warning
    case, base = baselines(table)
    _, empty = baselines(read_table([write(right)]))
    np.testing.assert_array_equal(base.predicted["demographics"], empty.predicted["demographics"])
    untold = (case.windows["subject"] == "p003").to_numpy()
    np.testing.assert_array_equal(base.predicted["demographics"][untold], base.predicted["population_mean"][untold])
    np.testing.assert_allclose(base.predicted["demographics"][~untold], case.judged.reference[~untold], atol=1)
    assert base.partly["demographics"] == "age or sex of 4 test windows is not known"
    assert base.partly["rate_demographics"] == "hr or age or sex of 4 test windows is not known"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        *(("65", 65), ("65.5", 65.5), ("65 y", 65), ("65 years", 65), ("065Y", 65), ("65 years old", 65)),
        *(
            ("018M", 1.5),
            ("6 months", 0.5),
            ("65,5 Jahre", 65.5),
            ("90+", 90),
            (">89", 90),
            ("≥ 90", 90),
            ("> 89 ", 90),
        ),
    ],
)
def test_ages_with_words_are_read(make_table, write, text, years):
    rows = make_table().astype({"subject": object}).assign(age="50")
    rows.loc[rows["subject"] == "p001", "age"] = text
    table = read_table([write(rows)])
    assert table.warnings == []
    assert table.rows.loc[table.rows["subject"] == "p001", "age"].to_numpy() == pytest.approx(years)


@pytest.mark.parametrize("text", ["60-69", "65M", "1958-03-01", "adult", "<18", "40+"])
def test_ages_that_are_no_number_are_named(make_table, write, text):
    rows = make_table().assign(age="50")
    rows.loc[rows["subject"] == "p001", "age"] = text
    table = read_table([write(rows)])
    assert table.rows.loc[table.rows["subject"] == "p001", "age"].isna().all()
    [warning] = table.warnings
    assert warning.startswith(f"age {text!r} in 12 rows (lines 14, 15,")
    path = write(rows.assign(age=text))
    with pytest.raises(PredictionError, match=f"column age holds {re.escape(repr(text))} in 96 rows.*--without age"):
        read_table([path])
    assert "age" in read_table([path], without=["age"]).missing


def test_what_some_rows_of_a_person_tell_holds_for_all(make_table, write):
    rows = make_table().assign(sex="f", age=50.0)
    rows.loc[rows["subject"] == "p002", "sex"] = "m"
    rows.loc[rows.index % 12 > 0, ["sex", "age"]] = np.nan
    table = read_table([write(rows)])
    assert table.rows["age"].eq(50).all()
    assert table.rows.loc[table.rows["subject"] == "p002", "sex"].eq("m").all()
    assert any(note.startswith("sex is not given in 88 rows (lines 3, 4,") for note in table.notes)
    assert any(note.startswith("age is not given in 88 rows") for note in table.notes)


def test_one_name_for_two_people_is_named(make_table, write):
    rows = make_table().assign(sex="f", age=50.0)
    rows.loc[3, "sex"] = "M"
    rows.loc[rows.index[14:20], "age"] = 90
    table = read_table([write(rows)])
    sex, age = table.warnings
    assert sex.startswith("sex of subject p000 is f and m in 12 rows (lines 2, 3,")
    assert age.startswith("age of subject p001 differs by up to 40 years in 12 rows (lines 14, 15,")
    assert set(table.rows.loc[table.rows["subject"] == "p000", "sex"]) == {""}
    assert table.rows.loc[table.rows["subject"] == "p001", "age"].isna().all()
    assert table.rows.loc[table.rows["subject"] == "p002", "age"].eq(50).all()


def test_pulse_rates_that_cannot_be_are_not_used(make_table, write):
    rows = make_table()
    rows.loc[:9, "hr"] = 0.0
    table = read_table([write(rows)])
    assert table.rows["hr"].isna().sum() == 10
    assert table.warnings == [
        "hr is outside 20 to 250 bpm in 10 rows (lines 2, 3, 4, 5, 6, ...): '0'; it counts as unknown there"
    ]
    _, base = baselines(table)
    assert base.partly == {"heart_rate": "hr of 10 test windows is not known"}
    hertz = read_table([write(make_table().assign(hr=lambda t: t["hr"] / 60))])
    assert hertz.rows["hr"].notna().all()
    _, base = baselines(hertz)
    _, bpm = baselines(read_table([write(make_table())]))
    np.testing.assert_allclose(base.predicted["heart_rate"], bpm.predicted["heart_rate"], atol=1e-6)


def test_text_among_rates_is_named_and_text_throughout_refused(make_table, write):
    rows = make_table().astype({"hr": object})
    rows.loc[5, "hr"] = "72 bpm"
    table = read_table([write(rows)])
    assert table.warnings == ["predictions.csv: hr '72 bpm' in 1 row (line 7) is not a number and counts as missing"]
    with pytest.raises(PredictionError, match=r"column hr .*holds 72 bpm.*--without hr"):
        read_table([write(rows.assign(hr="72 bpm"))])


def test_body_mass_indices_are_read_as_numbers_and_reach_the_case(make_table, write):
    rows = make_table().assign(bmi="24.5")
    rows.loc[rows["subject"] == "p001", "bmi"] = "31"
    for name in ("t.csv", "t.parquet"):
        table = read_table([write(rows, name)])
        assert "bmi" not in table.missing
        assert table.warnings == []
        [case] = make_cases(table)
        found = case.windows.groupby("subject")["bmi"].first()
        assert (found["p000"], found["p001"]) == (24.5, 31.0)
    assert "bmi" in read_table([write(make_table())]).missing
    assert "bmi" in read_table([write(rows)], without=["bmi"]).missing


@pytest.mark.parametrize("value", ["0", "7.9", "170", "obese", "-1"])
def test_impossible_body_mass_indices_are_named_and_not_used(make_table, write, value):
    rows = make_table().astype({"subject": object}).assign(bmi="24")
    rows.loc[rows["subject"] == "p001", "bmi"] = value
    table = read_table([write(rows)])
    assert table.rows.loc[table.rows["subject"] == "p001", "bmi"].isna().all()
    assert table.rows.loc[table.rows["subject"] != "p001", "bmi"].eq(24).all()
    [warning] = table.warnings
    assert warning.startswith(f"bmi {value!r} in 12 rows (lines 14, 15,")
    assert "8 to 100 kg/m2 and counts as unknown" in warning
    path = write(rows.assign(bmi=value))
    with pytest.raises(PredictionError, match=f"column bmi holds {re.escape(repr(value))} in 96 rows.*--without bmi"):
        read_table([path])


def test_body_mass_indices_belong_to_people(make_table, write):
    rows = make_table().assign(bmi=24.0)
    rows.loc[rows.index % 12 > 0, "bmi"] = np.nan
    rows.loc[[0, 1], "bmi"] = [20.0, 40.0]
    table = read_table([write(rows)])
    [warning] = table.warnings
    assert warning.startswith("bmi of subject p000 differs by up to 20 kg/m2 in 12 rows")
    assert table.rows.loc[table.rows["subject"] == "p000", "bmi"].isna().all()
    assert table.rows.loc[table.rows["subject"] != "p000", "bmi"].eq(24).all()
    assert any(note.startswith("bmi is not given in 77 rows") for note in table.notes)
    empty = read_table([write(make_table().assign(bmi=np.nan))])
    assert (empty.rows["bmi"].isna().all(), empty.warnings) == (True, [])


def test_weights_in_place_of_body_mass_indices_are_pointed_out(make_table, write):
    rows = make_table()
    weights = read_table([write(rows.assign(bmi=60.0 + rows["subject"].str[1:].astype(int)))]).warnings
    assert any("median bmi of the subjects is 64 kg/m2; if these are weights" in text for text in weights)
    people = rows.assign(bmi=np.where(rows["subject"] == "p000", 62.0, 27.0))
    assert not any("bmi" in text for text in read_table([write(people)]).warnings)
