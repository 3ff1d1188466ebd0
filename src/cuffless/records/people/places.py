"""Where a record lies below the folder of the recordings, and the person that its path names."""

import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from cuffless.identities import FILE, FOLDER, subject_pattern
from cuffless.records.source import split_path

_SUFFIX = re.compile(r"(?<=[^/])\.[A-Za-z][A-Za-z0-9]{0,7}$")
_PACKED = ".gz"


def person_name(text: str) -> str:
    """A person's name as tables hold it: equal names are equal text, and different ones stay different.

    Composed and decomposed letters are one letter (folders of macOS have the latter), blanks around the name do not
    count, and signs that are not printed are named by their number.
    """
    name = unicodedata.normalize("NFC", text.strip())
    return "".join(sign if sign.isprintable() else f"<U+{ord(sign):04X}>" for sign in name)


def place_of(path: str, folder: str) -> str:
    """A record's file, as a path below the folder of the recordings.

    Parameters
    ----------
    path : str
        As in the table of records: a file, or ``file#part``.
    folder : str
        `records.path`; may be empty.
    """
    below = os.path.relpath(path, folder or os.curdir)
    if below == os.pardir or below.startswith(os.pardir + os.sep):  # a source of one's own may read anywhere
        below = path.lstrip("/")
    if not (os.path.exists(path) or os.path.exists(f"{path}.hea")):  # a file's own name may contain the sign
        below = str(split_path(below)[0])
    return unicodedata.normalize("NFC", Path(below).as_posix())


def without_suffix(place: str) -> str:
    """A place without the suffix of its file, ``.csv.gz`` say."""
    bare = place[: -len(_PACKED)] if place.lower().endswith(_PACKED) else place
    return _SUFFIX.sub("", bare)


def place_namer(identity: str) -> Callable[[str], str]:
    """A function that gives the person whom a place names; empty if it names none.

    Parameters
    ----------
    identity : str
        ``folder``, ``file`` or a pattern, as in `records.identity`. A pattern without a slash is compared with the name
        of the file, one with a slash with the whole place; without the file's suffix, or else with it.
    """
    if identity == FOLDER:
        return lambda place: person_name(PurePosixPath(place).parts[0]) if "/" in place else ""
    if identity == FILE:
        return person_name
    pattern, whole = subject_pattern(identity), "/" in identity

    def name(place: str) -> str:
        forms = (form if whole else PurePosixPath(form).name for form in (without_suffix(place), place))
        found = next(filter(None, map(pattern.fullmatch, forms)), None)
        return person_name(found["subject"] or "") if found else ""

    return name
