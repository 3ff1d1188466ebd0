"""The summary that pages quote from, and the parts of pages that quote."""

from itertools import product

import pandas as pd
import pytest

from benchmarks.numbers import KEYS, VALUES, check_instructions, gather, read_summary, update
from benchmarks.quoted import PARTS, Numbers, filled

NETWORKS = ("alexnet", "resnet", "mean")
INTERVAL = {"lower": 10.0, "upper": 20.0}
COUNTS = {"n_subjects": 39, "n_windows": 1520}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Evaluations of the simulated and of the real study under two instruction sets; the second errs by 0.2 more."""
    folder = tmp_path_factory.mktemp("numbers")
    for (at, instructions), dataset in product(enumerate(("AVX2", "DEFAULT")), ("cohort", "challenge")):
        tables = folder / instructions / "results" / dataset / "judgement" / "splits" / "tables"
        keys = [
            {"split": split, "network": network, "pressure": pressure, **COUNTS}
            for split, network, pressure in product(("nonmixed", "mixed"), NETWORKS, ("SBP", "DBP"))
        ]
        each = [
            {**key, "seed": seed, "average": "pooled", "mae": 14 + 0.2 * at + seed * (key["network"] != "mean")}
            for key, seed in product(keys, (0, 1))
        ]
        write(tables / "seeds.csv", [{**row, **INTERVAL} for row in each])
        skill = {"skill": 0.2, "skill_lower": -0.1 - at / 10, "skill_upper": 0.3}
        averaged = [
            {**key, "average": average, "mae": 14.5, **INTERVAL, **skill}
            for key, average in product(keys, ("pooled", "subject"))
        ]
        write(tables / "overall.csv", averaged)
        tested = {"comparison": "network vs mean", "split_a": "nonmixed", "network_a": "alexnet", "pressure": "SBP"}
        write(tables / "contrasts.csv", [{**tested, "n_pairs": 39, "paired_p_holm": 0.5}])
    dose = {
        "dose": "mixed",
        "network": "alexnet",
        "pressure": "SBP",
        "average": "pooled",
        "mae": 7.0,
        **INTERVAL,
        **COUNTS,
    }
    write(folder / "AVX2" / "results" / "stays" / "judgement" / "leakage" / "tables" / "dose.csv", [dose])
    return folder


@pytest.fixture(scope="module")
def summary(results):
    return gather(results)


def test_the_summary_has_each_training_and_what_was_averaged_over_them(summary):
    assert list(summary) == [*KEYS, *VALUES]
    assert set(summary["study"]) == {"cohort", "real"}
    trained = summary[(summary["part"] == "splits") & (summary["figure"] == "mae") & (summary["seed"] >= 0)]
    assert len(trained) == 2 * 2 * 2 * len(NETWORKS) * 2 * 2
    assert (summary.loc[summary["part"] == "leakage", "value"] == 7).all()


def test_what_was_not_computed_anew_stays_in_the_summary(results, summary, tmp_path):
    path = tmp_path / "numbers.csv"
    summary.assign(value=1.0).to_csv(path, index=False)
    (tmp_path / "AVX2").symlink_to(results / "AVX2")
    update(tmp_path, path)
    found = read_summary(path)
    assert len(found) == len(summary)
    anew = found["instructions"] == "AVX2"
    assert (found.loc[~anew, "value"] == 1).all()
    assert found.loc[anew, "value"].tolist() == summary.loc[summary["instructions"] == "AVX2", "value"].tolist()


def test_instruction_sets_that_are_one_to_the_processor_are_refused(results, tmp_path):
    for name in ("AVX2", "DEFAULT"):
        (tmp_path / name).symlink_to(results / "AVX2")
    with pytest.raises(SystemExit, match="AVX2 and DEFAULT gave the same numbers"):
        gather(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(["AVX2", "AVX512_CORE"], "lacks AVX512_CORE"), (["SSE2"], "SSE2: known are SSE41")],
)
def test_instruction_sets_that_the_processor_lacks_are_refused_before_anything_is_trained(tmp_path, wanted, said):
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse4_1 avx avx2\n")
    check_instructions(["SSE41", "DEFAULT"], tmp_path / "cpuinfo")
    with pytest.raises(SystemExit, match=said):
        check_instructions(wanted, tmp_path / "cpuinfo")


def test_one_instruction_set_says_nothing_of_processors(summary):
    text = PARTS["differ"](Numbers(summary[summary["instructions"] == "AVX2"]))
    assert "Another seed on the same processor gave SBP errors up to 1.0 mmHg apart" in text


def test_a_folder_without_results_says_what_to_run(tmp_path):
    with pytest.raises(SystemExit, match="run `make numbers`"):
        gather(tmp_path)


def test_a_quoted_number_has_its_interval_and_the_range_of_all_trainings(summary):
    numbers = Numbers(summary)
    assert numbers.error("cohort", "nonmixed", "alexnet") == "14.5 [10.0, 20.0] (14.0–15.2)"
    assert numbers.error("cohort", "nonmixed", "mean") == "14.5 [10.0, 20.0] (14.0–14.2)"
    assert numbers.skill("real", "nonmixed", "alexnet") == (0.2, -0.2, 0.3)  # the widest of both sets
    assert numbers.runs("cohort") == "two seeds on two instruction sets"
    assert "up to 0.2 mmHg apart" in PARTS["differ"](numbers)
    assert "up to 1.0 mmHg" in PARTS["differ"](numbers)


def test_a_page_is_filled_between_its_marks_alone(summary):
    page = "before 1.5\n<!-- numbers: headline -->\nold 9.9\n<!-- end of numbers -->\nafter 2.5\n"
    text = filled(page, summary)
    assert text.startswith(
        "before 1.5\n<!-- numbers: headline -->\n| MAE in mmHg | AlexNet | ResNet | mean regressor |"
    )
    assert text.endswith("\n<!-- end of numbers -->\nafter 2.5\n")
    assert "old" not in text
    assert "{" not in text  # which the guide takes for attributes
    assert "| SBP, never seen: 39 runs of real patients, 1,520 windows | 14.5 [10.0, 20.0] (14.0–15.2) |" in text
    assert filled(text, summary) == text
    assert filled(text, summary.assign(value=summary["value"] + 1)) != text


def test_what_was_not_computed_cannot_be_quoted(summary):
    with pytest.raises(KeyError, match="make numbers"):
        filled("<!-- numbers: camera -->\n<!-- end of numbers -->", summary)
