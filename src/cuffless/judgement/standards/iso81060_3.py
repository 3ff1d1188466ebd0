"""ISO 81060-3:2022, continuous measurement: errors of many windows that belong to few subjects."""

from dataclasses import dataclass, replace

import numpy as np

from cuffless.errors import plural
from cuffless.judgement.standards.screening import (
    Limits,
    Requirement,
    at_most,
    concluded,
    enough,
    limited_pressures,
    shortage,
)
from cuffless.judgement.standards.thinning import windows_apart
from cuffless.judgement.table.predicted import Predicted

STANDARD = "ISO 81060-3:2022"
ABSOLUTE, TREND = "absolute pressure", "trend"
LEAST_SUBJECTS, LEAST_INDEPENDENT = 30, 278
BIAS, S_CORR, S_CORR_TREND = 6.0, 10.0, 6.0
_NOTHING = 1e-9  # mmHg; less spread is none, such as of perfect predictions


@dataclass(frozen=True)
class Components:
    """Spread of errors within and between subjects."""

    bias: float
    """Mean error over all windows, mmHg."""
    s_between: float
    s_within: float
    """`s_between`, `s_within`: Standard deviation of the subjects' true offsets, and within subjects, mmHg."""
    s_corr: float
    """Both together, mmHg."""
    icc: float
    """Intraclass correlation: the share of the variance that lies between subjects."""
    n_independent: float
    """Number of independent errors that the windows are worth."""


def error_components(error: np.ndarray, owner: np.ndarray) -> Components:
    """Divide the variance of errors into that between and that within subjects.

    Parameters
    ----------
    error : (n,) float array
        mmHg.
    owner : (n,) int array
        Number of each error's subject.

    Returns
    -------
    Components
        NaN but for the bias where there are fewer than two subjects or no subject has two windows.

    Notes
    -----
    ISO 81060-3:2022, accuracy requirements; formulas from secondary sources. With k subjects, m_i windows each, n in
    all: F = (n^2 - sum m_i^2) / ((k - 1) n); s_b^2 = max(0, (MS_b - MS_w) / F); s_corr = sqrt(s_b^2 + MS_w);
    ICC = s_b^2 / (s_b^2 + MS_w); N_ind = k (1 + (1 - ICC)(n / k - 1)), with the mean squares of a one-way analysis of
    variance with random effects. Where nothing varies, ICC is 0.
    """
    counts = np.bincount(owner)
    n, k = len(error), int((counts > 0).sum())
    bias = float(error.mean()) if n else np.nan
    if k < 2 or n == k:
        return Components(bias, *[np.nan] * 5)
    means = np.bincount(owner, error) / np.maximum(counts, 1)
    between = float((counts * (means - bias) ** 2).sum()) / (k - 1)
    within = float(((error - means[owner]) ** 2).sum()) / (n - k)
    factor = (n**2 - float((counts.astype(float) ** 2).sum())) / ((k - 1) * n)
    variance = max(0.0, (between - within) / factor)
    total = variance + within
    icc = variance / total if total > _NOTHING**2 else 0.0
    independent = k * (1 + (1 - icc) * (n / k - 1))
    return Components(bias, float(np.sqrt(variance)), float(np.sqrt(within)), float(np.sqrt(total)), icc, independent)


def screen_iso81060_3(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Screen windows against ISO 81060-3:2022, as absolute pressures and as trends.

    `limits` are not needed: no coverage of pressures is asked for. Windows that overlap others or are copies are left
    out. Returns rows of the screen, for each reading and pressure.

    Notes
    -----
    ISO 81060-3:2022, number of subjects and accuracy requirements; numbers from secondary sources. The trend reading
    takes each subject's mean error away first, and asks nothing of the bias. Both need the same number of independent
    errors, that of the errors with their offsets: without them no error is like another of its subject, and each window
    would count as independent.
    """
    apart = predicted.take(windows_apart(predicted))
    thinned = "" if len(apart.owner) == len(predicted.owner) else _thinned(len(apart.owner), len(predicted.owner))
    subjects = enough("subjects", "subjects", int((apart.counts > 0).sum()), LEAST_SUBJECTS)
    rows = []
    for p, pressure in limited_pressures(predicted):
        error, owner = apart.error[:, p], apart.owner
        sums, counts = np.bincount(owner, error), np.bincount(owner)
        offset = (sums / np.maximum(counts, 1))[owner]
        found = error_components(error, owner)
        independent = _independent(found, thinned)
        rows += concluded(STANDARD, ABSOLUTE, pressure, _absolute(found, subjects, independent))
        trend = error_components(error - offset, owner)
        rows += concluded(STANDARD, TREND, pressure, _trend(trend, subjects, independent))
    return rows


def _thinned(kept: int, there: int) -> str:
    return f"counted over {kept} of {plural(there, 'window')}: the others overlap them or are copies"


def _independent(found: Components, thinned: str) -> Requirement:
    row = enough("N_ind", "independent errors (N_ind)", found.n_independent, LEAST_INDEPENDENT)
    return replace(row, reason="; ".join(filter(None, (row.reason, thinned))))


def _absolute(found: Components, subjects: Requirement, independent: Requirement) -> list[Requirement]:
    short = shortage(subjects, independent)
    detail = f"between subjects {found.s_between:.2f}, within {found.s_within:.2f} mmHg, ICC {found.icc:.2f}"
    return [
        subjects,
        independent,
        at_most("bias", "bias", found.bias, BIAS, either_way=True, short=short),
        at_most("s_corr", "corrected SD (s_corr)", found.s_corr, S_CORR, short=short, detail=detail),
    ]


def _trend(found: Components, subjects: Requirement, independent: Requirement) -> list[Requirement]:
    name = "corrected SD (s_corr) less the subjects' offsets"
    short = shortage(subjects, independent)
    return [subjects, independent, at_most("s_corr", name, found.s_corr, S_CORR_TREND, short=short)]
