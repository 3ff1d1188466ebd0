"""How a run of the workflow ends in the terminal when it is stopped or a job fails: in our words, and shortly.

The engine's own messages stay complete in its log file.
"""

import atexit
import logging
import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from cuffless.errors import printable
from cuffless.joblog import ERROR, error_in

KEPT = "What is finished is kept: the same command goes on from there."
_HANDLER = "DefaultStreamHandler"
"""Name of the engine's handler for the terminal."""
_JOB_FAILED = "JOB_ERROR"
_OF_A_COMMAND = "CalledProcessError in file"
_STATUS = re.compile(r"exit status \d+|SIG[A-Z]+")
_AFTER_A_FAILURE = (
    "Exiting because a job execution failed",
    "Shutting down, this might take some time",
    "Removing output files of failed job",
    "Complete log(s):",
    "Elapsed time:",
    "WorkflowError:\nAt least one job did not complete successfully",
)
_SHOWN = 5
"""So many failures are repeated at the end; of the others only their number."""


@dataclass
class Endings(logging.Formatter):
    """Formatter of the engine's terminal output that knows what our jobs and our checks have said themselves.

    Parameters
    ----------
    inner : Formatter
        The engine's; an empty text is not printed.
    local : bool
        Whether jobs write to this terminal themselves.
    """

    inner: logging.Formatter
    local: bool = True
    failed: list[str] = field(default_factory=list)
    stopped: bool = False
    _held: list[str] = field(default_factory=list)
    _problems: list[str] = field(default_factory=list)
    _last: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def problem(self, message: str) -> str:
        """Remember a message with which the study is refused, to print it without the engine's traceback."""
        self._problems.append(message)
        return message

    def format(self, record: logging.LogRecord) -> str:
        """Text of a record; empty if nothing is to be printed."""
        if self.stopped:
            return ""
        text = self.inner.format(record) or ""
        if getattr(getattr(record, "event", None), "name", "") == _JOB_FAILED:
            text = self._failure(record, text)
        elif _OF_A_COMMAND in text:
            self._held.append(text)  # the next record names the job
            return ""
        elif refused := [message for message in self._problems if message in text]:
            text = f"{ERROR}{printable(refused[0])}"
        elif self.failed and text.startswith(_AFTER_A_FAILURE):
            return ""
        self._last = self._last and not text
        return text

    def _failure(self, record: logging.LogRecord, text: str) -> str:
        """A job's own reason; without one, what the engine knows."""
        held, self._held = self._held, []
        paths = [str(path) for path in getattr(record, "log", ())]
        reason = next(filter(None, map(error_in, paths)), "")
        told = "\n".join([f"{ERROR}{printable(reason) or _unexplained(record, held)}", *_details(paths)])
        self.failed.append(told)
        if reason and self.local:
            self._last = True
            return ""
        return told if self.local or reason else "\n".join([*held, text])

    def summary(self) -> str:
        """Last lines of the run; empty if no job failed, or if the run was stopped."""
        if self.stopped:
            return ""
        if not self.failed:
            return "\n".join(self._held)
        number = len(self.failed)
        again = [] if self._last and number == 1 else ["", *self.failed[:_SHOWN]]
        more = [f"... and {number - _SHOWN} more; see the logs"] if number > _SHOWN else []
        head = "1 job failed, for this reason" if number == 1 else f"{number} jobs failed, for these reasons"
        return "\n".join([*self._held, *again, *more, f"\n{head}. {KEPT}"])

    def stop(self) -> None:
        """Say that the run was stopped, and end its jobs; the second time, at once."""
        import psutil  # with the engine

        again, self.stopped = self.stopped, True
        if not again:
            os.write(2, f"\nStopped. {KEPT}\n".encode())
        for job in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it may have ended by now
                job.kill() if again else job.terminate()


def _unexplained(record: logging.LogRecord, held: list[str]) -> str:
    """What is known of a job that gave no reason."""
    what = getattr(record, "rule_msg", "") or f"rule {getattr(record, 'rule_name', '')}"
    status = _STATUS.search(held[-1]) if held else None
    ended = f" ({status[0]})" if status else ""
    return f"{what}: the job ended without a reason{ended}; was it killed, or the memory full?"


def _details(paths: list[str]) -> list[str]:
    return [f"Details: {paths[0]}"] if paths else []


def short_endings(*, local: bool) -> Endings:
    """Let this process, the engine's, end with our words.

    Parameters
    ----------
    local : bool
        Whether jobs run on this machine and write to this terminal.

    Returns
    -------
    Endings
    """
    handlers = [handler for handler in logging.getLogger("snakemake.logging").handlers if handler.name == _HANDLER]
    inner = handlers[0].formatter if handlers else None
    endings = Endings(inner or logging.Formatter(), local=local)
    for handler in handlers:
        handler.setFormatter(endings)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not in the background, where it is ignored
        signal.signal(signal.SIGINT, lambda *_: _interrupt(endings))
    sys.excepthook = partial(_uncaught, endings)
    atexit.register(_tell, endings)
    return endings


def _interrupt(endings: Endings) -> None:
    endings.stop()
    raise KeyboardInterrupt


def _uncaught(endings: Endings, kind, error, trace) -> None:
    """Traceback of an error that nobody caught; none where the run was stopped while it was planned."""
    if not (endings.stopped and issubclass(kind, KeyboardInterrupt)):
        sys.__excepthook__(kind, error, trace)


def _tell(endings: Endings) -> None:
    if told := endings.summary():
        print(told, file=sys.stderr)
