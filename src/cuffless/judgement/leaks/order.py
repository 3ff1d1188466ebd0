"""People hidden in the order of a table."""

import pandas as pd

from cuffless.designs.audit import make_leak
from cuffless.designs.order import compare_neighbours, pairs_across_sets
from cuffless.judgement.leaks.repeats import measured_labels
from cuffless.judgement.table.cases import Case

_ONE_CLOCK = 0.9  # of the subjects begin after the one before has ended


def hidden_people(case: Case) -> dict:
    """Neighbours in the order of a case who are more alike than by chance.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting pairs of neighbours, one in training and one in test where there are both.
    """
    labels = measured_labels(case)
    columns = ["subject", "record", "start", "seconds", *labels, *(["hr"] if "hr" in case.windows else [])]
    known = case.windows.assign(subset="test", **labels)
    training = case.training.assign(**{label: case.training[f"{label}_ref"] for label in labels})
    columns = [*columns, "subset", "fold"]
    windows = known[columns] if training.empty else pd.concat([known, training.assign(subset="train")])[columns]
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
