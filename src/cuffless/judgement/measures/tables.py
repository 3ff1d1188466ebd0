"""Tables of a design's methods: mean absolute errors, skill, subjects one by one, boxes."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import subject_interval
from cuffless.judgement.evidence.ratio import skill_ratio
from cuffless.judgement.evidence.tests import ks_on_windows
from cuffless.judgement.measures.cells import Cell, Errors
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.names import AVERAGES, MEAN, NETWORK, NONE, OFFSET, PRESSURES
from cuffless.judgement.questions import Questions
from cuffless.judgement.table.predictions import JudgedSplit


def by_pressure(name: str, cells: list[Cell], **columns) -> dict[str, object]:
    """Columns that say what rows of `cells` x pressures are of; further columns are given by cell."""
    given = {field: [getattr(cell, field) for cell in cells] for field in Cell._fields} | columns
    repeated = {column: [value for value in values for _ in PRESSURES] for column, values in given.items()}
    return {"protocol": name, **repeated, "pressure": list(PRESSURES) * len(cells)}


def _weights(errors: Errors, cells: list[Cell]) -> dict[str, np.ndarray]:
    """Weight of each subject's MAE in each average, cells x pressures: (k, m)."""
    counts = np.stack([errors.design.counts(cell.setting) for cell in cells for _ in PRESSURES], axis=1)
    return dict(zip(AVERAGES, (counts.astype(float), np.ones(counts.shape)), strict=True))


def _maes(errors: Errors, cells: list[Cell]) -> np.ndarray:
    return np.concatenate([errors.maes(cell) for cell in cells], axis=1)


def mae_table(errors: Errors, options: EvaluationOptions) -> pd.DataFrame:
    """MAE of every method, setting and budget.

    Parameters
    ----------
    errors : Errors
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network`` (`all`: mean over networks; `none`: none in it), ``method, setting, budget, pressure,
        average`` (`pooled`: every window counts the same; `subject`: every subject), ``mae, lower, upper`` (mmHg),
        ``interval, confidence, n_subjects, n_windows, n_calibration`` (median over subjects), ``seeds`` (0 where there
        is no network).
    """
    cells, parts = list(errors.sums), []
    maes = _maes(errors, cells)
    counted = [float(np.median(errors.calibrated(cell))) for cell in cells]
    seeds = [errors.seeds.get(cell.network, 0) for cell in cells]
    windows = [int(errors.design.counts(cell.setting).sum()) for cell in cells]
    for average, weight in _weights(errors, cells).items():
        mae = subject_interval(weight * maes, weight, options)
        parts.append(
            pd.DataFrame(
                {
                    **by_pressure(errors.design.name, cells),
                    "average": average,
                    "mae": mae.estimate,
                    "lower": np.maximum(mae.lower, 0),  # the bootstrap-t may reach below what an MAE can be
                    "upper": mae.upper,
                    "interval": mae.method,
                    "confidence": options.confidence,
                    "n_subjects": len(maes),
                    "n_windows": np.repeat(windows, len(PRESSURES)),
                    "n_calibration": np.repeat(counted, len(PRESSURES)),
                    "seeds": np.repeat(seeds, len(PRESSURES)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def method_skill_table(errors: Errors, questions: Questions, options: EvaluationOptions) -> pd.DataFrame:
    """Share of a baseline's MAE that a network, or its offset correction, removes.

    Parameters
    ----------
    errors : Errors
    questions : Questions
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network, method`` (`network`, `offset`), ``setting, budget, pressure, average, baseline, skill``
        (1 - MAE / MAE of the baseline; of the same setting and budget where it has one), ``lower, upper, interval, mae,
        baseline_mae`` (mmHg), ``n_subjects``. Empty where the baseline makes no error. Where settings have test windows
        of their own, the baseline's subjects are weighted by the windows of what is compared.
    """
    pairs = [
        (cell, name, against)
        for cell in errors.sums
        if cell.network != NONE and cell.setting in questions.skilled
        for name in questions.baselines
        if (against := _baseline(errors, name, cell)) is not None
    ]
    cells, names, baselines = (list(column) for column in zip(*pairs, strict=True))
    above, below = _maes(errors, cells), _maes(errors, baselines)
    parts = []
    for average, weight in _weights(errors, cells).items():
        skill = skill_ratio(weight * above, weight * below, weight, options)
        named = by_pressure(errors.design.name, cells, baseline=names)
        parts.append(pd.DataFrame({**named, "average": average, **skill._asdict(), "n_subjects": len(above)}))
    return pd.concat(parts, ignore_index=True)


def _baseline(errors: Errors, name: str, cell: Cell) -> Cell | None:
    """The baseline of that name for a cell; None where it would be told more than the cell, or is made from it."""
    settings = list(errors.design.test)
    if name in settings:
        return Cell(cell.network, NETWORK, name) if settings.index(name) < settings.index(cell.setting) else None
    if name == OFFSET:
        found = [cell._replace(method=OFFSET)]
    else:
        found = [
            Cell(NONE, name, cell.setting, cell.budget),
            Cell(NONE, name, cell.setting),
            Cell(NONE, name, settings[0]),
        ]
    return next((one for one in found if one in errors.sums and one != cell), None)


def subject_table(errors: Errors, questions: Questions) -> pd.DataFrame:
    """Absolute errors of each subject at the main budget, as boxes show them.

    Parameters
    ----------
    errors : Errors
    questions : Questions

    Returns
    -------
    DataFrame
        ``protocol, network, method, setting, budget, pressure, number, subject, n_windows, n_calibration, mae``, and of
        the windows' absolute errors (seeds averaged) ``q1, median, q3`` and Tukey's whiskers ``low, high``: the
        outermost windows within 1.5 times the quartiles' distance. mmHg.
    """
    design, parts = errors.design, []
    for cell in questions.boxes(errors):
        values, counts, calibrated = errors.windows(cell), design.counts(cell.setting), errors.calibrated(cell)
        ends = np.cumsum(counts)
        for s, (subject, number) in enumerate(zip(design.subjects, design.numbers, strict=True)):
            own = values[ends[s] - counts[s] : ends[s]]
            described = {
                **by_pressure(design.name, [cell]),
                "number": number,
                "subject": subject,
                "n_windows": len(own),
                "n_calibration": calibrated[s],
                "mae": own.mean(axis=0),
                **_box(own),
            }
            parts.append(pd.DataFrame(described))
    return _ordered(pd.concat(parts, ignore_index=True), [*errors.networks, NONE])


def box_table(errors: Errors, questions: Questions) -> pd.DataFrame:
    """Absolute errors of all subjects' windows together, as Figure 9 shows them.

    Parameters
    ----------
    errors : Errors
    questions : Questions

    Returns
    -------
    DataFrame
        ``protocol, network, method, setting, budget, pressure, n_subjects, n_windows, n_calibration`` (median over
        subjects), ``seeds, mae`` and quartiles and whiskers as in `subject_table`. mmHg.
    """
    parts = []
    for cell in questions.boxes(errors):
        values = errors.windows(cell)
        described = {
            **by_pressure(errors.design.name, [cell]),
            "n_subjects": len(errors.design.subjects),
            "n_windows": len(values),
            "n_calibration": float(np.median(errors.calibrated(cell))),
            "seeds": errors.seeds.get(cell.network, 0),
            "mae": values.mean(axis=0),
            **_box(values),
        }
        parts.append(pd.DataFrame(described))
    return pd.concat(parts, ignore_index=True)


def _box(values: np.ndarray) -> dict[str, np.ndarray]:
    """Quartiles ``q1, median, q3`` and Tukey's whiskers ``low, high`` of columns."""
    q1, median, q3 = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    reach = 1.5 * (q3 - q1)
    low = np.where(values >= q1 - reach, values, np.inf).min(axis=0)
    high = np.where(values <= q3 + reach, values, -np.inf).max(axis=0)
    return {"low": np.minimum(low, q1), "q1": q1, "median": median, "q3": q3, "high": np.maximum(high, q3)}


def ks_table(errors: Errors, questions: Questions, options: EvaluationOptions) -> pd.DataFrame:
    """The paper's test on each subject: two-sample Kolmogorov-Smirnov on the absolute errors of its windows.

    Parameters
    ----------
    errors : Errors
    questions : Questions
    options : EvaluationOptions
        `alpha`.

    Returns
    -------
    DataFrame
        At the main budget: ``protocol, network, pressure, number, subject, comparison`` (such as `tuned vs before`),
        ``statistic, p, significant``. The test takes windows for independent, which they are not. Of several seeds the
        largest p.
    """
    design, rows = errors.design, []
    for network in errors.networks[:-1]:
        for s, (subject, number) in enumerate(zip(design.subjects, design.numbers, strict=True)):
            for p, pressure in enumerate(PRESSURES):
                for pair in questions.ks_pairs:
                    sides = ((errors.main[NETWORK, setting], network) for setting in pair)
                    statistic, chance = ks_on_windows(*sides, p, s)
                    rows.append(
                        {
                            "protocol": design.name,
                            "network": network,
                            "pressure": pressure,
                            "number": number,
                            "subject": subject,
                            "comparison": " vs ".join(pair),
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


def overall_table(errors: Errors, questions: Questions, options: EvaluationOptions) -> pd.DataFrame:
    """Rows of the paper's table: the networks in each setting, and beside them what the mean regressor says.

    Parameters
    ----------
    errors : Errors
    questions : Questions
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        As the second of `mae_tables`, the setting as its ``split``.
    """
    tables = []
    for setting in questions.paper_settings:
        judged = errors.main[NETWORK, setting]
        predicted = dict(judged.predicted)
        if (MEAN, setting) in errors.main:
            predicted[MEAN, 0] = errors.main[MEAN, setting].predicted[NONE, 0]
        tables.append(mae_tables(JudgedSplit(setting, *_windows_of(judged), predicted), options)[1])
    return pd.concat(tables, ignore_index=True)


def _windows_of(judged: JudgedSplit):
    return judged.subjects, judged.owner, judged.reference
