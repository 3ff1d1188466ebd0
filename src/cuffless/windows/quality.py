"""Which windows are kept, and under which rule the others are rejected."""

import numpy as np

from cuffless.config import WindowOptions
from cuffless.rejection import REJECTION_RULES
from cuffless.windows.measure import Measures

_RULES = {rule.name: rule for rule in REJECTION_RULES}
_ALL = ("ppg", "labels", "beats")


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
