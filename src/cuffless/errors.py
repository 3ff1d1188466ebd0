"""Base class of the project's errors, and formatting of file content in their messages."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_DIGITS = re.compile(r"integer string conversion: value has (\d+) digits")
"""Python's message continues with advice for programmers."""


class CufflessError(Exception):
    """An error in data, configuration or usage; the message names the place, the offending value and the remedy."""


def shortened(value: object, limit: int = 60) -> str:
    """Content of a file for a message: on one line and truncated.

    Parameters
    ----------
    value : object
        A value, a name, a line or another library's message.
    limit : int
        Most characters.

    Returns
    -------
    str
        Blanks and line breaks become single blanks, unprintable characters question marks; an ellipsis marks a cut.
    """
    text = on_one_line(str(value)[: 8 * limit])
    return text if len(text) <= limit else f"{text[: limit - 3].rstrip()}..."


def plural(n: float, what: str) -> str:
    """Write ``1 subject``, ``1,520 windows``."""
    return f"{n:,.0f} {what}{'' if n == 1 else 's'}"


def windows_of(windows: float, subjects: float) -> str:
    """Write ``1 window of 1 subject``, ``1,520 windows of 38 subjects``."""
    return f"{plural(windows, 'window')} of {plural(subjects, 'subject')}"


def describe_error(error: BaseException, limit: int = 240) -> str:
    """An unforeseen error on one line: its class, and up to `limit` characters of its message."""
    kind = type(error).__name__
    return f"{kind}: {shortened(error, limit)}" if str(error).strip() else kind


def fault(error: BaseException, limit: int = 120) -> str:
    """Another library's error about a file, worded for the owner of the file.

    Parameters
    ----------
    error : BaseException
        Raised while the file was read.
    limit : int
        Most characters.

    Returns
    -------
    str
        Its message on one line. A programming error, caused by unexpected content, is reported as damage; an error
        without a message by its class.
    """
    text = str(error)
    if digits := _DIGITS.search(text):
        return f"it holds a number of {int(digits[1]):,} digits"
    if isinstance(error, AttributeError | LookupError | OverflowError | TypeError):
        text = f"damaged: {type(error).__name__} {text}"
    return shortened(text, limit) or type(error).__name__


def printable(text: str, limit: int = 2000) -> str:
    """A message that is safe for a terminal, even with file content in it.

    Parameters
    ----------
    text : str
        Its lines are kept.
    limit : int
        Most characters per line.

    Returns
    -------
    str
        Unprintable characters become question marks; an ellipsis marks a cut line.
    """
    lines = ("".join(sign if sign.isprintable() else "?" for sign in line[: limit + 1]) for line in text.split("\n"))
    return "\n".join(line if len(line) <= limit else f"{line[: limit - 3]}..." for line in lines)


def on_one_line(text: str) -> str:
    """A text on one line: blanks and line breaks become single blanks, control characters question marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


def some_of(values: Iterable[object], most: int = 8, limit: int = 160, quoted: bool = False) -> str:
    """Comma-separated values for a message: the first few, and the number of others.

    Parameters
    ----------
    values : iterable of object
    most : int
        Most values shown.
    limit : int
        Most characters, not counting the number of others.
    quoted : bool
        Put each in quotation marks, to show blanks and empty values.

    Returns
    -------
    str
        ``"ppg, abp and 12 more"``; empty without values.
    """
    values = list(values)
    shown: list[str] = []
    for value in values[:most]:
        text = shortened(value, min(40, limit))
        shown.append(repr(text) if quoted else text)
        if len(", ".join(shown)) > limit:
            shown = shown[:-1] or [shown[0][:limit]]
            break
    others = len(values) - len(shown)
    return ", ".join(shown) + (f" and {others:,} more" if others else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name that a mistaken one is nearest to, as ``; did you mean sbp_ref?``; empty if none is near."""
    plain = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), plain, n=1)
    return f"; did you mean {shortened(plain[near[0]])}?" if near else ""
