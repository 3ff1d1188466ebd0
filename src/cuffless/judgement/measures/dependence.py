"""Does a predictor look at its input? What it costs to give each window the prediction of another one.

A network predicts each window by itself. Shuffling its input windows is therefore the same as shuffling its
predictions, so that a table of predictions is enough. The mean over *all* shuffles is a mean over pairs of windows,
which sorting gives exactly: nothing is drawn.
"""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, TOO_FEW, subject_interval
from cuffless.judgement.measures.errors import STILL_MMHG
from cuffless.judgement.table.predictions import JudgedSplit

ANY, PERSON, CHANGES = "any", "person", "changes"
"""What predictions may know of the reference: anything, the person's level, changes within the person."""
DEPENDS, HARDLY, UNSHOWN, UNKNOWN = "depends", "hardly depends", "not shown", "not assessable"
LITTLE = 0.05
"""A shuffle whose cost is surely below this share of the MAE costs nothing; predictions that rise by less than this
share of the reference hardly follow it."""
ONE_SUBJECT, ONE_WINDOW, STILL = "one subject", "no subject has two test windows", "predictions do not vary"
REFERENCE_STILL = "the reference does not vary"
MAYBE_CALIBRATION = "may come from the calibration rows alone"
HIDDEN = "follows the pressure, but a mean error hides it from the MAE"
COLUMNS = [
    "case",
    "network",
    "pressure",
    "knows",
    "mae",
    "mae_shuffled",
    "cost",
    "cost_lower",
    "cost_upper",
    "interval",
]
COLUMNS += ["confidence", "cost_share", "sd_prediction", "sd_reference", "sd_ratio", "verdict", "reason"]
COLUMNS += ["n_subjects", "seeds"]
_ROUNDING_MMHG = 1e-6
_FIGURES = ("before", "after", "cost", "follows", "sd_prediction", "sd_reference")


def dependence_table(judged: JudgedSplit, options: EvaluationOptions, *, calibrated: bool = False) -> pd.DataFrame:
    """What each network's predictions know of the pressure of their own window.

    Parameters
    ----------
    judged : JudgedSplit
    options : EvaluationOptions
        Those of the intervals.
    calibrated : bool
        Whether the predictors may have used calibration values of the test subjects.

    Returns
    -------
    DataFrame
        Three rows per network and pressure: ``case, network, pressure, knows``: `any` (each window takes the prediction
        for a window of another subject), `changes` (for another window of the same subject) and `person` (the first
        shuffle against the second). ``mae`` before and ``mae_shuffled`` after (mmHg, every subject counting the same,
        errors averaged over the seeds), ``cost`` (their difference) with ``cost_lower, cost_upper, interval,
        confidence``, ``cost_share`` (of the MAE without any shuffle); ``sd_prediction, sd_reference`` (mmHg: in all,
        between the subjects' means, within subjects) and their ratio ``sd_ratio``; ``verdict``
        (`depends`: the interval of the cost lies above 0, or the predictions follow in spite of a small cost; `hardly
        depends`: the interval of the cost lies below `LITTLE` of the MAE, or the predictions do not vary; `not shown`;
        `not assessable`: fewer than 6 subjects, or the reference does not vary), ``reason, n_subjects, seeds``.

    Notes
    -----
    With h(a, b) the mean of |prediction - reference| over all windows of subject a's references and of b's
    predictions, `any` costs the mean of h(a, b) over a and b, a not b, less the MAE. Each subject takes part by its
    references and by its predictions, so its part in the cost is the sum of its row and column means less its own MAE
    (Hajek's projection of the two-sample statistic: van der Vaart 1998, section 11.3); intervals resample these parts.
    `changes` compares only different windows, i not j, so that predictions without knowledge cost 0 on average, even
    where subjects have few windows; where all subjects have two, `person` and `changes` add up to `any`.
    The costs tell useful dependence: predictions that vary, but not with the pressure, cost nothing either, and their
    ``sd_ratio`` tells the two apart. Where predictions are all too high, or all too low, no shuffle changes the MAE,
    however well they follow. So before they count as hardly depending, their covariance with the reference is looked
    at, which knows of no mean error: they follow if the interval of their slope on the reference lies above `LITTLE`.
    """
    owner, k = judged.owner, len(judged.subjects)
    people = _People(owner, k)
    references = [_Sorted(judged.reference[:, p], people) for p in range(len(judged.pressures))]
    rows = []
    for network in judged.networks:
        trainings = [judged.predicted[network, seed] for seed in judged.seeds(network)]
        for p, pressure in enumerate(judged.pressures):
            found = [_costs(references[p], _Sorted(one[:, p], people), people) for one in trainings]
            figures = {
                knows: {name: np.mean([one[knows][name] for one in found], axis=0) for name in _FIGURES}
                for knows in found[0]
            }
            still = len(owner) > 1 and all(np.ptp(one[:, p]) < STILL_MMHG for one in trainings)
            own = {"case": judged.split, "network": network, "pressure": pressure, "seeds": len(trainings)}
            rows += [own | row for row in _rows(figures, people, options, still=still, calibrated=calibrated)]
    return pd.DataFrame(rows)[COLUMNS]


class _People:
    """Whose the windows are."""

    def __init__(self, owner: np.ndarray, k: int):
        self.owner = owner.astype(np.min_scalar_type(max(k, 1)))  # numbers of 16 bits are sorted by counting
        self.counts = np.bincount(owner, minlength=k)
        self.starts = np.r_[0, np.cumsum(self.counts)]
        self.several = self.counts > 1

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over the windows of each person; `values` by person."""
        return np.diff(_from_zero(values)[self.starts])


class _Sorted:
    """Pressures of all windows, sorted, and sorted within each person; (n,) arrays, mmHg."""

    def __init__(self, values: np.ndarray, people: _People):
        values = np.ascontiguousarray(values)
        order = np.argsort(values)
        self.given, self.values, self.owner = values, values[order], people.owner[order]
        weight = (1 / people.counts)[self.owner]
        self.mass, self.moment = _from_zero(weight), _from_zero(weight * self.values)
        self.by_person = self.values[np.argsort(self.owner, kind="stable")]

    def distances(self, others: "_Sorted", people: _People) -> np.ndarray:
        """Sum over all persons of h between each person's own values and that person's `others`: (k,)."""
        at = np.searchsorted(others.values, self.values)
        mass, moment = others.mass, others.moment
        total = self.values * (2 * mass[at] - mass[-1]) - 2 * moment[at] + moment[-1]
        return np.bincount(self.owner, weights=total, minlength=len(people.counts)) / people.counts

    def spreads(self, people: _People) -> dict[str, np.ndarray]:
        """SD in all, between persons' means, and within persons, persons counting the same."""
        k, m = len(people.counts), people.counts
        centred = self.given - self.given[0]
        means = people.sums(centred) / m
        within = people.sums((centred - np.repeat(means, m)) ** 2)
        between = means.var(ddof=1) if k > 1 else np.nan
        own = (within[people.several] / (m - 1)[people.several]).mean() if people.several.any() else np.nan
        variances = {ANY: (within / m).mean() + means.var(), PERSON: between, CHANGES: own}
        return {knows: np.sqrt(np.asarray(variance)) for knows, variance in variances.items()}


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(values)])


def _costs(reference: _Sorted, prediction: _Sorted, people: _People) -> dict[str, dict[str, np.ndarray]]:
    """For each kind of knowledge: errors of each person before and after the shuffle, parts in the cost, spreads."""
    k, m = len(people.counts), people.counts
    mae = people.sums(np.abs(prediction.given - reference.given)) / m
    pairs = _pair_distances(reference.by_person, prediction.by_person, people)
    within = np.where(people.several, (pairs - m * mae) / np.maximum(m * (m - 1), 1), mae)
    spreads = reference.spreads(people), prediction.spreads(people)
    own = pairs / m**2
    others = max(k - 1, 1)
    rows = (reference.distances(prediction, people) - own) / others  # this person's references, others' predictions
    columns = (prediction.distances(reference, people) - own) / others
    parts = rows + columns - rows.mean()
    nobody = np.full(k, np.nan)
    together = _covariances(reference.given, prediction.given - LITTLE * reference.given, people)
    found = {
        ANY: (mae, rows, parts - mae) if k > 1 else (mae, nobody, nobody),
        PERSON: (within, rows, parts - within) if k > 1 else (within, nobody, nobody),
        CHANGES: (mae, within, within - mae),
    }
    found = {knows: (*own, together[knows]) for knows, own in found.items()}
    return {
        knows: dict(zip(_FIGURES, (*parts, spreads[1][knows], spreads[0][knows]), strict=True))
        for knows, parts in found.items()
    }


def _covariances(x: np.ndarray, y: np.ndarray, people: _People) -> dict[str, np.ndarray]:
    """Each person's part in the covariance of two pressures: of all windows, of persons' means, within persons."""
    m = people.counts
    means = [people.sums(values) / m for values in (x - x[0], y - y[0])]
    away = [values - values[0] - np.repeat(own, m) for values, own in zip((x, y), means, strict=True)]
    within = people.sums(away[0] * away[1])
    levels = (means[0] - means[0].mean()) * (means[1] - means[1].mean())
    changes = within / np.maximum(m - 1, 1)
    return {ANY: levels + within / m, PERSON: levels - changes / m, CHANGES: changes}


def _pair_distances(x: np.ndarray, y: np.ndarray, people: _People) -> np.ndarray:
    """Sum of |x - y| over all pairs of windows of each person, (k,); both sorted within each person."""
    owner = np.repeat(np.arange(len(people.counts)), people.counts)
    low = min(x.min(), y.min())
    stride = max(x.max(), y.max()) - low + 1  # keeps persons apart on one axis
    at = np.searchsorted(owner * stride + (x - low), owner * stride + (y - low))
    sums, start, m = _from_zero(x), people.starts[:-1][owner], people.counts[owner]
    below = at - start
    total = y * (2 * below - m) - 2 * (sums[at] - sums[start])
    return people.sums(total) + people.counts * people.sums(x)


def _rows(figures, people: _People, options: EvaluationOptions, *, still: bool, calibrated: bool):
    """The three rows of a network and pressure."""
    mae = float(figures[ANY]["before"].mean())
    for knows, own in figures.items():
        counted = people.several if knows == CHANGES else np.ones(len(people.counts), bool)
        n, why = int(counted.sum()), ONE_WINDOW if knows == CHANGES else ONE_SUBJECT
        lacking = why if not n or np.isnan(own["cost"][counted]).any() else ""
        cost = lower = upper = before = after = np.nan
        method = TOO_FEW
        if not lacking:
            parts = own["cost"][counted]
            parts = np.where((np.abs(parts) < _ROUNDING_MMHG) | still, 0.0, parts)
            found = subject_interval(parts[:, None], np.ones((n, 1)), options)
            (cost,), (lower,), (upper,), method = found
            before, after = own["before"][counted].mean(), own["after"][counted].mean()
        verdict = HARDLY if still else _verdict(lower, upper, mae)
        reason = STILL if still else lacking
        sd, sd_reference = float(own["sd_prediction"]), float(own["sd_reference"])
        if verdict == HARDLY and not still:
            if sd_reference < STILL_MMHG:
                verdict, reason = UNKNOWN, REFERENCE_STILL
            elif subject_interval(own["follows"][counted, None], np.ones((n, 1)), options).lower[0] > 0:
                verdict, reason = DEPENDS, HIDDEN
        if verdict == UNKNOWN and not reason:
            reason = f"fewer than {LEAST_SUBJECTS} subjects"
        if verdict == DEPENDS and knows == PERSON and calibrated:
            reason = MAYBE_CALIBRATION
        yield {
            "knows": knows,
            "mae": before,
            "mae_shuffled": after,
            "cost": cost,
            "cost_lower": lower,
            "cost_upper": upper,
            "interval": method,
            "confidence": options.confidence,
            "cost_share": cost / mae if mae > STILL_MMHG else np.nan,
            "sd_prediction": sd,
            "sd_reference": sd_reference,
            "sd_ratio": sd / sd_reference if sd_reference > STILL_MMHG else np.nan,
            "verdict": verdict,
            "reason": reason,
            "n_subjects": n,
        }


def _verdict(lower: float, upper: float, mae: float) -> str:
    """Whether the interval of a cost shows that the predictions depend on what was shuffled."""
    if np.isnan([lower, upper]).any():
        return UNKNOWN
    if upper < LITTLE * mae:
        return HARDLY
    return DEPENDS if lower > 0 else UNSHOWN
