"""Calibrating a network with cuff values that were taken while a PPG was recorded."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cuffless.config import ProtocolOptions
from cuffless.records import Record
from cuffless.records.cuff_values import CalibrationError
from cuffless.training.predictor import Predictor
from cuffless.training.recordings import predict_and_check
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuner
from cuffless.windows import cut_windows


@dataclass(frozen=True)
class Calibrated:
    """Predictions with a subject's own cuff values."""

    windows: pd.DataFrame
    """As from `predict_record`, without intervals, and: ``sbp_before, dbp_before`` (mmHg, as trained on other people),
    ``calibration`` (the window took part in it), ``since_calibration`` (s from the end of the last calibration window;
    missing before it)."""
    used: pd.DataFrame
    passed_over: pd.DataFrame
    """`used`, `passed_over`: Cuff values with accepted windows beside them, and those without."""
    moved: bool = True
    """Whether fine-tuning found weights that are better on the windows held out; else the network is as it was."""


def predict_calibrated(
    record: Record,
    predictor: Predictor,
    cuff: pd.DataFrame,
    options: ProtocolOptions,
    *,
    method: str = "tuning",
    within: float = 30.0,
) -> Calibrated:
    """Predict the windows of a PPG recording with a network that was calibrated on cuff values.

    Parameters
    ----------
    record : Record
        Opened for its PPG alone.
    predictor : Predictor
        A network as trained on other people.
    cuff : DataFrame
        As from `read_cuff_values`.
    options : ProtocolOptions
        Layers and training, as in the study of personalization.
    method : {"tuning", "offset"}
        Fine-tune the network, or add its mean calibration error to its predictions.
    within : float
        Seconds from a cuff value within which the centre of an accepted window must lie; each window takes the nearest
        cuff value.

    Returns
    -------
    Calibrated

    Raises
    ------
    RecordError
        If no segment can be read.
    CalibrationError
        If no accepted window is near a cuff value.
    """
    cut = cut_windows(record, predictor.windows)
    predictor = replace(predictor, intervals=None)  # which do not hold once the network is calibrated
    table = predict_and_check(cut, predictor)
    table = table.assign(sbp_before=table["sbp"], dbp_before=table["dbp"])
    accepted = np.flatnonzero(table["accepted"])
    centre = (table["start"] + table["seconds"] / 2).to_numpy()[accepted]
    distance = np.abs(centre[:, None] - cuff["time"].to_numpy())
    nearest = distance.argmin(axis=1)
    taken = np.flatnonzero(distance.min(axis=1) <= within)
    if not len(accepted):
        raise CalibrationError(f"{record.name}: {_why_none(table)}")
    if not len(taken):
        raise CalibrationError(
            f"{record.name}: no accepted window within {within:g} s of a cuff value ({len(accepted)} windows "
            f"accepted, cuff values at {', '.join(f'{t:g}' for t in cuff['time'][:5])} s); times count from the start "
            "of the signal"
        )
    value = nearest[taken]
    labels = cuff[["sbp", "dbp"]].to_numpy(np.float32)[value]
    before, moved = table[["sbp", "dbp"]].to_numpy()[accepted], True
    if method == "offset":  # each cuff value has the same weight, however many windows are near it
        errors = pd.DataFrame(labels - before[taken]).groupby(value).mean()
        after = before + errors.mean().to_numpy()
    else:
        after, moved = _fit_to_cuff(predictor, cut.ppg, taken, value, labels, options)
    table.loc[table.index[accepted], ["sbp", "dbp"]] = after
    calibrates = np.zeros(len(table), bool)
    calibrates[accepted[taken]] = True
    used = np.zeros(len(cuff), bool)
    used[nearest[taken]] = True
    table = table.assign(calibration=calibrates, since_calibration=_seconds_since_calibration(table, calibrates))
    return Calibrated(table, cuff[used].reset_index(drop=True), cuff[~used].reset_index(drop=True), moved)


def _fit_to_cuff(predictor: Predictor, ppg, taken, value, labels, options: ProtocolOptions) -> tuple[np.ndarray, bool]:
    """Pressures of a network fitted to the windows `taken`, labelled by the cuff values of number `value`."""
    tail = Tail(predictor.model, options.layers, derivatives=predictor.derivatives)
    features = tail.features(ppg)
    order, n_val = spread_out(value, options)
    rows = taken[order]
    val = np.arange(len(rows) - n_val, len(rows))
    tuned = Tuner(tail, options).fit([part[rows] for part in features], labels[order], val, seed=[options.seed])
    return tail.pressures(features), tuned.best_epoch > 0


def spread_out(value: np.ndarray, options: ProtocolOptions) -> tuple[np.ndarray, int]:
    """Order windows so that those held out come last: some near each cuff value, never all.

    Parameters
    ----------
    value : (n,) int array
        Number of each window's cuff value.
    options : ProtocolOptions
        `validation_share`, `validation_from`.

    Returns
    -------
    order : (n,) int array
    n_val : int
        How many of them, the last, are held out.
    """
    if len(value) < options.validation_from:
        return np.arange(len(value)), 0
    rank = pd.Series(value).groupby(value).cumcount().to_numpy()
    size = np.bincount(value, minlength=value.max() + 1)[value]
    held = np.floor((rank + 1) * options.validation_share) > np.floor(rank * options.validation_share)
    held &= size > 1
    return np.argsort(held, kind="stable"), int(held.sum())


def _why_none(table: pd.DataFrame) -> str:
    worst = table["reason"].value_counts()
    return f"none of {len(table)} windows is accepted" + (f", most often: {worst.index[0]}" if len(worst) else "")


def _seconds_since_calibration(table: pd.DataFrame, calibrates: np.ndarray) -> np.ndarray:
    """Seconds from the end of the last calibration window before each window to its start."""
    end = (table["start"] + table["seconds"]).where(calibrates).ffill().shift()
    since = (table["start"] - end).clip(lower=0).to_numpy()  # windows may overlap
    return np.where(calibrates, 0.0, since)
