"""Charts of a judgement as plain plotly JSON: one a pressure, side by side or one above the other."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from cuffless.report.chart_parts import (
    COLOURS,
    GREY,
    PALE,
    Chart,
    around,
    axis,
    chart,
    error_trace,
    line,
    note,
    numbers,
    rectangle,
)
from cuffless.report.wording import baseline_name, count, network_name, number, with_limits

_CROWD = 150  # from so many points on they are drawn smaller


def bins_chart(rows: pd.DataFrame, mean: pd.DataFrame, pressure: str, mean_name: str = "population mean") -> Chart:
    """MAE in bins of the reference, with the mean baseline's, and the number of windows in each bin.

    Parameters
    ----------
    rows, mean : DataFrame
        ``bins`` of a judgement of one predictor, and of the mean baseline (empty where it is the predictor).
    pressure : str
    mean_name : str, optional
        Printed name of the mean baseline.
    """
    data = [error_trace(rows, _middle(rows), network_name(str(rows["network"].iloc[0])), _bin_hover(rows), 0)]
    if len(mean):
        data.append(error_trace(mean, _middle(mean), mean_name, _bin_hover(mean), None))
    data.append(
        {
            "type": "bar",
            "name": "windows",
            "x": numbers(_middle(rows)),
            "y": numbers(rows["n_windows"], 0),
            "width": numbers(0.85 * (rows["bin_high"] - rows["bin_low"])),
            "marker": {"color": PALE},
            "hovertext": [_bin_counts(row) for row in rows.itertuples()],
            "hoverinfo": "text",
            "yaxis": "y2",
            "showlegend": False,
        }
    )
    x, y = axis(f"reference {pressure} (mmHg)", anchor="y2"), axis("MAE (mmHg)", domain=[0.34, 1], rangemode="tozero")
    return chart(data, 430, x, y, yaxis2=axis("windows", domain=[0, 0.24], rangemode="tozero", nticks=3), legend=True)


def _middle(rows: pd.DataFrame) -> pd.Series:
    return (rows["bin_low"] + rows["bin_high"]) / 2


def _bin_counts(row) -> str:
    return f"{row.bin_low:g} to {row.bin_high:g} mmHg<br>{_counts(row)}"


def _counts(row) -> str:
    return f"{count(row.n_windows)} windows of {count(row.n_subjects)} subjects"


def _bin_hover(rows: pd.DataFrame) -> list[str]:
    return [f"MAE {with_limits(row.mae, row.lower, row.upper)} mmHg<br>{_bin_counts(row)}" for row in rows.itertuples()]


def agreement_chart(subjects: pd.DataFrame, limits: pd.DataFrame) -> Chart:
    """Bland-Altman: one point per subject, bias and limits of agreement of single windows with their intervals.

    Parameters
    ----------
    subjects, limits : DataFrame
        ``subjects`` and ``agreement`` of a judgement, rows of one case, network and pressure.
    """
    middle = (subjects["reference_mean"] + subjects["prediction_mean"]) / 2
    data = [_subject_trace(subjects, middle, subjects["me"])]
    shapes, notes = [], []
    for row in limits.head(1).itertuples():
        for name, word, dash in (
            ("bias", "bias", "solid"),
            ("loa_low", "limit", "dash"),
            ("loa_high", "limit", "dash"),
        ):
            value, lower, upper = (getattr(row, f"{name}{end}") for end in ("", "_lower", "_upper"))
            if not np.isfinite(value):
                continue
            if np.isfinite(lower) and np.isfinite(upper):
                band = {"x0": 0, "x1": 1, "xref": "paper", "y0": float(lower), "y1": float(upper)}
                shapes.append(rectangle(band, "rgba(213,94,0,0.16)"))
            shapes.append(line({"x0": 0, "x1": 1, "xref": "paper", "y0": float(value), "y1": float(value)}, dash=dash))
            notes.append(note(f"{word} {number(value, 1, signed=True)}", float(value)))
    reach = [*subjects["me"], *(shape[end] for shape in shapes for end in ("y0", "y1")), 0]
    x, y = axis("mean of the two (mmHg)"), axis("mean error (mmHg)", range=around(reach))
    return chart(data, 420, x, y, shapes=shapes, annotations=notes)


def subjects_chart(subjects: pd.DataFrame) -> Chart:
    """Prediction against reference, one point per subject: a predictor that ignores the person is a level line.

    Parameters
    ----------
    subjects : DataFrame
        ``subjects`` of a judgement, rows of one case, network and pressure.
    """
    reference, predicted = subjects["reference_mean"], subjects["prediction_mean"]
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
    return chart(data, 420, axis("mean reference (mmHg)", range=reach), axis("mean prediction (mmHg)", range=reach))


def _subject_trace(subjects: pd.DataFrame, x: pd.Series, y: pd.Series) -> Chart:
    share = subjects["n_windows"] / max(float(subjects["n_windows"].max()), 1.0)
    scale = 1.0 if len(subjects) < _CROWD else 0.6
    figures = [numbers(subjects[name]) for name in ("reference_mean", "prediction_mean", "me", "mae")]
    names = [escape(str(name)) for name in subjects["subject"]]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "subjects",
        "x": numbers(x),
        "y": numbers(y),
        "customdata": [list(own) for own in zip(names, *figures, numbers(subjects["n_windows"], 0), strict=True)],
        # Not a text a point: a page may hold thousands of them.
        "hovertemplate": "<b>%{customdata[0]}</b><br>reference %{customdata[1]} mmHg<br>"
        "prediction %{customdata[2]} mmHg<br>"
        "mean error %{customdata[3]} mmHg<br>MAE %{customdata[4]} mmHg<br>%{customdata[5]} windows<extra></extra>",
        "marker": {
            "size": numbers(scale * (6 + 8 * np.sqrt(share))),
            "color": COLOURS[0],
            "opacity": 0.7,
            "line": {"width": 1, "color": "#FFFFFF"},
        },
    }


def drift_chart(rows: pd.DataFrame, networks: Sequence[str]) -> Chart:
    """MAE against the time since the last calibration; rows of other names than `networks` are baselines."""
    data = []
    for place, (name, own) in enumerate(rows.groupby("network", sort=False)):
        known = name in networks
        middle = (own["minutes_low"] + own["minutes_high"].replace(np.inf, np.nan)) / 2
        hover = [
            f"{row.minutes_low:g} to {row.minutes_high:g} min<br>"
            f"MAE {with_limits(row.mae, row.lower, row.upper)} mmHg<br>{_counts(row)}"
            for row in own.itertuples()
        ]
        called = network_name(name) if known else baseline_name(name)
        data.append(error_trace(own, middle.fillna(own["minutes_low"] * 1.5), called, hover, place if known else None))
    x, y = axis("minutes since calibration", rangemode="tozero"), axis("MAE (mmHg)", rangemode="tozero")
    return chart(data, 380, x, y, legend=len(data) > 1)
