"""The user's table of video recordings: one row per video, with the files that belong to it."""

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
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # recordings give files their names
_NOT_REASONS = ("0", "1", "no", "yes", "false", "true", "n", "y", "x")  # in `exclude`: they give no reason


class ManifestError(CufflessError):
    """A manifest with mistakes; the message has one line per mistake: file, line, column, fault and remedy."""


# What a recording's colours depend on; the other columns matter only later.
_VIDEO_COLUMNS = ("recording", "video", "fps", "timestamps", "roi", "roi_mode", "exclude")
_PATHS = ("video", "timestamps", "roi", "bp", "ppg")


@dataclass(frozen=True)
class VideoRecording:
    """One row of a manifest."""

    subject: str
    recording: str
    """`subject`, `recording`: The subject, and the recording's name, which is unique."""
    video: Path
    """A file, or the pattern of numbered images (``img_%05d.png``)."""
    fps: float | None = None
    """Frames per second, if the video's header is wrong or does not give it."""
    start_time: datetime | None = None
    """When it started, on the clock of the monitor."""
    timestamps: Path | None = None
    """CSV of the frame times."""
    roi: Path | None = None
    """File of the regions of interest."""
    roi_mode: str = "auto"
    """{"auto", "file", "whole"}: If left empty: ``file`` if there is one, else ``auto``."""
    bp: Path | None = None
    """CSV of the monitor's values."""
    bp_offset_s: float = 0.0
    """Seconds to add to the monitor's times to get the clock of the video."""
    ppg: Path | None = None
    """Contact PPG recorded at the same time; `ppg_fs` is its sampling rate in Hz."""
    ppg_fs: float | None = None
    exclude: str = ""
    """Why the recording is left out; empty if it is not."""
    notes: str = ""

    def canonical(self, *, video_only: bool = False) -> str:
        """JSON with sorted keys, for `recording_from`; `video_only`: only what its colours depend on."""
        values = asdict(self)
        if video_only:
            values = {name: values[name] for name in _VIDEO_COLUMNS} | {"subject": ""}
        return json.dumps(
            {name: value for name, value in values.items() if value is not None}, sort_keys=True, default=str
        )

    def files(self, *columns: str) -> list[Path]:
        """Files in these columns, where not empty; for numbered images their folder."""
        paths = [getattr(self, column) for column in columns]
        return [path.parent if "%" in path.name else path for path in paths if path is not None]


def recording_from(text: str) -> VideoRecording:
    """The recording whose `VideoRecording.canonical` is the text."""
    values = json.loads(text)
    paths = {name: Path(values[name]) for name in _PATHS if name in values}
    moment = {"start_time": datetime.fromisoformat(values["start_time"])} if "start_time" in values else {}
    known = {field.name for field in fields(VideoRecording)}
    return VideoRecording(**{name: value for name, value in (values | paths | moment).items() if name in known})


def read_manifest(path: str | Path) -> list[VideoRecording]:
    """Read a manifest.

    Parameters
    ----------
    path : str or Path
        CSV with the columns `COLUMNS`, of which `REQUIRED` must be present; its paths are relative to its folder.
        Other columns are ignored.

    Returns
    -------
    list of VideoRecording
        In the order of the file.

    Raises
    ------
    ManifestError
        If it cannot be read, has no recordings, or a row is wrong; all mistakes are reported at once, up to fifteen.
        Whether the files exist is not checked: a missing file is a problem of its recording, not of the manifest.
    """
    path = Path(path)
    header, rows = _read(path)
    mistakes = _Mistakes(path)
    found = [_recording(line, cells, header, path.parent, mistakes) for line, cells in rows]
    _find_repeats(found, [line for line, _ in rows], mistakes)
    if mistakes.lines:
        raise ManifestError(mistakes.text())
    return found


class _Mistakes:
    """Mistakes found so far, one line each."""

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[str] = []

    def add(self, line: int, column: str, what: str) -> None:
        self.lines.append(f"{self.path}, line {line}, {column}: {what}")

    def text(self) -> str:
        """The lines as one text, only the first of them if there are many."""
        more = len(self.lines) - _MOST_MISTAKES
        return "\n".join(self.lines[:_MOST_MISTAKES] + ([f"{self.path}: and {more} more mistakes"] if more > 0 else []))


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows that are not blank, with their line numbers."""
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
        raise ManifestError(
            f"{path}: the file is empty; its first line must name the columns, including {', '.join(REQUIRED)}"
        )
    line, header = rows[0][0], [name.lower() for name in rows[0][1]]
    mistakes = [f"column {name} is missing" for name in REQUIRED if name not in header]
    mistakes += [f"column {name} appears twice" for name in COLUMNS if header.count(name) > 1]
    for name in header:
        close = difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.8)
        if name not in COLUMNS and close and close[0] not in header:
            mistakes.append(f"column {shortened(name)} is unknown; did you mean {close[0]}?")
    if mistakes:
        raise ManifestError("\n".join(f"{path}, line {line}: {mistake}" for mistake in mistakes[:_MOST_MISTAKES]))
    if len(rows) == 1:
        raise ManifestError(f"{path}: no recordings; add one line per video")
    return header, rows[1:]


def _recording(line: int, cells: list[str], header: list[str], folder: Path, mistakes: _Mistakes) -> VideoRecording:
    if len(cells) > len(header) and any(cells[len(header) :]):
        mistakes.add(line, "end", f"{len(cells)} cells for {len(header)} columns; put cells with a comma in quotes")
    row = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))
    for name in REQUIRED:
        if not row[name]:
            mistakes.add(line, name, "is empty; every recording needs a value")
    if row["recording"] and not _NAME.fullmatch(row["recording"]):
        name = shortened(row["recording"])
        mistakes.add(line, "recording", f"{name!r} cannot name files; use only letters, digits, - _ .")
    if row["exclude"].lower() in _NOT_REASONS:
        mistakes.add(
            line, "exclude", f"{row['exclude']!r} is not a reason; give the reason in words, or leave the cell empty"
        )
    paths = {name: folder / row[name] if row[name] else None for name in ("timestamps", "roi", "bp", "ppg")}
    fps, ppg_fs = (_positive(row[name], line, name, mistakes) for name in ("fps", "ppg_fs"))
    if bool(row["ppg"]) != bool(row["ppg_fs"]):
        mistakes.add(line, "ppg_fs", "ppg and ppg_fs belong together; give both or neither")
    return VideoRecording(
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
    mistakes.add(line, column, f"{held!r} is not a number; write it with a decimal point, or leave the cell empty")
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
        mistakes.add(line, "roi_mode", f"{shortened(row['roi_mode'])!r} is unknown; choose from {', '.join(ROI_MODES)}")
    elif mode == "file" and not roi:
        mistakes.add(line, "roi", "is empty, but roi_mode is file; name the file, or set roi_mode to auto")
    elif mode != "file" and roi:
        mistakes.add(line, "roi_mode", f"{mode} ignores the file in roi; set it to file, or leave roi empty")
    return mode


def _find_repeats(found: list[VideoRecording], lines: list[int], mistakes: _Mistakes) -> None:
    """Report repeated names and videos, which would put the same signal on both sides of a split."""
    seen: dict[tuple[str, str], int] = {}
    for recording, line in zip(found, lines, strict=True):
        # Some file systems ignore case.
        for column, value in (("recording", recording.recording.casefold()), ("video", str(recording.video))):
            if not value:
                continue
            before = seen.setdefault((column, value), line)
            if before != line:
                shown = shortened(getattr(recording, column))
                mistakes.add(line, column, f"{shown} is already in line {before}; keep one")
