"""A data set's own table of recordings, one row each, such as the ``db.csv`` of MCD-rPPG."""

import re
from pathlib import Path

from cuffless.camera.manifest import ManifestError, read_rows
from cuffless.errors import some_of

TABLE = "db.csv"
_SAME = ("video", "camera", "ppg", "ppg_sync", "age", "sex", "bmi")
THEIRS = {
    "subject": "patient_id",
    "sbp": "upper_ap",
    "dbp": "lower_ap",
    "condition": "step",
    "timestamps": "meta",
    **dict.fromkeys(_SAME, ""),
}
"""Columns of MCD-rPPG's table (arXiv 2508.17924), by what they are here; a table may have the names of here, too."""
NEEDED = ("subject", "video", "sbp", "dbp")
_NUMBERS, _COMMA = ("sbp", "dbp", "age", "bmi"), re.compile(r"^(-?\d+),(\d+)$")
_EMPTY = ("", "nan", "na", "n/a", "none", "null", "-")


class RecordingTable:
    """A table of recordings.

    Parameters
    ----------
    source : path
        Folder with `TABLE`, or the table itself.
    columns : dict of str to str
        Names of columns in the table, by the names in `THEIRS`.

    Attributes
    ----------
    path : Path
    rows : list of (int, dict of str to str)
        Line and cells of each recording, by the names in `THEIRS`; empty where nothing is given.

    Raises
    ------
    ManifestError
        If it cannot be read, lacks a column, or has no recordings.
    """

    def __init__(self, source: str | Path, columns: dict[str, str]):
        source = Path(source)
        self.path = source / TABLE if source.is_dir() else source
        if not self.path.is_file():
            there = some_of(sorted(path.name for path in self.path.parent.glob("*.csv")))
            raise ManifestError(
                f"{self.path}: there is no such table of recordings"
                f"{f' (tables there: {there})' if there else ''}; name the folder that has {TABLE}, or a table"
            )
        rows = read_rows(self.path)
        if len(rows) < 2:
            raise ManifestError(f"{self.path}: no recordings; the table needs column names and one line per recording")
        self.header = [name.lower() for name in rows[0][1]]
        self.names = self._find(columns)
        self.rows = [(line, self._cells(line, cells)) for line, cells in rows[1:]]

    def _find(self, columns: dict[str, str]) -> dict[str, str]:
        """Names in the table of what is known of a recording."""
        if odd := sorted(set(columns) - set(THEIRS)):
            raise ManifestError(f"--column {odd[0]}: unknown; choose from {', '.join(THEIRS)}")
        found, missing = {}, []
        for name, theirs in THEIRS.items():
            wanted = [columns[name].lower()] if name in columns else [theirs or name, name]
            held = [own for own in dict.fromkeys(wanted) if own in self.header]
            if held:
                found[name] = held[0]
            elif name in columns or name in NEEDED:
                missing.append(f"{name} ({' or '.join(dict.fromkeys(wanted))})")
        if missing:
            raise ManifestError(
                f"{self.path}: no column for {', '.join(missing)}; found {some_of(self.header, most=30, limit=300)}. "
                f"Give its name with --column {missing[0].split()[0]}=NAME"
            )
        for name, theirs in found.items():
            if self.header.count(theirs) > 1:
                raise ManifestError(f"{self.path}: column {theirs} ({name}) appears twice; keep one")
        return found

    def _cells(self, line: int, cells: list[str]) -> dict[str, str]:
        if len(cells) > len(self.header) and any(cells[len(self.header) :]):
            raise ManifestError(
                f"{self.path}, line {line}: {len(cells)} cells for {len(self.header)} columns; put cells with a comma "
                "in quotes"
            )
        row = dict(zip(self.header, cells, strict=False))
        held = {name: row.get(theirs, "") for name, theirs in self.names.items()}
        held |= {name: _COMMA.sub(r"\1.\2", held[name]) for name in _NUMBERS if name in held}
        return {name: "" if held.get(name, "").lower() in _EMPTY else held[name] for name in THEIRS}

    def called(self, name: str) -> str:
        """What the table calls a column."""
        return self.names.get(name, name)
