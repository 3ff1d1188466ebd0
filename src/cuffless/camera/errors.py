"""The error of a video recording that cannot be used."""

from cuffless.errors import CufflessError


class RppgError(CufflessError):
    """A recording without a pulse wave; the message names the file and the reason."""
