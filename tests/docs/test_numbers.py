"""What README and guide say of results is what the summary of `make numbers` holds, for all seeds."""

import re

import pandas as pd
import pytest

from benchmarks.numbers import read_summary
from benchmarks.quoted import PAGES, Numbers, filled
from cuffless.config.study import StudyOptions

OWN = StudyOptions().networks
STUDIES = ("real", "cohort")


@pytest.fixture(scope="module")
def summary():
    return read_summary()


@pytest.fixture(scope="module")
def numbers(summary):
    return Numbers(summary)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_quotes_the_summary(project, summary, name):
    text = (project / name).read_text(encoding="utf-8")
    assert "<!-- numbers: " in text
    assert filled(text, summary) == text, "run `python -m benchmarks.numbers --pages`"


@pytest.mark.parametrize("name", ["README.md", "docs/real_people.md"])
def test_no_error_is_quoted_by_hand(project, name):
    text = (project / name).read_text(encoding="utf-8")
    text = re.sub(r"<!-- numbers: .*?<!-- end of numbers -->|```.*?```", "", text, flags=re.DOTALL)
    assert re.findall(r"\d\.\d+ mmHg|\d\.\d+ \[", text) == []


@pytest.mark.parametrize("study", STUDIES)
def test_what_is_quoted_rests_on_five_seeds_and_two_instruction_sets(numbers, study):
    for network in OWN:
        seeds = numbers.trainings(study, "nonmixed", network).groupby("instructions").size()
        assert len(seeds) >= 2, network
        assert seeds.ge(5).all(), network


def overall(numbers, figure, average="subject", **keys):
    """Rows of errors or skills averaged over the seeds, one an instruction set."""
    rows = numbers.rows("splits", figure, average=average, **keys)
    return rows[rows["seed"] < 0]


@pytest.mark.parametrize("pressure", ["SBP", "DBP"])
@pytest.mark.parametrize("network", OWN)
def test_no_network_is_better_than_the_mean_on_real_people_never_seen(numbers, network, pressure):
    rows = overall(numbers, "skill", study="real", setting="nonmixed", network=network, pressure=pressure)
    assert (rows["lower"] <= 0).all()


def test_on_real_people_that_it_knows_alexnet_is_better_than_the_mean(numbers):
    rows = overall(numbers, "skill", study="real", setting="mixed", network="alexnet", pressure="SBP")
    assert (rows["lower"] > 0).all()


@pytest.mark.parametrize("network", OWN)
def test_every_training_errs_less_on_simulated_people_that_it_knows(numbers, network):
    known, unseen = (numbers.trainings("cohort", split, network) for split in ("mixed", "nonmixed"))
    assert (known < unseen).all()


def test_no_network_is_best_in_every_training_of_the_cohort(numbers):
    errors = pd.DataFrame({name: numbers.trainings("cohort", "nonmixed", name) for name in OWN})
    assert len(set(errors.idxmin(axis=1))) > 1
