"""Intervals that the judge makes: split conformal from validation persons, and a network's seeds as an ensemble."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cuffless.conformal import person_quantile
from cuffless.judgement.intervals.bands import (
    CONFORMAL,
    ENSEMBLE,
    ENSEMBLE_CONFORMAL,
    ENSEMBLE_SCALED,
    SCALED,
    Band,
    normal_quantile,
    stated_difficulty,
)
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.columns import band_columns
from cuffless.judgement.table.predictions import WINDOW, stated_bands

_PLAIN = np.ones(1), np.ones(1)  # every window is as difficult
_LEAST_SPREAD = 1e-9  # mmHg; seeds that agree to the last digit say nothing of the error


def conformal_bands(case: Case, level: float) -> Iterator[Band]:
    """Split conformal intervals of each network and seed, from its predictions for validation persons.

    The quantile over persons of the absolute errors, and where the predictor states how uncertain it is also of the
    errors in units of that. Each fold's validation persons calibrate its test windows.
    """
    for (network, seed), rows in case.validation.groupby(["network", "seed"], sort=False, observed=True):
        key = str(network), int(seed)
        if key not in case.judged.predicted:
            continue
        error = _errors(case, rows)
        prediction = case.judged.predicted[key]
        yield Band.around(*key, CONFORMAL, prediction, _half_widths(case, rows, error, _PLAIN, level))
        stated, known = case.judged.stated.get(key), stated_bands(rows, case.judged.pressures)
        if stated is not None and known is not None:
            difficulty = stated_difficulty(known), stated_difficulty(stated)
            half = _half_widths(case, rows, error, difficulty, level)
            if np.isfinite(difficulty[0]).any() and not np.isnan(half).all():
                yield Band.around(*key, SCALED, prediction, half)


def ensemble_bands(case: Case, level: float) -> Iterator[Band]:
    """Intervals of the mean over a network's seeds: as wide as their spread, and split conformal.

    Notes
    -----
    The spread of trainings on the same people tells what the start of a training does to a prediction. It knows nothing
    of how people differ, so it usually covers far too few windows until it is calibrated.
    """
    for network in case.judged.networks:
        seeds = case.judged.seeds(network)
        if len(seeds) < 2:
            continue
        members = np.stack([case.judged.predicted[network, seed] for seed in seeds])
        mean, spread = members.mean(axis=0), members.std(axis=0, ddof=1)
        yield Band.around(network, None, ENSEMBLE, mean, normal_quantile(level) * spread)
        rows = _mean_of_seeds(case, case.validation[case.validation["network"] == network], len(seeds))
        if rows.empty:
            continue
        error, known = _errors(case, rows), rows[_spreads(case)].to_numpy(float)
        difficulty = np.maximum(known, _LEAST_SPREAD), np.maximum(spread, _LEAST_SPREAD)
        for kind, by in ((ENSEMBLE_CONFORMAL, _PLAIN), (ENSEMBLE_SCALED, difficulty)):
            yield Band.around(network, None, kind, mean, _half_widths(case, rows, error, by, level))


def _errors(case: Case, rows: pd.DataFrame) -> np.ndarray:
    return np.abs(rows[case.predictions].to_numpy(float) - rows[case.references].to_numpy(float))


def _spreads(case: Case) -> list[str]:
    """Columns of the SDs."""
    return band_columns(case.judged.pressures)[2]


def _mean_of_seeds(case: Case, rows: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Validation windows that all seeds predict, with their mean and, in the columns of SDs, their spread."""
    if rows["seed"].nunique() < seeds:
        return rows.head(0)
    groups = rows.groupby([*WINDOW, "fold"], observed=True, sort=False)
    found = groups[case.references].first().join(groups[case.predictions].mean())
    found[_spreads(case)] = groups[case.predictions].std()
    return found[groups.size() == seeds].reset_index()


def _half_widths(
    case: Case, rows: pd.DataFrame, error: np.ndarray, difficulty: tuple[np.ndarray, np.ndarray], level: float
) -> np.ndarray:
    """Half widths for the case's windows, (n, pressures); NaN where there is no difficulty, or no validation person.

    `error`: (v, pressures) of the validation rows; `difficulty`: of these, and of the case's windows, (n, pressures).
    """
    tested_difficulty = np.broadcast_to(difficulty[1], case.judged.reference.shape)
    half = np.full(tested_difficulty.shape, np.nan)
    scores, owner = error / difficulty[0], pd.factorize(rows["subject"])[0]
    calibrating, tested = rows["fold"].to_numpy(float), case.windows["fold"].to_numpy(float)
    for fold in np.unique(tested):
        for p in range(error.shape[1]):
            used = (calibrating == fold) & np.isfinite(scores[:, p])
            if used.any():
                own = tested == fold
                half[own, p] = person_quantile(scores[used, p], owner[used], level) * tested_difficulty[own, p]
    return half
