"""Headers of known formats: OpenSignals, Empatica, AcqKnowledge, LabChart, BIDS, UBFC-rPPG."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cuffless.records.faults import reraise_machine_error
from cuffless.records.text.cells import split
from cuffless.records.text.layout import Layout

_RATE = re.compile(
    r"(sampl(e|ing)[ _]*(rate|freq(uency)?)|\bfs\b|^\W*frequency\b)\W{0,4}?\s*(\(hz\)|\[hz\]|[ _]hz)?\s*[:=,;\t]*\s*"
    r"['\"]?(\d+(\.\d+)?([eE][+-]?\d+)?)\s*(k?hz)?",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"(?:sampl\w+[ _]*(?:interval|period)|\binterval|\bdt)\W{1,4}\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*"
    r"(ms|msec|s|sec|us|µs)\b",
    re.IGNORECASE,
)
_ACQ = re.compile(
    r"^\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(m|u|µ)?sec/sample|^\s*(\d+(?:\.\d+)?)\s*(?:samples/sec|hz)\b", re.I
)
_SCALES = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "m": 1e-3,
    "ms": 1e-3,
    "msec": 1e-3,
    "u": 1e-6,
    "µ": 1e-6,
    "us": 1e-6,
    "µs": 1e-6,
}
_LONGEST_JSON = 1 << 24  # bytes
_UNIX = (8e8, 4e9)  # 1995 to 2096
_E4 = {"bvp": "BVP", "eda": "EDA", "temp": "TEMP", "hr": "HR"}
_E4_BVP_FS = 64.0  # Hz, unique to this signal


def add_header_fields(layout: Layout) -> Layout:
    """Add rate, columns and start from the file's header, or from a file beside it, to a layout."""
    for reader in _READERS:
        if found := reader(layout):
            return found
    return layout


def _bids(layout: Layout) -> Layout | None:
    """BIDS: a table without column names, and a .json beside it with Columns, SamplingFrequency and StartTime."""
    for path in _descriptions(layout.path):
        found = _json(path)
        if found is not None and ("SamplingFrequency" in found or "Columns" in found):
            columns = found.get("Columns")
            names = tuple(map(str, columns)) if isinstance(columns, list) else ()
            fits = len(names) == layout.width and layout.names in ((), names)
            units = tuple(_entry(found, name, "Units") for name in names) if fits else layout.units
            known = names if fits else layout.names
            sensors = tuple("PPG" if _is_pulse(found, name) else "" for name in known)
            return replace(
                layout,
                kind="BIDS recording",
                names=known,
                units=units,
                sensors=sensors,
                fs=_positive(found.get("SamplingFrequency")),
                fs_from=path.name,
                beside=(path,),
            )
    return None


def _descriptions(path: Path) -> Iterator[Path]:
    """Files that may describe a table: with its name, or (BIDS inheritance) fewer entities, in this folder or above."""
    stem = re.sub(r"\.(tsv|csv|txt)(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    yield path.with_name(f"{stem}.json")
    *entities, suffix = stem.split("_")
    if suffix not in ("physio", "stim"):
        return
    for folder in list(path.absolute().parents)[:4]:
        for other in sorted(folder.glob(f"*{suffix}.json"), key=lambda other: -len(other.name)):
            if set(other.stem.split("_")[:-1]) <= set(entities):
                yield other


def _entry(found: dict, name: str, key: str) -> str:
    value = found.get(name)
    return str(value.get(key, "")) if isinstance(value, dict) else ""


def _is_pulse(found: dict, name: str) -> bool:
    """Whether a column is BIDS's continuous pulse measurement and is not described as an ECG."""
    description = f"{_entry(found, name, 'Description')} {_entry(found, name, 'LongName')}".lower()
    return name.lower() == "cardiac" and not re.search(r"ecg|ekg|electrocardio", description)


def _open_signals(layout: Layout) -> Layout | None:
    """OpenSignals and BITalino: JSON after a # with columns, sensors and sampling rate of each device."""
    for line in layout.head:
        begin = line.find("{")
        if begin < 0:
            continue
        try:
            header = json.loads(line[begin:])
        except (ValueError, RecursionError):  # deeply nested brackets
            continue
        single = isinstance(header, dict) and not all(isinstance(value, dict) for value in header.values())
        devices = [header] if single else [*header.values()] if isinstance(header, dict) else []
        if not devices:
            continue
        names, sensors = [], []
        for device in devices:
            columns = [
                str(name) for name in device.get("column") or device.get("columns") or device.get("Columns") or ()
            ]
            held = [str(sensor) for sensor in device.get("sensor", ()) or ()]
            names += columns
            sensors += ["" for _ in range(max(len(columns) - len(held), 0))] + held[-len(columns) :] if columns else []
        rates = [
            _positive(d.get(k))
            for d in devices
            for k in ("sampling rate", "SamplingFrequency", "sampling_rate", "fs", "SamplingRate")
        ]
        rate = next(filter(None, rates), None)
        fits = bool(names) and len(names) == layout.width
        if rate is None and not fits:
            continue
        began = _parse_date(f"{devices[0].get('date', '')} {devices[0].get('time', '')}")
        return replace(
            layout,
            kind="OpenSignals" if any("OpenSignals" in head for head in layout.head) else "text with a JSON header",
            names=tuple(names) if fits else layout.names,
            sensors=tuple(sensors) if fits else (),
            fs=rate,
            fs_from="its header" if rate else "",
            began=began,
        )
    return None


def _empatica(layout: Layout) -> Layout | None:
    """Empatica E4: the first line is the start in seconds since 1970, the second the rate, both in every column."""
    if layout.names or layout.rows or len(layout.first) < 4 or layout.width > 3:
        return None
    try:
        rows = [[float(cell) for cell in row[: layout.width]] for row in layout.first[:150]]
    except ValueError:
        return None
    start, rate = rows[0], rows[1]
    values = [abs(value) for row in rows[2:] for value in row if math.isfinite(value)]
    if len(set(start)) > 1 or len(set(rate)) > 1 or not _UNIX[0] <= start[0] <= _UNIX[1] or not 0.5 <= rate[0] <= 2000:
        return None
    if not values or max(values) > start[0] / 1000:
        return None
    stem = layout.path.name.split(".")[0].lower()
    known = next((name for key, name in _E4.items() if re.search(rf"(^|[^a-z]){key}([^a-z]|$)", stem)), None)
    known = known or ("BVP" if rate[0] == _E4_BVP_FS else None)
    names = (known,) if known and layout.width == 1 else ()
    return replace(
        layout,
        kind=f"Empatica E4 (first line {start[0]:.0f}: its start, second line {rate[0]:g}: its rate)",
        names=names,
        body=layout.body + 2,
        first=layout.first[2:],
        lines=layout.lines - 2,
        fs=rate[0],
        fs_from="its second line",
        began=start[0],
    )


def _acqknowledge(layout: Layout) -> Layout | None:
    """Biopac AcqKnowledge: step, number of channels, title and unit of each on two lines, names CHn, lengths."""
    head = [*layout.head, *(layout.separator.join(row) for row in layout.first[:2])]
    step = next(((i, found) for i, line in enumerate(head[:6]) if (found := _ACQ.search(line))), None)
    count = next((i for i, line in enumerate(head[:9]) if re.match(r"\s*\d+ channels?\s*$", line)), None)
    if step is None or count is None:
        return None
    value, scale, hertz = step[1].groups()
    fs = float(hertz) if hertz else 1 / (float(value) * _SCALES[(scale or "").lower()])
    n = int(head[count].split()[0])
    titles, units = head[count + 1 : count + 1 + 2 * n : 2], head[count + 2 : count + 2 + 2 * n : 2]
    label = next((line for line in head[count + 1 + 2 * n :] if re.search(r"\bCH ?\d+", line)), "")
    labels = split(label, layout.separator, layout.quote)
    time = len(labels) > 0 and not re.match(r"CH ?\d+", labels[0])
    if len(titles) != n or layout.width not in (n, n + 1):
        return None
    timed = layout.width == n + 1
    names = (("time",) if timed else ()) + tuple(title.strip() for title in titles)
    all_units = ((labels[0] if time else "",) if timed else ()) + tuple(unit.strip() for unit in units)
    counts = _lengths_row(layout, n)
    return replace(
        layout,
        kind="AcqKnowledge",
        names=names,
        units=all_units,
        body=layout.body + counts,
        first=layout.first[counts:],
        fs=fs,
        fs_from="its header",
    )


def _lengths_row(layout: Layout, channels: int) -> int:
    """1 if the first line of numbers has the channels' lengths rather than samples, else 0."""
    cells = [cell for cell in layout.first[0] if cell] if layout.first else []
    same = len(cells) == channels and all(cell.isdigit() for cell in cells)
    return int(same and ((len(layout.first[0]) > channels and not layout.first[0][0]) or min(map(int, cells)) > 1000))


def _lab_chart(layout: Layout) -> Layout | None:
    """ADInstruments LabChart: lines such as ``Interval=``, ``ChannelTitle=``, ``Range=``; time in the first column."""
    keys = {}
    for line in layout.head:
        cells = split(line, layout.separator, layout.quote)
        if cells and re.match(r"\w+=", cells[0]):
            key, _, rest = cells[0].partition("=")
            keys[key] = [rest, *cells[1:]] if rest else cells[1:]
    if "Interval" not in keys:
        return None
    found = re.match(r"\s*([\d.eE+-]+)\s*(ms|us|µs|s)", keys["Interval"][0]) if keys["Interval"] else None
    names = list(keys.get("ChannelTitle", ()))
    while names and not names[-1]:
        names.pop()
    units = [re.sub(r"^[\d.\s]+", "", cell).strip() for cell in keys.get("Range", ())]
    timed = len(names) < layout.width
    fits = names and len(names) + timed <= layout.width
    spare = [""] * (layout.width - len(names) - timed) if fits else []
    return replace(
        layout,
        kind="LabChart",
        names=(*(("time",) if timed else ()), *names, *spare) if fits else layout.names,
        units=(*(("s",) if timed else ()), *units[: len(names)]) if fits else layout.units,
        fs=1 / (float(found[1]) * _SCALES[found[2]]) if found else None,
        fs_from="its header" if found else "",
    )


def _physionet(layout: Layout) -> Layout | None:
    """PhysioNet's export (rdsamp): names, then units."""
    first = layout.names[0].lower() if layout.names else ""
    if layout.units and first in ("time", "elapsed time", "sample #", "time and date"):
        return replace(layout, kind="PhysioNet export")
    return None


def _ubfc(layout: Layout) -> Layout | None:
    """UBFC-rPPG's ground truth: three lines, the pulse wave, the pulse rate in bpm and the times in seconds."""
    if (
        layout.names
        or layout.rows
        or layout.lines != 3
        or len(layout.first) != 3
        or layout.width <= len(layout.first[0]) - 1
    ):
        return None
    try:
        _, rate, time = ([float(cell) for cell in row] for row in layout.first)
    except ValueError:
        return None
    steps = [b - a for a, b in pairwise(time)]
    # The first cells are enough: a nearly constant pulse rate, and times that rise from 0 by a frame or a sample.
    if not steps or not all(0 <= step < 0.2 for step in steps) or not sum(steps) > 0 or not 0 <= time[0] < 1:
        return None
    if not all(25 <= value <= 250 for value in rate):
        return None
    return replace(layout, kind="UBFC-rPPG ground truth", names=("ppg", "hr", "time"), rows=True)


def _stated_rate(layout: Layout) -> Layout | None:
    """Any header that states a sampling rate or interval."""
    for line in layout.head[:60]:
        if found := _RATE.search(line):
            fs = float(found[6]) * (1000 if (found[9] or "").lower() == "khz" else 1)
        elif found := _STEP.search(line):
            fs = 1 / (float(found[1]) * _SCALES[found[2].lower()]) if float(found[1]) else 0
        else:
            continue
        if 1 <= fs <= 1e5:
            return replace(layout, fs=fs, fs_from="its header")
    return None


_READERS: tuple[Callable[[Layout], Layout | None], ...] = (
    _bids,
    _open_signals,
    _acqknowledge,
    _lab_chart,
    _empatica,
    _physionet,
    _ubfc,
    _stated_rate,
)


def _json(path: Path) -> dict | None:
    try:
        small = path.is_file() and path.stat().st_size <= _LONGEST_JSON
        found = json.loads(path.read_text(encoding="utf-8-sig")) if small else None
    except (OSError, ValueError, RecursionError) as error:
        reraise_machine_error(error)
        return None
    return found if isinstance(found, dict) else None


def _positive(value) -> float | None:
    try:
        number = float(value.lower().removesuffix("hz") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _parse_date(text: str) -> float | None:
    """Seconds since 1970 of a date such as ``2016-8-25 15:43:21.123``."""
    found = re.match(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})(\.\d+)?", text)
    if not found:
        return None
    try:
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() + float(found[7] or 0)
