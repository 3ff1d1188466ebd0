"""The whole configuration: named blocks resolved over their stage's options."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, StrictInt, ValidationError, field_validator, model_validator

from cuffless.architectures import IntervalOptions, TrainingOptions
from cuffless.config.external import ExternalOptions, check_external
from cuffless.config.folds import require_one_network
from cuffless.config.inputs import InputOptions
from cuffless.config.leakage import LeakageOptions, check_doses, dial_blocks
from cuffless.config.learning import ARCHITECTURES, AnyNetwork, EvaluationOptions, FigureOptions
from cuffless.config.personalization import PRESETS, PersonalizationOptions
from cuffless.config.renamed import current_keys
from cuffless.config.rppg import RppgOptions
from cuffless.config.stages import RecordOptions, SimulatorOptions, SplitOptions, WindowOptions
from cuffless.config.yaml_files import read_yaml
from cuffless.errors import shortened, some_of
from cuffless.options import ConfigError, Name, Options, once_each, one_line_errors, option
from cuffless.plugins import resolve

Seed = Annotated[StrictInt, Field(ge=0)]


class DatasetOptions(Options):
    """A data set, which overrides `records` and `simulator`."""

    records: RecordOptions = RecordOptions()
    """Overrides of `records`."""
    simulator: SimulatorOptions = SimulatorOptions()
    """Overrides of `simulator`."""


class SplitsSection(SplitOptions):
    """Options of all splits, and the splits by name."""

    named: dict[Name, SplitOptions] = option({}, min_length=1)
    """Named splits, each overriding the options above."""


class StudyOptions(Options):
    """The named blocks that figures and tables show."""

    dataset: str = "cohort"
    """Data set shown in `results/figures` and `results/tables`."""
    splits: tuple[str, ...] = option(("nonmixed", "mixed"), min_length=1)
    """Splits to train on; Figure 7 shows the first."""
    networks: tuple[str, ...] = option(("alexnet", "resnet", "slapnicar", "lstm"), min_length=1)
    """Networks to train, in the order of the figures; the mean regressor is always added."""
    seeds: tuple[Seed, ...] = option((0,), min_length=1)
    """Seeds; every network is trained once with each."""

    _once = field_validator("splits", "networks", "seeds")(once_each)


class RealOptions(Options):
    """Real recordings that a trained network is tried on (target `real_records`)."""

    model: str = "results/cohort/training/nonmixed/alexnet/seed0/model.keras"
    """Trained network to use, from this or another study."""
    ppg_only: tuple[str, ...] = ()
    """Data sets without arterial pressure: pressures are predicted, but cannot be judged."""


class ExecutionOptions(Options):
    """How jobs run; does not change results."""

    threads: int = option(1, ge=1)
    """Cores that the scheduler reserves for a training."""
    gpu: bool = False
    """Trainings request one GPU each; on a single machine, give the number of GPUs: `--resources gpu=1`."""
    training_mem_mb: int = option(4000, ge=500)
    """Memory of a training in MB."""
    shard_mem_mb: int = option(1500, ge=300)
    """Memory in MB of a job that reads recordings."""
    container: str = ""
    """Image in which jobs run under `--sdm apptainer`, e.g. `envs/cuffless.sif`."""


class StudyConfig(Options):
    """A whole study."""

    study: StudyOptions = StudyOptions()
    """What the figures show."""
    datasets: dict[Name, DatasetOptions] = option({"cohort": DatasetOptions()}, min_length=1)
    """Named data sets, each overriding `records` and `simulator`."""
    simulator: SimulatorOptions = SimulatorOptions()
    """Options of the simulated cohort."""
    records: RecordOptions = RecordOptions()
    """Options of reading."""
    windows: WindowOptions = WindowOptions()
    """Options of windows."""
    windowings: dict[Name, WindowOptions] = option({"main": WindowOptions()}, min_length=1)
    """Named windowings, each overriding `windows`."""
    splits: SplitsSection = SplitsSection(
        named={"nonmixed": SplitOptions(kind="nonmixed"), "mixed": SplitOptions(kind="mixed")}
    )
    """Options of splits."""
    networks: dict[Name, AnyNetwork] = option({})
    """Named networks."""
    training: TrainingOptions = TrainingOptions()
    """Options of training."""
    intervals: IntervalOptions = IntervalOptions()
    """Options of the intervals around predictions."""
    inputs: InputOptions = InputOptions()
    """Options of the input study."""
    evaluation: EvaluationOptions = EvaluationOptions()
    """Options of evaluation."""
    personalization: PersonalizationOptions = PersonalizationOptions()
    """Personalization; done only if this section is given."""
    rppg: RppgOptions = RppgOptions()
    """Camera branch; done only if this section is given."""
    leakage: LeakageOptions = LeakageOptions()
    """Dose-response of leakage; done only if this section is given."""
    external: ExternalOptions = ExternalOptions()
    """External test; done only if this section names data sets."""
    figures: FigureOptions = FigureOptions()
    """Options of figures."""
    real: RealOptions = RealOptions()
    """Options of trying a network on real recordings."""
    snakemake: ExecutionOptions = ExecutionOptions()
    """Options of execution."""

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, raw: Any) -> Any:
        return _resolve_names(raw) if isinstance(raw, Mapping) else raw

    @model_validator(mode="after")
    def _check_names(self) -> "StudyConfig":
        _known("study.dataset", [self.study.dataset], self.datasets)
        _known("study.splits", self.study.splits, self.splits.named)
        _known("study.networks", self.study.networks, self.networks)
        _known("real.ppg_only", self.real.ppg_only, self.datasets)
        if "inputs" in self.model_fields_set:  # otherwise its networks are not needed
            _known("inputs.dataset", filter(None, [self.inputs.dataset]), self.datasets)
            _known("inputs.windowing", [self.inputs.windowing], self.windowings)
            _known("inputs.networks", self.inputs.networks, self.networks)
            self._check_inputs()
        if reserved := sorted({"all", "none"} & set(self.networks)):
            raise ValueError(f"networks.{reserved[0]}: {reserved[0]!r} is a reserved name; rename the network")
        for section in ("personalization", "rppg"):
            if section in self.model_fields_set and not self._tunable:
                raise ValueError(
                    f"{section}: study.networks ({', '.join(self.study.networks)}) contains no network that can be "
                    f"fine-tuned; add one or remove the section {section}"
                )
        if "personalization" in self.model_fields_set:
            for name, protocol in self.personalization.named.items():
                self._check_trained_once(f"personalization.named.{name}.split", [protocol.split])
        if "rppg" in self.model_fields_set:
            self._check_trained_once("rppg.split", [self.rppg.split])
        for name, split in self.splits.named.items():
            _known(f"splits.named.{name}.windowing", [split.windowing], self.windowings)
        if "leakage" in self.model_fields_set:
            self._check_leakage()
        if self.external.datasets:
            self._check_external()
        return self

    @property
    def own_code(self) -> list[str]:
        """Functions of the user's own that the networks name: they build networks or encode windows."""
        named = [
            n for network in self.networks.values() for n in (network.architecture, getattr(network, "encoder", ""))
        ]
        return [name for name in named if ":" in name]

    @property
    def _tunable(self) -> bool:
        """Whether there is a network that can be fine-tuned."""
        return any(self.networks[name].architecture != "mean" for name in self.study.networks)

    def _check_trained_once(self, key: str, names: Iterable[str]) -> None:
        _known(key, names, self.splits.named)
        require_one_network(key, names, self.splits.named)

    def _check_leakage(self) -> None:
        options = self.leakage
        _known("leakage.dataset", filter(None, [options.dataset]), self.datasets)
        self._check_trained_once("leakage.doses", options.doses)
        self._check_trained_once("leakage.dial", options.dial if options.confounding else ())
        _known("leakage.network", [options.network], self.networks)
        name = options.dataset or self.study.dataset
        check_doses(options, name, self.datasets[name], self.splits.named, self.networks[options.network])

    def _check_external(self) -> None:
        options = self.external
        if not self._tunable:
            raise ValueError(
                f"external: study.networks ({', '.join(self.study.networks)}) contains only the mean regressor, which "
                "is always included; add a network or remove the section external"
            )
        _known("external.datasets", options.datasets, self.datasets)
        _known("external.split", [options.split], self.splits.named)
        split = self.splits.named[options.split]
        check_external(options, self.datasets, split, self.windowings[split.windowing])

    def _check_inputs(self) -> None:
        dataset, windowing = self.inputs.dataset, self.inputs.windowing
        if dataset and self.datasets[dataset].records.source == "ready":
            raise ValueError(
                f"inputs.dataset: {dataset!r} has source ready, whose windows cannot be cut to other lengths; "
                "choose a data set of recordings"
            )
        if "beats" not in self.windowings[windowing].rules:
            raise ValueError(
                f"inputs.windowing: {windowing!r} lacks the rule beats, and a crop without a beat has no label; "
                "add it to the rules or choose another windowing"
            )


def _known(key: str, names: Any, blocks: Mapping) -> None:
    for name in names:
        if name not in blocks:
            defined = some_of(blocks, most=20) or "none"
            raise ValueError(f"{key}: {shortened(name)!r} is not defined; defined are {defined}")


def _resolve_names(raw: Mapping) -> dict:
    """Lay each named block over its stage's section, before anything is validated."""
    config = {key: value for key, value in raw.items() if value is not None}
    defaults = StudyConfig.model_fields
    for section in ("datasets", "windowings", "networks"):
        if not isinstance(config.get(section, {}), Mapping):
            return config
    config["windowings"] = {
        name: merge(config.get("windows"), block) for name, block in config.get("windowings", {"main": {}}).items()
    }
    if not all(isinstance(block or {}, Mapping) for block in config.get("datasets", {}).values()):
        return config
    config["datasets"] = {
        name: {
            **(block or {}),
            "records": merge(config.get("records"), (block or {}).get("records")),
            "simulator": merge(config.get("simulator"), (block or {}).get("simulator")),
        }
        for name, block in config.get("datasets", {"cohort": {}}).items()
    }
    if isinstance(config.get("leakage"), Mapping):
        study = given if isinstance(given := config.get("study"), Mapping) else {}
        name = study.get("dataset", defaults["study"].default.dataset)
        default = SimulatorOptions().confounding
        config["datasets"] |= dial_blocks(config["leakage"], config["datasets"], name, default)
    kinds = {kind: {"kind": kind} for kind in ("nonmixed", "mixed")}
    config["splits"] = _named_over_section(config.get("splits", {}), kinds)
    if "personalization" in config:
        config["personalization"] = _named_over_section(config["personalization"], {"main": {}}, PRESETS)
    networks = config.get("networks") or {name: {} for name in defaults["study"].default.networks}
    networks = {**networks, "mean": networks.get("mean", {})}
    config["networks"] = {name: _network(name, block, config) for name, block in networks.items()}
    return config


def _named_over_section(section: Any, named: Mapping, presets: Mapping = MappingProxyType({})) -> Any:
    """Lay the blocks under a section's `named`, each with the preset that it names, over the section's options."""
    if not isinstance(section, Mapping):
        return section
    base = {key: value for key, value in section.items() if key != "named"}
    named = section.get("named", named)
    if not isinstance(named, Mapping):
        return section
    blocks = {}
    for name, block in named.items():
        preset = presets.get(block.get("preset"), {}) if isinstance(block, Mapping) else {}
        blocks[name] = merge({**base, **preset}, block)
    return {**base, "named": blocks}


def _network(name: str, block: Any, config: Mapping) -> Any:
    if block is not None and not isinstance(block, Mapping):
        return block
    block = {"architecture": name, **(block or {})}
    if isinstance(block["architecture"], str):
        block["architecture"] = resolve("cuffless.networks", block["architecture"], ARCHITECTURES)
    block["intervals"] = merge(config.get("intervals"), block.get("intervals"))
    if block["architecture"] != "mean":
        block["training"] = merge(config.get("training"), block.get("training"))
    return block


def merge(base: Any, over: Any) -> Any:
    """Lay `over` on `base`; mappings are merged by key, everything else is replaced.

    A section left empty (None) takes nothing away; an option that is null is null.
    """
    if over is None:
        return base if base is not None else {}
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    laid = dict(base)
    for key, value in over.items():
        if value is None:
            laid[key] = base[key] if isinstance(base.get(key), Mapping) else None
        else:
            laid[key] = merge(base.get(key), value)
    return laid


def read_config(raw: Mapping, *, source: str = "the configuration") -> StudyConfig:
    """Validate a configuration and resolve its named blocks.

    Parameters
    ----------
    raw : mapping
        The configuration as read from YAML.
    source : str
        Its name in error messages.

    Returns
    -------
    StudyConfig

    Raises
    ------
    ConfigError
        One line per mistake: the key, the value, what is allowed.
    """
    try:
        return StudyConfig.model_validate(current_keys(raw))
    except ValidationError as error:
        raise ConfigError(f"{source} cannot be used:\n{one_line_errors(error)}") from None
    except RecursionError:  # an alias in a file that Snakemake has read
        raise ConfigError(f"{source}: its values are nested too deeply, or contain themselves") from None


def load_config(path: str | Path) -> StudyConfig:
    """Read a configuration file (YAML).

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML, or holds a mistake.
    """
    raw = read_yaml(path)
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{path} contains no options; see config/README.md")
    return read_config(raw, source=str(path))
