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


def identity_of(quality: pd.DataFrame) -> str:
    """What the study's subjects are: of those that have windows the least that is known.

    ``patient``; ``run`` where runs of records stand for people; ``record`` where any record stands for its person.

    Parameters
    ----------
    quality : DataFrame
        Quality table of a crop: identity, windows_kept.
    """
    kept = quality.loc[quality["windows_kept"] > 0, "identity"]
    return "patient" if (kept == "patient").all() else "run" if kept.isin(["patient", "run"]).all() else "record"


def input_errors(runs: Iterable[tuple[Mapping, pd.DataFrame]], *, identity: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors of each run, and of each subject in it.

    Parameters
    ----------
    runs : iterable of (mapping, DataFrame)
        Keys `RUN`, and the run's table of predictions: subset, subject, sbp_ref, dbp_ref, and for test rows sbp, dbp.
    identity : {"patient", "run", "record"}
        What a subject is, as from `identity_of`.

    Returns
    -------
    mae : DataFrame
        One row a run and pressure: the keys, ``pressure, mae`` (mmHg), ``mae_mean`` (of always saying the mean of the
        training labels, on the same windows), ``n_train, n_test, n_subjects, identity``.
    subjects : DataFrame
        One row a run, pressure and test subject: the keys, ``pressure, subject, mae``.

    Raises
    ------
    ValueError
        If any test window of a run has no finite prediction.
    """
    rows, parts = [], []
    for key, table in runs:
        test, train = table[table["subset"] == "test"], table[table["subset"] == "train"]
        without = len(test) - int(np.isfinite(test[[p.lower() for p in PRESSURES]]).all(axis=1).sum())
        if without or not len(test):
            named = ", ".join(f"{k} {key[k]}" for k in RUN)
            raise ValueError(f"run {named}: {without} of {len(test)} test windows without a prediction; train it anew")
        counts = {"n_train": len(train), "n_test": len(test), "n_subjects": test["subject"].nunique()}
        counts["identity"] = identity
        for pressure in PRESSURES:
            name = pressure.lower()
            reference = test[f"{name}_ref"]
            absolute = (test[name] - reference).abs()
            mean = (train[f"{name}_ref"].mean() - reference).abs().mean()
            key = {**key, "pressure": pressure}
            rows.append({**key, "mae": absolute.mean(), "mae_mean": mean, **counts})
            own = absolute.groupby(test["subject"].to_numpy()).mean()
            parts.append(pd.DataFrame({**key, "subject": own.index, "mae": own.to_numpy()}))
    return pd.DataFrame(rows), pd.concat(parts, ignore_index=True)
