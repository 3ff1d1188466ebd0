"""What goes wrong with a recording of a face."""

from cuffless.errors import CufflessError


class RppgError(CufflessError):
    """A recording that gives no pulse wave; the message names the file and the reason."""
