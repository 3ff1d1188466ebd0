"""`cuffless judge`: any table of predictions, judged against simple baselines."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pandas import DataFrame, Series
from pydantic import ValidationError

from cuffless.cli.answers import (
    DONE,
    NOTHING_USABLE,
    WRONG_USE,
    UsageError,
    changed_options,
    complain,
    escape_markup,
    print_json,
)
from cuffless.config import EvaluationOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import did_you_mean, windows_of
from cuffless.judgement import Judgement, judge, read_table
from cuffless.judgement.names import HEART_RATE, POPULATION_MEAN, baseline_name
from cuffless.judgement.standards import NOT_RECOMMENDED
from cuffless.judgement.table.headers.choosing import UnclearColumnsError
from cuffless.judgement.table.headers.opening import OPTIONAL
from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.sexes import read_sex_codes
from cuffless.options import one_line_errors

TABLES = (".csv", ".csv.gz", ".parquet")
LIMITS = {
    "none": None,
    "paper": {"SBP": (75.0, 165.0), "DBP": (40.0, 80.0)},
    "code": {"SBP": (40.0, 200.0), "DBP": (40.0, 120.0)},
}
_FIRST = (POPULATION_MEAN, HEART_RATE)
"""Baselines with a column in the terminal; the page and `skill.csv` have all."""
_WIDE = 100
"""Columns of a terminal from which on an interval is on the line of its number."""
_NOT_ASSESSABLE = "not assessable: "
_CAVEAT = f"A numerical screen of retrospective data; it certifies nothing.\n{NOT_RECOMMENDED}"


@dataclass(frozen=True)
class JudgeCall:
    """Arguments of the command; see its options."""

    predictions: Sequence[Path]
    output: Path
    columns: Sequence[str] = ()
    without: Sequence[str] = ()
    sex: str = ""
    network: str = "predictor"
    unit: str = "mmhg"
    limits: str = "none"
    confidence: float = 0.95
    bootstrap: int = 2000
    seed: int = 0
    level: float | None = None
    as_json: bool = False
    memory_gb: float = MEMORY_GB


def run_judge(call: JudgeCall) -> int:
    """Run the command and return its exit status."""
    from cuffless.report.judgement.folder import write_judgement

    try:
        columns, options = _mapping(call), _options(call)
        table = read_table(
            call.predictions,
            columns=columns,
            unit=call.unit,
            network=call.network,
            sex=_sex_codes(call.sex),
            without=_check_without(call.without),
            level=call.level,
            memory_gb=call.memory_gb,
        )
        judgement = judge(table, options, limits=LIMITS[call.limits])
        page = write_judgement(
            judgement,
            call.output,
            source=table.source,
            options=options,
            limits=LIMITS[call.limits],
            command=_command(call),
        )
    except (UsageError, OSError) as error:
        complain(str(error))
        return WRONG_USE
    except UnclearColumnsError as error:
        command = _command(replace(call, columns=[f"{name}={theirs}" for name, theirs in error.options.items()]))
        complain(f"{error.reason}; choose the columns, such as by\n{command}")
        if call.as_json:
            print_json({"predictions": list(map(str, call.predictions)), "reason": error.reason, "command": command})
        return NOTHING_USABLE
    except PredictionError as error:
        complain(str(error))
        if call.as_json:
            print_json({"predictions": [str(path) for path in call.predictions], "reason": str(error)})
        return NOTHING_USABLE
    for text in _joined(judgement.notes):
        complain(text)
    if call.as_json:
        print_json(_answer(call, judgement, page))
    else:
        _print(judgement, page)
    return DONE


def _joined(notes: Sequence[str]) -> list[str]:
    """Notes; those of what a case cannot be judged by in one line."""
    joined: dict[str, list[str]] = {}
    for note in notes:
        head, sign, rest = note.partition(_NOT_ASSESSABLE)
        joined.setdefault(f"{head}{sign}" if sign else note, []).append(rest)
    return [head + "; ".join(rest) for head, rest in joined.items()]


def _command(call: JudgeCall) -> str:
    """The command that repeats a call, without options at their defaults."""
    words = ["cuffless", "judge", *map(str, call.predictions), "--output", str(call.output)]
    for text in call.columns:
        words += ["--column", text]
    for text in call.without:
        words += ["--without", text]
    named = ("sex", "network", "unit", "limits", "confidence", "bootstrap", "seed", "level", "memory_gb")
    return shlex.join([*words, *changed_options(call, named)])


def _options(call: JudgeCall) -> EvaluationOptions:
    try:
        return EvaluationOptions(confidence=call.confidence, bootstrap=call.bootstrap, seed=call.seed)
    except ValidationError as error:
        raise UsageError(f"--{one_line_errors(error)}") from None


def _mapping(call: JudgeCall) -> dict[str, str]:
    for path in call.predictions:
        if not path.is_file():
            missing = "is a folder" if path.is_dir() else "not found"
            raise UsageError(f"{path} {missing}; give a table of predictions ({', '.join(TABLES)})")
        if not path.name.lower().endswith(TABLES):
            raise UsageError(f"{path}: the name of a table of predictions must end in {' or '.join(TABLES)}")
    if call.output.exists() and not call.output.is_dir():
        raise UsageError(f"--output {call.output} is a file; give a folder")
    mapping = {}
    for text in call.columns:
        name, sign, theirs = text.partition("=")
        if not (name and sign and theirs):
            raise UsageError(f"--column {text}: give NAME=THEIRS, as in --column sbp=predicted_systolic")
        mapping[name.strip()] = theirs.strip()
    return mapping


def _sex_codes(text: str) -> dict[str, str]:
    try:
        return read_sex_codes(text) if text else {}
    except ValueError as error:
        raise UsageError(str(error)) from None


def _check_without(names: Sequence[str]) -> list[str]:
    if unknown := [name for name in names if name not in OPTIONAL]:
        near = did_you_mean(unknown[0], OPTIONAL)
        raise UsageError(f"--without {unknown[0]}{near}: only {', '.join(OPTIONAL)} can be left out")
    return list(names)


def _answer(call: JudgeCall, judgement: Judgement, page: Path) -> dict:
    """The JSON: what was judged, with skill and verdicts as on the page."""
    overall = judgement.standards[judgement.standards["clause"] == "overall"]
    return {
        "predictions": [str(path) for path in call.predictions],
        "page": str(page),
        "cases": judgement.cases.to_dict("records"),
        "skill": judgement.skill[judgement.skill["average"] == "subject"].to_dict("records"),
        "merits": judgement.merits.to_dict("records"),
        "standards": overall.drop(columns=["clause"]).to_dict("records"),
        "intervals": _by_person(judgement.intervals),
        "risk": _by_person(judgement.risk),
        "leaks": judgement.leaks.to_dict("records"),
        "events": judgement.events.to_dict("records"),
        "dependence": judgement.dependence.to_dict("records"),
        "notes": judgement.notes,
    }


def _by_person(table: DataFrame) -> list[dict]:
    """Rows in which subjects count the same; no seed where there is none."""
    rows = table[table["average"] == "subject"]
    return rows.assign(seed=rows["seed"].astype(object).where(rows["seed"].notna(), None)).to_dict("records")


def _print(judgement: Judgement, page: Path) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for case in judgement.cases.itertuples():
        console.print(
            f"[bold]{escape_markup(case.case)}[/]: {windows_of(case.n_windows, case.n_subjects)}; "
            f"baselines fitted on {case.baselines_fitted_on}"
        )
        rows = judgement.skill[(judgement.skill["case"] == case.case) & (judgement.skill["average"] == "subject")]
        shown = rows[rows["skill"].notna()]
        merits = judgement.merits[(judgement.merits["case"] == case.case) & (judgement.merits["average"] == "subject")]
        if shown.empty:
            console.print(_error_table(merits))
            continue
        maes = merits.set_index(["network", "pressure"])["mae"]
        console.print(_skill_table(shown, maes, "\n" if console.width < _WIDE else " "))
        for network in dict.fromkeys(shown["network"]):
            console.print(f"[bold]{escape_markup(network)}[/]")
            console.print(_findings(judgement, case.case, network))
    if judgement.skill["skill"].notna().any():
        console.print(
            "Skill: share of the baseline's error that is removed, with its interval; 0 is no better than the baseline."
        )
    console.print(_CAVEAT, soft_wrap=not console.is_terminal)
    console.print(f"Page: {escape_markup(page, 2000)}", soft_wrap=True)


def _error_table(merits: DataFrame):
    """Errors of a case's predictors, where there is nothing to compare them with."""
    from rich.table import Table

    from cuffless.report.wording import number

    table = Table("predictor", "", "MAE\nmmHg", "mean error\nmmHg", "SD of error\nmmHg", box=None, padding=(0, 2, 0, 0))
    for network, rows in merits.groupby("network", sort=False):
        for i, row in enumerate(rows.itertuples()):
            errors = number(row.mae), number(row.me, signed=True), number(row.sd)
            table.add_row("" if i else escape_markup(network), row.pressure, *errors)
    return table


def _skill_table(shown: DataFrame, maes: Series, gap: str):
    """Skill of a case's predictors against the first baselines and the hardest; `gap`: between skill and interval."""
    from rich.table import Table

    baselines = [name for name in dict.fromkeys(shown["baseline"]) if name in _FIRST] or list(shown["baseline"][:1])
    hardest = len(set(shown["baseline"])) > len(baselines)
    in_sample = dict(zip(shown["baseline"], shown["in_sample"], strict=True))
    heads = [f"vs {baseline_name(name, in_sample[name])}" for name in baselines] + ["vs the hardest to beat"] * hardest
    table = Table("predictor", "", "MAE\nmmHg", *heads, box=None, padding=(0, 2, 0, 0))
    for network in dict.fromkeys(shown["network"]):
        pressures = list(dict.fromkeys(shown["pressure"]))
        for pressure in pressures:
            own = shown[(shown["network"] == network) & (shown["pressure"] == pressure)].set_index("baseline")
            cells = [_skill(own.loc[name], gap) if name in own.index else "" for name in baselines]
            if hardest:
                worst = own["skill"].idxmin() if len(own) else ""
                cells.append(
                    f"{_skill(own.loc[worst], gap)}{gap}({baseline_name(worst, in_sample[worst])})" if worst else ""
                )
            table.add_row(
                "" if pressure != pressures[0] else escape_markup(network),
                pressure,
                f"{maes[network, pressure]:.1f}",
                *cells,
            )
    return table


def _findings(judgement: Judgement, case: str, network: str):
    """Whether a network looks at its input, which events it finds, and what its intervals hold; a line or two each."""
    from rich.table import Table

    from cuffless.report.judgement.bands import interval_words
    from cuffless.report.judgement.dependence import dependence_words
    from cuffless.report.judgement.events import event_line

    looked, events = (
        table[(table["case"] == case) & (table["network"] == network)]
        for table in (judgement.dependence, judgement.events)
    )
    looks = {pressure: dependence_words(rows) for pressure, rows in looked.groupby("pressure", sort=False)}
    bands = interval_words(judgement.intervals, case, network)
    level = f"{100 * judgement.intervals['level'].iloc[0]:g} % " if bands else ""
    grid = Table.grid("", "", padding=(0, 2, 0, 0))
    for head, said in (
        ("looks at its input?", [f"{pressure} {words}" for pressure, words in looks.items()]),
        ("events found", [event_line(events)]),
        (f"{level}intervals", [f"{pressure} {words}" for pressure, words in bands.items()]),
    ):
        for i, words in enumerate(said):
            grid.add_row("" if i else f"  {head}", escape_markup(words, 2000))
    return grid


def _skill(row, gap: str) -> str:
    from cuffless.report.wording import with_limits

    value, lower, upper = (row[name] for name in ("skill", "lower", "upper"))
    return gap.join(with_limits(value, lower, upper, 2, signed=True).split(" ", 1))
