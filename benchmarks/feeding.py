"""Training is fed faster than a network can learn, in bounded memory.

Repeat with ``python -m benchmarks feeding fitting``.

Rates are windows of 875 samples a second of wall time on two cores; the fastest of a few epochs counts, because
other work on the machine can only slow one.
"""

import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from benchmarks.material import materialized
from benchmarks.processes import MEGABYTE, in_fresh_process, two_cores
from benchmarks.table import Measurement

WINDOWS = 60_000
EPOCHS = 5
LITTLE_MB = 16.0  # a sixth of what the windows take
LEAST_RATE = 30_000


def feeding() -> Iterator[Measurement]:
    """Batches of 32 from memory and in blocks, as arrays; memory that the blocks take."""
    with tempfile.TemporaryDirectory() as folder, two_cores():
        store = materialized(Path(folder), {"train": WINDOWS})["train"]
        for name, ram_mb in (("memory", 4000.0), ("blocks", LITTLE_MB)):
            rate = in_fresh_process(_feeding_rate, store, ram_mb)
            yield Measurement(f"feed_{name}", rate, "windows/s", at_least=LEAST_RATE)
        held = in_fresh_process(_megabytes_held, store)
        yield Measurement("feed_blocks_memory", held / LITTLE_MB, "share of ram_mb", at_most=1)


def fitting() -> Iterator[Measurement]:
    """`train_network` with a network that costs next to nothing: what is left is the feed."""
    with tempfile.TemporaryDirectory() as folder, two_cores():
        stores = materialized(Path(folder), {"train": WINDOWS, "val": 512})
        for name, ram_mb in (("memory", 4000.0), ("blocks", LITTLE_MB)):
            rate = in_fresh_process(_fitting_rate, stores["train"], stores["val"], ram_mb)
            yield Measurement(f"fit_{name}", rate, "windows/s", at_least=LEAST_RATE)


def least_network(input_shape: tuple[int, int], options):
    """Build a network of one average and two linear units, given to training as a user's own."""
    import keras

    layers = [keras.Input(input_shape), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2)]
    return keras.Sequential(layers)


def _feeding_rate(store: Path, ram_mb: float) -> float:
    from cuffless.training import feed, open_windows

    windows = open_windows(store, ram_mb=ram_mb)
    seconds = []
    for epoch in range(1, EPOCHS + 1):
        begin = time.perf_counter()
        fed = sum(len(labels) for _, labels in feed(windows, batch_size=32, seed=0, epoch=epoch))
        seconds.append(time.perf_counter() - begin)
    return fed / min(seconds)


def _megabytes_held(store: Path) -> float:
    """Peak of the memory allocated while one epoch is fed in blocks, in MB.

    Resident memory would not do: the store is read through a memory map, whose pages the system drops at will.
    """
    from cuffless.training import feed, open_windows

    next(feed(open_windows(store, ram_mb=LITTLE_MB), batch_size=32, seed=0, epoch=1))  # imports what it needs
    tracemalloc.start()
    for _ in feed(open_windows(store, ram_mb=LITTLE_MB), batch_size=32, seed=0, epoch=1):
        pass
    return tracemalloc.get_traced_memory()[1] / MEGABYTE


def _fitting_rate(train: Path, val: Path, ram_mb: float) -> float:
    from cuffless.config import CustomOptions, TrainingOptions
    from cuffless.training import train_network

    training = TrainingOptions(epochs=EPOCHS, patience=None, ram_mb=ram_mb)
    options = CustomOptions(architecture="benchmarks.feeding:least_network", training=training)
    trained = train_network(options, train, val, seed=0, log=lambda _: None)
    return WINDOWS / min(row["seconds"] for row in trained.history)
