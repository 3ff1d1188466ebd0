"""Windows of all recordings on disk: one set for the networks, its index, and a quality table of all recordings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.manifest import VideoRecording
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.files import whole_file
from cuffless.windows import Windows
from cuffless.windows.materialize import write_set

NO_PRESSURE = "no_pressure"
"""Name of the count of windows that have no value of the monitor near them."""
FACTS: dict[str, object] = {"condition": "", "began": np.nan, "cuff": False, "age": np.nan, "sex": "", "bmi": np.nan}
"""Columns of the index that are the same for all windows of a recording, as they are where nothing is known:
circumstances, start (s since 1970), whether its label is one cuff value, the subject's age, sex and body mass index."""
INDEX_COLUMNS = ("subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr", "position", *FACTS)
_DTYPES = {str: "str", float: "float64", bool: "bool"}
_MEASURES = ("start", "seconds", "sbp", "dbp", "hr", "snr")


@dataclass
class RecordingOutcome:
    """Windows of one recording, or why there are none."""

    subject: str
    recording: str
    seconds: float = 0.0
    """Length, gaps included."""
    stamps: str = ""
    """Where the frame times come from; empty if there are none."""
    windows: Windows | None = None
    """None if there is no pulse wave."""
    reason: str = ""
    """Why there is no window; may be left empty if the counts show it."""
    notes: list[str] = field(default_factory=list)
    facts: Mapping[str, object] = field(default_factory=dict)
    """Of `FACTS`, what is known."""

    @property
    def n_kept(self) -> int:
        """Number of windows kept."""
        return 0 if self.windows is None else len(self.windows.kept)

    @property
    def verdict(self) -> str:
        """Why there is no window, or how many of them are kept."""
        if self.windows is None or self.why:
            return self.why
        return f"{self.n_kept} of {self.windows.n_cut} windows kept"

    @property
    def why(self) -> str:
        """Why there is no window; empty if there is one."""
        if self.reason or self.n_kept:
            return self.reason
        if self.windows is None or not any(self.windows.rejected.values()):
            return "no stretch without a gap is as long as a window"
        worst = max(self.windows.rejected, key=self.windows.rejected.__getitem__)
        return f"all {self.windows.n_cut} windows rejected, most under {worst}"


def recording_facts(recording: VideoRecording) -> dict[str, object]:
    """What a manifest tells of a recording that its windows keep: of `FACTS`, what is known."""
    began = recording.start_time
    told = {
        "condition": recording.condition,
        "began": None if began is None else began.replace(tzinfo=began.tzinfo or UTC).timestamp(),
        "cuff": recording.cuff,
        "age": recording.age,
        "sex": recording.sex,
        "bmi": recording.bmi,
    }
    return {name: value for name, value in told.items() if value is not None}


def quality_columns(windows: WindowOptions) -> list[str]:
    """Columns of the quality table."""
    before = ["subject", "recording", "seconds", "stamps", "windows_cut", "windows_kept"]
    return [*before, *windows.rules, NO_PRESSURE, "reason", "notes"]


def write_window_set(
    outcomes: list[RecordingOutcome],
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
    outcomes : list of RecordingOutcome
    options : RppgOptions
        ``min_windows``: subjects with fewer are noted in the table; they are in the set, but not in the folds.
    windows : WindowOptions
        Kept in the store's attributes.
    store : path
        ``.zarr.zip`` with ``ppg`` (n, samples) float16 and ``labels`` (n, 2) float32, sorted by subject, recording and
        start; the same layout as a PPG subset.
    index : path
        Parquet file with one row per window, columns `INDEX_COLUMNS`: ``row`` counts within the recording, ``position``
        in the store.
    quality : path
        CSV with one row per recording in the order given; windows kept, rejected by each rule, and without pressure add
        up to those cut.
    """
    kept_some = (outcome for outcome in outcomes if outcome.n_kept)
    ordered = sorted(kept_some, key=lambda outcome: (outcome.subject, outcome.recording))
    table = pd.concat([_rows(outcome) for outcome in [RecordingOutcome("", ""), *ordered]], ignore_index=True)
    table["position"] = np.arange(len(table))
    kept = np.concatenate(
        [
            np.empty((0, windows.samples), np.float16),
            *(outcome.windows.ppg[_order(outcome)] for outcome in ordered if outcome.windows),
        ]
    )
    labels = table[["sbp", "dbp"]].to_numpy(np.float32)
    write_set(store, labels, [kept], windows.samples, {"subset": "rppg", "windows": windows.model_dump(mode="json")})
    with whole_file(index) as part:
        table[list(INDEX_COLUMNS)].to_parquet(part, index=False)
    few = table.groupby("subject").size()
    few = few[few < options.min_windows]
    rows = [_quality_row(outcome, windows, few.get(outcome.subject), options) for outcome in outcomes]
    with whole_file(quality) as part:
        pd.DataFrame(rows, columns=quality_columns(windows)).to_csv(part, index=False)


def _rows(outcome: RecordingOutcome) -> pd.DataFrame:
    kept = {name: getattr(outcome.windows.kept, name) if outcome.windows else [] for name in _MEASURES}
    table = pd.DataFrame(kept, dtype=float).iloc[_order(outcome)]
    return table.assign(
        subject=pd.Series(outcome.subject, index=table.index, dtype="str"),
        record=pd.Series(outcome.recording, index=table.index, dtype="str"),
        row=np.arange(len(table), dtype=np.int32),
        **{
            name: pd.Series(outcome.facts.get(name, unknown), index=table.index, dtype=_DTYPES[type(unknown)])
            for name, unknown in FACTS.items()
        },
    )


def _order(outcome: RecordingOutcome) -> np.ndarray:
    return np.argsort(outcome.windows.kept.start, kind="stable") if outcome.windows else np.empty(0, int)


def _quality_row(outcome: RecordingOutcome, windows: WindowOptions, few: int | None, options: RppgOptions) -> dict:
    notes = list(outcome.notes)
    if outcome.n_kept and few is not None:
        notes.append(
            f"its subject has only {few} windows ({options.min_windows} are needed) and takes no part in fine-tuning"
        )
    counts = outcome.windows.rejected if outcome.windows else {}
    return {
        "subject": outcome.subject,
        "recording": outcome.recording,
        "seconds": round(outcome.seconds, 3),
        "stamps": outcome.stamps,
        "windows_cut": outcome.windows.n_cut if outcome.windows else 0,
        "windows_kept": outcome.n_kept,
        **{rule: counts.get(rule, 0) for rule in (*windows.rules, NO_PRESSURE)},
        "reason": outcome.why,
        "notes": "; ".join(notes),
    }
