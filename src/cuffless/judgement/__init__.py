"""Judging any predictor, cuffless's own or a user's, from one table of predictions."""

from cuffless.judgement.judge import Judgement, judge
from cuffless.judgement.table.cases import Case, make_cases
from cuffless.judgement.table.reading import JudgedTable, read_table

__all__ = ["Case", "JudgedTable", "Judgement", "judge", "make_cases", "read_table"]
