"""The tables of a judgement's page: which columns they have and how these are written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cuffless.report.tables import COUNTS, Column, Download, Table, csv_download, make_table
from cuffless.report.wording import (
    AVERAGES,
    NOTHING,
    baseline_name,
    case_name,
    count,
    network_name,
    number,
    p_value,
    percent,
    plural,
    share_with_limits,
    text,
    windows_of,
    with_limits,
)

_MOST_SUBJECTS, _MOST_ROWS = 20, 4000
"""Subjects that a table shows for a case, predictor and pressure, and rows that it holds for all of them."""
_NETWORK = Column("predictor", lambda r: network_name(r.network))
_CASE = Column("case", lambda r: case_name(r.case))
PRESSURE = Column("pressure", "pressure")
_BASELINE = Column("baseline", lambda r: baseline_name(r.baseline, getattr(r, "in_sample", False)))
_AVERAGE = Column("equal weight for", lambda r: AVERAGES.get(r.average, r.average))


def _number(title: str, name: str, digits: int = 1) -> Column:
    """A column of numbers."""
    return Column(title, lambda row: number(getattr(row, name), digits), numeric=True)


def _limits(title: str, name: str, *, signed: bool = False) -> Column:
    """A column of numbers with their intervals."""
    ends = (name, f"{name}_lower", f"{name}_upper")
    return Column(title, lambda row: with_limits(*(getattr(row, end) for end in ends), signed=signed), numeric=True)


def download(judgement, name: str) -> Download:
    """A judgement's table as CSV; `cuffless judge` writes the same file next to the page."""
    return csv_download(getattr(judgement, name), f"{name}.csv", f"tables/{name}.csv")


def _table(judgement, name: str, columns: Sequence[Column], caption: str, **chosen: Any) -> Table:
    """One of a judgement's tables, with its CSV; `chosen`: numbers of its cases and networks."""
    return make_table(getattr(judgement, name), columns, caption, download=download(judgement, name), **chosen)


def fitted_column(cases: pd.DataFrame) -> str:
    """Column with the training data of baselines that know other people."""
    return "baselines_fitted_on" if "baselines_fitted_on" in cases else "mean_baseline"


def seeded(judgement) -> bool:
    """Whether the table that was judged has seeds."""
    return bool(judgement.cases["seeds"].notna().any())


def case_table(judgement) -> Table:
    """What was judged."""
    rows = judgement.cases
    fitted = fitted_column(rows)
    columns = [
        _CASE,
        Column("predictors", lambda r: ", ".join(network_name(name) for name in str(r.networks).split(", "))),
        *([Column("seeds", lambda r: count(r.seeds), numeric=True)] if seeded(judgement) else []),
        Column("subjects", lambda r: count(r.n_subjects), numeric=True),
        Column("test windows", lambda r: count(r.n_windows), numeric=True),
        Column(
            "training rows",
            lambda r: windows_of(r.n_training_windows, r.n_training_subjects) if r.n_training_windows else "none",
        ),
        Column("calibration windows", lambda r: count(r.n_calibration), numeric=True),
        Column("mean, median, heart rate and demographics are fitted on", fitted, wide=True),
    ]
    columns += [
        Column(f"reference {pressure.upper()}, median (5 to 95 %)", _reference(pressure))
        for pressure in (name.removesuffix("_median") for name in rows if str(name).endswith("_median"))
        if rows[f"{pressure}_median"].notna().any()
    ]
    return _table(judgement, "cases", columns, "What was judged")


def _reference(pressure: str):
    return lambda row: (
        f"{number(getattr(row, f'{pressure}_median'), 0)} ({number(getattr(row, f'{pressure}_p5'), 0)} to "
        f"{number(getattr(row, f'{pressure}_p95'), 0)})"
    )


def judged_skill_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Skill against each baseline, pooled and by subject."""
    columns = [
        _BASELINE,
        PRESSURE,
        _AVERAGE,
        Column(
            "skill [interval]",
            lambda r: with_limits(r.skill, r.lower, r.upper, 2) if np.isfinite(r.skill) else text(r.reason),
            numeric=True,
        ),
        Column("MAE, mmHg", lambda r: number(getattr(r, "mae", None)), numeric=True),
        Column("baseline's MAE, mmHg", lambda r: number(getattr(r, "baseline_mae", None)), numeric=True),
        Column("subjects", lambda r: count(r.n_subjects), numeric=True),
        Column("interval", lambda r: text(getattr(r, "interval", ""))),
    ]
    return _table(judgement, "skill", columns, "Skill against each baseline", cases=cases, networks=networks)


def merit_table(judgement, cases: Mapping[str, int]) -> Table:
    """Error measures of all predictors of a case, with the mean baseline's error."""
    skill = judgement.skill
    mean = skill[skill["baseline"] == "population_mean"]
    keys = ["case", "network", "average", "pressure"]
    rows = judgement.merits
    if "baseline_mae" in mean:
        rows = rows.merge(mean[[*keys, "baseline_mae"]], on=keys, how="left")
    columns = [
        _NETWORK,
        PRESSURE,
        _AVERAGE,
        _limits("MAE", "mae"),
        Column("MAE of the mean", lambda r: number(getattr(r, "baseline_mae", None)), numeric=True),
        _limits("mean error", "me", signed=True),
        _number("SD of error", "sd"),
        _number("RMSE", "rmse"),
        Column(
            "within 10 mmHg, %",
            lambda r: share_with_limits(r.within10, r.within10_lower, r.within10_upper),
            numeric=True,
        ),
        _number("slope of error", "slope", 2),
        _number("SD ratio", "sd_ratio", 2),
        _number("R²", "r2", 2),
        _number("r within subjects", "within_r", 2),
        Column("direction right (of n changes)", _concordance, numeric=True),
        _number("explained deviation", "explained", 2),
        *COUNTS,
        *([Column("seeds", lambda r: count(getattr(r, "seeds", None)), numeric=True)] if seeded(judgement) else []),
    ]
    return make_table(rows, columns, "Figures of merit", cases=cases, download=download(judgement, "merits"))


def _concordance(row) -> str:
    if not np.isfinite(row.concordance):
        return NOTHING
    return f"{percent(row.concordance)} ({count(row.n_changes)})"


def agreement_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Bias and limits of agreement in numbers."""
    columns = [
        PRESSURE,
        _limits("bias", "bias", signed=True),
        _limits("lower limit", "loa_low", signed=True),
        _limits("upper limit", "loa_high", signed=True),
        _number("SD between subjects", "sd_between"),
        _number("SD within", "sd_within"),
        _number("SD in all", "sd_total"),
        _number("left after one calibration (RMS)", "rms_after_first"),
        Column("limits at a low pressure (p5)", lambda r: _range(r.low_at_p5, r.high_at_p5), numeric=True),
        Column("at a high one (p95)", lambda r: _range(r.low_at_p95, r.high_at_p95), numeric=True),
        *COUNTS,
    ]
    return _table(
        judgement, "agreement", columns, "Bias and 95 % limits of agreement, mmHg", cases=cases, networks=networks
    )


def _range(low: float, high: float) -> str:
    if not np.isfinite([low, high]).all():
        return NOTHING
    return f"{number(low, 1, signed=True)} to {number(high, 1, signed=True)}"


def subject_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Errors of each subject; of many, the subjects with the largest."""
    rows, keys = judgement.subjects, ["case", "network", "pressure"]
    columns = [
        Column("subject", lambda r: str(r.subject)),
        PRESSURE,
        Column("windows", lambda r: count(r.n_windows), numeric=True),
        _number("mean reference", "reference_mean"),
        _number("mean prediction", "prediction_mean"),
        Column("mean error", lambda r: number(r.me, 1, signed=True), numeric=True),
        _number("MAE", "mae"),
        Column("MAE of the mean", lambda r: number(getattr(r, "baseline_mae", None)), numeric=True),
    ]
    most = int(np.clip(_MOST_ROWS // max(len(rows[keys].drop_duplicates()), 1), 5, _MOST_SUBJECTS))
    fullest = int(rows.groupby(keys).size().max())
    shown, more = rows, ""
    if fullest > most:
        shown = pd.concat([own.nlargest(most, "mae") for _, own in rows.groupby(keys, sort=False)])
        more = (
            f"The {most} subjects with the largest errors, for each pressure; {plural(fullest - most, 'more subject')} "
            "in subjects.csv."
        )
    return make_table(
        shown,
        columns,
        "Errors of each subject, mmHg",
        cases=cases,
        networks=networks,
        download=download(judgement, "subjects"),
        more=more,
    )


def paired_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Paired tests on subjects, and the paper's tests on windows in columns named accordingly."""
    columns = [
        _BASELINE,
        PRESSURE,
        Column(
            "MAE less the baseline's, mmHg",
            lambda r: with_limits(r.difference, r.lower, r.upper, signed=True),
            numeric=True,
        ),
        Column("subjects", lambda r: count(r.n_pairs), numeric=True),
        Column("p, paired by subject", lambda r: p_value(r.paired_p), numeric=True),
        Column("the same after Holm", lambda r: p_value(r.paired_p_holm), numeric=True),
        Column("over tests", lambda r: count(r.family), numeric=True),
        Column("a difference is shown", lambda r: _yes(r.paired_significant, r.paired_p)),
        Column("Kolmogorov-Smirnov p on windows*", lambda r: p_value(r.ks_windows_p), numeric=True),
        Column("t-test p on windows*", lambda r: p_value(r.ttest_windows_p), numeric=True),
    ]
    return _table(judgement, "tests", columns, "Tests against each baseline", cases=cases, networks=networks)


def _yes(significant, p) -> str:
    return "not tested" if not np.isfinite(p) else "yes" if significant else "no"


def leak_table(judgement, cases: Mapping[str, int]) -> Table:
    """What training, calibration and test rows share."""
    columns = [
        Column("leak", lambda r: str(r.kind).replace("_", " ")),
        Column("verdict", "verdict", verdict=True),
        Column("count", lambda r: count(r.count), numeric=True),
        Column("examples", lambda r: _examples(r.examples), wide=True),
        Column("what was looked for, or why not", "reason", wide=True),
    ]
    rows = judgement.leaks
    if "declared" in rows and rows["declared"].any():
        columns.insert(3, Column("declared", lambda r: "yes" if r.declared is True or r.declared == 1 else "no"))
    by_case = cases if "case" in rows else None
    return make_table(rows, columns, "Leaks", cases=by_case, download=download(judgement, "leaks"))


def _examples(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else text(value)
