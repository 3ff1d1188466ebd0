"""The page of a judgement: first whether a predictor is better than doing nothing, then the evidence."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cuffless.config import EvaluationOptions
from cuffless.figures.labels import FEW, MOST_WINDOWS
from cuffless.judgement.standards import MEANING, NOT_RECOMMENDED
from cuffless.report.judgement import tables
from cuffless.report.judgement.answer import make_answer
from cuffless.report.judgement.bands import NO_INTERVALS, band_table, interval_figures, interval_sentences
from cuffless.report.judgement.choice import Choice
from cuffless.report.judgement.dependence import dependence_sentence, dependence_table
from cuffless.report.judgement.events import event_tables
from cuffless.report.judgement.figures import make_figures, thinning
from cuffless.report.judgement.traces import pack_traces
from cuffless.report.page import versions, write_page
from cuffless.report.published import CAVEAT, published_table
from cuffless.report.screens import missing_baselines, standards_tables, unassessed
from cuffless.report.sentences import skill_sentence
from cuffless.report.wording import case_name, network_name

_AVERAGE = "subject"
_PACKAGES = ("numpy", "scipy", "pandas", "plotly")
_WARNING = "WARNING: "
CONTENTS = (
    ("notes", "Warnings and notes"),
    ("judged", "What was judged"),
    ("dependence", "Does it look at its input?"),
    ("events", "High and low pressures as events"),
    ("intervals", "Intervals per prediction"),
    ("merits", "Figures of merit"),
    ("bins", "Error against the pressure"),
    ("agreement", "Agreement"),
    ("subjects", "Prediction against reference"),
    ("traces", "One subject, window by window"),
    ("drift", "Error against time since calibration"),
    ("tests", "Tests"),
    ("leaks", "Leaks"),
    ("standards", "Standards' screens"),
    ("unassessed", "What cannot be assessed"),
    ("repeat", "How to repeat this"),
)
"""Sections after the first, by their names in the page."""


def write_judgement_page(
    judgement,
    path: str | Path,
    *,
    title: str,
    source: str,
    options: EvaluationOptions,
    limits: Mapping[str, tuple[float, float]] | None = None,
    about: str = "",
    command: str = "",
) -> None:
    """Write a judgement as one self-contained HTML page.

    Parameters
    ----------
    judgement : Judgement
        See `cuffless.judgement`: tidy tables ``cases, skill, merits, bins, agreement, drift, tests, standards,
        subjects, leaks, events, dependence, traces, intervals, interval_bins, risk``, and ``notes`` (warnings begin
        with ``WARNING: ``).
    path : str or Path
        The page; it refers to ``tables/`` beside it for tables that are too long.
    title : str
    source : str
        Names of the tables that were judged.
    options : EvaluationOptions
    limits : mapping of pressure to (low, high), optional
        Pressures in mmHg that the study accepted.
    about : str, optional
        Whose predictions they are, in a sentence for the head of the page.
    command : str, optional
        The command that gave the page.

    Raises
    ------
    OSError
        If the page cannot be written.
    """
    chosen = Choice(judgement)
    screens = standards_tables(judgement, chosen.cases, chosen.networks)
    write_page(
        "judgement.html.j2",
        path,
        {
            "choices": chosen.pairs,
            "pressures": chosen.pressures,
            "most_windows": MOST_WINDOWS,
            "figures": make_figures(judgement, chosen) | interval_figures(judgement, chosen.each()),
            "traces": pack_traces(
                judgement.traces, judgement.subjects, list(chosen.cases), chosen.networks, chosen.pressures
            ),
        },
        title=title,
        source=source,
        about=about,
        contents=CONTENTS,
        pressures=chosen.pressures,
        few=FEW,
        most_windows=MOST_WINDOWS,
        cases=[case_name(case) for case in chosen.cases],
        networks=[network_name(network) for network in chosen.networks],
        sentences=_sentences(judgement, chosen, options),
        confidence=options.confidence,
        warnings=[note.removeprefix(_WARNING) for note in judgement.notes if note.startswith(_WARNING)],
        notes=[note for note in judgement.notes if not note.startswith(_WARNING)],
        single_seed=tables.seeded(judgement) and judgement.cases["seeds"].min() <= 1,
        limits=limits or {},
        case_table=tables.case_table(judgement),
        skill_table=tables.judged_skill_table(judgement, chosen.cases, chosen.networks),
        dependence_table=dependence_table(judgement, chosen.cases, chosen.networks),
        event_tables=event_tables(judgement, chosen.cases, chosen.networks),
        merit_table=tables.merit_table(judgement, chosen.cases),
        subject_table=tables.subject_table(judgement, chosen.cases, chosen.networks),
        agreement_table=tables.agreement_table(judgement, chosen.cases, chosen.networks),
        published_table=published_table(),
        published_caveat=CAVEAT,
        not_recommended=NOT_RECOMMENDED,
        paired_table=tables.paired_table(judgement, chosen.cases, chosen.networks),
        band_sentences=[
            {"case": chosen.cases[case], "network": chosen.networks[network], "sentences": found}
            for case, network, _ in chosen.each()
            if (found := interval_sentences(judgement.intervals, judgement.risk, case, network))
        ],
        band_kinds=set(judgement.intervals["kind"]),
        band_table=None if judgement.intervals.empty else band_table(judgement, chosen.cases, chosen.networks),
        level=0.0 if judgement.intervals.empty else float(judgement.intervals["level"].iloc[0]),
        no_intervals=NO_INTERVALS,
        leak_table=tables.leak_table(judgement, chosen.cases),
        verdicts=screens.pop(""),
        screens=screens,
        meaning=MEANING,
        downloads=[
            tables.download(judgement, name) for name in ("bins", "drift", "standards", "interval_bins", "risk")
        ],
        unassessed=unassessed(judgement),
        has_drift=not judgement.drift.empty,
        thinned=thinning(judgement),
        versions=versions(_PACKAGES),
        options=options.model_dump(mode="json"),
        command=command or _command(source, options),
    )


def _sentences(judgement, chosen: Choice, options: EvaluationOptions) -> list[dict[str, Any]]:
    """For each case and network: the answer, a sentence a pressure, and the baselines that cannot be had."""
    sentences = []
    for case, network, _ in chosen.each():
        own, merits, looked = (
            table[(table["case"] == case) & (table["network"] == network)]
            for table in (judgement.skill, judgement.merits, judgement.dependence)
        )
        own, merits = (table[table["average"] == _AVERAGE] for table in (own, merits))
        found = [
            skill_sentence(own[own["pressure"] == pressure], options.confidence, merits[merits["pressure"] == pressure])
            for pressure in chosen.pressures
        ]
        sentences.append(
            {
                "case": chosen.cases[case],
                "network": chosen.networks[network],
                "answer": make_answer(judgement, case, network, found),
                "sentences": found,
                "looks": [dependence_sentence(looked[looked["pressure"] == pressure]) for pressure in chosen.pressures],
                "leaked": chosen.leaked.get(case, 0),
                "fitted": chosen.fitted[case],
                "missing": missing_baselines(own),
            }
        )
    return sentences


def _command(source: str, options: EvaluationOptions) -> str:
    parts = ["cuffless", "judge", *(shlex.quote(name.strip()) for name in source.split(",")), "--output", "FOLDER"]
    given = {"--confidence": options.confidence, "--bootstrap": options.bootstrap, "--seed": options.seed}
    return " ".join([*parts, *(f"{name} {value}" for name, value in given.items())])
