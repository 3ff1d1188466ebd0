"""Each of the seven leaks, injected; and clean splits."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import SplitOptions
from cuffless.designs import SUBSETS, DesignError, require_clean, sample_split
from cuffless.designs.audit import COLUMNS, KINDS, tabulate_leaks
from cuffless.designs.duplicates import audit_duplicates
from cuffless.designs.scalings import Scaling, read_scaling, read_scalings, scaling_error
from cuffless.designs.split_audit import audit_sets, declared_leaks

FRACTIONS = (0.6, 0.15, 0.25)


@pytest.fixture
def split(cohort, write_sets):
    """Split the cohort, whose subjects have two records each, after a change of its manifest or windows."""

    def make(kind="nonmixed", change=lambda m: m, copies=None, overlap=0.0, scaled_by=("train",), **options):
        ppg, index = cohort
        index = index.assign(window=np.arange(len(index)))
        late = index["row"] >= index.groupby("subject")["row"].transform("max") / 2
        index["record"] = index["record"].where(~late, index["subject"] + "b")
        options = SplitOptions(kind=kind, fractions=FRACTIONS, **options)
        manifest = sample_split(index, options).windows
        signals = ppg[manifest["window"]].copy()
        if copies is not None:
            copies(manifest, signals)
        manifest = change(manifest)
        known = [name for name in SUBSETS if (manifest["subset"] == name).any()]
        order = {name: manifest[manifest["subset"] == name].sort_values("position").index for name in known}
        stores = write_sets(**{name: signals[rows] for name, rows in order.items()})
        declared = declared_leaks(options, overlap=overlap)
        duplicates = audit_duplicates(manifest, stores, options, declared=declared)
        fitted = manifest.loc[manifest["subset"].isin(scaled_by), ["sbp", "dbp"]].to_numpy(np.float32).astype(float)
        scaling = Scaling(tuple(fitted.mean(axis=0)), tuple(fitted.std(axis=0)))
        audit = audit_sets(
            manifest, options, overlap=overlap, duplicates=duplicates, scalings={"alexnet seed0": scaling}
        )
        return tabulate_leaks(audit["leaks"]).set_index("kind"), audit, duplicates

    return make


def undeclared(leaks):
    return set(leaks.index[(leaks["verdict"] == "found") & ~leaks["declared"]])


def with_calibration(shift):
    """A calibration window for each of ten test windows, so many seconds later."""

    def change(manifest):
        test = manifest[manifest["subset"] == "test"].head(10)
        calibration = test.assign(subset="calibration", start=test["start"] + shift)
        return pd.concat([manifest, calibration], ignore_index=True)

    return change


@pytest.mark.parametrize(
    ("kind", "declared"),
    [("nonmixed", set()), ("record", {"shared_subject"}), ("mixed", {"shared_subject", "shared_record"})],
)
def test_clean_splits_have_the_leaks_that_their_kind_declares_and_no_other(split, kind, declared):
    leaks, audit, _ = split(kind, with_calibration(1e5))
    assert list(leaks.index) == [one.name for one in KINDS["splits"]]
    assert list(leaks.reset_index()) == list(COLUMNS)
    assert set(leaks.index[leaks["verdict"] == "found"]) == declared == set(leaks.index[leaks["declared"]])
    assert set(leaks["verdict"]) <= {"found", "none"}
    require_clean(audit, name="mine")
    assert audit["warnings"] == []


def test_a_subject_in_two_sets_is_found(split):
    def change(manifest):
        some = manifest["subset"] == "test"
        known = manifest.loc[manifest["subset"] == "train", "subject"].iloc[0]
        return manifest.assign(subject=manifest["subject"].where(~some | (manifest["position"] > 0), known))

    leaks, audit, _ = split(change=change)
    assert undeclared(leaks) == {"shared_subject"}
    with pytest.raises(DesignError, match=r"mine: leak between its sets: shared_subject \(1, e.g. p0000"):
        require_clean(audit, name="mine")


@pytest.mark.parametrize("kind", ["nonmixed", "record"])
def test_a_record_in_two_sets_is_found(split, kind):
    def change(manifest):
        first = manifest.loc[manifest["subset"] == "test"].index[0]
        known = manifest.loc[manifest["subset"] == "val", "record"].iloc[0]
        manifest.loc[first, ["record", "start"]] = known, 1e6
        return manifest

    assert undeclared(split(kind, change)[0]) == {"shared_record"}


def test_windows_that_overlap_in_time_are_found(split):
    def change(manifest):
        test, train = (manifest["subset"] == name for name in ("test", "train"))
        shared = set(manifest.loc[test, "record"]) & set(manifest.loc[train, "record"])
        test = manifest[test & manifest["record"].isin(shared)].iloc[0]
        other = manifest[train & (manifest["record"] == test["record"])].iloc[0]
        manifest.loc[other.name, "start"] = test["start"] + 0.5 * test["seconds"]
        return manifest

    leaks, _, _ = split("mixed", change)
    assert undeclared(leaks) == {"overlapping_windows"}
    assert undeclared(split("mixed", change, overlap=0.5)[0]) == set()


@pytest.mark.parametrize("kind", ["nonmixed", "record", "mixed"])
def test_a_record_copied_under_another_name_is_found(split, kind):
    def copies(manifest, signals):
        # Windows of one training record stand among the test windows, a little noisy and quantized anew.
        training = manifest[manifest["subset"] == "train"]
        source = training.index[training["record"] == training["record"].iloc[0]][:5]
        test = manifest.index[(manifest["subset"] == "test") & (manifest["record"] != training["record"].iloc[0])][:5]
        noise = 0.008 * np.random.default_rng(0).standard_normal((5, signals.shape[1]))
        signals[test] = (0.4 * (signals[source] + noise)).astype(np.float16)

    leaks, _, audit = split(kind, copies=copies)
    assert undeclared(leaks) == {"near_duplicates"} == set(audit["undeclared"])
    assert leaks.loc["near_duplicates", "count"] == audit["pairs"] == 5
    with pytest.raises(DesignError, match=r"near_duplicates \(5, e.g. p0.*\(test\) and p0.*\(train\), 0.9999"):
        require_clean(audit, name="mine")
    require_clean(audit, name="mine", leakage="warn")
    assert audit["warnings"][-1].startswith("mine: leak")


def test_windows_of_one_record_that_are_alike_are_what_a_mixed_split_shares_by_design(split):
    def copies(manifest, signals):
        test, train = (manifest[manifest["subset"] == name] for name in ("test", "train"))
        record = next(iter(set(test["record"]) & set(train["record"])))
        signals[test.index[test["record"] == record][0]] = signals[train.index[train["record"] == record][0]]

    leaks, _, audit = split("mixed", copies=copies)
    assert undeclared(leaks) == set()
    assert (audit["pairs"], audit["within_record"]) == (1, 1)
    assert "1 windows have a near copy among other windows of their own record" in audit["notes"][0]


def test_a_window_like_its_own_record_hides_no_copy_in_another(split):
    def copies(manifest, signals):
        test, train = (manifest[manifest["subset"] == name] for name in ("test", "train"))
        record = next(iter(set(test["record"]) & set(train["record"])))
        window = signals[test.index[test["record"] == record][0]].astype(float)
        noisy = window + 0.005 * window.std() * np.random.default_rng(0).standard_normal(len(window))
        signals[train.index[train["record"] == record][0]] = window  # nearer than the copy
        signals[train.index[train["record"] != record][0]] = noisy

    leaks, _, audit = split("mixed", copies=copies)
    assert undeclared(leaks) == {"near_duplicates"}
    assert leaks.loc["near_duplicates", "count"] == 1
    assert (audit["pairs"], audit["within_record"]) == (1, 1)


@pytest.mark.parametrize(
    ("subsets", "told"),
    [(("train", "test"), "of train and test"), (SUBSETS, "of train and val and test"), (("test",), "of test")],
)
def test_a_network_scaled_by_more_than_the_training_labels_is_found(split, subsets, told):
    leaks, _, _ = split(scaled_by=subsets)
    assert undeclared(leaks) == {"fitted_beyond_training"}
    assert leaks.loc["fitted_beyond_training", "examples"] == f"alexnet seed0: mean and SD {told}"


@pytest.mark.parametrize("shift", [0.0, 2.0, -2.0])
def test_calibration_windows_inside_the_test_set_are_found(split, shift):
    leaks, _, _ = split(change=with_calibration(shift))
    assert undeclared(leaks) == {"calibration_in_test"}


def test_what_cannot_be_seen_is_not_assessable():
    windows = pd.DataFrame({"subset": ["test"] * 3, "subject": "a", "record": "b"})
    leaks = tabulate_leaks(audit_sets(windows, scalings={"mine": None})["leaks"])
    assert set(leaks["verdict"]) == {"not assessable"}
    assert leaks["count"].isna().all()
    assert leaks["reason"].str.len().min() > 0
    timed = audit_sets(windows.assign(subset=["train", "val", "test"]))["leaks"]["overlapping_windows"]
    assert (timed["verdict"], timed["reason"]) == ("not assessable", "no columns start and seconds")


@pytest.fixture
def labels():
    rng = np.random.default_rng(3)
    subset = np.repeat(SUBSETS, (600, 150, 250))
    return pd.DataFrame({"subset": subset, "sbp": rng.normal(120, 18, 1000), "dbp": rng.normal(60, 8, 1000)})


def test_scaling_is_compared_with_references_where_a_table_has_predictions_too(labels):
    table = labels.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"}).assign(sbp=np.nan, dbp=np.nan)
    train = labels.loc[labels["subset"] == "train", ["sbp", "dbp"]].to_numpy()
    assert scaling_error(train.mean(axis=0), train.std(axis=0), table) == ""


def test_a_scaling_that_is_no_sets_own_says_how_far_off_it_is(labels):
    train = labels.loc[labels["subset"] == "train", ["sbp", "dbp"]].to_numpy()
    error = scaling_error(train.mean(axis=0) + np.array([0, 2.5]), train.std(axis=0), labels)
    assert error == "mean and SD up to 2.50 mmHg from those of train"
    assert scaling_error(train.mean(axis=0), train.std(axis=0) * 1.01, labels)
    with pytest.raises(ValueError, match="no training windows"):
        scaling_error(train.mean(axis=0), train.std(axis=0), labels[labels["subset"] == "test"])


def test_the_mean_regressor_is_scaled_by_its_mean_alone(labels):
    train = labels.loc[labels["subset"] == "train", ["sbp", "dbp"]].to_numpy()
    assert scaling_error(train.mean(axis=0), (1, 1), labels, "mean") == ""
    both = labels.loc[labels["subset"] != "val", ["sbp", "dbp"]].to_numpy()
    assert scaling_error(both.mean(axis=0), (1, 1), labels, "mean") == "mean of train and test"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # TensorFlow's variables, as saved
def test_the_scaling_of_a_saved_network_is_read_without_loading_it(tmp_path):
    from cuffless.config import AlexNetOptions, MeanOptions
    from cuffless.networks import build_network, save_network

    for name, options in (("alexnet", AlexNetOptions(width=0.0625)), ("mean", MeanOptions())):
        model = build_network(
            options,
            (175, 1),
            label_mean=(118.25, 61.5),
            label_sd=(20.5, 9.25),
            metadata={"network": options.model_dump(mode="json", exclude={"training"})},
        )
        save_network(model, tmp_path / name / "seed0" / "model.keras")
    scalings = read_scalings(tmp_path.glob("*/seed0/model.keras"))
    assert scalings["alexnet seed0"] == ((118.25, 61.5), (20.5, 9.25), "network")
    assert scalings["mean seed0"] == ((118.25, 61.5), (20.5, 9.25), "mean")
    (tmp_path / "other.keras").write_text("nothing")
    with pytest.raises(ValueError, match=r"other.keras is not a Keras model"):
        read_scaling(tmp_path / "other.keras")
