"""Contact PPG recorded with a video: whether both give the same pulse rate."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.stamped import read_stamped
from cuffless.config import RecordOptions, WindowOptions
from cuffless.errors import CufflessError
from cuffless.records import Record, Segment, from_arrays
from cuffless.records.formats.csv_files import open_csv
from cuffless.records.record import check_rate
from cuffless.windows import Measures, cut_windows, first_broken_rule

STAMPED = (".pw", ".txt")
"""Endings of files with one number per line and possibly its time, as MCD-rPPG has them."""
NEAR_SECONDS = 4.0
"""Greatest distance between the centres of windows that are compared."""


def contact_windows(
    ppg: Path, fs: float | None, began: datetime | None = None, *, windows: WindowOptions = WindowOptions()
) -> Measures:
    """Windows of contact PPG, with their pulse rates.

    Parameters
    ----------
    ppg, fs, began
        As for `read_contact`.
    windows : WindowOptions
        How they are cut.

    Returns
    -------
    Measures
        Of the windows that pass the rules of the signal; at least one.

    Raises
    ------
    RppgError
        If the file cannot be read or has no such window.
    """
    try:
        found = cut_windows(read_contact(ppg, fs, began), windows).candidates
    except (CufflessError, OSError) as error:
        raise RppgError(str(error)) from None
    found = found.select(first_broken_rule(found, windows, has_abp=False) < 0)
    if not len(found):
        raise RppgError(f"no window of {ppg.name} passes the rules of the signal")
    return found


def contact_note(recording: VideoRecording, kept: Measures, windows: WindowOptions) -> str:
    """How far the pulse rates of a recording's windows are from those of its contact PPG.

    Parameters
    ----------
    recording : VideoRecording
        ``ppg`` and ``ppg_fs``: a CSV with a column ``ppg`` that starts with the video, or a file for `read_stamped`
        (`STAMPED`), whose dates are compared with ``start_time``.
    kept : Measures
        Kept rPPG windows: start, seconds, hr.
    windows : WindowOptions
        How the windows of both are cut.

    Returns
    -------
    str
        A sentence with the median absolute difference in bpm over the windows that have a partner in the PPG, or why
        nothing can be compared; empty if the recording has no contact PPG or no window.
    """
    if recording.ppg is None or not len(kept):
        return ""
    try:
        found = contact_windows(recording.ppg, recording.ppg_fs, recording.start_time, windows=windows)
    except RppgError as error:
        return f"contact PPG not compared: {error}"
    centre, theirs = (measures.start + measures.seconds / 2 for measures in (kept, found))
    nearest = np.abs(centre[:, None] - theirs).argmin(axis=1)
    near = np.abs(theirs[nearest] - centre) <= NEAR_SECONDS
    if not near.any():
        return f"contact PPG not compared: no window of {recording.ppg.name} is near one of the video"
    apart = np.median(np.abs(kept.hr - found.hr[nearest])[near])
    return f"pulse rate off by {apart:.1f} bpm from the contact PPG (median over {int(near.sum())} windows)"


def read_contact(path: Path, fs: float | None, began: datetime | None = None) -> Record:
    """Contact PPG, on the clock of its video as far as both are dated.

    Parameters
    ----------
    path : Path
        CSV with a column ``ppg`` that starts with the video, or a file for `read_stamped` (`STAMPED`).
    fs : float or None
        Sampling rate in Hz; None: as the file's times give it.
    began : datetime, optional
        When the video began.

    Raises
    ------
    CufflessError
        If it cannot be read, gives no rate, or only one of PPG and video has a time zone.
    """
    if path.suffix.lower() not in STAMPED or _has_names(path):
        return open_csv(path, RecordOptions(csv_fs=fs), need_abp=False, assume=False)
    found, late = read_stamped(path), 0.0
    fs = fs or found.rate()
    if fs is None:
        raise CufflessError(f"{path.name}: its lines have no times; its sampling rate is needed")
    check_rate(path.name, fs)
    if found.began and began:
        if (found.began.tzinfo is None) != (began.tzinfo is None):
            raise CufflessError(f"{path.name}: its times and start_time must both have a time zone, or neither")
        late = (found.began - began).total_seconds()
    segments: list[Segment] = []
    for at in np.split(np.arange(len(found.values)), found.gaps()):
        [segment] = from_arrays(path.stem, found.values[at], None, fs).segments
        start = late + (0.0 if found.seconds is None else float(found.seconds[at[0]] - found.seconds[0]))
        segments.append(replace(segment, name=f"{path.stem}_{len(segments)}", start=start))
    last = segments[-1]
    seconds = last.start + last.seconds - segments[0].start
    return Record(path.stem, str(path), fs, ("ppg",), seconds, tuple(segments))


def _has_names(path: Path) -> bool:
    """Whether the first line names columns."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.readline(200).lstrip()[:1].isalpha()
