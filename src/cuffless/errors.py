"""The root of the project's own errors, and how their messages show what a file holds."""

import re
from collections.abc import Iterable

_DIGITS = re.compile(r"integer string conversion: value has (\d+) digits")
"""Python goes on with a remedy for programmers."""


class CufflessError(Exception):
    """A mistake in data, configuration or use; the message names it, the value at fault and the remedy."""


def shortened(value: object, limit: int = 60) -> str:
    """What a file holds, as a message shows it: on one line and not longer than a reader can use.

    Parameters
    ----------
    value : object
        A value, a name, a line or another library's message.
    limit : int
        Characters at most.

    Returns
    -------
    str
        Blanks and line breaks as single blanks, unprintable characters as a question mark; an ellipsis stands for what
        is cut off.
    """
    text = on_one_line(str(value)[: 8 * limit])
    return text if len(text) <= limit else f"{text[: limit - 3].rstrip()}..."


def in_words(error: BaseException, limit: int = 240) -> str:
    """An error that nobody worded, on one line: its kind, and so many characters of its message."""
    kind = type(error).__name__
    return f"{kind}: {shortened(error, limit)}" if str(error).strip() else kind


def fault(error: BaseException, limit: int = 120) -> str:
    """What another library's error says of a file, in words that help whoever has the file.

    Parameters
    ----------
    error : BaseException
        Raised while the file was read.
    limit : int
        Characters at most.

    Returns
    -------
    str
        Its message on one line. An error of code that met something other than it expected says that the file is
        damaged; one without a message is named by its class.
    """
    text = str(error)
    if digits := _DIGITS.search(text):
        return f"it holds a number of {int(digits[1]):,} digits"
    if isinstance(error, AttributeError | LookupError | OverflowError | TypeError):
        text = f"damaged: {type(error).__name__} {text}"
    return shortened(text, limit) or type(error).__name__


def printable(text: str, limit: int = 2000) -> str:
    """A message as a terminal may show it, whatever of a file got into it.

    Parameters
    ----------
    text : str
        Its lines are kept.
    limit : int
        Characters of a line at most.

    Returns
    -------
    str
        Unprintable characters as question marks; an ellipsis stands for what is cut off a line.
    """
    lines = ("".join(sign if sign.isprintable() else "?" for sign in line[: limit + 1]) for line in text.split("\n"))
    return "\n".join(line if len(line) <= limit else f"{line[: limit - 3]}..." for line in lines)


def on_one_line(text: str) -> str:
    """A text on one line: blanks and line breaks as single blanks, what a terminal would obey as question marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


def some_of(values: Iterable[object], most: int = 8, limit: int = 160, quoted: bool = False) -> str:
    """Values of a file in a message, separated by commas: the first few, and how many others there are.

    Parameters
    ----------
    values : iterable of object
    most : int
        Values that are shown at most.
    limit : int
        Characters at most, the number of others aside.
    quoted : bool
        Put each in quotation marks, as blanks and empty values need.

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
