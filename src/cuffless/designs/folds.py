"""Leave one subject out: the test and the validation subject of each fold, and the test subject's training windows."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.audit import KINDS, make_audit, window_leaks, window_name
from cuffless.designs.clock import TIGHT, TOUCHING_SECONDS, distance_to_test, in_time_order, undated_records
from cuffless.designs.design import BEFORE, FIRST, RANDOM, RECORDINGS, SETTINGS, TUNED, Design, DesignError
from cuffless.errors import some_of

PLAN_COLUMNS = (
    *("fold", "subject", "val_subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr"),
    *("elapsed", "order", "position"),
)
ABOUT = ("condition", "age", "sex", "bmi", "cuff")
"""Columns that a plan has where they are known of some window."""
FEWEST = 3
"""One subject to test, one to stop the training, one to train on."""
_VALIDATION, _RANDOM = range(2)  # streams of random numbers


def sample_folds(index: pd.DataFrame, options: RppgTuningOptions, *, min_windows: int = 5) -> Design:
    """Give each subject the fold in which it tests, with a validation subject, and divide its windows.

    Parameters
    ----------
    index : DataFrame
        Kept windows: ``subject, record, row, start, seconds, sbp, dbp, hr, snr, position`` (row in the store);
        possibly `ABOUT` and ``began``.
    options : RppgTuningOptions
    min_windows : int
        Windows that a subject needs to take part in training or testing.

    Returns
    -------
    Design
        Windows of the subjects that take part, columns `PLAN_COLUMNS` and what follows, sorted by ``fold`` (1, 2, ...
        in the order of the subjects' names) and ``order`` (in time, over the subject's recordings). ``first`` and
        ``random`` (or ``recordings``) say whether the setting adds the window to training, ``test_before`` and so on
        whether it tests the setting. All other subjects but ``val_subject`` train the fold. Of `ABOUT`, what is known.

    Raises
    ------
    DesignError
        If fewer than three subjects have enough windows, of both conditions where they are asked for, or nothing of a
        subject is left to test.

    Notes
    -----
    Schrumpf et al. (2021), sections 3.6.2 and 4.2. With ``test: common`` the same windows test all settings: those
    that neither `first` nor `random` takes, less a gap after the first. Windows that share signal with one that is
    added to training test nothing.
    """
    windows = in_time_order(index.astype({"subject": "str", "record": "str"}))
    counts = windows.groupby("subject").size()
    notes = _note_left_out(counts[counts < min_windows])
    names = sorted(counts.index[counts >= min_windows])
    if options.conditions:
        both = _have_both(windows, options)
        notes += _note_one_condition([name for name in names if name not in both], options)
        names = [name for name in names if name in both]
    if len(names) < FEWEST:
        kept = f"{min_windows} kept windows{', some of each condition' if options.conditions else ''}"
        raise DesignError(
            f"{len(names)} of {len(counts)} subjects have {kept}, leave-one-subject-out needs "
            f"{FEWEST}: one to test, one to stop the training, one to train on. Record more subjects, look into "
            "quality.csv for what was rejected, or lower rppg.min_windows"
        )
    parts = []
    for fold, name in enumerate(names, 1):
        others = [other for other in names if other != name]
        chosen = np.random.default_rng([options.seed, _VALIDATION, fold]).integers(len(others))
        own = windows[windows["subject"] == name].reset_index(drop=True)
        part = _divide_conditions(own, options) if options.conditions else _divide(own, options, fold)
        parts.append(part.assign(fold=fold, val_subject=others[chosen], order=np.arange(len(part))))
    plan = pd.concat(parts, ignore_index=True)
    uses = [column for column in plan if column not in index and column not in PLAN_COLUMNS]
    about = [name for name in ABOUT if name in plan and _known(plan[name])]
    plan = plan[[*PLAN_COLUMNS, *uses, *about]]
    return Design(plan, [*notes, *undated_records(plan), *_note_cuffs(plan)])


def _known(column: pd.Series) -> bool:
    """Whether anything is known of any window."""
    return bool(column.any() if column.dtype == bool else (column.notna() & column.ne("")).any())


def settings_of(plan: pd.DataFrame) -> tuple[str, ...]:
    """Settings of a plan, the network as trained on PPG first."""
    return tuple(setting for setting in (*SETTINGS, RECORDINGS) if f"test_{setting}" in plan)


def strategies_of(plan: pd.DataFrame) -> tuple[str, ...]:
    """Settings of a plan that add windows of the test subject to training."""
    return tuple(setting for setting in settings_of(plan) if setting in plan)


def _have_both(windows: pd.DataFrame, options: RppgTuningOptions) -> set[str]:
    """Subjects with windows of both conditions."""
    both = set(windows["subject"])
    for name, of in zip(options.conditions, _of_conditions(windows, options), strict=True):
        if not of.any():
            known = windows["condition"].unique() if "condition" in windows else ()
            there = some_of([own for own in known if own]) or "no condition at all"
            raise DesignError(
                f"no kept window has the condition {name!r} of rppg.tuning.conditions (there is {there}); see "
                "quality.csv for what was rejected, and the manifest's column condition"
            )
        both &= set(windows.loc[of, "subject"])
    return both


def _of_conditions(windows: pd.DataFrame, options: RppgTuningOptions) -> list[np.ndarray]:
    """Masks of the windows that calibrate and that test, by their condition."""
    held = windows["condition"] if "condition" in windows else pd.Series("", index=windows.index)
    return [held.str.casefold().eq(name.casefold()).to_numpy() for name in options.conditions]


def _divide_conditions(windows: pd.DataFrame, options: RppgTuningOptions) -> pd.DataFrame:
    """One subject's windows, with the use of each: those of one condition calibrate, those of another test."""
    calibrates, tests = _of_conditions(windows, options)
    tests = tests & _shares_nothing(windows, calibrates)
    if not tests.any():
        raise DesignError(
            f"subject {windows['subject'].iloc[0]}: its recordings {' and '.join(options.conditions)} are of the same "
            "time; correct start_time, or exclude them"
        )
    return windows.assign(
        **{RECORDINGS: calibrates}, **{f"test_{setting}": tests for setting in (BEFORE, TUNED, RECORDINGS)}
    )


def _note_one_condition(names: Iterable[str], options: RppgTuningOptions) -> list[str]:
    shown = some_of(names)
    return [f"subjects without windows {' and '.join(options.conditions)}, who take no part: {shown}"] if shown else []


def _note_cuffs(plan: pd.DataFrame) -> list[str]:
    """Note what recordings with one cuff value each cannot show."""
    if "cuff" not in plan:
        return []
    recordings = plan.groupby(["subject", "record"])["cuff"].first()
    return [
        f"{int(recordings.sum())} of {len(recordings)} recordings have one cuff value for all of their windows: how "
        "the pressure changes within them is not known, so no trend within a recording is judged"
    ]


def _note_left_out(counts: pd.Series) -> list[str]:
    shown = ", ".join(f"{name} ({n})" for name, n in counts.sort_index().items())
    return [f"subjects with too few kept windows to take part: {shown}"] if shown else []


def _divide(windows: pd.DataFrame, options: RppgTuningOptions, fold: int) -> pd.DataFrame:
    """One subject's windows, in time order, with the use of each."""
    n = len(windows)
    k = max(1, round(options.share * n))
    first, random = np.arange(n) < k, np.zeros(n, bool)
    random[np.random.default_rng([options.seed, _RANDOM, fold]).choice(n, k, replace=False)] = True
    after_first = ~first & ~_in_gap(windows, k, options.gap)
    if options.test == "common":
        common = after_first & _shares_nothing(windows, first | random)
        tests = dict.fromkeys(SETTINGS, common)
    else:
        everything = np.ones(n, bool)
        tests = {
            BEFORE: everything,
            TUNED: everything,
            FIRST: after_first & _shares_nothing(windows, first),
            RANDOM: _shares_nothing(windows, random),
        }
    for setting, test in tests.items():
        if not test.any():
            raise DesignError(
                f"subject {windows['subject'].iloc[0]}: none of {n} windows is left to test {setting!r}; lower "
                f"rppg.tuning.share ({options.share:g}) or rppg.tuning.gap ({options.gap}), or raise rppg.min_windows"
            )
    tested = {f"test_{setting}": test for setting, test in tests.items()}
    return windows.assign(first=first, random=random, **tested)


def _in_gap(windows: pd.DataFrame, k: int, gap: int) -> np.ndarray:
    """Which windows lie unused after the first k: `gap` of them, and as many times the shortest in their record."""
    seconds = windows["seconds"].to_numpy()
    dated = windows["elapsed"].notna().all()  # then other recordings, of other cameras say, have the same clock
    start = windows["elapsed" if dated else "start"].to_numpy()
    same = (windows["record"] == windows["record"].iloc[k - 1]).to_numpy() | dated
    ends = (start + seconds)[:k][same[:k]].max() + gap * seconds.min()
    after = np.arange(len(windows)) >= k
    return after & ((np.arange(len(windows)) < k + gap) | (same & (gap > 0) & (start < ends - TIGHT)))


def _shares_nothing(windows: pd.DataFrame, taken: np.ndarray) -> np.ndarray:
    """Mask of windows that are not taken and share no signal with a taken one."""
    return ~taken & (distance_to_test(windows.assign(test=taken)) > -TOUCHING_SECONDS)


def audit_folds(design: Design, options: RppgTuningOptions, *, trained_on: Collection[str] = ()) -> dict:
    """Look for training windows in, over or beside test windows, and for `trained_on`, whom the networks know.

    Takes what `sample_folds` gives. Returns an audit as from `make_audit`; random windows have neighbours, and without
    a gap the first ones have, by design. Numbers of ``subjects``, ``windows`` and ``test_windows`` of each setting;
    ``of_folds``: the subjects of each fold and the numbers of their windows.
    """
    plan = design.windows
    recordings = plan["subject"] + "/" + plan["record"]  # subjects may name theirs alike
    found: dict[str, list[str]] = {kind.name: [] for kind in KINDS["camera"]}
    strategies = strategies_of(plan)
    for strategy in strategies:
        test = plan[f"test_{strategy}"].to_numpy()
        distance = distance_to_test(plan.assign(record=recordings, test=test))
        taken = plan[strategy].to_numpy()
        own = window_leaks(plan[taken], test[taken], distance[taken], f"{strategy}_beside_test", name=_name)
        for kind, names in own.items():
            found[kind] += names
        found["shared_value"] += _shared_values(plan, test, taken) if strategy != RECORDINGS else []
    found["shared_subject"] = sorted(set(plan["subject"]) & set(map(str, trained_on)))
    declared = {f"{RANDOM}_beside_test", "shared_value"} | ({f"{FIRST}_beside_test"} if options.gap == 0 else set())
    return make_audit(
        "camera",
        found,
        declared=declared,
        notes=design.notes,
        **options.model_dump(
            include={"conditions", "seed"} if options.conditions else {"test", "share", "gap", "seed"}
        ),
        subjects=int(plan["fold"].nunique()),
        windows=len(plan),
        test_windows={setting: int(plan[f"test_{setting}"].sum()) for setting in settings_of(plan)},
        of_folds=[_describe_fold(fold, part) for fold, part in plan.groupby("fold")],
    )


def _shared_values(plan: pd.DataFrame, test: np.ndarray, taken: np.ndarray) -> list[str]:
    """Windows in training whose cuff value is that of a test window of the subject."""
    if "cuff" not in plan:
        return []
    value, cuff = plan.groupby(["subject", "sbp", "dbp"]).ngroup(), plan["cuff"].to_numpy(bool)
    hit = taken & cuff & value.isin(value[test & cuff]).to_numpy()
    return [_name(row) for row in plan[hit].itertuples()]


def _name(window) -> str:
    return f"{window.subject}/{window_name(window)}"


def _describe_fold(fold: int, part: pd.DataFrame) -> dict:
    return {
        "fold": int(fold),
        "subject": part["subject"].iloc[0],
        "val_subject": part["val_subject"].iloc[0],
        "recordings": int(part["record"].nunique()),
        "windows": len(part),
        **{f"{strategy}_windows": int(part[strategy].sum()) for strategy in strategies_of(part)},
        **{f"test_{setting}_windows": int(part[f"test_{setting}"].sum()) for setting in settings_of(part)},
    }
