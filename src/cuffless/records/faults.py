"""What costs a recording, and what stops a job: whether another recording would fare any better."""

import errno
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

from cuffless.errors import CufflessError, in_words
from cuffless.files import FULL
from cuffless.records.record import FETCH_AGAIN, RecordError

# Of the disk, of memory, of what may be open at once: whatever is read next fails as well.
_MACHINE = FULL | {errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}

_LOG = logging.getLogger(__name__)


def concerns_machine(error: BaseException) -> bool:
    """Whether an error concerns the machine, the server or the study, and no recording in particular.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    bool
        True of a full disk, of no memory, of too many open files, of an interrupt, and of the project's own errors but
        for `RecordError`. What cannot be read from a disk (EIO) costs the recording that lies there.
    """
    if isinstance(error, RecordError):
        return False
    if isinstance(error, OSError):
        return error.errno in _MACHINE
    if isinstance(error, MemoryError):
        return not _asks_too_much(error)
    return isinstance(error, CufflessError) or not isinstance(error, Exception)


def _asks_too_much(error: MemoryError) -> bool:
    """Whether an array was to be made that no memory of this machine could hold, as a damaged file may announce it."""
    import psutil

    shape, kind = getattr(error, "shape", ()), getattr(error, "dtype", None)  # numpy's own error tells them
    return kind is not None and math.prod(shape) * kind.itemsize > psutil.virtual_memory().total


def pass_on(error: BaseException) -> None:
    """Raise an error again that concerns the machine; readers call it before they blame a file."""
    if concerns_machine(error):
        raise error


def cannot_be_read(path: object, error: Exception) -> RecordError:
    """The reason of a recording of which nobody foresaw what is wrong with it; a job's log has the traceback."""
    _LOG.info("%s: the error behind its reason", path, exc_info=error)
    return RecordError(f"{path}: cannot be read ({in_words(error, 120)}); {FETCH_AGAIN}")


@contextmanager
def costing_a_recording(path: object) -> Iterator[None]:
    """Turn whatever happens to one recording into the reason why it cannot be used.

    Files are damaged in more ways than their readers expect.

    Parameters
    ----------
    path : object
        Of the recording, for the message.

    Raises
    ------
    RecordError
        In place of other errors, but for those that concern the machine.
    """
    try:
        yield
    except RecordError:
        raise
    except Exception as error:
        pass_on(error)
        raise cannot_be_read(path, error) from error
