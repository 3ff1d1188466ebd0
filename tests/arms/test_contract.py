"""What holds of every arm: the same columns, limits around what they are of, no number that leans on another."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms import ARMS, load_arm

LIMITS = {"mae": ("lower", "upper"), "skill": ("lower", "upper"), "difference": ("lower", "upper")}
LIMITS |= {"paired_difference": ("paired_lower", "paired_upper")}
WITH_SETTINGS = [name for name in ARMS if load_arm(name).questions]
VARIABLE = ("family", "paired_p_holm", "paired_significant")  # a further network joins the family of a test


def limits_of(tables):
    """Each estimate with its limits: name, estimate, lower, upper."""
    for name, table in tables.items():
        if table.empty:  # a judgement of predictions without intervals has none to judge
            continue
        if {"skill_lower", "skill_upper"} <= set(table):
            yield f"{name}: skill", *(table[column] for column in ("skill", "skill_lower", "skill_upper"))
        estimate = next((e for e in LIMITS if e in table and set(LIMITS[e]) <= set(table)), None)
        if "skill" in table and "skill_lower" not in table:
            estimate = "skill"
        if estimate:
            yield f"{name}: {estimate}", *(table[column] for column in (estimate, *LIMITS[estimate]))


@pytest.fixture(params=ARMS)
def name(request):
    return request.param


def test_an_arm_is_known_by_its_name_and_gives_the_tables_that_it_declares(name, judged_arm):
    arm = load_arm(name)
    assert arm.name == name
    assert set(arm.tables) <= set(judged_arm(name))
    for table in arm.tables:
        assert len(judged_arm(name)[table])


def test_limits_enclose_what_they_are_of(name, judged_arm):
    found = list(limits_of(judged_arm(name)))
    assert found
    for what, estimate, lower, upper in found:
        known = lower.notna()
        assert known.any() or what == "page_bins: mae", what  # in a bin, eight subjects may be worth fewer than six
        assert (lower[known] <= estimate[known] + 1e-9).all(), what
        assert (estimate[known] <= upper[known] + 1e-9).all(), what


def test_skill_and_its_limits_are_one_at_most(name, judged_arm):
    for what, estimate, _, upper in limits_of(judged_arm(name)):
        if "skill" in what:
            assert estimate.max() <= 1
            assert upper.max() <= 1


def test_five_subjects_get_no_interval_and_no_test(name, judged_arm):
    tables = judged_arm(name, subjects=5)
    for what, estimate, lower, upper in limits_of(tables):
        assert estimate.notna().any(), what
        assert lower.isna().all(), what
        assert upper.isna().all(), what
    for table in tables.values():
        if "paired_p" in table:
            assert table["paired_p"].isna().all()
            assert set(table["pairing"]) == {"too few subjects"}


def test_a_further_network_changes_no_number_of_another(name, judged_arm):
    """But for Holm's correction, which counts the tests."""
    both, alone = judged_arm(name), judged_arm(name, networks=("alexnet",))
    for table in load_arm(name).tables:
        pair = []
        for tables in (both, alone):
            own = tables[table]
            for column in {"network", "network_a"} & set(own):
                own = own[own[column] == "alexnet"]
            pair.append(own.drop(columns=[*VARIABLE, "improved"], errors="ignore").reset_index(drop=True))
        pd.testing.assert_frame_equal(*pair)


@pytest.mark.parametrize("table", ["mae", "method_skill", "contrasts", "subject_boxes", "subject_ks", "overall"])
def test_arms_with_settings_have_the_same_columns(table, judged_arm):
    columns = [set(judged_arm(name)[table].columns) - {"improved"} for name in WITH_SETTINGS]
    assert len(columns) == 2
    assert columns[0] == columns[1]


@pytest.mark.parametrize("name", WITH_SETTINGS)
def test_the_offset_removes_a_constant_error(name, judged_arm):
    mae = judged_arm(name)["mae"]
    assert mae.loc[mae["method"] == "offset", "mae"].max() < 1e-9
    assert mae.loc[(mae["method"] == "network") & (mae["setting"] == "before"), "mae"].min() > 1


@pytest.mark.parametrize("name", WITH_SETTINGS)
def test_skill_is_that_of_the_mean_absolute_errors_beside_it(name, judged_arm):
    skill = judged_arm(name)["method_skill"]
    known = skill[skill["skill"].notna()]
    np.testing.assert_allclose(known["skill"], 1 - known["mae"] / known["baseline_mae"])
    idle = skill[skill["skill"].isna()]
    assert set(idle["interval"]) == {"baseline without error"}
    assert idle["baseline_mae"].max() < 1e-6


@pytest.mark.parametrize("name", WITH_SETTINGS)
def test_what_an_arm_asks_is_answered(name, judged_arm):
    questions, tables = load_arm(name).questions, judged_arm(name)
    assert set(tables["method_skill"]["baseline"]) == set(questions.baselines)
    assert set(tables["method_skill"]["setting"]) == set(questions.skilled)
    assert list(dict.fromkeys(tables["contrasts"]["comparison"])) == list(questions.contrasts)
    assert set(tables["subject_ks"]["comparison"]) == {" vs ".join(pair) for pair in questions.ks_pairs}
    assert set(tables["subject_boxes"]["method"]) == set(questions.boxed)
    assert list(dict.fromkeys(tables["overall"]["split"])) == list(questions.paper_settings)
