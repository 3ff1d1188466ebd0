"""Whatever happens to one recording is its row; only what concerns the machine stops a job."""

import errno
import logging
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

import cuffless.records.formats.wfdb_signals as wfdb_signals
from cuffless.config import Crop, RecordOptions, WindowOptions
from cuffless.errors import CufflessError
from cuffless.files import DiskError
from cuffless.joblog import logged
from cuffless.records import Entry, RecordError, find_records, from_arrays, list_records, shard_listing
from cuffless.records.catalog import describe_record
from cuffless.records.formats.wfdb_headers import read_header
from cuffless.records.record import Channel, Record, Segment
from cuffless.windows import WindowStore, cut_windows, store_records, store_stretches

OPTIONS = WindowOptions(samples_per_beat=25)
SECONDS = 32


def pulse(seconds=SECONDS):
    beat = np.arange(seconds * 125) / 125 * 1.25 % 1
    wave = np.exp(-0.5 * ((beat - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((beat - 0.6) / 0.12) ** 2)
    return wave, 60 + 60 * (wave - wave.min()) / np.ptp(wave)


def write_wfdb(folder, name):
    wfdb.wrsamp(
        name, fs=125, units=["NU", "mmHg"], sig_name=["PLETH", "ABP"], fmt=["16", "16"],
        p_signal=np.column_stack(pulse()), write_dir=str(folder),
    )  # fmt: skip


def write_csv(path, ppg=None, abp=None):
    good = pulse()
    table = np.column_stack([good[0] if ppg is None else ppg, good[1] if abp is None else abp])
    with open(path, "wb") as file:
        np.savetxt(file, table, fmt="%.12g", delimiter=",", header="ppg,abp", comments="")


def master(folder, segments="s1 4000\n", name="m", announced=1):
    write_wfdb(folder, "s1")
    (folder / f"{name}.hea").write_text(f"{name}/{announced} 2 125 4000\n{segments}")


def rewritten(folder, old, new):
    write_wfdb(folder, "bad")
    header = folder / "bad.hea"
    header.write_text(header.read_text().replace(old, new))


def without_length(folder):
    master(folder, "s1\n")
    header = folder / "s1.hea"
    header.write_text(header.read_text().replace(" 125 4000", " 125"))


def named(folder, *names):
    for name in names:
        path = os.fsdecode(os.fsencode(str(folder)) + b"/" + name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_csv(path)


def with_sample(value, column=0):
    def write(folder):
        signals = [signal.copy() for signal in pulse()]
        signals[column][2000] = value
        write_csv(folder / "bad.csv", *signals)

    return write


FAULTS = {
    "a stray line ends a master": ("wfdb", lambda d: master(d, "s1 4000\n/\n")),
    "a stray path ends a master": ("wfdb", lambda d: master(d, "s1 4000\n../x/y 3\n")),
    "a stray NUL ends a master": ("wfdb", lambda d: master(d, "s1 4000\n\0\n")),
    "a stray line of a master names another recording": ("wfdb", lambda d: master(d, "s1 4000\ngood\n")),
    "a stray sentence begins like another recording": ("wfdb", lambda d: master(d, "s1 4000\ngood since Tuesday\n")),
    "a damaged master names another recording": ("wfdb", lambda d: master(d, "good 4000\n", announced=999)),
    "a folder is called x.hea": ("wfdb", lambda d: (d / "x.hea").mkdir()),
    "a segment's header is a folder": ("wfdb", lambda d: (master(d, "x 4000\n"), (d / "x.hea").mkdir())),
    "a link leads nowhere": ("wfdb", lambda d: (d / "x.hea").symlink_to("nowhere")),
    "a link leads to itself": ("wfdb", lambda d: (d / "x.hea").symlink_to("x.hea")),
    "a text file links to itself": ("csv", lambda d: (d / "x.csv").symlink_to("x.csv")),
    "a segment has no length": ("wfdb", without_length),
    "a signal file is called .": ("wfdb", lambda d: rewritten(d, "bad.dat", ".")),
    "a signal file is called /": ("wfdb", lambda d: rewritten(d, "bad.dat", "/")),
    "a signal file's name is too long": ("wfdb", lambda d: rewritten(d, "bad.dat", "x" * 255)),
    "a frame has no samples": ("wfdb", lambda d: rewritten(d, "bad.dat 16 ", "bad.dat 16x0 ")),
    "a frame has too many samples": ("wfdb", lambda d: rewritten(d, "bad.dat 16 ", "bad.dat 16x99999999 ")),
    "a segment's name is too long": ("wfdb", lambda d: master(d, f"{'x' * 254} 4000\n")),
    "a segment lies elsewhere": ("wfdb", lambda d: master(d, "../s1 4000\n")),
    "segments are longer than time": ("wfdb", lambda d: master(d, "s1 1e308\ns1 1e308\n", announced=2)),
    "a sample of 1e160": ("csv", with_sample(1e160)),
    "a sample of -1e154": ("csv", with_sample(-1e154)),
    "a pressure of 1e300": ("csv", with_sample(1e300, 1)),
    "an infinite sample": ("csv", with_sample(np.inf)),
    "a signal of 1e200": ("csv", lambda d: write_csv(d / "bad.csv", ppg=1e200 * pulse()[0])),
    "names of equal stem": ("csv", lambda d: named(d, b"a.csv", b"a.txt", b"a.tsv")),
    "paths that read alike": ("csv", lambda d: named(d, b"x/b/a_b/c.csv", b"x/b/a/b_c.csv", b"y/c.csv", b"y/b_c.csv")),
    "a name that is not UTF-8": ("csv", lambda d: named(d, b"\xff.csv")),
    "a name with a line break": ("csv", lambda d: named(d, b"a\rb.csv")),
    "a name of dots": ("csv", lambda d: named(d, b"a..csv")),
}


def carried_through(folder, options, crops=()):
    """What the rules do with a folder: its listing, the table of records and the quality table, by way of CSV."""
    shard_listing(options, 0)
    work = folder.with_name(f"{folder.name}_work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    list_records(find_records(options, 0), options, 0).to_csv(work / "records.csv", index=False)
    paths = [work / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    if crops:
        with WindowStore(*paths, crops[0].windows(OPTIONS)) as store:
            store_stretches(work / "records.csv", options, {crops[0].name: store}, OPTIONS, crops, 10.0)
    else:
        with WindowStore(*paths, OPTIONS) as store:
            store_records(work / "records.csv", options, store)
    records, quality = (pd.read_csv(path, keep_default_na=False) for path in (work / "records.csv", paths[2]))
    assert records["record"].tolist() == quality["record"].tolist()
    assert records["record"].is_unique
    return quality.set_index("record")


@pytest.mark.parametrize("fault", FAULTS)
def test_one_bad_recording_costs_no_other_anything(tmp_path, fault):
    source, write = FAULTS[fault]
    folder = tmp_path / "data"
    folder.mkdir()
    write_wfdb(folder, "good") if source == "wfdb" else write_csv(folder / "good.csv")
    options = RecordOptions(source=source, path=str(folder), shards=1)
    alone = carried_through(folder, options).loc["good"].to_dict()
    write(folder)
    quality = carried_through(folder, options)
    assert quality.loc["good"].to_dict() == alone
    assert alone["windows_kept"] > 0
    assert ((quality["windows_kept"] > 0) | (quality["reason"] != "")).all()


@pytest.mark.parametrize(
    "masters",
    [{"m": "m 4000\n"}, {"m": "n 4000\n", "n": "m 4000\n"}, {"m": "good 4000\n", "n": "m 4000\n"}],
    ids=["itself", "each other", "another master"],
)
def test_masters_that_name_masters_are_rows(tmp_path, masters):
    folder = tmp_path / "data"
    folder.mkdir()
    write_wfdb(folder, "good")
    for name, lines in masters.items():
        (folder / f"{name}.hea").write_text(f"{name}/1 2 125 4000\n{lines}")
    options = RecordOptions(source="wfdb", path=str(folder), shards=1)
    quality = carried_through(folder, options)
    assert set(masters) <= set(quality.index)
    assert ((quality["windows_kept"] > 0) | (quality["reason"] != "")).all()


@pytest.mark.parametrize("size", [1e154, 1e160, -1e300, 1e31])
def test_a_sample_that_no_sensor_gives_is_missing(size):
    ppg, abp = pulse()
    ppg[2000] = np.nan
    missing = cut_windows(from_arrays("a", ppg, abp, 125.0), OPTIONS)
    ppg[2000] = size
    found = cut_windows(from_arrays("a", ppg, abp, 125.0), OPTIONS)
    assert np.array_equal(found.ppg, missing.ppg)
    assert found.rejected == missing.rejected
    assert found.rejected["missing"] > 0


def mutated(folder, rng):
    """One file of a folder, somewhere else than it was good."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stem != "good")
    path = files[rng.integers(len(files))]
    data = bytearray(path.read_bytes())
    kind = rng.integers(7)
    if kind == 0:
        for at in rng.integers(min(len(data), 400), size=3):
            data[at] = rng.integers(256)
    elif kind == 1:
        del data[rng.integers(len(data)) :]
    elif kind == 2:  # numbers grow, vanish, change their sign
        numbers = [b"0", b"-1", b"1e308", b"999999999999999999999", b"nan", b"1e160", b"", b"\xff", b"x" * 300, b"/"]
        words = bytes(data).split(b" ")
        words[rng.integers(min(len(words), 40))] = numbers[rng.integers(len(numbers))]
        data = bytearray(b" ".join(words))
    elif kind == 3:
        lines = bytes(data).split(b"\n")
        lines.insert(rng.integers(min(len(lines), 8)), lines[rng.integers(len(lines))])
        data = bytearray(b"\n".join(lines))
    elif kind == 4:
        data += bytes(rng.integers(256, size=40).tolist())
    path.unlink()
    if kind == 5:
        path.mkdir()
    elif kind == 6:
        path.symlink_to(path.name if rng.random() < 0.5 else "nowhere")
    else:
        path.write_bytes(data)


@pytest.mark.parametrize("source", ["wfdb", "csv"])
def test_however_a_folder_is_damaged_what_is_whole_in_it_is_cut(tmp_path, source):
    made = tmp_path / "made"
    made.mkdir()
    if source == "wfdb":
        for name in ("good", "b", "c"):
            write_wfdb(made, name)
        master(made)
    else:
        for name in ("good", "b", "c"):
            write_csv(made / f"{name}.csv")
    alone, crops = {}, (Crop("time", 5),)
    for case in range(16):
        rng = np.random.default_rng([15, case])
        folder = tmp_path / "data"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
        for _ in range(2 if case > 1 else 0):  # at first nothing: once for each way
            mutated(folder, rng)
        options = RecordOptions(source=source, path=str(folder), shards=1)
        way = crops if case % 4 == 0 else ()
        quality = carried_through(folder, options, way)
        assert quality.loc["good", "windows_kept"] > 0
        assert quality.loc["good"].to_dict() == alone.setdefault(way, quality.loc["good"].to_dict()), case


@pytest.fixture
def two(tmp_path):
    """Two recordings in a folder, and the options that read them."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a", "b"):
        write_wfdb(folder, name)
    return folder, RecordOptions(source="wfdb", path=str(folder), shards=1)


def failing(monkeypatch, error):
    """Reading samples of b fails."""
    read = wfdb_signals._read_items

    def stumble(file, *arguments):
        if file.stem == "b":
            raise error
        return read(file, *arguments)

    monkeypatch.setattr(wfdb_signals, "_read_items", stumble)


@pytest.mark.parametrize(
    "error", [KeyError("x"), ZeroDivisionError("y"), OSError(errno.EIO, "Input/output error"), RecursionError("z")]
)
def test_what_fails_while_a_recording_is_cut_is_its_row_and_its_traceback_is_in_the_log(two, monkeypatch, error):
    failing(monkeypatch, error)
    log = two[0].with_name("job.log")
    with logged(log):
        quality = carried_through(*two)
    assert quality.loc["a", "reason"] == ""
    assert quality.loc["b", "reason"].startswith(f"b: cannot be read ({type(error).__name__}: ")
    assert "Traceback" in log.read_text()
    assert "stumble" in log.read_text()


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (MemoryError("no more"), MemoryError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, "No space left on device"), DiskError),
        (OSError(errno.EMFILE, "Too many open files"), OSError),
        (CufflessError("the server is gone"), CufflessError),
    ],
)
def test_what_concerns_the_machine_stops_the_job(two, monkeypatch, error, seen):
    failing(monkeypatch, error)
    with pytest.raises(seen):
        carried_through(*two)
    assert not list(two[0].with_name("data_work").glob("a.*"))


@pytest.mark.parametrize("name", ["a\x01\r", "x" * 5000 + "\r"])
def test_a_reason_names_no_path_that_a_reader_cannot_use(name):
    row = describe_record(Entry(f"p00/{name}", "a"), RecordOptions(source="wfdb", path="."))
    assert "the file name contains a line break" in row["problem"]
    assert row["problem"].isprintable()
    assert len(row["problem"]) < 300


@pytest.mark.parametrize(
    ("digits", "said"),
    [(18, "more than 10^15 signals are declared, but 1 described"), (1000, "is too large for the number of signals")],
)
def test_a_reason_repeats_no_number_of_many_digits(tmp_path, digits, said):
    (tmp_path / "a.hea").write_text(f"a {'9' * digits} 125 10\na.dat 16 20/mmHg 16 0 0 0 0 ABP\n")
    with pytest.raises(RecordError, match=re.escape(said)) as refused:
        read_header(tmp_path / "a")
    assert len(str(refused.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("rest", ["", " of a whole sentence"])
def test_no_reason_holds_a_word_that_fills_a_screen(two, monkeypatch, rest):
    failing(monkeypatch, RecordError(f"b: {'9' * 5000}{rest}"))
    quality = carried_through(*two)
    assert quality.loc["a", "reason"] == ""
    assert quality.loc["b", "reason"] == f"b: {'9' * 100}...{rest}"


@pytest.mark.parametrize("verify", [True, False])
def test_signals_that_are_not_what_their_header_tells_are_said_where_asked_for(two, verify):
    folder, options = two
    file = folder / "b.dat"
    held = bytearray(file.read_bytes())
    held[1000] ^= 4
    file.write_bytes(held)
    quality = carried_through(folder, options.model_copy(update={"verify": verify}))
    assert (quality["reason"] == "").all()
    assert quality.loc["a", "passed_over"] == ""
    said = quality.loc["b", "passed_over"]
    assert said.startswith("b: PLETH does not match the checksum in its header; fetch it again") is verify
    assert verify or not said


def test_a_disk_that_fails_under_the_results_stops_the_job(two, monkeypatch):
    import cuffless.windows.store as store

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(store.Recording, "take", fail)
    with pytest.raises(OSError, match="Input/output"):
        carried_through(*two)


READERS_WITHOUT_FILES = {
    "wfdb": ("a.hea", "a 2 125 4000\n"),
    "csv": ("a.csv", "ppg,abp\n1,2\n"),
    "edf": ("a.edf", "0"),
    "vital": ("a.vital", "0"),
    "kachuee": ("a.mat", "0"),
    "mimicbp": ("p1_ppg.npy", "0"),
}


@pytest.mark.parametrize("source", READERS_WITHOUT_FILES)
def test_no_reader_blames_a_file_for_the_machine(tmp_path, monkeypatch, source):
    import builtins
    import io

    name, text = READERS_WITHOUT_FILES[source]
    (tmp_path / name).write_text(text)
    options = RecordOptions(source=source, path=str(tmp_path), shards=1)
    opened = builtins.open

    def exhausted(path, *arguments, **how):
        if str(path).startswith(str(tmp_path)):
            raise OSError(errno.EMFILE, "Too many open files", str(path))
        return opened(path, *arguments, **how)

    monkeypatch.setattr(builtins, "open", exhausted)
    monkeypatch.setattr(io, "open", exhausted)
    with pytest.raises(OSError, match="Too many open files"):
        list_records(find_records(options, 0), options, 0)


def test_a_users_own_source_costs_the_recording_that_it_cannot_read(tmp_path, monkeypatch):
    (tmp_path / "own_reader.py").write_text(
        "from cuffless.records import Channel, Entry, Record, Segment, Source\n\n\nclass Lab(Source):\n"
        "    def find(self, options, shard=None):\n        return [Entry('a', 'a\\0/..'), Entry('b', 'b')]\n\n"
        "    def digest(self, record, options):\n        return ''\n\n"
        "    def open(self, path, options, *, need_abp=True):\n"
        "        def read(start, stop):\n            raise KeyError(path)\n\n"
        "        segment = Segment(path, 0.0, 125.0, Channel(125.0, 4000, read), Channel(125.0, 4000, read))\n"
        "        return Record(path, path, 125.0, (1, '\\ud800'), 32.0, (segment,))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    quality = carried_through(tmp_path / "data", RecordOptions(source="own_reader:Lab", path=str(tmp_path), shards=1))
    remedy = "fetch it again, or exclude the record (records.exclude)"
    assert quality["reason"].tolist() == [f"{name}: cannot be read (KeyError: '{name}'); {remedy}" for name in "ab"]


def test_a_segment_that_cannot_be_cut_costs_that_segment(tmp_path):
    ppg, abp = pulse()

    def channel(values):
        def read(start, stop):
            if values is None:
                raise IndexError("nothing there")
            return values[start:stop]

        return Channel(125.0, len(ppg), read)

    segments = [Segment(f"s{k}", 40.0 * k, 125.0, channel(ppg if k else None), channel(abp)) for k in range(2)]
    failures: list[str] = []
    record = Record("r", str(Path(tmp_path)), 125.0, ("ppg", "abp"), 72.0, tuple(segments))
    from cuffless.windows import iter_windows

    cut = list(iter_windows(record, OPTIONS, failures=failures))
    assert sum(len(part.kept) for part in cut) > 2
    assert failures == [
        "s0: cannot be read (IndexError: nothing there); fetch it again, or exclude the record (records.exclude)"
    ]
    assert logging.getLogger("cuffless").handlers == []
