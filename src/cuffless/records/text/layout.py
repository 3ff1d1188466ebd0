"""The layout of a text file, detected from its first lines."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from cuffless.demands import MEMORY_GB
from cuffless.records.record import RecordError
from cuffless.records.text.cells import SEPARATORS, kind_of, split
from cuffless.records.text.encoding import first_lines

COMMENTS = ("#", "%", "//")
MOST_COLUMNS = 50
"""Lines with more cells hold samples, not signals."""
_JUDGED = 40  # lines used to find the separator
_UNITS = re.compile(
    r"s|secs?|seconds?|ms|m?illi-?seconds?|milli-?sec|msecs?|us|µs|ns|min|minutes?|hh:mm:ss(\.m+)?|mm:ss(\.m+)?|date|sequence|"
    r"samples?|#|nu|n\.u\.|a\.?u\.?|adu|nd|mmhg|kpa|pa|cmh2o|[munpµ]?v|volts?|millivolts?|[munpµ]?a|%|percent|bpm|1/min|hz|"
    r"counts?|raw|mv/v|°?c|degc?|k|g|m/s\^?2|-",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """Layout of a text file."""

    path: Path
    separator: str = ","
    decimal: str = "."
    quote: str = '"'
    comment: str = "#"
    """`separator`, `decimal`, `quote`, `comment`: Cell separator (`BLANKS`: any number of blanks and tabs), decimal
    mark, quote and comment mark."""
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """`names`, `units`: Of its columns (its rows, if `rows`); empty if it has none. Empty columns at the end are left
    out."""
    width: int = 1
    """Cells per line of values."""
    body: int = 0
    """Lines before the first line of values."""
    rows: bool = False
    """Whether each line holds a signal."""
    lines: int = 0
    """Lines of values that were read to detect the layout."""
    head: tuple[str, ...] = ()
    """Lines before the values."""
    first: tuple[tuple[str, ...], ...] = ()
    """Cells of the first lines of values."""
    kind: str = "text"
    """Software or format that wrote it, or ``text``."""
    fs: float | None = None
    """Sampling rate in Hz that it states, apart from its times."""
    fs_from: str = ""
    """Where the rate is stated."""
    began: float | None = None
    """Time of the first sample in seconds since 1970, if known."""
    sensors: tuple[str, ...] = ()
    """What each column measures, if given apart from its name."""
    beside: tuple[Path, ...] = ()
    """Other files that describe it."""
    memory_gb: float = MEMORY_GB
    """How much of it may be read, as for `check_demand`."""

    @property
    def marks(self) -> str:
        """Its marks as text: ``comma-separated``."""
        if self.width == 1:
            words = "one number per line" if not self.rows else "one line"
        else:
            words = f"{SEPARATORS[self.separator].removesuffix('s')}-separated"
        return words + (", decimal commas" if self.decimal == "," else "")


def layout_of(path: str | Path, memory_gb: float = MEMORY_GB) -> Layout:
    """Detect the layout of a text file.

    Parameters
    ----------
    path : str or Path
        Plain or compressed with gzip, in any encoding.
    memory_gb : float
        How much of it may be read, as for `check_demand`.

    Returns
    -------
    Layout

    Raises
    ------
    RecordError
        If it cannot be read, is not text, or is empty.
    """
    path = Path(path)
    lines = first_lines(path, memory_gb=memory_gb)
    if not any(line.strip() for line in lines):
        raise RecordError(f"{path.name}: the file is empty")
    comments = [line for line in lines if line.lstrip().startswith(COMMENTS)]
    mark = next((c for c in COMMENTS if comments and comments[0].lstrip().startswith(c)), "#")
    plain = [
        (number, line) for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(COMMENTS)
    ]
    if not plain:
        return Layout(path, comment=mark, head=tuple(lines), body=len(lines), memory_gb=memory_gb)
    quote = "'" if any(line.lstrip().startswith("'") for _, line in plain) else '"'
    separator, decimal = _marks([line for _, line in plain], comments, quote)
    cells = [(number, split(line, separator, quote)) for number, line in plain]
    layout = Layout(path, separator, decimal, quote, mark, memory_gb=memory_gb)
    return _rows(layout, cells, lines) or _columns(layout, cells, lines)


def _marks(lines: list[str], comments: list[str], quote: str) -> tuple[str, str]:
    """Separator and decimal mark for which most cells of the last lines are values, in the most columns."""
    judged = lines[-_JUDGED:] if len(lines) <= _JUDGED else lines[len(lines) // 2 :][:_JUDGED]
    judged = [line[:4000] for line in judged]
    heads = [*lines[: max(len(lines) - 1, 1)][:20], *filter(_may_name, comments)]
    candidates = [
        (separator, decimal) for separator in SEPARATORS for decimal in ".," if (separator, decimal) != (",", ",")
    ]
    if any(quote in line for line in judged):
        candidates.append((",", ","))
    best = max(range(len(candidates)), key=lambda at: (*_fitness(judged, heads, *candidates[at], quote), -at))
    return candidates[best]


def _fitness(lines: list[str], heads: list[str], separator: str, decimal: str, quote: str) -> tuple:
    rows = [_trim(split(line, separator, quote)) or [""] for line in lines]
    width, many = Counter(map(len, rows)).most_common(1)[0]
    kinds = [kind_of(cell, decimal) for row in rows if len(row) == width for cell in row]
    values = sum(kind != "text" for kind in kinds) / len(kinds) if any(k in ("number", "time") for k in kinds) else 0
    named = any(
        len(_trim(split(line.lstrip("#%/ "), separator, quote))) == width
        and not any(kind_of(cell, decimal) in ("number", "time") for cell in split(line, separator, quote))
        for line in heads
        if len(line) < 4000
    )
    if width == 1 and decimal == "," and heads and "," in heads[0]:  # names and numbers have the same separator
        values = 0
    return round(values * many / len(rows), 2), named, width


def _may_name(comment: str) -> bool:
    """Whether a comment may hold column names rather than settings."""
    return not re.search("[{=:]|EndOfHeader", comment)


def _trim(cells: list[str]) -> list[str]:
    """Cells without trailing empty ones."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _rows(layout: Layout, cells: list[tuple[int, list[str]]], lines: list[str]) -> Layout | None:
    """The layout of a file with one signal per line, with or without its name; None if it is not one."""

    def signal(row: list[str]) -> bool:
        """Whether a line holds many numbers; the last cell may be cut."""
        return len(row) > MOST_COLUMNS and all(kind_of(cell, layout.decimal) != "text" for cell in row[1:MOST_COLUMNS])

    begin = next((i for i, (_, row) in enumerate(cells) if signal(row)), None)
    if begin is None or len(cells) - begin > MOST_COLUMNS or not all(signal(row) for _, row in cells[begin:]):
        return None
    width = len(cells[begin][1])
    if any(len(_trim(row)) == width for _, row in cells[:begin]):  # names above as many columns
        return None
    named = [row[0] for _, row in cells[begin:] if kind_of(row[0], layout.decimal) == "text"]
    names = tuple(named) if len(named) == len(cells) - begin else ()
    start = cells[begin][0]
    return replace(
        layout,
        names=names,
        width=width,
        rows=bool(names),
        lines=len(cells) - begin,
        body=start,
        head=tuple(lines[:start]),
        first=tuple(tuple(row[:MOST_COLUMNS]) for _, row in cells[begin:]),
    )


def _columns(layout: Layout, cells: list[tuple[int, list[str]]], lines: list[str]) -> Layout:
    """The layout of a file with one column per signal, or of rows without names."""
    later = [row for _, row in cells[len(cells) // 2 :]]
    width = Counter(map(len, later)).most_common(1)[0][0]
    kinds = _column_kinds([row for _, row in cells if len(row) == width], layout.decimal)
    filled = max((len(_trim(row)) for row in later if len(row) == width), default=width)
    body = next(
        (i for i, (_, row) in enumerate(cells) if _holds_values(row, kinds, filled, layout.decimal)), len(cells)
    )
    body = _first_value_line(cells, kinds, body, layout.decimal)
    values = [row for _, row in cells[body:]]
    used = max((len(_trim(row)) for row in values if len(row) <= width), default=width)
    # An empty cell at the end of each line is a trailing separator, unless it has a column name.
    before = [(number, row) for number, row in cells[:body]]
    names, units = _names(before, lines[: cells[body][0]] if body < len(cells) else lines, used, width, layout)
    used = max(used, len(names))
    first = tuple(tuple(row[:MOST_COLUMNS]) for row in values[:200])
    start = cells[body][0] if body < len(cells) else cells[-1][0] + 1
    return replace(
        layout,
        names=names,
        units=units,
        width=used,
        body=start,
        lines=len(values),
        head=tuple(lines[:start]),
        first=first,
    )


def _column_kinds(rows: list[list[str]], decimal: str) -> list[str]:
    """Whether each column holds values or words, by the majority of its cells."""
    half = rows[len(rows) // 2 :]
    kinds = []
    for column in zip(*half, strict=True):
        found = Counter(kind_of(cell, decimal) for cell in column)
        kinds.append("text" if found["text"] > found["number"] + found["time"] else "value")
    return kinds


def _first_value_line(cells: list[tuple[int, list[str]]], kinds: list[str], body: int, decimal: str) -> int:
    """Index of the first value line, counting lines just before `body` in which later signals are still missing."""
    while body > 0 and len(kinds) > 1:
        row = cells[body - 1][1]
        if len(row) != len(kinds) or not _holds_values(row, kinds, 0, decimal):
            break
        body -= 1
    return body


def _holds_values(row: list[str], kinds: list[str], filled: int, decimal: str) -> bool:
    """Whether a line can be the first of the values; `filled` is the usual number of non-empty cells."""
    if len(row) > len(kinds) or len(_trim(row)) < filled - 1:
        return False
    found = [kind_of(cell, decimal) for cell in row]
    if any(cell == "text" and kind == "value" for cell, kind in zip(found, kinds, strict=False)):
        return False
    return any(kind in ("number", "time") for kind in found)


def _names(before, head, used: int, width: int, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names and units, from the lines before the values."""
    units: tuple[str, ...] = ()
    fitting = [_rejoin_units(_trim(row), used) for _, row in before]
    fitting = [row for row in fitting if used <= len(row) <= width or (len(row) == used - 1 and used > 2)]
    if fitting and len(fitting) > 1 and _are_units(fitting[-1]):
        units = tuple(cell.strip("()[] ") for cell in fitting.pop())
    if fitting:
        row = fitting[-1]
        names = ["", *row] if len(row) == used - 1 else row
        if len(units) == used - 1:
            units = ("", *units)
        return tuple(names), units
    for line in reversed(head):  # numpy.savetxt puts its names after a #
        if not line.lstrip().startswith(COMMENTS) or not _may_name(line):
            continue
        row = _rejoin_units(_trim(split(line.lstrip("#%/ "), layout.separator, layout.quote)), used)
        words = all(kind_of(cell, layout.decimal) == "text" for cell in (row if row[0] else row[1:]))
        if len(row) == used and words and (used > 1 or len(row[0].split()) == 1):
            return tuple(row), ()
    return (), ()


def _rejoin_units(row: list[str], used: int) -> list[str]:
    """Names rejoined with units that a blank separated from them, as in ``ABP (mmHg)``."""
    if len(row) <= used:
        return row
    joined: list[str] = []
    for cell in row:
        if joined and re.match(r"[(\[]", cell):
            joined[-1] += f" {cell}"
        else:
            joined.append(cell)
    return joined if len(joined) == used else row


def _are_units(row: list[str]) -> bool:
    known = [cell for cell in row if _UNITS.fullmatch(cell.strip("()[] "))]
    return bool(known) and len(known) >= 0.5 * len([cell for cell in row if cell])
