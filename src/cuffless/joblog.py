"""What a job says goes to its log; what stops it is said where the user looks."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuffless.errors import CufflessError

# Their message says all; a traceback would hide it.
EXPECTED = (CufflessError, ValueError, OSError)
_PACKAGE = logging.getLogger("cuffless")  # tells jobs what a command's user need not see
_PACKAGE.setLevel(logging.INFO)


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Send a job's output, of libraries in other languages too, to its log.

    Parameters
    ----------
    path : path
        Log file.

    Raises
    ------
    SystemExit
        With status 1 after an expected error, whose message goes to the terminal; the log has the traceback.
    """
    import traceback

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    terminal = os.dup(2)
    with open(path, "w", encoding="utf-8", buffering=1) as log:
        saved = os.dup(1)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        told = logging.StreamHandler(log)
        _PACKAGE.addHandler(told)
        try:
            yield
        except EXPECTED as error:
            with suppress(OSError):  # the log lies on the disk that is full
                traceback.print_exc()
                sys.stderr.flush()
            kind = "" if str(error).strip() else f"{type(error).__name__} "
            os.write(terminal, f"\nERROR: {kind}{error}\nThe log has more: {path}\n\n".encode())
            raise SystemExit(1) from None
        finally:
            _PACKAGE.removeHandler(told)
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved, 1)
            os.dup2(terminal, 2)
            os.close(saved)
            os.close(terminal)
