"""What a table of predictions tells of leaks: who and what is on both sides."""

import numpy as np
import pandas as pd

from cuffless.judgement.cases import Case
from cuffless.personalization.audit import TOUCHING_SECONDS, distance_to_test

NEED_SIGNALS = "needs the signals, which a table of predictions does not hold; the study's own audit looks for it"
FOUND, NONE, UNKNOWN = "found", "none", "not assessable"
_SHOWN = 5
_TIGHT = 1e-3  # mmHg


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
    ]
    return pd.DataFrame([_row(case.name, *row) for row in rows])


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
    both = set(case.training[column]) & set(case.windows[column])
    return kind, len(both), both, f"{column}s of test rows that training rows have, too"


def _overlapping(case: Case, others: pd.DataFrame, kind: str, what: str):
    if others.empty:
        return kind, None, (), f"no {what} rows"
    if not case.timed or not np.isfinite(case.windows["seconds"]).all():
        return kind, None, (), "no columns start and seconds"
    columns = ["subject", "record", "start", "seconds"]
    both = pd.concat(
        [case.windows[columns].assign(test=False), others[columns].drop_duplicates().assign(test=True)],
        ignore_index=True,
    )
    # The other windows are what distance is measured to; records are named alike by different subjects.
    both = both.assign(record=both["subject"] + "/" + both["record"], elapsed=np.nan)
    hit = both[~both["test"] & (distance_to_test(both) <= -TOUCHING_SECONDS)]
    shown = [f"{row.record}@{row.start:.1f}s" for row in hit.head(_SHOWN).itertuples()]
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
    means = {subset: rows[["sbp_ref", "dbp_ref"]].mean().to_numpy() for subset, rows in case.training.groupby("subset")}
    allowed = [*means.values(), case.training[["sbp_ref", "dbp_ref"]].mean().to_numpy()]
    allowed.append(case.training[["sbp_ref", "dbp_ref"]].median().to_numpy())
    odd = [
        f"{network} seed {seed}"
        for (network, seed), value in constant.items()
        if min(np.abs(value - mean).max() for mean in allowed) > 0.01
    ]
    return kind, len(odd), odd, "constant predictors that say another pressure than the training rows' mean or median"
