"""Who of another data set helps a network, and what its training shares with the test there."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import WindowOptions
from cuffless.designs import DesignError, require_clean
from cuffless.designs.transfer import audit_transfer, require_same_length, sample_people


def manifest(letter, subsets=("train", "train", "train", "train", "val", "test", "test"), seconds=5.0, hr=84.0):
    """Windows of one person per entry of `subsets`, three each, named with a letter."""
    rows = [
        {"subset": subset, "subject": f"{letter}{person}", "record": f"{letter}{person}r", "start": 5.0 * k}
        for person, subset in enumerate(subsets)
        for k in range(3)
    ]
    table = pd.DataFrame(rows).assign(seconds=seconds, hr=hr, sbp=120.0, dbp=70.0)
    return table.assign(position=table.groupby("subset").cumcount())


def test_only_training_people_are_drawn_and_the_seed_decides_who():
    own = manifest("a")
    drawn = [tuple(sample_people(own, 2, seed=[0, k], name="ward")) for k in range(20)]
    assert set(sum(drawn, ())) == {"a0", "a1", "a2", "a3"}
    assert len(set(drawn)) > 3
    assert drawn[4] == tuple(sample_people(own.sample(frac=1, random_state=1), 2, seed=[0, 4], name="ward"))
    assert all(len(set(pair)) == 2 for pair in drawn)


def test_more_people_than_train_are_refused_with_the_remedy():
    assert len(sample_people(manifest("a"), 4, seed=[0], name="ward")) == 4
    with pytest.raises(DesignError, match=r"ward: external.people is 5, but its split has 4 training people; lower it"):
        sample_people(manifest("a"), 5, seed=[0], name="ward")


def test_strangers_share_nothing_and_signals_that_were_not_compared_are_not_assessable():
    audit = audit_transfer(manifest("a"), manifest("b"))
    assert audit["undeclared"] == []
    assert [leak["verdict"] for leak in audit["leaks"].values()] == ["none", "none", "not assessable"]
    require_clean(audit, name="a to b")


@pytest.mark.parametrize("person", [0, 4], ids=["trains", "validates"])
def test_people_who_train_one_and_test_the_other_are_named_and_stop_the_study(person):
    tested = manifest("b")
    tested["subject"] = tested["subject"].replace("b6", f"a{person}")
    audit = audit_transfer(manifest("a"), tested, trained_on="a", tested_on="b")
    assert audit["leaks"]["shared_subject"]["examples"] == [f"a{person}"]
    assert (audit["trained_on"], audit["tested_on"]) == ("a", "b")
    with pytest.raises(DesignError, match=rf"external, a to b: shared_subject \(1, e.g. a{person}\).*records.exclude"):
        require_clean(audit, name="a to b")
    require_clean(audit, name="a to b", leakage="warn")
    assert audit["warnings"] == [f"a to b: shared_subject (1, e.g. a{person})"]


def test_people_who_test_both_or_train_both_are_no_leak():
    tested = manifest("b")
    tested["subject"] = tested["subject"].replace({"b6": "a6", "b0": "a0"})
    assert audit_transfer(manifest("a"), tested)["undeclared"] == []


def store(path, windows):
    import zarr

    with zarr.storage.ZipStore(path, mode="w") as opened:
        root = zarr.create_group(opened, attributes={"windows": {"samples_per_beat": 25}})
        root.create_array("ppg", data=windows.astype(np.float16), chunks=(64, windows.shape[1]))
    return path


def test_a_recording_that_is_in_both_under_two_names_is_found(tmp_path):
    rng = np.random.default_rng(0)
    time = np.arange(175) / 25
    phase, second = rng.uniform(0, 1, (2, 18, 1))
    waves = np.sin(2 * np.pi * (time + phase)) + second * np.sin(4 * np.pi * time + 9 * phase + 5 * second)
    train, test = waves[:12], waves[12:].copy()
    test[3] = 2 * train[5] + 1
    stores = {"train": store(tmp_path / "a.zip", train), "test": store(tmp_path / "b.zip", test)}
    audit = audit_transfer(manifest("a"), manifest("b"), stores=stores, threshold=0.9999)
    leak = audit["leaks"]["near_duplicates"]
    assert leak["count"] == 1
    assert leak["examples"][0].startswith("b6r@0.0s (test) and a1r@10.0s (train), 1.0")
    clean = stores | {"test": store(tmp_path / "c.zip", waves[12:])}
    assert audit_transfer(manifest("a"), manifest("b"), stores=clean)["undeclared"] == []


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({"cropping": "time", "length": 5}, True),
        ({"cropping": "beats", "length": 7}, True),  # 84 bpm
        ({"cropping": "time", "length": 7}, False),
        ({"cropping": "beats", "length": 9}, False),
    ],
)
def test_windows_of_another_length_than_the_options_have_are_refused(options, fits):
    if fits:
        require_same_length(manifest("a"), WindowOptions(**options), name="lab")
    else:
        with pytest.raises(DesignError, match=r"lab: its windows last 5 s \(median\), but windows.length is"):
            require_same_length(manifest("a"), WindowOptions(**options), name="lab")
