"""Texts about the tables of personalization, with sentences that are true for any outcome."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, EvaluationOptions, ProtocolOptions
from cuffless.judgement import names
from cuffless.judgement.summary import (
    difference_text,
    error_text,
    ks_part,
    methods_table,
    network_header,
    number_text,
    opening,
    p_text,
    subject_of,
    table_head,
    verdict_text,
)
from cuffless.judgement.warnings import skill_warnings

TITLE = "Personalization: what a subject's own data gains"
OF_STRATEGY = {"first": "the first windows", "random": "random windows"}
_CALIBRATED = (*names.CALIBRATED, names.OFFSET, names.NETWORK)
_TESTED = ("SBP", "p (Holm)", "DBP", "p (Holm)")
_UNSURE = "too few subjects for an interval or a test"


def summary_page(
    protocols: Sequence,
    tables: Mapping[str, pd.DataFrame],
    options: EvaluationOptions,
    reference: pd.DataFrame | None = None,
) -> str:
    """Write the page from the tables.

    Parameters
    ----------
    protocols : sequence of Protocol
        Their names, options and warnings.
    tables : mapping of str to DataFrame
        As from `compare_methods`.
    options : EvaluationOptions
        `confidence`, `alpha`.
    reference : DataFrame, optional
        The paper's findings by its own test: ``comparison, network, share`` of subjects
        (`resources/reference_significance.csv`).

    Returns
    -------
    str
        Markdown.
    """
    mae, tests = tables["mae"], tables["contrasts"]
    warnings = [text for protocol in protocols for text in protocol.audit.get("warnings", ())]
    lines = opening(TITLE, [*warnings, *skill_warnings(tables["method_skill"])], mae, options)
    for protocol in protocols:
        lines += ["", *_protocol_part(protocol, *(t[t["protocol"] == protocol.name] for t in (mae, tests)))]
    lines += ["", *_strategies_part(protocols, mae, tests), "", *ks_part(tables["subject_ks"], options)]
    if reference is not None and len(reference):
        said = (f"{row.comparison}, {network_header(row.network)}: {row.share:.0%}" for row in reference.itertuples())
        lines += ["", f"The paper, of 20 subjects, without naming the pressure: {'; '.join(said)}."]
    return "\n".join(lines) + "\n"


def table1_note(protocol) -> str:
    """Note below Table 1 on the personalized rows of a protocol."""
    own = protocol.options
    shares = {"first": own.share, "random": own.random_share or own.share}
    taken = f"{own.budget}" if len(set(shares.values())) == 1 else None
    taken = taken or " and ".join(f"{100 * shares[name]:g} % ({name})" for name in STRATEGIES)
    warned = "".join(f" WARNING: {text}." for text in protocol.audit.get("warnings", ()))
    return f"Personalization (protocol {protocol.name}) calibrates with {taken} of each subject's windows.{warned}"


def _protocol_part(protocol, mae: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    own = protocol.options
    subjects, windows = int(mae["n_subjects"].iloc[0]), int(mae["n_windows"].iloc[0])
    seeds = int(mae.loc[mae["network"] == names.ALL, "seeds"].iloc[0])
    cohort = f"{subjects:,} subject{'s' * (subjects != 1)}, {windows:,} test windows, {seeds} seed{'s' * (seeds != 1)}."
    rows = mae[mae["average"] == "subject"]
    lines = [f"## Protocol `{protocol.name}`", "", f"{cohort} {protocol_sentence(own, protocol.shares)}"]
    lines += [f"{text[0].upper()}{text[1:]}." for text in protocol.audit.get("notes", ())]
    if late := ", ".join(f"{network_header(n)} {share:.0%}" for n, share in protocol.at_limit.items() if share > 0):
        lines.append(f"Fits that ended at the limit of {own.epochs} epochs, perhaps too early: {late}.")
    for pressure in names.PRESSURES:
        lines += ["", f"### {pressure}", "", *_methods(rows[rows["pressure"] == pressure], own)]
    lines += ["", f"### Budgets ({subject_of(mae['network'].unique())})", "", *_budget_table(rows)]
    return [*lines, "", "### In words", "", *(f"- {sentence}" for sentence in gain_sentences(mae, tests, own))]


def _methods(rows: pd.DataFrame, options: ProtocolOptions) -> list[str]:
    """Methods without windows of the subject, and methods of each strategy, at the main budget."""
    shuffled = " in the shuffled order" if options.order == "shuffled" else ""
    shown = rows[rows["budget"].isin(["", options.budget])]
    counts = shown.groupby("setting")["n_calibration"].first()
    wanted = [("before", "none", names.NETWORK, "network as trained")]
    wanted += [("before", "none", method, names.METHODS[method]) for method in (names.MEAN, names.HEART_RATE)]
    for setting in STRATEGIES:
        for method in _CALIBRATED:
            name = "fine-tuned network" if method == names.NETWORK else names.METHODS[method]
            name += shuffled * (method in (names.HOLD_FIRST, names.HOLD_LAST))
            wanted.append((setting, f"{setting} ({counts[setting]:g})", method, name))
    return methods_table(shown, ("windows of the subject", "method"), wanted)


def _budget_table(rows: pd.DataFrame) -> list[str]:
    """Setting and budget against fine-tuning, offset correction and calibration mean."""
    methods = (names.NETWORK, names.OFFSET, names.CALIBRATION_MEAN)
    short = {names.NETWORK: "fine-tuned", names.OFFSET: "offset", names.CALIBRATION_MEAN: "calibration mean"}
    columns = [(pressure, method) for pressure in names.PRESSURES for method in methods]
    shown = (
        rows[rows["network"].isin([names.ALL, names.NONE])]
        .set_index(["setting", "budget", "pressure", "method"])
        .sort_index()
    )
    heads = [f"{pressure} {short[method]}" for pressure, method in columns]
    lines = table_head(["windows of the subject", "budget", "median number", *heads], 1)
    for setting in STRATEGIES:
        for budget in rows.loc[rows["setting"] == setting, "budget"].unique():
            cells = [shown.loc[(setting, budget, *column)] for column in columns]
            counted = f"{cells[0].n_calibration:g}"
            lines.append(f"| {setting} | {budget} | {counted} | {' | '.join(map(error_text, cells))} |")
    return lines


def _counts(mae: pd.DataFrame, protocol) -> str:
    """Median numbers of calibration windows of both strategies at the main budget."""
    rows = mae[(mae["protocol"] == protocol.name) & (mae["budget"] == protocol.options.budget)]
    counts = rows.groupby("setting")["n_calibration"].first()
    return " / ".join(f"{counts[setting]:g}" for setting in STRATEGIES)


def _strategies_part(protocols: Sequence, mae: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    """First and random side by side under each protocol."""
    rows = tests[(tests["comparison"] == "first vs random") & (tests["network"] == names.ALL)]
    rows = rows.set_index(["protocol", "pressure"])
    lines = [
        "## First windows or random ones",
        "",
        f"MAE of the fine-tuned network on `first` less that on `random`, {subject_of(tests['network'].unique())}; "
        "above 0, random windows are the better ones.",
        "",
        *table_head(["protocol", "tests next to calibration windows", "first / random windows", *_TESTED], 2),
    ]
    for protocol in protocols:
        cells = []
        for pressure in names.PRESSURES:
            row = rows.loc[(protocol.name, pressure)]
            p = row.paired_p_holm
            cells += [difference_text(row), "" if np.isnan(p) else f"{p:.3f}" if p >= 0.001 else "< 0.001"]
        beside = "yes" if tests_beside_calibration(protocol.options) else "no"
        lines.append(f"| `{protocol.name}` | {beside} | {_counts(mae, protocol)} | {' | '.join(cells)} |")
    said = strategy_sentences(tests, {protocol.name: protocol.options for protocol in protocols})
    return [*lines, *([""] if said else []), *(f"- {sentence}" for sentence in said)]


def protocol_sentence(options: ProtocolOptions, shares: Mapping[str, float] = MappingProxyType({})) -> str:
    """How a protocol divides a subject's windows, and which layers it trains, with `shares` of networks' weights."""
    rest = f"each subject's last {100 * (1 - options.share):g} %"
    order = "in time" if options.order == "time" else "in shuffled order"
    if options.test_half == "last":
        test = f"the last half of {rest} {order}"
        gap = f", with {_count(options.gap, 'unused window')} before it"
    else:
        test, gap = f"every second window of {rest} {order}, next to windows that may calibrate", ""
    layers = {"heads": "the outputs", "dense": "dense layers and outputs", "all": "all layers", "last7": "the last 7"}
    of = ", ".join(f"{names.NETWORKS.get(name, name)} {_percent(share)}" for name, share in shares.items())
    return f"Tested on {test}{gap}. Layers trained: {layers[options.layers]}{f' ({of} of the weights)' if of else ''}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def gain_sentences(mae: pd.DataFrame, tests: pd.DataFrame, options: ProtocolOptions) -> list[str]:
    """Sentences on the gain by fine-tuning over the network as trained, and over methods without fine-tuning.

    Parameters
    ----------
    mae, tests : DataFrame
        Rows of one protocol, as from `MethodTables`.
    options : ProtocolOptions

    Returns
    -------
    list of str
        For each strategy and pressure, of `all` at the main budget, subjects counting the same.
    """
    who = subject_of(mae["network"].unique())
    known = mae[
        (mae["network"] == names.ALL) & (mae["average"] == "subject") & mae["budget"].isin(["", options.budget])
    ]
    known = known.set_index(["pressure", "method", "setting"])["mae"].sort_index()
    contrasts = tests[tests["network"] == names.ALL].set_index(["comparison", "pressure"]).sort_index()
    said = []
    for strategy in STRATEGIES:
        for pressure in names.PRESSURES:
            levels = [
                known[pressure, *of] for of in (("network", "before"), ("network", strategy), ("offset", strategy))
            ]
            where = f"{pressure}, fine-tuned on {OF_STRATEGY[strategy]}, {who}"
            said.append(f"{where}: {_gain(contrasts.loc[(f'{strategy} vs before', pressure)], levels)}")
            against = [
                _against(contrasts.loc[(f"{strategy} vs {other}", pressure)], other)
                for other in ("offset", "calibration mean", "hold last")
            ]
            said.append(f"{where}: its MAE less {', and less '.join(against)}.")
    return said


def _gain(row, levels: Sequence[float]) -> str:
    before, tuned, offset = levels
    moved = f"the MAE {_verb(row.difference)} from {before:.1f} to {tuned:.1f} mmHg"
    if np.isnan(row.lower):
        return f"{moved} ({_count(row.n_pairs, 'subject')}: {_UNSURE})."
    gain, least, most = map(number_text, (-row.difference, -row.upper, -row.lower))
    moved += f", a gain of {gain} mmHg [{least}, {most}] ({_p_value(row)})"
    if row.lower <= 0 <= row.upper:
        return f"{moved}, which may be zero. The offset correction's share of it cannot be determined."
    if row.difference > 0:
        return f"{moved}: a loss, so there is no gain of which the offset correction could have a share."
    share = (before - offset) / (before - tuned)
    if share < 0:
        return f"{moved}. The offset correction alone gives none of it: with it the MAE is {offset:.1f} mmHg."
    more = f", more than all of it: with it the MAE is {offset:.1f} mmHg" if share > 1 else " of it"
    return f"{moved}. The offset correction alone gives {100 * share:.0f} %{more}."


def _verb(difference: float) -> str:
    return "falls" if difference < 0 else "rises" if difference > 0 else "goes"


def _against(row, other: str) -> str:
    called = {"offset": "the offset correction's", "hold last": "that of holding the last calibration value"}
    name = called.get(other, f"the {other}'s")
    if np.isnan(row.lower):
        return f"{name} is {number_text(row.difference)} mmHg ({_UNSURE})"
    verdict = verdict_text(row, "fine-tuning is better", "fine-tuning is worse")
    return f"{name} is {difference_text(row)} mmHg ({_p_value(row)}: {verdict})"


def strategy_sentences(tests: pd.DataFrame, options: dict[str, ProtocolOptions]) -> list[str]:
    """How much of the difference between strategies comes with windows next to the test windows.

    Parameters
    ----------
    tests : DataFrame
        Of all protocols.
    options : dict of str to ProtocolOptions
        By protocol.

    Returns
    -------
    list of str
        For each protocol that tests next to calibration windows, compared with the first that does not; none without
        both.
    """
    beside = [name for name, own in options.items() if tests_beside_calibration(own)]
    clean = [name for name in options if name not in beside]
    if not clean:
        return []
    rows = tests[(tests["comparison"] == "first vs random") & (tests["network"] == names.ALL)]
    difference = rows.set_index(["protocol", "pressure"])["difference"]
    said = []
    for name in beside:
        for pressure in names.PRESSURES:
            a, b = difference[clean[0], pressure], difference[name, pressure]
            less, beside_less, change = map(number_text, (a, b, b - a))
            said.append(
                f"{pressure}: `first` less `random` is {less} mmHg under `{clean[0]}` and {beside_less} mmHg under "
                f"`{name}`, where test windows are next to calibration windows: a change of {change} mmHg "
                "that comes with these neighbours and with whatever else the protocols do differently (not tested)."
            )
    return said


def tests_beside_calibration(options: ProtocolOptions) -> bool:
    """Whether a protocol tests windows whose neighbours may calibrate."""
    return options.test_half == "alternate" or options.order == "shuffled"


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _p_value(row) -> str:
    return f"{p_text(row.paired_p_holm)}, Holm over {row.family}"
