"""Which errors reject one recording and which stop the job: those that the next recording would meet as well."""

import errno
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

from cuffless.errors import CufflessError, describe_error
from cuffless.files import FULL
from cuffless.records.record import FETCH_AGAIN, RecordError

# Disk, memory and open files: whatever is read next fails as well.
_MACHINE = FULL | {errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}

_LOG = logging.getLogger(__name__)


def concerns_machine(error: BaseException) -> bool:
    """Whether an error concerns the machine, the server or the study rather than one recording.

    Returns
    -------
    bool
        True for a full disk, lack of memory, too many open files, an interrupt, and the project's own errors except
        `RecordError`. A disk read error (EIO) rejects only the recording stored there.
    """
    if isinstance(error, RecordError):
        return False
    if isinstance(error, OSError):
        return error.errno in _MACHINE
    if isinstance(error, MemoryError):
        return not _exceeds_memory(error)
    return isinstance(error, CufflessError) or not isinstance(error, Exception)


def _exceeds_memory(error: MemoryError) -> bool:
    """Whether an array was requested that exceeds this machine's memory, as a damaged file may do."""
    import psutil

    shape, kind = getattr(error, "shape", ()), getattr(error, "dtype", None)  # numpy's own error has both
    return kind is not None and math.prod(shape) * kind.itemsize > psutil.virtual_memory().total


def reraise_machine_error(error: BaseException) -> None:
    """Re-raise an error that concerns the machine; readers call it before they reject a file."""
    if concerns_machine(error):
        raise error


def unreadable_record(path: object, error: Exception) -> RecordError:
    """The reason for an unforeseen error in a recording; the job's log has the traceback."""
    _LOG.info("%s: the error behind its reason", path, exc_info=error)
    return RecordError(f"{path}: cannot be read ({describe_error(error, 120)}); {FETCH_AGAIN}")


@contextmanager
def record_errors(path: object) -> Iterator[None]:
    """Turn any error from one recording into the reason why it cannot be used.

    Files are damaged in more ways than their readers expect.

    Parameters
    ----------
    path : object
        Path of the recording, for the message.

    Raises
    ------
    RecordError
        In place of all other errors except those that concern the machine.
    """
    try:
        yield
    except RecordError:
        raise
    except Exception as error:
        reraise_machine_error(error)
        raise unreadable_record(path, error) from error
