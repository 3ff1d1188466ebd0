"""Whether a PPG is upside down: light that falls at systole, recorded as it is."""

import numpy as np

SAMPLES_PER_BEAT = 25  # the pass band ends at 8 Hz
LEAST_WINDOWS = 3
TOPS = 0.7
TURNED, OPPOSED = -0.3, -0.15  # medians of upright recordings lie above -0.10 and -0.11


def uprightness(ppg):
    """How much each window looks like pulses that rise fast and have a sharp top, rather than the reverse.

    Parameters
    ----------
    ppg : (n_windows, n_samples) array
        Band-passed PPG.

    Returns
    -------
    (n_windows,) float array
        Skewness of its slope plus 0.7 of its own skewness; changes its sign when the PPG is turned over. Some cheap
        sensors deliver a slope, so that flanks alone mislead; in some patients tops are blunt.
    """
    ppg = np.asarray(ppg, np.float32)
    return _skewness(np.diff(ppg, axis=1)) + TOPS * _skewness(ppg)


def _skewness(values):
    values = values - values.mean(axis=1, keepdims=True)
    squares = values * values  # a power of three costs fifty times as much
    cubes = np.einsum("ij,ij->i", squares, values) / values.shape[1]
    return cubes / np.maximum(squares.mean(axis=1), np.finfo(float).tiny) ** 1.5


def slope_agreement(ppg, abp):
    """How much better the slope of a PPG follows that of the arterial pressure than it opposes it.

    Parameters
    ----------
    ppg, abp : (n_windows, n_samples) arrays
        The same windows of both.

    Returns
    -------
    (n_windows,) float array
        Greatest correlation over all delays, less that of the PPG turned over: the delay between the two, which
        monitors differ in, does not matter.
    """
    from scipy import fft

    first, second = (np.diff(x, axis=1, append=x[:, :1]) for x in (np.asarray(x, np.float32) for x in (ppg, abp)))
    n = first.shape[1]
    product = fft.irfft(fft.rfft(first) * np.conj(fft.rfft(second)), n)
    scale = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    return (product.max(axis=1) + product.min(axis=1)) / np.maximum(scale, np.finfo(float).tiny)


def polarity(ppg, samples_per_beat, *, abp=None, fs=None, start=None, seconds=None):
    """What speaks for and against each window being upside down.

    Parameters
    ----------
    ppg : (n_windows, n_samples) array
        Windows as kept.
    samples_per_beat : int
        Of these windows (per second, if they last fixed seconds).
    abp : (n,) float array, optional
        Arterial pressure around them.
    fs : float
        Its sampling rate in Hz.
    start, seconds : (n_windows,) float arrays
        The windows in seconds from its first sample.

    Returns
    -------
    (n_windows, 2) float array
        `uprightness` and `slope_agreement`; NaN without pressure.
    """
    result = np.full((len(ppg), 2), np.nan)
    if not len(ppg):
        return result
    coarse = ppg[:, :: max(samples_per_beat // SAMPLES_PER_BEAT, 1)].astype(np.float32)
    result[:, 0] = uprightness(coarse)
    if abp is not None:
        n = coarse.shape[1]
        nearest = np.rint((start[:, None] + seconds[:, None] * (np.arange(n) / n)) * fs).astype(np.intp)
        result[:, 1] = slope_agreement(coarse, abp.take(nearest, mode="clip"))
    return result


def upside_down(found) -> str:
    """Say of a recording's kept windows that their PPG seems to be upside down, and why; empty if it does not.

    Parameters
    ----------
    found : (n_windows, 2) float array
        As from `polarity`.

    Notes
    -----
    Of 80 patients of the PhysioNet Challenge 2015, 46 other real recordings and 60 simulated subjects none is taken for
    upside down as it is; turned over, 124 real ones are, and 49 of the simulated. Where nothing is clear,
    nothing is stated.
    """
    if len(found) < LEAST_WINDOWS:
        return ""
    shape = np.median(found[:, 0])
    agreement = np.nan if np.isnan(found[:, 1]).all() else np.nanmedian(found[:, 1])
    if agreement < OPPOSED and shape < 0:
        why = "it falls where the arterial pressure rises"
    elif shape < TURNED and not agreement > -OPPOSED:
        why = "its pulses fall faster than they rise, or are sharp at the bottom"
    else:
        return ""
    return f"the PPG seems to be upside down: {why}; records.invert turns it over"
