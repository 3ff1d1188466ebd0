from datetime import datetime

import pytest

from cuffless.camera.manifest import COLUMNS, ManifestError, read_manifest, recording_from, require_conditions


@pytest.fixture
def manifest(tmp_path):
    """Write a manifest: (text) -> path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "videos.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def mistakes(path):
    """Lines of the error that reading a manifest raises."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    return str(caught.value).splitlines()


def test_three_columns_are_enough(manifest):
    path = manifest("subject,recording,video\n007,r1,films/a.mp4\n")
    [recording] = read_manifest(path)
    assert recording.subject == "007"  # a name, not a number
    assert recording.video == path.parent / "films" / "a.mp4"
    assert (recording.roi_mode, recording.bp, recording.fps, recording.bp_offset_s) == ("auto", None, None, 0.0)


def test_every_column_is_read(manifest):
    row = "s,r,v.avi,29.97,2024-05-01T10:03:20,t.csv,roi.json,,bp.csv,-1.5,ppg.csv,100,too dark,by the window"
    path = manifest(f"{','.join(COLUMNS).upper()}\n{row}\n")
    [recording] = read_manifest(path)
    assert recording.fps == 29.97
    assert recording.start_time == datetime(2024, 5, 1, 10, 3, 20)
    assert recording.roi_mode == "file"  # a file of regions is there
    assert recording.bp_offset_s == -1.5
    assert recording.ppg_fs == 100
    assert (recording.exclude, recording.notes) == ("too dark", "by the window")
    assert {recording.timestamps, recording.roi, recording.bp, recording.ppg} == {
        path.parent / name for name in ("t.csv", "roi.json", "bp.csv", "ppg.csv")
    }


def test_an_absolute_path_stays_as_it_is(manifest):
    [recording] = read_manifest(manifest("subject,recording,video\ns,r,/films/img_%05d.png\n"))
    assert str(recording.video) == "/films/img_%05d.png"


def test_what_spreadsheets_add_does_no_harm(manifest):
    path = manifest("\ufeffsubject,recording,video,age\n\ns,r,v.avi,61\n,,,\nt,q,w.avi,70\n")
    assert [r.recording for r in read_manifest(path)] == ["r", "q"]


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("subject", "", "is empty"),
        ("video", "", "is empty"),
        ("recording", "a/b", "cannot name files; use only letters, digits"),
        ("fps", "fast", "'fast' is not a number"),
        ("fps", "0", "not above 0"),
        ("fps", "inf", "is not a number"),
        ("start_time", "10:03", "2024-05-01T10:03:20"),
        ("start_time", "2024-05-01", "2024-05-01T10:03:20"),
        ("roi_mode", "manual", "auto, file, whole"),
        ("roi_mode", "auto", "ignores the file in roi"),
        ("roi", "", "but roi_mode is file"),
        ("bp_offset_s", "1,5", "decimal point"),
        ("ppg_fs", "", "belong together"),
        ("exclude", "yes", "is not a reason; give the reason in words"),
        ("dbp", "", "sbp and dbp belong together"),
        ("sbp", "", "sbp and dbp belong together"),
        ("sbp", "high", "'high' is not a number"),
        ("sbp", "15.7", "not within 50 to 300 mmHg; if it is in kPa, multiply by 7.50"),
        ("sbp", "70", "sbp 70 is not above dbp 76"),
        ("age", "610", "not within 0 to 120 years"),
        ("bmi", "2450", "not within 8 to 100 kg/m2"),
        ("sex", "1", "neither f nor m"),
    ],
)
def test_a_mistake_names_file_line_column_and_remedy(manifest, column, cell, message):
    row = dict(
        zip(COLUMNS, ("s", "r", "v.avi", "30", "", "", "roi.json", "file", "", "", "p.csv", "64", "", ""), strict=False)
    ) | {"sbp": "118", "dbp": "76", "condition": "before", "age": "61", "sex": "F", "bmi": "24.5"}
    row[column] = cell
    cells = ",".join(f'"{value}"' for value in row.values())
    path = manifest(f"{','.join(COLUMNS)}\ns,ok,ok.avi{',' * 17}\n{cells}\n")
    [line] = mistakes(path)
    assert line.startswith(f"{path}, line 3, {column}: ")
    assert message in line


def test_a_cuff_value_stands_for_a_recording_and_its_circumstances_are_read(manifest):
    path = manifest("subject,recording,video,SBP,dbp,step,age,sex,bmi\ns,r,v.avi,118,76,after,61,Female,24.5\n")
    [recording] = read_manifest(path)
    assert recording.cuff
    assert (recording.sbp, recording.dbp, recording.condition) == (118, 76, "after")
    assert (recording.age, recording.sex, recording.bmi) == (61, "f", 24.5)
    assert recording_from(recording.canonical()) == recording
    [bare] = read_manifest(manifest("subject,recording,video\ns,r,v.avi\n"))
    assert not bare.cuff


def test_a_cuff_value_beside_a_monitors_file_is_refused(manifest):
    [line] = mistakes(manifest("subject,recording,video,bp,sbp,dbp\ns,r,v.avi,bp.csv,118,76\n"))
    assert "line 2, sbp: is given beside bp" in line


def test_conditions_that_no_recording_in_use_has_are_refused(manifest):
    text = "subject,recording,video,condition,exclude\ns,r,v.avi,Before,\ns,q,w.avi,after,dark\n"
    recordings = read_manifest(manifest(text))
    require_conditions(recordings, ["before"])
    with pytest.raises(ManifestError, match=r"condition 'after' of rppg.tuning.conditions; there are Before"):
        require_conditions(recordings, ["before", "after"])


def test_all_mistakes_are_told_at_once(manifest):
    lines = mistakes(manifest("subject,recording,video,fps\n,r,v.avi,x\ns,,w.avi,-1\n"))
    assert [line.split(", ", 1)[1].split(":")[0] for line in lines] == [
        "line 2, subject",
        "line 2, fps",
        "line 3, recording",
        "line 3, fps",
    ]


def test_a_recording_or_video_that_stands_twice_is_refused(manifest):
    lines = mistakes(manifest("subject,recording,video\ns,r,v.avi\nt,R,w.avi\nu,q,v.avi\n"))
    assert len(lines) == 2
    assert "line 3, recording" in lines[0]
    assert "line 2" in lines[0].split("recording:")[1]
    assert "line 4, video" in lines[1]


def test_a_cell_with_an_unquoted_comma_is_seen(manifest):
    [line] = mistakes(manifest("subject,recording,video,notes\ns,r,v.avi,dark, and far\n"))
    assert "put cells with a comma in quotes" in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("subject,recording\ns,r\n", "column video is missing"),
        ("subject,recording,video,video\ns,r,a,b\n", "video appears twice"),
        ("subject,recording,video,start time\ns,r,v,\n", "did you mean start_time?"),
        ("subject,recording,video\n", "no recordings; add one line per video"),
    ],
)
def test_a_file_that_is_no_manifest_says_why(manifest, text, message):
    assert message in mistakes(manifest(text))[0]


@pytest.mark.parametrize("by", [",", ";", "\t"])
def test_cells_may_be_separated_as_a_spreadsheet_does(manifest, by):
    (recording,) = read_manifest(manifest(f"subject{by}recording{by}video\ns{by}r{by}v.mp4\n"))
    assert (recording.subject, recording.recording, recording.video.name) == ("s", "r", "v.mp4")


def test_other_encodings_and_absent_files_are_refused(manifest, tmp_path):
    assert "UTF-8" in mistakes(manifest("subject,recording,video,notes\ns,r,v,Müller\n", "latin-1"))[0]
    assert "absent.csv" in mistakes(tmp_path / "absent.csv")[0]
