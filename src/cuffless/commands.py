"""How a command ends when nobody foresaw what happened: one line, a status, and a file with the details."""

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cuffless.errors import CufflessError, in_words, printable, shortened
from cuffless.files import FULL

REFUSED, BROKEN_PIPE, SOFTWARE, INTERRUPTED = 2, 1, 70, 130
"""Exit statuses; 70 is EX_SOFTWARE of sysexits.h."""


@contextmanager
def ending_in_words(name: str) -> Iterator[None]:
    """End the program after whatever is raised in the block with a line on standard error, never with a traceback.

    Parameters
    ----------
    name : str
        Of the command, with which the line begins.

    Raises
    ------
    SystemExit
        With status 2 after one of the project's own errors, or where the disk is full; 130 after an interrupt; 1 if
        nobody reads the output any longer; 70 after any other error, whose traceback is then in a temporary file.
    """
    try:
        yield
        sys.stdout.flush()  # a full disk or a closed pipe would else be noticed after all words
    except CufflessError as error:
        print(printable(f"{name}: {error}"), file=sys.stderr)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _leave_output()
        sys.exit(BROKEN_PIPE)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            where = error.filename or "standard output"
            print(printable(f"{name}: {where} cannot be written: {error.strerror}"), file=sys.stderr)
            _leave_output()
            sys.exit(REFUSED)
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            print(printable(f"{name}: {shortened(error.filename)}: too long for the name of a file"), file=sys.stderr)
            sys.exit(REFUSED)
        print(f"{name}: {in_words(error)}; this is a fault of cuffless; {_details()}", file=sys.stderr)
        sys.exit(SOFTWARE)


def _leave_output() -> None:
    """Send what is still to be flushed nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _details() -> str:
    """Write the traceback to a file; gives where it is, for the end of a sentence."""
    import traceback

    from cuffless import __version__

    try:
        file, path = tempfile.mkstemp(prefix="cuffless-", suffix=".txt")
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as opened:
            print(f"cuffless {__version__}, Python {sys.version}\n{sys.argv}\n", file=opened)
            traceback.print_exc(file=opened)
    except OSError as error:
        return f"its details could not be written ({error.strerror})"
    return f"the details are in {path}"
