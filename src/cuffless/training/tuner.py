"""Fitting the tail of a network to a few windows."""

from dataclasses import dataclass

import numpy as np

from cuffless.config import ProtocolOptions
from cuffless.training.backends import current_module
from cuffless.training.state import reseed
from cuffless.training.tail import Tail


@dataclass(frozen=True)
class Tuned:
    """How a fit went."""

    n_train: int
    n_val: int
    """`n_train`, `n_val`: Windows trained on, and held out to decide when to stop."""
    epochs: int
    best_epoch: int
    """`epochs`, `best_epoch`: Epochs run, and the one whose weights were kept; 0: the network as it was."""
    loss: float
    """Mean squared error in mmHg^2 of the kept weights on the held-out windows; on the trained ones where none is."""


class Tuner:
    """Fits one tail again and again, each time from the network's own weights; compiled once.

    Parameters
    ----------
    tail : Tail
    options : ProtocolOptions
        Learning rate, epochs, patience, batch size.

    Notes
    -----
    Mean squared error in mmHg and Adam, as in training (paper, section 3.5.2).
    """

    def __init__(self, tail: Tail, options: ProtocolOptions):
        self.tail, self.options = tail, options
        self._engine = current_module().Engine(tail.model, options.learning_rate)
        self._fresh = self._engine.optimizer_state()

    def fit(self, features: list[np.ndarray], labels: np.ndarray, val: np.ndarray, *, seed: list[int]) -> Tuned:
        """Train the tail on a subject's calibration windows.

        Parameters
        ----------
        features : list of (n, ...) float arrays
            As from `Tail.features`, of all calibration windows: those that train come first.
        labels : (n, 2) float array
            SBP and DBP in mmHg.
        val : int array
            Rows that decide when to stop: the last ones; none; or all, where the authors' code stops on what it
            trains on.
        seed : list of int
            Of dropout and of the order of windows.

        Returns
        -------
        Tuned
            The tail then has the weights of the epoch with the lowest loss on `val`; without any, on the windows that
            train, where training ends at an RMS error of `few_rms`; the network's own where no epoch was better.

        Raises
        ------
        ValueError
            If there is no window to train on.
        """
        n = len(labels)
        train = np.arange(n if len(val) == n else n - len(val))
        if not len(train):
            raise ValueError("no calibration window to train on; raise the budget or lower validation_share")
        self._restart()
        x, y = [np.asarray(part, np.float32) for part in features], np.asarray(labels, np.float32)
        judged = val if len(val) else train
        x_val, y_val = [part[judged] for part in x], y[judged]
        start = best = self._loss(x_val, y_val)
        best_epoch, weights = 0, self.tail.model.get_weights()
        words = np.random.SeedSequence(seed).generate_state(2)
        epoch, enough = 0, None if len(val) else self.options.few_rms**2
        while epoch < self.options.epochs and not self._ended(epoch - best_epoch, best, enough):
            epoch += 1
            reseed(self.tail.model, int(words[0]), epoch)
            order = np.random.default_rng([int(words[1]), epoch]).permutation(train)
            self._engine.train(x, y, order, self.options.batch_size)
            loss = self._loss(x_val, y_val)
            if not np.isfinite(loss):
                break
            if loss < best:
                best, best_epoch, weights = loss, epoch, self.tail.model.get_weights()
        self.tail.model.set_weights(weights)
        return Tuned(len(train), 0 if len(val) == n else len(val), epoch, best_epoch, best if best_epoch else start)

    def _ended(self, waited: int, best: float, enough: float | None) -> bool:
        """Whether training ends: the loss no longer falls on windows held out, or is low enough without any."""
        return waited >= self.options.patience if enough is None else best <= enough

    def _restart(self) -> None:
        self.tail.reset()
        self._engine.set_optimizer_state(self._fresh)

    def _loss(self, x, y) -> float:
        """Mean squared error in mmHg^2."""
        return float(np.square(self._engine.predict(x).astype(float) - y).mean())
