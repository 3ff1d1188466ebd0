"""The evaluation as a whole: from a prediction table to the tables that reports and figures show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.files import whole_file
from cuffless.judgement.evidence.tests import compare_predictors
from cuffless.judgement.measures.bins import bin_table
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.table.predictions import PredictionError, align_predictions


@dataclass(frozen=True)
class Evaluation:
    """Tidy tables; see `mae_tables`, `bin_table`, `compare_predictors` for their columns."""

    mae: pd.DataFrame
    overall: pd.DataFrame
    bins: pd.DataFrame
    tests: pd.DataFrame


def evaluate(
    predictions: pd.DataFrame,
    options: EvaluationOptions | None = None,
    *,
    splits: Sequence[str] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> Evaluation:
    """Judge predictions on test windows.

    Parameters
    ----------
    predictions : DataFrame
        As from `read_predictions`.
    options : EvaluationOptions, optional
    splits : sequence of str, optional
        Splits in the tables' order; every other one is compared with the first. All by default.
    limits : mapping of pressure to (low, high), optional
        Accepted SBP and DBP in mmHg (windows.sbp_range, windows.dbp_range): bins are counted from there.

    Returns
    -------
    Evaluation

    Raises
    ------
    PredictionError
        If a split has no predictions, or its trainings were not judged on the same windows.
    """
    options = options or EvaluationOptions()
    judged = align_predictions(predictions)
    order = list(splits or judged)
    absent = [name for name in order if name not in judged]
    if absent:
        raise PredictionError(f"no predictions for split {', '.join(absent)}; there are {', '.join(judged)}")
    tables = [mae_tables(judged[name], options) for name in order]
    return Evaluation(
        mae=pd.concat([mae for mae, _ in tables], ignore_index=True),
        overall=pd.concat([overall for _, overall in tables], ignore_index=True),
        bins=pd.concat([bin_table(judged[name], options, limits) for name in order], ignore_index=True),
        tests=compare_predictors(judged, options, order=order),
    )


def write_tables(tables: object, paths: Mapping[str, str | Path]) -> None:
    """Write tables, each whole or not at all.

    Parameters
    ----------
    tables : object
        Holds each table as an attribute: a DataFrame is written as CSV, text as it is.
    paths : mapping of str to str or Path
        Where each table goes, by its name in `tables`. Tables that are not named are not written.
    """
    for name, path in paths.items():
        table = getattr(tables, name)
        with whole_file(path) as part:
            if isinstance(table, str):
                part.write_text(table, encoding="utf-8")
            else:
                table.to_csv(part, index=False, lineterminator="\n")
