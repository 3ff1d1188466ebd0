"""Comparing splits, and the settings of networks on the windows of one design or several."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.tests import compare_predictors
from cuffless.judgement.measures.cells import collect_errors
from cuffless.judgement.measures.drift import delays, drift_edges, drift_table
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.measures.tables import MethodTables
from cuffless.judgement.questions import Questions
from cuffless.judgement.table.layout import Layout
from cuffless.judgement.table.predictions import JudgedSplit, PredictionError

COMPARED = ("mae", "method_skill", "contrasts", "subject_boxes", "subject_ks")
"""Tables of every comparison of methods; methods of `MethodTables`."""


def compare_methods(
    designs: Sequence[tuple[Layout, pd.DataFrame | Iterable[pd.DataFrame]]],
    questions: Questions,
    options: EvaluationOptions,
) -> dict[str, pd.DataFrame]:
    """Judge all methods of all designs.

    Parameters
    ----------
    designs : sequence of (Layout, DataFrame or iterable of DataFrame)
        Each with the predictions of all networks and seeds; the first is shown in the paper's table.
    questions : Questions
    options : EvaluationOptions

    Returns
    -------
    dict of str to DataFrame
        ``mae, method_skill, contrasts, subject_boxes, subject_ks``; ``boxes`` if they are requested, ``drift`` if
        a setting is followed over time; ``overall``, the rows of the paper's table. `MethodTables` describes their
        columns.

    Raises
    ------
    PredictionError
        If a design has no predictions, or a network and seed does not agree with it; see `runs`.
    """
    edges = drift_edges([(delays(design), design.owner) for design, _ in designs])
    names = [*COMPARED, *["boxes"] * questions.boxed_together]
    parts, overall = [], None
    for design, predictions in designs:
        errors = collect_errors(design, predictions)
        asked = MethodTables(errors, questions, options)
        parts.append({name: getattr(asked, name)() for name in names})
        if design.drift:
            parts[-1]["drift"] = drift_table(errors, edges, options)
        overall = asked.overall() if overall is None else overall
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]} | {"overall": overall}


def _concatenate(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def compare_splits(
    judged: Mapping[str, JudgedSplit], options: EvaluationOptions, *, order: Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Errors of every training of every split, and tests between networks and between splits.

    Parameters
    ----------
    judged : mapping of str to JudgedSplit
    options : EvaluationOptions
    order : sequence of str, optional
        Splits in the tables' order; every other one is compared with the first. All by default.

    Returns
    -------
    dict of str to DataFrame
        ``seeds`` and ``overall`` as from `mae_tables`, ``contrasts`` as from `compare_predictors`.

    Raises
    ------
    PredictionError
        If a split has no predictions.
    """
    order = list(order or judged)
    if absent := [name for name in order if name not in judged]:
        raise PredictionError(f"no predictions for split {', '.join(absent)}; there are {', '.join(judged)}")
    tables = [mae_tables(judged[name], options) for name in order]
    seeds, overall = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    return {"seeds": seeds, "overall": overall, "contrasts": compare_predictors(judged, options, order=order)}
