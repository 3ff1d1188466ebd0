"""The default study from nothing to all figures, part by part, then with nothing to do, on two cores.

Repeat with ``python -m benchmarks default_study`` (some fourteen minutes).
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import CORES, two_cores
from benchmarks.table import Measurement

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = ("Snakefile", "config.yaml", "config", "profiles", "envs", "workflow", "src", "resources")
PERSONAL = ("results/figures/fig8.pdf", "results/figures/figA1.pdf", "results/figures/fig_budget.pdf")
RPPG = tuple(f"results/figures/fig{name}.pdf" for name in ("3", "9", "A2", "A3", "A4", "A5"))
PARTS = {  # each on top of those before it: what is made, and the seconds that it may take
    "study": (("results/figures/fig7.pdf",), 600),
    "study_personalization": ((*PERSONAL, "results/tables/personalization.md"), 180),
    "study_inputs": (("results/figures/fig2.pdf",), 360),
    "study_rppg": ((*RPPG, "results/tables/table2.csv", "results/tables/camera.md"), 300),
}
MOST_SECONDS_IDLE = 15


def default_study() -> Iterator[Measurement]:
    """Wall time of ``snakemake --cores 2`` in a copy of the sources, for each of `PARTS`, and when all is done."""
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        study = Path(temporary) / "study"
        copy_sources(study)
        for name, (targets, most) in PARTS.items():
            seconds, _ = _snakemake(study, "--", *targets)
            yield Measurement(name, seconds, "s", at_most=most)
        _snakemake(study)
        if not list((study / "results" / "figures").glob("*.pdf")):
            raise RuntimeError("the default study ended without figures in results/figures; look at its rule all")
        seconds, _ = _snakemake(study)
        yield Measurement("study_nothing_to_do", seconds, "s", at_most=MOST_SECONDS_IDLE)
        _, cpu_seconds = _snakemake(study, "--dry-run")
        yield Measurement("study_dry_run", cpu_seconds, "CPU s")


def copy_sources(study: Path) -> None:
    """Copy what a study is made of, without downloads, results and byte code."""
    study.mkdir()
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            skip = ["__pycache__", *(["records"] if name == "resources" else [])]
            shutil.copytree(PROJECT / name, study / name, ignore=shutil.ignore_patterns(*skip))
        else:
            shutil.copy2(PROJECT / name, study / name)


def _snakemake(study: Path, *options: str) -> tuple[float, float]:
    """Run Snakemake; wall seconds, and CPU seconds of it and its jobs."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), *options]
    wall, cpu = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(command, cwd=study, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall, cpu = time.perf_counter() - wall, _cpu_of_children() - cpu
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-30:])
        raise RuntimeError(f"snakemake ended with status {done.returncode} in the default study:\n{last}")
    return wall, cpu


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
