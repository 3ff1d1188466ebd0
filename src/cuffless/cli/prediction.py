"""`cuffless predict`: pressures from PPG alone."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.cli.answers import UsageError, check_output, complain, exit_status, output_file, print_json
from cuffless.cli.opening import add_cli_option, apply_invert, load_study, main_windowing, open_signal
from cuffless.cli.predicted import answer, print_windows, sentences, whole_mmhg, why_unusable
from cuffless.cli.quiet import without_backend_chatter
from cuffless.config import ConfigError, FigureOptions, PersonalizationOptions, ProtocolOptions, StudyConfig
from cuffless.demands import MEMORY_GB
from cuffless.errors import plural
from cuffless.own_code import check_name
from cuffless.records import Record, RecordError
from cuffless.records.cuff_values import CalibrationError, read_cuff_values
from cuffless.training.backends import BackendError, use_backend

COLUMNS = ("start", "seconds", "sbp", "dbp", "hr", "snr", "accepted", "reason")
CALIBRATED = ("sbp_before", "dbp_before", "calibration", "since_calibration")
TABLES = (".csv", ".csv.gz")
PICTURES = (".png", ".pdf", ".svg")
THREADS = 1  # as in the study, so that the same command gives the same numbers
WITHIN = 30.0


@dataclass(frozen=True)
class PredictCall:
    """Arguments of the command; see its options."""

    signal: Path
    model: Path
    fs: float | None = None
    columns: str = ""
    rows: bool = False
    ppg: str = ""
    config: Path | None = None
    network: str = ""
    output: Path | None = None
    plot: Path | None = None
    calibrate: Path | None = None
    by: str | None = None
    within: float | None = None
    invert: bool = False
    backend: str | None = None
    all_windows: bool = False
    as_json: bool = False


@dataclass
class Made:
    """Predictions of a recording."""

    table: pd.DataFrame
    """As from `predict_record`, with the columns that the command shows."""
    predictor: Any
    notes: dict[str, Any]
    """By name: on the `calibration`, on the `intervals` and their `level`, on the `origin` of the network."""
    cuff: pd.DataFrame | None = None
    """Cuff values, if there are any."""


@exit_status()
def run_predict(call: PredictCall) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    try:
        check_output("--output", call.output, TABLES)
        check_output("--plot", call.plot, PICTURES)
        if call.calibrate is None and (call.by, call.within) != (None, None):
            raise UsageError("--by and --within are for cuff values; give their file with --calibrate")
        own = [check_name(call.network)] if call.network else []
        study = load_study(call.config)
        record = _open(call, study)
        made = _predict(record, call, study, own)
    except (ConfigError, ValueError, OSError, BackendError) as error:
        raise UsageError(str(error)) from None
    except (RecordError, CalibrationError) as error:
        reason = str(error)
        if call.as_json:
            empty = pd.DataFrame(columns=list(COLUMNS))
            print_json(answer(call.signal.name.split(".")[0], call.model, empty, {"reason": reason}))
        return reason
    return _report(record, made, call, study.figures if study else FigureOptions(dpi=150))


def _open(call: PredictCall, study: StudyConfig | None) -> Record:
    command = f"predict --model {shlex.quote(str(call.model))}"
    record = open_signal(
        call.signal, call.fs, call.columns, call.rows, study, need_abp=False, ppg=call.ppg, command=command
    )
    return apply_invert(record, call.invert, study)


def _report(record: Record, made: Made, call: PredictCall, looks: FigureOptions) -> str:
    """Write and print what was predicted; gives the reason why nothing is usable, or an empty text."""
    table, notes = made.table, made.notes
    accepted = table["accepted"].any()
    reason = "" if accepted else f"{record.name}: {why_unusable(table, made.predictor.windows)}"
    warnings = [add_cli_option(warning) for warning in table.attrs.get("warnings", [])]
    for warning in warnings:
        complain(f"{record.name}: {warning}")
    if call.output:
        with output_file("--output", call.output) as part:
            whole_mmhg(table).to_csv(part, index=False, float_format="%.2f")
    if call.plot:
        _plot(record, made, call.plot, looks)
    if call.as_json:
        more: dict[str, Any] = {"read_as": record.read_as, "warnings": warnings, "reason": reason}
        for name in ("level", "intervals", "origin"):
            more |= {name: notes[name]} if name in notes else {}
        print_json(answer(record.name, call.model, table, more))
    elif not call.output:
        print_windows(table, notes.get("level"), everything=call.all_windows)
    if reason:
        return reason
    first, *others = sentences(table, notes)
    complain("\n  ".join([f"{record.name}: {first}", *others]))
    return ""


def _predict(record: Record, call: PredictCall, study: StudyConfig | None, own: list[str]) -> Made:
    if not call.model.is_file():
        raise UsageError(f"--model {call.model} not found; a study writes results/DATASET/training/.../model.keras")
    with without_backend_chatter():
        chosen = use_backend(call.backend or (study.training.backend if study else "tensorflow"))
        from cuffless.training.predictor import load_predictor
        from cuffless.training.recordings import predict_record

        values = None if call.calibrate is None else read_cuff_values(call.calibrate)
        by, within = call.by or "tuning", call.within or WITHIN
        if values is not None and by == "tuning":
            # Seed and threads decide a fit bit by bit.
            chosen.prepare(_protocol(study).seed, study.training.threads if study else THREADS, complain)
        windows, memory_gb = (main_windowing(study), study.records.memory_gb) if study else (None, MEMORY_GB)
        own = own + study.own_code if study else own
        predictor = load_predictor(call.model, windows, own=own, memory_gb=memory_gb)
        if values is None:
            table, notes = predict_record(record, predictor)[_columns(predictor)], _interval_notes(predictor)
        else:
            table, notes = _predict_calibrated(record, predictor, values, _protocol(study), by, within)
        return Made(table, predictor, {**notes, "origin": predictor.origin}, values)


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
    note = f"Calibrated ({by}) on {plural(n, 'window')} near {plural(len(found.used), 'cuff value')}"
    if not found.moved:
        note += "; fine-tuning did not improve the network: try --by offset"
    if len(found.passed_over):
        times = ", ".join(f"{time:g}" for time in found.passed_over["time"])
        note += f"; no accepted window near the cuff values at {times} s"
    early = int((found.windows["accepted"] & found.windows["since_calibration"].isna()).sum())
    if early:
        note += f"; {plural(early, 'window')} {'is' if early == 1 else 'are'} before the first cuff value"
    notes = {"calibration": f"{note}."}
    if predictor.intervals is not None:
        notes["intervals"] = "No intervals: those of the network do not hold once it is calibrated for a person."
    return found.windows[[*COLUMNS, *CALIBRATED]], notes


def _plot(record: Record, made: Made, path: Path, looks: FigureOptions) -> None:
    from cuffless.figures.study.prediction import Predicted, plot_prediction
    from cuffless.figures.style import render

    remarks = "\n".join(sentences(made.table, made.notes)[1:])
    windows, level = made.predictor.windows, made.notes.get("level")
    predicted = Predicted(made.table, windows, level=level, cuff=made.cuff, remarks=remarks)
    figure = plot_prediction(record, predicted, looks)
    with output_file("--plot", path) as part:
        render(figure, part)
    complain(f"plot written: {path}")
