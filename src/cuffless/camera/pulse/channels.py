"""The method that the channels of a trace allow."""

from collections.abc import Callable
from functools import partial

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.faults import (
    CHANNELS,
    MONOCHROME,
    channel_faults,
    is_infrared,
    through_finger,
    unusable_channels,
)
from cuffless.camera.pulse.rates import SECONDS, pulse_rates
from cuffless.camera.pulse.verdict import RATE_RANGE, Rates
from cuffless.camera.skin.trace import Trace, mean_over_rois

_CLEARER = 6.0  # dB


def rates_by_best_method(
    trace: Trace, *, seconds: float = SECONDS, rate_range: tuple[float, float] = RATE_RANGE
) -> tuple[Rates, str]:
    """Pulse rates by POS, or by the best single channel if one of the three that POS needs is unusable.

    Parameters
    ----------
    trace : Trace
    seconds : float
        Length of a window.
    rate_range : (float, float)
        Lowest and highest rate in bpm that is accepted.

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
    measure = partial(pulse_rates, trace, seconds=seconds, rate_range=rate_range)
    faults = channel_faults(rgb, trace.fps)
    if not faults:
        return _pos_or_channel(rgb, trace.fps, measure)
    if faults == MONOCHROME:
        rates = measure(method="green")
        return rates, f"{faults}: the pulse wave is taken from green alone"
    unusable = unusable_channels(rgb, trace.fps)
    usable = [name for name in CHANNELS if name not in unusable]
    if not usable:
        remedies = {"dark": "more light", "saturated": "less light or a shorter exposure"}
        remedy = next((text for fault, text in remedies.items() if set(unusable.values()) == {fault}), "")
        remedy = f"; film with {remedy}" if remedy else ""
        raise RppgError(f"{faults}: no channel is usable{remedy}")
    best = _clearest(usable, measure)
    return best, f"{faults}: the pulse wave is taken from {best.method} alone"


def _pos_or_channel(rgb: np.ndarray, fps: float, measure: Callable[..., Rates]) -> tuple[Rates, str]:
    """By POS, or by one channel where that is clearer and POS is not made for the light.

    That is, if it comes through a finger, or is infrared: its colour is the camera's tint, with a codec's noise.
    """
    rates = measure(method="pos")
    infrared = is_infrared(rgb, fps)
    if not infrared and (not through_finger(rgb) or np.mean(rates.accepted) >= 0.5):
        return rates, ""
    best = _clearest(CHANNELS, measure, beside=1)
    clearer = infrared and len(best) and np.median(best.snr) > np.median(rates.snr) + _CLEARER
    if not best.accepted.sum() > rates.accepted.sum() and not (clearer and best.accepted.any()):
        return rates, ""
    light = "infrared light" if infrared else "light through a finger"
    return best, f"{light}: the pulse wave is taken from {best.method} alone, where it is clearer than by pos"


def _clearest(names, measure: Callable[..., Rates], *, beside: int = 0) -> Rates:
    """Pulse rates by the single channel with the highest median SNR, chosen `beside` other methods."""
    each = [measure(method=name, choices=len(names) + beside) for name in names]
    return max(each, key=lambda rates: np.median(rates.snr) if len(rates) else -np.inf)
