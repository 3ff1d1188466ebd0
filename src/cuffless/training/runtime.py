"""The machine of a training: threads, determinism, and their description in the run file."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

PACKAGES = ("cuffless", "keras", "numpy", "tensorflow", "zarr")


def prepare_runtime(seed: int, threads: int, log=print) -> None:
    """Fix everything that affects a training's result: threads, random numbers, deterministic operations.

    Parameters
    ----------
    seed : int
        Of weights and dropout.
    threads : int
        TensorFlow's threads within and between operations.
    log : callable
        Called if the number of threads can no longer be set.

    Raises
    ------
    RuntimeError
        If Keras runs on another backend than TensorFlow.
    """
    import keras
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"Keras runs on {keras.backend.backend()!r}; set environment variable KERAS_BACKEND=tensorflow"
        )
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # TensorFlow has already run something in this process
        if threads_used() != threads:
            log(
                f"TensorFlow already runs on {threads_used() or 'all'} threads, not {threads}: the last bits "
                "may differ; train in a fresh process for identical results"
            )
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def threads_used() -> int:
    """TensorFlow's threads within an operation; 0: as many as there are cores."""
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads()


def hardware() -> dict:
    """CPU model, cores, threads and GPUs, as they go into the run file.

    ``cuda_visible_devices`` are the GPUs that a scheduler gave the job, even if TensorFlow can use none; None: not set.
    """
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in tf.config.list_physical_devices("GPU")
    ]
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads": threads_used(),
        "gpus": gpus,
        "cuda_visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }


def versions() -> dict:
    """Versions of Python and of the packages that decide a result."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # run from a source tree
            found[package] = None
    return found


def git_commit() -> str | None:
    """Commit of the source tree, ``-dirty`` after it if files were changed; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
