"""Skill of the predictors of a case against every baseline, with intervals and paired tests."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.baselines import Baselines
from cuffless.judgement.evidence.skill import NO_ERROR, skill_ratio
from cuffless.judgement.evidence.tests import holm_corrected, ks_p, paired_t_test, paired_test
from cuffless.judgement.measures.errors import absolute_errors, subject_maes, sum_by_subject
from cuffless.judgement.names import AVERAGES, BASELINES, OFFSET, POPULATION_MEAN, PULSE_SHAPE
from cuffless.judgement.table.cases import Case

_ROUNDING = 1e-4  # mmHg
_SOME = 100  # windows that nearly always show that errors differ
_NOT_FOR_THIS = "not for this predictor"
_COLUMNS = ["case", "network", "baseline", "average", "pressure", "skill", "lower", "upper", "interval"]
_COLUMNS += ["mae", "baseline_mae", "n_subjects", "reason", "in_sample"]


def skill_table(case: Case, baselines: Baselines, options: EvaluationOptions) -> pd.DataFrame:
    """Skill of every network against every baseline.

    Returns
    -------
    DataFrame
        ``case, network, baseline, average, pressure, skill`` (1 - MAE / MAE of the baseline), ``lower, upper,
        interval, mae, baseline_mae`` (mmHg), ``n_subjects, reason`` (why there is no figure), ``in_sample`` (whether
        the baseline is fitted on the test windows).
    """
    rows, counts = [], _counts(case)
    for network, name, errors, against in _pairs(case, baselines):
        head = {"case": case.name, "network": network, "baseline": name, "n_subjects": len(counts)}
        head["in_sample"] = baselines.in_sample(name)
        if against is None:
            nothing = {"skill": np.nan, "reason": f"not assessable: {baselines.absent.get(name) or _NOT_FOR_THIS}"}
            rows += [{**head, "average": a, "pressure": p, **nothing} for a in AVERAGES for p in case.judged.pressures]
            continue
        own, other = _sums(case, errors), _sums(case, against)
        for average in AVERAGES:
            weight = np.ones_like(own) if average == "pooled" else np.repeat(1 / counts, own.shape[1], axis=1)
            found = skill_ratio(weight * own, weight * other, weight * counts, options)
            for p, pressure in enumerate(case.judged.pressures):
                figures = {figure: values[p] for figure, values in found._asdict().items()}
                idle = "not assessable: the baseline makes no error" if figures["interval"] == NO_ERROR else ""
                rows.append({**head, "average": average, "pressure": pressure, **figures, "reason": idle})
    return pd.DataFrame(rows, columns=_COLUMNS)


def _pairs(case: Case, baselines: Baselines):
    """Each network and baseline with the absolute errors of both, (n, pressures); None for a missing baseline."""
    for network in case.judged.networks:
        own = absolute_errors(case.judged, network)
        for name in BASELINES:
            against = _errors(case, baselines, name, network)
            yield network, name, own if against is None else less_rounding(own, against), against


def less_rounding(own: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Errors of a predictor, replaced by a baseline's where the two differ only by rounding, such as to float32."""
    if (np.abs(own[:_SOME] - against[:_SOME]) >= _ROUNDING).any(axis=0).all():
        return own
    alike = np.abs(own - against).max(axis=0) < _ROUNDING
    return np.where(alike, against, own) if alike.any() else own


def _counts(case: Case) -> np.ndarray:
    return np.bincount(case.judged.owner, minlength=len(case.judged.subjects))[:, None]


def _sums(case: Case, errors: np.ndarray) -> np.ndarray:
    return sum_by_subject(errors, case.judged.owner, len(case.judged.subjects))


def _errors(case: Case, baselines: Baselines, name: str, network: str) -> np.ndarray | None:
    """Absolute errors of a baseline, (n, pressures); None where it is missing."""
    if name == OFFSET:
        keys = [(network, seed) for seed in case.judged.seeds(network)]
        if not all(key in baselines.offset for key in keys):
            return None
        return np.mean([np.abs(baselines.offset[key] - case.judged.reference) for key in keys], axis=0)
    if name == PULSE_SHAPE:  # a predictor of the table
        judged = name in case.judged.networks and network != name
        return absolute_errors(case.judged, name) if judged else None
    found = baselines.predicted.get(name)
    return None if found is None else np.abs(found - case.judged.reference)


def compare_baselines(case: Case, baselines: Baselines, options: EvaluationOptions) -> pd.DataFrame:
    """Tests of every network against every baseline.

    Returns
    -------
    DataFrame
        ``case, comparison`` (``vs`` the baseline), ``network, baseline, in_sample`` (whether it is fitted on the test
        windows), ``pressure``, the columns of `paired_test` and of `holm_corrected` (over networks and pressures of a
        baseline), and the paper's tests, on windows as if they were independent: ``ks_windows_p`` (Kolmogorov-Smirnov
        on absolute errors), ``ttest_windows_p`` (paired t-test on absolute errors).
    """
    rows, differences, counts = [], [], _counts(case)
    ordered: np.ndarray | None = None
    sorted_from: np.ndarray | None = None
    for network, name, errors, against in _pairs(case, baselines):
        if against is None:
            continue
        if ordered is None or errors is not sorted_from:
            ordered, sorted_from = np.sort(errors.T), errors
        differences.append(_sums(case, errors - against) / counts)
        for p, pressure in enumerate(case.judged.pressures):
            same = np.array_equal(errors[:, p], against[:, p]) or len(errors) < 2
            rows.append(
                {
                    "case": case.name,
                    "comparison": f"vs {name}",
                    "network": network,
                    "baseline": name,
                    "in_sample": baselines.in_sample(name),
                    "pressure": pressure,
                    "ks_windows_p": ks_p(ordered[p], against[:, p]),
                    "ttest_windows_p": 1.0 if same else paired_t_test(errors[:, p], against[:, p])[1],
                }
            )
    if not rows:
        return pd.DataFrame(columns=["case", "network", "baseline", "in_sample", "pressure"])
    tested = paired_test(np.concatenate(differences, axis=1), options)
    return holm_corrected(pd.DataFrame(rows).assign(**tested), options)


def subject_table(case: Case, baselines: Baselines) -> pd.DataFrame:
    """One row per network, subject and pressure: its error, its means, and the error of the population mean.

    Returns
    -------
    DataFrame
        ``case, network, subject, pressure, n_windows, mae, me, reference_mean, prediction_mean, baseline_mae`` (mmHg;
        seeds averaged).
    """
    judged, k = case.judged, len(case.judged.subjects)
    counts = _counts(case)
    mean = _errors(case, baselines, POPULATION_MEAN, "")
    base = np.full((k, len(judged.pressures)), np.nan) if mean is None else _sums(case, mean) / counts
    parts = []
    for network in judged.networks:
        prediction = np.mean([judged.predicted[network, seed] for seed in judged.seeds(network)], axis=0)
        figures = {
            "mae": subject_maes(judged, network),
            "me": _sums(case, prediction - judged.reference) / counts,
            "reference_mean": _sums(case, judged.reference) / counts,
            "prediction_mean": _sums(case, prediction) / counts,
            "baseline_mae": base,
        }
        for p, pressure in enumerate(case.judged.pressures):
            columns = {name: values[:, p] for name, values in figures.items()}
            head = {"case": case.name, "network": network, "subject": judged.subjects, "pressure": pressure}
            parts.append(pd.DataFrame({**head, "n_windows": counts[:, 0], **columns}))
    return pd.concat(parts, ignore_index=True)
