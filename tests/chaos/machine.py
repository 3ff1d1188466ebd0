"""What is disturbed of the machine: a small disk of the study's own, and the clock of its processes."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

BALLAST = "ballast"
INSIDE = "CHAOS_NAMESPACE"
MB = 2**20


def in_own_namespace() -> None:
    """Go on in a mount namespace of this process's own, where it can be made: what is mounted there ends with it."""
    if INSIDE in os.environ:
        return
    os.environ[INSIDE] = ""
    if not (unshare := shutil.which("unshare")):
        return
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    apart = [unshare, *as_root, "--mount", "--propagation", "private", "--"]
    mounted = subprocess.run([*apart, "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"], capture_output=True)
    if mounted.returncode == 0:
        os.environ[INSIDE] = "1"
        os.execv(unshare, [*apart, sys.executable, "-m", "tests.chaos", *sys.argv[1:]])


class SmallDisk:
    """A disk of some MB under a folder, which fills but for a little room, and is freed.

    Where nothing can be mounted, no process of the study may write a file beyond a size: a write fails as it would on
    a full disk, if with another word (EFBIG, not ENOSPC).
    """

    def __init__(self, folder: Path, megabytes: int):
        self.folder = folder
        self.mounted = bool(os.environ.get(INSIDE))
        folder.mkdir(parents=True)
        if self.mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)], check=True)
        self.said = (
            f"a disk of {megabytes} MB, mounted at {folder}"
            if self.mounted
            else "no disk of its own (nothing can be mounted here): sizes of files are limited in its place"
        )

    def fill(self, room: int, processes: Iterable[psutil.Process]) -> None:
        """Leave `room` bytes."""
        if not self.mounted:
            _limit(processes, room)
            return
        with (self.folder / BALLAST).open("wb") as file:
            while (free := shutil.disk_usage(self.folder).free - room) > 0:
                with suppress(OSError):  # a job was quicker
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)

    def free(self) -> None:
        """Give the room back; a limit ends with the processes that have it."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        """Take the disk away."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def _limit(processes: Iterable[psutil.Process], room: int) -> None:
    for process in processes:
        with suppress(psutil.Error, ProcessLookupError):
            hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, hard))


class Clock:
    """How a process gets a wall clock of its own: by a small library of ours, else by faketime."""

    def __init__(self, folder: Path):
        self._library = folder / "clock.so"
        self._faketime = shutil.which("faketime")
        compiler = shutil.which("cc") or shutil.which("gcc")
        source = Path(__file__).with_name("clock.c")
        if compiler and sys.platform == "linux":
            made = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(source)]
            subprocess.run(made, check=False, capture_output=True)
        ours = self._library.is_file()
        self.known = ours or bool(self._faketime)
        self.said = (
            "clocks by a library of ours, which is preloaded"
            if ours
            else "clocks by faketime"
            if self._faketime
            else "clocks cannot be changed here: there is neither a C compiler nor faketime"
        )

    def moved(self, command: list[str], environment: dict[str, str], seconds: int) -> tuple[list[str], dict[str, str]]:
        """Command and environment of a process, and of those that it starts, whose clock is wrong by some seconds."""
        if not seconds:
            return command, environment
        if self._library.is_file():
            return command, environment | {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(seconds)}
        moved = environment | {"NO_FAKE_STAT": "1", "DONT_FAKE_MONOTONIC": "1"}  # files keep the machine's time
        return [self._faketime, "-f", f"{seconds:+d}s", *command], moved
