"""Leaks of a case that is written and read as users do."""

import pandas as pd
import pytest

from cuffless.judgement import make_cases, read_table
from cuffless.judgement.leaks import leak_table


@pytest.fixture
def leaks(write):
    def look(*tables):
        [case] = make_cases(read_table([write(pd.concat(tables, ignore_index=True), "t.parquet")]))
        return leak_table(case).set_index("kind")

    return look
