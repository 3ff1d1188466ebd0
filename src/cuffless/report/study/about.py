"""What a reader of a report must know first: whose recordings a study has, and its configuration.

The rules import this module, so it imports nothing but the configuration.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cuffless.config import StudyConfig
from cuffless.config.arms import People, active_arms, dataset_of, people_in, people_of, stamp

NOT_REAL = "A program computed the recordings: nothing here shows how well it works on real people."


def describe_study(
    study: StudyConfig, given: Mapping[str, Any], *, files: Iterable[str | Path] = (), overridden: bool = False
) -> dict[str, Any]:
    """Whom a study is about and what was asked for, as JSON holds it.

    Parameters
    ----------
    study : StudyConfig
    given : mapping
        The configuration as given, with options that differ from their defaults only.
    files : iterable of str or Path
        Files that it was read from.
    overridden : bool
        Whether options were given on the command line, too.

    Returns
    -------
    dict
        ``dataset``; ``people``: by arm, and in it by data set, whether they are simulated or real (keys of
        `cuffless.config.arms.PEOPLE`); ``simulated``: number and seed of the simulated people of the data set, or None;
        ``splits, networks, seeds``; ``files``: paths below the working directory, names of others; ``overridden``;
        ``options``: `given` by dotted names, without those that change no result.
    """
    own = study.study
    people = {arm: {dataset_of(study, arm): people_of(study, arm)} for arm in active_arms(study)}
    if "external" in people:
        people["external"] = {name: people_in(study, name) for name in study.external.datasets}
    simulator = study.datasets[own.dataset].simulator
    simulated = {"subjects": simulator.subjects, "seed": simulator.seed}
    return {
        "dataset": own.dataset,
        "people": people,
        "simulated": simulated if people_in(study, own.dataset) == "simulated" else None,
        "splits": list(own.splits),
        "networks": list(own.networks),
        "seeds": len(own.seeds),
        "files": list(dict.fromkeys(_shown(Path(file)) for file in files)),
        "overridden": overridden,
        "options": dict(_flat({key: value for key, value in given.items() if key != "snakemake"})),
    }


def whose_page(dataset: str, people: People) -> str:
    """Sentences for the head of a page about one data set: its name, and whether the people are simulated."""
    said = f"{stamp(dataset, people)}."
    return f"{said} {NOT_REAL}" if people == "simulated" else said


def _shown(file: Path) -> str:
    """A path below the working directory, which others have too, or else the name alone."""
    file = file.absolute()
    return file.relative_to(Path.cwd()).as_posix() if file.is_relative_to(Path.cwd()) else file.name


def _flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in options.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return "as set by default" if value == {} else str(value)
