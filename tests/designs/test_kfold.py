"""Every subject is tested once: the folds of a split, their audits, and what is joined of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.config import SplitOptions
from cuffless.designs import SUBSETS, DesignError, audit_split, audited_split, range_overlap, sample_split
from cuffless.designs.audit import tabulate_leaks
from cuffless.designs.division.joining import join_audits, join_leaks, join_manifests, worst_fold
from cuffless.designs.division.kfold import fold_sets
from cuffless.windows import name_subjects


def make_index(subjects=23, windows=20, seed=0):
    """Index of kept windows; each subject has its own mean pressure and one record of a number far from the others."""
    rng = np.random.default_rng(seed)
    sizes = np.broadcast_to(windows, subjects)
    parts = []
    for s, n in enumerate(sizes):
        centre = rng.normal(120, 18)
        columns = {"sbp": rng.normal(centre, 6, n), "dbp": rng.normal(centre / 2, 3, n), "hr": 70.0, "snr": 3.0}
        start = {"row": np.arange(n, dtype=np.int32), "start": 7.0 * np.arange(n), "seconds": 7.0}
        parts.append(pd.DataFrame({"record": f"r{10 * s:04d}", "subject": f"p{s:04d}", **start, **columns}))
    return pd.concat(parts, ignore_index=True)


def quality_of(index, identity="patient"):
    kept = index.groupby(["record", "subject"]).size().rename("windows_kept").reset_index()
    return kept.assign(identity=identity)


def folds_of(index, options, quality=None, **more):
    quality = quality_of(index) if quality is None else quality
    return [
        audited_split(index, quality, options, overlap=0.0, name=f"k.fold{k}", fold=k, **more)
        for k in range(1, options.folds + 1)
    ]


def joined(index, options, quality=None, **more):
    parts = folds_of(index, options, quality, **more)
    manifest = join_manifests([design.windows for design, _ in parts], name="k")
    return manifest, join_audits([audit for _, audit in parts], manifest, options, name="k")


@pytest.mark.parametrize("stratify", ["sbp", "none"])
def test_every_subject_is_tested_once_with_all_its_windows(stratify):
    index = make_index(windows=np.random.default_rng(1).integers(1, 30, 23))
    options = SplitOptions(kind="kfold", folds=5, stratify=stratify, windows=(50, 10, 1))
    manifest, _ = joined(index, options)
    tested = manifest[manifest["subset"] == "test"]
    assert tested.groupby("subject")["fold"].nunique().eq(1).all()
    key = ["subject", "record", "row"]
    assert not tested.duplicated(key).any()
    assert set(map(tuple, tested[key].to_numpy())) == set(map(tuple, index[key].to_numpy()))
    sizes = manifest.groupby(["subset", "fold"]).size()
    assert sizes["train"].eq(50).all()
    assert sizes["val"].eq(10).all()


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(4, 60), folds=st.integers(2, 60), seed=st.integers(0, 3), stratify=st.sampled_from(["sbp", "none"])
)
def test_folds_are_balanced_in_subjects_and_each_has_all_three_sets(n, folds, seed, stratify):
    pressures = pd.Series(np.random.default_rng(seed).normal(120, 20, n), [f"p{k}" for k in range(n)])
    options = SplitOptions(kind="kfold", folds=folds, seed=seed, stratify=stratify)
    if n < folds:
        with pytest.raises(DesignError, match=f"{folds} folds need at least {folds} subjects with windows, found {n}"):
            fold_sets(pressures, options, 1, name="k")
        return
    sets = np.array([fold_sets(pressures, options, k, name="k") for k in range(1, folds + 1)])
    assert ((sets == 2).sum(axis=0) == 1).all()
    counts = np.array([np.bincount(row, minlength=3) for row in sets])
    assert counts.min() >= 1
    assert np.ptp(counts[:, 2]) <= 1


def test_the_validation_share_is_that_of_the_subjects_who_do_not_test():
    manifest, _ = joined(make_index(50), SplitOptions(kind="kfold", fractions=(0.6, 0.2, 0.2)))
    people = manifest.groupby(["subset", "fold"])["subject"].nunique()
    assert people["test"].eq(10).all()
    assert people["val"].eq(10).all()
    assert people["train"].eq(30).all()


def test_no_subject_is_in_two_sets_of_a_fold_and_neighbouring_folds_validate_on_others():
    parts = folds_of(make_index(), SplitOptions(kind="kfold"))
    validating = []
    for design, _ in parts:
        own = [set(design.windows.loc[design.windows["subset"] == name, "subject"]) for name in SUBSETS]
        assert sum(map(len, own)) == len(set.union(*own)) == 23
        validating.append(own[1])
    assert len(set.union(*validating)) > len(validating[0])


def test_test_sets_are_stratified_by_pressure_unless_told_otherwise():
    index = make_index(60, seed=5)
    means = {}
    for stratify in ("sbp", "none"):
        manifest, _ = joined(index, SplitOptions(kind="kfold", folds=6, stratify=stratify))
        tested = manifest[manifest["subset"] == "test"]
        means[stratify] = tested.groupby("fold")["sbp"].mean().std()
        if stratify == "sbp":
            overlaps = [range_overlap(part, "sbp") for _, part in manifest.groupby("fold")]
            assert min(overlaps) > 0.6
    assert means["sbp"] < 0.6 * means["none"]
    assert SplitOptions(kind="kfold").stratify == "sbp"
    assert SplitOptions().stratify == "none"


def test_the_cap_holds_for_test_windows_too():
    manifest, _ = joined(make_index(10, windows=40), SplitOptions(kind="kfold", cap=7))
    assert manifest.groupby(["fold", "subject"]).size().eq(7).all()
    each = manifest.drop_duplicates(["record", "row"])
    assert len(each) == 70, "the same windows in every fold"


def test_runs_of_records_are_never_cut():
    index = make_index(30)
    index["record"] = index["record"].map({f"r{10 * s:04d}": f"r{10 * (s // 3) + s % 3:04d}" for s in range(30)})
    quality = name_subjects(quality_of(index.assign(subject=index["record"]), "record"), identity="runs", runs_gap=3)
    index["subject"] = index["record"].map(dict(zip(quality["record"], quality["subject"], strict=True)))
    manifest, audit = joined(index, SplitOptions(kind="kfold", folds=4), quality, runs_gap=3)
    assert audit["runs"]["runs"] == 10
    assert audit["runs"]["records"] == 30
    run = manifest["record"].str[1:].astype(int) // 10
    assert manifest.groupby(["fold", run])["subset"].agg(set).map(len).eq(1).all()
    tested = manifest[manifest["subset"] == "test"]
    assert tested.groupby(run)["fold"].agg(set).map(len).eq(1).all()


def test_fewer_runs_than_folds_name_the_numbers_and_the_remedies():
    index = make_index(8)
    quality = quality_of(index, "run").assign(subject=lambda t: "run_" + t["subject"].str[:4])
    index["subject"] = "run_" + index["subject"].str[:4]
    with pytest.raises(
        DesignError,
        match=r"k\.fold1: 5 folds need at least 5 subjects with windows, found 1;.*add records.*records\.runs_gap",
    ):
        folds_of(index, SplitOptions(kind="kfold"), quality, runs_gap=3)
    with pytest.raises(
        DesignError, match=r"9 folds need at least 9 subjects with windows, found 8; lower folds to 8 or less"
    ):
        folds_of(make_index(8), SplitOptions(kind="kfold", folds=9))
    with pytest.raises(DesignError, match="2 folds need at least 4 subjects with windows, found 3; add records"):
        folds_of(make_index(3), SplitOptions(kind="kfold", folds=2))


def test_another_seed_gives_other_folds_and_the_same_seed_the_same():
    index = make_index()
    same = [sample_split(index, SplitOptions(kind="kfold"), fold=2).windows for _ in range(2)]
    pd.testing.assert_frame_equal(*same)
    other = sample_split(index, SplitOptions(kind="kfold", seed=1), fold=2).windows
    assert set(other.loc[other["subset"] == "test", "subject"]) != set(
        same[0].loc[same[0]["subset"] == "test", "subject"]
    )


def test_the_joined_audit_reports_no_leak_although_every_subject_trains_and_tests():
    _, audit = joined(make_index(), SplitOptions(kind="kfold"))
    assert {leak["verdict"] for leak in audit["leaks"].values()} == {"none"}
    assert audit["undeclared"] == audit["warnings"] == []
    assert audit["kind"] == "kfold"
    assert audit["folds"] == 5
    assert [one["sets"]["test"]["subjects"] for one in audit["of_folds"]] == [5, 5, 5, 4, 4]
    assert audit["sets"]["test"] == audit["sets"]["train"] | {"subjects": 23}
    assert audit["sets"]["test"]["windows"] == 23 * 20
    assert any("23 subjects in 5 folds, each tested once" in note and "4 to 5 test" in note for note in audit["notes"])


def test_a_leak_within_one_fold_is_found_with_the_fold():
    index, options = make_index(), SplitOptions(kind="kfold", leakage="warn")
    parts = [design for design, _ in folds_of(index, options)]
    guilty = parts[2].windows
    moved = guilty.index[guilty["subset"] == "test"][:3]
    guilty.loc[moved, "subset"] = "train"
    audits = [audit_split(design, options, overlap=0.0, identities=["patient"]) for design in parts]
    audit = join_audits(audits, join_manifests([d.windows for d in parts], name="k"), options, name="k")
    assert audit["leaks"]["shared_subject"]["verdict"] == "found"
    assert audit["leaks"]["shared_subject"]["count"] == guilty.loc[moved, "subject"].nunique()
    assert audit["leaks"]["shared_subject"]["reason"].endswith("fold 3 of 5 has most")
    assert {"shared_subject", "shared_record"} == set(audit["undeclared"])
    assert audit["warnings"][0].startswith("k: leak between its sets: shared_subject")
    with pytest.raises(DesignError, match="k: leak between its sets: shared_subject"):
        join_audits(audits, guilty.assign(fold=1), SplitOptions(kind="kfold"), name="k")


def test_tables_of_leaks_are_joined_by_the_worst_fold():
    def table(count, kind="near_duplicates"):
        verdict = "not assessable" if count is None else "found" if count else "none"
        leak = {"count": count, "examples": ["a"], "declared": False, "verdict": verdict, "reason": "copies"}
        return tabulate_leaks({kind: leak, "shared_subject": {**leak, "count": 0, "verdict": "none"}})

    found = join_leaks([table(0), table(2), table(1)])
    assert found["kind"].tolist() == ["near_duplicates", "shared_subject"]
    assert found["count"].tolist() == [2, 0]
    assert found["reason"].tolist() == ["copies; fold 2 of 3 has most", "copies"]
    unknown = join_leaks([table(0), table(None)])
    assert unknown["verdict"].tolist() == ["not assessable", "none"]
    assert unknown["count"].isna().tolist() == [True, False]
    assert worst_fold([("none", 0), ("found", 1), ("not assessable", None)]) == 1


def test_folds_of_different_options_are_not_joined():
    index = make_index()
    parts = [sample_split(index, SplitOptions(kind="kfold", seed=int(k == 1)), fold=k).windows for k in range(1, 6)]
    with pytest.raises(
        DesignError, match=r"k: subject p\d+ tests in [02] folds instead of one .*sample all folds again"
    ):
        join_manifests(parts, name="k")
