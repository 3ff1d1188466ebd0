"""The disturbances of the machine take effect, and only on those they are meant for."""

import subprocess
import sys
from datetime import datetime, timedelta

import psutil
import pytest

from tests.chaos.machine import INSIDE, Clock, SmallDisk

WRITES = """
import sys
print("ready", flush=True)
for size in map(int, sys.stdin):
    try:
        with open("file", "wb") as file:
            file.write(bytes(size))
        print("written", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


def test_the_clock_of_a_process_and_of_what_it_starts_is_moved(tmp_path):
    clock = Clock(tmp_path)
    if not clock.known:
        pytest.skip(clock.said)
    asks = "from datetime import datetime; print(datetime.now().isoformat())"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {asks!r}])"
    for days in (-400, 30):
        command, environment = clock.moved([sys.executable, "-c", starts], {}, 86_400 * days)
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        assert abs(datetime.fromisoformat(said.strip()) - datetime.now() - timedelta(days=days)) < timedelta(days=1)
    assert clock.moved(["python"], {"A": "b"}, 0) == (["python"], {"A": "b"})


def test_without_a_disk_of_its_own_no_process_of_the_study_writes_beyond_a_size(tmp_path, monkeypatch):
    monkeypatch.delenv(INSIDE, raising=False)
    disk = SmallDisk(tmp_path / "disk", 1)
    assert "nothing can be mounted here" in disk.said
    with subprocess.Popen(
        [sys.executable, "-c", WRITES], cwd=disk.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "ready\n"
        disk.fill(4096, [psutil.Process(writer.pid)])
        said = writer.communicate("4096\n8192\n")[0].split()
    assert said == ["written", "OSError"]
    (tmp_path / "elsewhere").write_bytes(bytes(8192))  # this process writes on
    disk.free()
