import json
import zipfile

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

from cuffless.windows import ZarrFile

ATTRIBUTES = {"windows": {"band": [0.5, 8.0], "name": "Größe"}}


def members(path):
    with zipfile.ZipFile(path) as opened:
        found = {name: opened.read(name) for name in opened.namelist()}
    return {name: json.loads(held) if name.endswith(".json") else held for name, held in found.items()}


@pytest.mark.parametrize("n", [0, 1, 256, 257, 1023, 1024, 1025, 1537, 2048])
@pytest.mark.parametrize(("dtype", "width"), [("float16", 35), ("float32", 2), ("float64", 6)])
def test_zarr_writes_the_same_members(tmp_path, n, dtype, width):
    rows = np.random.default_rng(n).standard_normal((n, width)).cumsum(axis=1).astype(dtype)
    with ZarrFile(tmp_path / "ours.zarr.zip", ATTRIBUTES) as file:
        file.add_group("a record", {"subject": "s"})
        file.add_array("a record/ppg", rows.shape, dtype).append(rows)
    with zarr.storage.ZipStore(tmp_path / "zarrs.zarr.zip", mode="w") as store:
        group = zarr.create_group(store, attributes=ATTRIBUTES).create_group("a record", attributes={"subject": "s"})
        array = group.create_array(
            "ppg",
            shape=rows.shape,
            dtype=dtype,
            chunks=(256, width),
            shards=(min(max(-(-n // 256), 1) * 256, 1024), width),
            compressors=BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"),
            fill_value=0,
            config={"write_empty_chunks": True},
        )
        array[:] = rows
    assert members(tmp_path / "ours.zarr.zip") == members(tmp_path / "zarrs.zarr.zip")


def test_zarr_reads_rows_that_were_appended_in_parts(tmp_path):
    rows = np.arange(2500.0)[:, None] + np.arange(3.0)
    with ZarrFile(tmp_path / "a.zarr.zip", {}) as file:
        array = file.add_array("x", rows.shape, "float64")
        array.append(rows[:2048])
        array.append(rows[2048:])
    with zarr.storage.ZipStore(tmp_path / "a.zarr.zip", mode="r") as store:
        assert np.array_equal(zarr.open_group(store, mode="r")["x"][:], rows)


def test_equal_rows_give_equal_bytes_whenever_they_are_written(tmp_path, monkeypatch):
    for name, now in (("a", 1e9), ("b", 1.5e9)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        with ZarrFile(tmp_path / name, ATTRIBUTES) as file:
            file.add_array("x", (300, 2), "float32").append(np.ones((300, 2), np.float32))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_record_is_not_written_twice(tmp_path):
    with ZarrFile(tmp_path / "a.zarr.zip", {}) as file:
        file.add_group("r", {})
        with pytest.raises(ValueError, match=r"r/zarr.json would be written twice"):
            file.add_group("r", {})


@pytest.mark.parametrize("name", ["p00/p01", "/p00//p01/", "p00\\p01"])
def test_a_record_is_found_by_its_name_whatever_its_slashes(tmp_path, name):
    with ZarrFile(tmp_path / "a.zarr.zip", {}) as file:
        file.add_group(name, {})
        file.add_array(f"{name}/x", (2, 2), "float32").append(np.ones((2, 2), np.float32))
    with zarr.storage.ZipStore(tmp_path / "a.zarr.zip", mode="r") as store:
        assert np.array_equal(zarr.open_group(store, mode="r")[f"{name}/x"][:], np.ones((2, 2)))


@pytest.mark.parametrize("name", ["../p01", "p00/./p01"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with ZarrFile(tmp_path / "a.zarr.zip", {}) as file, pytest.raises(ValueError, match="rename the record"):
        file.add_group(name, {})
