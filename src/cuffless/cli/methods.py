"""`cuffless pulse` with several methods, or contact PPG: one table of methods for one recording."""

from dataclasses import replace
from pathlib import Path

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.custom import MethodError
from cuffless.camera.pulse.verdict import why_nothing
from cuffless.camera.skin.trace import Trace
from cuffless.camera.skin.trace_files import TraceLayoutError
from cuffless.camera.windows.comparison import rates_row
from cuffless.camera.windows.contact import contact_windows
from cuffless.cli.answers import UsageError, complain, escape_markup, exit_status, print_json
from cuffless.cli.pulse import PulseCall, add_wave, check_call, find_rates, open_recording, window_seconds
from cuffless.windows import Measures

_HEADS = {"hr_median": "bpm", "snr_median": "SNR dB", "snr_threshold": "noise dB", "hr_off": "off by bpm"}


@exit_status(TraceLayoutError, MethodError)
def run_methods(call: PulseCall, methods: list[str], reference: Path | None, reference_fs: float | None) -> str:
    """Run the command; its exit status follows from the reason that it returns.

    Parameters
    ----------
    call : PulseCall
        Its ``method`` is not used.
    methods : list of str
        Each as for ``--method``.
    reference : Path or None
        Contact PPG, as for `contact_windows`; `reference_fs` is its sampling rate in Hz.
    """
    calls = [replace(call, method=method) for method in dict.fromkeys(methods)]
    for option, path in (("--plot", call.plot), ("--output", call.output)):
        if path:
            raise UsageError(f"{option} {path} shows one method; give one --method and no --reference")
    for one in calls:
        check_call(one)
    contact = _contact(reference, reference_fs)
    try:
        opened = open_recording(calls[0])
        assert opened.trace
        seconds = window_seconds(call, opened.trace)
    except RppgError as error:
        if call.as_json:
            print_json({"video": str(call.source), "methods": [], "reason": str(error)})
        return str(error)
    rows = [_row(one, opened.trace, seconds, contact) for one in calls]
    for note in dict.fromkeys(filter(None, [opened.trace.read_as, *opened.trace.notes])):
        complain(note)
    if call.as_json:
        print_json({"video": str(call.source), "window_seconds": seconds, "methods": rows})
    else:
        _print_rows(call, seconds, rows)
    reasons = [f"{row['method']}: {row['reason']}" for row in rows if "reason" in row]
    if len(reasons) == len(rows):
        return "; ".join(reasons)
    for reason in reasons:
        complain(reason)
    return ""


def _contact(reference: Path | None, fs: float | None) -> Measures | None:
    if reference is None:
        if fs is not None:
            raise UsageError(f"--reference-fs {fs:g} needs --reference FILE")
        return None
    if not reference.is_file():
        raise UsageError(f"--reference {reference} not found")
    try:
        return contact_windows(reference, fs)
    except RppgError as error:
        raise UsageError(f"--reference {reference}: {error}") from None


def _row(call: PulseCall, trace: Trace, seconds: float, contact: Measures | None) -> dict:
    """A method's row, or the reason why it has none."""
    try:
        if call.method not in trace.waves:
            add_wave(call, trace)
        rates = find_rates(call, trace, seconds)
    except RppgError as error:
        return {"method": call.method, "reason": str(error)}
    row = rates_row(rates, contact)
    reason = why_nothing(call.source.name, rates)
    return {**row, "reason": reason} if reason else row


def _print_rows(call: PulseCall, seconds: float, rows: list[dict]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    shown = [name for name in _HEADS if any(name in row for row in rows)]
    table = Table(Column("method", overflow="fold"), "accepted", *(_HEADS[name] for name in shown), box=None)
    for row in rows:
        accepted = f"{row['accepted']} of {row['windows']}" if "windows" in row else ""
        numbers = ("" if row.get(name) is None else f"{row[name]:.1f}" for name in shown)
        table.add_row(escape_markup(row["method"]), accepted, *numbers)
    console = Console(highlight=False)
    console.print(f"[bold]{escape_markup(call.source, 2000)}[/]: windows of {seconds:g} s")
    console.print(table)
