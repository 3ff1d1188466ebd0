"""Whom windows are of, as the configuration asks."""

import pandas as pd
import pytest

from cuffless.windows import join_index, join_quality, name_subjects


@pytest.fixture
def quality():
    """Five records without a patient, one of which keeps no window, and two of a patient."""
    rows = [("a101s", 9), ("v103l", 0), ("t105l", 5), ("b107s", 4), ("f120s", 1)]
    unknown = pd.DataFrame(rows, columns=["record", "windows_kept"]).assign(
        subject=lambda t: t["record"], identity="record"
    )
    known = pd.DataFrame({"record": ["p000001_a", "p000001_b"], "windows_kept": 3, "subject": "p000001"})
    return pd.concat([unknown, known.assign(identity="patient")], ignore_index=True)


def test_runs_chain_records_that_keep_windows_and_leave_patients_alone(quality):
    named = name_subjects(quality, identity="runs", runs_gap=2).set_index("record")
    assert named["subject"].to_dict() == {
        "a101s": "run_a101s",
        "v103l": "v103l",
        "t105l": "run_t105l",
        "b107s": "run_t105l",
        "f120s": "run_f120s",
        "p000001_a": "p000001",
        "p000001_b": "p000001",
    }
    assert named.loc[["a101s", "v103l", "p000001_a"], "identity"].tolist() == ["run", "record", "patient"]
    wider = name_subjects(quality, identity="runs", runs_gap=4).set_index("record")["subject"]
    assert wider["a101s"] == wider["b107s"] == "run_a101s"


def test_every_record_may_stand_for_its_person(quality):
    named = name_subjects(quality, identity="record")
    assert (named["subject"] == named["record"]).all()
    assert set(named["identity"]) == {"record"}


def test_as_they_come_nothing_changes(quality):
    pd.testing.assert_frame_equal(name_subjects(quality, identity="auto"), quality)


def test_the_index_follows_the_quality_table_across_shards(quality, tmp_path):
    halves = quality.iloc[::2], quality.iloc[1::2]
    indices, tables = [], []
    for number, half in enumerate(halves):
        kept = half.loc[half.index.repeat(half["windows_kept"]), ["record", "subject"]].reset_index(drop=True)
        kept["row"] = kept.groupby("record").cumcount().astype("int32")
        indices.append(tmp_path / f"{number}.parquet")
        kept.to_parquet(indices[-1], index=False)
        tables.append(tmp_path / f"{number}.csv")
        half.to_csv(tables[-1], index=False)
    joined = join_quality(tables, tmp_path / "quality.csv", identity="runs", runs_gap=2)
    join_index(indices, tmp_path / "quality.csv", tmp_path / "index.parquet")
    index = pd.read_parquet(tmp_path / "index.parquet")
    assert len(index) == quality["windows_kept"].sum()
    assert index["row"].dtype == "int32"
    owners = index.drop_duplicates("record").set_index("record")["subject"]
    assert owners.to_dict() == joined.set_index("record")["subject"].drop("v103l").to_dict()
    assert (index["subject"] != index["subject"].shift()).sum() == index["subject"].nunique()  # together, for the cap


@pytest.fixture
def people(quality):
    """The table of records in another order: a101s and t105l are of one person, and nobody knows whose b107s is."""
    table = quality[["record", "subject", "identity"]].assign(problem="").iloc[::-1].set_index("record")
    table.loc[["a101s", "t105l"], ["subject", "identity"]] = ("Jo Ma", "table")
    table.loc["b107s", "problem"] = "b107s: does not match"
    table["age"] = ["34.0" if subject == "Jo Ma" else "" for subject in table["subject"]]
    return table.reset_index()


def test_people_that_paths_or_a_table_name_replace_those_of_the_shards(quality, people):
    quality = quality.assign(windows_cut=10, hr=3, reason="", subset="")
    named = name_subjects(quality, identity="auto", people=people).set_index("record")
    assert named.loc[["a101s", "t105l", "f120s"], "subject"].tolist() == ["Jo Ma", "Jo Ma", "f120s"]
    assert named.loc[["a101s", "f120s", "p000001_a"], "identity"].tolist() == ["table", "record", "patient"]
    assert named.loc[["a101s", "t105l", "f120s"], "age"].tolist() == ["34.0", "34.0", ""]
    left = named.loc["b107s"]
    assert left[["windows_cut", "windows_kept", "hr", "reason"]].tolist() == [0, 0, 0, "b107s: does not match"]
    assert (named.drop("b107s")["windows_cut"] == 10).all()


def test_runs_chain_only_records_of_nobody_named(quality, people):
    named = name_subjects(quality.assign(windows_cut=0, reason=""), identity="runs", runs_gap=15, people=people)
    named = named.set_index("record")
    assert named.loc[["a101s", "t105l"], "subject"].tolist() == ["Jo Ma", "Jo Ma"]
    assert named.loc["f120s", ["subject", "identity"]].tolist() == ["run_f120s", "run"]


def test_windows_of_a_record_that_takes_no_part_leave_the_index(quality, people, tmp_path):
    quality = quality.assign(windows_cut=9, reason="").astype(str)
    people.to_csv(tmp_path / "records.csv", index=False)
    quality.to_csv(tmp_path / "0.csv", index=False)
    kept = quality.loc[quality.index.repeat(quality["windows_kept"].astype(int)), ["record", "subject"]]
    kept.assign(row=kept.groupby("record").cumcount()).to_parquet(tmp_path / "0.parquet", index=False)
    join_quality([tmp_path / "0.csv"], tmp_path / "q.csv", identity="auto", people=tmp_path / "records.csv")
    join_index([tmp_path / "0.parquet"], tmp_path / "q.csv", tmp_path / "index.parquet")
    index = pd.read_parquet(tmp_path / "index.parquet")
    assert set(index["record"]) == {"a101s", "t105l", "f120s", "p000001_a", "p000001_b"}
    assert index.groupby("subject").size().to_dict() == {"Jo Ma": 14, "f120s": 1, "p000001": 6}
