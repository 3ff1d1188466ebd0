"""A copy of the workflow to run in."""

import shutil
from pathlib import Path

PARTS = ("config", "profiles", "workflow", "src", "envs", "resources")


def copy_project(project: Path, folder: Path) -> None:
    """Copy all that Snakemake and its jobs read, without byte code and downloaded recordings."""
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(project / name, folder / name)
    for name in PARTS:
        ignored = ["__pycache__", "*.egg-info"] + ["records"] * (name != "src")
        shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns(*ignored))
