"""`cuffless inspect`: what a recording holds."""

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
)
from cuffless.config import ConfigError, StudyConfig, WindowOptions, load_config
from cuffless.files import whole_file
from cuffless.records import Record, RecordError
from cuffless.windows import EXPLANATIONS, Measures, Windows, cut_windows

FIGURES = ("sbp", "dbp", "hr", "snr")
UNITS = {"sbp": "mmHg", "dbp": "mmHg", "hr": "bpm", "snr": "dB"}


def run_inspect(path: Path, fs, columns, rows, limits, plot, windows, as_json) -> int:
    """Carry the command out; gives its exit status."""
    try:
        options, study = _window_options(limits)
        record = open_signal(path, fs, columns, rows, study, need_abp=True)
        cut = cut_windows(record, options)
    except (UsageError, ConfigError) as error:
        complain(str(error))
        return WRONG_USE
    except RecordError as error:
        complain(str(error))
        if as_json:
            print_json({"record": path.name.split(".")[0], "windows_cut": 0, "windows_kept": 0, "reason": str(error)})
        return NOTHING_USABLE
    summary = summarize(record, cut, options)
    print_json(summary) if as_json else _print_summary(summary, record)
    if windows:
        with whole_file(windows) as part:
            kept_table(cut.kept).to_csv(part, index=False, float_format="%.3f")
    if plot:
        _plot(record, cut, options, plot)
    if not len(cut.kept):
        complain(summary["reason"])
        return NOTHING_USABLE
    return DONE


def _window_options(limits: str) -> tuple[WindowOptions, StudyConfig | None]:
    if limits in ("paper", "code"):
        return WindowOptions(limits=limits), None
    if not Path(limits).is_file():
        raise UsageError(f"--limits {limits}: say paper, code, or the name of a configuration file")
    study = load_config(limits)
    return next(iter(study.windowings.values())), study


def summarize(record: Record, cut: Windows, options: WindowOptions) -> dict:
    """The figures of `cuffless inspect` as a dictionary."""
    summary = {
        "record": record.name,
        "fs": float(record.fs),
        "channels": list(record.channels),
        "seconds": cut.seconds,
        "windows_cut": cut.n_cut,
        "windows_kept": len(cut.kept),
        "rejected": {rule: n for rule, n in cut.rejected.items() if n},
        **{f"{name}_median": _median(getattr(cut.kept, name)) for name in FIGURES},
        "candidates": {f"{name}_median": _median(getattr(cut.candidates, name)) for name in FIGURES},
        "passed_over": list(record.problems),
    }
    if not len(cut.kept):
        summary["reason"] = _why_nothing(record, cut, options)
    return summary


def _median(values) -> float | None:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else None


def _why_nothing(record: Record, cut: Windows, options: WindowOptions) -> str:
    if not cut.n_cut:
        return f"{record.name}: no stretch of both signals is as long as a window"
    rule = max(cut.rejected, key=cut.rejected.get)
    text = f"{record.name}: none of {cut.n_cut} windows is kept; {cut.rejected[rule]} fail the rule {rule}"
    measured = _median(getattr(cut.candidates, rule)) if rule in FIGURES else None
    limit = {"snr": f"at least {options.snr_db:g}"}.get(rule) or _range(getattr(options, f"{rule}_range", None))
    if measured is None or limit is None:
        return f"{text} ({EXPLANATIONS[rule]})"
    return f"{text} (median {measured:.1f} {UNITS[rule]}; accepted {limit})"


def _range(limits) -> str | None:
    return f"{limits[0]:g}-{limits[1]:g}" if limits else None


def kept_table(kept: Measures) -> pd.DataFrame:
    """Kept windows: start and seconds in s, sbp and dbp in mmHg, hr in bpm, snr in dB."""
    return pd.DataFrame({name: getattr(kept, name) for name in ("start", "seconds", *FIGURES)})


def _print_summary(summary: dict, record: Record) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{summary['record']}[/]  {', '.join(summary['channels'])}  PPG at {summary['fs']:g} Hz")
    console.print(
        f"{summary['seconds']:.0f} s with both signals; "
        f"{summary['windows_kept']} of {summary['windows_cut']} windows kept"
    )
    table = Table("median of", "SBP mmHg", "DBP mmHg", "HR bpm", "SNR dB", box=None)
    for label, source in (("kept windows", summary), ("all windows", summary["candidates"])):
        shown = (source[f"{name}_median"] for name in FIGURES)
        table.add_row(label, *("-" if value is None else f"{value:.1f}" for value in shown))
    console.print(table)
    if summary["rejected"]:
        reasons = Table("rejected", "windows", "because of", box=None)
        for rule, n in summary["rejected"].items():
            reasons.add_row(rule, str(n), EXPLANATIONS[rule])
        console.print(reasons)
    for problem in record.problems[:5]:
        console.print(f"passed over: {problem}", highlight=False)
    if len(record.problems) > 5:
        console.print(f"passed over: {len(record.problems) - 5} more")


def _plot(record: Record, cut: Windows, options: WindowOptions, path: Path) -> None:
    from cuffless.figures.inspection import draw_inspection
    from cuffless.windows import first_broken_rule

    verdict = first_broken_rule(cut.candidates, options)
    rules = np.array([*options.rules, "kept"])[verdict]
    figure = draw_inspection(record, cut.candidates, rules, options)
    with whole_file(path) as part:
        figure.savefig(part, dpi=150)
    complain(f"drawn: {path}")
