"""Windows of all recordings on disk: one set that networks read, an index of it, and what became of the others."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.files import whole_file
from cuffless.windows import Windows
from cuffless.windows.materialize import write_set

NO_PRESSURE = "no_pressure"
"""Counts windows that have no value of the monitor near them."""
INDEX_COLUMNS = ("subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr", "position")
_FIGURES = ("start", "seconds", "sbp", "dbp", "hr", "snr")


@dataclass
class Gathered:
    """What became of one recording.

    Attributes
    ----------
    subject, recording : str
    seconds : float
        Length, gaps included.
    stamps : str
        Where the frames' times come from; empty if it has none.
    windows : Windows or None
        None if it gave no pulse wave.
    reason : str
        Why it has no window; may be left empty where the counts tell.
    notes : list of str
    """

    subject: str
    recording: str
    seconds: float = 0.0
    stamps: str = ""
    windows: Windows | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def n_kept(self) -> int:
        """Windows kept."""
        return 0 if self.windows is None else len(self.windows.kept)

    @property
    def verdict(self) -> str:
        """Why it has no window, or how many of how many are kept."""
        return self.why or f"{self.n_kept} of {self.windows.n_cut} windows kept"

    @property
    def why(self) -> str:
        """Why it has no window; empty if it has one."""
        if self.reason or self.n_kept:
            return self.reason
        rejected = {} if self.windows is None else self.windows.rejected
        if not any(rejected.values()):
            return "no stretch without a gap is as long as a window"
        worst = max(rejected, key=rejected.get)
        return f"all {self.windows.n_cut} windows rejected, most under {worst}"


def quality_columns(windows: WindowOptions) -> list[str]:
    """Columns of the quality table."""
    before = ["subject", "recording", "seconds", "stamps", "windows_cut", "windows_kept"]
    return [*before, *windows.rules, NO_PRESSURE, "reason", "notes"]


def write_gathered(
    gathered: list[Gathered],
    options: RppgOptions,
    windows: WindowOptions,
    *,
    store: str | Path,
    index: str | Path,
    quality: str | Path,
) -> None:
    """Write the windows of all recordings, each file whole or not at all.

    Parameters
    ----------
    gathered : list of Gathered
    options : RppgOptions
        ``min_windows``: subjects with fewer are noted in the table; they stay in the set, and out of the folds.
    windows : WindowOptions
        Kept in the store's attributes.
    store : path
        ``.zarr.zip`` with ``ppg`` (n, samples) float16 and ``labels`` (n, 2) float32, sorted by subject, recording and
        start; as of a PPG subset.
    index : path
        Parquet file with one row a window, columns `INDEX_COLUMNS`: ``row`` counts within the recording, ``position``
        in the store.
    quality : path
        CSV with one row a recording in the order given; windows kept, rejected under each rule, and without pressure
        add up to those cut.
    """
    ordered = sorted((own for own in gathered if own.n_kept), key=lambda own: (own.subject, own.recording))
    table = pd.concat([_rows(own) for own in [Gathered("", ""), *ordered]], ignore_index=True)
    table["position"] = np.arange(len(table))
    kept = np.concatenate([np.empty((0, windows.samples), np.float16), *(_in_time(own) for own in ordered)])
    labels = table[["sbp", "dbp"]].to_numpy(np.float32)
    write_set(store, labels, [kept], windows.samples, {"subset": "rppg", "windows": windows.model_dump(mode="json")})
    with whole_file(index) as part:
        table[list(INDEX_COLUMNS)].to_parquet(part, index=False)
    few = table.groupby("subject").size()
    few = few[few < options.min_windows]
    rows = [_quality_row(own, windows, few.get(own.subject), options) for own in gathered]
    with whole_file(quality) as part:
        pd.DataFrame(rows, columns=quality_columns(windows)).to_csv(part, index=False)


def _rows(own: Gathered) -> pd.DataFrame:
    kept = {name: getattr(own.windows.kept, name) if own.windows else [] for name in _FIGURES}
    table = pd.DataFrame(kept, dtype=float).iloc[_order(own)]
    return table.assign(
        subject=pd.Series(own.subject, index=table.index, dtype="str"),
        record=pd.Series(own.recording, index=table.index, dtype="str"),
        row=np.arange(len(table), dtype=np.int32),
    )


def _in_time(own: Gathered) -> np.ndarray:
    return own.windows.ppg[_order(own)]


def _order(own: Gathered) -> np.ndarray:
    return np.argsort(own.windows.kept.start, kind="stable") if own.windows else np.empty(0, int)


def _quality_row(own: Gathered, windows: WindowOptions, few: int | None, options: RppgOptions) -> dict:
    notes = list(own.notes)
    if own.n_kept and few is not None:
        notes.append(f"its subject has {few} of {options.min_windows} windows and takes no part in fine-tuning")
    counts = own.windows.rejected if own.windows else {}
    return {
        "subject": own.subject,
        "recording": own.recording,
        "seconds": round(own.seconds, 3),
        "stamps": own.stamps,
        "windows_cut": own.windows.n_cut if own.windows else 0,
        "windows_kept": own.n_kept,
        **{rule: counts.get(rule, 0) for rule in (*windows.rules, NO_PRESSURE)},
        "reason": own.why,
        "notes": "; ".join(notes),
    }
