"""Errors of the input study's runs."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import crop_named

PRESSURES = ("SBP", "DBP")
RUN = ("network", "derivatives", "cropping", "length", "seed")


def run_of(path: str | Path) -> dict:
    """Keys `RUN` of a run, off the path of its predictions: ``.../<crop>/<channels>/<network>/seed<k>/<file>``."""
    crop, channels, network, seed = Path(path).parts[-5:-1]
    cut = crop_named(crop)
    return {
        "network": network,
        "derivatives": channels == "derivatives",
        "cropping": cut.cropping,
        "length": cut.length,
        "seed": int(seed.removeprefix("seed")),
    }


def input_errors(runs: Iterable[tuple[Mapping, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors of each run, and of each subject in it.

    Parameters
    ----------
    runs : iterable of (mapping, DataFrame)
        Keys `RUN`, and the run's table of predictions: subset, subject, sbp_ref, dbp_ref, and for test rows sbp, dbp.

    Returns
    -------
    mae : DataFrame
        One row a run and pressure: the keys, ``pressure, mae`` (mmHg), ``mae_mean`` (of always saying the mean of the
        training labels, on the same windows), ``n_train, n_test, n_subjects``.
    subjects : DataFrame
        One row a run, pressure and test subject: the keys, ``pressure, subject, mae``.
    """
    rows, parts = [], []
    for key, table in runs:
        test, train = table[table["subset"] == "test"], table[table["subset"] == "train"]
        counts = {"n_train": len(train), "n_test": len(test), "n_subjects": test["subject"].nunique()}
        for pressure in PRESSURES:
            name = pressure.lower()
            reference = test[f"{name}_ref"]
            absolute = (test[name] - reference).abs()
            mean = (train[f"{name}_ref"].mean() - reference).abs().mean()
            key = {**key, "pressure": pressure}
            rows.append({**key, "mae": absolute.mean(), "mae_mean": mean, **counts})
            own = absolute.groupby(test["subject"].to_numpy()).mean()
            parts.append(pd.DataFrame({**key, "subject": own.index, "mae": own.to_numpy()}))
    mae = pd.DataFrame(rows)
    if not np.isfinite(mae["mae"]).all():
        broken = mae.loc[~np.isfinite(mae["mae"])].iloc[0]
        raise ValueError(f"run {', '.join(f'{k} {broken[k]}' for k in RUN)}: test windows without a prediction")
    return mae, pd.concat(parts, ignore_index=True)
