"""Rules under which windows are rejected: one entry each, in the order in which they are tried.

A further rule is a further entry of `REJECTION_RULES`, with its limits in `WindowOptions`, its section in
`docs/rejections.md` and its test. Names for the configuration, explanations for tables and pages, and what can be
judged without a pressure wave are derived from the entries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Rule:
    """A reason to reject a window."""

    name: str
    """Its name in the configuration and in quality tables."""
    explanation: str
    """What is wrong with a window that breaks it."""
    needs: Literal["ppg", "labels", "beats"]
    """What must be known of a window: its PPG alone, SBP and DBP as well, or each beat of a pressure wave."""
    broken: Callable[[Any, Any], Any]
    """Of measures and options of windows: which windows break it, as a bool array."""


def _outside(values, limits):
    return ~((values >= limits[0]) & (values <= limits[1]))  # NaN lies outside


REJECTION_RULES = (
    Rule(
        "missing",
        "a missing sample in either signal (the recording has a gap here)",
        "ppg",
        lambda m, o: m.missing,
    ),
    Rule("flat", "a flat line", "ppg", lambda m, o: m.flat),
    Rule("saturated", "a saturated stretch", "ppg", lambda m, o: m.saturated),
    Rule(
        "beats",
        "fewer than two beats in the arterial pressure",
        "beats",
        lambda m, o: m.beats < min(2, o.length),
    ),
    Rule("hr", "pulse rate outside the accepted range", "ppg", lambda m, o: _outside(m.hr, o.hr_range)),
    Rule("sbp", "SBP outside the accepted range", "labels", lambda m, o: _outside(m.sbp, o.sbp_range)),
    Rule("dbp", "DBP outside the accepted range", "labels", lambda m, o: _outside(m.dbp, o.dbp_range)),
    Rule(
        "pulse_pressure",
        "pulse pressure not physiological",
        "labels",
        lambda m, o: _outside(m.sbp - m.dbp, o.pulse_pressure_range),
    ),
    Rule(
        "spread",
        "pressures differ too much from beat to beat",
        "beats",
        lambda m, o: ~((m.spread_sbp <= o.spread_max[0]) & (m.spread_dbp <= o.spread_max[1])),
    ),
    Rule(
        "rates",
        "pulse rates of PPG and arterial pressure disagree",
        "beats",
        lambda m, o: ~(abs(m.hr - m.abp_rate) <= o.rates_bpm),
    ),
    Rule(
        "pulses",
        "the PPG does not hold the expected number of systolic peaks",
        "ppg",
        lambda m, o: abs(m.pulses - m.seconds * m.hr / 60) > o.pulses_tolerance + 0.5,
    ),
    Rule("snr", "SNR too low", "ppg", lambda m, o: ~(m.snr >= o.snr_db)),
)

RULES = tuple(rule.name for rule in REJECTION_RULES)
EXPLANATIONS = {rule.name: rule.explanation for rule in REJECTION_RULES}
