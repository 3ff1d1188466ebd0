"""Predictions of a network before and after it has seen a part of a subject's own windows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions
from cuffless.files import whole_file
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuner, divide_calibration

BEFORE = "before"
_TIGHT = 1e-6  # s, within which times are the same
COLUMNS = (
    *("subject", "record", "start", "seconds", "subset", "sbp_ref", "dbp_ref", "sbp", "dbp", "hr"),
    *("network", "split", "seed", "protocol", "number", "setting", "budget", "n_calibration"),
)
WINDOW_COLUMNS = ("number", "subject", "record", "start", "seconds", "sbp", "dbp", "hr")


def personalize_network(
    model,
    plan: pd.DataFrame,
    store: str | Path,
    options: ProtocolOptions,
    *,
    derivatives: bool,
    seed: int,
    state: str | Path | None = None,
    log: Callable[[str], object] = print,
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Fine-tune a network on each subject, strategy and budget of a plan, and predict the test windows.

    Parameters
    ----------
    model : keras.Model
        As trained on other people.
    plan : DataFrame
        As from `sample_plan`.
    store : path
        Materialized windows, in the order of the plan's ``position``.
    options : ProtocolOptions
    derivatives : bool
        Whether the network takes derivative channels.
    seed : int
        The network's; with the protocol's it decides dropout and the order of windows.
    state : path, optional
        Folder in which each finished subject is kept; a run that finds subjects there goes on after them. The caller
        removes it when the results are written.
    log : callable
        Gets one line a subject.

    Returns
    -------
    predictions : DataFrame
        ``number, subject, record, start, seconds, sbp_ref, dbp_ref, hr, subset, setting, budget, n_calibration, sbp,
        dbp``. Setting `before` has all windows (``subset`` test or other); `first` and `random` the test windows
        for each budget; `first` at its largest budget also those ``between`` calibration and test.
    fits : DataFrame
        One row a fit: number, subject, setting, budget, n_train, n_val, epochs, best_epoch, loss.
    facts : dict
        Layers that were trained, and their share of the network's weights.

    Raises
    ------
    ValueError
        If the store does not hold the plan's windows, or the network has nothing to train.
    """
    from cuffless.training.feeding import open_windows

    windows = open_windows(store, ram_mb=np.inf)
    if len(windows) != len(plan) or not np.array_equal(windows.labels, plan[["sbp", "dbp"]].to_numpy(np.float32)):
        raise ValueError(f"{store} does not hold the plan's {len(plan)} windows; draw the plan anew")
    tail = Tail(model, options.layers, derivatives=derivatives)
    tuner = Tuner(tail, options)
    folder = Path(state) if state is not None else None
    predictions, fits = [], []
    for number, part in plan.groupby("number"):
        kept = folder / f"subject{number:04d}.parquet" if folder else None
        if kept is not None and kept.is_file():
            log(f"{model.name}: subject {number} was done before")
        else:
            ppg = windows.ppg[part["position"].to_numpy()]
            table, outcomes = _personalize_subject(tuner, part.reset_index(drop=True), ppg, options, seed)
            log(_describe(model.name, int(number), plan["number"].max(), table, options))
            if kept is not None:
                with whole_file(kept.with_suffix(".json")) as path:
                    path.write_text(json.dumps(outcomes))
                with whole_file(kept) as path:  # last: it says that the subject is done
                    table.to_parquet(path, index=False)
        if kept is not None:
            table, outcomes = pd.read_parquet(kept), json.loads(kept.with_suffix(".json").read_text())
        predictions.append(table)
        fits += outcomes
    facts = {
        "layers": options.layers,
        "trained_layers": tail.trained,
        "trained_share": round(tail.trained_share, 6),
        "parameters": model.count_params(),
    }
    table = pd.DataFrame(fits)
    facts["fits_at_limit"] = round(float((table["epochs"] >= options.epochs).mean()), 4)
    return pd.concat(predictions, ignore_index=True), table, facts


def contract_table(predictions: pd.DataFrame, *, network: str, split: str, seed: int, protocol: str) -> pd.DataFrame:
    """Predictions as the prediction table has them, columns `COLUMNS`: start and seconds in s, pressures in mmHg."""
    return predictions.assign(network=network, split=split, seed=seed, protocol=protocol)[list(COLUMNS)]


def _personalize_subject(tuner: Tuner, plan, ppg, options, seed) -> tuple[pd.DataFrame, list[dict]]:
    """Predictions and fits of one subject, whose windows `ppg` (n, samples) stand in the plan's order."""
    tuner.tail.reset()
    features = tuner.tail.features(ppg)
    labels = plan[["sbp", "dbp"]].to_numpy(np.float32)
    test = plan["test"].to_numpy()
    tables = [_rows(plan, np.where(test, "test", "other"), tuner.tail.pressures(features), BEFORE, "", 0)]
    fits, done = [], {}
    for strategy, budget, rows in calibration_sets(plan, options):
        if (strategy, len(rows)) not in done:  # 5 % of 100 windows are 5 windows: one fit for both
            _, val = divide_calibration(len(rows), strategy, options)
            key = [options.seed, seed, int(plan["number"].iloc[0]), STRATEGIES.index(strategy), len(rows)]
            outcome = tuner.fit([part[rows] for part in features], labels[rows], val, seed=key)
            done[strategy, len(rows)] = outcome, tuner.tail.pressures(features)
        outcome, given = done[strategy, len(rows)]
        between = (
            _between(plan, rows) if strategy == "first" and budget == options.budget else np.zeros(len(plan), bool)
        )
        shown = np.flatnonzero(test | between)
        subset = np.where(test[shown], "test", "between")
        tables.append(_rows(plan.iloc[shown], subset, given[shown], strategy, budget, len(rows)))
        who = {"number": int(plan["number"].iloc[0]), "subject": plan["subject"].iloc[0]}
        fits.append({**who, "setting": strategy, "budget": budget, **asdict(outcome)})
    return pd.concat(tables, ignore_index=True), fits


def calibration_sets(plan: pd.DataFrame, options: ProtocolOptions) -> Iterator[tuple[str, str, np.ndarray]]:
    """Strategy, budget and rows of each calibration set of one subject, in the order in which they are taken."""
    for strategy in STRATEGIES:
        rank = plan[f"{strategy}_rank"].to_numpy()
        taken = np.flatnonzero(rank >= 0)
        taken = taken[np.argsort(rank[taken])]
        for budget, k in options.budgets(len(plan), strategy).items():
            yield strategy, budget, taken[:k]


def _between(plan: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Windows at least one window after the last that calibrates, and before those that test: they show the drift."""
    if not plan["elapsed"].is_monotonic_increasing:
        return np.zeros(len(plan), bool)  # shuffled, or without a common clock
    end = (plan["elapsed"] + plan["seconds"]).iloc[rows].max()
    return ((plan["elapsed"] >= end + plan["seconds"] - _TIGHT) & ~plan["test"]).to_numpy()


def _rows(windows, subset, pressures, setting: str, budget: str, n_calibration: int) -> pd.DataFrame:
    table = windows[list(WINDOW_COLUMNS)].rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    return table.assign(
        subset=subset,
        setting=setting,
        budget=budget,
        n_calibration=n_calibration,
        sbp=pressures[:, 0],
        dbp=pressures[:, 1],
    )


def _describe(name: str, number: int, last: int, table: pd.DataFrame, options: ProtocolOptions) -> str:
    test = table[(table["subset"] == "test") & table["budget"].isin(["", options.budget])]
    mae = (test["sbp"] - test["sbp_ref"]).abs().groupby(test["setting"]).mean()
    said = ", ".join(f"{setting} {mae[setting]:.1f}" for setting in (BEFORE, *STRATEGIES))
    return f"{name}, subject {number} of {last}: SBP MAE {said} mmHg"
