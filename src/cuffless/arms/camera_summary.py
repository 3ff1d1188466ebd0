"""A page that says what fine-tuning on rPPG gains, and over what."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.arms.personalization_sentences import difference_text, subject_of
from cuffless.arms.personalization_summary import error_text, how_to_read, ks_caveat, network_header
from cuffless.config import EvaluationOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.folds import BEFORE, FIRST, RANDOM, SETTINGS, TUNED
from cuffless.judgement.measures.methods import (
    ALL,
    CALIBRATION_MEAN,
    HEART_RATE,
    HOLD_FIRST,
    HOLD_LAST,
    NETWORK,
    NONE,
    OFFSET,
)
from cuffless.judgement.table.predictions import MEAN, PRESSURES
from cuffless.judgement.table2 import TABLE2

TITLE = "# rPPG: what fine-tuning on recordings of faces gains"
METHODS = {
    MEAN: "mean of the training subjects",
    HEART_RATE: "pulse rate only",
    HOLD_FIRST: "first calibration value held",
    HOLD_LAST: "last calibration value held",
    CALIBRATION_MEAN: "calibration mean",
    OFFSET: "offset-corrected network as trained on PPG",
}
SAID = {
    "tuned vs before": "fine-tuning on other people",
    "first vs tuned": "adding the test subject's first windows",
    "random vs tuned": "adding random windows of the test subject",
}
AGAINST = {
    "before vs mean": ("the network as trained on PPG", "the mean of the training subjects"),
    "tuned vs mean": ("the fine-tuned network", "the mean of the training subjects"),
    "first vs offset": ("the network with first windows", "the offset correction by them"),
    "first vs calibration mean": ("the network with first windows", "their mean"),
    "first vs hold last": ("the network with first windows", "the last of their values held"),
    "random vs offset": ("the network with random windows", "the offset correction by them"),
    "random vs calibration mean": ("the network with random windows", "their mean"),
    "random vs hold last": ("the network with random windows", "the last of their values held"),
}


def summary_page(
    mae: pd.DataFrame,
    tests: pd.DataFrame,
    subjects: pd.DataFrame,
    ks: pd.DataFrame,
    audit: dict,
    tuning: RppgTuningOptions,
    options: EvaluationOptions,
    reference: pd.DataFrame | None = None,
    unchanged: Mapping[str, float] | None = None,
) -> str:
    """Write the page from the tables.

    Parameters
    ----------
    mae, tests, subjects, ks : DataFrame
        As from `mae_table`, `contrast_table`, `subject_table`, `ks_table`.
    audit : dict
        As from `audit_folds`.
    tuning : RppgTuningOptions
    options : EvaluationOptions
        `confidence`, `alpha`.
    reference : DataFrame, optional
        What the paper found: ``finding, count, of`` (`resources/reference_rppg.csv`).
    unchanged : mapping of str to float, optional
        Share of each network's fits that left it as it was.

    Returns
    -------
    str
        Markdown.
    """
    rows = mae[mae["average"] == "subject"]
    lines = [TITLE, ""]
    lines += [line for text in audit.get("warnings", ()) for line in (f"**WARNING: {text}.**", "")]
    lines += [how_to_read(rows, options), "", _cohort(rows, audit, tuning)]
    if idle := ", ".join(f"{network_header(name)} {share:.0%}" for name, share in (unchanged or {}).items() if share):
        lines += [
            "",
            f"Fits that left the network as it was, since no epoch was better on the validation subject: {idle}.",
        ]
    for pressure in PRESSURES:
        lines += ["", f"## {pressure}", "", *_methods_table(rows[rows["pressure"] == pressure], tuning)]
    lines += ["", "## In words", ""]
    lines += [f"- {sentence}" for sentence in [_improved(subjects, reference), *_sentences(rows, tests)]]
    lines += ["", *_ks_part(ks, options)]
    return "\n".join(lines) + "\n"


def _cohort(rows: pd.DataFrame, audit: dict, tuning: RppgTuningOptions) -> str:
    windows = rows.groupby("setting")["n_windows"].first()
    counted = f"{windows[BEFORE]:,} test windows, the same for all settings"
    if tuning.test == "own_complement":
        counted = "test windows: " + ", ".join(f"{windows[setting]:,} {setting}" for setting in SETTINGS)
    notes = "".join(f" {text[0].upper()}{text[1:]}." for text in audit.get("notes", ()))
    return (
        f"{int(rows['n_subjects'].iloc[0])} subjects, each left out once; {counted}. Only the outputs train; another "
        f"subject decides when to stop. First and random add {100 * tuning.share:g} % of the test subject's windows."
        f"{notes}"
    )


def _methods_table(rows: pd.DataFrame, tuning: RppgTuningOptions) -> list[str]:
    """Rows of settings and methods, columns of networks; what has no network stands in the last column."""
    # Who knows of other people only is shown beside the networks that learnt from the same, on the same windows.
    others = (TUNED,) if tuning.test == "common" else (TUNED, FIRST, RANDOM)
    networks = [name for name in rows["network"].unique() if name not in (ALL, NONE)]
    columns = [*networks, ALL] if len(networks) > 1 else networks
    shown = rows.set_index(["method", "setting", "network"]).sort_index()
    lines = [f"| setting | method | {' | '.join(map(network_header, columns))} |", "|---|---|" + "---:|" * len(columns)]
    for setting in SETTINGS:
        for method, name in {NETWORK: "network", **METHODS}.items():
            unsaid = method in (MEAN, HEART_RATE) and setting not in others
            if unsaid or (method, setting) not in shown.index.droplevel("network"):
                continue
            own = shown.loc[(method, setting)]
            cells = [own.loc[column] if column in own.index else None for column in columns]
            if NONE in own.index:
                cells[-1] = own.loc[NONE]
            texts = ("" if cell is None else error_text(cell) for cell in cells)
            lines.append(f"| {TABLE2.settings[setting]} | {name} | {' | '.join(texts)} |")
    return lines


def _improved(subjects: pd.DataFrame, reference: pd.DataFrame | None) -> str:
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
    """What each step changes, and whether it beats what needs no network."""
    who = subject_of(rows["network"].unique())
    maes = rows[(rows["network"] == ALL) & (rows["method"] == NETWORK)].set_index(["setting", "pressure"])["mae"]
    found = tests[tests["network"] == ALL].set_index(["comparison", "pressure"]).sort_index()
    said = []
    for comparison, step in SAID.items():
        a, b = comparison.split(" vs ")
        for pressure in PRESSURES:
            row = found.loc[(comparison, pressure)]
            said.append(
                f"{pressure}, {step}, {who}: the MAE goes from {maes[b, pressure]:.1f} to "
                f"{maes[a, pressure]:.1f} mmHg, "
                f"a change of {difference_text(row)} mmHg ({_verdict(row, 'lower', 'higher')})."
            )
    for comparison, (network, other) in AGAINST.items():
        for pressure in PRESSURES:
            row = found.loc[(comparison, pressure)]
            verdict = _verdict(row, "the network is better", "the network is worse")
            said.append(f"{pressure}, {who}: {network} less {other}: {difference_text(row)} mmHg ({verdict}).")
    for pressure in PRESSURES:
        row = found.loc[(f"{FIRST} vs {RANDOM}", pressure)]
        said.append(
            f"{pressure}, {who}: first less random windows: {difference_text(row)} mmHg "
            f"({_verdict(row, 'first are better', 'random are better')}); random windows lie beside test windows."
        )
    return said


def _verdict(row, below: str, above: str) -> str:
    """What a paired test allows to say; not a word more."""
    if np.isnan(row.paired_p_holm):
        return "too few subjects for a test"
    p = "p < 0.001" if row.paired_p_holm < 0.001 else f"p = {row.paired_p_holm:.3f}"
    if not row.paired_significant:
        return f"{p}, Holm: no difference is shown"
    return f"{p}, Holm: {below if row.difference < 0 else above}"


def _ks_part(ks: pd.DataFrame, options: EvaluationOptions) -> list[str]:
    """In how many subjects the paper's test finds a difference."""
    networks = list(ks["network"].unique())
    lines = [
        "## The paper's test",
        "",
        ks_caveat(options),
        "",
        "| comparison | pressure | " + " | ".join(map(network_header, networks)) + " |",
        "|---|---|" + "---:|" * len(networks),
    ]
    found = ks.groupby(["comparison", "pressure", "network"])["significant"].agg(["sum", "size"])
    for comparison in ks["comparison"].unique():
        for pressure in PRESSURES:
            rows = found.loc[comparison, pressure]
            cells = " | ".join(f"{rows.loc[name, 'sum']} of {rows.loc[name, 'size']}" for name in networks)
            lines.append(f"| {comparison} | {pressure} | {cells} |")
    return lines
