import numpy as np
import pandas as pd
import pytest
import wfdb

from cuffless.config import RecordOptions
from cuffless.records import RecordError, fetch_records, find_records, get_source, list_records, open_record
from cuffless.records.remote.download import Downloader, ServerError
from cuffless.records.sources.physionet import fetch_index
from cuffless.windows import cut_windows

BOTH, PPG, ECG = ("PLETH", "ABP"), ("PLETH", "II"), ("II", "V")


@pytest.fixture(autouse=True)
def _impatient(loopback, monkeypatch):
    monkeypatch.setattr(Downloader, "first_wait", 0.001)


def segment(folder, name, channels, n=6000):
    folder.mkdir(parents=True, exist_ok=True)
    t = np.arange(n) / 125
    waves = {"PLETH": np.sin(2 * np.pi * 1.2 * t), "ABP": 90 + 30 * np.sin(2 * np.pi * 1.2 * t)}
    signals = np.column_stack([waves.get(channel, np.zeros(n)) for channel in channels])
    units = ["mmHg" if channel == "ABP" else "mV" for channel in channels]
    wfdb.wrsamp(
        name, fs=125, units=units, sig_name=list(channels), p_signal=signals, fmt=["16"] * len(channels),
        write_dir=str(folder),
    )  # fmt: skip


def master(folder, name, number, segments, absent=()):
    """A multi-segment record: one segment for each set of channels, with a layout header."""
    channels = sorted({channel for chosen in segments for channel in chosen})
    lines = []
    for k, chosen in enumerate(segments, 1):
        segment(folder, f"{number}_{k:04d}", chosen)
        lines.append(f"{number}_{k:04d} 6000")
    lines += [f"{number}_{k:04d} 6000" for k in absent]
    layout = [f"~ 0 100/{'mmHg' if c == 'ABP' else 'mV'} 16 0 0 0 0 {c}" for c in channels]
    (folder / f"{number}_layout.hea").write_text(f"{number}_layout {len(channels)} 125 0\n" + "\n".join(layout) + "\n")
    total = 6000 * len(lines)
    (folder / f"{name}.hea").write_text(
        f"{name}/{len(lines) + 1} {len(channels)} 125 {total}\n{number}_layout 0\n" + "\n".join(lines) + "\n"
    )


def publish(root, records, physionet):
    (root / "RECORDS").write_text("".join(f"{line}\n" for line in records))
    physionet.write_sums(root)


@pytest.fixture(scope="module")
def databases(tmp_path_factory, physionet):
    """The matched subset with three patients, and the database of all records, two of which the subset lists."""
    server = tmp_path_factory.mktemp("server")
    matched, everything = server / "mimic3wdb-matched" / "1.0", server / "mimic3wdb" / "1.0"
    for patient, number, segments, absent in (
        ("p000001", "3000001", (BOTH, PPG, BOTH), (7,)),
        ("p000002", "3000002", (PPG, ECG), ()),
        ("p000003", "3000003", (BOTH,), ()),
    ):
        folder = matched / "p00" / patient
        master(folder, f"{patient}-2150-01-01-10-20", number, segments, absent)
        (folder / f"{patient}-2150-01-01-10-20n.hea").write_text("numerics 1 0.0167 10\n")
        (folder / "RECORDS").write_text(f"{patient}-2150-01-01-10-20\n{patient}-2150-01-01-10-20n\n")
    publish(matched, [f"p00/p00000{k}/" for k in (1, 2, 3)], physionet)
    for number in ("3000001", "3000003", "3000009"):
        master(everything / "30" / number, number, number, (BOTH, BOTH, PPG))
    publish(everything, ["30/3000001/", "30/3000003/", "30/3000009/"], physionet)
    return server


@pytest.fixture
def serve(databases, tmp_path, physionet):
    """Serve the databases with faults: gives the server, and options that point to it."""
    servers = []

    def start(faults=None, root=databases, **options):
        server = physionet.PhysioNetServer(root, faults)
        servers.append(server)
        server.__enter__()
        download = {"url": server.url, "cache": str(tmp_path / "cache"), "reserve_gb": 0, "timeout_seconds": 600}
        download |= options.pop("download", {})
        return server, RecordOptions(source="physionet", download=download, **options)

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def asked(server, ending):
    return [request.path for request in server.log if request.path.endswith(ending)]


def test_the_table_of_records_comes_from_headers_alone(serve):
    server, options = serve()
    table = list_records(find_records(options), options).set_index("subject")
    assert not asked(server, ".dat")
    assert list(table["identity"]) == ["patient"] * 3
    assert list(table["segments"]) == [2, 0, 1]
    assert list(table["seconds"]) == [96, 0, 48]
    assert table.loc["p000001", "recorded"] == 192
    assert set(table.loc["p000001", "channels"].split(";")) == {"ABP", "II", "PLETH"}
    assert table.loc["p000001", "bytes"] == 2 * 6000 * 2 * 2
    assert "no arterial pressure" in table.loc["p000002", "problem"]
    assert table.loc["p000002", "channels"].split(";") == ["II", "PLETH", "V"]


def test_a_record_whose_layout_lacks_a_signal_costs_two_headers(serve):
    server, options = serve()
    list_records(find_records(options), options)
    assert sorted(path.rpartition("/")[2] for path in asked(server, ".hea") if "p000002" in path) == [
        "3000002_layout.hea",
        "p000002-2150-01-01-10-20.hea",
    ]


def test_only_signals_of_segments_with_both_are_fetched_and_windows_are_those_of_the_files(serve, databases):
    server, options = serve()
    entries = find_records(options)
    fetched = fetch_records(list_records(entries, options), options)
    assert sorted(path.rpartition("/")[2] for path in asked(server, ".dat")) == [
        "3000001_0001.dat", "3000001_0003.dat", "3000003_0001.dat",
    ]  # fmt: skip
    assert (fetched["passed_over"] == "").all()
    local = databases / "mimic3wdb-matched" / "1.0"
    for path in fetched.loc[fetched["problem"] == "", "path"]:
        ours = cut_windows(open_record(path, options))
        theirs = cut_windows(open_record(local / path, RecordOptions(source="wfdb", path=str(local))))
        assert np.array_equal(ours.ppg, theirs.ppg)
        assert ours.n_cut == theirs.n_cut > 0


def test_a_header_that_names_an_absent_segment_costs_that_segment_alone(serve):
    _, options = serve()
    (entry,) = [entry for entry in find_records(options) if entry.subject == "p000001"]
    source = get_source("physionet")
    assert source.prepare(entry.path, options) == []
    record = source.open(entry.path, options)
    assert [part.name for part in record.segments] == ["3000001_0001", "3000001_0003"]
    assert "3000001_0007: header not found; fetch it again" in record.problems


@pytest.mark.parametrize("fault", ["absent", "damaged", "broken"])
def test_a_file_that_cannot_be_had_is_named_and_the_rest_of_the_record_is_used(serve, physionet, fault):
    made = {"absent": physionet.status(404), "damaged": physionet.damaged(), "broken": physionet.status(500)}[fault]
    _, options = serve({"mimic3wdb-matched/1.0/p00/p000001/3000001_0003.dat": made}, download={"attempts": 3})
    fetched = fetch_records(list_records(find_records(options), options), options).set_index("subject")
    assert (fetched["problem"] == "").tolist() == [True, False, True]
    assert "3000001_0003.dat" in fetched.loc["p000001", "passed_over"]
    record = open_record(fetched.loc["p000001", "path"], options)
    assert [part.name for part in record.segments] == ["3000001_0001"]
    assert not list(source_folder(options).rglob(".*.part"))


def source_folder(options):
    from pathlib import Path

    return Path(options.download.cache, options.database)


def test_an_outage_stops_the_job_with_one_word_and_the_next_run_asks_for_nothing_twice(serve, physionet):
    root = "mimic3wdb-matched/1.0"
    down = {f"{root}/p00/p000003/3000003_0001.hea": physionet.status(503), f"{root}/RECORDS": physionet.status(503)}
    server, options = serve(download={"attempts": 2, "connections": 1})
    entries = find_records(options)
    for path, fault in down.items():
        server.set_fault(path, fault)
    with pytest.raises(ServerError, match="run again"):
        list_records(entries, options)
    before = {request.path for request in server.log if request.status == 200}
    for path in down:
        server.set_fault(path)
    first = len(server.log)
    list_records(entries, options)
    again = {request.path for request in server.log[first:]} & before
    assert not {path for path in again if path.endswith(".hea")}


def test_freeing_a_record_deletes_its_signals_and_not_its_headers(serve):
    _, options = serve()
    (entry,) = [entry for entry in find_records(options) if entry.subject == "p000003"]
    source = get_source("physionet")
    source.prepare(entry.path, options)
    folder = source_folder(options) / "p00" / "p000003"
    assert (folder / "3000003_0001.dat").is_file()
    source.release(entry.path, options)
    assert not list(folder.glob("*.dat"))
    assert (folder / "3000003_0001.hea").is_file()


def test_a_mirror_is_read_and_never_changed(serve, databases):
    server, options = serve(download={"mirror": str(databases)})
    table = fetch_records(list_records(find_records(options), options), options)
    assert (table["passed_over"] == "").all()
    assert not [request for request in server.log if request.status == 200]
    for path in table.loc[table["problem"] == "", "path"]:
        get_source("physionet").release(path, options)
    assert (databases / "mimic3wdb-matched/1.0/p00/p000003/3000003_0001.dat").stat().st_size > 0


def test_patients_of_the_unmatched_database_are_those_of_the_matched_subset(serve):
    _, options = serve(database="mimic3wdb/1.0")
    table = list_records(find_records(options), options)
    assert list(table["record"]) == ["p000001_3000001", "p000003_3000003", "3000009"]
    assert list(table["subject"]) == ["p000001", "p000003", "3000009"]
    assert list(table["identity"]) == ["patient", "patient", "record"]
    assert fetch_index(options)["resolved"] == 3


def test_a_listed_segment_is_read_alone_and_a_listed_master_whole(serve, tmp_path):
    (tmp_path / "list.txt").write_text("30/3000001_0002\n30/3000003\n30/3000003_0001\n")
    server, options = serve(database="mimic3wdb/1.0", record_list=str(tmp_path / "list.txt"))
    table = list_records(find_records(options), options).set_index("subject")
    assert table["segments"].to_dict() == {"p000001": 1, "p000003": 2}
    assert not [path for path in asked(server, ".hea") if path.endswith("3000001_0001.hea")]
    fetch_records(table.reset_index(), options)
    record = open_record(table.loc["p000001", "path"], options)
    assert [(part.name, part.start) for part in record.segments] == [("3000001_0002", 48.0)]


def test_a_listed_segment_of_a_patient_is_not_read_beside_the_master_that_names_it(serve, tmp_path):
    lines = ["p00/p000003/3000003_0001", "p00/p000003/p000003-2150-01-01-10-20", "p00/p000001/3000001_0003"]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    _, options = serve(record_list=str(tmp_path / "list.txt"))
    table = list_records(find_records(options), options)
    assert list(table["record"]) == ["p000001_3000001_0003", "p000003-2150-01-01-10-20"]


def test_shards_divide_the_records_and_none_is_lost(serve):
    _, options = serve(shards=4)
    whole = list_records(find_records(options), options)
    parts = [list_records(find_records(options, k), options, k) for k in range(4)]
    joined = pd.concat([part for part in parts if len(part)]).sort_values("path", ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole, check_dtype=False)


def test_the_digest_of_a_record_is_known_before_it_is_fetched_and_follows_its_content(serve, databases, tmp_path):
    import shutil

    _, options = serve()
    before = list_records(find_records(options), options)["sha256"]
    assert before.str.len().tolist() == [64, 0, 64]
    copy = tmp_path / "server"
    shutil.copytree(databases, copy)
    sums = copy / "mimic3wdb-matched" / "1.0" / "SHA256SUMS.txt"
    lines = [
        ("f" * 64 + line[64:] if line.endswith("3000003_0001.dat") else line) for line in sums.read_text().splitlines()
    ]
    sums.write_text("\n".join(lines) + "\n")
    _, changed = serve(root=copy, download={"cache": str(tmp_path / "other")})
    after = list_records(find_records(changed), changed)["sha256"]
    assert (before != after).tolist() == [False, False, True]


def test_of_mimic4_only_files_with_pressure_and_ppg_are_fetched(serve, shared, tmp_path, physionet):
    import shutil

    root = tmp_path / "server" / "mimic4wdb" / "0.1.0"
    folder = root / "waves" / "p100" / "p10020306" / "83404654"
    shutil.copytree(shared / "wfdb_mimic4_83404654", folder)
    (root / "RECORDS").write_text("waves/p100/p10020306/\n")
    (folder.parent / "RECORDS").write_text("83404654/83404654\n")
    physionet.write_sums(root)
    server, options = serve(root=tmp_path / "server", database="mimic4wdb/0.1.0")
    (row,) = fetch_records(list_records(find_records(options), options), options).to_dict("records")
    assert (row["subject"], row["identity"], row["record"]) == ("p10020306", "patient", "p10020306_83404654")
    assert asked(server, "p.dat")
    assert not asked(server, "e.dat")
    assert not asked(server, "r.dat")
    record = open_record(row["path"], options)
    local = open_record(folder / "83404654", RecordOptions(source="wfdb", path=str(folder)))
    assert [part.name for part in record.segments] == [part.name for part in local.segments]
    assert "404" in row["passed_over"]  # the excerpt leaves some of its signal files out


@pytest.fixture
def folders_above(databases, tmp_path):
    """The matched subset, with a list of patients in the folder above theirs, as the server has it."""
    import shutil

    copy = tmp_path / "server"
    shutil.copytree(databases, copy)
    above = copy / "mimic3wdb-matched" / "1.0" / "p00"
    (above / "RECORDS").write_text("".join(f"p00000{k}/\n" for k in (1, 2, 3)))
    return copy


def test_a_listed_folder_above_the_patients_loses_no_record_however_many_shards(serve, folders_above, tmp_path):
    (tmp_path / "list.txt").write_text("p00/\n")
    server, options = serve(root=folders_above, record_list=str(tmp_path / "list.txt"), shards=4)
    tables = [list_records(find_records(options, k), options, k) for k in range(4)]
    assert sorted(subject for table in tables for subject in table["subject"]) == ["p000001", "p000002", "p000003"]
    assert all(len(asked(server, f"{patient}/RECORDS")) == 1 for patient in ("p000001", "p000002", "p000003"))


def test_a_folder_that_names_itself_is_looked_into_once(serve, folders_above, tmp_path):
    (folders_above / "mimic3wdb-matched/1.0/p00/RECORDS").write_text("./\np000003/\n")
    (tmp_path / "list.txt").write_text("p00/\n")
    _, options = serve(root=folders_above, record_list=str(tmp_path / "list.txt"))
    assert [entry.subject for entry in find_records(options)] == ["p000003"]


@pytest.mark.parametrize("above", [False, True])
def test_a_patient_whose_list_cannot_be_had_is_one_row_with_the_reason(
    serve, folders_above, tmp_path, physionet, above
):
    (tmp_path / "list.txt").write_text("p00/\n" if above else "p00/p000001/\np00/p000003/\n")
    fault = {"mimic3wdb-matched/1.0/p00/p000001/RECORDS": physionet.status(500)}
    _, options = serve(fault, folders_above, record_list=str(tmp_path / "list.txt"), download={"attempts": 2})
    table = list_records(find_records(options), options).set_index("subject")
    assert "its list of records cannot be fetched" in table.loc["p000001", "problem"]
    assert "2 attempts" in table.loc["p000001", "problem"]
    assert table.loc["p000001", "record"] == "p000001"
    assert table.loc["p000003", "problem"] == ""


def test_listed_segments_that_the_master_does_not_have_are_named(serve, tmp_path):
    (tmp_path / "list.txt").write_text("30/3000001_0002\n30/3000001_0099\n30/3000003_0098\n")
    _, options = serve(database="mimic3wdb/1.0", record_list=str(tmp_path / "list.txt"))
    table = list_records(find_records(options), options).set_index("subject")
    assert table["problem"].to_dict() == {"p000001": "", "p000003": "3000003_0098: not a segment of 3000003"}
    path = table.loc["p000001", "path"]
    get_source("physionet").prepare(path, options)
    assert open_record(path, options).problems == ("3000001_0099: not a segment of 3000001",)


def test_a_header_that_cannot_be_had_costs_its_segment_and_a_layout_nothing(serve, physionet, capsys):
    folder = "mimic3wdb-matched/1.0/p00/p000001"
    faults = {f"{folder}/3000001_{name}.hea": physionet.status(500) for name in ("0003", "layout")}
    _, options = serve(faults, download={"attempts": 2})
    table = list_records(find_records(options), options).set_index("subject")
    assert table.loc["p000001", ["problem", "segments", "seconds"]].tolist() == ["", 1, 48]
    said = capsys.readouterr().out
    assert "segment 3000001_0003 skipped" in said
    assert "3000001_layout.hea skipped" in said
    assert said.count("2 attempts") == 2


def test_masters_that_name_the_same_segments_are_read_once(serve, folders_above, physionet):
    folder = folders_above / "mimic3wdb-matched" / "1.0" / "p00" / "p000001"
    first, twin = "p000001-2150-01-01-10-20", "p000001-2150-01-01-10-21"
    (folder / f"{twin}.hea").write_text((folder / f"{first}.hea").read_text().replace(first, twin))
    (folder / "RECORDS").write_text(f"{first}\n{twin}\n")
    physionet.write_sums(folder.parents[1])
    _, options = serve(root=folders_above)
    table = list_records(find_records(options), options).set_index("record")
    assert table.loc[first, "problem"] == ""
    assert table.loc[twin, "problem"] == f"the same files as {first}"
    assert table.loc[twin, ["segments", "seconds", "bytes"]].tolist() == [0, 0, 0]


def test_patterns_fit_the_name_in_the_database_and_that_in_the_table(serve):
    def found(**chosen):
        return [entry.name for entry in find_records(serve(database="mimic3wdb/1.0", **chosen)[1])]

    assert found(include=["p000001_3000001"]) == found(include=["3000001"]) == ["3000001"]
    assert found(exclude=["p000001_*", "3000003"]) == ["3000009"]


def test_a_csv_of_bare_names_is_refused_by_the_databases_of_folders(serve, tmp_path):
    (tmp_path / "list.csv").write_text("record\n3000001\n")
    _, options = serve(database="mimic3wdb/1.0", record_list=str(tmp_path / "list.csv"))
    with pytest.raises(RecordError, match="add a column 'path'"):
        find_records(options)


@pytest.mark.parametrize(("keep_raw", "wanted"), [(True, (4, 4, 0)), (False, (4, 0, 4))])
def test_jobs_ask_for_connections_only_where_there_is_a_server(project, keep_raw, wanted):
    text = (project / "workflow" / "rules" / "records_inputs.smk").read_text()
    names = [f"connections_to_{step}" for step in ("list", "fetch", "cut")]
    code = "".join(text[text.index(f"def {name}(") :].split("\n\n\n")[0] + "\n\n\n" for name in names)
    for url, expected in (("https://physionet.org/files", wanted), ("", (0, 0, 0))):
        options = RecordOptions(source="physionet", download={"url": url, "keep_raw": keep_raw})
        rules = {"records_of": lambda wildcards, options=options: options}
        exec(code, rules)
        assert tuple(rules[name](None) for name in names) == expected


@pytest.mark.parametrize(("database", "refused"), [("mimic3wdb-matched/1.0", True), ("own/1.0", False)])
@pytest.mark.parametrize("with_sums", [False, True])
def test_what_another_host_serves_unproven_is_said_and_refused_of_physionets_databases(
    tmp_path, physionet, capsys, database, refused, with_sums
):
    root = tmp_path / "server" / database
    segment(root / "p00" / "p000001", "3000001", BOTH)
    publish(root, ["p00/p000001/3000001"], physionet)
    if not with_sums:
        (root / "SHA256SUMS.txt").unlink()
    (tmp_path / "empty").mkdir()
    with (
        physionet.PhysioNetServer(tmp_path / "server") as other,
        physionet.PhysioNetServer(tmp_path / "empty") as asked,
    ):
        for path in ("RECORDS", "SHA256SUMS.txt", "p00/p000001/3000001.hea", "p00/p000001/3000001.dat"):
            asked.set_fault(f"{database}/{path}", physionet.status(302, Location=f"{other.url}/{database}/{path}"))
        download = {"url": asked.url, "cache": str(tmp_path / "cache"), "reserve_gb": 0, "attempts": 1}
        options = RecordOptions(source="physionet", database=database, download=download)
        host = other.url.split("/")[2]
        if refused and not with_sums:
            with pytest.raises(
                RecordError, match=rf"{database}: RECORDS was redirected to {host}, and without SHA256SUMS"
            ):
                fetch_index(options)
            return
        found = fetch_index(options)
        fetched = fetch_records(list_records(find_records(options), options), options)
    assert fetched["problem"].tolist() == [""]
    said = f"{host} served files in place of records.download.url"
    assert found.get("unproven", []) == ([] if with_sums else [host])
    assert (said in fetched["passed_over"].iloc[0]) == (said in capsys.readouterr().out) == (not with_sums)
