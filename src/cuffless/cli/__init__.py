"""The command line."""

from cuffless.cli.app import app
from cuffless.commands import ending_in_words

__all__ = ["app", "main"]


def main() -> None:
    """Carry out what the command line says."""
    with ending_in_words("cuffless"):
        app()
