"""JAX as the backend of trainings."""

import hashlib
import importlib.metadata
import math
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cuffless.training.backends.adam import BETA1, BETA2, EPSILON
from cuffless.training.backends.loss import pinball, quantile_shares

_TRUNCATED_SD = 0.87962566103423978  # of the standard normal distribution between -2 and 2
_settled: dict[str, int] = {}
NEEDLESS = ("cv2", "matplotlib", "matplotlib.pyplot")
_PREDICTED = 512  # windows at a time
_FEWEST = 16  # rows that a program is compiled for; more are filled up to a power of two


def load() -> None:
    """Import Keras and JAX, but not TensorFlow, which Keras imports where it can to build or write some networks."""
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
    import keras  # noqa: F401


def prepare(seed: int, threads: int, log=print) -> None:
    """Fix threads, random numbers and deterministic operations."""
    flags = {"--xla_cpu_multi_thread_eigen": str(threads > 1).lower(), "--xla_gpu_deterministic_ops": "true"}
    wanted = {"NPROC": str(threads), "XLA_FLAGS": _with_flags(os.environ.get("XLA_FLAGS", ""), flags)}
    if _settled.setdefault("threads", threads) != threads:  # JAX has read its settings
        log(
            f"JAX already runs on {_settled['threads']} threads, not {threads}: the last bits may differ; train in a "
            "fresh process for identical results"
        )
    else:
        os.environ |= wanted
    import jax
    import keras

    if folder := _program_folder():
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    keras.utils.set_random_seed(seed)


@contextmanager
def building() -> Iterator[None]:
    """Let NumPy draw initial weights: JAX compiles a program for each shape, which costs more than some epochs.

    A network that is read has initial weights too, before it gets its own.
    """
    import keras

    scaling, orthogonal = keras.initializers.VarianceScaling, keras.initializers.Orthogonal
    given = scaling.__call__, orthogonal.__call__
    scaling.__call__, orthogonal.__call__ = _scaled_weights, _orthogonal_weights
    try:
        yield
    finally:
        scaling.__call__, orthogonal.__call__ = given


def devices() -> dict:
    """Threads and names of GPUs."""
    import jax

    gpus = [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    return {"threads": _settled.get("threads", 0), "gpus": gpus}


def _program_folder() -> str | None:
    """Where compiled programs are kept for the next training of the same shapes; None: as JAX is set, or nowhere.

    A folder for each kind of processor: one that another has compiled for may end the process.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return None
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except (OSError, RuntimeError):  # not Linux; no home
        return None
    features = [line for line in lines if line.startswith(("flags", "Features", "model name"))][:2]
    facts = "\n".join([*features, platform.machine(), importlib.metadata.version("jaxlib")])
    return str(base / "cuffless" / f"jax-{hashlib.sha256(facts.encode()).hexdigest()[:12]}")


def _scaled_weights(initializer, shape, dtype=None):
    """As `keras.initializers.VarianceScaling` gives them."""
    area = math.prod(shape[:-2])
    fan_in, fan_out = (area * shape[-2], area * shape[-1]) if len(shape) > 1 else (max(shape, default=1),) * 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    rng = _generator(initializer)
    if initializer.distribution == "uniform":
        drawn = rng.uniform(-1, 1, shape) * math.sqrt(3 * variance)
    elif initializer.distribution == "untruncated_normal":
        drawn = rng.normal(0, math.sqrt(variance), shape)
    else:
        drawn = rng.normal(size=shape)
        while (beyond := np.abs(drawn) > 2).any():
            drawn[beyond] = rng.normal(size=beyond.sum())
        drawn *= math.sqrt(variance) / _TRUNCATED_SD
    return _weights(drawn, dtype)


def _orthogonal_weights(initializer, shape, dtype=None):
    """As `keras.initializers.Orthogonal` gives them."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(_generator(initializer).normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return _weights(initializer.gain * (q if rows >= columns else q.T).reshape(shape), dtype)


def _generator(initializer) -> np.random.Generator:
    seed = initializer.seed
    return np.random.default_rng(seed if isinstance(seed, int) else np.asarray(seed.next()))


def _weights(drawn: np.ndarray, dtype):
    import jax.numpy as jnp
    import keras

    return jnp.asarray(drawn, dtype or keras.config.floatx())


def _with_flags(text: str, flags: dict[str, str]) -> str:
    """XLA's flags, with some of them set."""
    kept = [flag for flag in text.split() if flag.partition("=")[0] not in flags]
    return " ".join([*kept, *(f"{name}={value}" for name, value in flags.items())])


class Engine:
    """See `cuffless.training.backends.Engine`; compiled once for each number of rows, up to a power of two.

    A last batch that holds fewer windows is filled up with rows from the start of the order, so that one program takes
    every batch. Their errors do not count; in batch normalization they belong to the batch.
    """

    def __init__(self, model, learning_rate: float):
        import jax
        import jax.numpy as jnp

        self._network, self._scale = _unscaled(model)
        self._rate, self._shares = learning_rate, quantile_shares(model)
        self._weights, self._others = self._network.trainable_variables, self._network.non_trainable_variables
        self._moments = [jnp.zeros(sum(math.prod(w.shape) for w in self._weights)) for _ in range(2)]
        self._steps = jnp.zeros((), jnp.int32)
        self._compiled_step = jax.jit(self._step, static_argnames="size", donate_argnames="state")
        self._compiled_outputs = jax.jit(lambda *given: self._outputs(*given)[0])

    def train(self, x, y, order, batch_size: int):
        """Take one step for each batch of rows."""
        import jax.numpy as jnp

        n = len(order)
        rows = _rows(len(y))
        x, y = [jnp.asarray(_filled(part, rows)) for part in x], jnp.asarray(_filled(y, rows))
        last = -(-n // batch_size) * batch_size
        order = jnp.asarray(np.resize(order, _rows(last) + batch_size).astype(np.int32))  # from its start again
        state: tuple = (*self._values(), *self._moments, self._steps, jnp.zeros(2))
        for start in range(0, n, batch_size):
            state = self._compiled_step(state, x, y, self._scale, order, start, n, size=batch_size)
        weights, others, first, second, self._steps, sums = state
        self._moments = [first, second]
        for variable, value in zip([*self._weights, *self._others], [*weights, *others], strict=True):
            variable.assign(value)
        return sums

    def predict(self, x) -> np.ndarray:
        """All outputs in mmHg of rows."""
        outputs = np.empty((len(x[0]), self._scale.shape[1]), np.float32)
        for start in range(0, len(outputs), _PREDICTED):
            rows = [part[start : start + _PREDICTED] for part in x]
            n = len(rows[0])
            given = [_filled(part, _rows(n)) for part in rows]
            found = np.asarray(self._compiled_outputs(*self._values(), self._scale, given))
            outputs[start : start + n] = found[:n]  # by NumPy: JAX compiles a program for each n
        return outputs

    def optimizer_state(self) -> list[np.ndarray]:
        """Return steps, and first and second moments of all weights in a row."""
        return [np.asarray(array) for array in (self._steps, *self._moments)]

    def set_optimizer_state(self, arrays) -> None:
        """Restore what `optimizer_state` has given."""
        import jax.numpy as jnp

        self._steps, *self._moments = map(jnp.array, arrays)  # copies: a step takes their memory over

    def _values(self) -> tuple[list, list]:
        """Weights that train, and the model's other variables."""
        return [v.value for v in self._weights], [v.value for v in self._others]

    def _outputs(self, weights, others, scale, x, training: bool = False):
        """Pressures in mmHg, the variables afterwards, and penalties of weights."""
        given = x if len(x) > 1 else x[0]
        outputs, *after = self._network.stateless_call(weights, others, given, training=training, return_losses=True)
        return outputs * scale[1] + scale[0], *after

    def _step(self, state, x, y, scale, order, start, n, *, size: int):
        """Update weights and Adam's moments by one batch, and add its loss and absolute error to the sums."""
        import jax
        import jax.numpy as jnp

        weights, others, first, second, steps, sums = state
        rows = jax.lax.dynamic_slice_in_dim(order, start, size)
        counts = (start + jnp.arange(size) < n).astype(jnp.float32)[:, None]
        batch, labels, n_rows = [part[rows] for part in x], y[rows], counts.sum()

        def loss_of(weights):
            outputs, others_after, penalties = self._outputs(weights, others, scale, batch, training=True)
            errors = outputs[:, :2] - labels
            loss = self._sum_of_losses(outputs, labels, counts) / (2 * n_rows) + sum(penalties)
            return loss, (others_after, (counts * jnp.abs(errors)).sum() / 2)

        (loss, (others, absolute)), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights)
        steps += 1
        weights, first, second = self._updated(weights, gradients, first, second, steps.astype(jnp.float32))
        return weights, others, first, second, steps, sums + jnp.stack([n_rows * loss, absolute])

    def _sum_of_losses(self, outputs, labels, counts):
        """Sum over rows that count of the losses of SBP and DBP."""
        import jax.numpy as jnp

        if self._shares is None:
            return (counts * jnp.square(outputs - labels)).sum()
        return (counts * pinball(outputs, labels, self._shares, jnp).mean(axis=1)).sum()

    def _updated(self, weights, gradients, first, second, time):
        """Adam, on all weights in a row: one pass over them, where one a weight compiles and runs longer."""
        import jax.numpy as jnp

        gradient = jnp.concatenate([g.ravel().astype(jnp.float32) for g in gradients])
        first += (1 - BETA1) * (gradient - first)
        second += (1 - BETA2) * (jnp.square(gradient) - second)
        rate = self._rate * jnp.sqrt(1 - BETA2**time) / (1 - BETA1**time)
        changes = jnp.split(rate * first / (jnp.sqrt(second) + EPSILON), np.cumsum([w.size for w in weights])[:-1])
        limits = [variable.constraint or (lambda weight: weight) for variable in self._weights]
        updated = [
            limit(weight - change.reshape(weight.shape).astype(weight.dtype))
            for weight, change, limit in zip(weights, changes, limits, strict=True)
        ]
        return updated, first, second


def _unscaled(model):
    """A network without its last layer that scales to mmHg, and that scale (mean and SD).

    The labels' scale would be a constant of the compiled program, which then served no other split or seed.
    """
    import keras

    from cuffless.networks.scaling import PressureScaling

    operation, node, _ = model.outputs[0]._keras_history
    if not isinstance(operation, PressureScaling):
        return model, np.repeat(np.array([[0], [1]], np.float32), model.output_shape[-1], axis=1)
    before = operation._inbound_nodes[node].input_tensors[0]
    pairs = model.output_shape[-1] // 2
    return keras.Model(model.inputs, before), np.array([operation.mean * pairs, operation.sd * pairs], np.float32)


def _rows(n: int) -> int:
    """The number of rows that a program is compiled for: a power of two."""
    return max(_FEWEST, 1 << (n - 1).bit_length())


def _filled(part: np.ndarray, rows: int) -> np.ndarray:
    """Rows of zeros below those of an array, up to so many."""
    if len(part) == rows:
        return part
    return np.concatenate([part, np.zeros((rows - len(part), *part.shape[1:]), part.dtype)])
