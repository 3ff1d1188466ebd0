"""Which stretches train, validate and test: the same for every crop."""

import numpy as np
import pandas as pd

from cuffless.config import InputOptions
from cuffless.designs.audit import make_audit, shared
from cuffless.designs.design import SUBSETS, Design, DesignError

KEY = ["record", "row"]
_OWN = ["seconds", "sbp", "dbp"]  # what a crop has for itself; all else is the stretch's


def sample_stretches(index: pd.DataFrame, options: InputOptions) -> Design:
    """Divide stretches at random, whoever they are of.

    Parameters
    ----------
    index : DataFrame
        One row per kept stretch: record, subject, row, start and more; of any crop.
    options : InputOptions
        Windows of each set, and the seed.

    Returns
    -------
    Design
        Windows with subset, position (row in the set), record, subject, row, start, hr, snr.

    Raises
    ------
    DesignError
        If there are fewer than three stretches.

    Notes
    -----
    Schrumpf et al. (2021), section 3.4: 100,000 / 25,000 / 25,000 windows. Of MIMIC-A the patients are not known, so
    the sets share them: errors of this study say nothing about people the network has not seen.
    """
    asked, notes = np.array(options.windows), []
    counts = asked
    if len(index) < asked.sum():
        if len(index) < len(asked):
            raise DesignError(
                f"inputs: {len(index)} stretches of {options.stretch_seconds:g} s are accepted, but three sets need "
                "one each; add records or loosen the rules of the windowing"
            )
        counts = np.maximum(np.floor(asked / asked.sum() * len(index)).astype(int), 1)
        counts[0] += len(index) - counts.sum()
        made = " / ".join(map(str, counts))
        notes.append(f"{len(index)} stretches in place of {asked.sum()}: divided {made}")
    order = np.random.default_rng([options.seed, 3]).permutation(len(index))[: counts.sum()]
    chosen = index.drop(columns=_OWN).iloc[order].reset_index(drop=True)
    chosen.insert(0, "position", np.concatenate([np.arange(n) for n in counts]))
    chosen.insert(0, "subset", np.repeat(SUBSETS, counts))
    return Design(chosen, notes)


def join_labels(manifest: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Give a manifest of stretches the length and pressures of one crop.

    Raises
    ------
    DesignError
        If the crop does not have the stretches.
    """
    labels = index.set_index(KEY)[_OWN]
    wanted = pd.MultiIndex.from_frame(manifest[KEY])
    if not wanted.isin(labels.index).all():
        raise DesignError("the crops do not hold the sampled stretches; cut the crops and sample the stretches again")
    return manifest.assign(**{name: labels.loc[wanted, name].to_numpy() for name in _OWN})


def audit_stretches(design: Design, options: InputOptions) -> dict:
    """Count what the sets of the input study share: whoever the stretches are of, by design.

    Parameters
    ----------
    design : Design
        As from `sample_stretches`.
    options : InputOptions

    Returns
    -------
    dict
        As from `make_audit`, with ``windows`` and ``subjects`` of each set, ``asked`` (windows wanted in all) and
        ``shared_subjects`` of training and test set.
    """
    windows = design.windows
    found = {f"shared_{column}": sorted(shared(windows, column)) for column in ("subject", "record")}
    subjects = {name: set(windows.loc[windows["subset"] == name, "subject"]) for name in SUBSETS}
    return make_audit(
        "inputs",
        found,
        declared=found,
        notes=design.notes,
        windows={name: int((windows["subset"] == name).sum()) for name in SUBSETS},
        asked=sum(options.windows),
        subjects={name: len(who) for name, who in subjects.items()},
        shared_subjects=len(subjects["train"] & subjects["test"]),
    )
