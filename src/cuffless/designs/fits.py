"""The fits of a design: the windows of each fine-tuning, and those predicted after it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions, RppgTuningOptions
from cuffless.designs.clock import TIGHT
from cuffless.designs.design import BEFORE, FIRST, TUNED
from cuffless.designs.folds import ABOUT, settings_of
from cuffless.options import Options

_PREDICTED = ("subject", "record", "start", "seconds", "subset", "sbp_ref", "dbp_ref", "sbp", "dbp", "hr")
_LAYERS = "heads"  # what the pressures are read from (paper, section 3.6.2)


@dataclass(frozen=True)
class Fit:
    """One fit and the windows predicted after it, as rows of the unit's table."""

    setting: str
    budget: str
    train: np.ndarray
    """(n,) int array."""
    val: np.ndarray
    """Int array: Rows that decide when to stop: none, others than those in `train`, or the same."""
    key: tuple[int, ...]
    """Decides dropout and the order of windows, with the seeds of options and network. Fits of one unit with the same
    key are the same."""
    shown: np.ndarray
    """(k,) int array: Rows whose predictions are kept."""
    subset: np.ndarray
    """(k,) array of str."""


@dataclass(frozen=True)
class Unit:
    """The fits of one subject or fold."""

    number: int
    facts: dict
    """Columns of the table of fits."""
    windows: pd.DataFrame
    """``position`` in the store, subject, record, start, seconds, labels. Consecutive units with the same table share
    its features."""
    own: np.ndarray
    """Int array: Rows that the network predicts as it was trained: all that the fits show, and more."""
    subset: np.ndarray
    """Array of str: Of `own`: test or other."""
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class Fits:
    """All fits of a network."""

    unit: str
    """What a unit is: "subject" or "fold"."""
    units: tuple[Unit, ...]
    options: ProtocolOptions
    """Layers that train, seed, learning rate, epochs and patience."""
    columns: tuple[str, ...]
    fit_columns: tuple[str, ...]
    """`columns`, `fit_columns`: Of the prediction table, and of the table of fits before the figures of each."""


def personalization_fits(plan: pd.DataFrame, options: ProtocolOptions) -> Fits:
    """Fit each strategy and budget of each subject.

    Parameters
    ----------
    plan : DataFrame
        Windows as from `sample_plan`.
    options : ProtocolOptions

    Returns
    -------
    Fits
        Each fit shows the test windows; `first` at its largest budget also those between calibration and test.
    """
    units = []
    for number, part in plan.groupby("number"):
        part = part.reset_index(drop=True)
        test = part["test"].to_numpy()
        fits = []
        for strategy, budget, rows in calibration_sets(part, options):
            train, val = divide_calibration(len(rows), strategy, options)
            drift = strategy == FIRST and budget == options.budget
            shown = np.flatnonzero(test | _drift_windows(part, rows) if drift else test)
            # 5 % of 100 windows are 5 windows: one key, one fit.
            key = (int(number), STRATEGIES.index(strategy), len(rows))
            subset = np.where(test[shown], "test", "between")
            fits.append(Fit(strategy, budget, rows[train], rows[val], key, shown, subset))
        facts = {"number": int(number), "subject": part["subject"].iloc[0]}
        own = np.arange(len(part))
        units.append(Unit(int(number), facts, part, own, np.where(test, "test", "other"), tuple(fits)))
    names = ("network", "split", "seed", "protocol", "number", "setting", "budget", "n_calibration")
    return Fits("subject", tuple(units), options, (*_PREDICTED, *names), ("number", "subject", "setting", "budget"))


def fold_fits(plan: pd.DataFrame, options: RppgTuningOptions) -> Fits:
    """Fit each setting of each fold of `sample_folds`; each fit shows the windows that test its setting."""
    plan = plan.reset_index(drop=True)
    subject = plan["subject"].to_numpy()
    units = []
    for fold in map(int, plan["fold"].unique()):
        own = (plan["fold"] == fold).to_numpy()
        who = plan.loc[own, ["subject", "val_subject"]].iloc[0].to_dict()
        val = subject == who["val_subject"]
        fits = []
        for number, setting in enumerate(settings_of(plan)):
            if setting == BEFORE:
                continue
            added = np.zeros(len(plan), bool) if setting == TUNED else own & plan[setting].to_numpy()
            train = np.flatnonzero((~own & ~val) | added)
            shown = np.flatnonzero(own & plan[f"test_{setting}"].to_numpy())
            subset = np.full(len(shown), "test")
            fits.append(Fit(setting, "", train, np.flatnonzero(val), (fold, number), shown, subset))
        subset = np.where(plan["test_before"].to_numpy()[own], "test", "other")
        units.append(Unit(fold, {"fold": fold, **who}, plan, np.flatnonzero(own), subset, tuple(fits)))
    shared = options.model_dump(include={"learning_rate", "epochs", "patience", "batch_size", "seed"})
    about = [name for name in ABOUT if name in plan and name != "cuff"]
    columns = (*_PREDICTED, *about, "network", "split", "seed", "setting", "fold")
    fit_columns = ("fold", "subject", "val_subject", "setting")
    return Fits("fold", tuple(units), ProtocolOptions(layers=_LAYERS, **shared), columns, fit_columns)


ARMS: dict[str, tuple[type[Options], Callable[..., Fits]]] = {
    "personalization": (ProtocolOptions, personalization_fits),
    "camera": (RppgTuningOptions, fold_fits),
}


def fits_of(arm: str, plan: pd.DataFrame, options: str) -> Fits:
    """Fits of an arm, by its plan and its options as JSON."""
    model, make = ARMS[arm]
    return make(plan, model.model_validate_json(options))


def calibration_sets(plan: pd.DataFrame, options: ProtocolOptions) -> Iterator[tuple[str, str, np.ndarray]]:
    """Strategy, budget and rows of each calibration set of one subject, in the order in which they are taken."""
    for strategy in STRATEGIES:
        rank = plan[f"{strategy}_rank"].to_numpy()
        taken = np.flatnonzero(rank >= 0)
        taken = taken[np.argsort(rank[taken])]
        for budget, k in options.budgets(len(plan), strategy).items():
            yield strategy, budget, taken[:k]


def divide_calibration(n: int, strategy: str, options: ProtocolOptions) -> tuple[np.ndarray, np.ndarray]:
    """Which of `n` calibration windows train, and which decide when to stop.

    Parameters
    ----------
    n : int
        Calibration windows, in the order in which the strategy takes them.
    strategy : {"first", "random"}
    options : ProtocolOptions

    Returns
    -------
    train, val : int arrays
        Of `first` the latest windows are held out, of `random` any. With few windows `val` is empty; the authors'
        code (`validation: code`) stops `first` on the windows that it trains on.
    """
    rows = np.arange(n)
    if options.validation == "code" and strategy == FIRST:
        return rows, rows
    held = min(round(options.validation_share * n), n - 1) if n >= options.validation_from else 0
    return rows[: n - held], rows[n - held :]


def _drift_windows(plan: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Windows after calibration, at least one window later, and before the test windows: they show the drift."""
    if not plan["elapsed"].is_monotonic_increasing:
        return np.zeros(len(plan), bool)  # shuffled, or without a common clock
    end = (plan["elapsed"] + plan["seconds"]).iloc[rows].max()
    return ((plan["elapsed"] >= end + plan["seconds"] - TIGHT) & ~plan["test"]).to_numpy()
