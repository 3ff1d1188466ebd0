"""A trained network on recordings outside its study: its predictions and their errors."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions, WindowOptions
from cuffless.records import Entry, Record, RecordError, open_record
from cuffless.rejection import why_all_rejected
from cuffless.training.input_check import check_input
from cuffless.training.predictor import Predictor
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
        One row a window: start and seconds in s, sbp and dbp in mmHg (missing where the window is not accepted) and the
        limits of their intervals if the network has any, hr in bpm, snr in dB, accepted, reason. Its
        ``attrs["warnings"]`` say what is to be doubted: a PPG that seems to be upside down, predictions that are not
        pressures. ``attrs["input_check"]`` is that of `check_input`, or empty without an accepted window.

    Raises
    ------
    RecordError
        If no segment can be read.
    """
    return predict_and_check(cut_windows(record, predictor.windows), predictor)


def predict_and_check(cut: Windows, predictor: Predictor) -> pd.DataFrame:
    """As `predict_windows`, and whether the predictions depend on these windows: see `predict_record`."""
    table = predict_windows(cut, predictor)
    predicted = table.loc[table["accepted"], ["sbp", "dbp"]].to_numpy(float)
    table.attrs["input_check"] = (
        check_input(cut.ppg, predicted, predictor.pressures, predictor.label_sd) if len(predicted) else {}
    )
    return table


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
        One row per accepted window, columns `PREDICTION_COLUMNS`, and limits of intervals if the network has any;
        references are missing.
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
        reason = _why_nothing(cut.n_cut, cut.rejected, predictor.windows) if not len(accepted) else ""
        table = accepted.assign(sbp_ref=np.nan, dbp_ref=np.nan, subject=subject, record=record.name)
        predictions.append(table[_columns(predictor)])
        rejected = _format_counts(cut.rejected)
        rows.append({**row, **counts, "reason": reason, "rejected": rejected, **_figures(table, None)})
    return _concatenate(predictions, _columns(predictor)), _summary(rows)


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
        One row per kept window, columns `PREDICTION_COLUMNS`, and limits of intervals if the network has any.
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
            labels = labels.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
            labels = labels.assign(subject=subjects.get(name, name), record=name)
            labels = labels.assign(**predictor.predictions(ppg, labels["hr"].to_numpy()))
            found[name] = labels[_columns(predictor)]
    rows = []
    for row in table.to_dict("records"):
        kept = found.get(row["record"], _concatenate([], _columns(predictor)))
        counts = {
            name: row[name] for name in ("record", "subject", "identity", "seconds", "windows_cut", "windows_kept")
        }
        rejected = _format_counts({rule: int(row[rule]) for rule in EXPLANATIONS if rule in row})
        rows.append({**counts, "reason": row["reason"], "rejected": rejected, **_figures(kept, predictor.mean)})
    return _concatenate(found.values(), _columns(predictor)), _summary(rows)


def predict_windows(cut: Windows, predictor: Predictor) -> pd.DataFrame:
    """Pressures of windows that were cut from PPG alone; columns as of `predict_record`."""
    options, windows = predictor.windows, cut.candidates
    verdict = first_broken_rule(windows, options, has_abp=False)
    predicted = pd.DataFrame(np.nan, index=range(len(verdict)), columns=list(predictor.columns))
    if len(cut.ppg):
        predicted[verdict < 0] = predictor.predictions(cut.ppg, windows.hr[verdict < 0]).to_numpy()
    reasons = np.array([*(EXPLANATIONS[rule] for rule in options.rules), ""])[verdict]
    columns = {
        "start": windows.start,
        "seconds": windows.seconds,
        **predicted,
        "hr": windows.hr,
        "snr": windows.snr,
    }
    table = pd.DataFrame(columns).assign(accepted=verdict < 0, reason=reasons)
    doubts = (upside_down(cut.polarity), why_not_pressures(*table.loc[verdict < 0, ["sbp", "dbp"]].to_numpy().T))
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


def _columns(predictor: Predictor) -> list[str]:
    return [*PREDICTION_COLUMNS, *(name for name in predictor.columns if name not in PREDICTION_COLUMNS)]


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


def _why_nothing(n_cut: int, rejected: Mapping[str, int], options: WindowOptions) -> str:
    return why_all_rejected(rejected, options) if n_cut else "no stretch of PPG is as long as a window"


def _concatenate(parts: Iterable[pd.DataFrame], columns) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))


def _summary(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS)).round(3)
