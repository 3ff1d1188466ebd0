"""One contract for all sources: the same signals, written in the layout of each, give the same study."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
import wfdb
from module_files import load_module

from cuffless.config import RecordOptions
from cuffless.provenance import file_digest
from cuffless.records import RecordError, Source, find_records, list_records
from cuffless.records.sources import KNOWN, get_source
from cuffless.windows import cut_windows

matlab = load_module(Path(__file__).with_name("matlab_files.py"))
biosignals = load_module(Path(__file__).with_name("biosignal_files.py"))

FS = 125
SECONDS = 140
PAGE = Path(__file__).parents[2] / "docs" / "own_source.md"
_numbers = itertools.count()


@dataclass
class Person:
    """A hand-made recording; its systolic peaks and feet are at known pressures."""

    number: int
    bpm: float
    sbp: float
    dbp: float
    scale: float = 1.0

    @property
    def patient(self):
        return f"p{self.number:06d}"

    @property
    def ppg(self):
        beat = np.arange(SECONDS * FS) / FS * self.bpm / 60 % 1
        wave = np.exp(-0.5 * ((beat - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((beat - 0.6) / 0.12) ** 2)
        return self.scale * (wave - wave.min()) / np.ptp(wave)

    @property
    def abp(self):
        return self.dbp + (self.sbp - self.dbp) * self.ppg / self.scale

    def windows(self, samples):
        ppg = self.ppg[: len(self.ppg) // samples * samples].reshape(-1, samples)
        return ppg, np.full(len(ppg), float(self.sbp)), np.full(len(ppg), float(self.dbp))


PEOPLE = (Person(1, 75, 120, 60), Person(2, 60, 140, 70), Person(3, 90, 105, 50))


def write_wfdb(folder, people, broken):
    for person in people:
        inside = folder / "p00" / person.patient
        inside.mkdir(parents=True, exist_ok=True)
        wfdb.wrsamp(
            f"{person.patient}-1", fs=FS, units=["NU", "mmHg"], sig_name=["PLETH", "ABP"], fmt=["16", "16"],
            p_signal=np.column_stack([person.ppg, person.abp]), adc_gain=[10000.0, 100.0], baseline=[0, 0],
            write_dir=str(inside),
        )  # fmt: skip
    if broken:
        (folder / "broken.hea").write_text("nonsense\n")


def write_published_records(folder, people, broken):
    """The matched subset in a mirror: lists of records and checksums beside the recordings."""
    root = folder / "mimic3wdb-matched" / "1.0"
    write_wfdb(root, people, False)
    if broken:
        (root / "p00" / "p000009").mkdir()
        (root / "p00" / "p000009" / "p000009-1.hea").write_text("nonsense\n")
    patients = sorted(path for path in (root / "p00").iterdir())
    (root / "RECORDS").write_text("".join(f"p00/{path.name}/\n" for path in patients))
    for path in patients:
        (path / "RECORDS").write_text(f"{path.name}-1\n")
    sums = [(path, file_digest(path)) for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".txt"]
    lines = [f"{digest}  {path.relative_to(root).as_posix()}\n" for path, digest in sums]
    (root / "SHA256SUMS.txt").write_text("".join(lines))


def write_csv(folder, people, broken):
    for person in people:
        (folder / person.patient).mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame({"ppg": person.ppg, "abp": person.abp})
        table.to_csv(folder / person.patient / f"{person.patient}.csv", index=False)
    if broken:
        (folder / "broken.csv").write_text("")


def _cells(people, broken):
    cells = [np.column_stack([person.ppg, person.abp, person.ppg]) for person in people]
    return [*cells, np.zeros((5, 7))] if broken else cells


def write_kachuee(folder, people, broken):
    matlab.write_cells(folder / "Part_1.mat", "Part_1", _cells(people, broken))


def write_old_kachuee(folder, people, broken):
    cells = np.empty((1, len(_cells(people, broken))), object)
    cells[0] = [cell.T for cell in _cells(people, broken)]
    scipy.io.savemat(folder / "part_1.mat", {"p": cells})


def _shuffled(people, samples):
    """Windows of all, those of one person scattered among the others'."""
    parts = [(*values, person) for person in people for values in zip(*person.windows(samples), strict=True)]
    order = np.random.default_rng(0).permutation(len(parts))
    return zip(*(parts[k] for k in order), strict=True)


def write_published(folder, people, broken):
    ppg, sbp, dbp, whose = _shuffled(people, 875)
    label = np.column_stack([sbp, dbp]).astype(int)
    matlab.write_published(folder / "published.h5", ppg, label, [person.number for person in whose])
    if broken:
        (folder / "broken.h5").write_text("<html>")


def write_subset(folder, people, broken):
    ppg, sbp, dbp, whose = _shuffled(people, 1250)
    matlab.write_subset(folder / "Subset.mat", ppg, sbp, dbp, [f"{person.patient}_0" for person in whose])
    if broken:
        (folder / "broken.mat").write_text("<html>")


def write_segments(folder, people, broken):
    for person in people:
        path = folder / "PulseDB_MIMIC" / f"{person.patient}.mat"
        matlab.write_segments(path, *person.windows(1250), person.patient, times=10.0 * np.arange(SECONDS // 10))
    if broken:
        (folder / "broken.mat").write_text("<html>")


def write_vital(folder, people, broken):
    for person in people:
        (folder / person.patient).mkdir(parents=True, exist_ok=True)
        waves = {"SNUADC/PLETH": (person.ppg, ""), "SNUADC/ART": (person.abp, "mmHg")}
        biosignals.write_vital(folder / person.patient / f"{person.number}.vital", waves, FS)
    if broken:
        (folder / "broken.vital").write_text("<html>")


def write_edf(folder, people, broken):
    for person in people:
        (folder / person.patient).mkdir(parents=True, exist_ok=True)
        signals = [("PLETH", "", person.ppg, FS, (-1, 3)), ("ABP", "mmHg", person.abp, FS, (0, 300))]
        biosignals.write_edf(folder / person.patient / f"{person.number}.edf", signals)
    if broken:
        (folder / "broken.edf").write_text("<html>")


def write_mimicbp(folder, people, broken):
    for person in people:
        for kind in ("ppg", "abp"):
            (folder / kind).mkdir(exist_ok=True)
            np.save(folder / kind / f"{person.patient}_{kind}.npy", getattr(person, kind)[None])
    if broken:
        (folder / "ppg" / "p000009_ppg.npy").write_text("<html>")


def write_own(folder, people, broken):
    for person in people:
        np.save(folder / f"{person.patient}_1.npy", np.column_stack([person.ppg, person.abp]))
    if broken:
        (folder / "broken_1.npy").write_text("<html>")


def write_own_windows(folder, people, broken):
    for person in people:
        np.save(folder / f"{person.patient}_1.npy", np.column_stack(person.windows(700)))
    if broken:
        (folder / "broken_1.npy").write_text("<html>")


@dataclass
class Layout:
    """How a source's files are written, and what it promises."""

    source: str
    write: callable
    identity: str = "patient"
    lazy: bool = True  # no signal is read before it is asked for


# A further source, its files written by a function of folder, people, broken, is a further line here.
LAYOUTS = {
    "wfdb": Layout("wfdb", write_wfdb),
    "physionet": Layout("physionet", write_published_records),
    "csv": Layout("csv", write_csv, lazy=False),
    "kachuee": Layout("kachuee", write_kachuee, "record"),
    "kachuee, older MATLAB": Layout("kachuee", write_old_kachuee, "record", lazy=False),
    "ready, published": Layout("ready", write_published, "record"),
    "ready, PulseDB subset": Layout("ready", write_subset),
    "ready, PulseDB segments": Layout("ready", write_segments),
    "vital": Layout("vital", write_vital),
    "edf": Layout("edf", write_edf),
    "mimicbp": Layout("mimicbp", write_mimicbp),
    "own": Layout("Lab", write_own),
    "own, ready": Layout("LabWindows", write_own_windows),
}


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return LAYOUTS[request.param]


@pytest.fixture
def data(layout, tmp_path, monkeypatch):
    """Write people into a folder in a layout; gives the options that read it."""
    source = layout.source
    if source.startswith("Lab"):  # the page on own sources, in a module of its own
        module = f"my_source_{next(_numbers)}"
        blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        (tmp_path / f"{module}.py").write_text("\n".join(blocks))
        monkeypatch.syspath_prepend(tmp_path)
        source = f"{module}:{source}"

    def write(people=PEOPLE, broken=False):
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        layout.write(folder, people, broken)
        parameters = {"fs": FS} if source.endswith(":Lab") else {}
        # A published version never changes: another one is another cache.
        download = {"url": "", "mirror": str(folder), "cache": str(tmp_path / f"cache{next(_numbers)}")}
        return RecordOptions(source=source, path=str(folder), shards=3, parameters=parameters, download=download)

    return write


def prepared(path, options, **how):
    source = get_source(options.source)
    assert source.prepare(path, options) == []
    return source.open(path, options, **how)


def opened(options):
    return [prepared(entry.path, options) for entry in find_records(options)]


def signals(record):
    """All that a record holds, read in one piece."""
    if record.ready:
        return np.column_stack(record.ready.read(0, record.ready.n))
    return np.column_stack([np.column_stack(s.read(0, s.n_samples)) for s in record.segments])


def test_what_is_found_is_always_the_same_with_unique_names(data, layout):
    options = data()
    assert isinstance(get_source(options.source), Source)
    entries = find_records(options)
    assert entries == find_records(options) == sorted(entries, key=lambda entry: entry.path)
    assert len({entry.name for entry in entries}) == len({entry.path for entry in entries}) == len(PEOPLE)
    assert {entry.identity for entry in entries} == {layout.identity}
    assert all(entry.subject for entry in entries if entry.identity == "patient")
    parts = [find_records(options, shard) for shard in range(3)]
    for entry in entries:
        assert entry in parts[entry.shard(3)]


def test_no_signal_is_read_before_it_is_asked_for(data, layout):
    records = opened(data())
    data([Person(p.number, p.bpm, p.sbp, p.dbp, scale=2.0) for p in PEOPLE])  # the files behind the open records
    top = [signals(record)[:, : record.ready.samples if record.ready else 1].max() for record in records]
    assert np.allclose(top, 2.0 if layout.lazy else 1.0, atol=1e-3)


def test_pieces_are_those_of_the_whole(data):
    for record in opened(data()):
        whole = signals(record)
        read, n = (record.ready.read, record.ready.n) if record.ready else (record.segments[0].read, len(whole))
        step = 3 if record.ready else 1001
        pieces = [np.column_stack(read(start, min(start + step, n))) for start in range(0, n, step)]
        assert np.array_equal(np.concatenate(pieces), whole)
        assert record.usable_seconds == pytest.approx(SECONDS)


def test_pressures_are_in_mmhg_and_subjects_stay_apart(data):
    options = data()
    table = list_records(find_records(options), options)
    assert table["problem"].tolist() == [""] * 3
    assert table["subject"].nunique() == table["record"].nunique() == 3
    found = {}
    for path, subject in zip(table["path"], table["subject"], strict=True):
        windows = cut_windows(prepared(path, options))
        assert len(windows.kept) >= 12
        found[subject] = [np.median(windows.kept.sbp), np.median(windows.kept.dbp), np.median(windows.kept.hr)]
        assert np.ptp(windows.kept.sbp) < 2
    expected = [[person.sbp, person.dbp, person.bpm] for person in PEOPLE]
    assert np.abs(np.array([found[subject] for subject in sorted(found)]) - expected).max() < 1


def test_ppg_alone_is_opened_where_no_pressure_is_needed(data):
    options = data()
    for entry in find_records(options):
        record = prepared(entry.path, options, need_abp=False)
        assert (record.ready.read(0, 1)[1:] == (None, None)) if record.ready else record.segments[0].abp is None
        assert len(cut_windows(record).kept) >= 12


def test_one_broken_recording_is_one_row(data):
    options = data(broken=True)
    table = list_records(find_records(options), options)
    assert (table["problem"] != "").sum() == 1
    assert len(table) == 4
    broken = table.loc[table["problem"] != ""].iloc[0]
    assert Path(broken["path"].partition("#")[0]).name in broken["problem"] or broken["record"] in broken["problem"]
    with pytest.raises(RecordError):
        get_source(options.source).open(broken["path"], options)


def test_a_digest_follows_the_content_of_its_own_recording_alone(data):
    options = data()
    before = list_records(find_records(options), options)["sha256"]
    data()
    assert list_records(find_records(options), options)["sha256"].equals(before)
    changed = Person(2, 60, 141, 70)
    options = data([PEOPLE[0], changed, PEOPLE[2]])
    after = list_records(find_records(options), options)["sha256"]
    assert (after == before).tolist() == [True, False, True]
    assert before.str.fullmatch("[0-9a-f]{64}").all()


def test_the_first_example_of_the_page_has_about_twenty_lines():
    first = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 22


@pytest.mark.parametrize("name", ["no_such_module:Lab", "json:Lab", "json:JSONDecoder"])
def test_a_source_that_is_not_there_is_one_clear_error(name):
    with pytest.raises(RecordError, match=f"records.source {name}: "):
        get_source(name)


@pytest.mark.parametrize("source", [*KNOWN, "mine:Lab"])
def test_the_options_of_reading_are_options_again(source):
    options = RecordOptions(source=source, path="/data", shards=3, include=("p*",))
    assert RecordOptions.model_validate_json(options.reading()).reading() == options.reading()


@pytest.mark.parametrize(
    ("source", "name"),
    [("csv", "a.csv"), ("kachuee", "a.mat"), ("ready", "a.h5"), ("vital", "a.vital"), ("edf", "a.edf")],
)
def test_whatever_a_reader_stumbles_over_is_a_row(tmp_path, monkeypatch, source, name):
    (tmp_path / name).write_bytes(b"x" * 400)
    options = RecordOptions(source=source, path=str(tmp_path))

    def stumble(*_, **__):
        raise TypeError("not all arguments converted " + "x" * 5000)

    monkeypatch.setattr(type(get_source(source)), "open", stumble)
    (row,) = list_records(find_records(options), options)["problem"]
    assert row.startswith(f"{tmp_path / name}: cannot be read (TypeError: not all arguments converted x")
    assert len(row) < 400


def test_a_mistake_in_a_users_own_source_stays_one(tmp_path, monkeypatch):
    (tmp_path / "own_mistake.py").write_text(
        "from cuffless.records import Entry, Source\n\n\nclass Lab(Source):\n"
        "    def find(self, options, shard=None):\n        return [Entry('a', 'a')]\n\n"
        "    def open(self, path, options, *, need_abp=True):\n        raise TypeError('mine')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    options = RecordOptions(source="own_mistake:Lab", path=str(tmp_path))
    with pytest.raises(TypeError, match="mine"):
        list_records(find_records(options), options)
