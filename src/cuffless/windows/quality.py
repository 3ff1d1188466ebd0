"""Which windows are kept, and under which rule the others are rejected."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cuffless.config import WindowOptions
from cuffless.rejection import REJECTION_RULES
from cuffless.windows.measure import Measures

_RULES = {rule.name: rule for rule in REJECTION_RULES}
_ALL = ("ppg", "labels", "beats")
_STEP = 5.0
"""In mmHg or bpm: limits are multiples of it."""
_POSSIBLE = {"sbp": (40.0, 300.0), "dbp": (15.0, 200.0), "hr": (24.0, 250.0), "pulse_pressure": (10.0, 200.0)}
"""Values that a person may have; limits are not widened beyond them."""


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
    return _first_broken(measures, options, _ALL if has_abp else ("ppg",))


def count_rejections(verdict: np.ndarray, options: WindowOptions) -> dict[str, int]:
    """Windows rejected under each rule; with those kept they add up to the windows cut."""
    return {rule: int(np.sum(verdict == index)) for index, rule in enumerate(options.rules)}


def judge_labelled(
    measures: Measures, options: WindowOptions, *, labelled: bool | np.ndarray, missing: int
) -> tuple[np.ndarray, dict[str, int]]:
    """Judge windows whose pressures were not measured here: rules that need each beat reject nothing.

    Parameters
    ----------
    measures : Measures
        With SBP and DBP where they are known.
    options : WindowOptions
    labelled : bool or (n_windows,) bool array
        Which windows have SBP and DBP; the others are judged by their PPG alone.
    missing : int
        Further windows, not among `measures`, that a missing sample or label ended; they count under `missing`.

    Returns
    -------
    verdict : (n_windows,) int array
        As from `first_broken_rule`.
    rejected : dict
        Number of windows rejected under each rule.
    """
    by_signal = _first_broken(measures, options, ("ppg",))
    verdict = np.where(labelled, _first_broken(measures, options, ("ppg", "labels")), by_signal)
    rejected = count_rejections(verdict, options)
    if "missing" in rejected:
        rejected["missing"] += missing
    return verdict, rejected


def _first_broken(measures: Measures, options: WindowOptions, known: tuple[str, ...]) -> np.ndarray:
    verdict = np.full(len(measures), -1)
    for index, name in enumerate(options.rules):
        rule = _RULES[name]
        if rule.needs in known:
            verdict[(verdict < 0) & rule.broken(measures, options)] = index
    return verdict


@dataclass(frozen=True)
class Wider:
    """Wider limits, and what they keep."""

    changes: dict[str, Any]
    """Options of windows that change."""
    kept: int
    """Windows that are then kept."""

    @property
    def config(self) -> str:
        """The line of a configuration that sets them."""
        pairs = (f"{key}: {_yaml(value)}" for key, value in self.changes.items())
        return f"windows: {{{', '.join(pairs)}}}"


def wider_limits(candidates: Measures, options: WindowOptions, *, has_abp: bool = True) -> Wider | None:
    """Find limits that keep windows where those of the options keep none.

    Parameters
    ----------
    candidates : Measures
        All windows of a recording.
    options : WindowOptions
        With which none of them is kept.
    has_abp : bool
        As for `first_broken_rule`.

    Returns
    -------
    Wider or None
        ``limits: code`` if it keeps at least half of them, or else ranges of pressures, pulse pressures and pulse rates
        that hold nine tenths of what was measured; None if no such limits keep a window, as with a bad signal or
        pressures that no person has.
    """
    by_code = None
    if has_abp and options.limits != "code":
        by_code = Wider({"limits": "code"}, _kept(candidates, _with_code_limits(options), has_abp))
    if by_code and 2 * by_code.kept >= len(candidates) > 0:
        return by_code
    changes: dict[str, Any] = {}
    for _ in _POSSIBLE:
        widened = options.model_copy(update=changes)
        verdict = first_broken_rule(candidates, widened, has_abp=has_abp)
        counts = np.bincount(verdict[verdict >= 0], minlength=len(options.rules))
        worst = options.rules[int(counts.argmax())]
        if 2 * np.sum(verdict < 0) >= len(candidates) or worst not in _POSSIBLE or f"{worst}_range" in changes:
            break
        limits = _around(_values(candidates, worst), getattr(options, f"{worst}_range"), _POSSIBLE[worst])
        if limits is None:
            break
        changes[f"{worst}_range"] = limits
    found = Wider(changes, _kept(candidates, options.model_copy(update=changes), has_abp))
    best = max(filter(None, (found, by_code)), key=lambda one: one.kept)
    return best if best.kept else None


def _with_code_limits(options: WindowOptions) -> WindowOptions:
    given = options.model_dump(exclude={"sbp_range", "dbp_range", "limits"})  # the first two are set by the third
    return WindowOptions.model_validate({**given, "limits": "code"})


def _kept(candidates: Measures, options: WindowOptions, has_abp: bool) -> int:
    return int(np.sum(first_broken_rule(candidates, options, has_abp=has_abp) < 0))


def _values(candidates: Measures, rule: str) -> np.ndarray:
    return candidates.sbp - candidates.dbp if rule == "pulse_pressure" else getattr(candidates, rule)


def _around(values: np.ndarray, limits, possible) -> tuple[float, float] | None:
    """Limits widened to nine tenths of the values; None if most of them are not what a person may have."""
    values = values[np.isfinite(values)]
    if not len(values) or not possible[0] <= np.median(values) <= possible[1]:
        return None
    low, high = np.percentile(values, (5, 95))
    low, high = max(_STEP * np.floor(low / _STEP), possible[0]), min(_STEP * np.ceil(high / _STEP), possible[1])
    return float(min(low, limits[0])), float(max(high, limits[1]))


def _yaml(value: Any) -> str:
    return f"[{', '.join(f'{one:g}' for one in value)}]" if isinstance(value, tuple) else str(value)
