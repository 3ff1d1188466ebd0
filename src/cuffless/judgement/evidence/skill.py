"""Skill: what a predictor takes off the error of each baseline, with intervals and paired tests."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.baselines import MEAN, OFFSET, ORDER, Baselines
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW, subject_interval
from cuffless.judgement.evidence.tests import holm_corrected, sign_flip_test
from cuffless.judgement.measures.errors import absolute_errors, sum_by_subject
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.predictions import PRESSURES

AVERAGES = ("pooled", "subject")
BY_SUBJECT = "by subject"
_NO_ERROR, _ROUNDING = 1e-9, 1e-4  # mmHg
_HEAD = ("case", "network", "baseline", "average", "pressure")
_FIGURES = ("skill", "lower", "upper", "interval", "mae", "baseline_mae")


def skill_table(case: Case, baselines: Baselines, options: EvaluationOptions) -> pd.DataFrame:
    """Skill of every network against every baseline.

    Parameters
    ----------
    case : Case
    baselines : Baselines
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``case, network, baseline, average, pressure, skill`` (1 - MAE / MAE of the baseline), ``lower, upper,
        interval, mae, baseline_mae`` (mmHg), ``n_subjects, reason`` (why there is no figure).
    """
    rows = []
    for network in case.judged.networks:
        own = absolute_errors(case.judged, network)
        for name in ORDER:
            against = _errors(case, baselines, name, network)
            errors = own if against is None else _less_rounding(own, against)
            for average in AVERAGES:
                head = {"case": case.name, "network": network, "baseline": name, "average": average}
                rows += _skill_rows(
                    case, _sums(case, errors), against, average, options, head, baselines.absent.get(name, "")
                )
    return pd.DataFrame(rows, columns=[*_HEAD, *_FIGURES, "n_subjects", "reason"])


def _skill_rows(case, own, against, average, options, head, absent) -> list[dict]:
    k = len(case.judged.subjects)
    if against is None:
        reason = f"not assessable: {absent or 'not for this predictor'}"
        return [{**head, "pressure": p, "skill": np.nan, "n_subjects": k, "reason": reason} for p in PRESSURES]
    counts = np.bincount(case.judged.owner, minlength=k)[:, None]
    weight = 1.0 if average == "pooled" else 1 / counts
    total = (weight * counts * np.ones((k, 2))).sum(axis=0)
    above, below = weight * own, weight * _sums(case, against)
    idle = below.sum(axis=0) / total < _NO_ERROR
    share = subject_interval(above, np.where(idle, 1.0, below), options)
    rows = []
    for p, pressure in enumerate(PRESSURES):
        known = not idle[p]
        rows.append(
            {
                **head,
                "pressure": pressure,
                "skill": 1 - share.estimate[p] if known else np.nan,
                "lower": 1 - share.upper[p] if known else np.nan,
                "upper": min(1 - share.lower[p], 1.0) if known else np.nan,
                "interval": share.method,
                "mae": above[:, p].sum() / total[p],
                "baseline_mae": below[:, p].sum() / total[p],
                "n_subjects": k,
                "reason": "" if known else "not assessable: the baseline makes no error",
            }
        )
    return rows


def _less_rounding(own: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Errors of a predictor, those of a baseline where the two say the same but for rounding, such as to float32."""
    return np.where(np.abs(own - against).max(axis=0) < _ROUNDING, against, own)


def _sums(case: Case, errors: np.ndarray) -> np.ndarray:
    return sum_by_subject(errors, case.judged.owner, len(case.judged.subjects))


def _errors(case: Case, baselines: Baselines, name: str, network: str) -> np.ndarray | None:
    """Absolute errors of a baseline, (n, 2); None where it cannot be had."""
    if name == OFFSET:
        keys = [(network, seed) for seed in case.judged.seeds(network)]
        if not all(key in baselines.offset for key in keys):
            return None
        return np.mean([np.abs(baselines.offset[key] - case.judged.reference) for key in keys], axis=0)
    found = baselines.predicted.get(name)
    return None if found is None else np.abs(found - case.judged.reference)


def compare_baselines(case: Case, baselines: Baselines, options: EvaluationOptions) -> pd.DataFrame:
    """Tests of every network against every baseline.

    Returns
    -------
    DataFrame
        ``case, comparison`` (``vs`` the baseline), ``network, baseline, pressure, difference`` (mean over subjects of
        the network's MAE less the baseline's, mmHg), ``lower, upper, interval, n_pairs, pairing, paired_p`` (sign
        flips), ``paired_p_holm, paired_significant, family, alpha`` (Holm over networks and pressures of a baseline),
        and what the paper computes, on windows as if they were independent: ``ks_windows_p`` (Kolmogorov-Smirnov on
        absolute errors), ``ttest_windows_p`` (paired t-test on absolute errors).
    """
    from scipy.stats import ks_2samp, ttest_rel

    k = len(case.judged.subjects)
    counts = np.bincount(case.judged.owner, minlength=k)[:, None]
    rows, differences = [], []
    for network in case.judged.networks:
        own = absolute_errors(case.judged, network)
        for name in ORDER:
            against = _errors(case, baselines, name, network)
            if against is None:
                continue
            errors = _less_rounding(own, against)
            differences.append(_sums(case, errors - against) / counts)
            for p, pressure in enumerate(PRESSURES):
                same = np.array_equal(errors[:, p], against[:, p]) or len(own) < 2
                rows.append(
                    {
                        "case": case.name,
                        "comparison": f"vs {name}",
                        "network": network,
                        "baseline": name,
                        "pressure": pressure,
                        "ks_windows_p": ks_2samp(errors[:, p], against[:, p], method="asymp").pvalue,
                        "ttest_windows_p": 1.0 if same else ttest_rel(errors[:, p], against[:, p]).pvalue,
                    }
                )
    if not rows:
        return pd.DataFrame(columns=["case", "network", "baseline", "pressure"])
    differences = np.concatenate(differences, axis=1)
    mean = subject_interval(differences, np.ones((k, 1)), options)
    testable = k >= LEAST_SUBJECTS
    table = pd.DataFrame(rows).assign(
        difference=mean.estimate,
        lower=mean.lower,
        upper=mean.upper,
        interval=mean.method,
        n_pairs=k,
        pairing=BY_SUBJECT if testable else TOO_FEW,
        paired_p=sign_flip_test(differences, seed=options.seed) if testable else np.nan,
    )
    return holm_corrected(table, options)


def subject_table(case: Case, baselines: Baselines) -> pd.DataFrame:
    """One row a network, subject and pressure: what was predicted for whom, and what the population mean errs.

    Returns
    -------
    DataFrame
        ``case, network, subject, pressure, n_windows, mae, me, reference_mean, prediction_mean, baseline_mae`` (mmHg;
        seeds averaged).
    """
    judged, k = case.judged, len(case.judged.subjects)
    counts = np.bincount(judged.owner, minlength=k)[:, None]
    mean = _errors(case, baselines, MEAN, "")
    base = np.full((k, 2), np.nan) if mean is None else _sums(case, mean) / counts
    parts = []
    for network in judged.networks:
        prediction = np.mean([judged.predicted[network, seed] for seed in judged.seeds(network)], axis=0)
        figures = {
            "mae": _sums(case, absolute_errors(judged, network)) / counts,
            "me": _sums(case, prediction - judged.reference) / counts,
            "reference_mean": _sums(case, judged.reference) / counts,
            "prediction_mean": _sums(case, prediction) / counts,
            "baseline_mae": base,
        }
        for p, pressure in enumerate(PRESSURES):
            columns = {name: values[:, p] for name, values in figures.items()}
            head = {"case": case.name, "network": network, "subject": judged.subjects, "pressure": pressure}
            parts.append(pd.DataFrame({**head, "n_windows": counts[:, 0], **columns}))
    return pd.concat(parts, ignore_index=True)
