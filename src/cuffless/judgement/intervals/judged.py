"""The three tables of intervals of one case."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.errors import plural
from cuffless.judgement.evidence.baselines import Baselines
from cuffless.judgement.intervals.abstaining import risk_table
from cuffless.judgement.intervals.bands import GIVEN, Band, given_bands
from cuffless.judgement.intervals.calibrated import conformal_bands, ensemble_bands
from cuffless.judgement.intervals.coverage import interval_bins, interval_table, score_bands
from cuffless.judgement.intervals.nothing import held_band, mean_band
from cuffless.judgement.names import AVERAGES, NONE, training_name
from cuffless.judgement.table.cases import Case

_SAME_MMHG = 0.01  # between limits that differ only by rounding, such as to float32
_WHY_INFINITE = defaultdict(lambda: "there are too few people to calibrate", {GIVEN: "these count as covering"})


def judge_intervals(
    case: Case,
    baselines: Baselines,
    level: float,
    options: EvaluationOptions,
    limits: Mapping[str, tuple[float, float]] | None,
) -> dict[str, pd.DataFrame]:
    """Tables ``intervals, interval_bins, risk`` of a case, by name.

    Intervals are those that the table states, those that predictions for validation persons allow the judge to make,
    and those of several seeds as an ensemble. Without any of these the tables are empty; else they also have the
    intervals of the population mean and of a held calibration value.
    """
    bands = _all_bands(case, baselines, level)
    together = score_bands(case.judged, bands, level)
    return {
        "intervals": interval_table(case.name, case.judged, together, level, options),
        "interval_bins": interval_bins(case.name, case.judged, together, level, options, limits),
        "risk": risk_table(case.name, case.judged, bands, options),
    }


def interval_notes(intervals: pd.DataFrame) -> list[str]:
    """Notes on windows without an interval, and on intervals without an end.

    Parameters
    ----------
    intervals : DataFrame
        As from `judge_intervals`, of one case.
    """
    notes = []
    seeds = intervals.groupby("network")["seed"].unique()
    for row in intervals[intervals["average"] == AVERAGES[0]].itertuples():
        windows = row.n_windows + row.n_missing
        trained = seeds[row.network].dropna()
        name = training_name(row.network, row.seed, trained) if pd.notna(row.seed) else row.network
        what = f"{row.case}: {row.kind} intervals of {name} ({row.pressure})"
        if row.network == NONE:
            what = f"{row.case}: intervals of the {row.kind} ({row.pressure})"
        if row.n_missing:
            notes.append(f"{what}: {row.n_missing:,} of {plural(windows, 'window')} without any, left out")
        if row.n_infinite:
            notes.append(f"{what}: {row.n_infinite:,} of {windows:,} are infinitely wide; {_WHY_INFINITE[row.kind]}")
    return notes


def known_people_note(case: Case) -> list[str]:
    """Note that intervals were calibrated on people who are tested too; empty if none is."""
    keys = ["subject", "fold"]
    tested = pd.MultiIndex.from_frame(case.windows[keys].astype({"subject": object}))
    people = case.validation[keys].astype({"subject": object}).drop_duplicates()
    both = int(pd.MultiIndex.from_frame(people).isin(tested).sum())
    if not both:
        return []
    return [
        f"{case.name}: {both:,} of {len(people):,} validation people are test people too; what conformal intervals "
        "hold of them says nothing about new people"
    ]


def _distinct(bands: list[Band]) -> list[Band]:
    """Bands without those that another of the same predictor repeats, such as calibrated ones that are also stated."""
    kept: list[Band] = []
    for band in bands:
        others = [one for one in kept if (one.network, one.seed) == (band.network, band.seed)]
        if not any(
            np.allclose(one.lower, band.lower, rtol=0, atol=_SAME_MMHG, equal_nan=True)
            and np.allclose(one.upper, band.upper, rtol=0, atol=_SAME_MMHG, equal_nan=True)
            for one in others
        ):
            kept.append(band)
    return kept


def _all_bands(case: Case, baselines: Baselines, level: float) -> list[Band]:
    own = [*given_bands(case, level), *conformal_bands(case, level), *ensemble_bands(case, level)]
    if not own:
        return []
    own = _distinct(own)
    place = {network: number for number, network in enumerate(case.judged.networks)}
    own.sort(key=lambda band: place[band.network])
    idle = (mean_band(case, baselines, level), held_band(case, baselines, level))
    return [*own, *(band for band in idle if band is not None)]
