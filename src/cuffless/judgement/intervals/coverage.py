"""What intervals cover and how wide they are, in all and by the reference pressure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.shares import clustered_share
from cuffless.judgement.evidence.skill import skill_ratio
from cuffless.judgement.intervals.bands import MEAN_BAND, Band
from cuffless.judgement.measures.bins import bin_starts
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.names import AVERAGES
from cuffless.judgement.table.predictions import JudgedSplit

COLUMNS = ["case", "network", "seed", "kind", "pressure", "average", "level", "coverage", "lower", "upper", "interval"]
COLUMNS += ["confidence", "verdict", "subject_p10", "width", "median_width", "score", "baseline_coverage"]
COLUMNS += ["baseline_width", "baseline_score", "score_skill", "score_skill_lower", "score_skill_upper", "mae"]
COLUMNS += ["n_subjects", "n_windows", "n_missing", "n_infinite"]
BIN_COLUMNS = ["case", "network", "seed", "kind", "pressure", "level", "bin_low", "bin_high", "coverage", "lower"]
BIN_COLUMNS += ["upper", "interval", "confidence", "width", "median_width", "n_windows", "n_subjects"]
TOO_LITTLE, UNSHOWN, TOO_MUCH, UNKNOWN = "covers too little", "not shown to differ", "covers too much", "not assessable"
_ROUNDING = 1e-9  # a reference that is the limit lies inside, however its digits came about


@dataclass(frozen=True)
class _Scored:
    """Intervals of one pressure on those windows that have one, and what they are worth there."""

    band: Band
    windows: np.ndarray
    owner: np.ndarray
    subjects: int
    covered: np.ndarray
    width: np.ndarray
    score: np.ndarray
    error: np.ndarray

    @cached_property
    def by_width(self) -> np.ndarray:
        return np.argsort(self.width)

    @cached_property
    def median_width(self) -> float:
        """Half of the windows are at most as wide."""
        middle = (len(self.width) - 1) // 2
        return float(np.partition(self.width, middle)[middle])

    @cached_property
    def counts(self) -> np.ndarray:
        return np.bincount(self.owner, minlength=self.subjects).astype(float)[:, None]

    @cached_property
    def hits(self) -> np.ndarray:
        """Windows of each person that are covered: (k, 1)."""
        return self._sums(self.covered)

    @cached_property
    def scores(self) -> np.ndarray:
        """Of each person's windows, summed: (k, 1)."""
        return self._sums(self.score)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        return sum_by_subject(values[:, None], self.owner, self.subjects)


class Together(NamedTuple):
    """Intervals of one pressure on the same windows: their places among all, and what they are worth."""

    pressure: int
    places: list[int]
    scored: list[_Scored]
    nothing: _Scored | None
    """Those of the population mean on these windows."""


def score_bands(judged: JudgedSplit, bands: Sequence[Band], level: float) -> list[Together]:
    """Score intervals, those that are known for the same windows together.

    Parameters
    ----------
    judged : JudgedSplit
    bands : sequence of Band
    level : float
        Share of windows that the intervals are meant to cover.

    Returns
    -------
    list of Together
        By pressure.
    """
    nothing = next((band for band in bands if band.kind == MEAN_BAND), None)
    found = []
    for p in range(len(judged.pressures)):
        groups: dict[bytes, list[int]] = {}
        for place, band in enumerate(bands):
            groups.setdefault(band.known(p).tobytes(), []).append(place)
        for known, places in groups.items():
            windows = np.flatnonzero(np.frombuffer(known, bool))
            if len(windows):
                owner, subjects = pd.factorize(judged.owner[windows])
                at = (p, windows, owner, len(subjects))
                scored = [_score(judged, bands[place], level, *at) for place in places]
                base = next((one for one in scored if one.band is nothing), None)
                if base is None and nothing is not None:
                    base = _score(judged, nothing, level, *at)
                found.append(Together(p, places, scored, base))
    return found


def _score(
    judged: JudgedSplit, band: Band, level: float, pressure: int, windows: np.ndarray, owner: np.ndarray, subjects: int
) -> _Scored:
    """Score intervals on some windows by Gneiting & Raftery's interval score."""
    reference = judged.reference[windows, pressure]
    lower, upper = band.lower[windows, pressure], band.upper[windows, pressure]
    below, above = np.maximum(lower - reference, 0), np.maximum(reference - upper, 0)
    width = band.width(pressure)[windows]
    error = np.abs(band.centre[windows, pressure] - reference)
    covered = (np.maximum(below, above) <= _ROUNDING).astype(float)
    score = width + 2 / (1 - level) * (below + above)
    return _Scored(band, windows, owner, subjects, covered, width, score, error)


def interval_table(
    case: str, judged: JudgedSplit, together: Sequence[Together], level: float, options: EvaluationOptions
) -> pd.DataFrame:
    """Coverage, width and score of intervals, next to those of the population mean on the same windows.

    Parameters
    ----------
    case : str
        Name of the case.
    judged : JudgedSplit
    together : sequence of Together
        As from `score_bands` for this level.
    level : float
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        One row per band, pressure and average: `COLUMNS`. ``coverage`` has limits over persons; ``verdict`` compares
        them with the level; ``subject_p10`` is the coverage that nine persons in ten reach. ``width, median_width`` and
        ``score`` in mmHg, infinite where a weighted window's is; ``baseline_*`` of the population mean's intervals on
        the same windows (its median width); ``score_skill`` is 1 - score / that score, with limits over persons;
        ``mae`` of the prediction on these windows. ``n_missing`` windows have no interval, ``n_infinite`` an infinite
        one. No row for a band without any interval of the pressure.

    Notes
    -----
    The interval score adds to the width 2 / (1 - level) mmHg for each mmHg by which the reference lies outside
    (Gneiting & Raftery 2007, J Am Stat Assoc 102:359, section 6.2; Winkler 1972); its expectation is least for the true
    quantiles, so that neither wide nor bold intervals are rewarded. Windows of a crossed interval are not covered, its
    width is 0, and both ends are penalized.
    """
    rows: list[dict[str, object]] = []
    for p, places, group, base in together:
        for place, scored in zip(places, group, strict=True):
            head = {
                "place": place,
                "case": case,
                **_identity(scored.band),
                "pressure": judged.pressures[p],
                "level": level,
            }
            counted = {
                "n_subjects": scored.subjects,
                "n_windows": len(scored.windows),
                "n_missing": len(judged.owner) - len(scored.windows),
                "n_infinite": int(np.isinf(scored.width).sum()),
                "confidence": options.confidence,
            }
            rows += [
                {**head, "average": average, **_figures(scored, base, average, level, options), **counted}
                for average in AVERAGES
            ]
    return _ordered(rows, COLUMNS)


def _identity(band: Band) -> dict[str, object]:
    return {"network": band.network, "seed": band.seed, "kind": band.kind}


def _ordered(rows: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    """Rows in the order of their bands."""
    table = pd.DataFrame(rows, columns=["place", *columns])
    table = table.sort_values("place", kind="stable", ignore_index=True)[columns]
    return table.assign(seed=table["seed"].astype("Int64"))


def _figures(
    scored: _Scored, base: _Scored | None, average: str, level: float, options: EvaluationOptions
) -> dict[str, object]:
    weight = 1.0 if average == "pooled" else 1 / scored.counts
    # Persons who count the same do so as if all had as many windows.
    windows = scored.counts if average == "pooled" else np.full_like(scored.counts, scored.counts.mean())
    share = clustered_share(windows * scored.hits / scored.counts, windows, options)
    lower, upper = share.lower[0], share.upper[0]
    by_window = np.broadcast_to(weight, scored.counts.shape)[scored.owner, 0]
    return {
        "coverage": share.estimate[0],
        "lower": lower,
        "upper": upper,
        "interval": share.method,
        "verdict": _verdict(level, lower, upper),
        "subject_p10": np.quantile(scored.hits / scored.counts, 0.1),
        "width": _mean(scored.width, by_window),
        "median_width": _median_width(scored, by_window),
        "mae": _mean(scored.error, by_window),
        **_against(scored, base, weight, by_window, options),
    }


def _verdict(level: float, lower: float, upper: float) -> str:
    if not np.isfinite([lower, upper]).all():
        return UNKNOWN
    return TOO_LITTLE if upper < level else TOO_MUCH if lower > level else UNSHOWN


def _against(scored: _Scored, base: _Scored | None, weight, by_window, options: EvaluationOptions) -> dict[str, float]:
    """The score, and skill against the population mean's."""
    found = {"score": _mean(scored.score, by_window)}
    if base is None:
        return found
    found |= {
        "baseline_coverage": _mean(base.covered, by_window),
        "baseline_width": _median_width(base, by_window),
        "baseline_score": _mean(base.score, by_window),
    }
    if np.isfinite(found["score"]) and np.isfinite(found["baseline_score"]):
        own, other = weight * scored.scores, weight * base.scores
        skill = skill_ratio(own, other, weight * scored.counts, options)
        found |= dict(
            zip(("score_skill", "score_skill_lower", "score_skill_upper"), (part[0] for part in skill[:3]), strict=True)
        )
    return found


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float((values * weight).sum() / weight.sum())


def _median_width(scored: _Scored, weight: np.ndarray) -> float:
    """Weighted median: half of the weight lies at or below it."""
    if weight.min() == weight.max():  # a sort takes four times as long
        return scored.median_width
    order = scored.by_width
    mass = np.cumsum(weight[order])
    return float(scored.width[order[np.searchsorted(mass, 0.5 * mass[-1])]])


def interval_bins(
    case: str,
    judged: JudgedSplit,
    together: Sequence[Together],
    level: float,
    options: EvaluationOptions,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Coverage and width of intervals in bins of the reference pressure, windows pooled within a bin.

    Takes what `interval_table` takes, and `limits` as `bin_table` does.

    Returns
    -------
    DataFrame
        One row per band, pressure and bin that holds windows with an interval: `BIN_COLUMNS`.

    Notes
    -----
    Intervals that cover 90 % of all windows may still cover none of those that matter: split conformal holds its level
    over all windows of a new person, not at each pressure.
    """
    rows: list[dict[str, object]] = []
    for p, places, group, _ in together:
        pressure, reference = judged.pressures[p], judged.reference[group[0].windows, p]
        starts = bin_starts(reference, options.bin_mmhg, (limits or {}).get(pressure))
        for place, band, start, row in _by_bin(places, group, starts, options):
            head = {"place": place, "case": case, **_identity(band), "pressure": pressure, "level": level}
            ends = {"bin_low": start, "bin_high": start + options.bin_mmhg, "confidence": options.confidence}
            rows.append({**head, **ends, **row})
    return _ordered(rows, BIN_COLUMNS)


def _by_bin(
    places: list[int], group: list[_Scored], starts: np.ndarray, options: EvaluationOptions
) -> Iterator[tuple[int, Band, float, dict[str, object]]]:
    """Figures of each bin and of those bands that have intervals on the same windows."""
    number, edges = pd.factorize(starts, sort=True)
    order = np.argsort(number.astype(np.min_scalar_type(len(edges))), kind="stable")
    ends = np.cumsum(np.bincount(number))
    for start, inside in zip(edges, np.split(order, ends[:-1]), strict=True):
        owner, subjects = pd.factorize(group[0].owner[inside])
        covered = np.stack([scored.covered[inside] for scored in group], axis=1)
        windows = np.broadcast_to(np.bincount(owner)[:, None].astype(float), (len(subjects), len(group)))
        share = clustered_share(sum_by_subject(covered, owner, len(subjects)), windows, options)
        for g, (place, scored) in enumerate(zip(places, group, strict=True)):
            yield (
                place,
                scored.band,
                float(start),
                {
                    "coverage": share.estimate[g],
                    "lower": share.lower[g],
                    "upper": share.upper[g],
                    "interval": share.method,
                    "width": scored.width[inside].mean(),
                    "median_width": np.median(scored.width[inside]),
                    "n_windows": len(inside),
                    "n_subjects": len(subjects),
                },
            )
