"""A trained network on recordings outside its study: its predictions and their errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from cuffless.config import RecordOptions, WindowOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import shortened
from cuffless.networks import channel_count, load_network, predict_pressures
from cuffless.options import one_line_errors
from cuffless.records import Entry, Record, RecordError, open_record
from cuffless.training.backends import current_module
from cuffless.windows import EXPLANATIONS, Windows, cut_windows, first_broken_rule, upside_down

PREDICTION_COLUMNS = ("subject", "record", "start", "seconds", "sbp_ref", "dbp_ref", "sbp", "dbp", "hr", "snr")
SUMMARY_COLUMNS = (
    *("record", "subject", "identity", "verdict", "reason", "seconds", "windows_cut", "windows_kept", "rejected"),
    *("sbp_ref", "dbp_ref", "hr", "snr", "sbp", "dbp", "sbp_mae", "dbp_mae", "sbp_mae_mean", "dbp_mae_mean"),
)
POSSIBLE = ((40.0, 300.0), (15.0, 200.0))
"""Medians that SBP and DBP of a person may have, in mmHg."""
SHAPING = ("cropping", "length", "samples_per_beat", "band", "filter_order")
"""Options of windows that shape a network's input; the others only select windows."""


@dataclass(frozen=True)
class Predictor:
    """A trained network with what it takes to feed it."""

    model: object
    """Gives SBP and DBP in mmHg."""
    windows: WindowOptions
    """Of the windows on which it was trained."""
    derivatives: bool
    """Whether it wants derivative channels."""
    mean: tuple[float, float] | None
    """(float, float) or None: Mean SBP and DBP of its training labels in mmHg: the prediction of the mean regressor."""

    def pressures(self, ppg: np.ndarray) -> np.ndarray:
        """SBP and DBP in mmHg, shape (n, 2), of windows (n, samples)."""
        return predict_pressures(self.model, ppg, derivatives=self.derivatives)


def load_predictor(
    path: str | Path, windows: WindowOptions | None = None, *, own: Iterable[str] = (), memory_gb: float = MEMORY_GB
) -> Predictor:
    """Load a trained network and its windows.

    Parameters
    ----------
    path : str or Path
        A `.keras` file.
    windows : WindowOptions, optional
        For a network that does not hold its own.
    own, memory_gb
        As for `load_network`.

    Returns
    -------
    Predictor

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be loaded, the options of its windows are unknown, its input is not such a window, or its output
        is not two pressures.
    """
    with current_module().building():
        model, metadata = load_network(path, own, memory_gb=memory_gb)
    if metadata.get("windows"):
        try:
            windows = WindowOptions.model_validate(metadata["windows"])
        except ValidationError as error:
            why = shortened(one_line_errors(error), 200)
            raise ValueError(f"{path}: the options of its windows are damaged ({why}); save or copy it again") from None
    if windows is None:
        raise ValueError(f"{path} lacks the options of its windows; pass a configuration that has them (--config)")
    derivatives = bool(metadata.get("derivatives", False))
    expected = (windows.samples, channel_count(derivatives))
    shapes: tuple[Any, Any] = (getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    if any(not isinstance(shape, tuple) or not shape for shape in shapes):
        raise ValueError(f"{path} has several inputs or outputs; a network takes windows and gives (SBP, DBP)")
    if tuple(shapes[0][1:]) != expected:
        raise ValueError(
            f"{path} takes windows of shape {tuple(shapes[0][1:])} (samples, channels), but they are cut to "
            f"{expected}, {windows.length} x {windows.samples_per_beat} samples; name a configuration whose windows "
            "fit (--config)"
        )
    if tuple(shapes[1][1:]) != (2,):
        raise ValueError(f"{path} gives outputs of shape {tuple(shapes[1][1:])}; a network must give two, SBP and DBP")
    layer = next((layer for layer in reversed(model.layers) if hasattr(layer, "metadata")), None)
    return Predictor(model, windows, derivatives, None if layer is None else tuple(layer.mean))


def predict_record(record: Record, predictor: Predictor) -> pd.DataFrame:
    """Pressures of each window of a PPG recording.

    Parameters
    ----------
    record : Record
        Opened for its PPG alone.
    predictor : Predictor

    Returns
    -------
    DataFrame
        One row a window: start and seconds in s, sbp and dbp in mmHg (missing where the window is not accepted), hr in
        bpm, snr in dB, accepted, reason. Its ``attrs["warnings"]`` say what is to be doubted: a PPG that seems to be
        upside down, predictions that are not pressures.

    Raises
    ------
    RecordError
        If no segment can be read.
    """
    return predict_windows(cut_windows(record, predictor.windows), predictor)


def predict_ppg(
    entries: Iterable[Entry], reading: RecordOptions, predictor: Predictor
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict recordings of PPG alone; their pressures are unknown, so nothing is judged.

    Parameters
    ----------
    entries : iterable of Entry
        Recordings, as from `find_records`.
    reading : RecordOptions
        How they are read.
    predictor : Predictor

    Returns
    -------
    predictions : DataFrame
        One row per accepted window, columns `PREDICTION_COLUMNS`; references are missing.
    summary : DataFrame
        One row per record, columns `SUMMARY_COLUMNS`. A recording that cannot be read is a row too.
    """
    predictions, rows = [], []
    for entry in entries:
        subject = entry.subject or entry.name
        row = {"record": entry.name, "subject": subject, "identity": entry.identity}
        try:
            record = open_record(entry.path, reading, need_abp=False)
            cut = cut_windows(record, predictor.windows)
        except RecordError as error:
            rows.append({**row, "verdict": "rejected", "reason": str(error), "windows_cut": 0, "windows_kept": 0})
            continue
        accepted = predict_windows(cut, predictor).query("accepted")
        counts = {"seconds": cut.seconds, "windows_cut": cut.n_cut, "windows_kept": len(accepted)}
        reason = _why_nothing(cut.n_cut, cut.rejected) if not len(accepted) else ""
        table = accepted.assign(sbp_ref=np.nan, dbp_ref=np.nan, subject=subject, record=record.name)
        predictions.append(table[list(PREDICTION_COLUMNS)])
        rejected = _format_counts(cut.rejected)
        rows.append({**row, **counts, "reason": reason, "rejected": rejected, **_figures(table, None)})
    return _concatenate(predictions, PREDICTION_COLUMNS), _summary(rows)


def predict_stored(
    stores: Iterable[str | Path], quality: str | Path, predictor: Predictor
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict the windows of recordings whose pressures are known, and judge the network on each.

    Parameters
    ----------
    stores : iterable of paths
        Windows of all shards of a data set.
    quality : path
        Its quality table (CSV): one row per record, rejected ones included.
    predictor : Predictor

    Returns
    -------
    predictions : DataFrame
        One row per kept window, columns `PREDICTION_COLUMNS`.
    summary : DataFrame
        One row per record, columns `SUMMARY_COLUMNS`: medians over kept windows, mean absolute errors in mmHg of the
        network and of a regressor that always predicts the mean of the network's training labels.

    Raises
    ------
    ValueError
        If the windows were cut with other options than those on which the network was trained.
    """
    table = pd.read_csv(quality, keep_default_na=False, dtype={"record": str, "subject": str})
    subjects = dict(zip(table["record"], table["subject"], strict=True))
    found = {}
    for store in stores:
        for name, labels, ppg in _stored_windows(store, predictor.windows):
            pressures = predictor.pressures(ppg) if len(ppg) else np.empty((0, 2))
            labels = labels.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
            labels = labels.assign(
                sbp=pressures[:, 0], dbp=pressures[:, 1], subject=subjects.get(name, name), record=name
            )
            found[name] = labels[list(PREDICTION_COLUMNS)]
    rows = []
    for row in table.to_dict("records"):
        kept = found.get(row["record"], _concatenate([], PREDICTION_COLUMNS))
        counts = {
            name: row[name] for name in ("record", "subject", "identity", "seconds", "windows_cut", "windows_kept")
        }
        rejected = _format_counts({rule: int(row[rule]) for rule in EXPLANATIONS if rule in row})
        rows.append({**counts, "reason": row["reason"], "rejected": rejected, **_figures(kept, predictor.mean)})
    return _concatenate(found.values(), PREDICTION_COLUMNS), _summary(rows)


def predict_windows(cut: Windows, predictor: Predictor) -> pd.DataFrame:
    """Pressures of windows that were cut from PPG alone; columns as of `predict_record`."""
    options, windows = predictor.windows, cut.candidates
    verdict = first_broken_rule(windows, options, has_abp=False)
    pressures = np.full((len(verdict), 2), np.nan)
    if len(cut.ppg):
        pressures[verdict < 0] = predictor.pressures(cut.ppg)
    reasons = np.array([*(EXPLANATIONS[rule] for rule in options.rules), ""])[verdict]
    columns = {
        "start": windows.start,
        "seconds": windows.seconds,
        "sbp": pressures[:, 0],
        "dbp": pressures[:, 1],
        "hr": windows.hr,
        "snr": windows.snr,
    }
    table = pd.DataFrame(columns).assign(accepted=verdict < 0, reason=reasons)
    doubts = (upside_down(cut.polarity), why_not_pressures(*pressures[verdict < 0].T))
    table.attrs["warnings"] = [doubt for doubt in doubts if doubt]
    return table


def why_not_pressures(sbp: np.ndarray, dbp: np.ndarray) -> str:
    """Reason why predictions cannot be SBP and DBP in mmHg; empty if they can.

    Parameters
    ----------
    sbp, dbp : (n,) float arrays
        A network's predictions for accepted windows.
    """
    if not len(sbp):
        return ""
    with np.errstate(invalid="ignore"):
        middle = (np.median(sbp), np.median(dbp))
        swapped = np.mean(~(sbp > dbp)) > 0.5
    within = [low <= value <= high for value, (low, high) in zip(middle, POSSIBLE, strict=True)]
    if all(within) and not swapped:
        return ""
    if not np.isfinite(middle).all():
        why = "not all of them are numbers"
    elif all(within) or (swapped and within[1]):
        why = "the first is not above the second"
    elif all(low <= 7.50062 * value <= high for value, (low, high) in zip(middle, POSSIBLE, strict=True)):
        why = "kPa perhaps"
    else:
        why = "scaled labels perhaps"
    return (
        f"the network's outputs are not SBP and DBP in mmHg (median {middle[0]:.3g} and {middle[1]:.3g}: {why}); a "
        "network must give SBP first, then DBP, with the scaling of its labels undone"
    )


def _stored_windows(path: str | Path, wanted: WindowOptions):
    """Name, labels and windows of each record in a store."""
    import zarr

    with zarr.storage.ZipStore(path, mode="r") as opened:
        root = zarr.open_group(opened, mode="r")
        cut = WindowOptions.model_validate(root.attrs["windows"])
        for option in SHAPING:
            have, want = getattr(cut, option), getattr(wanted, option)
            if have != want:
                raise ValueError(
                    f"{path}: windows were cut with {option} {have}, but the network was trained with {want}; "
                    f"set windows.{option} to {want}, or name another network"
                )
        for name, group in sorted(root.groups()):
            yield name, pd.DataFrame(group["labels"][:], columns=list(group.attrs["columns"])), group["ppg"][:]


def _figures(windows: pd.DataFrame, mean: tuple[float, float] | None) -> dict:
    """Medians and errors of a record's kept windows."""
    if not len(windows):
        return {"verdict": "rejected"}
    figures = {name: windows[name].median() for name in ("sbp_ref", "dbp_ref", "hr", "snr", "sbp", "dbp")}
    for index, name in enumerate(("sbp", "dbp")):
        reference = windows[f"{name}_ref"]
        figures[f"{name}_mae"] = (windows[name] - reference).abs().mean()
        figures[f"{name}_mae_mean"] = np.nan if mean is None else (mean[index] - reference).abs().mean()
    return {"verdict": "used", **figures}


def _format_counts(rejected: Mapping[str, int]) -> str:
    counts = sorted(((n, rule) for rule, n in rejected.items() if n), key=lambda item: (-item[0], item[1]))
    return "; ".join(f"{rule} {n}" for n, rule in counts)


def _why_nothing(n_cut: int, rejected: Mapping[str, int]) -> str:
    if not n_cut:
        return "no stretch of PPG is as long as a window"
    worst = max(rejected, key=rejected.__getitem__)
    return f"all {n_cut} windows rejected, most under the rule {worst}"


def _concatenate(parts: Iterable[pd.DataFrame], columns) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))


def _summary(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS)).round(3)
