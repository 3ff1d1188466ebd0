"""`cuffless predict`: pressures from PPG alone."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.cli.opening import (
    DONE,
    NOTHING_USABLE,
    WRONG_USE,
    UsageError,
    complain,
    open_signal,
    print_json,
    study_of,
)
from cuffless.config import ConfigError, WindowOptions
from cuffless.files import whole_file
from cuffless.records import RecordError
from cuffless.windows import EXPLANATIONS, cut_windows, first_broken_rule

COLUMNS = ("start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason")


def run_predict(path: Path, model_path: Path, fs, columns, rows, config, output, as_json) -> int:
    """Carry the command out; gives its exit status."""
    try:
        study = study_of(config)
        record = open_signal(path, fs, columns, rows, study, need_abp=False)
        model, options, derivatives = _load(model_path, study)
        table = predict_record(record, model, options, derivatives=derivatives)
    except (UsageError, ConfigError, ValueError, OSError) as error:
        complain(str(error))
        return WRONG_USE
    except RecordError as error:
        complain(str(error))
        if as_json:
            print_json({"record": path.name.split(".")[0], "windows": [], "reason": str(error)})
        return NOTHING_USABLE
    accepted = table[table["accepted"]]
    reason = _why_nothing(table) if not len(accepted) else ""
    if output:
        with whole_file(output) as part:
            table.to_csv(part, index=False, float_format="%.2f")
    if as_json:
        medians = {f"{name}_median": _median(accepted[name]) for name in ("sbp", "dbp", "hr", "snr")}
        print_json({"record": record.name, "model": str(model_path), **medians, "windows": table.to_dict("records")})
    elif not output:
        print(table.to_csv(index=False, float_format="%.2f"), end="")
    complain(
        f"{record.name}: {len(accepted)} of {len(table)} windows accepted"
        + (f", median {accepted['sbp'].median():.0f}/{accepted['dbp'].median():.0f} mmHg" if len(accepted) else "")
        + ". An estimate for research, not a measurement."
    )
    if reason:
        complain(reason)
        return NOTHING_USABLE
    return DONE


def predict_record(record, model, options: WindowOptions, *, derivatives: bool = False) -> pd.DataFrame:
    """Pressures of each window of a PPG recording.

    Parameters
    ----------
    record : Record
        PPG; arterial pressure is not looked at.
    model : keras.Model
    options : WindowOptions
        The windows on which the model was trained.
    derivatives : bool
        Whether it wants derivative channels.

    Returns
    -------
    DataFrame
        One row a window: start and seconds in s, sbp and dbp in mmHg (missing where the window is not accepted), hr in
        bpm, snr in dB, accepted, reason.
    """
    from cuffless.networks import predict_pressures

    cut = cut_windows(record, options)
    verdict = first_broken_rule(cut.candidates, options, has_abp=False)
    pressures = np.full((len(verdict), 2), np.nan)
    if len(cut.ppg):
        pressures[verdict < 0] = predict_pressures(model, cut.ppg, derivatives=derivatives)
    figures = {name: getattr(cut.candidates, name) for name in ("start", "seconds", "hr", "snr")}
    reasons = np.array([*(EXPLANATIONS[rule] for rule in options.rules), ""])[verdict]
    table = pd.DataFrame({**figures, "sbp": pressures[:, 0], "dbp": pressures[:, 1]})
    return table.assign(accepted=verdict < 0, reason=reasons)[list(COLUMNS)]


def _load(path: Path, study):
    from cuffless.networks import load_network

    if not path.is_file():
        raise UsageError(f"--model {path} does not exist; a study writes results/<data set>/training/.../model.keras")
    model, metadata = load_network(path)
    windows = metadata.get("windows")
    if windows:
        options = WindowOptions.model_validate(windows)
    elif study:
        options = next(iter(study.windowings.values()))
    else:
        raise UsageError(f"{path} does not say how its windows were cut; name the configuration with --config")
    return model, options, bool(metadata.get("derivatives", False))


def _median(values) -> float | None:
    return float(values.median()) if len(values) else None


def _why_nothing(table: pd.DataFrame) -> str:
    if not len(table):
        return "the signal is shorter than a window, or holds no stretch without missing samples"
    return f"no window is accepted; most often: {table['reason'].value_counts().index[0]}"
