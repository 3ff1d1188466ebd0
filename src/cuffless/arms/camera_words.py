"""Texts about the tables of the camera arm, with sentences that are true for any outcome."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, EvaluationOptions, RppgTuningOptions
from cuffless.designs.folds import BEFORE, FIRST, RANDOM, RECORDINGS, SETTINGS, TUNED
from cuffless.judgement import names
from cuffless.judgement.paper_tables import TABLE2
from cuffless.judgement.summary import (
    difference_text,
    ks_part,
    methods_table,
    network_header,
    opening,
    p_text,
    subject_of,
    verdict_text,
)
from cuffless.judgement.warnings import skill_warnings

TITLE = "rPPG: what fine-tuning on recordings of faces gains"
SAID = {
    "tuned vs before": "fine-tuning on other people",
    "first vs tuned": "adding the test subject's first windows",
    "random vs tuned": "adding random windows of the test subject",
    "recordings vs tuned": "adding the test subject's calibration recordings",
}
_WITH = {**{name: f"{name} windows" for name in STRATEGIES}, RECORDINGS: "calibration recordings"}
AGAINST = {
    "before vs mean": ("the network as trained on PPG", "the population mean"),
    "tuned vs mean": ("the fine-tuned network", "the population mean"),
    **{
        f"{setting} vs {other}": (f"the network with {words}", said)
        for setting, words in _WITH.items()
        for other, said in (
            ("offset", "the offset correction by them"),
            ("calibration mean", "their mean"),
            ("hold last", "the last of their values held"),
        )
    },
}
PAPERS_SLIP = (
    'The paper\'s rows for random windows repeat its rows "without personalization" to the digit, a slip; they are '
    "left out."
)
_ROWS = (names.NETWORK, names.MEAN, names.HEART_RATE, *names.CALIBRATED, names.OFFSET)


def summary_page(
    tables: Mapping[str, pd.DataFrame],
    audit: Mapping,
    tuning: RppgTuningOptions,
    options: EvaluationOptions,
    reference: pd.DataFrame | None = None,
    unchanged: Mapping[str, float] | None = None,
) -> str:
    """Write the page from the tables.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As from `compare_methods`, ``improved`` among the columns of ``subject_boxes``.
    audit : mapping
        As from `audit_folds`.
    tuning : RppgTuningOptions
    options : EvaluationOptions
        `confidence`, `alpha`.
    reference : DataFrame, optional
        The paper's findings: ``finding, count, of`` (`resources/reference_rppg.csv`).
    unchanged : mapping of str to float, optional
        Share of each network's fits that left it as it was.

    Returns
    -------
    str
        Markdown.
    """
    rows = tables["mae"][tables["mae"]["average"] == "subject"]
    warnings = [*audit.get("warnings", ()), *skill_warnings(tables["method_skill"])]
    lines = [*opening(TITLE, warnings, rows, options), "", _cohort(rows, audit, tuning)]
    if idle := ", ".join(f"{network_header(name)} {share:.0%}" for name, share in (unchanged or {}).items() if share):
        lines += [
            "",
            f"Fits that left the network as it was, since no epoch was better on the validation subject: {idle}.",
        ]
    for pressure in names.PRESSURES:
        lines += ["", f"## {pressure}", "", *_methods(rows[rows["pressure"] == pressure], tuning)]
    said = [_improvement_sentence(tables["subject_boxes"], reference), *_sentences(rows, tables["contrasts"])]
    lines += ["", "## In words", "", *(f"- {sentence}" for sentence in said)]
    return "\n".join([*lines, "", *ks_part(tables["subject_ks"], options)]) + "\n"


def table2_note(audit: Mapping, tuning: RppgTuningOptions) -> str:
    """Note below Table 2."""
    tests = {
        "common": "All settings are tested on the same windows, those that neither first nor random takes",
        "own_complement": "Each setting is tested on all windows of the test subject that it does not take",
    }
    warned = "".join(f" WARNING: {text}." for text in audit.get("warnings", ()))
    how, papers = f"{_first_and_random(tuning)} {tests[tuning.test]}.", f" {PAPERS_SLIP}"
    if tuning.conditions:
        how, papers = _conditions(tuning), ""
    cuffs = "".join(f" {text[0].upper()}{text[1:]}." for text in audit.get("notes", ()) if "cuff value" in text)
    return (
        f"Fine-tuned: the outputs only, leaving one subject out. {how} The mean regressor is that of the fold's "
        f"training subjects.{papers}{cuffs}{warned}"
    )


def _settings(rows: pd.DataFrame) -> list[str]:
    """Settings of a table, in the order of the plan's."""
    return [setting for setting in (*SETTINGS, RECORDINGS) if setting in set(rows["setting"])]


def _first_and_random(tuning: RppgTuningOptions) -> str:
    return f"First and random add {100 * tuning.share:g} % of the test subject's windows."


def _conditions(tuning: RppgTuningOptions) -> str:
    calibrates, tests = tuning.conditions
    return (
        f"All settings are tested on the test subject's recordings {tests!r}; the last adds its recordings "
        f"{calibrates!r} to training."
    )


def _cohort(rows: pd.DataFrame, audit: Mapping, tuning: RppgTuningOptions) -> str:
    windows = rows.groupby("setting")["n_windows"].first()
    counted = f"{windows[BEFORE]:,} test windows, the same for all settings"
    if tuning.test == "own_complement" and not tuning.conditions:
        counted = "test windows: " + ", ".join(f"{n:,} {setting}" for setting, n in windows[_settings(rows)].items())
    notes = "".join(f" {text[0].upper()}{text[1:]}." for text in audit.get("notes", ()))
    how = _conditions(tuning) if tuning.conditions else _first_and_random(tuning)
    return (
        f"{int(rows['n_subjects'].iloc[0])} subjects, each left out once; {counted}. Only the outputs train; another "
        f"subject decides when to stop. {how}{notes}"
    )


def _methods(rows: pd.DataFrame, tuning: RppgTuningOptions) -> list[str]:
    # Baselines that know only other people are shown with the networks trained on the same people and windows.
    others = (TUNED,) if tuning.test == "common" or tuning.conditions else (TUNED, FIRST, RANDOM)
    wanted = [
        (setting, TABLE2.settings[setting], method, names.METHODS[method])
        for setting in _settings(rows)
        for method in _ROWS
        if method not in (names.MEAN, names.HEART_RATE) or setting in others
    ]
    return methods_table(rows, ("setting", "method"), wanted)


def _improvement_sentence(subjects: pd.DataFrame, reference: pd.DataFrame | None) -> str:
    improved = subjects.groupby("subject")["improved"].first()
    said = (
        f"Fine-tuning on other people lowers the SBP error of {improved.sum()} of {len(improved)} subjects "
        f"({subject_of(subjects['network'].unique())})"
    )
    theirs = None if reference is None else reference[reference["finding"] == "improved"]
    if theirs is None or theirs.empty:
        return f"{said}."
    return f"{said}; in the paper {theirs['count'].iloc[0]} of {theirs['of'].iloc[0]}."


def _sentences(rows: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    """Sentences on the change by each step, and on whether the network beats methods without one."""
    who = subject_of(rows["network"].unique())
    maes = rows[(rows["network"] == names.ALL) & (rows["method"] == names.NETWORK)].set_index(["setting", "pressure"])[
        "mae"
    ]
    found = tests[tests["network"] == names.ALL].set_index(["comparison", "pressure"]).sort_index()
    said = []
    settings = set(rows["setting"])
    for comparison, step in SAID.items():
        if comparison.split(" vs ")[0] not in settings:
            continue
        a, b = comparison.split(" vs ")
        for pressure in names.PRESSURES:
            row = found.loc[(comparison, pressure)]
            said.append(
                f"{pressure}, {step}, {who}: the MAE goes from {maes[b, pressure]:.1f} to "
                f"{maes[a, pressure]:.1f} mmHg, "
                f"a change of {difference_text(row)} mmHg ({_verdict(row, 'lower', 'higher')})."
            )
    for comparison, (network, other) in AGAINST.items():
        if comparison.split(" vs ")[0] not in settings:
            continue
        for pressure in names.PRESSURES:
            row = found.loc[(comparison, pressure)]
            verdict = _verdict(row, "the network is better", "the network is worse")
            said.append(f"{pressure}, {who}: {network} less {other}: {difference_text(row)} mmHg ({verdict}).")
    for pressure in names.PRESSURES if RANDOM in settings else ():
        row = found.loc[(f"{FIRST} vs {RANDOM}", pressure)]
        said.append(
            f"{pressure}, {who}: first less random windows: {difference_text(row)} mmHg "
            f"({_verdict(row, 'first are better', 'random are better')}); random windows are next to test windows."
        )
    return said


def _verdict(row, below: str, above: str) -> str:
    if np.isnan(row.paired_p_holm):
        return "too few subjects for a test"
    return f"{p_text(row.paired_p_holm)}, Holm: {verdict_text(row, below, above)}"
