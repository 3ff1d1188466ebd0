import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs import (
    SUBSETS,
    Design,
    DesignError,
    audit_split,
    audited_split,
    range_overlap,
    require_clean,
    sample_split,
)
from cuffless.windows.materialize import materialize


def make_index(subjects=40, windows=50, overlap=0.0, seed=0):
    """Index of kept windows; each subject has its own mean pressure and two records."""
    rng = np.random.default_rng(seed)
    parts = []
    for s in range(subjects):
        n = windows if np.isscalar(windows) else windows[s]
        row = np.arange(n)
        record = np.where(row < n // 2, f"r{s}a", f"r{s}b")
        centre = rng.normal(120, 18)
        parts.append(
            pd.DataFrame(
                {
                    "record": record,
                    "subject": f"p{s:06d}",
                    "row": np.where(row < n // 2, row, row - n // 2).astype(np.int32),
                    "start": row * 7.0 * (1 - overlap),
                    "seconds": 7.0,
                    "sbp": rng.normal(centre, 6, n),
                    "dbp": rng.normal(centre / 2, 3, n),
                    "hr": 70.0,
                    "snr": 3.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def subjects_of(manifest):
    return {s: set(manifest.loc[manifest["subset"] == s, "subject"]) for s in SUBSETS}


def test_non_mixed_split_shares_no_patient():
    manifest = sample_split(make_index(), SplitOptions()).windows
    parts = subjects_of(manifest)
    assert not parts["train"] & parts["test"]
    assert not parts["train"] & parts["val"]
    assert not parts["val"] & parts["test"]
    assert len(set().union(*parts.values())) == 40


def test_mixed_split_shares_patients_but_no_window():
    manifest = sample_split(make_index(), SplitOptions(kind="mixed")).windows
    parts = subjects_of(manifest)
    assert len(parts["train"] & parts["test"]) > 30
    assert not manifest.duplicated(["record", "row"]).any()


def test_a_record_disjoint_split_shares_patients_but_no_record():
    split = sample_split(make_index(), SplitOptions(kind="record"))
    manifest = split.windows
    records = [set(manifest.loc[manifest["subset"] == s, "record"]) for s in SUBSETS]
    assert [len(part) for part in records] == [60, 10, 10]
    assert len(set().union(*records)) == 80
    parts = subjects_of(manifest)
    assert len(parts["train"] & parts["test"]) >= 5
    assert any("80 records in place of 3750 / 625 / 625: divided 60 / 10 / 10" in note for note in split.notes)


def test_records_asked_for_are_met_where_there_are_enough():
    options = SplitOptions(kind="record", subjects=(30, 5, 5), cap=20)
    manifest = sample_split(make_index(), options).windows
    assert manifest.groupby("subset")["record"].nunique().to_dict() == {"train": 30, "val": 5, "test": 5}
    assert manifest.groupby("subject").size().max() <= 20  # the cap is a subject's


def test_stratified_test_sets_of_records_span_the_range_of_pressures():
    options = SplitOptions(kind="record", fractions=(0.6, 0.15, 0.25), stratify="sbp")
    assert range_overlap(sample_split(make_index(80, seed=5), options).windows, "sbp") >= 0.7


def test_where_each_patient_has_one_record_record_disjoint_is_patient_disjoint():
    index = make_index().assign(record=lambda t: t["subject"] + "a")
    manifest = sample_split(index, SplitOptions(kind="record")).windows
    parts = subjects_of(manifest)
    assert not parts["train"] & parts["test"]
    pd.testing.assert_frame_equal(manifest, sample_split(index, SplitOptions(kind="nonmixed")).windows)


def test_fewer_subjects_than_asked_for_fall_back_to_fractions_visibly():
    split = sample_split(make_index(), SplitOptions())
    assert [len(s) for s in subjects_of(split.windows).values()] == [30, 5, 5]
    assert any("40 subjects in place of 3750 / 625 / 625: divided 30 / 5 / 5" in note for note in split.notes)


def test_counts_asked_for_are_met_where_there_are_enough():
    options = SplitOptions(subjects=(20, 5, 5), windows=(300, 60, 60), cap=20)
    split = sample_split(make_index(), options)
    assert [len(s) for s in subjects_of(split.windows).values()] == [20, 5, 5]
    assert split.windows["subset"].value_counts().to_dict() == {"train": 300, "val": 60, "test": 60}
    assert not any("in place of" in note for note in split.notes)
    mixed = sample_split(make_index(), SplitOptions(kind="mixed", mixed_subjects=10, windows=(100, 20, 20), cap=20))
    assert mixed.windows["subject"].nunique() <= 10
    assert mixed.windows["subset"].value_counts().to_dict() == {"train": 100, "val": 20, "test": 20}


@given(cap=st.integers(1, 60), seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_no_subject_exceeds_the_cap_and_no_window_is_drawn_twice(cap, seed):
    manifest = sample_split(make_index(12), SplitOptions(cap=cap, seed=seed)).windows
    assert manifest.groupby("subject").size().max() == min(cap, 50)
    assert not manifest.duplicated(["record", "row"]).any()
    for subset in SUBSETS:
        position = manifest.loc[manifest["subset"] == subset, "position"]
        assert sorted(position) == list(range(len(position)))


def test_a_mixed_split_draws_subjects_that_reach_the_cap():
    index = make_index(40, windows=[50] * 20 + [12] * 20)
    options = SplitOptions(kind="mixed", mixed_subjects=15, cap=50, windows=(500, 125, 125))
    split = sample_split(index, options)
    assert split.windows.groupby("subject").size().tolist() == [50] * 15
    assert split.windows["subset"].value_counts().to_dict() == {"train": 500, "val": 125, "test": 125}
    more = sample_split(index, options.model_copy(update={"mixed_subjects": 25, "windows": (4000, 1000, 1000)}))
    assert any("20 subjects have 50 windows; 5 with fewer were added" in note for note in more.notes)
    assert more.windows["subset"].value_counts().to_dict() == {"train": 706, "val": 177, "test": 177}


def test_what_a_copy_is_changes_no_draw():
    assert SplitOptions(duplicate_correlation=0.99).drawing() == SplitOptions().drawing()
    assert SplitOptions(seed=1).drawing() != SplitOptions().drawing()


def test_a_seed_repeats_a_split_and_another_changes_it():
    index = make_index()
    first, again = (sample_split(index, SplitOptions(seed=3)).windows for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(sample_split(index, SplitOptions(seed=4)).windows)
    shuffled = index.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(first, sample_split(shuffled, SplitOptions(seed=3)).windows)


def test_a_subjects_capped_sample_stays_when_others_join():
    def sample(n):
        manifest = sample_split(make_index(n), SplitOptions(cap=10)).windows
        own = manifest[manifest["subject"] == "p000003"]
        return set(zip(own["record"], own["row"], strict=True))

    assert sample(12) == sample(30)


def test_stratified_test_sets_span_the_range_of_pressures():
    index = make_index(80, seed=5)
    options = SplitOptions(fractions=(0.6, 0.15, 0.25), stratify="sbp")
    for seed in range(4):
        manifest = sample_split(index, options.model_copy(update={"seed": seed})).windows
        assert [len(s) for s in subjects_of(manifest).values()] == [48, 12, 20]
        assert range_overlap(manifest, "sbp") >= 0.7
        assert range_overlap(manifest, "dbp") >= 0.6


def test_both_splits_cover_comparable_pressures():
    index = make_index(160, windows=30, seed=2)
    for kind in ("nonmixed", "mixed"):
        manifest = sample_split(index, SplitOptions(kind=kind, stratify="sbp", fractions=(0.6, 0.15, 0.25))).windows
        assert range_overlap(manifest, "sbp") >= 0.7
        assert range_overlap(manifest, "dbp") >= 0.7


def test_too_few_subjects_say_so_and_what_to_do():
    with pytest.raises(DesignError, match=r"mine: a non-mixed split needs at least 3 subjects.*found 2.*add records"):
        sample_split(make_index(2), SplitOptions(), name="mine")
    with pytest.raises(DesignError, match=r"mine: a record-disjoint split needs at least 3 records.*found 2"):
        sample_split(make_index(1), SplitOptions(kind="record"), name="mine")
    with pytest.raises(DesignError, match="2 windows cannot be divided"):
        sample_split(make_index(1, windows=2), SplitOptions(kind="mixed"), name="mine")


def test_subjects_without_windows_are_named():
    index = make_index(6)
    quality = pd.DataFrame({"subject": [*index["subject"].unique(), "p000099"], "identity": "patient"})
    quality["windows_kept"] = [50] * 6 + [0]
    _, audit = audited_split(index, quality, SplitOptions(), overlap=0.0, name="mine")
    assert "1 subjects have no window and take no part (p000099)" in audit["notes"][0]


def test_the_audit_is_silent_on_clean_splits_and_declares_what_mixing_shares():
    index = make_index()
    clean = audit_split(sample_split(index, SplitOptions()), SplitOptions(), overlap=0.0)
    assert clean["undeclared"] == []
    assert all(leak["count"] == 0 for leak in clean["leaks"].values())
    options = SplitOptions(kind="mixed")
    mixed = audit_split(sample_split(index, options), options, overlap=0.0)
    assert mixed["undeclared"] == []
    assert mixed["leaks"]["shared_subject"]["count"] > 30
    assert mixed["leaks"]["shared_subject"]["declared"]
    json.dumps(mixed)


def test_a_record_disjoint_split_declares_shared_patients_and_nothing_else():
    options = SplitOptions(kind="record")
    manifest = sample_split(make_index(overlap=0.5), options).windows
    audit = audit_split(Design(manifest), options, overlap=0.5)
    assert audit["undeclared"] == []
    assert audit["leaks"]["shared_subject"]["count"] >= 5
    assert [kind for kind, leak in audit["leaks"].items() if leak["declared"]] == ["shared_subject"]
    victim = manifest.index[manifest["subset"] == "train"][0]
    manifest.loc[victim, "subset"] = "test"
    assert "shared_record" in audit_split(Design(manifest), options, overlap=0.5)["undeclared"]


def test_overlapping_windows_are_found_and_declared_only_where_windows_overlap():
    options = SplitOptions(kind="mixed")
    manifest = sample_split(make_index(overlap=0.5), options).windows
    declared = audit_split(Design(manifest), options, overlap=0.5)
    assert declared["leaks"]["overlapping_windows"]["count"] > 100
    assert declared["undeclared"] == []
    assert audit_split(Design(manifest), options, overlap=0.0)["undeclared"] == ["overlapping_windows"]


def test_a_leak_planted_in_a_non_mixed_split_stops_the_run():
    manifest = sample_split(make_index(), SplitOptions()).windows
    leaked = manifest.copy()
    victim = leaked.index[leaked["subset"] == "train"][0]
    leaked.loc[victim, "subset"] = "test"
    audit = audit_split(Design(leaked), SplitOptions(), overlap=0.0)
    assert set(audit["undeclared"]) == {"shared_subject", "shared_record"}
    with pytest.raises(DesignError, match="leak between its sets: shared_subject"):
        require_clean(audit, name="mine")
    require_clean(audit, name="mine", leakage="warn")
    assert len(audit["warnings"]) == 2


def test_identity_by_record_is_said():
    manifest = sample_split(make_index(), SplitOptions()).windows
    audit = audit_split(Design(manifest), SplitOptions(), overlap=0.0, identities=["patient", "record"])
    assert any("identity: record" in note for note in audit["notes"])


def test_how_people_were_identified_and_what_is_known_of_them_join_the_design():
    index = make_index(6)
    quality = pd.DataFrame({"subject": index["subject"].unique(), "identity": "table", "windows_kept": 50})
    quality["age"], quality["sex"], quality["bmi"] = (
        ["34.0", "", "51.0", "60.5", "28.0", "70.0"],
        [*"fmfm", "", "f"],
        "",
    )
    people = {"rule": "auto", "people": 6, "notes": ["people are identified by subjects.csv"]}
    design, audit = audited_split(index, quality, SplitOptions(), overlap=0.0, name="mine", people=people)
    assert audit["people"] == {"rule": "auto", "people": 6}
    assert audit["notes"][0] == "people are identified by subjects.csv"
    assert not any("identity" in note for note in audit["notes"])
    known = design.windows.drop_duplicates("subject").set_index("subject").loc[quality["subject"]]
    assert known["age"].to_numpy() == pytest.approx([34, np.nan, 51, 60.5, 28, 70], nan_ok=True)
    assert known["sex"].tolist() == [*"fmfm", "", "f"]
    assert "bmi" not in design.windows
    with pytest.raises(DesignError, match=r"found 2; .*lower splits\.min_windows; people are identified by subjects"):
        audited_split(make_index(2), quality[:2], SplitOptions(), overlap=0.0, name="mine", people=people)


@pytest.fixture
def stores(tmp_path):
    """Two shards of three records, each sample of a window telling record and row."""
    from cuffless.windows import Measures, Windows, WindowStore

    options = WindowOptions(length=2, samples_per_beat=16)
    rows, paths = [], []
    for shard in range(2):
        names = (tmp_path / f"s{shard}.zarr.zip", tmp_path / f"s{shard}.parquet", tmp_path / f"s{shard}.csv")
        with WindowStore(*names, options) as store:
            for k in range(3):
                n = 300 + k
                kept = Measures.blank(n)
                kept.start, kept.seconds = np.arange(n) * 2.0, np.full(n, 2.0)
                kept.sbp, kept.dbp = np.full(n, 100.0 + shard), np.arange(n) / 10
                ppg = np.tile(np.arange(n, dtype=np.float16)[:, None], (1, 32))
                ppg[:, 0] = shard * 3 + k
                row = {"record": f"r{shard}{k}", "subject": f"p{shard}{k}", "identity": "patient"}
                store.add(row, [Windows(ppg, kept, kept, dict.fromkeys(options.rules, 0), 600.0)])
        paths.append(str(names[0]))
        rows.append(pd.read_parquet(names[1]))
    return paths, pd.concat(rows, ignore_index=True)


def test_materialized_sets_hold_the_manifests_windows_in_its_order(stores, tmp_path):
    import zarr

    paths, index = stores
    manifest = sample_split(index, SplitOptions(kind="mixed", cap=250)).windows
    outputs = {s: str(tmp_path / f"{s}.zarr.zip") for s in SUBSETS}
    materialize(manifest, paths, outputs)
    for subset, path in outputs.items():
        part = manifest[manifest["subset"] == subset].sort_values("position")
        with zarr.storage.ZipStore(path, mode="r") as opened:
            group = zarr.open_group(opened, mode="r")
            ppg, labels = group["ppg"][:], group["labels"][:]
        assert len(ppg) == len(part)
        assert np.array_equal(ppg[:, 1], part["row"].to_numpy(np.float16))
        which = part["record"].str[1].astype(int) * 3 + part["record"].str[2].astype(int)
        assert np.array_equal(ppg[:, 0], which.to_numpy(np.float16))
        assert np.allclose(labels, part[["sbp", "dbp"]].to_numpy(), atol=1e-5)
    assert not list(tmp_path.glob(".shuffle*"))


def test_materializing_twice_gives_the_same_bytes(stores, tmp_path):
    import zarr

    paths, index = stores
    manifest = sample_split(index, SplitOptions(kind="mixed")).windows
    read = []
    for name in ("a", "b"):
        outputs = {s: str(tmp_path / name / f"{s}.zarr.zip") for s in SUBSETS}
        materialize(manifest, paths, outputs)
        with zarr.storage.ZipStore(outputs["train"], mode="r") as opened:
            read.append(zarr.open_group(opened, mode="r")["ppg"][:])
    assert np.array_equal(*read)


def test_a_manifest_older_than_the_windows_is_noticed(stores, tmp_path):
    paths, index = stores
    manifest = sample_split(index, SplitOptions(kind="mixed")).windows
    with pytest.raises(ValueError, match="no window store holds r1"):
        materialize(manifest, paths[:1], {s: str(tmp_path / f"{s}.zarr.zip") for s in SUBSETS})
    assert not list(tmp_path.glob("t*.zarr.zip"))


def published_index(sets):
    """Two records a subject, ten windows each, and the set of each record."""
    rows, published = [], {}
    for subject, subset in sets.items():
        for record in (f"{subject}a", f"{subject}b"):
            published[record] = subset
            rows += [
                {"record": record, "subject": subject, "row": k, "start": 10.0 * k, "seconds": 7.0}
                | {"sbp": 120.0, "dbp": 60.0, "hr": 70.0, "snr": 0.0}
                for k in range(10)
            ]
    return pd.DataFrame(rows), {record: subset for record, subset in published.items() if subset}


def sets_of(split):
    return split.windows.groupby("subset")["subject"].agg(lambda names: sorted(set(names))).to_dict()


def test_an_official_split_is_the_published_one():
    index, published = published_index({"s1": "train", "s2": "train", "s3": "val", "s4": "test", "s5": ""})
    split = sample_split(index, SplitOptions(kind="official"), published=published)
    assert sets_of(split) == {"train": ["s1", "s2"], "val": ["s3"], "test": ["s4"]}
    assert any("2 records are in no published set" in note for note in split.notes)
    assert split.windows.groupby("subset")["position"].agg(list).map(lambda p: p == list(range(len(p)))).all()


def test_without_a_published_validation_set_training_subjects_give_one():
    index, published = published_index({f"s{k}": "train" for k in range(8)} | {"t": "test"})
    options = SplitOptions(kind="official", fractions=(0.6, 0.2, 0.2))
    sets = sets_of(sample_split(index, options, published=published))
    assert sets["test"] == ["t"]
    assert (len(sets["train"]), len(sets["val"])) == (6, 2)
    assert not set(sets["train"]) & set(sets["val"])


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"s1": "", "s2": ""}, "no record with windows was published in the set train or test"),
        ({"s1": "train", "s2": "train"}, "in the set test; an official split needs it"),
        ({"s1": "train", "s2": "test+train", "s3": "test"}, "s2a was published in the set test+train"),
        ({"s1": "train", "s2": "test"}, "one training subject cannot give one"),
    ],
)
def test_an_official_split_that_was_not_published_is_refused(sets, message):
    index, published = published_index(sets)
    with pytest.raises(DesignError, match=re.escape(message)):
        sample_split(index, SplitOptions(kind="official"), published=published)


def test_a_published_split_that_shares_a_subject_leaks():
    index, published = published_index({"s1": "train", "s2": "val", "s3": "test"})
    published["s1b"] = "test"
    quality = pd.DataFrame({"record": list(published), "subset": list(published.values())})
    quality = quality.assign(subject=quality["record"].str[:2], identity="patient", windows_kept=10)
    with pytest.raises(DesignError, match="shared_subject"):
        audited_split(index, quality, SplitOptions(kind="official"), overlap=0.0, name="official")
