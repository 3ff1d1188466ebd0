"""What commands of README and guide print, written into the pages.

On a page, the command stands in a block of its own, and below it, between ``<!-- printed -->`` and
``<!-- end of printed -->``, what it prints; what stands between them is replaced as a whole.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

COLUMNS = 100
PAGES = ("README.md", "docs/tutorial.md", "docs/own_records.md", "docs/own_predictions.md")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"(?<=<!-- printed -->\n\n```text\n).*?(?=\n```\n\n<!-- end of printed -->)", re.DOTALL)


def results_used(project: Path) -> list[str]:
    """Files of the default study that the commands read, as Snakemake's targets; recordings come with the windows."""
    commands = (command for page in PAGES for command, _ in parts_of((project / page).read_text(encoding="utf-8")))
    words = {word for command in commands for word in command.split() if word.startswith("results/")}
    return sorted(word for word in words if "/raw/" not in word)


def parts_of(text: str) -> list[tuple[str, str]]:
    """Commands on a page, each with what the page shows of its output."""
    return [(_command_before(text, part.start()), part.group()) for part in _SHOWN.finditer(text)]


def rewritten(text: str, results: Path) -> str:
    """A page with what its commands print today.

    Parameters
    ----------
    text : str
        The page.
    results : Path
        Results of the default study.
    """
    return _SHOWN.sub(lambda part: output_of(_command_before(text, part.start()), results), text)


def output_of(command: str, results: Path) -> str:
    """What a command prints in a terminal of 100 columns: its output, then its messages.

    Parameters
    ----------
    command : str
        A line for the shell that begins with ``cuffless``.
    results : Path
        Folder that is called ``results`` where the command runs.

    Raises
    ------
    RuntimeError
        If the command was used wrongly or has a bug; that a recording is not usable is an answer.
    """
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "dumb"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with TemporaryDirectory() as folder:
        (Path(folder) / "results").symlink_to(results.resolve(), target_is_directory=True)
        shell = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command}: exit status {done.returncode}\n{done.stderr}")
    return "\n".join(wrapped((done.stdout + done.stderr).splitlines()))


def wrapped(lines: list[str]) -> list[str]:
    """Lines as a terminal of 100 columns has room for them."""
    found: list[str] = []
    for line in map(str.rstrip, lines):
        found += [line] if len(line) <= COLUMNS else wrap(line, COLUMNS, break_on_hyphens=False)
    return found


def _command_before(text: str, end: int) -> str:
    """The first line that calls cuffless in the last block of commands, continued lines joined, without its remark."""
    *_, block = (block for language, block in _BLOCK.findall(text, 0, end) if not language)
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    return re.sub(r"\s+# .*", "", next(line for line in lines if line.startswith("cuffless ")))
