"""Tables of personalization: mean absolute errors, skill, subjects one by one."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import subject_interval
from cuffless.judgement.evidence.tests import ks_on_windows
from cuffless.judgement.measures.methods import (
    ALL,
    CALIBRATION_MEAN,
    HEART_RATE,
    HOLD_FIRST,
    HOLD_LAST,
    NETWORK,
    NONE,
    OFFSET,
    Cell,
    ProtocolErrors,
    window_errors,
)
from cuffless.judgement.table.predictions import MEAN, PRESSURES
from cuffless.judgement.table.protocols import BEFORE, FIRST, RANDOM

BASELINES = (BEFORE, OFFSET, CALIBRATION_MEAN, HOLD_FIRST, HOLD_LAST, HEART_RATE, MEAN)
NO_ERROR = "baseline without error"
_NO_ERROR_MMHG = 1e-6  # what rounding leaves of 0
KS_PAIRS = ((RANDOM, BEFORE), (FIRST, BEFORE), (FIRST, RANDOM))


def averages(errors: ProtocolErrors, cells: list[Cell]) -> dict[str, np.ndarray]:
    """Absolute errors of cells, weighted as each average has them: (subjects, 2 x cells) arrays, SBP beside DBP."""
    pooled = np.concatenate([errors.sums[cell] for cell in cells], axis=1)
    return {"pooled": pooled, "subject": pooled / errors.counts[:, None]}


def by_pressure(cells: list, **columns) -> dict[str, list]:
    """Columns for rows of `cells` x pressure; those given by cell are repeated."""
    repeated = {name: [value for value in values for _ in PRESSURES] for name, values in columns.items()}
    return {**repeated, "pressure": list(PRESSURES) * len(cells)}


def mae_table(errors: ProtocolErrors, options: EvaluationOptions) -> pd.DataFrame:
    """MAE of every method, setting and budget of a protocol.

    Parameters
    ----------
    errors : ProtocolErrors
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network`` (`all`: mean over networks; `none`: none in it), ``method, setting, budget, pressure,
        average, mae, lower, upper`` (mmHg), ``interval, confidence, n_subjects, n_windows, n_calibration`` (median over
        subjects), ``seeds`` (0 where there is no network).
    """
    cells = list(errors.sums)
    parts = []
    for average, values in averages(errors, cells).items():
        weight = errors.counts[:, None] if average == "pooled" else np.ones((len(errors.counts), 1))
        mae = subject_interval(values, weight, options)
        named = {name: [getattr(cell, name) for cell in cells] for name in Cell._fields}
        table = pd.DataFrame(
            {
                "protocol": errors.drawn.name,
                **by_pressure(cells, **named),
                "average": average,
                "mae": mae.estimate,
                "lower": np.maximum(mae.lower, 0),  # the bootstrap-t may reach below what an MAE can be
                "upper": mae.upper,
                "interval": mae.method,
                "confidence": options.confidence,
                "n_subjects": len(errors.counts),
                "n_windows": int(errors.counts.sum()),
            }
        )
        counted = [float(np.median(errors.calibrated(cell.setting, cell.budget))) for cell in cells]
        seeds = [errors.seeds.get(cell.network, 0) for cell in cells]
        parts.append(table.assign(n_calibration=np.repeat(counted, 2), seeds=np.repeat(seeds, 2)))
    return pd.concat(parts, ignore_index=True)


def skill_table(errors: ProtocolErrors, options: EvaluationOptions) -> pd.DataFrame:
    """Share of a baseline's MAE that fine-tuning, or offset correction, removes.

    Parameters
    ----------
    errors : ProtocolErrors
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network, method`` (`network`, `offset`), ``setting, budget, pressure, average, baseline, skill``
        (1 - MAE / MAE of the baseline; of the same setting and budget where it has one), ``lower, upper, interval,
        n_subjects``. Empty where the baseline makes no error.
    """
    pairs = [
        (cell, name, against)
        for cell in errors.sums
        if cell.network != NONE and cell.setting != BEFORE
        for name, against in ((name, _baseline(name, cell)) for name in BASELINES)
        if against != cell
    ]
    cells, names, against = (list(column) for column in zip(*pairs, strict=True))
    named = {name: [getattr(cell, name) for cell in cells] for name in Cell._fields}
    above, below = averages(errors, cells), averages(errors, against)
    parts = []
    for average in above:
        idle = below[average].mean(axis=0) < _NO_ERROR_MMHG
        share = subject_interval(above[average], np.where(idle, 1.0, below[average]), options)
        table = pd.DataFrame(
            {
                "protocol": errors.drawn.name,
                **by_pressure(cells, **named, baseline=names),
                "average": average,
                "skill": 1 - share.estimate,
                "lower": 1 - share.upper,
                "upper": 1 - share.lower,
                "interval": np.where(idle, NO_ERROR, share.method),
                "n_subjects": len(errors.counts),
            }
        )
        table.loc[idle, ["skill", "lower", "upper"]] = np.nan
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _baseline(name: str, cell: Cell) -> Cell:
    if name == BEFORE:
        return Cell(cell.network, NETWORK, BEFORE, "")
    if name == OFFSET:
        return cell._replace(method=OFFSET)
    if name in (HEART_RATE, MEAN):
        return Cell(NONE, name, BEFORE, "")
    return Cell(NONE, name, cell.setting, cell.budget)


def subject_table(errors: ProtocolErrors) -> pd.DataFrame:
    """Absolute errors of each subject at the main budget, as boxes show them.

    Parameters
    ----------
    errors : ProtocolErrors

    Returns
    -------
    DataFrame
        ``protocol, network, pressure, number, subject, method, setting, n_windows, n_calibration, mae``, and of the
        windows' absolute errors (seeds averaged) ``q1, median, q3`` and Tukey's whiskers ``low, high``: the outermost
        windows within 1.5 times the quartiles' distance. mmHg.
    """
    drawn, budget = errors.drawn, errors.drawn.options.budget
    cells = [cell for cell in errors.sums if _shown_by_subject(cell, budget)]
    values = np.concatenate([window_errors(errors, c.method, c.setting, c.network) for c in cells], axis=1)
    ends = np.cumsum(errors.counts)
    parts = []
    for s, (subject, number) in enumerate(zip(drawn.subjects, drawn.numbers, strict=True)):
        own = values[ends[s] - errors.counts[s] : ends[s]]
        named = {name: [getattr(cell, name) for cell in cells] for name in ("network", "method", "setting")}
        counted = [int(errors.calibrated(cell.setting, cell.budget)[s]) for cell in cells]
        parts.append(
            pd.DataFrame(
                {
                    "protocol": drawn.name,
                    **by_pressure(cells, **named, n_calibration=counted),
                    "number": number,
                    "subject": subject,
                    "n_windows": int(errors.counts[s]),
                    "mae": own.mean(axis=0),
                    **box_figures(own),
                }
            )
        )
    return _ordered(pd.concat(parts, ignore_index=True), [*errors.networks, NONE])


def _shown_by_subject(cell: Cell, budget: str) -> bool:
    return cell.network != ALL and cell.budget in ("", budget) and cell.method in (NETWORK, OFFSET, CALIBRATION_MEAN)


def box_figures(values: np.ndarray) -> dict[str, np.ndarray]:
    """Quartiles ``q1, median, q3`` and Tukey's whiskers ``low, high`` of columns."""
    q1, median, q3 = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    reach = 1.5 * (q3 - q1)
    low = np.where(values >= q1 - reach, values, np.inf).min(axis=0)
    high = np.where(values <= q3 + reach, values, -np.inf).max(axis=0)
    return {"low": np.minimum(low, q1), "q1": q1, "median": median, "q3": q3, "high": np.maximum(high, q3)}


def ks_table(errors: ProtocolErrors, options: EvaluationOptions) -> pd.DataFrame:
    """The paper's test on each subject: two-sample Kolmogorov-Smirnov on the absolute errors of its windows.

    Parameters
    ----------
    errors : ProtocolErrors
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    DataFrame
        At the main budget: ``protocol, network, pressure, number, subject, comparison, statistic, p, significant``.
        The test takes windows for independent, which they are not. Of several seeds the largest p.
    """
    drawn, rows = errors.drawn, []
    for network in errors.networks[:-1]:
        for s, (subject, number) in enumerate(zip(drawn.subjects, drawn.numbers, strict=True)):
            for p, pressure in enumerate(PRESSURES):
                for a, b in KS_PAIRS:
                    judged = (errors.main[NETWORK, a], network), (errors.main[NETWORK, b], network)
                    statistic, chance = ks_on_windows(*judged, p, s)
                    rows.append(
                        {
                            "protocol": drawn.name,
                            "network": network,
                            "pressure": pressure,
                            "number": number,
                            "subject": subject,
                            "comparison": f"{a} vs {b}",
                            "statistic": statistic,
                            "p": chance,
                            "significant": chance < options.alpha,
                        }
                    )
    return _ordered(pd.DataFrame(rows), errors.networks)


def _ordered(table: pd.DataFrame, networks: list[str]) -> pd.DataFrame:
    """Rows by network, pressure and the subject's number."""
    order = {"network": networks, "pressure": list(PRESSURES)}
    return table.sort_values(
        [*order, "number"],
        key=lambda column: column.map(order[column.name].index) if column.name in order else column,
        kind="stable",
        ignore_index=True,
    )
