"""Materializing at scale: memory, disk, and the same bytes whatever the machine does beside."""

import hashlib
import os
import subprocess
import sys
import zipfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs import SUBSETS, sample_split
from cuffless.files import DiskError
from cuffless.windows import Measures, Windows, WindowStore
from cuffless.windows.materialize import materialize, store_bytes

Usage = namedtuple("Usage", "total used free")


def write_store(folder: Path, name: str, sizes: dict[str, int], options: WindowOptions) -> str:
    """Write a window store of records of given numbers of windows, of noise, and its index beside it."""
    paths = [folder / f"{name}{suffix}" for suffix in (".zarr.zip", ".parquet", ".csv")]
    with WindowStore(*paths, options) as store:
        for record, n in sizes.items():
            kept = Measures.blank(n)
            kept.start, kept.seconds = np.arange(n) * 7.0, np.full(n, 7.0)
            kept.sbp, kept.dbp = np.full(n, 120.0), np.arange(n) / 10
            seed = int.from_bytes(hashlib.sha256(record.encode()).digest()[:4], "big")
            ppg = np.random.default_rng(seed).integers(-99, 99, (n, options.samples)).astype(np.float16)
            row = {"record": record, "subject": f"p_{record}", "identity": "patient"}
            store.add(row, [Windows(ppg, kept, kept, dict.fromkeys(options.rules, 0), 7.0 * n)])
    return str(paths[0])


@pytest.fixture
def split(tmp_path):
    """Stores of two shards and a manifest of their windows; records longer than a piece that is read."""
    options = WindowOptions(length=2, samples_per_beat=16)
    sizes = [{"a": 5000, "b": 700, "c": 0}, {"d": 900, "e": 4097}]
    stores = [write_store(tmp_path, f"s{k}", part, options) for k, part in enumerate(sizes)]
    index = pd.concat([pd.read_parquet(tmp_path / f"s{k}.parquet") for k in range(2)], ignore_index=True)
    manifest = sample_split(index, SplitOptions(kind="mixed", cap=4500)).windows
    return manifest, stores


def outputs_in(folder: Path) -> dict[str, str]:
    return {subset: str(folder / f"{subset}.zarr.zip") for subset in SUBSETS}


_MATERIALIZE = """
import sys
import pandas as pd
from cuffless.windows.materialize import materialize
manifest, folder, *stores = sys.argv[1:]
materialize(pd.read_parquet(manifest), stores, {s: f"{folder}/{s}.zarr.zip" for s in ("train", "val", "test")})
"""


def test_files_are_the_same_byte_for_byte_whatever_the_number_of_threads_and_the_time(split, tmp_path):
    manifest, stores = split
    manifest.to_parquet(tmp_path / "manifest.parquet")
    settings = [
        {"ZARR_ASYNC__CONCURRENCY": "1", "ZARR_THREADING__MAX_WORKERS": "1", "BLOSC_NTHREADS": "1"},
        {"ZARR_ASYNC__CONCURRENCY": "64", "ZARR_THREADING__MAX_WORKERS": "16", "BLOSC_NTHREADS": "8"},
    ]
    running = []
    for k, environment in enumerate(settings):
        (tmp_path / f"run{k}").mkdir()
        command = [sys.executable, "-c", _MATERIALIZE, tmp_path / "manifest.parquet", tmp_path / f"run{k}", *stores]
        environment = {**os.environ, **environment, "PYTHONHASHSEED": str(k + 1)}
        running.append(subprocess.Popen(list(map(str, command)), env=environment))
    assert [process.wait() for process in running] == [0, 0]
    for subset in SUBSETS:
        first, second = (tmp_path / f"run{k}" / f"{subset}.zarr.zip" for k in range(2))
        assert first.read_bytes() == second.read_bytes()
        with zipfile.ZipFile(first) as file:
            assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_long_records_give_their_windows_from_every_piece(split, tmp_path):
    import zarr

    manifest, stores = split
    materialize(manifest, stores, outputs_in(tmp_path))
    source = {}
    for path in stores:
        with zarr.storage.ZipStore(path, mode="r") as opened:
            source |= {name: group["ppg"][:] for name, group in zarr.open_group(opened, mode="r").groups()}
    for subset, path in outputs_in(tmp_path).items():
        part = manifest[manifest["subset"] == subset].sort_values("position")
        expected = np.stack([source[r][k] for r, k in zip(part["record"], part["row"], strict=True)])
        with zarr.storage.ZipStore(path, mode="r") as opened:
            assert np.array_equal(zarr.open_group(opened, mode="r")["ppg"][:], expected)


_PEAK = """
import sys
from pathlib import Path
import pandas as pd
from cuffless.windows.materialize import materialize
from cuffless.windows import shuffle
shuffle.BLOCK_BYTES, shuffle.PENDING_BYTES = 4 * 2**20, 2**20
manifest, folder, store = pd.read_parquet(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def resident(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key)) / 1024

few = manifest[manifest["position"] < 8000]
materialize(few, [store], {"train": str(folder / "few.zarr.zip")})
Path("/proc/self/clear_refs").write_text("5")
before = resident("VmHWM")
materialize(manifest, [store], {"train": str(folder / "all.zarr.zip")})
print(resident("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory cannot be reset on this system")
def test_memory_does_not_grow_with_the_set_or_a_record(tmp_path):
    options = WindowOptions()
    n = 40_000
    store = write_store(tmp_path, "s", {"long": n}, options)
    index = pd.read_parquet(tmp_path / "s.parquet")
    position = np.random.default_rng(0).permutation(n)
    index.assign(subset="train", position=position).to_parquet(tmp_path / "manifest.parquet")
    command = [sys.executable, "-c", _PEAK, tmp_path / "manifest.parquet", tmp_path, store]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    # Mapped pages of files would count too. The set alone is 70 MB.
    assert float(done.stdout) < 45


def test_a_full_disk_is_noticed_before_anything_is_written(split, tmp_path, monkeypatch):
    manifest, stores = split
    n = manifest["subset"].value_counts()
    needed = sum(2 * 32 * k + store_bytes(k, 32) for k in n)
    folder = tmp_path / "sets"
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 0, needed + 10**9 - 1))
    with pytest.raises(DiskError, match=r"sets: .* GB are needed.*lower splits.windows"):
        materialize(manifest, stores, outputs_in(folder), reserve_gb=1.0)
    assert not list(folder.iterdir())
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 0, needed + 10**9))
    materialize(manifest, stores, outputs_in(folder), reserve_gb=1.0)
    assert sorted(path.name for path in folder.iterdir()) == ["test.zarr.zip", "train.zarr.zip", "val.zarr.zip"]


def test_a_store_takes_no_more_than_foretold(tmp_path):
    """Noise that does not compress is the worst case."""
    options = WindowOptions(length=2, samples_per_beat=16)
    rng = np.random.default_rng(0)
    for n in (1, 257, 1024, 3000):
        kept = Measures.blank(n)
        kept.sbp, kept.dbp = rng.normal(120, 15, (2, n))
        ppg = rng.integers(0, 2**16, (n, 32)).astype(np.uint16).view(np.float16)
        names = [tmp_path / f"n{n}{suffix}" for suffix in (".zarr.zip", ".parquet", ".csv")]
        with WindowStore(*names, options) as store:
            row = {"record": "a", "subject": "p", "identity": "patient"}
            store.add(row, [Windows(ppg, kept, kept, dict.fromkeys(options.rules, 0), 1.0)])
        index = pd.read_parquet(names[1])
        manifest = index.assign(subset="train", position=rng.permutation(n))
        output = tmp_path / f"train{n}.zarr.zip"
        materialize(manifest, [str(names[0])], {"train": str(output)})
        assert output.stat().st_size <= store_bytes(n, 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m.assign(position=m["position"] + 1),
            "train: its positions are not 0 to .*; sample the split again",
        ),
        (lambda m: m.assign(row=m["row"] + 5000), "has no window .*; the manifest is older than the windows"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(split, tmp_path, change, message):
    manifest, stores = split
    with pytest.raises(ValueError, match=message):
        materialize(change(manifest), stores, outputs_in(tmp_path / "sets"))
    assert not list((tmp_path / "sets").iterdir())
