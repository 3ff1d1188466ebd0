"""Judging predictions on people that a network has not seen."""

from cuffless.evaluation.bins import bin_table
from cuffless.evaluation.bootstrap import LEAST_SUBJECTS, subject_interval
from cuffless.evaluation.errors import mae_tables
from cuffless.evaluation.judgement import Evaluation, evaluate, write_evaluation
from cuffless.evaluation.predictions import (
    JudgedSplit,
    PredictionError,
    align_predictions,
    read_predictions,
)
from cuffless.evaluation.significance import compare_predictors, holm_corrected, sign_flip_test
from cuffless.evaluation.table1 import build_table1, format_table1, read_reference

__all__ = [
    "LEAST_SUBJECTS",
    "Evaluation",
    "JudgedSplit",
    "PredictionError",
    "align_predictions",
    "bin_table",
    "build_table1",
    "compare_predictors",
    "evaluate",
    "format_table1",
    "holm_corrected",
    "mae_tables",
    "read_predictions",
    "read_reference",
    "sign_flip_test",
    "subject_interval",
    "write_evaluation",
]
