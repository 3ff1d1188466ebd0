"""The errors of a video recording that cannot be used."""

from collections.abc import Sequence
from typing import Any

from cuffless.errors import CufflessError


class RppgError(CufflessError):
    """A recording without a pulse wave; the message names the file and the reason."""


class NoFaceError(RppgError):
    """A video in which no face was found."""

    whole: Any = None
    """Trace or None: Of the whole frame, if it was asked for."""
    frames: Sequence[tuple[float, Any]] = ()
    """A few frames, as from `extract_trace`."""
