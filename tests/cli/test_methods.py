"""`cuffless pulse --method`: methods of one's own, alone and in a table with the built-in ones."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

FPS = 20.0
OWN = """
from cuffless.camera.errors import RppgError


def colours(times, rgb, fps):
    rgb -= rgb.mean(axis=0)
    return times, -rgb[:, 1]


def frames(frames):
    times, wave = zip(*((time, -image[..., 1].mean()) for time, image in frames))
    return times, wave


def refuses(times, rgb, fps):
    raise RppgError("too dark; switch on a light")


def fails(times, rgb, fps):
    return times.green
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module with methods, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"own_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(OWN)
    yield name
    sys.modules.pop(name, None)


@pytest.fixture
def recorded(own, tmp_path):
    """Half a minute of a pulse at 72 bpm: a video, its colours, and contact PPG at 75 bpm."""
    import cv2

    t = np.arange(int(30 * FPS)) / FPS
    pulse = np.sin(2 * np.pi * 1.2 * t) + 0.4 * np.sin(4 * np.pi * 1.2 * t)
    rgb = np.array([120.0, 90.0, 70.0]) * (1 - 0.04 * np.outer(pulse, (0.33, 0.77, 0.53)))
    rgb += 0.1 * np.random.default_rng(0).standard_normal(rgb.shape)
    pd.DataFrame({"time": t, **dict(zip("RGB", rgb.T, strict=True))}).to_csv(tmp_path / "colours.csv", index=False)
    writer = cv2.VideoWriter(
        str(tmp_path / "film.avi"), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48)
    )
    for colour in np.round(rgb).astype(np.uint8):
        writer.write(np.full((48, 64, 3), colour[::-1]))
    writer.release()
    phase = np.arange(30 * 125) / 125 * 75 / 60 % 1
    ppg = np.exp(-0.5 * ((phase - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((phase - 0.6) / 0.12) ** 2)
    pd.DataFrame({"ppg": ppg}).to_csv(tmp_path / "ppg.csv", index=False)
    return tmp_path


def test_one_line_makes_a_function_of_colours_or_of_frames_the_method(cuffless, own, recorded):
    for source, method in (("colours.csv", "colours"), ("film.avi", "frames")):
        options = ("--roi-mode", "whole") if source == "film.avi" else ()
        result = cuffless("pulse", source, *options, "--method", f"{own}:{method}", "--seconds", 10, "--json")
        assert result.exit_code == 0, result.stderr
        summary = json.loads(result.stdout)
        assert summary["method"] == f"{own}:{method}"
        assert summary["hr_median"] == pytest.approx(72, abs=0.5)
        assert summary["accepted_fraction"] == 1
        unknown = f"what {own}:{method} makes of noise is not known"
        assert any(unknown in note for note in summary.get("notes", [])) == (method == "frames")


def test_methods_stand_in_one_table_with_their_differences_to_contact_ppg(cuffless, own, recorded):
    methods = [f"--method={name}" for name in ("pos", f"{own}:colours", f"{own}:refuses")]
    call = ("pulse", "colours.csv", *methods, "--seconds", 10, "--reference", "ppg.csv", "--reference-fs", 125)
    result = cuffless(*call, "--json")
    assert result.exit_code == 0, result.stderr
    rows = {row["method"]: row for row in json.loads(result.stdout)["methods"]}
    assert list(rows) == ["pos", f"{own}:colours", f"{own}:refuses"]
    for name in ("pos", f"{own}:colours"):
        assert rows[name]["accepted"] == rows[name]["windows"] == rows[name]["compared"] == 21
        assert rows[name]["hr_off"] == pytest.approx(3, abs=0.5)
        assert rows[name]["within_5"] == 1
    assert rows[f"{own}:refuses"] == {"method": f"{own}:refuses", "reason": "too dark; switch on a light"}
    words = cuffless(*call)
    assert " ".join(words.stdout.split()).startswith("colours.csv: windows of 10 s method accepted bpm SNR dB noise dB")
    assert "21 of 21" in words.stdout
    assert f"{own}:refuses: too dark; switch on a light" in words.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--method", "poss"), "--method 'poss' is unknown; choose auto, pos, chrom, green, red, or module:function"),
        (("--method", "OWN:frames"), "takes frames, which colours.csv, a colour trace, has not; give the video"),
        (
            ("--method", "OWN:fails"),
            "fails: AttributeError: 'numpy.ndarray' object has no attribute 'green' (OWN.py, line 20)",
        ),
        (("--method", "gone:run"), "method gone:run: No module named 'gone'; put gone into the working directory"),
        (("--method", "pos", "--method", "chrom", "--plot", "s.png"), "--plot s.png shows one method"),
        (("--reference", "gone.csv"), "--reference gone.csv not found"),
        (("--reference-fs", "100"), "--reference-fs 100 needs --reference FILE"),
    ],
)
def test_wrong_use_is_told_with_the_remedy(cuffless, own, recorded, arguments, said):
    result = cuffless("pulse", "colours.csv", *(argument.replace("OWN", own) for argument in arguments))
    assert result.exit_code == 2
    assert said.replace("OWN", own) in result.stderr


def test_without_any_window_to_rely_on_the_reason_of_each_method_is_given(cuffless, own, recorded):
    result = cuffless("pulse", "colours.csv", "--method", f"{own}:refuses", "--method", "pos", "--seconds", 60)
    assert result.exit_code == 1
    assert f"{own}:refuses: too dark; switch on a light; pos: colours.csv: no stretch without a gap" in result.stderr
