"""The external test in a study's report: one table of trained on by tested on, and what it shows in a sentence."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from cuffless.config import TRANSFERS
from cuffless.judgement.names import PRESSURES
from cuffless.judgement.transfer import OWN_NETWORK, TESTED_MEAN, TRAINED_MEAN
from cuffless.report.sentences import BETTER, UNKNOWN, UNSHOWN, WORSE, Sentence, verdict_of
from cuffless.report.tables import Column, Table, csv_download, make_table
from cuffless.report.wording import count, network_name, number, p_value, plural, with_limits

SETTINGS = dict(
    zip(TRANSFERS, ("as trained", "shifted to the mean there", "line fitted on a few people there"), strict=True)
)
"""Printed names of the settings."""
_PAIR = ["tested_on", "trained_on", "network", "setting", "pressure"]
_BASELINES = {
    TESTED_MEAN: "the mean there",
    TRAINED_MEAN: "the mean of its own data set",
    OWN_NETWORK: "the network trained there",
}
_FIGURES = ("skill", "lower", "upper", "paired_p_holm")
_OUTCOMES = {BETTER: "better", UNSHOWN: "not shown to be better", WORSE: "worse", UNKNOWN: "without an interval"}


def external_rows(transfer: pd.DataFrame) -> pd.DataFrame:
    """One row per pair of data sets, network, setting and pressure; every person counts the same.

    Parameters
    ----------
    transfer : DataFrame
        As from `cuffless.judgement.transfer.compare_transfers`.

    Returns
    -------
    DataFrame
        ``tested_on, trained_on, network, setting, pressure, mae, n_subjects``, and ``skill, lower, upper,
        paired_p_holm`` against each baseline, as ``skill_tested_mean``.
    """
    rows = transfer[transfer["average"] == "subject"]
    joined = rows[rows["baseline"] == TESTED_MEAN][[*_PAIR, "mae", "n_subjects"]]
    for baseline in _BASELINES:
        own = rows[rows["baseline"] == baseline].set_index(_PAIR)[list(_FIGURES)].add_suffix(f"_{baseline}")
        joined = joined.join(own, on=_PAIR)
    return joined.reset_index(drop=True)


def external_sentences(rows: pd.DataFrame) -> list[Sentence]:
    """Say for each pressure how many networks are better than doing nothing where they were not trained.

    Parameters
    ----------
    rows : DataFrame
        As from `external_rows`.
    """
    found = []
    for pressure in PRESSURES:
        own = rows[(rows["pressure"] == pressure) & (rows["trained_on"] != rows["tested_on"])]
        verdicts = pd.Series(
            [verdict_of(*limits) for limits in own[_columns(TESTED_MEAN)].itertuples(index=False)],
            index=own.index,
            dtype=object,
        )
        parts = []
        for setting, name in SETTINGS.items():
            counts = verdicts[own["setting"] == setting].value_counts()
            said = [f"{counts[verdict]} {word}" for verdict, word in _OUTCOMES.items() if verdict in counts]
            parts.append(f"{name}: {', '.join(said)}")
        networks = plural(len(own) // len(SETTINGS), "network")
        alike = set(verdicts)
        text = f"{networks} on other data sets, against the mean there: {'; '.join(parts)}."
        found.append(Sentence(pressure, alike.pop() if len(alike) == 1 else UNSHOWN, text))
    return found


def _columns(baseline: str) -> list[str]:
    """Skill against a baseline with its limits."""
    return [f"{figure}_{baseline}" for figure in _FIGURES[:3]]


def _skill_cell(baseline: str) -> Callable[[Any], str]:
    def write(row) -> str:
        skill, lower, upper = (getattr(row, column) for column in _columns(baseline))
        return with_limits(skill, lower, upper, 2)

    return write


def external_table(rows: pd.DataFrame, transfer: pd.DataFrame) -> Table:
    """Errors and skill of networks, trained on by tested on.

    Parameters
    ----------
    rows : DataFrame
        As from `external_rows`.
    transfer : DataFrame
        To be downloaded.
    """
    columns = [
        Column("tested on", "tested_on"),
        Column("trained on", lambda r: r.trained_on if r.trained_on != r.tested_on else f"{r.trained_on} (its own)"),
        Column("network", lambda r: network_name(r.network)),
        Column("what is known there", lambda r: SETTINGS[r.setting] if r.trained_on != r.tested_on else ""),
        Column("pressure", "pressure"),
        Column("MAE, mmHg", lambda r: number(r.mae), numeric=True),
        *(
            Column(f"skill against {name} [interval]", _skill_cell(baseline), numeric=True)
            for baseline, name in _BASELINES.items()
        ),
        Column("p against the mean there (Holm)", lambda r: p_value(r.paired_p_holm_tested_mean), numeric=True),
        Column("test people", lambda r: count(r.n_subjects), numeric=True),
    ]
    download = csv_download(transfer, "transfer.csv", "<data set>/judgement/external/tables/transfer.csv")
    return make_table(rows, columns, "Trained on by tested on", download=download)
