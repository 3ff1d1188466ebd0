"""The command line."""

from cuffless.cli.app import app
from cuffless.commands import exit_on_error

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line."""
    with exit_on_error("cuffless"):
        app()
