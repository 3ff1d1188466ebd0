"""Writing a design and its audit."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from cuffless.designs.design import Design
from cuffless.files import whole_file


def write_design(
    design: Design, audit: Mapping, path: str | Path, audit_path: str | Path, *, log: Callable[[str], object] = print
) -> None:
    """Write a design's windows as parquet and its audit as JSON, and log notes and warnings.

    Parameters
    ----------
    design : Design
    audit : mapping
        As from `make_audit`.
    path, audit_path : path
    log : callable
        Called with one line per note.
    """
    with whole_file(path) as part:
        design.windows.to_parquet(part, index=False)
    write_audit(audit, audit_path, log=log)


def write_audit(audit: Mapping, path: str | Path, *, log: Callable[[str], object] = print) -> None:
    """Write an audit as JSON, and log its notes and warnings, one per call of `log`."""
    with whole_file(path) as part:
        part.write_text(json.dumps(audit, indent=2) + "\n")
    log_audit(audit, log)


def log_audit(audit: Mapping, log: Callable[[str], object] = print) -> None:
    """Log an audit's notes and warnings, one per call of `log`."""
    for line in (*audit["notes"], *(f"WARNING: {text}" for text in audit["warnings"])):
        log(line)
