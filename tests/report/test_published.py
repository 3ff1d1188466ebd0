"""Published errors next to a judgement's own."""

import pandas as pd
import pytest

from cuffless.report.published import COLUMNS, PUBLISHED, published_table, read_published


def test_each_published_error_has_its_source_and_is_a_pressure():
    table = read_published()
    assert list(table.columns) == list(COLUMNS)
    assert (table["source"] != "").all()
    assert table["year"].between(2025, 2026).all()
    assert all(table[name].between(1, 40).all() for name in ("sbp_mae", "dbp_mae"))
    assert (table["sbp_mae"] > table["dbp_mae"]).all()
    assert table.loc[table["doi"] != "", "doi"].str.match(r"10\.\d{4,}/").all()
    assert not table.duplicated(["source", "dataset", "protocol"]).any()


def test_numbers_are_printed_as_they_were_published():
    cells = [row.cells for row in published_table().rows]
    assert cells[0][:5] == (
        "MIMIC-III-Ext-PPG 1.0.0, benchmark (2026)",
        "MIMIC-III",
        "new people, no calibration",
        "6,131",
        "16.13",
    )
    audit = next(row for row in cells if row[1] == "MIMIC-BP")
    assert audit[4:8] == ("13.08", "14.38", "8.35", "9.63")


@pytest.mark.parametrize("damage", ["column", "error"])
def test_a_damaged_file_is_named(tmp_path, damage):
    table = pd.read_csv(PUBLISHED)
    path = tmp_path / "published.csv"
    (
        table.drop(columns="doi")
        if damage == "column"
        else table.assign(sbp_mae=table["sbp_mae"].where(table.index != 2))
    ).to_csv(path)
    with pytest.raises(ValueError, match="no column doi" if damage == "column" else "no error in line 4"):
        read_published(path)


def test_the_page_shows_them_with_the_caveat_and_cites_what_is_recommended(judgement_page):
    page = judgement_page(cases=("nonmixed",))
    merits = page.sections["merits"]
    assert "MIMIC-III-Ext-PPG 1.0.0, benchmark (2026)" in merits
    assert "Other people, other pressures" in merits
    assert "doi 10.1161/HYP.0000000000000254" in page.sections["skill"]
