"""A manifest from the table of MCD-rPPG, of which nothing may be missing without a reason."""

import pandas as pd
import pytest
from mcd_folder import PPG_FS, write_mcd_folder

from cuffless.camera.manifest import ManifestError, read_manifest
from cuffless.camera.manifest_making import make_manifest

CAMERAS = ("FullHDwebcam", "USBVideo")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mcd")
    table = write_mcd_folder(folder, subjects=3, seconds=12, cameras=CAMERAS, films=False)
    for path in table["video"]:
        (folder / path).write_bytes(b"RIFF" * 400)
    return folder, table


@pytest.fixture
def mcd(made):
    """Makes a manifest from the folder with another table: (change, **options) -> Made."""
    folder, table = made

    def make(change=lambda table: table, **options):
        change(table.copy()).to_csv(folder / "db.csv", index=False)
        return make_manifest(folder, folder / "manifests" / "videos.csv", **options)

    return make


def changed(row, **cells):
    """Changes cells of one row of the table."""

    def change(table):
        table = table.astype(object)
        table.loc[row, list(cells)] = list(cells.values())
        return table

    return change


def test_every_row_of_the_table_is_one_of_the_manifest(mcd, made):
    folder, table = made
    found = mcd()
    assert found.recordings == read_manifest(found.path)
    assert [own.recording for own in found.recordings] == [
        f"{row.patient_id}_{row.camera}_{row.step}" for row in table.itertuples()
    ]
    for own, row in zip(found.recordings, table.itertuples(), strict=True):
        assert (own.sbp, own.dbp, own.condition, own.age, own.bmi) == (
            *(row.upper_ap, row.lower_ap, row.step, row.age, row.bmi),
        )
        assert (own.subject, own.sex, own.exclude, own.notes) == (str(row.patient_id), row.sex.lower(), "", "")
        for path, theirs in ((own.video, row.video), (own.ppg, row.ppg), (own.timestamps, row.meta)):
            assert path.resolve() == (folder / theirs).resolve()
            assert not path.is_absolute() or ".." in path.parts
        assert own.ppg_fs == pytest.approx(PPG_FS, rel=1e-4)
        assert own.start_time.year == 2023
    assert len(found.rates) == 12
    assert found.cameras == dict.fromkeys(CAMERAS, 6)
    assert found.conditions == {"before": 6, "after": 6}


def test_cameras_and_subjects_are_chosen(mcd):
    found = mcd(cameras=["usbvideo"], subjects=2)
    assert [own.recording for own in found.recordings] == [
        *("1007_USBVideo_before", "1007_USBVideo_after", "1014_USBVideo_before", "1014_USBVideo_after")
    ]
    with pytest.raises(ManifestError, match="no recording of camera 'phone'; there are FullHDwebcam, USBVideo"):
        mcd(cameras=["phone"])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"video": "video/gone.avi"}, "no video: there is no file video/gone.avi"),
        ({"video": ""}, "no video: video is empty"),
        ({"upper_ap": ""}, "no cuff value: upper_ap empty"),
        ({"upper_ap": "nan", "lower_ap": None}, "no cuff value: upper_ap and lower_ap empty"),
        ({"upper_ap": "high"}, "no cuff value: upper_ap 'high' is not a number"),
        ({"upper_ap": 15.7, "lower_ap": 10.1}, "no cuff value: sbp 15.7 is not within 50 to 300 mmHg; if it is"),
        ({"upper_ap": 70, "lower_ap": 110}, "no cuff value: sbp 70 is not above dbp 110; are they exchanged?"),
        ({"patient_id": ""}, "no subject: patient_id is empty"),
    ],
)
def test_what_is_missing_excludes_its_recording_alone(mcd, cells, reason):
    found = mcd(changed(2, **cells))
    assert found.recordings[2].exclude.startswith(reason)
    assert [bool(own.exclude) for own in found.recordings] == [k == 2 for k in range(12)]
    assert list(found.excluded.values()) == [1]


@pytest.mark.parametrize(
    ("cells", "note", "lost"),
    [
        ({"ppg": "ppg/gone.PW"}, "no contact PPG: there is no file ppg/gone.PW", "ppg"),
        ({"ppg": "db.csv"}, "no contact PPG: db.csv, line 1", "ppg"),
        ({"meta": "meta/gone.txt"}, "no frame times: there is no file meta/gone.txt", "timestamps"),
        ({"meta": "ppg_sync/1007_USBVideo_before.txt"}, "no frame times: ", "timestamps"),
        ({"age": 230}, "age: 230 is not within 0 to 120 years", "age"),
        ({"sex": 1}, "sex: '1' is neither f nor m", "sex"),
    ],
)
def test_what_is_not_needed_is_left_out_with_a_note(mcd, cells, note, lost):
    own = mcd(changed(0, **cells)).recordings[0]
    assert own.notes.startswith(note)
    assert not getattr(own, lost)
    assert not own.exclude


def test_a_pointer_of_git_lfs_is_no_video(mcd, made):
    folder, _ = made
    (folder / "video/pointer.avi").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assert "fetch it with git lfs pull" in mcd(changed(1, video="video/pointer.avi")).recordings[1].exclude


def test_paths_with_backslashes_and_numbers_with_a_fraction_are_understood(mcd):
    found = mcd(lambda t: t.assign(video=t["video"].str.replace("/", "\\"), patient_id=t["patient_id"].astype(float)))
    assert not found.excluded
    assert found.recordings[0].recording == "1007_FullHDwebcam_before"


def test_ppg_without_times_has_the_nominal_rate_and_says_so(mcd, made):
    folder, _ = made
    (folder / "ppg/plain.PW").write_text("".join(f"{k % 90}\n" for k in range(900)))
    own = (found := mcd(changed(0, ppg="ppg/plain.PW"))).recordings[0]
    assert own.ppg_fs == 100
    assert own.notes == "plain.PW has no times, so that its rate of 100 Hz is nominal and not measured"
    assert found.nominal == 1
    (folder / "ppg_sync/plain.txt").write_text("".join(f"{k % 90} {k / 97:.5f}\n" for k in range(900)))
    own = mcd(changed(0, ppg="ppg/plain.PW", ppg_sync="ppg_sync/plain.txt")).recordings[0]
    assert own.ppg_fs == pytest.approx(97, rel=1e-3)
    assert mcd(changed(0, ppg="ppg/plain.PW", ppg_sync="db.csv")).recordings[0].ppg_fs == 100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="upper_ap"), r"no column for sbp \(upper_ap or sbp\); found .*--column sbp=NAME"),
        (lambda t: t[:0], "no recordings; the table needs column names and one line per recording"),
        (lambda t: pd.concat([t, t[:1]]), r"line 14: recording 1007_FullHDwebcam_before is already in line 2"),
        (lambda t: t.assign(video=t["video"].iloc[0]), "line 3: video .* is already in line 2"),
        (lambda t: t.rename(columns={"view": "STEP"}), r"column step \(condition\) appears twice"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(mcd, change, message):
    with pytest.raises(ManifestError, match=message):
        mcd(change)


def test_a_table_of_its_own_names_is_described_by_hand(made, tmp_path):
    folder, table = made
    own = table[table["camera"] == "USBVideo"][["patient_id", "video", "upper_ap", "lower_ap", "step"]]
    own = own.assign(video=[str(folder / path) for path in own["video"]])
    own.columns = ["Person", "video", "SBP", "diastolic", "phase"]
    own.to_csv(tmp_path / "sessions.csv", index=False, sep=";")
    names = {"subject": "person", "dbp": "Diastolic", "condition": "phase"}
    found = make_manifest(tmp_path / "sessions.csv", tmp_path / "videos.csv", columns=names)
    assert [own.recording for own in found.recordings][:2] == ["1007_before", "1007_after"]
    assert not found.excluded
    own.assign(SBP="118,5").to_csv(tmp_path / "sessions.csv", index=False, sep=";")
    found = make_manifest(tmp_path / "sessions.csv", tmp_path / "videos.csv", columns=names)
    assert {own.sbp for own in found.recordings} == {118.5}
    with pytest.raises(ManifestError, match="would replace the table that it is made from"):
        make_manifest(tmp_path / "sessions.csv", tmp_path / "sessions.csv", columns=names)
    with pytest.raises(ManifestError, match=r"--column systolic: unknown; choose from subject, sbp"):
        make_manifest(folder, tmp_path / "videos.csv", columns={"systolic": "upper_ap"})
    with pytest.raises(ManifestError, match=r"no such table of recordings \(tables there: sessions.csv, videos.csv\)"):
        make_manifest(tmp_path, tmp_path / "other.csv")
