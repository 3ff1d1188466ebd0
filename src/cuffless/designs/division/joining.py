"""The folds of a split as one: their manifests, their audits, and their tables of leaks."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.audit import FOUND, NONE, UNKNOWN, make_audit, require_clean
from cuffless.designs.design import SUBSETS, DesignError
from cuffless.designs.split_audit import describe_set

_SEVERITY = (NONE, UNKNOWN, FOUND)
_OF_PEOPLE = ("kind", "seed", "identity", "people", "runs")
"""What the audits of all folds have alike."""


def join_manifests(manifests: Sequence[pd.DataFrame], *, name: str) -> pd.DataFrame:
    """Join the manifests of all folds.

    Parameters
    ----------
    manifests : sequence of DataFrame
        Windows of each fold, as from `sample_split`, in the order of the folds.
    name : str
        The split's name in messages.

    Returns
    -------
    DataFrame
        The same rows with ``fold``, from 1.

    Raises
    ------
    DesignError
        If a subject tests in several folds, or does not test.
    """
    joined = pd.concat([part.assign(fold=k) for k, part in enumerate(manifests, 1)], ignore_index=True)
    tests = joined[joined["subset"] == "test"].groupby("subject")["fold"].nunique()
    times = tests.reindex(sorted(joined["subject"].unique()), fill_value=0)
    if (wrong := times[times != 1]).size:
        raise DesignError(
            f"{name}: subject {wrong.index[0]} tests in {wrong.iloc[0]} folds instead of one ({wrong.size} such "
            "subjects); sample all folds again with the present options"
        )
    return joined


def join_audits(audits: Sequence[Mapping], windows: pd.DataFrame, options: SplitOptions, *, name: str) -> dict:
    """Join the audits of all folds.

    Parameters
    ----------
    audits : sequence of mapping
        As from `audited_split`, in the order of the folds.
    windows : DataFrame
        As from `join_manifests`.
    options : SplitOptions
    name : str
        The split's name in messages.

    Returns
    -------
    dict
        As from `audit_split`: each leak is that of the fold with most of it, the sets are those of all folds together
        (each window once), the coverage is the least of any fold. ``of_folds`` has the ``sets`` of each ``fold``.
    """
    first = audits[0]
    each = windows.drop_duplicates(["subset", "record", "row"])
    leaks = {}
    for kind in first["leaks"]:
        own = [audit["leaks"][kind] for audit in audits]
        worst = worst_fold([(leak["verdict"], leak["count"]) for leak in own])
        leaks[kind] = {**own[worst], "reason": _with_fold(own[worst], worst, len(own))}
    audit = make_audit(
        "splits",
        leaks,
        notes=[*(note for note in first["notes"] if all(note in one["notes"] for one in audits)), _note(audits)],
        **{fact: first[fact] for fact in _OF_PEOPLE if fact in first},
        folds=len(audits),
        sets={subset: describe_set(each[each["subset"] == subset]) for subset in SUBSETS},
        coverage={p: min(one["coverage"][p] for one in audits) for p in first["coverage"]},
        of_folds=[{"fold": k, "sets": one["sets"]} for k, one in enumerate(audits, 1)],
    )
    require_clean(audit, name=name, leakage=options.leakage)
    return audit


def join_leaks(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the leaks of all folds, as from `tabulate_leaks`: of each kind, those of the fold with most of it."""
    rows = []
    for kind in tables[0]["kind"]:
        own = [table[table["kind"] == kind].iloc[0] for table in tables]
        worst = worst_fold([(row["verdict"], row["count"]) for row in own])
        rows.append({**own[worst], "reason": _with_fold(own[worst], worst, len(own))})
    return pd.DataFrame(rows).astype({"count": "Int64"})[list(tables[0])]


def worst_fold(found: Sequence[tuple[str, float | None]]) -> int:
    """Position of the fold with most of a leak, from verdict and count of each: found, not assessable, none."""
    ranks = [(_SEVERITY.index(verdict), 0 if verdict != FOUND else count) for verdict, count in found]
    return max(range(len(ranks)), key=lambda k: ranks[k])


def _with_fold(leak: Mapping, fold: int, folds: int) -> str:
    """Reason of a leak that was found, with the fold that is shown."""
    return f"{leak['reason']}; fold {fold + 1} of {folds} has most" if leak["verdict"] == FOUND else leak["reason"]


def _note(audits: Sequence[Mapping]) -> str:
    """How many subjects take which part in a fold."""
    numbers = {name: sorted({audit["sets"][name]["subjects"] for audit in audits}) for name in SUBSETS}
    shown = {name: " to ".join(map(str, dict.fromkeys((few[0], few[-1])))) for name, few in numbers.items()}
    people = sum(audit["sets"]["test"]["subjects"] for audit in audits)
    return (
        f"{people} subjects in {len(audits)} folds, each tested once: in a fold {shown['train']} train, "
        f"{shown['val']} validate and {shown['test']} test"
    )
