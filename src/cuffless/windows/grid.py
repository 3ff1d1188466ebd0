"""Where windows begin: a whole number of pulse waves each, or fixed seconds."""

import numpy as np

from cuffless.config import WindowOptions
from cuffless.signals import PULSE_HZ, SETTLING_SECONDS, PulseSearch, lasting_frequency, pulse_candidates

ANALYSIS_HZ = 25.0  # band-passed PPG ends at 8 Hz, so spectra and pulse counts need no more


class PulseGrid:
    """Local pulse frequency of one stretch of signal, and the windows that follow from it.

    The frequency is measured in blocks (16 s, every 8 s) and held constant around each block's centre, so that the
    pulse count grows piecewise linearly with time and the window edges are exact and the same however the stretch is
    read.

    Parameters
    ----------
    options : WindowOptions
        Cropping, length, overlap and the search for the pulse frequency.
    """

    def __init__(self, options: WindowOptions):
        self.options = options
        self.block = options.pulse_block_seconds
        self.hop = self.block / 2
        self.rates = self._usual = self._slow = np.empty(0)
        self.next_window = 0

    def extend(self, analysed, first_second: float, until: float, closed: bool) -> None:
        """Measure the blocks that have become readable.

        Parameters
        ----------
        analysed : (n,) float array
            Band-passed PPG at 25 Hz.
        first_second : float
            Time of its first sample in seconds from the start of the stretch; a multiple of 1/25 s.
        until : float
            Time up to which it may be trusted.
        closed : bool
            Whether the stretch ends there.
        """
        n = int(self.block * ANALYSIS_HZ)
        last = int(np.floor((until - self.block) / self.hop + 1e-9)) + 1
        begin = np.rint((np.arange(len(self.rates), last) * self.hop - first_second) * ANALYSIS_HZ).astype(int)
        begin = begin[(begin >= 0) & (begin + n <= len(analysed))]
        if len(begin):
            self._append(np.lib.stride_tricks.sliding_window_view(analysed, n)[begin])
        elif closed and not len(self.rates):
            self._append(analysed[None])

    def _append(self, blocks) -> None:
        usual, slow = pulse_candidates(blocks, ANALYSIS_HZ, pulse_search(self.options))
        self._usual, self._slow = np.concatenate((self._usual, usual)), np.concatenate((self._slow, slow))
        # The last block may change when its neighbour becomes readable; no window that is given by then reaches it.
        self.rates = lasting_frequency(self._usual, self._slow)

    def rate_at(self, seconds):
        """Pulse frequency in Hz at times of the stretch."""
        cell = np.floor((seconds - self.hop / 2) / self.hop).astype(int)
        return self.rates[np.clip(cell, 0, len(self.rates) - 1)]

    def windows(self, before: float, limit: float):
        """Windows that begin before a time and have not been given yet.

        Parameters
        ----------
        before : float
            Seconds from the start of the stretch.
        limit : float
            Seconds beyond which the pulse frequency is not known yet.

        Returns
        -------
        start, seconds, hz : (n_windows,) float arrays
            Start and length in seconds, pulse frequency in Hz.
        """
        o = self.options
        step = o.length * (1 - o.overlap)
        if o.cropping == "time":
            last = int(np.ceil(before / step - 1e-9))
            start = np.arange(self.next_window, max(last, self.next_window)) * step
            seconds = np.full(len(start), float(o.length))
            hz = self.rate_at(start + o.length / 2)
        else:
            edges = self.hop * 1.5 + self.hop * np.arange(len(self.rates) - 1)
            times = np.concatenate(([0.0], edges, [max(limit, edges[-1] if len(edges) else 0.0) + 1e4]))
            pulses = np.concatenate(([0.0], np.cumsum(np.diff(times) * self.rates)))
            last = int(np.ceil(np.interp(before, times, pulses) / step - 1e-9))
            count = np.arange(self.next_window, max(last, self.next_window)) * step
            start = np.interp(count, pulses, times)
            seconds = np.interp(count + o.length, pulses, times) - start
            hz = o.length / seconds
        self.next_window += len(start)
        return start, seconds, hz


def pulse_search(options: WindowOptions) -> PulseSearch:
    """How the pulse frequency of windows is searched for."""
    return PulseSearch(
        band=options.pulse_search,
        method=options.pulse_rate,
        ratio=options.subharmonic_ratio,
        min_hz=options.subharmonic_min_hz,
        cutoff=(options.band[0], options.filter_order),
    )


def pulse_range(options: WindowOptions) -> tuple[float, float]:
    """Lowest and highest pulse frequency in Hz that may be found."""
    return min(options.pulse_search[0], PULSE_HZ[0]), max(options.pulse_search[1], PULSE_HZ[1])


def reach_seconds(options: WindowOptions) -> float:
    """How far around a moment the signal must be known to settle every window that begins there."""
    longest = options.length / pulse_range(options)[0] if options.cropping == "beats" else options.length
    return SETTLING_SECONDS + 2 * options.pulse_block_seconds + longest + options.snr_seconds
