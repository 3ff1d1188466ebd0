"""A network on the windows of another data set, in every setting."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import TRANSFERS, WindowOptions
from cuffless.judgement import judge, read_table
from cuffless.training.tables.transfer import (
    LINE_COLUMNS,
    TRANSFER_COLUMNS,
    line_table,
    require_same_windows,
    transfer_lines,
    transfer_table,
)

NAMES = {"network": "alexnet", "split": "nonmixed", "seed": 3, "trained_on": "ward"}


class Teller:
    """A network that reads SBP off a window's first sample, and adds a constant error."""

    def __init__(self, error=(0.0, 0.0)):
        self.error = np.array(error)

    def pressures(self, ppg):
        first = np.asarray(ppg, float)[:, 0]
        return np.stack([first, 0.5 * first], axis=1) + self.error


@pytest.fixture
def split(tmp_path):
    """Manifest of a split of ten people and its stores, rows of the manifest in another order than the stores."""
    import zarr

    rng = np.random.default_rng(0)
    rows = [
        {"subject": f"p{k}", "record": f"r{k}", "start": 5.0 * w, "subset": ("train", "val", "test")[(k > 4) + (k > 5)]}
        for k in range(10)
        for w in range(4)
    ]
    table = pd.DataFrame(rows).assign(seconds=5.0, hr=70.0)
    table["sbp"] = np.round(rng.normal(120, 15, len(table)))
    table["dbp"] = 0.5 * table["sbp"]
    table = table.sample(frac=1, random_state=0, ignore_index=True)
    table["position"] = table.groupby("subset").cumcount()
    paths = {}
    for subset, own in table.groupby("subset"):
        paths[subset] = tmp_path / f"{subset}.zarr.zip"
        with zarr.storage.ZipStore(paths[subset], mode="w") as opened:
            root = zarr.create_group(opened)
            ppg = np.repeat(own[["sbp"]].to_numpy(np.float16), 8, axis=1)
            root.create_array("ppg", data=ppg, chunks=(16, 8))
            root.create_array("labels", data=own[["sbp", "dbp"]].to_numpy(np.float32))
    return table.sample(frac=1, random_state=1, ignore_index=True), paths


def predicted(split, network, people=("p0", "p2", "p3")):
    manifest, stores = split
    people = np.array(people)
    lines = transfer_lines(network, manifest, stores["train"], people)
    return transfer_table(network, manifest, stores["test"], lines, **NAMES), line_table(lines, manifest, people)


def test_test_people_are_predicted_in_every_setting_and_others_have_references_alone(split):
    table, _ = predicted(split, Teller())
    assert list(table.columns) == list(TRANSFER_COLUMNS)
    test = table[table["subset"] == "test"]
    assert test.groupby("setting").size().to_dict() == dict.fromkeys(TRANSFERS, 16)
    assert set(test["subject"]) == {"p6", "p7", "p8", "p9"}
    others = table[table["subset"] != "test"]
    assert others[["sbp", "dbp"]].isna().all(axis=None)
    assert len(others) == 24
    before = test[test["setting"] == "zero_shot"]
    np.testing.assert_array_equal(before[["sbp", "dbp"]], before[["sbp_ref", "dbp_ref"]])


def test_a_shift_removes_a_constant_error(split):
    table, lines = predicted(split, Teller(error=(12.0, -5.0)))
    moved = table[table["setting"] == "shifted"]
    np.testing.assert_allclose(moved[["sbp", "dbp"]], moved[["sbp_ref", "dbp_ref"]], atol=1e-4)
    shift = lines[lines["setting"] == "shifted"]
    np.testing.assert_allclose(shift["intercept"], [-12, 5])
    still = table[table["setting"] == "zero_shot"]
    np.testing.assert_allclose(still["sbp"] - still["sbp_ref"], 12)


def test_a_shift_gives_all_training_people_the_mean_of_their_labels(split):
    class Flat(Teller):
        def pressures(self, ppg):
            return 0.3 * super().pressures(ppg)

    manifest, _ = split
    _, lines = predicted(split, Flat())
    train = manifest.loc[manifest["subset"] == "train", ["sbp", "dbp"]]
    np.testing.assert_allclose(lines.loc[lines["setting"] == "shifted", "intercept"], 0.7 * train.mean())


def test_a_line_knows_only_the_people_who_were_drawn(split):
    manifest, stores = split
    _, lines = predicted(split, Teller())
    changed = manifest.copy()
    changed.loc[changed["subject"].isin(["p1", "p4"]), "dbp"] = 40.0
    with pytest.raises(ValueError, match="does not hold the manifest's 20 train windows; sample the split again"):
        transfer_lines(Teller(), changed, stores["train"], np.array(["p0"]))
    fitted = lines[lines["setting"] == "affine"]
    assert list(lines.columns) == list(LINE_COLUMNS)
    assert set(fitted["people"]) == {"p0;p2;p3"}
    assert set(fitted["n_windows"]) == {12}
    np.testing.assert_allclose(fitted["slope"], 3 / 4)  # the right slope of 1, shrunk by one person
    own = manifest[manifest["subject"].isin(["p0", "p2", "p3"])]
    np.testing.assert_allclose(fitted["intercept"], own[["sbp", "dbp"]].mean() / 4)


def test_the_table_can_be_judged_by_itself(split, tmp_path):
    table, _ = predicted(split, Teller())
    table.to_parquet(tmp_path / "p.parquet", index=False)
    found = judge(read_table([tmp_path / "p.parquet"]))
    assert found.cases["setting"].tolist() == list(TRANSFERS)
    assert set(found.cases["baselines_fitted_on"]) == {"training rows"}
    assert set(found.cases["n_training_subjects"]) == {5}


def test_a_store_of_another_split_is_refused(split):
    manifest, stores = split
    with pytest.raises(ValueError, match="does not hold the manifest's 20 train windows"):
        transfer_lines(Teller(), manifest, stores["test"], np.array(["p0"]))


def test_windows_of_other_options_are_refused_and_all_that_differs_is_named():
    trained = WindowOptions(samples_per_beat=125)
    require_same_windows(trained, WindowOptions(sbp_range=(60, 200)), network="alexnet of ward", name="lab")
    with pytest.raises(ValueError, match="alexnet of ward cannot be tested on lab") as caught:
        require_same_windows(
            trained,
            WindowOptions(samples_per_beat=25, cropping="time", band=(0.5, 4)),
            network="alexnet of ward",
            name="lab",
        )
    said = str(caught.value)
    assert "cropping time instead of beats, samples_per_beat 25 instead of 125, band (0.5, 4.0) instead of" in said
    assert "length" not in said
