"""Windows on disk: one Zarr file per shard of records, with an index and a quality table."""

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cuffless.config import WindowOptions
from cuffless.files import whole_file
from cuffless.records import reason_text
from cuffless.rejection import why_all_rejected
from cuffless.windows.batch import Windows
from cuffless.windows.measure import Measures
from cuffless.windows.polarity import upside_down
from cuffless.windows.zarr_file import SHARD_ROWS, ZarrFile

LABELS = ("sbp", "dbp", "hr", "snr", "start", "seconds")
INDEX_COLUMNS = ("record", "subject", "row", "start", "seconds", "sbp", "dbp", "hr", "snr")


class WindowStore:
    """Write the windows of a shard's records; all three files appear whole or not at all.

    Parameters
    ----------
    store, index, quality : path
        Zarr file (``.zarr.zip``): one group per record, with ``ppg`` (n, samples) float16 and ``labels`` (n, 6)
        float64, whose columns are named by its attribute. Parquet file: one row per kept window. CSV file: one row per
        record.
    options : WindowOptions
        Kept in the store's attributes.

    Examples
    --------
    >>> with WindowStore("a.zarr.zip", "a.parquet", "a.quality.csv", options) as store:  # doctest: +SKIP
    ...     store.add(row, iter_windows(record, options))
    """

    def __init__(self, store, index, quality, options: WindowOptions):
        self.paths = (Path(store), Path(index), Path(quality))
        self.options = options
        self._quality: list[dict] = []

    def __enter__(self):
        import pyarrow.parquet

        self._exits = ExitStack()
        self._parts = [self._exits.enter_context(whole_file(path)) for path in self.paths]
        self._zarr = ZarrFile(self._parts[0], {"windows": self.options.model_dump(mode="json")})
        self._index = pyarrow.parquet.ParquetWriter(self._parts[1], _index_schema())
        return self

    def __exit__(self, kind, error, trace):
        try:
            self._zarr.close()
            self._index.close()
            if kind is None:
                self._write_quality()
        except BaseException as failure:
            self._exits.__exit__(type(failure), failure, failure.__traceback__)
            raise
        return self._exits.__exit__(kind, error, trace)

    def add(self, row: dict[str, Any], pieces: Iterable[Windows], problems: Iterable[str] = ()) -> None:
        """Store a record's windows, piece by piece, and count the rejected.

        Parameters
        ----------
        row : dict
            The record's row of the table of records.
        pieces : iterable of Windows
            As from `iter_windows`. The store's memory does not grow with their number.
        problems : iterable of str
            What was skipped in the record; read after the last piece.
        """
        with self.recording(row, problems) as recording:
            for piece in pieces:
                recording.take(piece)

    @contextmanager
    def recording(self, row: dict[str, Any], problems: Iterable[str] = ()) -> Iterator["Recording"]:
        """Give a record that takes windows piece by piece; it is stored at the end unless an error comes before."""
        with tempfile.TemporaryFile(dir=self.paths[0].parent) as spill:
            recording = Recording(self.options, spill)
            yield recording
            table = recording.table()
            spill.seek(0)
            self._write(row, table, spill, recording.rejected, recording.n_cut)
        for first in range(0, len(table), SHARD_ROWS):
            self._index.write_table(_index_rows(row, table[first : first + SHARD_ROWS], first))
        reason = "" if len(table) else _why_no_window(recording.n_cut, recording.rejected, self.options)
        counts = (recording.seconds, recording.n_cut, len(table), recording.rejected)
        notes = filter(None, [upside_down(recording.polarity())])
        self._quality.append(quality_row(row, self.options, *counts, reason, [*notes, *problems]))

    def reject(self, row: dict[str, Any], reason: str, problems: Iterable[str] = ()) -> None:
        """Note a record that gives no window at all, and why."""
        nothing = dict.fromkeys(self.options.rules, 0)
        self._quality.append(quality_row(row, self.options, 0.0, 0, 0, nothing, reason, problems))

    def _write_quality(self) -> None:
        with self._parts[2].open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, quality_columns(self.options), lineterminator=os.linesep)
            writer.writeheader()
            writer.writerows(self._quality)

    @property
    def last_verdict(self) -> str:
        """What became of the record added last, in a few words."""
        row = self._quality[-1]
        return row["reason"] or f"{row['windows_kept']} of {row['windows_cut']} windows kept"

    def _write(self, row, table, spill, rejected, n_cut) -> None:
        n, width = len(table), self.options.samples
        attributes = {
            "columns": list(LABELS),
            "subject": row["subject"],
            "sha256": row.get("sha256", ""),
            "windows_cut": n_cut,
            "rejected": rejected,
        }
        name = row["record"]
        self._zarr.add_group(name, attributes)
        self._zarr.add_array(f"{name}/labels", table.shape, "float64").append(table)
        ppg = self._zarr.add_array(f"{name}/ppg", (n, width), "float16")
        while piece := spill.read(SHARD_ROWS * width * 2):
            ppg.append(np.frombuffer(piece, np.float16).reshape(-1, width))


class Recording:
    """A record whose windows are being cut: PPG on disk, labels in memory."""

    def __init__(self, options: WindowOptions, spill):
        self.rejected = dict.fromkeys(options.rules, 0)
        self.seconds, self.n_cut = 0.0, 0
        self._spill = spill
        self._labels: list[np.ndarray] = []
        self._polarity: list[np.ndarray] = []

    def take(self, piece: Windows) -> None:
        """Add windows behind those that came before."""
        self._spill.write(piece.ppg.tobytes())
        self._labels.append(_label_table(piece.kept))
        self._polarity.append(piece.polarity)
        self.seconds += piece.seconds
        self.n_cut += piece.n_cut
        self.rejected = {rule: n + piece.rejected[rule] for rule, n in self.rejected.items()}

    def table(self) -> np.ndarray:
        """Labels (n, 6) of all windows, columns `LABELS`."""
        return np.concatenate(self._labels) if self._labels else np.empty((0, len(LABELS)))

    def polarity(self) -> np.ndarray:
        """Evidence that the PPG is upside down, (n, 2), of all windows; see `upside_down`."""
        return np.concatenate(self._polarity) if self._polarity else np.empty((0, 2))


def _label_table(kept: Measures) -> np.ndarray:
    return np.column_stack([np.asarray(getattr(kept, name), float) for name in LABELS])


def _index_schema():
    import pyarrow as pa

    kinds = {"record": pa.string(), "subject": pa.string(), "row": pa.int32()}
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in INDEX_COLUMNS])


def _index_rows(row, table, first: int):
    """Rows of the index for some of a record's windows, the first of which is its window number `first`."""
    import pyarrow as pa

    columns = dict(zip(LABELS, table.T, strict=True))
    columns |= {name: [row[name]] * len(table) for name in ("record", "subject")}
    columns["row"] = np.arange(first, first + len(table), dtype=np.int32)
    return pa.table({name: columns[name] for name in INDEX_COLUMNS}, schema=_index_schema())


def quality_columns(options: WindowOptions) -> list[str]:
    """Columns of the quality table."""
    before = ["record", "subject", "identity", "subset", "seconds", "windows_cut", "windows_kept"]
    return [*before, *options.rules, "reason", "passed_over"]


def quality_row(row, options, seconds, n_cut, n_kept, rejected, reason, problems=()) -> dict:
    """One record's row of the quality table."""
    return {
        "record": row["record"],
        "subject": row["subject"],
        "identity": row.get("identity", ""),
        "subset": row.get("subset", ""),
        "seconds": round(seconds, 3),
        "windows_cut": n_cut,
        "windows_kept": n_kept,
        **{rule: rejected[rule] for rule in options.rules},
        "reason": reason_text(reason),
        "passed_over": reason_text(_shortly(list(problems))),
    }


def _shortly(problems: list[str]) -> str:
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return "; ".join(problems[:3]) + more


def _why_no_window(n_cut: int, rejected: dict[str, int], options: WindowOptions) -> str:
    return why_all_rejected(rejected, options) if n_cut else "no stretch with both signals is as long as a window"
