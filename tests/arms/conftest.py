"""Every arm judged on small predictions, made by hand."""

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.camera import judge_folds
from cuffless.arms.external import judge_external
from cuffless.arms.inputs import compare_inputs
from cuffless.arms.leakage import Trial, judge_leakage
from cuffless.arms.personalization import Protocol, judge_protocols
from cuffless.arms.splits import judge_splits
from cuffless.config import TRANSFERS, EvaluationOptions, ProtocolOptions, RppgTuningOptions, SplitOptions
from cuffless.designs.folds import SETTINGS, audit_folds, sample_folds
from cuffless.designs.scalings import Scaling
from cuffless.designs.transfer import audit_transfer, fit_line
from cuffless.designs.transfer.lines import AS_IT_IS
from cuffless.judgement import read_table
from cuffless.judgement.factors import run_errors

QUICK = EvaluationOptions(bootstrap=400)
SECONDS, WINDOWS = 6.0, 60
NETWORKS = ("alexnet", "lstm")


def off(network, part, setting=""):
    """Errors of a network: a constant one of each subject's own, which fine-tuning halves."""
    number = int(part["subject"].iloc[0][1:])
    constant = {"alexnet": 6.0, "lstm": 4.0}.get(network, 5.0) + number
    scale = 1.0 if setting in ("", "before") else 0.5
    rng = np.random.default_rng([number, len(network)])
    return scale * constant + (
        rng.normal(0, 1, (len(part), 2)) if setting in ("", "tuned") else np.zeros((len(part), 2))
    )


def people(subjects, first=0):
    """Kept windows of some subjects."""
    parts = []
    for k in range(first, first + subjects):
        rng = np.random.default_rng(k)
        hr = 70 + rng.normal(0, 8, WINDOWS)
        pressures = {"sbp": 100 + 0.5 * hr + 12 * np.sin(k), "dbp": 60 + 0.1 * hr + 5 * np.cos(k)}
        start = SECONDS * np.arange(WINDOWS)
        own = {"subject": f"p{k:03d}", "record": f"r{k:03d}", "row": np.arange(WINDOWS), "start": start}
        parts.append(pd.DataFrame({**own, "seconds": SECONDS, "hr": hr, "snr": 3.0, **pressures}))
    return pd.concat(parts, ignore_index=True)


def predicted(windows, network, of="", **columns):
    """Rows of a prediction table."""
    rows = windows.rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
    errors = np.concatenate([off(network, part, of) for _, part in windows.groupby("subject", sort=False)])
    given = rows[["sbp_ref", "dbp_ref"]].to_numpy() + errors
    return rows.assign(sbp=given[:, 0], dbp=given[:, 1], network=network, split="nonmixed", seed=0, **columns)


def of_split(subjects, networks, split="nonmixed"):
    """Predictions of a split: test rows of some subjects, training rows of others."""
    training = people(8, first=100).pipe(predicted, "alexnet", subset="train")
    tested = [predicted(people(subjects), network, subset="test") for network in networks]
    tables = [
        table.assign(network=network) for table, network in zip([training] * len(networks), networks, strict=True)
    ]
    return pd.concat([*tested, *tables], ignore_index=True).assign(split=split)


def judge_arm_splits(subjects, networks, folder):
    table = pd.concat([of_split(subjects, (*networks, "mean"), split) for split in ("nonmixed", "mixed")])
    table.to_parquet(folder / "p.parquet")
    judged = judge_splits(read_table([folder / "p.parquet"]), QUICK)
    return {**judged.tables, **{f"page_{name}": own for name, own in judged.judgement.tables.items()}}


def judge_arm_leakage(subjects, networks, folder):
    trials = []
    for number, network in enumerate(networks[:1]):
        path = folder / f"{number}.parquet"
        made = of_split(subjects, (network,), "clean")
        made.to_parquet(path)
        train = made.loc[made["subset"] == "train", ["sbp_ref", "dbp_ref"]].to_numpy()
        duplicates = {
            "pairs": 0,
            "threshold": 0.9999,
            "notes": [],
            "leaks": {"near_duplicates": {"count": 0, "examples": []}},
        }
        scalings = {"alexnet seed0": Scaling(tuple(train.mean(axis=0)), tuple(train.std(axis=0)))}
        trials.append(Trial("a", "clean", SplitOptions(kind="nonmixed"), 0.0, [path], duplicates, scalings))
    return judge_leakage(trials, QUICK, dataset="a", doses=["clean"], dialled={"a": 1.0}, dial=["clean"]).tables


def judge_arm_inputs(subjects, networks, folder):
    runs = [
        ({"network": network, "derivatives": False, "cropping": cropping, "length": length, "seed": 0}, table)
        for network in networks
        for cropping in ("beats", "time")
        for length in (2, 7)
        for table in [of_split(subjects, (network,)).assign(sbp=lambda t, c=cropping: t["sbp"] + (c == "time"))]
    ]
    mae, people_of = run_errors(runs, identity="patient")
    return {"mae": mae, "tests": compare_inputs(mae, people_of, QUICK)}


def judge_arm_camera(subjects, networks, folder):
    index, tuning = people(subjects).assign(position=lambda table: np.arange(len(table))), RppgTuningOptions()
    design = sample_folds(index, tuning)
    plan = design.windows
    tables = []
    for network in networks:
        for setting in SETTINGS:
            rows = plan if setting == "before" else plan[plan[f"test_{setting}"]]
            subset = np.where(rows[f"test_{setting}"], "test", "other")
            tables.append(predicted(rows, network, setting, setting=setting, subset=subset))
    return judge_folds(plan, audit_folds(design, tuning), pd.concat(tables, ignore_index=True), tuning, QUICK).tables


def judge_arm_personalization(subjects, networks, folder):
    options = ProtocolOptions(min_windows=WINDOWS)
    plan = people(subjects).assign(order=lambda table: table["row"], elapsed=lambda table: table["start"])
    first = round(options.share * WINDOWS)
    rank = np.where(plan["order"] < first, plan["order"], -1)
    plan = plan.assign(
        number=plan["subject"].str[1:].astype(int) + 1, test=plan["order"] >= WINDOWS - (WINDOWS - first) // 2
    )
    plan = plan.assign(first_rank=rank, random_rank=rank)
    tables = [predicted(plan, n, "before", setting="before", budget="", n_calibration=0) for n in networks]
    for strategy in ("first", "random"):
        for budget, size in options.budgets(WINDOWS, strategy).items():
            shown = plan[plan["test"]]
            tables += [
                predicted(shown, n, strategy, setting=strategy, budget=budget, n_calibration=size) for n in networks
            ]
    table = pd.concat(tables, ignore_index=True)
    table["subset"] = np.where(table["test"], "test", "other")
    training = people(8, first=100)[["sbp", "dbp", "hr"]]
    protocol = Protocol("main", options, plan, {}, training, table.assign(protocol="main"))
    return judge_protocols([protocol], QUICK).tables


def judge_arm_external(subjects, networks, folder):
    windows = {name: people(subjects, first=first).assign(subset="test") for name, first in (("a", 0), ("b", 50))}
    tables, audits, lines = [], [], []
    for tested, own in windows.items():
        labels = own[["sbp", "dbp"]].to_numpy()
        for trained in windows:
            for network in (*networks, "mean"):
                made = predicted(own, network)
                if network == "mean":
                    made[["sbp", "dbp"]] = (120.0, 70.0) if trained == "a" else (125.0, 66.0)
                said = made[["sbp", "dbp"]].to_numpy()
                fitted = fit_line(said, labels, pd.factorize(own["subject"])[0])
                for setting in TRANSFERS if trained != tested else TRANSFERS[:1]:
                    line = fitted if setting == "affine" else AS_IT_IS
                    named = {"trained_on": trained, "tested_on": tested, "setting": setting}
                    tables.append(made.assign(**dict(zip(("sbp", "dbp"), line(said).T, strict=True)), **named))
                    lines.append({**named, "network": network, "seed": 0, "slope": line.slope[0]})
            if trained != tested:
                audits.append(audit_transfer(windows[trained], own, trained_on=trained, tested_on=tested))
    lines = pd.DataFrame(lines)
    return judge_external(tables, QUICK, datasets=list(windows), audits=audits, lines=lines).tables


@pytest.fixture(scope="session")
def judged_arm(tmp_path_factory):
    """Tables of an arm, by its name, the number of its test subjects and its networks; each is judged once."""
    known = {}

    def judge(name, subjects=8, networks=NETWORKS):
        key = name, subjects, networks
        if key not in known:
            known[key] = globals()[f"judge_arm_{name}"](subjects, networks, tmp_path_factory.mktemp(name))
        return known[key]

    return judge
