"""Reading the prediction table, the one table that every judgement starts from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.errors import CufflessError

PRESSURES = ("SBP", "DBP")
MEAN = "mean"
"""Name of the mean regressor among the networks."""

NAMES = ("subject", "record", "subset", "network", "split")
NUMBERS = ("start", "seconds", "sbp_ref", "dbp_ref", "sbp", "dbp", "seed")
COLUMNS = (*NAMES, *NUMBERS)
WINDOW = ["subject", "record", "start"]
"""Columns that tell one window from another."""


class PredictionError(CufflessError):
    """A prediction table that cannot be judged: names the file, the column or rows, and the remedy."""


@dataclass(frozen=True)
class JudgedSplit:
    """Test windows of one split with what every training predicted for them, sorted by subject.

    Attributes
    ----------
    split : str
    subjects : (k,) str array
        Subjects, in ascending order.
    owner : (n,) int array
        Position in `subjects` of each window's subject; ascending.
    reference : (n, 2) float array
        SBP and DBP in mmHg.
    predicted : dict of (network, seed) to (n, 2) float array
        SBP and DBP in mmHg.
    """

    split: str
    subjects: np.ndarray
    owner: np.ndarray
    reference: np.ndarray
    predicted: dict[tuple[str, int], np.ndarray]

    @property
    def networks(self) -> list[str]:
        """Networks, in order of appearance; the mean regressor last."""
        names = dict.fromkeys(network for network, _ in self.predicted)
        return [name for name in names if name != MEAN] + [MEAN] * (MEAN in names)

    def seeds(self, network: str) -> list[int]:
        """Seeds with which `network` was trained, ascending."""
        return sorted(seed for name, seed in self.predicted if name == network)


def read_predictions(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read the test rows of prediction tables and check them against the contract.

    Parameters
    ----------
    paths : iterable of str or Path
        Parquet (or CSV) files with the columns of `COLUMNS`; pressures in mmHg, times in seconds.
        Rows of other subsets than ``test`` are not read: only unseen windows are judged.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`, one row a window x split x network x seed.

    Raises
    ------
    PredictionError
        If a column is missing, there is no test row, a number is missing or not finite, a window
        occurs twice, or two files hold the same split, network and seed.
    """
    paths = [Path(path) for path in paths]
    if not paths:
        raise PredictionError("no prediction table given; name at least one")
    tables, source = [], {}
    for path in paths:
        table = _read_table(path)
        for key in table[["split", "network", "seed"]].drop_duplicates().itertuples(index=False, name=None):
            if key in source:
                raise PredictionError(
                    f"{path}: split {key[0]!r}, network {key[1]!r}, seed {key[2]} is also in {source[key]}; "
                    "give each training once"
                )
            source[key] = path
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _read_table(path: Path) -> pd.DataFrame:
    as_csv = path.suffix == ".csv"
    if as_csv:
        present = pd.read_csv(path, nrows=0).columns
    else:
        import pyarrow.parquet as pq

        present = pq.read_schema(path).names
    missing = [column for column in COLUMNS if column not in present]
    if missing:
        raise PredictionError(f"{path}: no column {', '.join(missing)}; a prediction table needs {', '.join(COLUMNS)}")
    if as_csv:
        table = pd.read_csv(path, usecols=list(COLUMNS), dtype=dict.fromkeys(NAMES, str))
        table = table[table["subset"] == "test"]
    else:
        table = pd.read_parquet(path, columns=list(COLUMNS), filters=[("subset", "==", "test")])
    if table.empty:
        raise PredictionError(f"{path}: no row with subset 'test'; only test windows can be judged")
    return _check_rows(table.reset_index(drop=True), path)


def _check_rows(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    for column in NUMBERS:
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise PredictionError(
                f"{path}: column {column}: {bad.size} of {len(table)} test rows hold no finite number "
                f"(the first is test row {bad[0]}: {table[column].iloc[bad[0]]!r}); "
                "predict these windows or leave them out"
            )
        table[column] = values
    table["seed"] = table["seed"].astype(int)
    for column in NAMES:
        empty = np.flatnonzero(table[column].isna())
        if empty.size:
            raise PredictionError(
                f"{path}: column {column}: {empty.size} test rows are empty "
                f"(the first is test row {empty[0]}); fill them in"
            )
        table[column] = table[column].astype(str)
    twice = table.duplicated([*WINDOW, "split", "network", "seed"])
    if twice.any():
        first = table.loc[twice.idxmax(), WINDOW].tolist()
        raise PredictionError(
            f"{path}: {int(twice.sum())} test windows occur twice (the first: subject {first[0]}, "
            f"record {first[1]}, start {first[2]:g} s); keep one row a window, split, network and seed"
        )
    return table[list(COLUMNS)]


def align_predictions(predictions: pd.DataFrame) -> dict[str, JudgedSplit]:
    """Lay the trainings of each split side by side, window by window.

    Parameters
    ----------
    predictions : DataFrame
        As returned by `read_predictions`.

    Returns
    -------
    dict of str to JudgedSplit
        By split, in order of appearance.

    Raises
    ------
    PredictionError
        If two trainings of a split were not judged on the same windows with the same references:
        their errors could not be compared.
    """
    return {str(split): _align_split(str(split), rows) for split, rows in predictions.groupby("split", sort=False)}


def _align_split(split: str, rows: pd.DataFrame) -> JudgedSplit:
    first, predicted = None, {}
    for (network, seed), group in rows.groupby(["network", "seed"], sort=False):
        group = group.sort_values(WINDOW, ignore_index=True)
        if first is None:
            first, first_name = group, f"{network} seed {seed}"
        elif len(group) != len(first) or any(
            not np.array_equal(group[column], first[column]) for column in (*WINDOW, "sbp_ref", "dbp_ref")
        ):
            raise PredictionError(
                f"split {split!r}: {network} seed {seed} ({len(group)} test windows) and {first_name} "
                f"({len(first)}) were not judged on the same windows and references; "
                "predict all with one manifest"
            )
        predicted[str(network), int(seed)] = group[["sbp", "dbp"]].to_numpy(float)
    owner, subjects = pd.factorize(first["subject"])  # already sorted, so codes ascend
    reference = first[["sbp_ref", "dbp_ref"]].to_numpy(float)
    return JudgedSplit(split, np.asarray(subjects, dtype=object), owner, reference, predicted)
