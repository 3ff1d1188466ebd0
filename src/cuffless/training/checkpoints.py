"""The folder of a training's state, named by a digest of all inputs of the result."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from cuffless.provenance import file_digest
from cuffless.training.runtime import versions


def state_folder(
    dataset: str, run: str, inputs: Iterable[str | Path], options: str, code: str, *, backend: str
) -> Path:
    """Folder for the state of one training; another one if options, windows, code, backend or versions change.

    Parameters
    ----------
    dataset : str
        Data set; the folder lies under its results.
    run : str
        The training: split, network and seed. Its old states that can no longer be resumed, because something has
        changed since, are removed.
    inputs : iterable of path
        Manifest and materialized windows.
    options : str
        Options of the network as canonical JSON.
    code : str
        Digest of the code.
    backend : str
        What it is trained with.

    Returns
    -------
    Path
        ``results/<dataset>/state/<run>/<digest>``.
    """
    facts = {
        "inputs": [file_digest(path) for path in inputs],
        "options": options,
        "code": code,
        "run": run,
        "backend": backend,
        "versions": versions(backend),
    }
    text = json.dumps(facts, sort_keys=True)
    folder = Path("results") / dataset / "state" / run / hashlib.sha256(text.encode()).hexdigest()[:16]
    for other in folder.parent.glob("*"):
        if other.name != folder.name:
            shutil.rmtree(other, ignore_errors=True)
    return folder
