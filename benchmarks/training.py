"""Training under each backend beside Keras's own `fit` on TensorFlow.

Repeat with ``python -m benchmarks training full_size``.

Every training runs in a fresh process, one at a time and in turns, on one thread; what counts is the CPU time of the
process.
"""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.keras_fit import train_by_keras
from benchmarks.material import FS, one_piece
from benchmarks.processes import in_fresh_process, peak_megabytes, two_cores
from benchmarks.study import PROJECT
from benchmarks.table import Measurement
from cuffless.config import NetworkOptions, WindowOptions, load_config, read_config
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.training import open_windows, train_network
from cuffless.windows import cut_windows
from cuffless.windows.materialize import write_set

NETWORKS = ("alexnet", "resnet", "slapnicar", "lstm")
BACKENDS = ("tensorflow", "jax")
REFERENCE = "keras"
SIZES, EPOCHS = {"train": 3700, "val": 900}, 12
MOST_OF_REFERENCE = {"tensorflow": 0.7, "jax": 0.65}
FULL_SIZES, FULL_EPOCHS = {"train": 128, "val": 32}, 3
LEAST_SPEED = {"tensorflow": 1.1, "jax": 0.75}
MOST_MEMORY = 1.2


class Cost(NamedTuple):
    """What a training took: CPU seconds, training windows per CPU-second after the first epoch, peak memory in MB."""

    cpu_seconds: float
    rate: float
    megabytes: float


def training() -> Iterator[Measurement]:
    """The default study's networks: CPU time at most 0.7 times that of Keras's `fit` with TensorFlow, 0.65 with JAX."""
    config = load_config(PROJECT / "config.yaml")
    costs: dict[str, dict[str, Cost]] = {name: {} for name in NETWORKS}
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        stores = _window_sets(Path(temporary), SIZES, config.windows)
        for name in NETWORKS:
            options = config.networks[name]
            for how in (REFERENCE, *_installed()):
                costs[name][how] = _trained(how, options, stores, EPOCHS, Path(temporary))
            if "jax" in costs[name]:  # programs are compiled already
                costs[name]["jax_again"] = _trained("jax", options, stores, EPOCHS, Path(temporary))
    total = {how: sum(each[how].cpu_seconds for each in costs.values()) for how in costs[NETWORKS[0]]}
    for how, seconds in total.items():
        if how != REFERENCE:
            ratio = seconds / total[REFERENCE]
            yield Measurement(f"training_{how}_over_keras", ratio, "CPU ratio", at_most=MOST_OF_REFERENCE.get(how))
    for how, seconds in total.items():
        yield Measurement(f"training_{how}", seconds, "CPU s")
        yield Measurement(f"training_{how}_memory", max(each[how].megabytes for each in costs.values()), "MB")
    for name, each in costs.items():
        for how, cost in each.items():
            if how != "jax_again":
                yield Measurement(f"training_{how}_{name}", cost.rate, "windows/CPU-s")


def full_size() -> Iterator[Measurement]:
    """Networks of full width, 875 samples: windows per CPU-second and memory, for AlexNet beside Keras's `fit`."""
    config = read_config({"networks": {name: {} for name in NETWORKS}})
    costs: dict[str, dict[str, Cost]] = {name: {} for name in NETWORKS}
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        stores = _window_sets(Path(temporary), FULL_SIZES, config.windows)
        for name in NETWORKS:
            for how in ([REFERENCE] if name == "alexnet" else []) + _installed():
                costs[name][how] = _trained(how, config.networks[name], stores, FULL_EPOCHS, Path(temporary))
    keras = costs["alexnet"][REFERENCE]
    for how in _installed():
        cost = costs["alexnet"][how]
        speed, memory = cost.rate / keras.rate, cost.megabytes / keras.megabytes
        yield Measurement(f"full_size_{how}_over_keras", speed, "ratio of windows/CPU-s", at_least=LEAST_SPEED[how])
        yield Measurement(f"full_size_{how}_memory_over_keras", memory, "peak memory ratio", at_most=MOST_MEMORY)
    for name, each in costs.items():
        for how, cost in each.items():
            yield Measurement(f"full_size_{how}_{name}", cost.rate, "windows/CPU-s")
            yield Measurement(f"full_size_{how}_{name}_memory", cost.megabytes, "MB")


def _installed() -> list[str]:
    """Backends that this environment has."""
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    for name in (name for name in BACKENDS if name not in installed):
        print(f"{name} is not installed, so its rows are left out: run make env BACKEND={name}", file=sys.stderr)
    return installed


def _trained(how: str, options: NetworkOptions, stores: dict[str, Path], epochs: int, folder: Path) -> Cost:
    """Train once in a fresh process; what it compiles is kept in a folder."""
    changes = {"epochs": epochs, "patience": None, "backend": "tensorflow" if how == REFERENCE else how}
    options = options.model_copy(update={"training": options.training.model_copy(update=changes)})
    train = train_by_keras if how == REFERENCE else _train
    return in_fresh_process(_cost, train, options, stores["train"], stores["val"], folder)


def _cost(train: Callable, options: NetworkOptions, train_set: Path, val_set: Path, cache: Path) -> Cost:
    os.environ["XDG_CACHE_HOME"] = str(cache)
    ends: list[float] = []  # CPU seconds after each epoch
    train(options, train_set, val_set, lambda: ends.append(sum(os.times()[:4])))
    windows = (len(ends) - 1) * len(open_windows(train_set))
    return Cost(sum(os.times()[:4]), windows / (ends[-1] - ends[0]), peak_megabytes())


def _train(options: NetworkOptions, train_set: Path, val_set: Path, end_epoch: Callable[[], None]) -> None:
    train_network(options, train_set, val_set, seed=0, log=lambda _: end_epoch())


def _window_sets(folder: Path, sizes: dict[str, int], options: WindowOptions) -> dict[str, Path]:
    """Write sets of simulated people's windows, an hour each, in a random order."""
    n, number, ppg, labels = sum(sizes.values()), 0, [], []
    while sum(map(len, ppg)) < n:
        subject = simulate_subject(number, one_piece(1))
        windows = cut_windows(from_arrays(subject.name, subject.ppg, subject.abp, FS), options)
        ppg.append(windows.ppg)
        labels.append(np.column_stack([windows.kept.sbp, windows.kept.dbp]).astype(np.float32))
        number += 1
    order = np.random.default_rng(0).permutation(n)
    x, y = np.concatenate(ppg)[order], np.concatenate(labels)[order]
    paths, start = {}, 0
    for name, size in sizes.items():
        rows, paths[name] = slice(start, start + size), folder / f"{name}.zarr.zip"
        write_set(paths[name], y[rows], [x[rows]], x.shape[1], {"windows": options.model_dump(mode="json")})
        start += size
    return paths
