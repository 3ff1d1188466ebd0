"""How a command answers: exit status, words on standard error, JSON, files."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cuffless.errors import CufflessError, printable, shortened
from cuffless.files import whole_file

DONE, NOTHING_USABLE, WRONG_USE = 0, 1, 2


class UsageError(CufflessError):
    """The command was called in a way that cannot work; the message says how it can."""


def complain(message: str) -> None:
    """Say something on standard error."""
    print(printable(f"cuffless: {message}"), file=sys.stderr)


def plainly(text: object, limit: int = 300) -> str:
    """What a file or the user says, as rich prints it: on one line, without markup, nothing that moves a cursor."""
    from rich.markup import escape

    return escape(shortened(text, limit))


def print_json(value) -> None:
    """Print JSON, numbers that do not exist as null."""
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def check_output(option: str, path: Path | None, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Raises
    ------
    UsageError
        If its name ends in none of `suffixes`, it is a folder, or its folder cannot be made.
    """
    if path is None:
        return
    if not path.name.lower().endswith(suffixes):
        raise UsageError(f"{option} {path}: the name must end in {' or '.join(suffixes)}")
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{option} {path}: its folder cannot be made ({error.strerror})") from None


@contextmanager
def written(option: str, path: Path) -> Iterator[Path]:
    """Give a path to write to, as `whole_file` does.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    try:
        with whole_file(path) as part:
            yield part
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be written: {error.strerror or error}") from None


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if hasattr(value, "item"):  # a number of numpy's
        value = value.item()
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value
