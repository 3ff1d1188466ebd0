"""The contents of a data set: from its table of records, its configuration or published numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuffless.config import DatasetOptions
from cuffless.records import RecordError

SIMULATED_BYTES_PER_SECOND = 545
"""PPG and ABP in 16 bits, 5 % of it in gaps, with the truth beside them: 20 subjects of 20 minutes, measured."""

# The authors' list names segments of the unmatched MIMIC-III database; the size is that of their own files.
PUBLISHED_RECORDS, PUBLISHED_SEGMENTS, PUBLISHED_HOURS, PUBLISHED_GB = 4555, 34_938, 200_000, 1500
PUBLISHED = (
    f"figures of the paper's authors, not of this data set: {PUBLISHED_SEGMENTS:,} segments of {PUBLISHED_RECORDS:,} "
    f"records of the unmatched MIMIC-III database, about {PUBLISHED_HOURS:,} hours, {PUBLISHED_GB / 1000:g} TB as "
    "they stored them"
)


@dataclass(frozen=True)
class Holdings:
    """What there is to be windowed."""

    basis: str
    """{"records.csv", "simulator", "published", "unknown"}: Where the figures come from."""
    records: int | None = None
    unusable: int | None = None
    """`records`, `unusable`: Records that hold both signals, and those that were skipped; None: not known."""
    subject_seconds: np.ndarray | None = None
    """(n_subjects,) float array or None: Seconds with both signals of each subject."""
    raw_bytes: float | None = None
    largest_bytes: float | None = None
    """`raw_bytes`, `largest_bytes`: Size of the signal files needed, and of the greatest record among them."""
    note: str = ""
    """What to know about the figures."""

    @property
    def subjects(self) -> int | None:
        """Number of subjects."""
        return None if self.subject_seconds is None else len(self.subject_seconds)

    @property
    def hours(self) -> float | None:
        """Hours with both signals."""
        return None if self.subject_seconds is None else float(self.subject_seconds.sum()) / 3600


def holdings_of(name: str, dataset: DatasetOptions, folder: str | Path = ".") -> Holdings:
    """Contents of a data set, from the best source available.

    Parameters
    ----------
    name : str
        Name of the data set.
    dataset : DatasetOptions
    folder : path
        Folder of the study; its table of records is ``results/<name>/records.csv``.

    Returns
    -------
    Holdings

    Raises
    ------
    RecordError
        If the table of records cannot be read.
    """
    table = Path(folder, "results", name, "records.csv")
    listed = read_holdings(table) if table.is_file() else None
    if listed is not None and listed.raw_bytes is None and dataset.records.source in ("simulator", "physionet"):
        raise RecordError(f"{table}: no columns path and bytes; delete it, and the next run lists the records again")
    if dataset.records.source == "simulator":
        made = dataset.simulator.subjects * dataset.simulator.records
        if listed is not None and listed.records == made:
            return listed
        seconds = dataset.simulator.minutes * 60 / dataset.simulator.records
        each = SIMULATED_BYTES_PER_SECOND * seconds
        note = f"{table} lists {listed.records} records, the configuration simulates {made}" if listed else ""
        return Holdings("simulator", made, 0, np.full(made, seconds), made * each, each, note)
    if listed is not None:
        return listed
    missing = f"{table} does not exist yet"
    if dataset.records.source == "physionet":
        each = PUBLISHED_HOURS / PUBLISHED_RECORDS * 3600
        total = PUBLISHED_GB * 1e9
        return Holdings(
            *("published", PUBLISHED_RECORDS, None, np.full(PUBLISHED_RECORDS, each), total),
            *(total / PUBLISHED_RECORDS, f"{missing}; these are {PUBLISHED}"),
        )
    return Holdings("unknown", note=f"{missing}; only what the configuration bounds is known")


def read_holdings(path: str | Path) -> Holdings:
    """Contents of a table of records; records with a problem do not count.

    Parameters
    ----------
    path : path
        CSV with columns record, subject, seconds, problem; path and bytes, where it has them.

    Raises
    ------
    RecordError
        If the file is not such a table, or has no usable record.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, keep_default_na=False, dtype={"subject": str, "record": str, "path": str})
        usable = table[table["problem"] == ""]
        seconds = usable.groupby("subject")["seconds"].sum()
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(
            f"{path} is not a table of records ({error}); delete it, so that the records are listed again"
        ) from None
    if not len(usable):
        problems = table["problem"].value_counts()
        most = f", most often: {problems.index[0]}" if len(problems) else ""
        raise RecordError(f"{path}: none of {len(table)} records can be used{most}")
    raw, largest = None, None
    if {"bytes", "path"} <= set(usable):
        # Several records may lie in one file (file#part), which is there once.
        files = usable["path"].str.partition("#")[0]
        sizes = pd.to_numeric(usable["bytes"]).groupby(files).max()
        raw, largest = float(sizes.sum()), float(sizes.max())
    return Holdings("records.csv", len(usable), len(table) - len(usable), seconds.to_numpy(float), raw, largest)
