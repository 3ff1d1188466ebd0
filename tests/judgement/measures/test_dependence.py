"""Whether predictions depend on their input: against real shuffles, and predictors that know nothing."""

import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.dependence import ANY, CHANGES, PERSON, dependence_table
from cuffless.judgement.table.predictions import align_predictions

QUICK = EvaluationOptions(bootstrap=400)


@pytest.fixture
def looks(predictions_of):
    """The three rows of SBP: looks(subject, reference, prediction)."""

    def make(subject, reference, said, **options):
        [judged] = align_predictions(predictions_of(subject, reference, said)).values()
        table = dependence_table(judged, QUICK, **options)
        return table[table["pressure"] == "SBP"].set_index("knows")

    return make


def people(subjects=30, windows=12, seed=0):
    """Subjects, their levels, and changes within them."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 2 * windows, subjects)
    subject = np.repeat([f"p{k:03d}" for k in range(subjects)], counts)
    level, change = np.repeat(rng.normal(120, 15, subjects), counts), rng.normal(0, 6, len(subject))
    return subject, level, change, rng


def test_the_error_after_a_shuffle_is_the_mean_over_all_pairs(looks):
    subject, level, change, rng = people(subjects=7)
    reference, said = level + change, 0.4 * level + rng.normal(70, 5, len(level))
    table = looks(subject, reference, said)
    distance = np.abs(said[None] - reference[:, None])
    names = np.unique(subject)
    between = np.mean([distance[np.ix_(subject == a, subject == b)].mean() for a in names for b in names if a != b])
    off = ~np.eye(len(subject), dtype=bool)
    same = [distance[(subject == a)[:, None] & (subject == a)[None] & off].mean() for a in names]
    before = np.mean([np.abs(said - reference)[subject == a].mean() for a in names])
    assert table.loc[ANY, "mae_shuffled"] == table.loc[PERSON, "mae_shuffled"] == pytest.approx(between)
    assert table.loc[CHANGES, "mae_shuffled"] == table.loc[PERSON, "mae"] == pytest.approx(np.mean(same))
    assert table.loc[ANY, "mae"] == table.loc[CHANGES, "mae"] == pytest.approx(before)
    np.testing.assert_allclose(table["cost"], table["mae_shuffled"] - table["mae"])
    assert table.loc[PERSON, "cost"] + table.loc[CHANGES, "cost"] == pytest.approx(table.loc[ANY, "cost"])


def test_levels_and_changes_are_told_apart(looks):
    subject, level, change, rng = people()
    noise = rng.normal(0, 2, len(level))
    verdicts = {
        "level": looks(subject, level + change, level + noise)["verdict"],
        "changes": looks(subject, level + change, 120 + change + noise)["verdict"],
        "both": looks(subject, level + change, level + change + noise)["verdict"],
    }
    assert verdicts["level"][[ANY, PERSON]].tolist() == ["depends", "depends"]
    assert verdicts["level"][CHANGES] != "depends"
    assert verdicts["changes"][CHANGES] == "depends"
    assert verdicts["changes"][PERSON] != "depends"
    assert set(verdicts["both"]) == {"depends"}


def test_the_mean_depends_on_nothing(looks):
    subject, level, change, _ = people()
    table = looks(subject, level + change, np.full(len(level), 118.3))
    assert (table["cost"] == 0).all()
    assert set(table["verdict"]) == {"hardly depends"}
    assert set(table["reason"]) == {"predictions do not vary"}
    np.testing.assert_allclose(table["sd_ratio"], 0, atol=1e-9)


def test_predictions_near_the_mean_hardly_depend(looks):
    subject, level, change, rng = people(subjects=60)
    table = looks(subject, level + change, 120 + 0.02 * (level - 120) + rng.normal(0, 0.3, len(level)))
    assert table.loc[ANY, "verdict"] == "hardly depends"
    assert table.loc[ANY, "sd_ratio"] < 0.05


def test_predictions_that_vary_with_something_else_seldom_seem_to_depend(looks):
    found = []
    for seed in range(100):
        subject, level, change, rng = people(subjects=20, seed=seed)
        names, number = np.unique(subject, return_inverse=True)
        said = rng.normal(120, 12, len(names))[number] + rng.normal(0, 5, len(level))
        found.append(looks(subject, level + change, said))
    for knows in (ANY, PERSON, CHANGES):
        assert np.mean([table.loc[knows, "verdict"] == "depends" for table in found]) <= 0.07
        costs = np.array([table.loc[knows, "cost"] for table in found])
        assert abs(costs.mean()) < 3 * costs.std() / 10


def test_one_person_tells_nothing_of_people_and_few_have_no_interval(looks):
    subject, level, change, _ = people(subjects=1)
    table = looks(subject, level + change, level + change)
    assert table.loc[[ANY, PERSON], "reason"].tolist() == ["one subject"] * 2
    assert table.loc[ANY, ["cost", "cost_lower"]].isna().all()
    subject, level, change, _ = people(subjects=5)
    table = looks(subject, level + change, level + change)
    assert (table["cost"] > 0).all()
    assert set(table["verdict"]) == {"not assessable"}
    assert set(table["reason"]) == {"fewer than 6 subjects"}


def test_one_window_each_tells_nothing_of_changes(looks):
    rng = np.random.default_rng(0)
    reference = rng.normal(120, 15, 40)
    table = looks([f"p{k:02d}" for k in range(40)], reference, reference)
    assert table.loc[CHANGES, "verdict"] == "not assessable"
    assert table.loc[CHANGES, "reason"] == "no subject has two test windows"
    assert table.loc[[ANY, PERSON], "verdict"].tolist() == ["depends", "depends"]


def test_a_level_that_calibration_gives_away_is_named(looks):
    subject, level, change, _ = people()
    held = looks(subject, level + change, level, calibrated=True)
    assert held.loc[PERSON, "reason"] == "may come from the calibration rows alone"
    assert held.loc[CHANGES, "verdict"] == "hardly depends"
    assert held.loc[CHANGES, "cost"] == 0
    assert looks(subject, level + change, level).loc[PERSON, "reason"] == ""


def test_spreads_are_those_of_means_and_of_windows(looks):
    subject, level, change, _ = people()
    table = looks(subject, level + change, 0.5 * (level + change))
    np.testing.assert_allclose(table["sd_ratio"], 0.5)
    frame_means = np.array([(level + change)[subject == name].mean() for name in np.unique(subject)])
    assert table.loc[PERSON, "sd_reference"] == pytest.approx(frame_means.std(ddof=1))
    within = np.mean([(level + change)[subject == name].var(ddof=1) for name in np.unique(subject)])
    assert table.loc[CHANGES, "sd_reference"] == pytest.approx(np.sqrt(within))


def test_intervals_of_the_cost_cover_it(looks):
    """Predictions know half of the level; the true cost is that of very many people."""

    def study(subjects, seed):
        rng = np.random.default_rng(seed)
        subject = np.repeat([f"p{k:05d}" for k in range(subjects)], 5)
        level = np.repeat(rng.normal(120, 15, subjects), 5)
        return subject, level + rng.normal(0, 5, len(level)), 60 + 0.5 * level + rng.normal(0, 4, len(level))

    truth = looks(*study(4000, 10_000)).loc[ANY, "cost"]
    rows = [looks(*study(30, seed)).loc[ANY] for seed in range(200)]
    assert np.mean([row["cost_lower"] <= truth <= row["cost_upper"] for row in rows]) > 0.9


def test_a_cost_without_an_upper_limit_is_not_called_unknown(looks):
    """Bootstrap-t intervals may have no end where most subjects are alike."""
    reference = np.tile([110.0, 130.0], 8)
    said = np.where(np.arange(16) < 4, reference, 120.0)
    row = looks(np.repeat([f"p{k}" for k in range(8)], 2), reference, said).loc[CHANGES]
    assert np.isinf(row["cost_upper"])
    assert row["verdict"] in ("depends", "not shown")


@pytest.mark.parametrize("away", [60.0, -60.0])
def test_a_mean_error_does_not_hide_that_the_pressure_is_followed(looks, away):
    subject, level, change, rng = people()
    followed = looks(subject, level + change, 0.5 * (level + change) + away + rng.normal(60, 2, len(level)))
    assert followed["verdict"].tolist() == ["depends"] * 3
    assert followed["reason"].str.startswith("follows the pressure").all()
    offset = np.repeat(rng.normal(0, 60, 30), np.unique(subject, return_counts=True)[1])
    changes = looks(subject, level + change, 120 + change + offset).loc[CHANGES]
    assert changes["cost"] < 0.05 * changes["mae"]
    assert changes["verdict"] == "depends"
    blind = looks(subject, level + change, away + 120 + rng.normal(0, 5, len(level)))
    assert blind["verdict"].tolist() == ["hardly depends"] * 3


def test_a_reference_that_does_not_vary_tells_nothing_of_a_predictor(looks):
    subject, level, _, rng = people()
    table = looks(subject, level, level + rng.normal(0, 4, len(level)))  # a cuff's value for the whole visit
    assert table["verdict"].to_dict() == {ANY: "depends", CHANGES: "not assessable", PERSON: "depends"}
    assert table.loc[CHANGES, "reason"] == "the reference does not vary"
    nowhere = looks(subject, np.full(len(level), 120.0), level)
    assert nowhere["verdict"].tolist() == ["not assessable"] * 3


def test_one_window_does_not_show_that_predictions_do_not_vary(looks):
    table = looks(np.array(["p0"]), np.array([120.0]), np.array([118.0]))
    assert table["verdict"].tolist() == ["not assessable"] * 3
