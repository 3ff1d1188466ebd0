"""Records that are copies, in each disguise, and strangers, who are none."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.disguises import DISGUISES
from cuffless.config import SplitOptions
from cuffless.designs.duplicates import audit_duplicates, copied_records

HARD = ("resampled by 1 %", "low-pass at 3 Hz", "clipped by 15 %")  # of some people, as the benchmark measures


@pytest.fixture
def sets(cohort, write_sets):
    """Sets of 12 people and of others, five of the 12 also in the test set as treated copies; and their manifest."""

    def make(treat=None, later=100.0, shuffle=False):
        ppg, index = cohort
        rng = np.random.default_rng(0)
        counts = index["subject"].value_counts()
        people = sorted(counts[counts >= 40].index)  # a few windows in one order may be chance
        training, copied = (index["subject"].isin(people[:n]).to_numpy() for n in (12, 5))
        test = ppg[~training]
        places = [index[training].assign(subset="train"), index[~training].assign(subset="test")]
        if treat is not None:
            drawn = copied & (rng.random(len(copied)) < 0.7)
            signal = treat(ppg[drawn].astype(float), rng)
            test = np.concatenate([test, (signal - signal.mean(axis=1)[:, None]) / signal.std(axis=1)[:, None]])
            rows = index[drawn].assign(subset="test", start=lambda t: t["start"] + later)
            rows["record"] = "copy of " + rows["record"]
            if shuffle:
                rows["start"] = rng.permutation(rows["start"])
            places.append(rows)
        manifest = pd.concat(places, ignore_index=True)[["subset", "record", "start"]]
        manifest["position"] = manifest.groupby("subset").cumcount()
        return manifest, write_sets(train=ppg[training], test=test)

    return make


@pytest.mark.parametrize("name", [name for name in DISGUISES if name not in HARD])
def test_a_copied_record_is_found_in_every_disguise(sets, name):
    manifest, paths = sets(DISGUISES[name])
    found = copied_records(manifest, paths)
    names = [sorted(pair, key=len) for pair in found[["record", "other_record"]].to_numpy()]
    assert len(found) == 5
    assert all(copy == f"copy of {record}" for record, copy in names)
    assert (found["inverted"] == ("inverted" in name)).all()
    np.testing.assert_allclose(found["later"].abs(), 100, atol=5)
    assert (found["correlation"] > 0.98).all()


def test_strangers_are_no_copies(sets):
    assert copied_records(*sets()).empty


def test_windows_of_a_copy_in_another_order_prove_nothing(sets):
    assert copied_records(*sets(DISGUISES["2 % noise"], shuffle=True)).empty


def test_a_records_own_windows_in_another_set_are_no_copy(cohort, write_sets):
    ppg, index = cohort
    side = np.random.default_rng(1).random(len(ppg)) < 0.6
    manifest = pd.concat([index[side].assign(subset="train"), index[~side].assign(subset="test")])
    manifest["position"] = manifest.groupby("subset").cumcount()
    assert copied_records(manifest, write_sets(train=ppg[side], test=ppg[~side])).empty


def test_the_audit_counts_the_windows_of_copied_records_once(sets):
    manifest, paths = sets(DISGUISES["gain and offset"])
    audit = audit_duplicates(manifest, paths, SplitOptions(), declared=())
    leak = audit["leaks"]["near_duplicates"]
    assert audit["records"] == 5
    assert audit["pairs"] <= leak["count"] <= 1.05 * audit["pairs"]
    assert leak["examples"][0].startswith("record ")
    assert "windows in one order, 1.0000" in leak["examples"][0]
    noisy = audit_duplicates(*sets(DISGUISES["2 % noise"]), SplitOptions(), declared=())
    assert noisy["pairs"] < 0.1 * noisy["leaks"]["near_duplicates"]["count"]
    assert noisy["undeclared"] == ["near_duplicates"]


def test_flat_windows_and_empty_sets_are_like_nothing(sets, write_sets):
    manifest, paths = sets()
    flat = write_sets(train=np.zeros((len(manifest), 875)), test=np.ones((len(manifest), 875)), val=np.ones((0, 875)))
    assert copied_records(manifest.assign(subset=manifest["subset"]).iloc[:0], {}).empty
    rows = pd.DataFrame({"record": "a", "start": np.arange(len(manifest)) * 7.0, "position": np.arange(len(manifest))})
    both = pd.concat([rows.assign(subset="train"), rows.assign(subset="test", record="b")])
    assert copied_records(both, flat).empty
    assert paths
