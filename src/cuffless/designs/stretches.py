"""Which stretches train, validate and test: the same for every crop."""

import numpy as np
import pandas as pd

from cuffless.config import InputOptions
from cuffless.designs import SUBSETS
from cuffless.errors import CufflessError

KEY = ["record", "row"]
_OWN = ["seconds", "sbp", "dbp"]  # what a crop has for itself; all else is the stretch's


class InputError(CufflessError):
    """An input study that cannot be made of these records."""


def sample_stretches(index: pd.DataFrame, options: InputOptions) -> tuple[pd.DataFrame, dict]:
    """Divide stretches at random, whosever they are.

    Parameters
    ----------
    index : DataFrame
        One row a kept stretch: record, subject, row, start and more; that of any crop.
    options : InputOptions
        Windows of each set, and the seed.

    Returns
    -------
    manifest : DataFrame
        subset, position (row in the set), record, subject, row, start, hr, snr.
    description : dict
        ``windows`` and ``subjects`` of each set, ``asked`` (windows wanted in all), ``shared_subjects`` of training
        and test set, and ``notes`` on what differs from what was asked for.

    Raises
    ------
    InputError
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
            raise InputError(
                f"inputs: {len(index)} stretches of {options.stretch_seconds:g} s are accepted, and three sets are "
                "wanted; add records or loosen the rules of the windowing"
            )
        counts = np.maximum(np.floor(asked / asked.sum() * len(index)).astype(int), 1)
        counts[0] += len(index) - counts.sum()
        made = " / ".join(map(str, counts))
        notes.append(f"{len(index)} stretches in place of {asked.sum()}: divided {made}")
    order = np.random.default_rng([options.seed, 3]).permutation(len(index))[: counts.sum()]
    chosen = index.drop(columns=_OWN).iloc[order].reset_index(drop=True)
    chosen.insert(0, "position", np.concatenate([np.arange(n) for n in counts]))
    chosen.insert(0, "subset", np.repeat(SUBSETS, counts))
    subjects = {name: set(chosen.loc[chosen["subset"] == name, "subject"]) for name in SUBSETS}
    described = {
        "windows": dict(zip(SUBSETS, map(int, counts), strict=True)),
        "asked": int(asked.sum()),
        "subjects": {name: len(who) for name, who in subjects.items()},
        "shared_subjects": len(subjects["train"] & subjects["test"]),
        "notes": notes,
    }
    return chosen, described


def join_labels(manifest: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Give a manifest of stretches the length and pressures of one crop.

    Raises
    ------
    InputError
        If the crop does not have the stretches.
    """
    labels = index.set_index(KEY)[_OWN]
    wanted = pd.MultiIndex.from_frame(manifest[KEY])
    if not wanted.isin(labels.index).all():
        raise InputError("the crops do not hold the stretches that were drawn; cut and draw them anew")
    return manifest.assign(**{name: labels.loc[wanted, name].to_numpy() for name in _OWN})
