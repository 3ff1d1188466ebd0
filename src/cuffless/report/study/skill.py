"""Skill over a whole study: its comparisons, each with a sentence on its result."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.judgement.names import ALL, CALIBRATION_MEAN, MEAN, METHODS, NETWORK, POPULATION_MEAN, PRESSURES
from cuffless.judgement.warnings import skill_warnings
from cuffless.report.chart_parts import Chart
from cuffless.report.judgement.forest import skill_chart
from cuffless.report.sentences import BETTER, UNKNOWN, UNSHOWN, WORSE, Sentence, verdict_of
from cuffless.report.study.contents import StudyReport
from cuffless.report.wording import baseline_name, network_name, number, plural, split_name, with_limits

MAIN = "main"
COLUMNS = ["case", "network", "baseline", "pressure", "skill", "lower", "upper", "mae", "baseline_mae", "n_subjects"]
NAMES = {MEAN: METHODS[MEAN], "before": "network before fine-tuning", "tuned": "network tuned on other people"}
_ABOUT = {
    "nonmixed": "on people whom the networks have never seen",
    "kfold": "on everybody, each tested once by networks that have never seen them",
    "mixed": "on people whom the networks know from training, so that this says nothing about new people",
    "personal/first": "networks fine-tuned on the subject's first windows",
    "personal/random": "networks fine-tuned on random windows of the subject",
    "camera/before": "video, networks as trained on contact PPG",
    "camera/tuned": "video, networks fine-tuned on other people's",
    "camera/first": "video, fine-tuned on other people's and on the subject's first windows",
    "camera/random": "video, fine-tuned on other people's and on random windows of the subject",
    "camera/recordings": "video, fine-tuned on other people's and on the subject's calibration recordings",
}
_OUTCOMES = {
    BETTER: "better than doing nothing",
    UNSHOWN: "not shown to be better than doing nothing",
    WORSE: "worse than doing nothing",
    UNKNOWN: "without an interval",
}
_LABELS = {
    "personal/first": "personalized, first windows",
    "personal/random": "personalized, random windows",
    "camera/before": "camera, before fine-tuning",
    "camera/tuned": "camera, fine-tuned on others",
    "camera/first": "camera, others and first windows",
    "camera/random": "camera, others and random windows",
    "camera/recordings": "camera, others and calibration recordings",
}


@dataclass(frozen=True)
class Comparison:
    """One set of networks on the same windows, against its baselines.

    Attributes
    ----------
    name, label, about : str
    nothing : str
        The baseline that stands for doing nothing.
    rows : DataFrame
        `COLUMNS`, subjects counting the same.
    """

    name: str
    label: str
    about: str
    nothing: str
    rows: pd.DataFrame

    @property
    def warnings(self) -> list[str]:
        """Warnings to print with its skill."""
        return skill_warnings(self.rows)


def comparisons(report: StudyReport) -> list[Comparison]:
    """All comparisons of a study with a baseline: its splits, personalization, the camera branch.

    Parameters
    ----------
    report : StudyReport

    Returns
    -------
    list of Comparison
        Non-mixed splits first; in personalization the largest budget of the main protocol.
    """
    parts = [_of_splits(report)]
    if report.personal_skill is not None:
        parts.append(_of_settings(_largest_budget(report.personal_skill), "personal"))
    if report.camera_skill is not None:
        parts.append(_of_settings(report.camera_skill, "camera"))
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else parts[0]
    found = []
    for name, own in rows.groupby("case", sort=False):
        calibrated = name.partition("/")[2] in ("first", "random", "recordings") and CALIBRATION_MEAN in set(
            own["baseline"]
        )
        named = POPULATION_MEAN if POPULATION_MEAN in set(own["baseline"]) else MEAN
        nothing = CALIBRATION_MEAN if calibrated else named
        label = _LABELS.get(name, split_name(name))
        found.append(Comparison(name, label, _ABOUT.get(name, label), nothing, own))
    return sorted(found, key=lambda one: one.name == "mixed")


def _of_splits(report: StudyReport) -> pd.DataFrame:
    """Against all baselines where a judgement of the study is given, else against the mean regressor."""
    if report.skill is not None:
        own = report.skill[(report.skill["average"] == "subject") & (report.skill["network"] != MEAN)]
        return own.reindex(columns=COLUMNS)
    if report.overall is None:
        return pd.DataFrame(columns=COLUMNS)
    rows = report.overall[report.overall["average"] == "subject"].rename(columns={"split": "case"})
    mean = rows[rows["network"] == MEAN].set_index(["case", "pressure"])["mae"]
    own = rows[rows["network"] != MEAN].assign(baseline=MEAN)
    base = mean.reindex(pd.MultiIndex.from_frame(own[["case", "pressure"]])).to_numpy()
    limits = own[["skill_lower", "skill_upper"]].to_numpy().T
    return own.assign(baseline_mae=base, lower=limits[0], upper=limits[1])[COLUMNS]


def _of_settings(skill: pd.DataFrame, branch: str) -> pd.DataFrame:
    """Networks' rows of a branch."""
    own = skill[(skill["method"] == NETWORK) & (skill["average"] == "subject") & (skill["network"] != ALL)]
    return own.assign(case=f"{branch}/" + own["setting"])[COLUMNS]


def _largest_budget(skill: pd.DataFrame) -> pd.DataFrame:
    """Rows of the main protocol (else the first) and of each setting's last budget, the largest."""
    protocols = list(dict.fromkeys(skill["protocol"]))
    own = skill[skill["protocol"] == (MAIN if MAIN in protocols else protocols[0])] if protocols else skill
    last = own.groupby("setting")["budget"].last()
    return own[own["budget"].fillna("") == own["setting"].map(last).fillna("")]


def comparison_sentence(comparison: Comparison, pressure: str) -> Sentence:
    """Say in one sentence which networks are shown to be better than doing nothing.

    Parameters
    ----------
    comparison : Comparison
    pressure : str

    Returns
    -------
    Sentence
        `BETTER` or `WORSE` if all networks are.
    """
    rows = comparison.rows
    own = rows[(rows["pressure"] == pressure) & (rows["baseline"] == comparison.nothing)]
    if own["skill"].notna().sum() == 0:
        return Sentence(pressure, UNKNOWN, "skill is not assessable: there is no baseline.")
    groups: dict[str, list[str]] = {BETTER: [], UNSHOWN: [], WORSE: [], UNKNOWN: []}
    for row in own.itertuples():
        verdict = verdict_of(row.skill, row.lower, row.upper)
        groups[verdict].append(f"{network_name(row.network)} ({with_limits(row.skill, row.lower, row.upper, 2)})")
    said = [verdict for verdict, names in groups.items() if names]
    outcomes = "; ".join(f"{_OUTCOMES[verdict]}: {', '.join(groups[verdict])}" for verdict in said)
    error = number(own["baseline_mae"].max())
    return Sentence(
        pressure,
        said[0] if len(said) == 1 else UNSHOWN,
        f"{outcomes} (skill [interval]; {comparison.about}, {plural(own['n_subjects'].max(), 'subject')}).",
        f"Doing nothing means always predicting the {called(comparison.nothing)}: MAE {error} mmHg.",
    )


def called(baseline: str) -> str:
    """Printed name of a baseline of a study."""
    return NAMES.get(baseline, baseline_name(baseline))


def comparison_charts(comparison: Comparison) -> dict[str, Chart]:
    """Forest plots of a comparison: a line a network, a marker a baseline."""
    rows = comparison.rows.assign(
        label=comparison.rows["network"].map(network_name), series=comparison.rows["baseline"]
    )
    series = list(dict.fromkeys(rows.loc[rows["skill"].notna(), "series"]))
    series.sort(key=lambda name: name != comparison.nothing)
    labels = list(dict.fromkeys(rows["label"]))
    names = {name: called(name) for name in series}
    charts = {}
    for pressure in PRESSURES:
        own = rows[rows["pressure"] == pressure]
        if np.isfinite(own["skill"]).any():
            charts[pressure] = skill_chart(own, labels=labels, series=series, names=names)
    return charts
