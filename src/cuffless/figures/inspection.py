"""What `cuffless inspect --plot` draws: a stretch of both signals with its windows, and the whole record below."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from cuffless.config import WindowOptions
from cuffless.records import Record, Segment
from cuffless.signals import bandpass, pressure_beats, true_runs
from cuffless.windows import Measures

KEPT, REJECTED = "#0072B2", "#D55E00"
SHOWN_SECONDS = 30.0


def draw_inspection(record: Record, windows: Measures, rules, options: WindowOptions) -> Figure:
    """Draw PPG and ABP around a typical window, and the fate of all windows.

    Parameters
    ----------
    record : Record
    windows : Measures
        All windows cut.
    rules : (n_windows,) str array
        "kept", or the rule that rejected the window.
    options : WindowOptions

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, height_ratios=(3, 3, 2))
    segment, first, last = _stretch(record, windows, rules)
    ppg, abp = segment.read(first, last)
    time = segment.start + np.arange(first, last) / segment.fs
    _draw_ppg(top, time, ppg, segment.fs, options)
    middle.plot(time, abp, color="0.2", lw=0.9)
    for begin, end in true_runs(np.isfinite(abp)):
        beats = pressure_beats(abp[begin:end], segment.fs, labels=options.labels)
        middle.plot(time[begin:end][beats.peak], beats.sbp, "v", ms=4, color=REJECTED)
        middle.plot(time[begin:end][beats.foot], beats.dbp, "^", ms=4, color=KEPT)
    middle.set(ylabel="ABP (mmHg)", xlabel="Time from the start of the record (s)")
    for axis in (top, middle):
        _shade(axis, windows, rules, time[0], time[-1])
        axis.set_xlim(time[0], time[-1])
    _draw_overview(bottom, record, windows, rules)
    kept = int(np.sum(rules == "kept"))
    figure.suptitle(f"{record.name}: {kept} of {len(windows)} measured windows kept", fontsize=10)
    return figure


def _stretch(record: Record, windows: Measures, rules) -> tuple[Segment, int, int]:
    """Half a minute around the middle kept window, or else around the middle of all."""
    chosen = np.flatnonzero(rules == "kept")
    chosen = chosen if len(chosen) else np.arange(len(windows))
    longest = max(record.segments, key=lambda s: s.seconds)
    if not len(chosen):
        return longest, 0, min(int(SHOWN_SECONDS * longest.fs), longest.n_samples)
    start = windows.start[chosen[len(chosen) // 2]]
    segment = next(s for s in reversed(record.segments) if s.start <= start + 1e-6)
    n = min(int(SHOWN_SECONDS * segment.fs), segment.n_samples)
    first = int((start - segment.start - SHOWN_SECONDS / 3) * segment.fs)
    first = int(np.clip(first, 0, segment.n_samples - n))
    return segment, first, first + n


def _draw_ppg(axis, time, ppg, fs, options) -> None:
    spread = np.nanstd(ppg) or 1.0
    axis.plot(time, (ppg - np.nanmedian(ppg)) / spread, color="0.7", lw=0.8, label="as recorded")
    for number, (begin, end) in enumerate(true_runs(np.isfinite(ppg))):
        if end - begin > fs:
            filtered = bandpass(ppg[begin:end], fs, options.band, options.filter_order) / spread
            axis.plot(
                time[begin:end],
                filtered,
                color="0.1",
                lw=0.9,
                label=f"{options.band[0]:g}-{options.band[1]:g} Hz" if not number else None,
            )
    axis.set(ylabel="PPG (SD)")
    axis.legend(loc="upper right", fontsize=7, ncols=2, framealpha=0.9)


def _shade(axis, windows, rules, begin, end) -> None:
    for start, seconds, rule in zip(windows.start, windows.seconds, rules, strict=True):
        if start + seconds > begin and start < end:
            kept = rule == "kept"
            axis.axvspan(start, start + seconds, color=KEPT if kept else REJECTED, alpha=0.10, lw=0)
            axis.axvline(start, color="0.6", lw=0.5)
            if not kept:
                position = (max(start, begin), 0.02)
                axis.text(*position, f" {rule}", transform=axis.get_xaxis_transform(), fontsize=6, color=REJECTED)


def _draw_overview(axis, record, windows, rules) -> None:
    minutes = (windows.start + windows.seconds / 2) / 60
    for kept, colour, marker in ((True, KEPT, "o"), (False, REJECTED, "x")):
        chosen = (rules == "kept") == kept
        axis.plot(minutes[chosen], windows.sbp[chosen], marker, ms=3, color=colour, mew=0.8)
        axis.plot(minutes[chosen], windows.dbp[chosen], marker, ms=3, color=colour, mew=0.8)
    for segment in record.segments:
        axis.axvspan(segment.start / 60, (segment.start + segment.seconds) / 60, color="0.93", zorder=0, lw=0)
    axis.set(
        xlabel="Time from the start of the record (min)",
        ylabel="SBP, DBP (mmHg)",
        xlim=(0, max(record.seconds / 60, 0.1)),
    )
    names, counts = np.unique(rules[rules != "kept"], return_counts=True)
    reasons = ", ".join(f"{name} {n}" for name, n in sorted(zip(names, counts, strict=True), key=lambda r: -r[1]))
    handles = [Patch(color=KEPT, label="kept"), Patch(color=REJECTED, label=f"rejected: {reasons or 'none'}")]
    axis.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.35), fontsize=7, ncols=2, frameon=False)
