import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


class Study:
    """A copy of the workflow in which Snakemake runs as a user would run it."""

    def __init__(self, project: Path, folder: Path):
        self.folder = folder
        for name in ("Snakefile", "config.yaml"):
            shutil.copy(project / name, folder / name)
        for name in ("config", "profiles", "workflow", "src", "envs", "resources"):
            ignored = shutil.ignore_patterns("__pycache__", "records", "*.egg-info") if name != "src" else None
            ignored = ignored or shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(project / name, folder / name, ignore=ignored)
        self.config = yaml.safe_load((folder / "config" / "tiny.yaml").read_text())

    def __call__(self, *arguments, config=None, cores=2, check=True, **kwargs):
        """Run Snakemake on the tiny study, or on a changed configuration."""
        path = self.folder / "study.yaml"
        path.write_text(yaml.safe_dump(config or self.config))
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", "study.yaml", *arguments]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, env=environment, timeout=600, **kwargs
        )
        if check and done.returncode:
            pytest.fail(f"snakemake failed:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}")
        return done

    def planned(self, config=None, *arguments) -> dict[str, int]:
        """Rules that a dry run would carry out, and how often."""
        done = self("-n", *arguments, config=config)
        lines = iter((done.stdout + done.stderr).splitlines())
        counts = {}
        for line in lines:
            if line.startswith("job ") and "count" in line:
                next(lines)
                for row in lines:
                    parts = row.split()
                    if len(parts) != 2 or parts[0] == "total":
                        return counts
                    counts[parts[0]] = int(parts[1])
        return counts


@pytest.fixture(scope="session")
def tiny_study(project, tmp_path_factory):
    """The tiny study, carried out from nothing to its figures."""
    study = Study(project, tmp_path_factory.mktemp("study"))
    study.output = study(cores=4)
    return study


@pytest.fixture
def fresh_study(project, tmp_path):
    """The tiny study, nothing carried out."""
    return Study(project, tmp_path)


@pytest.fixture(scope="session")
def make_study(project, tmp_path_factory):
    """Give copies of the workflow in which nothing is carried out: name -> Study."""
    return lambda name: Study(project, tmp_path_factory.mktemp(name))
