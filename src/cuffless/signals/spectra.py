"""Power spectra of short stretches of signal."""

from collections.abc import Iterator

import numpy as np
import scipy

from cuffless.signals.blocks import row_blocks

MAX_BIN_HZ = 0.5 / 60  # bins of at most 0.5 bpm: an unpadded spectrum quantizes the rate to 4 bpm


def spectrum_size(fs, n_samples):
    """Length of a zero-padded FFT whose bins are at most 0.5 bpm wide."""
    return scipy.fft.next_fast_len(max(int(np.ceil(fs / MAX_BIN_HZ)), n_samples), real=True)


def iter_power(stretches, taper, size, bins: slice) -> Iterator[tuple[slice, np.ndarray]]:
    """Power spectra, some rows at a time.

    Parameters
    ----------
    stretches : (n, n_samples) float array
        Signals.
    taper : (n_samples,) float32 array
        Factors of their samples.
    size : int
        Length of the FFT; see `spectrum_size`.
    bins : slice
        The part of the spectrum that is wanted.

    Yields
    ------
    rows : slice
    power : (n_rows, n_bins) float32 array
    """
    n = stretches.shape[1]
    padded = np.empty((0, size), np.float32)
    for rows in row_blocks(len(stretches), size):
        some = stretches[rows].astype(np.float32, copy=False)
        padded = padded[: len(some)] if len(padded) else np.zeros((len(some), size), np.float32)
        np.multiply(some, taper, out=padded[:, :n])
        spectrum = scipy.fft.rfft(padded, axis=1)[:, bins]
        power = spectrum.real**2
        power += spectrum.imag**2
        yield rows, power
