"""Where a training keeps its state: a folder named by all that decides its result."""

import hashlib
import json
from pathlib import Path

from cuffless.provenance import file_digest
from cuffless.training.runtime import versions


def state_folder(dataset: str, manifest: str | Path, options: str, code: str, seed: int) -> Path:
    """Folder for the state of one training; a changed option, manifest, code or version has another one.

    Parameters
    ----------
    dataset : str
        Data set; the folder lies under its results.
    manifest : path
        Manifest of the split.
    options : str
        Options of the network as canonical JSON.
    code : str
        Digest of the code.
    seed : int

    Returns
    -------
    Path
        ``results/<dataset>/state/<digest>``.
    """
    facts = {
        "manifest": file_digest(manifest),
        "options": options,
        "code": code,
        "seed": seed,
        "versions": versions(),
    }
    text = json.dumps(facts, sort_keys=True)
    return Path("results") / dataset / "state" / hashlib.sha256(text.encode()).hexdigest()[:16]
