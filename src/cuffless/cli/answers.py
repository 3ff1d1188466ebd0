"""Output of a command: exit status, messages on standard error, JSON, files."""

import json
import math
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import wraps
from pathlib import Path
from textwrap import wrap

from cuffless.errors import CufflessError, printable, shortened
from cuffless.files import whole_file

DONE, NOTHING_USABLE, WRONG_USE = 0, 1, 2
_WIDEST = 100  # characters


class UsageError(CufflessError):
    """A command called with wrong arguments; the message gives the remedy."""


def complain(message: str) -> None:
    """Print a message to standard error; on a terminal, lines are broken between words."""
    text = printable(f"cuffless: {message}")
    print(_wrapped(text) if sys.stderr.isatty() else text, file=sys.stderr)


def say(message: str) -> None:
    """Print a message to standard output; on a terminal, lines are broken between words."""
    text = printable(message)
    print(_wrapped(text) if sys.stdout.isatty() else text)


def _wrapped(text: str) -> str:
    """The text in lines that fit the terminal; a command that it ends with is left whole, to be pasted."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    lines = []
    for line in text.split("\n"):
        head, colon, command = line.partition("e.g.: cuffless ")
        head += "e.g.:" if colon else ""
        lines += wrap(head, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        lines += [f"  cuffless {command}"] if colon else []
    return "\n".join(lines)


def exit_status(*wrong: type[Exception]) -> Callable[[Callable[..., str]], Callable[..., int]]:
    """Turn what a command returns, the reason why nothing is usable or an empty text, into its exit status.

    A `UsageError` and the errors in `wrong` count as wrong use.
    """
    wrong_uses: tuple[type[Exception], ...] = (UsageError, *wrong)

    def decorate(run: Callable[..., str]) -> Callable[..., int]:
        @wraps(run)
        def answered(*args, **kwargs) -> int:
            try:
                reason = run(*args, **kwargs)
            except wrong_uses as error:
                complain(str(error))
                return WRONG_USE
            if reason:
                complain(reason)
            return NOTHING_USABLE if reason else DONE

        return answered

    return decorate


def escape_markup(text: object, limit: int = 300) -> str:
    """A text from a file or the user for rich: on one line, without markup or control characters."""
    from rich.markup import escape

    return escape(shortened(text, limit))


def changed_options(call, names: Collection[str]) -> list[str]:
    """Options of a call, a dataclass, that are not at their defaults, as words of a command."""
    words: list[str] = []
    for field in fields(call):
        value = getattr(call, field.name)
        if field.name in names and value != field.default:
            values = value if isinstance(value, tuple) else (value,)
            words += [f"--{field.name.replace('_', '-')}", *(str(one).removesuffix(".0") for one in values)]
    return words


def print_json(value) -> None:
    """Print JSON, with NaN and infinities as null."""
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def check_output(option: str, path: Path | None, suffixes: tuple[str, ...]) -> None:
    """Reject an output file that cannot be written, before any work is done.

    Raises
    ------
    UsageError
        If its name does not end in one of `suffixes`, it is a folder, or its folder cannot be created.
    """
    if path is None:
        return
    if not path.name.lower().endswith(suffixes):
        raise UsageError(f"{option} {path}: the name must end in {' or '.join(suffixes)}")
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder; give a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{option} {path}: its folder cannot be created ({error.strerror})") from None


def check_folder(option: str, path: Path | None) -> None:
    """Reject an output folder that cannot be created, before any work is done.

    Raises
    ------
    UsageError
        If it is a file, or cannot be created.
    """
    if path is None:
        return
    if path.exists() and not path.is_dir():
        raise UsageError(f"{option} {path} is a file; give a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be created ({error.strerror})") from None


@contextmanager
def output_file(option: str, path: Path) -> Iterator[Path]:
    """Yield a path to write to, like `whole_file`.

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
    if hasattr(value, "item"):  # a NumPy number
        value = value.item()
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value
