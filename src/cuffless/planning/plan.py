"""The plan of a study: what it reads, computes and writes, and whether it fits on the disk."""

from pathlib import Path

import numpy as np

from cuffless.config import StudyConfig
from cuffless.config.folds import fold_names
from cuffless.files import GB
from cuffless.planning.disk import Store, judge_disks
from cuffless.planning.holdings import Holdings, holdings_of
from cuffless.planning.jobs import count_jobs, used_networks, used_windowings
from cuffless.planning.training import STATE_COPIES, model_bytes, windows_to_train
from cuffless.planning.windows import (
    INDEX_BYTES,
    MANIFEST_BYTES,
    PREDICTION_BYTES,
    STORED_SHARE,
    set_sizes,
    window_seconds,
    windows_by_subject,
)
from cuffless.windows.shuffle import Shuffle

CPU_MS_PER_HOUR_WINDOWED = 90.73
"""CPU milliseconds to cut an hour of signal from a WFDB file into windows in a store (docs/benchmarks.md)."""
SIMULATED_HOURS_PER_CPU_SECOND = 4.415
"""Hours of signal that are simulated per CPU-second (docs/benchmarks.md)."""
WINDOWS_MATERIALIZED_PER_CPU_SECOND = 45_780
"""Windows that are copied into their sets per CPU-second (docs/benchmarks.md)."""


def make_plan(
    study: StudyConfig,
    *,
    figures: int,
    folder: str | Path = ".",
    jobs: int = 1,
    windows_per_second: float | None = None,
) -> dict:
    """Predict the time, space and jobs that a study needs.

    Parameters
    ----------
    study : StudyConfig
    figures : int
        Figures that it plots; see `cuffless.figures.registry.figures_of`.
    folder : path
        Folder of the study; the configuration's paths are relative to it.
    jobs : int
        Jobs that run at once: each needs temporary space.
    windows_per_second : float, optional
        Windows that a training processes per second; without it its hours are not estimated.

    Returns
    -------
    dict
        See `cuffless.cli.planning`.

    Raises
    ------
    RecordError
        If the table of records cannot be read, or names no usable record.
    """
    name = study.study.dataset
    dataset = study.datasets[name]
    holdings = holdings_of(name, dataset, folder)
    windowings = {w: _windowing(study, w, holdings, Path(folder)) for w in used_windowings(study)}
    splits = {s: _split(study, s, windowings) for s in study.study.splits}
    training = _training(study, splits, windows_per_second)
    stores = _stores(study, holdings, windowings, splits, Path(folder), jobs)
    disks = judge_disks(stores, dataset.records.download.reserve_gb)
    counts = count_jobs(study, figures)
    return {
        "dataset": name,
        "source": dataset.records.source,
        **_described(study, holdings, len(windowings)),
        "windowings": {w: {k: v for k, v in one.items() if k != "by_subject"} for w, one in windowings.items()},
        "splits": splits,
        "training": training,
        "cpu_hours": _cpu_hours(dataset.records.source, holdings, len(windowings), splits),
        "jobs": {**counts, "total": sum(counts.values())},
        "stores": {store.name: {"gb": store.kept / GB, "passing_gb": store.passing / GB} for store in stores},
        "disks": disks,
        "fits": all(disk["fits"] for disk in disks),
    }


def _described(study, holdings: Holdings, windowings: int) -> dict:
    records = study.datasets[study.study.dataset].records
    download = None if holdings.raw_bytes is None else holdings.raw_bytes / GB
    notes = [holdings.note] if holdings.note else []
    if records.source != "physionet" or not records.download.url:
        download = 0.0
    elif download is not None and not records.download.keep_raw:
        download *= windowings  # what is deleted once it is cut is fetched again for the next windowing
    if records.source == "physionet" and not records.download.url:
        notes.append("records.download.url is empty: recordings are linked from the mirror, nothing is fetched")
    elif records.source == "physionet" and records.download.mirror:
        notes.append(f"download and recordings at most: what {records.download.mirror} holds is linked, not fetched")
    return {
        "basis": holdings.basis,
        "note": "; ".join(notes),
        "records": holdings.records,
        "unusable": holdings.unusable,
        "subjects": holdings.subjects,
        "hours": holdings.hours,
        "download_gb": download,
    }


def _windowing(study, name: str, holdings: Holdings, folder: Path) -> dict:
    """Windows of a windowing and the size of their stores; None where nothing is known of the records."""
    options = study.windowings[name]
    if holdings.subject_seconds is None:
        return {"samples": options.samples, "windows": None, "basis": "unknown", "gb": None, "by_subject": None}
    quality = folder / "results" / study.study.dataset / "windows" / f"{name}.quality.csv"
    by_subject, basis = windows_by_subject(holdings.subject_seconds, options, quality)
    windows = int(by_subject.sum())
    stored = windows * (STORED_SHARE * Shuffle.n_bytes(1, options.samples) + 2 * INDEX_BYTES)
    return {
        "samples": options.samples,
        "window_seconds": window_seconds(options),
        "windows": windows,
        "basis": basis,
        "gb": stored / GB,
        "by_subject": by_subject,
    }


def _split(study, name: str, windowings: dict) -> dict:
    options = study.splits.named[name]
    windowing, folds = windowings[options.windowing], len(fold_names(name, options))
    sizes = set_sizes(windowing["by_subject"], options)
    raw = Shuffle.n_bytes(sum(sizes), windowing["samples"])
    rows = sum(sizes) * (folds if folds == 1 else 2 * folds)  # those of the folds, and joined
    return {
        **dict(zip(("train", "val", "test"), sizes, strict=True)),
        "folds": folds,
        "gb": (STORED_SHARE * raw * folds + MANIFEST_BYTES * rows) / GB,
        "passing_gb": raw / GB,
    }


def _training(study, splits: dict, windows_per_second: float | None) -> dict:
    seeds = len(study.study.seeds)
    by_network = {
        network: seeds
        * sum(split["folds"] * windows_to_train(study, network, split["train"]) for split in splits.values())
        for network in used_networks(study)
    }
    total = sum(by_network.values())
    return {
        "runs": seeds * sum(split["folds"] for split in splits.values()) * len(by_network),
        "windows_at_most": total,
        "windows_by_network": by_network,
        "hours_at_most": total / windows_per_second / 3600 if windows_per_second else None,
    }


def _cpu_hours(source: str, holdings: Holdings, windowings: int, splits: dict) -> dict:
    hours = holdings.hours
    windows = sum(split["folds"] * (split["train"] + split["val"] + split["test"]) for split in splits.values())
    return {
        "simulating": 0.0 if hours is None or source != "simulator" else hours / SIMULATED_HOURS_PER_CPU_SECOND / 3600,
        "windowing": None if hours is None else hours * windowings * CPU_MS_PER_HOUR_WINDOWED / 3.6e6,
        "materializing": windows / WINDOWS_MATERIALIZED_PER_CPU_SECOND / 3600,
    }


def _stores(study, holdings: Holdings, windowings: dict, splits: dict, folder: Path, jobs: int) -> list[Store]:
    """Disk space by folder; the data of a local folder exist already."""
    name = study.study.dataset
    results, place = folder / "results" / name, f"results/{name}"
    stores = []
    records = study.datasets[name].records
    raw = holdings.raw_bytes
    if records.source == "simulator":
        assert raw is not None  # what is simulated has a known size
        stores.append(Store("recordings", results / "raw", raw, place=place))
    elif records.source == "physionet":
        assert raw is not None  # listed, or as published
        held, passing = raw, 0.0
        if not records.download.url:
            held = 0.0  # links to the mirror
        elif not records.download.keep_raw:
            # A shard's signals stay until its windows are written; one long record may outweigh a mean shard.
            shard = max(raw / records.shards, holdings.largest_bytes or 0.0)
            held, passing = 0.0, shard * min(jobs, records.shards)
        cache = records.download.cache
        stores.append(Store("recordings", folder / cache / records.database, held, passing, cache))
    known = [one["gb"] for one in windowings.values() if one["gb"] is not None]
    stores.append(Store("windows", results / "windows", sum(known) * GB, place=place))
    spilled = [split["passing_gb"] * GB for split in splits.values() for _ in range(split["folds"])]
    spills = sorted(spilled, reverse=True)
    kept = sum(split["gb"] for split in splits.values()) * GB
    stores.append(Store("splits", results / "designs" / "splits", kept, sum(spills[:jobs]), place))
    models, states = _models(study, windowings, splits)
    stores.append(Store("training", results / "training", models, sum(states[:jobs]), place))
    return stores


def _models(study, windowings: dict, splits: dict) -> tuple[float, list[float]]:
    """Bytes of all networks and predictions, and of each training's state while it is replaced, the largest first."""
    sizes, states = [], []
    for name, split in splits.items():
        samples = windowings[study.splits.named[name].windowing]["samples"]
        rows, folds = PREDICTION_BYTES * (split["train"] + split["val"] + split["test"]), split["folds"]
        for network in used_networks(study):
            model = model_bytes(study.networks[network], samples)
            joined = rows if folds > 1 else 0
            sizes += [model + rows + joined] * folds * len(study.study.seeds)
            states += [2 * STATE_COPIES * model] * folds * len(study.study.seeds)
    return float(np.sum(sizes)), sorted(states, reverse=True)
