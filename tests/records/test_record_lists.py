import pytest

from cuffless.records import RecordError
from cuffless.records.record_lists import list_digest, list_file, read_list


def paths(*lines):
    return [(one.path, one.segments) for one in read_list(lines)]


def test_the_authors_short_form_names_segments_of_a_record_in_its_own_folder():
    assert paths("39/3982843_0010", "39/3982843_0003", "36/3604352_0007") == [
        ("36/3604352/3604352", ("3604352_0007",)),
        ("39/3982843/3982843", ("3982843_0003", "3982843_0010")),
    ]


def test_a_master_in_the_list_wins_over_its_segments():
    assert paths("39/3982843_0010", "39/3982843", "39/3982843_0012") == [("39/3982843/3982843", ())]
    assert paths("30/3000003/3000003_0001", "30/3000003/3000003") == [("30/3000003/3000003", ())]


@pytest.mark.parametrize(
    ("line", "path", "patient"),
    [
        ("30/3000003/", "30/3000003/3000003", ""),
        ("./p00/p000020/p000020-2183-04-28-17-47.hea", "p00/p000020/p000020-2183-04-28-17-47", "p000020"),
    ],
)
def test_lines_are_understood_that_spell_a_records_path_otherwise(line, path, patient):
    (one,) = read_list([line])
    assert (one.path, one.patient, one.segments) == (path, patient, ())


@pytest.mark.parametrize(
    ("path", "patient"),
    [
        ("p00/p000020/", "p000020"),
        ("p00/p000020/3544749_0001", "p000020"),
        ("waves/p100/p10014354/", "p10014354"),
        ("waves/p100/p10014354/81739927/81739927", "p10014354"),
    ],
)
def test_lines_of_every_layout_name_path_and_patient(path, patient):
    (one,) = read_list([path])
    assert (one.path, one.patient, one.segments) == (path, patient, ())


def test_numerics_and_empty_lines_are_no_records():
    assert paths("30/3000003/3000003n", "p00/p000020/p000020-2183-04-28-17-47n", "", "# a note") == []


def test_a_table_of_records_serves_as_a_list(tmp_path):
    file = tmp_path / "chosen.csv"
    file.write_text('record,path\n3982843,"39/3982843/3982843#3982843_0003,3982843_0010"\n3000003,30/3000003/3000003\n')
    assert [(one.path, one.segments) for one in list_file(str(file))] == [
        ("30/3000003/3000003", ()),
        ("39/3982843/3982843", ("3982843_0003", "3982843_0010")),
    ]


@pytest.mark.parametrize(
    ("text", "message"), [("", "no records; write one per line"), ("a,b\n1,2\n", "no column 'path' or 'record'")]
)
def test_a_list_that_names_nothing_says_what_it_should_look_like(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(RecordError, match=message):
        list_file(str(tmp_path / "list.txt"))
    with pytest.raises(RecordError, match=r"record_list.*cannot be read"):
        list_file(str(tmp_path / "absent.txt"))


def test_a_new_line_touches_only_its_own_shard(tmp_path):
    before, after = tmp_path / "before.txt", tmp_path / "after.txt"
    before.write_text("39/3982843_0010\n36/3604352_0007\n")
    after.write_text("39/3982843_0010\n36/3604352_0007\n35/3564183_0045\n")
    changed = [k for k in range(16) if list_digest(str(before), 16, k) != list_digest(str(after), 16, k)]
    (added,) = read_list(["35/3564183_0045"])
    assert changed == [added.shard(16)]


def test_a_new_folder_above_the_patients_touches_every_shard(tmp_path):
    before, after = tmp_path / "before.txt", tmp_path / "after.txt"
    before.write_text("p01/p010001/\n")
    after.write_text("p01/p010001/\np00/\n")
    assert all(list_digest(str(before), 8, k) != list_digest(str(after), 8, k) for k in range(8))


@pytest.mark.parametrize("header", ["path", "record", '"path"', '"record"'])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_csv_of_one_column_is_a_list(tmp_path, header, quote):
    file = tmp_path / "chosen.csv"
    file.write_text(f"{header}\n{quote}39/3982843/3982843#3982843_0003,3982843_0010{quote}\n30/3000003/3000003\n")
    assert [(one.path, one.segments) for one in list_file(str(file))] == [
        ("30/3000003/3000003", ()),
        ("39/3982843/3982843", ("3982843_0003", "3982843_0010")),
    ]


@pytest.mark.parametrize("text", ["record\n3982843\n", "record,seconds\n30/3000003/3000003,5\n3982843,7\n"])
def test_names_where_paths_are_needed_are_refused_with_the_remedy(tmp_path, text):
    file = tmp_path / "chosen.csv"
    file.write_text(text)
    with pytest.raises(RecordError, match=r"chosen\.csv: 3982843 .* add a column 'path'"):
        list_file(str(file), in_folders=True)
    assert "3982843" in [one.path for one in list_file(str(file))]


def test_a_cell_of_200_000_characters_is_refused_in_a_line(tmp_path):
    (tmp_path / "list.csv").write_text(f"record,path\na,{'9' * 200_000}\n")
    with pytest.raises(RecordError, match=r"list\.csv cannot be read as a CSV \(field larger than field limit"):
        list_file(str(tmp_path / "list.csv"))
