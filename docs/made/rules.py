"""One window that is kept and one that is rejected, for each rule: the same simulated seconds, disturbed."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from cuffless.config import FigureOptions, SimulatorOptions, WindowOptions
from cuffless.figures.style import GREY, house_style, new_figure, small_font
from cuffless.records import Channel, Record, Segment
from cuffless.signals import to_rate
from cuffless.simulator import simulate_subject
from cuffless.windows import Measures, cut_windows, first_broken_rule

SUBJECT, SECONDS, FS = 46, 60, 125.0
LOOKS = FigureOptions(dpi=140, width_inch=5.2)  # can be read on a telephone, too
MARGIN = 1.0  # seconds shown before and after a window
KEPT, REJECTED = LOOKS.colours[2], LOOKS.colours[1]

Signals = tuple[np.ndarray, np.ndarray]


def _change(ppg: np.ndarray, abp: np.ndarray) -> tuple[np.ndarray, np.ndarray, slice]:
    """Copies, and the samples from 20 to 21 s."""
    return ppg.copy(), abp.copy(), slice(int(20 * FS), int(21 * FS))


def _missing(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    ppg, abp, second = _change(ppg, abp)
    ppg[second] = np.nan
    return ppg, abp


def _flat(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    ppg, abp, second = _change(ppg, abp)
    abp[second] = abp[second.start]
    return ppg, abp


def _saturated(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return np.minimum(ppg, np.quantile(ppg, 0.85)), abp


def _beats(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg, uniform_filter1d(abp, int(4 * FS))


def _hr(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg[::2], abp[::2]


def _sbp(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg, abp.min() + 2.2 * (abp - abp.min())


def _dbp(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg, abp + 30


def _pulse_pressure(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg, 77 + 0.25 * (abp - abp.mean())


def _spread(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return ppg, abp + 22 * np.sin(np.arange(len(abp)) / FS)


def _rates(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    return to_rate(ppg, FS, 1.12 * FS, 0.0, int(1.12 * len(ppg)) - 20)[: len(abp)], abp


def _pulses(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    ppg, abp, second = _change(ppg, abp)
    faded = slice(second.start, second.start + int(3 * FS))
    ppg[faded] = ppg[faded].mean() + 0.02 * (ppg[faded] - ppg[faded].mean())
    return ppg, abp


def _snr(ppg: np.ndarray, abp: np.ndarray) -> Signals:
    noise = np.random.default_rng(0).normal(size=len(ppg))
    noise = sosfiltfilt(butter(3, (4, 7), "bandpass", fs=FS, output="sos"), noise)
    return ppg + 2.5 * np.std(ppg) / np.std(noise) * noise, abp


DISTURBANCES: dict[str, Callable[[np.ndarray, np.ndarray], Signals]] = {
    "missing": _missing,
    "flat": _flat,
    "saturated": _saturated,
    "beats": _beats,
    "hr": _hr,
    "sbp": _sbp,
    "dbp": _dbp,
    "pulse_pressure": _pulse_pressure,
    "spread": _spread,
    "rates": _rates,
    "pulses": _pulses,
    "snr": _snr,
}
"""What is done to a clean recording (PPG, ABP in mmHg at 125 Hz) so that a rule rejects windows of it."""


def plot_rule(rule: str) -> Figure:
    """Plot a kept window of a clean recording, and next to it one that the rule rejects after a disturbance.

    Raises
    ------
    ValueError
        If the disturbance does not make the rule reject a window.
    """
    clean = signals_of(SUBJECT)
    disturbed = DISTURBANCES[rule](*clean)
    with house_style(LOOKS):
        figure = new_figure(LOOKS, 2.1)
        axes = figure.subplots(2, 2, sharex="col")
        axes[1, 0].sharey(axes[1, 1])
        start = _plot_window(axes[:, 1], disturbed, rule, REJECTED)
        _plot_window(axes[:, 0], clean, "", KEPT, start)
        axes[0, 0].set_ylabel("PPG")
        axes[1, 0].set_ylabel("ABP (mmHg)")
        figure.align_ylabels()
    return figure


def _plot_window(axes: list[Axes], signals: Signals, rule: str, colour: str, near: float = 20.0) -> float:
    """Plot the window that the rule rejects (none: that is kept) nearest to a time; returns its start in s."""
    windows, fates = judge(signals)
    if rule == "missing":  # such a window is counted but has no measures: it would have begun where the last one ends
        one = np.flatnonzero(windows.start < near)[-1]
        start, seconds, measured = windows.start[one] + windows.seconds[one], windows.seconds[one], ""
    else:
        chosen = np.flatnonzero(fates == (rule or "kept"))
        if not len(chosen):
            raise ValueError(f"no window is {rule or 'kept'}; fates: {', '.join(fates)}")
        one = chosen[np.argmin(np.abs(windows.start[chosen] - near))]
        start, seconds, measured = windows.start[one], windows.seconds[one], _measured(windows, one)
    first, last = int(max(start - MARGIN, 0) * FS), int((start + seconds + MARGIN) * FS)
    for axis, signal in zip(axes, signals, strict=True):
        shown = signal[first:last]
        axis.plot(first / FS + np.arange(len(shown)) / FS, shown, color=GREY, linewidth=0.9)
        axis.axvspan(start, start + seconds, color=colour, alpha=0.15, linewidth=0)
        axis.margins(x=0)
    axes[0].set_yticks([])
    axes[1].set_xlabel("s")
    title = f"rejected: {rule}" if rule else "kept"
    axes[0].set_title(f"{title}\n{measured}", loc="left", fontsize=small_font(LOOKS), color=colour)
    return float(start)


def signals_of(number: int) -> Signals:
    """PPG, and arterial pressure in mmHg, of a simulated person, without artefacts."""
    subject = simulate_subject(number, SimulatorOptions(minutes=SECONDS / 60, artefacts=False))
    return subject.ppg, subject.abp


def judge(signals: Signals) -> tuple[Measures, np.ndarray]:
    """What was measured on each window of a recording, and the first rule that it breaks, or ``kept``."""
    options = WindowOptions()
    channels = [Channel(FS, len(one), lambda start, stop, one=one: one[start:stop]) for one in signals]
    segment = Segment("", 0.0, FS, *channels)
    record = Record("simulated", "simulated", FS, ("PPG", "ABP"), segment.seconds, (segment,))
    windows = cut_windows(record, options).candidates
    return windows, np.array([*options.rules, "kept"])[first_broken_rule(windows, options)]


def _measured(windows: Measures, one: int) -> str:
    """What the rules compare with their limits, as far as it was measured."""
    parts = []
    if np.isfinite(windows.sbp[one]) and np.isfinite(windows.dbp[one]):
        parts.append(f"{windows.sbp[one]:.0f}/{windows.dbp[one]:.0f} mmHg")
    parts += [f"{windows.hr[one]:.0f} bpm"] if np.isfinite(windows.hr[one]) else []
    parts += [f"SNR {windows.snr[one]:.0f} dB"] if np.isfinite(windows.snr[one]) else []
    return ", ".join(parts).replace("-", "−")
