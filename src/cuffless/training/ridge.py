"""Ridge regression on an encoder's features, with a penalty chosen by cross-validation over people."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuffless.architectures.layers.encoder import encode
from cuffless.files import whole_file
from cuffless.own_code import custom_function
from cuffless.provenance import file_digest
from cuffless.training.feeding import WindowSet, feed

_AT_ONCE = 4096  # windows


@dataclass(frozen=True)
class Ridge:
    """Pressures from features: ``features @ slopes + intercept``, mmHg."""

    slopes: np.ndarray
    """(features, 2) float array."""
    intercept: np.ndarray
    """(2,) float array."""
    penalties: tuple[float, float]
    """Chosen for SBP and DBP."""
    errors: list[tuple[float, float]]
    """MAE of SBP and DBP in cross-validation for each penalty that was tried, mmHg."""

    def pressures(self, features: np.ndarray) -> np.ndarray:
        """SBP and DBP in mmHg, (n, 2)."""
        return features @ self.slopes + self.intercept


def fit_ridge(
    features: np.ndarray, labels: np.ndarray, people: np.ndarray, penalties: Sequence[float], folds: int, *, seed: int
) -> Ridge:
    """Fit a ridge regression whose penalty is chosen on people that each fit has not seen.

    Parameters
    ----------
    features : (n, m) float array
    labels : (n, 2) float array
        mmHg.
    people : (n,) array
        Whose window it is.
    penalties : sequence of float
        Added to the variance of each standardized feature, which is 1.
    folds : int
        Groups of people; fewer if there are fewer people.
    seed : int
        Of the division of people.

    Returns
    -------
    Ridge

    Raises
    ------
    ValueError
        If there is only one person.

    Notes
    -----
    Hastie et al. (2009), sections 3.4.1 and 7.10. Windows of one person are alike, so that folds of windows would
    choose too small a penalty. All fits come from sums over each fold.
    """
    _, owner = np.unique(np.asarray(people), return_inverse=True)
    k = int(owner.max()) + 1
    if k < 2:
        raise ValueError("all training windows are of one person; cross-validation needs two or more")
    folds = min(folds, k)
    fold = np.random.default_rng(seed).permutation(np.arange(k) % folds)[owner]
    x = features.astype(float)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    x = (x - mean) / np.where(scale > 1e-9 * np.maximum(np.abs(mean), 1), scale, 1.0)
    y = labels.astype(float)
    parts = [_sums(x[fold == f], y[fold == f]) for f in range(folds)]
    total = [np.sum(values, axis=0) for values in zip(*parts, strict=True)]
    errors = np.zeros((len(penalties), 2))
    for f, part in enumerate(parts):
        rest = [whole - own for whole, own in zip(total, part, strict=True)]
        for i, penalty in enumerate(penalties):
            slopes, intercept = _solve(rest, penalty)
            errors[i] += np.abs(x[fold == f] @ slopes + intercept - y[fold == f]).sum(axis=0)
    errors /= len(y)
    chosen = [float(penalties[i]) for i in errors.argmin(axis=0)]
    fits = [_solve(total, penalty) for penalty in chosen]
    slopes = np.column_stack([fits[p][0][:, p] for p in range(2)])
    intercept = np.array([fits[p][1][p] for p in range(2)])
    slopes = slopes / np.where(scale > 1e-9 * np.maximum(np.abs(mean), 1), scale, 1.0)[:, None]
    return Ridge(slopes, intercept - mean @ slopes, (chosen[0], chosen[1]), [(a, b) for a, b in errors.tolist()])


def _sums(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    return np.array(float(len(x))), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y


def _solve(sums, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    n, sx, sy, xx, xy = sums
    mx, my = sx / n, sy / n
    gram = xx / n - np.outer(mx, mx) + penalty * np.eye(len(mx))
    slopes = np.linalg.solve(gram, xy / n - np.outer(mx, my))
    return slopes, my - mx @ slopes


def encoded(windows: WindowSet, encoder: str, parameters: dict, cache: Path | None) -> np.ndarray:
    """Features of a set of windows, from the cache if they have been computed before.

    Parameters
    ----------
    windows : WindowSet
    encoder, parameters
        As for `encode`.
    cache : Path or None
        Folder; features are found there by a digest of the windows, the encoder's name, file and parameters.

    Returns
    -------
    (n, features) float32 array
    """
    place = None if cache is None else cache / f"{_digest(windows.path, encoder, parameters)}.npy"
    if place is not None and place.is_file():
        try:
            found = np.load(place, allow_pickle=False)
            if len(found) == len(windows):
                return found
        except (ValueError, OSError, EOFError):
            pass  # cut short by a full disk; computed again
    parts = [encode(encoder, parameters, x[:, :, 0]) for x, _ in feed(windows, batch_size=_AT_ONCE)]
    found = np.concatenate(parts)
    if place is not None:
        with whole_file(place) as part, part.open("wb") as file:
            np.save(file, found)
    return found


def _digest(store: Path, encoder: str, parameters: dict) -> str:
    """Digest of all that features depend on: files that parameters name, such as weights, count by their content."""
    code = getattr(sys.modules.get(custom_function(encoder).__module__), "__file__", None)
    named = [value for value in parameters.values() if isinstance(value, str) and Path(value).is_file()]
    files = [store, *filter(None, [code]), *named]
    text = json.dumps([encoder, parameters, [file_digest(path) for path in files]], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
