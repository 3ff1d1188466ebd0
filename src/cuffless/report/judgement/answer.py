"""The answer of a judgement in plain words: better than doing nothing or not, on whom, and how many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuffless.report.judgement.choice import SHARED_SUBJECT
from cuffless.report.sentences import BETTER, UNKNOWN, UNNAMED, UNSHOWN, WORSE, Sentence
from cuffless.report.wording import network_name, plural, windows_of

_ALL = {
    BETTER: "Yes, for {pressures}.",
    UNSHOWN: "Not shown, for {pressures}.",
    WORSE: "No, it is worse, for {pressures}.",
    UNKNOWN: "Not assessable, for {pressures}.",
}
_DIVIDED, _UNKNOWN = "divided_subject", "not assessable"
_EACH = {BETTER: "yes", UNSHOWN: "not shown", WORSE: "no, it is worse", UNKNOWN: "not assessable"}


@dataclass(frozen=True)
class Answer:
    """Whether a predictor is better than doing nothing, and whom it was tested on."""

    verdict: str
    about: str


def make_answer(judgement, case: str, network: str, sentences: Sequence[Sentence]) -> Answer:
    """Say in plain words what a page is going to show in numbers.

    Parameters
    ----------
    judgement : Judgement
    case, network : str
    sentences : sequence of Sentence
        On the skill of the network, one per pressure.

    Returns
    -------
    Answer
    """
    row = next(judgement.cases[judgement.cases["case"] == case].itertuples())
    leaks = judgement.leaks[judgement.leaks["case"] == case]
    verdicts = dict(zip(leaks["kind"], leaks["verdict"], strict=True))
    name = "The predictor" if network == UNNAMED else network_name(network)
    about = f"{name} was tested on {windows_of(row.n_windows, row.n_subjects)}"
    return Answer(_verdict(sentences), f"{about}. {_in_training(row, verdicts)}")


def _verdict(sentences: Sequence[Sentence]) -> str:
    verdicts = {sentence.verdict for sentence in sentences}
    if len(verdicts) == 1:
        *others, last = (sentence.pressure for sentence in sentences)
        named = f"{', '.join(others)} and {last}" if others else last
        return _ALL[verdicts.pop()].format(pressures=named)
    return " ".join(f"{sentence.pressure}: {_EACH[sentence.verdict]}." for sentence in sentences)


def _in_training(row, verdicts: Mapping[str, str]) -> str:
    """Whether the people who were tested had been trained on, as far as the table tells."""
    alone, verdict = row.n_subjects == 1, verdicts.get(SHARED_SUBJECT)
    if verdict == "none":
        new = "This subject was not" if alone else "None of them was"
        if verdicts.get(_DIVIDED, _UNKNOWN) != _UNKNOWN:
            return f"{new} in the training of the fold that tested {'it' if alone else 'them'}."
        return f"{new} in training, in which there were {plural(row.n_training_subjects, 'other subject')}."
    if verdict == "found":
        return "Not all of them are new to it."
    who = "this subject was" if alone else "they were"
    return f"Whether {who} in training is not known: the table has no training rows."
