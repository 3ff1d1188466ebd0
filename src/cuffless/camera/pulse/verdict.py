"""Which windows of a recording show a pulse, and why the others do not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cuffless.camera.pulse.spectra import SEARCH

HOP_SECONDS = 1.0
AGREE_BPM, AGREE_SHARE = 5.0, 0.05
AGREE_FAST = f"{100 * AGREE_SHARE:g} % above {AGREE_BPM / AGREE_SHARE:g} bpm"
"""Greatest difference between rates that agree: in bpm; of fast rates, which vary by more, as a share; in words."""
RATE_RANGE = (round(60 * SEARCH[0]), round(60 * SEARCH[1]))
"""Pulse rates in bpm that are accepted by default."""
_ROUNDING_BPM = 0.5
_LASTING, _LEAST_RUN = 1 / 4, 5  # of a window's length, and windows: how long a run of confirmed windows has to be
FLAT, NOISY, BRIGHTNESS = "flat", "too noisy", "brightness"
REGIONS, NEIGHBOURS, HALVES = "regions disagree", "neighbouring windows disagree", "its own halves disagree"
OUT_OF_RANGE, UNCERTAIN = "out of range", "recording uncertain"
REASONS = (FLAT, NOISY, REGIONS, NEIGHBOURS, HALVES, BRIGHTNESS, OUT_OF_RANGE, UNCERTAIN)
"""Why a window is not accepted; the first that holds is given."""


@dataclass(frozen=True)
class Rates:
    """Pulse rate and SNR of sliding windows."""

    start: np.ndarray
    """(n,) float array: Start of each window in seconds."""
    seconds: float
    """Length of the windows."""
    hr: np.ndarray
    snr: np.ndarray
    """`hr`, `snr`: (n,) float arrays: Pulse rate in bpm and SNR in dB, of all regions together; NaN and -inf where the
    wave is flat. The SNR is that of the wave after the colour of its noise is removed."""
    roi_hr: np.ndarray
    """(n, n_roi) float array: Pulse rate of each region; NaN where it is not visible throughout."""
    agree: np.ndarray
    """(n,) bool array: Whether the rates of the regions, or of neighbouring windows where there is one region, agree
    within 5 bpm or 5 %."""
    steady: np.ndarray
    """(n,) bool array: Whether the rates of neighbouring windows agree, however many regions there are."""
    blood: np.ndarray
    """(n,) bool array: False where the line that the rate was read from is one of brightness; True if that cannot be
    told from the channels, or the window is not accepted for another reason."""
    threshold: float
    certain: float
    """`threshold`, `certain`: SNR in dB that noise exceeds in one window in 20, and hardly ever exceeds in a whole
    recording."""
    method: str
    """From colours to the pulse wave."""
    waves: tuple
    """Tuple of (t0, fps, (m,) float array): Band-passed pulse wave of each stretch without a gap."""
    rate_range: tuple[float, float] = RATE_RANGE
    """Lowest and highest rate in bpm that is accepted."""

    def __len__(self):
        return len(self.start)

    @property
    def centre(self) -> np.ndarray:
        """Centre of each window in seconds."""
        return self.start + self.seconds / 2

    @property
    def in_range(self) -> np.ndarray:
        """Windows with a rate in the range; half a beat per minute beyond it is rounding."""
        low, high = self.rate_range
        return (self.hr >= low - _ROUNDING_BPM) & (self.hr <= high + _ROUNDING_BPM)

    @property
    def confirmed(self) -> np.ndarray:
        """Windows with an SNR that noise rarely has, and a rate within the range that something else confirms."""
        return self.loud & self.agree & self.blood & self.in_range

    @property
    def loud(self) -> np.ndarray:
        """Windows with an SNR that noise rarely has."""
        return self.snr > self.threshold

    @property
    def accepted(self) -> np.ndarray:
        """Windows to rely on: confirmed ones, if at least one of them has an SNR that noise hardly ever has, and lasts.

        In noise too, one of many windows is confirmed now and then, and what wavers is often the same in all regions.
        But few windows around it are confirmed as well, though they share most of their samples.
        """
        confirmed = self.confirmed
        held = confirmed & self.steady
        most = self._run_lengths(np.ones(len(self), bool)).max(initial=0)
        lasting = self._run_lengths(held) >= min(max(self.seconds * _LASTING / HOP_SECONDS, _LEAST_RUN), most)
        return confirmed & (held & lasting & (self.snr > self.certain)).any()

    def _run_lengths(self, chosen: np.ndarray) -> np.ndarray:
        """Number of windows, one hop apart, in the run of chosen windows that each belongs to; 0 where not chosen."""
        joined = np.diff(self.start, prepend=-np.inf) < 1.5 * HOP_SECONDS
        run = np.cumsum(chosen & ~(joined & np.roll(chosen, 1)))
        return np.where(chosen, np.bincount(run[chosen], minlength=len(run) + 1)[run], 0)

    @property
    def reasons(self) -> np.ndarray:
        """(n,) array of str: Why each window is not accepted, one of `REASONS`; empty if it is."""
        several = np.isfinite(self.roi_hr).sum(axis=1) > 1
        alone = ~np.any([there for _, there in neighbours(self.start, self.seconds)], axis=0)
        rules = {
            "": self.accepted,
            FLAT: ~np.isfinite(self.hr),
            NOISY: self.snr <= self.threshold,
            REGIONS: ~self.agree & several,
            HALVES: ~self.agree & alone,
            NEIGHBOURS: ~self.agree,
            BRIGHTNESS: ~self.blood,
            OUT_OF_RANGE: ~self.in_range,
        }
        return np.select(list(rules.values()), list(rules), UNCERTAIN)


def check_rate_range(low: float, high: float) -> None:
    """Raise ValueError unless these are a range of pulse rates that can be measured."""
    if not RATE_RANGE[0] <= low < high <= RATE_RANGE[1]:
        raise ValueError(
            f"{low:g} {high:g} is not a range of pulse rates: give the lowest and the highest rate in bpm, in "
            f"this order, within {RATE_RANGE[0]:g} and {RATE_RANGE[1]:g}"
        )


def why_nothing(name: str, rates: Rates) -> str:
    """Why no window of a recording is accepted, in one sentence; empty if one is."""
    if rates.accepted.any():
        return ""
    if not len(rates):
        longest = max((len(wave) / fps for _, fps, wave in rates.waves), default=0.0)
        return f"{name}: no stretch without a gap holds a window of {rates.seconds:g} s (the longest: {longest:.1f} s)"
    windows = f"window{'' if len(rates) == 1 else 's'} of {rates.seconds:g} s"
    rare = f"{rates.threshold:.1f} dB, which noise alone exceeds in 5 % of windows"
    loud = rates.loud
    heard = int(loud.sum())
    if not np.isfinite(rates.snr).any():
        return f"{name}: no pulse wave; it is flat in every window"
    if not loud.any():
        return (
            f"{name}: no pulse wave; the SNR of {len(rates)} {windows} is at most {rates.snr.max():.1f} dB, "
            f"not above {rare}"
        )
    outside = rates.snr[loud & rates.agree & ~rates.in_range]
    if (outside > rates.certain).any():
        low, high = rates.rate_range
        bpm = rates.hr[rates.snr == outside.max()][0]
        if bpm < low:
            return f"{name}: its clearest rate is {bpm:.1f} bpm; nothing below {low:g} bpm is accepted"
        return f"{name}: its clearest rate is {bpm:.1f} bpm; nothing above {high:g} bpm is accepted"
    if n := int(rates.confirmed.sum()):
        clear = (rates.confirmed & (rates.snr > rates.certain)).any()
        return f"{name}: no reliable pulse wave; {n} of {len(rates)} {windows} {has(n)} an SNR above {rare}, but " + (
            f"{'it does' if n == 1 else 'they do'} not last"
            if clear
            else f"none above {rates.certain:.1f} dB, which noise hardly ever exceeds"
        )
    if (bright := loud & rates.agree & ~rates.blood).any():
        return (
            f"{name}: no pulse wave; the line at {np.median(rates.hr[bright]):.1f} bpm is in all channels alike, as "
            "from motion or a lamp, and not most in green, as from blood"
        )
    whose = {REGIONS: "the regions", HALVES: "the two halves of a window", NEIGHBOURS: "neighbouring windows"}
    apart = Counter(reason for reason in rates.reasons[loud].tolist() if reason in whose)
    if not apart:
        low, high = rates.rate_range
        return (
            f"{name}: no reliable pulse wave; the rates of the {heard} of {len(rates)} {windows} that {has(heard)} "
            f"an SNR above {rare} are outside {low:g} to {high:g} bpm"
        )
    return (
        f"{name}: no reliable pulse wave; {heard} of {len(rates)} {windows} {has(heard)} an SNR above {rare}, but "
        f"the rates of {whose[apart.most_common(1)[0][0]]} differ by more than {AGREE_BPM:g} bpm ({AGREE_FAST})"
    )


def has(n: int) -> str:
    """The verb of so many windows."""
    return "has" if n == 1 else "have"


def neighbours(start: np.ndarray, seconds: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For the windows half a length before, then after: which they are, and whether they exist."""
    hops = max(round(seconds / 2 / HOP_SECONDS), 1) * HOP_SECONDS
    for distance in (-hops, hops):
        at = np.clip(np.searchsorted(start, start + distance - HOP_SECONDS / 2), 0, max(len(start) - 1, 0))
        yield at, np.abs(start[at] - start - distance) < HOP_SECONDS / 2
