"""A study that is stopped, killed and left without room ends as one that nobody disturbed; see `make chaos`."""

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SEED = 234  # a worker is stopped and all are killed, the engine is killed alone, the disk is filled


def test_a_study_disturbed_in_three_ways_ends_as_one_that_nobody_disturbed(project, carried_out):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos", "--rounds", "3", "--seed", str(SEED)),
            *("--finished", str(carried_out.folder), "--without", "windows", "--without", "designs"),
            *("--without", "training", "--target", "results/tiny/training/nonmixed/alexnet/seed0/predictions.parquet"),
        ],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    rounds = re.findall(r"^round +\d: (.*)", done.stdout, re.MULTILINE)
    kinds = [text.partition(": ")[0] for text in rounds]
    assert kinds == ["worker stopped", "engine killed", "disk filled but for 0 bytes"], done.stdout
    assert re.search(r"compared with an undisturbed run: \d+ files, 0 differences", done.stdout)
