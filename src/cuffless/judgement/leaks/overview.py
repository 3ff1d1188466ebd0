"""All leaks that a table of predictions shows, in one table, and the warnings they call for."""

import pandas as pd

from cuffless.designs.audit import FOUND, HIDDEN_ORDER, make_leak, tabulate_leaks
from cuffless.judgement.leaks.constants import overfitted_constants
from cuffless.judgement.leaks.labels import centred_predictors, equal_predictors
from cuffless.judgement.leaks.order import hidden_people
from cuffless.judgement.leaks.repeats import repeated_rows
from cuffless.judgement.leaks.sharing import divided_subjects, late_calibration, overlapping_windows, shared_names
from cuffless.judgement.leaks.spellings import respelled_people
from cuffless.judgement.table.cases import Case

NEED_SIGNALS = "needs the signals, which a table of predictions does not contain; the study's own audit looks for it"
_WARNINGS = {
    "respelled_subject": "people may be there under several names: {examples}; {reason}",
    "repeated_rows": "rows of one person have two names (e.g. {examples}); {reason}",
    "divided_subject": "{reason}: {count:.0f}",
    "late_calibration": "{reason}: {count:.0f}",
    "centred_on_test": "test references are in the predictions: {examples}",
    "equal_to_reference": "test references are in the predictions: {examples} equal the reference",
}


def leak_table(case: Case) -> pd.DataFrame:
    """Look for leaks between the training rows, the calibration rows and the test rows of a case.

    Parameters
    ----------
    case : Case

    Returns
    -------
    DataFrame
        ``case`` and the columns of `tabulate_leaks`; a table declares no leak.
    """
    leaks = {
        "shared_subject": shared_names(case, "subject"),
        "respelled_subject": respelled_people(case),
        "divided_subject": divided_subjects(case),
        "shared_record": shared_names(case, "record"),
        "repeated_rows": repeated_rows(case),
        "overlapping_windows": overlapping_windows(case, case.training, "training"),
        "near_duplicates": make_leak(None, NEED_SIGNALS),
        "fitted_beyond_training": overfitted_constants(case),
        "centred_on_test": centred_predictors(case),
        "equal_to_reference": equal_predictors(case),
        "calibration_in_test": overlapping_windows(case, case.calibration, "calibration"),
        "late_calibration": late_calibration(case),
        HIDDEN_ORDER: hidden_people(case),
    }
    table = tabulate_leaks(leaks).astype({"count": float})
    table.insert(0, "case", case.name)
    return table


def leak_warnings(leaks: pd.DataFrame) -> list[str]:
    """Warnings about the leaks of a case that nobody expects in a table, those of people and labels first.

    Parameters
    ----------
    leaks : DataFrame
        As from `leak_table`, of one case.

    Returns
    -------
    list of str
        None of subjects that are shared by name, which a mixed split has by design; where they are, none of people
        hidden in the order.
    """
    found = leaks[leaks["verdict"] == FOUND].set_index("kind")
    warnings = [text.format(**found.loc[kind]) for kind, text in _WARNINGS.items() if kind in found.index]
    if HIDDEN_ORDER in found.index and "shared_subject" not in found.index:
        warnings.append(f"people may be hidden in the order: {found.loc[HIDDEN_ORDER, 'reason']}")
    return warnings
