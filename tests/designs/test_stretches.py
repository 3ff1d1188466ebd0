import pandas as pd
import pytest

from cuffless.config import InputOptions
from cuffless.designs import DesignError
from cuffless.designs.stretches import audit_stretches, join_labels, sample_stretches


def index(n=100, subjects=5, **own):
    rows = [
        {"record": f"r{k % subjects}", "subject": f"s{k % subjects}", "row": k // subjects, "start": 24.0 * k}
        | {"hr": 70.0, "snr": 3.0, "seconds": 7.0, "sbp": 120.0 + k, "dbp": 60.0}
        | own
        for k in range(n)
    ]
    return pd.DataFrame(rows)


def test_sets_have_the_windows_asked_for_and_share_none():
    options = InputOptions(windows=(50, 20, 20))
    design = sample_stretches(index(), options)
    manifest, described = design.windows, audit_stretches(design, options)
    assert manifest["subset"].value_counts().to_dict() == {"train": 50, "val": 20, "test": 20}
    assert not manifest.duplicated(["record", "row"]).any()
    for _, part in manifest.groupby("subset"):
        assert sorted(part["position"]) == list(range(len(part)))
    assert described["windows"] == {"train": 50, "val": 20, "test": 20}
    assert described["shared_subjects"] == described["leaks"]["shared_subject"]["count"] == 5
    assert described["undeclared"] == []
    assert described["notes"] == []


def test_with_fewer_stretches_the_proportions_hold_and_the_notes_say_so():
    options = InputOptions(windows=(1000, 250, 250))
    design = sample_stretches(index(n=60), options)
    manifest, described = design.windows, audit_stretches(design, options)
    assert manifest["subset"].value_counts().to_dict() == {"train": 40, "val": 10, "test": 10}
    assert described["asked"] == 1500
    assert described["notes"] == ["60 stretches in place of 1500: divided 40 / 10 / 10"]
    with pytest.raises(DesignError, match="2 stretches of 20 s are accepted"):
        sample_stretches(index(n=2), InputOptions())
    with pytest.raises(DesignError, match="2 stretches of 12 s are accepted"):
        sample_stretches(index(n=2), InputOptions(stretch_seconds=12))


def test_the_draw_depends_on_the_seed_alone():
    draws = [sample_stretches(index(), InputOptions(windows=(50, 20, 20), seed=seed)).windows for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(draws[0], draws[1])
    assert not draws[0]["row"].equals(draws[2]["row"])


def test_every_crop_gets_the_same_stretches_with_pressures_of_its_own():
    short, long = index(), index(sbp=140.0, seconds=20.0)
    manifest = sample_stretches(short, InputOptions(windows=(50, 20, 20))).windows
    a, b = join_labels(manifest, short), join_labels(manifest, long.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(
        a[["subset", "position", "record", "row"]], b[["subset", "position", "record", "row"]]
    )
    assert set(b["sbp"]) == {140.0}
    merged = a.merge(short, on=["record", "row"], suffixes=("", "_own"))
    assert (merged["sbp"] == merged["sbp_own"]).all()


def test_a_crop_without_the_drawn_stretches_is_an_error():
    manifest = sample_stretches(index(), InputOptions(windows=(50, 20, 20))).windows
    with pytest.raises(DesignError, match="sample the stretches again"):
        join_labels(manifest, index(n=50))
