"""Folders of recordings on this machine: one walk over them, which every source that reads files uses."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.faults import pass_on
from cuffless.records.record import RecordError

FileState = tuple[str, int, int]


def existing_folder(options: RecordOptions) -> Path:
    """The folder of the recordings.

    Raises
    ------
    RecordError
        If it does not exist.
    """
    folder = Path(options.path)
    if not folder.is_dir():
        raise RecordError(f"{folder} is not a folder; set records.path to the folder of your recordings")
    return folder


def walk(folder: str | Path) -> Iterator[os.DirEntry]:
    """Files below a folder, those behind symbolic links too.

    A folder is entered once, by its own path if it lies below `folder`, else by the first link to it (in the order of
    names); a link to a folder that the link itself or `folder` lies in is a loop and is not entered.

    Parameters
    ----------
    folder : str or Path
        What is hidden in it is left out; of a link its own name counts, not its target's.

    Yields
    ------
    os.DirEntry
        Regular files, and what cannot be followed: links that lead nowhere and folders that cannot be read
        (`unreachable` says why).
    """
    root = os.path.realpath(folder)
    entered: set[str] = set()
    links = [(str(folder), root)]
    while links:
        shown, real = links.pop(0)
        found, inside = [], [(shown, real, None)]
        while inside:
            shown, real, itself = inside.pop()
            if real in entered:
                continue
            entered.add(real)
            try:
                with os.scandir(shown) as entries:
                    content = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                pass_on(error)
                if itself is not None:
                    yield itself
                continue
            for entry in content:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    inside.append((entry.path, os.path.join(real, entry.name), entry))
                elif not entry.is_symlink():
                    if _says(entry.is_file):
                        yield entry
                elif not _says(entry.is_dir):
                    yield entry
                else:
                    target = os.path.realpath(entry.path)
                    if not (_holds(target, root) or _holds(target, real)):
                        found.append((entry.path, target))
        links += sorted(found)  # after all that lies here itself, which has its own path


def files_in(
    options: RecordOptions, wanted: Callable[[str], bool], concerned: Callable[[Path], bool] | None = None
) -> list[Path]:
    """Files of the folder of the recordings, sorted by path.

    Parameters
    ----------
    options : RecordOptions
        ``path`` is the folder, searched recursively as by `walk`; what is hidden is left out.
    wanted : callable
        Whether a file of this name is looked for.
    concerned : callable, optional
        Whether a file of this path is: the others are passed over before anything of them is read.

    Returns
    -------
    list of Path
        What cannot be reached and may be, or may hold, such a file is among them: opening it tells why (`reachable`).

    Raises
    ------
    RecordError
        If the folder does not exist.
    """
    found = []
    for entry in walk(existing_folder(options)):
        path = Path(entry.path)
        if concerned is not None and not concerned(path):
            continue
        # A name without an ending may be a folder's: what is in it cannot be known.
        if (wanted(entry.name) and _says(entry.is_file)) or (
            (wanted(entry.name) or not path.suffix) and unreachable(path)
        ):
            found.append(path)
    return sorted(found)


def file_states(folder: str) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of every file that `walk` gives, sorted by path; -1 for what cannot be reached."""
    found = []
    for entry in walk(folder):
        try:
            stat = entry.stat()
            found.append((entry.path, stat.st_size, stat.st_mtime_ns))
        except OSError:
            found.append((entry.path, -1, -1))
    return tuple(sorted(found))


def unreachable(path: str | Path) -> str:
    """Why a file or folder that is listed cannot be reached; empty if it can."""
    if os.path.islink(path) and not os.path.exists(path):
        return f"{path}: a symbolic link to {os.readlink(path)}, which is not there; mount or fetch it, or take it out"
    if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):
        return f"{path}: the folder cannot be read; ask for the right to read it, or take it out"
    return ""


def reachable(path: str | Path) -> Path:
    """The path of a file that can be reached.

    Raises
    ------
    RecordError
        If it is a link that leads nowhere, or a folder that cannot be read.
    """
    if problem := unreachable(path):
        raise RecordError(problem)
    return Path(path)


def file_state(path: Path) -> FileState:
    """Path, size and time of a file: what a cached look into it goes by.

    Raises
    ------
    RecordError
        If it is absent.
    """
    try:
        state = reachable(path).stat()
    except OSError as error:
        pass_on(error)
        raise RecordError(f"{path}: cannot be read ({error.strerror}); see to records.path") from None
    return str(path), state.st_size, state.st_mtime_ns


def _says(asked: Callable[[], bool]) -> bool:
    """What an entry of a folder says of itself; no, if that cannot be known."""
    try:
        return asked()
    except OSError:  # a link to itself, a folder that lets nobody through
        return False


def _holds(folder: str, path: str) -> bool:
    """Whether a folder is another's parent, or its parent's, or it itself; both real paths."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
