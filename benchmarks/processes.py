"""Processes of their own: clean memory, clean imports, two cores."""

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

MEGABYTE = 2**20
CORES = 2


def in_fresh_process(function: Callable, *arguments):
    """Call a function of a module in a new interpreter, and give what it returns or raise what it raises."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_hush) as pool:
        return pool.submit(function, *arguments).result()


def _hush() -> None:
    """Drop what TensorFlow says of devices it does not find; exceptions go back to the caller all the same."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def peak_megabytes() -> float:
    """Greatest resident memory that this process has had, in MB.

    Notes
    -----
    Linux counts the parent's memory into a child's ``ru_maxrss``, so the process's own high-water mark is read
    where there is one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / MEGABYTE
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


@contextmanager
def two_cores() -> Iterator[None]:
    """Keep this process and its children to two cores, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
