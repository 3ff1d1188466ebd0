"""Small whole files of every kind that is read, made by the libraries that make them elsewhere.

A unit is the files of one thing that is read, by their paths; a corpus has some units of a kind.
"""

import gzip
import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.io
import wfdb

from tests.records import biosignal_files, matlab_files

FS = 125
SECONDS = 24
N = SECONDS * FS
PULSE_BPM = 75.0


def wave(seconds=SECONDS, fs=FS, bpm=PULSE_BPM):
    """A pulse between 0 and 1."""
    beat = np.arange(round(seconds * fs)) / fs * bpm / 60 % 1
    made = np.exp(-0.5 * ((beat - 0.3) / 0.1) ** 2) + 0.3 * np.exp(-0.5 * ((beat - 0.6) / 0.12) ** 2)
    return (made - made.min()) / np.ptp(made)


PPG, ABP = wave().round(4), (70 + 50 * wave()).round(2)


def header(name: str, n: int, *files: str) -> str:
    """A WFDB header of PPG and pressure in format 16, both in one file or each in its own."""
    signals = zip((*files, *files)[:2], ("10000/NU", "100/mmHg"), ("PLETH", "ABP"), strict=True)
    return "\n".join(
        [f"{name} 2 {FS} {n}", *(f"{file} 16 {gain} 16 0 0 0 0 {said}" for file, gain, said in signals), ""]
    )


def write_wfdb(folder: Path) -> None:
    """Formats of 16, 12 and 8 bits, and signals in files of their own."""
    for fmt, gain in (("16", (10000, 100)), ("212", (1000, 10)), ("80", (100, 1))):
        unit = folder / f"format {fmt}"
        unit.mkdir()
        digital = np.column_stack([PPG * gain[0], (ABP - 90) * gain[1]]).round().astype(np.int64)
        wfdb.wrsamp(
            *("r", FS, ["NU", "mmHg"], ["PLETH", "ABP"]),
            d_signal=digital, fmt=[fmt] * 2, adc_gain=list(gain), baseline=[0, -90 * gain[1]], write_dir=str(unit),
        )  # fmt: skip
    unit = folder / "two files"
    unit.mkdir()
    for name, digits in (("a", PPG * 10000), ("b", ABP * 100)):
        digits.round().astype("<i2").tofile(unit / f"{name}.dat")
    (unit / "r.hea").write_text(header("r", N, "a.dat", "b.dat"))


def write_masters(folder: Path) -> None:
    """Several segments: of one layout throughout, and of changing channels with a layout and a gap."""
    for name, layout in (("fixed", False), ("variable", True)):
        unit = folder / name
        unit.mkdir()
        for k, (start, stop) in enumerate(((0, N // 2), (N // 2, N)), 1):
            digits = np.column_stack([PPG * 10000, ABP * 100]).round().astype("<i2")[start:stop]
            digits.tofile(unit / f"r_000{k}.dat")
            (unit / f"r_000{k}.hea").write_text(header(f"r_000{k}", stop - start, f"r_000{k}.dat"))
        if layout:
            lines = ["~ 0 10000/NU 16 0 0 0 0 PLETH", "~ 0 100/mmHg 16 0 0 0 0 ABP"]
            (unit / "r_layout.hea").write_text("\n".join([f"r_layout 2 {FS} 0", *lines, ""]))
        names = [*["r_layout 0"] * layout, f"r_0001 {N // 2}", *["~ 250"] * layout, f"r_0002 {N - N // 2}"]
        first = f"r/{len(names)} 2 {FS} {N + 250 * layout} 10:20:30 01/02/2150"
        (unit / "r.hea").write_text("\n".join([first, *names, ""]))


def texts() -> dict[str, str]:
    """Tables of signals as programs write them, by a name for each."""
    ppg, abp, time = PPG[: 12 * FS], ABP[: 12 * FS], np.arange(12 * FS) / FS

    def rows(*columns, by=",", point="."):
        return "".join(by.join(str(v).replace(".", point) for v in row) + "\n" for row in zip(*columns, strict=True))

    clock = [f"2024-05-01T10:{int(t) // 60:02}:{t % 60:06.3f}" for t in time]
    device = {"sensor": ["BVP", "RAW"], "column": ["nSeq", "ppg", "abp"], "sampling rate": FS}
    return {
        "commas": "time,ppg,abp\n" + rows(time, ppg, abp),
        "decimal commas": "time;ppg;abp\n" + rows(time, ppg, abp, by=";", point=","),
        "dates": "time\tppg\tabp\n" + rows(clock, ppg, abp, by="\t"),
        "units": "Elapsed time,PLETH,ABP\n(seconds),(NU),(mmHg)\n" + rows(time, ppg, abp),
        "OpenSignals": f"# OpenSignals Text File Format\n# {json.dumps({'00:07': device})}\n# EndOfHeader\n"
        + rows(range(len(ppg)), ppg, abp, by="\t"),
    }


def write_texts(folder: Path) -> None:
    """Tables of signals as they are."""
    for name, text in texts().items():
        (folder / name).mkdir()
        (folder / name / "r.csv").write_text(text)


def write_compressed_texts(folder: Path) -> None:
    """The same, compressed."""
    for name, text in texts().items():
        (folder / name).mkdir()
        (folder / name / "r.csv.gz").write_bytes(gzip.compress(text.encode(), 1, mtime=0))


def write_old_matlab(folder: Path) -> None:
    """Kachuee's cells as MATLAB wrote them before 7.3, compressed and not."""
    for name, compressed in (("plain", False), ("compressed", True)):
        (folder / name).mkdir()
        cells = np.empty((1, 2), object)
        cells[0] = [np.vstack([PPG, ABP, PPG]) for _ in range(2)]
        scipy.io.savemat(folder / name / "part_1.mat", {"p": cells}, do_compression=compressed)


def write_new_matlab(folder: Path) -> None:
    """Kachuee's cells as MATLAB writes them since 7.3, which is HDF5."""
    cells = [np.column_stack([PPG, ABP, PPG])] * 2
    matlab_files.write_cells(folder / "cells" / "Part_1.mat", "Part_1", cells)


def windows(samples):
    """Windows in rows, their pressures."""
    ppg = wave(60)
    ppg = ppg[: len(ppg) // samples * samples].reshape(-1, samples)
    return ppg, np.full(len(ppg), 120.0), np.full(len(ppg), 70.0)


def write_ready(folder: Path) -> None:
    """Windows that are cut already, in the layouts of the authors and of PulseDB."""
    ppg, sbp, dbp = windows(875)
    label = np.column_stack([sbp, dbp]).astype(int)
    matlab_files.write_published(folder / "authors" / "ready.h5", ppg, label, np.arange(len(ppg)) % 2)
    ppg, sbp, dbp = windows(1250)
    matlab_files.write_subset(folder / "subset" / "Subset.mat", ppg, sbp, dbp, ["p000001_0"] * len(ppg))
    matlab_files.write_segments(
        folder / "segments" / "p000001.mat", ppg, sbp, dbp, "p000001", times=10.0 * np.arange(len(ppg))
    )


def write_vital(folder: Path) -> None:
    """VitalRecorder's files."""
    waves = {"SNUADC/PLETH": (PPG, ""), "SNUADC/ART": (ABP, "mmHg")}
    (folder / "waves").mkdir()
    biosignal_files.write_vital(folder / "waves" / "1.vital", waves, FS)
    (folder / "numbers too").mkdir()
    biosignal_files.write_vital(
        folder / "numbers too" / "1.vital", waves, FS, numerics={"Solar8000/HR": [75.0] * 12}, packed=True
    )


def write_edf(folder: Path) -> None:
    """EDF, EDF+ with gaps, BDF."""
    import edfio

    signals = [("PLETH", "", PPG, FS, (-1, 3)), ("ABP", "mmHg", ABP, FS, (0, 300))]
    for name, how in (
        ("edf", {}),
        ("edf+d", {"onsets": [*range(12), *range(15, 15 + SECONDS - 12)]}),
        ("bdf", {"kind": edfio.BdfSignal}),
    ):
        (folder / name).mkdir()
        biosignal_files.write_edf(folder / name / ("r.bdf" if name == "bdf" else "r.edf"), signals, **how)


def write_mimicbp(folder: Path) -> None:
    """Arrays of numpy's, PPG and pressure in folders of their own."""
    for name, kind in (("doubles", "f8"), ("halves", "f2")):
        for signal, values in (("ppg", PPG), ("abp", ABP)):
            (folder / name / signal).mkdir(parents=True)
            np.save(folder / name / signal / f"p000001_{signal}.npy", values[None].astype(kind))


def write_published_records(folder: Path) -> None:
    """A database of PhysioNet's in a mirror, with its lists and checksums."""
    from cuffless.provenance import file_digest

    root = folder / "mirror" / "mimic3wdb-matched" / "1.0"
    inside = root / "p00" / "p000001"
    inside.mkdir(parents=True)
    for k in (1, 2):
        digits = np.column_stack([PPG * 10000 + k, ABP * 100]).round().astype("<i2")
        digits.tofile(inside / f"p000001-{k}.dat")
        (inside / f"p000001-{k}.hea").write_text(header(f"p000001-{k}", N, f"p000001-{k}.dat"))
    (root / "RECORDS").write_text("p00/p000001/\n")
    (inside / "RECORDS").write_text("p000001-1\np000001-2\n")
    sums = [(path, file_digest(path)) for path in sorted(root.rglob("*")) if path.is_file()]
    (root / "SHA256SUMS.txt").write_text("".join(f"{d}  {path.relative_to(root).as_posix()}\n" for path, d in sums))


def predictions() -> pd.DataFrame:
    """Predictions for six people."""
    rng = np.random.default_rng(0)
    n = 60
    level = rng.normal(120, 15, 6)[np.arange(n) % 6]
    return pd.DataFrame(
        {
            "subject": [f"s{k % 6}" for k in range(n)],
            "record": [f"r{k % 6}" for k in range(n)],
            "start": 10.0 * (np.arange(n) // 6),
            "seconds": 6.0,
            "subset": ["calibration" if k < 12 else "test" for k in range(n)],
            "network": "mine",
            "age": 40 + np.arange(n) % 6,
            "sex": ["f" if k % 2 else "m" for k in range(n)],
            "sbp_ref": (level + rng.normal(0, 6, n)).round(2),
            "dbp_ref": (level / 2 + rng.normal(0, 4, n)).round(2),
            "sbp": (level + rng.normal(0, 9, n)).round(2),
            "dbp": (level / 2 + rng.normal(0, 6, n)).round(2),
        }
    )


def write_predictions(folder: Path) -> None:
    """As text, plain, with semicolons, and compressed."""
    for name in ("commas", "semicolons", "compressed"):
        (folder / name).mkdir()
    predictions().to_csv(folder / "commas" / "p.csv", index=False)
    predictions().to_csv(folder / "semicolons" / "p.csv", index=False, sep=";", decimal=",")
    predictions().to_csv(folder / "compressed" / "p.csv.gz", index=False, compression={"method": "gzip", "mtime": 0})


def write_parquet(folder: Path) -> None:
    """As parquet, with pandas' metadata and without."""
    (folder / "pandas").mkdir()
    predictions().to_parquet(folder / "pandas" / "p.parquet", index=False)
    (folder / "named index").mkdir()
    predictions().set_index(["subject", "record"]).to_parquet(folder / "named index" / "p.parquet", compression="gzip")


def colours(seconds=24, fps=20.0, amplitude=0.5):
    """Times and colours of a face."""
    pulse = amplitude * wave(seconds, fps)[:, None]
    return np.arange(round(seconds * fps)) / fps, 100 + pulse * [0.3, 1, 0.6] + 20


def write_colours(folder: Path) -> None:
    """Colours over time, as text."""
    time, rgb = colours()
    for name, scale, by in (("seconds", 1.0, ","), ("milliseconds", 1e3, ";")):
        (folder / name).mkdir()
        table = pd.DataFrame(np.column_stack([time * scale, rgb]).round(3), columns=["time", "R", "G", "B"])
        table.to_csv(folder / name / "c.csv", index=False, sep=by)


def write_colour_arrays(folder: Path) -> None:
    """Colours over time, as arrays of numpy's; the program's own layout, too."""
    time, rgb = colours()
    (folder / "theirs").mkdir()
    np.savez(folder / "theirs" / "c.npz", rgb=rgb.astype(np.float32), fps=20.0)
    (folder / "ours").mkdir()
    np.savez_compressed(
        folder / "ours" / "c.npz",
        t=time,
        rgb=rgb[:, None].astype(np.float32),
        n_pixels=np.full((len(time), 1), 900, np.int32),
        rois=np.array(["forehead"]),
        fps=20.0,
        stamps="file",
        notes=np.array(["times are counted"]),
    )


def write_regions(folder: Path) -> None:
    """Regions of the skin."""
    square = [[4.0, 4], [20, 4], [20, 20], [4, 20]]
    rois = {name: [{"t": 0, "polygon": square}, {"t": 2.5, "polygon": None}] for name in ("forehead", "left cheek")}
    (folder / "regions").mkdir()
    (folder / "regions" / "r.json").write_text(
        json.dumps({"version": 1, "video": "v.avi", "width": 32, "height": 24, "interpolation": "linear", "rois": rois})
    )


def write_videos(folder: Path) -> None:
    """Motion JPEG and MPEG-4 in their containers, numbered images, and times of frames."""
    import cv2

    time, rgb = colours(15, 10.0, 20.0)
    frames = [np.broadcast_to(colour[::-1].round().astype(np.uint8), (24, 32, 3)) for colour in rgb]
    for name, code in (("v.avi", "MJPG"), ("v.mp4", "mp4v")):
        unit = folder / name[2:]
        unit.mkdir()
        writer = cv2.VideoWriter(str(unit / name), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 10.0, (32, 24))
        for frame in frames:
            writer.write(np.ascontiguousarray(frame))
        writer.release()
    (folder / "avi" / "times.csv").write_text("time\n" + "".join(f"{t:.3f}\n" for t in time))
    (folder / "images").mkdir()
    for number, frame in enumerate(frames):
        (folder / "images" / f"img_{number:05d}.png").write_bytes(cv2.imencode(".png", frame)[1].tobytes())


def write_camera_tables(folder: Path) -> None:
    """A list of videos, and a monitor's pressures."""
    (folder / "videos").mkdir()
    (folder / "videos" / "videos.csv").write_text(
        "subject,recording,video,fps,start_time,bp,bp_offset_s\n"
        "1,a,a.avi,30,2024-05-01T10:00:00,a.csv,-1.5\n2,b,b.avi,,,,\n"
    )
    (folder / "pressures").mkdir()
    (folder / "pressures" / "bp.csv").write_text("time,sbp,dbp\n" + "".join(f"{60 * k},12{k},7{k}\n" for k in range(8)))
    (folder / "dated pressures").mkdir()
    rows = "".join(f"2024-05-01T10:0{k}:00,12{k},7{k}\n" for k in range(8))
    (folder / "dated pressures" / "bp.csv").write_text("time,sbp,dbp\n" + rows)


def write_camera_windows(folder: Path) -> None:
    """Windows of the camera branch that are cut already."""
    ppg, sbp, dbp = windows(875)
    (folder / "authors").mkdir()
    with h5py.File(folder / "authors" / "rppg.h5", "w") as file:
        file["rppg"], file["label"] = ppg.T, np.vstack([sbp, dbp])
        file["subject_idx"] = (np.arange(len(ppg)) % 2).reshape(1, -1).astype(float)


def write_configurations(folder: Path) -> None:
    """The tiny study's configuration, and one with aliases."""
    text = (Path(__file__).parents[2] / "config" / "tiny.yaml").read_text(encoding="utf-8")
    (folder / "tiny").mkdir()
    (folder / "tiny" / "study.yaml").write_text(text)
    (folder / "aliases").mkdir()
    (folder / "aliases" / "study.yaml").write_text(
        f"{text}\npersonalization:\n  named:\n    main: &first {{leakage: warn}}\n    other: *first\n"
    )


def write_models(folder: Path) -> None:
    """A small network with its windows' options, and the mean regressor."""
    from cuffless.config import MeanOptions, WindowOptions, read_config
    from cuffless.networks import build_network, save_network

    metadata = {"windows": WindowOptions(samples_per_beat=25).model_dump(mode="json"), "derivatives": False}
    labels = {"label_mean": (120, 62), "label_sd": (15, 8), "metadata": metadata}
    minimal = {"study": {"dataset": "d", "splits": ["s"]}, "datasets": {"d": {"records": {"source": "simulator"}}}}
    minimal |= {"windowings": {"main": {}}, "splits": {"named": {"s": {}}}}
    minimal |= {"networks": {"alexnet": {"width": 0.0625, "batch_norm_momentum": 0.9}}}
    minimal["study"]["networks"] = ["alexnet"]
    for name, options in (("mean", MeanOptions()), ("alexnet", read_config(minimal).networks["alexnet"])):
        (folder / name).mkdir()
        save_network(build_network(options, (175, 1), **labels), folder / name / "model.keras")


def write_cuff_values(folder: Path) -> None:
    """Values of a cuff."""
    for name, by, point in (("commas", ",", "."), ("semicolons", ";", ",")):
        (folder / name).mkdir()
        rows = "".join(by.join((f"{60 * k + 0.5}".replace(".", point), f"12{k}", f"7{k}")) + "\n" for k in range(6))
        (folder / name / "cuff.csv").write_text(by.join(("time", "sbp", "dbp")) + "\n" + rows)


def write_people(folder: Path) -> None:
    """Tables of people: of files, and of BIDS."""
    rows = ["file;subject;age;sex;Height [cm];weight", "a.csv;Ann;34;f;168;61,5", "b.csv;Bo;51;m;1.82;"]
    (folder / "files").mkdir()
    (folder / "files" / "subjects.csv").write_text("\n".join([*rows, ""]))
    (folder / "bids").mkdir()
    rows = ["participant_id\tage\tsex", "sub-01\t34\tF", "sub-02\tn/a\tM"]
    (folder / "bids" / "participants.tsv").write_text("\n".join([*rows, ""]))


def write_record_lists(folder: Path) -> None:
    """Lists of records that a study names."""
    lines = ["p00/p000020/p000020-2183-04-28-17-47", "30/3000003/", "39/3982843_0010", "waves/p100/p10014354/81739927/"]
    (folder / "lines").mkdir()
    (folder / "lines" / "records.txt").write_text("\n".join([*lines, ""]))
    (folder / "table").mkdir()
    (folder / "table" / "records.csv").write_text("record,use\n" + "".join(f"{line},1\n" for line in lines))
