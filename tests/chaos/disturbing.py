"""What is done to a running study, each kind a function: (study, disk, draws) -> what was done, in words.

Moments are events: the third job has started, a job writes, all others have ended.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import psutil

from tests.chaos.machine import SmallDisk
from tests.chaos.study import Study, pause, rule_of

ROOMS = (0, 4096, 100_000, 1_000_000)
MOST_JOBS = 3
DAY = 86_400
OFFSETS = (-400 * DAY, -3600, 3600, 30 * DAY)
GONE = "gone"
TOO_LATE = "came to its end first"


@dataclass(frozen=True)
class Moment:
    """A job that does something: its process, and in words which job and what."""

    worker: psutil.Process
    words: str


def kill_a_worker(study: Study, disk: SmallDisk, rng: np.random.Generator) -> str:
    """Kill a job; the engine is left to do what it can."""
    if not (moment := _moment(study, rng)):
        return f"a worker was to be killed, but the study {TOO_LATE}"
    _signalled(moment.worker, signal.SIGKILL)
    return f"worker killed: {moment.words}; the engine ended with {study.wait()}"


def kill_the_engine(study: Study, disk: SmallDisk, rng: np.random.Generator) -> str:
    """Kill the engine alone: its jobs live on beside those of the next engine."""
    if not (moment := _moment(study, rng)):
        return f"the engine was to be killed, but the study {TOO_LATE}"
    study.kill_engine()
    living = [_name(worker) for worker in study.workers()]
    return f"engine killed: {moment.words}; living on: {', '.join(living) or 'no worker'}"


def kill_all(study: Study, disk: SmallDisk, rng: np.random.Generator) -> str:
    """Kill engine and jobs at once, as a loss of power does."""
    if not (moment := _moment(study, rng)):
        return f"all were to be killed, but the study {TOO_LATE}"
    study.kill_all()
    return f"engine and workers killed: {moment.words}"


def stop_a_worker(study: Study, disk: SmallDisk, rng: np.random.Generator) -> str:
    """Stop a job until the others have got further or have ended, let it continue, then kill all a moment later."""
    if not (moment := _moment(study, rng)):
        return f"a worker was to be stopped, but the study {TOO_LATE}"
    before = study.changes()
    _signalled(moment.worker, signal.SIGSTOP)
    while _state(moment.worker) not in (psutil.STATUS_STOPPED, GONE):
        pause()
    while study.ended() is None and len(study.workers()) > 1 and study.changes() == before:
        pause()
    others = "others had written" if study.changes() != before else "no other was left"
    _signalled(moment.worker, signal.SIGCONT)
    return f"worker stopped: {moment.words}; continued when {others}; then {kill_all(study, disk, rng)}"


def fill_the_disk(study: Study, disk: SmallDisk, rng: np.random.Generator) -> str:
    """Fill the disk until the engine has ended, then free it."""
    room = int(rng.choice(ROOMS))
    if not (moment := _moment(study, rng)):
        return f"the disk was to be filled, but the study {TOO_LATE}"
    disk.fill(room, study.processes())
    status = study.wait()
    study.kill_all()  # jobs that an engine without room has left alone
    disk.free()
    return f"disk filled but for {room:,} bytes: {moment.words}; the engine ended with {status}; freed"


KINDS: dict[str, Callable[[Study, SmallDisk, np.random.Generator], str]] = {
    "kill a worker": kill_a_worker,
    "kill the engine": kill_the_engine,
    "kill all": kill_all,
    "stop a worker": stop_a_worker,
    "fill the disk": fill_the_disk,
}


def _moment(study: Study, rng: np.random.Generator) -> Moment | None:
    """Wait for a job to do something; None if the engine ends before it."""
    number = int(rng.integers(1, MOST_JOBS + 1))
    when = str(rng.choice(["at its start", "while it writes", "once it has written"]))
    for position, worker in enumerate(study.jobs(), 1):
        name = _name(worker)
        if position >= number and _happens(study, worker, when):
            return Moment(worker, f"{name} {when}")
    return None


def _happens(study: Study, worker: psutil.Process, when: str) -> bool:
    """Whether a job comes to a moment before it ends."""
    before = study.changes()
    while study.ended() is None and _state(worker) != GONE:
        changed = [path for path, time in study.changes().items() if before.get(path) != time]
        parts = [path for path in changed if ".part" in path]
        if when == "at its start" or (when == "while it writes" and parts) or len(changed) > len(parts):
            return True
        pause()
    return False


def _state(worker: psutil.Process) -> str:
    try:
        state = worker.status()
    except psutil.Error:
        return GONE
    return GONE if state == psutil.STATUS_ZOMBIE else state


def _signalled(worker: psutil.Process, number: int) -> None:
    with suppress(psutil.Error):  # it ended meanwhile
        worker.send_signal(number)


def _name(worker: psutil.Process) -> str:
    return f"{rule_of(worker)} ({worker.pid})"
