"""Files of predictions that are damaged, or ask for more than they hold: one line each, which names the file."""

import gzip
import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cuffless.judgement import read_table
from cuffless.judgement.table.predictions import PredictionError


@pytest.mark.parametrize("how", ["cut", "other bytes", "other sum"])
def test_damaged_compression_is_said_in_one_line(make_table, tmp_path, how):
    data = bytearray(gzip.compress(make_table(subjects=40).to_csv(index=False).encode()))
    if how == "cut":
        del data[len(data) // 2 :]
    elif how == "other bytes":
        data[60:160] = b"\xff" * 100
    else:
        data[-8:-4] = bytes(4)
    (tmp_path / "p.csv.gz").write_bytes(data)
    with pytest.raises(PredictionError, match=r"^p\.csv\.gz: cannot be read \(.*\); give a CSV or parquet file$"):
        read_table([tmp_path / "p.csv.gz"])


@pytest.mark.parametrize("told", [b'{"columns": [{}], "index_columns": []}', b"{", b"[]", b'{"columns": 3}'])
def test_damaged_metadata_of_parquet_is_said_in_one_line(make_table, tmp_path, told):
    table = pa.Table.from_pandas(make_table()).replace_schema_metadata({"pandas": told})
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(PredictionError, match=r"^p\.parquet: cannot be read \(.*\); give a CSV or parquet file$"):
        read_table([tmp_path / "p.parquet"])


def test_how_much_text_may_unpack_to_can_be_said(make_table, write):
    path = write(make_table(), "p.csv.gz")
    said = (
        r"declares [\d,]+ bytes of text or more, unpacked.*above the limit of 1e-06 GB \(--memory-gb\); raise the limit"
    )
    with pytest.raises(PredictionError, match=said):
        read_table([path], memory_gb=1e-6)


def test_rows_of_parquet_are_counted_before_they_are_read(make_table, write, monkeypatch):
    path = write(make_table(), "p.parquet")
    monkeypatch.setattr(pd, "read_parquet", None)
    said = r"^p\.parquet: declares 96 rows of \d+ columns, which need .* above the limit of 1e-06 GB \(--memory-gb\)"
    with pytest.raises(PredictionError, match=said):
        read_table([path], memory_gb=1e-6)


@pytest.mark.parametrize("column", ["subject", "record", "network", "split", "setting", "subset", "sex", "fold"])
@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_a_name_that_no_message_can_show_is_said_in_one_line(make_table, write, column, name):
    for odd, what in (("x" * 200_000, "of 200,000 characters"), ("a\0\x1bb", "with control characters")):
        rows = make_table().assign(sex="f", fold="1", setting="s")
        rows.loc[3, column] = odd
        said = rf"^{re.escape(name)}: column {column} holds a name {what}, '.{{4,40}}', in 1 row \(.* [45]\); use print"
        with pytest.raises(PredictionError, match=said):
            read_table([write(rows, name)])


def test_text_that_is_none_is_refused_when_parquet_is_read(make_table, tmp_path):
    table = pa.Table.from_pandas(make_table())
    broken = pa.array([b"calib\xff\x1b"] * len(table)).view(pa.string())
    pq.write_table(table.append_column("setting", broken), tmp_path / "p.parquet")
    with pytest.raises(PredictionError, match=r"^p\.parquet: cannot be read \(.*UTF8.*\); give a CSV or") as error:
        read_table([tmp_path / "p.parquet"])
    assert str(error.value).isprintable()


def test_an_index_named_as_a_column_is_said_in_one_line(make_table, tmp_path):
    table = make_table()
    table.set_index(table["subject"]).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(PredictionError, match=r"^p\.parquet: cannot be read"):
        read_table([tmp_path / "p.parquet"])


def test_whole_numbers_beyond_floats_are_named(make_table, write):
    with pytest.raises(PredictionError, match=r"column sbp_ref is not a finite number in .* rows"):
        read_table([write(make_table().assign(sbp_ref="9" * 400))])


@pytest.mark.parametrize("name", ["n" * 3000, "net\x1b"])
def test_the_name_of_a_predictor_is_held_to_what_holds_for_a_column(make_table, write, name):
    with pytest.raises(PredictionError, match=r"^--network .* is a name (of 3,000|with control) characters"):
        read_table([write(make_table().drop(columns="network", errors="ignore"))], network=name)
