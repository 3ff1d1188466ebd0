"""Intervals and standard deviations that a table states are read in its units, and their faults are named."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cuffless.judgement import read_table
from cuffless.judgement.table.predictions import PredictionError

KPA = 7.50062


@pytest.fixture
def limited(make_table):
    """A table whose intervals reach 10 mmHg up and 8 mmHg down, with SDs of 6."""
    rows = make_table()
    limits = {
        "sbp_lo": rows["sbp"] - 8,
        "sbp_hi": rows["sbp"] + 10,
        "dbp_lo": rows["dbp"] - 8,
        "dbp_hi": rows["dbp"] + 10,
    }
    return rows.assign(**limits, sbp_sd=6.0, dbp_sd=6.0)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_intervals_are_read_in_the_tables_unit(limited, write, name):
    pressures = ["sbp_ref", "dbp_ref", "sbp", "dbp", "sbp_lo", "sbp_hi", "dbp_lo", "dbp_hi", "sbp_sd", "dbp_sd"]
    read = read_table([write(limited, name)]).rows
    in_kpa = read_table([write(limited.assign(**limited[pressures] / KPA), name)], unit="kpa").rows
    for rows in (read, in_kpa):
        np.testing.assert_allclose(rows["sbp_hi"] - rows["sbp"], 10, atol=1e-6)
        np.testing.assert_allclose(rows["dbp"] - rows["dbp_lo"], 8, atol=1e-6)
        np.testing.assert_allclose(rows["sbp_sd"], 6, atol=1e-6)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_infinite_limits_are_read_and_empty_cells_are_missing(limited, write, name):
    limited.loc[0, ["sbp_lo", "sbp_hi"]] = [-np.inf, np.inf]
    limited.loc[1, ["sbp_lo", "sbp_hi"]] = np.nan
    limited.loc[2, "dbp_sd"] = np.inf
    rows = read_table([write(limited, name)]).rows
    assert rows.loc[0, ["sbp_lo", "sbp_hi"]].tolist() == [-np.inf, np.inf]
    assert rows.loc[1, ["sbp_lo", "sbp_hi"]].isna().all()
    assert rows.loc[2, "dbp_sd"] == np.inf


def test_other_names_of_the_columns_are_mapped(limited, write):
    path = write(limited.rename(columns={"sbp_lo": "low", "sbp_hi": "high"}))
    rows = read_table([path], columns={"sbp_lo": "low", "sbp_hi": "high"}).rows
    np.testing.assert_allclose(rows["sbp_hi"] - rows["sbp_lo"], 18)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.drop(columns="sbp_hi"),
            "a column sbp_lo but no sbp_hi; give both, or leave it out: --without sbp_lo",
        ),
        (lambda t: t.assign(dbp_sd=[-1.0, *t["dbp_sd"][1:]]), r"dbp_sd is negative in 1 row \(line 2\)"),
        (lambda t: t.assign(sbp_lo=[np.inf, *t["sbp_lo"][1:]]), "sbp_lo is inf in 1 row .* has -inf"),
        (lambda t: t.assign(dbp_hi=[-np.inf, *t["dbp_hi"][1:]]), "dbp_hi is -inf in 1 row"),
        (lambda t: t.assign(sbp_lo=t["sbp_hi"], sbp_hi=t["sbp_lo"]), "--column sbp_lo=sbp_hi --column sbp_hi=sbp_lo"),
        (lambda t: t.assign(sbp_lo=-8.0, sbp_hi=10.0), "give the limits themselves, not their distance"),
        (lambda t: t.assign(sbp_sd=["wide", *t["sbp_sd"][1:]]), "sbp_sd is not a number in 1 row .*--without sbp_sd"),
    ],
)
def test_what_cannot_be_an_interval_is_refused_with_the_remedy(limited, write, change, said):
    with pytest.raises(PredictionError, match=said):
        read_table([write(change(limited))])


def test_a_few_crossed_limits_and_predictions_outside_of_their_interval_are_named(limited, write):
    limited.loc[3, ["sbp_lo", "sbp_hi"]] = limited.loc[3, ["sbp_hi", "sbp_lo"]].to_numpy()
    limited.loc[[5, 6], "dbp_lo"] += 9
    warnings = read_table([write(limited)]).warnings
    assert any("sbp_lo is above sbp_hi in 1 row (line 5); these intervals cover nothing" in text for text in warnings)
    assert any("dbp lies outside of its own interval in 2 rows (lines 7, 8), 2 % of those" in text for text in warnings)


def test_a_level_nobody_states_is_assumed_and_said(limited, make_table, write):
    read = read_table([write(limited)])
    assert read.level == 0.9
    assert any("0.9 is assumed; pass --level" in note for note in read.notes)
    assert read_table([write(limited)], level=0.8).level == 0.8
    assert not any("level" in note for note in read_table([write(limited)], level=0.8).notes)
    assert not any("level" in note for note in read_table([write(make_table())]).notes)


def with_metadata(rows, path, text):
    table = pa.Table.from_pandas(rows)
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), b"cuffless": text}), path)
    return path


def test_the_level_in_a_parquet_files_metadata_counts(limited, tmp_path):
    path = with_metadata(limited, tmp_path / "a.parquet", b'{"level": 0.8}')
    read = read_table([path])
    assert read.level == 0.8
    assert not any("level" in note for note in read.notes)
    with pytest.raises(PredictionError, match=r"a.parquet: its intervals are of level 0.8; leave out --level 0.9"):
        read_table([path], level=0.9)
    other = with_metadata(limited.assign(network="b"), tmp_path / "b.parquet", b'{"level": 0.95}')
    with pytest.raises(PredictionError, match=r"b.parquet: its intervals are of level 0.95, those of a.parquet of 0.8"):
        read_table([path, other])
    with pytest.raises(PredictionError, match="write a share between 0 and 1"):
        read_table([with_metadata(limited, tmp_path / "c.parquet", b'{"level": 90}')])
    assert read_table([with_metadata(limited, tmp_path / "d.parquet", b'{"made_by": "someone"}')]).level == 0.9


def test_a_level_that_is_no_share_is_refused(limited, write):
    with pytest.raises(PredictionError, match="--level 90: give a share between 0 and 1"):
        read_table([write(limited)], level=90)


def test_limits_in_another_unit_than_the_predictions_are_refused(limited, write):
    pressures, limits = ["sbp_ref", "dbp_ref", "sbp", "dbp"], ["sbp_lo", "sbp_hi"]
    high = limited.drop(columns=["dbp_lo", "dbp_hi"]).assign(**limited[[*pressures, *limits]] + 60)
    with pytest.raises(PredictionError, match=r"around 24.* multiply them by 7.50062"):
        read_table([write(high.assign(**high[limits] / KPA))])
    with pytest.raises(PredictionError, match=r"but sbp around 18.* divide them by 7.50062"):
        read_table([write(high.assign(**high[pressures] / KPA))], unit="kpa")
