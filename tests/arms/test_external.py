"""The external test as the workflow judges it: files of the data sets' own networks, and of those of others."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cuffless.arms import load_arm
from cuffless.config import TRANSFERS, EvaluationOptions
from cuffless.designs.transfer import audit_transfer


def windows(name, subset):
    rows = {"subject": [f"{name}{k // 3}" for k in range(24)], "record": [f"{name}{k // 3}" for k in range(24)]}
    pressures = np.random.default_rng(len(name)).normal((120, 70), (12, 8), (24, 2))
    table = pd.DataFrame({**rows, "start": np.arange(24) % 3 * 5.0, "seconds": 5.0, "subset": subset})
    return table.assign(sbp_ref=pressures[:, 0], dbp_ref=pressures[:, 1], split="nonmixed", seed=0)


@pytest.fixture
def files(tmp_path):
    """Files as the rules name them, of the data sets `ward` and `lab`, whose person `ward7` trains in both."""
    own, predictions, lines, audits = [], [], [], []

    def write(table, *folder):
        path = tmp_path.joinpath("results", *folder)
        path.mkdir(parents=True)
        table.to_parquet(path / "predictions.parquet")
        return str(path / "predictions.parquet")

    for tested in ("ward", "lab"):
        rows = windows(tested, "test")
        for network, error in (("alexnet", 2.0), ("mean", 30.0)):
            made = rows.assign(network=network, sbp=rows["sbp_ref"] + error, dbp=rows["dbp_ref"] + error)
            own.append(write(made, tested, "training", "nonmixed", network, "seed0"))
            [origin] = {"ward", "lab"} - {tested}
            parts = [made.assign(setting=setting, trained_on=origin) for setting in TRANSFERS]
            parts.append(made.assign(subset="train", setting="", trained_on=origin, sbp=np.nan, dbp=np.nan))
            place = (tested, "external", "nonmixed", origin, network, "seed0")
            predictions.append(write(pd.concat(parts), *place))
            lines.append(predictions[-1].replace("predictions.parquet", "lines.csv"))
            pd.DataFrame({"setting": TRANSFERS, "pressure": "SBP", "slope": 1.0}).to_csv(lines[-1], index=False)
        audit = audit_transfer(
            pd.concat([windows(origin, "train"), windows("ward", "train").tail(3)]),
            rows,
            trained_on=origin,
            tested_on=tested,
        )
        audits.append(tmp_path / f"{origin}_{tested}.json")
        audits[-1].write_text(json.dumps(audit))
    return SimpleNamespace(own=own, predictions=predictions, lines=lines, audits=audits)


def test_the_arm_reads_what_the_rules_name(files):
    params = SimpleNamespace(
        options=EvaluationOptions(bootstrap=400).canonical(),
        datasets=["ward", "lab"],
        owners=["ward", "ward", "lab", "lab"],
    )
    tables = load_arm("external").judge(files, params, None).tables
    assert set(tables) == set(load_arm("external").tables)
    mae = tables["mae"]
    assert len(mae) == 2 * (1 + len(TRANSFERS)) * 2 * 2 * 2  # data sets, settings, networks, pressures, averages
    assert mae.loc[mae["network"] == "alexnet", "mae"].tolist() == pytest.approx([2.0] * 32)
    lines = tables["lines"]
    assert set(lines["trained_on"]) == set(lines["tested_on"]) == {"ward", "lab"}
    assert not (lines["trained_on"] == lines["tested_on"]).any()
    leaks = tables["leaks"].set_index(["trained_on", "tested_on", "kind"])
    assert leaks.loc[("lab", "ward", "shared_subject"), "examples"] == "ward7"
    assert leaks.loc[("ward", "lab", "shared_subject"), "count"] == 0
