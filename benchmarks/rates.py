"""Rates of single stages; they inform and bind nothing.

Repeat with ``python -m benchmarks simulating materializing predicting importing``.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.material import manifest, simulated, window_store
from benchmarks.processes import in_fresh_process
from benchmarks.table import Measurement
from cuffless.windows.materialize import materialize

WINDOWS = 40_000
_IMPORT = """
import sys, time
begin = time.process_time()
import cuffless.windows
print(time.process_time() - begin, sum(name.partition(".")[0] == "tensorflow" for name in sys.modules))
"""


def simulating() -> Iterator[Measurement]:
    """Hours of PPG and ABP that a CPU-second simulates."""
    simulated(0.1)
    begin = time.process_time()
    simulated(4)
    yield Measurement("simulate", 4 / (time.process_time() - begin), "hours/CPU-s")


def materializing() -> Iterator[Measurement]:
    """Windows that a CPU-second copies from a shard's store into the shuffled store of a set."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = window_store(folder, WINDOWS)
        drawn = manifest(store, {"train": WINDOWS})
        begin = time.process_time()
        materialize(drawn, [str(store)], {"train": str(folder / "train.zarr.zip")})
        yield Measurement("materialize", WINDOWS / (time.process_time() - begin), "windows/CPU-s")


def predicting() -> Iterator[Measurement]:
    """Windows that the default study's AlexNet predicts in a second, at 175 samples a window."""
    yield Measurement("predict", in_fresh_process(_predicting_rate), "windows/s")


def importing() -> Iterator[Measurement]:
    """CPU seconds to import the windowing stage, and TensorFlow modules that come along (there should be none)."""
    done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
    seconds, modules = done.stdout.split()
    yield Measurement("import_windows", float(seconds), "CPU s")
    yield Measurement("import_windows_tensorflow", float(modules), "modules")


def _predicting_rate() -> float:
    from cuffless.config import AlexNetOptions
    from cuffless.networks import build_network, predict_pressures

    options = AlexNetOptions(width=0.125)
    model = build_network(options, (175, 1), label_mean=(120, 60), label_sd=(20, 10))
    ppg = np.random.default_rng(0).standard_normal((20_000, 175), np.float32)
    predict_pressures(model, ppg[:512], derivatives=False)
    begin = time.perf_counter()
    predict_pressures(model, ppg, derivatives=False)
    return len(ppg) / (time.perf_counter() - begin)
