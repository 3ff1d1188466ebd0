"""Which channels of a trace hold light that changes, and the method that they allow."""

import numpy as np

from cuffless.rppg.errors import RppgError
from cuffless.rppg.rates import Rates, pulse_rates
from cuffless.rppg.trace import Trace, mean_over_rois

CHANNELS = ("red", "green", "blue")
_DARK = 0.01  # of the brightest channel: less is the camera's rounding
_STUCK = 0.05  # of the frames


def unusable_channels(rgb: np.ndarray) -> dict[str, str]:
    """Channels without a signal.

    Parameters
    ----------
    rgb : (n, 3) float array
        Mean colours; frames with NaN are passed over.

    Returns
    -------
    dict of str to str
        What is wrong with each such channel: ``dark`` (less than 1 % of the brightest channel) or ``saturated`` (5 % of
        the frames or more at its highest or lowest value).
    """
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    if not len(rgb):
        return dict.fromkeys(CHANNELS, "dark")
    median = np.median(rgb, axis=0)
    dark = median <= _DARK * median.max()
    stuck = np.maximum((rgb == rgb.max(axis=0)).mean(axis=0), (rgb == rgb.min(axis=0)).mean(axis=0)) >= _STUCK
    return {
        name: "dark" if dark[channel] else "saturated"
        for channel, name in enumerate(CHANNELS)
        if dark[channel] or (stuck[channel] and len(rgb) > 2 / _STUCK)
    }


def rates_by_best_method(trace: Trace, *, seconds: float = 30.0) -> tuple[Rates, str]:
    """Pulse rates by POS, or by the best single channel where POS lacks one of its three.

    Parameters
    ----------
    trace : Trace
    seconds : float
        Length of a window.

    Returns
    -------
    rates : Rates
        Of the usable channels, those of the highest median SNR.
    note : str
        What was chosen, and why; empty for POS.

    Raises
    ------
    RppgError
        If no channel is usable.
    """
    unusable = unusable_channels(mean_over_rois(trace))
    if not unusable:
        return pulse_rates(trace, method="pos", seconds=seconds), ""
    faults = " and ".join(f"{name} is {fault}" for name, fault in unusable.items())
    usable = [name for name in CHANNELS if name not in unusable]
    if not usable:
        remedy = "more light" if set(unusable.values()) == {"dark"} else "less light or a shorter exposure"
        raise RppgError(f"{faults}: no channel holds a pulse; film with {remedy}")
    each = [pulse_rates(trace, method=name, seconds=seconds) for name in usable]
    best = max(each, key=lambda rates: np.median(rates.snr) if len(rates) else -np.inf)
    return best, f"{faults}: the pulse wave is taken from {best.method} alone"
