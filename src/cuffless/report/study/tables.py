"""The tables of a study's report."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from cuffless.designs.audit import tabulate_leaks
from cuffless.judgement.names import NONE
from cuffless.judgement.paper_tables import TABLE1, TABLE2, PaperTable
from cuffless.judgement.standards import MEANING
from cuffless.report.judgement.bands import interval_columns
from cuffless.report.screens import MOST_ROWS, OVERALL, measured, reason_of
from cuffless.report.study.charts import CUT, DOSE, KEPT, RULES, dose_name, minutes_of
from cuffless.report.study.contents import StudyReport
from cuffless.report.study.skill import Comparison, called
from cuffless.report.tables import COUNTS, Column, Table, csv_download, make_table
from cuffless.report.wording import (
    NOTHING,
    case_name,
    count,
    network_name,
    number,
    percent,
    split_name,
    text,
    with_limits,
)

MOST_RECORDS = 300
"""Rows of a table of records on the page; its CSV has them all."""
_SETS = {"train": "training", "val": "validation", "test": "test"}


def rule_table(flow: pd.DataFrame) -> Table:
    """Windows cut, rejected by rule and kept, with an explanation of each rule."""
    columns = [
        Column("rule", lambda r: r.rule.replace("_", " ")),
        Column("windows", lambda r: count(r.windows), numeric=True),
        Column("of those cut", lambda r: percent(r.share, 1), numeric=True),
        Column("meaning", "meaning", wide=True),
    ]
    return make_table(flow, columns, "Windows by rule")


def record_table(quality: pd.DataFrame, where: str) -> Table:
    """One row per record; those without windows first."""
    rules = [name for name in quality if name in RULES]
    name = "record" if "record" in quality else "recording"
    order = np.argsort((quality[KEPT] > 0).to_numpy(), kind="stable")
    columns = [
        Column(name, name),
        Column("subject", "subject"),
        Column("minutes", lambda r: number(r.seconds / 60), numeric=True),
        Column("cut", lambda r: count(getattr(r, CUT)), numeric=True),
        Column("kept", lambda r: count(getattr(r, KEPT)), numeric=True),
        *(Column(rule.replace("_", " "), _count_cell(rule), numeric=True) for rule in rules if quality[rule].any()),
        Column("why none, what was skipped", _why, wide=True),
    ]
    if "recording" in quality and (quality["recording"] == quality["subject"]).all():
        columns.pop(1)
    shown = quality.iloc[order].head(MOST_RECORDS)
    return make_table(shown, columns, "Windows by record", download=csv_download(quality, "quality.csv", where))


def _count_cell(rule: str):
    return lambda row: count(getattr(row, rule))


def _why(row) -> str:
    return "; ".join(filter(None, (text(getattr(row, name, "")) for name in ("reason", "passed_over", "notes"))))


def split_table(audits: Mapping[str, dict]) -> Table:
    """Sizes and pressures of each split's sets."""
    rows = pd.DataFrame(
        [
            {
                "split": split,
                "set": name,
                **{key: part[key] for key in ("windows", "subjects", "records")},
                **_spans(part),
            }
            for split, sets in _sets_of(audits)
            for name, part in sets.items()
        ]
    )
    columns = [
        Column("split", lambda r: split_name(r.split)),
        Column("set", lambda r: _SETS.get(r.set, r.set)),
        *(Column(name, _count_cell(name), numeric=True) for name in ("windows", "subjects", "records")),
        Column("SBP, median (5 to 95 %)", "sbp", numeric=True),
        Column("DBP, median (5 to 95 %)", "dbp", numeric=True),
    ]
    return make_table(rows, columns, "Sets of each split")


def _sets_of(audits: Mapping[str, dict]) -> Iterator[tuple[str, dict]]:
    """Yield the sets of each split, of each fold where it has several, and the name of split or fold."""
    for split, audit in audits.items():
        folds = audit.get("of_folds")
        yield from ((f"{split}.fold{one['fold']}", one["sets"]) for one in folds or ())
        if not folds:
            yield split, audit.get("sets", {})


def _spans(part: Mapping) -> dict[str, str]:
    return {
        name: f"{number(part[name]['median'], 0)} ({number(part[name]['p5'], 0)} to {number(part[name]['p95'], 0)})"
        if name in part
        else NOTHING
        for name in ("sbp", "dbp")
    }


def leak_rows(report: StudyReport) -> pd.DataFrame:
    """Leaks of everything that was audited: ``where, kind, verdict, count, declared, examples, reason``.

    Parameters
    ----------
    report : StudyReport
        A split's table of all leaks counts before its audit, which knows fewer.
    """
    parts = [table.assign(where=f"split {split_name(split)}") for split, table in report.leaks.items()]
    for where, audit in audits_of(report):
        if where.removeprefix("split ") not in map(split_name, report.leaks):
            parts.append(tabulate_leaks(audit["leaks"]).astype({"count": float}).assign(where=where))
    columns = ["where", "kind", "verdict", "count", "declared", "examples", "reason"]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True).reindex(columns=columns) if filled else pd.DataFrame(columns=columns)


def audits_of(report: StudyReport) -> Iterator[tuple[str, Mapping]]:
    """Yield the name and the audit of everything that was audited."""
    for split, audit in report.audits.items():
        yield f"split {split_name(split)}", audit
    for protocol, audit in report.personal_audits.items():
        yield f"personalization, protocol {protocol}", audit
    for pair, audit in report.external_audits.items():
        yield f"external test, {pair}", audit
    if report.camera_audit is not None:
        yield "camera branch, folds", report.camera_audit


def leak_table(leaks: pd.DataFrame) -> Table:
    """Leaks as from `leak_rows`."""
    columns = [
        Column("where", "where"),
        Column("leak", lambda r: r.kind.replace("_", " ")),
        Column("verdict", "verdict", verdict=True),
        Column("count", lambda r: count(r.count), numeric=True),
        Column("declared", lambda r: ("by design" if r.declared else "no") if r.verdict == "found" else ""),
        Column("examples", "examples", wide=True),
        Column("reason", "reason", wide=True),
    ]
    return make_table(leaks, columns, "Leaks found by the audits")


def paper_table(table: pd.DataFrame, paper: PaperTable, where: str) -> Table:
    """A table of the paper: ours with interval, the paper's in parentheses; pooled windows."""
    rows = table[table["average"] == "pooled"]
    networks = list(dict.fromkeys(rows["network"]))
    wide = rows.assign(cell=[_beside(row) for row in rows.itertuples()]).pivot_table(
        index=["setting", "pressure"], columns="network", values="cell", aggfunc="first", sort=False
    )
    counts = rows.groupby(["setting", "pressure"], sort=False)[["n_subjects", "n_windows"]].max()
    joined = wide.fillna(NOTHING).join(counts).reset_index()
    columns = [
        Column("setting", lambda r: paper.settings.get(r.setting, r.setting), wide=True),
        Column("pressure", "pressure"),
        *(Column("mean regressor" if n == "mean" else network_name(n), n, numeric=True) for n in networks),
        *COUNTS,
    ]
    return make_table(
        joined, columns, f"Table {paper.number}", download=csv_download(table, f"table{paper.number}.csv", where)
    )


def _beside(row) -> str:
    paper = f" ({number(row.paper)})" if np.isfinite(row.paper) else ""
    return with_limits(row.mae, row.lower, row.upper) + paper


def tables_of_paper(report: StudyReport) -> dict[int, Table]:
    """Tables 1 and 2 of the paper, if the study has them."""
    given = ((report.table1, TABLE1), (report.table2, TABLE2))
    return {
        paper.number: paper_table(table, paper, f"tables/table{paper.number}.csv")
        for table, paper in given
        if table is not None
    }


def comparison_table(found: list[Comparison]) -> Table:
    """Skill of every network against every baseline of the comparison that is chosen."""
    rows = pd.concat([one.rows for one in found], ignore_index=True)
    columns = [
        Column("network", lambda r: network_name(r.network)),
        Column("pressure", "pressure"),
        Column("baseline", lambda r: called(r.baseline)),
        Column("skill [interval]", lambda r: with_limits(r.skill, r.lower, r.upper, 2), numeric=True),
        Column("MAE, mmHg", lambda r: number(r.mae), numeric=True),
        Column("baseline's MAE, mmHg", lambda r: number(r.baseline_mae), numeric=True),
        Column("subjects", lambda r: count(r.n_subjects), numeric=True),
    ]
    cases = {one.name: i for i, one in enumerate(found)}
    return make_table(
        rows,
        columns,
        "Skill against each baseline",
        cases=cases,
        download=csv_download(rows, "skill.csv", "<data set>/judgement/splits/tables/skill.csv"),
    )


def standards_tables(rows: pd.DataFrame) -> tuple[Table, Table]:
    """Verdicts of each standard, and its requirements clause by clause, including coverage."""
    seeds = [Column("seed", lambda r: count(r.seed), numeric=True)] if len(rows["seed"].unique()) > 1 else []
    head = [
        Column("standard", "standard"),
        Column("split", lambda r: case_name(r.case)),
        Column("network", lambda r: network_name(r.network)),
        *seeds,
        Column("pressure", "pressure"),
        Column("verdict", "verdict", verdict=True),
    ]
    end = [Column("reading", "reading", wide=True), Column("reason", reason_of, wide=True)]
    clauses = [
        Column("clause", "clause"),
        Column("quantity", "quantity", wide=True),
        Column("value", lambda r: measured(r.value), numeric=True),
        Column("limit", lambda r: measured(r.limit), numeric=True),
    ]
    order = rows["standard"].map({name: i for i, name in enumerate(MEANING)}).sort_values(kind="stable").index
    rows = rows.loc[order]
    overall = rows["clause"] == OVERALL
    download = csv_download(rows, "standards.csv", "<data set>/judgement/splits/tables/standards.csv")
    return (
        make_table(rows[overall], [*head, *end], "Verdicts", download=download),
        make_table(rows[~overall].head(MOST_ROWS), [*head, *clauses, *end], "Clauses"),
    )


def band_table(rows: pd.DataFrame | None) -> Table | None:
    """What the intervals of all networks hold, every subject counting the same; None if none were judged."""
    if rows is None or rows.empty:
        return None
    head = [
        Column("network", lambda r: "" if r.network == NONE else network_name(r.network)),
        Column("split", lambda r: case_name(r.case)),
    ]
    where = "<data set>/judgement/splits/tables/intervals.csv"
    return make_table(
        rows[rows["average"] == "subject"],
        [*head, *interval_columns()],
        "Intervals: what they hold and how wide they are, mmHg",
        download=csv_download(rows, "intervals.csv", where),
    )


def run_table(runs: list[dict]) -> Table:
    """Trainings: epochs, size, time, and the commit that they ran at."""
    known = ("split", "network", "seed", "epochs_run", "best_epoch", "parameters", "wall_seconds", "cpu_seconds")
    rows = pd.DataFrame([{name: run.get(name) for name in known} for run in runs])
    rows["train"] = [run.get("windows", {}).get("train") for run in runs]
    rows["commit"] = [str(run.get("commit") or "unknown")[:12] for run in runs]
    columns = [
        Column("network", lambda r: network_name(r.network)),
        Column("split", lambda r: split_name(r.split)),
        Column("seed", "seed", numeric=True),
        Column("epochs", lambda r: count(r.epochs_run), numeric=True),
        Column("best epoch", lambda r: count(r.best_epoch), numeric=True),
        Column("weights", lambda r: count(r.parameters), numeric=True),
        Column("training windows", lambda r: count(r.train), numeric=True),
        Column("seconds", lambda r: number(r.wall_seconds), numeric=True),
        Column("CPU seconds", lambda r: number(r.cpu_seconds), numeric=True),
        Column("commit", "commit"),
    ]
    return make_table(rows, columns, "Trainings")


def stage_table(stages: pd.DataFrame) -> Table:
    """Jobs, time and memory of each rule."""
    columns = [
        Column("rule", lambda r: r.stage.replace("_", " ")),
        Column("jobs", lambda r: count(r.jobs), numeric=True),
        Column("minutes in all", lambda r: minutes_of(r.seconds), numeric=True),
        Column("CPU minutes", lambda r: minutes_of(r.cpu_seconds), numeric=True),
        Column("most memory of a job, MB", lambda r: count(r.max_mb), numeric=True),
    ]
    return make_table(stages, columns, "Time by rule", download=csv_download(stages, "time.csv", "../logs"))


def dose_table(rows: pd.DataFrame, name: str, label: str) -> Table:
    """Errors by dose."""
    columns = [
        Column(label, lambda r: dose_name(getattr(r, DOSE))),
        Column("network", lambda r: r.series),
        Column("pressure", "pressure"),
        Column("MAE, mmHg", lambda r: with_limits(r.mae, r.lower, r.upper), numeric=True),
        *COUNTS,
    ]
    return make_table(
        rows, columns, name, download=csv_download(rows, f"{name}.csv", "<data set>/judgement/leakage/tables")
    )
