"""A network is registered once, by a file in `cuffless.architectures` or by an installed package."""

import pytest
from package_copy import copy_package, run_with

TINY = '''"""The least network."""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option


class TinyOptions(NetworkOptions):
    """The least network."""

    printed_name: ClassVar[str] = "Tiny network"

    architecture: Literal["tiny"] = "tiny"
    """Architecture."""
    units: int = option(4, ge=1)
    """Units of its only layer."""

    def parameter_estimate(self, samples):
        return float(self.units * samples)


def least_length(options):
    return 2


def build(inputs, options):
    from keras import layers

    return layers.Dense(options.units)(layers.Flatten()(inputs))
'''

LISTED = """
import json
import sys
from cuffless.config import ARCHITECTURES, network_names, read_config
from cuffless.config.documentation import option_table, schema
from cuffless.figures.names import NETWORKS as in_figures
from cuffless.judgement.paper_tables import NETWORKS as in_tables
from cuffless.planning.training import model_bytes

network = read_config({"networks": {"tiny": {"units": 3}}, "study": {"networks": ["tiny"]}}).networks["tiny"]
print(json.dumps({
    "known": list(ARCHITECTURES),
    "read": network.units,
    "documented": "## networks.NAME, tiny" in option_table() and "TinyOptions" in schema(),
    "printed": [in_tables["tiny"], in_figures["tiny"]],
    "planned": model_bytes(network, 100),
    "keras": "keras" in sys.modules,
}))
"""

BUILT = """
import json
from cuffless.config import read_config
from cuffless.networks import build_network, least_length

network = read_config({"networks": {"tiny": {"units": 3}}, "study": {"networks": ["tiny"]}}).networks["tiny"]
model = build_network(network, (10, 1), label_mean=(120, 60), label_sd=(15, 8))
print(json.dumps([least_length(network), model.count_params(), model.name]))
"""

MODULE = """
from cuffless.records import Source


class Lab(Source):
    pass


def build(input_shape, options):
    return None
"""

INSTALLED = """
import json
from cuffless.config import read_config
from cuffless.records import get_source

study = read_config({
    "records": {"source": "lab"},
    "networks": {"deep": {}, "alexnet": {}},
    "study": {"networks": ["deep", "alexnet"]},
})
source = study.datasets["cohort"].records.source
print(json.dumps([
    study.networks["deep"].architecture, study.networks["alexnet"].architecture, source,
    type(get_source(source)).__name__,
]))
"""


def test_a_network_is_added_by_one_file(tmp_path):
    (copy_package(tmp_path) / "architectures" / "tiny.py").write_text(TINY)
    assert run_with(tmp_path, LISTED) == {
        "known": ["alexnet", "resnet", "slapnicar", "lstm", "xresnet1d50", "inceptiontime", "encoder", "tiny", "mean"],
        "read": 3,
        "documented": True,
        "printed": ["Tiny network", "Tiny network"],
        "planned": 4 * 3 * 100,
        "keras": False,
    }
    assert run_with(tmp_path, BUILT) == [2, 10 * 3 + 3 + 3 * 2 + 2, "tiny"]


@pytest.fixture
def installed(tmp_path):
    """A folder with an installed package that announces a network and a source."""
    (tmp_path / "lab_module.py").write_text(MODULE)
    described = tmp_path / "lab_package-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-package\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(
        "[cuffless.networks]\ndeep = lab_module:build\nalexnet = lab_module:build\n\n"
        "[cuffless.sources]\nlab = lab_module:Lab\n"
    )
    return tmp_path


def test_an_installed_package_adds_names_and_replaces_none(installed):
    copy_package(installed)
    assert run_with(installed, INSTALLED) == ["lab_module:build", "alexnet", "lab_module:Lab", "Lab"]
