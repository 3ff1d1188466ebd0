"""`cuffless pulse`: pulse rate over time from a video of skin, or from its colour traces."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cuffless.camera.errors import NoFaceError, RppgError
from cuffless.camera.pulse.alternative import whole_frame_rates
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.custom import MethodError, is_custom, load_method, takes_frames
from cuffless.camera.pulse.faults import channel_faults, channels_needed
from cuffless.camera.pulse.flicker import flicker_note
from cuffless.camera.pulse.rates import LEAST_FPS, default_seconds, pulse_rates
from cuffless.camera.pulse.verdict import RATE_RANGE, Rates, check_rate_range, why_nothing
from cuffless.camera.skin.roi import Regions
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.camera.skin.trace_files import TraceLayoutError, is_trace, read_trace
from cuffless.cli.answers import (
    UsageError,
    changed_options,
    check_folder,
    check_output,
    complain,
    escape_markup,
    exit_status,
    output_file,
    print_json,
)
from cuffless.config import FigureOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import plural

PICTURES = (".png", ".pdf", ".svg")
_ROWS_SHOWN = 20
METHODS = ("auto", "pos", "chrom", "green", "red")


@dataclass(frozen=True)
class PulseCall:
    """Arguments of the command; see its options."""

    source: Path
    seconds: float | None = None
    rate_range: tuple[float, float] = RATE_RANGE
    method: str = "auto"
    time_unit: str | None = None
    key: str | None = None
    fps: float | None = None
    roi: Path | None = None
    roi_mode: str | None = None
    timestamps: Path | None = None
    plot: Path | None = None
    output: Path | None = None
    frames: bool = True
    as_json: bool = False
    every: bool = False
    memory_gb: float = MEMORY_GB


@dataclass
class Opened:
    """A recording's colour trace, regions and frames, as far as there are any."""

    trace: Trace | None = None
    regions: Regions | None = None
    frames: list = field(default_factory=list)
    faceless: bool = False
    whole: Rates | None = None
    """Pulse rates of the whole frame, where the regions found in it give none."""


@exit_status(TraceLayoutError, MethodError)
def run_pulse(call: PulseCall) -> str:
    """Run the command; its exit status follows from the reason that it returns."""
    opened = Opened()
    rates: Rates | None = None
    seconds, reason = call.seconds, ""
    try:
        check_call(call)
        opened = open_recording(call)
        assert opened.trace
        seconds = window_seconds(call, opened.trace)
        rates = find_rates(call, opened.trace, seconds)
        reason = why_nothing(call.source.name, rates) + ("" if len(rates) else "; see --seconds")
    except TraceLayoutError:
        raise
    except NoFaceError as error:
        reason, opened = str(error), Opened(frames=list(error.frames), faceless=True)
        opened.whole = _whole_frame(call, error.whole, call.seconds)
    except RppgError as error:
        reason = str(error)
    if reason and opened.trace:
        opened.whole = _whole_frame(call, opened.trace.whole, call.seconds)
    summary = summarize(call.source, opened.trace, rates, seconds, reason, whole=opened.whole)
    advice = whole_frame_advice(opened.whole, call.seconds)
    if call.output:
        summary["page"] = str(_write_page(call, opened, rates, seconds, reason, advice))
    if call.as_json:
        print_json(summary)
    elif rates is not None:
        _print_summary(summary, every=call.every)
    if "read_as" in summary:
        complain(summary["read_as"])
    for note in summary.get("notes", []):
        complain(note)
    if advice:
        complain(f"{call.source.name}: {advice}")
    if call.plot:
        _plot(call, call.plot, opened, rates, reason)
    if call.output:
        complain(f"page written: {summary['page']}")
    return reason


def _whole_frame(call: PulseCall, whole: Trace | None, seconds: float | None) -> Rates | None:
    return whole_frame_rates(whole, method=call.method, seconds=seconds, rate_range=call.rate_range)


def whole_frame_advice(whole: Rates | None, asked: float | None) -> str:
    """What the whole frame gives, and the options that measure it; empty if it gives nothing.

    Parameters
    ----------
    whole : Rates or None
        Of the whole frame.
    asked : float or None
        Length of windows that was asked for.
    """
    if whole is None:
        return ""
    accepted, length = int(whole.accepted.sum()), f"{whole.seconds:g}"
    also = "" if asked is not None else f" --seconds {length}"
    return (
        f"the whole frame, background included, gives {np.median(whole.hr[whole.accepted]):.1f} bpm in {accepted} of "
        f"{plural(len(whole), 'window')} of {length} s; measure it with --roi-mode whole{also}"
    )


def summarize(
    source: Path,
    trace: Trace | None,
    rates: Rates | None,
    seconds: float | None,
    reason: str = "",
    *,
    whole: Rates | None = None,
) -> dict:
    """Summary of a recording.

    Parameters
    ----------
    source : Path
    trace : Trace or None
        Its colour trace; None if it cannot be read.
    rates : Rates or None
        Its pulse rates; None if there are none.
    seconds : float or None
        Length of a window; None if it was not asked for, and the recording has room for none.
    reason : str
        Why nothing is usable; empty if something is.
    whole : Rates or None
        Pulse rates of the whole frame, where the regions found in it give none.

    Returns
    -------
    dict
        ``video``, ``fps``, ``seconds``, ``roi`` (names of the regions), ``method``, ``window_seconds``,
        ``hr_median`` (bpm) and ``snr_median`` (dB) over accepted windows, ``snr_threshold`` (dB), ``hr`` (start in s,
        bpm and dB of each window), ``accepted`` and ``reasons`` (of each window; empty if it is accepted),
        ``accepted_fraction``; ``read_as``, ``notes`` and ``reason`` if there are any;
        ``whole_frame`` with ``hr_median``, ``accepted`` and ``windows`` (numbers), ``window_seconds`` and ``options``,
        if the whole frame has a pulse and the regions found in it have none.
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
        "reasons": rates.reasons.tolist() if rates is not None else [],
    }
    if trace and trace.read_as:
        summary["read_as"] = trace.read_as
    if trace and trace.notes:
        summary["notes"] = list(trace.notes)
    if reason:
        summary["reason"] = reason
    if whole is not None:
        summary["whole_frame"] = {
            "hr_median": float(np.median(whole.hr[whole.accepted])),
            "accepted": int(whole.accepted.sum()),
            "windows": len(whole),
            "window_seconds": whole.seconds,
            "options": ["--roi-mode", "whole", "--seconds", f"{whole.seconds:g}"],
        }
    return summary


def check_call(call: PulseCall) -> None:
    """Reject invalid arguments before any work is done."""
    check_output("--plot", call.plot, PICTURES)
    check_folder("--output", call.output)
    if not (call.frames or call.plot or call.output):
        raise UsageError("--no-frames is for --output DIR and --plot FILE, which show frames")
    check_method(call.method)
    try:
        check_rate_range(*call.rate_range)
    except ValueError as error:
        raise UsageError(f"--rate-range {error}") from None
    name = call.source.name
    if call.source.is_dir():
        from cuffless.camera.video.images import pattern_of

        advice = pattern_of(call.source) or " (img_%05d.png)"
        raise UsageError(f"{call.source} is a folder; give a video, a colour trace, or numbered images{advice}")
    if not call.source.is_file() and "%" not in name:
        raise UsageError(f"{call.source} not found")
    for_videos = {"--roi": call.roi, "--roi-mode": call.roi_mode, "--timestamps": call.timestamps}
    for_traces = {"--time-unit": call.time_unit, "--key": call.key}
    kind, others, wrong = (
        ("a colour trace", "videos", for_videos) if is_trace(name) else ("a video", "traces", for_traces)
    )
    if takes_frames(call.method) and is_trace(name):
        raise UsageError(f"--method {call.method} takes frames, which {name}, a colour trace, has not; give the video")
    if given := [option for option, value in wrong.items() if value is not None]:
        raise UsageError(f"{name} is {kind}; {', '.join(given)} is for {others}")
    for option, path in (("--roi", call.roi), ("--timestamps", call.timestamps)):
        if path is not None and not path.is_file():
            raise UsageError(f"{option} {path} not found")
    if call.roi is not None and call.roi_mode not in (None, "file"):
        raise UsageError(f"--roi {call.roi} and --roi-mode {call.roi_mode} exclude each other")
    if call.roi_mode == "file" and call.roi is None:
        raise UsageError("--roi-mode file needs --roi FILE")


def open_recording(call: PulseCall) -> Opened:
    """Read the colours, from a trace or a video, and run a method that takes frames."""
    if is_trace(call.source):
        return Opened(
            read_trace(call.source, time_unit=call.time_unit, key=call.key, fps=call.fps, memory_gb=call.memory_gb)
        )
    from cuffless.camera.skin.extraction import extract_trace

    mode = call.roi_mode or ("file" if call.roi else "auto")
    trace, regions, frames = extract_trace(
        call.source,
        roi=call.roi,
        roi_mode=mode,
        timestamps=call.timestamps,
        fps=call.fps,
        with_whole=True,
        log=complain,
    )
    add_wave(call, trace)
    return Opened(trace, regions, list(frames))


def check_method(method: str) -> None:
    """Reject a method that does not exist, and a custom one that cannot be found, before any work is done."""
    if is_custom(method):
        load_method(method)
        takes_frames(method)
    elif method not in METHODS:
        raise UsageError(f"--method {method!r} is unknown; choose {', '.join(METHODS)}, or module:function of your own")


def add_wave(call: PulseCall, trace: Trace) -> None:
    """Run a custom method that takes frames on the video, and add its wave to the trace."""
    if takes_frames(call.method):
        from cuffless.camera.skin.extraction import extract_wave

        wave = extract_wave(call.source, call.method, timestamps=call.timestamps, fps=call.fps)
        trace.waves[call.method] = wave


def window_seconds(call: PulseCall, trace: Trace) -> float:
    """Length of windows: as asked for, or what the recording has room for; notes go to the trace."""
    if trace.fps < LEAST_FPS:
        raise RppgError(
            f"{call.source.name}: {trace.fps:.3g} frames per second; a pulse rate needs at least {LEAST_FPS:g}"
        )
    if flicker := flicker_note(trace):
        trace.notes.append(flicker)
    if call.seconds is not None:
        return call.seconds
    try:
        seconds, note = default_seconds(trace)
    except RppgError as error:
        raise RppgError(f"{call.source.name}: {error}") from None
    if note:
        trace.notes.append(note)
    return seconds


def find_rates(call: PulseCall, trace: Trace, seconds: float) -> Rates:
    """Pulse rates by the method that was asked for; notes go to the trace."""
    if call.method != "auto":
        if faults := channel_faults(mean_over_rois(trace), trace.fps, channels_needed(call.method)):
            trace.notes.append(f"{faults}: {call.method} is unreliable; use --method auto")
        if takes_frames(call.method):
            trace.notes.append(
                f"what {call.method} makes of noise is not known: its threshold is that of white noise, which noise "
                "in its wave may exceed more often"
            )
        return pulse_rates(trace, method=call.method, seconds=seconds, rate_range=call.rate_range)
    try:
        rates, note = rates_by_best_method(trace, seconds=seconds, rate_range=call.rate_range)
    except RppgError as error:
        raise RppgError(f"{call.source.name}: {error}") from None
    if note:
        trace.notes.append(note)
    return rates


def _print_summary(summary: dict, *, every: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"[bold]{escape_markup(summary['video'], 2000)}[/]: {summary['seconds']:.1f} s at {summary['fps']:.5g} "
        "frames per second; "
        f"{escape_markup(', '.join(summary['roi']))}; {summary['method']}"
    )
    windows = len(summary["hr"])
    console.print(
        f"{sum(summary['accepted'])} of {plural(windows, 'window')} of {summary['window_seconds']:g} s accepted"
    )
    if summary["hr_median"] is not None:
        console.print(
            f"pulse rate {summary['hr_median']:.1f} bpm, SNR {summary['snr_median']:.1f} dB (medians; noise alone "
            f"exceeds {summary['snr_threshold']:.1f} dB in 5 % of windows)"
        )
    if windows:
        table = Table("from s", "bpm", "SNR dB", "accepted, or why not", box=None)
        step = 1 if every else -(-windows // _ROWS_SHOWN)
        for at in range(0, windows, step):
            start, bpm, snr = summary["hr"][at]
            table.add_row(f"{start:.0f}", f"{bpm:.1f}", f"{snr:.1f}", summary["reasons"][at] or "accepted")
        console.print(table)
        if step > 1:
            console.print(
                f"every {_ordinal(step)} of {plural(windows, 'window')}; all with --all, in windows.csv (--output "
                "DIR), and in --json",
                soft_wrap=True,
            )


def _ordinal(n: int) -> str:
    """2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{ending}"


def _write_page(
    call: PulseCall, opened: Opened, rates: Rates | None, seconds: float | None, reason: str, advice: str
) -> Path:
    from cuffless.report.pulse.page import write_pulse

    assert call.output is not None
    try:
        return write_pulse(
            call.output,
            name=call.source.name,
            trace=opened.trace,
            rates=rates,
            regions=opened.regions,
            frames=opened.frames if call.frames else [],
            seconds=seconds,
            reason=reason,
            advice=advice,
            faceless=opened.faceless,
            command=_command(call),
        )
    except OSError as error:
        raise UsageError(f"--output {call.output} cannot be written: {error.strerror or error}") from None


def _command(call: PulseCall) -> str:
    """The command that repeats a call, without options at their defaults."""
    named = (
        "seconds",
        "rate_range",
        "method",
        "time_unit",
        "key",
        "fps",
        "roi",
        "roi_mode",
        "timestamps",
        "output",
        "memory_gb",
    )
    without = [] if call.frames else ["--no-frames"]
    return shlex.join(["cuffless", "pulse", str(call.source), *changed_options(call, named), *without])


def _plot(call: PulseCall, path: Path, opened: Opened, rates: Rates | None, reason: str) -> None:
    from cuffless.figures.study.contact_sheet import plot_contact_sheet
    from cuffless.figures.style import render

    looks, title = FigureOptions(dpi=150), call.source.name
    frames = opened.frames if call.frames else []
    figure = plot_contact_sheet(frames, opened.regions, opened.trace, rates, looks, title=title, reason=reason)
    with output_file("--plot", path) as part:
        render(figure, part)
    complain(f"plot written: {path}")
