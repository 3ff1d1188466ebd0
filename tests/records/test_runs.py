"""Runs of records whose numbers follow each other."""

import numpy as np
import pytest

from cuffless.records import describe_runs, find_runs, split_numbers

ALARMS = ["a103l", "v105s", "t108l", "f112s", "b113l", "v120s"]  # numbers run on through the letters


def groups(names, gap):
    """Records of each run, as a set of sets."""
    runs = find_runs(names, gap)
    return {frozenset(name for name in runs if runs[name] == run) for run in runs.values()}


@pytest.mark.parametrize(
    ("gap", "sizes"), [(0, [1] * 6), (1, [1, 1, 1, 1, 2]), (2, [1, 1, 2, 2]), (3, [1, 2, 3]), (4, [1, 5]), (9, [6])]
)
def test_a_gap_decides_what_is_one_run(gap, sizes):
    assert sorted(map(len, groups(ALARMS, gap))) == sizes


def test_a_run_is_named_after_its_first_record():
    assert find_runs(ALARMS[::-1], 3) == {
        **dict.fromkeys(ALARMS[:3], "run_a103l"),
        **dict.fromkeys(ALARMS[3:5], "run_f112s"),
        "v120s": "run_v120s",
    }


def test_a_record_more_changes_no_other_run():
    before = find_runs(ALARMS, 3)
    after = find_runs([*ALARMS, "a300l"], 3)
    assert {name: after[name] for name in ALARMS} == before
    joined = find_runs([*ALARMS, "v110s"], 3)  # between two runs: one
    assert set(joined.values()) == {"run_a103l", "run_v120s"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("anna1 anna2 bob1 bob2", "anna1 anna2, bob1 bob2"),
        ("Part_1_0001 Part_1_0002 Part_2_0001 Part_2_0009", "Part_1_0001 Part_1_0002, Part_2_0001, Part_2_0009"),
        ("s01_run1 s01_run2 s02_run1 s02_run2", "s01_run1 s01_run2, s02_run1 s02_run2"),
        ("rec001_signals rec002_signals rec090_signals", "rec001_signals rec002_signals, rec090_signals"),
        ("rec_2019_98 rec_2019_99 rec_2020_101 rec_2020_150", "rec_2019_98 rec_2019_99 rec_2020_101, rec_2020_150"),
    ],
)
def test_numbers_that_begin_again_are_numberings_of_their_own(names, expected):
    assert groups(names.split(), 3) == {frozenset(run.split()) for run in expected.split(", ")}


def test_a_copy_under_the_same_number_does_not_end_the_numbering():
    names = [f"{letter}{number}s" for number, letter in zip(range(100, 160, 2), "abtvf" * 6, strict=True)]
    again = find_runs([*names, "original_a100s"], 2)
    assert set(again.values()) == {"run_a100s"}


def test_a_record_without_a_number_is_a_run_of_its_own():
    runs = find_runs(["left", "right", "x7", "x8"], 3)
    assert runs == {"left": "run_left", "right": "run_right", "x7": "run_x7", "x8": "run_x7"}
    assert "left" not in split_numbers(["left", "x7"])


def test_runs_depend_on_the_records_and_not_on_their_order():
    names = [f"r{number}" for number in np.random.default_rng(0).choice(300, 80, replace=False)]
    mixed = list(np.random.default_rng(1).permutation(names))
    assert find_runs(names, 3) == find_runs(mixed, 3)


def test_runs_are_counted():
    assert describe_runs(find_runs(ALARMS, 3)) == {"records": 6, "runs": 3, "longest": 3, "longest_run": "run_a103l"}
    assert describe_runs({}) == {"records": 0, "runs": 0, "longest": 0, "longest_run": ""}


@pytest.mark.parametrize("end", ["_2min", "_125Hz", ".v2", "_ppg1_2"])
def test_numbers_that_all_names_end_in_tell_nothing(end):
    names = [f"r{number:04d}{end}" for number in (1, 2, 3, 9)]
    assert list(find_runs(names, 1).values()) == [f"run_{names[0]}"] * 3 + [f"run_{names[3]}"]


def test_the_last_number_counts_where_it_differs():
    names = ["s01_1", "s01_2", "s02_1", "s02_2"]
    assert set(find_runs(names, 1).values()) == {"run_s01_1", "run_s02_1"}
