"""Coverage of the intervals, measured in simulated studies whose true error and skill are known.

Run as ``python -m cuffless.judgement.evidence.coverage``.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cuffless.commands import exit_on_error
from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, Interval, effective_subjects
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.evidence.skill import skill_ratio
from cuffless.judgement.evidence.studies import (
    ALIKE,
    FIGURES,
    MAE,
    PEOPLE,
    SKILL,
    WITHIN10,
    Study,
    simulate,
    true_ratio,
)
from cuffless.judgement.measures.errors import AVERAGES
from cuffless.judgement.measures.merit import share_interval

SUBJECTS = (6, 8, 10, 20, 40, 85)
FEW_SUBJECTS = 17
"""With fewer subjects a warning is printed with the intervals."""
COVERED = {6: 0.93, 10: 0.92}
"""Coverage of 95 % intervals of skill, one in ten of few subjects being far off and all counting the same."""


def coverage_table(
    subjects: Sequence[int] = SUBJECTS,
    simulations: int = 2000,
    seed: int = 0,
    *,
    figure: str = MAE,
    people: str = ALIKE,
) -> pd.DataFrame:
    """Coverage of the 95 % intervals of a figure in simulated studies.

    Parameters
    ----------
    subjects : sequence of int
        Numbers of test subjects, 6 or more.
    simulations : int
        Studies of each size.
    seed : int
    figure : {"mae", "within10", "skill"}
        An MAE, a high share of errors up to 10 mmHg, or skill against the population mean.
    people : {"alike", "one in ten far off", "more windows of whom errs more"}
        The last two for an MAE and skill only.

    Returns
    -------
    DataFrame
        One row per size and average: ``figure, people, n_subjects, average`` (pooled, subject), ``method`` (of the
        interval; the most frequent first), ``without`` (share of studies whose subjects are too few for an interval,
        counted by their windows), and of the others ``coverage`` (share of intervals that hold the true figure),
        ``error`` (half width of its 95 % Monte Carlo interval), ``lower_miss, upper_miss`` (shares in which the truth
        lies below and above), ``median_width`` (mmHg, the true MAE is 12 if people are alike; or a share, the true one
        is 0.975; or skill). NaN where no study has an interval.

    Raises
    ------
    ValueError
        If a study has too few subjects for an interval, or the figure is not simulated for such people.

    Notes
    -----
    Subjects' MAEs are drawn from a gamma distribution, numbers of windows from a lognormal one and independent of
    them if people are alike, windows' absolute errors from a gamma distribution about their subject's MAE: see the
    constants of `studies`. For the share, subjects' mean errors are normal, and so are errors about them: a predictor
    that is off by over 10 mmHg in few subjects only. For skill, subjects' pressures and the predictor's offsets are
    normal.
    """
    if min(subjects) < LEAST_SUBJECTS:
        raise ValueError(f"no interval below {LEAST_SUBJECTS} subjects; got {min(subjects)}")
    if people not in PEOPLE or (figure == WITHIN10 and people != ALIKE):
        raise ValueError(f"no simulated studies of {figure!r} with people {people!r}; choose {ALIKE!r}")
    rows = []
    for k in subjects:
        found: dict[str, list[Interval]] = {average: [] for average in AVERAGES}
        for block, study in enumerate(simulate(figure, people, k, simulations, seed)):
            options = EvaluationOptions(seed=seed + block)
            for average in AVERAGES:
                found[average] += _intervals(study.averaged(average), options, figure)
        head = {"figure": figure, "people": people, "n_subjects": k}
        for average in AVERAGES:
            ratio = true_ratio(figure, people, average)
            rows.append({**head, "average": average, **_row(found[average], 1 - ratio if figure == SKILL else ratio)})
    return pd.DataFrame(rows)


def _intervals(study: Study, options: EvaluationOptions, figure: str) -> list[Interval]:
    """Intervals of studies, one per column, without those of too few subjects apart: one call uses one method."""
    enough = effective_subjects(study.windows) >= LEAST_SUBJECTS - 1e-6
    groups = (Study(*(part[:, columns] for part in study)) for columns in (enough, ~enough) if columns.any())
    return [_interval(group, options, figure) for group in groups]


def _interval(study: Study, options: EvaluationOptions, figure: str) -> Interval:
    if figure == WITHIN10:
        share = share_interval(study.own, study.other, options)
        return share._replace(lower=np.maximum(share.lower, 0), upper=np.minimum(share.upper, 1))
    if figure == SKILL:
        skill = skill_ratio(study.own, study.other, study.windows, options)
        return Interval(*skill[:3], skill.interval[0])
    return positive_interval(study.own, study.other, options)


def _row(intervals: list[Interval], true: float) -> dict[str, object]:
    lower = np.concatenate([interval.lower for interval in intervals])
    upper = np.concatenate([interval.upper for interval in intervals])
    methods = Counter(interval.method for interval in intervals for _ in interval.estimate)
    there = ~np.isnan(lower)
    row: dict[str, object] = {"method": ", ".join(name for name, _ in methods.most_common())}
    row["without"] = float(np.mean(~there))
    names = ("coverage", "error", "lower_miss", "upper_miss", "median_width")
    if not there.any():
        return row | dict.fromkeys(names, np.nan)
    lower, upper = lower[there], upper[there]
    below, above = float(np.mean(lower > true)), float(np.mean(upper < true))
    covered = 1 - below - above
    error = 1.96 * np.sqrt(covered * (1 - covered) / len(lower))
    return row | dict(zip(names, (covered, error, below, above, float(np.median(upper - lower))), strict=True))


def few_subjects_warning(subjects: int) -> str:
    """Warning for intervals of so many subjects; empty if their coverage is right, or there are none."""
    if not LEAST_SUBJECTS <= subjects < FEW_SUBJECTS:
        return ""
    measured = " and ".join(f"{100 * share:.0f} % with {k} subjects" for k, share in COVERED.items())
    return (
        f"intervals of fewer than {FEW_SUBJECTS} subjects are wide, and cover less than they say where one in ten is "
        f"far off (95 % intervals of skill: {measured}, simulated)"
    )


def main() -> None:
    """Print the table."""
    kinds = [(figure, people) for figure in FIGURES for people in (PEOPLE if figure != WITHIN10 else (ALIKE,))]
    table = pd.concat([coverage_table(figure=figure, people=people) for figure, people in kinds], ignore_index=True)
    print(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    with exit_on_error("python -m cuffless.judgement.evidence.coverage"):
        main()
