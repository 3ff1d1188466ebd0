"""Does a factor of how networks are trained matter? Runs that differ in it, on the same windows."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.tests import holm_corrected, paired_t_test, paired_test
from cuffless.judgement.names import PRESSURES

_COLUMNS = ("comparison", "network", "within", "pressure", "t_p", "paired_p")


class Factor(NamedTuple):
    """Two settings of a factor, a and b, compared at each setting of another factor; both are columns of the runs."""

    name: str
    column: str
    a: object
    b: object
    within: str


def run_errors(runs: Iterable[tuple[Mapping, pd.DataFrame]], **facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Errors of each run, and of each subject in it.

    Parameters
    ----------
    runs : iterable of (mapping, DataFrame)
        Keys of a run, and its table of predictions: subset, subject, sbp_ref, dbp_ref, and for test rows sbp, dbp.
    **facts
        Columns that are the same for all runs.

    Returns
    -------
    mae : DataFrame
        One row per run and pressure: the keys, ``pressure, mae`` (mmHg), ``mae_mean`` (of always predicting the mean of
        the training labels, on the same windows), ``n_train, n_test, n_subjects`` and the facts.
    subjects : DataFrame
        One row per run, pressure and test subject: the keys, ``pressure, subject, mae``.

    Raises
    ------
    ValueError
        If any test window of a run has no finite prediction.
    """
    rows, parts = [], []
    for key, table in runs:
        test, train = table[table["subset"] == "test"], table[table["subset"] == "train"]
        without = len(test) - int(np.isfinite(test[[p.lower() for p in PRESSURES]]).all(axis=1).sum())
        if without or not len(test):
            named = ", ".join(f"{name} {value}" for name, value in key.items())
            raise ValueError(f"run {named}: {without} of {len(test)} test windows have no prediction; train it again")
        counts = {"n_train": len(train), "n_test": len(test), "n_subjects": test["subject"].nunique()}
        for pressure in PRESSURES:
            name = pressure.lower()
            reference = test[f"{name}_ref"]
            absolute = (test[name] - reference).abs()
            mean = (train[f"{name}_ref"].mean() - reference).abs().mean()
            own = absolute.groupby(test["subject"].to_numpy()).mean()
            named = {**key, "pressure": pressure}
            rows.append({**named, "mae": absolute.mean(), "mae_mean": mean, **counts, **facts})
            parts.append(pd.DataFrame({**named, "subject": own.index, "mae": own.to_numpy()}))
    return pd.DataFrame(rows), pd.concat(parts, ignore_index=True)


def compare_factors(
    mae: pd.DataFrame,
    subjects: pd.DataFrame,
    factors: Sequence[Factor],
    options: EvaluationOptions,
    *,
    pair: Sequence[str],
    named: Mapping[Any, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Compare the settings of factors, on the same windows.

    Parameters
    ----------
    mae, subjects : DataFrame
        As from `run_errors`.
    factors : sequence of Factor
    options : EvaluationOptions
        `alpha`, `seed`, and those of the intervals.
    pair : sequence of str
        Keys by which runs are paired.
    named : mapping, optional
        Printed names of the other factor's settings.

    Returns
    -------
    DataFrame
        One row per comparison of a with b, network, setting of the other factor and pressure: ``comparison, network,
        within, pressure``; the paper's paired t-test over runs ``n_pairs, difference`` (a less b, mmHg), ``t, t_p,
        t_significant``; and, lengths and repeats averaged, the columns of `paired_test` with ``n_subjects`` for its
        number of pairs and ``paired_difference, paired_lower, paired_upper``; those of `holm_corrected`; ``identity``.

    Notes
    -----
    Schrumpf et al. (2021), section 4.1. Runs of one network on one set of windows are not independent, so the t-test
    counts the same evidence several times; the test on subjects does not. It holds for these trained networks: how they
    vary over repeats is not in it. Where a subject is a record, records of one patient count as independent.
    """
    rows = []
    for factor in factors:
        for (network, setting), part in mae.groupby(["network", factor.within], sort=False):
            if {factor.a, factor.b} <= set(part[factor.column]):
                own = subjects[(subjects["network"] == network) & (subjects[factor.within] == setting)]
                key = {"comparison": factor.name, "network": network, "within": named.get(setting, setting)}
                for pressure in PRESSURES:
                    maes, by_subject = (table[table["pressure"] == pressure] for table in (part, own))
                    rows.append({**key, "pressure": pressure, **_tested(maes, by_subject, factor, pair, options)})
    return holm_corrected(pd.DataFrame(rows, columns=list(rows[0]) if rows else list(_COLUMNS)), options)


def _tested(part: pd.DataFrame, own: pd.DataFrame, factor: Factor, pair, options: EvaluationOptions) -> dict:
    runs = _side_by_side(part, list(pair), factor)
    t, p = paired_t_test(runs["a"].to_numpy(), runs["b"].to_numpy())
    people = _side_by_side(own, ["subject"], factor)
    tested = paired_test((people["a"] - people["b"]).to_numpy()[:, None], options)
    figures = {name: value[0] if isinstance(value, np.ndarray) else value for name, value in tested.items()}
    return {
        "n_pairs": len(runs),
        "difference": (runs["a"] - runs["b"]).mean(),
        "t": t,
        "t_p": p,
        "t_significant": bool(p < options.alpha),
        "pairing": figures["pairing"],
        "n_subjects": figures["n_pairs"],
        "identity": part["identity"].iloc[0],
        **{f"paired_{name}": figures[name] for name in ("difference", "lower", "upper", "interval")},
        "paired_p": figures["paired_p"],
    }


def _side_by_side(table: pd.DataFrame, by: list[str], factor: Factor) -> pd.DataFrame:
    """Mean MAE at two settings of a factor, columns ``a`` and ``b``, where both are there."""
    table = table.assign(**{factor.column: table[factor.column].map({factor.a: "a", factor.b: "b"})})
    return table.pivot_table(index=by, columns=factor.column, values="mae")[["a", "b"]].dropna()
