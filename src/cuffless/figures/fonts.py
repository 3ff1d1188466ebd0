"""Fonts in PDF files: only the outlines of the letters that a figure has, without reading a whole font for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO

_LETTERS = frozenset((*map(chr, range(0x20, 0x7F)), *map(chr, range(0xA0, 0x100)), *"−–≤≥◂▸ﬀﬁﬂﬃﬄ"))
"""Printable ASCII and Latin-1, and the signs and ligatures of nearly all figures."""


class _FontFile(BytesIO):
    """A font in memory, which matplotlib takes for a path to its first face."""

    face_index = 0


@contextmanager
def outlines_only() -> Iterator[None]:
    """Embed fonts without the tables for typesetting, which PDF viewers do not use and which take half of the time.

    Most of the rest is spent on reading the thousands of letters of a font, so that those of `_LETTERS` are read once
    and a figure's are taken from these.
    """
    from fontTools import subset
    from matplotlib.backends import _backend_pdf_ps as backend

    whole = backend.get_glyphs_subset

    @contextmanager
    def of_letters(path, glyphs):
        data, place = _letters(path, whole)
        if not place.keys() >= set(glyphs):
            with whole(path, glyphs) as found:
                yield found
            return
        with whole(_FontFile(data), {place[glyph] for glyph in glyphs}) as found:
            numbers = {glyph: found.glyph_index_map[at] for glyph, at in place.items() if at in found.glyph_index_map}
            yield backend.SubsetResults(found.font, numbers)

    tables = subset.Options._drop_tables_default
    subset.Options._drop_tables_default = [*tables, "GDEF", "GPOS", "GSUB", "kern"]
    backend.get_glyphs_subset = of_letters
    try:
        yield
    finally:
        subset.Options._drop_tables_default, backend.get_glyphs_subset = tables, whole


@lru_cache
def _letters(path, whole) -> tuple[bytes, dict[int, int]]:
    """A font of `_LETTERS` alone, and their places in it by those in the whole font."""
    from matplotlib.font_manager import get_font

    font = get_font(path)
    known = {font.get_char_index(ord(letter)) for letter in _LETTERS} - {0}  # the place of letters that it lacks
    with whole(path, known) as found:
        data = BytesIO()
        found.font.save(data, reorderTables=False)
        return data.getvalue(), {glyph: found.glyph_index_map[glyph] for glyph in known | {0}}
