"""Leaks that a table of predictions shows: subjects, records and signal in both training and test rows."""

from itertools import combinations

import numpy as np
import pandas as pd

from cuffless.designs.audit import FOUND, HIDDEN_ORDER, SHOWN, make_leak, tabulate_leaks, window_name
from cuffless.designs.clock import TOUCHING_SECONDS, shares_signal
from cuffless.designs.order import compare_neighbours, pairs_across_sets
from cuffless.judgement.table.cases import Case

NEED_SIGNALS = "needs the signals, which a table of predictions does not contain; the study's own audit looks for it"
_ONE_CLOCK = 0.9  # of the subjects begin after the one before has ended
_TIGHT, _CLOSE = 1e-3, 0.01  # mmHg
_REFERENCE = ["sbp_ref", "dbp_ref"]


def leak_table(case: Case) -> pd.DataFrame:
    """Look for leaks between the training rows, the calibration rows and the test rows of a case.

    Returns ``case`` and the columns of `tabulate_leaks`; a table declares no leak.
    """
    leaks = {
        "shared_subject": _shared(case, "subject"),
        "shared_record": _shared(case, "record"),
        "overlapping_windows": _overlapping(case, case.training, "training"),
        "near_duplicates": make_leak(None, NEED_SIGNALS),
        "fitted_beyond_training": _fitted_mean(case),
        "calibration_in_test": _overlapping(case, case.calibration, "calibration"),
        HIDDEN_ORDER: _hidden(case),
    }
    table = tabulate_leaks(leaks).astype({"count": float})
    table.insert(0, "case", case.name)
    return table


def hidden_people(leaks: pd.DataFrame) -> str:
    """Warning about people hidden in the order of a case; empty if there are none, or if people are shared anyway."""
    found = leaks[leaks["verdict"] == FOUND].set_index("kind")["reason"]
    if HIDDEN_ORDER not in found or "shared_subject" in found:
        return ""
    return f"people may be hidden in the order: {found[HIDDEN_ORDER]}"


def _shared(case: Case, column: str) -> dict:
    if case.training.empty:
        return make_leak(None, "no training rows")
    by = _record_key(case, case.training) if column == "record" else ["subject"]
    both = set(_keys(case.training, by)) & set(_keys(case.windows, by))
    shown = {key.rsplit("/", 1)[-1] for key in both}
    return make_leak(sorted(shown), f"{column}s of test rows that training rows have as well", count=len(both))


def _hidden(case: Case) -> dict:
    """People hidden in the order: successive subjects who are more alike than by chance."""
    columns = ["subject", "record", "start", "seconds", "sbp", "dbp", *(["hr"] if "hr" in case.windows else [])]
    known = case.windows.assign(subset="test", **dict(zip(("sbp", "dbp"), case.judged.reference.T, strict=True)))
    training = case.training.drop(columns=["sbp", "dbp"]).rename(
        columns=dict(zip(_REFERENCE, ("sbp", "dbp"), strict=True))
    )
    windows = pd.concat([known, training.assign(subset="train")])[[*columns, "subset", "fold"]]
    orders = {"rows of the table": case.rows}
    if case.timed and (clock := _by_clock(windows)) is not None:
        orders["start times"] = clock
    tested = compare_neighbours(known if case.training.empty else windows.drop_duplicates(columns[:3]), orders)
    if not tested.order:
        return make_leak(None, tested.problem)
    if not tested.alike:
        return make_leak([], str(tested))
    if case.training.empty:
        shown = [f"{one} and {other}" for one, other in tested.pairs]
        what = "if several belong to one person, they count as different people and intervals are too narrow"
    else:
        folds = windows.groupby("fold", sort=True)
        shown = list(dict.fromkeys(pair for _, fold in folds for pair in pairs_across_sets(tested.pairs, fold)))
        what = "if they belong to one person, training rows give away test rows"
    return make_leak(sorted(shown), f"{tested}; {what}")


def _by_clock(windows: pd.DataFrame) -> pd.Series | None:
    """First start of each subject, where starts are times of one clock: nearly all subjects follow each other."""
    ends = windows["start"] + windows["seconds"].fillna(0)
    spans = pd.DataFrame({"start": windows["start"], "end": ends}).groupby(windows["subject"])
    spans = spans.agg({"start": "min", "end": "max"}).sort_values("start", kind="stable")
    spans.index = spans.index.astype(object)
    apart = spans["start"].to_numpy()[1:] >= spans["end"].to_numpy()[:-1]
    return spans["start"] if len(apart) and apart.mean() >= _ONE_CLOCK else None


def _record_key(case: Case, others: pd.DataFrame) -> list[str]:
    """Columns that identify a record: with the subject, unless each record belongs to one subject."""
    for rows in (case.windows, others):
        pairs = rows[["subject", "record"]].drop_duplicates()
        if pairs["record"].duplicated().any() or len(pairs) < 2:
            return ["subject", "record"]
    return ["record"]


def _keys(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    """Fold and names as one text per row: training rows of another fold are not a leak."""
    key = rows["fold"].astype(str).astype(object)
    for column in by:
        key = key + "/" + rows[column].astype(object)
    return key


def _overlapping(case: Case, others: pd.DataFrame, what: str) -> dict:
    """Test windows that share signal with rows of training, of the same fold, or of calibration."""
    if others.empty:
        return make_leak(None, f"no {what} rows")
    if not case.timed or not np.isfinite(case.windows["seconds"]).all():
        return make_leak(None, "no columns start and seconds")
    windows = case.windows if what == "training" else case.windows.assign(fold=0.0)
    by = _record_key(case, others)
    windows, others = (rows.assign(signal=_keys(rows, by)) for rows in (windows, others))
    hit = windows[shares_signal(windows, others, by="signal", at_least=TOUCHING_SECONDS)]
    shown = [f"{row.subject}/{window_name(row)}" for row in hit.head(SHOWN).itertuples()]
    return make_leak(sorted(shown), f"test windows that share signal with {what} windows", count=len(hit))


def _fitted_mean(case: Case) -> dict:
    """Constant predictors fitted on more than the training set, recognized by the value that they predict."""
    constant = {
        key: values[0]
        for key, values in case.judged.predicted.items()
        if len(values) > 1 and np.ptp(values, axis=0).max() < _TIGHT
    }
    if not constant:
        return make_leak(None, "no predictor is constant; what a network was normalized with is not in the table")
    if case.training.empty:
        return make_leak(None, "no training rows")
    labels = {subset: rows[_REFERENCE].to_numpy(float) for subset, rows in case.training.groupby("subset")}
    labels["test"] = case.judged.reference
    own = labels.pop("train" if "train" in labels else "val")
    others = [several for n in range(1, len(labels) + 1) for several in combinations(labels.values(), n)]
    beyond = _middles([*others, *((own, *several) for several in others)])
    honest = _middles([(own,)])
    odd = [
        f"{network} seed {seed}"
        for (network, seed), value in constant.items()
        if _is_one_of(value, beyond) and not _is_one_of(value, honest)
    ]
    unseen = sorted({network for network, _ in case.keys} - {network for network, _ in constant})
    reason = "constant predictors that predict the mean or median of pressures beyond the training set"
    if unseen:
        reason += f"; what {', '.join(unseen)} was normalized with is not in the table"
    return make_leak(sorted(odd), reason)


def _middles(several) -> list[np.ndarray]:
    """Means and medians of each union of sets."""
    joined = [np.concatenate(parts) for parts in several]
    return [middle(labels, axis=0) for labels in joined for middle in (np.mean, np.median)]


def _is_one_of(value: np.ndarray, known: list[np.ndarray]) -> bool:
    return any(np.abs(value - one).max() <= _CLOSE for one in known)
