"""Fine-tuning a network's outputs on rPPG, leaving one subject out at a time."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.folds import BEFORE, SETTINGS, TUNED
from cuffless.files import whole_file
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuner

LAYERS = "heads"
"""Layers that train: those that the pressures are read from (paper, section 3.6.2)."""
COLUMNS = (
    *("subject", "record", "start", "seconds", "subset", "sbp_ref", "dbp_ref", "sbp", "dbp", "hr"),
    *("network", "split", "seed", "setting", "fold"),
)
_WINDOW_COLUMNS = ["fold", "subject", "record", "start", "seconds", "sbp", "dbp", "hr"]


def tune_network(
    model,
    index: pd.DataFrame,
    store: str | Path,
    plan: pd.DataFrame,
    options: RppgTuningOptions,
    *,
    derivatives: bool,
    seed: int,
    state: str | Path | None = None,
    log: Callable[[str], object] = print,
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Fine-tune a network's outputs in each fold and setting, and predict the test windows.

    Parameters
    ----------
    model : keras.Model
        As trained on PPG; it has the same weights again in the end.
    index : DataFrame
        All kept windows, in the order of the store: ``sbp, dbp`` (mmHg).
    store : path
        Windows of the index (``.zarr.zip``).
    plan : DataFrame
        As from `sample_folds`.
    options : RppgTuningOptions
    derivatives : bool
        Whether the network takes derivative channels.
    seed : int
        The network's; with that of the options it decides the order of windows.
    state : path, optional
        Folder in which each finished fold is kept; a run that finds folds there goes on after them. The caller removes
        it when the results are written.
    log : callable
        Gets one line a fold.

    Returns
    -------
    predictions : DataFrame
        ``fold, subject, record, start, seconds, sbp_ref, dbp_ref, hr, subset, setting, sbp, dbp``. Setting `before`
        has all windows (``subset`` test or other), the others those that test them.
    fits : DataFrame
        One row a fit: fold, subject, val_subject, setting, n_train, n_val, epochs, best_epoch, loss.
    facts : dict
        Layers that were trained, their share of the network's weights, the layers of the frozen part whose dropout
        does not act, and the share of fits in which no epoch was better than the network as it was.

    Raises
    ------
    ValueError
        If the store does not hold the index's windows, or the network has nothing to train.

    Notes
    -----
    What precedes the outputs never changes, so that its features are computed once, in inference mode: batch
    normalization keeps its statistics and dropout before the outputs does not act.
    """
    from cuffless.training.feeding import open_windows

    windows = open_windows(store, ram_mb=np.inf)
    labels = index[["sbp", "dbp"]].to_numpy(np.float32)
    if not np.array_equal(windows.labels, labels):
        raise ValueError(f"{store} does not hold the {len(index)} windows of the index; gather the windows anew")
    tail = Tail(model, LAYERS, derivatives=derivatives)
    position = plan["position"].to_numpy()
    features = tail.features(windows.ppg[position])
    material = _Material(plan.reset_index(drop=True), features, labels[position], tail.pressures(features))
    tuner = Tuner(tail, _fitting(options))
    predictions, fits = [], []
    for fold in plan["fold"].unique():
        kept = None if state is None else Path(state) / f"fold{fold:04d}.parquet"
        if kept is not None and kept.is_file():
            log(f"{model.name}: fold {fold} was done before")
        else:
            table, outcomes = _tune_fold(tuner, material, int(fold), options, seed)
            log(_describe(model.name, int(fold), plan["fold"].max(), table))
            if kept is not None:
                with whole_file(kept.with_suffix(".json")) as part:
                    part.write_text(json.dumps(outcomes))
                with whole_file(kept) as part:  # last: it says that the fold is done
                    table.to_parquet(part, index=False)
        if kept is not None:
            table, outcomes = pd.read_parquet(kept), json.loads(kept.with_suffix(".json").read_text())
        predictions.append(table)
        fits += outcomes
    tail.reset()
    table = pd.DataFrame(fits)
    unchanged = {"fits_unchanged": round(float((table["best_epoch"] == 0).mean()), 4)}
    return pd.concat(predictions, ignore_index=True), table, _facts(model, tail) | unchanged


def contract_table(predictions: pd.DataFrame, *, network: str, split: str, seed: int) -> pd.DataFrame:
    """Predictions as the prediction table has them, columns `COLUMNS`: start and seconds in s, pressures in mmHg."""
    return predictions.assign(network=network, split=split, seed=seed)[list(COLUMNS)]


@dataclass(frozen=True)
class _Material:
    """Windows of the plan, in its order: their features, (n, 2) labels, and predictions of the network as it was."""

    plan: pd.DataFrame
    features: list[np.ndarray]
    labels: np.ndarray
    before: np.ndarray


def _fitting(options: RppgTuningOptions) -> ProtocolOptions:
    """What the fit of a tail asks for."""
    return ProtocolOptions(**options.model_dump(include={"learning_rate", "epochs", "patience", "batch_size"}))


def _tune_fold(
    tuner: Tuner, material: _Material, fold: int, options: RppgTuningOptions, seed: int
) -> tuple[pd.DataFrame, list[dict]]:
    """Predictions and fits of one fold."""
    plan = material.plan
    own = (plan["fold"] == fold).to_numpy()
    who = plan.loc[own, ["subject", "val_subject"]].iloc[0].to_dict()
    val = (plan["subject"] == who["val_subject"]).to_numpy()
    test = plan["test_before"].to_numpy()[own]
    tables = [_rows(plan[own], np.where(test, "test", "other"), material.before[own], BEFORE)]
    fits = []
    for number, setting in enumerate(SETTINGS):
        if setting == BEFORE:
            continue
        train = ~own & ~val
        if setting != TUNED:
            train |= own & plan[setting].to_numpy()
        taken = np.r_[np.flatnonzero(train), np.flatnonzero(val)]
        judged = np.arange(train.sum(), len(taken))
        key = [options.seed, seed, fold, number]
        outcome = tuner.fit([part[taken] for part in material.features], material.labels[taken], judged, seed=key)
        shown = own & plan[f"test_{setting}"].to_numpy()
        given = tuner.tail.pressures([part[shown] for part in material.features])
        tables.append(_rows(plan[shown], "test", given, setting))
        fits.append({"fold": fold, **who, "setting": setting, **asdict(outcome)})
    return pd.concat(tables, ignore_index=True), fits


def _rows(windows: pd.DataFrame, subset, pressures: np.ndarray, setting: str) -> pd.DataFrame:
    table = windows[_WINDOW_COLUMNS].rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    return table.assign(subset=subset, setting=setting, sbp=pressures[:, 0], dbp=pressures[:, 1])


def _describe(name: str, fold: int, last: int, table: pd.DataFrame) -> str:
    test = table[table["subset"] == "test"]
    mae = (test["sbp"] - test["sbp_ref"]).abs().groupby(test["setting"]).mean()
    said = ", ".join(f"{setting} {mae[setting]:.1f}" for setting in SETTINGS)
    return f"{name}, fold {fold} of {last} ({table['subject'].iloc[0]}): SBP MAE {said} mmHg"


def _facts(model, tail: Tail) -> dict:
    trained = {layer.name for layer in tail.model.layers}
    idle = [
        layer.name
        for layer in model.layers
        if layer.name not in trained and any(getattr(layer, kind, 0) for kind in ("rate", "dropout"))
    ]
    return {
        "layers": LAYERS,
        "trained_layers": tail.trained,
        "trained_share": round(tail.trained_share, 6),
        "parameters": model.count_params(),
        "dropout_not_acting": idle,
    }
