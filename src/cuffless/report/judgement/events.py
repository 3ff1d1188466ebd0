"""High and low pressures as events: a table for the page, and a line for the terminal."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.judgement.measures.events import BY_PERSON, BY_WINDOW, EVENTS
from cuffless.judgement.names import BASELINES, HOLD_FIRST, NETWORK, POPULATION_MEDIAN
from cuffless.report.judgement.tables import download
from cuffless.report.tables import Column, Table, make_table
from cuffless.report.wording import count, network_name, percent, with_limits

_UNSHOWN = (POPULATION_MEDIAN, HOLD_FIRST)
"""Baselines that are in the CSV alone: each has a sibling that does nearly the same."""


def _share(title: str, name: str) -> Column:
    """A column of percentages with their intervals."""

    def cell(row) -> str:
        value, lower, upper = (100 * getattr(row, f"{name}{end}") for end in ("", "_lower", "_upper"))
        return with_limits(value, lower, upper, 0)

    return Column(title, cell, numeric=True)


def method_name(row) -> str:
    """Printed name of a predictor or baseline."""
    return network_name(row.network) if row.method == NETWORK else BASELINES[row.method]


def event_tables(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> dict[str, Table]:
    """Tables by unit, `BY_WINDOW` and `BY_PERSON`; baselines only where there is something to find."""
    columns = [
        Column("event", lambda r: r.event.replace(">=", "≥").replace(" ", "\N{NO-BREAK SPACE}")),
        Column("predictor or baseline", method_name),
        Column("happens in", _how_often, numeric=True),
        _share("sensitivity, %", "sensitivity"),
        _share("specificity, %", "specificity"),
        _share("PPV, %", "ppv"),
        _share("NPV, %", "npv"),
        Column("alarms (false)", lambda r: f"{count(r.n_alarms)} ({count(r.n_false)})", numeric=True),
    ]
    error = Column("MAE during the event, mmHg", lambda r: with_limits(r.mae, r.mae_lower, r.mae_upper), numeric=True)
    rows = judgement.events
    kept = rows["method"].eq(NETWORK) | (rows["n_events"].gt(0) & ~rows["method"].isin(_UNSHOWN))
    return {
        by: make_table(
            rows[kept & rows["by"].eq(by)],
            [*columns, error] if by == BY_WINDOW else columns,
            f"Events by {by}",
            cases=cases,
            networks=networks,
            download=download(judgement, "events") if by == BY_PERSON else None,
        )
        for by in (BY_WINDOW, BY_PERSON)
    }


def _how_often(row) -> str:
    return f"{percent(row.prevalence, 1)} ({count(row.n_events)} of {count(row.n)})"


def event_line(rows: pd.DataFrame) -> str:
    """Say of each event that happens how many windows of it a network found; `rows`: of one case and network."""
    own = rows[rows["by"].eq(BY_WINDOW) & rows["method"].eq(NETWORK) & rows["n_events"].gt(0)]
    if own.empty:
        return f"no window is an event ({', '.join(event.name for event in EVENTS)})"
    parts = [
        f"{row.event} in {percent(row.prevalence, 1)} of windows, {percent(row.sensitivity)} found, "
        + (f"{percent(row.ppv)} of alarms right" if np.isfinite(row.ppv) else "no alarm")
        for row in own.itertuples()
    ]
    return f"events: {'; '.join(parts)}"
