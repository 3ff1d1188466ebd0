"""Leave one subject out: who tests each fold, who stops its training, and which of the test subject's own windows are
added to training.
"""

import numpy as np
import pandas as pd

from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.clock import in_time_order
from cuffless.designs.design import BEFORE, FIRST, RANDOM, SETTINGS, TUNED
from cuffless.designs.plan_audit import TOUCHING_SECONDS, distance_to_test
from cuffless.errors import CufflessError

PLAN_COLUMNS = (
    *("fold", "subject", "val_subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr"),
    *("elapsed", "order", "position", FIRST, RANDOM, *(f"test_{setting}" for setting in SETTINGS)),
)
FEWEST = 3
"""One subject to test, one to stop the training, one to train on."""
_VALIDATION, _RANDOM = range(2)  # streams of random numbers
_TIGHT = 1e-6  # s, within which times are the same


class FoldError(CufflessError):
    """Folds that cannot be drawn as asked, and why."""


def sample_folds(index: pd.DataFrame, options: RppgTuningOptions, *, min_windows: int = 5) -> pd.DataFrame:
    """Give each subject the fold in which it tests, with a validation subject, and divide its windows.

    Parameters
    ----------
    index : DataFrame
        Kept windows: ``subject, record, row, start, seconds, sbp, dbp, hr, snr, position`` (row in the store).
    options : RppgTuningOptions
    min_windows : int
        Windows that a subject must have to take part, be it in training or in testing.

    Returns
    -------
    DataFrame
        One row a window of a subject that takes part, columns `PLAN_COLUMNS`, sorted by ``fold`` (1, 2, ... in the
        order of the subjects' names) and ``order`` (in time, over the subject's recordings). ``first`` and ``random``
        say whether the setting adds the window to training, ``test_before`` and so on whether it tests the setting.
        All other subjects but ``val_subject`` train the fold.

    Raises
    ------
    FoldError
        If fewer than three subjects have enough windows, or nothing of a subject is left to test.

    Notes
    -----
    Schrumpf et al. (2021), sections 3.6.2 and 4.2. With ``test: common`` the same windows test all settings: those
    that neither `first` nor `random` takes, less a gap after the first. Windows that share signal with one that is
    added to training test nothing.
    """
    windows = in_time_order(index.astype({"subject": "str", "record": "str"}))
    counts = windows.groupby("subject").size()
    names = sorted(counts.index[counts >= min_windows])
    if len(names) < FEWEST:
        raise FoldError(
            f"{len(names)} of {len(counts)} subjects have {min_windows} kept windows, leave-one-subject-out needs "
            f"{FEWEST}: one to test, one to stop the training, one to train on. Record more subjects, look into "
            "quality.csv for what was rejected, or lower rppg.min_windows"
        )
    parts = []
    for fold, name in enumerate(names, 1):
        others = [other for other in names if other != name]
        drawn = np.random.default_rng([options.seed, _VALIDATION, fold]).integers(len(others))
        part = _divided(windows[windows["subject"] == name].reset_index(drop=True), options, fold)
        parts.append(part.assign(fold=fold, val_subject=others[drawn], order=np.arange(len(part))))
    return pd.concat(parts, ignore_index=True)[list(PLAN_COLUMNS)]


def _divided(windows: pd.DataFrame, options: RppgTuningOptions, fold: int) -> pd.DataFrame:
    """One subject's windows, in time order, with what each is used for."""
    n = len(windows)
    k = max(1, round(options.share * n))
    first, random = np.arange(n) < k, np.zeros(n, bool)
    random[np.random.default_rng([options.seed, _RANDOM, fold]).choice(n, k, replace=False)] = True
    after_first = ~first & ~_gap(windows, k, options.gap)
    if options.test == "common":
        common = after_first & _free(windows, first | random)
        tests = dict.fromkeys(SETTINGS, common)
    else:
        everything = np.ones(n, bool)
        tests = {
            BEFORE: everything,
            TUNED: everything,
            FIRST: after_first & _free(windows, first),
            RANDOM: _free(windows, random),
        }
    for setting, test in tests.items():
        if not test.any():
            raise FoldError(
                f"subject {windows['subject'].iloc[0]}: none of {n} windows is left to test {setting!r}; lower "
                f"rppg.tuning.share ({options.share:g}) or rppg.tuning.gap ({options.gap}), or raise rppg.min_windows"
            )
    tested = {f"test_{setting}": test for setting, test in tests.items()}
    return windows.assign(first=first, random=random, **tested)


def _gap(windows: pd.DataFrame, k: int, gap: int) -> np.ndarray:
    """Which windows lie unused after the first k: `gap` in number, and in their record as long as the shortest."""
    start, seconds = windows["start"].to_numpy(), windows["seconds"].to_numpy()
    ends = start[k - 1] + seconds[k - 1] + gap * seconds.min()
    same = (windows["record"] == windows["record"].iloc[k - 1]).to_numpy()
    after = np.arange(len(windows)) >= k
    return after & ((np.arange(len(windows)) < k + gap) | (same & (gap > 0) & (start < ends - _TIGHT)))


def _free(windows: pd.DataFrame, taken: np.ndarray) -> np.ndarray:
    """Which windows are not taken and share no signal with one that is."""
    return ~taken & (distance_to_test(windows.assign(test=taken)) > -TOUCHING_SECONDS)
