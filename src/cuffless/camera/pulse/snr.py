"""Share of windows with a high enough SNR against their length, for recordings and white noise."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cuffless.config import WindowOptions
from cuffless.records import Record
from cuffless.signals import bandpass, signal_to_noise
from cuffless.windows.grid import ANALYSIS_HZ, PulseGrid

RECORDINGS, WHITE_NOISE = "recordings", "white noise"
NOISE_WINDOWS = 2000
"""Number of windows of white noise of each length."""
_FS = 125.0
_BLOCK = 2048  # windows whose spectra are in memory at once


def snr_shares(
    pulses: Iterable[Record], lengths: Sequence[float], windows: WindowOptions, *, seed: int = 0
) -> pd.DataFrame:
    """Share of windows whose SNR is high enough, against their length.

    Parameters
    ----------
    pulses : iterable of Record
        Pulse waves, as from `cuffless.camera.windows.cutting.pulse_record`.
    lengths : sequence of float
        Lengths in seconds.
    windows : WindowOptions
        Least SNR, its bands, the pass band, and how the local pulse frequency is found.
    seed : int
        Seed of the noise.

    Returns
    -------
    DataFrame
        ``length`` (s), ``source`` (``recordings`` or ``white noise``), ``share`` (NaN without windows), ``n``
        (windows); lengths ascending within each source.

    Notes
    -----
    Schrumpf et al. (2021), Figure 3: recordings are divided into windows of fixed seconds, side by side. The SNR is as
    in the rule ``snr``, around the local pulse frequency, but measured on the whole window. White noise is
    processed in the same way: the share of it that passes shows what the rule is worth.
    """
    lengths = sorted(map(float, lengths))
    traces = [segment.read(0, segment.n_samples)[0] for record in pulses for segment in record.segments]
    noise = np.random.default_rng([seed, 3]).standard_normal(int(NOISE_WINDOWS * lengths[-1] * _FS))
    rows = []
    for source, signals, most in ((RECORDINGS, traces, None), (WHITE_NOISE, [noise], NOISE_WINDOWS)):
        analysed = [_analyse(trace, windows) for trace in signals]
        for length in lengths:
            snr = np.concatenate([np.empty(0), *(_snr(*one, length, most, windows) for one in analysed)])
            share = float(np.mean(snr >= windows.snr_db)) if len(snr) else np.nan
            rows.append({"length": length, "source": source, "share": share, "n": len(snr)})
    return pd.DataFrame(rows)


def _analyse(trace, options: WindowOptions) -> tuple[np.ndarray, PulseGrid]:
    """Band-passed pulse wave at 25 Hz, and its local pulse frequency."""
    filtered = bandpass(trace, _FS, options.band, options.filter_order)
    analysed = np.ascontiguousarray(filtered[:: round(_FS / ANALYSIS_HZ)])
    grid = PulseGrid(options)
    grid.extend(analysed, 0.0, len(analysed) / ANALYSIS_HZ, closed=True)
    return analysed, grid


def _snr(analysed, grid: PulseGrid, length: float, most: int | None, options: WindowOptions) -> np.ndarray:
    """SNR of windows of one length, side by side from the start, at most `most` of them."""
    n = round(length * ANALYSIS_HZ)
    count = len(analysed) // n if most is None else min(len(analysed) // n, most)
    if not count:
        return np.empty(0)
    blocks = analysed[: count * n].reshape(count, n)
    hz = grid.rate_at((np.arange(count) + 0.5) * n / ANALYSIS_HZ)
    parts = [slice(first, first + _BLOCK) for first in range(0, count, _BLOCK)]
    return np.concatenate(
        [
            signal_to_noise(
                blocks[part],
                ANALYSIS_HZ,
                hz[part],
                half_width=options.snr_band_hz,
                harmonic_half_width=options.snr_harmonic_hz,
                band=options.snr_range,
            )
            for part in parts
        ]
    )
