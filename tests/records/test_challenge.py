"""The Challenge of 2015 as PhysioNet lays it out: records in `training/`, signals of MATLAB 4 in format 16+24."""

import shutil

import pytest
import wfdb

from cuffless.config import RecordOptions
from cuffless.records import fetch_records, find_records, get_source, list_records, open_record
from cuffless.records.sources.physionet import fetch_index
from cuffless.windows import cut_windows

DATABASE = "challenge-2015/1.0.0"


@pytest.fixture(scope="module")
def database(tmp_path_factory, shared, physionet):
    """Two records as they are served, and two without pressure."""
    root = tmp_path_factory.mktemp("server")
    training = root / DATABASE / "training"
    training.mkdir(parents=True)
    for file in (shared / "wfdb_challenge2015" / "original").iterdir():
        shutil.copy(file, training)
    for name in ("a103l", "b100s"):
        text = (training / "f120s.hea").read_text()
        (training / f"{name}.hea").write_text(text.replace("f120s", name).replace("ABP", "RESP"))
        shutil.copy(training / "f120s.mat", training / f"{name}.mat")
    (training / "RECORDS").write_text("a103l\nb100s\nf120s\nv154s\n")
    (training / "ALARMS").write_text("a103l,Asystole,0\n")
    physionet.write_sums(root / DATABASE)
    return root


@pytest.fixture
def serve(database, tmp_path, physionet, loopback, monkeypatch):
    from cuffless.records.remote.download import Downloader

    monkeypatch.setattr(Downloader, "first_wait", 0.001)

    def start(faults=None, shards=2):
        server = physionet.PhysioNetServer(database, faults)
        servers.append(server)
        download = {"url": server.url, "cache": str(tmp_path / "cache"), "reserve_gb": 0, "timeout_seconds": 5}
        return server, RecordOptions(source="physionet", database=DATABASE, shards=shards, download=download)

    servers = []
    yield start
    for server in servers:
        server.__exit__(None, None, None)


def asked(server, ending):
    return sorted(request.path.rpartition("/")[2] for request in server.log if request.path.endswith(ending))


def test_records_are_listed_from_the_folder_and_only_signals_with_both_are_fetched(serve, shared):
    server, options = serve()
    assert fetch_index(options) == {"database": DATABASE, "listed": 1, "checksums": True, "resolved": 0}
    tables = [list_records(find_records(options, shard), options, shard) for shard in range(2)]
    rows = {row["record"]: row for table in tables for row in table.to_dict("records")}
    assert sorted(rows) == ["a103l", "b100s", "f120s", "v154s"]
    assert {row["identity"] for row in rows.values()} == {"record"}
    assert all(row["subject"] == name for name, row in rows.items())
    assert "no arterial pressure channel" in rows["a103l"]["problem"]
    assert rows["f120s"]["bytes"] == 600_024
    assert not asked(server, ".mat")
    for table in tables:
        assert not fetch_records(table, options)["passed_over"].any()
    assert asked(server, ".mat") == ["f120s.mat", "v154s.mat"]
    fetched = open_record(rows["f120s"]["path"], options)
    kept = open_record(shared / "wfdb_challenge2015" / "f120s", RecordOptions(source="wfdb", path="."))
    ours, theirs = (cut_windows(record).kept for record in (fetched, kept))
    assert len(ours) == len(theirs) > 0
    assert (ours.sbp == theirs.sbp).all()


def test_a_download_that_breaks_off_goes_on_and_a_damaged_file_is_noticed(serve, physionet):
    path = f"{DATABASE}/training"
    faults = {f"{path}/f120s.mat": physionet.cut(200_000, times=1), f"{path}/v154s.mat": physionet.damaged(times=1)}
    server, options = serve(faults)
    source = get_source("physionet")
    for name in ("f120s", "v154s"):
        assert not source.prepare(f"training/{name}", options)
    resumed = server.requests_of(f"{path}/f120s.mat")
    assert resumed[1].range == "bytes=200000-"
    assert len(server.requests_of(f"{path}/v154s.mat")) == 2
    for name in ("f120s", "v154s"):
        assert open_record(f"training/{name}", options).usable_seconds == 300


@pytest.mark.parametrize(
    ("text", "names"),
    [("training/\n", ["a103l", "b100s", "f120s", "v154s"]), ("training/a103l\ntraining/f120s\n", ["a103l", "f120s"])],
)
def test_the_list_may_stand_at_the_root(serve, database, text, names):
    root = database / DATABASE / "RECORDS"
    root.write_text(text)
    try:
        assert [entry.name for entry in find_records(serve(shards=1)[1])] == names
    finally:
        root.unlink()


def test_signals_are_those_that_the_package_wfdb_reads(shared):
    folder = shared / "wfdb_challenge2015"
    theirs = wfdb.rdrecord(str(folder / "original" / "v154s"))
    record = open_record(folder / "original" / "v154s", RecordOptions(source="wfdb", path="."))
    place = theirs.sig_name.index("ABP")
    abp = record.segments[0].abp
    for start in (0, 12_345, 74_000):
        assert (abp.read(start, start + 1000) == theirs.p_signal[start : start + 1000, place]).all()


def test_records_are_taken_and_left_out_by_their_path(shared):
    options = RecordOptions(source="wfdb", path=str(shared / "wfdb_challenge2015"))
    names = [entry.name for entry in find_records(options)]
    assert len(names) - len(set(names)) == 2
    apart = [entry.name for entry in find_records(options.model_copy(update={"exclude": ("original/*",)}))]
    assert sorted(apart) == sorted(set(names))
    only = find_records(options.model_copy(update={"include": ("original/*",)}))
    assert [entry.name for entry in only] == ["f120s", "v154s"]
