"""Any stretch of a WFDB signal file is what the whole file holds there, in every format."""

import math
from dataclasses import replace

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.records import RecordError
from cuffless.records.formats import wfdb_signals
from cuffless.records.formats.wfdb_headers import read_header
from cuffless.records.formats.wfdb_signals import (
    FORMATS,
    differs_from_checksum,
    expected_bytes,
    signal_reader,
    stored_frames,
)

BYTES = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 3 / 2, "310": 4 / 3, "311": 4 / 3}
FRAMES = ((1,), (1, 1), (1, 1, 1), (2, 1, 3))
NAMES = ("PLETH", "ABP", "II")


def header_of(folder, stored, n, per_frame, *, skew=(0, 0, 0), offset=0, name="a", length=True):
    lines = [f"{name} {len(per_frame)} 125 {n}" if length else f"{name} {len(per_frame)} 125"]
    for k, each in enumerate(per_frame):
        lines.append(f"{name}.dat {stored}x{each}:{skew[k]}+{offset} 2(3)/mmHg 0 0 {5 + k} 0 0 {NAMES[k]}")
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    return folder / name


def random_record(folder, stored, n, per_frame, **how):
    """A record whose file holds random bytes, all of which mean something in all formats that are not compressed."""
    samples = n * sum(per_frame)
    size = math.ceil(samples * BYTES[stored]) + (stored == "310" and samples % 3 == 2)
    raw = np.random.default_rng(n).integers(0, 256, how.get("offset", 0) + size, dtype=np.uint8)
    if stored == "311":
        raw[how.get("offset", 0) + 3 :: 4] &= 0x3F  # the two bits that are not used
    raw.tofile(folder / f"{how.get('name', 'a')}.dat")
    return header_of(folder, stored, n, per_frame, **how)


def compressed_record(folder, stored, n, n_sig):
    top = 1 << ({"508": 8, "516": 16, "524": 24}[stored] - 1)
    values = np.random.default_rng(n).integers(-top, top, (n, n_sig))
    wfdb.wrsamp(
        "a", 125, ["mmHg"] * n_sig, list(NAMES[:n_sig]), fmt=[stored] * n_sig, adc_gain=[2.0] * n_sig,
        baseline=[3] * n_sig, d_signal=values, write_dir=str(folder),
    )  # fmt: skip
    return folder / "a"


def readers(path):
    header = read_header(path)
    return header, [signal_reader(path.parent / one.file, header, k) for k, one in enumerate(header.signals)]


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Path, header and readers of records of each format, with what the package wfdb reads of the whole of each."""
    made = []
    for stored in FORMATS:
        for per_frame in FRAMES:
            folder = tmp_path_factory.mktemp(f"format{stored}")
            if stored in BYTES:
                path = random_record(folder, stored, 101, per_frame, offset=12)
            else:
                path = compressed_record(folder, stored, 101, len(per_frame))
            made.append((path, *readers(path), wfdb.rdrecord(str(path), smooth_frames=False).e_p_signal))
    return made


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_stretch_is_that_of_the_whole_file(records, data):
    _, header, read, whole = data.draw(st.sampled_from(records), label="record")
    k = data.draw(st.integers(0, len(read) - 1))
    n = header.length * header.signals[k].per_frame
    start = data.draw(st.integers(0, n))
    stop = data.draw(st.integers(start, n))
    np.testing.assert_array_equal(read[k](start, stop), whole[k][start:stop])


def test_files_tell_how_many_frames_they_hold(records):
    for path, header, _, _ in records:
        told = stored_frames(path.parent / header.signals[0].file, header, 0)
        alone = header.signals[0].format == "310" and len(header.signals) == 1
        assert told == header.length + alone  # two samples take the bytes of three
        if header.signals[0].format in BYTES:
            assert expected_bytes(header, 0) == (path.parent / "a.dat").stat().st_size


@pytest.mark.parametrize("stored", [one for one in FORMATS if one in BYTES])
def test_a_skewed_signal_is_read_frames_later_and_ends_in_missing_samples(tmp_path, stored):
    plain = random_record(tmp_path, stored, 60, (2, 1, 1))
    _, wanted = readers(plain)
    _, read = readers(header_of(tmp_path, stored, 60, (2, 1, 1), skew=(3, 0, 5)))
    for k, (per_frame, skew) in enumerate(((2, 3), (1, 0), (1, 5))):
        shifted = np.append(wanted[k](skew * per_frame, 60 * per_frame), np.full(skew * per_frame, np.nan))
        for start, stop in ((0, 60), (7, 31), (50, 60), (58, 60), (60, 60)):
            np.testing.assert_array_equal(
                read[k](start * per_frame, stop * per_frame), shifted[start * per_frame : stop * per_frame]
            )


def test_compressed_signals_are_skewed_too(tmp_path):
    path = compressed_record(tmp_path, "516", 60, 2)
    _, (ppg, abp) = readers(path)
    header = path.with_name("a.hea")
    header.write_text(header.read_text().replace("516 ", "516:4 ", 1))
    _, (skewed, other) = readers(path)
    np.testing.assert_array_equal(skewed(10, 60), np.append(ppg(14, 60), [np.nan] * 4))
    np.testing.assert_array_equal(other(10, 60), abp(10, 60))


@pytest.mark.parametrize("starts", [[990, 3, 500, 0, 16, 15], [0, 16, 17, 32, 48]])
def test_differences_are_summed_from_the_start_of_the_file_wherever_reading_begins(tmp_path, monkeypatch, starts):
    monkeypatch.setattr(wfdb_signals, "_PIECE", 16)
    path = random_record(tmp_path, "8", 1000, (1, 2))
    steps = np.fromfile(tmp_path / "a.dat", "i1").reshape(-1, 3).astype(int)
    levels = 5 + np.cumsum(steps[:, 0]), 6 + np.cumsum(steps[:, 1:])
    _, (ppg, abp) = readers(path)
    for start in starts:
        np.testing.assert_array_equal(ppg(start, start + 7), (levels[0][start : start + 7] - 3) / 2)
        np.testing.assert_array_equal(abp(start, start + 7), (levels[1][start : start + 7] - 3) / 2)


def test_a_compressed_file_that_ends_early_is_said_to(tmp_path):
    path = compressed_record(tmp_path, "516", 60, 2)
    header = path.with_name("a.hea")
    header.write_text(header.read_text().replace("125 60", "125 80"))
    _, (ppg, _) = readers(path)
    assert len(ppg(0, 60)) == 60
    with pytest.raises(RecordError, match=r"a\.dat: signals cannot be read \(the file is truncated\)"):
        ppg(50, 80)
    (tmp_path / "a.dat").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(RecordError, match=r"a\.dat: signals cannot be read"):
        ppg(0, 10)


@pytest.mark.parametrize("stored", FORMATS)
def test_a_checksum_is_of_all_samples_of_its_signal(tmp_path, stored, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "_PIECE", 16)
    if stored in BYTES:
        path = random_record(tmp_path, stored, 101, (1, 1), skew=(2, 0))
    else:
        path = compressed_record(tmp_path, stored, 101, 2)
    header = read_header(path)
    file = tmp_path / header.signals[0].file
    for index in range(2):
        unskewed = replace(header, signals=tuple(replace(s, skew=0, gain=1.0, baseline=0.0) for s in header.signals))
        values = signal_reader(file, unskewed, index)(0, 101)
        lowest = wfdb_signals._BITS.get(stored) or wfdb_signals._FLAC_BITS.get(stored) or 0
        total = int(np.where(np.isnan(values), -(2 ** (lowest - 1)), values).sum())
        signed = (total + (1 << 15)) % (1 << 16) - (1 << 15)  # as headers have it
        for checksum, differs in ((signed, False), (total % (1 << 16), False), (signed + 1, True), (None, False)):
            signals = tuple(replace(s, checksum=checksum) for s in header.signals)
            assert differs_from_checksum(file, replace(header, signals=signals), index) is differs


def test_a_header_with_and_without_checksums(tmp_path):
    header_of(tmp_path, "16", 10, (1, 1))
    assert [signal.checksum for signal in read_header(tmp_path / "a").signals] == [0, 0]
    (tmp_path / "b.hea").write_text("b 2 125 10\nb.dat 16 20/mmHg 16 0 5 ABP\nb.dat 16\n")
    assert [signal.checksum for signal in read_header(tmp_path / "b").signals] == [None, None]
