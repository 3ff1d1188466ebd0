"""Table 2: mean absolute errors on rPPG beside the paper's."""

from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.folds import SETTINGS
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.measures.methods import NETWORK, NONE
from cuffless.judgement.paper_tables import PaperTable, write_table1
from cuffless.judgement.table.comparison import Comparison
from cuffless.judgement.table.predictions import MEAN, JudgedSplit

TABLE2 = PaperTable(
    number=2,
    title="Mean absolute error in mmHg on rPPG",
    settings={
        "before": "before fine-tuning",
        "tuned": "fine-tuned on other people",
        "first": "the same and first windows",
        "random": "the same and random windows",
    },
)
PAPERS_SLIP = (
    'The paper\'s rows for random windows repeat its rows "without personalization" to the digit, a slip; they are '
    "left out."
)


def overall_table(
    comparison: Comparison, audit: dict, tuning: RppgTuningOptions, options: EvaluationOptions
) -> pd.DataFrame:
    """Rows of Table 2: every network, and the mean regressor of each fold, in each setting.

    Parameters
    ----------
    comparison : Comparison
    audit : dict
        As from `audit_folds`: its warnings join the note.
    tuning : RppgTuningOptions
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        As the second of `mae_tables`, the setting as its ``split``, with ``note``.
    """
    tables = []
    for setting in SETTINGS:
        judged = comparison.judged[NETWORK, setting]
        mean = comparison.judged[MEAN, setting].predicted[NONE, 0]
        predicted = {**judged.predicted, (MEAN, 0): mean}
        split = JudgedSplit(setting, judged.subjects, judged.owner, judged.reference, predicted)
        tables.append(mae_tables(split, options)[1])
    return pd.concat(tables, ignore_index=True).assign(note=table2_note(audit, tuning))


def table2_note(audit: dict, tuning: RppgTuningOptions) -> str:
    """What a reader of Table 2 must know."""
    tests = {
        "common": "All settings are tested on the same windows, those that neither first nor random takes",
        "own_complement": "Each setting is tested on all windows of the test subject that it does not take",
    }
    warned = "".join(f" WARNING: {text}." for text in audit.get("warnings", ()))
    return (
        "Fine-tuned: the outputs only, leaving one subject out; first and random add "
        f"{100 * tuning.share:g} % of the test subject's windows. {tests[tuning.test]}. The mean regressor is that of "
        f"the fold's training subjects. {PAPERS_SLIP}{warned}"
    )


def write_table2(
    overall: pd.DataFrame,
    reference: pd.DataFrame,
    csv: str | Path,
    md: str | Path,
    options: EvaluationOptions | None = None,
) -> None:
    """Write Table 2, its columns as Table 1's, each file whole or not at all.

    Parameters
    ----------
    overall : DataFrame
        As from `overall_table`.
    reference : DataFrame
        As from `cuffless.evaluation.read_reference`.
    csv, md : path
        Where the table and its Markdown go.
    options : EvaluationOptions, optional
        `confidence`.
    """
    write_table1([overall], reference, csv, md, options, paper=TABLE2)
