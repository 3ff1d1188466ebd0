"""Recordings of people with names, from their files to what is judged; and what runs again when a name changes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from cuffless.config import SimulatorOptions
from cuffless.simulator import simulate_subject

PEOPLE = ("Anna Müller", "a_b", "李雷")
FS, SECONDS = 125, 100


@pytest.fixture(scope="module")
def named_study(make_study):
    """Two recordings of each of three people in folders with their names, one of nobody, and a table of people."""
    study = make_study("people")
    folder = study.folder / "recordings"
    for number, name in enumerate(PEOPLE, 1):
        person = simulate_subject(number, SimulatorOptions(minutes=2 * SECONDS / 60, seed=5, artefacts=False))
        signals = np.column_stack([person.ppg, person.abp])
        for session in range(2):
            file = folder / name / "home" / f"{session}.csv"
            file.parent.mkdir(parents=True, exist_ok=True)
            rows = signals[session * SECONDS * FS : (session + 1) * SECONDS * FS]
            np.savetxt(file, rows, fmt="%.4f", delimiter=",", header="ppg,abp", comments="")
    (folder / "loose.csv").write_bytes((folder / "a_b" / "home" / "0.csv").read_bytes())
    table = [
        "name,age,sex,height,weight",
        "Anna Müller,34,f,168,61",
        "a_b,51,m,1.82,95",
        "李雷,28,m,175,70",
        "Zoe,1,f,,",
    ]
    (folder / "subjects.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    study.config = {
        "study": {"dataset": "mine", "splits": ["nonmixed"], "networks": ["mean"]},
        "datasets": {"mine": {"records": {"source": "csv", "path": "recordings", "identity": "folder", "shards": 3}}},
        "windows": {"samples_per_beat": 25, "sbp_range": [40, 220], "dbp_range": [20, 130]},
        "splits": {"fractions": [0.4, 0.3, 0.3], "named": {"nonmixed": {"kind": "nonmixed"}}},
        "evaluation": {"bootstrap": 400},
    }
    (study.folder / "study.yaml").write_text(yaml.safe_dump(study.config))
    target = "results/mine/judgement/splits/tables/skill.csv"
    command = [sys.executable, str(Path(__file__).with_name("one_process.py")), target, "--configfile", "study.yaml"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=study.folder, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr[-5000:]
    return study


@pytest.mark.slow
def test_people_named_by_folders_are_people_in_every_table(named_study):
    results = named_study.folder / "results" / "mine"
    quality = pd.read_csv(results / "windows" / "main.quality.csv", keep_default_na=False)
    assert "subjects" not in "".join(quality["record"])  # the table of people is not a recording
    known = quality[quality["identity"] == "folder"]
    assert known.groupby("subject").size().to_dict() == dict.fromkeys(PEOPLE, 2)
    assert (known["windows_kept"] > 0).all()
    loose = quality[quality["record"] == "loose"].iloc[0]
    assert loose["windows_kept"] == 0
    assert "'loose.csv', a path below records.path, is in no folder below it" in loose["reason"]
    audit = json.loads((results / "designs" / "splits" / "nonmixed.audit.json").read_text())
    assert audit["identity"] == ["folder"]
    assert {name: audit["people"][name] for name in ("people", "records", "unknown")} == {
        "people": 3,
        "records": 6,
        "unknown": 1,
    }
    assert "people are identified by folder: 3 people in 6 of 7 records" in audit["notes"]
    assert "subjects.csv: no record matches line 5: Zoe; correct or delete what is not needed" in audit["notes"]
    shards = [pd.read_csv(path) for path in sorted((results / "records").glob("shard*.csv"))]
    assert sum(map(len, shards)) == 7  # a person's records may be cut by several jobs
    predictions = pd.read_parquet(results / "training/nonmixed/mean/seed0/predictions.parquet")
    ages = predictions.drop_duplicates("subject").set_index("subject")[["age", "sex"]]
    assert ages.loc["Anna Müller"].tolist() == [34, "f"]
    assert predictions.groupby("subject")["subset"].nunique().to_dict() == dict.fromkeys(PEOPLE, 1)
    skill = pd.read_csv(results / "judgement/splits/tables/skill.csv").set_index("baseline")
    assert np.isfinite(skill.loc[["demographics", "body"], "baseline_mae"]).all()


@pytest.mark.slow
def test_another_rule_or_age_cuts_no_window_again(named_study):
    target = ["--", "results/mine/designs/splits/nonmixed.audit.json"]
    again = {"join_records", "join_quality", "sample_split"}
    config = json.loads(json.dumps(named_study.config))
    config["datasets"]["mine"]["records"]["identity"] = "{subject}/**"
    planned = set(named_study.planned(config, *target))
    assert again <= planned
    assert not planned & {"list_records", "cut_windows"}
    table = named_study.folder / "recordings" / "subjects.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("34", "35"), encoding="utf-8")
    planned = set(named_study.planned(None, *target))
    table.write_text(text, encoding="utf-8")
    assert again <= planned
    assert not planned & {"list_records", "cut_windows"}


def test_a_table_of_people_that_is_not_there_is_named_before_anything_runs(make_study):
    study = make_study("absent")
    config = study.config | {"records": {"subjects": "people.csv"}}
    done = study("-n", config=config, check=False)
    assert done.returncode
    assert "datasets.tiny.records.subjects: people.csv is not a file" in done.stdout + done.stderr
