"""Carry cases out in forks with limits on time of the processor and on memory; whatever one dies of is its outcome."""

import contextlib
import json
import os
import re
import resource
import select
import shutil
import signal
import tempfile
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from cuffless.errors import CufflessError
from tests.fuzz.mutating import IN_PLACE, mutated, replaced
from tests.fuzz.readers import READERS

CPU_SECONDS = 20
MEMORY = 2 * 10**9
MOST_CHARACTERS = 2000
MOST_ECHOED = 300
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # a terminal obeys them
IDLE_SECONDS = 60  # without any use of the processor, twice: only ends what waits for ever
BROKEN = 99  # status of a fork
NO_MEMORY = ("MemoryError", "Unable to allocate", "bad_alloc")
LAST_NET = re.compile(r"cannot be read \((\w+\.)*\w*(Error|Exception|Warning|error)\b")
"""A reason that tells an error of Python's, in place of a fault that the reader looks for."""

Corpus = dict[str, dict[str, bytes]]


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes
    ----------
    case : int
        Its number, from which it can be made again.
    kind : str
        ``readable``, ``refused`` or ``fault``.
    done : str
        What was done to which file.
    said : str
        What the reader said.
    """

    case: int
    kind: str
    done: str
    said: str = ""


def corpus_of(name: str) -> Corpus:
    """Files of a reader by unit and path, written in a process of its own lest libraries start threads in this one."""
    with tempfile.TemporaryDirectory(prefix="corpus") as folder:
        child = os.fork()
        if not child:
            status = 1
            try:
                with _silent():
                    READERS[name].write(Path(folder))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError(f"{name}: its corpus cannot be written")
        return {
            unit.name: {
                path.relative_to(unit).as_posix(): path.read_bytes()
                for path in sorted(unit.rglob("*"))
                if path.is_file()
            }
            for unit in sorted(Path(folder).iterdir())
        }


def run_cases(name: str, corpus: Corpus, cases: list[int], seed: int, log=lambda outcome: None) -> list[Outcome]:
    """Carry out cases of a reader; a negative number is a whole unit, which must be readable.

    Each case is drawn from its reader's name, its number and the seed alone, so that it can be repeated by itself.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < len(cases):
        for outcome in _in_a_fork(name, corpus, cases[len(outcomes) :], seed):
            outcomes.append(outcome)
            log(outcome)
    return outcomes


def spoilt(name: str, corpus: Corpus, case: int, seed: int, folder: Path) -> str:
    """Write the files of a case into a folder; gives what was done to which of them."""
    units = list(corpus)
    if case < 0:
        _lay(corpus[units[case]], folder)
        return f"{units[case]}: nothing"
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), case])
    unit = units[case % len(units)]
    files = corpus[unit]
    _lay(files, folder)
    file = list(files)[rng.integers(len(files))]
    if rng.random() < IN_PLACE:
        return f"{unit}/{file}: {replaced(folder / file, rng, by_a_pipe=READERS[name].found)}"
    data, said = mutated(files[file], rng)
    (folder / file).write_bytes(data)
    return f"{unit}/{file}: {said}"


def _lay(files: dict[str, bytes], folder: Path) -> None:
    for file, data in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)


def _in_a_fork(name: str, corpus: Corpus, cases: list[int], seed: int) -> Iterator[Outcome]:
    """Outcomes of cases up to the one that a fork dies of, which is the last."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as made:
        folder = Path(made)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            try:
                with os.fdopen(writing, "w", buffering=1) as answers, _silent():
                    _bounded()
                    for number in cases:
                        outcome = one_case(name, corpus, number, seed, folder)
                        answers.write(json.dumps(vars(outcome)) + "\n")
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(BROKEN)
        os.close(writing)
        done = 0
        with os.fdopen(reading) as answers:
            while (waits := not _speaks(answers, child)) is False and (line := answers.readline()):
                yield Outcome(**json.loads(line))
                done += 1
        if waits:
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == BROKEN:
            raise RuntimeError(f"{name}, case {cases[done]}: the fault lies in what makes the cases")
        if done < len(cases):
            yield Outcome(cases[done], "fault", (folder / "done").read_text(), _death(status, waits))


def _speaks(stream, child: int) -> bool:
    """Wait until there is something to be read, or the end; not if a process only sleeps meanwhile."""
    used = -1.0
    while not select.select([stream], [], [], IDLE_SECONDS)[0]:
        process = psutil.Process(child)
        times = process.cpu_times()
        if times.user + times.system == used and process.status() == psutil.STATUS_SLEEPING:
            return False
        used = times.user + times.system
    return True


def _death(status: int, waits: bool) -> str:
    if waits:
        return "waits for ever"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"over {CPU_SECONDS} s of the processor" if number == signal.SIGXCPU else signal.Signals(number).name
    return f"ended its process with {os.waitstatus_to_exitcode(status)}"


def one_case(name: str, corpus: Corpus, case: int, seed: int, folder: Path) -> Outcome:
    """Spoil and read, here: within the limits of this process."""
    unit, results = folder / "unit", folder / "results"
    for path in (unit, results):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    done = spoilt(name, corpus, case, seed, unit)
    (folder / "done").write_text(done)
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + CPU_SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    try:
        refused = READERS[name].read(unit, results)
    except CufflessError as error:
        refused = [str(error)]
    except BaseException as error:
        return Outcome(case, "fault", done, _fault(error))
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if odd := next(filter(None, (_odd(message, unit) for message in refused)), ""):
        return Outcome(case, "fault", done, odd)
    return Outcome(case, "refused" if refused else "readable", done, refused[0] if refused else "")


def _fault(error: BaseException) -> str:
    """Kind, place in the package and message of an error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = next((frame for frame in reversed(frames) if "/cuffless/" in frame.filename), frames[-1])
    place = f"{own.filename.rpartition('/cuffless/')[2]}:{own.lineno}"
    return f"{type(error).__name__} at {place}: {' '.join(str(error).split())[:160]}"


def _odd(message: str, unit: Path) -> str:
    """What is wrong with a message, if anything."""
    if any(sign in message for sign in NO_MEMORY):
        return f"takes over {MEMORY / 1e9:g} GB: {message[-160:]}"
    plain = message.replace(str(unit), "")
    if len(plain) > MOST_CHARACTERS:
        return f"a message of {len(plain)} characters: {plain[:80]}"
    if CONTROL.search(message):
        return f"a message with control characters: {plain[:80]!r}"
    if len(plain) > MOST_ECHOED:
        text = "".join(path.read_text("latin-1") for path in unit.rglob("*") if path.is_file())
        if any(plain[k : k + MOST_ECHOED + 1] in text for k in range(len(plain) - MOST_ECHOED)):
            return f"a message that repeats over {MOST_ECHOED} characters of a file: {plain[:80]}"
    return ""


def _bounded() -> None:
    """Allow this process so much more memory than it has."""
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY, has + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Let nothing that is said, by libraries in other languages either, reach the terminal."""
    nothing = os.open(os.devnull, os.O_RDWR)
    kept = [os.dup(number) for number in (1, 2)]
    for number in (1, 2):
        os.dup2(nothing, number)
    try:
        yield
    finally:
        for number, old in zip((1, 2), kept, strict=True):
            os.dup2(old, number)
