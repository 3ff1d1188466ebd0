"""The option table and the JSON schema, written from the models."""

import json
import types
import typing
from pathlib import Path

from pydantic import BaseModel

from cuffless.architectures import NetworkOptions, TrainingOptions, architectures
from cuffless.config.inputs import InputOptions, InputTrainingOptions
from cuffless.config.leakage import LeakageOptions
from cuffless.config.learning import CustomOptions
from cuffless.config.personalization import ProtocolOptions
from cuffless.config.rppg import RppgOptions, RppgTuningOptions, VideoSimulationOptions
from cuffless.config.stages import (
    ChannelOptions,
    DownloadOptions,
    RecordOptions,
    SimulatorOptions,
    SplitOptions,
    WindowOptions,
)
from cuffless.config.study import (
    EvaluationOptions,
    ExecutionOptions,
    FigureOptions,
    RealOptions,
    StudyConfig,
    StudyOptions,
)

INTRODUCTION = """\
# Options

*Written by `make docs` from `src/cuffless/config`; a test keeps both in step.*

A study is one YAML file. `config.yaml` is the default study; another one is named with `--configfile FILE`, and
then `config.yaml` is not read. Several files after one `--configfile` are laid over each other, the last one on
top:

    snakemake --cores 8 --configfile config.yaml config/seeds.yaml

| file | what it is |
|---|---|
| `config.yaml` | the simulated cohort at a laptop's size |
| `config/paper.yaml` | the paper's study at its own size, on the matched MIMIC-III subset from PhysioNet |
| `config/authors.yaml` | the authors' own list of records and their code's rules, on the unmatched database |
| `config/seeds.yaml` | laid over another file: five seeds in place of one |
| `config/challenge.yaml` | real patients: the PhysioNet/CinC Challenge of 2015 (`make real`) |
| `config/real.yaml` | a handful of real recordings |
| `config/numbers.yaml` | laid over another file: what README and guide quote (`make numbers`) |
| `config/tiny.yaml` | the smallest study, for tests |

**Names.** `datasets`, `windowings`, `splits.named`, `personalization.named` and `networks` hold blocks by name.
A block needs only what differs from its stage's section: `windowings: {main: {}, half: {overlap: 0.5}}` makes two
windowings that share all of `windows`. Adding a name to a list of `study` adds jobs and repeats none.

**Defaults** are the paper's numbers where it gives one. Options under `snakemake`, `figures` and `records.download`
change no number; all others do, and a change repeats just the stages that read the option (`make why` says which).

**A network of your own**: `networks: {mine: {architecture: "my_module:build", parameters: {depth: 3}}}` and
`mine` in `study.networks`. The function takes `(input_shape, options)` and returns a Keras model with two
outputs, SBP and DBP, before scaling to mmHg; `my_module.py` lies beside the study.

**Presets of `windows`**: `default` has all rules; `paper` only the paper's (missing samples, beats, pulse rate,
pressure ranges, SNR) and the bare spectral peak; `code` follows the authors' released code: 7 s windows with 50
% overlap, wide limits, no SNR rule, labels one sample early and truncated. A preset fills in what the section
leaves open; what it says wins.
"""

SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("study", StudyOptions),
    ("simulator", SimulatorOptions),
    ("records", RecordOptions),
    ("records.channels", ChannelOptions),
    ("records.download", DownloadOptions),
    ("windows", WindowOptions),
    ("splits", SplitOptions),
    ("networks.NAME (all architectures)", NetworkOptions),
    *((f"networks.NAME, {name}", options) for name, options in architectures().items()),
    ("networks.NAME, module:function", CustomOptions),
    ("training", TrainingOptions),
    ("inputs", InputOptions),
    ("inputs.training", InputTrainingOptions),
    ("personalization", ProtocolOptions),
    ("rppg", RppgOptions),
    ("rppg.simulation", VideoSimulationOptions),
    ("rppg.tuning", RppgTuningOptions),
    ("leakage", LeakageOptions),
    ("evaluation", EvaluationOptions),
    ("figures", FigureOptions),
    ("real", RealOptions),
    ("snakemake", ExecutionOptions),
)


def option_table() -> str:
    """Text of config/README.md."""
    parts = [INTRODUCTION]
    for title, model in SECTIONS:
        inherited = set()
        if issubclass(model, NetworkOptions) and model is not NetworkOptions:
            inherited = set(NetworkOptions.model_fields)
        rows = [
            f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {_describe(field)} |"
            for name, field in model.model_fields.items()
            if name not in inherited
        ]
        parts.append(
            "\n".join([f"## {title}", "", "| option | kind | default | meaning |", "|---|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def schema() -> str:
    """Text of config/schema.json."""
    return json.dumps(StudyConfig.model_json_schema(), indent=1) + "\n"


def write(folder: str | Path = "config") -> None:
    """Write both files."""
    (Path(folder) / "README.md").write_text(option_table(), encoding="utf-8")
    (Path(folder) / "schema.json").write_text(schema(), encoding="utf-8")


def _describe(field) -> str:
    limits = []
    for constraint in field.metadata:
        for sign, key in ((">=", "ge"), (">", "gt"), ("<=", "le"), ("<", "lt")):
            value = getattr(constraint, key, None)
            if value is not None:
                limits.append(f"{sign} {value:g}")
    text = " ".join((field.description or "").split())
    return text + (f" ({', '.join(limits)})" if limits else "")


def _default(field) -> str:
    if field.is_required():
        return "-"
    value = field.default
    if isinstance(value, BaseModel):
        return "see there"
    return f"`{json.dumps(value)}`"


def _type(annotation) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        if len(inner) > 6:
            return "rule names"
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(part) for part in inner)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return f"list of {_type(inner[0])}"
        return f"{len(inner)} x {_type(inner[0])}"
    if origin is dict:
        return "mapping"
    if annotation is type(None):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return {int: "whole number", float: "number", str: "text", bool: "true or false"}.get(annotation, "value")
