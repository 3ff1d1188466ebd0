import numpy as np
import pytest
import wfdb

from cuffless.config import ChannelOptions, RecordOptions
from cuffless.records import open_wfdb
from cuffless.records.channels import duplicate_channel_notes, find_channel

NAMES = ("II", "PLETH", "Pleth ", "ABP", "PLETH#9")


@pytest.mark.parametrize(
    ("known", "index"),
    [
        (("pleth",), 1),
        (("PLETH#1",), 1),
        (("PLETH#2",), 2),
        (("pleth #2",), 2),
        (("PLETH#3", "ABP"), 3),  # there is no third, so the next name counts
        (("PLETH#9",), 4),  # a channel of that very name comes first
        (("#4",), 3),
        (("#6",), None),
        (("ART", "abp"), 3),
        (("PLETH#0",), None),
        ((), None),
    ],
)
def test_a_channel_is_found_by_name_and_number(known, index):
    assert find_channel(NAMES, known) == index


def test_only_a_choice_by_name_among_equals_is_worth_a_word():
    (said,) = duplicate_channel_notes(NAMES, ChannelOptions())
    assert said.startswith("2 channels are named PLETH; the first is used as PPG (for the second: --ppg 'PLETH#2'")
    assert not duplicate_channel_notes(NAMES, ChannelOptions(ppg=("PLETH#1",)))
    assert not duplicate_channel_notes(("PLETH", "ABP", "ABP"), ChannelOptions(), need_abp=False)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A record whose first PLETH is of 90 bpm, the second of 60."""
    folder = tmp_path_factory.mktemp("twice")
    t = np.arange(125 * 60) / 125
    pulses = [100 + 20 * np.sin(2 * np.pi * f * t) for f in (1.5, 1.0, 1.0)]
    wfdb.wrsamp(
        "d", 125, ["NU", "NU", "mmHg"], ["PLETH", "OTHER", "ABP"], np.column_stack(pulses), fmt=["16"] * 3,
        write_dir=str(folder),
    )  # fmt: skip
    header = folder / "d.hea"
    header.write_text(header.read_text().replace("OTHER", "PLETH"))  # wfdb writes no name twice, but reads it
    return folder / "d"


def test_the_second_of_two_channels_of_one_name_can_be_chosen(twice):
    first, second = (
        open_wfdb(twice, RecordOptions(channels=ChannelOptions(ppg=(name,)))) for name in ("PLETH", "PLETH#2")
    )
    assert first.problems[0].startswith("d: 2 channels are named PLETH")
    assert not second.problems
    spectra = [np.abs(np.fft.rfft(record.segments[0].ppg.read(0, 7500) - 100)) for record in (first, second)]
    assert [spectrum.argmax() for spectrum in spectra] == [90, 60]
