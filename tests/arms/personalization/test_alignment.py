"""Predictions that do not agree with their plan are named, not judged."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.personalization import COLUMNS, NAMES, design_of, read_protocol_predictions
from cuffless.judgement.table.alignment import runs
from cuffless.judgement.table.layout import stored_tables
from cuffless.judgement.table.predictions import PredictionError


@pytest.fixture
def protocol(make_protocol):
    return make_protocol(subjects=2, seeds=(0, 1), networks=("lstm",))


def aligned(protocol, predictions=None):
    return list(runs(design_of(protocol), protocol.predictions if predictions is None else predictions))


def rows_of(table, setting="first", budget="5", seed=1, subset="test"):
    found = (table["setting"] == setting) & (table["budget"] == budget) & (table["seed"] == seed)
    return np.flatnonzero(found & (table["subset"] == subset))


def window(row):
    return f"window subject {row['subject']}, record {row['record']}, start {row['start']:g} s"


def test_the_order_of_rows_does_not_matter(protocol):
    one = aligned(protocol)
    other = aligned(protocol, protocol.predictions.sample(frac=1, random_state=0))
    for run in one:
        match = next(o for o in other if o.seed == run.seed)
        for key, values in run.predicted.items():
            np.testing.assert_array_equal(values, match.predicted[key])


def test_predictions_are_laid_upon_their_own_windows(protocol):
    design = design_of(protocol)
    for run in aligned(protocol):
        table = protocol.predictions[protocol.predictions["seed"] == run.seed]
        before = table[table["setting"] == "before"].set_index(["record", "start"])["sbp"]
        keys = list(zip(design.windows["record"], design.windows["start"], strict=True))
        np.testing.assert_array_equal(run.predicted["before", ""][:, 0], before.loc[keys])
        later = run.predicted["first", "20 %"]
        assert np.isnan(later[:, 0]).any()
        assert np.isfinite(later[design.tested["first"]]).all()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t, i: t.drop(index=i), r"is missing \(1 of 48 windows\)"),
        (lambda t, i: pd.concat([t, t.loc[[i]]]), "occurs twice"),
        (
            lambda t, i: t.assign(sbp_ref=t["sbp_ref"].where(t.index != i, 99.0)),
            "has a different reference from the plan",
        ),
        (lambda t, i: t.assign(dbp=t["dbp"].where(t.index != i)), "has no finite prediction"),
        (lambda t, i: t.assign(subset=t["subset"].where(t.index != i, "other")), "is not in its subset"),
        (lambda t, i: t.assign(n_calibration=t["n_calibration"].where(t.index != i, 9)), "after 9 calibration windows"),
    ],
)
def test_what_does_not_agree_is_named_with_network_seed_setting_and_window(protocol, change, why):
    table = protocol.predictions
    bad = rows_of(table)[3]
    with pytest.raises(PredictionError, match=f"protocol 'main', lstm seed 1, setting first 5: .*{why}") as caught:
        aligned(protocol, change(table, bad))
    assert window(table.loc[bad]) in str(caught.value)


def test_a_window_of_another_plan_is_named(protocol):
    table = protocol.predictions.copy()
    table.loc[rows_of(table)[0], "start"] += 0.5
    with pytest.raises(PredictionError, match=r"lstm seed 1, setting first 5: window .*\.5 s is not in the plan"):
        aligned(protocol, table)


def test_a_missing_and_a_foreign_budget_are_named(protocol):
    table = protocol.predictions
    with pytest.raises(PredictionError, match="setting random 10 % is missing"):
        aligned(protocol, table[(table["budget"] != "10 %") | (table["setting"] != "random")])
    with pytest.raises(PredictionError, match="setting first 7 is not among the plan's"):
        aligned(protocol, table.assign(budget=table["budget"].replace("5", "7")).pipe(lambda t: pd.concat([t, table])))


def test_windows_between_are_only_taken_for_the_largest_budget_of_first(protocol):
    table = protocol.predictions.copy()
    between = rows_of(table, budget="20 %", subset="between")
    assert len(between)
    with pytest.raises(PredictionError, match=r"setting first 5: .* is not in its subset"):
        aligned(protocol, pd.concat([table, table.loc[between].assign(budget="5")], ignore_index=True))


def test_a_training_given_twice_and_a_reserved_name_are_refused(protocol):
    table = protocol.predictions
    with pytest.raises(PredictionError, match="lstm seed 0 is given twice"):
        aligned(protocol, [table, table])
    with pytest.raises(PredictionError, match="'all' is a reserved name"):
        aligned(protocol, table.assign(network="all"))
    with pytest.raises(PredictionError, match="no predictions"):
        aligned(protocol, [])


def test_tables_are_read_one_by_one_and_sorted_by_protocol(protocol, tmp_path):
    for seed, rows in protocol.predictions.groupby("seed"):
        rows.to_parquet(tmp_path / f"main{seed}.parquet")
        rows.assign(protocol="code").to_parquet(tmp_path / f"code{seed}.parquet")
    found = read_protocol_predictions(sorted(tmp_path.iterdir()))
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "code": ["code0.parquet", "code1.parquet"],
        "main": ["main0.parquet", "main1.parquet"],
    }
    stored = aligned(protocol, stored_tables(found["main"], COLUMNS, NAMES))
    for one, other in zip(aligned(protocol), stored, strict=True):
        np.testing.assert_array_equal(one.predicted["before", ""], other.predicted["before", ""])


def test_a_file_of_two_protocols_is_refused(protocol, tmp_path):
    table = protocol.predictions
    pd.concat([table, table.assign(protocol="code")]).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(PredictionError, match=r"p\.parquet: rows of 2 protocols"):
        read_protocol_predictions([tmp_path / "p.parquet"])
