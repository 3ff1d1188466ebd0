"""High and low pressures as events: a table for the page, and a line for the terminal."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from cuffless.judgement.measures.events import BY_PERSON, BY_WINDOW
from cuffless.judgement.names import (
    BODY,
    DEMOGRAPHICS,
    HEART_RATE,
    HOLD_LAST,
    NETWORK,
    OFFSET,
    POPULATION_MEAN,
    PULSE_SHAPE,
    RATE_DEMOGRAPHICS,
    baseline_name,
)
from cuffless.report.judgement.tables import download
from cuffless.report.tables import Column, Table, make_table
from cuffless.report.wording import count, network_name, one_sign, percent, share_with_limits, with_limits

_SHOWN = (
    (POPULATION_MEAN,),
    (RATE_DEMOGRAPHICS, BODY, DEMOGRAPHICS, HEART_RATE),
    (PULSE_SHAPE,),
    (HOLD_LAST,),
    (OFFSET,),
)
"""Groups of baselines that do nearly the same: a page shows the first that the table supports, the CSV has all."""


def _share(title: str, name: str) -> Column:
    """A column of percentages with their intervals."""
    ends = (name, f"{name}_lower", f"{name}_upper")
    return Column(title, lambda row: share_with_limits(*(getattr(row, end) for end in ends)), numeric=True)


def _names(judgement) -> Callable[[Any], str]:
    """What prints the name of a row's predictor or baseline."""
    skill = judgement.skill
    in_sample = set(skill.loc[skill["in_sample"].astype(bool), "baseline"]) if "in_sample" in skill else set()

    def name(row) -> str:
        return (
            network_name(row.network) if row.method == NETWORK else baseline_name(row.method, row.method in in_sample)
        )

    return name


def _shown(methods: Iterable[str]) -> list[str]:
    """Baselines that a page shows beside the predictor."""
    there = set(methods)
    return [next(name for name in group if name in there) for group in _SHOWN if there.intersection(group)]


def event_tables(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> dict[str, Table]:
    """Tables by unit, `BY_WINDOW` and `BY_PERSON`; baselines only where there is something to find."""
    columns = [
        Column("event", lambda r: one_sign(r.event).replace(" ", "\N{NO-BREAK SPACE}")),
        Column("predictor or baseline", _names(judgement)),
        Column("happens in", _how_often, numeric=True),
        _share("sensitivity, %", "sensitivity"),
        _share("specificity, %", "specificity"),
        _share("PPV, %", "ppv"),
        _share("NPV, %", "npv"),
        Column("alarms (false)", lambda r: f"{count(r.n_alarms)} ({count(r.n_false)})", numeric=True),
    ]
    error = Column("MAE during the event, mmHg", lambda r: with_limits(r.mae, r.mae_lower, r.mae_upper), numeric=True)
    rows = judgement.events
    kept = rows["method"].eq(NETWORK) | (rows["n_events"].gt(0) & rows["method"].isin(_shown(rows["method"])))
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
    """Say how many windows of each event that happens a network found; `rows`: of one case and network."""
    own = rows[rows["by"].eq(BY_WINDOW) & rows["method"].eq(NETWORK) & rows["n_events"].gt(0)]
    if own.empty:
        return f"no window is an event ({', '.join(map(one_sign, dict.fromkeys(rows['event'])))})"
    silent = own["ppv"].isna()
    found = [
        f"{percent(row.sensitivity)} of {one_sign(row.event)} ({percent(row.ppv)}{'' if i else ' of alarms right'})"
        for i, row in enumerate(own[~silent].itertuples())
    ]
    missed = ", ".join(map(one_sign, own.loc[silent, "event"]))
    return "; ".join(filter(None, (", ".join(found) or "none", missed and f"no alarm for {missed}")))
