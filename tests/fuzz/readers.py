"""Every kind of file that is read, and how: through the functions that rules and commands call."""

import contextlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cuffless.config import EvaluationOptions, RecordOptions, WindowOptions, load_config
from tests.fuzz import corpus


@dataclass(frozen=True)
class Reader:
    """A kind of file.

    Attributes
    ----------
    write : callable
        Writes its corpus into a folder, a unit in a folder of its own.
    read : callable
        Reads a unit's folder, with a folder for what is written; gives what was refused, a message each.
    tensorflow : bool
        Whether it takes TensorFlow.
    share : float
        Of the cases asked for, as many are read: fewer of what takes seconds.
    found : bool
        Whether its files are found in a folder, where there may be anything; others are named by the user.
    """

    write: Callable[[Path], None]
    read: Callable[[Path, Path], list[str]]
    tensorflow: bool = False
    share: float = 1.0
    found: bool = False


def through_the_rules(source: str) -> Callable[[Path, Path], list[str]]:
    """Find, list, open and cut all recordings of a folder, as a study's jobs do, then look into each by a command."""

    def read(folder: Path, results: Path) -> list[str]:
        from cuffless.records import find_records, list_records, shard_listing
        from cuffless.windows import WindowStore, passing_signals, store_records

        download = {"url": "", "mirror": str(folder), "cache": str(results / "cache"), "reserve_gb": 0}
        options = RecordOptions(source=source, path=str(folder), shards=1, download=download)
        if source != "physionet":
            shard_listing(options, 0)
        table = list_records(find_records(options, 0), options, 0)
        table.to_csv(results / "records.csv", index=False)
        files = [results / name for name in ("w.zarr.zip", "w.parquet", "w.quality.csv")]
        with (
            passing_signals(results / "records.csv", options),
            WindowStore(*files, WindowOptions(samples_per_beat=25)) as store,
        ):
            store_records(results / "records.csv", options, store)
        quality = pd.read_csv(files[2], keep_default_na=False)
        if len(quality) != len(table):
            raise AssertionError(f"{len(table)} records listed, {len(quality)} of them in the quality table")
        refused = [reason for reason in quality["reason"] if reason]
        if source != "physionet":
            for path in table["path"].head(2):
                refused += _inspected(Path(path))
        return refused

    return read


def _inspected(path: Path) -> list[str]:
    from cuffless.cli.inspection import InspectCall, run_inspect

    return _answered(lambda: run_inspect(InspectCall(path, as_json=True)))


def _answered(command: Callable[[], int]) -> list[str]:
    """What a command says on standard error if it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()) as out:
        status = command()
    if "Traceback" in said.getvalue() + out.getvalue():
        raise AssertionError(f"it shows a traceback: {said.getvalue()[-300:]}")
    if status not in (0, 1, 2):
        raise AssertionError(f"it ends with the status {status}: {said.getvalue()[-300:]}")
    return [line.removeprefix("cuffless: ") for line in said.getvalue().splitlines()[-1:]] if status else []


def _only(folder: Path, *names: str) -> Path:
    """The file that a unit is read by, whatever has become of it."""
    return next((folder / name for name in names if os.path.lexists(folder / name)), folder / names[0])


def read_predictions(folder: Path, results: Path) -> list[str]:
    """Judge a table, up to its page."""
    from cuffless.judgement import judge, read_table

    table = _only(folder, "p.csv", "p.csv.gz", "p.parquet")
    if not table.is_file():
        return [f"{table} does not exist"]  # as the command says first
    judge(read_table([table]), EvaluationOptions(bootstrap=400))
    return []


def read_to_a_page(folder: Path, results: Path) -> list[str]:
    """Judge a table, its page and figures too."""
    from cuffless.cli.judging import JudgeCall, run_judge

    table = _only(folder, "p.csv", "p.csv.gz", "p.parquet")
    said = _answered(lambda: run_judge(JudgeCall([table], results / "page", bootstrap=400, as_json=True)))
    if not said and not (results / "page" / "judgement.html").is_file():
        raise AssertionError("there is no page")
    return said


def read_colours(folder: Path, results: Path) -> list[str]:
    """Pulse rates of colours over time."""
    from cuffless.cli.pulse import PulseCall, run_pulse

    return _answered(lambda: run_pulse(PulseCall(_only(folder, "c.csv", "c.npz"), seconds=10.0, as_json=True)))


def read_regions(folder: Path, results: Path) -> list[str]:
    """A file of regions."""
    from cuffless.camera.skin.roi import read_regions

    read_regions(folder / "r.json").polygons_at(1.0)  # under whatever names
    return []


def read_video(folder: Path, results: Path) -> list[str]:
    """Pulse rates of a video."""
    from cuffless.cli.pulse import PulseCall, run_pulse

    images = not any(os.path.lexists(folder / name) for name in ("v.avi", "v.mp4", "times.csv"))
    video = folder / "img_%05d.png" if images else _only(folder, "v.avi", "v.mp4", "v.avi")
    times = folder / "times.csv"
    how = {"fps": 10.0} if images else {"timestamps": times} if os.path.lexists(times) else {}
    return _answered(lambda: run_pulse(PulseCall(video, seconds=5.0, roi_mode="whole", as_json=True, **how)))


def read_camera_table(folder: Path, results: Path) -> list[str]:
    """A list of videos, or a monitor's values."""
    from datetime import datetime

    from cuffless.camera.manifest import read_manifest
    from cuffless.camera.windows.monitor import read_monitor

    if os.path.lexists(folder / "videos.csv"):
        read_manifest(folder / "videos.csv")
    else:
        read_monitor(folder / "bp.csv", start_time=datetime(2024, 5, 1, 10))
    return []


def read_camera_windows(folder: Path, results: Path) -> list[str]:
    """Windows of the camera branch."""
    from cuffless.camera.windows.ready import read_ready

    read_ready(folder / "rppg.h5", WindowOptions(samples_per_beat=25))
    return []


def read_configuration(folder: Path, results: Path) -> list[str]:
    """A study's configuration."""
    load_config(folder / "study.yaml")
    return []


def read_model(folder: Path, results: Path) -> list[str]:
    """A network, and what it predicts of a recording."""
    from cuffless.cli.prediction import PredictCall, run_predict

    signal = results / "ppg.csv"
    signal.write_text("ppg\n" + "".join(f"{value}\n" for value in corpus.PPG))
    model = folder / "model.keras"
    return _answered(lambda: run_predict(PredictCall(signal, model, fs=corpus.FS, as_json=True)))


def read_cuff(folder: Path, results: Path) -> list[str]:
    """Values of a cuff."""
    from cuffless.records.cuff_values import read_cuff_values

    read_cuff_values(folder / "cuff.csv")
    return []


def read_record_list(folder: Path, results: Path) -> list[str]:
    """A list of records."""
    from cuffless.records.record_lists import list_digest, list_file

    path = str(_only(folder, "records.txt", "records.csv"))
    list_file(path, True)
    list_digest(path, 2, 0)
    return []


def read_people(folder: Path, results: Path) -> list[str]:
    """A table of people, and whom it names."""
    import pandas as pd

    from cuffless.config import RecordOptions
    from cuffless.records import identify_people, read_subjects

    options = RecordOptions(source="csv", path=str(folder))
    names = ("a", "b", "sub-01_rest", "sub-02")
    records = pd.DataFrame({"record": names, "subject": names, "identity": "record", "problem": ""})
    records["path"] = [str(folder / f"{name}.csv") for name in names]
    identify_people(records, options, read_subjects(_only(folder, "subjects.csv", "participants.tsv")))
    return []


READERS = {
    "wfdb": Reader(corpus.write_wfdb, through_the_rules("wfdb"), found=True),
    "segments": Reader(corpus.write_masters, through_the_rules("wfdb"), found=True),
    "physionet": Reader(corpus.write_published_records, through_the_rules("physionet"), found=True),
    "text": Reader(corpus.write_texts, through_the_rules("csv"), found=True),
    "compressed-text": Reader(corpus.write_compressed_texts, through_the_rules("csv"), found=True),
    "matlab5": Reader(corpus.write_old_matlab, through_the_rules("kachuee"), found=True),
    "matlab73": Reader(corpus.write_new_matlab, through_the_rules("kachuee"), found=True),
    "ready": Reader(corpus.write_ready, through_the_rules("ready"), found=True),
    "vital": Reader(corpus.write_vital, through_the_rules("vital"), found=True),
    "edf": Reader(corpus.write_edf, through_the_rules("edf"), found=True),
    "mimicbp": Reader(corpus.write_mimicbp, through_the_rules("mimicbp"), found=True),
    "people": Reader(corpus.write_people, read_people),
    "record-lists": Reader(corpus.write_record_lists, read_record_list),
    "predictions": Reader(corpus.write_predictions, read_predictions),
    "parquet": Reader(corpus.write_parquet, read_predictions),
    "pages": Reader(corpus.write_predictions, read_to_a_page, share=0.1),
    "colours": Reader(corpus.write_colours, read_colours),
    "npz": Reader(corpus.write_colour_arrays, read_colours),
    "regions": Reader(corpus.write_regions, read_regions),
    "videos": Reader(corpus.write_videos, read_video),
    "camera-tables": Reader(corpus.write_camera_tables, read_camera_table),
    "camera-windows": Reader(corpus.write_camera_windows, read_camera_windows),
    "configurations": Reader(corpus.write_configurations, read_configuration),
    "cuff-values": Reader(corpus.write_cuff_values, read_cuff),
    "models": Reader(corpus.write_models, read_model, tensorflow=True),
}
