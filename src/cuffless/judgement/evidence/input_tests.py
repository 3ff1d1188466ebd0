"""Does it matter how a signal is cropped, and whether derivatives are given: the paper's test, and one on subjects."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS
from cuffless.judgement.evidence.tests import holm_corrected, sign_flip_test
from cuffless.judgement.measures.input_errors import PRESSURES

CROPPING, DERIVATIVES = "beats vs time", "derivatives vs signal"
PAIR = ["length", "seed"]


def compare_inputs(mae: pd.DataFrame, subjects: pd.DataFrame, options: EvaluationOptions) -> pd.DataFrame:
    """Compare croppings, and inputs with and without derivatives, on the same windows.

    Parameters
    ----------
    mae, subjects : DataFrame
        As from `input_errors`.
    options : EvaluationOptions
        `alpha`, `seed`.

    Returns
    -------
    DataFrame
        One row a comparison of a with b, network, pressure and setting of the other factor: ``comparison`` (a vs b),
        ``network, pressure, within``; the paper's paired t-test over runs of equal length and repeat ``n_pairs,
        difference`` (a less b, mmHg), ``t, t_p, t_significant``; and ``pairing`` (``by subject`` or ``too few
        subjects``), ``n_subjects, identity`` (what a subject is: ``patient`` or ``record``), ``paired_difference``
        (mean over subjects of a's MAE less b's, lengths and repeats averaged), ``paired_p`` (sign flips),
        ``paired_p_holm`` and ``paired_significant`` (Holm's correction over the ``family`` rows of a comparison, at
        the level ``alpha``).

    Notes
    -----
    Schrumpf et al. (2021), section 4.1. Runs of one network on one set of windows are not independent, so the t-test
    counts the same evidence several times; the test on subjects does not. It holds for these trained networks: how they
    vary over repeats is not in it. Where a subject is a record, records of one patient count as independent.
    """
    rows = []
    for comparison, factor, (a, b), other in (
        (CROPPING, "cropping", ("beats", "time"), "derivatives"),
        (DERIVATIVES, "derivatives", (True, False), "cropping"),
    ):
        for (network, setting), part in mae.groupby(["network", other], sort=False):
            if {a, b} <= set(part[factor]):
                own = subjects[(subjects["network"] == network) & (subjects[other] == setting)]
                key = {"comparison": comparison, "network": network, "within": _called(setting)}
                rows += [key | _row(part, own, factor, a, b, pressure, options) for pressure in PRESSURES]
    return holm_corrected(pd.DataFrame(rows, columns=list(rows[0]) if rows else list(_COLUMNS)), options)


_COLUMNS = ("comparison", "network", "within", "pressure", "t_p", "paired_p")


def _called(setting) -> str:
    return setting if isinstance(setting, str) else "derivatives" if setting else "signal"


def _row(part, subjects, factor, a, b, pressure, options) -> dict:
    from scipy.stats import ttest_rel

    runs = _side_by_side(part[part["pressure"] == pressure], PAIR, factor, a, b)
    own = _side_by_side(subjects[subjects["pressure"] == pressure], ["subject"], factor, a, b)
    differences = (own["a"] - own["b"]).to_numpy()
    testable = len(differences) >= LEAST_SUBJECTS
    several = len(runs) > 1 and np.ptp(runs["a"] - runs["b"]) > 0
    t, p = ttest_rel(runs["a"], runs["b"]) if several else (np.nan, np.nan)
    return {
        "pressure": pressure,
        "n_pairs": len(runs),
        "difference": (runs["a"] - runs["b"]).mean(),
        "t": t,
        "t_p": p,
        "t_significant": bool(p < options.alpha),
        "pairing": "by subject" if testable else "too few subjects",
        "n_subjects": len(differences),
        "identity": part["identity"].iloc[0],
        "paired_difference": differences.mean() if len(differences) else np.nan,
        "paired_p": sign_flip_test(differences[:, None], seed=options.seed)[0] if testable else np.nan,
    }


def _side_by_side(table: pd.DataFrame, by: list[str], factor: str, a, b) -> pd.DataFrame:
    """Mean MAE at two settings of a factor, columns ``a`` and ``b``, where both are there."""
    table = table.assign(**{factor: table[factor].map({a: "a", b: "b"})})
    return table.pivot_table(index=by, columns=factor, values="mae")[["a", "b"]].dropna()
