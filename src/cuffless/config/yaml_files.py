"""Reading YAML files of users, or refusing them in one line that says what to do."""

import math
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from cuffless.errors import shortened
from cuffless.options import ConfigError

MOST_BYTES = 4_000_000
MOST_DEPTH = 100  # of brackets; PyYAML takes long to find out that there are too many
MOST_VALUES = 200_000
"""Values of a file, with those behind aliases counted each time; a study has some hundreds."""


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    ConfigError
        If it cannot be read, is too large, is not UTF-8 or not YAML, is nested too deeply, or contains an invalid
        number or date, or aliases that contain themselves or expand to too much.
    """
    import yaml

    text = _text(path)
    deep = f"{path}: its values are nested too deeply; a study needs no more than ten levels"
    if _depth(text) > MOST_DEPTH:
        raise ConfigError(deep)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        size = _size(node, {})
        if math.isinf(size):
            raise ConfigError(f"{path}: an alias (*) refers to a value that contains it; write the values out")
        if size > MOST_VALUES:
            raise ConfigError(f"{path}: its aliases (*) expand to more than {MOST_VALUES:,} values; use fewer")
        for key, first, again in _twice(node):
            raise ConfigError(f"{path}: {shortened(key)} is given on lines {first} and {again}; keep one of them")
        return None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {shortened(error, 240)}") from None
    except RecursionError:
        raise ConfigError(deep) from None
    except (LookupError, AttributeError, TypeError, OverflowError):
        raise ConfigError(f"{path}: a value does not match its tag (!!); remove the tag") from None
    except ValueError as error:  # of Python's numbers and dates
        why = shortened(str(error).partition(";")[0], 120)
        raise ConfigError(f"{path}: invalid number or date ({why}); correct it, or quote it if it is text") from None


def _depth(text: str) -> int:
    """Brackets within each other."""
    signs = (sign in "[{" or -1 for sign in text if sign in "[]{}")
    return max(accumulate(signs), default=0)


def _twice(node: Any) -> Iterator[tuple[str, int, int]]:
    """Keys given twice in a mapping, of which PyYAML would use the last, with their lines."""
    import yaml

    waiting, seen = [node], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in one.value:
                waiting += [key, value]
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if key.value in lines:
                        yield key.value, lines[key.value], line
                    lines[key.value] = line
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value


def _text(path: str | Path) -> str:
    if Path(path).exists() and not Path(path).is_file():
        raise ConfigError(f"{path} is not a file; give the study's configuration file")
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{path} is larger than {MOST_BYTES / 1e6:g} MB; give the study's configuration file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}: line {line} is not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from None


def _size(node: Any, known: dict[Any, float]) -> float:
    """Values below a node of YAML, however often an alias repeats them; infinite if one repeats itself."""
    if node not in known:
        known[node] = math.inf  # until all below is counted
        parts = node.value if isinstance(getattr(node, "value", None), list) else []
        below = (part for one in parts for part in (one if isinstance(one, tuple) else (one,)))
        known[node] = 1 + sum(_size(part, known) for part in below)
    return known[node]
