"""Audits of a split: before training, and of all seven kinds of leak once networks are trained."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions, SplitOptions
from cuffless.designs.audit import (
    FOUND,
    HIDDEN_ORDER,
    counted_as,
    make_audit,
    make_leak,
    overlapping,
    require_clean,
    shared,
)
from cuffless.designs.design import SUBSETS, Design, DesignError
from cuffless.designs.order import LEAST_UNITS, compare_neighbours, pairs_across_sets
from cuffless.designs.scalings import Scaling, scaling_error
from cuffless.designs.split import sample_split
from cuffless.errors import some_of
from cuffless.identities import all_named
from cuffless.records import describe_runs, find_runs
from cuffless.windows.subjects import RUN

KNOWN_OF_PEOPLE = ("age", "sex", "bmi")
"""Columns of a quality table that a design's windows have too: baselines know them."""
_PERCENTILES = (5, 95)
_UNKNOWN_PEOPLE = {
    "record": "identity: record. A patient with several records may be on both sides unseen.",
    RUN: "identity: run. No patient is named: records of neighbouring numbers count as one person, and a patient whose "
    "numbers lie farther apart may be on both sides unseen.",
}


def audited_split(
    index: pd.DataFrame | str | Path,
    quality: pd.DataFrame,
    options: SplitOptions,
    *,
    overlap: float,
    name: str,
    runs_gap: int | None = None,
    people: Mapping | None = None,
    fold: int | None = None,
) -> tuple[Design, dict]:
    """Sample a split and audit it for leaks before anything is trained on it.

    Parameters
    ----------
    index : DataFrame or path
        Kept windows, as for `sample_split`.
    quality : DataFrame
        One row per record with what became of it, possibly `KNOWN_OF_PEOPLE`.
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    name : str
        The split's name in messages.
    runs_gap : int, optional
        Gap of the runs of records that count as one person, where the configuration asks for them.
    people : mapping, optional
        How people were identified, as from `cuffless.records.identify_people`.
    fold : int, optional
        As for `sample_split`.

    Returns
    -------
    design : Design
        Its windows have those columns of `KNOWN_OF_PEOPLE` of which anything is known.
    audit : dict
        As from `audit_split`; where subjects are runs of records, ``runs``: how many, of how many records, and the
        longest; where paths or a table name people, ``people``: as given, without the notes, which join the others.

    Raises
    ------
    DesignError
        If the split cannot be made, or leaks where it must not.
    """
    kept = quality[quality["windows_kept"] > 0]
    runs, run_notes = _describe_runs(kept, runs_gap)
    own_notes = list((people or {}).get("notes", ()))
    try:
        design = sample_split(index, options, name=name, published=_published(quality), fold=fold)
    except DesignError as error:
        raise DesignError(f"{error}{_why_few(runs, [*run_notes, *own_notes])}") from None
    windows = _with_people(design.windows, kept)
    design = Design(windows, [*own_notes, *run_notes, *_note_without_windows(quality), *design.notes])
    facts = ({"runs": runs} if runs else {}) | (
        {"people": {fact: value for fact, value in people.items() if fact != "notes"}} if people else {}
    )
    audit = audit_split(design, options, overlap=overlap, identities=kept["identity"], **facts)
    require_clean(audit, name=name, leakage=options.leakage)
    return design, audit


def _why_few(runs: Mapping, notes: Sequence[str]) -> str:
    """What to add to an error of a split about how its people were identified."""
    return f"; {'or lower records.runs_gap: ' if runs else ''}{'; '.join(notes)}" if notes else ""


def _with_people(windows: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Windows with age, sex and body mass index of their subjects, as far as the quality table has them."""
    for name in KNOWN_OF_PEOPLE:
        if name in kept and (kept[name].astype(str) != "").any():
            told = kept.drop_duplicates("subject").set_index("subject")[name].astype(str)
            values = windows["subject"].map(told)
            windows = windows.assign(**{name: values if name == "sex" else pd.to_numeric(values, errors="coerce")})
    return windows


def _describe_runs(kept: pd.DataFrame, gap: int | None) -> tuple[dict, list[str]]:
    """How many runs of records stand for people, and a note on them."""
    own = kept[kept["identity"] == RUN]
    if gap is None:
        return {}, []
    if own.empty:
        return {}, ["records.identity: runs changes nothing here: every record with windows has a named patient"]
    runs = {"gap": gap, **describe_runs(dict(zip(own["record"].astype(str), own["subject"], strict=True)))}
    note = (
        f"{runs['records']} records are {runs['runs']} runs of numbers at most {gap} apart, the longest of "
        f"{runs['longest']} records ({runs['longest_run']})"
    )
    return runs, [note]


def _published(quality: pd.DataFrame) -> dict[str, str]:
    """Set in which each record was published, of those that were in one."""
    if "subset" not in quality:
        return {}
    known = quality[quality["subset"].astype(str) != ""]
    return dict(zip(known["record"].astype(str), known["subset"].astype(str), strict=True))


def _note_without_windows(quality: pd.DataFrame) -> list[str]:
    kept = quality.groupby("subject")["windows_kept"].sum()
    absent = sorted(map(str, kept.index[kept == 0]))
    if not absent:
        return []
    return [
        f"{len(absent)} subjects have no window and take no part ({some_of(absent, 5)}); the quality table says why"
    ]


def audit_split(
    design: Design, options: SplitOptions, *, overlap: float, identities: Iterable[str] = (), **facts
) -> dict:
    """Audit a split for leaks between its sets, before anything is trained.

    Parameters
    ----------
    design : Design
        As from `sample_split`.
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    identities : iterable of str
        Identity of the subjects: one of `PEOPLE`, "record", "run".
    **facts
        Further notes of the audit.

    Returns
    -------
    dict
        As from `make_audit`, with ``sets``: size and pressure ranges of each set; ``coverage``: shared part of the
        5th-95th percentile ranges of training and test set.
    """
    windows, identities = design.windows, sorted(set(identities))
    declared = declared_leaks(options, overlap=overlap)
    found: dict[str, dict | list[str]] = {
        "shared_subject": sorted(shared(windows, "subject")),
        "shared_record": sorted(shared(windows, "record")),
        "overlapping_windows": sorted(overlapping(windows)),
        HIDDEN_ORDER: audit_order(windows, identities, declared=declared),
    }
    return make_audit(
        "splits",
        found,
        declared=declared,
        notes=[*design.notes, *(text for identity, text in _UNKNOWN_PEOPLE.items() if identity in identities)],
        kind=options.kind,
        seed=options.seed,
        identity=identities,
        sets={name: describe_set(windows[windows["subset"] == name]) for name in SUBSETS},
        coverage={p: round(range_overlap(windows, p), 3) for p in ("sbp", "dbp")},
        **facts,
    )


def audit_order(windows: pd.DataFrame, identities: Iterable[str] = (), *, declared: Collection[str] = ()) -> dict:
    """Look for people hidden in the order of the subjects' names.

    Parameters
    ----------
    windows : DataFrame
        Columns subset, subject, record, sbp, dbp (mmHg); hr where it is known.
    identities : iterable of str
        Identity of the subjects. With named people, a pattern in their order is noted but is not a leak.
    declared : collection of str
        Kinds of leak that the split declares: who shares people shares those who are hidden as well.

    Returns
    -------
    dict
        As from `make_leak`, counting neighbours in different sets where neighbours are more alike than chance; and of
        the test ``order, p, closer, sbp, sbp_random`` as of `Neighbours`.
    """
    tested = compare_neighbours(windows)
    if not tested.order:
        return make_leak(None, tested.problem)
    named = bool(identities) and all_named(identities)
    between = pairs_across_sets(tested.pairs, windows) if tested.alike and not named else []
    reason = str(tested)
    if tested.alike:
        what = "people are named, so wards or dates may order them" if named else "probably of one person"
        reason = "; ".join(filter(None, (f"{reason}: {what}", _remedy(windows, identities))))
    leak = make_leak(between, reason, declared=bool(between) and "shared_subject" in declared)
    numbers = {name: round(getattr(tested, name), 4) for name in ("p", "closer", "sbp", "sbp_random")}
    return {**leak, "order": tested.order, **numbers}


def _remedy(windows: pd.DataFrame, identities: Iterable[str]) -> str:
    """Options of the configuration that help against hidden people."""
    if "record" not in identities:
        return "raise records.runs_gap" if RUN in identities else ""
    runs = set(find_runs(windows["record"].astype(str).unique(), RecordOptions().runs_gap).values())
    if len(runs) < LEAST_UNITS:
        return "a numbering without gaps does not show where one person ends"
    return "records.identity: runs keeps records of neighbouring numbers on one side"


def declared_leaks(options: SplitOptions, *, overlap: float) -> set[str]:
    """Kinds of leak that a split has by design.

    Parameters
    ----------
    options : SplitOptions
    overlap : float
        Overlap with which the windows were cut.
    """
    if options.kind in ("nonmixed", "official", "kfold"):
        return set()
    if options.kind == "record":
        return {"shared_subject"}
    return {"shared_subject", "shared_record"} | ({"overlapping_windows"} if overlap > 0 else set())


def audit_sets(
    windows: pd.DataFrame,
    options: SplitOptions | None = None,
    *,
    overlap: float = 0.0,
    duplicates: Mapping | None = None,
    scalings: Mapping[str, Scaling | None] | None = None,
    order: Mapping | None = None,
) -> dict:
    """Look for all seven leaks between the sets of a split.

    Parameters
    ----------
    windows : DataFrame
        One row per window: subset (train, val, test; calibration), subject, record, start and seconds (s), labels sbp
        and dbp (or sbp_ref and dbp_ref; mmHg). A manifest, or a table of predictions.
    options : SplitOptions, optional
        Its kind declares leaks that come by design; without it none is.
    overlap : float
        Overlap with which the windows were cut.
    duplicates : mapping, optional
        As from `audit_duplicates`.
    scalings : mapping of str to Scaling or None, optional
        Output scaling of networks by name; None: the network has none that can be read.
    order : mapping, optional
        As from `audit_order`, which knows what subjects stand for; without it the order of the windows is tested.

    Returns
    -------
    dict
        As from `make_audit`, with every kind of a split.
    """
    declared = declared_leaks(options, overlap=overlap) if options else set()
    present = set(windows["subset"])
    apart = "" if "train" in present and present & {"val", "test"} else "no training windows beside others"
    timed = "" if {"start", "seconds"} <= set(windows.columns) else "no columns start and seconds"
    lone = "" if {"calibration", "test"} <= present else "no calibration windows"

    def look(unknown: str, find: Callable, *given) -> dict | list[str]:
        return make_leak(None, unknown) if unknown else sorted(find(windows, *given))

    hidden = make_leak(None, apart) if apart else dict(order or _order_of(windows))
    hidden["declared"] = hidden["verdict"] == FOUND and "shared_subject" in declared
    found = {
        "shared_subject": look(apart, shared, "subject"),
        "shared_record": look(apart, shared, "record"),
        "overlapping_windows": look(apart or timed, overlapping),
        "near_duplicates": _copies(duplicates),
        "fitted_beyond_training": _scaled(windows, scalings or {}),
        "calibration_in_test": look(lone or timed, overlapping, ("calibration", "test")),
        HIDDEN_ORDER: hidden,
    }
    return make_audit("splits", found, declared=declared)


def _copies(duplicates: Mapping | None) -> dict:
    if duplicates is None:
        return make_leak(None, "needs the signals; they were not compared")
    leak = duplicates["leaks"]["near_duplicates"]
    limit = f"correlation of {duplicates['threshold']} or more, or less in records that agree in one order"
    reason = f"{counted_as('splits', 'near_duplicates')} ({limit})"
    return make_leak(leak["examples"], "; ".join([reason, *duplicates["notes"]]), count=leak["count"])


def _order_of(windows: pd.DataFrame) -> dict:
    """The leak by order of a manifest, or of a table of references and predictions."""
    labels = {"sbp_ref": "sbp", "dbp_ref": "dbp"}
    if set(labels) <= set(windows.columns):
        windows = windows.drop(columns=list(labels.values()), errors="ignore").rename(columns=labels)
    return audit_order(windows[windows["subset"].isin(SUBSETS)])


def _scaled(windows: pd.DataFrame, scalings: Mapping[str, Scaling | None]) -> dict:
    """Networks whose outputs are scaled by other labels than those of the training set."""
    known = {name: scaling for name, scaling in scalings.items() if scaling is not None}
    if not known:
        return make_leak(None, "no network whose output scaling can be read")
    if "train" not in set(windows["subset"]):
        return make_leak(None, "no training windows")
    errors = {name: scaling_error(one.mean, one.sd, windows, one.kind) for name, one in known.items()}
    unread = sorted(set(scalings) - set(known))
    reason = counted_as("splits", "fitted_beyond_training")
    reason += f"; of {', '.join(unread)} none can be read" if unread else ""
    return make_leak([f"{name}: {error}" for name, error in errors.items() if error], reason)


def range_overlap(manifest: pd.DataFrame, pressure: str) -> float:
    """Shared part of the 5th-95th percentile ranges of training and test set, relative to the wider one."""
    ranges = [
        np.percentile(values, _PERCENTILES) if len(values) else np.zeros(2)
        for values in (manifest.loc[manifest["subset"] == s, pressure] for s in ("train", "test"))
    ]
    common = min(r[1] for r in ranges) - max(r[0] for r in ranges)
    widest = max(r[1] - r[0] for r in ranges)
    return float(max(common, 0) / widest) if widest > 0 else 0.0


def describe_set(part: pd.DataFrame) -> dict:
    """Size of a set, and its pressures in mmHg: median and 5th and 95th percentile."""
    described = {
        "windows": len(part),
        "subjects": part["subject"].nunique(),
        "records": part["record"].nunique(),
    }
    for pressure in ("sbp", "dbp"):
        if len(part):
            low, middle, high = np.percentile(part[pressure], (_PERCENTILES[0], 50, _PERCENTILES[1]))
            described[pressure] = {"p5": round(low, 1), "median": round(middle, 1), "p95": round(high, 1)}
    return described
