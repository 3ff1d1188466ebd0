"""The study that is disturbed: its engine, its workers, and what they have written."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.tools.project_copy import copy_project

SCRIPTS = "/.snakemake/scripts/"
SMALL_DISK = "datasets: {tiny: {records: {download: {reserve_gb: 0}}}}\n"
CONFIGURED = ("--configfile", "config/tiny.yaml", "small_disk.yaml")
POLL_SECONDS = 0.02


class ChaosError(RuntimeError):
    """The study cannot be carried out, disturbed or not."""


def pause() -> None:
    """Let others work before one looks again; nothing is decided by how long it is."""
    select.select([], [], [], POLL_SECONDS)


class Study:
    """A copy of the workflow in a folder, and the engine that carries it out.

    Parameters
    ----------
    project, folder : Path
        What is copied, and where to; the folder exists.
    targets : list of str
        What is asked for; none: the whole study.
    """

    def __init__(self, project: Path, folder: Path, targets: list[str]):
        self.folder, self.targets = folder, targets
        self.results = folder / "results"
        copy_project(project, folder)
        (folder / "small_disk.yaml").write_text(SMALL_DISK)
        self._sessions: set[int] = set()
        self._engine: subprocess.Popen | None = None

    def start(self, moved: Callable = lambda command, environment: (command, environment)) -> None:
        """Start the engine; after a kill the folder is unlocked first, as `make resume` does."""
        if list((self.folder / ".snakemake" / "locks").glob("*")):
            self._run(["--unlock", *CONFIGURED]).wait()
        self._engine = self._run(["--cores", "2", *CONFIGURED, *(["--", *self.targets] if self.targets else [])], moved)

    def _run(self, arguments, moved=lambda command, environment: (command, environment)) -> subprocess.Popen:
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LD_PRELOAD")}
        command, environment = moved([sys.executable, "-m", "snakemake", *arguments], kept)
        with self.said.open("a") as said:
            started = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=said, stderr=said, start_new_session=True
            )
        self._sessions.add(started.pid)
        return started

    @property
    def said(self) -> Path:
        """What the engine wrote: beside the study's folder, whose disk may be full."""
        return self.folder.with_name(f"{self.folder.name}.txt")

    def ended(self) -> int | None:
        """Status of the engine, None while it works."""
        return self._engine.poll()

    def wait(self) -> int:
        """Let the engine come to its end by itself."""
        return self._engine.wait()

    def processes(self) -> list[psutil.Process]:
        """The engine and all that it, or an engine before it, has started and that still lives."""
        return [process for process in psutil.process_iter() if _session(process) in self._sessions and _lives(process)]

    def workers(self) -> list[psutil.Process]:
        """Processes that carry out the script of a job."""
        return [process for process in self.processes() if rule_of(process)]

    def changes(self) -> dict[str, int]:
        """When each file of the results, and each that is on its way there, was last written."""
        found = {}
        for folder, _, names in os.walk(self.results):
            for name in names:
                with suppress(OSError):  # gone since
                    found[f"{folder}/{name}"] = os.stat(f"{folder}/{name}").st_mtime_ns
        return found

    def jobs(self) -> Iterator[psutil.Process]:
        """Workers of this engine as they start, each once, until the engine ends."""
        known = {process.pid for process in self.workers() if _session(process) != self._engine.pid}
        while self.ended() is None:
            for worker in self.workers():
                if worker.pid not in known:
                    known.add(worker.pid)
                    yield worker
            pause()

    def kill_engine(self) -> None:
        """Kill the engine alone; its workers live on."""
        self._engine.kill()
        self._engine.wait()

    def kill_all(self) -> None:
        """Kill the engine and all workers, those of engines before it too: the power fails."""
        while living := self.processes():
            for process in living:
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            if self._engine:
                self._engine.wait()
            pause()


def rule_of(process: psutil.Process) -> str:
    """The rule whose script a process carries out; empty if it carries out none."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    script = words[-1] if len(words) > 1 and "python" in Path(words[0]).name else ""
    return script.split(".")[-2] if SCRIPTS in script and script.endswith(".py") else ""


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
