"""Constant predictors that were fitted on more than the training rows."""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from cuffless.designs.audit import make_leak
from cuffless.judgement.names import training_name
from cuffless.judgement.table.cases import Case

_TIGHT, _CLOSE = 1e-3, 0.01  # mmHg


def overfitted_constants(case: Case) -> dict:
    """Constant predictors fitted on more than the training set, recognized by the value that they predict.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting predictors.
    """
    constant = {
        key: values[0]
        for key, values in case.judged.predicted.items()
        if len(values) > 1 and np.ptp(values, axis=0).max() < _TIGHT
    }
    if not constant:
        return make_leak(None, "no predictor is constant; what a network was normalized with is not in the table")
    if case.training.empty:
        return make_leak(None, "no training rows")
    labels = {subset: rows[case.references].to_numpy(float) for subset, rows in case.training.groupby("subset")}
    labels["test"] = case.judged.reference
    own = labels.pop("train" if "train" in labels else "val")
    others = [several for n in range(1, len(labels) + 1) for several in combinations(labels.values(), n)]
    beyond = _middles([*others, *((own, *several) for several in others)])
    honest = _middles([(own,)])
    odd = [
        training_name(network, seed, case.judged.seeds(network))
        for (network, seed), value in constant.items()
        if _is_one_of(value, beyond) and not _is_one_of(value, honest)
    ]
    unseen = sorted({network for network, _ in case.keys} - {network for network, _ in constant})
    reason = "constant predictors that predict the mean or median of pressures beyond the training set"
    if unseen:
        reason += f"; what {', '.join(unseen)} was normalized with is not in the table"
    return make_leak(sorted(odd), reason)


def _middles(several: Iterable[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Means and medians of each union of sets."""
    joined = [np.concatenate(parts) for parts in several]
    return [middle(labels, axis=0) for labels in joined for middle in (np.mean, np.median)]


def _is_one_of(value: np.ndarray, known: list[np.ndarray]) -> bool:
    return any(np.abs(value - one).max() <= _CLOSE for one in known)
