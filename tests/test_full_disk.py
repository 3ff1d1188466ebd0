"""A full disk names the file that did not fit, whichever library was writing; a limit on files' size stands for it."""

import resource
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from cuffless.config import SimulatorOptions
from cuffless.files import DiskError, whole_file
from cuffless.joblog import logged
from cuffless.records.remote.checksums import Checksums
from cuffless.simulator import simulate_subject
from cuffless.simulator.writer import write_subject

ROOM = 20_000


@contextmanager
def room(size=ROOM):
    """No file can be longer; what a library writes beyond fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_simulator_names_the_file(tmp_path):
    options = SimulatorOptions(subjects=1, minutes=1, multi_segment=0)
    subject = simulate_subject(1, options)
    with room(), pytest.raises(DiskError, match=r"p000001-[\d-]+\.dat: cannot be written .*GB are free.*run again"):
        write_subject(subject, tmp_path, options)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["csv", "parquet", "text", "npz", "array", "zarr"])
def test_every_kind_of_result_names_its_file(tmp_path, kind):
    values = np.random.default_rng(0).random(20_000)
    table = pd.DataFrame({"x": values})

    def write(part):
        if kind == "csv":
            table.to_csv(part)
        elif kind == "parquet":
            table.to_parquet(part)
        elif kind == "text":
            part.write_text("x" * 50_000)
        elif kind == "npz":
            with part.open("wb") as file:
                np.savez(file, values=values)
        elif kind == "array":
            values.tofile(part)
        else:
            import zarr

            with zarr.storage.ZipStore(part, mode="w") as store:
                zarr.create_group(store).create_array("x", data=values)

    with (
        room(),
        pytest.raises(DiskError, match=r"result\.bin: cannot be written") as told,
        whole_file(tmp_path / "result.bin") as part,
    ):
        write(part)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_an_index_of_checksums_names_its_file(tmp_path):
    text = tmp_path / "SHA256SUMS.txt"
    text.write_text("".join(f"{number:064x}  p00/{number:06d}.dat\n" for number in range(3000)))
    with room(), pytest.raises(DiskError, match=r"sums\.sqlite: cannot be written"):
        Checksums.build(text, tmp_path / "sums.sqlite")
    with Checksums.build(text, tmp_path / "sums.sqlite") as sums:
        assert sums.lookup("p00/000007.dat") == f"{7:064x}"


def test_a_job_says_so_though_its_log_does_not_fit_either(tmp_path, capfd):
    with pytest.raises(SystemExit), logged(tmp_path / "job.log"), room(10), whole_file(tmp_path / "a.txt") as part:
        part.write_text("x" * 100)
    assert "a.txt: cannot be written" in capfd.readouterr().err
