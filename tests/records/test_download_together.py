"""Downloads that are killed, and that go on at the same time."""

import errno
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from served import BIG, SIZE, assert_arrived, part_of

from cuffless.config import DownloadOptions
from cuffless.records.remote import part as part_module
from cuffless.records.remote.download import AbsentError, Downloader, DownloadError

SCRIPT = """
import sys
from cuffless.config import DownloadOptions
from cuffless.records.remote.download import Downloader
Downloader.first_wait = 0.01
url, cache, path = sys.argv[1:]
source = Downloader("db/1.0", DownloadOptions(url=url, cache=cache, reserve_gb=0, timeout_seconds=600))
print("ready", flush=True)
sys.stdin.readline()
print(source.fetch(path).stat().st_size, source.requests, flush=True)
"""


@pytest.fixture
def process(site, tmp_path):
    """Start processes that fetch a path when they are told to: ``process(path)``."""
    started = []

    def start(path):
        command = [sys.executable, "-c", SCRIPT, site.server.url, str(tmp_path / "cache"), path]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_killed_process_loses_nothing(site, physionet, process, wait_until):
    big = random.Random(3).randbytes(3_000_000)
    site.contents[BIG] = big
    (site.root / BIG).write_bytes(big)
    site.fail(BIG, physionet.stall(2_500_000, times=1))
    downloader = site.downloader()
    killed = process(BIG)
    assert killed.stdout.readline() == "ready\n"
    killed.stdin.write("\n")
    killed.stdin.flush()
    part = part_of(downloader, BIG)
    wait_until(lambda: part.exists() and part.stat().st_size == 2_500_000, "all that was sent is in the part")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [(request.range, request.sent) for request in site.requests(BIG)] == [
        ("", 2_500_000),
        ("bytes=2500000-", 500_000),
    ]


@pytest.mark.parametrize("known", [True, False])
def test_a_part_of_unknown_version_is_resumed_only_if_a_checksum_will_prove_it(site, known):
    downloader = site.downloader(site.sums if known else None)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes(site.contents[BIG][:200_000])
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == (["bytes=200000-"] if known else [""])


def test_a_part_of_another_file_is_found_out_by_its_checksum(site):
    downloader = site.downloader(site.sums)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(200_000))
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.range for request in site.requests(BIG)] == ["bytes=200000-", ""]


@pytest.mark.parametrize("known", ["checksum", "version"])
@pytest.mark.parametrize("length", [SIZE, SIZE + 10])
def test_a_part_that_is_full_already_is_kept_if_it_is_right(site, known, length):
    downloader = site.downloader(site.sums if known == "checksum" else None)
    part = part_of(downloader, BIG)
    part.parent.mkdir(parents=True)
    part.write_bytes((site.contents[BIG] + bytes(10))[:length])
    if known == "version":
        state = (site.root / BIG).stat()
        tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
        part.with_name(f"{part.name}.json").write_text(json.dumps({"validator": tag}))
    downloader.fetch(BIG)
    assert_arrived(site, downloader, BIG)
    assert [request.status for request in site.requests(BIG)] == [416] + [200] * (length > SIZE)


def test_threads_that_want_one_file_fetch_it_once(site, physionet):
    site.fail(BIG, physionet.slow(0.1, times=1))
    downloaders = [site.downloader(site.sums) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda downloader: downloader.fetch(BIG), downloaders))
    assert_arrived(site, downloaders[0], BIG)
    assert len(site.requests(BIG)) == 1


def test_processes_that_want_one_file_fetch_it_once(site, physionet, process):
    site.fail(BIG, physionet.slow(0.3, times=1))
    both = [process(BIG), process(BIG)]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    said = sorted(one.stdout.readline().split() for one in both)
    assert said == [[str(SIZE), "0"], [str(SIZE), "1"]]
    assert_arrived(site, site.downloader(), BIG)
    assert len(site.requests(BIG)) == 1


def test_a_file_that_another_finished_just_now_is_not_fetched_again(site, monkeypatch):
    downloader = site.downloader()
    claim = part_module.Part.claim

    def finish_first(final):
        final.write_bytes(site.contents[BIG])
        return claim(final)

    monkeypatch.setattr(part_module.Part, "claim", finish_first)
    downloader.fetch(BIG)
    assert site.server.log == []
    assert_arrived(site, downloader, BIG)


@pytest.mark.parametrize("became", ["whole", "removed"])
def test_a_part_that_its_writer_ended_just_now_is_not_written_to(site, monkeypatch, became):
    downloader = site.downloader()
    ended = []
    lock = fcntl.flock

    def end_first(file, how):
        if not ended:
            os.pwrite(file, site.contents[BIG], 0)
            part = part_of(downloader, BIG)
            ended.append(part.replace(downloader.folder / BIG) if became == "whole" else part.unlink())
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", end_first)
    downloader.fetch(BIG)
    assert len(site.server.log) == (became == "removed")
    assert_arrived(site, downloader, BIG)


def test_a_waiting_thread_takes_over_where_another_failed(site, physionet):
    site.fail(BIG, physionet.status(403, times=1))
    outcomes = []

    def fetch(downloader):
        try:
            outcomes.append(downloader.fetch(BIG).stat().st_size)
        except DownloadError:
            outcomes.append("refused")

    threads = [threading.Thread(target=fetch, args=(site.downloader(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [SIZE, "refused"]


def test_where_locks_are_impossible_each_writes_a_part_of_its_own(site, physionet, monkeypatch):
    def refuse(file, how):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(part_module, "fcntl", SimpleNamespace(flock=refuse, LOCK_EX=2, LOCK_NB=4))
    site.fail(BIG, physionet.cut(100_000, times=1), physionet.slow(0.1, times=3))
    downloaders = [site.downloader(site.sums) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda downloader: downloader.fetch(BIG), downloaders))
    assert_arrived(site, downloaders[0], BIG)
    with pytest.raises(AbsentError):
        downloaders[0].fetch("gone.dat")
    assert_arrived(site, downloaders[0], BIG)


def test_connections_count_over_all_processes_that_share_a_cache(physionet, loopback, tmp_path):
    """Two downloaders of one cache, as two jobs have them, hold no more connections than one may."""
    from concurrent.futures import ThreadPoolExecutor

    root = tmp_path / "server" / "db" / "1.0"
    root.mkdir(parents=True)
    names = [f"f{k}" for k in range(12)]
    for name in names:
        (root / name).write_bytes(b"x" * 1000)
    slow = {f"db/1.0/{name}": physionet.slow(0.05) for name in names}
    with physionet.PhysioNetServer(tmp_path / "server", slow) as server:
        options = DownloadOptions(url=server.url, cache=str(tmp_path / "cache"), connections=2, reserve_gb=0)
        jobs = [Downloader("db/1.0", options), Downloader("db/1.0", options)]
        with ThreadPoolExecutor(2) as pool:
            failures = list(pool.map(lambda job, part: job.fetch_all(part), jobs, (names[:6], names[6:])))
        assert failures == [{}, {}]
        assert server.peak == 2
