"""Whom records are of: by their paths, and by a table of people."""

import os
import unicodedata

import pandas as pd
import pytest

from cuffless.config import RecordOptions
from cuffless.config.study import ConfigError, read_config
from cuffless.records import RecordError, find_records, identify_people, list_records, read_subjects, shard_listing

FILES = ("anna/rec1.csv", "anna/rec2.csv", "ben/night/rec1.csv", "ben/rec 3.csv.gz")


def records_of(files, folder="data", **columns):
    """A table of records as the shards have it: each file is one record, and nobody is named."""
    names = [f"r{number}" for number in range(len(files))]
    table = pd.DataFrame({"record": names, "subject": names, "identity": "record", "problem": ""})
    return table.assign(path=[os.path.join(folder, file) for file in files], **columns)


def identified(files, rule="auto", table=None, **columns):
    options = RecordOptions(source="csv", path="data", identity=rule)
    return identify_people(records_of(files, **columns), options, table)


def people_in(files, identity, **columns):
    return identified(files, identity, **columns)[0]["subject"].tolist()


@pytest.fixture
def write(tmp_path):
    """Write a table of people: its lines -> the table as read."""

    def make(*lines, name="subjects.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return read_subjects(path)

    return make


def test_the_first_folder_names_the_person_however_deep_the_file_lies():
    records, people = identified(FILES, "folder")
    assert records["subject"].tolist() == ["anna", "anna", "ben", "ben"]
    assert set(records["identity"]) == {"folder"}
    assert (people["people"], people["records"], people["unknown"]) == (2, 4, 0)
    assert people["notes"] == ["people are identified by folder: 2 people in 4 of 4 records"]


def test_a_file_is_a_person_whatever_it_holds():
    files = ["ward/Part_1.mat#0001", "ward/Part_1.mat#0002", "Part_1.mat#0001"]
    assert people_in(files, "file") == ["ward/Part_1", "ward/Part_1", "Part_1"]
    assert people_in(["a.csv", "a.txt", "b.csv.gz"], "file") == ["a.csv", "a.txt", "b"]


def test_a_file_with_the_sign_of_parts_in_its_name_is_itself(tmp_path):
    for name in ("a#1.csv", "a#2.csv"):
        (tmp_path / name).write_text("")
    options = RecordOptions(source="csv", path=str(tmp_path), identity="file")
    records, _ = identify_people(records_of(["a#1.csv", "a#2.csv"], folder=str(tmp_path)), options)
    assert records["subject"].tolist() == ["a#1", "a#2"]


@pytest.mark.parametrize(
    ("pattern", "files", "expected"),
    [
        ("{subject}_{session}", ["x/anna_1.csv", "y/anna_2.csv", "ben_night_1.csv"], ["anna", "anna", "ben"]),
        (r"S(?P<subject>\d+)_.*", ["S01_a.csv", "deep/S01_b.csv", "S2_a.csv"], ["01", "01", "2"]),
        ("*/{subject}/**", ["ward/anna/1.csv", "ward/ben/x/2.csv", "clinic/anna/3.csv"], ["anna", "ben", "anna"]),
        ("sub-{subject}/**/sub-{subject}_*", ["sub-1/ses-1/sub-1_a.csv", "sub-2/x/sub-2_b.csv"], ["1", "2"]),
        ("**/{subject}/{file}", ["anna/1.csv", "a/b/ben/2.csv"], ["anna", "ben"]),
        ("*_{subject}", ["1_ann_b.csv", "2_bob.csv"], ["ann_b", "bob"]),
        ("{subject}.{activity}", ["p1.walk", "p1.run"], ["p1", "p1"]),
        ("{session}-{subject}", ["1-ann.b.csv", "2-bob.csv"], ["ann.b", "bob"]),
        (r"(?P<subject>[^_]+)_.*", ["a b_1.csv", "a/b_2.csv"], ["a b", "b"]),
    ],
)
def test_a_pattern_names_people_by_the_name_or_path_of_the_file(pattern, files, expected):
    assert people_in(files, pattern) == expected


def test_different_names_stay_different_and_equal_ones_are_one():
    composed, apart = unicodedata.normalize("NFC", "Müller"), unicodedata.normalize("NFD", "Müller")
    folders = [composed, apart, "a b", "a_b", "a  b", "001", "1", "NA", "nan", "a\nb", "a\\nb", "Ä#ß", "..x", "A B"]
    subjects = people_in([f"{folder}/1.csv" for folder in folders], "folder")
    assert len(set(subjects)) == len(folders) - 1
    assert subjects[0] == subjects[1] == composed
    assert all(subject.isprintable() for subject in subjects)
    assert people_in(["a/b/1.csv", "a_b/1.csv"], r"(?P<subject>.*)/1") == ["a/b", "a_b"]


def test_a_record_that_matches_nothing_takes_no_part_and_says_why():
    records, people = identified(["anna/1.csv", "loose.csv"], "folder")
    assert records["problem"].tolist() == [
        "",
        "r1: 'loose.csv', a path below records.path, is in no folder below it (records.identity: folder); move it into "
        "a folder named after its person",
    ]
    assert people["unknown"] == 1
    assert "1 of 2 records take no part" in people["notes"][1]
    records, _ = identified(["S1_a.csv", "other.csv"], r"S(?P<subject>\d+)_.*")
    assert "rename it, or widen the pattern" in records["problem"].iloc[1]
    damaged = identified(["anna/1.csv", "loose.csv"], "folder", problem=["", "not readable"])[0]
    assert damaged["problem"].iloc[1] == "not readable"


@pytest.mark.parametrize("identity", ["folder", "{subject}_*", r"S(?P<subject>\d*).*"])
def test_a_rule_that_matches_nothing_at_all_is_an_error_with_an_example(identity):
    with pytest.raises(RecordError, match=r"identifies nobody among 2 records; 'loose\.csv', a path below"):
        identified(["loose.csv", "other.csv"], identity)


def test_one_folder_above_all_people_is_pointed_out():
    _, people = identified(["recordings/anna/1.csv", "recordings/ben/1.csv"], "folder")
    assert people["people"] == 1
    assert people["notes"][1] == (
        "all records lie in data/recordings; if its 2 folders (anna, ben) are the people, set records.path to it"
    )


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        ("folders", "neither one of auto, record, runs, folder, file nor a pattern"),
        ("{name}_*", r"for a pattern write one with \{subject\}"),
        ("(?P<subject>[a-z", "not a regular expression"),
        ("{subject}_{1st}", r"\{1st\} is not a name"),
        ("{subject}*", r"nothing divides '\{subject\}\*'; put a sign between"),
        ("*{subject}_1", r"nothing divides '\*\{subject\}'"),
    ],
)
def test_a_bad_rule_is_a_mistake_of_the_configuration(identity, message):
    with pytest.raises(ConfigError, match=message):
        read_config({"records": {"source": "csv", "path": "data", "identity": identity}, "study": {"dataset": "a"},
                     "datasets": {"a": {}}})  # fmt: skip


def test_simulated_people_are_known():
    with pytest.raises(ValueError, match=r"the simulated people are known: use auto"):
        RecordOptions(identity="folder")


def test_without_a_rule_or_a_table_nothing_changes():
    records, people = identified(FILES)
    pd.testing.assert_frame_equal(records, records_of(FILES))
    assert people == {"rule": "auto", "notes": []}


def test_a_table_names_the_people_of_files_and_what_is_known_of_them(write):
    table = write("file;person;Age;Gender;Height [cm];Weight", "anna/rec1.csv;A;34;female;1,68;61",
                  "anna/rec2;A;;;;", "rec 3.csv.gz;B;51;m;182;95 kg")  # fmt: skip
    records, people = identified(FILES, table=table)
    assert records["subject"].tolist() == ["A", "A", "r2", "B"]
    assert records["identity"].tolist() == ["table", "table", "record", "table"]
    assert records["age"].tolist() == [34, 34, "", 51]
    assert records["sex"].tolist() == ["f", "f", "", "m"]
    assert records["height"].tolist() == [168, 168, "", 182]
    assert records["bmi"].tolist() == [21.61, 21.61, "", 28.68]
    assert people["notes"] == [
        "people are identified by subjects.csv: 2 people in 3 of 4 records",
        "subjects.csv has no row for 1 record (r2): each counts as a person of its own; add rows",
        "subjects.csv: age of 2, sex of 2, height of 2, weight of 2, bmi of 2 of 2 people",
    ]


def test_folders_and_names_of_records_select_too(write):
    table = write("folder,age", "anna,30", "ben/night,40")
    assert identified(FILES, table=table)[0]["subject"].tolist() == ["anna", "anna", "ben/night", "r3"]
    table = write("record,subject", "r0,A", "r1,A", "r3,B")
    assert identified(FILES, table=table)[0]["subject"].tolist() == ["A", "A", "r2", "B"]


def test_participants_of_bids_are_found_in_the_paths(write):
    table = write("participant_id\tage\tsex", "sub-01\t25\tF", "sub-02\tn/a\tM", "sub-1\t50\tM",
                  name="participants.tsv")  # fmt: skip
    files = ["sub-01/ses-1/sub-01_ses-1_physio.tsv.gz", "sub-01/sub-01_x.tsv", "sub-02_task.tsv", "sub-1.tsv"]
    records, people = identified(files, table=table)
    assert records["subject"].tolist() == ["sub-01", "sub-01", "sub-02", "sub-1"]
    assert records["age"].tolist() == [25, 25, "", 50]
    assert records["sex"].tolist() == ["f", "f", "m", "m"]
    assert people["notes"][0] == "people are identified by participants.tsv: 3 people in 4 of 4 records"


def test_a_rule_by_path_and_a_table_of_facts_go_together(write):
    table = write("subject,age", "anna,30", "ben,40")
    records, people = identified(FILES, "folder", table)
    assert records["identity"].unique().tolist() == ["folder"]
    assert records["age"].tolist() == [30, 30, 40, 40]
    assert people["notes"] == [
        "people are identified by folder: 2 people in 4 of 4 records",
        "subjects.csv: age of 2 of 2 people",
    ]


def test_named_patients_keep_their_names_and_get_their_facts(write):
    table = write("patient,sex", "p000001,m")
    records, people = identified(["p000001/a.csv"], table=table, subject="p000001", identity="patient")
    assert records.loc[0, ["subject", "identity", "sex"]].tolist() == ["p000001", "patient", "m"]
    assert people["notes"] == ["subjects.csv: sex of 1 of 1 people"]


def test_a_name_that_several_files_have_is_not_guessed(write):
    table = write("file,subject", "rec1.csv,A", "anna/rec2.csv,A")
    records, _ = identified(FILES, table=table)
    assert "line 2: rec1.csv is the name of several files (anna/rec1.csv, ben/night/rec1.csv)" in records["problem"][0]
    assert records["problem"].astype(bool).tolist() == [True, False, True, False]


def test_rows_that_contradict_each_other_are_named(write):
    table = write("file,subject,age,sex", "anna/rec1.csv,A,30,f", "anna/rec1.csv,B,30,f", "anna/rec2.csv,C,20,f",
                  "ben/rec 3.csv.gz,C,70,m")  # fmt: skip
    records, people = identified(FILES, table=table)
    assert "names several people for it: A (line 2), B (line 3)" in records["problem"][0]
    assert "age" not in records
    assert "subjects.csv: C: age is 20 to 70, sex is f and m in lines 4 and 5 and counts as unknown" in str(people)


def test_rows_without_a_record_are_named_and_a_table_of_none_is_an_error(write):
    _, people = identified(FILES, table=write("folder,age", "anna,30", "zoe,40"))
    assert "subjects.csv: no record matches line 3: zoe; correct or delete what is not needed" in people["notes"]
    with pytest.raises(RecordError, match=r"none of its 1 rows matches a record: line 2 has 'zoe'.*'anna/rec1\.csv'"):
        identified(FILES, table=write("folder,age", "zoe,40"))


def test_a_record_called_like_a_person_of_the_table_is_not_that_person(write):
    records, _ = identified(FILES, table=write("file,subject", "anna/rec1.csv,r3"))
    assert records["subject"].tolist() == ["r3", "r1", "r2", "record r3"]


def test_a_subject_that_the_source_itself_names_is_found_in_the_table(write):
    table = write("subject,age", "anna,30")
    records, _ = identified(["windows.h5#anna", "windows.h5#ben"], table=table, subject=["anna", "ben"])
    assert records[["subject", "identity"]].to_numpy().tolist() == [["anna", "table"], ["ben", "record"]]


def test_a_table_tells_more_than_neighbouring_numbers(write):
    records, people = identified(FILES, "runs", write("folder,subject", "anna,A"))
    assert records["identity"].tolist() == ["table", "table", "record", "record"]
    assert (
        people["notes"][1] == "subjects.csv has no row for 2 records (r2, r3): numbers decide whose they are; add rows"
    )


def test_two_records_of_one_name_are_refused():
    with pytest.raises(RecordError, match=r"two records are called x_a: 'data/x/a.csv' and 'data/y/x_a.csv'; rename"):
        identified(["x/a.csv", "y/x_a.csv"], record="x_a")


@pytest.mark.parametrize(
    ("header", "cell", "fact", "expected"),
    [
        *[("age", cell, "age", value) for cell, value in (("34", 34), ("065Y", 65), ("0.5", 0.5), (">89", 89))],
        *[("sex", cell, "sex", value) for cell, value in (("F", "f"), ("Woman", "f"), ("männlich", "m"), ("w", "f"))],
        *[("height", cell, "height", value) for cell, value in (("1.75", 175), ("175 cm", 175), ("1,75 m", 175))],
        *[
            ("height_in", "70", "height", 177.8),
            ("weight [lb]", "150", "weight", 68.0389),
            ("mass", "70", "weight", 70),
        ],
        *[("Body Mass Index", "24.5", "bmi", 24.5), ("Alter", "50", "age", 50), ("age_years", "0", "age", 0)],
    ],
)
def test_usual_names_and_units_of_facts(write, header, cell, fact, expected):
    table = write(f"subject\t{header}", f"anna\t{cell}")
    assert table.rows[0].facts == {fact: expected}
    assert not table.notes


@pytest.mark.parametrize(
    ("header", "cell", "note"),
    [
        ("age", "300", "age counts as unknown (line 2: '300'); give years, from 0 to 120, or leave the cell empty"),
        ("age", "65M", "age counts as unknown (line 2: '65M')"),
        ("sex", "1", "sex counts as unknown (line 2: '1'); write f or m, or leave the cell empty"),
        ("height", "17", "height counts as unknown (line 2: '17'); give cm or m, from 40 to 250 cm"),
        ("weight", "7 stone", "weight counts as unknown (line 2: '7 stone')"),
    ],
)
def test_odd_cells_count_as_unknown_and_are_named(write, header, cell, note):
    table = write(f"subject,{header}", f"anna,{cell}", "ben,")
    assert [dict(row.facts) for row in table.rows] == [{}, {}]
    assert note in table.notes[0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["age,sex", "30,f"], r"no column of people or records \(found: 'age', 'sex'\); call it subject, record"),
        (["subject,age"], "the table has no rows"),
        (["subject,age", ",30"], "no row names a person"),
        (["subject,patient_id", "a,b"], "columns 'subject', 'patient_id' both mean subject"),
    ],
)
def test_a_table_that_names_nobody_is_an_error_with_the_remedy(write, lines, message):
    with pytest.raises(RecordError, match=message):
        write(*lines)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_spreadsheets_are_read(write, encoding):
    table = write('"Proband";"Alter"', '"Müller; Jo";"34"', "", "# a comment", encoding=encoding)
    assert [(row.subject, dict(row.facts)) for row in table.rows] == [("Müller; Jo", {"age": 34})]


def test_the_table_is_no_recording_and_changes_no_listing(tmp_path):
    (tmp_path / "anna.csv").write_text("ppg,abp\n" + "1,80\n" * 1000)
    options = RecordOptions(source="csv", path=str(tmp_path), shards=1)
    before = list_records(find_records(options), options)["record"].tolist()
    listing = shard_listing(options, 0)
    (tmp_path / "subjects.csv").write_text("file,subject\nanna.csv,A\n")
    assert list_records(find_records(options), options)["record"].tolist() == before == ["anna"]
    assert listing == shard_listing(options, 0)
    unused = options.model_copy(update={"subjects": "none"})
    assert len(find_records(unused)) == 2
    with pytest.raises(RecordError, match=r"records\.subjects: people\.csv is not a file"):
        find_records(options.model_copy(update={"subjects": "people.csv"}))
