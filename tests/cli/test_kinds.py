"""`cuffless inspect` and `predict` on a file of every kind that a source reads."""

import json
from pathlib import Path

import numpy as np
import pytest
from module_files import load_module
from typer.testing import CliRunner

from cuffless.cli.app import app

layouts = load_module(Path(__file__).parents[1] / "records" / "test_sources.py")

# What a user names, of person 2: 140/70 mmHg at 60 bpm.
NAMED = {
    "vital": "p000002/2.vital",
    "edf": "p000002/2.edf",
    "mimicbp": "ppg/p000002_ppg.npy",
    "kachuee": "Part_1.mat#2",
    "kachuee, older MATLAB": "part_1.mat#0002",
    "ready, published": "published.h5#2",
    "ready, PulseDB subset": "Subset.mat#p000002_0",
    "ready, PulseDB segments": "PulseDB_MIMIC/p000002.mat",
}


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def written(tmp_path):
    def write(layout):
        layouts.LAYOUTS[layout].write(tmp_path, layouts.PEOPLE, False)
        return tmp_path

    return write


@pytest.mark.parametrize("layout", NAMED)
def test_one_recording_of_every_kind_is_inspected(written, layout):
    done = run("inspect", written(layout) / NAMED[layout], "--json")
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    found = [summary[f"{name}_median"] for name in ("sbp", "dbp", "hr")]
    assert found == pytest.approx([140, 70, 60], abs=1)


@pytest.mark.parametrize("layout", ["kachuee", "ready, published", "ready, PulseDB subset"])
def test_of_several_recordings_in_a_file_one_must_be_named(written, layout):
    folder, name = written(layout), NAMED[layout].partition("#")[0]
    done = run("inspect", folder / name)
    assert done.exit_code == 2
    assert f"{name} has 3 recordings; give one after #, e.g. {name}#" in done.output.replace("\n", " ")


def test_windows_without_their_pressure_cannot_be_drawn(written):
    done = run("inspect", written("ready, published") / "published.h5#2", "--plot", "a.png")
    assert done.exit_code == 2
    assert "windows without their pressure signal; --plot needs the signal" in done.output


def test_the_rate_of_ready_windows_may_be_given(written):
    done = run("inspect", written("ready, published") / "published.h5#2", "--fs", 250, "--json")
    assert json.loads(done.stdout)["hr_median"] == pytest.approx(120, abs=1)


@pytest.mark.parametrize("layout", ["vital", "edf", "mimicbp", "kachuee"])
def test_what_describes_a_text_is_refused_with_other_files(written, layout):
    done = run("inspect", written(layout) / NAMED[layout], "--columns", "ppg")
    assert done.exit_code == 2
    assert "--fs, --columns and --rows are for text files" in done.output


@pytest.mark.parametrize("name", ["a.vital", "a.edf", "a.mat#3", "p1_ppg.npy", "a.h5"])
def test_absent_and_broken_files_are_one_line(tmp_path, name):
    absent = run("inspect", tmp_path / name)
    assert (absent.exit_code, f"{name.partition('#')[0]} not found" in absent.output.replace("\n", "")) == (2, True)
    (tmp_path / name.partition("#")[0]).write_bytes(bytes(range(256)) * 9)
    broken = run("inspect", tmp_path / name)
    assert broken.exit_code == 1
    assert "Traceback" not in broken.output
    assert len(broken.output) < 400


def test_a_matlab_file_beside_a_wfdb_header_is_its_signal(shared):
    done = run("inspect", shared / "wfdb_samples" / "a103l.mat")
    assert "no arterial pressure channel" in done.output


@pytest.mark.parametrize("layout", ["vital", "edf", "mimicbp", "kachuee", "ready, published"])
def test_the_ppg_of_every_kind_can_be_predicted(written, layout, monkeypatch):
    from cuffless.cli import prediction

    seen = []

    def predicted(record, *_):
        seen.append(record)
        raise ValueError("seen")

    monkeypatch.setattr(prediction, "_predict", predicted)
    run("predict", written(layout) / NAMED[layout], "--model", "m.keras")
    (record,) = seen
    ppg = record.ready.read(0, 1)[0] if record.ready else record.segments[0].read(0, 100)[0]
    assert np.isfinite(ppg).all()
    assert record.ready or record.segments[0].abp is None
