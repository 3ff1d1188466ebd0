"""Old names of configuration keys, which are read for one minor version with a warning.

An entry is added by the version that renames and deleted by the next minor version: a name that 0.2 renames is read by
every 0.2.x and unknown to 0.3.
"""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cuffless.options import ConfigError


@dataclass(frozen=True)
class Renamed:
    """An old name and what replaces it."""

    old: str
    new: str
    """`old`, `new`: A key of the configuration with its sections, such as ``windows.snr_db`` (``*`` stands for the name
    of a block, as in ``windowings.*.snr_db``)."""
    since: str
    """Version that renamed it."""

    def expired(self, version: str) -> bool:
        """Whether a version should no longer read the old name."""
        return _minor(version) > _minor(self.since)

    @property
    def until(self) -> str:
        """Version that no longer reads the old name."""
        major, minor = _minor(self.since)
        return f"{major}.{minor + 1}.0"


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


KEYS = tuple(
    Renamed(f"{section}tf_threads", f"{section}threads", "0.2")
    for section in ("training.", "inputs.training.", "networks.*.training.")
)


class RenamedWarning(FutureWarning):
    """An old name was read, which a later version will not know."""


def current_keys(raw: Mapping[str, Any], renamed: Iterable[Renamed] = KEYS) -> dict[str, Any]:
    """A configuration with its old keys renamed.

    Parameters
    ----------
    raw : mapping
        As read from YAML; it is not changed.
    renamed : iterable of Renamed

    Raises
    ------
    ConfigError
        If an old key and its new name are both given.
    """
    result = dict(raw)
    for one in renamed:
        result = _moved(result, one.old.split("."), one.new.split("."), one, ())
    return result


def _moved(block: Mapping[str, Any], old: list[str], new: list[str], one: Renamed, above: tuple[str, ...]) -> dict:
    """A block with one key renamed in it or in the blocks below."""
    result = dict(block)
    if len(old) == 1:
        if old[0] in result:
            was, now = (".".join((*above, last)) for last in (old[0], new[0]))
            if new[0] in result:
                raise ConfigError(f"{was}: renamed to {now}, and both are given; remove {was}")
            _warn(was, now, one.until)
            result = {new[0] if key == old[0] else key: value for key, value in result.items()}
        return result
    for key in [old[0]] if old[0] != "*" else list(result):
        if isinstance(result.get(key), Mapping):
            result[key] = _moved(result[key], old[1:], new[1:], one, (*above, str(key)))
    return result


def _warn(old: str, new: str, until: str) -> None:
    warnings.warn(
        f"{old!r} is now called {new!r}; rename the key. The old name stops working in {until}.",
        RenamedWarning,
        stacklevel=2,
    )
