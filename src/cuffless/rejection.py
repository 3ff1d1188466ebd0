"""Rules under which windows are rejected: one entry each, in the order in which they are tried.

A further rule is a further entry of `REJECTION_RULES`, with its limits in `WindowOptions`, its section in
`docs/rejections.md` and its test. Names for the configuration, explanations for tables and pages, and what can be
judged without a pressure wave are derived from the entries.
"""

from collections.abc import Callable, Mapping
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
    remedy: str = ""
    """What it accepts, or what to do if it rejects all windows of a recording; ``{o}`` are the options."""


def _outside(values, limits):
    return ~((values >= limits[0]) & (values <= limits[1]))  # NaN lies outside


REJECTION_RULES = (
    Rule(
        "missing",
        "a missing sample in either signal (the recording has a gap here)",
        "ppg",
        lambda m, o: m.missing,
        "the recording is in pieces; shorter windows (windows.length) need less signal without a gap",
    ),
    Rule(
        "flat",
        "a flat line",
        "ppg",
        lambda m, o: m.flat,
        "the sensor or the line was off, or samples were repeated; {o.flat_seconds:g} s without a change are a flat "
        "line (windows.flat_seconds)",
    ),
    Rule(
        "saturated",
        "a saturated stretch",
        "ppg",
        lambda m, o: m.saturated,
        "the signal is clipped; record again with less gain",
    ),
    Rule(
        "beats",
        "fewer than two beats in the arterial pressure",
        "beats",
        lambda m, o: m.beats < min(2, o.length),
        "take another channel (--abp, records.channels.abp), or correct its unit",
    ),
    Rule(
        "hr",
        "pulse rate outside the accepted range",
        "ppg",
        lambda m, o: _outside(m.hr, o.hr_range),
        "{o.hr_range[0]:g}-{o.hr_range[1]:g} bpm are accepted (windows.hr_range); a wrong sampling rate gives wrong "
        "pulse rates",
    ),
    Rule(
        "sbp",
        "SBP outside the accepted range",
        "labels",
        lambda m, o: _outside(m.sbp, o.sbp_range),
        "{o.sbp_range[0]:g}-{o.sbp_range[1]:g} mmHg are accepted (windows.sbp_range)",
    ),
    Rule(
        "dbp",
        "DBP outside the accepted range",
        "labels",
        lambda m, o: _outside(m.dbp, o.dbp_range),
        "{o.dbp_range[0]:g}-{o.dbp_range[1]:g} mmHg are accepted (windows.dbp_range)",
    ),
    Rule(
        "pulse_pressure",
        "pulse pressure not physiological",
        "labels",
        lambda m, o: _outside(m.sbp - m.dbp, o.pulse_pressure_range),
        "{o.pulse_pressure_range[0]:g}-{o.pulse_pressure_range[1]:g} mmHg are accepted "
        "(windows.pulse_pressure_range); a damped line or a mean pressure has less",
    ),
    Rule(
        "spread",
        "pressures differ too much from beat to beat",
        "beats",
        lambda m, o: ~((m.spread_sbp <= o.spread_max[0]) & (m.spread_dbp <= o.spread_max[1])),
        "up to {o.spread_max[0]:g} (SBP) and {o.spread_max[1]:g} mmHg (DBP) are accepted (windows.spread_max)",
    ),
    Rule(
        "rates",
        "pulse rates of PPG and arterial pressure disagree",
        "beats",
        lambda m, o: ~(abs(m.hr - m.abp_rate) <= o.rates_bpm),
        "up to {o.rates_bpm:g} bpm are accepted (windows.rates_bpm); signals that were not recorded together differ "
        "more",
    ),
    Rule(
        "pulses",
        "the PPG does not hold the expected number of systolic peaks",
        "ppg",
        lambda m, o: abs(m.pulses - m.seconds * m.hr / 60) > o.pulses_tolerance + 0.5,
        "up to {o.pulses_tolerance} more or fewer are accepted (windows.pulses_tolerance); look for movement, or an "
        "irregular rhythm",
    ),
    Rule(
        "snr",
        "SNR too low",
        "ppg",
        lambda m, o: ~(m.snr >= o.snr_db),
        "{o.snr_db:g} dB or more are accepted (windows.snr_db)",
    ),
)

RULES = tuple(rule.name for rule in REJECTION_RULES)
EXPLANATIONS = {rule.name: rule.explanation for rule in REJECTION_RULES}

_CODE = {"sbp": (40.0, 200.0), "dbp": (40.0, 120.0)}
"""Limits of the authors' code, in mmHg."""


def remedy(rule: str, options: Any) -> str:
    """What a rule accepts, or what to do if it rejects all windows of a recording.

    Parameters
    ----------
    rule : str
        Its name.
    options : WindowOptions
        Of the windows.
    """
    text = next(one.remedy for one in REJECTION_RULES if one.name == rule).format(o=options)
    if rule in _CODE:
        (low, high), accepted = _CODE[rule], getattr(options, f"{rule}_range")
        text += f"; windows.limits: code accepts {low:g}-{high:g}" if low < accepted[0] or high > accepted[1] else ""
    return text


def why_all_rejected(rejected: Mapping[str, int], options: Any) -> str:
    """Why no window of a recording is kept: the rule that rejects most of them, and its remedy.

    Parameters
    ----------
    rejected : mapping of str to int
        Number of windows rejected under each rule, at least one.
    options : WindowOptions
        Of the windows.
    """
    worst = max(rejected, key=rejected.__getitem__)
    text = f"all {sum(rejected.values())} windows rejected, most under the rule {worst}"
    return ": ".join(filter(None, (text, remedy(worst, options))))
