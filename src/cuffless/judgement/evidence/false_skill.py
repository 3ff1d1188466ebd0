"""How often a constant is found better than a baseline of a table without training rows, measured by simulation.

A constant knows nothing, so that it should hardly ever be found better, whatever it is. Run as
``python -m cuffless.judgement.evidence.false_skill``.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from cuffless.commands import exit_on_error
from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.baseline_tables import compare_baselines, skill_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.judgement.names import AVERAGES
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.predictions import WINDOW, JudgedSplit

SUBJECTS = (8, 12, 20, 40)
GUESS, TRUE_MEAN, OWN_MEAN = "120/70", "true mean", "in-sample mean"
CONSTANTS = (GUESS, TRUE_MEAN, OWN_MEAN)
MOST = 0.035
"""The most that a share may be: 2.5 % by chance, and what 2,000 simulations may add."""
_MEAN, _BETWEEN, _WITHIN = np.array([122.0, 72.0]), np.array([15.0, 9.0]), np.array([7.0, 4.0])
_TOGETHER = 0.7  # correlation of a subject's SBP and DBP
_WINDOWS, _UNEQUAL = 10, 0.7
_TEST = "test"
_QUICK = EvaluationOptions(bootstrap=400)  # what is counted here depends on no draw of subjects


def false_skill_table(
    subjects: Sequence[int] = SUBJECTS, simulations: int = 2000, seed: int = 0, *, equal: bool = True
) -> pd.DataFrame:
    """Share of studies in which a constant is found better than a baseline fitted without training rows.

    Parameters
    ----------
    subjects : sequence of int
    simulations : int
        Studies of each size.
    seed : int
    equal : bool
        Ten windows of each subject, or unequal numbers.

    Returns
    -------
    DataFrame
        One row per size, constant, baseline and way of finding: ``n_subjects, constant, baseline, found`` (`pooled`,
        `subject`: the lower limit of that average's skill is above 0; `test`: Holm's p is below 0.05 and the
        difference favours the constant), ``share`` (of studies and pressures).

    Notes
    -----
    Pressures of subjects are normal, as are those of windows about them. Pulse rate, age and sex tell nothing.
    """
    rng = np.random.default_rng([seed, equal])
    found = [
        part.assign(n_subjects=k, constant=constant)
        for k in subjects
        for _ in range(simulations)
        for constant, case in _cases(rng, k, equal)
        for part in _found(case)
    ]
    keys = ["n_subjects", "constant", "baseline", "found"]
    return pd.concat(found).groupby(keys, sort=False)["better"].mean().rename("share").reset_index()


def _found(case: Case) -> Iterator[pd.DataFrame]:
    """Whether the constant is better than each baseline, for both pressures: ``baseline, found, better``."""
    baselines = make_baselines(case)
    skill = skill_table(case, baselines, _QUICK)
    skill = skill[skill["skill"].notna()]
    for average in AVERAGES:
        own = skill[(skill["average"] == average) & skill["lower"].notna()]
        yield own[["baseline"]].assign(found=average, better=own["lower"] > 0)
    tests = compare_baselines(case, baselines, _QUICK)
    yield tests[["baseline"]].assign(found=_TEST, better=tests["paired_significant"] & (tests["difference"] < 0))


def _cases(rng: np.random.Generator, k: int, equal: bool) -> Iterator[tuple[str, Case]]:
    """One simulated study as a case for each constant."""
    normal = rng.normal(size=(k, 2))
    normal[:, 1] = _TOGETHER * normal[:, 0] + (1 - _TOGETHER**2) ** 0.5 * normal[:, 1]
    counts = np.full(k, _WINDOWS) if equal else np.ceil(_WINDOWS * np.exp(rng.normal(0, _UNEQUAL, k))).astype(int)
    owner = np.repeat(np.arange(k), counts)
    reference = (_MEAN + normal * _BETWEEN)[owner] + rng.normal(size=(len(owner), 2)) * _WITHIN
    names = np.array([f"p{s:03d}" for s in range(k)], dtype=object)
    windows = pd.DataFrame(dict.fromkeys(WINDOW, names[owner])).assign(
        start=np.arange(len(owner), dtype=float),
        seconds=1.0,
        fold=0.0,
        hr=rng.normal(75, 10, len(owner)),
        age=rng.uniform(20, 80, k)[owner],
        sex=rng.choice(["f", "m"], k)[owner],
    )
    nothing = pd.DataFrame(columns=[*WINDOW, "subset", "fold", "network", "seed", "sbp_ref", "dbp_ref", "sbp", "dbp"])
    said = {GUESS: np.array([120.0, 70.0]), TRUE_MEAN: _MEAN, OWN_MEAN: reference.mean(axis=0)}
    for constant in CONSTANTS:
        predicted = {("constant", 0): np.tile(said[constant], (len(owner), 1))}
        judged = JudgedSplit("simulated", names, owner, reference, predicted)
        yield (
            constant,
            Case("simulated", "simulated", "", judged, windows, nothing, nothing, nothing, True, pd.Series(dtype=int)),
        )


def main() -> None:
    """Print the largest share of each size and constant."""
    for equal in (True, False):
        table = false_skill_table(equal=equal)
        print("Ten windows of each subject:" if equal else "Unequal numbers of windows:")
        shares = table.pivot_table(index=["n_subjects", "constant"], columns=["baseline", "found"], values="share")
        print(shares.to_string(float_format="{:.4f}".format))


if __name__ == "__main__":
    with exit_on_error("python -m cuffless.judgement.evidence.false_skill"):
        main()
