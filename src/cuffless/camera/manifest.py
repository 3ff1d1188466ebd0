"""The user's table of video recordings: one row per video, with the files that belong to it."""

import csv
import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from cuffless.camera.manifest_cells import (
    ROI_MODES,
    Mistakes,
    read_cuff,
    read_moment,
    read_number,
    read_positive,
    read_roi_mode,
    read_sex,
    read_within,
)
from cuffless.errors import CufflessError, fault, shortened, some_of

__all__ = [
    "COLUMNS",
    "REQUIRED",
    "ROI_MODES",
    "ManifestError",
    "VideoRecording",
    "read_manifest",
    "read_rows",
    "recording_from",
    "require_conditions",
]

REQUIRED = ("subject", "recording", "video")
COLUMNS = (
    *REQUIRED,
    *("fps", "start_time", "timestamps", "roi", "roi_mode", "bp", "bp_offset_s", "ppg", "ppg_fs", "exclude", "notes"),
    *("sbp", "dbp", "condition", "age", "sex", "bmi"),
)
_ALSO = {"step": "condition"}
_MOST_MISTAKES = 15
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
    sbp: float | None = None
    dbp: float | None = None
    """`sbp`, `dbp`: A cuff's pair of values in mmHg for the whole recording, where there is no monitor."""
    ppg: Path | None = None
    """Contact PPG recorded at the same time; `ppg_fs` is its sampling rate in Hz."""
    ppg_fs: float | None = None
    condition: str = ""
    """Under what circumstances it was recorded (``before``, ``after``), for `rppg.tuning.conditions`."""
    age: float | None = None
    sex: str = ""
    bmi: float | None = None
    """`age`, `sex`, `bmi`: The subject's: years, ``f`` or ``m``, kg/m2."""
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

    @property
    def cuff(self) -> bool:
        """Whether one pair of cuff values stands for the whole recording."""
        return self.sbp is not None and self.dbp is not None

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
    mistakes = Mistakes(path)
    found = [_recording(line, cells, header, path.parent, mistakes) for line, cells in rows]
    _find_repeats(found, [line for line, _ in rows], mistakes)
    if mistakes.lines:
        raise ManifestError(mistakes.text())
    return found


def require_conditions(recordings: Iterable[VideoRecording], conditions: Sequence[str]) -> None:
    """Refuse conditions that no recording in use has.

    Parameters
    ----------
    recordings : iterable of VideoRecording
    conditions : sequence of str
        As in `rppg.tuning.conditions`.

    Raises
    ------
    ManifestError
        With the conditions that there are.
    """
    known = dict.fromkeys(own.condition for own in recordings if own.condition and not own.exclude)
    folded = {name.casefold() for name in known}
    for name in conditions:
        if name.casefold() not in folded:
            there = f"there are {some_of(known)}" if known else "its column condition is empty"
            raise ManifestError(
                f"no recording has the condition {shortened(name)!r} of rppg.tuning.conditions; {there}"
            )


def read_rows(path: Path, error: type[CufflessError] = ManifestError) -> list[tuple[int, list[str]]]:
    """Rows of a CSV with any of the usual separators that are not blank, with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=head.count))
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise error(f"{path}: cannot be read ({fault(wrong)}); save it as CSV in UTF-8") from None
    return [(line, cells) for line, cells in rows if any(cells)]


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows that are not blank, with their line numbers."""
    rows = read_rows(path)
    if not rows:
        raise ManifestError(
            f"{path}: the file is empty; its first line must name the columns, including {', '.join(REQUIRED)}"
        )
    line, header = rows[0][0], [_ALSO.get(name.lower(), name.lower()) for name in rows[0][1]]
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


def _recording(line: int, cells: list[str], header: list[str], folder: Path, mistakes: Mistakes) -> VideoRecording:
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
    fps, ppg_fs = (read_positive(row[name], line, name, mistakes) for name in ("fps", "ppg_fs"))
    if bool(row["ppg"]) != bool(row["ppg_fs"]):
        mistakes.add(line, "ppg_fs", "ppg and ppg_fs belong together; give both or neither")
    sbp, dbp = read_cuff(row, line, mistakes)
    age, bmi = (read_within(row[name], line, name, mistakes) for name in ("age", "bmi"))
    return VideoRecording(
        subject=row["subject"],
        recording=row["recording"],
        video=folder / row["video"],
        fps=fps,
        start_time=read_moment(row["start_time"], line, "start_time", mistakes),
        roi_mode=read_roi_mode(row, line, mistakes),
        bp_offset_s=read_number(row["bp_offset_s"], line, "bp_offset_s", mistakes) or 0.0,
        sbp=sbp,
        dbp=dbp,
        ppg_fs=ppg_fs,
        condition=row["condition"],
        age=age,
        sex=read_sex(row["sex"], line, mistakes),
        bmi=bmi,
        exclude=row["exclude"],
        notes=row["notes"],
        **paths,
    )


def _find_repeats(found: list[VideoRecording], lines: list[int], mistakes: Mistakes) -> None:
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
