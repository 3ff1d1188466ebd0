"""By which labels a network's outputs are scaled: those of the training set, or of more than it may know."""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from cuffless.designs.design import SUBSETS

TOLERANCE = 0.001
"""Two means or SDs of labels are the same up to so many mmHg."""
_LABELS = (["sbp_ref", "dbp_ref"], ["sbp", "dbp"])  # in a table of predictions, in a manifest
_FITTED = (("train", "val"), ("train", "test"), SUBSETS, ("val",), ("test",), ("val", "test"))


class Scaling(NamedTuple):
    """Means and SDs, SBP and DBP in mmHg, by which a network's outputs are scaled; the mean regressor has no SD."""

    mean: tuple[float, float]
    sd: tuple[float, float]
    kind: Literal["network", "mean"] = "network"


def scaling_error(mean, sd, windows: pd.DataFrame, kind: Literal["network", "mean"] = "network") -> str:
    """By what a network's outputs are scaled, if not by the training labels alone.

    Parameters
    ----------
    mean, sd : two floats each
        Of the model's output scaling, SBP and DBP, in mmHg.
    windows : DataFrame
        The split: subset and labels, as for `audit_sets`.
    kind : {"network", "mean"}
        The mean regressor is scaled by its mean alone.

    Returns
    -------
    str
        Which windows mean and SD are of instead, or how far off they are; empty if they are those of the training set.

    Raises
    ------
    ValueError
        If there is no training window.
    """
    labels = next(columns for columns in _LABELS if set(columns) <= set(windows.columns))
    if not (windows["subset"] == "train").any():
        raise ValueError("no training windows, so a network's scaling cannot be checked; sample the split again")

    def distance(subsets) -> float:
        part = windows.loc[windows["subset"].isin(subsets), labels].to_numpy(float)
        if not len(part):
            return np.inf
        wrong = np.abs([part.mean(axis=0) - mean, part.std(axis=0) - sd])
        return float(wrong[:1].max() if kind == "mean" else wrong.max())

    off = distance(("train",))
    if off <= TOLERANCE:
        return ""
    others = next((subsets for subsets in _FITTED if distance(subsets) <= TOLERANCE), None)
    whose = f"of {' and '.join(others)}" if others else f"up to {off:.2f} mmHg from those of train"
    return f"mean and SD {whose}" if kind == "network" else f"mean {whose}"


def read_scaling(model: str | Path) -> Scaling | None:
    """Output scaling in a ``.keras`` file, without loading the network; None if cuffless did not write it.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    try:
        with zipfile.ZipFile(model) as archive:
            config = json.loads(archive.read("config.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{model} is not a Keras model ({error})") from None
    layers = config.get("config", {}).get("layers", [])
    scaling = [layer["config"] for layer in layers if layer.get("class_name") == "PressureScaling"]
    if not scaling:
        return None
    network = json.loads(scaling[-1]["metadata"]).get("network", {})
    kind: Literal["network", "mean"] = "mean" if network.get("architecture") == "mean" else "network"
    return Scaling(tuple(scaling[-1]["mean"]), tuple(scaling[-1]["sd"]), kind)


def read_scalings(models: Iterable[str | Path]) -> dict[str, Scaling | None]:
    """Output scalings of trained networks, by ``network seed`` as their folders are named."""
    return {" ".join(Path(model).parts[-3:-1]): read_scaling(model) for model in models}
