"""`cuffless manifest`: what it prints, and its exit status."""

import json

import pytest
from mcd_folder import write_mcd_folder

from cuffless.camera.manifest import read_manifest


@pytest.fixture(scope="module")
def mcd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mcd")
    table = write_mcd_folder(folder, subjects=2, seconds=12, cameras=("FullHDwebcam", "USBVideo"), films=False)
    for path in table["video"][1:]:
        (folder / path).write_bytes(b"RIFF" * 400)
    return folder


def test_it_writes_a_manifest_and_names_the_section_that_uses_it(cuffless, mcd, tmp_path):
    done = cuffless("manifest", str(mcd), "--output", str(tmp_path / "videos.csv"))
    assert done.exit_code == 0
    assert "8 recordings of 2 subjects, 7 to be used" in done.stdout
    assert "conditions: before (3), after (4)" in done.stdout
    assert "recordings of several cameras show the same heartbeats" in done.stdout
    assert "contact PPG: 99.20 to 99.20 Hz, measured in 8 recordings" in done.stdout
    assert "excluded: 1, no video (the first: 1007_FullHDwebcam_before, there is no file video/1007_" in done.stdout
    assert "tuning: {conditions: [before, after]}}" in done.stdout
    assert len(read_manifest(tmp_path / "videos.csv")) == 8


def test_json_has_the_same(cuffless, mcd, tmp_path):
    done = cuffless("manifest", str(mcd), "--output", str(tmp_path / "v.csv"), "--camera", "USBVideo", "--json")
    told = json.loads(done.stdout)
    assert (told["recordings"], told["used"], told["cameras"]) == (4, 4, {"USBVideo": 4})
    assert told["config"]["rppg"]["tuning"] == {"conditions": ["before", "after"]}
    assert told["ppg"]["measured"] == 4


def test_a_folder_without_videos_is_nothing_usable(cuffless, mcd, tmp_path):
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "db.csv").write_text((mcd / "db.csv").read_text())
    done = cuffless("manifest", str(lone), "--output", str(tmp_path / "v.csv"))
    assert done.exit_code == 1
    assert "no recording can be used: no video; see the column exclude of" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent",), "there is no such table of recordings"),
        (("--column", "sbp"), "--column sbp: write NAME=THEIRS"),
        (("--column", "sbp=a", "--column", "sbp=b"), "--column sbp is given twice"),
        (("--column", "pressure=a"), "--column pressure: unknown; choose from subject"),
        (("--camera", "phone"), "no recording of camera 'phone'"),
        (("--output", "videos.txt"), "the name must end in .csv"),
    ],
)
def test_wrong_use_is_told_with_its_remedy(cuffless, mcd, tmp_path, arguments, said):
    source = [] if arguments == ("absent",) else [str(mcd)]
    output = [] if "--output" in arguments else ["--output", str(tmp_path / "v.csv")]
    done = cuffless("manifest", *source, *arguments, *output)
    assert done.exit_code == 2
    assert said in done.stderr
