"""Write envs/cuffless.yaml, the conda environment, from the lock: one set of versions."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent


def conda_environment(lock: str) -> str:
    """Text of the conda environment file for a lock's text."""
    pins = re.findall(r"^([\w.-]+==[^\s\\;]+(?:\s*;[^\\\n]+)?)", lock, flags=re.MULTILINE)
    lines = [
        "# Written by envs/conda.py from envs/requirements.lock; change pyproject.toml and run make lock.",
        "name: cuffless",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        "  - python >=3.11,<3.14",
        "  - pip",
        "  - pip:",
        *(f'      - "{pin.strip()}"' for pin in pins),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (FOLDER / "cuffless.yaml").write_text(conda_environment((FOLDER / "requirements.lock").read_text()))
