"""The head of a report: whose recordings, how many, which configuration, and when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cuffless.config.arms import PEOPLE
from cuffless.identities import all_named
from cuffless.report.study.about import NOT_REAL
from cuffless.report.study.charts import rejections
from cuffless.report.study.contents import StudyReport
from cuffless.report.study.examples import KEPT
from cuffless.report.wording import count, counted, network_name, number, percent, plural, split_name
from cuffless.simulator.population import random_streams, sample_parameters
from cuffless.windows.subjects import RUN

SIMULATED, REAL = "simulated", "real"
_ARMS = {
    "splits": "contact recordings",
    "inputs": "input study",
    "personalization": "personalization",
    "camera": "recordings of faces",
    "leakage": "leakage",
    "external": "external test",
}


def people_called(about: Mapping[str, Any], arm: str = "splits") -> str:
    """What the people of an arm are called; just people if it is not known whether they are simulated."""
    kinds = set(about.get("people", {}).get(arm, {}).values())
    return PEOPLE[kinds.pop()] if len(kinds) == 1 else "people"


def banner(about: Mapping[str, Any]) -> str:
    """Sentence on whose recordings the page is about, if any of them are simulated; else empty."""
    whose: dict[str, dict[str, list[str]]] = {SIMULATED: {}, REAL: {}}
    for arm, people in about.get("people", {}).items():
        for dataset, kind in people.items():
            whose[kind].setdefault(dataset, []).append(_ARMS[arm])
    if not whose[SIMULATED]:
        return ""
    if not whose[REAL]:
        return f"Simulated people. {NOT_REAL}"
    parts = {
        kind: "; ".join(f"{dataset} ({', '.join(arms)})" for dataset, arms in sets.items())
        for kind, sets in whose.items()
    }
    return f"Simulated people: {parts[SIMULATED]}. Real people: {parts[REAL]}."


def overview(report: StudyReport) -> dict[str, str]:
    """Facts for the head of the page, by name; what is not known is left out."""
    about = report.about
    facts = {}
    if report.quality is not None and len(report.quality):
        ages = _simulated_ages(about.get("simulated"))
        facts["Data set"] = _recordings(report.quality, about.get("dataset", ""), people_called(about), ages)
        facts["Windows"] = _windows(report.quality)
    if report.camera_quality is not None and len(report.camera_quality):
        people, known = people_called(about, "camera"), _ages_and_sexes(report.camera_people)
        facts["Faces"] = _recordings(report.camera_quality, "", people, known)
    if about.get("splits"):
        facts["Configuration"] = _configuration(about)
    if trained := _dates(report.runs):
        facts["Trained"] = trained
    return facts


def _recordings(quality: pd.DataFrame, dataset: str, people: str, *also: str) -> str:
    hours = quality["seconds"].sum() / 3600
    length = f"{number(hours)} h" if hours >= 1 else f"{number(60 * hours, 0)} min"
    named = "identity" not in quality or all_named(quality["identity"])
    who = counted(quality["subject"].nunique(), people)
    if not named:
        who = f"{plural(len(quality), 'recording')} of {people}, not all of them named"
    facts = "; ".join(filter(None, (f"{who}, {length} of signal", *also)))
    return f"{dataset}: {facts}" if dataset else facts


def whose(quality: pd.DataFrame) -> str:
    """Whose the records of a quality table are."""
    kept = quality[quality["windows_kept"] > 0]
    if "identity" not in kept or not (kept["identity"] == RUN).any():
        return f"of {plural(quality['subject'].nunique(), 'subject')}"
    runs = kept[kept["identity"] == RUN]
    patients = kept.loc[kept["identity"] != RUN, "subject"].nunique()
    also = f" and {plural(patients, 'subject')}" if patients else ""
    return f"(those with windows are {plural(runs['subject'].nunique(), 'run')} of neighbouring numbers{also})"


def _windows(quality: pd.DataFrame) -> str:
    flow = rejections(quality).set_index("rule")
    kept, cut = flow.loc[KEPT], flow.loc["cut"]
    return f"{count(kept['windows'])} of {count(cut['windows'])} kept ({percent(kept['share'])})"


def _simulated_ages(simulated: Mapping[str, int] | None) -> str:
    if not simulated:
        return ""
    numbers = range(1, simulated["subjects"] + 1)
    return _ages([sample_parameters(random_streams(simulated["seed"], n)["parameters"]).age for n in numbers])


def _ages(ages: Iterable[float]) -> str:
    known = np.asarray(list(ages), float)
    known = known[np.isfinite(known)]
    if not len(known):
        return ""
    low, middle, high = (number(value, 0) for value in (known.min(), np.median(known), known.max()))
    return f"aged {low} to {high} (median {middle})" if low != high else f"aged {low}"


def _ages_and_sexes(people: pd.DataFrame | None) -> str:
    """Ages and sexes of people, as far as known."""
    if people is None:
        return ""
    each = people.groupby("subject").first()
    parts = [_ages(each["age"])] if "age" in each else []
    if "sex" in each:
        sexes = each["sex"].value_counts()
        counts = {"women" if letter == "f" else "men": int(sexes.get(letter, 0)) for letter in ("f", "m")}
        singular = {"women": "woman", "men": "man"}
        parts += [f"{n} {singular[who] if n == 1 else who}" for who, n in counts.items() if n]
    return ", ".join(filter(None, parts))


def _configuration(about: Mapping[str, Any]) -> str:
    files = " and ".join(filter(None, (", ".join(about["files"]), "options of the command line" * about["overridden"])))
    networks = ", ".join(map(network_name, about["networks"]))
    splits = plural(len(about["splits"]), "split").partition(" ")[2]
    asked = f"{networks}; {splits} {', '.join(map(split_name, about['splits']))}; {plural(about['seeds'], 'seed')}"
    further = [_ARMS[arm] for arm in about["people"] if arm != "splits"]
    asked += f"; with {', '.join(further)}" if further else ""
    return f"{files}: {asked}" if files else asked


def _dates(runs: Sequence[Mapping[str, Any]]) -> str:
    """First and last day on which a training ended."""
    days = sorted({str(run["finished"]) for run in runs if run.get("finished")})
    return " to ".join(dict.fromkeys(_day(day) for day in days[:: max(len(days) - 1, 1)]))


def _day(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"
