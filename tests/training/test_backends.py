"""Which backend a process runs on; and what holds of trainings on TensorFlow holds of those on JAX."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from small_networks import BACKEND, SMALL

from cuffless.networks import build_network, load_network, predict_pressures, save_network
from cuffless.training.backends import BackendError, backend_module, current_backend, use_backend
from cuffless.training.runtime import versions

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
HAS_JAX = importlib.util.find_spec("jax") is not None
LENGTH = 175
AGAIN = (
    *("test_engine.py", "test_every_network.py", "test_fitting.py", "test_on_jax.py", "test_resume.py"),
    "test_tail.py::test_each_fit_begins_at_the_networks_own_weights",
    "test_tail.py::test_a_diverging_fit_leaves_the_network_as_it_was",
)
"""Tests that run on JAX, too."""


def test_one_process_has_one_backend(keras):
    assert current_backend() == BACKEND
    other = "jax" if BACKEND == "tensorflow" else "tensorflow"
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    with pytest.raises(BackendError, match=f"already runs on {BACKEND} .* cannot run on {other}: start a new process"):
        use_backend(other)
    assert os.environ.get("KERAS_BACKEND", BACKEND) == BACKEND
    assert use_backend(BACKEND) is backend_module(BACKEND)


def test_a_backend_that_is_not_installed_is_named_with_its_remedy(monkeypatch):
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"jax is not installed; run make env BACKEND=jax, or .*cuffless\[jax\]"):
        use_backend("jax")


def test_a_backend_that_does_not_exist_is_refused():
    with pytest.raises(BackendError, match="'torch' is unknown; there are tensorflow, jax"):
        use_backend("torch")


def test_versions_are_those_of_the_backend():
    assert {"keras", "numpy", "tensorflow"} <= set(versions("tensorflow"))
    assert {"jax", "jaxlib"}.isdisjoint(versions("tensorflow"))
    assert {"keras", "numpy", "jax", "jaxlib"} <= set(versions("jax"))
    assert "tensorflow" not in versions("jax")


@pytest.fixture(scope="module")
def on_tensorflow(keras, tmp_path_factory):
    """Networks of weights at random, and what TensorFlow predicts with them: folder/<name>/..."""
    folder, rng = tmp_path_factory.mktemp("backends") / "tensorflow", np.random.default_rng(0)
    windows = rng.standard_normal((20, LENGTH)).astype(np.float16)
    for name, options in SMALL.items():
        model = build_network(options, (LENGTH, 1), label_mean=(120, 60), label_sd=(15, 8))
        for variable in model.variables:
            if variable.name in ("gamma", "beta", "moving_mean", "moving_variance", "bias"):
                variable.assign(variable + rng.uniform(0, 0.3, variable.shape))
        (folder / name).mkdir(parents=True)
        save_network(model, folder / name / "model.keras")
        np.save(folder / name / "windows.npy", windows)
        np.save(folder / name / "pressures.npy", predict_pressures(model, windows, derivatives=False))
    return folder


@pytest.fixture(scope="module")
def on_jax(on_tensorflow, project, tmp_path_factory):
    """Output of the tests of trainings in a process on JAX, and the folder of the networks that it has trained."""
    if not HAS_JAX:
        pytest.skip("jax is not installed: make env BACKEND=jax")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "NETWORKS_OF_TENSORFLOW": str(on_tensorflow),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["-W", "ignore:__array__ implementation:DeprecationWarning"]  # Keras's variables under JAX
    command += ["--basetemp", str(tmp_path_factory.mktemp("jax") / "tests")]
    command += [f"tests/training/{name}" for name in AGAIN]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=3600)
    return done, on_tensorflow.parent / "jax"


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="starts another process")
def test_trainings_on_jax_keep_to_the_same(on_jax):
    done, _ = on_jax
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="starts another process")
def test_tensorflow_predicts_the_same_with_networks_trained_on_jax(on_jax, make_store, tmp_path):
    from cuffless.training import open_windows

    val = open_windows(make_store(tmp_path / "val.zarr.zip", 24, length=LENGTH, seed=1, shards=False))
    folders = sorted(path for path in on_jax[1].iterdir() if path.name != "own")
    assert [folder.name for folder in folders] == sorted(SMALL)
    for folder in folders:
        model, _ = load_network(folder / "model.keras")
        expected = np.load(folder / "pressures.npy")
        np.testing.assert_allclose(predict_pressures(model, val.ppg, derivatives=False), expected, rtol=0, atol=1e-3)
