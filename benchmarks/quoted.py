"""Parts of README and guide that quote numbers: each is written from the summary, `resources/numbers.csv`.

On a page such a part stands between ``<!-- numbers: NAME -->`` and ``<!-- end of numbers -->``; what stands between
them is replaced as a whole.
"""

import re
from collections.abc import Callable
from itertools import product

import pandas as pd

from cuffless.config.study import StudyOptions
from cuffless.judgement.names import NETWORKS

PAGES = ("README.md", "docs/tutorial.md", "docs/leakage.md", "docs/real_people.md")
_PART = re.compile(r"(?<=<!-- numbers: )(\w+)( -->\n).*?(?=<!-- end of numbers -->)", re.DOTALL)
_OWN = StudyOptions().networks


def filled(text: str, table: pd.DataFrame) -> str:
    """A page with its quoting parts written from the summary.

    Raises
    ------
    KeyError
        If a part has an unknown name.
    """
    return _PART.sub(lambda part: f"{part[1]}{part[2]}{PARTS[part[1]](Numbers(table))}\n", text)


class Numbers:
    """Rows of the summary by what they are about."""

    def __init__(self, table: pd.DataFrame):
        self.table = table

    def rows(self, part: str, figure: str, **keys: str) -> pd.DataFrame:
        """Rows of a part and a figure; raises KeyError if there are none."""
        found = self.table[(self.table["part"] == part) & (self.table["figure"] == figure)]
        for name, value in keys.items():
            found = found[found[name] == value]
        if found.empty:
            raise KeyError(f"resources/numbers.csv has no {figure} of {part} with {keys}; run `make numbers`")
        return found

    def trainings(self, study: str, split: str, network: str, pressure: str = "SBP") -> pd.Series:
        """MAE of each training in mmHg, every window counting the same, by instruction set and seed."""
        keys = {"study": study, "setting": split, "network": network, "pressure": pressure, "average": "pooled"}
        rows = self.rows("splits", "mae", **keys)
        return rows[rows["seed"] >= 0].set_index(["instructions", "seed"])["value"]

    def error(self, study: str, split: str, network: str, pressure: str = "SBP") -> str:
        """Pooled MAE with the widest interval over people, and least and greatest of all trainings in parentheses."""
        keys = {"study": study, "setting": split, "network": network, "pressure": pressure, "average": "pooled"}
        rows = self.rows("splits", "mae", **keys)
        text = _interval(_wide(rows[rows["seed"] < 0]))
        least, most = (f"{v:.1f}" for v in self.trainings(study, split, network, pressure).agg(["min", "max"]))
        return text if least == most else f"{text} ({least}–{most})"

    def skill(self, study: str, split: str, network: str, pressure: str = "SBP") -> tuple[float, float, float]:
        """Skill by subject, averaged over instruction sets, with the widest of their limits."""
        keys = {"study": study, "setting": split, "network": network, "pressure": pressure, "average": "subject"}
        return _wide(self.rows("splits", "skill", **keys))

    def compared(self, study: str, part: str, figure: str = "mae", **keys: str) -> tuple[float, float, float]:
        """A method's MAE, or a difference, by subject, averaged over instruction sets, with the widest limits."""
        return _wide(self.rows(part, figure, study=study, **keys))

    def people(self, study: str, split: str = "nonmixed") -> tuple[int, int]:
        """Test subjects and test windows of a split."""
        rows = self.rows("splits", "mae", study=study, setting=split, average="pooled")
        return int(rows["subjects"].iloc[0]), int(rows["windows"].iloc[0])

    def runs(self, *studies: str, part: str = "splits") -> str:
        """How many trainings stand behind each number of a part."""
        seeds = min(
            self.trainings(study, "nonmixed", _present(self, study)[0]).groupby("instructions").size().min()
            for study in studies
        )
        rows = self.table[(self.table["part"] == part) & self.table["study"].isin(studies)]
        sets = rows.groupby("study")["instructions"].nunique().min()
        return f"{_word(seeds)} seeds on {_word(sets)} instruction set{'' if sets == 1 else 's'}"


def _wide(rows: pd.DataFrame) -> tuple[float, float, float]:
    return float(rows["value"].mean()), float(rows["lower"].min()), float(rows["upper"].max())


def _word(n: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[n] if n < len(words) else str(n)


def _interval(found: tuple[float, float, float], sign: str = "", digits: int = 1) -> str:
    value, lower, upper = (f"{v:{sign}.{digits}f}".replace("-", "−") for v in found)
    return f"{value} [{lower}, {upper}]"


def _present(numbers: Numbers, study: str) -> list[str]:
    rows = numbers.rows("splits", "mae", study=study)
    return [name for name in _OWN if name in set(rows["network"])]


def _said(runs: str) -> str:
    """A table's last words."""
    return f"\n\n{runs[0].upper()}{runs[1:]}."


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_SPLITS = {"nonmixed": "never seen", "mixed": "known"}
_PEOPLE = {"real": "runs of real patients", "cohort": "simulated people"}
_PROTOCOLS = {
    "main": "all test windows come later",
    "alternate": "test windows between calibration windows",
    "code": "the authors' procedure, time shuffled away",
}
_DOSES = {
    "nonmixed": "patient-disjoint",
    "record": "record-disjoint",
    "mixed": "mixed",
    "overlap50": "mixed, 50 % overlap",
}


def _splits_table(numbers: Numbers, studies: dict[str, str], pressures=("SBP",)) -> str:
    networks = [*_present(numbers, next(iter(studies))), "mean"]
    rows = []
    for (study, people), pressure, (kind, split) in product(studies.items(), pressures, _SPLITS.items()):
        subjects, windows = numbers.people(study, kind)
        whom = f"{pressure}, {split}: {subjects} {people}, {windows:,} windows"
        rows.append([whom, *(numbers.error(study, kind, name, pressure) for name in networks)])
    return _table(["MAE in mmHg", *(NETWORKS[name] for name in networks)], rows) + _said(numbers.runs(*studies))


PARTS: dict[str, Callable[[Numbers], str]] = {}


def _part(function: Callable[[Numbers], str]) -> Callable[[Numbers], str]:
    PARTS[function.__name__] = function
    return function


@_part
def headline(numbers: Numbers) -> str:
    """Errors of unseen and of known people, real ones first."""
    return _splits_table(numbers, _PEOPLE)


@_part
def real_splits(numbers: Numbers) -> str:
    """The real patients' errors."""
    return _splits_table(numbers, {"real": _PEOPLE["real"]}, ("SBP", "DBP"))


@_part
def cohort_splits(numbers: Numbers) -> str:
    """The simulated cohort's errors."""
    return _splits_table(numbers, {"cohort": _PEOPLE["cohort"]}, ("SBP", "DBP"))


@_part
def skill(numbers: Numbers) -> str:
    """Skill of each network on people never seen, real ones first."""
    columns = [("real", "SBP"), ("real", "DBP"), ("cohort", "SBP"), ("cohort", "DBP")]
    rows = [
        [NETWORKS[name], *(_interval(numbers.skill(study, "nonmixed", name, p), "+", 2) for study, p in columns)]
        for name in _present(numbers, "cohort")
    ]
    people = {"real": "real", "cohort": "simulated"}
    return _table(["skill on people never seen", *(f"{p}, {people[study]}" for study, p in columns)], rows)


_METHODS = {
    ("before", "network"): "network as trained on others",
    ("first", "network"): "fine-tuned on these windows",
    ("first", "offset"): "the network, its mean error on them taken off",
    ("first", "calibration_mean"): "their mean pressure, no network",
    ("first", "hold_last"): "the last of their pressures, no network",
}


@_part
def personal(numbers: Numbers) -> str:
    """What a subject's first windows gain, real people first."""
    studies = {"real": "real patients", "cohort": "simulated people"}
    rows = [
        [
            text,
            *(
                _interval(
                    numbers.compared(
                        study, "personalization", protocol="main", setting=setting, method=method, pressure="SBP"
                    )
                )
                for study in studies
            ),
        ]
        for (setting, method), text in _METHODS.items()
    ]
    for against, text in (("offset", "the mean error taken off"), ("calibration mean", "their mean pressure")):
        found = (
            numbers.compared(
                study, "personalization", "difference", protocol="main", setting=f"first vs {against}", pressure="SBP"
            )
            for study in studies
        )
        rows.append([f"*fine-tuning less {text}*", *(_interval(one, "+") for one in found)])
    table = _table(["SBP, MAE in mmHg, by person", *studies.values()], rows)
    return table + _said(numbers.runs(*studies, part="personalization"))


@_part
def strategies(numbers: Numbers) -> str:
    """First against random calibration windows in the simulated cohort, by protocol."""
    rows = [
        [
            f"`{protocol}`: {text}",
            _interval(
                numbers.compared(
                    "cohort",
                    "personalization",
                    "difference",
                    protocol=protocol,
                    setting="first vs random",
                    pressure="SBP",
                ),
                "+",
            ),
        ]
        for protocol, text in _PROTOCOLS.items()
    ]
    return _table(["protocol", "first less random, SBP, mmHg"], rows) + _said(
        numbers.runs("cohort", part="personalization")
    )


@_part
def camera(numbers: Numbers) -> str:
    """Networks on rPPG of simulated people, as trained and fine-tuned on others' videos."""
    named = {
        ("before", "network"): "network as trained on PPG",
        ("tuned", "network"): "fine-tuned on other people's videos",
        ("tuned", "mean"): "always the mean of these people's pressures",
        ("first", "hold_first"): "one calibration value held over the six minutes",
    }
    rows = [
        [
            text,
            _interval(numbers.compared("cohort", "rppg", setting=setting, method=method, pressure="SBP")),
        ]
        for (setting, method), text in named.items()
    ]
    return _table(["SBP, MAE in mmHg, by person", "simulated people on video"], rows) + _said(
        numbers.runs("cohort", part="rppg")
    )


@_part
def differ(numbers: Numbers) -> str:
    """By how much a reader's own run may differ."""
    by_seed, by_set = 0.0, 0.0
    sets = numbers.trainings("cohort", "nonmixed", _present(numbers, "cohort")[0]).index.unique("instructions")
    for split in ("nonmixed", "mixed"):
        for name in _present(numbers, "cohort"):
            values = numbers.trainings("cohort", split, name)
            by_seed = max(by_seed, _widest(values, "instructions"))
            by_set = max(by_set, _widest(values, "seed"))
    if len(sets) == 1:
        return (
            f"Another seed on the same processor gave SBP errors up to {by_seed:.1f} mmHg apart; expect as much of "
            "your own run, whose processor may differ, too."
        )
    return (
        f"The same seed on another processor gave SBP errors up to {by_set:.1f} mmHg apart, another seed on the same "
        f"processor up to {by_seed:.1f} mmHg: expect as much of your own run."
    )


def _widest(values: pd.Series, alike: str) -> float:
    """Greatest difference between trainings that are alike in one respect."""
    groups = values.groupby(level=alike)
    return float((groups.max() - groups.min()).max())


@_part
def doses(numbers: Numbers) -> str:
    """Dose-response of leakage: pooled SBP errors of AlexNet, averaged over the seeds."""
    rows = []
    for dose, text in _DOSES.items():
        found = [
            numbers.compared("cohort", "leakage", setting=dose, network=name, pressure="SBP")
            for name in ("alexnet", "mean")
        ]
        rows.append([text, *(_interval(one) for one in found)])
    return _table(["SBP, MAE in mmHg", "AlexNet", "mean regressor"], rows) + _said(
        numbers.runs("cohort", part="leakage")
    )
