"""The command line."""

from cuffless.cli.app import app

__all__ = ["app"]
