"""Zarr files of windows, written front to back.

The package zarr reads them. It writes them too, the same members, but spends more time on passing a few of them from
one thread to another than on compressing them.
"""

import json
import zipfile
from os import PathLike
from typing import Any

import numpy as np

CHUNK_ROWS = 256
SHARD_ROWS = 1024
_NO_CHUNK = 2**64 - 1
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: equal windows give equal bytes
_BYTES: dict[str, Any] = {"name": "bytes", "configuration": {"endian": "little"}}
_BLOSC: dict[str, Any] = {"cname": "zstd", "clevel": 1, "shuffle": "shuffle", "blocksize": 0}


class ZarrFile:
    """A new Zarr file (``.zarr.zip``), version 3, with groups and arrays of rows.

    Parameters
    ----------
    path : path
    attributes : dict
        Of its root group.

    Notes
    -----
    Zarr core specification 3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html), with its sharding codec.
    """

    def __init__(self, path: str | PathLike, attributes: dict[str, Any]):
        self._zip = zipfile.ZipFile(path, "w")
        self.add_group("", attributes)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def close(self) -> None:
        """Write the table of contents."""
        self._zip.close()

    def add_group(self, path: str, attributes: dict[str, Any]) -> None:
        """Begin a group, whose members follow."""
        self.add_metadata(_normal(path), {"attributes": attributes, "zarr_format": 3, "node_type": "group"})

    def add_array(self, path: str, shape: tuple[int, int], dtype: str) -> "Rows":
        """Begin an array of rows of numbers, compressed in chunks of 256 rows, few members however many rows."""
        return Rows(self, _normal(path), shape, np.dtype(dtype))

    def add_metadata(self, path: str, content: dict[str, Any]) -> None:
        """Describe a group or an array."""
        self.add_member(f"{path}/zarr.json".lstrip("/"), json.dumps(content, indent=2).encode())

    def add_member(self, name: str, content: bytes) -> None:
        """Add a member to the archive.

        Raises
        ------
        ValueError
            If it has one of this name.
        """
        if name in self._zip.NameToInfo:
            raise ValueError(f"{self._zip.filename}: {name} would be written twice; give records unique names")
        entry = zipfile.ZipInfo(name, _DATE)
        entry.external_attr = 0o644 << 16
        self._zip.writestr(entry, content)


class Rows:
    """An array in a Zarr file, to which rows are appended until it has all."""

    def __init__(self, file: ZarrFile, path: str, shape: tuple[int, int], dtype: np.dtype):
        n, self._width = shape
        self._file, self._path, self._dtype, self._shards = file, path, dtype, 0
        self._chunks = min(-(-max(n, 1) // CHUNK_ROWS), SHARD_ROWS // CHUNK_ROWS)  # per shard
        inner = [_BYTES, {"name": "blosc", "configuration": {"typesize": dtype.itemsize} | _BLOSC}]
        sharding = {
            "chunk_shape": [CHUNK_ROWS, self._width],
            "codecs": inner,
            "index_codecs": [_BYTES, {"name": "crc32c"}],
            "index_location": "end",
        }
        metadata = {
            "shape": list(shape),
            "data_type": dtype.name,
            "chunk_grid": _named("regular", chunk_shape=[self._chunks * CHUNK_ROWS, self._width]),
            "chunk_key_encoding": _named("default", separator="/"),
            "fill_value": 0.0,
            "codecs": [_named("sharding_indexed", **sharding)],
            "attributes": {},
            "zarr_format": 3,
            "node_type": "array",
            "storage_transformers": [],
        }
        file.add_metadata(path, metadata)

    def append(self, rows: np.ndarray) -> None:
        """Write the next rows; a multiple of `SHARD_ROWS` unless they are the last."""
        for first in range(0, len(rows), SHARD_ROWS):
            shard = self._shard(rows[first : first + SHARD_ROWS])
            self._file.add_member(f"{self._path}/c/{self._shards}/0", shard)
            self._shards += 1

    def _shard(self, rows: np.ndarray) -> bytes:
        """Compressed chunks, and behind them where each begins and how long it is."""
        import google_crc32c
        from numcodecs import blosc

        blosc.use_threads = False  # as zarr sets it
        n_chunks = -(-len(rows) // CHUNK_ROWS)
        padded = np.zeros((n_chunks * CHUNK_ROWS, self._width), self._dtype.newbyteorder("<"))
        padded[: len(rows)] = rows
        chunks = [blosc.compress(x, b"zstd", _BLOSC["clevel"], blosc.SHUFFLE) for x in padded.reshape(n_chunks, -1)]
        index = np.full((self._chunks, 2), _NO_CHUNK, "<u8")
        index[:n_chunks, 1] = [len(x) for x in chunks]
        index[:n_chunks, 0] = np.cumsum(index[:n_chunks, 1]) - index[:n_chunks, 1]
        ending = index.tobytes()
        return b"".join((*chunks, ending, google_crc32c.value(ending).to_bytes(4, "little")))


def _normal(path: str) -> str:
    """A path as zarr looks for it.

    Raises
    ------
    ValueError
        If part of it is ``.`` or ``..``.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    if {".", ".."} & set(parts):
        raise ValueError(f"{path}: a record's name must not have . or .. between slashes; rename the record")
    return "/".join(parts)


def _named(name: str, **configuration) -> dict[str, Any]:
    return {"name": name, "configuration": configuration}
