"""Parts of a page on the gain by fine-tuning, in Markdown, with sentences that are true for any outcome."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW
from cuffless.judgement.names import ALL, NETWORKS, NONE, PRESSURES


def opening(title: str, warnings: Iterable[str], mae: pd.DataFrame, options: EvaluationOptions) -> list[str]:
    """Title, warnings, and a description of the page's errors: how intervals are computed, number of seeds."""
    seeds = int(mae.loc[mae["network"] == ALL, "seeds"].min())
    methods = sorted(set(mae["interval"]) - {TOO_FEW})
    intervals = (
        f"[{options.confidence:.0%} interval] over subjects ({' and '.join(methods)})"
        if methods
        else f"without intervals: fewer than {LEAST_SUBJECTS} subjects"
    )
    ranking = (
        "1 seed: no ranking of networks." if seeds == 1 else f"{seeds} seeds. Absolute errors are averaged over seeds."
    )
    warned = [line for text in dict.fromkeys(warnings) for line in (f"**WARNING: {text}.**", "")]
    read = f"Mean absolute error in mmHg, every subject counting the same, {intervals}. {ranking}"
    return [f"# {title}", "", *warned, read]


def methods_table(rows: pd.DataFrame, heads: Sequence[str], wanted: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Errors of methods, one column per network; methods without a network have the last column.

    Parameters
    ----------
    rows : DataFrame
        Of `MethodTables.mae`: one pressure, average and budget.
    heads : sequence of str
        Over the first two columns.
    wanted : iterable of (setting, its printed name, method, its printed name)
        The table's rows; those that were not judged are skipped.

    Returns
    -------
    list of str
    """
    networks = [name for name in rows["network"].unique() if name not in (ALL, NONE)]
    columns = [*networks, ALL] if len(networks) > 1 else networks
    shown = rows.set_index(["method", "setting", "network"]).sort_index()
    known = shown.index.droplevel("network")
    lines = table_head([*heads, *map(network_header, columns)], len(heads))
    for setting, taken, method, name in wanted:
        if (method, setting) in known:
            own = shown.loc[(method, setting)]
            cells = [own.loc[column] if column in own.index else None for column in columns]
            if NONE in own.index:
                cells[-1] = own.loc[NONE]
            texts = ("" if cell is None else error_text(cell) for cell in cells)
            lines.append(f"| {taken} | {name} | {' | '.join(texts)} |")
    return lines


def ks_part(ks: pd.DataFrame, options: EvaluationOptions) -> list[str]:
    """In how many subjects the paper's test finds a difference.

    Parameters
    ----------
    ks : DataFrame
        As from `MethodTables.subject_ks`.
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    list of str
    """
    networks, several = list(ks["network"].unique()), bool(ks["protocol"].ne("").any())
    heads = ["protocol", "comparison", "pressure"][not several :]
    lines = [
        "## The paper's test",
        "",
        "Subjects in whom a Kolmogorov-Smirnov test on the absolute errors of windows is significant "
        f"({options.alpha:g}, uncorrected). It treats a subject's windows as independent, which they are not, and "
        "finds worse errors as readily as better ones.",
        "",
        *table_head([*heads, *map(network_header, networks)], len(heads)),
    ]
    for (protocol, comparison), rows in ks.groupby(["protocol", "comparison"], sort=False):
        found = rows.groupby(["pressure", "network"])["significant"].agg(["sum", "size"])
        first = f"`{protocol}` | {comparison}" if several else comparison
        for pressure in PRESSURES:
            cells = (found.loc[(pressure, name)] for name in networks)
            counted = " | ".join(f"{cell['sum']} of {cell['size']}" for cell in cells)
            lines.append(f"| {first} | {pressure} | {counted} |")
    return lines


def table_head(heads: Sequence[str], texts: int) -> list[str]:
    """Head of a table whose first columns are text and whose others are numbers."""
    return [f"| {' | '.join(heads)} |", "|" + "---|" * texts + "---:|" * (len(heads) - texts)]


def network_header(network: str) -> str:
    """A network's name over a column."""
    return "mean over networks" if network == ALL else NETWORKS.get(network, network)


def subject_of(networks: Iterable[str]) -> str:
    """Printed name of the mean over networks."""
    names = [name for name in networks if name not in (ALL, NONE)]
    return "the mean over networks" if len(names) > 1 else network_header(names[0])


def error_text(row) -> str:
    """An MAE with its interval, or without where there is none."""
    return f"{row.mae:.1f}" + ("" if np.isnan(row.lower) else f" [{row.lower:.1f}, {row.upper:.1f}]")


def difference_text(row) -> str:
    """A difference with its interval, or without where there is none."""
    interval = "" if np.isnan(row.lower) else f" [{number_text(row.lower)}, {number_text(row.upper)}]"
    return f"{number_text(row.difference)}{interval}"


def number_text(value: float) -> str:
    """One decimal, with a minus sign, and no minus before 0.0."""
    text = f"{value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def p_text(p: float) -> str:
    """A p-value, as written in sentences."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def verdict_text(row, below: str, above: str) -> str:
    """The conclusion that a paired test allows about a difference below or above 0."""
    if not row.paired_significant:
        return "no difference is shown"
    return below if row.difference < 0 else above
