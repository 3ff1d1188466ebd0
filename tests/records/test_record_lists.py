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
        ("p00/p000020/", "p00/p000020/", "p000020"),
        ("./p00/p000020/p000020-2183-04-28-17-47.hea", "p00/p000020/p000020-2183-04-28-17-47", "p000020"),
        ("p00/p000020/3544749_0001", "p00/p000020/3544749_0001", "p000020"),
        ("waves/p100/p10014354/", "waves/p100/p10014354/", "p10014354"),
        ("waves/p100/p10014354/81739927/81739927", "waves/p100/p10014354/81739927/81739927", "p10014354"),
    ],
)
def test_every_layout_of_the_databases_is_understood(line, path, patient):
    (one,) = read_list([line])
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


@pytest.mark.parametrize(("text", "message"), [("", "names no record"), ("a,b\n1,2\n", "a column named path or")])
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
