"""High and low pressure as events: which are found, which alarms are right, and the error where it matters."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.baselines import Baselines
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.evidence.shares import clustered_share
from cuffless.judgement.names import BASELINES, JUDGED_PRESSURES, NETWORK, NONE, OFFSET, PRESSURES
from cuffless.judgement.table.cases import Case

BY_WINDOW, BY_PERSON = "window", "person"
"""Units: each test window, or each person by the mean of its test windows."""
SHARES = ("sensitivity", "specificity", "ppv", "npv")
_ROUNDING = 1e-6  # mmHg; kPa that were 140 mmHg are 140 mmHg


class Event(NamedTuple):
    """A pressure at or above a limit, or below it."""

    pressure: str
    sign: str
    limit: float

    @property
    def name(self) -> str:
        """Such as `SBP >= 140`."""
        return f"{self.pressure} {self.sign} {self.limit:g}"

    def happens(self, pressures: np.ndarray) -> np.ndarray:
        """Where pressures, (3, n) of SBP, DBP and MAP in mmHg, are an event: (n,) bool."""
        above = pressures[JUDGED_PRESSURES.index(self.pressure)] >= self.limit - _ROUNDING
        return above if self.sign == ">=" else ~above


EVENTS = (
    *(Event("SBP", ">=", limit) for limit in (130.0, 140.0)),
    *(Event("DBP", ">=", limit) for limit in (80.0, 90.0)),
    Event("SBP", "<", 90.0),
    Event("MAP", "<", 65.0),
)
"""Hypertension as in the guidelines of ACC/AHA 2017 (130/80) and ESH 2023 (140/90), and hypotension."""
COLUMNS = ["case", "network", "method", "event", "pressure", "by", "n", "n_subjects", "n_events", "n_event_subjects"]
COLUMNS += ["prevalence", "n_alarms", "n_false"]
COLUMNS += [f"{share}{end}" for share in SHARES for end in ("", "_lower", "_upper")]
COLUMNS += ["mae", "mae_lower", "mae_upper", "seeds", "interval", "confidence", "reason"]


class _Method(NamedTuple):
    """A predictor or baseline with what each of its trainings predicts: (3, n) arrays."""

    network: str
    method: str
    predicted: list[np.ndarray]


def event_table(case: Case, baselines: Baselines, options: EvaluationOptions) -> pd.DataFrame:
    """How each predictor and baseline of a case finds high and low pressures.

    Parameters
    ----------
    case : Case
    baselines : Baselines
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        One row per method, event of `EVENTS` and unit: ``case, network`` (`none` for a baseline that needs no network),
        ``method`` (`network`, or a baseline), ``event, pressure, by`` (`window`, `person`), ``n`` (units),
        ``n_subjects, n_events, n_event_subjects`` (with at least one event), ``prevalence``, ``n_alarms, n_false``
        (means over the seeds); with ``_lower`` and ``_upper`` over subjects ``sensitivity`` (events that are found),
        ``specificity`` (units without event that raise no alarm), ``ppv`` and ``npv`` (alarms, and silences, that are
        right) and ``mae``, the error in mmHg of this pressure in windows with the event; ``seeds, interval`` (of the
        shares), ``confidence``, and ``reason``: why a share is missing.

    Notes
    -----
    A person has the event if the mean of its references over its test windows is on the wrong side of the limit, and
    raises an alarm if the mean of its predictions is: hypertension is a mean of several readings, not one of them. A
    person whose pressure crosses the limit now and then is found among the windows.
    Events are those of the pressures that are judged. MAP is DBP + (SBP - DBP) / 3 unless the table gives it (columns
    ``map_ref``, ``map``).
    PPV and NPV hold for this prevalence only.
    """
    pressures = case.judged.pressures
    reference = _with_map(case.judged.reference, pressures, _given(case, "map_ref"))
    methods = list(_methods(case, baselines))
    owner, k = case.judged.owner, len(case.judged.subjects)
    counts = np.bincount(owner, minlength=k)
    by_person = [
        method._replace(predicted=[_person_means(one, owner, counts) for one in method.predicted]) for method in methods
    ]
    means = _person_means(reference, owner, counts)
    rows = []
    known = {*pressures, *(["MAP"] if set(PRESSURES) <= set(pressures) else [])}
    for event in EVENTS:
        if event.pressure not in known:
            continue
        rows += _rows(event, BY_WINDOW, reference, methods, owner, counts, options)
        rows += _rows(event, BY_PERSON, means, by_person, np.arange(k), np.ones(k, int), options)
    return pd.DataFrame(rows).assign(case=case.name, confidence=options.confidence)[COLUMNS]


def _methods(case: Case, baselines: Baselines) -> Iterator[_Method]:
    pressures = case.judged.pressures
    for network in case.judged.networks:
        keys = [(network, seed) for seed in case.judged.seeds(network)]
        own = [_with_map(case.judged.predicted[key], pressures, case.means.get(key)) for key in keys]
        yield _Method(network, NETWORK, own)
        if all(key in baselines.offset for key in keys):
            yield _Method(network, OFFSET, [_with_map(baselines.offset[key], pressures) for key in keys])
    for name in BASELINES:
        if name in baselines.predicted:
            yield _Method(NONE, name, [_with_map(baselines.predicted[name], pressures)])


def _given(case: Case, name: str) -> np.ndarray | None:
    return case.windows[name].to_numpy(float) if name in case.windows else None


def _with_map(values: np.ndarray, pressures: tuple[str, ...], given: np.ndarray | None = None) -> np.ndarray:
    """SBP, DBP and MAP, (3, n), NaN where unknown, of judged pressures, (n, pressures), and of MAP as far as given."""
    sbp, dbp, middle = found = np.full((len(JUDGED_PRESSURES), len(values)), np.nan)
    for pressure, column in zip(pressures, values.T, strict=True):
        found[JUDGED_PRESSURES.index(pressure)] = column
    if "MAP" not in pressures:
        middle[:] = dbp + (sbp - dbp) / 3
        if given is not None:
            middle[:] = np.where(np.isnan(given), middle, given)
    return found


def _person_means(pressures: np.ndarray, owner: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(owner, weights=row, minlength=len(counts)) for row in pressures]) / counts


def _rows(
    event: Event,
    by: str,
    reference: np.ndarray,
    methods: list[_Method],
    owner: np.ndarray,
    counts: np.ndarray,
    options: EvaluationOptions,
) -> list[dict[str, object]]:
    """Rows of one event and unit; `owner`: subject of each unit, `counts`: units of each subject."""
    k, happens = len(counts), event.happens(reference)
    events = np.bincount(owner[happens], minlength=k).astype(float)
    alarms, hits = (np.empty((k, len(methods))) for _ in range(2))
    for m, method in enumerate(methods):
        raised = [event.happens(predicted) for predicted in method.predicted]
        alarms[:, m] = np.mean([np.bincount(owner[one], minlength=k) for one in raised], axis=0)
        hits[:, m] = np.mean([np.bincount(owner[one & happens], minlength=k) for one in raised], axis=0)
    shares = _shares(hits, alarms, events[:, None], counts[:, None], options)
    errors = _event_errors(event, reference, methods, owner, happens, options) if by == BY_WINDOW else {}
    return [
        {
            "network": method.network,
            "method": method.method,
            "event": event.name,
            "pressure": event.pressure,
            "by": by,
            "n": int(counts.sum()),
            "n_subjects": k,
            "n_events": int(events.sum()),
            "n_event_subjects": int((events > 0).sum()),
            "prevalence": events.sum() / counts.sum(),
            "n_alarms": alarms[:, m].sum(),
            "n_false": (alarms - hits)[:, m].sum(),
            **{name: values[m] for name, values in shares.items()},
            **{name: errors[name][m] if errors else np.nan for name in ("mae", "mae_lower", "mae_upper")},
            "seeds": len(method.predicted),
            "reason": _why_missing(events.sum(), counts.sum(), alarms[:, m].sum()),
        }
        for m, method in enumerate(methods)
    ]


def _shares(hits, alarms, events, units, options: EvaluationOptions) -> dict[str, np.ndarray]:
    """The four shares with their limits, by column name, (methods,) each; arguments by subject and method."""
    misses = events - hits
    silences = units - alarms
    parts = {
        "sensitivity": (hits, events),
        "specificity": (silences - misses, units - events),
        "ppv": (hits, alarms),
        "npv": (silences - misses, silences),
    }
    found: dict[str, np.ndarray] = {}
    for name, (right, of) in parts.items():
        share = clustered_share(right, np.broadcast_to(of, right.shape), options)
        found |= {name: share.estimate, f"{name}_lower": share.lower, f"{name}_upper": share.upper}
        found["interval"] = np.full(right.shape[1], share.method, dtype=object)
    return found


def _event_errors(event, reference, methods, owner, happens, options) -> dict[str, np.ndarray]:
    """MAE of each method in windows with the event, with limits; empty without such a window."""
    if not happens.any():
        return {}
    p, own = JUDGED_PRESSURES.index(event.pressure), pd.factorize(owner[happens])[0]
    windows = np.bincount(own)[:, None].astype(float)
    sums = np.empty((len(windows), len(methods)))
    for m, method in enumerate(methods):
        errors = np.mean([np.abs(one[p, happens] - reference[p, happens]) for one in method.predicted], axis=0)
        sums[:, m] = np.bincount(own, weights=errors)
    mae = positive_interval(sums, windows, options)
    return {"mae": mae.estimate, "mae_lower": mae.lower, "mae_upper": mae.upper}


def _why_missing(events: float, units: float, alarms: float) -> str:
    """Shares that are missing because nothing can be a share of nothing."""
    reasons = []
    if not events:
        reasons.append("sensitivity is not assessable: no event")
    if events == units:
        reasons.append("specificity is not assessable: nothing but events")
    if not alarms:
        reasons.append("no PPV: no alarm")
    if alarms == units:
        reasons.append("no NPV: nothing but alarms")
    return "; ".join(reasons)
