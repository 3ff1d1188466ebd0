"""What lies in results/figures and results/tables is of the study that ran last, and names its data set."""

import copy
import shutil

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

TARGET = ["--", "results/figures/fig4.pdf"]


@pytest.fixture(scope="module")
def two_studies(grown_study):
    """The tiny study, and the configuration of another one that has the same results under another name."""
    study = grown_study("copies")
    results = study.folder / "results"
    shutil.copytree(results / "tiny", results / "other")
    for path in (results / "other" / "figures").iterdir():
        path.write_bytes(path.read_bytes() + b"\n% other")
    for folder in ("tiny/figures", "figures"):  # of an arm that this study has no more
        (results / folder / "fig9.pdf").write_bytes(b"of a camera")
    (results / "figures" / "mine.png").write_bytes(b"the user's")
    other = copy.deepcopy(study.config)
    other["study"]["dataset"] = "other"
    other["datasets"] = {"other": other["datasets"]["tiny"]}
    return study, other


def shown(study):
    """Data set of each copy there is, by its name."""
    results = study.folder / "results"
    found = {}
    for path in (results / "figures").iterdir():
        owners = [name for name in ("tiny", "other") if is_of(path, results / name / "figures" / path.name)]
        found[path.name] = "".join(owners)
    table = pd.read_csv(results / "tables" / "table1.csv")
    words = (results / "tables" / "table1.md").read_text().split("\n\n")[1]
    return found | {"table1.csv": "".join(set(table["dataset"])), "table1.md": words.partition(":")[0]}


def is_of(path, source):
    return source.exists() and path.read_bytes() == source.read_bytes()


def test_each_study_shows_its_own_and_the_users_files_stay(two_studies):
    study, other = two_studies
    before = shown(study)
    assert set(before.values()) == {"tiny", ""}
    assert [name for name, dataset in before.items() if not dataset] == ["mine.png"]
    assert "publish_figure" in study.planned(other, *TARGET)
    assert shown(study) == before, "a dry run changes nothing"
    done = study(*TARGET, config=other)
    assert "Removed from results/figures and results/tables:" in done.stderr
    after = shown(study)
    assert set(after) == set(before) - {"fig9.pdf"}
    assert {name for name, dataset in after.items() if dataset != "other"} == {"mine.png"}
    study(*TARGET)
    assert shown(study) == {name: dataset for name, dataset in before.items() if name != "fig9.pdf"}
    assert (study.folder / "results/tiny/figures/fig9.pdf").exists()


def test_a_copy_that_was_removed_is_published_again_without_plotting(two_studies):
    study, _ = two_studies
    (study.folder / "results" / "figures" / "fig7.png").unlink()
    assert study.planned(None, "--", "results/figures/fig7.png") == {"publish_figure": 1}


def test_published_tables_name_data_set_and_people(two_studies):
    study, _ = two_studies
    table = pd.read_csv(study.folder / "results" / "tables" / "table1.csv")
    assert set(table["dataset"]) == {"tiny"}
    assert set(table["people"]) == {"simulated people"}
    assert "tiny: simulated people" in (study.folder / "results" / "tables" / "table1.md").read_text()
