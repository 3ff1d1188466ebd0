"""Whether the line that a rate was read from has the colour of blood, or is one of brightness: motion, or a lamp."""

import numpy as np
from scipy import signal

from cuffless.camera.pulse.waves import filtered_waves

_EXCESS = 0.3
"""Least excess of green in a pulse, of the mean of the channels; 1.25 by the skin's own vector, 0 in brightness."""
_HZ = (-0.1, -0.05, 0.0, 0.05, 0.1)  # around the rate: what belongs to its line
_TOGETHER_SECONDS = 30.0  # windows up to so far apart are averaged


def line_colours(trace_t, rgb, fps, waves, start, hr, seconds):
    """Colours of the lines at the rates of windows.

    Parameters
    ----------
    trace_t : (n,) float array
        Times of the frames in seconds.
    rgb : (n, 3) float array
        Mean colours.
    fps : float
        Frames per second.
    waves : list of (t0, fps, wave)
        Pulse waves of this recording, as from `filtered_waves`.
    start, hr : (m,) float arrays
        Starts of the windows in seconds, and their rates in bpm.
    seconds : float
        Length of a window.

    Returns
    -------
    (m, 3) complex array
        Red, green and blue, as shares of each channel's light, over the pulse wave, by regression within 0.1 Hz of
        the rate; real where they are in phase with it.
    """
    colours = np.full((len(start), 3), np.nan, complex)
    channels = [filtered_waves(trace_t, rgb, fps, name) for name in ("red", "green", "blue")]
    for (t0, rate, wave), *single in zip(waves, *channels, strict=True):
        length = round(seconds * rate)
        first = np.round((start - t0) * rate).astype(int)
        inside = np.flatnonzero((first >= 0) & (first + length <= len(wave)))
        if not len(inside):
            continue
        taper = signal.windows.hann(length, sym=False)
        turns = np.exp(-2j * np.pi * np.outer(_HZ, np.arange(length) / rate)) * taper
        own = np.exp(-2j * np.pi * np.outer(hr[inside] / 60, np.arange(length) / rate))

        def lines(values, at=first[inside], own=own, turns=turns, length=length):
            blocks = np.lib.stride_tricks.sliding_window_view(values, length)[at]
            return (blocks * own) @ turns.T

        pulse = lines(wave)
        power = np.maximum(np.sum(np.abs(pulse) ** 2, axis=1), np.finfo(float).tiny)
        for channel, (_, _, values) in enumerate(single):
            colours[inside, channel] = np.sum(lines(values) * pulse.conj(), axis=1) / power
    return colours


def is_blood(colours: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Whether lines have an excess of green, on average over the windows nearby.

    Parameters
    ----------
    colours : (n, 3) complex array
        As from `line_colours`.
    start : (n,) float array
        Starts of the windows in seconds.

    Notes
    -----
    Blood absorbs green most, (0.33, 0.77, 0.53) of the light (de Haan & van Leest 2014); motion and light change
    all channels, and a lamp of another colour than the rest of the light changes red against blue.
    """
    together = np.abs(start[:, None] - start) <= _TOGETHER_SECONDS
    red, green, blue = (together @ colours / together.sum(axis=1)[:, None]).T
    return (2 * green - red - blue).real > _EXCESS * np.abs(red + green + blue) / 3
