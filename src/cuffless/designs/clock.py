"""When windows were recorded: their order, seconds on a clock common to a subject's records, distances in time."""

import re

import numpy as np
import pandas as pd

# Matched MIMIC-III names end in the date of the recording: p000020-2183-04-28-17-47.
DATED_TO = 60.0
"""Seconds to which such a date is known."""
TOUCHING_SECONDS = 0.05
"""Windows nearer than this follow one another without a gap."""
TIGHT = 1e-6
"""Seconds within which times are the same."""
_DATED = re.compile(r"-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)$")


def in_time_order(windows: pd.DataFrame) -> pd.DataFrame:
    """Windows of subjects in the order in which they were recorded, with their time on the subject's clock.

    Parameters
    ----------
    windows : DataFrame
        Columns subject, record, row, start (s from the record's start) and more; possibly ``began``: when the record
        began in seconds from an arbitrary origin, missing where its name may tell it.

    Returns
    -------
    DataFrame
        Sorted by subject and time, with ``elapsed``: seconds since the subject's first window. Records follow one
        another by their start or the date in their names, or else by name (2 before 10); `elapsed` is missing for all
        but the first record of a subject whose records have no date.
    """
    subject, subjects = pd.factorize(windows["subject"], sort=True)
    record, records = pd.factorize(windows["record"])
    began = np.array([recording_began(name) for name in records])[record]
    if "began" in windows:
        began = windows["began"].fillna(pd.Series(began, index=windows.index)).to_numpy(float)
    undated = np.bincount(subject, np.isnan(began), len(subjects)) > 0
    began = np.where(undated[subject], np.nan, began)
    place = pd.factorize(np.array([_natural(name) for name in records], dtype=object), sort=True)[0][record]
    # Records that are dated to the second may be of the same time, such as those of several cameras.
    since = began + windows["start"].to_numpy(float) if "began" in windows else began
    order = np.lexsort((windows["row"].to_numpy(), place, since, subject))
    subject, record, began = subject[order], record[order], began[order]
    table = windows.iloc[order].reset_index(drop=True)
    start = table["start"].to_numpy(float)
    first = np.searchsorted(subject, np.arange(len(subjects)))[subject]
    only_first = np.where(record == record[first], start, np.nan)
    clock = np.where(np.isnan(began), only_first, began + start)
    return table.assign(elapsed=clock - clock[first])


def undated_records(windows: pd.DataFrame) -> list[str]:
    """Note how many subjects have several records that follow one another by name alone.

    Parameters
    ----------
    windows : DataFrame
        As from `in_time_order`.

    Returns
    -------
    list of str
        One note or none.
    """
    n = len(set(windows.loc[windows["elapsed"].isna(), "subject"]))
    return [f"{n} subjects have several records without dates: taken in the order of their names"] if n else []


def _natural(name: str) -> str:
    """A key by which case_2 comes before case_10."""
    return re.sub(r"\d+", lambda number: number.group().zfill(20), name)


def recording_began(record: str) -> float:
    """Seconds from an arbitrary origin to a record's start as its name gives it, to the minute; NaN if it does not."""
    found = _DATED.search(record)
    if not found:
        return np.nan
    year, month, day, hour, minute = found.groups()
    try:
        began = np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}", "s")
    except ValueError:  # digits that are not a date
        return np.nan
    return float(began.astype(np.int64))


def distances(
    windows: pd.DataFrame, target: np.ndarray, *, by: str = "record", start: str = "start"
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from each window to the target windows before and after it.

    Parameters
    ----------
    windows : DataFrame
        Columns `by`, `start` (s) and seconds.
    target : (n,) bool array
    by : str
        Windows with different values have no distance.
    start : str
        Column of times.

    Returns
    -------
    since_end, until_start : (n,) float arrays
        From the latest end of a target that begins before the window to its start; from its end to the next start of a
        target. Negative where they overlap, infinite without a target. A window is not its own target.
    """
    begin = windows[start].to_numpy(float)
    group = pd.factorize(windows[by])[0]
    order = np.lexsort((begin, group))
    begin, group = begin[order], group[order]
    end, target = begin + windows["seconds"].to_numpy()[order], np.asarray(target, bool)[order]

    def nearest(times: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Greatest of the times before each, within its group."""
        latest = pd.Series(times).groupby(groups).cummax()
        return latest.groupby(groups).shift(fill_value=-np.inf).to_numpy()

    since_end, until_start = np.empty(len(begin)), np.empty(len(begin))
    since_end[order] = begin - nearest(np.where(target, end, -np.inf), group)
    until_start[order] = -nearest(np.where(target, -begin, -np.inf)[::-1], group[::-1])[::-1] - end
    return since_end, until_start


def distance_to_test(windows: pd.DataFrame) -> np.ndarray:
    """Seconds from each window to the nearest other test window.

    Parameters
    ----------
    windows : DataFrame
        Columns subject, record, start, seconds, test, elapsed.

    Returns
    -------
    (n,) float array
        Within its record, and to other records of the subject as far as their dates are known. Negative where they
        overlap, infinite where there is no other test window.
    """
    distance = np.minimum(*distances(windows, windows["test"]))
    dated = windows["elapsed"].notna().groupby(windows["subject"]).transform("all").to_numpy()
    part = windows[dated]
    of_subject = np.minimum(*distances(part, part["test"], by="subject", start="elapsed"))
    distance[dated] = np.minimum(distance[dated], of_subject)
    return distance


def shares_signal(
    windows: pd.DataFrame, others: pd.DataFrame, *, by: str = "record", at_least: float = TIGHT
) -> np.ndarray:
    """Which windows share a part of their signal with any of the others.

    Parameters
    ----------
    windows, others : DataFrame
        Columns `by`, start and seconds (s).
    by : str
        What windows of one signal have in common.
    at_least : float
        Seconds of common signal that count.

    Returns
    -------
    (n,) bool array
    """
    both = pd.concat([windows[[by, "start", "seconds"]], others[[by, "start", "seconds"]]], ignore_index=True)
    other = np.arange(len(both)) >= len(windows)
    return np.minimum(*distances(both, other, by=by))[~other] <= -at_least
