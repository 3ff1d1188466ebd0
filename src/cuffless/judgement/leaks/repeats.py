"""Test rows that occur again under another person's name: the same references in the same order.

Rounded references of strangers are equal now and then, most often where their pressures are alike. How often two rows
agree by chance is therefore taken from rows of *one* person, who is more like himself than strangers are, and rows are
compared one by one and in ever longer runs, until chance brings about at most one such run in the whole table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import pdtrc

from cuffless.designs.audit import make_leak
from cuffless.designs.clock import in_time_order
from cuffless.judgement.table.cases import Case
from cuffless.judgement.table.keys import among, hashed, recurring

MOST_P = 1e-6
"""Equal rows are not put down to chance below this probability; several roundings and columns are tried."""
LEAST_SHARE = 0.5
"""Share of a person's runs that must recur: copies of recordings are whole, or nearly so."""
_DECIMALS = (3, 0)  # as stored in single precision, and as rounded to whole mmHg
_LENGTHS, _SHORT = (1, 2, 4, 8, 16), 4
_TIMES_CHANCE = 3  # strangers who are alike have more in common than most
_FEW_PAIRS = 100
_PERSON = ["fold", "subject"]


def repeated_rows(case: Case) -> dict:
    """Test subjects whose references recur in the same order under another name.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict
        As from `make_leak`, counting test subjects that recur among the training rows of their fold or, under a second
        name, among the test rows. Those who are training subjects by name are not looked at again.
    """
    test = _labels(case.windows).assign(**measured_labels(case))  # in time order as they are
    trained, twice = _among_training(case, test), recurring_people(test)
    reason = "test subjects whose references recur, in their order, under another name"
    if trained or twice:
        reason += f": {len(trained)} among the training rows, {len(twice)} among the test rows"
    return make_leak(sorted({*trained, *twice}), reason)


def _among_training(case: Case, test: pd.DataFrame) -> list[str]:
    """Test subjects that recur among the training rows of their fold under another name."""
    if case.training.empty:
        return []
    pressures = {label: case.training[f"{label}_ref"] for label in measured_labels(case)}
    training = in_time_order(_labels(case.training).assign(row=case.training["start"], **pressures))
    known = pd.MultiIndex.from_frame(training[_PERSON].drop_duplicates().astype(object))
    strangers = test[~pd.MultiIndex.from_frame(test[_PERSON].astype(object)).isin(known)]
    return recurring_people(strangers, training)


def measured_labels(case: Case) -> dict[str, np.ndarray]:
    """References of the test windows, (n,) by the column of their pressure, without those that follow from others."""
    return {case.predictions[p]: case.judged.reference[:, p] for p in case.judged.measured}


def _labels(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[*_PERSON, "record", "start", *(["hr"] if "hr" in rows else [])]]


def recurring_people(rows: pd.DataFrame, others: pd.DataFrame | None = None) -> list[str]:
    """Subjects whose labels recur under another name.

    Parameters
    ----------
    rows : DataFrame
        ``fold, subject, record, start``, any of ``sbp, dbp, map`` (mmHg) and ``hr`` where it is known, in time order
        within subjects.
    others : DataFrame, optional
        Rows of other people in which to look; by default the rows themselves.

    Returns
    -------
    list of str
        Empty as well where references are so coarse, or people have so few rows, that chance explains what is found.
    """
    if rows.empty or (others is not None and others.empty):
        return []
    both = rows if others is None else pd.concat([rows, others], ignore_index=True)
    asked, names = np.arange(len(both)) < len(rows), both["subject"].astype(object).unique()
    for decimals in _DECIMALS if others is not None else _DECIMALS[:1]:  # one table is rounded in one way
        for columns in _label_sets(both):
            people, length = _recurring(_Labels(both, columns, decimals), asked, others is not None)
            if len(people):
                return [str(names[number]) for number in people]
            if length <= _SHORT:  # rates would make rows no rarer than they need to be
                break
    return []


def _recurring(labels: "_Labels", asked: np.ndarray, has_others: bool) -> tuple[np.ndarray, int]:
    """People who recur, as numbers of their names, and the length of the runs at which that was decided."""
    for length in _LENGTHS:
        runs = labels.runs(length)
        mine = asked[runs.row]
        other = ~mine if has_others else mine
        chance = labels.chance(length) * _comparisons(runs.fold, mine, other)
        people, found = _whole_people(runs, mine, other)
        found //= length  # so many have no row in common
        if found > _TIMES_CHANCE * chance and pdtrc(found - 1, chance) < MOST_P:
            return people, length
        if chance <= 1:  # longer runs recur less
            break
    return np.empty(0, int), length


def _label_sets(rows: pd.DataFrame) -> Iterator[list[str]]:
    """Pressures alone, since copies may lack the rates; then with the rate, which makes rows rarer."""
    pressures = [name for name in ("sbp", "dbp", "map") if name in rows]
    yield pressures
    if "hr" in rows and rows["hr"].notna().all():
        yield [*pressures, "hr"]


@dataclass(frozen=True)
class _Runs:
    """Runs of rows of one person: position of the first row, person, name and fold; equal runs have equal keys."""

    row: np.ndarray
    person: np.ndarray
    name: np.ndarray
    fold: np.ndarray
    key: np.ndarray


class _Labels:
    """Rows as hashes of their rounded labels."""

    def __init__(self, rows: pd.DataFrame, columns: Sequence[str], decimals: int):
        values = np.rint(rows[list(columns)].to_numpy(float) * 10.0**decimals).astype(np.int64)
        self.fold, self.name = (pd.factorize(rows[column])[0] for column in ("fold", "subject"))
        code, person = hashed(*values.T), pd.factorize(hashed(self.fold, self.name))[0]
        own = hashed(person, code)
        # A label that its person had before says nothing new: a cuff's values are held for many windows.
        new = ~pd.Series(own).duplicated().to_numpy()
        self.row, self.person, self.code = np.flatnonzero(new), person[new], code[new]
        if self.fold.any():  # training rows repeat in every fold
            once = ~rows.duplicated(["subject", "record", "start"]).to_numpy()
            own, code, person = own[once], code[once], person[once]
        self.equal = _agreement(own, person) or _agreement(code) or 1.0
        steps = np.diff(values[new], axis=0)[np.diff(self.person) == 0]
        self.equal_steps = max(self.equal, _agreement(hashed(*steps.T)) or 0.0)

    def chance(self, length: int) -> float:
        """Probability that two runs are equal by chance."""
        return self.equal * self.equal_steps ** (length - 1)

    def runs(self, length: int) -> _Runs:
        """All runs of so many successive rows of one person."""
        n = max(len(self.code) - length + 1, 0)
        whole = self.person[:n] == self.person[len(self.person) - n :]
        row = self.row[:n][whole]
        parts = (self.code[later : later + n][whole] for later in range(length))
        return _Runs(row, self.person[:n][whole], self.name[row], self.fold[row], hashed(self.fold[row], *parts))


def _agreement(code: np.ndarray, group: np.ndarray | None = None) -> float | None:
    """Share of pairs that agree, of all rows or of those of one group, counting one more; None of too few pairs."""
    pairs = len(code) * (len(code) - 1) / 2 if group is None else _pairs(group)
    return (_pairs(code) + 1) / (pairs + 1) if pairs >= _FEW_PAIRS else None


def _pairs(values: np.ndarray) -> float:
    counts = np.bincount(pd.factorize(values)[0]).astype(float)  # many times as fast as unique values
    return float((counts * (counts - 1) / 2).sum())


def _comparisons(fold: np.ndarray, mine: np.ndarray, other: np.ndarray) -> float:
    """Pairs of runs, one asked for and one of the others, of the same fold."""
    folds = int(fold.max(initial=-1)) + 1
    one, two = (np.bincount(fold[which], minlength=folds).astype(float) for which in (mine, other))
    return float(one @ two) / (2 if mine is other else 1)


def _whole_people(runs: _Runs, mine: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, int]:
    """People asked for, as numbers of their names, of whose runs most recur, and how many of their runs do."""
    holders = runs.key[other]
    if mine is other:  # under a second name: the rows are sorted by name
        several = np.flatnonzero(recurring(runs.key))  # mostly few
        several = several[np.argsort(runs.key[several], kind="stable")]
        key, name = runs.key[several], runs.name[several]
        holders = key[1:][(key[1:] == key[:-1]) & (name[1:] != name[:-1])]
    again, person = among(runs.key[mine], holders), runs.person[mine]
    n, total = (np.bincount(person, again, minlength=1), np.bincount(person, minlength=1))
    most = (n >= LEAST_SHARE * total) & (n > 0)
    return np.unique(runs.name[mine][most[person]]), int(n[most].sum())
