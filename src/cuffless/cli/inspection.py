"""`cuffless inspect`: the content of a recording."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.cli.answers import UsageError, check_output, complain, escape_markup, exit_status, output_file, print_json
from cuffless.cli.opening import add_cli_option, apply_invert, main_windowing, open_signal
from cuffless.config import ConfigError, FigureOptions, StudyConfig, WindowOptions, load_config
from cuffless.records import Record, RecordError, describe_out_of_range
from cuffless.windows import EXPLANATIONS, Measures, Windows, cut_windows, upside_down

FIGURES = ("sbp", "dbp", "hr", "snr")
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "hr": "bpm", "snr": "dB"}
PICTURES = (".png", ".pdf", ".svg")
TABLES = (".csv", ".csv.gz")
_PASSED_OVER_SHOWN = 5


@exit_status(ConfigError)
def run_inspect(path: Path, fs, columns, rows, limits, plot, windows, as_json, ppg="", abp="", invert=False) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    check_output("--plot", plot, PICTURES)
    check_output("--windows", windows, TABLES)
    options, study = window_options(limits)
    try:
        record = open_signal(path, fs, columns, rows, study, need_abp=True, ppg=ppg, abp=abp)
        record = apply_invert(record, invert, study)
        if plot and record.ready:
            raise UsageError(f"{path.name} has windows without their pressure signal; --plot needs the signal")
        cut = cut_windows(record, options)
    except RecordError as error:
        reason = _add_hint(str(error))
        if as_json:
            print_json(_empty_summary(path.name.split(".")[0], reason, error.channels))
        return reason
    summary = summarize(record, cut, options)
    print_json(summary) if as_json else _print_summary(summary)
    if windows:
        with output_file("--windows", windows) as part:
            kept_table(cut.kept).to_csv(part, index=False, float_format="%.3f")
    if plot:
        _plot(record, cut, options, plot, study.figures if study else FigureOptions(dpi=150))
    return summary.get("reason", "")


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


def summarize(record: Record, cut: Windows, options: WindowOptions) -> dict:
    """Summary of a recording.

    Parameters
    ----------
    record : Record
    cut : Windows
        Its windows.
    options : WindowOptions
        Options with which they were cut and judged.

    Returns
    -------
    dict
        ``record``, ``fs`` (Hz), ``channels``, ``seconds`` (with both signals), ``windows_cut``, ``windows_kept``,
        ``rejected`` by rule, medians over kept windows (None without any), ``candidates``: medians over all windows
        with beats. ``read_as``: how a text file was interpreted. ``passed_over`` if parts of the record are unusable,
        ``warnings`` if the PPG seems to be upside down, ``reason`` if no window is kept.
    """
    with_beats = cut.candidates.select(np.isfinite(cut.candidates.sbp))
    summary = {
        "record": record.name,
        "fs": float(record.fs),
        "channels": list(record.channels),
        "seconds": cut.seconds,
        "windows_cut": cut.n_cut,
        "windows_kept": len(cut.kept),
        "rejected": {rule: n for rule, n in cut.rejected.items() if n},
        **_medians(cut.kept),
        "candidates": _medians(with_beats),
    }
    if record.read_as:
        summary["read_as"] = record.read_as
    if record.problems:
        summary["passed_over"] = list(record.problems)
    if warning := upside_down(cut.polarity):
        summary["warnings"] = [add_cli_option(warning)]
    if not len(cut.kept):
        note = "" if cut.n_whole else describe_out_of_range(record)
        summary["reason"] = "; ".join(filter(None, (_why_unusable(record, cut, options), note)))
    return summary


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


def _add_hint(reason: str) -> str:
    """Add the command for recordings without pressure to a reason."""
    if "no arterial pressure channel" in reason:
        reason += "; for PPG alone, use cuffless predict"
    return reason


def _why_unusable(record: Record, cut: Windows, options: WindowOptions) -> str:
    if not cut.n_cut:
        size = f"{options.length} {'beats' if options.cropping == 'beats' else 's'}"
        return f"{record.name}: no stretch with both signals is as long as a window of {size} ({cut.seconds:.1f} s)"
    rule = max(cut.rejected, key=cut.rejected.__getitem__)
    share = f"{cut.rejected[rule]} of {cut.n_cut} windows" if cut.n_cut > 1 else "the only window"
    text = f"{record.name}: no window is kept; {share} rejected by the rule {rule}: {EXPLANATIONS[rule]}"
    measured = _median(getattr(cut.candidates, rule)) if rule in FIGURES else None
    limit = f"at least {options.snr_db:g}" if rule == "snr" else _range(getattr(options, f"{rule}_range", None))
    return text if measured is None else f"{text} (median {measured:.1f} {UNITS[rule]}; accepted {limit})"


def _range(limits) -> str | None:
    return f"{limits[0]:g}-{limits[1]:g}" if limits else None


def _print_summary(summary: dict) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"[bold]{escape_markup(summary['record'])}[/]: {escape_markup(', '.join(summary['channels']))}; "
        f"PPG at {summary['fs']:g} Hz"
    )
    console.print(
        f"{summary['seconds']:.0f} s with both signals; "
        f"{summary['windows_kept']} of {summary['windows_cut']} windows kept"
    )
    if summary["windows_cut"]:
        table = Table("median over", "SBP mmHg", "DBP mmHg", "HR bpm", "SNR dB", box=None)
        for label, source in (("kept windows", summary), ("all with beats", summary["candidates"])):
            shown = (source[f"{name}_median"] for name in FIGURES)
            table.add_row(label, *("-" if value is None else f"{value:.1f}" for value in shown))
        console.print(table)
    if summary["rejected"]:
        reasons = Table("rejected by", "windows", "because of", box=None)
        for rule, n in summary["rejected"].items():
            reasons.add_row(rule, str(n), EXPLANATIONS[rule])
        console.print(reasons)
    for warning in summary.get("warnings", []):
        console.print(f"warning: {escape_markup(warning, 2000)}")
    problems = summary.get("passed_over", [])
    for problem in problems[:_PASSED_OVER_SHOWN]:
        console.print(f"skipped: {escape_markup(problem, 2000)}")
    if len(problems) > _PASSED_OVER_SHOWN:
        console.print(f"skipped: {len(problems) - _PASSED_OVER_SHOWN} more")


def _plot(record: Record, cut: Windows, options: WindowOptions, path: Path, looks: FigureOptions) -> None:
    from cuffless.figures.study.inspection import plot_inspection
    from cuffless.figures.style import render

    figure = plot_inspection(record, cut, options, looks)
    with output_file("--plot", path) as part:
        render(figure, part)
    complain(f"plot written: {path}")
