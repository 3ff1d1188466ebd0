"""Making a manifest from a data set's own table of recordings, such as the ``db.csv`` of MCD-rPPG."""

import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import COLUMNS, ManifestError, VideoRecording, read_manifest
from cuffless.camera.manifest_cells import Mistakes, implausible, read_sex, read_within
from cuffless.camera.recording_tables import RecordingTable
from cuffless.camera.stamped import first_moment, read_stamped
from cuffless.camera.video.frame_times import read_frame_times
from cuffless.errors import CufflessError, shortened, some_of
from cuffless.files import whole_file
from cuffless.records.record import check_rate

NOMINAL_FS = 100.0
"""Rate in Hz that the data set states for its contact PPG, taken only where no file tells the times of samples."""
_POINTER = b"version https://git-lfs.github.com/spec"
_LEAST_VIDEO = 1000  # bytes; a pointer of Git LFS has about 130


@dataclass
class Made:
    """A manifest that was written, in figures."""

    path: Path
    recordings: list[VideoRecording]
    cameras: dict[str, int]
    """Recordings by camera, in the order of the table."""
    rates: list[float] = field(default_factory=list)
    """Rates of contact PPG that were measured, in Hz."""
    nominal: int = 0
    """Recordings whose rate could not be measured."""

    @property
    def excluded(self) -> dict[str, int]:
        """Kinds of reasons, and how many recordings have each, the most frequent first."""
        return dict(Counter(own.exclude.partition(":")[0] for own in self.recordings if own.exclude).most_common())

    @property
    def conditions(self) -> dict[str, int]:
        """Recordings in use by condition."""
        return dict(Counter(own.condition for own in self.recordings if own.condition and not own.exclude))


def make_manifest(
    source: str | Path,
    output: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    cameras: Sequence[str] = (),
    subjects: int | None = None,
    log: Callable[[str], object] | None = None,
) -> Made:
    """Write a manifest of the recordings that a table lists.

    Parameters
    ----------
    source : path
        Folder with ``db.csv``, or a table of another name: CSV with one row per recording; paths in it are relative to
        its folder.
    output : path
        The manifest; its paths are relative to its own folder.
    columns : mapping of str to str, optional
        Names of columns in the table, by the names in `THEIRS`.
    cameras : sequence of str, optional
        Cameras whose recordings are taken; all by default.
    subjects : int, optional
        Only so many, the first in the table.
    log : callable, optional
        Called with a line now and then.

    Returns
    -------
    Made

    Raises
    ------
    ManifestError
        If the table cannot be read, lacks a column, names a recording twice, or has no such camera.

    Notes
    -----
    A recording whose video or cuff value is missing is excluded with its reason. Contact PPG and frame times that are
    missing or cannot be read are left out, which `notes` tells.
    """
    table = RecordingTable(source, dict(columns or {}))
    if Path(output).exists() and table.path.samefile(output):
        raise ManifestError(f"{output}: the manifest would replace the table that it is made from; give another name")
    chosen = _choose(table, cameras, subjects)
    maker = _Maker(table, Path(output))
    rows = []
    for number, (line, cells) in enumerate(chosen, 1):
        rows.append(maker.row(line, cells))
        if log and number % 200 == 0:
            log(f"{number} of {len(chosen)} recordings")
    _refuse_repeats(table.path, rows)
    with whole_file(output) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    made = Made(Path(output), read_manifest(output), dict(Counter(cells["camera"] for _, cells in chosen)))
    made.rates, made.nominal = maker.rates, maker.nominal
    return made


def _choose(table: RecordingTable, cameras: Sequence[str], subjects: int | None) -> list[tuple[int, dict[str, str]]]:
    """Rows of these cameras and of the first subjects."""
    rows, known = table.rows, list(dict.fromkeys(cells["camera"] for _, cells in table.rows))
    wanted = {name.casefold() for name in cameras}
    if odd := [name for name in cameras if name.casefold() not in {own.casefold() for own in known}]:
        raise ManifestError(
            f"{table.path}: no recording of camera {shortened(odd[0])!r}; there are {some_of(filter(None, known))}"
        )
    if wanted:
        rows = [(line, cells) for line, cells in rows if cells["camera"].casefold() in wanted]
    first = list(dict.fromkeys(cells["subject"] for _, cells in rows))[:subjects]
    return [(line, cells) for line, cells in rows if cells["subject"] in set(first)]


class _Maker:
    """Rows of a manifest from rows of a table."""

    def __init__(self, table: RecordingTable, output: Path):
        self.table, self.root, self.folder = table, table.path.parent, output.parent
        self.rates: list[float] = []
        self.nominal = 0
        self._rate = cache(_contact_rate)

    def row(self, line: int, cells: dict[str, str]) -> dict[str, str]:
        """One row; its reasons under ``exclude``, what is left out under ``notes``."""
        reasons, notes = [] if cells["subject"] else [f"no subject: {self.table.called('subject')} is empty"], []
        subject = _plain(cells["subject"]) or f"unknown{line}"
        name = "_".join(filter(None, (subject, cells["camera"], cells["condition"])))
        row = {"subject": subject, "recording": _file_name(name), "condition": cells["condition"], "_line": str(line)}
        video, why = self._video(cells["video"], row["recording"])
        reasons += why
        cuff, why = self._cuff(cells)
        reasons += why
        timed, why = self._times(cells["timestamps"], video)
        notes += why
        contact, why = self._contact(cells)
        notes += why
        person, why = _person(cells)
        notes += why
        row |= cuff | timed | contact | person
        return row | {"video": self._shown(video), "exclude": "; ".join(reasons), "notes": "; ".join(notes)}

    def _path(self, cell: str) -> Path:
        """A path of the table, from its folder; backslashes are those of Windows."""
        return self.root / (cell if (self.root / cell).exists() else cell.replace("\\", "/"))

    def _shown(self, path: Path) -> str:
        """A path for the manifest, relative to its folder."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # on another drive
            return path.resolve().as_posix()

    def _video(self, cell: str, recording: str) -> tuple[Path, list[str]]:
        if not cell:
            return self.root / f"video/{recording}.avi", [f"no video: {self.table.called('video')} is empty"]
        path = self._path(cell)
        if not path.is_file():
            return path, [f"no video: there is no file {shortened(cell, 200)}"]
        if path.stat().st_size < _LEAST_VIDEO and path.read_bytes().startswith(_POINTER):
            return path, [f"no video: {path.name} is a pointer of Git LFS; fetch it with git lfs pull"]
        return path, []

    def _cuff(self, cells: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        called = {name: self.table.called(name) for name in ("sbp", "dbp")}
        if empty := [theirs for name, theirs in called.items() if not cells[name]]:
            return {}, [f"no cuff value: {' and '.join(empty)} empty"]
        values = {}
        for name, theirs in called.items():
            try:
                values[name] = float(cells[name])
            except ValueError:
                return {}, [f"no cuff value: {theirs} {shortened(cells[name])!r} is not a number"]
        if why := implausible(**values):
            return {}, [f"no cuff value: {why}"]
        return {name: f"{value:g}" for name, value in values.items()}, []

    def _times(self, cell: str, video: Path) -> tuple[dict[str, str], list[str]]:
        """Frame times and the moment of the first, if there are any."""
        path = self._path(cell) if cell else self.root / "meta" / f"{video.stem}.txt"
        if not path.is_file():
            return {}, [f"no frame times: there is no file {shortened(cell, 200)}"] if cell else []
        if (began := first_moment(path)) is None:
            try:
                read_frame_times(path)
            except RppgError as error:
                return {}, [f"no frame times: {error}"]
            return {"timestamps": self._shown(path)}, []
        return {"timestamps": self._shown(path), "start_time": began.isoformat()}, []

    def _contact(self, cells: dict[str, str]) -> tuple[dict[str, str], list[str]]:
        """Contact PPG with its rate, measured if its file or that of its synchronization has times."""
        if not cells["ppg"]:
            return {}, []
        path = self._path(cells["ppg"])
        if not path.is_file():
            return {}, [f"no contact PPG: there is no file {shortened(cells['ppg'], 200)}"]
        sync = self._path(cells["ppg_sync"]) if cells["ppg_sync"] else None
        try:
            fs, measured = self._rate(path, sync if sync and sync.is_file() else None)
        except CufflessError as error:
            return {}, [f"no contact PPG: {error}"]
        found = {"ppg": self._shown(path), "ppg_fs": f"{fs:.6g}"}
        if measured:
            self.rates.append(fs)
            return found, []
        self.nominal += 1
        return found, [f"{path.name} has no times, so that its rate of {fs:g} Hz is nominal and not measured"]


def _contact_rate(path: Path, sync: Path | None) -> tuple[float, bool]:
    """Rate of a contact PPG in Hz, and whether it was measured."""
    found = read_stamped(path)
    fs = found.rate()
    if fs is None and sync is not None:
        fs = _sync_rate(sync, len(found.values))
    if fs is None:
        return NOMINAL_FS, False
    check_rate(path.name, fs)
    return fs, True


def _sync_rate(sync: Path, samples: int) -> float | None:
    """Rate in Hz that a file with the time of each of these samples gives; None if it has no such times."""
    try:
        times = read_stamped(sync)
    except RppgError:
        return None
    return times.rate() if len(times.values) == samples else None


def _person(cells: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Age, sex and body mass index; those that cannot be are left out."""
    mistakes = Mistakes(Path())
    for name in ("age", "bmi"):
        read_within(cells[name], 0, name, mistakes)
    read_sex(cells["sex"], 0, mistakes)
    told = [line.split(", line 0, ")[1].split(";")[0] for line in mistakes.lines]
    wrong = {line.split(":")[0] for line in told}
    return {name: cells[name] for name in ("age", "sex", "bmi") if name not in wrong}, told


def _plain(cell: str) -> str:
    """A name; of a whole number that a spreadsheet wrote as 1020.0, the number."""
    return re.sub(r"^(\d+)\.0+$", r"\1", cell)


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip("_.-") or "recording"


def _refuse_repeats(table: Path, rows: list[dict[str, str]]) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        for what in ("recording", "video"):
            before = seen.setdefault(f"{what} {row[what].casefold()}", row["_line"])
            if before != row["_line"]:
                raise ManifestError(
                    f"{table}, line {row['_line']}: {what} {shortened(row[what], 200)} is already in line {before}; "
                    "keep one, or give subject, camera and condition that tell them apart"
                )
