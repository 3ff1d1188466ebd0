"""A page that says what a subject's own data gains."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.arms.personalization_sentences import (
    difference_text,
    gain_sentences,
    protocol_sentence,
    strategy_sentences,
    subject_of,
    tests_beside_calibration,
)
from cuffless.config import STRATEGIES, EvaluationOptions, ProtocolOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW
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
from cuffless.judgement.paper_tables import NETWORKS
from cuffless.judgement.table.predictions import MEAN, PRESSURES
from cuffless.judgement.table.protocols import BEFORE, Protocol

TITLE = "# Personalization: what a subject's own data gains"
METHODS = {
    HOLD_FIRST: "first calibration value held",
    HOLD_LAST: "last calibration value held",
    CALIBRATION_MEAN: "calibration mean",
    OFFSET: "offset-corrected network",
    NETWORK: "fine-tuned network",
}
WITHOUT = {NETWORK: "network as trained", MEAN: "training mean", HEART_RATE: "pulse rate only"}


def summary_page(
    protocols: Sequence[Protocol],
    mae: pd.DataFrame,
    tests: pd.DataFrame,
    ks: pd.DataFrame,
    options: EvaluationOptions,
    reference: pd.DataFrame | None = None,
) -> str:
    """Write the page from the tables.

    Parameters
    ----------
    protocols : sequence of Protocol
        Their names, options and warnings.
    mae, tests : DataFrame
        Of all protocols, as from `mae_table` and `contrast_table`.
    ks : DataFrame
        As from `ks_table`.
    options : EvaluationOptions
        `confidence`.
    reference : DataFrame, optional
        What the paper found with its test: ``comparison, network, share`` of subjects
        (`resources/reference_significance.csv`).

    Returns
    -------
    str
        Markdown.
    """
    lines = [TITLE, "", *_warnings(protocols), how_to_read(mae, options)]
    for protocol in protocols:
        lines += ["", *_protocol_part(protocol, *(t[t["protocol"] == protocol.name] for t in (mae, tests)))]
    lines += ["", *_strategies_part(protocols, mae, tests), "", *_ks_part(protocols, ks, options, reference)]
    return "\n".join(lines) + "\n"


def _warnings(protocols: Sequence[Protocol]) -> list[str]:
    texts = dict.fromkeys(text for protocol in protocols for text in protocol.audit.get("warnings", ()))
    return [line for text in texts for line in (f"**WARNING: {text}.**", "")]


def how_to_read(mae: pd.DataFrame, options: EvaluationOptions) -> str:
    """What the errors of a page are, how their intervals were made, and of how many seeds they are."""
    seeds = int(mae.loc[mae["network"] == ALL, "seeds"].min())
    methods = sorted(set(mae["interval"]) - {TOO_FEW})
    intervals = (
        f"[{options.confidence:.0%} interval], bootstrapped over subjects ({' and '.join(methods)})"
        if methods
        else f"without intervals: fewer than {LEAST_SUBJECTS} subjects"
    )
    several = " Absolute errors are averaged over seeds." if seeds > 1 else ""
    ranking = "1 seed: no ranking of networks." if seeds == 1 else f"{seeds} seeds."
    return f"Mean absolute error in mmHg, every subject counting the same, {intervals}. {ranking}{several}"


def _protocol_part(protocol: Protocol, mae: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    own = protocol.options
    subjects, windows = int(mae["n_subjects"].iloc[0]), int(mae["n_windows"].iloc[0])
    seeds = int(mae.loc[mae["network"] == ALL, "seeds"].iloc[0])
    cohort = f"{subjects:,} subject{'s' * (subjects != 1)}, {windows:,} test windows, {seeds} seed{'s' * (seeds != 1)}."
    rows = mae[mae["average"] == "subject"]
    lines = [f"## Protocol `{protocol.name}`", "", f"{cohort} {protocol_sentence(own, protocol.shares)}"]
    lines += [f"{text[0].upper()}{text[1:]}." for text in protocol.audit.get("notes", ())]
    if late := ", ".join(f"{NETWORKS.get(n, n)} {share:.0%}" for n, share in protocol.at_limit.items() if share > 0):
        lines.append(f"Fits that ended at the limit of {own.epochs} epochs, perhaps too early: {late}.")
    for pressure in PRESSURES:
        lines += ["", f"### {pressure}", "", *_methods_table(rows[rows["pressure"] == pressure], own)]
    lines += ["", f"### Budgets ({subject_of(mae['network'].unique())})", "", *_budget_table(rows)]
    return [*lines, "", "### In words", "", *(f"- {sentence}" for sentence in gain_sentences(mae, tests, own))]


def _methods_table(rows: pd.DataFrame, options: ProtocolOptions) -> list[str]:
    """Rows of methods, columns of networks; what has no network stands in the last column."""
    networks = [name for name in rows["network"].unique() if name not in (ALL, NONE)]
    columns = [*networks, ALL] if len(networks) > 1 else networks
    shuffled = " in the shuffled order" if options.order == "shuffled" else ""
    named = {method: name + shuffled * (method in (HOLD_FIRST, HOLD_LAST)) for method, name in METHODS.items()}
    shown = rows[rows["budget"].isin(["", options.budget])].set_index(["method", "setting", "network"]).sort_index()
    lines = [
        "| windows of the subject | method | " + " | ".join(network_header(name) for name in columns) + " |",
        "|---|---|" + "---:|" * len(columns),
    ]
    wanted = [(BEFORE, "none", method, name) for method, name in WITHOUT.items()]
    for setting in STRATEGIES:
        taken = f"{setting} ({_median(shown, setting)})"
        wanted += [(setting, taken, method, name) for method, name in named.items()]
    for setting, taken, method, name in wanted:
        own = shown.loc[(method, setting)]
        cells = [own.loc[column] if column in own.index else None for column in columns]
        if NONE in own.index:
            cells[-1] = own.loc[NONE]
        texts = ("" if cell is None else error_text(cell) for cell in cells)
        lines.append(f"| {taken} | {name} | {' | '.join(texts)} |")
    return lines


def network_header(network: str) -> str:
    """A network's name over a column."""
    return "mean over networks" if network == ALL else NETWORKS.get(network, network)


def _median(shown: pd.DataFrame, setting: str) -> str:
    return f"{shown.xs(setting, level='setting')['n_calibration'].iloc[0]:g}"


def error_text(row) -> str:
    """An MAE with its interval, or without where there is none."""
    return f"{row.mae:.1f}" + ("" if np.isnan(row.lower) else f" [{row.lower:.1f}, {row.upper:.1f}]")


def _budget_table(rows: pd.DataFrame) -> list[str]:
    """Setting and budget against fine-tuning, offset correction and calibration mean."""
    methods = (NETWORK, OFFSET, CALIBRATION_MEAN)
    short = {NETWORK: "fine-tuned", OFFSET: "offset", CALIBRATION_MEAN: "calibration mean"}
    columns = [(pressure, method) for pressure in PRESSURES for method in methods]
    shown = rows[rows["network"].isin([ALL, NONE])].set_index(["setting", "budget", "pressure", "method"]).sort_index()
    header = " | ".join(f"{pressure} {short[method]}" for pressure, method in columns)
    lines = [
        f"| windows of the subject | budget | median number | {header} |",
        "|---|---:|---:|" + "---:|" * len(columns),
    ]
    for setting in STRATEGIES:
        for budget in rows.loc[rows["setting"] == setting, "budget"].unique():
            cells = [shown.loc[(setting, budget, *column)] for column in columns]
            counted = f"{cells[0].n_calibration:g}"
            lines.append(f"| {setting} | {budget} | {counted} | {' | '.join(map(error_text, cells))} |")
    return lines


def _counts(mae: pd.DataFrame, protocol: Protocol) -> str:
    """Median numbers of calibration windows of both strategies at the main budget."""
    rows = mae[(mae["protocol"] == protocol.name) & (mae["budget"] == protocol.options.budget)]
    counts = rows.groupby("setting")["n_calibration"].first()
    return " / ".join(f"{counts[setting]:g}" for setting in STRATEGIES)


def _strategies_part(protocols: Sequence[Protocol], mae: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    """First and random side by side under each protocol."""
    rows = tests[(tests["comparison"] == "first vs random") & (tests["network"] == ALL)]
    rows = rows.set_index(["protocol", "pressure"])
    lines = [
        "## First windows or random ones",
        "",
        f"MAE of the fine-tuned network on `first` less that on `random`, {subject_of(tests['network'].unique())}; "
        "above 0, random windows are the better ones.",
        "",
        "| protocol | tests beside calibration windows | first / random windows | SBP | p (Holm) | DBP | p (Holm) |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for protocol in protocols:
        cells = []
        for pressure in PRESSURES:
            row = rows.loc[(protocol.name, pressure)]
            p = row.paired_p_holm
            cells += [difference_text(row), "" if np.isnan(p) else f"{p:.3f}" if p >= 0.001 else "< 0.001"]
        beside = "yes" if tests_beside_calibration(protocol.options) else "no"
        lines.append(f"| `{protocol.name}` | {beside} | {_counts(mae, protocol)} | {' | '.join(cells)} |")
    said = strategy_sentences(tests, {protocol.name: protocol.options for protocol in protocols})
    return [*lines, *([""] if said else []), *(f"- {sentence}" for sentence in said)]


def ks_caveat(options: EvaluationOptions) -> str:
    """What the paper's test finds significant, and why that says little."""
    return (
        "Subjects in whom a Kolmogorov-Smirnov test on the absolute errors of windows is significant "
        f"({options.alpha:g}, uncorrected). It takes a subject's windows for independent, which they are not, and "
        "finds worse errors as readily as better ones."
    )


def _ks_part(protocols, ks: pd.DataFrame, options: EvaluationOptions, reference: pd.DataFrame | None) -> list[str]:
    """In how many subjects the paper's test finds a difference."""
    networks = list(ks["network"].unique())
    lines = [
        "## The paper's test",
        "",
        ks_caveat(options),
        "",
        "| protocol | comparison | pressure | " + " | ".join(network_header(name) for name in networks) + " |",
        "|---|---|---|" + "---:|" * len(networks),
    ]
    found = ks.groupby(["protocol", "comparison", "pressure", "network"])["significant"].agg(["sum", "size"])
    for protocol in protocols:
        for comparison in ks["comparison"].unique():
            for pressure in PRESSURES:
                rows = found.loc[protocol.name, comparison, pressure]
                cells = " | ".join(f"{rows.loc[name, 'sum']} of {rows.loc[name, 'size']}" for name in networks)
                lines.append(f"| `{protocol.name}` | {comparison} | {pressure} | {cells} |")
    if reference is not None and len(reference):
        said = (f"{row.comparison}, {network_header(row.network)}: {row.share:.0%}" for row in reference.itertuples())
        lines += ["", f"The paper, of 20 subjects, the pressure not said: {'; '.join(said)}."]
    return lines
