"""Runs of records: without patient names, consecutively numbered records probably belong to one person."""

import re
from collections import Counter
from collections.abc import Iterable

ONE_NUMBERING = 0.9
"""Share of names with a unique number from which all count as one numbering."""
_NUMBERS = re.compile(r"\d+")


def split_numbers(names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Numbering and number of each name that contains a number.

    The last number that is not the same in all names counts (`r0001_2min`). Letters are ignored if the numbers are
    consecutive across them (`a123l`, `v124s`); if the numbers start over (`anna1`, `bob1`; `Part_1_0001`,
    `Part_2_0001`), the rest of the name identifies its numbering.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    dict of str to (str, int)
        Names without a number are absent. Names in the same numbering have the same text, empty if there is only one.
    """
    found = {}
    each = {name: list(_NUMBERS.finditer(name)) for name in dict.fromkeys(names)}
    same = _count_constant_at_end([numbers for numbers in each.values() if numbers])
    for name, numbers in each.items():
        if numbers:
            last = numbers[-1 - same]
            found[name] = (name[: last.start()] + "#" + name[last.end() :], int(last.group()))
    if len({number for _, number in found.values()}) >= ONE_NUMBERING * len(found):
        return {name: ("", number) for name, (_, number) in found.items()}
    return found


def _count_constant_at_end(names: list[list[re.Match]]) -> int:
    """How many numbers at the end are the same in all names and so carry no information; 0 if no others differ."""
    for back in range(min(map(len, names), default=0)):
        if len({numbers[-1 - back].group() for numbers in names}) > 1:
            return back
    return 0


def find_runs(names: Iterable[str], gap: int) -> dict[str, str]:
    """Chain records whose numbers differ by no more than a gap.

    Parameters
    ----------
    names : iterable of str
        Records; `split_numbers` gives their numbers.
    gap : int
        Largest difference between neighbours in a run.

    Returns
    -------
    dict of str to str
        Run of each record, named after the run's first record: ``run_a123l``. A record without a number is a run of
        its own. Adding or removing a record changes only its own run and the runs that it joins.
    """
    names = list(dict.fromkeys(names))
    numbers = split_numbers(names)
    runs = {name: f"run_{name}" for name in names if name not in numbers}
    first, before = "", None
    for name in sorted(numbers, key=lambda name: (*numbers[name], name)):
        numbering, number = numbers[name]
        if before is None or before[0] != numbering or number - before[1] > gap:
            first = name
        runs[name], before = f"run_{first}", (numbering, number)
    return runs


def describe_runs(subjects: dict[str, str]) -> dict[str, int | str]:
    """Count records and runs.

    Parameters
    ----------
    subjects : dict of str to str
        Run of each record.

    Returns
    -------
    dict
        ``records, runs``; ``longest``: number of records in the longest run, ``longest_run``: its name.
    """
    sizes = Counter(subjects.values())
    longest = min(sizes, key=lambda run: (-sizes[run], run), default="")
    return {"records": len(subjects), "runs": len(sizes), "longest": sizes[longest], "longest_run": longest}
