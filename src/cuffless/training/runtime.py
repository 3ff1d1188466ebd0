"""The machine and the versions of a training, as they go into the run file."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from cuffless.training.backends import current_module

PACKAGES = ("cuffless", "keras", "numpy", "zarr")
BACKEND_PACKAGES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}


def hardware() -> dict:
    """CPU model, cores, threads and GPUs.

    ``cuda_visible_devices`` are the GPUs that a scheduler gave the job, even if the backend can use none; None: not
    set.
    """
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "cuda_visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
        **current_module().devices(),
    }


def versions(backend: str) -> dict:
    """Versions of Python and of the packages that decide a result under a backend."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in (*PACKAGES, *BACKEND_PACKAGES[backend]):
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


def today() -> str:
    """Date in UTC, as ``2026-11-30``."""
    return datetime.now(UTC).date().isoformat()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
