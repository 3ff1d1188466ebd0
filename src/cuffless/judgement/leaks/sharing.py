"""Subjects, records and signal that test rows share with training or calibration rows."""

import numpy as np
import pandas as pd

from cuffless.designs.audit import SHOWN, make_leak, window_name
from cuffless.designs.clock import TOUCHING_SECONDS, in_time_order, shares_signal
from cuffless.judgement.table.cases import Case

_APART = "\n"
"""Between names in a key: no name has it, as names may have a slash."""
_UNTIMED = "no columns start and seconds"


def shared_names(case: Case, column: str) -> dict:
    """Subjects, or records, of test rows that training rows of the same fold have as well."""
    if case.training.empty:
        return make_leak(None, "no training rows")
    by = _record_key(case, case.training) if column == "record" else ["subject"]
    both = set(_keys(case.training, by)) & set(_keys(case.windows, by))
    shown = {key.rsplit(_APART, 1)[-1] for key in both}
    return make_leak(sorted(shown), f"{column}s of test rows that training rows have as well", count=len(both))


def overlapping_windows(case: Case, others: pd.DataFrame, what: str) -> dict:
    """Test windows that share signal with rows of training, of the same fold, or of calibration."""
    if others.empty:
        return make_leak(None, f"no {what} rows")
    if not case.timed or not np.isfinite(case.windows["seconds"]).all():
        return make_leak(None, _UNTIMED)
    windows = case.windows if what == "training" else case.windows.assign(fold=0.0)
    by = _record_key(case, others)
    windows, others = (rows.assign(signal=_keys(rows, by)) for rows in (windows, others))
    hit = windows[shares_signal(windows, others, by="signal", at_least=TOUCHING_SECONDS)]
    shown = [f"{row.subject}/{window_name(row)}" for row in hit.head(SHOWN).itertuples()]
    return make_leak(sorted(shown), f"test windows that share signal with {what} windows", count=len(hit))


def divided_subjects(case: Case) -> dict:
    """Subjects tested in several folds: where one fold tests them, the others train on them.

    With training rows `shared_names` compares each fold's own, so nothing has to be inferred.
    """
    if not case.folded:
        return make_leak(None, "no column fold")
    if len(case.training):
        return make_leak([], "each fold has its training rows, which shared_subject compares")
    reason = "subjects with test windows in several folds, so that other folds probably train on them"
    return make_leak(list(case.divided), reason)


def late_calibration(case: Case) -> dict:
    """Test windows that begin before a calibration window of their subject does.

    Records of one subject are compared as far as their dates are known. A predictor that was calibrated several times
    may have used the earlier windows alone; the table cannot show it.
    """
    if case.calibration.empty:
        return make_leak(None, "no calibration rows")
    if not case.timed:
        return make_leak(None, "no column start")
    columns = ["subject", "record", "start"]
    both = pd.concat(
        [case.windows[columns].assign(test=True), case.calibration[columns].assign(test=False)], ignore_index=True
    )
    both = in_time_order(both.assign(row=both["start"]))
    given = both["elapsed"].mask(both["test"]).groupby(both["subject"], observed=True)
    before_last = both["test"] & (both["elapsed"] < given.transform("max"))
    hit = both[before_last]
    before_all = int((both["test"] & (both["elapsed"] < given.transform("min"))).sum())
    reason = "test windows that begin before a calibration window of their subject"
    if len(hit):
        reason += (
            f", {before_all} of them before all; their predictions know a later pressure, unless each was made with "
            "earlier calibration windows alone"
        )
    shown = [f"{row.subject}/{window_name(row)}" for row in hit.head(SHOWN).itertuples()]
    return make_leak(sorted(shown), reason, count=len(hit))


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
        key = key + _APART + rows[column].astype(object)
    return key
