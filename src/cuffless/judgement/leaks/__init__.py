"""Leaks that a table of predictions shows, each looked for by a module of its own."""

from cuffless.judgement.leaks.overview import leak_table, leak_warnings

__all__ = ["leak_table", "leak_warnings"]
