"""One audit for all arms: the same shape, the same way to stop, one measure of distance in time."""

import json

import numpy as np
import pandas as pd
import pytest

from cuffless.config import InputOptions, ProtocolOptions, RppgTuningOptions, SplitOptions
from cuffless.designs import Design, DesignError, audit_split, require_clean, sample_split
from cuffless.designs.audit import COLUMNS, KINDS, make_audit, make_leak, tabulate_leaks
from cuffless.designs.clock import TOUCHING_SECONDS, distances, shares_signal
from cuffless.designs.folds import audit_folds, sample_folds
from cuffless.designs.plan import audit_plan, sample_plan
from cuffless.designs.stretches import audit_stretches, sample_stretches
from cuffless.designs.transfer import audit_transfer

SUBJECTS, N = 20, 80


@pytest.fixture(scope="module")
def index():
    rng = np.random.default_rng(0)
    names = [f"p{k:02d}" for k in range(SUBJECTS) for _ in range(N)]
    row = np.tile(np.arange(N), SUBJECTS)
    table = pd.DataFrame({"subject": names, "row": row, "start": 5.0 * row, "seconds": 5.0, "hr": 70.0, "snr": 3.0})
    table = table.assign(record=table["subject"] + "r", position=np.arange(len(table)))
    return table.assign(sbp=rng.normal(120, 15, len(table)), dbp=rng.normal(70, 8, len(table)))


def of_splits(index):
    index = index.drop(columns="position")
    options = SplitOptions(kind="mixed", fractions=(0.5, 0.25, 0.25))
    return sample_split(index, options), lambda design: audit_split(design, options, overlap=0.0)


def of_inputs(index):
    index = index.drop(columns="position")
    options = InputOptions(windows=(100, 30, 30))
    return sample_stretches(index, options), lambda design: audit_stretches(design, options)


def of_personalization(index):
    options = ProtocolOptions(subjects=4)
    manifest = pd.DataFrame({"subset": "test", "subject": sorted(set(index["subject"]))})
    return sample_plan(index, options, manifest=manifest), lambda design: audit_plan(design, options)


def of_camera(index):
    options = RppgTuningOptions()
    return sample_folds(index, options), lambda design: audit_folds(design, options)


def of_external(index):
    index = index.drop(columns="position")
    design = sample_split(index, SplitOptions(kind="nonmixed", fractions=(0.5, 0.25, 0.25)))

    def look(design):
        others = design.windows.assign(**{name: "x" + design.windows[name] for name in ("subject", "record")})
        return audit_transfer(design.windows, others)

    return design, look


ARMS = {
    "splits": of_splits,
    "inputs": of_inputs,
    "personalization": of_personalization,
    "camera": of_camera,
    "external": of_external,
}


@pytest.mark.parametrize("arm", list(KINDS))
def test_every_arm_samples_a_design_and_audits_it_in_one_shape(arm, index):
    design, look = ARMS[arm](index)
    assert isinstance(design, Design)
    audit = look(design)
    assert audit["arm"] == arm
    assert {"leaks", "undeclared", "warnings", "notes"} <= set(audit)
    assert set(audit["leaks"]) <= {kind.name for kind in KINDS[arm]}
    for leak in audit["leaks"].values():
        assert {"count", "examples", "declared", "verdict", "reason"} <= set(leak)
        assert leak["reason"]
    assert list(tabulate_leaks(audit["leaks"])) == list(COLUMNS)
    assert audit["undeclared"] == []
    require_clean(audit, name="mine")
    assert json.loads(json.dumps(audit)) == audit


@pytest.mark.parametrize("arm", list(KINDS))
def test_every_arm_stops_at_each_kind_that_it_does_not_declare(arm):
    for kind in KINDS[arm]:
        audit = make_audit(arm, {kind.name: ["one", "two"]})
        assert audit["undeclared"] == [kind.name]
        if kind.evidence:
            require_clean(audit, name="mine")
        else:
            with pytest.raises(DesignError, match=r"2.*one, two"):
                require_clean(audit, name="mine")
            assert audit["warnings"] == []
            require_clean(audit, name="mine", leakage="warn")
        [warning] = audit["warnings"]
        assert warning.startswith("mine: ")
        clean = make_audit(arm, {kind.name: ["one", "two"]}, declared={kind.name})
        require_clean(clean, name="mine")
        assert clean["undeclared"] == []


def test_what_cannot_be_assessed_is_neither_found_nor_none():
    audit = make_audit(
        "splits", {"near_duplicates": make_leak(None, "needs the signals")}, declared={"near_duplicates"}
    )
    assert audit["undeclared"] == []
    [row] = tabulate_leaks(audit["leaks"]).to_dict("records")
    assert (row["verdict"], row["reason"], row["declared"]) == ("not assessable", "needs the signals", True)
    assert pd.isna(row["count"])


def test_distances_are_those_of_a_search_through_all_pairs():
    rng = np.random.default_rng(1)
    for _ in range(20):
        n = int(rng.integers(1, 40))
        windows = pd.DataFrame({"record": rng.choice(list("ab"), n), "start": rng.permutation(n) * 1.5})
        windows = windows.assign(seconds=rng.uniform(1, 9, n)).sample(frac=1, random_state=0)
        target = rng.random(n) < 0.5
        since_end, until_start = distances(windows, target)
        record, start = windows["record"].to_numpy(), windows["start"].to_numpy()
        end = start + windows["seconds"].to_numpy()
        for i in range(n):
            others = target & (record == record[i])
            before, after = others & (start < start[i]), others & (start > start[i])
            assert since_end[i] == (start[i] - end[before].max() if before.any() else np.inf)
            assert until_start[i] == (start[after].min() - end[i] if after.any() else np.inf)
        shared = [bool((record[target] == record[i]).any()) and bool(
            ((record[target] == record[i]) & (start[target] < end[i] - 1e-6) & (end[target] > start[i] + 1e-6)).any()
        ) for i in range(n)]  # fmt: skip
        assert shares_signal(windows, windows[target]).tolist() == shared


@pytest.mark.parametrize(("gap", "shared", "touching"), [(-0.1, 1, 0), (-0.04, 0, 1), (0.04, 0, 1), (0.1, 0, 0)])
def test_windows_touch_within_a_twentieth_of_a_second_and_share_signal_beyond(gap, shared, touching):
    windows = pd.DataFrame({"record": "a", "start": [0.0, 5.0 + gap], "seconds": 5.0})
    first, second = windows.iloc[:1], windows.iloc[1:]
    common = shares_signal(first, second, at_least=TOUCHING_SECONDS)
    distance = np.minimum(*distances(windows, np.array([False, True]), by="record"))[0]
    assert common.sum() == shared
    assert (abs(distance) < TOUCHING_SECONDS) == touching
    assert shares_signal(first, second).any() == (gap < 0)  # without a limit any common signal counts
