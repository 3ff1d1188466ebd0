"""Light flicker in mean colours: lamps pulsate at twice the mains frequency, which a camera's frames fold down."""

import numpy as np
from scipy import fft, signal

from cuffless.camera.pulse.faults import CHANNELS, is_monochrome, unusable_channels
from cuffless.camera.pulse.waves import resample_uniformly, stretches
from cuffless.camera.skin.trace import Trace, mean_over_rois

LAMPS = (100.0, 120.0)
"""Frequencies in Hz at which lamps pulsate, with mains of 50 and 60 Hz."""
LEAST_DEPTH = 1e-3
"""Amplitude of a flicker that matters, as a share of the light; a pulse has about 0.5 % in green."""
_ORDERS = (1, 2)
_WANDER = 0.2  # Hz by which a lamp's frequency may differ from the nominal one
_NEAR = 1 / 8  # of the frequency: slow lines must be nearer, since breathing and movement are slow, too
_FAST = 1.0  # Hz; slower, a lamp's harmonic alone is too little to tell
_LEAST_HZ, _CYCLES = 0.08, 5
_PULSE = (0.5, 4.0)  # Hz, of its first harmonic
_SEGMENT, _SHORTEST = 60.0, 10.0  # s: mains wander in the meantime
_PADDED = 4
_HALF_LINE = 2.0  # bins of a segment: half the width of a line behind a Hann window
_ABOVE = 30  # times the median power beside it
_PURE = 0.8  # of the power around, within the line
_AROUND, _WITHIN = 0.25, (0.25, 0.5)  # of the frequency, within these limits in Hz
_SKIN = (0.33, 0.77, 0.53)  # relative modulation of red, green and blue by a pulse
_UNEQUAL = 0.2  # greatest difference of a channel's modulation from their mean, as a share; a pulse differs by 0.4


def flicker_note(trace: Trace) -> str:
    """What a trace shows of light flicker.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    str
        The strongest line in the brightness at a frequency to which the frame rate folds 100 or 120 Hz, or twice that,
        with its likely cause; empty if there is none that matters. A line counts if it is narrow, is at least 0.1 % of
        the light, and modulates red, green and blue by the same share, unlike a pulse. Of one channel alone, only
        lines that cannot be a pulse or its harmonic count.
    """
    rgb = mean_over_rois(trace)
    faults = unusable_channels(rgb, trace.fps)
    usable = [at for at, name in enumerate(CHANNELS) if name not in faults]
    if not usable:
        return ""
    single = len(usable) < len(CHANNELS) or is_monochrome(rgb, trace.fps)
    found = _spectra(trace, rgb[:, usable])
    if found is None:
        return ""
    spectra, seconds = found
    frequency = np.arange(spectra.shape[1]) / (_PADDED * seconds)
    common = spectra.mean(axis=2)
    power = np.mean(np.abs(common) ** 2, axis=0)
    apart = np.sqrt(np.mean(np.abs(spectra - common[:, :, None]) ** 2, axis=0).max(axis=1) / np.maximum(power, 1e-300))
    # A pulse close by must not hide a line: without it, as far as its colour is that of skin.
    weights = np.ones(len(usable)) / len(usable) if single else np.linalg.pinv(np.array([(1, 1, 1), _SKIN]))[:, 0]
    clean = np.mean(np.abs(spectra @ weights) ** 2, axis=0)
    lines = []
    for lamp, order in ((lamp, order) for lamp in LAMPS for order in _ORDERS):
        folded = abs(order * lamp - round(order * lamp / trace.fps) * trace.fps)
        if order > 1 and folded < _FAST:
            continue
        for at in _peaks(frequency, clean, folded, order, seconds):
            alike = single or apart[at] <= _UNEQUAL
            if alike and not (single and _may_be_pulse(frequency, power, at)):
                lines.append((power[at], at, lamp))
    if not lines:
        return ""
    strongest, at, _ = max(lines)
    lamps = sorted({lamp for other, _, lamp in lines if other == strongest})
    return (
        f"light flicker at {frequency[at]:.2f} Hz, {100 * np.sqrt(strongest):.2g} % of the light: "
        f"{' or '.join(f'{lamp:g}' for lamp in lamps)} Hz light (mains of "
        f"{' or '.join(f'{lamp / 2:g}' for lamp in lamps)} Hz) at {trace.fps:.5g} frames per second"
    )


def _spectra(trace: Trace, rgb: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Complex amplitudes of (segment, frequency, channel) as shares of the light, and the segments' length in s."""
    seen = np.isfinite(rgb).all(axis=1)
    t, rgb = trace.t[seen], rgb[seen]
    parts = [
        resample_uniformly(t[first:stop], rgb[first:stop], trace.fps)[2]
        for first, stop in stretches(t)
        if stop - first > 1
    ]
    longest = max(map(len, parts), default=0) / trace.fps
    seconds = min(longest, _SEGMENT)
    if seconds < _SHORTEST:
        return None
    n = int(seconds * trace.fps)
    blocks = np.concatenate([part[: len(part) // n * n].reshape(-1, n, rgb.shape[1]) for part in parts])
    level = blocks.mean(axis=1, keepdims=True)
    window = signal.windows.hann(n, sym=False)
    shares = signal.detrend(blocks / level, axis=1) * window[:, None]
    return fft.rfft(shares, _PADDED * n, axis=1) * (2 / window.sum()), n / trace.fps


def _peaks(frequency: np.ndarray, power: np.ndarray, folded: float, order: int, seconds: float) -> list[int]:
    """Where there is a narrow line near the frequency to which a lamp's is folded."""
    wander = min(order * _WANDER, _NEAR * folded)
    near = np.flatnonzero(np.abs(frequency - folded) <= wander)
    if not len(near):
        return []
    at = int(near[np.argmax(power[near])])
    hz = frequency[at]
    if power[at] < LEAST_DEPTH**2 or hz < max(_LEAST_HZ, _CYCLES / seconds):
        return []
    half = _HALF_LINE / seconds
    distance = np.abs(frequency - hz)
    if power[at] < power[distance <= half].max():
        return []  # the flank of a line that lies elsewhere
    around = distance <= max(float(np.clip(_AROUND * hz, *_WITHIN)), 4 * half)
    beside = np.median(power[around & (distance > half)])
    above = np.maximum(power - beside / np.log(2), 0)  # of noise, the median power is this share of the mean
    pure = above[distance <= half].sum() >= _PURE * above[around].sum()
    return [at] if pure and power[at] > _ABOVE * beside else []


def _may_be_pulse(frequency: np.ndarray, power: np.ndarray, at: int) -> bool:
    """Whether a line may be a pulse, or the harmonic of a stronger one."""
    hz = frequency[at]
    if _PULSE[0] <= hz <= _PULSE[1]:
        return True
    parts = hz / np.arange(2, 21)
    parts = parts[(parts >= _PULSE[0]) & (parts <= _PULSE[1])]
    return any(power[np.abs(frequency - part) <= 0.02 * part].max(initial=0) > power[at] for part in parts)
