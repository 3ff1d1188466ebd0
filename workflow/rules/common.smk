import gc
import json
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SOURCE))
# Snakemake keeps nearly all that it creates while it plans, so looking for garbage takes a sixth of its time in vain.
gc.set_threshold(100_000)
# Jobs find the package, and a user's own network beside the study, whether or not the package is installed.
PATHS = [str(SOURCE), os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(PATHS)))

from cuffless.architectures import architectures
from cuffless.config import ConfigError, Crop, input_network, read_config
from cuffless.config.arms import active_arms, dataset_of, people_in, skipped_arms
from cuffless.config.folds import fold_names, fold_of
from cuffless.figures.registry import all_figures, figure_dataset, figures_of
from cuffless.provenance import code_digest as digest_of
from cuffless.provenance import file_digest, remember_code

remember_code(".snakemake/cuffless/code.json")  # to parse all code anew takes half a second

try:
    STUDY = read_config(config, source=", ".join(map(str, workflow.configfiles)) or "--config")
except ConfigError as error:
    raise WorkflowError(str(error)) from None

REFERENCE = "resources/reference_results.csv"  # an input by path would change whenever the folder moves
SIGNIFICANCE = "resources/reference_significance.csv"
PAGE_TEMPLATES = [
    file_digest(path) for path in sorted((SOURCE / "cuffless" / "report" / "templates").iterdir())
]  # not Python, so no digest of code covers them
JUDGED_TABLES = (
    *"cases skill merits bins agreement drift tests standards subjects leaks events dependence traces".split(),
    *"intervals interval_bins risk".split(),
)
NETWORKS = list(dict.fromkeys([*STUDY.study.networks, "mean"]))
PROTOCOLS = STUDY.personalization.named
PERSONALIZED = [name for name in STUDY.study.networks if STUDY.networks[name].architecture != "mean"]
BACKENDS = {network.training.backend for network in STUDY.networks.values() if network.architecture != "mean"}
# Where networks are trained and fine-tuned; seen from the rules, as conda's files are.
NETWORK_ENVIRONMENT = f"../../envs/cuffless{'-jax' if 'jax' in BACKENDS else ''}.yaml"
CROPS = [Crop(cropping, length).name for cropping in STUDY.inputs.croppings for length in STUDY.inputs.lengths]
ACTIVE_ARMS = active_arms(STUDY)
# Splits with folds: no job samples or trains on such a split itself, its files are joined from those of its folds.
FOLDED = "|".join(name for name, split in STUDY.splits.named.items() if split.kind == "kfold") or "(?!)"
LEAKAGE_DATASET = dataset_of(STUDY, "leakage")


wildcard_constraints:
    dataset="[A-Za-z]\\w*",
    windowing="[A-Za-z]\\w*",
    split=rf"(?!(?:{FOLDED})(?!\w|\.fold\d))[A-Za-z]\w*(?:\.fold\d+)?",
    network="[A-Za-z]\\w*",
    shard="shard\\d+",
    seed="\\d+",
    protocol="[A-Za-z]\\w*",
    figure="|".join(all_figures()),
    crop="(beats|time)\\d+",
    channels="signal|derivatives",
    table="table\\d|personalization|camera",


# Politeness towards PhysioNet counts over all jobs; `--resources connections=N` wins.
if "connections" not in workflow.global_resources:
    workflow.register_resource("connections", max(d.records.download.connections for d in STUDY.datasets.values()))


def growing(amount):
    """A resource that grows with each attempt at a job."""
    return lambda wildcards, attempt: amount * attempt


def entry(section, name):
    """A named block of the configuration, or an error that lists those that are defined."""
    if name not in section:
        raise WorkflowError(f"{name!r} is not defined in the configuration; defined are {', '.join(section)}")
    return section[name]


def code_digest(script, extra=(), without=()):
    """What a rule's results depend on beside its inputs and options: script and modules, by content."""
    return digest_of(SCRIPTS / script, SOURCE, tuple(extra), tuple(without))


def module_file(name):
    """File of one of the package's modules, in this workflow's own folder."""
    return SOURCE.joinpath(*name.split(".")).with_suffix(".py")


def architecture_files(names=tuple(architectures())):
    """Files that hold the code of architectures, all by default."""
    return [module_file(architectures()[name].__module__) for name in names]


def shards(dataset):
    """Names of a data set's shards: known from the configuration alone."""
    return [f"shard{k:03d}" for k in range(STUDY.datasets[dataset].records.shards)]


INPUT_SHARDS = shards(dataset_of(STUDY, "inputs"))


def split_options(name):
    """Options of a split, or of the split that a fold belongs to."""
    split, fold = fold_of(name)
    options = entry(STUDY.splits.named, split)
    if fold is not None and name not in fold_names(split, options):
        raise WorkflowError(f"split {split!r} has no fold {fold}; its kind is {options.kind}")
    return options


def windowing_of(split):
    """Name of the windowing that a split divides."""
    return split_options(split).windowing


def overlap_of(split):
    """Overlap of the windows that a split divides."""
    return float(STUDY.windowings[windowing_of(split)].overlap)


def own_module(name, where):
    """File of a user's own ``module:object``, which counts among the code that a result depends on."""
    import importlib.util

    if ":" not in name:
        return ()
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(name.split(":")[0])
    except ImportError:
        spec = None
    if spec is None or not spec.origin:
        raise WorkflowError(f"{where}: module {name.split(':')[0]} is not found; put it beside the study or install it")
    return (spec.origin,)


def of_folds(pattern):
    """Files of all folds of a split, from a pattern whose split is a wildcard."""

    def files(wildcards):
        folds = fold_names(wildcards.split, split_options(wildcards.split))
        return [pattern.format(**{**wildcards, "split": fold}) for fold in folds]

    return files


def trained(file, dataset, splits=STUDY.study.splits, networks=NETWORKS, seeds=STUDY.study.seeds):
    """A file of each training; those of the study unless others are named."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/{file}",
        dataset=dataset,
        split=splits,
        network=networks,
        seed=seeds,
        file=file,
    )


def trained_in_folds(file, dataset):
    """A file of each training of the study, of each fold where a split has several."""
    splits = [fold for name in STUDY.study.splits for fold in fold_names(name, STUDY.splits.named[name])]
    return trained(file, dataset, splits)


def split_audits(wildcards):
    """Audits of the study's splits: who the subjects are, and what leaked."""
    return expand(
        "results/{dataset}/designs/splits/{split}.audit.json", dataset=wildcards.dataset, split=STUDY.study.splits
    )


def split_leaks(dataset):
    """Leaks of each split of the study: a dependency of every judgement, so that audits run first."""
    return expand("results/{dataset}/designs/splits/{split}.leaks.csv", dataset=dataset, split=STUDY.study.splits)
