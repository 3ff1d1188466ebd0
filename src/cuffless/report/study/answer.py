"""The answer of a study in one sentence per pressure: how far off its networks are, and how far off the mean is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cuffless.config.folds import fold_of
from cuffless.identities import all_named
from cuffless.judgement.names import CALIBRATION_MEAN, MEAN, PRESSURES
from cuffless.report.sentences import BETTER, UNKNOWN, UNSHOWN, WORSE, Sentence, verdict_of
from cuffless.report.study.contents import StudyReport
from cuffless.report.study.skill import Comparison
from cuffless.report.wording import counted, network_name, number, split_name

_SHARED_SUBJECT = "shared_subject"
SEEN, UNSEEN, FOLDS, UNSAID = "seen", "unseen", "folds", "unsaid"
_SINGLE = {
    BETTER: "{network} is better",
    UNSHOWN: "{network} is not shown to be better",
    WORSE: "{network} is worse",
    UNKNOWN: "with so few {people} this holds for them alone",
}
_SHARED = {
    BETTER: "{all} are better",
    UNSHOWN: "none is shown to be better",
    WORSE: "{all} are worse",
    UNKNOWN: _SINGLE[UNKNOWN],
}
_COUNTED = {BETTER: "better", UNSHOWN: "not shown to be better", WORSE: "worse", UNKNOWN: "without an interval"}


@dataclass(frozen=True)
class Answer:
    """What a study found: `sentences`, one per pressure; `notes` on what they hold for; `warnings`; `split`."""

    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    split: str = ""


def answer_of(report: StudyReport, found: Sequence[Comparison], people: str = "people") -> Answer | None:
    """Answer of a study, on people whom the networks have not seen if there are any.

    Parameters
    ----------
    report : StudyReport
    found : sequence of Comparison
        As from `comparisons`.
    people : str
        What the people are called, such as ``simulated people``.

    Returns
    -------
    Answer or None
        None if nothing was judged. Networks are not ranked: of several, the range of their errors is given.
    """
    if not found:
        return _of_the_mean(report, people)
    chosen = min(found, key=lambda one: ("/" in one.name, known(report, one.name) == SEEN))
    known_here = known(report, chosen.name)
    called = people if _named(report, chosen.name) else "subjects"
    sentences = tuple(_sentence(chosen, pressure, known_here, called) for pressure in PRESSURES)
    notes = ["Every person counts the same." if called == people else "Every subject counts the same."]
    if known_here == SEEN:
        notes.append("The networks know these people from training, so this does not show how they do on new people.")
    if len(set(chosen.rows["network"])) > 1 and len({run["seed"] for run in report.runs}) <= 1:
        notes.append("1 seed: no ranking of networks.")
    return Answer(sentences, tuple(notes), tuple(chosen.warnings), chosen.label)


def known(report: StudyReport, case: str) -> str:
    """Whether the networks of a case know the people of its test: `SEEN`, `UNSEEN`, `FOLDS` or `UNSAID`."""
    audit = report.audits.get(case.partition("/")[0])
    if audit is None:
        return {"nonmixed": UNSEEN, "mixed": SEEN, "kfold": FOLDS}.get(case, UNSAID)
    if audit.get("leaks", {}).get(_SHARED_SUBJECT, {}).get("count"):
        return SEEN
    return FOLDS if audit.get("kind") == "kfold" else UNSEEN


def _named(report: StudyReport, case: str) -> bool:
    """Whether subjects are people: not if each record, or run of records, counts as one."""
    return all_named(report.audits.get(case.partition("/")[0], {}).get("identity", ()))


def _sentence(comparison: Comparison, pressure: str, known_here: str, people: str) -> Sentence:
    rows = comparison.rows
    own = rows[(rows["pressure"] == pressure) & (rows["baseline"] == comparison.nothing)]
    own = own[own["mae"].notna()]
    if own.empty:
        return Sentence(pressure, UNKNOWN, "not assessable: there is nothing to compare with.")
    verdicts = [verdict_of(row.skill, row.lower, row.upper) for row in own.itertuples()]
    alone = len(own) == 1
    subject = network_name(own["network"].iloc[0]) if alone else f"the {len(own)} networks"
    doing = "is" if alone else "are"
    mean = (
        "person's own mean of calibration" if comparison.nothing == CALIBRATION_MEAN else "mean of the training people"
    )
    text = (
        f"On {_whom(comparison, known_here, int(own['n_subjects'].max()), people, alone)}, {subject} {doing} off by "
        f"{_span(own['mae'])} mmHg on average; always predicting the {mean} is off by {_span(own['baseline_mae'])}: "
    )
    return Sentence(
        pressure, verdicts[0] if len(set(verdicts)) == 1 else UNSHOWN, text + _outcome(verdicts, subject, people) + "."
    )


def _whom(comparison: Comparison, known_here: str, n: int, people: str, alone: bool) -> str:
    who = counted(n, people)
    if "/" in comparison.name:
        return f"{who} ({comparison.about})"
    it = ("it has", "it knows") if alone else ("they have", "they know")
    return {
        SEEN: f"{who} {it[1]} from training",
        UNSEEN: f"{who} {it[0]} never seen",
        FOLDS: f"{who}, each tested by networks that have never seen them",
        UNSAID: f"{who} of split {split_name(fold_of(comparison.name)[0])}",
    }[known_here]


def _span(values: pd.Series) -> str:
    low, high = number(values.min()), number(values.max())
    return low if low == high else f"{low} to {high}"


def _outcome(verdicts: list[str], network: str, people: str) -> str:
    words = {"network": network, "all": "both" if len(verdicts) == 2 else f"all {len(verdicts)}", "people": people}
    if len(verdicts) == 1:
        return _SINGLE[verdicts[0]].format(**words)
    counts = Counter(verdicts)
    if len(counts) == 1:
        return _SHARED[verdicts[0]].format(**words)
    parts = [(counts[verdict], said) for verdict, said in _COUNTED.items() if verdict in counts]
    return " and ".join(f"{n} {'is' if n == 1 else 'are'} {said}" for n, said in parts)


def _of_the_mean(report: StudyReport, people: str) -> Answer | None:
    """Answer of a study that trains no network."""
    if report.overall is None:
        return None
    rows = report.overall[(report.overall["average"] == "subject") & (report.overall["network"] == MEAN)]
    rows = rows[rows["split"] == rows["split"].iloc[0]] if len(rows) else rows
    sentences = [
        Sentence(
            row.pressure,
            UNKNOWN,
            f"No network was judged. On {counted(int(row.n_subjects), people)}, always predicting the mean of the "
            f"training people is off by {number(row.mae)} mmHg on average.",
        )
        for row in rows.itertuples()
    ]
    return Answer(tuple(sentences)) if sentences else None
