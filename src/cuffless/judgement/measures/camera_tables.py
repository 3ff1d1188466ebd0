"""Tables of rPPG: mean absolute errors, skill, subjects one by one, boxes."""

import numpy as np
import pandas as pd

from cuffless.config import STRATEGIES, EvaluationOptions
from cuffless.designs.folds import BEFORE, FIRST, RANDOM, TUNED
from cuffless.judgement.evidence.bootstrap import subject_interval
from cuffless.judgement.evidence.tests import ks_on_windows
from cuffless.judgement.measures.methods import (
    CALIBRATION_MEAN,
    HEART_RATE,
    HOLD_FIRST,
    HOLD_LAST,
    NETWORK,
    NONE,
    OFFSET,
)
from cuffless.judgement.measures.tables import NO_ERROR, box_figures, by_pressure
from cuffless.judgement.table.comparison import Cell, Comparison
from cuffless.judgement.table.predictions import MEAN, PRESSURES

BASELINES = (BEFORE, TUNED, OFFSET, CALIBRATION_MEAN, HOLD_FIRST, HOLD_LAST, HEART_RATE, MEAN)
BOXED = (NETWORK, OFFSET, CALIBRATION_MEAN, MEAN)
"""Methods whose windows' errors are shown as boxes."""
KS_PAIRS = ((TUNED, BEFORE), (FIRST, TUNED), (RANDOM, TUNED), (FIRST, RANDOM))
_NO_ERROR_MMHG = 1e-6  # what rounding leaves of 0


def mae_table(comparison: Comparison, options: EvaluationOptions) -> pd.DataFrame:
    """MAE of every method and setting.

    Parameters
    ----------
    comparison : Comparison
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``network`` (`all`: mean over networks; `none`: none in it), ``method, setting, pressure, average``
        (`pooled`: every window counts the same; `subject`: every subject), ``mae, lower, upper`` (mmHg), ``interval,
        confidence, n_subjects, n_windows, n_calibration`` (median over subjects), ``seeds`` (0 where there is no
        network). What needs no windows of the test subject has a row a setting, for the windows that test it.
    """
    cells = comparison.cells
    maes = np.concatenate([comparison.subject_maes(cell) for cell in cells], axis=1)
    counts = np.stack([comparison.counts(cell.setting) for cell in cells for _ in PRESSURES], axis=1)
    counted = [float(np.median(comparison.n_calibration[cell.setting])) for cell in cells]
    parts = []
    for average, weight in (("pooled", counts), ("subject", np.ones_like(counts))):
        mae = subject_interval(maes * weight, weight, options)
        parts.append(
            pd.DataFrame(
                {
                    **_named(cells),
                    "average": average,
                    "mae": mae.estimate,
                    "lower": np.maximum(mae.lower, 0),  # the bootstrap-t may reach below what an MAE can be
                    "upper": mae.upper,
                    "interval": mae.method,
                    "confidence": options.confidence,
                    "n_subjects": len(maes),
                    "n_windows": counts.sum(axis=0),
                    "n_calibration": np.repeat(counted, len(PRESSURES)),
                    "seeds": np.repeat([comparison.seeds(cell.network) for cell in cells], len(PRESSURES)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def skill_table(comparison: Comparison, options: EvaluationOptions) -> pd.DataFrame:
    """Share of a baseline's MAE that a network, or its offset correction, removes.

    Parameters
    ----------
    comparison : Comparison
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``network, method`` (`network`, `offset`), ``setting, pressure, average, baseline, skill`` (1 - MAE / MAE of the
        baseline; of the same setting where it has one), ``lower, upper, interval, n_subjects``. Empty where the
        baseline makes no error. Where settings have test windows of their own, the baseline's subjects are weighted by
        the windows of what is compared.
    """
    known = set(comparison.cells)
    pairs = [
        (cell, name, against)
        for cell in comparison.cells
        if cell.network != NONE
        for name, against in ((name, _baseline(name, cell)) for name in BASELINES)
        if against in known and against != cell
    ]
    cells, names, baselines = (list(column) for column in zip(*pairs, strict=True))
    maes = {cell: comparison.subject_maes(cell) for cell in {*cells, *baselines}}
    above, below = (np.concatenate([maes[cell] for cell in given], axis=1) for given in (cells, baselines))
    counts = np.stack([comparison.counts(cell.setting) for cell in cells for _ in PRESSURES], axis=1)
    parts = []
    for average, weight in (("pooled", counts), ("subject", np.ones_like(counts))):
        idle = below.mean(axis=0) < _NO_ERROR_MMHG
        share = subject_interval(weight * above, np.where(idle, 1.0, weight * below), options)
        table = pd.DataFrame(
            {
                **_named(cells, baseline=names),
                "average": average,
                "skill": 1 - share.estimate,
                "lower": 1 - share.upper,
                "upper": 1 - share.lower,
                "interval": np.where(idle, NO_ERROR, share.method),
                "n_subjects": len(maes[cells[0]]),
            }
        )
        table.loc[idle, ["skill", "lower", "upper"]] = np.nan
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _baseline(name: str, cell: Cell) -> Cell | None:
    """The baseline of that name for a cell; None where it would be told more than the cell, or is made from it."""
    if name in (BEFORE, TUNED):
        earlier = name == BEFORE or cell.setting in STRATEGIES
        return Cell(cell.network, NETWORK, name) if earlier else None
    if name == OFFSET:
        return cell._replace(method=OFFSET)
    return Cell(NONE, name, cell.setting)


def subject_table(comparison: Comparison) -> pd.DataFrame:
    """Absolute errors of each subject, as boxes show them.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    DataFrame
        ``network, method`` (`BOXED`), ``setting, pressure, number`` (of the fold), ``subject, improved`` (whether
        fine-tuning on other people lowered the subject's SBP MAE in the mean over networks), ``n_windows,
        n_calibration, mae``, and of the windows' absolute errors (seeds averaged; of `all` networks too) ``q1, median,
        q3`` and Tukey's whiskers ``low, high``. mmHg.
    """
    improved, parts = comparison.improved(), []
    for cell in _boxed(comparison):
        values, counts = comparison.errors(cell), comparison.counts(cell.setting)
        ends = np.cumsum(counts)
        for s, subject in enumerate(comparison.subjects):
            own = values[ends[s] - counts[s] : ends[s]]
            described = {
                **_named([cell]),
                "number": s + 1,
                "subject": subject,
                "improved": improved[s],
                "n_windows": len(own),
                "n_calibration": comparison.n_calibration[cell.setting][s],
                "mae": own.mean(axis=0),
                **box_figures(own),
            }
            parts.append(pd.DataFrame(described))
    table = pd.concat(parts, ignore_index=True)
    order = {"network": [*comparison.networks, NONE], "pressure": list(PRESSURES)}
    return table.sort_values(
        ["network", "pressure", "number"],
        key=lambda column: column.map(order[column.name].index) if column.name in order else column,
        kind="stable",
        ignore_index=True,
    )


def box_table(comparison: Comparison) -> pd.DataFrame:
    """Absolute errors of all subjects' windows together, as Figure 9 shows them.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    DataFrame
        ``network, method`` (`BOXED`), ``setting, pressure, n_subjects, n_windows, n_calibration`` (median over
        subjects), ``seeds, mae`` and quartiles and whiskers as in `subject_table`. mmHg.
    """
    parts = []
    for cell in _boxed(comparison):
        values = comparison.errors(cell)
        described = {
            **_named([cell]),
            "n_subjects": len(comparison.subjects),
            "n_windows": len(values),
            "n_calibration": float(np.median(comparison.n_calibration[cell.setting])),
            "seeds": comparison.seeds(cell.network),
            "mae": values.mean(axis=0),
            **box_figures(values),
        }
        parts.append(pd.DataFrame(described))
    return pd.concat(parts, ignore_index=True)


def ks_table(comparison: Comparison, options: EvaluationOptions) -> pd.DataFrame:
    """The paper's test on each subject: two-sample Kolmogorov-Smirnov on the absolute errors of its windows.

    Parameters
    ----------
    comparison : Comparison
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    DataFrame
        ``network, pressure, number, subject, comparison`` (such as `tuned vs before`), ``statistic, p, significant``.
        The test takes windows for independent, which they are not. Of several seeds the largest p.
    """
    rows = []
    for network in comparison.networks[:-1]:
        for p, pressure in enumerate(PRESSURES):
            for s, subject in enumerate(comparison.subjects):
                for a, b in KS_PAIRS:
                    sides = ((comparison.judged[NETWORK, setting], network) for setting in (a, b))
                    statistic, chance = ks_on_windows(*sides, p, s)
                    named = {"network": network, "pressure": pressure, "number": s + 1, "subject": subject}
                    found = {"statistic": statistic, "p": chance, "significant": chance < options.alpha}
                    rows.append({**named, "comparison": f"{a} vs {b}", **found})
    return pd.DataFrame(rows)


def _named(cells: list[Cell], **columns) -> dict[str, list]:
    """Columns that say what each row is of: cells x pressures."""
    return by_pressure(cells, **{name: [getattr(cell, name) for cell in cells] for name in Cell._fields}, **columns)


def _boxed(comparison: Comparison) -> list[Cell]:
    return [cell for cell in comparison.cells if cell.method in BOXED]
