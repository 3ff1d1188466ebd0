import copy
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from project_copy import copy_project


class Study:
    """A copy of the workflow in which Snakemake runs as a user would run it."""

    def __init__(self, project: Path, folder: Path, at_hand):
        self.folder, self._at_hand = folder, at_hand
        copy_project(project, folder)
        self.config = yaml.safe_load((folder / "config" / "tiny.yaml").read_text())

    def __call__(self, *arguments, config=None, cores=2, check=True):
        """Run Snakemake on the tiny study, or on a changed configuration."""
        arguments = self._arguments(arguments, config, cores)
        if {"-n", "--unlock"} & set(arguments):  # no job is carried out
            output = self.folder / "dry_run.txt"
            done = self._at_hand(arguments, cwd=self.folder, env=self._environment(), output=output)
        else:
            command = [sys.executable, "-m", "snakemake", *arguments]
            done = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, env=self._environment(), timeout=3600
            )
        if check and done.returncode:
            pytest.fail(f"snakemake failed:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}")
        return done

    def killed_once(self, condition, *arguments, config=None, cores=2, wait_until, by=signal.SIGKILL):
        """Run Snakemake, kill it with all its jobs by a signal once a condition is met, and return what it said."""
        command = [sys.executable, "-m", "snakemake", *self._arguments(arguments, config, cores)]
        with (self.folder / "killed.txt").open("w") as said:
            running = subprocess.Popen(
                command,
                cwd=self.folder,
                start_new_session=True,
                stdout=said,
                stderr=said,
                env=self._environment(),
                # Tests in the background ignore the keyboard's signal, and what they start would, too.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            try:
                wait_until(lambda: condition() or running.poll() is not None, "there is something to kill")
                assert running.poll() is None, "it ended before it was killed"
            finally:
                os.killpg(running.pid, by)
                running.wait(timeout=3600)
        return (self.folder / "killed.txt").read_text()

    def planned(self, config=None, *arguments) -> dict[str, int]:
        """Rules that a dry run would carry out, and how often; each figure that it would plot counts by its name."""
        done = self("-n", *arguments, config=config)
        output = done.stdout + done.stderr
        lines = iter(output.splitlines())
        counts = dict.fromkeys(re.findall(r"^Job \d+: Plotting (fig\w+):", output, re.MULTILINE), 1)
        for line in lines:
            if line.startswith("job ") and "count" in line:
                next(lines)
                for row in lines:
                    parts = row.split()
                    if len(parts) != 2 or parts[0] == "total":
                        return counts
                    counts[parts[0]] = int(parts[1])
        return counts

    def go_on_from(self, other):
        """Take over all that another study has done."""
        for name in ("results", ".snakemake"):
            shutil.copytree(other.folder / name, self.folder / name)
        return self

    def _arguments(self, arguments, config, cores):
        (self.folder / "study.yaml").write_text(yaml.safe_dump(config or self.config))
        return ["--cores", str(cores), "--configfile", "study.yaml", *arguments]

    @staticmethod
    def _environment():
        left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")  # the copy is what runs; its jobs share what they compile
        return {key: value for key, value in os.environ.items() if key not in left_out}


@pytest.fixture(scope="session")
def make_study(project, tmp_path_factory, snakemake_at_hand):
    """Give copies of the workflow in which nothing is carried out: name -> Study."""
    return lambda name: Study(project, tmp_path_factory.mktemp(name), snakemake_at_hand)


@pytest.fixture(scope="session")
def carried_out(project, tmp_path_factory, snakemake_at_hand):
    """The tiny study, carried out from nothing to its figures: once for all workers, so nothing is run in it again."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "carried_out"
    with (shared / "carried_out.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "done").exists():
            return SimpleNamespace(folder=folder)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        study = Study(project, folder, snakemake_at_hand)
        study(cores=4)
        (folder / "done").touch()
    return study


@pytest.fixture(scope="session")
def tiny_study(make_study, carried_out):
    """A copy of the tiny study with all its results."""
    return make_study("study").go_on_from(carried_out)


@pytest.fixture
def fresh_study(make_study):
    """The tiny study, nothing carried out."""
    return make_study("fresh")


@pytest.fixture(scope="session")
def grown_study(make_study, carried_out):
    """Copies of the tiny study that have all its results, with further sections: (name, section=...) -> Study."""

    def grow(name, **sections):
        study = make_study(name).go_on_from(carried_out)
        study.config = copy.deepcopy(study.config) | sections
        return study

    return grow
