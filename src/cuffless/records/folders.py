"""Folders of recordings on this machine: the walk that all file-based sources use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.faults import reraise_machine_error
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
    """Files below a folder, including those behind symbolic links.

    Each folder is entered once, by its own path if it lies below `folder`, otherwise by the first link to it (in name
    order); a link to a folder that contains the link or `folder` is a loop and is not entered.

    Parameters
    ----------
    folder : str or Path
        Hidden files and folders in it are left out; for a link its own name counts, not its target's.

    Yields
    ------
    os.DirEntry
        Regular files, and what cannot be followed: broken links and folders that cannot be read (`unreachable` gives
        the reason).
    """
    root = os.path.realpath(folder)
    entered: set[str] = set()
    links = [(str(folder), root)]
    while links:
        shown, real = links.pop(0)
        found = []
        inside: list[tuple[str, str, os.DirEntry | None]] = [(shown, real, None)]
        while inside:
            shown, real, itself = inside.pop()
            if real in entered:
                continue
            entered.add(real)
            try:
                with os.scandir(shown) as entries:
                    content = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                reraise_machine_error(error)
                if itself is not None:
                    yield itself
                continue
            for entry in content:
                if entry.name.startswith("."):
                    continue
                if entry.is_file(follow_symlinks=False):
                    yield entry
                elif entry.is_dir(follow_symlinks=False):
                    inside.append((entry.path, os.path.join(real, entry.name), entry))
                elif not entry.is_symlink():
                    continue
                elif not _is_true(entry.is_dir):
                    yield entry
                else:
                    target = os.path.realpath(entry.path)
                    if not (_contains(target, root) or _contains(target, real)):
                        found.append((entry.path, target))
        links += sorted(found)  # after the folder's own content, which keeps its own path


def files_in(
    options: RecordOptions, wanted: Callable[[str], bool], concerned: Callable[[Path], bool] | None = None
) -> list[Path]:
    """Files of the folder of the recordings, sorted by path.

    Parameters
    ----------
    options : RecordOptions
        ``path`` is the folder, searched recursively as by `walk`; hidden files are left out.
    wanted : callable
        Whether a file with this name is wanted.
    concerned : callable, optional
        Whether a file with this path is wanted; the others are skipped before anything is read.

    Returns
    -------
    list of Path
        Includes paths that cannot be reached and may be, or contain, such a file: opening one raises the reason
        (`reachable`).

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
        # A name without a suffix may be a folder whose content is unknown.
        if (wanted(entry.name) and _is_true(entry.is_file)) or (
            (wanted(entry.name) or not path.suffix) and unreachable(path)
        ):
            found.append(path)
    return sorted(found)


def file_states(folder: str) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of every file from `walk`, sorted by path; -1 for one that cannot be reached."""
    found = []
    for entry in walk(folder):
        try:
            stat = entry.stat()
            found.append((entry.path, stat.st_size, stat.st_mtime_ns))
        except OSError:
            found.append((entry.path, -1, -1))
    return tuple(sorted(found))


def unreachable(path: str | Path) -> str:
    """Why a listed file or folder cannot be reached; empty if it can."""
    if os.path.islink(path) and not os.path.exists(path):
        return f"{path}: broken symbolic link to {os.readlink(path)}; mount or fetch the target, or remove the link"
    if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):
        return f"{path}: the folder cannot be read; ask for read permission, or move it elsewhere"
    return ""


def reachable(path: str | Path) -> Path:
    """The path of a file that can be reached.

    Raises
    ------
    RecordError
        If it is a broken link, or a folder that cannot be read.
    """
    if problem := unreachable(path):
        raise RecordError(problem)
    return Path(path)


def file_state(path: Path) -> FileState:
    """Path, size and time of a file, the key of cached results about it.

    Raises
    ------
    RecordError
        If it is absent.
    """
    try:
        state = reachable(path).stat()
    except OSError as error:
        reraise_machine_error(error)
        raise RecordError(f"{path}: cannot be read ({error.strerror}); check records.path") from None
    return str(path), state.st_size, state.st_mtime_ns


def _is_true(test: Callable[[], bool]) -> bool:
    """Result of a test of a folder entry; False if the test fails."""
    try:
        return test()
    except OSError:  # a link to itself, a folder without search permission
        return False


def _contains(folder: str, path: str) -> bool:
    """Whether a path is a folder or lies below it; both are real paths."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
