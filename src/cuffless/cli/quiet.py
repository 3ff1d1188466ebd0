"""Keeping the start-up messages of TensorFlow and JAX off the terminal."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Lines of its C++ logger (I0000 00:00:... file.cc:1] ...) and the notice before the first line.
_CHATTER = re.compile(rb"^(WARNING: All log messages before absl|[IWE]\d{4} [\d:.]+\s+\d+ \S+\] )")


@contextmanager
def without_backend_chatter() -> Iterator[None]:
    """Buffer standard error, including output of native libraries, and print all but log lines at the end.

    Their logger writes to file descriptor 2 before any of its settings take effect, so it cannot be silenced from
    Python.
    """
    sys.stderr.flush()
    try:
        terminal = os.dup(2)
    except OSError:  # no standard error to keep clean
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not _CHATTER.match(line):
                    os.write(2, line)
