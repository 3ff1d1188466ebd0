"""Every source from its files to Figure 7, and Figure 2 of the one that the paper draws it from."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from module_files import load_module

from cuffless.records.sources import KNOWN

RECORDS = Path(__file__).parents[1] / "records"
PAGE = Path(__file__).parents[2] / "docs" / "own_source.md"
OWN = "own_source"  # the module that holds the page's examples


layouts = load_module(RECORDS / "test_sources.py")
layouts.SECONDS = 70


class Person(layouts.Person):
    """A person whose pulse has a shape of its own: else windows are copies of another's, and the study stops."""

    @property
    def ppg(self):
        beat = np.arange(layouts.SECONDS * layouts.FS) / layouts.FS * self.bpm / 60 % 1
        dicrotic = (0.1 + 0.1 * self.number) * np.exp(-0.5 * ((beat - 0.6) / (0.06 + 0.02 * self.number)) ** 2)
        wave = np.exp(-0.5 * ((beat - 0.3) / 0.1) ** 2) + dicrotic
        return (wave - wave.min()) / np.ptp(wave)


# Two to train, or all labels are one.
PEOPLE = (Person(1, 75, 120, 60), Person(2, 60, 140, 70), Person(3, 90, 105, 50), Person(4, 82, 130, 65))
# The figure needs a network: the smallest there can be, and for its few steps no graph is built.
NETWORK = """import keras
import tensorflow as tf

tf.config.run_functions_eagerly(True)


def build(input_shape, options):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(2)])
"""
# The people of the contract test, written in each of its layouts; a data set for each, and the simulator's.
DATASETS = {re.sub(r"\W+", "_", name): layout for name, layout in layouts.LAYOUTS.items()}


def configuration(folder, url):
    datasets = {"simulated": {"records": {"source": "simulator", "shards": 1}}}
    for name, layout in DATASETS.items():
        own = layout.source.startswith("Lab")
        records = {"source": f"{OWN}:{layout.source}" if own else layout.source, "shards": 1, "path": f"data/{name}"}
        if layout.source == "physionet":
            records |= {"path": "", "download": {"url": url, "reserve_gb": 0, "attempts": 3}}
        datasets[name] = {"records": records}
    return {
        "study": {"dataset": "simulated", "splits": ["nonmixed"], "networks": ["line"]},
        "datasets": datasets,
        "simulator": {"subjects": 6, "minutes": 1},
        "windows": {"samples_per_beat": 25},
        "splits": {
            "fractions": [0.5, 0.25, 0.25],
            "named": {"nonmixed": {"kind": "nonmixed"}, "official": {"kind": "official"}},
        },
        "networks": {"line": {"architecture": "own_network:build", "training": {"epochs": 1}}},
        "inputs": {
            "dataset": "kachuee",
            "networks": ["line"],
            "croppings": ["beats"],
            "lengths": [2],
            "repeats": 1,
            "stretch_seconds": 10,
            "training": {"epochs": 1},
        },
        "evaluation": {"bootstrap": 400},
        "figures": {"dpi": 72},
    }


@pytest.fixture(scope="module")
def finished(make_study, physionet, tmp_path_factory):
    """A study of all of them, carried out; gives its folder."""
    study = make_study("sources")
    for name, layout in DATASETS.items():
        folder = study.folder / "data" / name
        folder.mkdir(parents=True)
        layout.write(folder, PEOPLE, False)
    (study.folder / "data" / "mimicbp" / "train_subjects.txt").write_text("['p000003', 'p000001']")
    (study.folder / "data" / "mimicbp" / "test_subjects.txt").write_text("p000002\n")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (study.folder / f"{OWN}.py").write_text("\n".join(blocks))
    (study.folder / "own_network.py").write_text(NETWORK)
    served = study.folder / "data" / "physionet"
    physionet.write_sums(served / "mimic3wdb-matched" / "1.0")
    targets = [f"results/{name}/figures/fig7.pdf" for name in ("simulated", *DATASETS)]
    targets += ["results/kachuee/figures/fig2.pdf", "results/mimicbp/designs/splits/official.parquet"]
    with physionet.PhysioNetServer(served) as server:
        (study.folder / "study.yaml").write_text(yaml.safe_dump(configuration(study.folder, server.url)))
        command = [sys.executable, str(Path(__file__).with_name("one_process.py")), "--configfile", "study.yaml"]
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and "proxy" not in k.lower()}
        done = subprocess.run(
            [*command, "--quiet", "--", *targets], cwd=study.folder, capture_output=True, text=True, env=environment
        )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    return study.folder


def test_every_source_there_is_takes_part():
    tested = {layout.source for layout in DATASETS.values()} | {"simulator"}
    assert set(KNOWN) == {source for source in tested if not source.startswith("Lab")}
    table = PAGE.read_text().partition("## Built-in sources")[2]
    assert set(KNOWN) | {"module:class"} == set(re.findall(r"^\| `([\w:]+)` \|", table, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["simulated", *DATASETS])
def test_recordings_go_from_their_files_to_figure_7(finished, name):
    results = finished / "results" / name
    assert (results / "figures" / "fig7.pdf").read_bytes().startswith(b"%PDF")
    table = pd.read_csv(results / "judgement" / "splits" / "tables" / "overall.csv")
    assert set(table["network"]) == {"line", "mean"}
    if name != "simulated":
        split = pd.read_parquet(results / "designs" / "splits" / "nonmixed.parquet")
        assert sorted(split.groupby("subject")["sbp"].median().round()) == [105, 120, 130, 140]


@pytest.mark.slow
def test_figure_2_is_drawn_of_kachuees_recordings(finished):
    assert (finished / "results" / "kachuee" / "figures" / "fig2.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_a_published_split_is_the_one_that_was_published(finished):
    split = pd.read_parquet(finished / "results" / "mimicbp" / "designs" / "splits" / "official.parquet")
    sets = split.groupby("subset")["subject"].agg(set)
    assert sets["test"] == {"p000002"}
    assert sets["train"] | sets["val"] == {"p000001", "p000003"}
    assert not sets["train"] & sets["val"]
