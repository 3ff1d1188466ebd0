"""What a job says goes to its log; what stops it is said where the user looks."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuffless.errors import CufflessError, in_words, printable

# Their message says all that a user needs.
EXPECTED = (CufflessError, ValueError, OSError)
_UNFORESEEN = "This is a fault of cuffless, or of a network or source of your own."
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
        With status 1 after an error, whose message goes to the terminal; the log has the traceback.
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
        except Exception as error:
            with suppress(OSError):  # the log lies on the disk that is full
                traceback.print_exc()
                sys.stderr.flush()
            expected = isinstance(error, EXPECTED) and str(error).strip()
            said = str(error) if expected else f"{in_words(error)}\n{_UNFORESEEN}"
            os.write(terminal, f"\nERROR: {printable(said)}\nThe log has more: {path}\n\n".encode(errors="replace"))
            raise SystemExit(1) from None
        finally:
            _PACKAGE.removeHandler(told)
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved, 1)
            os.dup2(terminal, 2)
            os.close(saved)
            os.close(terminal)
