"""The paper's main finding on a tiny cohort: a mixed split flatters, whatever the network has learned."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import AlexNetOptions, SimulatorOptions, SplitOptions, TrainingOptions, WindowOptions
from cuffless.designs import SUBSETS, sample_split
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.windows import WindowStore, iter_windows
from cuffless.windows.materialize import materialize

pytestmark = pytest.mark.slow

SUBJECTS, MINUTES, CAP = 80, 5, 40
NETWORK = AlexNetOptions(
    width=0.125, dropout=0.25, batch_norm_momentum=0.9, training=TrainingOptions(epochs=14, patience=None)
)


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    """Windows of a simulated cohort: store and index."""
    folder = tmp_path_factory.mktemp("windows")
    names = [folder / name for name in ("a.zarr.zip", "a.parquet", "a.quality.csv")]
    options = SimulatorOptions(minutes=MINUTES, seed=7)
    with WindowStore(*names, WindowOptions(samples_per_beat=25)) as store:
        for number in range(SUBJECTS):
            subject = simulate_subject(number, options)
            record = from_arrays(subject.name, subject.ppg, subject.abp, subject.fs)
            row = {"record": subject.name, "subject": subject.name, "identity": "patient"}
            store.add(row, iter_windows(record, store.options))
    return names[0], pd.read_parquet(names[1])


def test_sbp_of_known_people_is_predicted_better_than_of_strangers(windows, tmp_path):
    from cuffless.training import prediction_table, train_network

    store, index = windows
    mae, test_rows = {}, {}
    for kind in ("nonmixed", "mixed"):
        options = SplitOptions(kind=kind, cap=CAP, fractions=(0.6, 0.15, 0.25), stratify="sbp")
        manifest = sample_split(index, options).windows
        paths = {s: tmp_path / kind / f"{s}.zarr.zip" for s in SUBSETS}
        materialize(manifest, [str(store)], {s: str(p) for s, p in paths.items()})
        trained = train_network(NETWORK, paths["train"], paths["val"], seed=0, log=lambda line: None)
        table = prediction_table(trained, manifest, paths["test"], network="alexnet", split=kind, seed=0)
        test_rows[kind] = table[table["subset"] == "test"]
        mae[kind] = (test_rows[kind]["sbp"] - test_rows[kind]["sbp_ref"]).abs().mean()
        mean = table.loc[table["subset"] == "train", "sbp_ref"].mean()
        mae[f"mean, {kind}"] = (mean - test_rows[kind]["sbp_ref"]).abs().mean()
    assert mae["mixed"] + 2 < mae["nonmixed"], mae
    assert mae["mixed"] < 0.8 * mae["mean, mixed"], mae
    error = test_rows["nonmixed"]["sbp"] - test_rows["nonmixed"]["sbp_ref"]
    slope = np.polyfit(test_rows["nonmixed"]["sbp_ref"], error, 1)[0]
    assert slope > -0.9, "the network has learned something: its errors do not merely mirror the reference"
