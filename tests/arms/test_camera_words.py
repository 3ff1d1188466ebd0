"""What the page on fine-tuning says of its tables: the right number at each place, and no more than a test allows."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.camera_words import AGAINST, SAID, summary_page
from cuffless.config import EvaluationOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.folds import SETTINGS

PRESSURES = ("SBP", "DBP")
MAES = {"before": 20.0, "tuned": 15.0, "first": 10.0, "random": 8.0}
OF_NETWORK = {"alexnet": 0.1, "lstm": 0.3, "all": 0.2}
UNTRAINED = {"mean": 0.5, "heart_rate": 0.6, "hold_first": 0.7, "hold_last": 0.8, "calibration_mean": 0.9}
CALIBRATED = ("hold_first", "hold_last", "calibration_mean")


def mae_of(networks):
    """SBP: whole numbers tell the setting, tenths the network or method; DBP is 40 more."""
    rows = []
    for pressure in PRESSURES:
        for setting in SETTINGS:
            base = MAES[setting] + 40 * (pressure == "DBP")
            own = {(name, "network"): OF_NETWORK[name] for name in networks}
            if setting in ("first", "random"):
                own |= {(name, "offset"): 0.4 + OF_NETWORK[name] for name in networks}
            own |= {
                ("none", name): tenths
                for name, tenths in UNTRAINED.items()
                if name not in CALIBRATED or setting in ("first", "random")
            }
            rows += [(*who, setting, pressure, base + tenths) for who, tenths in own.items()]
    table = pd.DataFrame(rows, columns=["network", "method", "setting", "pressure", "mae"])
    windows = table["setting"].map({"before": 1200, "tuned": 1100, "first": 1000, "random": 900})
    table = table.assign(lower=table["mae"] - 1, upper=table["mae"] + 1, interval="bootstrap-t", seeds=1, n_subjects=9)
    return pd.concat(
        [table.assign(average="subject", n_windows=windows), table.assign(average="pooled", mae=99.0, n_windows=7)]
    )


def contrasts_of(difference, p, significant):
    comparisons = [*SAID, *AGAINST, "first vs random"]
    rows = [
        (name, network, pressure) for name in comparisons for network in ("alexnet", "all") for pressure in PRESSURES
    ]
    table = pd.DataFrame(rows, columns=["comparison", "network", "pressure"])
    table = table.assign(difference=difference, paired_p_holm=p, paired_significant=significant)
    table.loc[table["network"] == "alexnet", ["difference", "paired_p_holm"]] = 77.0
    return table.assign(lower=table["difference"] - 2, upper=table["difference"] + 2)


def ks_of(networks):
    """Significant in as many of nine subjects as the place of pressure and network says."""
    rows = [
        (network, pressure, comparison, subject, subject < 3 * k + 2 * n)
        for n, network in enumerate(networks)
        for k, pressure in enumerate(PRESSURES)
        for comparison in (*SAID, "first vs random")
        for subject in range(9)
    ]
    return pd.DataFrame(rows, columns=["network", "pressure", "comparison", "subject", "significant"])


def page(networks=("alexnet", "lstm"), difference=-1.5, p=0.02, significant=True, audit=None, reference=None, **tuning):
    improved = [subject != 4 for subject in range(9)]
    subjects = pd.DataFrame({"subject": range(9), "improved": improved})
    tables = {
        "mae": mae_of((*networks, "all")),
        "method_skill": pd.DataFrame(columns=["network", "pressure", "skill", "upper", "n_subjects"]),
        "contrasts": contrasts_of(difference, p, significant),
        "subject_boxes": pd.concat([subjects.assign(network=network) for network in (*networks, "all")]),
        "subject_ks": ks_of(networks).assign(protocol=""),
    }
    return summary_page(
        tables,
        audit or {},
        RppgTuningOptions(**tuning),
        EvaluationOptions(),
        reference,
    )


def row_of(text, pressure, setting, method):
    """Cells of a row of the table of one pressure."""
    table = text.split(f"## {pressure}\n")[1].split("\n## ")[0]
    [line] = [line for line in table.splitlines() if line.startswith(f"| {setting} | {method} |")]
    return [cell.strip() for cell in line.strip("|").split("|")[2:]]


def said(text, start):
    [line] = [line for line in text.splitlines() if line.startswith(f"- {start}")]
    return line.removeprefix("- ")


def test_each_network_has_its_errors_beneath_its_name():
    text = page()
    assert "| setting | method | AlexNet | LSTM | mean over networks |" in text
    for pressure, more in (("SBP", 0), ("DBP", 40)):
        for setting, mae in (
            ("before fine-tuning", 20),
            ("fine-tuned on other people", 15),
            ("the same and first windows", 10),
            ("the same and random windows", 8),
        ):
            cells = [
                f"{mae + more + t:.1f} [{mae + more + t - 1:.1f}, {mae + more + t + 1:.1f}]" for t in (0.1, 0.3, 0.2)
            ]
            assert row_of(text, pressure, setting, "network") == cells


def test_what_needs_no_network_stands_in_the_last_column():
    text = page()
    for setting, mae in (("the same and first windows", 10), ("the same and random windows", 8)):
        for method, tenths in (
            ("first calibration value held", 0.7),
            ("last calibration value held", 0.8),
            ("calibration mean", 0.9),
        ):
            *empty, last = row_of(text, "SBP", setting, method)
            assert empty == ["", ""]
            assert last.startswith(f"{mae + tenths:.1f} [")
        cells = row_of(text, "SBP", setting, "offset-corrected network")
        assert [cell.split()[0] for cell in cells] == [f"{mae + 0.4 + tenths:.1f}" for tenths in (0.1, 0.3, 0.2)]


@pytest.mark.parametrize(("test", "settings"), [("common", 1), ("own_complement", 3)])
def test_who_knows_of_other_people_only_is_shown_once_where_the_test_windows_are_the_same(test, settings):
    text = page(test=test)
    for method in ("population mean", "heart rate only"):
        assert text.count(f"| {method} |") == 2 * settings
        assert row_of(text, "SBP", "fine-tuned on other people", method)[-1].startswith("15.")


def test_a_single_network_has_no_mean_over_networks():
    text = page(("lstm",))
    assert "| setting | method | LSTM |\n" in text
    assert row_of(text, "SBP", "before fine-tuning", "network") == ["20.3 [19.3, 21.3]"]
    assert row_of(text, "SBP", "the same and first windows", "calibration mean") == ["10.9 [9.9, 11.9]"]
    assert "mean over networks" not in text
    assert "subjects (LSTM)." in text


def test_the_cohort_is_told_with_windows_share_and_notes():
    text = page(audit={"notes": ["17 subjects have several records", "subjects left out: b (4)"]}, share=0.3)
    assert "9 subjects, each left out once; 1,200 test windows, the same for all settings." in text
    assert "First and random add 30 % of the test subject's windows. 17 subjects have several records. Subj" in text
    text = page(test="own_complement")
    assert "test windows: 1,200 before, 1,100 tuned, 1,000 first, 900 random." in text


def test_warnings_come_first():
    assert page(audit={"warnings": ["windows leak"]}).splitlines()[2] == "**WARNING: windows leak.**"


def test_each_step_is_told_from_before_to_after():
    text = page()
    for step, before, after in (
        ("fine-tuning on other people", 20.2, 15.2),
        ("adding the test subject's first windows", 15.2, 10.2),
        ("adding random windows of the test subject", 15.2, 8.2),
    ):
        assert said(text, f"SBP, {step}") == (
            f"SBP, {step}, the mean over networks: the MAE goes from {before} to {after} mmHg, a change of "
            "−1.5 [−3.5, 0.5] mmHg (p = 0.020, Holm: lower)."
        )
        assert f"the MAE goes from {before + 40} to {after + 40} mmHg" in said(text, f"DBP, {step}")


@pytest.mark.parametrize(
    ("difference", "p", "significant", "step", "network", "strategy"),
    [
        (-1.5, 0.02, True, "p = 0.020, Holm: lower", "p = 0.020, Holm: the network is better", "first are better"),
        (1.5, 0.0004, True, "p < 0.001, Holm: higher", "p < 0.001, Holm: the network is worse", "random are better"),
        (-1.5, 0.2, False, *["p = 0.200, Holm: no difference is shown"] * 2, "no difference is shown"),
        (-1.5, np.nan, False, *["too few subjects for a test"] * 2, "too few subjects for a test"),
    ],
)
def test_a_verdict_goes_as_far_as_the_paired_test(difference, p, significant, step, network, strategy):
    text = page(difference=difference, p=p, significant=significant)
    assert said(text, "SBP, fine-tuning on other people").endswith(f" mmHg ({step}).")
    for ours, other in (words for name, words in AGAINST.items() if not name.startswith("recordings")):
        for pressure in PRESSURES:
            assert said(text, f"{pressure}, the mean over networks: {ours} less {other}:").endswith(f"({network}).")
    last = said(text, "DBP, the mean over networks: first less random windows:")
    assert f"{strategy}); random windows are next to test windows." in last


@pytest.mark.parametrize("finding", ["improved", "other"])
def test_improved_subjects_are_laid_beside_the_paper_s(finding):
    text = page(reference=pd.DataFrame({"finding": [finding], "count": [13], "of": [17]}))
    paper = "; in the paper 13 of 17." if finding == "improved" else "."
    assert said(text, "Fine-tuning on other people") == (
        f"Fine-tuning on other people lowers the SBP error of 8 of 9 subjects (the mean over networks){paper}"
    )


def test_the_paper_s_test_counts_subjects_by_pressure_and_network():
    table = page().split("## The paper's test")[1]
    assert "| comparison | pressure | AlexNet | LSTM |" in table
    for comparison in (*SAID, "first vs random"):
        assert f"| {comparison} | SBP | 0 of 9 | 2 of 9 |" in table
        assert f"| {comparison} | DBP | 3 of 9 | 5 of 9 |" in table
