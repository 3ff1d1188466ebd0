"""The table of records of a whole database, from headers alone, fetched from a server on loopback.

Repeat with ``python -m benchmarks headers_34938``; ``--quick`` takes a tenth of the records.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.processes import peak_megabytes
from benchmarks.study import PROJECT
from benchmarks.table import Measurement
from cuffless.config import DownloadOptions, RecordOptions
from cuffless.files import whole_file

SERVER = PROJECT / "tests" / "records" / "physionet_server.py"
RECORDS, SEGMENTS = 4555, 34_938  # of the paper's authors' list
DATABASE, MATCHED = "mimic3wdb/1.0", "mimic3wdb-matched/1.0"
MEAN_HOURS = 200_000 / SEGMENTS
FS, SHARDS = 125, 40
RESOLVED_EVERY = 2  # every second record is listed by the matched subset too
MOST_MEGABYTES = 1500  # of a shard's job


def headers_34938(quick: bool = False) -> Iterator[Measurement]:
    """Headers of 34,938 segments over four connections, killed in the middle: hardly a request is made twice."""
    records, segments = (RECORDS // 10, SEGMENTS // 10) if quick else (RECORDS, SEGMENTS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        headers = _database(folder, records, segments)
        with _served(folder / "server", folder / "log") as url:
            options = _options(folder, url)
            killed = _start(folder, options)
            _wait_for(folder / "log", headers // 2, killed)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            before, begin = len(_requests(folder / "log")), time.perf_counter()
            finished = _start(folder, options)
            said, complaint = finished.communicate()
            seconds = time.perf_counter() - begin
            if finished.returncode:
                raise RuntimeError(f"listing ended with status {finished.returncode}:\n{complaint[-3000:]}")
            requests = _requests(folder / "log")
        found = json.loads(said)
        if (found["records"], found["segments"]) != (records, segments):
            raise RuntimeError(f"records.csv does not hold {records} records of {segments} segments: {found}")
        repeated = sum(n - 1 for n in Counter(requests).values())
        yield Measurement(f"headers_{segments}", (len(requests) - before) / seconds, "requests/s")
        yield Measurement(f"headers_{segments}_memory", found["megabytes"], "MB", at_most=MOST_MEGABYTES)
        yield Measurement(f"headers_{segments}_requests", len(requests), "requests")
        yield Measurement(
            f"headers_{segments}_repeated", repeated, "requests after a kill", at_most=options.download.connections
        )


def list_database(folder: str, options: str) -> None:
    """List all records shard by shard, as the workflow's jobs do; shards that are listed are not listed again."""
    import pandas as pd

    from cuffless.records import find_records, list_records
    from cuffless.records.sources.physionet import fetch_index

    given = RecordOptions.model_validate_json(options)
    fetch_index(given)
    tables = [Path(folder, f"shard{shard:03d}.csv") for shard in range(given.shards)]
    for shard, path in enumerate(tables):
        if not path.is_file():
            with whole_file(path) as part:
                list_records(find_records(given, shard), given, shard).to_csv(part, index=False)
    table = pd.concat([pd.read_csv(path, keep_default_na=False) for path in tables])
    usable = table[table["problem"] == ""]
    found = {"records": len(usable), "segments": int(usable["segments"].sum()), "megabytes": peak_megabytes()}
    found |= {"hours": usable["seconds"].sum() / 3600, "resolved": int((usable["identity"] == "patient").sum())}
    print(json.dumps(found))


def _options(folder: Path, url: str) -> RecordOptions:
    return RecordOptions(
        source="physionet",
        database=DATABASE,
        resolve=MATCHED,
        record_list=str(folder / "list.txt"),
        shards=SHARDS,
        download=DownloadOptions(url=url, cache=str(folder / "cache")),
    )


def _start(folder: Path, options: RecordOptions) -> subprocess.Popen:
    code = "import sys; from benchmarks.headers import list_database; list_database(*sys.argv[1:])"
    (folder / "tables").mkdir(exist_ok=True)
    command = [sys.executable, "-c", code, str(folder / "tables"), options.model_dump_json()]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=pipe, stderr=pipe, text=True)


def _database(folder: Path, records: int, segments: int) -> int:
    """Headers of multi-segment records in the layout of the unmatched database, and the authors' list of them.

    Returns
    -------
    int
        Number of headers.
    """
    root, matched = folder / "server" / DATABASE, folder / "server" / MATCHED
    rng = np.random.default_rng(0)
    share = np.sort(rng.choice(np.arange(1, segments), records - 1, replace=False))
    counts = np.diff([0, *share, segments])
    sums, known, listed = [], [], []
    for k, n in enumerate(counts):
        number = f"3{k * 197 % 1_000_000:06d}"
        place = root / number[:2] / number
        place.mkdir(parents=True)
        lengths = (rng.exponential(MEAN_HOURS, n) * 3600 * FS).astype(int) + FS
        names = [f"{number}_{part:04d}" for part in range(1, n + 1)]
        for name, text in _headers(number, names, lengths):
            (place / f"{name}.hea").write_text(text, encoding="ascii")
        listed += [f"{number[:2]}/{name}\n" for name in names]
        if k % RESOLVED_EVERY == 0:
            known.append(f"{'0' * 64}  p{k // 10_000:02d}/p{k:06d}/{names[0]}.hea\n")
        sums += [f"{'0' * 64}  {number[:2]}/{number}/{name}.dat\n" for name in names]
    (folder / "list.txt").write_text("".join(listed), encoding="ascii")
    matched.mkdir(parents=True)
    (matched / "SHA256SUMS.txt").write_text("".join(known), encoding="ascii")
    return _write_sums(root, sums)


def _headers(number: str, names: list[str], lengths) -> Iterator[tuple[str, str]]:
    """Name and text of a record's headers: master, layout, segments."""
    channels = (("PLETH", "127(-64)/NU"), ("ABP", "1.25(-100)/mmHg"), ("II", "63.5(-64)/mV"))
    parts = [f"{number}_layout 0", *(f"{name} {n}" for name, n in zip(names, lengths, strict=True))]
    yield number, "\n".join([f"{number}/{len(parts)} {len(channels)} {FS} {sum(lengths)}", *parts, ""])
    layout = [f"~ 0 {scale} 8 0 0 0 0 {name}" for name, scale in channels]
    yield f"{number}_layout", "\n".join([f"{number}_layout {len(channels)} {FS} 0", *layout, ""])
    for name, n in zip(names, lengths, strict=True):
        signals = [f"{name}.dat 80 {scale} 8 0 0 0 0 {channel}" for channel, scale in channels]
        yield name, "\n".join([f"{name} {len(channels)} {FS} {n}", *signals, ""])


def _write_sums(root: Path, others: list[str]) -> int:
    """Write a database's checksums: of its headers, and the lines of signal files that are not there."""
    import hashlib

    headers = sorted(root.rglob("*.hea"))
    with (root / "SHA256SUMS.txt").open("w", encoding="ascii") as file:
        for path in headers:
            file.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n")
        file.writelines(others)
    return len(headers)


@contextmanager
def _served(folder: Path, log: Path) -> Iterator[str]:
    """Serve a folder from a process of its own; gives the URL."""
    port_file = log.with_name("port")
    command = [sys.executable, str(SERVER), str(folder), "--port-file", str(port_file), "--log", str(log)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not port_file.is_file():
            if server.poll() is not None:
                raise RuntimeError(f"{SERVER} ended with status {server.returncode}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}/files"
    finally:
        server.terminate()
        server.wait()


def _wait_for(log: Path, n_requests: int, process: subprocess.Popen) -> None:
    """Wait until the server has seen so many requests."""
    seen, position = 0, 0
    while seen < n_requests:
        if process.poll() is not None:
            raise RuntimeError(f"listing ended before it was killed:\n{process.communicate()[1][-3000:]}")
        time.sleep(0.05)
        if log.is_file():
            with log.open("rb") as file:
                file.seek(position)
                new = file.read()
            seen, position = seen + new.count(b"\n"), position + len(new)


def _requests(log: Path) -> list[str]:
    """Paths that the server sent, in the order of requests."""
    return [json.loads(line)["path"] for line in log.read_text(encoding="utf-8").splitlines()]
