"""Charts in which a point is a person: agreement, and prediction against reference."""

from typing import Any

import numpy as np
import pandas as pd

from cuffless.figures.labels import FEW, LED, Place, place_labels, short_names, window_errors
from cuffless.report.chart_parts import (
    COLOURS,
    GREY,
    SYMBOLS,
    Chart,
    around,
    axis,
    chart,
    in_chart,
    line,
    note,
    numbers,
    rectangle,
)
from cuffless.report.wording import number

_CROWD = 150  # from so many points on they are drawn smaller and paler
_PLOT = (290, 340)  # pixels of a plot on a phone; a wider one has more room
_LABEL, _MARK = 14, 16  # pixels
_FOR_NUMBERS = 0.34  # share of the width that is kept free at the right
_LINES = (("bias", "bias", "solid"), ("loa_low", "lower limit", "dash"), ("loa_high", "upper limit", "dash"))


def agreement_chart(subjects: pd.DataFrame, limits: pd.DataFrame, traces: pd.DataFrame) -> Chart:
    """Bland-Altman: subjects over single windows, bias and limits of agreement of windows with their intervals.

    Parameters
    ----------
    subjects, limits : DataFrame
        ``subjects`` and ``agreement`` of a judgement, rows of one case, network and pressure.
    traces : DataFrame
        ``traces`` of the case and network. The page's script draws the windows, which the page has already; here they
        decide how far the axes reach.
    """
    pressure = str(subjects["pressure"].iloc[0])
    middles, errors = window_errors(traces, pressure)
    x = ((subjects["reference_mean"] + subjects["prediction_mean"]) / 2).to_numpy(float)
    y = subjects["me"].to_numpy(float)
    shapes, notes, levels = [], [], [0.0]
    for row in limits.head(1).itertuples():
        for name, word, dash in _LINES:
            value, lower, upper = (float(getattr(row, f"{name}{end}")) for end in ("", "_lower", "_upper"))
            if not np.isfinite(value):
                continue
            if np.isfinite(lower) and np.isfinite(upper):
                band = {"x0": 0, "x1": 1, "xref": "paper", "y0": lower, "y1": upper}
                shapes.append(rectangle(band, "rgba(213,94,0,0.13)"))
            shapes.append(line({"x0": 0, "x1": 1, "xref": "paper", "y0": value, "y1": value}, dash=dash))
            notes.append(note(f"{word} {number(value, 1, signed=True)}", value))
            levels.append(value)
    left, right = around([*x, *middles])
    across = [left, round(right + _FOR_NUMBERS / (1 - _FOR_NUMBERS) * (right - left), 1)]
    up = around([*y, *errors, *levels])
    notes += _names(subjects, x, y, across, up)
    more: dict[str, Any] = {"meta": _colours(subjects)} if len(subjects) <= FEW else {}
    return chart(
        [_subject_trace(subjects, x, y)],
        420,
        axis("mean of the two (mmHg)", range=across, automargin="bottom"),
        axis("prediction − reference (mmHg)", range=up, automargin="left"),
        shapes=shapes,
        annotations=notes,
        **more,
    )


def subjects_chart(subjects: pd.DataFrame) -> Chart:
    """Prediction against reference, one point per subject: a predictor that ignores the person is a level line.

    Parameters
    ----------
    subjects : DataFrame
        ``subjects`` of a judgement, rows of one case, network and pressure.
    """
    reference, predicted = (subjects[name].to_numpy(float) for name in ("reference_mean", "prediction_mean"))
    reach = around([*reference, *predicted])
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "prediction = reference",
            "x": reach,
            "y": reach,
            "line": {"color": GREY, "dash": "dash", "width": 1.5},
            "hoverinfo": "skip",
        },
        _subject_trace(subjects, reference, predicted),
    ]
    x = axis("mean reference (mmHg)", range=reach, automargin="bottom")
    y = axis("mean prediction (mmHg)", range=reach, automargin="left")
    return chart(data, 420, x, y, annotations=_names(subjects, reference, predicted, reach, reach))


def _colours(subjects: pd.DataFrame) -> dict[str, str]:
    """Colours of a few people by name, for what the page's script draws of them."""
    return {str(name): COLOURS[i % len(COLOURS)] for i, name in enumerate(subjects["subject"])}


def _subject_trace(subjects: pd.DataFrame, x: np.ndarray, y: np.ndarray) -> Chart:
    """Points of people: few have a colour and a symbol each, in a crowd they are small and pale."""
    share = subjects["n_windows"] / max(float(subjects["n_windows"].max()), 1.0)
    few, crowd = len(subjects) <= FEW, len(subjects) >= _CROWD
    sizes = (0.6 if crowd else 1.0) * (6 + 8 * np.sqrt(share))
    figures = [numbers(subjects[name]) for name in ("reference_mean", "prediction_mean", "me", "mae")]
    names = [str(name) for name in subjects["subject"]]
    counts = numbers(subjects["n_windows"], 0)
    marker: dict[str, Any] = {
        "size": numbers(sizes),
        "color": list(_colours(subjects).values()) if few else COLOURS[0],
        "opacity": 0.45 if crowd else 0.8,
        "line": {"width": 0.5 if crowd else 1, "color": "#FFFFFF"},
    }
    if few:
        marker["symbol"] = [SYMBOLS[i % len(SYMBOLS)] for i in range(len(names))]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "subjects",
        "x": numbers(x),
        "y": numbers(y),
        "customdata": [list(own) for own in zip(map(in_chart, names), *figures, counts, strict=True)],
        # Not a text a point: a page may hold thousands of them.
        "hovertemplate": "<b>%{customdata[0]}</b><br>reference %{customdata[1]} mmHg<br>"
        "prediction %{customdata[2]} mmHg<br>"
        "mean error %{customdata[3]} mmHg<br>MAE %{customdata[4]} mmHg<br>windows: %{customdata[5]}<extra></extra>",
        "marker": marker,
    }


def _names(subjects: pd.DataFrame, x: np.ndarray, y: np.ndarray, across: list[float], up: list[float]) -> list[dict]:
    """Names beside the points of a few people; those without room are left to pointing."""
    if len(subjects) > FEW:
        return []
    short = short_names([str(name) for name in subjects["subject"]])
    in_plot = (
        (values - reach[0]) / (reach[1] - reach[0]) * size
        for values, reach, size in zip((x, y), (across, up), _PLOT, strict=True)
    )
    right, height = in_plot
    places = place_labels(right, height, short, size=_LABEL, mark=_MARK, plot=_PLOT)
    return [
        _beside(in_chart(name), float(px), float(py), place)
        for name, px, py, place in zip(short, x, y, places, strict=True)
        if place
    ]


def _beside(words: str, x: float, y: float, place: Place) -> dict:
    """A name beside a point of a chart, with a line to it where it is not next to it."""
    right, up = place.side
    shift = {"ax": right * place.away, "ay": -up * place.away, "xref": "x", "yref": "y"}
    return {
        "text": words,
        "x": round(x, 1),
        "y": round(y, 1),
        **shift,
        "xanchor": {1: "left", 0: "center", -1: "right"}[right],
        "yanchor": {1: "bottom", 0: "middle", -1: "top"}[up],
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1,
        "arrowcolor": GREY if place.away > LED * _MARK / 2 else "rgba(0,0,0,0)",
    }
