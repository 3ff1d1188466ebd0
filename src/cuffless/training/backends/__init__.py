"""Backends: what computes the steps of a training and its predictions.

A backend's module has these: ``load()`` imports Keras on it, and ``NEEDLESS`` names what Keras then imports wherever it
is installed and nothing here uses; ``prepare(seed, threads, log)`` fixes threads, random numbers and deterministic
operations before anything runs, and tells by ``log`` what can no longer be set; ``devices()`` gives the threads and
GPUs for the run file; ``building()`` is a context in which networks are built and read; and ``Engine`` trains one. Only
the module of the backend in use is imported.
"""

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Protocol

import numpy as np

_MODULES = {"tensorflow": "on_tensorflow", "jax": "on_jax"}


class BackendError(RuntimeError):
    """A backend that is not installed, or another one already in use; the message says what to do."""


class Engine(Protocol):
    """Trains one network by Adam, and runs it; made once, used for any number of windows.

    The loss is the mean squared error, or the pinball loss of quantile outputs. Weights are always those of the model.
    Made by ``Engine(model, learning_rate)``, whose layers train or not as they are set then.
    """

    def train(self, x: list[np.ndarray], y: np.ndarray, order: np.ndarray, batch_size: int):
        """Take one step for each batch of rows.

        Parameters
        ----------
        x : list of (n, ...) float32 arrays
            One per input of the network.
        y : (n, 2) float32 array
            SBP and DBP in mmHg.
        order : (m,) int array
            Rows that train, in the order in which they are cut into batches; the last batch may hold fewer.
        batch_size : int

        Returns
        -------
        (2,) array
            Sums over the rows of the loss in mmHg^2 (pinball loss: mmHg), with penalties of weights, and of the
            absolute error in mmHg. It may still be being computed; reading it waits.
        """

    def predict(self, x: list[np.ndarray]) -> np.ndarray:
        """All outputs in mmHg, (n, 2 or 6) float32, of rows: SBP and DBP first."""

    def optimizer_state(self) -> list[np.ndarray]:
        """Return what the optimizer remembers, as arrays."""

    def set_optimizer_state(self, arrays: list[np.ndarray]) -> None:
        """Restore what `optimizer_state` has given."""


def use_backend(name: str) -> ModuleType:
    """Choose the backend of this process.

    Parameters
    ----------
    name : {"tensorflow", "jax"}

    Returns
    -------
    module
        The backend's; ``prepare`` must be called before a training.

    Raises
    ------
    BackendError
        If it is not installed, or Keras already runs on another one.
    """
    backend = backend_module(name)
    if "keras" in sys.modules and (current := current_backend()) != name:
        raise BackendError(
            f"Keras already runs on {current} in this process, so it cannot run on {name}: start a new process for it"
        )
    os.environ["KERAS_BACKEND"] = name
    _import_keras(backend)
    return backend


def _import_keras(backend: ModuleType) -> None:
    """Import Keras and its backend in half the time: none of a million new objects is garbage, and nothing is drawn."""
    collects = gc.isenabled()
    gc.disable()
    try:
        with hidden(*backend.NEEDLESS):
            backend.load()
    finally:
        if collects:
            gc.enable()
    gc.freeze()  # nor are they later, when networks are traced


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let imports of modules fail that are not imported yet: libraries that can do without then do."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def backend_module(name: str) -> ModuleType:
    """Module of a backend.

    Raises
    ------
    BackendError
        If there is no such backend, or it is not installed.
    """
    if name not in _MODULES:
        raise BackendError(f"backend {name!r} is unknown; there are {', '.join(_MODULES)}")
    if name not in sys.modules and importlib.util.find_spec(name) is None:
        raise BackendError(
            f"backend {name} is not installed; run make env BACKEND={name}, or install cuffless[{name}] with pip"
        )
    return importlib.import_module(f"{__name__}.{_MODULES[name]}")


def current_backend() -> str:
    """Name of the backend that Keras runs on in this process, or would."""
    if "keras" not in sys.modules:
        return os.environ.get("KERAS_BACKEND", "tensorflow")
    import keras

    return keras.backend.backend()


def current_module() -> ModuleType:
    """Module of the backend that Keras runs on in this process."""
    return backend_module(current_backend())
