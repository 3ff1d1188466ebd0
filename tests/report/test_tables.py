"""When a table is shown in a box that hides rows."""

import numpy as np
import pandas as pd
import pytest

from cuffless.report.tables import MOST_SHOWN, Column, csv_text, make_table


@pytest.mark.parametrize(("rows", "cases", "long"), [
    (MOST_SHOWN, 1, False),
    (MOST_SHOWN + 1, 1, True),
    (MOST_SHOWN, 3, False),  # of three cases one is shown at a time
    (MOST_SHOWN + 1, 3, True),
    (0, 1, False),
])  # fmt: skip
def test_a_table_is_scrolled_by_the_rows_that_it_shows_at_a_time(rows, cases, long):
    table = pd.DataFrame([{"case": f"c{case}", "n": str(i)} for case in range(cases) for i in range(rows)])
    numbers = {f"c{case}": case for case in range(cases)}
    shown = make_table(table, [Column("n", "n")], "Rows", cases=numbers if cases > 1 else None)
    assert shown.long is long


def test_a_csv_is_as_pandas_writes_it():
    numbers = [0.1, 0.1, np.nan, 1e-300, 3.0, -2.5, np.inf, 1 / 3]
    table = pd.DataFrame({"a": numbers, "b": [f'x,"{n}"' for n in numbers], "n": range(8), "empty": [None] * 8})
    long = pd.concat([table] * 100, ignore_index=True)
    assert csv_text(long) == long.to_csv(index=False, lineterminator="\n")
    assert csv_text(table.head(0)) == table.head(0).to_csv(index=False, lineterminator="\n")
