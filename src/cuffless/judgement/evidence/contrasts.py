"""Tests between methods of personalization, paired by subject."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW, subject_interval
from cuffless.judgement.evidence.tests import holm_corrected, sign_flip_test
from cuffless.judgement.measures.methods import (
    ALL,
    CALIBRATION_MEAN,
    HOLD_LAST,
    NETWORK,
    NONE,
    OFFSET,
    Cell,
    ProtocolErrors,
)
from cuffless.judgement.table.predictions import PRESSURES
from cuffless.judgement.table.protocols import BEFORE, FIRST, RANDOM

BY_SUBJECT = "by subject"
COMPARISONS = {
    "first vs before": ((NETWORK, FIRST), (NETWORK, BEFORE)),
    "random vs before": ((NETWORK, RANDOM), (NETWORK, BEFORE)),
    "first vs random": ((NETWORK, FIRST), (NETWORK, RANDOM)),
    "first vs offset": ((NETWORK, FIRST), (OFFSET, FIRST)),
    "random vs offset": ((NETWORK, RANDOM), (OFFSET, RANDOM)),
    "first vs calibration mean": ((NETWORK, FIRST), (CALIBRATION_MEAN, FIRST)),
    "random vs calibration mean": ((NETWORK, RANDOM), (CALIBRATION_MEAN, RANDOM)),
    "first vs hold last": ((NETWORK, FIRST), (HOLD_LAST, FIRST)),
    "random vs hold last": ((NETWORK, RANDOM), (HOLD_LAST, RANDOM)),
    "offset first vs before": ((OFFSET, FIRST), (NETWORK, BEFORE)),
}


def contrast_table(errors: ProtocolErrors, options: EvaluationOptions) -> pd.DataFrame:
    """Compare methods at the main budget, for each network and for the mean over networks.

    Parameters
    ----------
    errors : ProtocolErrors
    options : EvaluationOptions
        `alpha`, `seed`, and those of the intervals.

    Returns
    -------
    DataFrame
        One row a comparison of a with b, network and pressure: ``comparison, protocol, network, pressure, a, b``;
        ``difference`` (mean over subjects of a's MAE less b's, seeds averaged first, mmHg), ``lower, upper, interval``;
        ``n_pairs, pairing`` (`by subject`, `too few subjects`), ``paired_p`` (sign flips), ``paired_p_holm,
        paired_significant, family, alpha``.

    Notes
    -----
    Holm's correction is over the rows of one comparison in one protocol: over pressures and networks for single
    networks, over pressures alone for the mean over networks. So a further protocol changes no p-value, and the mean,
    which is no further experiment, takes nothing from the networks it is of.
    """
    rows, differences = [], []
    for name, (a, b) in COMPARISONS.items():
        for network in errors.networks:
            differences.append(_subject_means(errors, network, *a) - _subject_means(errors, network, *b))
            rows += [
                {
                    "comparison": name,
                    "protocol": errors.drawn.name,
                    "network": network,
                    "pressure": pressure,
                    "a": _called(a),
                    "b": _called(b),
                }
                for pressure in PRESSURES
            ]
    return tested(pd.DataFrame(rows), np.concatenate(differences, axis=1), options)


def tested(rows: pd.DataFrame, differences: np.ndarray, options: EvaluationOptions) -> pd.DataFrame:
    """Add to each comparison its mean difference, an interval and a paired test.

    Parameters
    ----------
    rows : DataFrame
        What is compared: ``comparison, network`` and more.
    differences : (subjects, rows) float array
        a's MAE less b's, mmHg.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        With the columns that `contrast_table` names from ``difference`` on; Holm's correction is over the rows of one
        comparison, `all` apart from single networks.
    """
    mean = subject_interval(differences, np.ones((len(differences), 1)), options)
    testable = len(differences) >= LEAST_SUBJECTS
    table = rows.assign(
        difference=mean.estimate,
        lower=mean.lower,
        upper=mean.upper,
        interval=mean.method,
        n_pairs=len(differences),
        pairing=BY_SUBJECT if testable else TOO_FEW,
        paired_p=sign_flip_test(differences, seed=options.seed) if testable else np.nan,
    )
    together = table["network"] == ALL
    return pd.concat([holm_corrected(table[~together], options), holm_corrected(table[together], options)]).sort_index()


def _subject_means(errors: ProtocolErrors, network: str, method: str, setting: str) -> np.ndarray:
    """MAE of each subject: (k, 2)."""
    budget = "" if setting == BEFORE else errors.drawn.options.budget
    cell = Cell(NONE if method in (CALIBRATION_MEAN, HOLD_LAST) else network, method, setting, budget)
    return errors.sums[cell] / errors.counts[:, None]


def _called(side: tuple[str, str]) -> str:
    return " ".join(side).replace("_", " ")
