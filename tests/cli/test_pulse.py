"""`cuffless pulse`: pulse rate over time, which windows to believe, and why none where there is none."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from cuffless.camera.errors import NoFaceError, RppgError
from cuffless.camera.skin.trace import Trace
from cuffless.cli.pulse import _ordinal

KEYS = {
    "reasons",
    "video",
    "fps",
    "seconds",
    "roi",
    "method",
    "window_seconds",
    "hr_median",
    "snr_median",
    "snr_threshold",
    "accepted_fraction",
    "hr",
    "accepted",
}
FPS = 30


def read(result):
    """The JSON a command printed; NaN and Infinity are not JSON."""
    return json.loads(result.stdout, parse_constant=pytest.fail)


def skin(seconds, bpm=72.0, *, depth=0.01, seed=0):
    """Colours of skin at 30 frames a second."""
    t = np.arange(int(seconds * FPS)) / FPS
    pulse = np.sin(2 * np.pi * bpm / 60 * t) + 0.4 * np.sin(4 * np.pi * bpm / 60 * t)
    noise = 0.002 * np.random.default_rng(seed).standard_normal((len(t), 3))
    return t, np.array([120.0, 90.0, 70.0]) * (1 - depth * np.outer(pulse, (0.33, 0.77, 0.53)) + noise)


def write_csv(path, t, rgb, scale=1000):
    pd.DataFrame({"time": scale * t, **dict(zip("RGB", rgb.T, strict=True))}).to_csv(path, index=False)
    return path


@pytest.fixture
def trace_csv(tmp_path):
    """A minute of a pulse at 72 bpm, times in ms."""
    return write_csv(tmp_path / "pulse.csv", *skin(60))


@pytest.fixture
def noise_csv(tmp_path):
    """A minute without a pulse."""
    return write_csv(tmp_path / "noise.csv", *skin(60, depth=0))


@pytest.fixture
def video(tmp_path, monkeypatch):
    """A video whose extraction gives a trace, or raises: video(trace) -> its path and how extraction was called."""

    def make(trace):
        path, calls = tmp_path / "face.avi", []

        def extract_trace(source, **options):
            calls.append((source, options))
            if isinstance(trace, Exception):
                raise trace
            return trace, "regions", ["frame"]

        path.write_bytes(b"a video")
        monkeypatch.setitem(
            sys.modules, "cuffless.camera.skin.extraction", SimpleNamespace(extract_trace=extract_trace)
        )
        return path, calls

    return make


@pytest.fixture
def sheets(monkeypatch):
    """Contact sheets drawn, by what they were given."""
    drawn = []

    def plot_contact_sheet(frames, regions, trace, rates, options, *, title, reason):
        drawn.append({"frames": frames, "regions": regions, "rates": rates, "title": title, "reason": reason})
        return Figure(figsize=(1, 1))

    module = SimpleNamespace(plot_contact_sheet=plot_contact_sheet)
    monkeypatch.setitem(sys.modules, "cuffless.figures.study.contact_sheet", module)
    return drawn


def face(*regions):
    t, _ = skin(45)
    rgb = np.stack(regions, axis=1).astype(np.float32)
    names = ("forehead", "cheek_left", "cheek_right")[: len(regions)]
    return Trace(t, rgb, np.full(rgb.shape[:2], 100), names, FPS, "container", ["1 % of the frames are missing"])


def test_the_summary_of_a_trace_has_its_rate_window_by_window(cuffless, trace_csv):
    result = cuffless("pulse", trace_csv, "--json")
    assert result.exit_code == 0, result.stderr
    summary = read(result)
    assert set(summary) == KEYS | {"read_as"}
    assert summary["video"] == str(trace_csv)
    assert (summary["roi"], summary["method"], summary["window_seconds"]) == (["whole"], "pos", 30)
    assert summary["fps"] == pytest.approx(30, abs=0.1)
    assert summary["seconds"] == pytest.approx(60, abs=0.1)
    assert summary["hr_median"] == pytest.approx(72, abs=0.5)
    assert summary["accepted_fraction"] == 1
    assert summary["snr_median"] > 3 > summary["snr_threshold"]
    start, bpm, snr = np.array(summary["hr"]).T
    np.testing.assert_allclose(start, np.arange(31), atol=0.05)
    np.testing.assert_allclose(bpm, 72, atol=0.5)
    assert np.median(snr) == pytest.approx(summary["snr_median"], abs=0.01)
    assert summary["accepted"] == [True] * 31


def test_words_say_the_same_as_the_json(cuffless, trace_csv):
    result = cuffless("pulse", trace_csv)
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "30 frames per second; whole; pos" in words
    assert "31 of 31 windows of 30 s accepted" in words
    assert "pulse rate 72.0 bpm" in words


@pytest.mark.parametrize("method", ["pos", "chrom", "green", "red"])
def test_each_method_finds_the_rate(cuffless, trace_csv, method):
    summary = read(cuffless("pulse", trace_csv, "--method", method, "--seconds", 20, "--json"))
    assert (summary["method"], summary["window_seconds"], len(summary["hr"])) == (method, 20, 41)
    assert summary["hr_median"] == pytest.approx(72, abs=0.5)
    assert "notes" not in summary


def test_a_minute_without_a_pulse_ends_with_the_reason(cuffless, noise_csv):
    result = cuffless("pulse", noise_csv, "--json")
    assert result.exit_code == 1
    summary = read(result)
    assert set(summary) - {"read_as"} == KEYS | {"reason"}
    assert (summary["hr_median"], summary["snr_median"], summary["accepted_fraction"]) == (None, None, 0)
    assert len(summary["hr"]) == 31
    assert "which noise alone exceeds in 5 % of windows" in summary["reason"]
    assert summary["reason"] in result.stderr


@pytest.mark.parametrize(
    ("rgb", "options", "reason"),
    [
        (skin(12)[1], ("--seconds", 15), "holds a window of 15 s (the longest: 12.0 s); see --seconds"),
        (skin(7)[1], (), "its longest stretch without a gap has 7 s; a pulse rate needs at least 8 s"),
        (skin(40, 25)[1], (), "its clearest rate is 25.0 bpm; nothing below 30 bpm is accepted"),
        (skin(40, 240)[1], (), "bpm; nothing above 220 bpm is accepted"),
        (skin(40, 45)[1], ("--rate-range", 60, 180), "its clearest rate is 45.0 bpm; nothing below 60 bpm is accepted"),
        (
            skin(40, 150)[1],
            ("--rate-range", 40, 120),
            "its clearest rate is 150.0 bpm; nothing above 120 bpm is accepted",
        ),
        (np.full((1200, 3), 80.0), ("--method", "pos"), "it is flat in every window"),
        (np.full((1200, 3), 255.0), (), "red is saturated and green is saturated and blue is saturated"),
        (np.zeros((1200, 3)), (), "no channel is usable"),
    ],
)
def test_a_trace_that_holds_nothing_says_what_is_wrong_with_it(cuffless, tmp_path, rgb, options, reason):
    path = write_csv(tmp_path / "a.csv", np.arange(len(rgb)) / FPS, rgb)
    result = cuffless("pulse", path, "--json", *options)
    assert result.exit_code == 1
    assert reason in read(result)["reason"]
    assert "a.csv" in result.stderr


@pytest.mark.parametrize("gaps", [(), ((9, 11),), ((4, 6), (18, 30), (39, 60))])
def test_a_short_clip_is_measured_in_its_longest_stretch_and_that_is_said(cuffless, tmp_path, gaps):
    t, rgb = skin(40 if gaps else 8)
    lasts = {0: 8, 1: 29, 3: 12}[len(gaps)]
    kept = ~np.any([(t >= first) & (t < last) for first, last in gaps], axis=0) if gaps else np.ones(len(t), bool)
    path = write_csv(tmp_path / "a.csv", t[kept], rgb[kept])
    result = cuffless("pulse", path, "--json")
    assert result.exit_code == 0, result.stderr
    summary = read(result)
    assert summary["window_seconds"] == pytest.approx(lasts, abs=0.1)
    assert summary["notes"] == [
        f"no stretch without a gap holds 30 s: windows of {summary['window_seconds']:g} s are used"
    ]
    assert summary["notes"][0] in result.stderr
    assert summary["hr_median"] == pytest.approx(72, abs=1)


def test_a_slow_recording_is_refused_with_its_frame_rate(cuffless, tmp_path):
    t, rgb = skin(60)
    result = cuffless("pulse", write_csv(tmp_path / "a.csv", t[::5], rgb[::5]), "--json")
    assert result.exit_code == 1
    assert "6 frames per second; a pulse rate needs at least 8" in read(result)["reason"]


def test_a_dark_channel_is_gone_around_and_said(cuffless, tmp_path):
    t, rgb = skin(60)
    path = write_csv(tmp_path / "a.csv", t, rgb * (1, 1, 0))
    result = cuffless("pulse", path, "--json")
    assert result.exit_code == 0
    summary = read(result)
    assert summary["method"] == "green"
    assert summary["notes"] == ["blue is dark: the pulse wave is taken from green alone"]
    assert summary["notes"][0] in result.stderr
    told = read(cuffless("pulse", path, "--json", "--method", "pos"))
    assert told["notes"] == ["blue is dark: pos is unreliable; use --method auto"]


def test_an_npz_is_read_by_key_and_rate(cuffless, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, left=skin(40)[1], rgb=skin(40, 90)[1], fps=30.0)
    assert read(cuffless("pulse", path, "--json"))["hr_median"] == pytest.approx(90, abs=0.5)
    assert read(cuffless("pulse", path, "--json", "--key", "left"))["hr_median"] == pytest.approx(72, abs=0.5)
    faster = read(cuffless("pulse", path, "--json", "--fps", 36, "--seconds", 20))
    assert faster["hr_median"] == pytest.approx(108, abs=0.5)


def test_a_video_is_extracted_as_told_and_its_regions_named(cuffless, video, tmp_path):
    path, calls = video(face(skin(45)[1], skin(45, seed=1)[1]))
    summary = read(cuffless("pulse", path, "--json"))
    assert summary["roi"] == ["forehead", "cheek_left"]
    assert summary["hr_median"] == pytest.approx(72, abs=0.5)
    assert summary["notes"] == ["1 % of the frames are missing"]
    (tmp_path / "roi.json").write_text("{}")
    (tmp_path / "t.csv").write_text("0")
    cuffless("pulse", path, "--roi", tmp_path / "roi.json", "--timestamps", tmp_path / "t.csv", "--fps", 25)
    cuffless("pulse", path, "--roi-mode", "whole")
    assert [(options["roi_mode"], options["fps"]) for _, options in calls] == [
        ("auto", None),
        ("file", 25),
        ("whole", None),
    ]
    assert calls[1][1]["roi"] == tmp_path / "roi.json"
    assert calls[1][1]["timestamps"] == tmp_path / "t.csv"


def test_regions_that_disagree_are_the_reason(cuffless, video):
    path, _ = video(face(skin(45)[1], skin(45, 100)[1]))
    result = cuffless("pulse", path, "--json")
    assert result.exit_code == 1
    assert "the rates of the regions differ by more than 5 bpm" in read(result)["reason"]


def test_a_video_without_a_face_ends_with_that_reason(cuffless, video, sheets, tmp_path):
    path, _ = video(RppgError("face.avi: no face in 30 frames looked at"))
    result = cuffless("pulse", path, "--json", "--plot", tmp_path / "a.png")
    assert result.exit_code == 1
    summary = read(result)
    assert set(summary) - {"read_as"} == KEYS | {"reason"}
    assert summary["reason"] == "face.avi: no face in 30 frames looked at"
    assert (summary["fps"], summary["hr"], summary["roi"]) == (None, [], [])
    assert cuffless("pulse", path).stdout == ""
    assert [(sheet["rates"], sheet["frames"]) for sheet in sheets] == [(None, [])]
    assert sheets[0]["reason"] == summary["reason"]


def test_the_sheet_shows_what_was_found_and_why_nothing(cuffless, video, trace_csv, noise_csv, sheets, tmp_path):
    path, _ = video(face(skin(45)[1]))
    for number, source in enumerate((path, trace_csv, noise_csv)):
        picture = tmp_path / f"new/{number}.png"
        assert f"plot written: {picture}" in cuffless("pulse", source, "--plot", picture).stderr
        assert picture.stat().st_size > 0
    assert [sheet["title"] for sheet in sheets] == ["face.avi", "pulse.csv", "noise.csv"]
    assert [sheet["frames"] for sheet in sheets] == [["frame"], [], []]
    assert [bool(sheet["reason"]) for sheet in sheets] == [False, False, True]


def test_the_page_and_its_table_say_what_the_json_says(cuffless, tmp_path):
    t, rgb = skin(60)
    rgb[t > 40] *= 1 + 0.02 * np.random.default_rng(1).standard_normal((np.sum(t > 40), 3))
    path, folder = write_csv(tmp_path / "a.csv", t, rgb), tmp_path / "new" / "folder"
    result = cuffless("pulse", path, "--output", folder, "--seconds", 10, "--json")
    assert result.exit_code == 0
    summary = read(result)
    assert summary["page"] == str(folder / "pulse.html")
    assert [not reason for reason in summary["reasons"]] == summary["accepted"]
    windows = pd.read_csv(folder / "windows.csv", keep_default_na=False)
    assert windows["reason"].tolist() == summary["reasons"]
    np.testing.assert_allclose(windows[["start", "bpm", "snr_db"]], np.array(summary["hr"]), atol=0.001)
    page = (folder / "pulse.html").read_text()
    assert f"51 windows: {sum(summary['accepted'])} accepted" in page
    assert f"cuffless pulse {path} --seconds 10 --output {folder}" in page


def test_the_table_gives_reasons_and_says_that_it_is_thinned(cuffless, noise_csv, tmp_path):
    result = cuffless("pulse", noise_csv, "--output", tmp_path / "page")
    assert result.exit_code == 1
    assert "No reliable pulse rate was found" in (tmp_path / "page" / "pulse.html").read_text()
    assert "too noisy" in result.stdout
    assert len(result.stdout.splitlines()) <= 40
    assert max(map(len, result.stdout.splitlines()[1:])) <= 100
    assert "every 2nd of 31 windows; all with --all, in windows.csv (--output DIR), and in --json" in result.stdout, (
        "how the table is thinned"
    )
    assert result.stdout.count("too noisy") == 16
    whole = cuffless("pulse", noise_csv, "--all").stdout
    assert whole.count("too noisy") == 31
    assert "every" not in whole
    assert "every" not in cuffless("pulse", noise_csv, "--seconds", 45).stdout


@pytest.mark.parametrize(
    ("step", "word"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")]
)
def test_ordinals_have_their_endings(step, word):
    assert _ordinal(step) == word


def test_one_window_is_singular(cuffless, tmp_path):
    good = cuffless("pulse", write_csv(tmp_path / "good.csv", *skin(30.1)))
    assert "1 of 1 window of 30 s accepted" in good.stdout
    bad = cuffless("pulse", write_csv(tmp_path / "bad.csv", *skin(30.1, depth=0)))
    assert "0 of 1 window of 30 s accepted" in bad.stdout
    assert "the SNR of 1 window of 30 s is at most" in bad.stderr


def test_a_pulse_in_the_whole_frame_alone_is_reported_with_the_options_that_measure_it(cuffless, video, tmp_path):
    trace = face(skin(45, depth=0)[1], skin(45, depth=0, seed=1)[1])
    trace.whole = face(skin(45)[1])
    path, calls = video(trace)
    result = cuffless("pulse", path, "--json")
    assert result.exit_code == 1, "what was asked for has no pulse"
    assert calls[0][1]["with_whole"]
    summary = read(result)
    assert summary["hr_median"] is None
    whole = summary["whole_frame"]
    assert whole.pop("hr_median") == pytest.approx(72, abs=0.5)
    options = ["--roi-mode", "whole", "--seconds", "30"]
    assert whole == {"accepted": 16, "windows": 16, "window_seconds": 30, "options": options}
    said = (
        "the whole frame, background included, gives 72.0 bpm in 16 of 16 windows of 30 s; measure it with --roi-mode"
    )
    assert f"face.avi: {said} whole --seconds 30" in result.stderr
    asked = cuffless("pulse", path, "--seconds", 20)
    assert "windows of 20 s; measure it with --roi-mode whole\n" in asked.stderr
    assert "--roi-mode" not in cuffless("pulse", path, "--rate-range", 90, 200).stderr, "nor a rate outside the range"


def test_halves_of_the_windows_are_tried_where_a_recording_has_room_for_few(cuffless, video):
    t, rgb = skin(30.1, 60)
    later = t > 24  # what then sways the light is faster, and stronger than the pulse
    rgb[later] = skin(30.1, 130, depth=0.03)[1][later]
    trace = face(skin(45, depth=0)[1])
    names, pixels = ("whole",), np.full((len(t), 1), 100)
    trace.whole = Trace(t, rgb[:, None].astype(np.float32), pixels, names, FPS, "container")
    whole = read(cuffless("pulse", video(trace)[0], "--json"))["whole_frame"]
    assert whole["window_seconds"] == 15
    assert whole["accepted"] > 0


def test_nothing_is_advised_where_the_whole_frame_has_no_pulse_either(cuffless, video):
    trace = face(skin(45, depth=0)[1])
    trace.whole = face(skin(45, depth=0, seed=2)[1])
    result = cuffless("pulse", video(trace)[0], "--json")
    assert "whole_frame" not in read(result)
    assert "--roi-mode" not in result.stderr


def test_a_video_without_a_face_shows_its_frames_and_the_pulse_of_the_whole(cuffless, video, tmp_path):
    error = NoFaceError("face.avi: no face in 30 frames looked at")
    error.whole, error.frames = face(skin(45)[1]), [(1.0, np.full((60, 80, 3), 90, np.uint8))]
    path, _ = video(error)
    result = cuffless("pulse", path, "--output", tmp_path / "page")
    assert result.exit_code == 1
    assert "gives 72.0 bpm in 16 of 16 windows of 30 s; measure it with --roi-mode whole --seconds 30" in result.stderr
    page = (tmp_path / "page" / "pulse.html").read_text()
    assert "No face was found in this video, so no region was measured. These are some of its frames." in page
    assert page.count("<image ") == 1
    assert "gives 72.0 bpm in 16 of 16 windows" in page
    cuffless("pulse", path, "--output", tmp_path / "page", "--no-frames")
    page = (tmp_path / "page" / "pulse.html").read_text()
    assert "No face was found in this video, so no region was measured." in page
    assert "<image " not in page


def test_no_frames_leaves_them_out_of_page_and_plot(cuffless, video, sheets, tmp_path, monkeypatch):
    path, _ = video(face(skin(45)[1]))
    pages = []
    module = SimpleNamespace(write_pulse=lambda folder, **given: pages.append(given["frames"]) or folder)
    monkeypatch.setitem(sys.modules, "cuffless.report.pulse.page", module)
    for options in ((), ("--no-frames",)):
        cuffless("pulse", path, "--plot", tmp_path / "a.png", "--output", tmp_path / "page", *options)
    assert pages == [["frame"], []]
    assert [sheet["frames"] for sheet in sheets] == [["frame"], []]


@pytest.fixture
def refused(cuffless, video, trace_csv, monkeypatch):
    """Use the command wrongly: what it says, having refused before any work."""

    def use(name, *options):
        monkeypatch.chdir(trace_csv.parent)
        _, calls = video(RuntimeError("work was done"))
        result = cuffless("pulse", name, *options)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert not calls
        return " ".join(result.stderr.replace("│", " ").split())

    return use


@pytest.mark.parametrize(
    ("name", "why"),
    [("nothing.csv", "nothing.csv not found"), ("nothing.avi", "nothing.avi not found"), (".", "is a folder")],
)
def test_what_is_not_a_file_is_told_before_any_work(refused, name, why):
    assert why in refused(name)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--roi-mode", "whole"), "--roi-mode is for videos"),
        (("--timestamps", "t.csv"), "--timestamps is for videos"),
        (("--time-unit", "s"), "pass --time-unit ms"),
        (("--key", "rgb"), "a CSV has columns"),
        (("--method", "ica"), "--method"),
        (("--seconds", "3"), "--seconds"),
        (("--seconds", "nan"), "--seconds"),
        (("--rate-range", "90", "60"), "--rate-range 90 60 is not a range of pulse rates"),
        (("--rate-range", "20", "180"), "within 30 and 220"),
        (("--rate-range", "nan", "180"), "within 30 and 220"),
        (("--fps", "0"), "--fps"),
        (("--plot", "a.jpeg2"), "the name must end in"),
        (("--output", "pulse.csv"), "--output pulse.csv is a file; give a folder"),
        (("--output", "pulse.csv/page"), "--output pulse.csv/page: cannot be created"),
        (("--no-frames",), "--no-frames is for --output DIR and --plot FILE"),
    ],
)
def test_wrong_use_of_a_trace_is_told_before_any_work(refused, options, remedy):
    assert remedy in refused("pulse.csv", *options)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--time-unit", "ms"), "--time-unit is for traces"),
        (("--roi", "absent.json"), "absent.json not found"),
        (("--roi-mode", "file"), "--roi-mode file needs --roi FILE"),
        (("--roi", "pulse.csv", "--roi-mode", "whole"), "exclude each other"),
    ],
)
def test_wrong_use_of_a_video_is_told_before_any_work(refused, options, remedy):
    assert remedy in refused("face.avi", *options)


def test_finger_videos_are_measured_or_told_how_to_be(cuffless, shared):
    path = shared / "rgb_phone_oximetry" / "100001.npz"
    told = cuffless("pulse", path)
    assert told.exit_code == 2
    assert "--key rgb_left or rgb_right" in told.stderr
    summary = read(cuffless("pulse", path, "--key", "rgb_left", "--json"))
    assert summary["hr_median"] == pytest.approx(float(np.nanmedian(np.load(path)["hr_oxi1"])), abs=3)


def test_a_phone_s_saturated_channels_are_measured_by_red(cuffless, shared):
    result = cuffless("pulse", shared / "rgb_welltory" / "subject_02" / "PPG.csv", "--json", "--time-unit", "ms")
    assert result.exit_code == 0
    summary = read(result)
    assert summary["method"] == "red"
    assert summary["hr_median"] == pytest.approx(83, abs=3)
    assert "green is dark and blue is dark" in summary["notes"][0]
