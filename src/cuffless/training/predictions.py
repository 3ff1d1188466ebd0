"""The prediction table: the one table that every judgement reads."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.conformal import METADATA
from cuffless.designs.split_audit import KNOWN_OF_PEOPLE
from cuffless.files import whole_file
from cuffless.training.feeding import open_windows
from cuffless.training.intervals import LIMITS, Calibration
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
    val_store: str | Path | None = None,
    network: str,
    split: str,
    seed: int,
) -> pd.DataFrame:
    """References of all windows of a split, and a network's predictions on its validation and test windows.

    Parameters
    ----------
    trained : TrainedNetwork
    manifest : DataFrame
        One row per window: subset, position, subject, record, start, seconds, sbp, dbp, hr; possibly age, sex, bmi.
    test_store : path
        The materialized test set, in the order of the manifest's ``position``.
    val_store : path, optional
        The validation set, likewise; without it, its windows are not predicted and cannot calibrate intervals.
    network, split : str
    seed : int
        Written into the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: start and seconds in s, pressures in mmHg, hr in bpm; what the manifest has of
        `KNOWN_OF_PEOPLE`; `LIMITS` if the network has quantile outputs, as it gives them. Training rows have no
        prediction.

    Raises
    ------
    ValueError
        If manifest and store are not of one split.
    """
    table = manifest.sort_values(["subset", "position"], kind="stable", ignore_index=True)
    stores = {"val": val_store, "test": test_store}
    parts = {
        subset: trained.outputs(stored_windows(table, subset, store))
        for subset, store in stores.items()
        if store is not None
    }
    outputs = np.full((len(table), parts["test"].shape[1]), np.nan, np.float32)
    for subset, part in parts.items():
        outputs[table["subset"] == subset] = part
    table = table.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    table = table.assign(network=network, split=split, seed=seed, **named_outputs(outputs))
    return table[[*COLUMNS, *(name for name in (*KNOWN_OF_PEOPLE, *LIMITS) if name in table)]]


def named_outputs(outputs: np.ndarray) -> dict[str, np.ndarray]:
    """Outputs of a network, (n, 2 or 6), as columns: sbp, dbp, and the limits of quantile outputs."""
    names = ("sbp", "dbp", "sbp_lo", "dbp_lo", "sbp_hi", "dbp_hi")
    return dict(zip(names[: outputs.shape[1]], outputs.T, strict=True))


def write_predictions(calibration: Calibration, path: str | Path) -> None:
    """Write a prediction table as parquet, whole or not at all; its metadata give the level of its intervals.

    Parameters
    ----------
    calibration : Calibration
    path : str or Path

    Raises
    ------
    OSError
        If it cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(calibration.table, preserve_index=False)
    if calibration.intervals is not None:
        facts = {**calibration.described(), "holds": calibration.intervals.holds()}
        table = table.replace_schema_metadata({**table.schema.metadata, METADATA: json.dumps(facts)})
    with whole_file(path) as part:
        pyarrow.parquet.write_table(table, part)


def stored_windows(manifest: pd.DataFrame, subset: str, store: str | Path) -> np.ndarray:
    """Windows of a materialized subset, (n, length), in the order of the manifest's ``position``.

    Parameters
    ----------
    manifest : DataFrame
        ``subset, position, sbp, dbp`` of a split, in any order.
    subset : str
    store : path

    Raises
    ------
    ValueError
        If manifest and store are not of one split.
    """
    windows = open_windows(store, ram_mb=np.inf)
    assert windows.ppg is not None  # no limit on memory
    rows = manifest[manifest["subset"] == subset].sort_values("position", kind="stable")
    if not np.array_equal(np.asarray(windows.labels), rows[["sbp", "dbp"]].to_numpy(np.float32)):
        raise ValueError(f"{store} does not hold the manifest's {len(rows)} {subset} windows; sample the split again")
    return windows.ppg
