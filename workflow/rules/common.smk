import json
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SOURCE))
# Jobs find the package, and a user's own network beside the study, whether or not the package is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([str(SOURCE), os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
)

from cuffless.config import ConfigError, read_config
from cuffless.provenance import code_digest as digest_of
from cuffless.records import shard_listing, shard_of
from cuffless.simulator import subject_name

try:
    STUDY = read_config(config, source=", ".join(map(str, workflow.configfiles)) or "--config")
except ConfigError as error:
    raise WorkflowError(str(error)) from None

FIGURES = ["fig1", "fig4", "fig5", "fig6", "fig7"]
NETWORKS = list(dict.fromkeys([*STUDY.study.networks, "mean"]))


wildcard_constraints:
    dataset="[A-Za-z]\\w*",
    windowing="[A-Za-z]\\w*",
    split="[A-Za-z]\\w*",
    network="[A-Za-z]\\w*",
    shard="shard\\d+",
    seed="\\d+",
    figure="fig\\w+",
    table="table\\d",


def shards(dataset):
    """Names of a data set's shards: known from the configuration alone."""
    return [f"shard{k:03d}" for k in range(STUDY.datasets[dataset].records.shards)]


def named(section, name):
    """A named block of the configuration, or a clear word that there is none."""
    if name not in section:
        raise WorkflowError(f"{name!r} is not defined in the configuration; defined are {', '.join(section)}")
    return section[name]


def code_digest(script, extra=()):
    """What a rule's results depend on beside its inputs and options: script and modules, by content."""
    return digest_of(SCRIPTS / script, SOURCE, tuple(extra))


def windowing_of(split):
    """Name of the windowing that a split divides."""
    return named(STUDY.splits.named, split).windowing
