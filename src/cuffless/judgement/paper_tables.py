"""Tables 1 and 2: the study's mean absolute errors next to the paper's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.files import whole_file
from cuffless.judgement.names import MEAN, NETWORKS

REFERENCE_COLUMNS = ["table", "pressure", "setting", "network", "mae", "source"]
COLUMNS = [
    "pressure",
    "setting",
    "network",
    "mae",
    "lower",
    "upper",
    "n_subjects",
    "n_windows",
    "seeds",
    "average",
    "paper",
    "note",
]
SETTINGS = {
    "mixed": "mixed",
    "nonmixed": "non-mixed",
    "kfold": "k-fold, each subject tested once",
    "before": "before personalization",
    "random": "personalized, random windows",
    "first": "personalized, first windows",
}


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper: its number, its title, and the printed names of its settings."""

    number: int
    title: str
    settings: Mapping[str, str]


TABLE1 = PaperTable(1, "Mean absolute error in mmHg", SETTINGS)
TABLE2 = PaperTable(
    2,
    "Mean absolute error in mmHg on rPPG",
    {
        "before": "before fine-tuning",
        "tuned": "fine-tuned on other people",
        "first": "the same and first windows",
        "random": "the same and random windows",
        "recordings": "the same and the subject's calibration recordings",
    },
)


TABLES = {paper.number: paper for paper in (TABLE1, TABLE2)}


def read_reference(path: str | Path) -> pd.DataFrame:
    """Read the paper's results (`resources/reference_results.csv`).

    Returns
    -------
    DataFrame
        ``table`` (1 or 2), ``pressure, setting, network, mae`` (mmHg), ``source``.

    Raises
    ------
    ValueError
        If a column is missing or a result is given twice.
    """
    reference = pd.read_csv(path)
    missing = [column for column in REFERENCE_COLUMNS if column not in reference.columns]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; restore the file that comes with the workflow")
    if reference.duplicated(REFERENCE_COLUMNS[:4]).any():
        raise ValueError(f"{path}: a result is given twice; keep one row per table, pressure, setting and network")
    return reference


def build_table(overall: pd.DataFrame, reference: pd.DataFrame, paper: PaperTable = TABLE1) -> pd.DataFrame:
    """Put the paper's MAE next to the study's.

    Parameters
    ----------
    overall : DataFrame
        As from `mae_tables`; its ``split`` is the table's ``setting``. A column ``note`` is kept.
    reference : DataFrame
        As from `read_reference`.
    paper : PaperTable, optional
        Which of its tables.

    Returns
    -------
    DataFrame
        ``pressure, setting, network, mae, lower, upper, n_subjects, n_windows, seeds, average, paper, note``.
        ``paper`` is NaN where the paper has no such result, and in rows that average over subjects, as
        the paper averages over windows. ``note`` is a remark on a row, usually empty.
    """
    of_table = reference["table"] == paper.number
    theirs = reference.loc[of_table, ["pressure", "setting", "network", "mae"]]
    theirs = theirs.rename(columns={"mae": "paper"}).assign(average="pooled")
    table = overall.rename(columns={"split": "setting"})
    table = table.assign(note=table["note"].fillna("") if "note" in table else "")
    table = table.merge(theirs, how="left", on=["pressure", "setting", "network", "average"], validate="many_to_one")
    return table[COLUMNS]


def format_table(
    table: pd.DataFrame, overall: pd.DataFrame, *, confidence: float = 0.95, paper: PaperTable = TABLE1
) -> str:
    """Write a table of the paper as Markdown.

    Parameters
    ----------
    table : DataFrame
        As from `build_table`.
    overall : DataFrame
        As from `mae_tables`: names each interval's method and the spread over seeds.
    confidence : float
        Level of the intervals.
    paper : PaperTable, optional
        Which of its tables.

    Returns
    -------
    str
        A table of pooled and one of subject averages, ours with interval, the paper's in parentheses; notes below.
    """
    details = overall.rename(columns={"split": "setting"})
    keys = ["pressure", "setting", "network", "average"]
    table = table.merge(details[[*keys, "interval", "mae_min", "mae_max"]], on=keys, validate="one_to_one")
    networks = list(dict.fromkeys(table["network"]))
    methods = " and ".join(sorted(set(table["interval"]) - {"too few subjects"})) or "none: too few subjects"
    seeds = int(table.loc[table["network"] != MEAN, "seeds"].max()) if len(networks) > 1 else 1
    lines = [
        f"# Table {paper.number}. {paper.title}",
        "",
        f"Ours [{confidence:.0%} interval], with the paper's in parentheses where it gives one. "
        f"Intervals are over subjects ({methods}). "
        + (
            "1 seed: no ranking of networks."
            if seeds == 1
            else f"Means of up to {seeds} seeds, with the least and greatest in braces."
        ),
    ]
    titles = {"pooled": "Every window counts the same", "subject": "Every subject counts the same"}
    for average, title in titles.items():
        rows = table[table["average"] == average]
        if rows.empty:
            continue
        lines += ["", f"## {title}", ""]
        lines.append("| | setting | " + " | ".join(NETWORKS.get(n, n) for n in networks) + " | subjects | windows |")
        lines.append("|---|---|" + "---|" * len(networks) + "---:|---:|")
        for (pressure, setting), group in rows.groupby(["pressure", "setting"], sort=False):
            cells = {row.network: _cell(row) for row in group.itertuples()}
            counts = f"{group['n_subjects'].max():,} | {group['n_windows'].max():,}"
            line = " | ".join(cells.get(network, "–") for network in networks)
            lines.append(f"| {pressure} | {paper.settings.get(setting, setting)} | {line} | {counts} |")
    notes = [note for note in dict.fromkeys(table["note"]) if note]
    return "\n".join([*lines, *(f"\n{note}" for note in notes)]) + "\n"


def write_paper_table(
    overall: Sequence[pd.DataFrame],
    reference: pd.DataFrame,
    csv: str | Path,
    md: str | Path,
    options: EvaluationOptions | None = None,
    *,
    paper: PaperTable = TABLE1,
) -> None:
    """Write a table of the paper as CSV and Markdown, each file whole or not at all.

    Parameters
    ----------
    overall : sequence of DataFrame
        As for `build_table`: that of the splits, then others with the same columns.
    reference : DataFrame
        As from `read_reference`.
    csv, md : path
        Output files: the table and its Markdown.
    options : EvaluationOptions, optional
        `confidence`.
    paper : PaperTable, optional
        Which of its tables.
    """
    together = pd.concat(overall, ignore_index=True)
    table = build_table(together, reference, paper)
    with whole_file(csv) as part:
        table.to_csv(part, index=False, lineterminator="\n")
    with whole_file(md) as part:
        confidence = (options or EvaluationOptions()).confidence
        part.write_text(format_table(table, together, confidence=confidence, paper=paper), encoding="utf-8")


def _cell(row) -> str:
    interval = row.interval if np.isnan(row.lower) else f"{row.lower:.1f}, {row.upper:.1f}"
    spread = f" {{{row.mae_min:.1f}, {row.mae_max:.1f}}}" if row.seeds > 1 and row.network != MEAN else ""
    paper = "" if np.isnan(row.paper) else f" ({row.paper:.1f})"
    return f"{row.mae:.1f} [{interval}]{spread}{paper}"
