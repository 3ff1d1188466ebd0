"""The evaluation as a whole, and Table 1."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.evaluation import PredictionError, evaluate, read_reference, write_evaluation

QUICK = EvaluationOptions(bootstrap=200)


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


def test_known_subjects_are_predicted_better_than_strangers(make_predictions, reference):
    overall = evaluate(make_predictions(), reference, QUICK).overall
    mae = overall[overall["average"] == "pooled"].set_index(["split", "network", "pressure"])["mae"]
    for network in ("alexnet", "lstm"):
        assert mae["mixed", network, "SBP"] + 2 < mae["nonmixed", network, "SBP"]


def test_equal_seeds_give_equal_tables(make_predictions, reference, tmp_path):
    predictions = make_predictions(subjects=20)
    names = {name: f"{name}.csv" for name in ("mae", "overall", "bins", "tests", "table1")}
    names["table1_text"] = "table1.md"
    for folder in ("one", "two"):
        shuffled = predictions.sample(frac=1, random_state=len(folder)) if folder == "two" else predictions
        shuffled = shuffled.sort_values(["split", "network"], ascending=[False, True], kind="stable")
        paths = {name: tmp_path / folder / file for name, file in names.items()}
        write_evaluation(evaluate(shuffled, reference, QUICK), paths)
        assert {path.name for path in (tmp_path / folder).iterdir()} == set(names.values())
    for name in names.values():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_table_1_lays_the_papers_results_beside_ours(make_predictions, reference):
    judged = evaluate(make_predictions(networks=("lstm", "own", "mean")), reference, QUICK)
    table = judged.table1
    columns = "pressure setting network mae lower upper n_subjects n_windows seeds average paper"
    assert list(table.columns) == columns.split()
    pooled = table[table["average"] == "pooled"].set_index(["pressure", "setting", "network"])
    assert pooled.loc[("SBP", "nonmixed", "lstm"), "paper"] == 16.4
    assert np.isnan(pooled.loc[("SBP", "nonmixed", "own"), "paper"])
    assert table.loc[table["average"] == "subject", "paper"].isna().all()
    row = pooled.loc[("SBP", "mixed", "lstm")]
    assert f"{row['mae']:.1f} [{row['lower']:.1f}, {row['upper']:.1f}] (11.6)" in judged.table1_text
    assert "1 seed: no ranking of networks." in judged.table1_text


def test_table_1_shows_the_spread_over_seeds(make_predictions, reference):
    judged = evaluate(make_predictions(subjects=8, seeds=(0, 1, 2)), reference, QUICK)
    row = judged.overall.query("split == 'mixed' and network == 'lstm' and average == 'pooled'").iloc[0]
    assert f"{{{row['mae_min']:.1f}, {row['mae_max']:.1f}}}" in judged.table1_text
    assert "no ranking" not in judged.table1_text


def test_table_1_says_where_subjects_are_too_few(make_predictions, reference):
    assert "[too few subjects]" in evaluate(make_predictions(subjects=4), reference, QUICK).table1_text


def test_a_split_without_predictions_is_named(make_predictions, reference):
    with pytest.raises(PredictionError, match=r"no predictions for split overlap50; there are nonmixed, mixed"):
        evaluate(make_predictions(subjects=4), reference, QUICK, splits=("nonmixed", "overlap50"))


def test_a_damaged_reference_table_is_named(tmp_path):
    path = tmp_path / "reference.csv"
    pd.DataFrame({"pressure": ["SBP"]}).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"reference.csv: no column table, setting"):
        read_reference(path)
