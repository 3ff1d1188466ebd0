"""Charts of errors in bins, of the pressure and of time, as plain plotly JSON: one a pressure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.report.chart_parts import PALE, Chart, axis, chart, error_trace, numbers
from cuffless.report.wording import baseline_name, network_name, windows_of, with_limits

_FEW_TICKS = 3


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
    few = {"dtick": 1} if rows["n_windows"].max() <= _FEW_TICKS else {"nticks": 3}
    windows = axis("windows", domain=[0, 0.24], rangemode="tozero", **few)
    return chart(data, 430, x, y, yaxis2=windows, legend=True)


def _middle(rows: pd.DataFrame) -> pd.Series:
    return (rows["bin_low"] + rows["bin_high"]) / 2


def _bin_counts(row) -> str:
    return f"{row.bin_low:g} to {row.bin_high:g} mmHg<br>{_counts(row)}"


def _counts(row) -> str:
    return windows_of(row.n_windows, row.n_subjects)


def _bin_hover(rows: pd.DataFrame) -> list[str]:
    return [f"MAE {with_limits(row.mae, row.lower, row.upper)} mmHg<br>{_bin_counts(row)}" for row in rows.itertuples()]


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
