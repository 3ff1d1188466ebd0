"""A study at its real size: dry runs, materializing, headers of a whole database.

Repeat with ``python -m benchmarks dry_run_20000 materialize_million``; with ``--quick`` they take a tenth or less
of the size, and say so in the names of their rows.
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.material import FS, simulated
from benchmarks.processes import MEGABYTE, in_fresh_process, peak_megabytes, two_cores
from benchmarks.study import copy_sources
from benchmarks.table import Measurement
from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs import SUBSETS, sample_split
from cuffless.records import from_arrays
from cuffless.windows import WindowStore, cut_windows
from cuffless.windows.materialize import materialize

RECORDS, SHARDS = 20_000, 400  # 50 records a shard, as config/paper.yaml has it
MOST_CPU_SECONDS, MOST_MEGABYTES = 4, 250
LEAST_SAVING = 3
WINDOWS, STORES = 1_000_000, 20
MOST_MATERIALIZING_MEGABYTES, LEAST_RATE = 2000, 20_000
DISK_BYTES_A_WINDOW = 6000  # source store, file between and sets, 875 samples in 16 bits each
SAME_WINDOWS = 50_000


def dry_run_20000(quick: bool = False) -> Iterator[Measurement]:
    """Dry run of a finished study of 20,000 records: at most 4 CPU-s and 250 MB, a third of a job for each record."""
    records, shards = (RECORDS // 10, SHARDS // 10) if quick else (RECORDS, SHARDS)
    with tempfile.TemporaryDirectory() as temporary:
        study = Path(temporary) / "study"
        _study_on_paper(study, records, shards)
        outputs = _outputs(study)
        _empty_files(study, outputs)
        # Writes what Snakemake remembers of each job: without --forceall, of none, as all files are there.
        _snakemake(study, "--touch", "--forceall", "--quiet", "all")
        cpu, megabytes = _idle_dry_run(study)
        yield Measurement(f"dry_run_{records}", cpu, "CPU s", at_most=MOST_CPU_SECONDS)
        yield Measurement(f"dry_run_{records}_memory", megabytes, "MB", at_most=MOST_MEGABYTES)
        if quick:
            return
        _set_shards(study, records)
        shutil.rmtree(study / ".snakemake")  # to touch 40,000 jobs would take most of an hour
        _empty_files(study, _outputs_of_shards(outputs, records))
        many_cpu, many_megabytes = _idle_dry_run(study)
        yield Measurement(f"dry_run_{records}_saving", many_cpu / cpu, "CPU ratio", at_least=LEAST_SAVING)
        yield Measurement(f"dry_run_{records}_job_a_record", many_cpu, "CPU s")
        yield Measurement(f"dry_run_{records}_job_a_record_memory", many_megabytes, "MB")


def materialize_million(quick: bool = False) -> Iterator[Measurement]:
    """A million windows of 875 samples into three sets: below 2 GB of memory, the same bytes on one core as on two."""
    n = WINDOWS // 20 if quick else WINDOWS
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        folder = Path(temporary)
        free = shutil.disk_usage(folder).free
        if free < n * DISK_BYTES_A_WINDOW:
            needed = n * DISK_BYTES_A_WINDOW / 1e9
            print(
                f"materialize_million is left out: {folder.parent} has {free / 1e9:.1f} GB free, {needed:.0f} GB are "
                "needed; set TMPDIR to a larger disk",
                file=sys.stderr,
            )
            return
        stores = _window_stores(folder, n)
        manifest = _manifest(folder, n)
        megabytes, rate, cpu_rate = in_fresh_process(_materializing, manifest, stores, folder / "sets")
        yield Measurement(f"materialize_{n}_memory", megabytes, "MB", at_most=MOST_MATERIALIZING_MEGABYTES)
        yield Measurement(f"materialize_{n}", rate, "windows/s")
        yield Measurement(f"materialize_{n}_cpu", cpu_rate, "windows/CPU-s", at_least=LEAST_RATE)
        shutil.rmtree(folder / "sets")
        few = _manifest(folder, SAME_WINDOWS)
        for cores, name in ((1, "one"), (2, "two")):
            in_fresh_process(_materializing, few, stores, folder / name, cores)
        differing = sum(
            not filecmp.cmp(folder / "one" / path.name, path, shallow=False) for path in (folder / "two").iterdir()
        )
        yield Measurement("materialize_other_bytes", differing, "files", at_most=0)


def _study_on_paper(study: Path, records: int, shards: int) -> None:
    """A copy of the workflow, and a folder of so many recordings that hold nothing."""
    copy_sources(study)
    for number in range(1, records + 1):
        patient = f"p{number:06d}"
        folder = study / "recordings" / patient[:3] / patient
        folder.mkdir(parents=True)
        name = f"{patient}-2131-03-03-06-45"
        (folder / f"{name}.hea").write_text(f"{name} 0 125 0\n", encoding="ascii")
        (folder / f"{name}.dat").touch()
    _set_shards(study, shards)


def _set_shards(study: Path, shards: int) -> None:
    config = yaml.safe_load((study / "config" / "paper.yaml").read_text(encoding="utf-8"))
    config["datasets"]["mimic"] = {"records": {"source": "wfdb", "path": "recordings", "shards": shards}}
    (study / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _outputs(study: Path) -> list[str]:
    """Files that the whole study will write."""
    summary, _, _ = _snakemake(study, "--summary")
    lines = summary.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("output_file\t"))
    return [line.split("\t")[0] for line in lines[first + 1 :] if "\t" in line]


def _outputs_of_shards(outputs: list[str], shards: int) -> list[str]:
    """The same files for another number of shards."""
    of_one = [name for name in outputs if "shard000" in name]
    others = [name for name in outputs if not re.search(r"shard\d", name)]
    return others + [name.replace("shard000", f"shard{number:03d}") for name in of_one for number in range(shards)]


def _empty_files(study: Path, names: list[str]) -> None:
    now = time.time()
    for name in names:
        path = study / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (now, now))  # none is older than another


def _idle_dry_run(study: Path) -> tuple[float, float]:
    """CPU seconds and peak MB of a dry run that finds nothing to do; the less of two."""
    runs = []
    for _ in range(2):
        said, cpu, megabytes = _snakemake(study, "--dry-run")
        if "Nothing to be done" not in said:
            last = "\n".join(said.splitlines()[-30:])
            raise RuntimeError(f"the study on paper is not finished in Snakemake's eyes:\n{last}")
        runs.append((cpu, megabytes))
    return min(runs)


# Started from a small process: Linux counts the memory of whoever starts a command into the command's peak.
_MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=sys.stderr, stderr=sys.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)
"""


def _snakemake(study: Path, *options: str) -> tuple[str, float, float]:
    """Run Snakemake; what it says, CPU seconds of it and its children, and the greatest memory of one of them in MB."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "study.yaml", *options]
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], cwd=study, capture_output=True, text=True)
    status, cpu, peak = done.stdout.split()
    if int(status):
        last = "\n".join(done.stderr.splitlines()[-30:])
        raise RuntimeError(f"snakemake {' '.join(options)} ended with status {status}:\n{last}")
    return done.stderr, float(cpu), int(peak) / MEGABYTE


def _window_stores(folder: Path, n_windows: int) -> list[str]:
    """Write stores of records that each hold the windows of the same simulated hour, `n_windows` at least in all."""
    subject, options = simulated(1), WindowOptions()
    hour = cut_windows(from_arrays("hour", subject.ppg, subject.abp, FS), options)
    each = -(-n_windows // (STORES * len(hour.kept)))
    stores = []
    for shard in range(STORES):
        paths = [folder / f"shard{shard:03d}{suffix}" for suffix in (".zarr.zip", ".parquet", ".quality.csv")]
        with WindowStore(*paths, options) as store:
            for number in range(each):
                name = f"p{shard * each + number:06d}"
                store.add({"record": f"{name}-2131-03-03-06-45", "subject": name}, [hour])
        stores.append(str(paths[0]))
    return stores


def _manifest(folder: Path, n_windows: int) -> Path:
    """Draw so many windows into three sets."""
    index = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("shard*.parquet"))], ignore_index=True)
    windows = (n_windows * 8 // 10, n_windows // 10, n_windows // 10)
    options = SplitOptions(kind="mixed", windows=windows, mixed_subjects=index["subject"].nunique())
    path = folder / f"manifest{n_windows}.parquet"
    sample_split(index, options).windows.to_parquet(path, index=False)
    return path


def _materializing(manifest: Path, stores: list[str], folder: Path, cores: int = 2) -> tuple[float, float, float]:
    """Materialize as the workflow does; this process's peak memory in MB, windows a second of wall and of CPU time."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    table = pd.read_parquet(manifest)
    wall, cpu = time.perf_counter(), time.process_time()
    materialize(table, stores, {subset: str(folder / f"{subset}.zarr.zip") for subset in SUBSETS})
    return peak_megabytes(), len(table) / (time.perf_counter() - wall), len(table) / (time.process_time() - cpu)
