"""Contact PPG recorded with a video: whether both give the same pulse rate."""

from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.config import RecordOptions, WindowOptions
from cuffless.errors import CufflessError
from cuffless.records.formats.csv_files import open_csv
from cuffless.windows import Measures, cut_windows, first_broken_rule

NEAR_SECONDS = 4.0
"""Greatest distance between the centres of windows that are compared."""


def contact_windows(ppg: str | Path, fs: float | None, windows: WindowOptions = WindowOptions()) -> Measures:
    """Windows of contact PPG, with their pulse rates.

    Parameters
    ----------
    ppg : path
        CSV with a column ``ppg`` that starts with the video.
    fs : float or None
        Sampling rate in Hz; None: as the file gives it.
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
        record = open_csv(ppg, RecordOptions(csv_fs=fs), need_abp=False, assume=False)
        found = cut_windows(record, windows).candidates
    except (CufflessError, OSError) as error:
        raise RppgError(str(error)) from None
    found = found.select(first_broken_rule(found, windows, has_abp=False) < 0)
    if not len(found):
        raise RppgError(f"no window of {Path(ppg).name} passes the rules of the signal")
    return found


def contact_note(recording: VideoRecording, kept: Measures, windows: WindowOptions) -> str:
    """How far the pulse rates of a recording's windows are from those of its contact PPG.

    Parameters
    ----------
    recording : VideoRecording
        ``ppg`` and ``ppg_fs``: a CSV with a column ``ppg`` that starts with the video.
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
        found = contact_windows(recording.ppg, recording.ppg_fs, windows)
    except RppgError as error:
        return f"contact PPG not compared: {error}"
    centre, theirs = (measures.start + measures.seconds / 2 for measures in (kept, found))
    nearest = np.abs(centre[:, None] - theirs).argmin(axis=1)
    near = np.abs(theirs[nearest] - centre) <= NEAR_SECONDS
    if not near.any():
        return f"contact PPG not compared: no window of {recording.ppg.name} is near one of the video"
    apart = np.median(np.abs(kept.hr - found.hr[nearest])[near])
    return f"pulse rate off by {apart:.1f} bpm from the contact PPG (median over {int(near.sum())} windows)"
