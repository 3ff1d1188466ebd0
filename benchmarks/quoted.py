"""Parts of README and guide that quote numbers: each is written from the summary, `resources/numbers.csv`.

On a page such a part stands between ``<!-- numbers: NAME -->`` and ``<!-- end of numbers -->``; what stands between
them is replaced as a whole.
"""

import re
from collections.abc import Callable

import pandas as pd

from cuffless.evaluation import NETWORKS

PAGES = ("README.md", "docs/tutorial.md", "docs/leakage.md", "docs/real_people.md")
_PART = re.compile(r"(?<=<!-- numbers: )(\w+)( -->\n).*?(?=<!-- end of numbers -->)", re.DOTALL)
_OWN = [name for name in NETWORKS if name != "mean"]


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
        self.table = table.fillna(dict.fromkeys(("protocol", "setting", "method", "network", "average"), ""))

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

    def spread(self, study: str, split: str, network: str, pressure: str = "SBP") -> str:
        """Mean of all trainings, lowest and highest in parentheses; one number where they do not differ."""
        values = self.trainings(study, split, network, pressure)
        mean, least, most = (f"{v:.1f}" for v in (values.mean(), values.min(), values.max()))
        return mean if least == most else f"{mean} ({least}–{most})"

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

    def runs(self, study: str) -> str:
        """How many trainings stand behind each number."""
        index = self.trainings(study, "nonmixed", _present(self, study)[0]).index
        sets, seeds = (index.get_level_values(name).nunique() for name in ("instructions", "seed"))
        return f"{_word(seeds)} seeds on {_word(sets)} instruction sets"


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


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _splits_table(numbers: Numbers, studies: dict[str, str], pressures=("SBP",)) -> str:
    networks = [*_present(numbers, next(iter(studies))), "mean"]
    rows = [
        [f"{pressure}, {people}, {split}", *(numbers.spread(study, kind, name, pressure) for name in networks)]
        for study, people in studies.items()
        for pressure in pressures
        for kind, split in (("nonmixed", "never seen"), ("mixed", "known"))
    ]
    return _table(["MAE in mmHg", *(NETWORKS[name] for name in networks)], rows)


PARTS: dict[str, Callable[[Numbers], str]] = {}


def _part(function: Callable[[Numbers], str]) -> Callable[[Numbers], str]:
    PARTS[function.__name__] = function
    return function


@_part
def headline(numbers: Numbers) -> str:
    """Errors of unseen and of known people, real ones first."""
    return _splits_table(numbers, {"real": "real patients", "cohort": "simulated people"})


@_part
def cohort_splits(numbers: Numbers) -> str:
    """The simulated cohort's errors."""
    return _splits_table(numbers, {"cohort": "simulated people"}, ("SBP", "DBP"))


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
    return _table(["SBP, MAE in mmHg, by person", *studies.values()], rows)


@_part
def strategies(numbers: Numbers) -> str:
    """First against random calibration windows in the simulated cohort, by protocol."""
    named = {
        "main": "all test windows come later",
        "alternate": "test windows between calibration windows",
        "code": "the authors' procedure, time shuffled away",
    }
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
        for protocol, text in named.items()
    ]
    return _table(["protocol", "first less random, SBP, mmHg"], rows)


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
    return _table(["SBP, MAE in mmHg, by person", "simulated people on video"], rows)


@_part
def differ(numbers: Numbers) -> str:
    """By how much a reader's own run may differ."""
    by_seed, by_set = 0.0, 0.0
    for split in ("nonmixed", "mixed"):
        for name in _present(numbers, "cohort"):
            values = numbers.trainings("cohort", split, name)
            by_seed = max(by_seed, _widest(values, "instructions"))
            by_set = max(by_set, _widest(values, "seed"))
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
    named = {
        "nonmixed": "patient-disjoint",
        "record": "record-disjoint",
        "mixed": "mixed",
        "overlap50": "mixed, 50 % overlap",
    }
    rows = []
    for dose, text in named.items():
        found = [
            numbers.compared("cohort", "leakage", setting=dose, network=name, pressure="SBP")
            for name in ("alexnet", "mean")
        ]
        rows.append([text, *(_interval(one) for one in found)])
    return _table(["SBP, MAE in mmHg", "AlexNet", "mean regressor"], rows)
