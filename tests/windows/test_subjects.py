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
