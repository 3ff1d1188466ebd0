"""The page of one recording, and its windows as a table: what `cuffless pulse --output` writes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.pulse.spectrogram import shown_bpm
from cuffless.camera.pulse.verdict import AGREE_BPM, AGREE_FAST, HOP_SECONDS, Rates
from cuffless.camera.skin.roi import Regions
from cuffless.camera.skin.trace import Trace
from cuffless.config import WindowOptions
from cuffless.figures.study.contact_panels import wave_title
from cuffless.figures.study.contact_sheet import STAMPS, region_colours, region_words
from cuffless.files import whole_file
from cuffless.report.page import versions, write_page
from cuffless.report.pulse.pictures import WIDE, drawn_figures, shown_frames
from cuffless.report.pulse.words import METHODS, answer, counts_in_words, explained, missing_windows
from cuffless.report.tables import Column, Table, csv_download, csv_text, make_table
from cuffless.report.wording import number, plural

PAGE, WINDOWS = "pulse.html", "windows.csv"
COLUMNS = ("start", "end", "bpm", "snr_db", "accepted", "reason")
"""Columns of the table of windows: seconds, bpm, dB, whether it is accepted, and why not."""
MOST_ROWS = 600
"""Most windows in the page's own table."""
_DIGITS = 3
_PACKAGES = ("numpy", "scipy", "matplotlib")


def write_pulse(
    folder: Path,
    *,
    name: str,
    trace: Trace | None,
    rates: Rates | None,
    regions: Regions | None = None,
    frames: Sequence[tuple[float, np.ndarray]] = (),
    seconds: float | None,
    reason: str = "",
    advice: str = "",
    faceless: bool = False,
    command: str = "",
) -> Path:
    """Write the page of a recording, and the table of its windows.

    Parameters
    ----------
    folder : Path
        Gets ``pulse.html`` and ``windows.csv``; older ones are replaced.
    name : str
        Of the recording.
    trace : Trace or None
        Its mean colours; None if it cannot be read.
    rates : Rates or None
        Its pulse rates; None if there can be none.
    regions : Regions or None
        Drawn into the frames.
    frames : sequence of (t, (height, width, 3) uint8 array)
        Frames to show, with their times in seconds; blue, green, red. Empty: none, as for a colour trace.
    seconds : float or None
        Length of a window; None if the recording has room for none.
    reason : str
        Why no window is accepted; empty if one is.
    advice : str
        What else may give a pulse; empty if nothing is known.
    faceless : bool
        Whether a face was searched for in the frames and none was found.
    command : str
        What repeats it.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    windows, page = window_table(rates), folder / PAGE
    colours, missing = region_colours(regions, trace, WIDE), missing_windows(rates, trace)
    verdict, sentences = answer(rates, missing, reason, name)
    if advice:
        sentences.append(f"{advice[:1].upper()}{advice[1:]}.")
    with whole_file(folder / WINDOWS) as part:
        part.write_text(csv_text(windows), encoding="utf-8", newline="")
    write_page(
        "pulse.html.j2",
        page,
        None,
        title=f"Pulse rate: {name}",
        verdict=verdict,
        sentences=sentences,
        counts=counts_in_words(rates, missing),
        notes=trace.notes if trace else [],
        frames=shown_frames(frames, regions, colours),
        filmed=regions is not None or faceless,
        faceless=faceless,
        regions=[(colours[own], region_words(own, trace)) for own in colours] if regions else [],
        traced=trace is not None,
        drawn=drawn_figures(trace, rates, colours),
        shown_bpm=shown_bpm(rates) if rates is not None else (),
        wave=wave_title(rates) if rates is not None else "",
        several=bool(trace and len(trace.rois) > 1),
        agree=AGREE_BPM,
        agree_fast=AGREE_FAST,
        threshold=number(rates.threshold) if rates is not None else "",
        reasons=explained(rates, missing) if rates is not None else [],
        windows=_windows(windows),
        n_windows=len(windows),
        facts=_facts(name, trace, rates, seconds),
        command=command,
        versions=versions(_PACKAGES),
    )
    return page


def window_table(rates: Rates | None) -> pd.DataFrame:
    """Windows as a table: `COLUMNS`; without rows if there are none."""
    if rates is None:
        return pd.DataFrame(columns=COLUMNS)
    snr = np.where(np.isfinite(rates.snr), rates.snr, np.nan)
    numbers = [np.round(values, _DIGITS) for values in (rates.start, rates.start + rates.seconds, rates.hr, snr)]
    return pd.DataFrame(dict(zip(COLUMNS, [*numbers, rates.accepted, rates.reasons], strict=True)))


def _windows(windows: pd.DataFrame) -> Table:
    every = -(-len(windows) // MOST_ROWS) or 1
    caption = "Windows" if every == 1 else f"One of every {every} windows"
    columns = (
        Column("from s", lambda row: number(row.start), numeric=True),
        Column("to s", lambda row: number(row.end), numeric=True),
        Column("bpm", lambda row: number(row.bpm), numeric=True),
        Column("SNR dB", lambda row: number(row.snr_db), numeric=True),
        Column("", lambda row: row.reason or "accepted"),
    )
    return make_table(windows.iloc[::every], columns, caption, download=csv_download(windows, WINDOWS, WINDOWS))


def _facts(name: str, trace: Trace | None, rates: Rates | None, seconds: float | None) -> dict[str, str]:
    """File, times, regions, method and windows."""
    facts = {"recording": name}
    if trace:
        facts["length"] = f"{trace.seconds:,.1f} s, {plural(len(trace.t), 'frame')}"
        facts["frame rate"] = f"{trace.fps:.4g} per second ({STAMPS.get(trace.stamps, trace.stamps)})"
        weighed = ", together weighed by their pixels" if len(trace.rois) > 1 else ""
        facts["regions"] = f"{', '.join(trace.rois)}{weighed}"
        if trace.read_as:
            facts["read as"] = trace.read_as.removeprefix(f"{name}: ")
    if rates is not None:
        low, high = WindowOptions().band
        facts["pulse wave"] = f"{METHODS.get(rates.method, rates.method)}; {low:g} to {high:g} Hz"
        facts["noise"] = (
            f"exceeds {number(rates.threshold)} dB in one window of 20, {number(rates.certain)} dB hardly ever"
        )
    if seconds is not None:
        facts["windows"] = f"{seconds:g} s long, one every {HOP_SECONDS:g} s"
    return facts
