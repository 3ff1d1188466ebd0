"""`cuffless pulse`: pulse rate over time from a video of skin, or from its colour traces."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.faults import CHANNELS, THREE, channel_faults
from cuffless.camera.pulse.rates import LEAST_FPS, Rates, pulse_rates, why_nothing
from cuffless.camera.skin.roi import Regions
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.camera.skin.trace_files import TraceLayoutError, is_trace, read_trace
from cuffless.cli.answers import UsageError, check_output, complain, escape_markup, exit_status, output_file, print_json
from cuffless.config import FigureOptions
from cuffless.demands import MEMORY_GB

PICTURES = (".png", ".pdf", ".svg")
_ROWS_SHOWN = 20


@dataclass(frozen=True)
class PulseCall:
    """Arguments of the command; see its options."""

    source: Path
    seconds: float = 30.0
    method: str = "auto"
    time_unit: str | None = None
    key: str | None = None
    fps: float | None = None
    roi: Path | None = None
    roi_mode: str | None = None
    timestamps: Path | None = None
    plot: Path | None = None
    as_json: bool = False
    memory_gb: float = MEMORY_GB


@dataclass
class _Opened:
    """A recording's colour trace, regions and frames."""

    trace: Trace
    regions: Regions | None = None
    frames: list = field(default_factory=list)


@exit_status(TraceLayoutError)
def run_pulse(call: PulseCall) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    opened: _Opened | None = None
    rates: Rates | None = None
    reason = ""
    try:
        _check(call)
        opened = _open(call)
        rates = _rates(call, opened.trace)
        reason = why_nothing(call.source.name, rates) + ("" if len(rates) else "; see --seconds")
    except TraceLayoutError:
        raise
    except RppgError as error:
        reason = str(error)
    summary = summarize(call.source, opened.trace if opened else None, rates, call.seconds, reason)
    if call.as_json:
        print_json(summary)
    elif rates is not None:
        _print_summary(summary)
    if "read_as" in summary:
        complain(summary["read_as"])
    for note in summary.get("notes", []):
        complain(note)
    if call.plot:
        _plot(call.plot, call.source.name, opened, rates, reason)
    return reason


def summarize(source: Path, trace: Trace | None, rates: Rates | None, seconds: float, reason: str = "") -> dict:
    """Summary of a recording.

    Parameters
    ----------
    source : Path
    trace : Trace or None
        Its colour trace; None if it cannot be read.
    rates : Rates or None
        Its pulse rates; None if there are none.
    seconds : float
        Length of a window.
    reason : str
        Why nothing is usable; empty if something is.

    Returns
    -------
    dict
        ``video``, ``fps``, ``seconds``, ``roi`` (names of the regions), ``method``, ``window_seconds``,
        ``hr_median`` (bpm) and ``snr_median`` (dB) over accepted windows, ``snr_threshold`` (dB), ``hr`` (start in s,
        bpm and dB of each window), ``accepted`` (of each window), ``accepted_fraction``; ``read_as``, ``notes``
        and ``reason`` if there are any.
    """
    accepted = rates.accepted if rates is not None else np.empty(0, bool)
    hr, snr = (rates.hr[accepted], rates.snr[accepted]) if rates is not None else (accepted, accepted)
    summary = {
        "video": str(source),
        "fps": trace.fps if trace else None,
        "seconds": trace.seconds if trace else 0.0,
        "roi": list(trace.rois) if trace else [],
        "method": rates.method if rates is not None else None,
        "window_seconds": seconds,
        "hr_median": float(np.median(hr)) if len(hr) else None,
        "snr_median": float(np.median(snr)) if len(snr) else None,
        "snr_threshold": rates.threshold if rates is not None else None,
        "accepted_fraction": float(accepted.mean()) if len(accepted) else 0.0,
        "hr": np.column_stack((rates.start, rates.hr, rates.snr)).tolist() if rates is not None else [],
        "accepted": accepted.tolist(),
    }
    if trace and trace.read_as:
        summary["read_as"] = trace.read_as
    if trace and trace.notes:
        summary["notes"] = list(trace.notes)
    if reason:
        summary["reason"] = reason
    return summary


def _check(call: PulseCall) -> None:
    """Reject invalid arguments before any work is done."""
    check_output("--plot", call.plot, PICTURES)
    name = call.source.name
    if call.source.is_dir():
        raise UsageError(f"{call.source} is a folder; give a video, numbered images (img_%05d.png), or a colour trace")
    if not call.source.is_file() and "%" not in name:
        raise UsageError(f"{call.source} not found")
    for_videos = {"--roi": call.roi, "--roi-mode": call.roi_mode, "--timestamps": call.timestamps}
    for_traces = {"--time-unit": call.time_unit, "--key": call.key}
    kind, others, wrong = (
        ("a colour trace", "videos", for_videos) if is_trace(name) else ("a video", "traces", for_traces)
    )
    if given := [option for option, value in wrong.items() if value is not None]:
        raise UsageError(f"{name} is {kind}; {', '.join(given)} is for {others}")
    for option, path in (("--roi", call.roi), ("--timestamps", call.timestamps)):
        if path is not None and not path.is_file():
            raise UsageError(f"{option} {path} not found")
    if call.roi is not None and call.roi_mode not in (None, "file"):
        raise UsageError(f"--roi {call.roi} and --roi-mode {call.roi_mode} exclude each other")
    if call.roi_mode == "file" and call.roi is None:
        raise UsageError("--roi-mode file needs --roi FILE")


def _open(call: PulseCall) -> _Opened:
    if is_trace(call.source):
        return _Opened(
            read_trace(call.source, time_unit=call.time_unit, key=call.key, fps=call.fps, memory_gb=call.memory_gb)
        )
    from cuffless.camera.skin.extraction import extract_trace

    mode = call.roi_mode or ("file" if call.roi else "auto")
    trace, regions, frames = extract_trace(
        call.source, roi=call.roi, roi_mode=mode, timestamps=call.timestamps, fps=call.fps, log=complain
    )
    return _Opened(trace, regions, list(frames))


def _rates(call: PulseCall, trace: Trace) -> Rates:
    if trace.fps < LEAST_FPS:
        raise RppgError(
            f"{call.source.name}: {trace.fps:.3g} frames per second; a pulse rate needs at least {LEAST_FPS:g}"
        )
    if call.method != "auto":
        needed = CHANNELS if call.method in THREE else (call.method,)
        if faults := channel_faults(mean_over_rois(trace), trace.fps, needed):
            trace.notes.append(f"{faults}: {call.method} is unreliable; use --method auto")
        return pulse_rates(trace, method=call.method, seconds=call.seconds)
    try:
        rates, note = rates_by_best_method(trace, seconds=call.seconds)
    except RppgError as error:
        raise RppgError(f"{call.source.name}: {error}") from None
    if note:
        trace.notes.append(note)
    return rates


def _print_summary(summary: dict) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"[bold]{escape_markup(summary['video'], 2000)}[/]: {summary['seconds']:.1f} s at {summary['fps']:.4g} "
        "frames per second; "
        f"{escape_markup(', '.join(summary['roi']))}; {summary['method']}"
    )
    windows = len(summary["hr"])
    console.print(f"{sum(summary['accepted'])} of {windows} windows of {summary['window_seconds']:g} s accepted")
    if summary["hr_median"] is not None:
        console.print(
            f"pulse rate {summary['hr_median']:.1f} bpm, SNR {summary['snr_median']:.1f} dB (medians; noise alone "
            f"exceeds {summary['snr_threshold']:.1f} dB in 5 % of windows)"
        )
    if windows:
        table = Table("from s", "bpm", "SNR dB", "", box=None)
        for at in np.unique(np.linspace(0, windows - 1, min(windows, _ROWS_SHOWN)).round().astype(int)):
            start, bpm, snr = summary["hr"][at]
            table.add_row(f"{start:.0f}", f"{bpm:.1f}", f"{snr:.1f}", "accepted" if summary["accepted"][at] else "")
        console.print(table)


def _plot(path: Path, name: str, opened: _Opened | None, rates: Rates | None, reason: str) -> None:
    from cuffless.figures.study.contact_sheet import plot_contact_sheet
    from cuffless.figures.style import render

    looks = FigureOptions(dpi=150)
    frames, regions, trace = (opened.frames, opened.regions, opened.trace) if opened else ([], None, None)
    figure = plot_contact_sheet(frames, regions, trace, rates, looks, title=name, reason=reason)
    with output_file("--plot", path) as part:
        render(figure, part)
    complain(f"plot written: {path}")
