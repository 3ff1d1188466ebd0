"""The page says what the tables say, whatever came out."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.personalization_words import gain_sentences, strategy_sentences, summary_page
from cuffless.config import EvaluationOptions, ProtocolOptions


@pytest.fixture
def shapes():
    """Factory of networks whose error in mmHg is given by setting, with a sign that alternates if wished."""

    def make(before, first, random, *, alternating=False):
        def error(network, seed):
            def of_part(part, setting, budget):
                level = {"before": before, "first": first, "random": random}[setting]
                sign = np.where(np.arange(len(part)) % 2, 1, -1)[:, None] if alternating else 1.0
                wobble = 0.2 * np.sin(5.0 * part["number"].iloc[0])
                return (level + wobble) * sign * np.ones((len(part), 2))

            return of_part

        return error

    return make


@pytest.fixture
def said(judge):
    """What is said of a protocol."""

    def say(protocol):
        tables = judge(protocol)
        return gain_sentences(tables.mae, tables.contrasts, protocol.options)

    return say


def test_a_gain_is_given_with_its_interval_and_the_share_of_the_offset_correction(make_protocol, shapes, judge):
    protocol = make_protocol(error=shapes(6, 2, 2))
    tables = judge(protocol)
    first, against = gain_sentences(tables.mae, tables.contrasts, protocol.options)[:2]
    tests = tables.contrasts.set_index(["comparison", "network", "pressure"]).sort_index()
    row = tests.loc[("first vs before", "all", "SBP")]
    assert first.startswith(
        "SBP, fine-tuned on the first windows, the mean over networks: the MAE falls from 6.0 to 2.0"
    )
    assert f"a gain of {-row['difference']:.1f} mmHg [{-row['upper']:.1f}, {-row['lower']:.1f}]" in first
    # A constant error goes altogether: 6 mmHg, of which fine-tuning takes 4.
    assert "gives 150 %" in first
    assert "more than all of it" in first
    assert "fine-tuning is worse" in against


def test_an_offset_correction_that_helps_nothing_is_said_to_give_none(make_protocol, shapes, said):
    """Errors that change sign from window to window have no offset."""
    first = said(make_protocol(error=shapes(6, 2, 2, alternating=True), windows=61))[0]
    share = first.split("The offset correction alone gives ")[1]
    assert share.startswith(("none of it", "0 % of it", "1 % of it"))


def test_a_loss_is_called_a_loss(make_protocol, shapes, said):
    first = said(make_protocol(error=shapes(2, 6, 2)))[0]
    assert "the MAE rises from 2.0 to 6.0 mmHg, a gain of −4.0 mmHg" in first
    assert "a loss, so there is no gain" in first
    assert "% " not in first.split("a loss")[1]


def test_a_gain_that_may_be_none_has_no_share(make_protocol, said):
    def error(network, seed):
        def of_part(part, setting, budget):
            better = 0.5 if part["number"].iloc[0] % 2 else -0.5
            return np.full((len(part), 2), 6.0 - (better if setting == "first" else 0.0))

        return of_part

    sentence = said(make_protocol(error=error))[0]
    assert "which may be zero. The offset correction's share of it cannot be determined." in sentence


def test_too_few_subjects_are_said_to_be_too_few(make_protocol, shapes, said, judge):
    protocol = make_protocol(subjects=3, error=shapes(6, 2, 2))
    for sentence in said(protocol):
        assert "too few subjects for an interval or a test" in sentence
        assert "nan" not in sentence
    page = judge(protocol).summary
    assert "without intervals: fewer than 6 subjects" in page
    assert "nan" not in page


def test_the_page_carries_every_warning(make_protocol, judge):
    leaky = make_protocol("code", preset="code", leakage="warn", warnings=["code: 7 windows touch"])
    page = judge(make_protocol(), leaky).summary
    title = "# Personalization: what a subject's own data gains"
    assert page.startswith(f"{title}\n\n**WARNING: code: 7 windows touch.**\n")
    assert "in shuffled order, next to windows that may calibrate" in page


def test_tables_hold_the_numbers_of_the_table_of_errors(usual):
    tables = usual[1]
    row = tables.mae.query(
        "network == 'lstm' and method == 'offset' and setting == 'first' and budget == '20 %' "
        "and pressure == 'DBP' and average == 'subject'"
    ).iloc[0]
    cell = f"{row['mae']:.1f} [{row['lower']:.1f}, {row['upper']:.1f}]"
    line = next(
        line
        for line in tables.summary.split("### DBP")[1].splitlines()
        if line.startswith("| first") and "offset-corrected" in line
    )
    assert line.split(" | ")[3] == cell
    assert "| windows of the subject | method | AlexNet | LSTM | mean over networks |" in tables.summary
    assert tables.summary.count("| random | 5 % | 3 |") == 1


def test_one_network_has_no_mean_over_networks(make_protocol, judge):
    page = judge(make_protocol(networks=("own",))).summary
    assert "mean over networks" not in page
    assert "| windows of the subject | method | own |" in page
    hold = next(line for line in page.splitlines() if "first calibration value held" in line)
    assert hold.split(" | ")[2][0].isdigit()


@pytest.mark.parametrize(("seeds", "ranked"), [((0,), "1 seed: no ranking of networks."), ((0, 1, 2), "3 seeds.")])
def test_one_seed_ranks_no_networks(make_protocol, judge, seeds, ranked):
    page = judge(make_protocol(seeds=seeds)).summary
    assert ranked in page
    assert ("no ranking" in page) == (len(seeds) == 1)


def test_neighbours_are_set_against_a_protocol_without(make_protocol, shapes, judge):
    main = make_protocol(error=shapes(6, 3, 2))
    beside = make_protocol("alternate", test_half="alternate", leakage="warn", error=shapes(6, 3, 1))
    tests = judge(main, beside).contrasts
    options = {"main": main.options, "alternate": beside.options}
    sentences = strategy_sentences(tests, options)
    assert len(sentences) == 2
    assert "`first` less `random` is 1.0 mmHg under `main` and 2.0 mmHg under `alternate`" in sentences[0]
    assert "a change of 1.0 mmHg" in sentences[0]


def test_one_protocol_or_none_without_neighbours_says_nothing_of_them(usual):
    tests = usual[1].contrasts
    assert strategy_sentences(tests, {"main": ProtocolOptions()}) == []
    leaky = {"main": ProtocolOptions(test_half="alternate", leakage="warn")}
    assert strategy_sentences(tests, leaky) == []


def test_the_papers_test_is_counted_by_subject_beside_what_the_paper_found(make_protocol, shapes, judge):
    protocol = make_protocol(error=shapes(12, 2, 2))
    tables = judge(protocol)
    reference = pd.DataFrame({"comparison": ["first vs random"], "network": ["resnet"], "share": [0.2]})
    page = summary_page([protocol], tables.judged.tables, EvaluationOptions(), reference)
    part = page.split("## The paper's test")[1]
    n = tables.subject_ks["number"].nunique()
    line = next(line for line in part.splitlines() if "first vs before | SBP" in line)
    assert f"{n} of {n}" in line  # 12 mmHg against 2
    assert "first vs random, ResNet: 20%" in part
