"""When a table is shown in a box that hides rows."""

import pandas as pd
import pytest

from cuffless.report.tables import MOST_SHOWN, Column, make_table


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
