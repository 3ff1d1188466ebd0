"""What a reader finds on the page of one recording: the answer, what was looked at, and why windows were rejected."""

import csv
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cuffless.camera.pulse.spectrogram import shown_bpm
from cuffless.camera.pulse.verdict import REASONS, Rates
from cuffless.camera.skin.roi import Keyframe, Regions
from cuffless.camera.skin.trace import Trace
from cuffless.report.pulse import page as pulse_page
from cuffless.report.pulse.words import answer, counts_in_words, explained, missing_windows

FPS, SECONDS, NAMES = 10.0, 10.0, ("forehead", "cheek")
SQUARE = np.array([[10, 10], [30, 10], [30, 25], [10, 25]], float)
REGIONS = Regions(80, 60, {"forehead": [Keyframe(0.0, SQUARE)], "cheek": [Keyframe(0.0, SQUARE), Keyframe(20, None)]})
T = np.arange(400) / FPS
FRAMES = [(t, np.full((60, 80, 3), (10, 90, 200), np.uint8)) for t in (0.0, 30.0)]
FIGURES = 5  # colours, wave, spectrum, rates, fates


def make_rates(snr=5.0, bpm=72.0, **changes):
    """Rates of 31 windows, all accepted."""
    start = np.arange(31.0)
    hr = np.full(31, bpm)
    wave = np.sin(2 * np.pi * bpm / 60 * T)
    agree = np.ones(31, bool)
    rates = Rates(
        start, SECONDS, hr, np.full(31, snr), hr[:, None], agree, agree, agree, -6.0, -4.0, "pos", ((0.0, FPS, wave),)
    )
    return replace(rates, **changes)


def make_trace(**changes):
    rgb = np.array([150.0, 110.0, 90.0]) * (1 + 0.01 * np.sin(T)[:, None, None] * np.ones((1, 2, 3)))
    trace = Trace(T, rgb, np.full((400, 2), 300), NAMES, FPS, "container", ["light <flickers> at 50 Hz"])
    return replace(trace, **changes)


def mixed_rates():
    """Of 31 windows, 25 accepted, 3 too noisy, 2 in which regions disagree, 1 flat."""
    rates = make_rates()
    snr, hr, agree = rates.snr.copy(), rates.hr.copy(), rates.agree.copy()
    snr[:3], hr[3], snr[3], agree[4:6] = -9.0, np.nan, -np.inf, False
    return replace(rates, snr=snr, hr=hr, agree=agree, roi_hr=np.column_stack((hr, hr)))


@pytest.fixture(scope="module")
def written(tmp_path_factory, open_page):
    """Write a page and read it, with the rows of its table."""

    def write(rates, trace=None, **given):
        folder = tmp_path_factory.mktemp("pulse") / "new" / "folder"
        given = {"name": "face.mp4", "seconds": SECONDS, "command": "cuffless pulse face.mp4", **given}
        path = pulse_page.write_pulse(folder, trace=trace, rates=rates, **given)
        with (folder / "windows.csv").open(newline="") as file:
            return open_page(path), list(csv.DictReader(file))

    return write


@pytest.fixture
def undrawn(monkeypatch):
    """No figures, which take the time."""
    monkeypatch.setattr(pulse_page, "drawn_figures", lambda *_: {})


@pytest.fixture(scope="module")
def face(written):
    return written(mixed_rates(), make_trace(), regions=REGIONS, frames=FRAMES)


def test_the_answer_comes_first_then_how_sure_and_how_many_windows(face):
    page, _ = face
    assert next(iter(page.sections)) == "answer"
    said = page.sections["answer"]
    rate, sure, counts = (
        said.index(words)
        for words in (
            "The pulse rate is 72 beats per minute",
            "reliable for nearly all of the recording: 25 of 31 windows of 10 s",
            "31 windows: 25 accepted, 6 rejected (too noisy 3, regions disagree 2, flat 1).",
        )
    )
    assert rate < sure < counts
    assert "light <flickers> at 50 Hz" in said


def test_the_table_beside_the_page_has_each_window_with_its_reason(face):
    _, rows = face
    assert list(rows[0]) == ["start", "end", "bpm", "snr_db", "accepted", "reason"]
    assert [row["reason"] for row in rows] == mixed_rates().reasons.tolist()
    assert [row["accepted"] == "True" for row in rows] == mixed_rates().accepted.tolist()
    assert (rows[3]["bpm"], rows[3]["snr_db"]) == ("", "")
    assert [float(rows[9][name]) for name in ("start", "end", "bpm", "snr_db")] == [9, 19, 72, 5]


def test_the_page_is_one_file_without_scripts_that_loads_nothing(face):
    page, _ = face
    assert not page.all("script")
    links = [attrs[name] for _, attrs in page.elements for name in ("src", "href") if name in attrs]
    assert [link for link in links if not link.startswith(("#", "data:"))] == ["windows.csv"]
    assert not re.findall(r"url\(|@import|https?://", page.source)
    assert len(page.source) < 1_000_000


def test_headings_follow_in_order_and_pictures_have_words(face):
    page, _ = face
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in pairwise(levels))
    wide, narrow = (
        {attrs["src"] for attrs in page.all("img") if attrs["class"] == f"on-{at}"} for at in ("wide", "narrow")
    )
    assert len(wide) == len(narrow) == FIGURES
    assert not wide & narrow
    assert all(len(attrs["alt"]) > 30 for attrs in page.all("img"))
    labels = [attrs["aria-label"] for attrs in page.all("svg")]
    assert labels == ["frame at 0.0 s: outlined: forehead, cheek", "frame at 30.0 s: outlined: forehead"]


def test_frames_have_their_regions_outlined_and_the_page_says_whom_they_show(face):
    page, _ = face
    assert "This page contains pictures of the person filmed" in page.sections["regions"]
    outlines = [attrs["points"] for attrs in page.all("polygon") if attrs.get("class") != "casing"]
    assert outlines == ["10.5,10.5 30.5,10.5 30.5,25.5 10.5,25.5"] * 3
    assert "cheek (300 px, 100 % of frames)" in page.sections["regions"]


def test_without_frames_no_picture_of_the_person_is_in_the_page(written, undrawn):
    page, _ = written(mixed_rates(), make_trace(), regions=REGIONS, frames=[])
    assert "image/jpeg" not in page.source
    assert "Pictures of the person filmed are left out" in page.sections["regions"]
    assert "forehead" in page.sections["regions"]


def test_a_recording_with_nothing_accepted_gets_its_page_with_the_reason(written, undrawn):
    nothing = replace(make_rates(snr=-9.0), hr=np.full(31, 50.0))
    page, rows = written(nothing, make_trace(), reason="face.mp4: no pulse wave; the SNR is at most -9.0 dB")
    said = page.sections["answer"]
    assert "No reliable pulse rate was found: none of 31 windows of 10 s is accepted." in said
    assert "No pulse wave; the SNR is at most −9.0 dB." in said
    assert "31 windows: 0 accepted, 31 rejected (too noisy 31)." in said
    assert "beats per minute" not in said
    assert len(rows) == 31


def test_a_video_that_cannot_be_read_gets_its_page_too(written):
    page, rows = written(None, reason="face.mp4: no face in 30 frames looked at")
    assert "No face in 30 frames looked at." in page.sections["answer"]
    assert not rows
    assert not page.all("img")


def test_every_reason_is_explained():
    rates = mixed_rates()
    for reason in REASONS:
        one = type("One", (), {"reasons": np.array(["", reason]), "__len__": lambda _: 2})()
        one.threshold, one.certain = rates.threshold, rates.certain
        [(name, windows, meaning, remedy)] = explained(one, 0)
        assert (name, windows) == (reason, "1 window (50 %)")
        assert len(meaning) > 20
        assert len(remedy) > 10


def test_windows_that_a_gap_makes_impossible_are_counted_and_make_it_less_sure():
    away = ~((T > 12) & (T < 25))
    trace = make_trace(rgb=np.where(away[:, None, None], make_trace().rgb, np.nan))
    waves = tuple((t0, FPS, np.sin(np.arange(n) / 2)) for t0, n in ((0.0, 120), (25.0, 150)))
    kept = np.r_[0:3, 25:31]
    whole = make_rates()
    by_window = ("start", "hr", "snr", "roi_hr", "agree", "steady", "blood")
    few = replace(whole, waves=waves, **{name: getattr(whole, name)[kept] for name in by_window})
    assert missing_windows(whole, make_trace()) == 0
    assert missing_windows(few, trace) == 22
    assert counts_in_words(few, 22).endswith("22 more windows would span a gap and could not be cut.")
    assert "a part of the recording: 9 of 9 windows" in answer(few, 22, "", "face.mp4")[1][1]
    assert explained(few, 22)[-1][:2] == ("no window: gap", "22 windows")


def test_a_rate_that_changes_is_said_to():
    hr = np.linspace(60, 100, 31)
    _, sentences = answer(make_rates(hr=hr, roi_hr=hr[:, None]), 0, "", "face.mp4")
    assert "(median of the accepted windows; 60 to 100)" in sentences[0]
    assert "changes during the recording" in sentences[-1]


def test_the_spectrum_shows_the_range_that_is_accepted_and_what_was_found_outside_it():
    assert shown_bpm(make_rates()) == pytest.approx((30, 240))
    narrow = make_rates(rate_range=(60, 110))
    assert shown_bpm(narrow) == pytest.approx((60, 120))
    hr = np.r_[48.0, np.full(29, 72.0), 190.0]
    assert shown_bpm(replace(narrow, hr=hr)) == pytest.approx((48, 190))
    assert shown_bpm(replace(narrow, hr=np.full(31, np.nan))) == pytest.approx((60, 120))


def test_the_guide_has_a_row_for_every_reason():
    guide = (Path(__file__).parents[2] / "docs" / "rppg.md").read_text()
    for reason in REASONS:
        assert f"\n| {reason} | " in guide, reason
