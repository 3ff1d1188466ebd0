"""People hidden in the order: found where they are, and nothing found where nobody is."""

import json

import numpy as np
import pandas as pd
import pytest

from cuffless.config import RecordOptions, SplitOptions, WindowOptions
from cuffless.designs import DesignError, audit_split, audited_split, require_clean, sample_split
from cuffless.designs.cautions import cautions
from cuffless.designs.order import LEAST_UNITS, MOST_P, compare_neighbours
from cuffless.designs.split_audit import audit_sets
from cuffless.records import find_records, find_runs, from_arrays, open_record
from cuffless.simulator.population import random_streams, sample_parameters, subject_name
from cuffless.windows import cut_windows, name_owners, name_subjects

SD = np.array([20.0, 11.0, 15.0])
FRACTIONS = (0.6, 0.15, 0.25)


def table(labels, names=None, windows=1, rng=None):
    """Windows of records that stand for their subjects, with labels (records, 3) and a little noise for each window."""
    n = len(labels)
    names = names or [f"{'abtvf'[k % 5]}{100 + k}s" for k in range(n)]
    which = np.repeat(np.arange(n), windows)
    noise = 0 if rng is None else 0.2 * SD * rng.standard_normal((len(which), 3))
    rows = pd.DataFrame(np.asarray(labels)[which] + noise, columns=["sbp", "dbp", "hr"])
    rows["subject"] = rows["record"] = np.array(names)[which]
    rows["row"] = rows.groupby("record").cumcount()
    return rows.assign(start=7.0 * rows["row"], seconds=7.0)


def people(rng, n):
    return np.array([125.0, 65.0, 85.0]) + SD * rng.standard_normal((n, 3))


def chained(seed=0, n=60, longest=4):
    """Labels of records of which one to `longest` in a row are one person's."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n), rng.integers(1, longest + 1, n))[:n]
    return people(rng, n)[owner] + 0.3 * SD * rng.standard_normal((n, 3))


def simulated_people(seed, n):
    """Pressures at rest and pulse rates of the simulated cohort's people."""
    rows = []
    for number in range(1, n + 1):
        one = sample_parameters(random_streams(seed, number)["parameters"])
        pulse = 45 * one.stroke_volume / 72 * one.stiffness
        rows.append((one.map0 + 2 / 3 * pulse, one.map0 - pulse / 3, one.heart_rate))
    return table(np.array(rows), [subject_name(number) for number in range(1, n + 1)])


def test_the_simulated_cohort_is_numbered_at_random():
    found = [compare_neighbours(simulated_people(seed, 24)).alike for seed in range(40)]
    assert sum(found) <= 2


NULLS = {
    "few": lambda rng: table(people(rng, LEAST_UNITS)),
    "ties": lambda rng: table(np.round(people(rng, 40), -1)),
    "two values": lambda rng: table(100.0 + 40 * rng.integers(0, 2, (40, 3))),
    "unequal windows": lambda rng: table(people(rng, 40), windows=rng.integers(1, 30, 40), rng=rng),
    "drift": lambda rng: table(people(rng, 100) + 2 * SD * np.linspace(-1, 1, 100)[:, None] ** 2),
    "two wards": lambda rng: table(people(rng, 100) + SD * (np.arange(100) > 50)[:, None]),
    "restless last ones": lambda rng: table(people(rng, 60) * np.where(np.arange(60) > 30, 1.0, 1.1)[:, None]),
}


@pytest.mark.parametrize("null", NULLS)
def test_nothing_is_found_where_nobody_is_hidden(null):
    tested = [compare_neighbours(NULLS[null](np.random.default_rng([seed, 7]))) for seed in range(20)]
    assert all(one.order for one in tested)
    assert sum(one.alike for one in tested) <= 1
    assert sum(one.p < 0.05 for one in tested) <= 4


@pytest.mark.parametrize(("n", "longest", "least"), [(30, 4, 7), (60, 2, 7), (60, 4, 10), (300, 2, 10), (300, 30, 10)])
def test_people_with_several_records_in_a_row_are_found(n, longest, least):
    tested = [compare_neighbours(table(chained(seed, n, longest))) for seed in range(10)]
    assert sum(one.alike for one in tested) >= least
    assert {one.order for one in tested if one.alike} == {"record numbers"}


def test_what_is_found_is_said_with_its_size():
    tested = compare_neighbours(table(chained()))
    assert tested.p < MOST_P
    assert tested.sbp < 0.8 * tested.sbp_random
    assert str(tested) == (
        f"neighbours in the record numbers differ by {tested.sbp:.1f} mmHg of SBP in the median, any two of 60 "
        f"subjects by {tested.sbp_random:.1f} (p = {tested.p:.3f})"
    )
    labels = table(chained()).set_index("subject")["sbp"]
    steps = [abs(labels[one] - labels[other]) for one, other in tested.pairs]
    assert np.mean(steps[:20]) < np.mean(steps[-20:])  # those who are most alike first


def test_neither_the_rows_order_nor_the_scale_nor_where_numbers_begin_matters():
    windows = table(chained())
    first = compare_neighbours(windows)
    mixed = compare_neighbours(windows.sample(frac=1, random_state=0))
    assert mixed == first
    stretched = compare_neighbours(windows.assign(sbp=lambda t: np.exp(t["sbp"] / 50), hr=lambda t: -t["hr"]))
    assert (stretched.p, stretched.closer) == pytest.approx((first.p, first.closer))
    later = compare_neighbours(table(chained(), [f"{'abtvf'[k % 5]}{5100 + k}s" for k in range(60)]))
    assert (later.p, later.closer, later.alike) == (first.p, first.closer, True)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ([f"{letter}{k}" for letter in ("anna", "bob", "cleo") for k in range(1, 21)], "alphabet of the subjects"),
        ([f"Part_{part}_{k:04d}" for part in (1, 2) for k in range(1, 31)], "alphabet of the subjects"),
        ([f"{k:03d}" for k in range(60)], "record numbers"),
    ],
)
def test_the_order_is_that_which_the_names_tell(names, order):
    assert compare_neighbours(table(chained(), names)).order == order


def test_another_order_is_tried_beside_the_names():
    names = [f"x{number}" for number in np.random.default_rng(5).permutation(60)]
    windows = table(chained(), names)
    assert not compare_neighbours(windows).alike
    rows = pd.Series(range(60), names)
    assert compare_neighbours(windows, {"rows of the table": rows}).order == "rows of the table"
    # A table that somebody sorted by pressure hides nobody.
    by_pressure = windows.groupby("subject")["sbp"].first().rank()
    assert not compare_neighbours(windows, {"rows of the table": by_pressure}).alike


def test_what_cannot_be_told_says_why():
    assert compare_neighbours(table(chained(n=8))).problem == "needs 12 subjects or more; there are 8"
    same = compare_neighbours(table(np.full((30, 3), 100.0)))
    assert str(same) == "all subjects have the same pressures"
    assert not same.alike


def audited(kind, identity, apart=1):
    windows = table(chained(), [f"{'abtvf'[k % 5]}{100 + apart * k}s" for k in range(60)], windows=6)
    options = SplitOptions(kind=kind, fractions=FRACTIONS)
    quality = windows.groupby("record", as_index=False).agg(windows_kept=("row", "size"), subject=("subject", "first"))
    quality["identity"] = identity
    return audited_split(windows, quality, options, overlap=0.0, name="mine")[1], options


def test_hidden_people_warn_and_stop_nothing():
    audit, options = audited("nonmixed", "record")
    assert options.leakage == "fail"
    assert audit["undeclared"] == ["hidden_order"]
    leak = audit["leaks"]["hidden_order"]
    assert (leak["verdict"], leak["declared"]) == ("found", False)
    assert 15 < leak["count"] < 59
    [warning] = audit["warnings"]
    assert warning.startswith(f"mine: people may be hidden in the order: {leak['count']} pairs of neighbours")
    assert warning.endswith("one person; a numbering without gaps does not show where one person ends")
    json.dumps(audit)
    who, what = cautions({"mine": audit})
    assert (
        who == "No patient is named: each record counts as a subject, and a person with several may be in several sets."
    )
    assert what.startswith("WARNING: people may be hidden in the order of split mine: neighbours in the record numbers")


def test_the_remedy_is_named_where_it_helps():
    audit, _ = audited("nonmixed", "record", apart=10)
    reason = audit["leaks"]["hidden_order"]["reason"]
    assert reason.endswith("records.identity: runs keeps records of neighbouring numbers on one side")
    assert audited("nonmixed", "run", apart=10)[0]["leaks"]["hidden_order"]["reason"].endswith("raise records.runs_gap")


def test_a_split_that_shares_people_declares_those_who_are_hidden():
    audit, _ = audited("mixed", "record")
    assert audit["leaks"]["hidden_order"]["verdict"] == "found"
    assert audit["leaks"]["hidden_order"]["declared"]
    assert audit["undeclared"] == []


def test_named_patients_hide_nobody_whatever_their_order():
    audit, _ = audited("nonmixed", "patient")
    leak = audit["leaks"]["hidden_order"]
    assert (leak["verdict"], leak["count"], audit["undeclared"]) == ("none", 0, [])
    assert "people are named, so wards or dates may order them" in leak["reason"]
    assert cautions({"mine": audit}) == []


def test_the_table_of_leaks_has_what_the_audit_found():
    windows = table(chained(), windows=6)
    options = SplitOptions(fractions=FRACTIONS)
    design = sample_split(windows, options)
    manifest = design.windows
    order = audit_split(design, options, overlap=0.0, identities=["record"])["leaks"]["hidden_order"]
    for given in ({"order": order}, {}):
        audit = audit_sets(manifest, options, **given)
        row = audit["leaks"]["hidden_order"]
        assert (row["verdict"], row["count"], row["declared"]) == ("found", order["count"], False)
        require_clean(audit, name="mine", leakage=options.leakage)
        [warning] = audit["warnings"]
        assert warning.startswith("mine: people may be hidden in the order")
    patients = audit_split(design, options, overlap=0.0, identities=["patient"])["leaks"]["hidden_order"]
    assert audit_sets(manifest, options, order=patients)["leaks"]["hidden_order"]["verdict"] == "none"


def owned(gap, n=60):
    """Windows, and quality table, of runs of records: numbers of one person follow each other, others lie 10 apart."""
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(n), rng.integers(1, 4, n))[:n]
    names = [f"{'abtvf'[k % 5]}{100 + k + 10 * owner[k]}s" for k in range(n)]
    windows = table(people(rng, n)[owner] + 0.3 * SD * rng.standard_normal((n, 3)), names, windows=6)
    quality = windows.groupby("record", as_index=False).agg(windows_kept=("row", "size"), subject=("subject", "first"))
    quality = name_subjects(quality.assign(identity="record"), identity="runs", runs_gap=gap)
    return name_owners(windows, quality), quality, owner.max() + 1


def test_runs_keep_people_whole_and_are_counted():
    windows, quality, n = owned(3)
    options = SplitOptions(fractions=FRACTIONS)
    design, audit = audited_split(windows, quality, options, overlap=0.0, name="mine", runs_gap=3)
    assert design.windows["subject"].nunique() == n
    assert audit["identity"] == ["run"]
    assert audit["leaks"]["hidden_order"]["verdict"] == "none"
    assert audit["undeclared"] == []
    assert audit["runs"] | {"longest_run": ""} == {"gap": 3, "records": 60, "runs": n, "longest": 3, "longest_run": ""}
    assert audit["notes"][0].startswith(f"60 records are {n} runs of numbers at most 3 apart, the longest of 3 records")
    assert any(note.startswith("identity: run. No patient is named") for note in audit["notes"])
    assert cautions({"mine": audit}) == [
        f"No patient is named: subjects are {n} runs of 60 records whose numbers lie at most 3 apart."
    ]


def test_too_wide_a_gap_says_so():
    windows, quality, _ = owned(20)
    with pytest.raises(DesignError, match=r"found 1; add records.*; or lower records.runs_gap: 60 records are 1 runs"):
        audited_split(windows, quality, SplitOptions(), overlap=0.0, name="mine", runs_gap=20)


def test_runs_that_change_nothing_say_so():
    windows = table(chained(), windows=6)
    quality = windows.groupby("record", as_index=False).agg(windows_kept=("row", "size"), subject=("subject", "first"))
    quality["identity"] = "patient"
    _, audit = audited_split(windows, quality, SplitOptions(), overlap=0.0, name="mine", runs_gap=3)
    assert audit["notes"][0].startswith("records.identity: runs changes nothing here")
    assert "runs" not in audit


@pytest.fixture(scope="module")
def challenge(shared):
    """Windows of the first minute of each record of the PhysioNet Challenge 2015."""
    options = RecordOptions(source="wfdb", path=str(shared / "wfdb_challenge2015"))
    limits = WindowOptions(sbp_range=(60, 200), dbp_range=(30, 120), samples_per_beat=16)
    found = []
    for entry in find_records(options):
        if "original" in entry.path:
            continue
        [segment] = open_record(entry.path, options).segments
        n = int(60 * segment.ppg.fs)
        record = from_arrays(entry.name, segment.ppg.read(0, n), segment.abp.read(0, n), segment.ppg.fs)
        kept = cut_windows(record, limits).kept
        labels = {name: getattr(kept, name) for name in ("sbp", "dbp", "hr")}
        found.append(pd.DataFrame({"subject": entry.name, "record": entry.name, **labels}))
    return pd.concat(found, ignore_index=True)


def test_real_patients_are_hidden_in_the_numbers_of_their_records_and_runs_keep_them_whole(challenge):
    tested = compare_neighbours(challenge)
    assert tested.alike
    assert tested.order == "record numbers"
    assert tested.sbp < 0.8 * tested.sbp_random
    for gap in (1, 3, 5):
        runs = challenge["record"].map(find_runs(challenge["record"], gap))
        assert not compare_neighbours(challenge.assign(subject=runs)).alike
