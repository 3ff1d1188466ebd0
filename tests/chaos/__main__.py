"""Disturb the tiny study and compare what comes out: ``python -m tests.chaos [--rounds 20] [--seed 1]``.

Each round starts the engine, does it harm at some moment, and leaves it so to the next round. At the end the study is
carried out undisturbed, and all predictions, indexes, tables and weights must be those of a run that nobody disturbed.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.chaos.comparison import differences
from tests.chaos.disturbing import KINDS, OFFSETS
from tests.chaos.machine import MB, Clock, SmallDisk, in_own_namespace
from tests.chaos.study import ChaosError, Study

PROJECT = Path(__file__).resolve().parents[2]
DATASET = "tiny"
STAGES = ("raw", "records", "windows", "designs", "training")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--finished", type=Path, help="folder of a tiny study that was carried out undisturbed")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=STAGES,
        help="begin with all that is finished but this stage's results",
    )
    parser.add_argument("--target", action="append", default=[], help="ask only for this file; repeat for more")
    asked = parser.parse_args()
    in_own_namespace()
    work = Path(tempfile.mkdtemp(prefix="chaos"))
    try:
        return _disturbed(work, asked)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _disturbed(work: Path, asked) -> int:
    finished = asked.finished or _undisturbed(work, asked.target)
    clock = Clock(work)
    size = 64 + 2 * sum(path.stat().st_size for path in finished.rglob("*") if path.is_file()) // MB
    disk = SmallDisk(work / "disturbed", size)
    print(f"{asked.rounds} rounds, seed {asked.seed}; {disk.said}; {clock.said}", flush=True)
    study = Study(PROJECT, disk.folder, asked.target)
    if asked.without:
        _begin_with(study, finished, asked.without)
    try:
        for number in range(1, asked.rounds + 1):
            print(f"round {number:2d}: {_round(study, disk, clock, number, asked)}", flush=True)
        study.kill_all()
        study.start()
        if status := study.wait():
            raise ChaosError(f"undisturbed at last, it ends with {status}:\n{study.said.read_text()[-3000:]}")
        if absent := [target for target in asked.target if not (study.folder / target).is_file()]:
            raise ChaosError(f"undisturbed at last, it leaves no {absent[0]}")
        n, said = differences(finished / "results", study.results, whole=not asked.target)
    finally:
        study.kill_all()
        disk.close()
    print(f"compared with an undisturbed run: {n} files, {len(said)} differences", *said, sep="\n    ", flush=True)
    return 1 if said or not n else 0


def _round(study: Study, disk: SmallDisk, clock: Clock, number: int, asked) -> str:
    """Disturb once; all kinds come before one comes again, every other engine has a wrong clock."""
    rng = np.random.default_rng([asked.seed, number])
    order = np.random.default_rng([asked.seed, 0, (number - 1) // len(KINDS)]).permutation(list(KINDS))
    offset = int(rng.choice(OFFSETS)) * (clock.known and number % 2 == 0)  # drawn always, to draw the same everywhere
    study.start(lambda command, environment: clock.moved(command, environment, offset))
    done = KINDS[order[(number - 1) % len(KINDS)]](study, disk, rng)
    said = f" [clock {offset / 3600:+,.0f} h]" if offset else ""
    if study.ended() == 0:
        taken = _take_away(study, rng)
        done += f"; complete, so {taken} is taken away"
    return done + said


def _take_away(study: Study, rng: np.random.Generator) -> str:
    """Delete what a stage of a complete study has left, and all stages after it, so that there is something to do."""
    first = rng.integers(len(STAGES))
    for stage in STAGES[first:]:
        shutil.rmtree(study.results / DATASET / stage, ignore_errors=True)
    return f"all from {STAGES[first]} on"


def _undisturbed(work: Path, targets: list[str]) -> Path:
    folder = work / "undisturbed"
    folder.mkdir()
    study = Study(PROJECT, folder, targets)
    study.start()
    try:
        if status := study.wait():
            raise ChaosError(f"the undisturbed study ends with {status}:\n{study.said.read_text()[-3000:]}")
    finally:
        study.kill_all()
    return folder


def _begin_with(study: Study, finished: Path, without: list[str]) -> None:
    for name in ("results", ".snakemake"):
        shutil.copytree(finished / name, study.folder / name)
    for stage in without:
        shutil.rmtree(study.results / DATASET / stage)


if __name__ == "__main__":
    sys.exit(main())
