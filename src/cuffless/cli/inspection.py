"""`cuffless inspect`: the content of a recording."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.cli.answers import UsageError, check_output, complain, escape_markup, exit_status, output_file, print_json
from cuffless.cli.opening import add_cli_option, apply_invert, describe_kpa, main_windowing, open_signal
from cuffless.config import ConfigError, FigureOptions, StudyConfig, WindowOptions, load_config
from cuffless.errors import plural, some_of
from cuffless.records import Record, RecordError, describe_out_of_range
from cuffless.rejection import EXPLANATIONS, REJECTION_RULES, remedy
from cuffless.windows import Measures, Windows, cut_windows, upside_down
from cuffless.windows.quality import wider_limits

FIGURES = ("sbp", "dbp", "hr", "snr")
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "hr": "bpm", "snr": "dB"}
PICTURES = (".png", ".pdf", ".svg")
TABLES = (".csv", ".csv.gz")
_PASSED_OVER_SHOWN, _WARNING = 3, 400
_COLUMNS = {"sbp": "SBP mmHg", "dbp": "DBP mmHg", "hr": "HR bpm", "snr": "SNR dB"}


@dataclass(frozen=True)
class InspectCall:
    """Arguments of the command; see its options."""

    record: Path
    fs: float | None = None
    columns: str = ""
    rows: bool = False
    ppg: str = ""
    abp: str = ""
    limits: str = "paper"
    plot: Path | None = None
    windows: Path | None = None
    invert: bool = False
    as_json: bool = False


@exit_status(ConfigError)
def run_inspect(call: InspectCall) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    check_output("--plot", call.plot, PICTURES)
    check_output("--windows", call.windows, TABLES)
    options, study = window_options(call.limits)
    try:
        record, no_pressure = _open(call, study)
        record = apply_invert(record, call.invert, study)
        if call.plot and record.ready:
            raise UsageError(f"{call.record.name} has windows without their pressure signal; --plot needs the signal")
        cut = cut_windows(record, options)
    except RecordError as error:
        reason = str(error)
        if call.as_json:
            print_json(_empty_summary(call.record.name.split(".")[0], reason, error.channels))
        return reason
    summary = summarize(record, cut, options, no_pressure)
    if no_pressure and len(cut.kept):
        summary["next"] = _predicting(call)
    elif not no_pressure and not len(cut.kept) and (hint := describe_kpa(record, study)):
        summary["remedy"] = hint
    print_json(summary) if call.as_json else _print_summary(summary)
    if call.windows:
        with output_file("--windows", call.windows) as part:
            kept_table(cut.kept).to_csv(part, index=False, float_format="%.3f")
    if call.plot:
        _plot(record, cut, options, call.plot, study.figures if study else FigureOptions(dpi=150))
    return summary.get("reason", "")


def _open(call: InspectCall, study: StudyConfig | None) -> tuple[Record, str]:
    """The recording, and why it has no pressure; its PPG alone if the pressure cannot be used and is not asked for."""

    def opened(need_abp: bool) -> Record:
        return open_signal(
            call.record, call.fs, call.columns, call.rows, study, need_abp=need_abp, ppg=call.ppg, abp=call.abp
        )

    try:
        return opened(True), ""
    except RecordError as error:
        if call.abp:
            raise
        try:
            return opened(False), str(error)
        except RecordError:
            raise error from None


def _predicting(call: InspectCall) -> str:
    """The command that predicts pressures from the same PPG."""
    given = {"--fs": f"{call.fs:g}" if call.fs else "", "--columns": call.columns, "--ppg": call.ppg}
    words = [shlex.quote(str(call.record))]
    words += [word for option, value in given.items() if value for word in (option, shlex.quote(value))]
    words += [option for option, asked in (("--rows", call.rows), ("--invert", call.invert)) if asked]
    return f"cuffless predict {' '.join(words)} --model model.keras"


def window_options(limits: str) -> tuple[WindowOptions, StudyConfig | None]:
    """Window options of ``--limits``, and the study if it is a configuration file.

    Raises
    ------
    UsageError
        If it is neither ``paper``, ``code`` nor a file.
    ConfigError
        If the file is invalid.
    """
    if limits in ("paper", "code"):
        return WindowOptions(limits=limits), None
    if not Path(limits).is_file():
        raise UsageError(f"--limits {limits}: give paper, code, or a configuration file")
    study = load_config(limits)
    return main_windowing(study), study


def summarize(record: Record, cut: Windows, options: WindowOptions, no_pressure: str = "") -> dict:
    """Summary of a recording.

    Parameters
    ----------
    record : Record
    cut : Windows
        Its windows.
    options : WindowOptions
        Options with which they were cut and judged.
    no_pressure : str
        Why only its PPG was read; empty if both signals were.

    Returns
    -------
    dict
        ``record``, ``fs`` (Hz), ``channels``, ``seconds`` (with both signals), ``windows_cut``, ``windows_kept``,
        ``rejected`` by rule, medians over kept windows (None without any), ``candidates``: medians over all windows
        with beats. ``read_as``: how a text file was interpreted. ``passed_over`` if parts of the record are unusable,
        ``warnings`` if the PPG seems to be upside down. If no window is kept, ``reason`` and ``remedy``, and if wider
        limits would keep some, ``wider``: ``config`` (the line of a configuration that sets them) and
        ``windows_kept``. Of PPG alone, ``no_pressure``, and ``rejected`` has all rules that need no pressure.
    """
    alone = bool(no_pressure)
    seen = np.isfinite(cut.candidates.hr if alone else cut.candidates.sbp)
    tried = {rule.name for rule in REJECTION_RULES if rule.needs == "ppg"} if alone else set()
    summary = {
        "record": record.name,
        "fs": float(record.fs),
        "channels": list(record.channels),
        "seconds": cut.seconds,
        "windows_cut": cut.n_cut,
        "windows_kept": len(cut.kept),
        "rejected": {rule: n for rule, n in cut.rejected.items() if n or rule in tried},
        **_medians(cut.kept),
        "candidates": _medians(cut.candidates.select(seen)),
    }
    if alone:
        summary["no_pressure"] = no_pressure
    if record.read_as:
        summary["read_as"] = record.read_as
    if record.problems:
        summary["passed_over"] = list(record.problems)
    if warning := upside_down(cut.polarity):
        summary["warnings"] = [add_cli_option(warning)]
    if not len(cut.kept):
        note = "" if cut.n_whole else describe_out_of_range(record)
        summary["reason"] = "; ".join(filter(None, (_why_unusable(record, cut, options, alone), note)))
        if cut.n_cut:
            summary |= _remedies(cut, options, has_abp=not alone, ready=record.ready is not None)
    return summary


def _remedies(cut: Windows, options: WindowOptions, *, has_abp: bool, ready: bool) -> dict:
    """What to do about a recording of which no window is kept."""
    text = remedy(_worst(cut), options)
    if ready:  # which have no pressure wave
        known = {rule.name for rule in REJECTION_RULES if rule.needs != "beats"}
        options = options.model_copy(update={"rules": tuple(rule for rule in options.rules if rule in known)})
    wider = wider_limits(cut.candidates, options, has_abp=has_abp)
    if wider is None:
        return {"remedy": text} if text else {}
    how = "with --limits code (SBP 40-200, DBP 40-120 mmHg)" if "limits" in wider.changes else "with wider limits"
    text = f"{how}, {wider.kept} of {plural(cut.n_cut, 'window')} {'is' if wider.kept == 1 else 'are'} kept"
    return {"remedy": text, "wider": {"config": wider.config, "windows_kept": wider.kept}}


def kept_table(kept: Measures) -> pd.DataFrame:
    """Kept windows: start and seconds in s, sbp and dbp in mmHg, hr in bpm, snr in dB."""
    return pd.DataFrame({name: getattr(kept, name) for name in ("start", "seconds", *FIGURES)})


def _empty_summary(name: str, reason: str, channels: tuple[str, ...]) -> dict:
    """Summary of a recording that cannot be read."""
    medians = {f"{figure}_median": None for figure in FIGURES}
    counts = {"seconds": 0.0, "windows_cut": 0, "windows_kept": 0, "rejected": {}}
    return {
        "record": name,
        "fs": None,
        "channels": list(channels),
        **counts,
        **medians,
        "candidates": medians,
        "reason": reason,
    }


def _medians(windows: Measures) -> dict:
    return {f"{name}_median": _median(getattr(windows, name)) for name in FIGURES}


def _median(values) -> float | None:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else None


def _worst(cut: Windows) -> str:
    return max(cut.rejected, key=cut.rejected.__getitem__)


def _why_unusable(record: Record, cut: Windows, options: WindowOptions, alone: bool) -> str:
    if not cut.n_cut:
        size = f"{options.length} {'beats' if options.cropping == 'beats' else 's'}"
        signals = "of PPG" if alone else "with both signals"
        return f"{record.name}: no stretch {signals} is as long as a window of {size} ({cut.seconds:.1f} s)"
    rule = _worst(cut)
    share = f"{cut.rejected[rule]} of {cut.n_cut} windows" if cut.n_cut > 1 else "the only window"
    text = f"{record.name}: no window is kept; {share} rejected by the rule {rule}: {EXPLANATIONS[rule]}"
    measured = _median(getattr(cut.candidates, rule)) if rule in FIGURES else None
    limit = f"at least {options.snr_db:g}" if rule == "snr" else _range(getattr(options, f"{rule}_range", None))
    return text if measured is None else f"{text} (median {measured:.1f} {UNITS[rule]}; accepted {limit})"


def _range(limits) -> str | None:
    return f"{limits[0]:g}-{limits[1]:g}" if limits else None


def _print_summary(summary: dict) -> None:
    """Print a summary so that it fits a terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    alone = "no_pressure" in summary
    console.print(
        f"[bold]{escape_markup(summary['record'])}[/]: {escape_markup(some_of(summary['channels'], 16, 240), 400)}; "
        f"PPG at {summary['fs']:g} Hz"
    )
    console.print(
        f"{summary['seconds']:.0f} s {'of PPG' if alone else 'with both signals'}; "
        f"{summary['windows_kept']} of {plural(summary['windows_cut'], 'window')} kept"
    )
    if summary["windows_cut"]:
        _print_medians(console, summary, [name for name in _COLUMNS if name in ("hr", "snr") or not alone])
    if summary["rejected"] and summary["windows_cut"]:
        _print_rules(console, summary, alone)
    for line in _lines(summary):
        console.print(escape_markup(line, _WARNING))
    if "wider" in summary:
        console.print(f"  {escape_markup(summary['wider']['config'])}", soft_wrap=True)
    if "next" in summary:
        console.print("To predict its pressures, with the network of your choice:")
        console.print(f"  {escape_markup(summary['next'], 2000)}", soft_wrap=True)


def _print_medians(console, summary: dict, names: list[str]) -> None:
    from rich.table import Table

    table = Table("median over", *(_COLUMNS[name] for name in names), box=None)
    everything = "all windows" if "no_pressure" in summary else "all with beats"
    for label, source in (("kept windows", summary), (everything, summary["candidates"])):
        shown = (source[f"{name}_median"] for name in names)
        table.add_row(label, *("-" if value is None else f"{value:.1f}" for value in shown))
    console.print(table)


def _print_rules(console, summary: dict, alone: bool) -> None:
    """How many windows each rule rejects; of PPG alone, also how many it leaves."""
    from rich.table import Table

    reasons = Table("rejected by", "windows", *(["left"] if alone else []), "because of", box=None)
    left = summary["windows_cut"]
    for rule, n in summary["rejected"].items():
        left -= n
        reasons.add_row(rule, str(n), *([str(left)] if alone else []), EXPLANATIONS[rule])
    console.print(reasons)


def _lines(summary: dict) -> list[str]:
    lines = [f"warning: {warning}" for warning in summary.get("warnings", [])]
    problems = summary.get("passed_over", [])
    lines += [f"skipped: {problem}" for problem in problems[:_PASSED_OVER_SHOWN]]
    if len(problems) > _PASSED_OVER_SHOWN:
        lines.append(f"skipped: {len(problems) - _PASSED_OVER_SHOWN} more; --json lists all")
    if "no_pressure" in summary:
        lines.append(f"PPG alone: {summary['no_pressure']}")
    if "remedy" in summary:
        more = "; for --limits FILE or a study, a configuration with this line:" if "wider" in summary else ""
        lines.append(f"remedy: {summary['remedy']}{more}")
    return lines


def _plot(record: Record, cut: Windows, options: WindowOptions, path: Path, looks: FigureOptions) -> None:
    from cuffless.figures.study.inspection import plot_inspection
    from cuffless.figures.style import render

    figure = plot_inspection(record, cut, options, looks)
    with output_file("--plot", path) as part:
        render(figure, part)
    complain(f"plot written: {path}")
