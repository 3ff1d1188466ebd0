"""The audit of a design: what its test windows share with training and calibration windows."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from cuffless.designs.clock import TIGHT, TOUCHING_SECONDS, distances
from cuffless.designs.design import FIRST, RANDOM, RECORDINGS, SUBSETS, DesignError


@dataclass(frozen=True)
class Kind:
    """A kind of leak."""

    name: str
    counted: str
    """What is counted of it."""
    remedy: str = ""
    """What to change where it must not be."""
    declared: Literal["", "note", "warning"] = ""
    """What the audit says of one that the design declares; the empty text: nothing."""
    evidence: str = ""
    """Of a leak that is inferred and not seen, the warning: it stops nothing."""


HIDDEN_ORDER = "hidden_order"
_BESIDE = "windows in training that follow on a test window, or it on them, without a gap"
_PLAN_GAP, _FOLD_GAP = "raise personalization.gap", "raise rppg.tuning.gap"
_LEAVE_OUT = "leave these subjects out of the recordings, or rename them if they are others of the same name"
_EXCLUDE = "leave them out of one of the data sets (records.exclude)"
_HIDDEN = (
    "people may be hidden in the order: {count} pairs of neighbours lie in different sets, e.g. {example}; {reason}"
)
KINDS = {
    "splits": (
        Kind("shared_subject", "subjects with windows in more than one set"),
        Kind("shared_record", "records with windows in more than one set"),
        Kind("overlapping_windows", "windows that share signal with an earlier one of another set"),
        Kind("near_duplicates", "windows whose signal has a copy in another set"),
        Kind("fitted_beyond_training", "networks that are scaled by other labels than those of the training set"),
        Kind("calibration_in_test", "calibration and test windows that share signal"),
        Kind(
            HIDDEN_ORDER,
            "neighbours in different sets, where neighbours in the order are more alike than chance",
            evidence=_HIDDEN,
        ),
    ),
    "inputs": (
        Kind("shared_subject", "subjects with stretches in more than one set"),
        Kind("shared_record", "records with stretches in more than one set"),
    ),
    "personalization": (
        Kind("shared_window", "calibration windows that are test windows", _PLAN_GAP),
        Kind("overlapping_windows", "calibration windows that share signal with a test window", _PLAN_GAP),
        Kind("touching_windows", _BESIDE.replace("windows in training", "calibration windows"), _PLAN_GAP),
        Kind("shared_subject", "subjects on whom the network was trained", "name a non-mixed split"),
    ),
    "camera": (
        Kind("shared_window", "windows of the test subject that train and test the same setting"),
        Kind(
            "overlapping_windows",
            "windows of the test subject in training that share signal with a test window",
            _FOLD_GAP,
        ),
        Kind(f"{FIRST}_beside_test", f"{FIRST} {_BESIDE}", _FOLD_GAP, declared="warning"),
        Kind(f"{RANDOM}_beside_test", f"{RANDOM} {_BESIDE}", declared="note"),
        Kind(f"{RECORDINGS}_beside_test", _BESIDE, "correct start_time, or choose other rppg.tuning.conditions"),
        Kind(
            "shared_value",
            "windows of the test subject in training have the one cuff value of a test window's recording, so that the "
            "settings with them know the answer; compare them in rppg.tuning.conditions instead",
            declared="warning",
        ),
        Kind("shared_subject", "subjects on whose PPG the networks were trained", _LEAVE_OUT),
    ),
    "external": (
        Kind("shared_subject", "test subjects whose names training has, too", _EXCLUDE),
        Kind("shared_record", "test records whose names training has, too", _EXCLUDE),
        Kind("near_duplicates", "test windows whose signal has a copy in training", _EXCLUDE),
    ),
}
"""Kinds of leak by arm."""
EVIDENCE = {kind.name for kinds in KINDS.values() for kind in kinds if kind.evidence}
COLUMNS = ("kind", "count", "declared", "verdict", "examples", "reason")
FOUND, NONE, UNKNOWN = "found", "none", "not assessable"
SHOWN = 5


_COUNTED = "{count} {counted}"


@dataclass(frozen=True)
class _Words:
    """Words of an arm for undeclared leaks: the place, each leak in a warning and in an error, and the remedy."""

    who: str
    warning: str = _COUNTED
    error: str = f"{_COUNTED} (such as {{examples}})"
    between: str = ""
    go_on: str = ""


_KIND = "{kind} ({count}, e.g. {examples})"
_WORDS = {
    "splits": _Words(
        "{name}",
        _KIND,
        _KIND,
        "leak between its sets: ",
        "set splits.leakage: warn to continue with the warning in every result",
    ),
    "inputs": _Words("inputs"),
    "personalization": _Words(
        "personalization {name}", go_on="with leakage: warn it runs, and its figures carry the warning"
    ),
    "camera": _Words("{name}"),
    "external": _Words(
        "external, {name}",
        _KIND,
        _KIND,
        go_on="where only names agree and people differ, set external.leakage: warn to continue with the warning in "
        "every result",
    ),
}


def make_leak(
    examples: Collection[str] | None, reason: str, *, declared: bool = False, count: int | None = None
) -> dict[str, object]:
    """A leak, in the form of all audits.

    Parameters
    ----------
    examples : collection of str or None
        What was found; None: not assessable.
    reason : str
        What was looked for, or why nothing could be.
    declared : bool
        Whether the design has this kind of leak on purpose.
    count : int, optional
        Of what was found, where it has more than examples.

    Returns
    -------
    dict
        ``count`` (None: not assessable), ``examples``, ``declared``, ``verdict`` (`found`, `none`, `not assessable`),
        ``reason``.
    """
    if examples is None:
        return {"count": None, "examples": [], "declared": declared, "verdict": UNKNOWN, "reason": reason}
    count = len(examples) if count is None else count
    shown = [str(example) for example in list(examples)[:SHOWN]]
    verdict = FOUND if count else NONE
    return {"count": count, "examples": shown, "declared": declared, "verdict": verdict, "reason": reason}


def make_audit(
    arm: str,
    found: Mapping[str, dict | Sequence[str]],
    *,
    declared: Collection[str] = (),
    notes: Iterable[str] = (),
    **facts,
) -> dict:
    """An audit, of the same shape in all arms.

    Parameters
    ----------
    arm : str
        Of `KINDS`.
    found : mapping of str to sequence of str or dict
        What was found of each kind that was looked for, or a leak as from `make_leak`.
    declared : collection of str
        Kinds that the design has on purpose.
    notes : iterable of str
    **facts
        Further notes of the audit.

    Returns
    -------
    dict
        ``arm``; the facts; ``leaks``; ``undeclared``: kinds that were found and must not be; ``warnings`` for tables
        and figures, to which `require_clean` adds; ``notes``.
    """
    audit = {"arm": arm, **facts, "leaks": {}, "undeclared": [], "warnings": [], "notes": list(notes)}
    for kind in (kind for kind in KINDS[arm] if kind.name in found):
        leak = found[kind.name]
        if not isinstance(leak, dict):
            leak = make_leak(leak, kind.counted)
        leak = {**leak, "declared": leak["declared"] or kind.name in declared}
        audit["leaks"][kind.name] = leak
        if leak["verdict"] == FOUND and not leak["declared"]:
            audit["undeclared"].append(kind.name)
        elif leak["verdict"] == FOUND and kind.declared:
            audit[f"{kind.declared}s"].append(_COUNTED.format(count=leak["count"], counted=kind.counted))
    return audit


def require_clean(audit: dict, *, name: str, leakage: Literal["fail", "warn"] = "fail") -> None:
    """Stop at an undeclared leak, or add a warning to the audit.

    Parameters
    ----------
    audit : dict
        As from any of the audits; its ``warnings`` take what is let through: leaks that are only inferred, and under
        `leakage: warn` all.
    name : str
        Of the split, protocol or options, in messages.
    leakage : {"fail", "warn"}

    Raises
    ------
    DesignError
    """
    words, errors, remedies = _WORDS[audit["arm"]], [], []
    for kind in KINDS[audit["arm"]]:
        if kind.name not in audit["undeclared"]:
            continue
        leak = audit["leaks"][kind.name]
        given = {"kind": kind.name, "count": leak["count"], "counted": kind.counted}
        given["examples"] = ", ".join(leak["examples"][:3])
        if kind.evidence:
            text = kind.evidence.format(count=leak["count"], example=leak["examples"][0], reason=leak["reason"])
            audit["warnings"].append(f"{name}: {text}")
        elif leakage == "warn":
            audit["warnings"].append(f"{name}: {words.between}{words.warning.format(**given)}")
        else:
            errors.append(words.error.format(**given))
            remedies.append(kind.remedy)
    if errors:
        remedy = "; ".join(filter(None, dict.fromkeys([*remedies, words.go_on])))
        text = f"{words.who.format(name=name)}: {words.between}{'; '.join(errors)}"
        raise DesignError(f"{text}. {remedy[:1].upper()}{remedy[1:]}." if remedy else text)


def tabulate_leaks(leaks: Mapping[str, Mapping]) -> pd.DataFrame:
    """Leaks of an audit as a table with the columns `COLUMNS`, one row per kind."""
    rows = [{"kind": kind, **leak, "examples": ", ".join(leak["examples"])} for kind, leak in leaks.items()]
    return pd.DataFrame(rows).astype({"count": "Int64"})[list(COLUMNS)]


def counted_as(arm: str, kind: str) -> str:
    """Unit in which a kind of leak of an arm is counted."""
    return next(one.counted for one in KINDS[arm] if one.name == kind)


def window_name(window) -> str:
    """``record@start`` of a row of a table."""
    return f"{window.record}@{window.start:.1f}s"


def window_leaks(
    windows: pd.DataFrame, test: np.ndarray, distance: np.ndarray, beside: str, *, name: Callable = window_name
) -> dict[str, list[str]]:
    """Find training windows that are test windows, overlap one, or follow on one without a gap.

    Parameters
    ----------
    windows : DataFrame
        Those that train or calibrate.
    test : (n,) bool array
        Which of them test as well.
    distance : (n,) float array
        Seconds to the nearest test window.
    beside : str
        Kind of leak of those that touch one.
    name : callable
        Gives the name of a row.

    Returns
    -------
    dict of str to list of str
        Names by kind.
    """
    hits = {
        "shared_window": test,
        "overlapping_windows": ~test & (distance <= -TOUCHING_SECONDS),
        beside: ~test & (np.abs(distance) < TOUCHING_SECONDS),
    }
    return {kind: [name(row) for row in windows[hit].itertuples()] for kind, hit in hits.items()}


def shared(windows: pd.DataFrame, column: str) -> set[str]:
    """Subjects, or records, with windows in more than one set."""
    members = {s: set(windows.loc[windows["subset"] == s, column]) for s in SUBSETS}
    return set().union(*(members[a] & members[b] for a, b in combinations(SUBSETS, 2)))


def overlapping(windows: pd.DataFrame, subsets: Sequence[str] = SUBSETS) -> set[str]:
    """Windows (record@start) that share signal with an earlier one of another set."""
    windows = windows[windows["subset"].isin(subsets)]
    hit = np.zeros(len(windows), bool)
    for subset in subsets:
        own = (windows["subset"] == subset).to_numpy()
        since_end, _ = distances(windows, own)
        hit |= ~own & (since_end < -TIGHT)
    return {window_name(row) for row in windows.loc[hit, ["record", "start"]].itertuples()}
