"""Judging predictions on people that a network has not seen."""

from cuffless.evaluation.bins import bin_table
from cuffless.evaluation.bootstrap import LEAST_SUBJECTS, TOO_FEW, Interval, subject_interval
from cuffless.evaluation.errors import absolute_errors, mae_tables, sum_by_subject
from cuffless.evaluation.judgement import Evaluation, evaluate, write_tables
from cuffless.evaluation.predictions import (
    MEAN,
    PRESSURES,
    WINDOW,
    JudgedSplit,
    PredictionError,
    align_predictions,
    read_predictions,
)
from cuffless.evaluation.significance import compare_predictors, holm_corrected, ks_on_windows, sign_flip_test
from cuffless.evaluation.table1 import NETWORKS, PaperTable, build_table1, format_table1, read_reference, write_table1

__all__ = [
    "LEAST_SUBJECTS",
    "MEAN",
    "NETWORKS",
    "PRESSURES",
    "TOO_FEW",
    "WINDOW",
    "Evaluation",
    "Interval",
    "JudgedSplit",
    "PaperTable",
    "PredictionError",
    "absolute_errors",
    "align_predictions",
    "bin_table",
    "build_table1",
    "compare_predictors",
    "evaluate",
    "format_table1",
    "holm_corrected",
    "ks_on_windows",
    "mae_tables",
    "read_predictions",
    "read_reference",
    "sign_flip_test",
    "subject_interval",
    "sum_by_subject",
    "write_table1",
    "write_tables",
]
