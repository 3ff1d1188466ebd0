"""The prediction table: the one table that every judgement reads."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.training.feeding import open_windows
from cuffless.training.result import TrainedNetwork

COLUMNS = (
    "subject",
    "record",
    "start",
    "seconds",
    "subset",
    "sbp_ref",
    "dbp_ref",
    "sbp",
    "dbp",
    "hr",
    "network",
    "split",
    "seed",
)


def people_of(manifest: pd.DataFrame, subset: str) -> np.ndarray:
    """Subject of each window of a subset, (n,), in the order of its store."""
    return manifest[manifest["subset"] == subset].sort_values("position", kind="stable")["subject"].to_numpy()


def prediction_table(
    trained: TrainedNetwork,
    manifest: pd.DataFrame,
    test_store: str | Path,
    *,
    network: str,
    split: str,
    seed: int,
) -> pd.DataFrame:
    """References of all windows of a split, and a network's predictions on its test windows.

    Parameters
    ----------
    trained : TrainedNetwork
    manifest : DataFrame
        One row per window: subset, position, subject, record, start, seconds, sbp, dbp, hr.
    test_store : path
        The materialized test set, in the order of the manifest's ``position``.
    network, split : str
    seed : int
        Written into the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: start and seconds in s, pressures in mmHg, hr in bpm. Rows that are not for testing have no
        prediction.

    Raises
    ------
    ValueError
        If manifest and store are not of one split.
    """
    table = manifest.sort_values(["subset", "position"], kind="stable", ignore_index=True)
    test = np.flatnonzero(table["subset"] == "test")
    windows = open_windows(test_store, ram_mb=np.inf)
    assert windows.ppg is not None  # no limit on memory
    labels = table.loc[test, ["sbp", "dbp"]].to_numpy(np.float32)
    if len(windows) != len(test) or not np.array_equal(np.asarray(windows.labels), labels):
        raise ValueError(f"{test_store} does not hold the manifest's {len(test)} test windows; sample the split again")
    pressures = np.full((len(table), 2), np.nan, np.float32)
    pressures[test] = trained.pressures(windows.ppg)
    table = table.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    table = table.assign(sbp=pressures[:, 0], dbp=pressures[:, 1], network=network, split=split, seed=seed)
    return table[list(COLUMNS)]
