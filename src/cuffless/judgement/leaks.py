"""What a table of predictions tells of leaks: who and what is on both sides."""

from itertools import combinations

import numpy as np
import pandas as pd

from cuffless.designs.audit import HIDDEN_ORDER
from cuffless.designs.order import compare_neighbours, parted
from cuffless.designs.plan_audit import TOUCHING_SECONDS, distance_to_test
from cuffless.judgement.table.cases import Case

NEED_SIGNALS = "needs the signals, which a table of predictions does not hold; the study's own audit looks for it"
FOUND, NONE, UNKNOWN = "found", "none", "not assessable"
_SHOWN = 5
_ONE_CLOCK = 0.9  # of the subjects begin after the one before has ended
_TIGHT, _CLOSE = 1e-3, 0.01  # mmHg
_REFERENCE = ["sbp_ref", "dbp_ref"]


def leak_table(case: Case) -> pd.DataFrame:
    """Look for leaks between the training rows, the calibration rows and the test rows of a case.

    Parameters
    ----------
    case : Case

    Returns
    -------
    DataFrame
        ``case, kind, count, verdict`` (`found`, `none`, `not assessable`), ``examples, reason``.
    """
    rows = [
        _shared(case, "subject"),
        _shared(case, "record"),
        _overlapping(case, case.training, "overlapping_windows", "training"),
        ("near_duplicates", None, (), NEED_SIGNALS),
        _fitted_mean(case),
        _overlapping(case, case.calibration, "calibration_in_test", "calibration"),
        _hidden(case),
    ]
    return pd.DataFrame([_row(case.name, *row) for row in rows])


def hidden_people(leaks: pd.DataFrame) -> str:
    """Warning of people hidden in the order of a case; empty if there are none, or if people are shared anyway."""
    found = leaks[leaks["verdict"] == FOUND].set_index("kind")["reason"]
    if HIDDEN_ORDER not in found or "shared_subject" in found:
        return ""
    return f"people may be hidden in the order: {found[HIDDEN_ORDER]}"


def _row(name: str, kind: str, count: int | None, examples, reason: str) -> dict[str, object]:
    verdict = UNKNOWN if count is None else FOUND if count else NONE
    shown = ", ".join(sorted(map(str, examples))[:_SHOWN])
    return {
        "case": name,
        "kind": kind,
        "count": np.nan if count is None else count,
        "verdict": verdict,
        "examples": shown,
        "reason": reason,
    }


def _shared(case: Case, column: str):
    kind = f"shared_{column}"
    if case.training.empty:
        return kind, None, (), "no training rows"
    by = _named_by(case, case.training) if column == "record" else ["subject"]
    both = set(_keys(case.training, by)) & set(_keys(case.windows, by))
    shown = {key.rsplit("/", 1)[-1] for key in both}
    return kind, len(both), shown, f"{column}s of test rows that training rows have, too"


def _hidden(case: Case):
    """People hidden in the order: subjects who follow each other and are more alike than chance."""
    kind = HIDDEN_ORDER
    columns = ["subject", "record", "start", "seconds", "sbp", "dbp", *(["hr"] if "hr" in case.windows else [])]
    known = case.windows.assign(subset="test", **dict(zip(("sbp", "dbp"), case.judged.reference.T, strict=True)))
    training = case.training.drop(columns=["sbp", "dbp"]).rename(
        columns=dict(zip(_REFERENCE, ("sbp", "dbp"), strict=True))
    )
    windows = pd.concat([known, training.assign(subset="train")])[[*columns, "subset", "fold"]]
    orders = {"rows of the table": case.rows}
    if case.timed and (clock := _by_clock(windows)) is not None:
        orders["start times"] = clock
    tested = compare_neighbours(windows.drop_duplicates(columns[:3]), orders)
    if not tested.order:
        return kind, None, (), tested.problem
    if not tested.alike:
        return kind, 0, (), str(tested)
    if case.training.empty:
        shown = [f"{one} and {other}" for one, other in tested.pairs]
        what = "if several are of one person, they count as different people and intervals are too narrow"
    else:
        folds = windows.groupby("fold", sort=True)
        shown = list(dict.fromkeys(pair for _, fold in folds for pair in parted(tested.pairs, fold)))
        what = "if they are of one person, training rows tell of test rows"
    return kind, len(shown), shown, f"{tested}; {what}"


def _by_clock(windows: pd.DataFrame) -> pd.Series | None:
    """First start of each subject, where starts are times of one clock: nearly all subjects follow each other."""
    ends = windows["start"] + windows["seconds"].fillna(0)
    spans = pd.DataFrame({"start": windows["start"], "end": ends}).groupby(windows["subject"])
    spans = spans.agg({"start": "min", "end": "max"}).sort_values("start", kind="stable")
    apart = spans["start"].to_numpy()[1:] >= spans["end"].to_numpy()[:-1]
    return spans["start"] if len(apart) and apart.mean() >= _ONE_CLOCK else None


def _named_by(case: Case, others: pd.DataFrame) -> list[str]:
    """What tells records apart: their names alone where each belongs to one person, else the person's beside it."""
    for rows in (case.windows, others):
        pairs = rows[["subject", "record"]].drop_duplicates()
        if pairs["record"].duplicated().any() or len(pairs) < 2:
            return ["subject", "record"]
    return ["record"]


def _keys(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    """Fold and names, as one text a row; what other folds train on is no leak."""
    key = rows["fold"].astype(str)
    for column in by:
        key = key + "/" + rows[column]
    return key


def _overlapping(case: Case, others: pd.DataFrame, kind: str, what: str):
    if others.empty:
        return kind, None, (), f"no {what} rows"
    if not case.timed or not np.isfinite(case.windows["seconds"]).all():
        return kind, None, (), "no columns start and seconds"
    columns = ["subject", "record", "start", "seconds", "fold"]
    windows = case.windows if what == "training" else case.windows.assign(fold=0.0)
    both = pd.concat(
        [windows[columns].assign(test=False), others[columns].drop_duplicates().assign(test=True)],
        ignore_index=True,
    )
    # The other windows are what distance is measured to.
    named = both["subject"] + "/" + both["record"]
    both = both.assign(record=_keys(both, _named_by(case, others)), elapsed=np.nan)
    hit = both[~both["test"] & (distance_to_test(both) <= -TOUCHING_SECONDS)]
    shown = [f"{named[row.Index]}@{row.start:.1f}s" for row in hit.head(_SHOWN).itertuples()]
    return kind, len(hit), shown, f"test windows that share signal with {what} windows"


def _fitted_mean(case: Case):
    """A predictor that always says one pair of pressures gives away what it was fitted on."""
    kind = "fitted_beyond_training"
    constant = {
        key: values[0]
        for key, values in case.judged.predicted.items()
        if len(values) > 1 and np.ptp(values, axis=0).max() < _TIGHT
    }
    if not constant:
        return kind, None, (), "no predictor is constant; what a network was normalized with is not in the table"
    if case.training.empty:
        return kind, None, (), "no training rows"
    named = {subset: rows[_REFERENCE].to_numpy(float) for subset, rows in case.training.groupby("subset")}
    named["test"] = case.judged.reference
    own = named.pop("train" if "train" in named else "val")
    others = [several for n in range(1, len(named) + 1) for several in combinations(named.values(), n)]
    beyond = _middles([*others, *((own, *several) for several in others)])
    honest = _middles([(own,)])
    odd = [
        f"{network} seed {seed}"
        for (network, seed), value in constant.items()
        if _is_one_of(value, beyond) and not _is_one_of(value, honest)
    ]
    unseen = sorted({network for network, _ in case.keys} - {network for network, _ in constant})
    reason = "constant predictors that say the mean or median of pressures beyond the training set"
    if unseen:
        reason += f"; what {', '.join(unseen)} was normalized with is not in the table"
    return kind, len(odd), odd, reason


def _middles(several) -> list[np.ndarray]:
    """Means and medians of each union of sets."""
    joined = [np.concatenate(parts) for parts in several]
    return [middle(labels, axis=0) for labels in joined for middle in (np.mean, np.median)]


def _is_one_of(value: np.ndarray, known: list[np.ndarray]) -> bool:
    return any(np.abs(value - one).max() <= _CLOSE for one in known)
