"""The report of a whole study: whom it is about and the answer, then the evidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.designs.audit import EVIDENCE
from cuffless.designs.cautions import cautions
from cuffless.judgement.names import PRESSURES
from cuffless.judgement.standards import MEANING, NOT_RECOMMENDED
from cuffless.report.captions import captioned
from cuffless.report.page import write_page
from cuffless.report.study import tables
from cuffless.report.study.answer import answer_of
from cuffless.report.study.charts import KEPT, dose_chart, dose_rows, flow_chart, rejections, time_chart
from cuffless.report.study.contents import StudyReport
from cuffless.report.study.external import external_rows, external_sentences, external_table
from cuffless.report.study.findings import dependence_lines, event_table
from cuffless.report.study.overview import banner, overview, people_called, whose
from cuffless.report.study.pictures import HEIGHT, WIDTH, window_pictures
from cuffless.report.study.skill import comparison_charts, comparison_sentence, comparisons
from cuffless.report.wording import count, plural

SECTIONS = (
    ("answer", "The answer"),
    ("skill", "Every network against doing nothing"),
    ("records", "What came in, and what was thrown away"),
    ("splits", "Splits and their audits"),
    ("tables", "Errors beside the paper's"),
    ("events", "Events, and whether networks look at their input"),
    ("figures", "Figures"),
    ("personal", "Personalization"),
    ("camera", "Recordings of faces (camera branch)"),
    ("external", "On other people's data (external test)"),
    ("doses", "How leakage and confounding act"),
    ("intervals", "Intervals per prediction"),
    ("standards", "Standards' screens"),
    ("trainings", "Trainings"),
    ("networks", "Networks"),
    ("time", "Time spent"),
    ("versions", "Configuration, versions, seeds, commit"),
)
"""All sections; a report has the first, and of the others those that have something to show."""
_DOSES = {
    "leakage": ("Leakage", "what training and test windows share"),
    "confounding": ("Confounding", "strength of the confounder"),
}


def write_report(report: StudyReport, path: str | Path, *, title: str = "Report of the study") -> None:
    """Write the report of a study as one self-contained HTML page.

    Parameters
    ----------
    report : StudyReport
        As from `collect_report`; a section without anything to show is left out.
    path : str or Path
    title : str

    Raises
    ------
    OSError
        If the page cannot be written.
    """
    found = comparisons(report)
    branches = _branches(report)
    pictures = captioned(report.figures)
    doses, leaks = _doses(report), tables.leak_rows(report)
    undeclared = leaks[(leaks["verdict"] == "found") & ~leaks["declared"].astype(bool)]
    screens = (None, None) if report.standards is None else tables.standards_tables(report.standards)
    shown = {
        "answer": answer_of(report, found, people_called(report.about).removeprefix("real ")),
        "skill_table": tables.comparison_table(found) if found else None,
        "split_table": tables.split_table(report.audits) if report.audits else None,
        "leak_table": tables.leak_table(leaks) if len(leaks) else None,
        "papers": tables.tables_of_paper(report),
        "event_table": None if report.events is None else event_table(report.events),
        "looks": [] if report.dependence is None else dependence_lines(report.dependence),
        "external": _external(report),
        "band_table": tables.band_table(report.intervals),
        "verdicts": screens[0],
        "run_table": tables.run_table(report.runs) if report.runs else None,
        "stage_table": tables.stage_table(report.stages) if len(report.stages) else None,
        "facts": _facts(report.runs),
        "options": report.about.get("options", {}),
    }
    filled = {
        "answer": True,
        "skill": shown["skill_table"],
        "records": branches,
        "splits": shown["split_table"] or shown["leak_table"],
        "tables": shown["papers"],
        "events": shown["event_table"] or shown["looks"],
        "figures": pictures["main"],
        "personal": pictures["personal"],
        "camera": pictures["camera"],
        "external": shown["external"],
        "doses": doses or pictures["doses"],
        "intervals": shown["band_table"],
        "standards": shown["verdicts"],
        "trainings": shown["run_table"] or pictures["trainings"],
        "networks": pictures["networks"],
        "time": shown["stage_table"],
        "versions": shown["facts"] or shown["options"],
    }
    sections = {name: heading for name, heading in SECTIONS if filled[name]}
    write_page(
        "study.html.j2",
        path,
        {"choices": None, "traces": [], "figures": _figures(report, found, branches, doses)},
        title=title,
        banner=banner(report.about),
        overview=overview(report),
        windows=window_pictures(report),
        window_size=(WIDTH, HEIGHT),
        contents=list(sections.items())[1:],
        sections=sections,
        comparisons=found,
        sentences=[
            {
                "case": i,
                "network": None,
                "sentences": [comparison_sentence(one, pressure) for pressure in PRESSURES],
                "missing": [],
                "warnings": one.warnings,
            }
            for i, one in enumerate(found)
        ],
        single_seed=len({run["seed"] for run in report.runs}) <= 1,
        branches=branches,
        undeclared=[
            f"{row.where}: {row.kind.replace('_', ' ')}, {count(row.count)}"
            for row in undeclared.itertuples()
            if row.kind not in EVIDENCE
        ],
        suspected=[f"{row.where}: {row.reason}" for row in undeclared.itertuples() if row.kind in EVIDENCE],
        cautions=cautions(report.audits),
        audit_notes=[f"{where}: {note}" for where, audit in tables.audits_of(report) for note in _notes(audit)],
        paper_notes=_paper_notes(report),
        pictures=pictures,
        doses=doses,
        clauses=screens[1],
        meaning=_meaning(report),
        not_recommended=NOT_RECOMMENDED,
        **shown,
    )


def _branches(report: StudyReport) -> list[dict[str, Any]]:
    """Contact recordings and those of faces: how many windows each gave."""
    found = []
    for name, label, quality, where in (
        ("contact", "Contact PPG", report.quality, "<data set>/windows/<windowing>.quality.csv"),
        ("camera", "Recordings of faces", report.camera_quality, "<data set>/camera/quality.csv"),
    ):
        if quality is None or quality.empty:
            continue
        flow = rejections(quality)
        record = "record" if "record" in quality else "recording"
        empty = int((quality[KEPT] == 0).sum())
        found.append(
            {
                "name": name,
                "label": label,
                "summary": f"{plural(len(quality), record)} {whose(quality)}, "
                f"{quality['seconds'].sum() / 3600:.1f} h: {plural(flow['windows'].iloc[0], 'window')} cut, "
                f"{count(flow['windows'].iloc[-1])} kept; {empty} without any window.",
                "flow": flow,
                "rules": tables.rule_table(flow),
                "records": tables.record_table(quality, where),
                "cut_short": max(len(quality) - tables.MOST_RECORDS, 0),
            }
        )
    return found


def _notes(audit: Mapping) -> list[str]:
    return [*(f"WARNING: {text}" for text in audit.get("warnings", ())), *audit.get("notes", ())]


def _paper_notes(report: StudyReport) -> list[str]:
    tabled = [
        table["note"].dropna() for table in (report.table1, report.table2) if table is not None and "note" in table
    ]
    return list(dict.fromkeys(str(note) for notes in tabled for note in notes if str(note).strip()))


def _doses(report: StudyReport) -> list[dict[str, Any]]:
    found = []
    for name, (title, label) in _DOSES.items():
        given = getattr(report, name)
        if given is not None and len(given):
            rows = dose_rows(given)
            table = tables.dose_table(rows, name, label)
            found.append({"name": name, "title": title, "label": label, "rows": rows, "table": table})
    return found


def _external(report: StudyReport) -> dict[str, Any] | None:
    if report.external is None:
        return None
    rows = external_rows(report.external)
    return {"sentences": external_sentences(rows), "table": external_table(rows, report.external)}


def _figures(report: StudyReport, found, branches, doses) -> dict[str, dict]:
    figures: dict[str, dict] = {"skill": {str(i): comparison_charts(one) for i, one in enumerate(found)}}
    for branch in branches:
        figures[f"flow-{branch['name']}"] = {"": {"": flow_chart(branch["flow"])}}
    for dose in doses:
        rows: pd.DataFrame = dose["rows"]
        parts = {pressure: rows[rows["pressure"] == pressure] for pressure in PRESSURES}
        charts = {pressure: dose_chart(own, dose["label"]) for pressure, own in parts.items() if len(own)}
        figures[f"dose-{dose['name']}"] = {"": charts}
    if len(report.stages):
        figures["time"] = {"": {"": time_chart(report.stages)}}
    return figures


def _meaning(report: StudyReport) -> dict[str, str]:
    if report.standards is None:
        return {}
    return {name: MEANING[name] for name in dict.fromkeys(report.standards["standard"]) if name in MEANING}


def _facts(runs: list[dict]) -> dict[str, str]:
    """Versions, seeds, commits and machines of the trainings; several where they differ."""
    facts: dict[str, list[str]] = {}

    def add(name: str, value: object) -> None:
        if value is not None and value != [] and str(value) not in facts.setdefault(name, []):
            facts[name].append(str(value))

    for run in runs:
        add("seeds", run["seed"])
        add("backend", run.get("backend"))
        add("commit", run.get("commit") or "unknown")
        for name in ("cpu", "cores", "threads", "gpus"):
            add(name, run.get("hardware", {}).get(name))
        for name, value in run.get("versions", {}).items():
            add(name, value or "unknown")
    return {name: ", ".join(values) for name, values in facts.items() if values}
