"""Write the conda environments and the container definitions from the locks, so that all have the same versions."""

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parent
VARIANTS = ("", "-gpu", "-jax", "-jax-gpu")  # of requirements.lock
NOTE = "# Written by envs/derive.py from envs/{}; change pyproject.toml and run make lock."
PIN = re.compile(r"^([\w.-]+)==([^\s\\;]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$", re.MULTILINE)


def pins(lock: str) -> list[tuple[str, str, str]]:
    """Name, version and environment marker ('': everywhere) of each package that a lock's text pins."""
    return [tuple(part or "" for part in found) for found in PIN.findall(lock)]


def conda_environment(lock: str, variant: str) -> str:
    """Text of the conda environment file for a lock's text and variant."""
    lines = [
        NOTE.format(f"requirements{variant}.lock"),
        f"name: cuffless{variant}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        "  - python >=3.11,<3.14",
        "  - pip",
        "  - pip:",
        *(f'      - "{name}=={version}{marker and f" ; {marker}"}"' for name, version, marker in pins(lock)),
    ]
    return "\n".join(lines) + "\n"


def container_definition(lock: str, variant: str) -> str:
    """Text of the Apptainer definition that installs a lock.

    Parameters
    ----------
    lock : str
        The lock's text; the image is labelled with its digest.
    variant : str
        One of ``VARIANTS``; images are built from the parent folder.
    """
    name = f"requirements{variant}.lock"
    backend = "jax, " if "jax" in variant else ""
    return f"""{NOTE.format(name)}
Bootstrap: docker
From: python:3.11-slim

%files
    envs/{name} /opt/cuffless/{name}

%post
    pip install --no-cache-dir --require-hashes --requirement /opt/cuffless/{name}

%environment
    export PYTHONNOUSERSITE=1

%labels
    cuffless.lock {name} sha256:{hashlib.sha256(lock.encode()).hexdigest()}

%test
    python -c "import {backend}keras, snakemake, wfdb, zarr"
"""


def derived() -> dict[str, str]:
    """Text of every file derived from the locks, by name."""
    locks = {variant: (FOLDER / f"requirements{variant}.lock").read_text() for variant in VARIANTS}
    return {
        **{f"cuffless{variant}.yaml": conda_environment(locks[variant], variant) for variant in ("", "-jax")},
        **{f"cuffless{variant}.def": container_definition(lock, variant) for variant, lock in locks.items()},
    }


if __name__ == "__main__":
    for name, text in derived().items():
        (FOLDER / name).write_text(text)
