"""`cuffless predict`: pressures from PPG alone."""

import shlex
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
from cuffless.cli.opening import for_command_line, main_windowing, open_signal, study_of, turned
from cuffless.cli.quiet import without_tensorflow_chatter
from cuffless.config import ConfigError, PersonalizationOptions, ProtocolOptions
from cuffless.demands import MEMORY_GB
from cuffless.networks.custom import check_name
from cuffless.records import RecordError
from cuffless.records.cuff_values import CalibrationError, read_cuff_values

COLUMNS = ("start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason")
CALIBRATED = ("sbp_before", "dbp_before", "calibration", "since_calibration")
FIGURES = ("sbp", "dbp", "hr", "snr")
TABLES = (".csv", ".csv.gz")
TF_THREADS = 1  # as in the study: the same command gives the same numbers
WITHIN = 30.0
CAVEAT = "An estimate for research, not a measurement."


def run_predict(
    path: Path,
    model_path: Path,
    fs,
    columns,
    rows,
    config,
    output,
    as_json,
    cuff=(None, None, None),
    ppg="",
    invert=False,
    network="",
) -> int:
    """Carry the command out; gives its exit status. `cuff`: file of cuff values, method, seconds; None: not given."""
    try:
        check_output("--output", output, TABLES)
        if cuff[0] is None and cuff[1:] != (None, None):
            raise UsageError("--by and --within say how cuff values count; name these with --calibrate")
        own = [check_name(network)] if network else []
        study = study_of(config)
        call = f"predict --model {shlex.quote(str(model_path))}"
        record = open_signal(path, fs, columns, rows, study, need_abp=False, ppg=ppg, command=call)
        record = turned(record, invert, study)
        table, said = _predicted(record, model_path, study, cuff, own)
    except (UsageError, ConfigError, ValueError, OSError) as error:
        complain(str(error))
        return WRONG_USE
    except (RecordError, CalibrationError) as error:
        reason = str(error)
        complain(reason)
        if as_json:
            print_json(_answer(path.name.split(".")[0], model_path, pd.DataFrame(columns=list(COLUMNS)), reason))
        return NOTHING_USABLE
    accepted = table[table["accepted"]]
    reason = "" if len(accepted) else f"{record.name}: {_why_nothing(table)}"
    warnings = [for_command_line(warning) for warning in table.attrs.get("warnings", [])]
    for warning in warnings:
        complain(f"{record.name}: {warning}")
    if output:
        try:
            with written("--output", output) as part:
                table.to_csv(part, index=False, float_format="%.2f")
        except UsageError as error:
            complain(str(error))
            return WRONG_USE
    if as_json:
        print_json(_answer(record.name, model_path, table, reason, record.read_as, warnings))
    elif not output:
        print(table.to_csv(index=False, float_format="%.2f"), end="")
    if reason:
        complain(reason)
        return NOTHING_USABLE
    if "calibration" in table:  # what it was calibrated on says nothing
        accepted = accepted[~accepted["calibration"]] if not accepted["calibration"].all() else accepted
    medians = f"{accepted['sbp'].median():.0f}/{accepted['dbp'].median():.0f} mmHg"
    n = int(table["accepted"].sum())
    complain(f"{record.name}: {n} of {len(table)} windows accepted, median {medians}.{said} {CAVEAT}")
    return DONE


def _predicted(record, model_path: Path, study, cuff, own: list[str]) -> tuple[pd.DataFrame, str]:
    """The table, and what is to be said of its calibration."""
    if not model_path.is_file():
        raise UsageError(
            f"--model {model_path} does not exist; a study writes results/DATASET/training/.../model.keras"
        )
    with without_tensorflow_chatter():
        from cuffless.training.recordings import load_predictor, predict_record

        values = None if cuff[0] is None else read_cuff_values(cuff[0])
        by, within = cuff[1] or "tuning", cuff[2] or WITHIN
        if values is not None and by == "tuning":
            _prepare(study)
        windows, memory_gb = (main_windowing(study), study.records.memory_gb) if study else (None, MEMORY_GB)
        own = own + [options.architecture for options in study.networks.values()] if study else own
        predictor = load_predictor(model_path, windows, own=own, memory_gb=memory_gb)
        if values is None:
            return predict_record(record, predictor)[list(COLUMNS)], ""
        return _calibrated(record, predictor, values, _protocol(study), by, within)


def _protocol(study) -> ProtocolOptions:
    """Options of fine-tuning: those of a configuration's first protocol."""
    return next(iter((study.personalization if study else PersonalizationOptions()).named.values()))


def _prepare(study) -> None:
    """Fix what decides the bits of a fit, before TensorFlow runs anything."""
    from cuffless.training.runtime import prepare_runtime

    prepare_runtime(_protocol(study).seed, TF_THREADS, complain)


def _calibrated(record, predictor, values, options, by: str, within: float) -> tuple[pd.DataFrame, str]:
    from cuffless.training.cuff import predict_calibrated

    done = predict_calibrated(record, predictor, values, options, method=by, within=within)
    beside = int(done.windows["calibration"].sum())
    several = "s" if len(done.used) > 1 else ""
    said = f" Calibrated ({by}) on {beside} windows beside {len(done.used)} cuff value{several}"
    if not done.moved:
        said += "; but fine-tuning found nothing better than the network as it was: try --by offset"
    if len(done.passed_over):
        times = ", ".join(f"{time:g}" for time in done.passed_over["time"])
        said += f"; without an accepted window nearby: those at {times} s"
    early = int((done.windows["accepted"] & done.windows["since_calibration"].isna()).sum())
    if early:
        said += f"; {early} windows lie before the first of them"
    return done.windows[[*COLUMNS, *CALIBRATED]], f"{said}."


def _answer(name: str, model_path: Path, table: pd.DataFrame, reason: str, read_as: str = "", warnings=()) -> dict:
    accepted = table[table["accepted"].astype(bool)]
    medians = {f"{figure}_median": _median(accepted[figure]) for figure in FIGURES}
    answer = {"record": name, "model": str(model_path), **medians, "windows": table.to_dict("records")}
    said = {"read_as": read_as, "warnings": warnings, "reason": reason}
    return {**answer, **{name: words for name, words in said.items() if words}}


def _median(values) -> float | None:
    return float(values.median()) if len(values) else None


def _why_nothing(table: pd.DataFrame) -> str:
    if not len(table):
        return "the signal is shorter than a window, or holds no stretch without missing samples as long as one"
    worst = table["reason"].value_counts()
    return f"none of {len(table)} windows is accepted; most often ({worst.iloc[0]}): {worst.index[0]}"
