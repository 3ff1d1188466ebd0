"""A copy of the package that a test may add to, and Python that imports it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "cuffless"


def copy_package(folder: Path) -> Path:
    """Copy the package below `folder`; gives the copy's folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(SOURCE, folder / "cuffless", ignore=ignored))


def run_with(folder: Path, code: str):
    """Run code with the packages in `folder` before all others; gives what its last line of output holds as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
