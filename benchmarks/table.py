"""The table of measurements: what was measured, what was allowed, whether it holds."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cuffless.files import whole_file

COLUMNS = ("name", "value", "unit", "limit", "holds")


@dataclass(frozen=True)
class Measurement:
    """One row of the table: a value in its `unit`, and its limit; a row with neither limit only informs."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self):
        if self.at_most is not None and self.at_least is not None:
            raise ValueError(f"{self.name}: give at_most or at_least, not both")

    @property
    def limit(self) -> str:
        """The limit with its direction, empty for a row that informs."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return "" if self.at_least is None else f">= {self.at_least:g}"

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps its limit (NaN never does); None without a limit."""
        if self.at_most is not None:
            return bool(self.value <= self.at_most)
        return None if self.at_least is None else bool(self.value >= self.at_least)

    def cells(self) -> tuple[str, str, str, str, str]:
        """The row as text, in the order of `COLUMNS`; values with four digits."""
        holds = {None: "", True: "yes", False: "no"}[self.holds]
        return self.name, f"{float(f'{self.value:.4g}'):.10g}", self.unit, self.limit, holds


def broken(rows: Iterable[Measurement]) -> list[Measurement]:
    """Rows whose limit does not hold."""
    return [row for row in rows if row.holds is False]


def write_table(rows: Iterable[Measurement], path: str | Path) -> None:
    """Write the table as CSV, whole or not at all; columns `COLUMNS`."""
    with whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in rows)


def print_table(rows: Iterable[Measurement]) -> None:
    """Print the table; a broken limit is red."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*COLUMNS)
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(*row.cells(), style="bold red" if row.holds is False else None)
    Console().print(table)
