"""The table of recordings that a user brings: one row a video, and what belongs to it."""

import csv
import difflib
import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from cuffless.errors import CufflessError, fault, shortened

REQUIRED = ("subject", "recording", "video")
COLUMNS = (
    *REQUIRED,
    *("fps", "start_time", "timestamps", "roi", "roi_mode", "bp", "bp_offset_s", "ppg", "ppg_fs", "exclude", "notes"),
)
_MOST_MISTAKES = 15
ROI_MODES = ("auto", "file", "whole")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # names of recordings become names of files
_BARE = ("0", "1", "no", "yes", "false", "true", "n", "y", "x")  # in `exclude`: whether, but not why


class ManifestError(CufflessError):
    """A manifest with mistakes; the message has a line for each: file, line, column, what is wrong and the remedy."""


# What a recording's colours depend on; the other columns say what becomes of them.
_OF_THE_VIDEO = ("recording", "video", "fps", "timestamps", "roi", "roi_mode", "exclude")
_PATHS = ("video", "timestamps", "roi", "bp", "ppg")


@dataclass(frozen=True)
class Recording:
    """One row of a manifest.

    Attributes
    ----------
    subject, recording : str
        Whose it is, and its own name, which no other has.
    video : Path
        A file, or the pattern of numbered images (``img_%05d.png``).
    fps : float or None
        Frames a second, where the video's header is wrong or says nothing.
    start_time : datetime or None
        When it began, on the clock of the monitor.
    timestamps : Path or None
        CSV of the frames' times.
    roi : Path or None
        File of the regions of interest.
    roi_mode : {"auto", "file", "whole"}
        Left empty: ``file`` where there is one, else ``auto``.
    bp : Path or None
        CSV of the monitor's values.
    bp_offset_s : float
        Seconds to add to the monitor's times for the clock of the video.
    ppg : Path or None
        PPG recorded meanwhile by contact, `ppg_fs` its sampling rate in Hz.
    ppg_fs : float or None
    exclude : str
        Why the recording is left out; empty: it is not.
    notes : str
    """

    subject: str
    recording: str
    video: Path
    fps: float | None = None
    start_time: datetime | None = None
    timestamps: Path | None = None
    roi: Path | None = None
    roi_mode: str = "auto"
    bp: Path | None = None
    bp_offset_s: float = 0.0
    ppg: Path | None = None
    ppg_fs: float | None = None
    exclude: str = ""
    notes: str = ""

    def canonical(self, *, video_only: bool = False) -> str:
        """JSON with sorted keys, for `recording_from`; `video_only`: only what its colours depend on."""
        values = asdict(self)
        if video_only:
            values = {name: values[name] for name in _OF_THE_VIDEO} | {"subject": ""}
        return json.dumps(
            {name: value for name, value in values.items() if value is not None}, sort_keys=True, default=str
        )

    def files(self, *columns: str) -> list[Path]:
        """Files of these columns, of those that it names; of numbered images their folder."""
        named = [getattr(self, column) for column in columns]
        return [path.parent if "%" in path.name else path for path in named if path is not None]


def recording_from(text: str) -> Recording:
    """The recording of which `Recording.canonical` made the text."""
    values = json.loads(text)
    paths = {name: Path(values[name]) for name in _PATHS if name in values}
    moment = {"start_time": datetime.fromisoformat(values["start_time"])} if "start_time" in values else {}
    known = {field.name for field in fields(Recording)}
    return Recording(**{name: value for name, value in (values | paths | moment).items() if name in known})


def read_manifest(path: str | Path) -> list[Recording]:
    """Read a manifest.

    Parameters
    ----------
    path : str or Path
        CSV with the columns `COLUMNS`, of which `REQUIRED` must be there; paths in it are relative to its folder.
        Other columns are passed over.

    Returns
    -------
    list of Recording
        In the file's order.

    Raises
    ------
    ManifestError
        If it cannot be read, names no recording, or a row is wrong; all mistakes are told at once, at most twenty.
        Whether the files exist is not looked into: one that is absent is a matter of its recording, not of the
        manifest.
    """
    path = Path(path)
    header, rows = _read(path)
    mistakes = _Mistakes(path)
    found = [_recording(line, cells, header, path.parent, mistakes) for line, cells in rows]
    _refuse_repeats(found, [line for line, _ in rows], mistakes)
    if mistakes.told:
        raise ManifestError(mistakes.text())
    return found


class _Mistakes:
    """Mistakes found so far, as sentences."""

    def __init__(self, path: Path):
        self.path = path
        self.told: list[str] = []

    def add(self, line: int, column: str, what: str) -> None:
        self.told.append(f"{self.path}, line {line}, {column}: {what}")

    def text(self) -> str:
        """One line a mistake, the first of them if there are many."""
        more = len(self.told) - _MOST_MISTAKES
        return "\n".join(self.told[:_MOST_MISTAKES] + ([f"{self.path}: and {more} more mistakes"] if more > 0 else []))


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows that are not blank with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=head.count))
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: cannot be read ({fault(error)}); save it as CSV in UTF-8") from None
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise ManifestError(f"{path}: is empty; its first line must name the columns, {', '.join(REQUIRED)} among them")
    line, header = rows[0][0], [name.lower() for name in rows[0][1]]
    mistakes = [f"column {name} is missing" for name in REQUIRED if name not in header]
    mistakes += [f"column {name} stands twice" for name in COLUMNS if header.count(name) > 1]
    for name in header:
        close = difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.8)
        if name not in COLUMNS and close and close[0] not in header:
            mistakes.append(f"column {shortened(name)} is unknown; is {close[0]} meant?")
    if mistakes:
        raise ManifestError("\n".join(f"{path}, line {line}: {mistake}" for mistake in mistakes[:_MOST_MISTAKES]))
    if len(rows) == 1:
        raise ManifestError(f"{path}: names no recording; add one line for each video")
    return header, rows[1:]


def _recording(line: int, cells: list[str], header: list[str], folder: Path, mistakes: _Mistakes) -> Recording:
    if len(cells) > len(header) and any(cells[len(header) :]):
        mistakes.add(line, "end", f"{len(cells)} cells for {len(header)} columns; quote what holds a comma")
    row = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))
    for name in REQUIRED:
        if not row[name]:
            mistakes.add(line, name, "is empty; every recording needs it")
    if row["recording"] and not _NAME.fullmatch(row["recording"]):
        named = shortened(row["recording"])
        mistakes.add(line, "recording", f"{named!r}: take letters, digits, - _ . only: it names files")
    if row["exclude"].lower() in _BARE:
        mistakes.add(line, "exclude", f"{row['exclude']!r} is no reason; say why in words, or leave the cell empty")
    paths = {name: folder / row[name] if row[name] else None for name in ("timestamps", "roi", "bp", "ppg")}
    fps, ppg_fs = (_positive(row[name], line, name, mistakes) for name in ("fps", "ppg_fs"))
    if bool(row["ppg"]) != bool(row["ppg_fs"]):
        mistakes.add(line, "ppg_fs", "ppg and ppg_fs belong together; give both or neither")
    return Recording(
        subject=row["subject"],
        recording=row["recording"],
        video=folder / row["video"],
        fps=fps,
        start_time=_moment(row["start_time"], line, mistakes),
        roi_mode=_roi_mode(row, line, mistakes),
        bp_offset_s=_number(row["bp_offset_s"], line, "bp_offset_s", mistakes) or 0.0,
        ppg_fs=ppg_fs,
        exclude=row["exclude"],
        notes=row["notes"],
        **paths,
    )


def _number(cell: str, line: int, column: str, mistakes: _Mistakes) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if abs(value) < float("inf"):
        return value
    held = shortened(cell)
    mistakes.add(line, column, f"{held!r} is no number; write it with a decimal point, or leave the cell empty")
    return None


def _positive(cell: str, line: int, column: str, mistakes: _Mistakes) -> float | None:
    value = _number(cell, line, column, mistakes)
    if value is not None and value <= 0:
        mistakes.add(line, column, f"{shortened(cell)} is not above 0; correct it or leave the cell empty")
    return value


def _moment(cell: str, line: int, mistakes: _Mistakes) -> datetime | None:
    if not cell:
        return None
    try:
        if len(cell) <= len("2024-05-01"):
            raise ValueError("no time of day")
        return datetime.fromisoformat(cell)
    except ValueError:
        mistakes.add(line, "start_time", f"{shortened(cell)!r} is not a date and time; write it as 2024-05-01T10:03:20")
        return None


def _roi_mode(row: dict[str, str], line: int, mistakes: _Mistakes) -> str:
    mode, roi = row["roi_mode"].lower(), row["roi"]
    if not mode:
        return "file" if roi else "auto"
    if mode not in ROI_MODES:
        mistakes.add(line, "roi_mode", f"{shortened(row['roi_mode'])!r} is unknown; there are {', '.join(ROI_MODES)}")
    elif mode == "file" and not roi:
        mistakes.add(line, "roi", "is empty, and roi_mode says file; name the file, or say auto")
    elif mode != "file" and roi:
        mistakes.add(line, "roi_mode", f"{mode} leaves the file in roi unread; say file, or empty the column roi")
    return mode


def _refuse_repeats(found: list[Recording], lines: list[int], mistakes: _Mistakes) -> None:
    """A name or a video that stands twice would put the same signal on both sides of a split."""
    seen: dict[tuple[str, str], int] = {}
    for recording, line in zip(found, lines, strict=True):
        # File systems may not tell case apart.
        for column, value in (("recording", recording.recording.casefold()), ("video", str(recording.video))):
            if not value:
                continue
            before = seen.setdefault((column, value), line)
            if before != line:
                named = shortened(getattr(recording, column))
                mistakes.add(line, column, f"{named} stands in line {before} too; keep one")
