"""Upside-down PPG is noticed, and upright PPG is not."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import RecordOptions, SimulatorOptions, WindowOptions
from cuffless.records import from_arrays, invert_ppg, list_records, open_record
from cuffless.records.local import local_entry
from cuffless.records.record import ReadyWindows, Record
from cuffless.simulator import simulate_subject
from cuffless.windows import WindowStore, cut_windows, store_records, upside_down
from cuffless.windows.polarity import slope_agreement, uprightness

WIDE = WindowOptions(samples_per_beat=25, sbp_range=(40, 250), dbp_range=(20, 150))


def seems(record, options=WIDE):
    return bool(upside_down(cut_windows(record, options).polarity))


@pytest.mark.parametrize("samples_per_beat", [20, 25, 125])
@pytest.mark.parametrize("cropping", ["beats", "time"])
def test_light_that_falls_at_systole_is_noticed(pulse_signals, samples_per_beat, cropping):
    ppg, abp = pulse_signals(seconds=60)
    options = WIDE.model_copy(update={"samples_per_beat": samples_per_beat, "cropping": cropping})
    for pressure in (abp, None):
        upright = from_arrays("a", ppg, pressure, 125.0)
        assert not seems(upright, options)
        assert seems(from_arrays("a", 5e5 - 900 * ppg, pressure, 125.0), options)
        assert seems(invert_ppg(upright), options)


def test_no_simulated_subject_is_taken_for_upside_down_and_most_are_when_turned():
    options = SimulatorOptions(minutes=1.5, seed=5)
    records = []
    for number in range(1, 13):
        subject = simulate_subject(number, options)
        records.append(from_arrays(subject.name, subject.ppg, subject.abp, subject.fs))
    assert not any(seems(record) for record in records)
    assert sum(seems(invert_ppg(record)) for record in records) >= 8


def test_no_real_recording_is_taken_for_upside_down(shared):
    names = ("a123l", "a555l", "b387l", "f543l", "t680s", "v119l", "v135l", "v254s", "v519l")
    paths = [shared / "wfdb_challenge2015" / name for name in names]
    paths.append(shared / "wfdb_mimic3_3000714" / "3000714_0002")
    found = []
    for path in paths:
        record = open_record(path)
        if len(cut_windows(record, WIDE).kept) >= 3:
            assert not seems(record), path
            found.append(seems(invert_ppg(record)))
    assert len(found) >= 5
    assert sum(found) >= len(found) - 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ppg_bidmc01/bidmc_01_Signals.csv.gz", {}),
        ("ppg_heartpy/data.csv", {"csv_fs": 100, "csv_columns": ("ppg",)}),
        ("ppg_heartpy/data2.csv", {"csv_fs": 117, "csv_columns": ("timer", "ppg")}),
    ],
)
def test_cheap_sensors_are_told_by_their_tops(shared, name, options):
    reading = RecordOptions(source="csv", path=str(shared), **options)
    assert not seems(open_record(shared / name, reading, need_abp=False))
    assert seems(open_record(shared / name, reading.model_copy(update={"invert": True}), need_abp=False))


def test_nothing_is_said_of_few_or_symmetrical_windows():
    ppg = np.sin(2 * np.pi * 1.25 * np.arange(12500) / 125)
    assert not seems(from_arrays("a", ppg, None, 125.0))
    assert upside_down(np.full((2, 2), -5.0)) == ""
    assert upside_down(np.empty((0, 2))) == ""
    assert upside_down(np.tile((-0.5, 0.4), (9, 1))) == "", "the pressure disagrees"


def test_both_figures_change_sign_when_the_ppg_is_turned_over():
    rng = np.random.default_rng(0)
    ppg, abp = rng.standard_normal((2, 5, 175)) ** 3
    assert np.allclose(uprightness(-ppg), -uprightness(ppg), atol=1e-4)
    assert np.allclose(slope_agreement(-ppg, abp), -slope_agreement(ppg, abp), atol=1e-4)
    assert np.allclose(slope_agreement(np.roll(ppg, 40, axis=1), abp), slope_agreement(ppg, abp), atol=1e-4)


@pytest.fixture
def folder(tmp_path, pulse_signals):
    """Two CSV recordings, one of them upside down."""
    ppg, abp = pulse_signals(seconds=60)
    for name, sign in (("up", 1), ("down", -1)):
        pd.DataFrame({"ppg": sign * ppg, "abp": abp}).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def quality(folder, reading):
    paths = [folder / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    entries = [local_entry(folder / f"{name}.csv") for name in ("up", "down")]
    list_records(entries, reading).to_csv(folder / "records.csv", index=False)
    with WindowStore(*paths, WIDE) as store:
        store_records(folder / "records.csv", reading, store)
    return pd.read_csv(paths[2], keep_default_na=False).set_index("record")


def test_the_quality_table_says_so_and_rejects_nothing(folder):
    reading = RecordOptions(source="csv", path=str(folder), csv_fs=125)
    table = quality(folder, reading)
    assert "records.invert" in table.loc["down", "passed_over"]
    assert table.loc["up", "passed_over"] == ""
    assert (table["windows_kept"] == table["windows_cut"]).all()
    turned = quality(folder, reading.model_copy(update={"invert": True}))
    assert turned.loc["down", "passed_over"] == ""
    assert "records.invert" in turned.loc["up", "passed_over"]


def test_ready_windows_are_turned_over_with_their_labels_kept(pulse_signals):
    ppg, _ = pulse_signals(seconds=70)
    windows = ppg.reshape(-1, 875)[:9]
    labels = np.full(len(windows), 120.0), np.full(len(windows), 70.0)
    ready = ReadyWindows(9, 125.0, 875, lambda start, stop: (windows[start:stop], *(x[start:stop] for x in labels)))
    record = Record("a", "a", 125.0, ("ppg",), 63.0, (), ready=ready)
    assert not seems(record, WindowOptions())
    turned = invert_ppg(record)
    assert seems(turned, WindowOptions())
    kept, again = cut_windows(record), cut_windows(invert_ppg(turned))
    assert np.array_equal(kept.ppg, again.ppg)
    assert np.array_equal(kept.kept.sbp, cut_windows(turned).kept.sbp)
