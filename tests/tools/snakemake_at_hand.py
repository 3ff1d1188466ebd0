"""Snakemake, imported once: each run is a fork, so that a dry run costs a second and not three.

A process of its own, which has started no threads: ``python snakemake_at_hand.py`` takes a request a line on its
standard input, and answers with an exit status a line.
"""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class SnakemakeAtHand:
    """The process that runs Snakemake, and how it is asked; closed at its end, so that its CPU time is counted."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __call__(self, arguments, *, cwd, env, output: Path) -> subprocess.CompletedProcess:
        """Run Snakemake as its command line would; `output` takes what it writes, both streams together."""
        request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "output": str(output)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(["snakemake", *arguments], status, output.read_text(), "")

    def close(self):
        self._process.communicate()


def run(arguments, cwd, env, output):
    """Be Snakemake; does not return."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, file, file)):
        os.dup2(stream, number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["snakemake", *arguments]
    status = 1
    try:
        from snakemake.cli import main

        main(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def serve():
    """Import what a run needs, then fork for each request."""
    import snakemake.cli  # noqa: F401

    from cuffless import config, records, simulator  # noqa: F401
    from cuffless.provenance import code_digest

    for script in (PROJECT / "workflow" / "scripts").iterdir():
        code_digest(script, PROJECT / "src")  # what was understood of a file's text is remembered
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
