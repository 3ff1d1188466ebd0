"""Tests between settings and methods of rPPG, paired by subject, with the paper's own test beside them."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.designs.folds import BEFORE, FIRST, RANDOM, TUNED
from cuffless.judgement.evidence.contrasts import tested
from cuffless.judgement.evidence.tests import ks_on_windows
from cuffless.judgement.measures.methods import ALL, CALIBRATION_MEAN, HOLD_LAST, NETWORK, NONE, OFFSET
from cuffless.judgement.table.comparison import Cell, Comparison
from cuffless.judgement.table.predictions import MEAN, PRESSURES

COMPARISONS = {
    "tuned vs before": ((NETWORK, TUNED), (NETWORK, BEFORE)),
    "first vs before": ((NETWORK, FIRST), (NETWORK, BEFORE)),
    "random vs before": ((NETWORK, RANDOM), (NETWORK, BEFORE)),
    "first vs tuned": ((NETWORK, FIRST), (NETWORK, TUNED)),
    "random vs tuned": ((NETWORK, RANDOM), (NETWORK, TUNED)),
    "first vs random": ((NETWORK, FIRST), (NETWORK, RANDOM)),
    "before vs mean": ((NETWORK, BEFORE), (MEAN, BEFORE)),
    "tuned vs mean": ((NETWORK, TUNED), (MEAN, TUNED)),
    "first vs offset": ((NETWORK, FIRST), (OFFSET, FIRST)),
    "random vs offset": ((NETWORK, RANDOM), (OFFSET, RANDOM)),
    "first vs calibration mean": ((NETWORK, FIRST), (CALIBRATION_MEAN, FIRST)),
    "random vs calibration mean": ((NETWORK, RANDOM), (CALIBRATION_MEAN, RANDOM)),
    "first vs hold last": ((NETWORK, FIRST), (HOLD_LAST, FIRST)),
    "random vs hold last": ((NETWORK, RANDOM), (HOLD_LAST, RANDOM)),
}


def contrast_table(comparison: Comparison, options: EvaluationOptions) -> pd.DataFrame:
    """Compare settings and methods, for each network and for the mean over networks.

    Parameters
    ----------
    comparison : Comparison
    options : EvaluationOptions
        `alpha`, `seed`, and those of the intervals.

    Returns
    -------
    DataFrame
        One row a comparison of a with b, network and pressure: ``comparison, network, pressure, a, b``; the paper's
        test on the absolute errors of all windows, which it takes for independent, ``ks_windows_statistic,
        ks_windows_p, ks_windows_significant, n_windows_a, n_windows_b`` (of several seeds the largest p; not for
        `all`); ``difference`` (mean over subjects of a's MAE less b's, mmHg), ``lower, upper, interval, n_pairs,
        pairing, paired_p`` (sign flips), ``paired_p_holm, paired_significant, family, alpha``.

    Notes
    -----
    Holm's correction is over the rows of one comparison: over pressures and networks for single networks, over
    pressures alone for the mean over networks.
    """
    rows, differences = [], []
    for name, sides in COMPARISONS.items():
        for network in comparison.networks:
            a, b = (_cell(network, *side) for side in sides)
            differences.append(comparison.subject_maes(a) - comparison.subject_maes(b))
            named = {"comparison": name, "network": network, "a": _called(a), "b": _called(b)}
            rows += [
                {**named, "pressure": pressure, **_ks(comparison, a, b, p, options)}
                for p, pressure in enumerate(PRESSURES)
            ]
    return tested(pd.DataFrame(rows), np.concatenate(differences, axis=1), options)


def _cell(network: str, method: str, setting: str) -> Cell:
    return Cell(network if method in (NETWORK, OFFSET) else NONE, method, setting)


def _called(cell: Cell) -> str:
    return f"{cell.method} {cell.setting}".replace("_", " ")


def _ks(comparison: Comparison, a: Cell, b: Cell, pressure: int, options: EvaluationOptions) -> dict[str, object]:
    sides = [(comparison.judged[cell.method, cell.setting], cell.network) for cell in (a, b)]
    statistic, p = (np.nan, np.nan) if ALL in (a.network, b.network) else ks_on_windows(*sides, pressure)
    return {
        "ks_windows_statistic": statistic,
        "ks_windows_p": p,
        "ks_windows_significant": bool(p < options.alpha),
        "n_windows_a": len(sides[0][0].owner),
        "n_windows_b": len(sides[1][0].owner),
    }
