"""What the page of one recording says: the answer, how far to trust it, and why windows were rejected."""

import re
from collections import Counter

import numpy as np

from cuffless.camera.pulse import verdict as pulse
from cuffless.camera.pulse.noise import PERCENTILE
from cuffless.camera.pulse.verdict import AGREE_BPM, AGREE_FAST, HOP_SECONDS, Rates
from cuffless.camera.pulse.waves import GAP_SECONDS
from cuffless.camera.skin.trace import Trace
from cuffless.report.wording import number, percent, plural

NO_WINDOW = "no window: gap"
METHODS = {
    "pos": "POS (Wang et al. 2017), from all three channels",
    "chrom": "CHROM (de Haan & Jeanne 2013), from all three channels",
    "red": "the red channel alone",
    "green": "the green channel alone",
    "blue": "the blue channel alone",
}
_EXTENT = ((0.8, "nearly all of"), (0.5, "most of"), (0.2, "a part of"), (0.0, "a small part of"))
_WIDE_BPM = 20.0  # between accepted windows: the median alone would hide it
_SURE = 0.5  # share of windows accepted
HOLDS, PARTLY, FAILS = "holds", "not shown", "fails"
_MINUS = re.compile(r"(?<!\w)-(?=\d)")


def answer(rates: Rates | None, missing: int, reason: str, name: str) -> tuple[str, list[str]]:
    """The answer in a few sentences.

    Parameters
    ----------
    rates : Rates or None
    missing : int
        Windows that gaps make impossible.
    reason : str
        Why no window is accepted; empty if one is.
    name : str
        Of the recording; left out of the reason.

    Returns
    -------
    verdict : str
        ``holds``, ``not shown`` or ``fails``: for at least half of the recording, for less, or for nothing of it.
    sentences : list of str
        The answer, then how sure it is.
    """
    if rates is None or not len(rates) or not rates.accepted.any():
        said = "No reliable pulse rate was found"
        if rates is not None and len(rates):
            among = "the only window" if len(rates) == 1 else f"none of {len(rates):,} windows"
            said += f": {among} of {rates.seconds:g} s is {'not ' if len(rates) == 1 else ''}accepted"
        why = _MINUS.sub("\N{MINUS SIGN}", reason.removeprefix(f"{name}: "))
        return FAILS, [f"{said}.", f"{why[:1].upper()}{why[1:]}."]
    accepted = rates.accepted
    hr, snr = rates.hr[accepted], float(np.median(rates.snr[accepted]))
    share = accepted.sum() / (len(rates) + missing)  # of the recording
    low, high = number(hr.min(), 0), number(hr.max(), 0)
    spread = f"; {low} to {high}" if low != high else ""
    rate = f"The pulse rate is {number(np.median(hr), 0)} beats per minute (median of the accepted windows{spread})."
    extent = next(words for least, words in _EXTENT if share >= least)
    n = int(accepted.sum())
    sure = (
        f"It is reliable for {extent} the recording: {n:,} of {plural(len(rates), 'window')} of {rates.seconds:g} s "
        f"{'is' if n == 1 else 'are'} accepted. {'Its' if n == 1 else 'Their median'} SNR is "
        f"{number(snr)} dB, {number(snr - rates.threshold)} dB above what noise alone exceeds in "
        f"{100 - PERCENTILE:g} % of windows."
    )
    sentences = [rate, sure]
    if np.ptp(hr) > _WIDE_BPM:
        sentences.append("It changes during the recording: see the rate over time rather than the median.")
    return (HOLDS if share >= _SURE else PARTLY), sentences


def counts_in_words(rates: Rates | None, missing: int) -> str:
    """How many windows were accepted, and how many not for which reason, in one sentence."""
    if rates is None or not len(rates):
        return ""
    counts = Counter(rates.reasons.tolist())
    accepted = counts.pop("", 0)
    rejected = ", ".join(f"{reason} {n:,}" for reason, n in counts.most_common())
    gap = f" {plural(missing, 'more window')} would span a gap and could not be cut." if missing else ""
    return (
        f"{plural(len(rates), 'window')}: {accepted:,} accepted, {len(rates) - accepted:,} rejected"
        f"{f' ({rejected})' if rejected else ''}.{gap}"
    )


def missing_windows(rates: Rates | None, trace: Trace | None) -> int:
    """How many windows, one per second, gaps make impossible."""
    if rates is None or trace is None or (len(rates.waves) == 1 and _begins(rates, trace)):
        return 0
    possible = int((trace.seconds - rates.seconds) / HOP_SECONDS + 1e-6) + 1
    return max(possible - len(rates), 0)


def _begins(rates: Rates, trace: Trace) -> bool:
    """Whether the only wave is as long as the trace, but for a second at either end."""
    [(_, fps, wave)] = rates.waves
    return len(wave) / fps > trace.seconds - 2 * HOP_SECONDS


def explained(rates: Rates, missing: int) -> list[tuple[str, str, str, str]]:
    """Each reason that occurs: its name, how many windows, what it means and what may help; most windows first."""
    rare = f"{number(rates.threshold)} dB, which noise alone exceeds in {100 - PERCENTILE:g} % of windows"
    off = f"differ by more than {AGREE_BPM:g} bpm ({AGREE_FAST})"
    meanings = {
        pulse.FLAT: (
            "The pulse wave is constant; there is nothing to measure.",
            "Check that skin is in the picture and lit, and no channel is saturated or dark.",
        ),
        pulse.NOISY: (
            f"The SNR is not above {rare}.",
            "More and steadier light, less movement, a nearer camera, less compression; longer windows (--seconds).",
        ),
        pulse.REGIONS: (
            f"The rates of the regions {off}, so that at least one of them is wrong.",
            "Check the outlines; draw regions by hand (--roi) or use the whole frame (--roi-mode whole).",
        ),
        pulse.NEIGHBOURS: (
            f"The rate and those of the windows half a length before and after {off}.",
            "Hold still and film longer. If the rate really changes fast, use shorter windows (--seconds).",
        ),
        pulse.HALVES: (
            f"There is no window half a length before or after, and the rates of the two halves and the whole {off}.",
            "Film longer, or use shorter windows (--seconds).",
        ),
        pulse.BRIGHTNESS: (
            "The line at this rate is in all channels alike, as from motion or a lamp, and not most in green, as from "
            "blood.",
            "Hold still; film in daylight, or under lamps that do not flicker.",
        ),
        pulse.OUT_OF_RANGE: (
            "The rate is outside the range in which rates are accepted.",
            "Check the frame rate and the times of the frames (--fps, --timestamps).",
        ),
        pulse.UNCERTAIN: (
            "The window passes every check of its own, but noise of this length has such windows now and then, and "
            f"none here has an SNR above {number(rates.certain)} dB, which noise hardly ever exceeds, at a rate that "
            "lasts.",
            "Film longer or in better light.",
        ),
        NO_WINDOW: (
            f"No stretch without a gap of more than {GAP_SECONDS:g} s is long enough there: frames are missing or no "
            "region is visible.",
            "Keep the skin in the picture; use shorter windows (--seconds).",
        ),
    }
    counts = Counter(reason for reason in rates.reasons.tolist() if reason)
    rows = [
        (reason, f"{plural(n, 'window')} ({percent(n / len(rates))})", *meanings[reason])
        for reason, n in counts.most_common()
    ]
    return rows + ([(NO_WINDOW, plural(missing, "window"), *meanings[NO_WINDOW])] if missing else [])
