"""The page of a judgement: first whether a predictor is better than doing nothing, then the evidence."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.names import MEAN, POPULATION_MEAN, PRESSURES
from cuffless.judgement.standards import MEANING, NOT_RECOMMENDED
from cuffless.report.chart_parts import Chart, thinned
from cuffless.report.charts import agreement_chart, bins_chart, drift_chart, subjects_chart
from cuffless.report.judgement import tables
from cuffless.report.judgement.bands import NO_INTERVALS, band_table, interval_figures, interval_sentences
from cuffless.report.judgement.dependence import dependence_sentence, dependence_table
from cuffless.report.judgement.events import event_tables
from cuffless.report.judgement.forest import skill_chart
from cuffless.report.judgement.traces import pack_traces
from cuffless.report.page import versions, write_page
from cuffless.report.published import CAVEAT, published_table
from cuffless.report.screens import missing_baselines, standards_tables, unassessed
from cuffless.report.sentences import skill_sentence
from cuffless.report.wording import baseline_name, case_name, network_name

MOST_POINTS = 12_000
"""Limit for all scatter charts of a page; beyond it, only evenly spread subjects are drawn."""
_FEWEST_POINTS, _MOST_SUBJECTS = 100, 500
_AVERAGE = "subject"
_PACKAGES = ("numpy", "scipy", "pandas", "plotly")
_WARNING = "WARNING: "
SHARED_SUBJECT = "shared_subject"
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
    ("traces", "One subject over time"),
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
    chosen = _Choice(judgement)
    screens = standards_tables(judgement, chosen.cases, chosen.networks)
    write_page(
        "judgement.html.j2",
        path,
        {
            "choices": chosen.pairs,
            "figures": _figures(judgement, chosen) | interval_figures(judgement, chosen.each()),
            "traces": pack_traces(judgement.traces, judgement.subjects, list(chosen.cases), chosen.networks),
        },
        title=title,
        source=source,
        about=about,
        contents=CONTENTS,
        cases=[case_name(case) for case in chosen.cases],
        networks=[network_name(network) for network in chosen.networks],
        sentences=_sentences(judgement, chosen, options),
        confidence=options.confidence,
        warnings=[note.removeprefix(_WARNING) for note in judgement.notes if note.startswith(_WARNING)],
        notes=[note for note in judgement.notes if not note.startswith(_WARNING)],
        single_seed=int(judgement.cases["seeds"].min()) <= 1,
        limits=limits or {},
        case_table=tables.case_table(judgement),
        skill_table=tables.judged_skill_table(judgement, chosen.cases, chosen.networks),
        dependence_table=dependence_table(judgement, chosen.cases, chosen.networks),
        event_tables=event_tables(judgement, chosen.cases, chosen.networks),
        merit_table=tables.merit_table(judgement, chosen.cases),
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
        band_table=None if judgement.intervals.empty else band_table(judgement, chosen.cases, chosen.networks),
        level=0.0 if judgement.intervals.empty else float(judgement.intervals["level"].iloc[0]),
        no_intervals=NO_INTERVALS,
        leak_table=tables.leak_table(judgement, chosen.cases),
        verdicts=screens.pop(""),
        screens=screens,
        meaning=MEANING,
        downloads=[
            tables.download(judgement, name)
            for name in ("bins", "subjects", "drift", "standards", "interval_bins", "risk")
        ],
        unassessed=unassessed(judgement),
        has_drift=not judgement.drift.empty,
        thinned=_thinned(judgement),
        versions=versions(_PACKAGES),
        options=options.model_dump(mode="json"),
        command=command or _command(source, options),
    )


class _Choice:
    """Cases and networks by number, as the page's pickers hold them."""

    def __init__(self, judgement):
        self.leaked = _leaked(judgement.leaks)
        # The page must not open with a case whose people were trained on.
        names = sorted(map(str, judgement.cases["case"]), key=lambda name: name in self.leaked)
        self.cases = {name: i for i, name in enumerate(names)}
        column = tables.fitted_column(judgement.cases)
        self.fitted = dict(zip(judgement.cases["case"].map(str), judgement.cases[column].map(str), strict=True))
        self.networks = {str(name): i for i, name in enumerate(dict.fromkeys(judgement.merits["network"]))}
        known = judgement.merits[["case", "network"]].drop_duplicates().itertuples(index=False, name=None)
        self.of_case: dict[str, list[str]] = {name: [] for name in self.cases}
        for case, network in known:
            self.of_case[case].append(network)
        for names in self.of_case.values():  # the mean regressor is not what readers look for
            names.sort(key=lambda name: name == MEAN)

    @property
    def pairs(self) -> list[list[int]]:
        """Numbers of each case's networks."""
        return [[self.networks[name] for name in names] for names in self.of_case.values()]

    def each(self):
        """Yield case, network and the key of both."""
        for case, names in self.of_case.items():
            for name in names:
                yield case, name, f"{self.cases[case]}/{self.networks[name]}"


def _leaked(leaks: pd.DataFrame) -> dict[str, int]:
    """Cases whose test subjects are among the training subjects, and how many they are."""
    found = leaks[(leaks["kind"] == SHARED_SUBJECT) & (leaks["verdict"] == "found")]
    return {str(row.case): int(row.count) for row in found.itertuples(index=False)}


def _sentences(judgement, chosen: _Choice, options: EvaluationOptions) -> list[dict[str, Any]]:
    """For each case and network: a sentence a pressure, and the baselines that cannot be had."""
    skill = judgement.skill[judgement.skill["average"] == _AVERAGE]
    sentences = []
    for case, network, _ in chosen.each():
        own, looked = (
            table[(table["case"] == case) & (table["network"] == network)] for table in (skill, judgement.dependence)
        )
        sentences.append(
            {
                "case": chosen.cases[case],
                "network": chosen.networks[network],
                "sentences": [
                    skill_sentence(own[own["pressure"] == pressure], options.confidence) for pressure in PRESSURES
                ],
                "looks": [dependence_sentence(looked[looked["pressure"] == pressure]) for pressure in PRESSURES],
                "leaked": chosen.leaked.get(case, 0),
                "fitted": chosen.fitted[case],
                "missing": missing_baselines(own),
            }
        )
    return sentences


def _figures(judgement, chosen: _Choice) -> dict[str, dict[str, dict[str, Chart]]]:
    """All charts by what they show, by case and network, by pressure."""
    most = _most_subjects(judgement)
    networks = list(chosen.networks)

    def skill(own: Mapping[str, pd.DataFrame], _: str) -> Chart:
        rows = own["skill"][own["skill"]["average"] == _AVERAGE]
        rows = rows.assign(label=list(map(baseline_name, rows["baseline"], _in_sample(rows))), series=rows["network"])
        labels = list(dict.fromkeys(rows.loc[rows["skill"].notna(), "label"]))
        return skill_chart(rows, labels=labels, series=list(dict.fromkeys(rows["series"])))

    def bins(own: Mapping[str, pd.DataFrame], pressure: str) -> Chart:
        mean = own["bins of the mean"]
        rows = own["skill"][own["skill"]["baseline"] == POPULATION_MEAN]
        name = baseline_name(POPULATION_MEAN, any(_in_sample(rows)))
        return bins_chart(own["bins"], mean if own["bins"]["network"].iloc[0] != MEAN else mean.head(0), pressure, name)

    makers: dict[str, Callable[[Mapping[str, pd.DataFrame], str], Chart]] = {
        "skill": skill,
        "bins": bins,
        "agreement": lambda own, _: agreement_chart(thinned(own["subjects"], most), own["agreement"]),
        "subjects": lambda own, _: subjects_chart(thinned(own["subjects"], most)),
        "drift": lambda own, _: drift_chart(own["drift"], networks),
    }
    figures: dict[str, dict[str, dict[str, Chart]]] = {name: {} for name in makers}
    for case, network, key in chosen.each():
        for pressure in PRESSURES:
            own = _rows_of(judgement, case, network, pressure, networks)
            for name, make in makers.items():
                if len(own[name]) and (name != "skill" or own[name]["skill"].notna().any()):
                    figures[name].setdefault(key, {})[pressure] = make(own, pressure)
    return figures


def _in_sample(skill: pd.DataFrame) -> list[bool]:
    """Whether each row's baseline is fitted on the test windows; not so in tables that do not tell."""
    return list(skill["in_sample"]) if "in_sample" in skill else [False] * len(skill)


def _rows_of(judgement, case: str, network: str, pressure: str, networks: list[str]) -> dict[str, pd.DataFrame]:
    """Rows of each table that a case's, network's and pressure's charts show."""
    of_case = {
        name: table[(table["case"] == case) & (table["pressure"] == pressure)]
        for name in ("skill", "bins", "agreement", "subjects", "drift")
        for table in [getattr(judgement, name)]
    }
    own = {name: rows[rows["network"] == network] for name, rows in of_case.items()}
    drift = of_case["drift"]
    baselines = drift[~drift["network"].isin(networks)]
    own["drift"] = pd.concat([own["drift"], baselines]) if len(own["drift"]) else own["drift"]
    own["bins of the mean"] = of_case["bins"][of_case["bins"]["network"] == MEAN]
    return own


def _most_subjects(judgement) -> int:
    """Subjects that a scatter chart draws."""
    charts = 2 * len(judgement.subjects[["case", "network", "pressure"]].drop_duplicates())
    return min(max(MOST_POINTS // max(charts, 1), _FEWEST_POINTS), _MOST_SUBJECTS)


def _thinned(judgement) -> str:
    """Words for charts that do not draw all subjects."""
    most, there = _most_subjects(judgement), int(judgement.cases["n_subjects"].max())
    return f"Drawn: {most} of up to {there:,} subjects, evenly spread over the reference." if there > most else ""


def _command(source: str, options: EvaluationOptions) -> str:
    parts = ["cuffless", "judge", *(shlex.quote(name.strip()) for name in source.split(",")), "--output", "FOLDER"]
    given = {"--confidence": options.confidence, "--bootstrap": options.bootstrap, "--seed": options.seed}
    return " ".join([*parts, *(f"{name} {value}" for name, value in given.items())])
