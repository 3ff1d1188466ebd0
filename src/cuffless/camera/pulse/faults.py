"""Which channels of a trace are usable."""

import numpy as np

CHANNELS = ("red", "green", "blue")
THREE = ("pos", "chrom")
"""Methods that need three different channels."""
MONOCHROME = "red, green and blue are the same channel"
"""The fault that is reported for a monochrome camera."""
_DARK = 0.01  # of the brightest channel; less is the camera's rounding
_STUCK = 0.05  # of the frames
_LIMITS = (0.0, 1.0, 255.0, 1023.0, 4095.0, 65535.0)  # ends of a camera's range: shares, and 8 to 16 bits
# So many levels are fine steps; the last of a sine's levels has 2.4 times the frames of the next.
_FINE, _BESIDE, _PILED = 50, 3, 4
_STILL_SECONDS = 2.0  # the longest beat; a pulse does not stay at one value for longer
_FINGER = 3  # red over green if light comes through a finger; it is below 2 for skin seen from outside
_GRAY = 0.01  # of the brightness; skin colours are much further apart
_ALIKE, _SAME = 0.05, 1e-3  # of a channel's deviation: compression noise, and rounding


def unusable_channels(rgb: np.ndarray, fps: float = 30.0) -> dict[str, str]:
    """Channels without a signal.

    Parameters
    ----------
    rgb : (n, 3) float array
        Mean colours; frames with NaN are ignored.
    fps : float
        Frames per second.

    Returns
    -------
    dict of str to str
        What is wrong with each such channel: ``dark`` (less than 1 % of the brightest channel), ``constant``, or
        ``saturated``: 5 % of the frames or more are at its highest or lowest value, and this value is the end of a
        camera's range, or has four times as many frames as the finely spaced values beside it, or is held for 2 s or
        longer. Whole numbers that many frames share are not saturation.
    """
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    if not len(rgb):
        return dict.fromkeys(CHANNELS, "dark")
    median = np.median(rgb, axis=0)
    faults = {}
    for name, values, level in zip(CHANNELS, rgb.T, median, strict=True):
        if level <= _DARK * median.max():
            faults[name] = "dark"
        elif len(rgb) > 2 / _STUCK and (_is_stuck(values, values.max(), fps) or _is_stuck(values, values.min(), fps)):
            constant = values.min() == values.max() and values[0] not in _LIMITS
            faults[name] = "constant" if constant else "saturated"
    return faults


def _is_stuck(values: np.ndarray, extreme: float, fps: float) -> bool:
    """Whether a channel is stuck at its highest or lowest value."""
    at = values == extreme
    if at.mean() < _STUCK:
        return False
    levels, frames = np.unique(values[~at], return_counts=True)
    beside = frames[np.argsort(np.abs(levels - extreme))[:_BESIDE]]
    if extreme in _LIMITS or (len(levels) >= _FINE and at.sum() >= _PILED * beside.max()):
        return True
    ends = np.flatnonzero(np.diff(np.concatenate(([0], at.astype(int), [0]))))
    lengths = ends[1::2] - ends[::2]
    return bool(lengths[lengths >= _STILL_SECONDS * fps].sum() >= _STUCK * len(values))


def is_monochrome(rgb: np.ndarray) -> bool:
    """Whether red, green and blue are one channel, apart from factors or offsets, as in a monochrome camera.

    Parameters
    ----------
    rgb : (n, 3) float array
        Mean colours; frames with NaN are ignored.
    """
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    level = rgb.mean(axis=0) if len(rgb) else np.zeros(3)
    if not (level > 0).all():
        return False
    shares = rgb / level
    apart = max((shares[:, 0] - shares[:, 1]).std(), (shares[:, 2] - shares[:, 1]).std())
    moves = rgb - rgb[:, [1]]  # in levels; a camera may add an offset to each channel
    if max(moves[:, 0].std(), moves[:, 2].std()) <= _SAME * rgb[:, 1].std():
        return True
    gray = np.ptp(level) <= _GRAY * level.mean()
    return bool(apart <= (_ALIKE if gray else _SAME) * shares[:, 1].std())


def channel_faults(rgb: np.ndarray, fps: float, needed: tuple[str, ...] = CHANNELS) -> str:
    """What is wrong with the channels that a method needs, in words; empty if nothing is."""
    faults = unusable_channels(rgb, fps)
    if bad := [f"{name} is {faults[name]}" for name in needed if name in faults]:
        return " and ".join(bad)
    return MONOCHROME if len(needed) > 1 and is_monochrome(rgb) else ""


def through_finger(rgb: np.ndarray) -> bool:
    """Whether light comes through a finger, by its redness: POS is not made for it, and blood has another colour."""
    red, green, _ = np.nanmedian(rgb, axis=0)
    return bool(red >= _FINGER * green)
