"""Predictions and references that are not pressures in mmHg."""

import re

import pandas as pd
import pytest

from cuffless.judgement import read_table
from cuffless.judgement.table.predictions import PredictionError

KPA = 7.50062


def z_scores(column):
    return (column - column.mean()) / column.std()


def fractions(column):
    return (column - 40) / 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(sbp=z_scores(t.sbp), dbp=z_scores(t.dbp)), "median sbp is .*z-scores, fractions or"),
        (lambda t: t.assign(dbp=z_scores(t.dbp)), "median dbp is .*z-scores, fractions or differences"),
        (
            lambda t: t.assign(sbp=fractions(t.sbp)),
            "median sbp is 0.* must be in mmHg too; if these are z-scores, fractions",
        ),
        (lambda t: t.assign(sbp=t.sbp / KPA, dbp=t.dbp / KPA), r"if they are in kPa, multiply sbp and dbp by 7.50062"),
        (
            lambda t: t.assign(sbp_ref=t.sbp_ref + 60, sbp=t.sbp / KPA + 8),
            r"median sbp is 2\d.*if they are in kPa, multiply sbp",
        ),
        (lambda t: t.assign(dbp=t.dbp / KPA), r"median dbp is .*if they are in kPa, multiply dbp by 7.50062"),
        (lambda t: t.assign(sbp=t.sbp * 133.322), r"if they are in Pa, divide sbp by 133.322"),
        (lambda t: t.assign(sbp=t.sbp - t.sbp_ref, dbp=t.dbp - t.dbp_ref), "fractions or differences"),
        (lambda t: t.assign(sbp_ref=z_scores(t.sbp_ref)), "reference is not a pressure in .*these are z-scores"),
        (
            lambda t: t.assign(sbp_ref=fractions(t.sbp_ref), dbp_ref=fractions(t.dbp_ref) + 0.3),
            "is not a pressure|too low for mmHg",
        ),
        (lambda t: t.assign(dbp_ref=t.dbp_ref / KPA), "median dbp_ref is 9.*in kPa, multiply it by 7.50062"),
    ],
)
def test_what_is_not_mmhg_is_refused_with_its_remedy(make_table, write, change, said):
    with pytest.raises(PredictionError, match=said):
        read_table([write(change(make_table(dbp_ref=lambda t: t.sbp_ref / 2 + 5)))])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.assign(sbp_ref=t.sbp_ref / KPA, dbp_ref=t.dbp_ref / KPA),
            "these seem to be in mmHg: divide sbp by",
        ),
        (
            lambda t: t.assign(sbp=z_scores(t.sbp), **kpa(t, "sbp_ref", "dbp_ref", "dbp")),
            "in kPa too; if these are z-scores",
        ),
        (lambda t: t.assign(sbp_ref=0.6, dbp_ref=0.3), "sbp_ref is 4.5 mmHg after conversion from kpa; check --unit"),
    ],
)
def test_what_is_not_kpa_is_refused(make_table, write, change, said):
    with pytest.raises(PredictionError, match=said):
        read_table([write(change(make_table()))], unit="kpa")


def kpa(table, *columns):
    return {name: table[name] / KPA for name in columns}


def test_one_of_several_predictors_in_another_unit_is_warned_of_by_name(make_table, write):
    rows = make_table()
    other = rows.assign(network="scaled", sbp=z_scores(rows["sbp"]))
    path = write(pd.concat([rows, other]))
    warnings = read_table([path]).warnings
    assert "network scaled, split nonmixed, seed 0: median sbp is" in warnings[0]
    assert "z-scores" in warnings[0]
    with pytest.raises(PredictionError, match="z-scores"):
        read_table([write(other)])


@pytest.mark.parametrize("names", [{}, {"sbp": "SYS pred", "dbp": "DIA"}])
def test_exchanged_predictions_are_put_right_by_the_options_named(make_table, write, names):
    right = make_table()
    swapped = right.assign(sbp=right["dbp"], dbp=right["sbp"]).rename(columns=names)
    path = write(swapped)
    [warning] = read_table([path], columns=names).warnings
    options = re.findall(r"--column (?:'([^']+)'|(\S+))", warning)
    exchanged = dict((one or other).split("=") for one, other in options)
    table = read_table([path], columns=names | exchanged)
    assert table.warnings == []
    pd.testing.assert_frame_equal(
        table.rows[["sbp", "dbp"]], right[["sbp", "dbp"]], check_exact=False, check_dtype=False
    )


def test_exchanged_references_are_put_right_by_the_options_named(make_table, write):
    right = make_table()
    path = write(right.assign(sbp_ref=right["dbp_ref"], dbp_ref=right["sbp_ref"]))
    said = "--column sbp_ref=dbp_ref --column dbp_ref=sbp_ref"
    with pytest.raises(PredictionError, match=said):
        read_table([path])
    table = read_table([path], columns={"sbp_ref": "dbp_ref", "dbp_ref": "sbp_ref"})
    assert (table.rows["sbp_ref"] > table.rows["dbp_ref"]).all()


def test_one_predictor_that_exchanges_its_columns_is_named(make_table, write):
    rows = make_table()
    other = rows.assign(network="turned", sbp=rows["dbp"], dbp=rows["sbp"])
    [warning] = read_table([write(pd.concat([rows, other]))]).warnings
    assert "swapped in the rows of turned" in warning
    assert "--column" not in warning


def test_one_column_may_serve_as_two(make_table, write):
    table = read_table(
        [write(make_table().drop(columns="record"))], columns={"record": "subject", "subject": "subject"}
    )
    assert "record" not in table.missing
    assert (table.rows["record"] == table.rows["subject"]).all()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (999, r"1 row \(line 5\): '999'; if these mark missing values, leave the windows out"),
        (15.5, r"1 row \(line 5\): '15.5'; if these are in kPa, multiply them by 7.50062"),
        (350, r"1 row \(line 5\); check the column and its unit"),
    ],
)
def test_single_values_that_are_no_pressures_are_named_with_what_they_may_be(make_table, write, held, said):
    rows = make_table()
    rows.loc[3, "sbp_ref"] = held
    assert any(re.search(said, warning) for warning in read_table([write(rows)]).warnings)


@pytest.mark.parametrize("column", ["split", "setting", "seed"])
def test_one_split_setting_or_seed_that_exchanges_its_columns_is_named(make_table, write, column):
    rows = [make_table().assign(**{column: value}) for value in (1, 2)]
    rows[1] = rows[1].rename(columns={"sbp": "dbp", "dbp": "sbp"})
    [warning] = [said for said in read_table([write(pd.concat(rows))]).warnings if "not above DBP" in said]
    assert warning.endswith(f"in the rows of {column} 2, swap them there")


def test_few_exchanged_rows_are_no_reason_to_exchange_the_columns(make_table, write):
    rows = make_table()
    rows.loc[3, ["sbp", "dbp"]] = [70, 120]
    assert any(warning.endswith("1 row (line 5); check these rows") for warning in read_table([write(rows)]).warnings)


@pytest.mark.parametrize("subset", ["val", "calibration"])
def test_predictions_of_other_subsets_must_be_in_mmhg_too(make_table, write, subset):
    test, other = make_table(), make_table(first=0 if subset == "calibration" else 50)
    other = other.assign(subset=subset, start=other["start"] - 1000)
    read_table([write(pd.concat([test, other]))])
    with pytest.raises(PredictionError, match=f"subset {subset}: median sbp is .* multiply sbp and dbp by 7.50062"):
        read_table([write(pd.concat([test, other.assign(sbp=other["sbp"] / KPA, dbp=other["dbp"] / KPA)]))])
    some = other.assign(sbp=other["sbp"] / KPA, dbp=other["dbp"] / KPA, network="other")
    two = pd.concat([test, test.assign(network="other"), other, some])
    assert any(f"subset {subset}: network other" in text for text in read_table([write(two)]).warnings)


def test_a_negative_pressure_is_not_taken_for_kpa(make_table, write):
    rows = make_table()
    rows.loc[:3, "dbp"] = -5.0
    [said] = [text for text in read_table([write(rows)]).warnings if "dbp is outside" in text]
    assert "kPa" not in said
