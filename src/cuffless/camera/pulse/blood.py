"""Whether the line that a rate was read from has the colour of blood, or is one of brightness: motion, or a lamp."""

import numpy as np
from scipy import signal

from cuffless.camera.pulse.waves import filtered_waves
from cuffless.signals.blocks import row_blocks

_EXCESS = 0.3
"""Least excess of green in a pulse, over the mean of the channels; 1.25 by the skin's own vector, 0 in brightness."""
_HZ = (-0.1, -0.05, 0.0, 0.05, 0.1)  # around the rate: what belongs to its line
_TOGETHER_SECONDS = 30.0  # windows up to so far apart are averaged


def line_colours(
    t: np.ndarray, rgb: np.ndarray, waves: list, start: np.ndarray, hr: np.ndarray, seconds: float
) -> np.ndarray:
    """Colours of the lines at the rates of windows.

    Parameters
    ----------
    t : (n,) float array
        Times of the frames in seconds.
    rgb : (n, 3) float array
        Mean colours.
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
    fps = waves[0][1] if waves else 1.0
    channels = [filtered_waves(t, rgb, fps, name) for name in ("red", "green", "blue")]
    length = round(seconds * fps)
    taper = signal.windows.hann(length, sym=False)
    around = np.exp(-2j * np.pi * np.outer(np.arange(length) / fps, _HZ)) * taper[:, None]
    for (t0, _, wave), *single in zip(waves, *channels, strict=True):
        first = np.round((start - t0) * fps).astype(int)
        inside = np.flatnonzero((first >= 0) & (first + length <= len(wave)))
        for rows in row_blocks(len(inside), length):
            at = inside[rows]
            turns = np.exp(-2j * np.pi * np.outer(hr[at] / 60, np.arange(length) / fps))
            pulse, *lines = (
                (np.lib.stride_tricks.sliding_window_view(values, length)[first[at]] * turns) @ around
                for values in (wave, *(values for _, _, values in single))
            )
            power = np.maximum(np.sum(np.abs(pulse) ** 2, axis=1), np.finfo(float).tiny)
            colours[at] = np.stack([np.sum(line * pulse.conj(), axis=1) / power for line in lines], axis=1)
    return colours


def is_blood(colours: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Whether lines have an excess of green, on average over the windows nearby.

    Parameters
    ----------
    colours : (n, 3) complex array
        As from `line_colours`.
    start : (n,) float array
        Starts of the windows in seconds, ascending.

    Notes
    -----
    Blood absorbs green most, (0.33, 0.77, 0.53) of the light (de Haan & van Leest 2014); motion and light change
    all channels, and a lamp that is warmer or colder than the rest of the light changes red against blue.
    """
    sums = np.concatenate((np.zeros((1, 3)), np.cumsum(colours, axis=0)))
    first = np.searchsorted(start, start - _TOGETHER_SECONDS)
    last = np.searchsorted(start, start + _TOGETHER_SECONDS, side="right")
    red, green, blue = (sums[last] - sums[first]).T
    return (2 * green - red - blue).real > _EXCESS * np.abs(red + green + blue) / 3
