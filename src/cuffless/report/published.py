"""Errors that others published, to be read next to a judgement's own."""

from pathlib import Path

import pandas as pd

from cuffless.report.tables import Column, Table, make_table
from cuffless.report.wording import NOTHING, count, text

PUBLISHED = Path(__file__).with_name("published.csv")
COLUMNS = (
    *("source", "year", "doi", "dataset", "people", "protocol"),
    *("sbp_mae", "dbp_mae", "sbp_mean_mae", "dbp_mean_mae", "note"),
)
CAVEAT = (
    "Other people, other pressures, other rules for what counts as a window: an MAE is small where pressures differ "
    "little. Compare the skill, or the error next to that of the mean on the same data, not one MAE with another."
)


def read_published(path: str | Path = PUBLISHED) -> pd.DataFrame:
    """Published mean absolute errors.

    Returns
    -------
    DataFrame
        One row per result: ``source, year, doi, dataset, people`` (their number), ``protocol``, ``sbp_mae, dbp_mae,
        sbp_mean_mae, dbp_mean_mae`` (mmHg; the last two of the training mean on the same windows) and ``note``.
        Empty or NaN where the source does not give it.

    Raises
    ------
    ValueError
        If a column is missing or a result has no error.
    """
    table = pd.read_csv(path)
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"{path}: no column {', '.join(missing)}; restore the file that comes with the package")
    if (empty := table[["sbp_mae", "dbp_mae"]].isna().any(axis=1)).any():
        raise ValueError(f"{path}: no error in line {empty.idxmax() + 2}; give sbp_mae and dbp_mae in mmHg")
    texts = ["source", "doi", "dataset", "protocol", "note"]
    return table.assign(**{name: table[name].fillna("") for name in texts})


def published_table() -> Table:
    """Published errors as a table of a page."""
    columns = [
        Column("source", lambda r: f"{r.source} ({r.year})", wide=True),
        Column("tested on", "dataset", wide=True),
        Column("protocol", "protocol", wide=True),
        Column("people", lambda r: count(r.people), numeric=True),
        Column("SBP MAE", lambda r: text(r.sbp_mae) or NOTHING, numeric=True),
        Column("of the mean", lambda r: text(r.sbp_mean_mae) or NOTHING, numeric=True),
        Column("DBP MAE", lambda r: text(r.dbp_mae) or NOTHING, numeric=True),
        Column("of the mean", lambda r: text(r.dbp_mean_mae) or NOTHING, numeric=True),
        Column("doi", lambda r: text(r.doi) or NOTHING),
        Column("note", "note", wide=True),
    ]
    return make_table(read_published(), columns, "Published errors of 2025 and 2026, mmHg")
