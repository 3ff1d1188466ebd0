"""Sampling splits: which windows train, validate and test."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SplitOptions
from cuffless.designs.design import SUBSETS, Design, DesignError
from cuffless.designs.division.kfold import fold_sets
from cuffless.designs.division.shares import divide, shares
from cuffless.designs.index import NAMES, capped_index, subject_counts
from cuffless.errors import some_of

UNITS = {"nonmixed": "subject", "record": "record"}
"""What the kinds of split divide that sample subjects or records; `mixed` divides windows."""


def sample_split(
    index: pd.DataFrame | str | Path,
    options: SplitOptions,
    *,
    name: str = "split",
    published: Mapping[str, str] | None = None,
    fold: int | None = None,
) -> Design:
    """Divide windows into training, validation and test sets.

    Parameters
    ----------
    index : DataFrame or path
        One row per kept window: record, subject, row, start, seconds, sbp, dbp and more. Of a parquet file memory holds
        no more than is sampled.
    options : SplitOptions
    name : str
        The split's name in messages.
    published : mapping of str to str, optional
        Set (one of `SUBSETS`) in which each record was published; for the kind `official`.
    fold : int, optional
        Number of the fold, from 1; for the kind `kfold`, of which this is one fold.

    Returns
    -------
    Design
        Windows with subset and position (row in the materialized subset), then the columns of the index.

    Raises
    ------
    DesignError
        If there are too few subjects, records or windows for the sets or folds, or no published sets for the kind
        `official`.

    Notes
    -----
    Schrumpf et al. (2021), sections 3.1.1 and 3.5.2; their non-mixed split took a record for its patient, which is the
    kind `record`. Samples depend on the seed, and a subject's capped sample on its name as well, so it does not change
    when others join.
    """
    notes: list[str] = []
    capped = capped_index(index, subject_counts(index), options, notes)
    rng = np.random.default_rng([options.seed, 1])
    if options.kind == "official":
        parts = _published_sets(capped, published or {}, options, rng, notes, name)
    elif options.kind == "kfold":
        parts = _fold_parts(capped, options, fold or 1, rng, notes, name)
    elif options.kind == "mixed":
        parts = _divide_windows(capped, capped["subject"].cat.categories.to_numpy(), options, rng, notes, name)
    else:
        parts = _divide_units(capped, UNITS[options.kind], options, rng, notes, name)
    chosen = []
    for subset, part in zip(SUBSETS, parts, strict=True):
        order = np.random.default_rng([options.seed, 2, SUBSETS.index(subset)]).permutation(len(part))
        part = part.iloc[order].reset_index(drop=True).astype(dict.fromkeys(NAMES, "str"))
        part.insert(0, "position", np.arange(len(part), dtype=np.int64))
        part.insert(0, "subset", subset)
        chosen.append(part)
    return Design(pd.concat(chosen, ignore_index=True), notes)


def _divide_units(capped, unit, options, rng, notes, name):
    """Windows of sets that share no subject, or no record."""
    units = capped[unit].cat.categories.to_numpy()
    if len(units) < len(SUBSETS):
        kind = {"subject": "non-mixed", "record": "record-disjoint"}[unit]
        raise DesignError(
            f"{name}: a {kind} split needs at least 3 {unit}s with windows, found {len(units)}; "
            "add records, loosen the rules under windows, or lower splits.min_windows"
        )
    wanted = sum(options.subjects)
    if len(units) >= wanted:
        units = np.sort(rng.choice(units, wanted, replace=False))
        counts = np.array(options.subjects)
    else:
        counts = shares(len(units), options.fractions)
        asked = " / ".join(str(n) for n in options.subjects)
        made = " / ".join(str(n) for n in counts)
        notes.append(f"{len(units)} {unit}s in place of {asked}: divided {made} by splits.fractions")
    pressures = capped.groupby(unit)["sbp"].mean().loc[units].to_numpy()
    labels = divide(pressures, counts, rng, stratified=options.stratify == "sbp")
    parts = []
    for number, limit in enumerate(options.windows):
        part = capped[capped[unit].isin(units[labels == number])]
        parts.append(_at_most(part, limit, rng, notes, SUBSETS[number]))
    return parts


def _fold_parts(capped, options, fold, rng, notes, name):
    """Windows of the sets of a fold; all that its test subjects have, so that none of them is left out."""
    pressures = capped.groupby("subject")["sbp"].mean()
    sets = fold_sets(pressures, options, fold, name=name)
    parts = [capped[capped["subject"].isin(pressures.index[sets == number])] for number in range(len(SUBSETS))]
    known = zip(parts[:-1], options.windows, SUBSETS, strict=False)
    return [*(_at_most(part, limit, rng, notes, subset) for part, limit, subset in known), parts[-1]]


def _published_sets(capped, published, options, rng, notes, name):
    """Windows of the sets that records were published in; without a validation set, one of training subjects."""
    given = capped["record"].astype(str).map(lambda record: published.get(record, "")).astype(object)
    if strange := sorted({str(record) for record in capped["record"][~given.isin(("", *SUBSETS))]}):
        record = strange[0]
        raise DesignError(f"{name}: {record} was published in the set {published[record]}; it must be one of {SUBSETS}")
    if missing := [subset for subset in ("train", "test") if not (given == subset).any()]:
        raise DesignError(
            f"{name}: no record with windows was published in the set {' or '.join(missing)}; an official split needs "
            "it. Put the data set's lists of subjects (or its subset files) into records.path, see "
            "docs/own_source.md, or set the split's kind to nonmixed"
        )
    if left := sorted(set(capped["record"][given == ""].astype(str))):
        notes.append(f"{len(left)} records are in no published set and take no part ({some_of(left, 3)})")
    if not (given == "val").any():
        subjects = np.unique(capped["subject"][given == "train"].astype(str))
        if len(subjects) < 2:
            raise DesignError(f"{name}: no validation set was published, and one training subject cannot give one")
        n = shares(len(subjects), np.array(options.fractions[:2]) / sum(options.fractions[:2]))[1]
        chosen = rng.permutation(subjects)[:n]
        given[capped["subject"].astype(str).isin(chosen) & (given == "train")] = "val"
        notes.append(f"no validation set was published: {n} of {len(subjects)} training subjects are one")
    parts = [capped[given == subset] for subset in SUBSETS]
    return [
        _at_most(part, n, rng, notes, subset) for part, n, subset in zip(parts, options.windows, SUBSETS, strict=True)
    ]


def _divide_windows(capped, subjects, options, rng, notes, name):
    asked = options.mixed_subjects
    few = len(subjects) < asked
    if few:
        notes.append(f"{len(subjects)} subjects in place of {asked}")
    else:
        chosen = _full_subjects(capped, subjects, options, rng, notes)
        capped = capped[capped["subject"].isin(chosen)]
    total = sum(options.windows)
    if len(capped) >= total:
        counts = np.array(options.windows)
    elif len(capped) >= 3:
        parts, name_of = (options.fractions, "fractions") if few else (options.windows, "windows")
        counts = shares(len(capped), np.asarray(parts) / np.sum(parts))
        made = " / ".join(map(str, counts))
        notes.append(f"{len(capped)} windows in place of {total}: divided {made} in proportion to splits.{name_of}")
    else:
        raise DesignError(f"{name}: {len(capped)} windows cannot be divided into three sets")
    order = rng.permutation(len(capped))[: counts.sum()]
    return [capped.iloc[np.sort(part)] for part in np.split(order, np.cumsum(counts)[:-1])]


def _full_subjects(capped, subjects, options, rng, notes):
    """Subjects of a mixed split: sampled from those that reach the cap, filled up with others if these are few."""
    sizes = capped["subject"].value_counts().loc[subjects].to_numpy()
    full, others = subjects[sizes >= options.cap], subjects[sizes < options.cap]
    if len(full) >= options.mixed_subjects:
        return rng.choice(full, options.mixed_subjects, replace=False)
    missing = options.mixed_subjects - len(full)
    notes.append(f"{len(full)} subjects have {options.cap} windows; {missing} with fewer were added")
    return np.concatenate((full, rng.choice(others, missing, replace=False)))


def _at_most(part, limit, rng, notes, subset):
    if len(part) <= limit:
        if len(part) < limit:
            notes.append(f"{subset}: {len(part)} windows in place of {limit}")
        return part
    return part.iloc[np.sort(rng.choice(len(part), limit, replace=False))]
