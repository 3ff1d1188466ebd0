"""The folders of copies hold one study's figures and tables, and lose nothing of the user's."""

import io
import shutil

import pandas as pd
import pytest

from cuffless.config import StudyConfig
from cuffless.figures.copies import LABELS, clear_copies, label_table, table_source, write_labelled

CSV = 'pressure,mae,note\nSBP,14.30,"a, ""quoted""\nnote"\nDBP,8.1,\n'
MD = "# Table 1. Mean absolute error\n\nOurs [95% interval].\n\n| a |\n"
STAMP = "cohort: simulated people"


def study(dataset="mine"):
    datasets = {name: {"records": {"source": "simulator"}} for name in ("cohort", "mine")}
    return StudyConfig(study={"dataset": dataset, "networks": ["alexnet"]}, datasets=datasets, networks={"alexnet": {}})


@pytest.fixture
def results(tmp_path):
    """Results of two data sets, and copies of the first one's."""
    results = tmp_path / "results"
    for dataset in ("cohort", "mine"):
        (results / dataset / "figures").mkdir(parents=True)
        (results / dataset / "judgement").mkdir()
        for ending in ("pdf", "png"):
            for name in ("fig7", "fig9"):
                (results / dataset / "figures" / f"{name}.{ending}").write_bytes(f"{name} of {dataset}".encode())
        for ending, content in (("csv", CSV), ("md", MD)):
            table = results / table_source("table1", ending, dataset)
            table.write_text(content.replace("8.1", f"8.{len(dataset)}").replace("Ours", f"Ours, {dataset}"))
    shutil.copytree(results / "cohort" / "figures", results / "figures")
    (results / "tables").mkdir()
    for ending in ("csv", "md"):
        write_labelled(results / table_source("table1", ending, "cohort"), results / f"tables/table1.{ending}", STAMP)
    return results


def content(path):
    return {file.name: file.read_text() for file in path.iterdir()}


def test_a_labelled_csv_has_the_data_set_in_every_row_and_is_otherwise_the_same():
    labelled = label_table(CSV, "csv", STAMP)
    table = pd.read_csv(io.StringIO(labelled))
    assert set(table["dataset"]) == {"cohort"}
    assert set(table["people"]) == {"simulated people"}
    pd.testing.assert_frame_equal(table.drop(columns=LABELS), pd.read_csv(io.StringIO(CSV)))
    assert "14.30" in labelled


@pytest.mark.parametrize("words", [MD, "no title"])
def test_labelled_words_have_the_stamp_below_their_title(words):
    labelled = label_table(words, "md", STAMP)
    assert STAMP in labelled.split("\n\n")[:2]
    assert labelled.replace(f"{STAMP}\n\n", "") == words


def test_copies_of_another_data_set_give_way_and_its_results_stay(results):
    before = content(results / "cohort" / "figures")
    (line,) = clear_copies(study(), results)
    assert "6 of cohort's files, as this study is of mine" in line
    assert content(results / "cohort" / "figures") == before
    assert set(content(results / "figures")) == {"fig7.pdf", "fig7.png"}, "the study has no arm of Figure 9"
    assert content(results / "figures")["fig7.pdf"] == "fig7 of mine"
    assert set(pd.read_csv(results / "tables" / "table1.csv")["dataset"]) == {"mine"}
    assert "mine: simulated people" in content(results / "tables")["table1.md"]
    assert clear_copies(study(), results) == []


def test_without_results_of_its_own_the_copies_are_only_removed(results):
    shutil.rmtree(results / "mine")
    clear_copies(study(), results)
    assert content(results / "figures") == content(results / "tables") == {}


def test_a_studys_own_copies_stay(results):
    before = content(results / "figures"), content(results / "tables")
    assert clear_copies(study("cohort"), results) == []
    assert (content(results / "figures"), content(results / "tables")) == before


def test_files_of_the_user_and_edited_copies_stay(results):
    (results / "figures" / "fig7.png").write_text("edited")
    (results / "figures" / "mine.png").write_text("fig7 of cohort")
    (results / "tables" / "table1.csv").write_text("edited\n")
    (results / "tables" / "notes.md").write_text(MD)
    clear_copies(study(), results)
    assert content(results / "figures")["fig7.png"] == "edited"
    assert content(results / "figures")["mine.png"] == "fig7 of cohort"
    assert content(results / "tables")["table1.csv"] == "edited\n"
    assert content(results / "tables")["notes.md"] == MD


def test_copies_without_a_label_are_known_as_well(results):
    """Tables of earlier versions."""
    shutil.copy(results / table_source("table1", "csv", "cohort"), results / "tables" / "table1.csv")
    clear_copies(study(), results)
    assert set(pd.read_csv(results / "tables" / "table1.csv")["dataset"]) == {"mine"}


def test_tables_that_differ_in_their_labels_only_are_told_apart(results):
    for ending in ("csv", "md"):
        shutil.copy(
            results / table_source("table1", ending, "cohort"), results / table_source("table1", ending, "mine")
        )
    clear_copies(study(), results)
    assert set(pd.read_csv(results / "tables" / "table1.csv")["dataset"]) == {"mine"}
    assert "mine: simulated people" in content(results / "tables")["table1.md"]


def test_two_studies_in_turn_each_find_their_own(results):
    for dataset in ("mine", "cohort", "mine", "cohort"):
        clear_copies(study(dataset), results)
        assert content(results / "figures")["fig7.pdf"] == f"fig7 of {dataset}"
        assert set(pd.read_csv(results / "tables" / "table1.csv")["dataset"]) == {dataset}


def test_without_results_there_is_nothing_to_do(tmp_path):
    assert clear_copies(study(), tmp_path / "results") == []
