"""Which windows are kept, and under which rule the others are rejected."""

import numpy as np

from cuffless.config import WindowOptions
from cuffless.windows.measure import Measures

WITHOUT_ABP = ("missing", "flat", "saturated", "hr", "pulses", "snr")

EXPLANATIONS = {
    "missing": "a missing sample in either signal (the recording has a gap here)",
    "flat": "a flat line",
    "saturated": "a saturated stretch",
    "beats": "fewer than two beats in the arterial pressure",
    "hr": "pulse rate outside the accepted range",
    "sbp": "SBP outside the accepted range",
    "dbp": "DBP outside the accepted range",
    "pulse_pressure": "pulse pressure not physiological",
    "spread": "pressures differ too much from beat to beat",
    "rates": "pulse rates of PPG and arterial pressure disagree",
    "pulses": "the PPG does not hold the expected number of systolic peaks",
    "snr": "SNR too low",
}


def first_broken_rule(measures: Measures, options: WindowOptions, *, has_abp: bool = True) -> np.ndarray:
    """Rule under which each window is rejected.

    Parameters
    ----------
    measures : Measures
    options : WindowOptions
        The rules in their order, and their limits.
    has_abp : bool
        False: only the rules that need no arterial pressure.

    Returns
    -------
    (n_windows,) int array
        Index into ``options.rules``; -1 for a window that is kept.

    Notes
    -----
    Schrumpf et al. (2021), sections 3.3 and 3.5.1, and the integrity rules that the project adds.
    """
    verdict = np.full(len(measures), -1)
    for index, rule in enumerate(options.rules):
        if has_abp or rule in WITHOUT_ABP:
            verdict[(verdict < 0) & _breaks(rule, measures, options)] = index
    return verdict


def count_rejections(verdict: np.ndarray, options: WindowOptions) -> dict[str, int]:
    """Windows rejected under each rule; with those kept they add up to the windows cut."""
    return {rule: int(np.sum(verdict == index)) for index, rule in enumerate(options.rules)}


def _breaks(rule: str, m: Measures, o: WindowOptions) -> np.ndarray:
    if rule in ("missing", "flat", "saturated"):
        return getattr(m, rule)
    if rule == "beats":
        return m.beats < min(2, o.length)
    if rule == "pulse_pressure":
        return _outside(m.sbp - m.dbp, o.pulse_pressure_range)
    if rule == "spread":
        return ~((m.spread_sbp <= o.spread_max[0]) & (m.spread_dbp <= o.spread_max[1]))
    if rule == "rates":
        return ~(np.abs(m.hr - m.abp_rate) <= o.rates_bpm)
    if rule == "pulses":
        return np.abs(m.pulses - m.seconds * m.hr / 60) > o.pulses_tolerance + 0.5
    if rule == "snr":
        return ~(m.snr >= o.snr_db)
    return _outside(getattr(m, rule), getattr(o, f"{rule}_range"))


def _outside(values, limits) -> np.ndarray:
    return ~((values >= limits[0]) & (values <= limits[1]))  # NaN lies outside
