"""Tables with one pressure, and with mean pressures beside the others."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table
from cuffless.judgement.standards.screening import NOT_ASSESSABLE, OVERALL

QUICK = EvaluationOptions(bootstrap=400)
BY_PRESSURE = (
    "skill",
    "merits",
    "bins",
    "agreement",
    "drift",
    "dependence",
    "subjects",
    "intervals",
    "interval_bins",
    "risk",
)


@pytest.fixture
def rows(make_table):
    """A table with everything that is judged by pressure: two trainings, training and calibration rows, intervals."""
    test = pd.concat([make_table(seed=1).assign(seed=seed) for seed in (0, 1)])
    early = make_table(seed=1, windows=2).assign(subset="calibration", start=lambda t: t["start"] - 500, seed=0)
    train = make_table(subset="train", first=50, subjects=10)
    rows = pd.concat([test, early, train], ignore_index=True)
    rows["sbp"] += rows["seed"]
    for end in ("", "_ref"):
        rows[f"map{end}"] = rows[f"dbp{end}"] + 0.1 * (rows[f"sbp{end}"] - rows[f"dbp{end}"])
    for pressure in ("sbp", "dbp", "map"):
        rows[f"{pressure}_lo"], rows[f"{pressure}_hi"] = (
            rows[pressure] - 9,
            rows[pressure] + rows["start"].abs() / 50 + 8,
        )
    return rows


@pytest.fixture
def judged(rows, write):
    """Factory: the judgement of the table with some of its pressures."""

    def make(*pressures):
        others = [name for name in rows if (p := name.split("_")[0]) in ("sbp", "dbp", "map") and p not in pressures]
        table = read_table([write(rows.drop(columns=others))])
        assert table.pressures == tuple(pressure.upper() for pressure in pressures)
        return judge(table, QUICK)

    return make


@pytest.mark.parametrize("pressure", ["sbp", "dbp", "map"])
def test_a_pressure_alone_has_the_numbers_that_it_has_next_to_others(judged, pressure):
    alone, together = judged(pressure), judged("sbp", "dbp", "map")
    for name in BY_PRESSURE:
        own = alone.tables[name]
        assert set(own["pressure"]) == {pressure.upper()}, name
        theirs = together.tables[name]
        theirs = theirs[theirs["pressure"] == pressure.upper()].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, theirs, check_dtype=False)
    p_values = [
        tests.loc[tests["pressure"] == pressure.upper(), "paired_p"].to_list()
        for tests in (alone.tests, together.tests)
    ]
    assert p_values[0] == p_values[1]
    assert list(alone.cases.filter(regex="_median")) == [f"{pressure}_median"]
    assert {f"{pressure}_ref", pressure, f"{pressure}_mean"} <= set(alone.traces)


def test_events_are_those_of_the_pressures_that_are_there(judged):
    events = {"sbp": {"SBP"}, "dbp": {"DBP"}, "map": {"MAP"}}
    for pressure, names in events.items():
        assert set(judged(pressure).events["pressure"]) == names
    assert set(judged("sbp", "map").events["pressure"]) == {"SBP", "MAP"}
    assert set(judged("sbp", "dbp").events["pressure"]) == {"SBP", "DBP", "MAP"}


def test_a_mean_pressure_of_the_table_is_what_its_event_is_judged_by(judged, rows):
    low = judged("sbp", "dbp", "map").events.query("event == 'MAP < 65' and by == 'window'")
    test = rows[(rows["subset"] == "test") & (rows["seed"] == 0)]
    assert set(low["n_events"]) == {(test["map_ref"] < 65).sum()}
    assert low["mae"].notna().any()


@pytest.mark.parametrize("pressures", [("sbp",), ("dbp",), ("map",), ("sbp", "map")])
def test_no_standard_is_assessable_without_both_pressures(judged, pressures):
    standards = judged(*pressures).standards
    overall = standards[standards["clause"] == OVERALL]
    assert set(overall["verdict"]) == {NOT_ASSESSABLE}
    assert overall["reason"].str.startswith("needs SBP and DBP").all()
    both = judged("sbp", "dbp").standards
    assert set(overall["standard"]) == set(both["standard"])


def test_screens_have_the_numbers_of_the_pressure_that_is_there(judged):
    alone, both = (judged(*pressures).standards for pressures in (("dbp",), ("sbp", "dbp", "map")))
    assert set(both["pressure"]) == {"SBP", "DBP"}
    columns = ["seed", "standard", "reading", "clause", "quantity", "value"]
    own, theirs = (table[table["pressure"] == "DBP"][columns].reset_index(drop=True) for table in (alone, both))
    pd.testing.assert_frame_equal(own, theirs)


def test_mean_pressures_with_gaps_only_serve_for_their_event(rows, write):
    rows.loc[3, "map_ref"] = np.nan
    table = read_table([write(rows)])
    assert table.pressures == ("SBP", "DBP")
    assert "map_ref or map is not a number in 1 rows: MAP is not judged itself" in " ".join(table.notes)
    assert "map_lo" not in table.rows
    assert set(judge(table, QUICK).events["pressure"]) == {"SBP", "DBP", "MAP"}


def test_a_pressure_without_predictions_is_left_out_and_said(make_table, write):
    table = read_table([write(make_table().drop(columns="dbp"))])
    assert table.pressures == ("SBP",)
    assert "predictions.csv: DBP has no prediction (column dbp) and is not judged" in table.notes
    assert "dbp_ref" not in table.rows


def test_leaks_are_found_by_one_pressure(make_table, write):
    test = make_table(subjects=8).drop(columns=["dbp", "dbp_ref"])
    copied = test.assign(subject=test["subject"].str.replace("p", "q"), record="r", subset="train", sbp=np.nan)
    centred = test.assign(sbp=test["sbp"] - (test["sbp"] - test["sbp_ref"]).groupby(test["subject"]).transform("mean"))
    equal = test.assign(sbp=test["sbp_ref"].where(test["start"] < 50, test["sbp"]))
    found = {}
    for name, table in {
        "repeated_rows": pd.concat([test, copied]),
        "centred_on_test": centred,
        "equal_to_reference": equal,
    }.items():
        leaks = judge(read_table([write(table)]), QUICK).leaks.set_index("kind")["verdict"]
        found[name] = leaks[name]
    assert set(found.values()) == {"found"}, found


def test_names_with_a_slash_are_told_apart(make_table, write):
    test = make_table(subjects=2, subset="test").assign(
        subject=lambda t: t["subject"].map({"p000": "a/b", "p001": "x"})
    )
    train = make_table(subjects=1, subset="train", first=9).assign(subject="a", record="b/c")
    rows = pd.concat([test.assign(record="c"), train])
    leaks = judge(read_table([write(rows)]), QUICK).leaks.set_index("kind")
    assert leaks.loc["shared_record", "verdict"] == "none"
    again = pd.concat([rows, train.assign(subject="a/b", record="c")])
    found = judge(read_table([write(again)]), QUICK).leaks.set_index("kind")
    assert found.loc["shared_record", "verdict"] == "found"
    assert found.loc["shared_record", "examples"] == "c"
