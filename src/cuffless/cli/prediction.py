"""`cuffless predict`: pressures from PPG alone."""

import shlex
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from cuffless.cli.answers import UsageError, check_output, complain, exit_status, output_file, print_json
from cuffless.cli.opening import add_cli_option, apply_invert, load_study, main_windowing, open_signal
from cuffless.cli.quiet import without_backend_chatter
from cuffless.config import ConfigError, PersonalizationOptions, ProtocolOptions
from cuffless.demands import MEMORY_GB
from cuffless.own_code import check_name
from cuffless.records import RecordError
from cuffless.records.cuff_values import CalibrationError, read_cuff_values
from cuffless.training.backends import BackendError, use_backend

COLUMNS = ("start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason")
CALIBRATED = ("sbp_before", "dbp_before", "calibration", "since_calibration")
FIGURES = ("sbp", "dbp", "hr", "snr")
TABLES = (".csv", ".csv.gz")
THREADS = 1  # as in the study, so that the same command gives the same numbers
WITHIN = 30.0
CAVEAT = (
    "An estimate for research, not a measurement; the American Heart Association does not recommend cuffless devices "
    "for diagnosis or management (2026, doi 10.1161/HYP.0000000000000254)."
)


@exit_status()
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
    backend=None,
) -> str:
    """Run the command; its exit status follows from the reason that it returns.

    `cuff`: file of cuff values, method, seconds; None: not given.
    """
    try:
        check_output("--output", output, TABLES)
        if cuff[0] is None and cuff[1:] != (None, None):
            raise UsageError("--by and --within are for cuff values; give their file with --calibrate")
        own = [check_name(network)] if network else []
        study = load_study(config)
        call = f"predict --model {shlex.quote(str(model_path))}"
        record = open_signal(path, fs, columns, rows, study, need_abp=False, ppg=ppg, command=call)
        record = apply_invert(record, invert, study)
        table, notes = _predict(record, model_path, study, cuff, own, backend)
    except (ConfigError, ValueError, OSError, BackendError) as error:
        raise UsageError(str(error)) from None
    except (RecordError, CalibrationError) as error:
        reason = str(error)
        if as_json:
            print_json(_answer(path.name.split(".")[0], model_path, pd.DataFrame(columns=list(COLUMNS)), reason))
        return reason
    accepted = table[table["accepted"]]
    reason = "" if len(accepted) else f"{record.name}: {_why_unusable(table)}"
    warnings = [add_cli_option(warning) for warning in table.attrs.get("warnings", [])]
    for warning in warnings:
        complain(f"{record.name}: {warning}")
    if output:
        with output_file("--output", output) as part:
            table.to_csv(part, index=False, float_format="%.2f")
    if as_json:
        told = {name: notes[name] for name in ("level", "intervals") if name in notes}
        print_json(_answer(record.name, model_path, table, reason, record.read_as, warnings, told))
    elif not output:
        print(table.to_csv(index=False, float_format="%.2f"), end="")
    if reason:
        return reason
    if "calibration" in table:  # calibration windows are no evidence
        accepted = accepted[~accepted["calibration"]] if not accepted["calibration"].all() else accepted
    medians = f"{accepted['sbp'].median():.0f}/{accepted['dbp'].median():.0f} mmHg"
    n = int(table["accepted"].sum())
    sentences = [notes[name] for name in ("calibration", "intervals") if name in notes]
    sentences = [*sentences, *filter(None, [_input_note(table)]), CAVEAT]
    complain(f"{record.name}: {n} of {len(table)} windows accepted, median {medians}. {' '.join(sentences)}")
    return ""


def _predict(record, model_path: Path, study, cuff, own: list[str], backend) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table of predictions, and notes by name: of its `calibration`, its `intervals` and their `level`."""
    if not model_path.is_file():
        raise UsageError(f"--model {model_path} not found; a study writes results/DATASET/training/.../model.keras")
    with without_backend_chatter():
        chosen = use_backend(backend or (study.training.backend if study else "tensorflow"))
        from cuffless.training.predictor import load_predictor
        from cuffless.training.recordings import predict_record

        values = None if cuff[0] is None else read_cuff_values(cuff[0])
        by, within = cuff[1] or "tuning", cuff[2] or WITHIN
        if values is not None and by == "tuning":
            # Seed and threads decide a fit bit by bit.
            chosen.prepare(_protocol(study).seed, study.training.threads if study else THREADS, complain)
        windows, memory_gb = (main_windowing(study), study.records.memory_gb) if study else (None, MEMORY_GB)
        own = own + study.own_code if study else own
        predictor = load_predictor(model_path, windows, own=own, memory_gb=memory_gb)
        if values is None:
            table = predict_record(record, predictor)
            return table[_columns(predictor)], _interval_notes(predictor)
        return _predict_calibrated(record, predictor, values, _protocol(study), by, within)


def _columns(predictor) -> list[str]:
    limits = predictor.columns[2:]
    return [*COLUMNS[:4], *limits, *COLUMNS[4:]]


def _interval_notes(predictor) -> dict[str, Any]:
    if predictor.intervals is None:
        return {"intervals": f"No intervals: {predictor.why_no_intervals}."}
    return {"level": predictor.intervals.level, "intervals": predictor.intervals.holds()}


def _protocol(study) -> ProtocolOptions:
    """Fine-tuning options: those of the study's first protocol."""
    return next(iter((study.personalization if study else PersonalizationOptions()).named.values()))


def _predict_calibrated(
    record, predictor, values, options, by: str, within: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    from cuffless.training.cuff import predict_calibrated

    found = predict_calibrated(record, predictor, values, options, method=by, within=within)
    n = int(found.windows["calibration"].sum())
    several = "s" if len(found.used) > 1 else ""
    note = f"Calibrated ({by}) on {n} windows near {len(found.used)} cuff value{several}"
    if not found.moved:
        note += "; fine-tuning did not improve the network: try --by offset"
    if len(found.passed_over):
        times = ", ".join(f"{time:g}" for time in found.passed_over["time"])
        note += f"; no accepted window near the cuff values at {times} s"
    early = int((found.windows["accepted"] & found.windows["since_calibration"].isna()).sum())
    if early:
        note += f"; {early} windows are before the first cuff value"
    notes = {"calibration": f"{note}."}
    if predictor.intervals is not None:
        notes["intervals"] = "No intervals: those of the network do not hold once it is calibrated for a person."
    return found.windows[[*COLUMNS, *CALIBRATED]], notes


def _answer(
    name: str,
    model_path: Path,
    table: pd.DataFrame,
    reason: str,
    read_as: str = "",
    warnings=(),
    told=MappingProxyType({}),
) -> dict:
    accepted = table[table["accepted"].astype(bool)]
    medians = {f"{figure}_median": _median(accepted[figure]) for figure in FIGURES}
    answer = {"record": name, "model": str(model_path), **medians, "windows": table.to_dict("records")}
    check = table.attrs.get("input_check", {})
    notes = {"input_check": check, "read_as": read_as, **told, "warnings": warnings, "reason": reason}
    return {**answer, **{name: note for name, note in notes.items() if note}}


def _input_note(table: pd.DataFrame) -> str:
    """A sentence on predictions that hardly depend on the recording; empty if they do."""
    check = table.attrs.get("input_check", {})
    still = [name for name in ("sbp", "dbp") if not check.get(f"{name}_depends", True)]
    if not still:
        return ""
    which = "These predictions" if len(still) == 2 else f"Predictions of {still[0].upper()}"
    before = ", before calibration," if "calibration" in table else ""
    spread, change = ("/".join(f"{check[f'{name}_{what}']:.1f}" for name in still) for what in ("spread", "change"))
    sd = "/".join(f"{check[f'{name}_label_sd']:.0f}" for name in still if check[f"{name}_label_sd"] is not None)
    trained = f"; its training labels have SD {sd} mmHg" if sd else ""
    return (
        f"{which}{before} hardly depend on the recording: the network moves by {spread} mmHg between its windows and "
        f"by {change} mmHg when they are played backwards and slower{trained}."
    )


def _median(values) -> float | None:
    return float(values.median()) if len(values) else None


def _why_unusable(table: pd.DataFrame) -> str:
    if not len(table):
        return "the signal is shorter than a window, or has no window without missing samples"
    worst = table["reason"].value_counts()
    return f"none of {len(table)} windows is accepted; most common reason ({worst.iloc[0]}): {worst.index[0]}"
