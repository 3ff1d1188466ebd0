"""Blocks in which long arrays are worked on."""

from collections.abc import Iterator

VALUES = 1 << 17
"""Values in a block: so few that temporary results stay in a processor's cache, where new memory costs nothing."""

LANES = 16
"""Rows are counted in as many as an FFT may transform side by side, so that its remainder is the same."""


def row_blocks(n_rows: int, width: int = 1) -> Iterator[slice]:
    """Rows of an array of a given width, some at a time."""
    step = max(VALUES // max(width, 1) // LANES * LANES, 1)
    return (slice(first, min(first + step, n_rows)) for first in range(0, n_rows, step))
