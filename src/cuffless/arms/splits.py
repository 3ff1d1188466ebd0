"""Splits: networks are tested on people whom they have never seen, or know from training."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cuffless.arms.arm import Arm, Judged
from cuffless.config import EvaluationOptions
from cuffless.judgement import JudgedTable, judge, make_cases, read_table
from cuffless.judgement.compare import compare_splits


def judge_splits(
    table: JudgedTable,
    options: EvaluationOptions | None = None,
    *,
    splits: Sequence[str] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> Judged:
    """Judge the networks of all splits, and the splits against each other.

    Parameters
    ----------
    table : JudgedTable
        Predictions of all splits, networks and seeds.
    options : EvaluationOptions, optional
    splits : sequence of str, optional
        Splits in the tables' order; every other one is compared with the first. All by default.
    limits : mapping of pressure to (low, high), optional
        Accepted SBP and DBP in mmHg (windows.sbp_range, windows.dbp_range): bins are counted from there.

    Raises
    ------
    PredictionError
        If a split has no predictions, or its trainings were not judged on the same windows.
    """
    options, cases = options or EvaluationOptions(), make_cases(table)
    tables = compare_splits({case.name: case.judged for case in cases}, options, order=splits)
    return Judged(tables, judgement=judge(table, options, limits=limits, cases=cases))


def _judge(files, params, resources: Path) -> Judged:
    options = EvaluationOptions.model_validate_json(params.options)
    table = read_table(files.predictions)
    return judge_splits(table, options, splits=params.splits, limits=json.loads(params.limits))


ARM = Arm(
    "splits",
    ("seeds", "overall", "contrasts"),
    _judge,
)
