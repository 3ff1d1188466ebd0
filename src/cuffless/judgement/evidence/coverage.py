"""Coverage of the intervals, measured in simulated studies whose true error is known.

Run as ``python -m cuffless.judgement.evidence.coverage``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cuffless.commands import exit_on_error
from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import (
    LEAST_SUBJECTS,
    PERCENTILE_SUBJECTS,
    Interval,
    effective_subjects,
    subject_interval,
)
from cuffless.judgement.measures.errors import AVERAGES, CLOSE_MMHG
from cuffless.judgement.measures.merit import share_interval

SUBJECTS = (6, 10, 17, 20, 50, 85)
FEW_SUBJECTS = 17
"""With fewer subjects a warning is printed with the intervals."""
COVERED = {6: 0.92, 10: 0.93}
"""Coverage of 95 % intervals of an MAE with few subjects, by `coverage_table`: the lower of its averages."""
FIGURES = ("mae", "within10")

# As the networks of the demo study err on subjects they have not seen: subjects' MAEs with an SD of 0.6 of their mean
# (measured: 0.53 to 0.70) and a skewness of 1.2 (0.7 to 1.1); within a subject an SD of 0.6 of its MAE (0.45 to 0.6).
_MAE, _BETWEEN, _WITHIN = 12.0, 0.6, 0.6
_ALIKE = 5  # neighbouring windows that err alike
# Numbers of windows are more unequal than the demo's: half of the subjects have 25 to 64, the SD is 0.8 of the mean.
_WINDOWS, _UNEQUAL = 40, 0.7
# A share near 1, which few subjects decide: SDs in mmHg of the subjects' mean errors and of the errors about them.
_OFFSETS, _ABOUT = 4.0, 2.0
_SHARE = 2 * NormalDist(0, (_OFFSETS**2 + _ABOUT**2) ** 0.5).cdf(CLOSE_MMHG) - 1
_BLOCK = 100  # studies that share their draws


def coverage_table(
    subjects: Sequence[int] = SUBJECTS, simulations: int = 2000, seed: int = 0, *, figure: str = "mae"
) -> pd.DataFrame:
    """Coverage of the 95 % intervals of an MAE, or of a high share of errors up to 10 mmHg, in simulated studies.

    Parameters
    ----------
    subjects : sequence of int
        Numbers of test subjects, 6 or more.
    simulations : int
        Studies of each size.
    seed : int
    figure : {"mae", "within10"}

    Returns
    -------
    DataFrame
        One row per size and average: ``figure, n_subjects, average`` (pooled, subject), ``method`` (of the interval;
        the more frequent first), ``coverage`` (share of intervals that hold the true figure), ``error`` (half width of
        its 95 % Monte Carlo interval), ``lower_miss, upper_miss`` (shares in which the truth lies below and above),
        ``mean_width`` (mmHg, the true MAE is 12; or a share, the true one is 0.975).

    Raises
    ------
    ValueError
        If a study has too few subjects for an interval.

    Notes
    -----
    Subjects' MAEs are drawn from a gamma distribution, numbers of windows from a lognormal one and independent of
    them, windows' absolute errors from a gamma distribution about their subject's MAE: see the module's constants. For
    the share, subjects' mean errors are normal, and so are errors about them: a predictor that is off by over 10 mmHg
    in few subjects only.
    """
    if min(subjects) < LEAST_SUBJECTS:
        raise ValueError(f"no interval below {LEAST_SUBJECTS} subjects; got {min(subjects)}")
    rows = []
    for k in subjects:
        found: dict[str, list] = {average: [] for average in AVERAGES}
        for block, (sums, windows) in enumerate(_studies(k, simulations, seed, figure)):
            options = EvaluationOptions(seed=seed + block)
            found["pooled"] += _intervals(sums, windows, options, figure)
            found["subject"] += _intervals(sums / windows, np.ones_like(windows), options, figure)
        head = {"figure": figure, "n_subjects": k}
        rows += [{**head, "average": average, **_row(found[average], _TRUE[figure])} for average in AVERAGES]
    return pd.DataFrame(rows)


_TRUE = {"mae": _MAE, "within10": _SHARE}


def _studies(k: int, simulations: int, seed: int, figure: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Summed absolute errors, or windows with small ones, and numbers of windows of k subjects: (k, studies)."""
    rng = np.random.default_rng([seed, k])
    for start in range(0, simulations, _BLOCK):
        shape = (k, min(_BLOCK, simulations - start))
        if figure == "within10":
            windows = np.ceil(_WINDOWS * np.exp(rng.normal(0, _UNEQUAL, shape)))
            offset = rng.normal(0, _OFFSETS, shape)
            small = ndtr((CLOSE_MMHG - offset) / _ABOUT) - ndtr((-CLOSE_MMHG - offset) / _ABOUT)
            yield rng.binomial(windows.astype(int), small).astype(float), windows
            continue
        mae = rng.gamma(_BETWEEN**-2, _MAE * _BETWEEN**2, shape)
        windows = np.ceil(_WINDOWS * np.exp(rng.normal(0, _UNEQUAL, shape)))
        independent = np.maximum(windows / _ALIKE, 1) * _WITHIN**-2
        yield windows * mae * rng.gamma(independent, 1 / independent), windows


def _intervals(sums, windows, options: EvaluationOptions, figure: str) -> list[Interval]:
    """Intervals of studies, one per column, grouped by method, because one call uses one method."""
    if figure == "within10":
        return [share_interval(sums, windows, options)]
    many = effective_subjects(windows) >= PERCENTILE_SUBJECTS
    groups = (columns for columns in (many, ~many) if columns.any())
    return [subject_interval(sums[:, columns], windows[:, columns], options) for columns in groups]


def _row(intervals: list[Interval], true: float) -> dict[str, object]:
    lower = np.concatenate([interval.lower for interval in intervals])
    upper = np.concatenate([interval.upper for interval in intervals])
    methods = Counter(interval.method for interval in intervals for _ in interval.estimate)
    below, above = float(np.mean(lower > true)), float(np.mean(upper < true))
    covered = 1 - below - above
    most = 1.0 if true < 1 else np.inf
    return {
        "method": ", ".join(name for name, _ in methods.most_common()),
        "coverage": covered,
        "error": 1.96 * np.sqrt(covered * (1 - covered) / len(lower)),
        "lower_miss": below,
        "upper_miss": above,
        "mean_width": float(np.mean(np.minimum(upper, most) - np.maximum(lower, 0))),
    }


def few_subjects_warning(subjects: int) -> str:
    """Warning for intervals of so many subjects; empty if their coverage is right, or there are none."""
    if not LEAST_SUBJECTS <= subjects < FEW_SUBJECTS:
        return ""
    measured = " and ".join(f"{100 * share:.0f} % with {k} subjects" for k, share in COVERED.items())
    return (
        f"intervals of fewer than {FEW_SUBJECTS} subjects cover less than they say (95 % intervals: {measured}, "
        "simulated) and are wide"
    )


def main() -> None:
    """Print the table."""
    table = pd.concat([coverage_table(figure=figure) for figure in FIGURES], ignore_index=True)
    print(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    with exit_on_error("python -m cuffless.judgement.evidence.coverage"):
        main()
