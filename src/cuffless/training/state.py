"""The state of a training between epochs: all that a resumed run needs to give the same result, bit for bit."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cuffless.files import whole_file
from cuffless.training.backends import Engine

STATE_FILE = "state.npz"


@dataclass
class Progress:
    """What a training has reached."""

    history: list[dict] = field(default_factory=list)
    """One row an epoch."""
    best_epoch: int = 0
    """Epoch whose weights are kept; 0: none yet."""
    best_value: float = float("inf")
    """Its value of the figure that decides."""
    lowest_loss: float = float("inf")
    """Lowest validation loss, by which training stops early."""
    waited: int = 0
    """Epochs since it was reached."""
    cpu_seconds: float = 0.0
    """Over all runs."""
    resumed: list[int] = field(default_factory=list)
    """Epochs after which the training was taken up again."""
    best_weights: list = field(default_factory=list)
    """List of arrays."""

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    def add(self, row: dict, *, keep: str, weights) -> None:
        """Add an epoch: its history row, and `weights()` if it is the best by ``val_<keep>``."""
        self.history.append(row)
        value = row[f"val_{keep}"]
        if value < self.best_value:
            self.best_value, self.best_epoch, self.best_weights = value, row["epoch"], weights()
        if row["val_loss"] < self.lowest_loss:
            self.lowest_loss, self.waited = row["val_loss"], 0
        else:
            self.waited += 1


def reseed(model, seed: int, epoch: int) -> None:
    """Give every random generator inside a model (dropout's) its state for an epoch.

    Keras does not save these generators. Setting them from (seed, epoch, position) makes an epoch's
    dropout independent of whether the epochs before ran in this process.
    """
    generators = [v for v in model.variables if v.name == "seed_generator_state"]
    for position, state in enumerate(generators):
        start = np.random.SeedSequence([seed, epoch, position]).generate_state(1)[0]
        state.assign(np.array([start, 0]).astype(state.dtype))


def save_state(folder: str | Path, model, engine: Engine, progress: Progress, facts: dict) -> None:
    """Write weights, optimizer, best weights and counters as one file, whole or not at all.

    Parameters
    ----------
    folder : str or Path
    model : keras.Model
    engine : Engine
        Of the model.
    progress : Progress
    facts : dict
        What the training depends on; a state with other facts is not taken up.
    """
    counters = {name: value for name, value in vars(progress).items() if name != "best_weights"}
    arrays = {
        "counters": np.array(json.dumps(counters)),
        "facts": np.array(json.dumps(facts, sort_keys=True)),
        **_numbered("weight", model.get_weights()),
        **_numbered("optimizer", engine.optimizer_state()),
        **_numbered("best", progress.best_weights),
    }
    with whole_file(Path(folder) / STATE_FILE) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def load_state(folder: str | Path, model, engine: Engine, facts: dict, log=print) -> Progress:
    """Take up a training where its last whole epoch ended.

    Parameters
    ----------
    folder : str or Path
        As given to `save_state`; need not exist.
    model : keras.Model
        Freshly built; gets the weights.
    engine : Engine
        Of the model; gets the optimizer's state.
    facts : dict
        As given to `save_state`.
    log : callable
        Called if a state cannot be used.

    Returns
    -------
    Progress
        At its start if there is no state, or one that is damaged or belongs to another training.
    """
    path = Path(folder) / STATE_FILE
    if not path.is_file():
        return Progress()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if json.loads(str(arrays["facts"])) != json.loads(json.dumps(facts)):
                raise ValueError("it belongs to other options, data or versions")
            progress = Progress(**json.loads(str(arrays["counters"])))
            weights, best = _read(arrays, "weight"), _read(arrays, "best")
            optimizer = _read(arrays, "optimizer")
        _check(weights, model.get_weights())
        _check(best, weights)
        _check(optimizer, engine.optimizer_state())
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        log(f"{path} cannot be resumed ({error}); training starts from the beginning")
        return Progress()
    model.set_weights(weights)
    engine.set_optimizer_state(optimizer)
    progress.best_weights = best
    progress.resumed.append(progress.epoch)
    return progress


def _numbered(name: str, arrays) -> dict:
    return {f"{name}{i:05d}": array for i, array in enumerate(arrays)}


def _read(arrays, name: str) -> list:
    return [arrays[key] for key in sorted(arrays.files) if key.startswith(name)]


def _check(found, expected) -> None:
    if [(a.shape, a.dtype) for a in found] != [(a.shape, a.dtype) for a in expected]:
        raise ValueError("its arrays are not those of this network")
