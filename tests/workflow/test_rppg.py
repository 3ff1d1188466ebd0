"""The camera branch, carried out by the workflow on the tiny study: from videos to Table 2."""

import copy
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from mcd_folder import write_mcd_folder
from scipy import signal

from cuffless.camera.manifest import COLUMNS
from cuffless.camera.manifest_making import make_manifest
from cuffless.camera.simulation.recordings import simulate_recording
from cuffless.camera.skin.trace import load_trace
from cuffless.config import SimulatorOptions, VideoSimulationOptions

pytestmark = pytest.mark.slow
FIGURES = [f"results/figures/{name}.pdf" for name in ("fig3", "fig9", "figA2", "figA3", "figA4", "figA5")]
TARGETS = [*FIGURES, "results/tables/table2.md", "results/tables/camera.md"]
SHEETS = [f"results/tiny/camera/sheets/v00{k}.png" for k in (1, 2, 3)]
FILMED = {"subjects": 3, "minutes": 1.5, "size": [96, 72]}
TUNING = {"epochs": 3}


@pytest.fixture(scope="module")
def study(grown_study):
    """Three simulated faces and the tiny cohort's networks, from videos to their figures."""
    study = grown_study("rppg", rppg={"simulation": FILMED, "tuning": TUNING})
    study.config["study"]["splits"] = ["nonmixed"]
    study("--", *TARGETS, *SHEETS)
    return study


def changed(study, **section):
    config = copy.deepcopy(study.config)
    config["rppg"] = {**config["rppg"], **section}
    return config


def quality(study):
    return pd.read_csv(study.folder / "results/tiny/camera/quality.csv", dtype={"recording": str}).set_index(
        "recording"
    )


def test_it_goes_from_nothing_to_its_figures_and_contact_sheets(study):
    for target in FIGURES:
        assert (study.folder / target).read_bytes().startswith(b"%PDF")
    for sheet in SHEETS:
        assert (study.folder / sheet).stat().st_size > 10_000
    assert study.planned(None, "--", *TARGETS, *SHEETS) == {}


def test_videos_go_and_what_they_told_stays(study):
    folder = study.folder / "results/tiny/camera"
    assert not list((folder / "simulated").glob("*.avi"))
    trace = load_trace(folder / "traces/v001.npz")
    assert trace.stamps == "file"
    assert trace.seconds == pytest.approx(90, abs=0.1)


def test_every_window_that_was_cut_is_kept_or_counted_under_a_rule(study):
    table = quality(study)
    counts = table.loc[:, "missing":"no_pressure"].sum(axis=1)
    assert (counts + table["windows_kept"] == table["windows_cut"]).all()
    index = pd.read_parquet(study.folder / "results/tiny/camera/windows.parquet")
    assert index.groupby("record").size().to_dict() == table["windows_kept"].to_dict()


def test_table_2_has_all_settings_beside_the_papers(study):
    table = pd.read_csv(study.folder / "results/tables/table2.csv")
    assert list(table["setting"].unique()) == ["before", "tuned", "first", "random"]
    assert set(table["network"]) == {"alexnet", "mean"}
    row = table[(table["setting"] == "before") & (table["network"] == "alexnet") & (table["average"] == "pooled")]
    assert row.set_index("pressure")["paper"].to_dict() == {"SBP": 28.1, "DBP": 13.8}


def test_a_change_repeats_only_what_it_concerns(study):
    def planned(**section):
        return study.planned(changed(study, **section), "--", *TARGETS, *SHEETS)

    retuned = planned(tuning={"epochs": 4})
    assert retuned["tune_network"] == 1
    assert not {"extract_trace", "gather_rppg_windows", "train_network", "sample_folds"} & set(retuned)
    relabelled = planned(bp_within=20)
    assert relabelled["gather_rppg_windows"] == relabelled["tune_network"] == 1
    assert not {"extract_trace", "count_snr_shares", "plot_contact_sheets"} & set(relabelled)
    projected = planned(method="green")
    assert projected["count_snr_shares"] == projected["plot_contact_sheets"] == 1
    assert "extract_trace" not in projected
    more = planned(simulation={**FILMED, "subjects": 4})
    assert more["simulate_video"] == more["extract_trace"] == 1


FRAMES = """
def run(frames):
    times, wave = zip(*((time, -image[20:50, 30:60, 1].mean()) for time, image in frames))
    return times, wave


def colours(times, rgb, fps):
    return times, -rgb[:, 1]
"""


def test_a_method_of_ones_own_from_frames_runs_once_per_recording_and_again_if_its_code_changes(study):
    module, config = study.folder / "own_frames.py", changed(study, method="own_frames:run")
    module.write_text(FRAMES)
    plan = study.planned(config, "--", "results/tiny/camera/methods.csv", *TARGETS)
    assert plan["extract_wave"] == 3
    assert plan["gather_rppg_windows"] == plan["count_snr_shares"] == plan["compare_methods"] == 1
    target = "results/tiny/camera/waves/v001.npz"
    study("--", target, config=config)
    with np.load(study.folder / target) as wave:
        assert len(wave["t"]) == len(wave["wave"]) == 90 * 20
    module.write_text(f"# the same\n{FRAMES}")
    assert study.planned(config, "--", target) == {}
    module.write_text(FRAMES.replace("20:50", "20:55"))
    assert study.planned(config, "--", target)["extract_wave"] == 1
    coloured = study.planned(changed(study, method="own_frames:colours"), "--", *TARGETS)
    assert coloured["gather_rppg_windows"] == 1
    assert not {"extract_wave", "extract_trace"} & set(coloured)


def test_ready_windows_are_a_second_door(study):
    folder = study.folder / "results/tiny/camera"
    windows = zarr.open_group(zarr.storage.ZipStore(folder / "windows.zarr.zip", mode="r"), mode="r")
    index = pd.read_parquet(folder / "windows.parquet")
    with h5py.File(study.folder / "windows.h5", "w") as file:
        file["rppg"] = signal.resample_poly(np.asarray(windows["ppg"][:], float), 5, 1, axis=1).T  # 875 samples
        file["label"] = index[["sbp", "dbp"]].to_numpy().T
        file["subject_idx"] = pd.factorize(index["subject"])[0]
    config = changed(study, source="ready", path="windows.h5")
    targets = ["results/figures/fig9.pdf", "results/tables/table2.csv"]
    plan = study.planned(config, "--", *targets)
    assert plan["gather_ready_windows"] == 1
    assert not {"extract_trace", "simulate_video"} & set(plan)
    before = pd.read_csv(study.folder / targets[1])
    study("--", *targets, config=config)
    after = pd.read_csv(study.folder / targets[1])
    assert after["n_subjects"].max() == before["n_subjects"].max() == 3
    passed = study("-n", config=changed(study, source="ready", path="gone.h5"))
    assert "skipped: their windows belong in gone.h5" in passed.stdout + passed.stderr


@pytest.fixture(scope="module")
def own_videos(study):
    """A user's folder: three good recordings, and one of each kind that cannot be used."""
    folder = study.folder / "videos"
    options = VideoSimulationOptions(**FILMED)
    rows = [simulate_recording(number, folder, options, SimulatorOptions()) for number in (1, 2, 3)]
    good = rows[0]

    def add(name, **cells):
        rows.append({**good, "subject": name, "recording": name, **cells})

    video = (folder / good["video"]).read_bytes()
    for name, content in (("empty", b""), ("garbage", b"no video" * 100), ("truncated", video[: len(video) // 20])):
        (folder / f"{name}.avi").write_bytes(content)
        add(name, video=f"{name}.avi")
    add("absent", video="absent.avi")
    gray(folder / "still.avi", seconds=60)
    add("still", video="still.avi", roi="", roi_mode="whole", timestamps="")
    add("faceless", video="faceless.avi", roi="", roi_mode="auto", timestamps="")
    gray(folder / "faceless.avi", seconds=12, flickers=True)
    shutil.copy(folder / good["video"], folder / "late.avi")
    bp = pd.read_csv(folder / good["bp"])
    bp.assign(time=bp["time"] + 86400).to_csv(folder / "late.csv", index=False)
    add("late", video="late.avi", bp="late.csv")
    shutil.copy(folder / good["video"], folder / "out.avi")
    add("out", video="out.avi", exclude="the subject speaks")
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "videos.csv", index=False)
    names = [row["recording"] for row in rows]
    config = changed(study, source="videos", manifest="videos/videos.csv")
    study("--", "results/tiny/camera/quality.csv", *sheets(names), config=config)
    return names


def gray(path: Path, seconds, *, flickers=False):
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (96, 72))
    for frame in range(20 * seconds):
        writer.write(np.full((72, 96, 3), 120 + flickers * 10 * (frame % 2), np.uint8))
    writer.release()


def sheets(names):
    return [f"results/tiny/camera/sheets/{name}.png" for name in names]


def test_each_recording_that_cannot_be_used_is_a_row_with_its_reason(study, own_videos):
    table = quality(study)
    assert list(table.index) == own_videos
    assert (table["windows_kept"][:3] > 0).all()
    assert (table["windows_kept"][3:] == 0).all()
    for name, said in {
        "empty": "the file is empty",
        "garbage": "is damaged or not in a format",
        "truncated": "truncated or damaged",
        "absent": "there is no such video",
        "still": "all",
        "faceless": "no face in",
        "late": "its values are from",
        "out": "excluded: the subject speaks",
    }.items():
        assert said in table.loc[name, "reason"], name


def test_a_recording_without_anything_to_show_has_a_sheet_all_the_same(study, own_videos):
    assert all((study.folder / sheet).is_file() for sheet in sheets(own_videos))


def test_a_manifest_with_mistakes_stops_before_any_work(study, own_videos):
    text = (study.folder / "videos/videos.csv").read_text()
    (study.folder / "wrong.csv").write_text(text.replace("file", "elsewhere", 1))
    config = changed(study, source="videos", manifest="wrong.csv")
    done = study("-n", "results/tiny/camera/quality.csv", config=config, check=False)
    assert done.returncode
    assert "rppg.manifest: wrong.csv, line 2, roi_mode: 'elsewhere' is unknown" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def exercised(study):
    """Five people filmed before and after exercise, with a cuff value each: from their folder to Table 2."""
    write_mcd_folder(study.folder / "mcd", subjects=5, seconds=40)
    (study.folder / "mcd/video/1035_FullHDwebcam_before.avi").unlink()
    make_manifest(study.folder / "mcd", study.folder / "mcd.csv")
    config = changed(study, source="videos", manifest="mcd.csv", tuning={**TUNING, "conditions": ["before", "after"]})
    study("--", "results/tables/table2.md", "results/tables/camera.md", config=config)
    return config


def test_recordings_with_cuff_values_go_to_table_2(study, exercised):
    plan = pd.read_parquet(study.folder / "results/tiny/designs/camera/folds.parquet")
    assert plan["test_recordings"].equals(plan["condition"].eq("after"))
    table = quality(study)
    assert "no file video/1035_FullHDwebcam_before.avi" in table.loc["1035_FullHDwebcam_before", "reason"]
    kept = table[table["windows_kept"] > 0]
    assert len(kept) >= 7
    assert kept["notes"].str.contains("one cuff value for the whole recording").all()
    apart = kept["notes"].str.extract(r"off by ([\d.]+) bpm from the contact PPG")[0].astype(float)
    assert (apart < 1).all()
    rows = pd.read_csv(study.folder / "results/tables/table2.csv")
    assert list(rows["setting"].unique()) == ["before", "tuned", "recordings"]
    assert rows["n_subjects"].eq(plan["subject"].nunique()).all()
    assert rows["mae"].between(0, 80).all()
    text = (study.folder / "results/tables/table2.md").read_text()
    assert "tested on the test subject's recordings 'after'; the last adds its recordings 'before'" in text
    assert "recordings have one cuff value for all of their windows" in text
    made = pd.read_parquet(study.folder / "results/tiny/finetuning/camera/alexnet/seed0/predictions.parquet")
    assert {"condition", "age", "sex", "bmi"} <= set(made)
    skill = pd.read_csv(study.folder / "results/tiny/judgement/camera/tables/skill.csv")
    assert skill.loc[skill["baseline"] == "body", "baseline_mae"].notna().any()


def test_conditions_that_the_manifest_lacks_stop_before_any_work(study, exercised):
    config = copy.deepcopy(exercised)
    config["rppg"]["tuning"]["conditions"] = ["rest", "after"]
    done = study("-n", "results/tables/table2.md", config=config, check=False)
    assert done.returncode
    assert "no recording has the condition 'rest' of rppg.tuning.conditions; there are before, after" in (
        done.stdout + done.stderr
    )
