"""All charts of a judgement's page, by what they show."""

from collections.abc import Callable, Mapping

import pandas as pd

from cuffless.judgement.names import MEAN, POPULATION_MEAN
from cuffless.report.chart_parts import Chart, thinned
from cuffless.report.charts import bins_chart, drift_chart
from cuffless.report.judgement.choice import Choice
from cuffless.report.judgement.forest import skill_chart
from cuffless.report.judgement.people import agreement_chart, subjects_chart
from cuffless.report.wording import baseline_name

MOST_POINTS = 12_000
"""Limit for all scatter charts of a page; beyond it, only evenly spread subjects are drawn."""
_FEWEST_POINTS, _MOST_SUBJECTS = 100, 500
_AVERAGE = "subject"


def make_figures(judgement, chosen: Choice) -> dict[str, dict[str, dict[str, Chart]]]:
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
        "agreement": lambda own, _: agreement_chart(thinned(own["subjects"], most), own["agreement"], own["traces"]),
        "subjects": lambda own, _: subjects_chart(thinned(own["subjects"], most)),
        "drift": lambda own, _: drift_chart(own["drift"], networks),
    }
    figures: dict[str, dict[str, dict[str, Chart]]] = {name: {} for name in makers}
    for case, network, key in chosen.each():
        for pressure in chosen.pressures:
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
    own["traces"] = judgement.traces[(judgement.traces["case"] == case) & (judgement.traces["network"] == network)]
    own["bins of the mean"] = of_case["bins"][of_case["bins"]["network"] == MEAN]
    return own


def _most_subjects(judgement) -> int:
    """Subjects that a scatter chart draws."""
    charts = 2 * len(judgement.subjects[["case", "network", "pressure"]].drop_duplicates())
    return min(max(MOST_POINTS // max(charts, 1), _FEWEST_POINTS), _MOST_SUBJECTS)


def thinning(judgement) -> str:
    """Words for charts that do not draw all subjects."""
    most, there = _most_subjects(judgement), int(judgement.cases["n_subjects"].max())
    return f"Drawn: {most} of up to {there:,} subjects, evenly spread over the reference." if there > most else ""
