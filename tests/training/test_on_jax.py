"""What is JAX's alone; `test_backends.py` runs these in a process that has JAX."""

import sys

import numpy as np
import pytest
from small_networks import BACKEND

from cuffless.training import train_network
from cuffless.training.backends import on_jax

pytestmark = [
    pytest.mark.skipif(BACKEND != "jax", reason="only for the process that test_backends.py starts"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
MODES, DISTRIBUTIONS = ("fan_in", "fan_out", "fan_avg"), ("uniform", "untruncated_normal", "truncated_normal")


def draw(initializer, shape):
    with on_jax.building():
        return np.asarray(initializer(shape))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_initial_weights_have_the_spread_of_keras(keras, distribution, mode):
    shape = (5, 40, 100)
    initializer = keras.initializers.VarianceScaling(2.5, mode, distribution, seed=3)
    drawn, expected = draw(initializer, shape), np.asarray(initializer(shape))
    assert (drawn.shape, drawn.dtype) == (expected.shape, expected.dtype)
    assert not np.array_equal(drawn, expected)  # NumPy has drawn them
    assert drawn.std() == pytest.approx(expected.std(), rel=0.03)
    assert abs(drawn.mean()) < 0.03 * expected.std()
    assert np.quantile(np.abs(drawn), 0.9) == pytest.approx(np.quantile(np.abs(expected), 0.9), rel=0.03)
    if distribution != "untruncated_normal":
        assert np.abs(drawn).max() == pytest.approx(np.abs(expected).max(), rel=0.03)


@pytest.mark.parametrize("shape", [(30, 30), (12, 48), (48, 12), (3, 4, 20)], ids=str)
def test_orthogonal_weights_are_orthogonal(keras, shape):
    drawn = draw(keras.initializers.Orthogonal(gain=1.5, seed=3), shape).reshape(-1, shape[-1])
    product = drawn @ drawn.T if len(drawn) < shape[-1] else drawn.T @ drawn
    np.testing.assert_allclose(product, 1.5**2 * np.eye(len(product)), atol=1e-5)
    assert (np.diag(drawn) < 0).any()  # of either sign: no share of the turns is left out
    assert (np.diag(drawn) > 0).any()


def test_initial_weights_follow_from_the_seed(keras):
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return [draw(make(), (6, 6)) for make in (keras.initializers.GlorotUniform, keras.initializers.Orthogonal)]

    for one, again, other in zip(weights(1), weights(1), weights(2), strict=True):
        np.testing.assert_array_equal(one, again)
        assert not np.array_equal(one, other)
    generator = keras.random.SeedGenerator(5)
    initializer = keras.initializers.HeNormal(seed=generator)
    assert not np.array_equal(draw(initializer, (6, 6)), draw(initializer, (6, 6)))


def test_keras_draws_again_after_the_context(keras):
    before = keras.initializers.VarianceScaling.__call__, keras.initializers.Orthogonal.__call__
    with pytest.raises(KeyError), on_jax.building():
        raise KeyError
    assert (keras.initializers.VarianceScaling.__call__, keras.initializers.Orthogonal.__call__) == before


@pytest.fixture
def linear(keras):
    """Make the same network again, its windows and labels: for n windows."""

    def make(n):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((6,))
        x = keras.layers.Dense(5, activation="tanh")(inputs)
        rng = np.random.default_rng(n)
        x_y = [rng.normal(size=(n, 6)).astype(np.float32)], rng.normal(size=(n, 2)).astype(np.float32)
        return keras.Model(inputs, keras.layers.Dense(2, kernel_regularizer="l2")(x)), *x_y

    return make


@pytest.mark.parametrize("n", [1, 9, 15])
def test_rows_that_fill_up_the_last_batch_do_not_count(linear, n):
    model, x, y = linear(n)
    sums = np.asarray(on_jax.Engine(model, 0.01).train(x, y, np.arange(n), 8))
    other, *_ = linear(n)
    engine, full = on_jax.Engine(other, 0.01), n // 8 * 8
    known = np.asarray(engine.train(x, y, np.arange(full), 8)) if full else np.zeros(2)
    known = known + np.asarray(engine.train(x, y, np.arange(full, n), n - full))
    np.testing.assert_allclose(sums, known, rtol=1e-5)
    for one, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-6)


def test_a_few_programs_serve_all_numbers_of_windows(linear, monkeypatch):
    compiled = []
    for name in ("_step", "_outputs"):
        given = getattr(on_jax.Engine, name)

        def traced(self, *args, given=given, name=name, **more):
            compiled.append(name)
            return given(self, *args, **more)

        monkeypatch.setattr(on_jax.Engine, name, traced)
    monkeypatch.setattr(on_jax.Engine, "_step", _with_signature(on_jax.Engine._step))
    model, x, y = linear(64)
    engine = on_jax.Engine(model, 0.01)
    for n in range(1, 65):
        engine.train([x[0][:n]], y[:n], np.arange(n), 8)
        assert engine.predict([x[0][:n]]).shape == (n, 2)
    assert compiled.count("_step") <= 6  # 16, 32 and 64 windows, in orders that are filled up to as many and a batch
    assert compiled.count("_outputs") <= 6 + 3


def _with_signature(traced):
    """JAX looks for the arguments by their names."""

    def _step(self, state, x, y, scale, order, start, n, *, size):
        return traced(self, state, x, y, scale, order, start, n, size=size)

    return _step


def test_nothing_imports_tensorflow(tiny, stores, tmp_path):
    train_network(tiny(epochs=1), *stores, seed=0, log=lambda line: None).save(tmp_path)
    assert sys.modules["tensorflow"] is None
    assert not [name for name in sys.modules if name.startswith("tensorflow.")]


def test_flags_of_the_user_stay_and_threads_cannot_be_changed(monkeypatch):
    lines = []
    monkeypatch.setattr(on_jax, "_settled", {})
    monkeypatch.setenv("NPROC", "3")
    monkeypatch.setenv("XLA_FLAGS", "--xla_mine=3 --xla_cpu_multi_thread_eigen=true")
    on_jax.prepare(0, 1, lines.append)
    assert on_jax.os.environ["NPROC"] == "1"
    assert on_jax.os.environ["XLA_FLAGS"].split() == [
        "--xla_mine=3",
        "--xla_cpu_multi_thread_eigen=false",
        "--xla_gpu_deterministic_ops=true",
    ]
    on_jax.prepare(0, 1, lines.append)
    assert not lines
    on_jax.prepare(0, 2, lines.append)
    assert lines[0].startswith(
        "JAX already runs on 1 threads, not 2: the last bits may differ; train in a fresh process"
    )
    assert on_jax.os.environ["NPROC"] == "1"
    assert on_jax.devices()["threads"] == 1


def test_programs_are_kept_in_the_users_cache_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    assert on_jax._program_folder().startswith(f"{tmp_path}/cuffless/jax-")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    assert on_jax._program_folder() is None
