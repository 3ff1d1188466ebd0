"""The evaluation as a whole, and Table 1."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms import Judged
from cuffless.config import EvaluationOptions
from cuffless.judgement.compare import compare_splits
from cuffless.judgement.paper_tables import read_reference, write_paper_table
from cuffless.judgement.table.predictions import PredictionError, align_predictions

QUICK = EvaluationOptions(bootstrap=400)


def evaluate(predictions, splits=None):
    return compare_splits(align_predictions(predictions), QUICK, order=splits)


@pytest.fixture
def reference(reference_path):
    return read_reference(reference_path)


def test_the_papers_results_are_complete(reference):
    counts = reference.groupby(["table", "setting"]).size().to_dict()
    assert counts == {
        (1, "mixed"): 10,
        (1, "nonmixed"): 10,
        (1, "before"): 8,
        (1, "random"): 8,
        (1, "first"): 8,
        (2, "before"): 8,
        (2, "tuned"): 8,
        (2, "first"): 8,
    }
    known = reference.set_index(["table", "pressure", "setting", "network"])["mae"]
    assert known[1, "SBP", "nonmixed", "resnet"] == 16.4
    assert known[1, "DBP", "mixed", "mean"] == 9.9
    assert known[2, "DBP", "first", "lstm"] == 10.5


@pytest.fixture
def table1_of(reference, tmp_path):
    """Table 1 of tables of overall errors, as read from its files."""

    def write(*overall):
        write_paper_table(overall, reference, tmp_path / "table1.csv", tmp_path / "table1.md", QUICK)
        return pd.read_csv(tmp_path / "table1.csv"), (tmp_path / "table1.md").read_text(encoding="utf-8")

    return write


def test_known_subjects_are_predicted_better_than_strangers(make_predictions):
    overall = evaluate(make_predictions())["overall"]
    mae = overall[overall["average"] == "pooled"].set_index(["split", "network", "pressure"])["mae"]
    for network in ("alexnet", "lstm"):
        assert mae["mixed", network, "SBP"] + 2 < mae["nonmixed", network, "SBP"]


def test_equal_seeds_give_equal_tables(make_predictions, tmp_path):
    predictions = make_predictions(subjects=20)
    names = ("seeds", "overall", "contrasts")
    for folder in ("one", "two"):
        shuffled = predictions.sample(frac=1, random_state=len(folder)) if folder == "two" else predictions
        shuffled = shuffled.sort_values(["split", "network"], ascending=[False, True], kind="stable")
        Judged(evaluate(shuffled)).write(tmp_path / folder / f"{name}.csv" for name in names)
        assert {path.stem for path in (tmp_path / folder).iterdir()} == set(names)
    for name in names:
        assert (tmp_path / "one" / f"{name}.csv").read_bytes() == (tmp_path / "two" / f"{name}.csv").read_bytes()


def test_table_1_lays_the_papers_results_beside_ours(make_predictions, table1_of):
    table, text = table1_of(evaluate(make_predictions(networks=("lstm", "own", "mean")))["overall"])
    columns = "pressure setting network mae lower upper n_subjects n_windows seeds average paper note"
    assert list(table.columns) == columns.split()
    pooled = table[table["average"] == "pooled"].set_index(["pressure", "setting", "network"])
    assert pooled.loc[("SBP", "nonmixed", "lstm"), "paper"] == 16.4
    assert np.isnan(pooled.loc[("SBP", "nonmixed", "own"), "paper"])
    assert table.loc[table["average"] == "subject", "paper"].isna().all()
    row = pooled.loc[("SBP", "mixed", "lstm")]
    assert f"{row['mae']:.1f} [{row['lower']:.1f}, {row['upper']:.1f}] (11.6)" in text
    assert "1 seed: no ranking of networks." in text


def test_table_1_has_rows_of_personalization_with_their_note_only_where_there_is_one(make_predictions, table1_of):
    splits = evaluate(make_predictions(subjects=8))["overall"]
    own = evaluate(make_predictions(subjects=8, networks=("lstm",), splits=("first",)))["overall"]
    table, text = table1_of(splits, own.assign(note="main: 3 windows touch"))
    known = table[table["average"] == "pooled"].set_index(["pressure", "setting", "network"])
    assert known.loc[("DBP", "first", "lstm"), "paper"] == 4.6
    line = next(line for line in text.splitlines() if line.startswith("| SBP | personalized, first windows"))
    assert line.split(" | ")[2] == "–"  # no AlexNet was personalized
    assert line.split(" | ")[4] == "–"  # nor the mean regressor
    assert text.endswith("\n\nmain: 3 windows touch\n")
    assert table.loc[table["setting"] == "first", "note"].eq("main: 3 windows touch").all()
    assert table.loc[table["setting"] != "first", "note"].isna().all()
    alone, text = table1_of(splits)
    assert set(alone["setting"]) == {"nonmixed", "mixed"}
    assert "touch" not in text


def test_table_1_shows_the_spread_over_seeds(make_predictions, table1_of):
    overall = evaluate(make_predictions(subjects=8, seeds=(0, 1, 2)))["overall"]
    row = overall.query("split == 'mixed' and network == 'lstm' and average == 'pooled'").iloc[0]
    _, text = table1_of(overall)
    assert f"{{{row['mae_min']:.1f}, {row['mae_max']:.1f}}}" in text
    assert "no ranking" not in text


def test_table_1_says_where_subjects_are_too_few(make_predictions, table1_of):
    assert "[too few subjects]" in table1_of(evaluate(make_predictions(subjects=4))["overall"])[1]


def test_a_split_without_predictions_is_named(make_predictions):
    with pytest.raises(PredictionError, match=r"no predictions for split overlap50; there are nonmixed, mixed"):
        evaluate(make_predictions(subjects=4), ("nonmixed", "overlap50"))


def test_a_damaged_reference_table_is_named(tmp_path):
    path = tmp_path / "reference.csv"
    pd.DataFrame({"pressure": ["SBP"]}).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"reference.csv: no column table, setting"):
        read_reference(path)
