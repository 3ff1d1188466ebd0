"""Folders of bad recordings, through the rules: what is whole is cut, and each of the others says why."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from module_files import load_module

bad = load_module(Path(__file__).parents[1] / "records" / "test_one_bad_recording.py")


@pytest.mark.slow
def test_bad_recordings_stop_no_rule(make_study):
    study = make_study("bad")
    datasets, targets = {}, []
    for source in ("wfdb", "csv"):
        folder = study.folder / "data" / source
        folder.mkdir(parents=True)
        bad.write_wfdb(folder, "good") if source == "wfdb" else bad.write_csv(folder / "good.csv")
        for number, fault in enumerate(name for name, (of, _) in bad.FAULTS.items() if of == source):
            (folder / f"{number:02d}").mkdir()
            bad.FAULTS[fault][1](folder / f"{number:02d}")
        datasets[source] = {"records": {"source": source, "path": f"data/{source}", "shards": 1}}
        targets += [f"results/{source}/records.csv", f"results/{source}/windows/main.quality.csv"]
        targets += [f"results/{source}/windows/crops/time1/shard000.quality.csv"]
    config = {
        "study": {"dataset": "wfdb", "splits": ["nonmixed"], "networks": ["mean"]},
        "datasets": datasets,
        "windows": {"samples_per_beat": 25},
        "splits": {"named": {"nonmixed": {"kind": "nonmixed"}}},
        "inputs": {"croppings": ["time"], "lengths": [1], "stretch_seconds": 10},
    }
    (study.folder / "study.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, str(Path(__file__).with_name("one_process.py")), *targets, "--configfile", "study.yaml"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=study.folder, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr[-5000:]
    for source in datasets:
        results = study.folder / "results" / source
        records = pd.read_csv(results / "records.csv", keep_default_na=False)
        for quality in (
            results / "windows" / "main.quality.csv",
            results / "windows/crops/time1/shard000.quality.csv",
        ):
            quality = pd.read_csv(quality, keep_default_na=False).set_index("record")
            assert set(quality.index) == set(records["record"])
            assert quality.loc["good", "windows_kept"] > 0
            assert ((quality["windows_kept"] > 0) | (quality["reason"] != "")).all()
        assert (records["problem"] != "").sum() >= 3
