"""Where the records of `make real` come from."""

import socket

import pytest
import yaml
from module_files import load_module

from cuffless.config import load_config

DATABASE = "challenge-2015/1.0.0"
HEADER = "a 2 250 10\na.dat 16 1/NU 16 0 0 0 0 PLETH\na.dat 16 1/mmHg 16 0 0 0 0 ABP\n"


@pytest.fixture(scope="module")
def chooser(project):
    return load_module(project / "workflow" / "choose_records.py")


@pytest.fixture
def choose(chooser, project, tmp_path, capsys, loopback, monkeypatch):
    """Choose records for the study of real people, its folder and its server being elsewhere."""
    from cuffless.records.remote.download import Downloader

    monkeypatch.setattr(Downloader, "first_wait", 0.001)

    def call(url="", given=""):
        config = yaml.safe_load((project / "config" / "challenge.yaml").read_text())
        download = {"url": url, "cache": str(tmp_path / "cache"), "reserve_gb": 0}
        config["records"] |= {"path": str(tmp_path / "own"), "download": download}
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(config))
        code = chooser.main([str(tmp_path / "study.yaml"), str(tmp_path / "laid.yaml"), given])
        laid = yaml.safe_load((tmp_path / "laid.yaml").read_text()) if not code else None
        return code, laid, capsys.readouterr()

    return call


def headers(folder):
    (folder / "training").mkdir(parents=True)
    (folder / "training" / "a.hea").write_text(HEADER)
    return folder


def test_a_folder_that_is_named_is_taken_and_told(choose, tmp_path):
    given = str(headers(tmp_path / "given"))
    code, laid, told = choose(given=given)
    assert (code, laid) == (0, {"records": {"source": "wfdb", "path": given}})
    assert told.out == f"Records: 1 WFDB headers in {given}\n"


def test_the_studys_own_folder_comes_before_the_network(choose, tmp_path):
    own = str(headers(tmp_path / "own"))
    assert choose()[1] == {"records": {"source": "wfdb", "path": own}}


@pytest.mark.parametrize("what", ["is not a folder", "holds no WFDB records"])
def test_a_folder_without_records_is_one_clear_line(choose, tmp_path, what):
    if what != "is not a folder":
        (tmp_path / "given").mkdir()
    code, _, told = choose(given=str(tmp_path / "given"))
    assert code == 1
    assert what in told.err
    assert "make real RECORDS=" in told.err
    assert told.err.count("\n") == 1


def test_without_a_folder_the_records_come_from_physionet(choose, physionet, tmp_path, project):
    root = tmp_path / "server" / DATABASE
    headers(root)
    (root / "training" / "RECORDS").write_text("a\n")
    physionet.write_sums(root)
    with physionet.PhysioNetServer(tmp_path / "server") as server:
        code, laid, told = choose(server.url)
        assert code == 0
        assert told.out.startswith(f"Records: PhysioNet, {DATABASE}, fetched into")
    assert laid == {"records": {"source": "physionet", "database": DATABASE, "path": ""}}
    assert choose(server.url)[0] == 0, "what was fetched is asked for no more"


def test_without_network_and_folder_the_remedy_is_named(choose):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, _, told = choose(f"http://127.0.0.1:{port}/files")
    assert code == 1
    assert "PhysioNet cannot be asked for them" in told.err
    assert "make real RECORDS=path/to/the/records" in told.err
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err


def test_the_study_of_real_people_is_valid_and_counts_runs_as_people(project):
    study = load_config(project / "config" / "challenge.yaml")
    assert {name: one.records.identity for name, one in study.datasets.items()} == {
        "challenge": "runs",
        "challenge_records": "record",
    }
    windows = study.windowings["main"]
    assert (windows.sbp_range, windows.dbp_range) == ((60, 200), (30, 120))
    assert len(study.study.seeds) == 3
    assert study.personalization.named["main"].min_windows == 25
