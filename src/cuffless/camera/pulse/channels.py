"""The method that the channels of a trace allow."""

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.faults import CHANNELS, MONOCHROME, channel_faults, through_finger, unusable_channels
from cuffless.camera.pulse.rates import Rates, pulse_rates
from cuffless.camera.skin.trace import Trace, mean_over_rois


def rates_by_best_method(trace: Trace, *, seconds: float = 30.0) -> tuple[Rates, str]:
    """Pulse rates by POS, or by the best single channel if one of the three that POS needs is unusable.

    Parameters
    ----------
    trace : Trace
    seconds : float
        Length of a window.

    Returns
    -------
    rates : Rates
        By POS, or by the usable channel with the highest median SNR.
    note : str
        What was chosen, and why; empty for POS.

    Raises
    ------
    RppgError
        If no channel is usable.
    """
    rgb = mean_over_rois(trace)
    faults = channel_faults(rgb, trace.fps)
    if not faults:
        return _pos_or_channel(trace, rgb, seconds)
    if faults == MONOCHROME:
        rates = pulse_rates(trace, method="green", seconds=seconds)
        return rates, f"{faults}: the pulse wave is taken from green alone"
    unusable = unusable_channels(rgb, trace.fps)
    usable = [name for name in CHANNELS if name not in unusable]
    if not usable:
        remedies = {"dark": "more light", "saturated": "less light or a shorter exposure"}
        remedy = next((text for fault, text in remedies.items() if set(unusable.values()) == {fault}), "")
        remedy = f"; film with {remedy}" if remedy else ""
        raise RppgError(f"{faults}: no channel is usable{remedy}")
    best = _clearest(trace, usable, seconds)
    return best, f"{faults}: the pulse wave is taken from {best.method} alone"


def _pos_or_channel(trace: Trace, rgb: np.ndarray, seconds: float) -> tuple[Rates, str]:
    """By POS, or by one channel if light comes through a finger, which POS is not made for, and more is accepted."""
    rates = pulse_rates(trace, method="pos", seconds=seconds)
    if not through_finger(rgb) or np.mean(rates.accepted) >= 0.5:
        return rates, ""
    best = _clearest(trace, CHANNELS, seconds, beside=1)
    if not best.accepted.sum() > rates.accepted.sum():
        return rates, ""
    return (
        best,
        f"light through a finger: the pulse wave is taken from {best.method} alone, where it is clearer than by pos",
    )


def _clearest(trace: Trace, names, seconds: float, *, beside: int = 0) -> Rates:
    """Pulse rates by the single channel with the highest median SNR, chosen `beside` other methods."""
    each = [pulse_rates(trace, method=name, seconds=seconds, choices=len(names) + beside) for name in names]
    return max(each, key=lambda rates: np.median(rates.snr) if len(rates) else -np.inf)
