"""The root of the project's own errors."""


class CufflessError(Exception):
    """A mistake in data, configuration or use; the message names it, the value at fault and the remedy."""
