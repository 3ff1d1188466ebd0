"""How a command ends after an error: one line, an exit status, and for a bug a file with the details."""

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cuffless.errors import CufflessError, describe_error, printable, shortened
from cuffless.files import FULL

REFUSED, BROKEN_PIPE, SOFTWARE, INTERRUPTED = 2, 1, 70, 130
"""Exit statuses; 70 is EX_SOFTWARE of sysexits.h."""


@contextmanager
def exit_on_error(name: str) -> Iterator[None]:
    """Exit after any error in the block with one line on standard error, never with a traceback.

    Parameters
    ----------
    name : str
        Name of the command, at the start of the line.

    Raises
    ------
    SystemExit
        With status 2 after one of the project's own errors or on a full disk; 130 after an interrupt; 1 after a broken
        pipe; 70 after any other error, whose traceback is then in a temporary file.
    """
    try:
        yield
        sys.stdout.flush()  # otherwise a full disk or a closed pipe would be noticed too late
    except CufflessError as error:
        print(printable(f"{name}: {error}"), file=sys.stderr)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _discard_output()
        sys.exit(BROKEN_PIPE)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            where = error.filename or "standard output"
            print(printable(f"{name}: {where} cannot be written: {error.strerror}"), file=sys.stderr)
            _discard_output()
            sys.exit(REFUSED)
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            print(printable(f"{name}: {shortened(error.filename)}: too long for a file name"), file=sys.stderr)
            sys.exit(REFUSED)
        print(f"{name}: {describe_error(error)}; this is a bug in cuffless; {_write_details()}", file=sys.stderr)
        sys.exit(SOFTWARE)


def _discard_output() -> None:
    """Discard output that is not yet flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_details() -> str:
    """Write the traceback to a file and return a clause that names it."""
    import traceback

    from cuffless import __version__

    try:
        file, path = tempfile.mkstemp(prefix="cuffless-", suffix=".txt")
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as opened:
            print(f"cuffless {__version__}, Python {sys.version}\n{sys.argv}\n", file=opened)
            traceback.print_exc(file=opened)
    except OSError as error:
        return f"the details could not be written ({error.strerror})"
    return f"the details are in {path}"
