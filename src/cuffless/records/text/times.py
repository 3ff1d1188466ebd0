"""Times of samples or frames, converted to seconds."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.records.text.cells import DURATION, is_date, kind_of
from cuffless.records.text.numbers import parse_numbers

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Possible units of numeric times, in seconds."""
NAMES = ("time", "times", "timer", "t", "seconds", "second", "secs", "sec", "s", "timestamp", "timestamps", "datetime")
"""Names of a time column, without units and blanks."""
_MORE = (
    *("elapsed", "elapsed time", "elapsed seconds", "time and date", "date and time", "clock", "clock time", "utc"),
    *(
        "datenum",
        "minutes",
        "hours",
        "days",
        "unix",
        "unix time",
        "unix timestamp",
        "epoch",
        "posix",
        "local time",
        "system time",
        "date time",
        "ms",
        "msec",
    ),
    *(
        "zeit",
        "temps",
        "tiempo",
        "tempo",
        "tijd",
        "milliseconds",
        "millis",
        "micros",
        "us",
        "ns",
        "time stamp",
        "recording time",
        "sample time",
        "hh:mm:ss",
    ),
)
COUNTERS = (
    *(
        "sample",
        "samples",
        "sample #",
        "sample number",
        "sample index",
        "sample no",
        "sample no.",
        "index",
        "counter",
        "",
    ),
    *("idx", "no", "no.", "nr", "nr.", "#", "n", "row", "row number", "frame", "frames", "frame number", "unnamed: 0"),
)
"""Names of a sample counter; pandas writes the empty one."""
_UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunden"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisec", "millisecond", "milliseconds", "millis", "milli-sec"), "ms"),
    **dict.fromkeys(("us", "µs", "usec", "microsecond", "microseconds", "micros"), "us"),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "day"),
}
SCALES = {**UNITS, "min": 60.0, "h": 3600.0, "day": 86400.0}
DAY = 86400.0
_HALF_DAY = DAY / 2
_CLOCK = re.compile(
    r"(?:(?P<days>\d+) days? )?(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:[.,]\d+|(?<=\d\d:\d\d):\d+)?)"
)
_PHYSIONET = re.compile(
    r"\[?(?P<clock>\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?)\s+(?P<d>\d{1,2})/(?P<mo>\d{1,2})/(?P<y>\d{4})\]?"
)


@dataclass(frozen=True)
class Times:
    """A column of times."""

    since: np.ndarray
    """(n,) float array: Numbers as stored, or seconds for clock times and dates, relative to the first valid one; NaN
    where missing."""
    kind: str
    """{"number", "clock", "date"}."""
    first: float
    """Value of the first: the number, seconds of the day, or seconds since 1970."""


def plain_name(name: str) -> tuple[str, str]:
    """A column's name without unit, in lower case, and the unit: ``Time [ms]`` gives ``time`` and ``ms``."""
    text = " ".join(name.strip().strip("'\"").replace("_", " ").lower().split())
    found = re.fullmatch(r"(.*?)\s*[(\[{]\s*(.*?)\s*[)\]}]", text) or re.fullmatch(
        r"(.*?)[\s/,:-]+(s|sec|seconds|ms|msec|milliseconds|us|µs|ns|nanoseconds|microseconds|mmhg|torr|[hk]?pa|m?bar|cmh2o|nu|min)",
        text,
    )
    return (found[1].strip(" :").removesuffix(" in"), found[2]) if found and found[1] else (text, "")


def unit_word(word: str) -> str | None:
    """The time unit with a name; None if it is not a time unit."""
    return _UNIT_WORDS.get(word.strip().lower())


def is_time_name(name: str) -> bool:
    """Whether a column with this name holds times."""
    plain, _ = plain_name(name)
    return plain in NAMES or plain in _MORE or re.search(r"time ?stamp", plain) is not None


def holds_dates(cells: pd.Series) -> bool:
    """Whether a column holds dates without a time of day, whatever its name."""
    return _all_match(cells, is_date)


def holds_times(cells: pd.Series) -> bool:
    """Whether a column holds clock times, with or without dates, whatever its name."""
    return _all_match(cells, lambda cell: kind_of(cell) == "time" and not is_date(cell))


def _all_match(cells: pd.Series, holds: Callable[[str], bool]) -> bool:
    if cells.dtype.kind in "iufb":
        return False
    seen = [str(cell).strip("'\" ") for cell in cells.dropna().iloc[:20]]
    return bool(seen) and all(map(holds, seen))


def read_times(cells: pd.Series, decimal: str = ".") -> Times:
    """Read a column of times.

    Parameters
    ----------
    cells : Series
        Numbers, or strings: numbers, clock times (``12:34:56.789``, ``0:01.5``), dates (ISO 8601, with or without zone,
        day/month/year, PhysioNet's ``[12:34:56.789 01/02/2020]``). Clock times continue across midnight.
    decimal : {".", ","}
        Decimal mark of strings.

    Returns
    -------
    Times
        Of the kind that most cells have; other cells are missing.
    """
    if cells.dtype.kind in "iu":
        values = cells.to_numpy()
        return Times((values - values[0]).astype(float), "number", float(values[0]))
    if cells.dtype.kind == "f":
        return _relative_times(cells.to_numpy(float), "number")
    text = cells.astype("str").str.strip().str.strip("'\"[] ")
    if decimal == ",":
        text = text.str.replace(",", ".", regex=False)
    known = text[text.ne("") & text.ne("nan")]
    numbers = parse_numbers(text)
    if numbers.notna().any() and numbers.notna().sum() >= 0.5 * len(known):
        whole = numbers.dropna()
        if whole.dtype.kind in "iu" and len(whole) == len(numbers):
            return read_times(numbers)
        return _relative_times(numbers.to_numpy(float), "number")
    durations = text.str.extract(f"^{DURATION}$")
    if durations[0].notna().sum() > 0.5 * max(len(known), 1):
        scales = durations[1].map({word: SCALES[unit] for word, unit in _UNIT_WORDS.items()})
        return _relative_times((parse_numbers(durations[0]) * scales).to_numpy(float), "clock")
    clocks = _clocks(text)
    if np.isfinite(clocks).sum() > 0.5 * max(len(known), 1):
        return _relative_times(_past_midnight(clocks), "clock")
    dates = _dates(text)
    first = dates.dropna().iloc[0] if dates.notna().any() else pd.Timestamp(0, tz="UTC")
    since = ((dates - first) / pd.Timedelta(1, "ns")).to_numpy(float) / 1e9
    return Times(since, "date", (first - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(1, "s"))


def _relative_times(values: np.ndarray, kind: str) -> Times:
    known = np.flatnonzero(np.isfinite(values))
    first = float(values[known[0]]) if len(known) else np.nan
    return Times(np.where(np.isfinite(values), values, np.nan) - first, kind, first)


def _clocks(text: pd.Series) -> np.ndarray:
    """Seconds of the day, or elapsed; NaN where a string is not a clock time."""
    parts = text.str.extract(rf"^{_CLOCK.pattern}$")
    if parts["m"].isna().all():
        return np.full(len(text), np.nan)
    hours = pd.to_numeric(parts["h"]).fillna(0) + 24 * pd.to_numeric(parts["days"]).fillna(0)
    seconds = pd.to_numeric(parts["s"].str.replace("[,:]", ".", regex=True))
    return (3600 * hours + 60 * pd.to_numeric(parts["m"]) + seconds).to_numpy(float)


def _past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Seconds of a clock, continued across midnight."""
    known = np.isfinite(seconds)
    days = np.cumsum(np.diff(seconds[known], prepend=seconds[known][:1]) < -_HALF_DAY)
    result = seconds.copy()
    result[known] += DAY * days
    return result


def _dates(text: pd.Series) -> pd.Series:
    """Dates in UTC; missing where a string is not a date."""
    found = text.str.extract(rf"^{_PHYSIONET.pattern}$")
    if found["y"].notna().mean() > 0.5:  # the clock first, then day/month/year
        text = found["y"] + "-" + found["mo"].str.zfill(2) + "-" + found["d"].str.zfill(2) + "T" + found["clock"]
    text = text.str.replace(r"(\d:\d{2}:\d{2}),(\d)", r"\1.\2", regex=True)
    dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
    if dates.notna().sum() < 0.5 * len(text):
        # 01/02/2020 is 1 February or 2 January: choose the order in which time runs most evenly.
        both = [pd.to_datetime(text, errors="coerce", format="mixed", dayfirst=day, utc=True) for day in (True, False)]
        dates = max(both, key=lambda found: (found.notna().sum(), -_span(found)))
    return dates


def _span(dates: pd.Series) -> float:
    return float(dates.diff().abs().sum().total_seconds())


def fitting_unit(step: float, rates: tuple[float, float], units=UNITS) -> str | None:
    """The unit in which steps of a clock give a rate between two limits in Hz; None if there is none."""
    if not step > 0:
        return None
    return next((unit for unit in units if rates[0] <= 1 / (step * SCALES[unit]) <= rates[1]), None)


def typical_step(times: np.ndarray) -> float:
    """Distance between neighbouring samples in the clock's unit, even if several share a stamp; NaN without any.

    The median distance between distinct stamps, divided by the number of samples per stamp.
    """
    times = times[np.isfinite(times)]
    steps = np.diff(times)
    later = steps[steps > 0]
    if not len(later):
        return np.nan
    return float(np.median(later)) * (len(later) + 1) / len(times)
