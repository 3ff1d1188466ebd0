"""Judging networks on rPPG: from folds and predictions to the tables that reports and figures show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from cuffless.arms.camera_summary import summary_page
from cuffless.config import EvaluationOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.judgement.evidence.camera_contrasts import contrast_table
from cuffless.judgement.measures.camera_tables import box_table, ks_table, mae_table, skill_table, subject_table
from cuffless.judgement.table.comparison import compare
from cuffless.judgement.table2 import overall_table


@dataclass(frozen=True)
class RppgTables:
    """Tidy tables; see `mae_table`, `skill_table`, `contrast_table` (tests), `subject_table`, `ks_table`, `box_table`
    for their columns. `overall` are the rows of Table 2, `summary` is a page of Markdown.
    """

    mae: pd.DataFrame
    skill: pd.DataFrame
    tests: pd.DataFrame
    subjects: pd.DataFrame
    ks: pd.DataFrame
    box: pd.DataFrame
    overall: pd.DataFrame
    summary: str


def judge_rppg(
    plan: pd.DataFrame,
    audit: dict,
    predictions: pd.DataFrame | Iterable[pd.DataFrame],
    tuning: RppgTuningOptions,
    options: EvaluationOptions | None = None,
    *,
    reference: pd.DataFrame | None = None,
    unchanged: Mapping[str, float] | None = None,
) -> RppgTables:
    """Judge networks before and after fine-tuning beside what needs no network, on the same test windows.

    Parameters
    ----------
    plan : DataFrame
        As from `sample_folds`.
    audit : dict
        As from `audit_folds`; its warnings go into Table 2 and the summary.
    predictions : DataFrame or iterable of DataFrame
        Of all networks and seeds, as from `contract_table`.
    tuning : RppgTuningOptions
        For the words only: what the plan was drawn with.
    options : EvaluationOptions, optional
    reference : DataFrame, optional
        What the paper found, for the summary; see `summary_page`.
    unchanged : mapping of str to float, optional
        Share of each network's fits that left it as it was, for the summary.

    Returns
    -------
    RppgTables
        For `cuffless.evaluation.write_tables`.

    Raises
    ------
    PredictionError
        If there are no predictions, or a network and seed does not agree with the plan; see `compare`.
    """
    options = options or EvaluationOptions()
    comparison = compare(plan, predictions)
    tables = {
        "mae": mae_table(comparison, options),
        "tests": contrast_table(comparison, options),
        "subjects": subject_table(comparison),
        "ks": ks_table(comparison, options),
    }
    return RppgTables(
        **tables,
        skill=skill_table(comparison, options),
        box=box_table(comparison),
        overall=overall_table(comparison, audit, tuning, options),
        summary=summary_page(
            **tables, audit=audit, tuning=tuning, options=options, reference=reference, unchanged=unchanged
        ),
    )
