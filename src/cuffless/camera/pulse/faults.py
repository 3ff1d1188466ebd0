"""Which channels of a trace are usable, and what light they show."""

import numpy as np
import scipy

from cuffless.camera.pulse.custom import is_custom

CHANNELS = ("red", "green", "blue")
THREE = ("pos", "chrom")
"""Methods that need three different channels."""
MONOCHROME = "red, green and blue are the same channel"
"""The fault that is reported for a monochrome camera."""
_DARK = 0.01  # of the brightest channel; less is the camera's rounding
_STUCK = 0.05  # of the frames
_DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)  # highest values: shares, and 8 to 16 bits
# Where brightness also ends: fewer bits that were shifted up; and, less surely, the limited range of videos.
_SHIFTED = (1020.0, 4080.0, 4092.0, 16320.0, 16368.0, 65280.0, 65472.0, 65520.0)
_LIMITED = (235.0, 940.0, 3760.0)
# So many levels are fine steps; the last of a sine's levels has 2.4 times the frames of the next.
_FINE, _BESIDE, _PILED = 50, 3, 4
_LEVELS = 4  # besides the extreme; with fewer, a wave below one step stays at a value, too
_STILL_SECONDS = 2.0  # the longest beat; a pulse does not stay at one value for longer
_FINGER = 3  # red over green if light comes through a finger; it is below 2 for skin seen from outside
_GRAY = 0.1  # of the brightness; skin colours are further apart
_ALIKE, _SAME = 0.05, 1e-3  # of a channel's deviation: compression noise, and rounding
_SWING_SECONDS = 2.0  # slower changes are light and movement, which are alike in all channels of any camera
_TINTED, _TOGETHER = 0.95, 0.9  # green over red and over blue; correlation of the channels


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
        ``saturated``: 5 % of the frames or more are at its highest or lowest value, and this value is 0 or the end of
        a range (of shares, of 8 to 16 bits, or of fewer bits that were shifted up), or has four times as many frames as
        the finely spaced values beside it (at 235, the end of videos' limited range, however they are spaced), or is
        held for 2 s or longer. Whole numbers that many frames share are not saturation.
    """
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    if not len(rgb):
        return dict.fromkeys(CHANNELS, "dark")
    median = np.median(rgb, axis=0)
    depth = next((top for top in _DEPTHS if rgb.max() <= top), np.inf)
    faults = {}
    for name, values, level in zip(CHANNELS, rgb.T, median, strict=True):
        if level <= _DARK * median.max():
            faults[name] = "dark"
        elif len(rgb) > 2 / _STUCK:
            low, high = values.min(), values.max()
            ends = high == depth or (high in _SHIFTED and high > depth / 2)
            if _is_stuck(values, high, fps, ends, high in _LIMITED and high > depth / 2) or _is_stuck(
                values, low, fps, low == 0
            ):
                faults[name] = "constant" if low == high and not ends else "saturated"
    return faults


def _is_stuck(values: np.ndarray, extreme: float, fps: float, ends: bool, may_end: bool = False) -> bool:
    """Whether a channel is stuck at its highest or lowest value, where its range ends, or may end."""
    at = values == extreme
    if at.mean() < _STUCK:
        return False
    levels, frames = np.unique(values[~at], return_counts=True)
    beside = frames[np.argsort(np.abs(levels - extreme))[:_BESIDE]]
    if ends or ((len(levels) >= _FINE or may_end) and at.sum() >= _PILED * beside.max(initial=1)):
        return True
    if 0 < len(levels) < _LEVELS:
        return False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], at.astype(int), [0]))))
    lengths = edges[1::2] - edges[::2]
    return bool(lengths[lengths >= _STILL_SECONDS * fps].sum() >= _STUCK * len(values))


def is_monochrome(rgb: np.ndarray, fps: float = 30.0) -> bool:
    """Whether red, green and blue are one channel, apart from factors or offsets, as in a monochrome camera.

    Parameters
    ----------
    rgb : (n, 3) float array
        Mean colours; frames with NaN are ignored.
    fps : float
        Frames per second.
    """
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    level = rgb.mean(axis=0) if len(rgb) else np.zeros(3)
    if not (level > 0).all():
        return False
    alike = _ALIKE if np.ptp(level) <= _GRAY * level.mean() else _SAME
    fast = _without_swings(rgb, fps)
    if not fast[:, 1].any():
        return False
    # A camera may multiply its channels, or add an offset to each.
    shares = (
        np.std(values[:, [0, 2]] - values[:, [1]], axis=0).max() / values[:, 1].std() for values in (fast / level, fast)
    )
    return bool(min(shares) <= alike)


def _without_swings(rgb: np.ndarray, fps: float) -> np.ndarray:
    """Colours without their slow changes."""
    length = max(round(_SWING_SECONDS * fps), 2)
    return rgb - scipy.ndimage.uniform_filter1d(rgb, min(length, len(rgb)), axis=0, mode="nearest")


def channels_needed(method: str) -> tuple[str, ...]:
    """Channels that a method needs; of a custom method it is not known."""
    return CHANNELS if method in THREE else () if is_custom(method) else (method,)


def channel_faults(rgb: np.ndarray, fps: float, needed: tuple[str, ...] = CHANNELS) -> str:
    """What is wrong with the channels that a method needs, in words; empty if nothing is."""
    faults = unusable_channels(rgb, fps)
    if bad := [f"{name} is {faults[name]}" for name in needed if name in faults]:
        return " and ".join(bad)
    return MONOCHROME if len(needed) > 1 and is_monochrome(rgb, fps) else ""


def through_finger(rgb: np.ndarray) -> bool:
    """Whether light comes through a finger, by its redness: POS is not made for it, and blood has another colour."""
    red, green, _ = np.nanmedian(rgb, axis=0)
    return bool(red >= _FINGER * green)


def is_infrared(rgb: np.ndarray, fps: float) -> bool:
    """Whether green is the darkest channel, as of skin only in infrared, and the channels change together."""
    rgb = rgb[np.isfinite(rgb).all(axis=1)]
    red, green, blue = np.median(rgb, axis=0)
    if green > _TINTED * min(red, blue):
        return False
    fast = _without_swings(rgb, fps)
    return bool((fast.std(axis=0) > 0).all() and np.corrcoef(fast.T).min() > _TOGETHER)
