"""What is judged of personalization: plans, their calibration windows, and where predictions are read from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, ProtocolOptions
from cuffless.judgement.table.predictions import WINDOW, PredictionError

BEFORE, FIRST, RANDOM = "before", *STRATEGIES
NAMES = ("subject", "record", "subset", "network", "protocol", "setting", "budget")
COLUMNS = (*NAMES, "start", "sbp_ref", "dbp_ref", "sbp", "dbp", "seed", "n_calibration")


@dataclass(frozen=True)
class Protocol:
    """What is judged of one protocol.

    Attributes
    ----------
    name : str
    options : ProtocolOptions
    plan : DataFrame
        One row a window of a drawn subject: ``number, subject, record, start, sbp, dbp, hr, elapsed, order, test,
        first_rank, random_rank``.
    audit : mapping
        ``warnings``: what leaked and was let pass.
    training : DataFrame
        ``sbp, dbp, hr`` of the windows that the networks were trained on.
    predictions : DataFrame or iterable of DataFrame
        Columns `COLUMNS`: all networks and seeds, in one table or in several that are taken one after the other.
    shares : mapping of str to float
        Share of each network's weights that was trained, as far as it is known.
    at_limit : mapping of str to float
        Share of each network's fits that ended at the most epochs, still improving perhaps.
    """

    name: str
    options: ProtocolOptions
    plan: pd.DataFrame
    audit: Mapping
    training: pd.DataFrame
    predictions: pd.DataFrame | Iterable[pd.DataFrame]
    shares: Mapping[str, float] = field(default_factory=dict)
    at_limit: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """Calibration windows of one strategy and budget: their positions in the plan, in order within each subject, the
    subject of each, and the number of each subject's.
    """

    rows: np.ndarray
    owner: np.ndarray
    counts: np.ndarray


class Drawn:
    """The plan's windows, sorted by subject and order.

    Parameters
    ----------
    protocol : Protocol

    Attributes
    ----------
    plan : DataFrame
    subjects, numbers : (k,) array
        Subjects in ascending order, and their numbers in figures.
    owner : (n,) int array
        Position of each window's subject; ascending.
    reference : (n, 2) float array
        SBP and DBP in mmHg.
    is_test : (n,) bool array
    test : (t,) int array
        Positions of the test windows in the plan.
    calibration : dict of (setting, budget) to Calibration

    Raises
    ------
    PredictionError
        If a window stands twice in the plan, or a subject has no test or no calibration window.
    """

    def __init__(self, protocol: Protocol):
        self.name, self.options = protocol.name, protocol.options
        self.plan = protocol.plan.sort_values(["subject", "order"], ignore_index=True)
        self.owner, subjects = pd.factorize(self.plan["subject"])
        self.subjects = np.asarray(subjects, dtype=object)
        self.numbers = self.plan.groupby("subject")["number"].first().to_numpy()
        self.reference = self.plan[["sbp", "dbp"]].to_numpy(float)
        self.is_test = self.plan["test"].to_numpy(bool)
        self.test = np.flatnonzero(self.is_test)
        self.calibration = self._calibration_windows()
        twice = self.plan.duplicated(WINDOW)
        if twice.any():
            raise PredictionError(f"protocol {self.name!r}: {self.describe(twice.argmax())} stands twice in the plan")
        self._need_all(np.bincount(self.test_owner, minlength=len(self.subjects)), "test")

    @property
    def test_owner(self) -> np.ndarray:
        """Position of each test window's subject."""
        return self.owner[self.test]

    def describe(self, position: int) -> str:
        """A window of the plan, in words."""
        return window_name(self.plan.iloc[position])

    def _calibration_windows(self) -> dict[tuple[str, str], Calibration]:
        found = {}
        for strategy in STRATEGIES:
            rank = self.plan[f"{strategy}_rank"].to_numpy()
            sizes = [self.options.budgets(int(n), strategy) for n in np.bincount(self.owner)]
            for budget in sizes[0]:
                size = np.array([of_subject[budget] for of_subject in sizes])
                rows = np.flatnonzero((rank >= 0) & (rank < size[self.owner]))
                counts = np.bincount(self.owner[rows], minlength=len(self.subjects))
                self._need_all(counts, f"calibration ({strategy}, {budget})")
                found[strategy, budget] = Calibration(rows, self.owner[rows], counts)
        return found

    def _need_all(self, counts: np.ndarray, kind: str) -> None:
        if not counts.all():
            raise PredictionError(
                f"protocol {self.name!r}: subject {self.subjects[counts.argmin()]} has no {kind} window; "
                "draw the plan anew, or raise personalization.min_windows"
            )


def window_name(row) -> str:
    """A window in words: subject, record and start."""
    return f"window subject {row['subject']}, record {row['record']}, start {row['start']:g} s"


def read_protocol_predictions(paths: Iterable[str | Path]) -> dict[str, list[Path]]:
    """Files of predictions by the protocol that they say they are of.

    Parameters
    ----------
    paths : iterable of path
        Parquet files with the columns `COLUMNS`, each of one protocol.

    Returns
    -------
    dict of str to list of Path
        For `stored_tables`.

    Raises
    ------
    PredictionError
        If a column is missing or a file holds none or several protocols.
    """
    import pyarrow.parquet as pq

    found = {}
    for path in map(Path, paths):
        missing = [column for column in COLUMNS if column not in pq.read_schema(path).names]
        if missing:
            raise PredictionError(f"{path}: no column {', '.join(missing)}; personalize the network again")
        names = pq.read_table(path, columns=["protocol"]).column(0).unique().to_pylist()
        if len(names) != 1:
            raise PredictionError(
                f"{path}: rows of {len(names)} protocols {names}; give each protocol a file of its own"
            )
        found.setdefault(names[0], []).append(path)
    return found


def stored_tables(paths: Iterable[str | Path]) -> Iterator[pd.DataFrame]:
    """Tables of predictions, one at a time; names as categories, so that millions of rows fit into memory.

    Parameters
    ----------
    paths : iterable of path

    Yields
    ------
    DataFrame
        Columns `COLUMNS`.
    """
    import pyarrow.parquet as pq

    for path in paths:
        yield pq.read_table(path, columns=list(COLUMNS), read_dictionary=list(NAMES)).to_pandas()


def run_facts(runs: Iterable[str | Path], fact: str) -> dict[str, dict[str, float]]:
    """A fact of the runs, such as the share of weights that was trained, by protocol and network (the last seed's).

    Parameters
    ----------
    runs : iterable of paths
        ``<protocol>/<network>/seed<k>/run.json`` of all personalizations.
    """
    facts: dict[str, dict[str, float]] = {}
    for path in map(Path, runs):
        protocol, network = path.parts[-4:-2]
        facts.setdefault(protocol, {})[network] = json.loads(path.read_text(encoding="utf-8"))[fact]
    return facts
