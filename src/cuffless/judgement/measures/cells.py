"""Errors of all methods of a design: networks in every setting, offset correction, and methods without a network."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.judgement.evidence.baselines import calibrated_baselines, calibration_mean, fitted_baselines
from cuffless.judgement.measures.errors import absolute_errors, sum_by_subject
from cuffless.judgement.names import ALL, HOLD_FIRST, NETWORK, NONE, OFFSET, PRESSURES
from cuffless.judgement.table.alignment import Run, runs
from cuffless.judgement.table.layout import Layout
from cuffless.judgement.table.predictions import JudgedSplit, PredictionError


class Cell(NamedTuple):
    """The method, network and setting of an error."""

    network: str
    method: str
    setting: str
    budget: str = ""


@dataclass(frozen=True)
class Errors:
    """Absolute errors of one design, seeds averaged."""

    design: Layout
    seeds: dict[str, int]
    """Number of seeds of each network, and the least of them for `all`."""
    sums: dict[Cell, np.ndarray]
    """Dict of Cell to (k, 2) float array: Absolute errors summed over each subject's test windows: SBP, DBP. With
    `all`: the mean over networks."""
    main: dict[tuple[str, str], JudgedSplit]
    """Dict of (method, setting) to JudgedSplit: Predictions on the test windows at the main budget, for whatever needs
    single windows."""
    later_rows: np.ndarray
    """(l,) int array: Positions in the design of the windows of which `later` tells."""
    later: dict[Cell, np.ndarray]
    """Dict of Cell to (l, 2) float array: Absolute errors on windows after the last calibration window of the setting
    that is followed over time."""

    @property
    def networks(self) -> list[str]:
        """Networks in order of appearance, `all` last."""
        return list(self.seeds)

    def maes(self, cell: Cell) -> np.ndarray:
        """MAE of each subject: (k, 2)."""
        return self.sums[cell] / self.design.counts(cell.setting)[:, None]

    def windows(self, cell: Cell) -> np.ndarray:
        """Absolute errors on single test windows at the main budget, averaged over seeds and networks: (t, 2)."""
        judged = self.main[cell.method, cell.setting]
        names = judged.networks if cell.network == ALL else [cell.network]
        return np.mean([absolute_errors(judged, name) for name in names], axis=0)

    def calibrated(self, cell: Cell) -> np.ndarray:
        """Calibration windows of each subject: (k,)."""
        known = self.design.calibration.get((cell.setting, cell.budget))
        return np.zeros(len(self.design.subjects), int) if known is None else known.counts

    def rows_of(self, cells: Sequence[Cell], **columns) -> dict[str, object]:
        """Columns that identify rows of cells x pressures; further columns are given by cell."""
        given = {field: [getattr(cell, field) for cell in cells] for field in Cell._fields} | columns
        repeated = {column: [value for value in values for _ in PRESSURES] for column, values in given.items()}
        return {"protocol": self.design.name, **repeated, "pressure": list(PRESSURES) * len(cells)}

    def cell(self, network: str, method: str, setting: str) -> Cell:
        """The cell of a method and setting at the main budget; without a network if the method has none."""
        own = network if method in (NETWORK, OFFSET) else NONE
        return Cell(own, method, setting, self.design.main_budget(setting))


def collect_errors(design: Layout, predictions: pd.DataFrame | Iterable[pd.DataFrame]) -> Errors:
    """Errors of every method of a design, each setting's on the same test windows.

    Parameters
    ----------
    design : Layout
    predictions : DataFrame or iterable of DataFrame
        As for `runs`.

    Returns
    -------
    Errors

    Raises
    ------
    PredictionError
        If predictions and design do not agree; see `runs`.
    """
    collected = _Collector(design)
    collected.add_without_network()
    for run in runs(design, predictions):
        collected.add_run(run)
    return collected.errors()


class _Collector:
    """Collects errors network by network and seed by seed."""

    def __init__(self, design: Layout):
        self.design = design
        self.sums: dict[Cell, list[np.ndarray]] = defaultdict(list)
        self.predicted: dict[tuple[str, str], dict] = defaultdict(dict)
        self.later: dict[Cell, list[np.ndarray]] = defaultdict(list)
        self.later_rows: np.ndarray | None = None
        self.seeds: dict[str, int] = defaultdict(int)

    def _add(self, cell: Cell, seed: int, predicted: np.ndarray) -> None:
        """Take predictions on all windows of the design, of which those that test count."""
        design, rows = self.design, self.design.tested[cell.setting]
        errors = np.abs(predicted[rows] - design.reference[rows])
        self.sums[cell].append(sum_by_subject(errors, design.owner[rows], len(design.subjects)))
        if cell.budget == design.main_budget(cell.setting):
            self.predicted[cell.method, cell.setting][cell.network, seed] = predicted[rows]

    def add_without_network(self) -> None:
        design = self.design
        for method, values in fitted_baselines(design).items():
            for setting in design.fitted_for:
                self._add(Cell(NONE, method, setting), 0, values)
        for key, calibration in design.calibration.items():
            for method, values in calibrated_baselines(design.reference, calibration).items():
                self._add(Cell(NONE, method, *key), 0, values[design.owner])

    def add_run(self, run: Run) -> None:
        design = self.design
        self.seeds[run.network] += 1
        before = run.predicted[design.keys[0]]
        for key, predicted in run.predicted.items():
            self._add(Cell(run.network, NETWORK, *key), run.seed, predicted)
            if key in design.calibration:
                self._add(Cell(run.network, OFFSET, *key), run.seed, before + self._offset(before, key))
        if design.drift:
            self._add_later(run, before, design.drift)

    def _offset(self, before: np.ndarray, key) -> np.ndarray:
        """Mean of reference less prediction on the subject's calibration windows: (n, 2)."""
        design = self.design
        return calibration_mean(design.reference - before, design.calibration[key])[design.owner]

    def _add_later(self, run: Run, before: np.ndarray, key: tuple[str, str]) -> None:
        design, tuned = self.design, run.predicted[key]
        rows = np.flatnonzero(np.isfinite(tuned[:, 0]))
        if self.later_rows is None:
            self.later_rows = rows
        elif not np.array_equal(rows, self.later_rows):
            first = np.setxor1d(rows, self.later_rows)[0]
            raise PredictionError(
                f"{design.words.where}, {run.network} seed {run.seed}, setting {' '.join(key)}: between calibration "
                f"and test, {design.describe(first)} is predicted by some networks or seeds only; "
                f"{design.words.again} all with one plan"
            )
        for method, own, predicted in (
            (NETWORK, design.keys[0], before),
            (NETWORK, key, tuned),
            (OFFSET, key, before + self._offset(before, key)),
        ):
            self.later[Cell(run.network, method, *own)].append(self._errors_later(predicted))

    def _errors_later(self, predicted: np.ndarray) -> np.ndarray:
        return np.abs(predicted[self.later_rows] - self.design.reference[self.later_rows])

    def errors(self) -> Errors:
        design, networks = self.design, list(self.seeds)
        if design.drift:
            held = calibrated_baselines(design.reference, design.calibration[design.drift])
            for method in [name for name in held if name != HOLD_FIRST]:
                self.later[Cell(NONE, method, *design.drift)].append(self._errors_later(held[method][design.owner]))
        return Errors(
            design=design,
            seeds={**self.seeds, ALL: min(self.seeds.values())},
            sums=self._averaged(self.sums, networks),
            main={key: self._judged(key[1], predicted) for key, predicted in self.predicted.items()},
            later_rows=np.empty(0, int) if self.later_rows is None else self.later_rows,
            later=self._averaged(self.later, networks),
        )

    def _judged(self, setting: str, predicted: dict) -> JudgedSplit:
        design, rows = self.design, self.design.tested[setting]
        return JudgedSplit(setting, design.subjects, design.owner[rows], design.reference[rows], predicted)

    def _averaged(self, collected: dict[Cell, list], networks: list[str]) -> dict[Cell, np.ndarray]:
        """Means over seeds, with the mean over networks; cells by network and setting, what has no network last."""
        errors = {cell: np.mean(values, axis=0) for cell, values in collected.items()}
        for cell in [cell for cell in errors if cell.network == networks[0]]:
            errors[cell._replace(network=ALL)] = np.mean([errors[cell._replace(network=n)] for n in networks], axis=0)
        networks, settings = [*networks, ALL, NONE], list(self.design.test)
        order = sorted(errors, key=lambda cell: (networks.index(cell.network), settings.index(cell.setting)))
        return {cell: errors[cell] for cell in order}
