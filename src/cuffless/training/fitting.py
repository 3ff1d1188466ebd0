"""Training a network on materialized windows."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from cuffless.config import MeanOptions, NetworkOptions
from cuffless.networks.channels import channel_count
from cuffless.networks.layers import describe_layers
from cuffless.networks.registry import build_network
from cuffless.training import runtime
from cuffless.training.backends import Engine, current_backend, use_backend
from cuffless.training.backends.loss import pinball, quantile_shares
from cuffless.training.feeding import WindowSet, feed, open_windows
from cuffless.training.result import TrainedNetwork
from cuffless.training.state import Progress, load_state, reseed, save_state

# Windows handed to the backend at a time, from which it cuts batches: one call costs as much as many rows.
HANDOVER = 2048
VALIDATION_BATCH = 512


class TrainingError(ValueError):
    """A training whose loss is no longer finite; the message names the option to change."""


def train_network(
    options: NetworkOptions | MeanOptions,
    train_store: str | Path,
    val_store: str | Path,
    *,
    seed: int,
    state: str | Path | None = None,
    metadata: Mapping | None = None,
    people: np.ndarray | None = None,
    log: Callable[[str], object] = print,
) -> TrainedNetwork:
    """Train a network, or resume its training where it was stopped.

    Parameters
    ----------
    options : NetworkOptions or MeanOptions
        Options of one network with its training.
    train_store, val_store : str or Path
        Materialized windows: `.zarr.zip` with `ppg` (n, length) float16 and `labels` (n, 2) in mmHg.
    seed : int
        Of weights, dropout and order of windows.
    state : str or Path, optional
        Folder for the state after each epoch. A training that finds one there resumes from it and ends with
        the same weights; `TrainedNetwork.save` removes it.
    metadata : mapping, optional
        Saved inside the model (JSON values), along with `derivatives` and the network's options.
    people : (n,) array, optional
        Whose the training windows are, in the store's order; needed where a penalty is chosen by cross-validation.
    log : callable
        Called with one line per epoch.

    Returns
    -------
    TrainedNetwork
        With the weights of the epoch with the lowest validation MAE (`keep: loss`: loss).

    Raises
    ------
    FileNotFoundError, ValueError
        If a store is absent, empty or damaged, windows differ in length or are too short for the network.
    TrainingError
        If the loss is no longer finite.
    BackendError
        If the backend is not installed, or Keras already runs on another one in this process.

    Notes
    -----
    Paper, section 3.5.2: Adam, mean squared error (here in mmHg, after the fixed rescaling), early stopping
    on the validation loss, lowest validation MAE kept. Quantile outputs are trained by the pinball loss. One
    machine type, backend, thread count and set of versions give the same weights to the bit.
    """
    training = getattr(options, "training", None)
    backend = use_backend(training.backend if training else current_backend())
    if training:
        backend.prepare(seed, training.threads, log)
    ram_mb = training.ram_mb if training else 0
    train, val = open_windows(train_store, ram_mb=ram_mb), open_windows(val_store, ram_mb=ram_mb)
    if train.length != val.length:
        raise ValueError(f"windows of {train.path} have {train.length} samples, those of {val.path} {val.length}")
    mean, sd = train.labels.mean(axis=0, dtype=float), train.labels.std(axis=0, dtype=float)
    derivatives = getattr(options, "derivatives", False)
    described = options.model_dump(mode="json", exclude={"training"})
    with backend.building():
        model = build_network(
            options,
            (train.length, channel_count(derivatives)),
            label_mean=mean,
            label_sd=np.where(sd > 0, sd, 1.0) if options.closed_form else sd,
            metadata={**(metadata or {}), "derivatives": derivatives, "network": described},
        )
    facts = {
        "options": options.model_dump(mode="json"),
        "backend": current_backend(),
        "seed": seed,
        "versions": runtime.versions(current_backend()),
        "windows": {"train": len(train), "val": len(val), "length": train.length},
        "labels": {"mean": mean.tolist(), "sd": sd.tolist()},
    }
    engine = None
    if training is None:
        progress = _fitted_at_once(lambda windows: mean, train, val)
    elif options.closed_form:
        progress, facts["ridge"] = _fit_head(model, options, train, val, people, (mean, sd), seed=seed, state=state)
        log(_describe(model.name, progress.history[0], progress, 1))
    else:
        engine = backend.Engine(model, training.learning_rate)
        progress = _fit(model, engine, options, train, val, seed=seed, state=state, facts=facts, log=log)
        model.set_weights(progress.best_weights)
    facts |= {
        "commit": runtime.git_commit(),
        "finished": runtime.today(),
        "hardware": runtime.hardware(),
        "parameters": model.count_params(),
        "layers": describe_layers(model),
        "epochs_run": progress.epoch,
        "best_epoch": progress.best_epoch,
        "resumed_after_epochs": progress.resumed,
        "wall_seconds": round(sum(row["seconds"] for row in progress.history), 3),
        "cpu_seconds": round(progress.cpu_seconds, 3),
    }
    return TrainedNetwork(model, progress.history, facts, Path(state) if state is not None else None, engine)


def _fit(model, engine: Engine, options, train: WindowSet, val: WindowSet, *, seed, state, facts, log) -> Progress:
    training = options.training
    progress = Progress()
    if state is not None:
        progress = load_state(state, model, engine, facts, log)
        if progress.epoch:
            log(f"{model.name}: continuing after epoch {progress.epoch}")
    while progress.epoch < training.epochs and not _stopped(progress, training.patience):
        wall, cpu = time.perf_counter(), time.process_time()
        epoch = progress.epoch + 1
        reseed(model, seed, epoch)
        loss, mae = _train_epoch(engine, train, options, seed=seed, epoch=epoch)
        row = {"epoch": epoch, "loss": loss, "mae": mae, **_validate(model, engine, val, options.derivatives)}
        _require_finite(row["val_loss"], training)
        row["seconds"] = round(time.perf_counter() - wall, 3)
        progress.add(row, keep=training.keep, weights=model.get_weights)
        progress.cpu_seconds += time.process_time() - cpu
        if state is not None:
            save_state(state, model, engine, progress, facts)
        log(_describe(model.name, row, progress, training.epochs))
    return progress


def _train_epoch(engine: Engine, train: WindowSet, options, *, seed: int, epoch: int) -> tuple[float, float]:
    """Loss and MAE of an epoch, averaged over its windows."""
    size = options.training.batch_size
    piece = size * -(-HANDOVER // size)
    total, last = np.zeros(2), np.zeros(2)
    for x, labels in feed(train, batch_size=piece, derivatives=options.derivatives, seed=seed, epoch=epoch):
        before, last = last, engine.train([x], labels, np.arange(len(labels)), size)
        total += np.asarray(before, float)  # read now: meanwhile the backend computes the next piece
        _require_finite(total[0], options.training)
    total += np.asarray(last, float)
    _require_finite(total[0], options.training)
    loss, mae = total / len(train)
    return float(loss), float(mae)


def _describe(name: str, row: dict, progress: Progress, epochs: int) -> str:
    return (
        f"{name} epoch {row['epoch']}/{epochs}: MAE {row['mae']:.2f}, validation {row['val_mae']:.2f} "
        f"(SBP {row['val_mae_sbp']:.2f}, DBP {row['val_mae_dbp']:.2f}) mmHg, best {progress.best_epoch}, "
        f"{row['seconds']:.1f} s"
    )


def _stopped(progress: Progress, patience: int | None) -> bool:
    return patience is not None and progress.waited >= patience


def _validate(model, engine: Engine, windows: WindowSet, derivatives: bool) -> dict:
    """Loss (with the network's regularization) and MAE, summed in double precision."""
    losses, absolute, shares = np.zeros(2), np.zeros(2), quantile_shares(model)
    for x, labels in feed(windows, batch_size=VALIDATION_BATCH, derivatives=derivatives):
        outputs = engine.predict([x]).astype(float)
        losses += _losses(outputs, labels, shares).sum(axis=0)
        absolute += np.abs(outputs[:, :2] - labels).sum(axis=0)
    mae = absolute / len(windows)
    penalty = sum(float(loss) for loss in model.losses)
    return {
        "val_loss": float(losses.mean() / len(windows)) + penalty,
        "val_mae": float(mae.mean()),
        "val_mae_sbp": float(mae[0]),
        "val_mae_dbp": float(mae[1]),
    }


def _losses(outputs: np.ndarray, labels: np.ndarray, shares: np.ndarray | None) -> np.ndarray:
    """Squared error or pinball loss of SBP and DBP, (n, 2)."""
    return np.square(outputs - labels) if shares is None else pinball(outputs, labels, shares, np).mean(axis=1)


def _require_finite(loss, training) -> None:
    if not np.isfinite(float(loss)):
        raise TrainingError(
            f"the loss is {float(loss)} at learning rate {training.learning_rate}; lower "
            "training.learning_rate, and check for windows that are not finite"
        )


def _fitted_at_once(predict: Callable[[WindowSet], np.ndarray], train: WindowSet, val: WindowSet) -> Progress:
    """Errors of a predictor that is not trained in epochs."""
    row: dict = {"epoch": 1, "seconds": 0.0}
    for prefix, windows in (("", train), ("val_", val)):
        error = windows.labels - predict(windows)
        row[f"{prefix}loss"] = float(np.square(error).mean())
        row[f"{prefix}mae"] = float(np.abs(error).mean())
    row["val_mae_sbp"], row["val_mae_dbp"] = np.abs(error).mean(axis=0).tolist()
    return Progress(history=[row], best_epoch=1, best_value=row["val_mae"], lowest_loss=row["val_loss"])


def _fit_head(model, options, train: WindowSet, val: WindowSet, people, scaling, *, seed: int, state):
    """Fit the outputs on a frozen encoder's features; gives the progress, and what was chosen."""
    from cuffless.training.ridge import encoded, fit_ridge

    if people is None or len(people) != len(train):
        raise ValueError(f"{options.architecture}: training needs the subject of each of its {len(train)} windows")
    wall, cpu = time.perf_counter(), time.process_time()
    cache = Path(state).parents[1] / "features" if state is not None else None
    features = {windows.path: encoded(windows, options.function, options.parameters, cache) for windows in (train, val)}
    ridge = fit_ridge(features[train.path], train.labels, people, options.penalties, options.folds, seed=seed)
    mean, sd = scaling[0], np.where(scaling[1] > 0, scaling[1], 1.0)
    scaled = ridge.slopes / sd, (ridge.intercept - mean) / sd
    model.get_layer("head").set_weights([part.astype(np.float32) for part in scaled])
    progress = _fitted_at_once(lambda windows: ridge.pressures(features[windows.path]), train, val)
    progress.history[0]["seconds"] = round(time.perf_counter() - wall, 3)
    progress.cpu_seconds = time.process_time() - cpu
    chosen = {"penalties": ridge.penalties, "features": int(ridge.slopes.shape[0]), "mae": ridge.errors}
    return progress, chosen
