"""Snakemake as a user runs it, but for the scripts of its jobs: these run one after the other in its own process.

A study of many small jobs spends its time importing the same libraries in each. What a job reads, is given and writes
is the same; only `sys.modules` is not fresh. Used as ``python one_process.py ARGUMENTS``, with the arguments of
snakemake.
"""

import runpy
import sys

import snakemake.cli
import snakemake.script
from snakemake.benchmark import benchmarked
from snakemake.exceptions import WorkflowError


def execute_here(self, file, edit=False):
    path = list(sys.path)
    try:
        with benchmarked(False if self.bench_record is None else None, self.bench_record):
            runpy.run_path(file, run_name="__main__")
    except SystemExit as error:
        if error.code:
            raise WorkflowError(f"the script ended with {error.code}") from None
    finally:
        sys.path[:] = path


if __name__ == "__main__":
    snakemake.script.PythonScript.execute_script = execute_here
    # A scheduler that solves programs costs more than jobs of a tenth of a second.
    sys.exit(snakemake.cli.main(["--cores", "1", "--scheduler", "greedy", *sys.argv[1:]]))
