"""Charts of a study's report: where its windows went, and how errors grow with a dose."""

from html import escape

import numpy as np
import pandas as pd

from cuffless.figures.study.fig_leakage import dose_names
from cuffless.judgement.names import MEAN
from cuffless.report.chart_parts import COLOURS, GREY, PALE, Chart, axis, chart, error_trace, numbers, wrapped
from cuffless.report.wording import count, network_name, percent, plural, split_name, windows_of, with_limits
from cuffless.windows import EXPLANATIONS

DOSE = "at"
"""Column of the dose in plotted rows."""
CUT, KEPT = "windows_cut", "windows_kept"
RULES = {**EXPLANATIONS, "no_pressure": "no reference pressure near the window"}
"""What each rule rejects."""
_DOWNWARDS = {"autorange": "reversed", "automargin": True}


def rejections(quality: pd.DataFrame) -> pd.DataFrame:
    """Windows that each rule rejected.

    Parameters
    ----------
    quality : DataFrame
        One row per record: ``windows_cut, windows_kept`` and one column per rule.

    Returns
    -------
    DataFrame
        ``rule, windows, share`` (of the windows cut), ``meaning``: cut, each rule in its order, kept.
    """
    rules = [name for name in quality if name in RULES]
    counts = quality[[CUT, *rules, KEPT]].sum()
    table = counts.rename_axis("rule").reset_index(name="windows")
    meaning = {CUT: "all windows", KEPT: "windows that broke no rule"}
    names = {CUT: "cut", KEPT: "kept"}
    return pd.DataFrame(
        {
            "rule": [names.get(rule, rule) for rule in table["rule"]],
            "windows": table["windows"].astype(int),
            "share": table["windows"] / max(int(counts[CUT]), 1),
            "meaning": [meaning.get(rule, RULES.get(rule, "")) for rule in table["rule"]],
        }
    )


def flow_chart(flow: pd.DataFrame) -> Chart:
    """Bars of windows cut, rejected under each rule, and kept; rules that rejected none are left out.

    Parameters
    ----------
    flow : DataFrame
        As from `rejections`.
    """
    shown = flow[(flow["windows"] > 0) | flow["rule"].isin(["cut", "kept"])]
    looks = {"cut": (GREY, ""), "kept": (COLOURS[2], "")}
    colours, patterns = zip(*(looks.get(rule, (COLOURS[1], "/")) for rule in shown["rule"]), strict=True)
    names = [
        f"{escape(_rule_name(rule))}<br>{count(n)} ({percent(share, 1)})"
        for rule, n, share in zip(shown["rule"], shown["windows"], shown["share"], strict=True)
    ]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": numbers(shown["windows"], 0),
            "y": names,
            "hovertext": [
                f"{plural(n, 'window')}<br>{escape(why)}"
                for n, why in zip(shown["windows"], shown["meaning"], strict=True)
            ],
            "hoverinfo": "text",
            "marker": {
                "color": list(colours),
                "pattern": {"shape": list(patterns), "fgcolor": "#FFFFFF", "solidity": 0.25},
            },
        }
    ]
    return chart(data, 90 + 46 * len(shown), axis("windows", nticks=5, rangemode="tozero"), _DOWNWARDS)


def _rule_name(rule: str) -> str:
    return rule if rule in ("cut", "kept") else f"rejected: {rule.replace('_', ' ')}"


def dose_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a series of doses that are shown, with what they are drawn by.

    Parameters
    ----------
    table : DataFrame
        ``dose`` (a split), ``network, pressure, average, mae, lower, upper, n_subjects, n_windows``, and perhaps
        ``confounding`` (a number), which is then the dose, on each split apart; ``kind, overlap`` name the splits as
        the figure does.

    Returns
    -------
    DataFrame
        Rows in which subjects count the same, with `DOSE` and ``series``.
    """
    rows = table[table["average"] == "subject"] if "average" in table else table
    dialled = "confounding" in rows
    names = rows["network"].map(network_name)
    splits = rows["dose"].map(dose_names(rows) if {"kind", "overlap"} <= set(rows) else split_name)
    return rows.assign(
        **{DOSE: rows["confounding"] if dialled else splits, "series": names + ", " + splits if dialled else names}
    )


def dose_name(dose: object) -> str:
    """Printed name of a dose: a split as it is, a number by its digits."""
    return dose if isinstance(dose, str) else f"{dose:g}"


def dose_chart(rows: pd.DataFrame, label: str) -> Chart:
    """MAE against a dose, one line per network, the mean regressor's dashed.

    Parameters
    ----------
    rows : DataFrame
        As from `dose_rows`; of one pressure.
    label : str
        Of the axis.
    """
    words = not pd.api.types.is_numeric_dtype(rows[DOSE])
    lines = dict.fromkeys(rows.loc[rows["network"] != MEAN, "series"])
    data = []
    for name, own in rows.groupby("series", sort=False):
        hover = [
            f"{escape(dose_name(getattr(row, DOSE)))}<br>MAE {with_limits(row.mae, row.lower, row.upper)} mmHg<br>"
            f"{windows_of(row.n_windows, row.n_subjects)}"
            for row in own.itertuples()
        ]
        x = [wrapped(dose_name(value)) for value in own[DOSE]] if words else numbers(own[DOSE], 4)
        place = list(lines).index(name) if name in lines else None
        data.append(error_trace(own, x, name, hover, place))
    across = axis(label, type="category" if words else "linear")
    return chart(data, 420, across, axis("MAE (mmHg)", rangemode="tozero"), legend=True)


def minutes_of(seconds: float) -> str:
    """Minutes in print; to 2 digits below 1, as jobs of a few seconds are many."""
    minutes = seconds / 60
    return f"{minutes:.2g}" if minutes < 1 else f"{minutes:,.1f}"


def time_chart(stages: pd.DataFrame) -> Chart:
    """Bars of the wall time that each rule's jobs took together."""
    minutes = stages["seconds"] / 60
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": numbers(minutes, 2),
            "y": [wrapped(stage.replace("_", " ")) for stage in stages["stage"]],
            "text": [minutes_of(value) for value in stages["seconds"]],
            "textposition": "outside",
            "cliponaxis": False,
            "hovertext": [
                f"{row.stage.replace('_', ' ')}<br>{plural(row.jobs, 'job')}, {minutes_of(row.seconds)} min, at most "
                f"{count(row.max_mb)} MB"
                for row in stages.itertuples()
            ],
            "hoverinfo": "text",
            "marker": {"color": PALE, "line": {"color": GREY, "width": 1}},
        }
    ]
    across = axis("minutes of all jobs together", range=[0, 1.2 * float(np.max(minutes)) or 1])
    return chart(data, 90 + 34 * len(stages), across, _DOWNWARDS)
