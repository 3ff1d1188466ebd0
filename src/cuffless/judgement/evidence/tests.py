"""Tests between predictors: the paper's on windows, and one on subjects."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW, product, subject_interval
from cuffless.judgement.measures.errors import subject_maes
from cuffless.judgement.names import ALL, MEAN
from cuffless.judgement.table.predictions import JudgedSplit

SIGN_FLIPS = 9999
"""Number of random sign flips; with few subjects all flips are used."""
_KS_TAIL, _KS_NOTHING = 4.0, 370.0  # n D^2 from which p is twice the one-sided p, and from which it is 0
_KS_PROBES = 16  # values at which distributions are compared before all are
AGAINST_MEAN, BETWEEN_SPLITS = "network vs mean", "split vs split"
BY_SUBJECT, UNPAIRED = "by subject", "unpaired"


def paired_test(differences: np.ndarray, options: EvaluationOptions) -> dict[str, object]:
    """Mean difference between two predictors with its interval, and a test that pairs them by subject.

    Parameters
    ----------
    differences : (k, m) float array
        a's MAE less b's of each of k subjects, mmHg, for m comparisons.
    options : EvaluationOptions
        `seed`, and those of the intervals.

    Returns
    -------
    dict of str to array or scalar
        ``difference`` (mean over subjects), ``lower, upper, interval, n_pairs, pairing`` (`by subject`, `too few
        subjects`, `unpaired`), ``paired_p`` (sign flips), each (m,) or one for all.
    """
    k, nothing = len(differences), np.full(differences.shape[1], np.nan)
    mean = subject_interval(differences, np.ones((k, 1)), options) if k else (nothing, nothing, nothing, TOO_FEW)
    figures = dict(zip(("difference", "lower", "upper", "interval"), mean, strict=True))
    testable = k >= LEAST_SUBJECTS
    return figures | {
        "n_pairs": k,
        "pairing": BY_SUBJECT if testable else TOO_FEW if k else UNPAIRED,
        "paired_p": sign_flip_test(differences, seed=options.seed) if testable else nothing,
    }


def sign_flip_test(differences: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Two-sided p-values that paired differences are centred on 0.

    Parameters
    ----------
    differences : (k, m) float array
        One difference per subject, for m comparisons of the same subjects.
    seed : int
        Seed of the random flips; all 2^k are taken where these are fewer than `SIGN_FLIPS`.

    Returns
    -------
    (m,) float array

    Notes
    -----
    Permutation test on the mean difference: without an effect, each subject's difference may as well have
    the other sign (Good 2005, chapter 3). All comparisons share the flips, so that a test is one matrix
    product; `scipy.stats.permutation_test` gives the same p-values 40 times more slowly.
    """
    k = len(differences)
    total = differences.sum(axis=0)
    observed = np.abs(total) * (1 - 1e-12)  # equal sums may differ in their last bits
    if exact := 2**k <= SIGN_FLIPS:
        flips = np.arange(2**k)[:, None] >> np.arange(k) & 1
    else:
        flips = np.random.default_rng(seed).integers(0, 2, (SIGN_FLIPS, k), dtype=np.int8)
    extreme = (np.abs(total - 2 * product(flips, differences)) >= observed).sum(axis=0)
    # The observed signs are counted among the random flips, so that p is never 0.
    return extreme / 2**k if exact else (extreme + 1) / (SIGN_FLIPS + 1)


def least_p(subjects: int) -> float:
    """Smallest p-value that `sign_flip_test` can give for so many subjects: all of them differ in one direction."""
    return max(2.0 ** (1 - subjects), 1 / (SIGN_FLIPS + 1))


def compare_predictors(
    splits: Mapping[str, JudgedSplit], options: EvaluationOptions, *, order: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compare each network with the mean regressor, and each predictor between splits.

    Parameters
    ----------
    splits : mapping of str to JudgedSplit
    options : EvaluationOptions
        `alpha`, `seed`.
    order : sequence of str, optional
        Splits to compare; every other one is compared with the first. All, as they come, by default.

    Returns
    -------
    DataFrame
        One row per comparison of a with b and pressure: ``comparison`` (``network vs mean`` within a split, or ``split
        vs split`` for one network), ``pressure, split_a, network_a, split_b, network_b``; the columns of `ks_windows`,
        of `paired_test` and of `holm_corrected`.

    Notes
    -----
    Holm's correction of ``network vs mean`` is over the networks and pressures of one split, as `compare_baselines`
    corrects it. Two splits have different test windows: there, a pair is a subject with test windows in both.
    """
    order = list(order or splits)
    rows = []
    for name in order:
        judged = splits[name]
        if MEAN in judged.networks:
            for network in judged.networks[:-1]:
                rows += _compare(AGAINST_MEAN, (judged, network), (judged, MEAN), options)
    for name in order[1:]:
        first, other = splits[order[0]], splits[name]
        for network in first.networks:
            if network in other.networks:
                rows += _compare(BETWEEN_SPLITS, (first, network), (other, network), options)
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else _COLUMNS)
    # Against the mean, a split is a question of its own, as on the page of its judgement.
    parts = [part for _, part in table.groupby(table["split_a"].where(table["comparison"] == AGAINST_MEAN, ""))]
    return pd.concat([holm_corrected(part, options) for part in parts or [table]]).sort_index()


_COLUMNS = ["comparison", "pressure", "split_a", "network_a", "split_b", "network_b", "ks_windows_p", "paired_p"]


def _compare(comparison: str, a: tuple, b: tuple, options: EvaluationOptions) -> list[dict[str, object]]:
    means_a, means_b = (pd.DataFrame(subject_maes(*side), index=side[0].subjects) for side in (a, b))
    shared = means_a.index.intersection(means_b.index)
    tested = paired_test((means_a.loc[shared] - means_b.loc[shared]).to_numpy(), options)
    sides = {"split_a": a[0].split, "network_a": a[1], "split_b": b[0].split, "network_b": b[1]}
    return [
        {
            "comparison": comparison,
            "pressure": pressure,
            **sides,
            **ks_windows(a, b, p, options),
            **{name: value[p] if isinstance(value, np.ndarray) else value for name, value in tested.items()},
        }
        for p, pressure in enumerate(a[0].pressures)
    ]


def ks_windows(a: tuple, b: tuple, pressure: int, options: EvaluationOptions) -> dict[str, object]:
    """The paper's test: two-sample Kolmogorov-Smirnov on the absolute errors of windows.

    Parameters
    ----------
    a, b : (JudgedSplit, str)
        As for `ks_on_windows`. The mean over networks (`all`) is not tested.
    pressure : int
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    dict
        ``ks_windows_statistic, ks_windows_p, ks_windows_significant, n_windows_a, n_windows_b``. The test treats
        windows as independent and so finds almost anything significant; of several seeds the largest p is taken.
    """
    statistic, p = (np.nan, np.nan) if ALL in (a[1], b[1]) else ks_on_windows(a, b, pressure)
    return {
        "ks_windows_statistic": statistic,
        "ks_windows_p": p,
        "ks_windows_significant": bool(p < options.alpha),
        "n_windows_a": len(a[0].owner),
        "n_windows_b": len(b[0].owner),
    }


def ks_on_windows(
    a: tuple[JudgedSplit, str], b: tuple[JudgedSplit, str], pressure: int, subject: int | None = None
) -> tuple[float, float]:
    """Two-sample Kolmogorov-Smirnov test on the windows' absolute errors, which it treats as independent.

    Parameters
    ----------
    a, b : (JudgedSplit, str)
        The judged split, and the network in it.
    pressure : int
        Position in the split's pressures.
    subject : int, optional
        Position of the only subject whose windows count. All by default.

    Returns
    -------
    statistic, p : float
        Of the pair of seeds with the largest p.
    """

    def errors(judged, network, seed):
        rows = slice(None)
        if subject is not None:  # windows are sorted by subject
            rows = slice(*np.searchsorted(judged.owner, [subject, subject + 1]))
        return np.abs(judged.predicted[network, seed][rows, pressure] - judged.reference[rows, pressure])

    results = []
    for seed in a[0].seeds(a[1]):
        seeds_b = b[0].seeds(b[1])
        other = seed if seed in seeds_b else seeds_b[0]
        results.append(ks_test(errors(*a, seed), errors(*b, other)))
    return max(results, key=lambda result: result[1])


def ks_test(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Statistic and asymptotic p-value of the two-sample Kolmogorov-Smirnov test.

    Notes
    -----
    As `scipy.stats.ks_2samp`, which sorts and searches more, and takes half a second to import.
    """
    return _sorted_ks_test(np.sort(a), np.sort(b))


def ks_p(a: np.ndarray, b: np.ndarray) -> float:
    """p-value of `ks_test`; `a`, which is compared with several others, is sorted.

    The distance at any value is a bound for the greatest one, so that `b` is sorted only if it may make p exceed 0.
    """
    values = a[np.linspace(0, len(a) - 1, _KS_PROBES).astype(int)]
    of_a = np.searchsorted(a, values, side="right")
    of_b = np.array([np.count_nonzero(b <= value) for value in values])
    if _ks_size(a, b) * np.abs(of_a / len(a) - of_b / len(b)).max() ** 2 >= _KS_NOTHING:
        return 0.0
    return _sorted_ks_test(a, np.sort(b))[1]


def _ks_size(a: np.ndarray, b: np.ndarray) -> int:
    return round(len(a) * len(b) / (len(a) + len(b)))


def _sorted_ks_test(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    statistic, n = _greatest_distance(a, b), _ks_size(a, b)
    if n * statistic**2 > _KS_TAIL:
        from scipy.special import smirnov

        return statistic, float(min(2 * smirnov(n, statistic), 1.0)) if n * statistic**2 < _KS_NOTHING else 0.0
    from scipy.stats import kstwo

    return statistic, float(np.clip(kstwo.sf(statistic, n), 0, 1))


def _greatest_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Greatest distance of the distribution functions of a and b; both sorted."""
    both = np.concatenate([a, b])
    order = np.argsort(both, kind="stable")  # merges two sorted runs, faster than one is searched in the other
    both = both[order]
    last = np.append(both[1:] != both[:-1], True)  # functions are compared after all of several equal values
    of_a = np.cumsum(order < len(a))
    of_b = np.arange(1, len(both) + 1) - of_a
    return float(np.abs(of_a / len(a) - of_b / len(b))[last].max())


def paired_t_test(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Statistic and p-value of the paired t-test, which treats pairs as independent; NaN without any spread."""
    from scipy.special import stdtr

    differences = np.asarray(a - b, dtype=float)
    n = len(differences)
    if n < 2 or np.ptp(differences) == 0:
        return np.nan, np.nan
    statistic = differences.mean() / np.sqrt(differences.var(ddof=1) / n)
    return float(statistic), float(2 * stdtr(n - 1, -abs(statistic)))


def holm_corrected(table: pd.DataFrame, options: EvaluationOptions) -> pd.DataFrame:
    """Add Holm's correction within each ``comparison``.

    Parameters
    ----------
    table : DataFrame
        Columns ``comparison`` and ``paired_p``, which is missing where nothing was tested.
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    DataFrame
        With ``alpha, family`` (tests corrected together), ``paired_p_holm, paired_significant``.

    Notes
    -----
    Holm (1979). Not by `statsmodels`, which takes two seconds to import and collects garbage at each call: with
    TensorFlow loaded that alone takes longer than all the rest of a judgement.
    """
    corrected = pd.Series(np.nan, index=table.index)
    family = pd.Series(0, index=table.index)
    for _, rows in table[table["paired_p"].notna()].groupby("comparison"):
        corrected[rows.index] = _holm(rows["paired_p"].to_numpy())
        family[rows.index] = len(rows)
    return table.assign(
        alpha=options.alpha,
        family=family,
        paired_p_holm=corrected,
        paired_significant=corrected < options.alpha,
    )


def _holm(p: np.ndarray) -> np.ndarray:
    """Each p-value times the number of those that are not smaller; never below the one before it, nor above 1."""
    order = np.argsort(p)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return corrected
