"""Damaged files of every kind are used or refused in words; `make fuzz` reads more of them."""

import json
import os
import subprocess
import sys

import pytest

CASES = 20
ODD_READERS = """
import json, os, signal
from pathlib import Path
from tests.fuzz import running
from tests.fuzz.readers import READERS, Reader

def write(folder):
    (folder / "unit").mkdir()
    (folder / "unit" / "file.txt").write_text("a,b\\n" + 400 * "7" + "\\n")

def loop(*_):
    while True:
        pass

WAYS = {
    "readable": lambda *_: [],
    "refused": lambda *_: ["file.txt: holds nothing"],
    "echo": lambda *_: ["file.txt: " + 400 * "7"],
    "raises": lambda *_: {}["key"],
    "dies": lambda *_: os.kill(os.getpid(), signal.SIGSEGV),
    "takes": lambda *_: bytearray(3 * 10**9),
    "loops": loop,
    "hides": lambda *_: ["file.txt: cannot be read (MemoryError)"],
}
running.CPU_SECONDS = 1
found = {}
for name, read in WAYS.items():
    READERS[name] = Reader(write, read)
    corpus = running.corpus_of(name)
    found[name] = [(one.kind, one.said) for one in running.run_cases(name, corpus, [0, 1], 1)]
    assert found[name] == [(one.kind, one.said) for one in running.run_cases(name, corpus, [0, 1], 1)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def python(project):
    """A process that has the package and `tests.fuzz` at hand: (arguments) -> what it wrote, and its status."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(project / "src")}
        return subprocess.run(
            [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, timeout=3600
        )

    return run


def read_damaged(python, *arguments):
    done = python("-m", "tests.fuzz", "--cases", str(CASES), *arguments)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"


def test_damaged_files_are_used_or_refused_in_a_line(python):
    read_damaged(python, "--quick")


@pytest.mark.slow
def test_damaged_networks_and_judged_tables_are_used_or_refused_in_a_line(python):
    read_damaged(python, "--reader", "models", "--reader", "pages")


def test_whatever_a_reader_dies_of_is_a_fault_and_the_next_case_goes_on(python):
    done = python("-c", ODD_READERS)
    assert done.returncode == 0, done.stderr
    found = {name: [kind for kind, _ in outcomes] for name, outcomes in json.loads(done.stdout).items()}
    said = {name: outcomes[0][1] for name, outcomes in json.loads(done.stdout).items()}
    assert found.pop("readable") == ["readable", "readable"]
    assert found.pop("refused") == ["refused", "refused"]
    assert set(map(tuple, found.values())) == {("fault", "fault")}
    assert said["dies"] == "SIGSEGV"
    assert said["raises"].startswith("KeyError")
    assert said["takes"].startswith("MemoryError")
    assert said["loops"] == "over 1 s of the processor"
    assert said["hides"].startswith("takes over 2 GB")
    assert said["echo"].startswith("a message that repeats over 300 characters")
