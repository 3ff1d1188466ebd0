"""Subjects whose pressure is shown over time: from well to badly predicted, with a limited number of windows."""

import numpy as np
import pandas as pd

from cuffless.judgement.evidence.baselines import Baselines
from cuffless.judgement.measures.errors import subject_maes
from cuffless.judgement.names import POPULATION_MEAN
from cuffless.judgement.table.cases import Case

SUBJECTS, WINDOWS = 60, 300


def pick_traces(case: Case, baselines: Baselines) -> pd.DataFrame:
    """Windows of a few subjects with the predictions of every network.

    Returns
    -------
    DataFrame
        ``case, network, subject, record, window`` (place among the subject's windows, from 1), ``start, seconds,
        elapsed`` (s on the subject's clock; NaN where it has none, as `start` is in a table without times), ``sbp_ref,
        dbp_ref, sbp, dbp`` (mmHg, seeds averaged), ``sbp_mean, dbp_mean`` (the population mean), and so for any other
        pressure of the table: at most 60 subjects, evenly spread over their errors, and 300 windows each, evenly
        spread over their time.
    """
    judged, k = case.judged, len(case.judged.subjects)
    mae = np.mean([subject_maes(judged, network) for network in judged.networks], axis=0)[:, 0]
    ranked = np.argsort(mae, kind="stable")
    shown = np.sort(ranked[np.unique(np.linspace(0, k - 1, min(k, SUBJECTS)).round().astype(int))])
    at = np.concatenate([_spread(np.flatnonzero(judged.owner == subject)) for subject in shown])
    window = np.arange(len(judged.owner)) - np.searchsorted(judged.owner, judged.owner) + 1
    windows = case.windows.assign(window=window)
    if not case.timed:  # their starts are counted
        windows = windows.assign(start=np.nan, elapsed=np.nan)
    windows = windows.iloc[at][["subject", "record", "window", "start", "seconds", "elapsed"]]
    windows = windows.astype({"subject": object, "record": object})
    mean = baselines.predicted.get(POPULATION_MEAN, np.full(judged.reference.shape, np.nan))
    parts = []
    for network in judged.networks:
        said = np.mean([judged.predicted[network, seed] for seed in judged.seeds(network)], axis=0)
        columns = {"ref": judged.reference, "": said, "mean": mean}
        values = {
            f"{pressure}_{name}".rstrip("_"): table[at, p].round(2)
            for name, table in columns.items()
            for p, pressure in enumerate(case.predictions)
        }
        parts.append(windows.assign(case=case.name, network=network, **values))
    table = pd.concat(parts, ignore_index=True)
    return table[["case", "network", *windows.columns, *values]]


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), WINDOWS)).round().astype(int))]
