"""The figures of a study, each declared in the module that plots it.

A module of `paper` or `study` that plots figures holds one declaration of literals, ``FIGURES = FigureModule(...)``,
and a function ``plot(given: FigureInputs) -> Figure``. Nothing else has to know a figure: rules, plan and report read
the declarations here.
"""

import ast
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cuffless.config import StudyConfig
from cuffless.config.arms import PEOPLE, active_arms, dataset_of, people_in, people_of, stamp
from cuffless.config.folds import fold_names

FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class FigureModule:
    """Declaration of the figures that a module plots.

    Attributes
    ----------
    arm : str
        Arm of the study that they belong to; they are plotted if it runs.
    captions : mapping of str to str
        One sentence per figure, by its name.
    inputs : mapping of str to str
        Files that they are plotted from, by key: paths below ``results/DATASET/`` with placeholders (`placeholder`).
    settings : mapping of str to str
        Options of other stages that they show, by key: dotted paths into the configuration, with placeholders.
    title : str
        Printed title of a figure; empty: its number.
    needs_videos : bool
        Whether ready windows of the camera arm are not enough.
    module : str
        Dotted name of the module.
    """

    arm: str
    captions: Mapping[str, str]
    inputs: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    title: str = ""
    needs_videos: bool = False
    module: str = ""

    def plot(self, given) -> Any:
        """Plot one of the figures; see `cuffless.figures.inputs.FigureInputs`."""
        return import_module(self.module).plot(given)

    def input_files(self, study: StudyConfig, dataset: str) -> dict[str, str | list[str]]:
        """Files that the figures are plotted from; a list where a placeholder has several values."""
        return {key: _filled(f"results/{dataset}/{path}", study) for key, path in self.inputs.items()}

    def setting_values(self, study: StudyConfig) -> dict[str, Any]:
        """Values of `settings` in a configuration."""
        return {key: _looked_up(one, study) for key, path in self.settings.items() for one in _fillings(path, study)}


@cache
def all_figures() -> dict[str, FigureModule]:
    """Declarations by the figures' names, sorted.

    They are read from the source: importing matplotlib would cost every job of the workflow half a second.
    """
    found: dict[str, FigureModule] = {}
    for path in sorted(FOLDER.glob("*/*.py")):
        if declaration := _declaration(path):
            found |= dict.fromkeys(declaration.captions, declaration)
    return dict(sorted(found.items()))


def figures_of(study: StudyConfig) -> list[str]:
    """Names of the figures that a study plots."""
    arms, videos = active_arms(study), study.rppg.source != "ready"
    return [name for name, one in all_figures().items() if one.arm in arms and (videos or not one.needs_videos)]


def figure_dataset(name: str, study: StudyConfig) -> str:
    """Data set that a figure of the study shows."""
    return dataset_of(study, all_figures()[name].arm)


def figure_stamp(name: str, study: StudyConfig, dataset: str) -> str:
    """What a figure carries to tell whose data it shows.

    Parameters
    ----------
    name : str
        Of the figure.
    study : StudyConfig
    dataset : str
        The data set that it is plotted for.

    Returns
    -------
    str
        Such as ``cohort: simulated people``; every data set of the external test; people who were filmed are named by
        themselves where they are not like those of the data set.
    """
    return arm_stamp(all_figures()[name].arm, study, dataset)


def arm_stamp(arm: str, study: StudyConfig, dataset: str) -> str:
    """What figures and tables of an arm carry to tell whose data they show; see `figure_stamp`."""
    shown = study.external.datasets if arm == "external" else (dataset,)
    stamps = [stamp(name, people_in(study, name)) for name in shown]
    if arm == "camera" and (filmed := people_of(study, arm)) != people_in(study, dataset):
        stamps.append(f"filmed: {PEOPLE[filmed]}")
    return "; ".join(stamps)


def figure_title(name: str) -> str:
    """Printed title of a figure: ``fig7`` is Figure 7."""
    if name in all_figures() and all_figures()[name].title:
        return all_figures()[name].title
    rest = name.removeprefix("fig").replace("_", " ").strip()
    return f"Figure {rest}" if name.startswith("fig") else name.replace("_", " ")


def placeholder(name: str, study: StudyConfig) -> str | list[str]:
    """Value of a placeholder, or its values if it has several.

    Several: ``split`` (of the study), ``fold`` (of each split, or the split itself if it has none), ``network`` (of the
    study), ``seed``, ``protocol`` (of personalization), ``protocol_split`` (whose test subjects the protocols draw).
    One: ``first_split, first_protocol, first_seed``; ``first_fold``, of the first split, or the split itself if it has
    no folds; ``windowing``, of the first split; ``camera_windowing``; ``schematic``, the study's LSTM
    or its first network.
    """
    splits, protocols = list(study.study.splits), study.personalization.named
    match name:
        case "split":
            return splits
        case "fold":
            return [fold for split in splits for fold in fold_names(split, study.splits.named[split])]
        case "network":
            return [name for name in study.study.networks if study.networks[name].architecture != "mean"]
        case "seed":
            return [str(seed) for seed in study.study.seeds]
        case "protocol":
            return list(protocols)
        case "protocol_split":
            return list(dict.fromkeys(protocol.split for protocol in protocols.values()))
        case "first_split":
            return splits[0]
        case "first_fold":
            return fold_names(splits[0], study.splits.named[splits[0]])[0]
        case "first_protocol":
            return next(iter(protocols), "main")
        case "first_seed":
            return str(study.study.seeds[0])
        case "windowing":
            return study.splits.named[splits[0]].windowing
        case "camera_windowing":
            return study.splits.named[study.rppg.split].windowing
        case "schematic":
            networks = study.study.networks
            return next((n for n in networks if study.networks[n].architecture == "lstm"), networks[0])
    raise ValueError(f"a figure's path has the unknown placeholder {{{name}}}")


def _declaration(path: Path) -> FigureModule | None:
    """Declaration of a module, without importing it; None if it plots no figure of the study."""
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body if f"{FigureModule.__name__}(" in text else ():
        call = getattr(node, "value", None)
        called = call.func if isinstance(call, ast.Call) else None
        if isinstance(call, ast.Call) and isinstance(called, ast.Name) and called.id == FigureModule.__name__:
            values = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
            return FigureModule(**values, module=f"cuffless.figures.{path.parent.name}.{path.stem}")
    return None


def _filled(pattern: str, study: StudyConfig) -> str | list[str]:
    """A pattern with its placeholders filled in: a list if one of them has several values."""
    several = any(isinstance(placeholder(name, study), list) for name in _PLACEHOLDER.findall(pattern))
    filled = _fillings(pattern, study)
    return filled if several else filled[0]


def _fillings(pattern: str, study: StudyConfig) -> list[str]:
    """A pattern with every combination of its placeholders' values filled in."""
    values = {name: placeholder(name, study) for name in _PLACEHOLDER.findall(pattern)}
    several = [[value] if isinstance(value, str) else value for value in values.values()]
    return [pattern.format(**dict(zip(values, each, strict=True))) for each in itertools.product(*several)]


def _looked_up(path: str, study: StudyConfig) -> Any:
    """Option at a dotted path of a configuration."""
    value: Any = study
    for part in path.split("."):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return value
