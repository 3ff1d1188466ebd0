"""Job logs: all output goes to the log, and the message of an error also to the terminal."""

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuffless.errors import CufflessError, describe_error, printable

# Errors whose message is all that a user needs.
EXPECTED = (CufflessError, ValueError, OSError)
ERROR = "ERROR: "
"""Start of the line with which a job that failed says why, in its log and in the terminal."""
_TAIL = 20_000
_UNFORESEEN = "This is a bug in cuffless, or in your own network or source."
_PACKAGE = logging.getLogger("cuffless")  # shown in job logs, not by commands
_PACKAGE.setLevel(logging.INFO)


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Send a job's output, including that of native libraries, to its log.

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
        handler = logging.StreamHandler(log)
        _PACKAGE.addHandler(handler)
        gc.freeze()  # libraries imported so far are not garbage; to look through them takes a job some 0.1 s
        try:
            yield
        except Exception as error:
            expected = isinstance(error, EXPECTED) and str(error).strip()
            message = printable(str(error) if expected else f"{describe_error(error)}\n{_UNFORESEEN}")
            with suppress(OSError):  # the log may be on the full disk
                traceback.print_exc()
                sys.stderr.flush()
                print(f"{ERROR}{message}", file=log)
            os.write(terminal, f"\n{ERROR}{message}\nDetails: {path}\n\n".encode(errors="replace"))
            raise SystemExit(1) from None
        finally:
            gc.unfreeze()
            _PACKAGE.removeHandler(handler)
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved, 1)
            os.dup2(terminal, 2)
            os.close(saved)
            os.close(terminal)


def error_in(path: str | Path) -> str:
    """Why a job failed, as the end of its log says; empty if it does not.

    Parameters
    ----------
    path : path
        Log file.
    """
    try:
        with open(path, "rb") as log:
            log.seek(max(os.path.getsize(path) - _TAIL, 0))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    _, sign, message = f"\n{text}".rpartition(f"\n{ERROR}")
    return message.strip() if sign else ""
