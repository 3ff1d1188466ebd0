"""`cuffless predict`: pressures from PPG alone."""

from pathlib import Path

import pandas as pd

from cuffless.cli.answers import (
    DONE,
    NOTHING_USABLE,
    WRONG_USE,
    UsageError,
    check_output,
    complain,
    print_json,
    written,
)
from cuffless.cli.opening import main_windowing, open_signal, study_of
from cuffless.cli.quiet import without_tensorflow_chatter
from cuffless.config import ConfigError
from cuffless.records import RecordError

COLUMNS = ("start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason")
FIGURES = ("sbp", "dbp", "hr", "snr")
TABLES = (".csv", ".csv.gz")
CAVEAT = "An estimate for research, not a measurement."


def run_predict(path: Path, model_path: Path, fs, columns, rows, config, output, as_json) -> int:
    """Carry the command out; gives its exit status."""
    try:
        check_output("--output", output, TABLES)
        study = study_of(config)
        record = open_signal(path, fs, columns, rows, study, need_abp=False)
        table = _predicted(record, model_path, study)
    except (UsageError, ConfigError, ValueError, OSError) as error:
        complain(str(error))
        return WRONG_USE
    except RecordError as error:
        reason = str(error)
        if "records.channels" in reason:
            reason += " A configuration file is named with --config."
        complain(reason)
        if as_json:
            print_json(_answer(path.name.split(".")[0], model_path, pd.DataFrame(columns=list(COLUMNS)), reason))
        return NOTHING_USABLE
    accepted = table[table["accepted"]]
    reason = "" if len(accepted) else f"{record.name}: {_why_nothing(table)}"
    if output:
        try:
            with written("--output", output) as part:
                table.to_csv(part, index=False, float_format="%.2f")
        except UsageError as error:
            complain(str(error))
            return WRONG_USE
    if as_json:
        print_json(_answer(record.name, model_path, table, reason))
    elif not output:
        print(table.to_csv(index=False, float_format="%.2f"), end="")
    if reason:
        complain(reason)
        return NOTHING_USABLE
    medians = f"{accepted['sbp'].median():.0f}/{accepted['dbp'].median():.0f} mmHg"
    complain(f"{record.name}: {len(accepted)} of {len(table)} windows accepted, median {medians}. {CAVEAT}")
    return DONE


def _predicted(record, model_path: Path, study) -> pd.DataFrame:
    if not model_path.is_file():
        raise UsageError(
            f"--model {model_path} does not exist; a study writes results/DATASET/training/.../model.keras"
        )
    with without_tensorflow_chatter():
        from cuffless.training.recordings import load_predictor, predict_record

        predictor = load_predictor(model_path, main_windowing(study) if study else None)
        return predict_record(record, predictor)[list(COLUMNS)]


def _answer(name: str, model_path: Path, table: pd.DataFrame, reason: str) -> dict:
    accepted = table[table["accepted"].astype(bool)]
    medians = {f"{figure}_median": _median(accepted[figure]) for figure in FIGURES}
    answer = {"record": name, "model": str(model_path), **medians, "windows": table.to_dict("records")}
    return {**answer, "reason": reason} if reason else answer


def _median(values) -> float | None:
    return float(values.median()) if len(values) else None


def _why_nothing(table: pd.DataFrame) -> str:
    if not len(table):
        return "the signal is shorter than a window, or holds no stretch without missing samples as long as one"
    worst = table["reason"].value_counts()
    return f"none of {len(table)} windows is accepted; most often ({worst.iloc[0]}): {worst.index[0]}"
