"""Plans and predictions of personalization, made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cuffless.arms.personalization import Protocol, judge_protocols
from cuffless.config import EvaluationOptions, ProtocolOptions

SECONDS, MEAN = 6.0, (120.0, 60.0)


def make_plan(options, subjects, windows, seed):
    """Pressures differ between subjects and wander within them; a window follows on the other, a day after 60 %."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, name in enumerate(rng.permutation(subjects), 1):
        n = windows + int(name)
        n_first = round(options.share * n)
        test = np.zeros(n, bool)
        test[n - (n - n_first) // 2 :] = True
        if options.test_half == "alternate":
            test[:] = False
            test[n_first + 1 :: 2] = True
        pool = np.flatnonzero(~test)
        ranks = {}
        for strategy, taken in (("first", pool[pool < n_first]), ("random", rng.permutation(pool))):
            taken = taken[: options.budgets(n, strategy)[options.budget]]
            ranks[strategy] = np.full(n, -1)
            ranks[strategy][taken] = np.arange(len(taken))
        wander = 0.3 * np.cumsum(rng.normal(0, 1, n))
        parts.append(
            pd.DataFrame(
                {
                    "number": number,
                    "subject": f"p{name:03d}",
                    "record": [f"p{name:03d}-{'b' if late else 'a'}" for late in np.arange(n) >= 0.6 * n],
                    "row": np.arange(n),
                    "start": SECONDS * np.arange(n),
                    "seconds": SECONDS,
                    "sbp": MEAN[0] + rng.normal(0, 15) + wander,
                    "dbp": MEAN[1] + rng.normal(0, 8) + wander / 2,
                    "hr": 70 + rng.normal(0, 5, n),
                    "snr": 5.0,
                    "elapsed": SECONDS * np.arange(n) + 86400.0 * (np.arange(n) >= 0.6 * n),
                    "order": np.arange(n),
                    "test": test,
                    "first_rank": ranks["first"],
                    "random_rank": ranks["random"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_run(plan, options, network, seed, error, protocol="main"):
    """Rows of one network and seed; `error(part, setting, budget)` is prediction less reference, (n, 2)."""
    parts = [part for _, part in plan.groupby("subject")]
    plan = pd.concat(parts, ignore_index=True)
    owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    test = plan["test"].to_numpy()
    cases = [("before", "", np.ones(len(plan), bool), np.zeros(len(parts), int))]
    for strategy in ("first", "random"):
        rank = plan[f"{strategy}_rank"].to_numpy()
        sizes = [options.budgets(len(part), strategy) for part in parts]
        for budget in sizes[0]:
            taken = (rank >= 0) & (rank < np.array([size[budget] for size in sizes])[owner])
            shown = test.copy()
            if (strategy, budget) == ("first", options.budget):
                last = plan["order"].where(taken).groupby(owner).transform("max")
                shown |= (plan["order"] > last + 2).to_numpy()
            cases.append((strategy, budget, shown, np.bincount(owner, weights=taken).astype(int)))
    columns = ["number", "subject", "record", "start", "seconds", "sbp", "dbp", "hr"]
    tables = []
    for setting, budget, shown, counts in cases:
        off = [np.broadcast_to(error(part, setting, budget), (len(part), 2)) for part in parts]
        rows = plan.loc[shown, columns].rename(columns={"sbp": "sbp_ref", "dbp": "dbp_ref"})
        rows["subset"] = np.where(test[shown], "test", "other" if setting == "before" else "between")
        rows["setting"], rows["budget"] = setting, budget
        rows["n_calibration"] = counts[owner[shown]]
        rows[["sbp", "dbp"]] = rows[["sbp_ref", "dbp_ref"]].to_numpy() + np.concatenate(off)[shown]
        tables.append(rows)
    table = pd.concat(tables, ignore_index=True)
    return table.assign(network=network, split="nonmixed", seed=seed, protocol=protocol)


def strangers(network, seed):
    """A network that is off by an amount of each subject's own; fine-tuning halves it, and windows scatter."""

    def error(part, setting, budget):
        number = int(part["number"].iloc[0])
        rng = np.random.default_rng([seed, len(network), number, len(setting)])
        scale = 1.0 if setting == "before" else 0.5
        return scale * 10.0 * np.sin(7.0 * number) + rng.normal(0, 2, (len(part), 2))

    return error


def protocol_of(
    name="main",
    *,
    subjects=8,
    windows=60,
    networks=("alexnet", "lstm"),
    seeds=(0,),
    error=strangers,
    warnings=(),
    seed=0,
    **options,
):
    """A protocol with its predictions; pressures of the training windows follow the pulse rate."""
    options = ProtocolOptions(**options)
    plan = make_plan(options, subjects, windows, seed)
    hr = np.random.default_rng(1).uniform(50, 130, 500)
    training = pd.DataFrame({"sbp": 100 + 0.3 * hr, "dbp": 80 - 0.2 * hr, "hr": hr})
    runs = [make_run(plan, options, n, s, error(n, s), name) for n in networks for s in seeds]
    return Protocol(name, options, plan, {"warnings": list(warnings)}, training, pd.concat(runs, ignore_index=True))


QUICK = EvaluationOptions(bootstrap=400)


def judged(protocols):
    """Tables and summary of protocols, each an attribute."""
    found = judge_protocols(protocols, QUICK)
    return SimpleNamespace(**found.tables, **found.texts, judged=found)


@pytest.fixture
def make_protocol():
    """Factory of protocols with their predictions."""
    return protocol_of


@pytest.fixture
def judge():
    """Judge protocols with few draws of the bootstrap."""
    return lambda *protocols: judged(protocols)


@pytest.fixture(scope="session")
def usual():
    """A protocol of two networks and eight subjects, and its tables."""
    protocol = protocol_of()
    return protocol, judged([protocol])


@pytest.fixture(scope="session")
def two_protocols():
    """The same beside a protocol that tests windows next to calibration windows, and the tables of both."""
    beside = protocol_of("alternate", test_half="alternate", leakage="warn", warnings=["alternate: 3 windows touch"])
    protocols = [protocol_of(), beside]
    return protocols, judged(protocols)
