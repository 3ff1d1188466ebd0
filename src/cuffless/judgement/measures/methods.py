"""Errors of all methods on the same test windows: networks before and after, offset correction, calibration values."""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cuffless.config import STRATEGIES
from cuffless.judgement.evidence.calibration_baselines import (
    calibration_hold,
    calibration_mean,
    calibration_offset,
    rate_regression,
    training_mean,
)
from cuffless.judgement.measures.errors import absolute_errors, sum_by_subject
from cuffless.judgement.table.alignment import Run, runs
from cuffless.judgement.table.predictions import MEAN, JudgedSplit, PredictionError
from cuffless.judgement.table.protocols import BEFORE, FIRST, Drawn, Protocol

ALL, NONE = "all", "none"
"""The mean over networks, and no network."""
NETWORK, OFFSET = "network", "offset"
CALIBRATION_MEAN, HOLD_FIRST, HOLD_LAST, HEART_RATE = "calibration_mean", "hold_first", "hold_last", "heart_rate"


class Cell(NamedTuple):
    """What an error is of."""

    network: str
    method: str
    setting: str
    budget: str


@dataclass(frozen=True)
class ProtocolErrors:
    """Absolute errors of one protocol, seeds averaged.

    Attributes
    ----------
    drawn : Drawn
    counts : (k,) int array
        Test windows of each subject.
    seeds : dict of str to int
        Number of seeds of each network, and the least of them for `all`.
    sums : dict of Cell to (k, 2) float array
        Absolute errors summed over each subject's test windows: SBP, DBP. With `all`: the mean over networks.
    main : dict of (method, setting) to JudgedSplit
        Predictions on the test windows at the main budget, for whatever needs single windows.
    later_rows : (l,) int array
        Positions in the plan of the windows of which `later` tells.
    later : dict of Cell to (l, 2) float array
        Absolute errors on windows after the last calibration window of `first` at the main budget.
    """

    drawn: Drawn
    counts: np.ndarray
    seeds: dict[str, int]
    sums: dict[Cell, np.ndarray]
    main: dict[tuple[str, str], JudgedSplit]
    later_rows: np.ndarray
    later: dict[Cell, np.ndarray]

    @property
    def networks(self) -> list[str]:
        """Networks in order of appearance, `all` last."""
        return list(self.seeds)

    def calibrated(self, setting: str, budget: str) -> np.ndarray:
        """Calibration windows of each subject: (k,)."""
        if setting == BEFORE:
            return np.zeros(len(self.counts), int)
        return self.drawn.calibration[setting, budget].counts


def protocol_errors(protocol: Protocol) -> ProtocolErrors:
    """Errors of every method of a protocol, all on the same test windows.

    Parameters
    ----------
    protocol : Protocol

    Returns
    -------
    ProtocolErrors

    Raises
    ------
    PredictionError
        If predictions and plan do not agree; see `runs`.
    """
    drawn = Drawn(protocol)
    collected = _Collected(drawn)
    collected.add_without_network(protocol.training)
    for run in runs(protocol, drawn):
        collected.add_run(run)
    return collected.errors()


class _Collected:
    """Errors as they come, network by network and seed by seed."""

    def __init__(self, drawn: Drawn):
        self.drawn = drawn
        self.reference = drawn.reference[drawn.test]
        self.sums = defaultdict(list)
        self.predicted = defaultdict(dict)
        self.later = defaultdict(list)
        self.later_rows = None
        self.seeds = defaultdict(int)

    def _add(self, network: str, seed: int, method: str, setting: str, budget: str, predicted: np.ndarray) -> None:
        """Take predictions on the test windows."""
        errors = np.abs(predicted - self.reference)
        cell = Cell(network, method, setting, budget)
        self.sums[cell].append(sum_by_subject(errors, self.drawn.test_owner, len(self.drawn.subjects)))
        if budget in ("", self.drawn.options.budget):
            self.predicted[method, setting][network, seed] = predicted

    def add_without_network(self, training) -> None:
        drawn = self.drawn
        rates = drawn.plan["hr"].to_numpy(float)[drawn.test]
        self._add(NONE, 0, MEAN, BEFORE, "", training_mean(training, len(drawn.test)))
        self._add(NONE, 0, HEART_RATE, BEFORE, "", rate_regression(training, rates))
        for (setting, budget), calibration in drawn.calibration.items():
            first, last = calibration_hold(drawn.reference, calibration)
            mean = calibration_mean(drawn.reference, calibration)
            for method, values in ((HOLD_FIRST, first), (HOLD_LAST, last), (CALIBRATION_MEAN, mean)):
                self._add(NONE, 0, method, setting, budget, values[drawn.test_owner])

    def add_run(self, run: Run) -> None:
        drawn = self.drawn
        self.seeds[run.network] += 1
        key = (run.network, run.seed)
        self._add(*key, NETWORK, BEFORE, "", run.before[drawn.test])
        for (setting, budget), tuned in run.tuned.items():
            offset = calibration_offset(run.before, drawn.reference, drawn.calibration[setting, budget])
            self._add(*key, NETWORK, setting, budget, tuned)
            self._add(*key, OFFSET, setting, budget, run.before[drawn.test] + offset[drawn.test_owner])
        self._add_later(run)

    def _add_later(self, run: Run) -> None:
        drawn, budget = self.drawn, self.drawn.options.budget
        rows = np.flatnonzero(np.isfinite(run.later[:, 0]))
        if self.later_rows is None:
            self.later_rows = rows
        elif not np.array_equal(rows, self.later_rows):
            first = np.setxor1d(rows, self.later_rows)[0]
            raise PredictionError(
                f"protocol {drawn.name!r}, {run.network} seed {run.seed}, setting {FIRST} {budget}: between "
                f"calibration and test, {drawn.describe(first)} is predicted by some networks or seeds only; "
                "personalize all with one plan"
            )
        owner, calibration = drawn.owner[rows], drawn.calibration[FIRST, budget]
        offset = calibration_offset(run.before, drawn.reference, calibration)
        for method, setting, name, predicted in (
            (NETWORK, BEFORE, "", run.before[rows]),
            (NETWORK, FIRST, budget, run.later[rows]),
            (OFFSET, FIRST, budget, run.before[rows] + offset[owner]),
        ):
            cell = Cell(run.network, method, setting, name)
            self.later[cell].append(np.abs(predicted - drawn.reference[rows]))

    def errors(self) -> ProtocolErrors:
        drawn = self.drawn
        networks = list(self.seeds)
        rows, calibration = self.later_rows, drawn.calibration[FIRST, drawn.options.budget]
        _, last = calibration_hold(drawn.reference, calibration)
        for method, values in ((CALIBRATION_MEAN, calibration_mean(drawn.reference, calibration)), (HOLD_LAST, last)):
            cell = Cell(NONE, method, FIRST, drawn.options.budget)
            self.later[cell].append(np.abs(values[drawn.owner[rows]] - drawn.reference[rows]))
        return ProtocolErrors(
            drawn=drawn,
            counts=np.bincount(drawn.test_owner),
            seeds={**self.seeds, ALL: min(self.seeds.values())},
            sums=_over_seeds_and_networks(self.sums, networks),
            main={key: self._judged(key, predicted) for key, predicted in self.predicted.items()},
            later_rows=rows,
            later=_over_seeds_and_networks(self.later, networks),
        )

    def _judged(self, key: tuple[str, str], predicted: dict) -> JudgedSplit:
        return JudgedSplit(" ".join(key), self.drawn.subjects, self.drawn.test_owner, self.reference, predicted)


def _over_seeds_and_networks(collected: dict[Cell, list], networks: list[str]) -> dict[Cell, np.ndarray]:
    """Means over seeds, with the mean over networks; cells by network and setting, what has no network last."""
    errors = {cell: np.mean(values, axis=0) for cell, values in collected.items()}
    for cell in [cell for cell in errors if cell.network == networks[0]]:
        errors[cell._replace(network=ALL)] = np.mean([errors[cell._replace(network=n)] for n in networks], axis=0)
    networks, settings = [*networks, ALL, NONE], [BEFORE, *STRATEGIES]
    order = sorted(errors, key=lambda cell: (networks.index(cell.network), settings.index(cell.setting)))
    return {cell: errors[cell] for cell in order}


def table1_splits(errors: ProtocolErrors) -> list[JudgedSplit]:
    """What Table 1 shows: networks before, with the mean regressor, and after each strategy, as `split`."""
    before, mean = errors.main[NETWORK, BEFORE], errors.main[MEAN, BEFORE].predicted[NONE, 0]
    given = {BEFORE: {**before.predicted, (MEAN, 0): mean}}
    given |= {setting: errors.main[NETWORK, setting].predicted for setting in reversed(STRATEGIES)}
    return [
        JudgedSplit(setting, before.subjects, before.owner, before.reference, predicted)
        for setting, predicted in given.items()
    ]


def window_errors(errors: ProtocolErrors, method: str, setting: str, network: str) -> np.ndarray:
    """Absolute errors on single test windows at the main budget, seeds averaged: (t, 2)."""
    return absolute_errors(errors.main[method, setting], network)
