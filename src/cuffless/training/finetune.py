"""Fine-tuning: fit after fit from the network's own weights, and predictions before and after each."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.designs.design import BEFORE
from cuffless.designs.fits import Fits, Unit
from cuffless.designs.folds import ABOUT
from cuffless.files import whole_file
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuned, Tuner

_WINDOW_COLUMNS = ("number", "fold", "subject", "record", "start", "seconds", "sbp", "dbp", "hr", *ABOUT)


def finetune_network(
    model,
    fits: Fits,
    store: str | Path,
    *,
    derivatives: bool,
    seed: int,
    state: str | Path | None = None,
    log: Callable[[str], object] = print,
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Fit a network to each setting and budget of each subject or fold, and predict before and after.

    Parameters
    ----------
    model : keras.Model
        As trained on other people's PPG; it has the same weights again in the end.
    fits : Fits
        As from `personalization_fits` or `fold_fits`.
    store : path
        Windows that the units' ``position`` counts in (``.zarr.zip``).
    derivatives : bool
        Whether the network takes derivative channels.
    seed : int
        The network's; with that of the options it decides dropout and the order of windows.
    state : path, optional
        Folder in which each finished unit is kept; a run that finds units there continues after them. The caller
        removes it when the results are written.
    log : callable
        Called with one line per unit.

    Returns
    -------
    predictions : DataFrame
        ``number`` or ``fold``, then ``subject, record, start, seconds, sbp_ref, dbp_ref, hr, subset, setting, budget,
        n_calibration`` (the unit's own windows in the fit), ``sbp, dbp``. Setting `before` has all own windows
        (``subset`` test or other), the others those that their fit shows.
    table : DataFrame
        One row per fit: the fits' columns, n_train, n_val, epochs, best_epoch, loss.
    facts : dict
        Layers that were trained, their share of the network's weights, layers of the frozen part whose dropout does not
        act, and the shares of fits that ran to the last epoch and in which no epoch improved the network.

    Raises
    ------
    ValueError
        If the store does not hold the windows, or the network has nothing to train.

    Notes
    -----
    Layers before those that train never change, so their features are computed once, in inference mode: batch
    normalization keeps its statistics and dropout there does not act.
    """
    from cuffless.training.feeding import open_windows

    windows = open_windows(store, ram_mb=np.inf)
    assert windows.ppg is not None  # no limit on memory
    _require_windows(windows.labels, fits, store)
    tail = Tail(model, fits.options.layers, derivatives=derivatives)
    tuner = Tuner(tail, fits.options)
    known, features = None, []
    predictions, outcomes = [], []
    for unit in fits.units:
        kept = None if state is None else Path(state) / f"{fits.unit}{unit.number:04d}.parquet"
        name = f"{model.name}, {fits.unit} {unit.number} of {fits.units[-1].number} ({unit.facts['subject']})"
        if kept is not None and kept.is_file():
            log(f"{name}: already done, skipped")
        else:
            if unit.windows is not known:
                known, features = unit.windows, tail.features(windows.ppg[unit.windows["position"].to_numpy()])
            table, rows = _finetune_unit(tuner, unit, features, [fits.options.seed, seed])
            log(f"{name}: {_describe(table)}")
            if kept is not None:
                with whole_file(kept.with_suffix(".json")) as part:
                    part.write_text(json.dumps(rows))
                with whole_file(kept) as part:  # last, because it marks the unit as done
                    table.to_parquet(part, index=False)
        if kept is not None:
            table, rows = pd.read_parquet(kept), json.loads(kept.with_suffix(".json").read_text())
        predictions.append(table)
        outcomes += rows
    tail.reset()
    table = pd.DataFrame(outcomes)[[*fits.fit_columns, *(field.name for field in fields(Tuned))]]
    return pd.concat(predictions, ignore_index=True), table, _facts(model, tail, table, fits.options)


def _require_windows(labels: np.ndarray, fits: Fits, store: str | Path) -> None:
    """Refuse a store whose labels are not those of the plan."""
    tables = list({id(unit.windows): unit.windows for unit in fits.units}.values())
    plan = pd.concat([table[["position", "sbp", "dbp"]] for table in tables])
    position, expected = plan["position"].to_numpy(), plan[["sbp", "dbp"]].to_numpy(np.float32)
    if position.max() >= len(labels) or not np.array_equal(labels[position], expected):
        raise ValueError(f"{store} does not hold the plan's {len(plan)} windows; sample the plan again")


def _finetune_unit(tuner: Tuner, unit: Unit, features: list[np.ndarray], seeds: list[int]):
    """Predictions and rows of the table of fits for one unit."""
    tail, labels = tuner.tail, unit.windows[["sbp", "dbp"]].to_numpy(np.float32)
    own = [part[unit.own] for part in features]
    tail.reset()
    tables = [_predictions(unit, unit.own, unit.subset, tail.pressures(own), BEFORE, "", 0)]
    rows, done = [], {}
    for fit in unit.fits:
        taken = fit.train if np.array_equal(fit.train, fit.val) else np.r_[fit.train, fit.val]
        if fit.key not in done:
            val = np.arange(len(taken) - len(fit.val), len(taken))
            outcome = tuner.fit([part[taken] for part in features], labels[taken], val, seed=[*seeds, *fit.key])
            done[fit.key] = outcome, tail.pressures(own)
        outcome, pressures = done[fit.key]
        n_calibration = int(np.isin(unit.own, taken).sum())
        shown = pressures[np.searchsorted(unit.own, fit.shown)]
        tables.append(_predictions(unit, fit.shown, fit.subset, shown, fit.setting, fit.budget, n_calibration))
        rows.append({**unit.facts, "setting": fit.setting, "budget": fit.budget, **asdict(outcome)})
    return pd.concat(tables, ignore_index=True), rows


def _predictions(unit: Unit, rows, subset, pressures, setting: str, budget: str, n_calibration: int) -> pd.DataFrame:
    columns = [name for name in _WINDOW_COLUMNS if name in unit.windows]
    table = unit.windows.iloc[rows][columns].rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    return table.assign(
        subset=subset,
        setting=setting,
        budget=budget,
        n_calibration=n_calibration,
        sbp=pressures[:, 0],
        dbp=pressures[:, 1],
    )


def _describe(table: pd.DataFrame) -> str:
    """Errors before and after, with the largest budget of each setting."""
    test = table[table["subset"] == "test"]
    test = test[test["budget"] == test.groupby("setting")["budget"].transform("last")]
    mae = (test["sbp"] - test["sbp_ref"]).abs().groupby(test["setting"], sort=False).mean()
    return f"SBP MAE {', '.join(f'{setting} {value:.1f}' for setting, value in mae.items())} mmHg"


def _facts(model, tail: Tail, fits: pd.DataFrame, options) -> dict:
    trained = {layer.name for layer in tail.model.layers}
    idle = [
        layer.name
        for layer in model.layers
        if layer.name not in trained and any(getattr(layer, kind, 0) for kind in ("rate", "dropout"))
    ]
    return {
        "layers": options.layers,
        "trained_layers": tail.trained,
        "trained_share": round(tail.trained_share, 6),
        "parameters": model.count_params(),
        "dropout_not_acting": idle,
        "fits_at_limit": round(float((fits["epochs"] >= options.epochs).mean()), 4),
        "fits_unchanged": round(float((fits["best_epoch"] == 0).mean()), 4),
    }
