"""Judging any predictor, ours or a user's, from one table of predictions."""

from cuffless.judgement.cases import Case, make_cases
from cuffless.judgement.judge import Judgement, judge
from cuffless.judgement.reading import JudgedTable, read_table

__all__ = ["Case", "JudgedTable", "Judgement", "judge", "make_cases", "read_table"]
