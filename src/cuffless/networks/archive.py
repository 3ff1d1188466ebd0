"""What a `.keras` file contains and asks for, checked before Keras reads it, as loading may import code."""

import errno
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuffless.demands import MEMORY_GB, why_dataset_refused, why_refused
from cuffless.errors import fault, shortened

WEIGHTS = "model.weights.h5"
_CONFIG, _LONGEST_CONFIG = "config.json", 1 << 26
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError),
    *(AttributeError, LookupError, TypeError, OverflowError),
    RuntimeError,  # encrypted, compressed in a way that is not known, nested too deep
)
_MACHINE = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES)


@dataclass(frozen=True)
class Part:
    """A class or function that a file asks for by name."""

    module: str
    name: str
    """`module`, `name`: Where it was defined, and its name there."""
    registered: str
    """Name under which Keras looks for it, if it is not Keras's own."""

    @property
    def own(self) -> bool:
        """Whether it is Keras's own, or a name that Keras looks up among its own."""
        return self.module in ("keras", "builtins") or self.module.startswith("keras.")

    def __str__(self) -> str:
        return f"{shortened(self.name, 40)} of module {shortened(repr(self.module), 60)}"


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Report what is wrong with a model file in one line, as a ValueError."""
    try:
        yield
    except _TooMuchError as error:
        raise ValueError(str(error)) from None
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno in _MACHINE:
            raise
        why = fault(error)
        raise ValueError(f"{path} cannot be loaded as a Keras model: {why}; save or copy it again") from error


class _TooMuchError(Exception):
    """A whole sentence on a file that asks for too much."""


def _refuse(reason: str) -> None:
    if reason:
        raise _TooMuchError(reason)


def read_config(path: Path, memory_gb: float = MEMORY_GB) -> dict[str, Any]:
    """Layers and options of the network in a file, as plain data.

    Parameters
    ----------
    path : Path
    memory_gb : float
        As for `check_demand`.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If the file is damaged, is not a model, or announces more than it can hold or than fits in memory.
    """
    with reporting(path), zipfile.ZipFile(path) as archive:
        files = {file.filename: file.file_size for file in archive.infolist()}
        if missing := [name for name in (_CONFIG, WEIGHTS) if name not in files]:
            raise ValueError(f"it lacks {' and '.join(missing)}")
        size = sum(files.values())
        _refuse(why_refused(path, f"{size:,} bytes, unpacked", size, memory_gb, path.stat().st_size))
        if files[_CONFIG] > _LONGEST_CONFIG:
            raise ValueError(f"its {_CONFIG} has {files[_CONFIG]:,} bytes; at most {_LONGEST_CONFIG:,} are read")
        config = json.loads(archive.read(_CONFIG))
        if not isinstance(config, dict):
            raise ValueError(f"its {_CONFIG} does not describe a network")
    return config


def parts_of(config: dict[str, Any]) -> list[Part]:
    """Classes and functions that a network needs, each once; what it was compiled with is not loaded.

    Parameters
    ----------
    config : dict
        From `read_config`.

    Returns
    -------
    list of Part
    """
    found = {}
    for item in _objects({**config, "compile_config": None}):
        module, name = item.get("module"), item.get("class_name")
        if name is None or module is None:
            continue  # nothing that Keras could import
        of_function = name == "function"
        name = item.get("config") if of_function else name
        registered = name if of_function else item.get("registered_name", name)
        found[Part(str(module), str(name), str(registered or name))] = True
    return list(found)


def architecture_of(config: dict[str, Any]) -> str:
    """The ``module:function`` that built a network, as saved by training; empty if it is not given."""
    for item in _objects(config):
        if item.get("registered_name") == "cuffless>PressureScaling":
            try:
                name = json.loads(item["config"]["metadata"])["network"]["architecture"]
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
            return name if isinstance(name, str) and ":" in name else ""
    return ""


def encoders_of(config: dict[str, Any]) -> list[str]:
    """Names of the functions that a network's frozen encoders call, as the file gives them."""
    found = [item for item in _objects(config) if item.get("registered_name") == "cuffless>FrozenEncoder"]
    held = [item["config"].get("encoder") if isinstance(item.get("config"), dict) else None for item in found]
    return [str(name) for name in held]


def check_weights(path: Path, memory_gb: float = MEMORY_GB) -> int:
    """Refuse a model file whose weights announce more than the file holds or than fits in memory.

    Parameters
    ----------
    path, memory_gb
        As for `read_config`.

    Returns
    -------
    int
        Bytes of the weights, as they are stored.

    Raises
    ------
    ValueError
    """
    import h5py

    with reporting(path), zipfile.ZipFile(path) as archive:
        data = archive.read(WEIGHTS)

        def look(name: str, item) -> None:
            if isinstance(item, h5py.Dataset):
                _refuse(why_dataset_refused(path, item, memory_gb, held=len(data)))

        with h5py.File(io.BytesIO(data), "r") as file:
            file.visititems(look)
    return len(data)


def _objects(config: Any) -> Iterator[dict]:
    """All objects of JSON, from outside in; without recursion, as deep as it may be."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
