import csv
import math

import pytest

from benchmarks.__main__ import AT_SCALE, BENCHMARKS, main
from benchmarks.table import COLUMNS, Measurement, broken, write_table


@pytest.mark.parametrize(("value", "holds"), [(2.9, True), (3.0, True), (3.0001, False), (math.nan, False)])
def test_a_cost_holds_up_to_its_limit(value, holds):
    assert Measurement("cost", value, "ratio", at_most=3).holds is holds


@pytest.mark.parametrize(("value", "holds"), [(30_001, True), (30_000, True), (29_999.9, False), (math.nan, False)])
def test_a_rate_holds_down_to_its_limit(value, holds):
    assert Measurement("rate", value, "windows/s", at_least=30_000).holds is holds


def test_an_absolute_rate_without_a_limit_only_informs():
    row = Measurement("rate", math.nan, "windows/s")
    assert row.holds is None
    assert broken([row]) == []


def test_a_row_has_one_limit():
    with pytest.raises(ValueError, match="rate: give at_most or at_least"):
        Measurement("rate", 1.0, "s", at_most=3, at_least=1)


def test_a_value_just_beyond_its_limit_is_broken_though_it_prints_as_the_limit():
    row = Measurement("study", 600.01, "s", at_most=600)
    assert row.cells() == ("study", "600", "s", "<= 600", "no")


def test_the_file_says_value_limit_and_whether_it_holds(tmp_path):
    rows = [
        Measurement("slow", 3.61234, "ratio", at_most=3),
        Measurement("fed", 103_612.4, "windows/s", at_least=30_000),
        Measurement("informs", 0.0, "modules"),
    ]
    write_table(rows, tmp_path / "results" / "benchmarks.csv")
    with (tmp_path / "results" / "benchmarks.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    assert tuple(header) == COLUMNS
    assert lines == [
        ["slow", "3.612", "ratio", "<= 3", "no"],
        ["fed", "103600", "windows/s", ">= 30000", "yes"],
        ["informs", "0", "modules", "", ""],
    ]


@pytest.mark.parametrize(("value", "status"), [(2.0, 0), (4.0, 1)])
def test_a_broken_limit_is_the_exit_status(monkeypatch, tmp_path, capsys, value, status):
    monkeypatch.setitem(BENCHMARKS, "made_up", lambda: iter([Measurement("cost", value, "ratio", at_most=3)]))
    assert main(["made_up", "--output", str(tmp_path / "table.csv")]) == status
    assert ("cost is 4 ratio; the limit is <= 3" in capsys.readouterr().err) == bool(status)
    assert (tmp_path / "table.csv").is_file()


def test_quick_leaves_out_the_study_alone_and_takes_less_of_what_is_large(monkeypatch, tmp_path):
    ran = {}
    for name in BENCHMARKS:
        monkeypatch.setitem(BENCHMARKS, name, lambda name=name, **how: ran.update({name: how}) or iter(()))
    main(["--quick", "--output", str(tmp_path / "table.csv")])
    assert list(ran) == [name for name in BENCHMARKS if name != "default_study"]
    assert {name for name in ran if ran[name] == {"quick": True}} == set(AT_SCALE)
    main(["--output", str(tmp_path / "table.csv")])
    assert ran == {name: {} for name in BENCHMARKS}


def test_a_misspelt_benchmark_is_named_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["windowin"])
    error = capsys.readouterr().err
    assert "no benchmark windowin" in error
    assert "wfdb_to_store" in error


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_is_documented_and_says_what_it_measures(project, name):
    assert f"`{name}`" in (project / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert BENCHMARKS[name].__doc__
