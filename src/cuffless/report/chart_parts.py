"""What all charts share: colours, symbols, lines of error with intervals, and numbers as plotly takes them."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from cuffless.config import FigureOptions

COLOURS = FigureOptions().colours
"""Okabe & Ito's, safe for colour-blind readers."""
INK, GREY, PALE = "#1A1A1A", "#5A5A5A", "#BFBFBF"
SERIES = (*COLOURS, INK, GREY)
"""Colours of more series than there are safe hues."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
_LINE_CHARACTERS = 18
_LEAST_MMHG = 10.0

Chart = dict[str, Any]


def in_chart(text: object) -> str:
    """A text that plotly shows as it is; it knows the entities of signs, but none of quotation marks."""
    return escape(str(text), quote=False)


def error_trace(rows: pd.DataFrame, x, name: str, hover: Sequence[str], place: int | None) -> Chart:
    """Line of MAE with intervals; `place` picks colour and symbol, None is the grey dashed line of a baseline."""
    colour = GREY if place is None else COLOURS[place % len(COLOURS)]
    symbol = "square-open" if place is None else SYMBOLS[place % len(SYMBOLS)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": in_chart(name),
        "x": list(x) if isinstance(x, list) else numbers(x),
        "y": numbers(rows["mae"], 2),
        "hovertext": [f"<b>{in_chart(name)}</b><br>{line}" for line in hover],
        "hoverinfo": "text",
        "line": {"color": colour, "width": 2, "dash": "dash" if place is None else "solid"},
        "marker": {"size": 9, "symbol": symbol, "color": colour},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": numbers((rows["upper"] - rows["mae"]).clip(lower=0), 2),
            "arrayminus": numbers((rows["mae"] - rows["lower"].clip(lower=0)).clip(lower=0), 2),
            "thickness": 1.5,
            "width": 4,
            "color": colour,
        },
    }


def numbers(values, digits: int = 1) -> list[float | None]:
    """Rounded numbers for a chart; None where there is none."""
    return [float(v) if np.isfinite(v) else None for v in np.round(np.asarray(values, dtype=float), digits)]


def wrapped(label: str) -> str:
    """Break a label into short lines, so that axis labels leave room for the chart on a phone."""
    lines = [""]
    for word in str(label).split():
        if lines[-1] and len(lines[-1]) + len(word) >= _LINE_CHARACTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(in_chart(line) for line in lines)


def thinned(subjects: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many subjects, evenly spread over their reference pressures."""
    if len(subjects) <= most:
        return subjects
    ranked = subjects.sort_values("reference_mean", kind="stable")
    return ranked.iloc[np.linspace(0, len(ranked) - 1, most).round().astype(int)]


def around(values) -> list[float]:
    """Range of an axis in mmHg that holds all values, with some room; not so narrow that rounding looks large."""
    known = np.asarray([value for value in values if np.isfinite(value)] or [0.0], dtype=float)
    low, high = float(known.min()), float(known.max())
    room = max(0.06 * (high - low), (_LEAST_MMHG - high + low) / 2)
    return [round(low - room, 1), round(high + room, 1)]


def axis(words: str, **more: Any) -> dict[str, Any]:
    """An axis with its title."""
    return {"title": {"text": words, "font": {"size": 14}}, **more}


def chart(data: list, height: int, x: dict, y: dict, *, legend: bool = False, **more: Any) -> Chart:
    """Chart of so many pixels' height; `more`: further parts of its layout."""
    layout = {"height": height, "xaxis": x, "yaxis": y, **more, "showlegend": legend}
    return {"data": data, "layout": layout}


def line(where: dict, *, width: float = 1.5, dash: str = "solid") -> dict:
    """Straight line through a chart."""
    return {"type": "line", **where, "line": {"color": INK, "width": width, "dash": dash}}


def rectangle(where: dict, colour: str) -> dict:
    """Shaded part of a chart, below its data."""
    return {"type": "rect", **where, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def note(words: str, y: float) -> dict:
    """Words at the right end of a level line."""
    return {
        "text": words,
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "y": y,
        "yanchor": "bottom",
        "showarrow": False,
        "bgcolor": "rgba(255,255,255,0.75)",
    }
