"""Tables as the evaluation writes them, made by hand: figures compute nothing."""

import numpy as np
import pandas as pd
import pytest

RANGES = {"SBP": (75, 165), "DBP": (40, 80)}


@pytest.fixture
def make_tables():
    """Factory of the tables overall, mae, bins, tests for networks, seeds and subjects."""

    def make(networks=("alexnet", "lstm"), seeds=1, subjects=60):
        known = subjects >= 6
        cell = {
            "interval": "percentile" if known else "too few subjects",
            "confidence": 0.95,
            "n_subjects": subjects,
        }
        overall, mae, bins, tests = [], [], [], []
        for split in ("nonmixed", "mixed"):
            for number, network in enumerate((*networks, "mean")):
                for pressure, (low, high) in RANGES.items():
                    scale = 1.0 if pressure == "SBP" else 0.5
                    error = scale * (16 if network == "mean" else (12 if split == "nonmixed" else 6) + 0.1 * number)
                    limits = {
                        "lower": error - 1 if known else np.nan,
                        "upper": error + 1 if known else np.nan,
                    }
                    key = {"split": split, "network": network, "pressure": pressure, "average": "pooled"}
                    slope = -1.0 if network == "mean" else -0.7
                    size = {"n_windows": 5000, "seeds": seeds}
                    overall.append({**key, "mae": error, **limits, **cell, **size, "slope": slope})
                    mae += [{**key, "seed": seed, "mae": error + 0.3 * scale * seed} for seed in range(seeds)]
                    for start in range(low, high, 10):
                        here = error + abs(start + 5 - (low + high) / 2) / 3
                        spread = {"lower": here - 1, "upper": here + 2} if known else dict.fromkeys(limits, np.nan)
                        edges = {"bin_low": float(start), "bin_high": start + 10.0}
                        bins.append({**key, **edges, "mae": here, **spread, **cell, **size})
                    if network != "mean":
                        tests.append(_test("network vs mean", pressure, (split, network), (split, "mean"), known))
                    if split == "mixed":
                        tests.append(
                            _test("split vs split", pressure, ("nonmixed", network), ("mixed", network), known)
                        )
        tables = [pd.DataFrame(rows) for rows in (overall, mae, bins, tests)]
        tables[2] = tables[2].rename(columns={"split": "case"})
        return tuple(tables)

    return make


def _test(comparison, pressure, a, b, known):
    return {
        "comparison": comparison,
        "pressure": pressure,
        "split_a": a[0],
        "network_a": a[1],
        "split_b": b[0],
        "network_b": b[1],
        "ks_windows_significant": True,
        "pairing": "by subject" if known else "too few subjects",
        "paired_significant": a[1] != "mean" and known,
        "alpha": 0.05,
    }


@pytest.fixture
def manifest():
    """Windows of both splits."""
    rng = np.random.default_rng(0)
    parts = []
    for split in ("nonmixed", "mixed"):
        for subset, n in (("train", 600), ("val", 150), ("test", 250)):
            pressures = {
                "sbp": np.clip(rng.normal(116, 18, n), 75, 165),
                "dbp": np.clip(rng.normal(59, 8, n), 40, 80),
            }
            subjects = [f"{subset}{i % 20}" for i in range(n)]
            parts.append(pd.DataFrame({"split": split, "subset": subset, "subject": subjects, **pressures}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def layers():
    """Layers of a small recurrent network with one link that skips."""
    rows = [
        ("input", "InputLayer", "", [875, 1], 0, []),
        ("conv", "Conv1D", "32 filters, kernel 5", [875, 32], 192, ["input"]),
        ("memory", "Bidirectional LSTM", "2 × 64 units", [875, 32], 49664, ["conv"]),
        ("sum", "Add", "", [875, 32], 0, ["memory", "conv"]),
        ("head", "Dense", "2 units, linear", [2], 66, ["sum"]),
    ]
    keys = ("name", "kind", "detail", "output", "parameters", "inputs")
    return [dict(zip(keys, row, strict=True)) for row in rows]
