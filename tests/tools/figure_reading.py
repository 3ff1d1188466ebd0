"""What a figure shows and says, as tests read it."""

from io import StringIO
from itertools import combinations

import pandas as pd
from matplotlib.patches import PathPatch
from matplotlib.text import Text


def words(figure):
    """All that is written; ticks beyond their axis and axes that are off are not."""
    unseen = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            unseen |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
            unseen |= set() if ax.axison else set(axis.findobj(Text))
    written = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in written if text not in unseen]


def says(figure, what):
    return any(what in text.get_text().replace("\n", " ") for text in words(figure))


def assert_contains(text, *parts):
    missing = [part for part in parts if part not in text]
    assert not missing, f"{missing} not in {text!r}"


def below(figure):
    return figure.get_supxlabel().replace("\n", " ")


def line(ax, label):
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, PathPatch)]


def reread(table):
    return pd.read_csv(StringIO(table.to_csv(index=False)))


def assert_legible(figure):
    figure.draw_without_rendering()
    extents = []
    for text in words(figure):
        assert text.get_fontsize() >= 6
        box = text.get_window_extent()
        assert min(box.x0, box.y0) > -1, text
        assert box.x1 < figure.bbox.width + 1, text
        assert box.y1 < figure.bbox.height + 1, text
        extents += [] if text.get_rotation() % 90 else [(box, text)]  # frames of slanting words overlap, words do not
    for (a, one), (b, other) in combinations(extents, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert not (wide > 1 and high > 2), f"{one!r} lies on {other!r}"
