import pytest

from cuffless.planning import holdings_of, read_holdings
from cuffless.records import RecordError


def test_hours_and_subjects_are_those_of_the_records_without_a_problem(tmp_path, write_records):
    path = write_records(
        tmp_path,
        "mimic",
        record=["a", "b", "c", "d"],
        subject=["p1", "p1", "p2", "p3"],
        path=["a", "b", "c", "d"],
        seconds=[3600.0, 1800.0, 900.0, 7200.0],
        bytes=[1e6, 2e6, 4e6, 8e6],
        problem=["", "", "", "no ABP"],
    )
    holdings = read_holdings(path)
    assert (holdings.records, holdings.unusable, holdings.subjects) == (3, 1, 2)
    assert holdings.hours == pytest.approx(1.75)
    assert (holdings.raw_bytes, holdings.largest_bytes) == (7e6, 4e6)


def test_a_file_that_holds_many_records_is_there_once(tmp_path, write_records):
    path = write_records(
        tmp_path,
        "uci",
        record=["a", "b", "c"],
        subject=["a", "b", "c"],
        path=["x/Part_1.mat#0000", "x/Part_1.mat#0001", "x/Part_2.mat#0000"],
        seconds=[60.0] * 3,
        bytes=[5e8, 5e8, 3e8],
    )
    assert read_holdings(path).raw_bytes == 8e8


def test_a_table_without_sizes_leaves_them_open(tmp_path, write_records):
    path = write_records(tmp_path, "mimic", record=["a"], subject=["p"], path=["a"], seconds=[60.0])
    assert read_holdings(path).raw_bytes is None


def test_a_table_without_sizes_is_listed_again_where_disk_space_is_planned(tmp_path, paper, write_records):
    name = paper.study.dataset
    write_records(tmp_path, name, record=["a"], subject=["p"], path=["a"], seconds=[60.0])
    with pytest.raises(RecordError, match=r"records\.csv: no columns path and bytes; delete it"):
        holdings_of(name, paper.datasets[name], tmp_path)


def test_a_table_without_a_usable_record_says_why(tmp_path, write_records):
    path = write_records(
        tmp_path, "mimic", record=["a", "b"], subject=["p", "q"], seconds=[0, 0], problem=["no ABP", "no ABP"]
    )
    with pytest.raises(RecordError, match=r"none of 2 records can be used, most often: no ABP"):
        read_holdings(path)
    path.write_text("")
    with pytest.raises(RecordError, match="is not a table of records"):
        read_holdings(path)


def test_a_simulated_cohort_is_known_exactly_before_it_is_made(tmp_path, tiny):
    holdings = holdings_of("tiny", tiny.datasets["tiny"], tmp_path)
    assert (holdings.basis, holdings.records, holdings.unusable) == ("simulator", 24, 0)
    assert holdings.hours == pytest.approx(24 * 4 / 60)


def test_a_table_of_another_cohort_does_not_count(tmp_path, tiny, write_records):
    write_records(tmp_path, "tiny", record=["a"], subject=["p"], path=["a"], seconds=[60.0], bytes=[1])
    holdings = holdings_of("tiny", tiny.datasets["tiny"], tmp_path)
    assert holdings.records == 24
    assert "lists 1 records, the configuration simulates 24" in holdings.note


def test_the_size_of_simulated_recordings_is_about_right(tmp_path, tiny):
    from cuffless.simulator import write_cohort

    simulator = tiny.datasets["tiny"].simulator
    write_cohort(range(1, 25), simulator, tmp_path / "raw")
    written = sum(path.stat().st_size for path in (tmp_path / "raw").rglob("*") if path.is_file())
    assert holdings_of("tiny", tiny.datasets["tiny"], tmp_path).raw_bytes == pytest.approx(written, rel=0.1)


def test_published_figures_stand_in_for_a_database_that_was_not_listed_and_say_so(tmp_path, paper, write_records):
    dataset = paper.datasets["mimic"]
    holdings = holdings_of("mimic", dataset, tmp_path)
    assert holdings.basis == "published"
    assert holdings.hours == pytest.approx(200_000)
    assert "not of this data set" in holdings.note
    write_records(tmp_path, "mimic", record=["a"], subject=["p"], path=["a"], seconds=[3600.0], bytes=[1e6])
    listed = holdings_of("mimic", dataset, tmp_path)
    assert (listed.basis, listed.hours, listed.note) == ("records.csv", 1.0, "")
