"""Subjects' courses survive their packing."""

import base64

import numpy as np
import pytest

from cuffless.report.judgement import traces as packing
from cuffless.report.judgement.traces import pack_traces


def unpacked(text, kind="<i2"):
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.fixture
def packed(judgement_of):
    def pack(change=lambda traces: traces, **kwargs):
        judgement = judgement_of(cases=("nonmixed",), **kwargs)
        traces = change(judgement.traces)
        [subjects] = pack_traces(traces, judgement.subjects, ["nonmixed"], {"alexnet": 0, "mean": 1}, ("SBP", "DBP"))
        return traces, subjects

    return pack


def test_pressures_come_back_to_a_tenth(packed):
    traces, subjects = packed()
    for subject in subjects[:3]:
        own = traces[(traces["subject"] == subject["name"]) & (traces["network"] == "alexnet")]
        np.testing.assert_allclose(unpacked(subject["reference"][0]) / 10, own["sbp_ref"], atol=0.051)
        np.testing.assert_allclose(unpacked(subject["predicted"][0][1]) / 10, own["dbp"], atol=0.051)
        np.testing.assert_allclose(unpacked(subject["time"], "<i4") / 10, own["elapsed"], atol=0.051)
        np.testing.assert_allclose(unpacked(subject["seconds"]) / 100, own["seconds"], atol=0.0051)
        assert subject["mean"] == [118.0, 62.0]


def test_the_error_told_is_the_subjects_own(packed, judgement_of):
    _, subjects = packed()
    table = judgement_of(cases=("nonmixed",)).subjects.set_index(["network", "subject", "pressure"])["mae"]
    for subject in subjects[:3]:
        assert subject["mae"][0][0] == pytest.approx(table["alexnet", subject["name"], "SBP"], abs=0.051)


def test_a_length_that_is_not_known_is_no_number(packed):
    _, subjects = packed(lambda traces: traces.assign(seconds=np.nan))
    assert set(unpacked(subjects[0]["seconds"])) == {-32768}


@pytest.mark.parametrize(
    "times",
    [{"start": np.nan, "elapsed": np.nan}, {"start": 0.0, "elapsed": 0.0}, {"start": 33.5, "elapsed": np.nan}],
)
def test_where_no_times_differ_windows_are_numbered(packed, times):
    _, subjects = packed(lambda traces: traces.assign(**times))
    assert {subject["clock"] for subject in subjects} == {"order"}
    assert unpacked(subjects[0]["time"], "<i4").tolist() == list(range(1, 21))


def test_a_single_window_has_a_number_and_no_time(packed):
    _, subjects = packed(windows=1)
    assert subjects[0]["clock"] == "order"
    assert unpacked(subjects[0]["time"], "<i4").tolist() == [1]


def test_of_windows_that_were_thinned_the_numbers_are_kept(packed):
    _, subjects = packed(lambda traces: traces.assign(start=np.nan, elapsed=np.nan)[traces["window"] % 4 == 1])
    assert unpacked(subjects[0]["time"], "<i4").tolist() == [1, 5, 9, 13, 17]


def test_records_without_a_common_clock_stand_in_their_order(packed):
    _, subjects = packed(lambda traces: traces.assign(elapsed=np.nan), records=2)
    assert subjects[0]["clock"] == "order"
    assert unpacked(subjects[0]["record"]).tolist() == [0] * 10 + [1] * 10
    _, subjects = packed(lambda traces: traces.assign(elapsed=np.nan))
    assert subjects[0]["clock"] == "start"


def test_many_courses_are_thinned_to_the_room_there_is(packed, monkeypatch):
    _, every = packed()
    monkeypatch.setattr(packing, "TRACE_BYTES", 10_000)
    _, few = packed()
    assert 1 < len(few) < len(every)
    assert (few[0]["name"], few[-1]["name"]) == (every[0]["name"], every[-1]["name"])
