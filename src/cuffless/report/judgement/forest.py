"""The forest plot of skill: who is better than doing nothing, and how surely."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cuffless.report.chart_parts import SERIES, SYMBOLS, Chart, axis, chart, in_chart, line, numbers, rectangle, wrapped
from cuffless.report.sentences import BETTER, WORSE, verdict_of
from cuffless.report.wording import number, plural, with_limits

LEAST_SKILL = -1.0
"""Values further left are drawn at the edge, as an arrow with the value."""


def skill_chart(
    rows: pd.DataFrame, *, labels: Sequence[str], series: Sequence[str], names: Mapping[str, str] | None = None
) -> Chart:
    """Forest plot of skill: one line per row of `labels`, one marker per member of `series`.

    Parameters
    ----------
    rows : DataFrame
        ``label, series, skill, lower, upper, mae, baseline_mae, n_subjects``; rows of one pressure.
    labels, series : sequence of str
        In the order in which they stand; a legend is drawn for two or more series.
    names : mapping, optional
        Printed names of the members of `series`.

    Returns
    -------
    dict
        ``data`` and ``layout``. Filled markers: the interval does not hold 0.
    """
    rows = rows[rows["skill"].notna() & rows["label"].isin(labels)]
    names, height = names or {}, 0.7 / max(len(series), 1)
    data = []
    for s, member in enumerate(series):
        own = rows[rows["series"] == member]
        if own.empty:
            continue
        y = [labels.index(label) + (s - (len(series) - 1) / 2) * height for label in own["label"]]
        data.append(_skill_trace(own, y, s, names.get(member, member), legend=len(series) > 1))
    low = max(LEAST_SKILL, float(np.nanmin([0, *rows["skill"], *rows["lower"]]))) - 0.06
    high = min(1.0, float(np.nanmax([0.1, *rows["skill"], *rows["upper"]]))) + 0.06
    ticks = [wrapped(label) for label in labels]
    return chart(
        data,
        110 + max(int(max(44, 16 * len(series) + 22) * len(labels)), 110) + 26 * (len(series) > 1),
        axis("share of the baseline's<br>error removed<br>◂ worse · better ▸", range=[low, high]),
        {
            "tickvals": list(range(len(labels))),
            "ticktext": ticks,
            "range": [len(labels) - 0.5, -0.5],
            "automargin": True,
            "zeroline": False,
        },
        shapes=[
            rectangle({"x0": low, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}, "rgba(0,0,0,0.06)"),
            line({"x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}, width=2),
        ],
        legend=len(series) > 1,
    )


def _skill_trace(rows: pd.DataFrame, y: list[float], s: int, name: str, *, legend: bool) -> Chart:
    cut = (rows["skill"] < LEAST_SKILL).to_numpy()
    shown = rows["skill"].clip(lower=LEAST_SKILL)
    lower = rows["lower"].fillna(shown).where(~cut, shown)  # the axis ends before a whisker that is longer
    decided = [verdict_of(*own) in (BETTER, WORSE) for own in rows[["skill", "lower", "upper"]].to_numpy()]
    symbol = SYMBOLS[s % len(SYMBOLS)]
    hover = [
        f"<b>{in_chart(str(row.label))}</b>{f', {in_chart(name)}' if legend else ''}<br>"
        f"skill {with_limits(row.skill, row.lower, row.upper, 2)}<br>"
        f"MAE {number(row.mae)} against {number(row.baseline_mae)} mmHg<br>{plural(row.n_subjects, 'subject')}"
        for row in rows.itertuples()
    ]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": in_chart(name),
        "x": numbers(shown, 4),
        "y": y,
        "text": [number(value, 1) if far else "" for value, far in zip(rows["skill"], cut, strict=True)],
        "textposition": "middle right",
        "hovertext": hover,
        "hoverinfo": "text",
        "showlegend": legend,
        "marker": {
            "size": 12,
            "color": SERIES[s % len(SERIES)],
            "symbol": [
                "triangle-left" if far else symbol if sure else f"{symbol}-open"
                for far, sure in zip(cut, decided, strict=True)
            ],
            "line": {"width": 2, "color": SERIES[s % len(SERIES)]},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": numbers((rows["upper"] - shown).clip(lower=0).fillna(0), 4),
            "arrayminus": numbers((shown - lower).clip(lower=0), 4),
            "thickness": 2,
            "width": 5,
            "color": SERIES[s % len(SERIES)],
        },
    }
