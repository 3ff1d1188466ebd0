"""What else is known of a study's networks: which events they find, and whether they look at their input."""

import numpy as np
import pandas as pd

from cuffless.judgement.measures.events import BY_WINDOW
from cuffless.judgement.names import MEAN, NETWORK
from cuffless.report.judgement.dependence import dependence_sentence
from cuffless.report.tables import Column, Table, csv_download, make_table
from cuffless.report.wording import NOTHING, case_name, network_name, one_sign, percent

_WHERE = "<data set>/judgement/splits/tables"


def event_table(events: pd.DataFrame) -> Table:
    """Share of the windows of each event that each network finds, and of its alarms that are right.

    Parameters
    ----------
    events : DataFrame
        As from `cuffless.judgement.measures.events.event_table`.

    Returns
    -------
    Table
        One row per split and network, one column per event that happens.
    """
    own = events[events["by"].eq(BY_WINDOW) & events["method"].eq(NETWORK)]
    happening = [name for name in dict.fromkeys(own["event"]) if own.loc[own["event"] == name, "n_events"].gt(0).any()]
    cells = own.assign(cell=[_found(row) for row in own.itertuples()]).pivot_table(
        index=["case", "network"], columns="event", values="cell", aggfunc="first", sort=False
    )
    rows = cells.reindex(columns=happening).fillna(NOTHING).reset_index()
    rows.columns = ["case", "network", *(f"event{i}" for i in range(len(happening)))]
    columns = [
        Column("split", lambda r: case_name(r.case)),
        Column("network", lambda r: network_name(r.network)),
        *(Column(one_sign(name), f"event{i}", numeric=True) for i, name in enumerate(happening)),
    ]
    return make_table(
        rows, columns, "Events found by window", download=csv_download(events, "events.csv", f"{_WHERE}/events.csv")
    )


def _found(row) -> str:
    right = f"PPV {percent(row.ppv)}" if np.isfinite(row.ppv) else "no alarm"
    return f"{percent(row.sensitivity)}, {right} (in {percent(row.prevalence, 1)})"


def dependence_lines(dependence: pd.DataFrame) -> list[str]:
    """One line per split and network, the mean regressor aside, as from `dependence_sentence`."""
    own = dependence[dependence["network"] != MEAN]
    return [
        f"{case_name(case)}, {network_name(network)}: "
        + " ".join(dependence_sentence(of_pressure) for _, of_pressure in rows.groupby("pressure", sort=False))
        for (case, network), rows in own.groupby(["case", "network"], sort=False)
    ]
