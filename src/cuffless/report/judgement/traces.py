"""What subjects' courses take on a page: whole tenths in base 64, as the page's script unpacks them."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

TRACE_BYTES = 1_000_000
"""Limit for all traces of a page; beyond it, fewer subjects are shown."""
_MISSING = -32768
_WIDEST = 3276.7  # what whole tenths in 16 bits can hold
_ENCODED = 4 / 3
_NAMES = {"case", "network", "subject", "record"}


def pack_traces(
    traces: pd.DataFrame,
    subjects: pd.DataFrame,
    cases: Sequence[str],
    networks: Mapping[str, int],
    pressures: Sequence[str],
) -> list[list[dict[str, Any]]]:
    """Pack the courses of a judgement's subjects.

    Parameters
    ----------
    traces : DataFrame
        ``case, network, subject, record, window`` (its number), ``start, seconds, elapsed`` (s on the subject's clock;
        NaN where there is none) and, for each pressure, ``sbp_ref, sbp, sbp_mean`` (the population mean); the networks
        of a case have the same windows in the same order.
    subjects : DataFrame
        Errors of the subjects: ``case, network, subject, pressure, mae``.
    cases : sequence of str
    networks : mapping of str to int
        Their numbers.
    pressures : sequence of str
        Such as SBP and DBP.

    Returns
    -------
    list of list of dict
        For each case, for each subject: ``name, clock`` (`elapsed`, `start` or `order`), ``windows``, and packed
        ``time`` (0.1 s, or the windows' numbers), ``seconds`` (0.01 s), ``record``, ``reference`` (one per pressure,
        0.1 mmHg), ``predicted`` and ``mae`` by network, ``mean`` (one per pressure, mmHg).
    """
    share = min(1.0, TRACE_BYTES / max(_bytes(traces, len(pressures)), 1.0))
    maes = subjects.set_index(["case", "network", "subject", "pressure"])["mae"].to_dict()
    packed = []
    for case in cases:
        of_case = traces[traces["case"] == case]
        names = list(dict.fromkeys(of_case["subject"]))
        shown = np.unique(np.linspace(0, len(names) - 1, max(int(share * len(names)), 1)).round().astype(int))
        places, columns = of_case.groupby("subject", sort=False).indices, _columns(of_case)
        packed.append(
            [_pack(_of(columns, places[names[i]]), networks, maes, pressures) for i in shown] if names else []
        )
    return packed


def _bytes(traces: pd.DataFrame, pressures: int) -> float:
    windows = len(traces.drop_duplicates(["case", "subject", "window"]))
    return _ENCODED * (2 * pressures * len(traces) + (4 + 2 + 2 + 2 * pressures) * windows)


def _columns(traces: pd.DataFrame) -> dict[str, np.ndarray]:
    """Arrays of a case's columns: rows of many tables take long to choose."""
    return {str(name): column.to_numpy(object if name in _NAMES else float) for name, column in traces.items()}


def _of(columns: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in columns.items()}


def _pack(
    rows: Mapping[str, np.ndarray], networks: Mapping[str, int], maes: Mapping[tuple, float], pressures: Sequence[str]
) -> dict[str, Any]:
    names = [pressure.lower() for pressure in pressures]
    by_network = {network: _of(rows, rows["network"] == network) for network in dict.fromkeys(rows["network"])}
    first = next(iter(by_network.values()))
    clock, time = _clock(first)
    key = (first["case"][0], first["subject"][0])
    return {
        "name": key[1],
        "clock": clock,
        "windows": len(time),
        "time": _int32(time),
        "seconds": _int16(first["seconds"], 100),
        "record": _int16(pd.factorize(first["record"])[0], 1),
        "reference": [_int16(first[f"{name}_ref"], 10) for name in names],
        "predicted": {networks[n]: [_int16(own[name], 10) for name in names] for n, own in by_network.items()},
        "mae": {networks[n]: [_mae(maes, (key[0], n, key[1], p)) for p in pressures] for n in by_network},
        "mean": [_mean(first, f"{name}_mean") for name in names],
    }


def _clock(rows: Mapping[str, np.ndarray]) -> tuple[str, np.ndarray]:
    """Times that are comparable over the subject's records and differ, else the numbers of the windows."""
    if _is_clock(rows["elapsed"]):
        return "elapsed", 10 * rows["elapsed"]
    if len(set(rows["record"])) == 1 and _is_clock(rows["start"]):
        return "start", 10 * rows["start"]
    return "order", rows["window"]


def _is_clock(times: np.ndarray) -> bool:
    return bool(np.isfinite(times).all()) and np.ptp(times) > 0


def _mae(maes: Mapping[tuple, float], key: tuple) -> float | None:
    return round(float(maes[key]), 1) if key in maes else None


def _mean(rows: Mapping[str, np.ndarray], name: str) -> float | None:
    """The population mean is one pressure for all windows of a subject."""
    return round(float(rows[name][0]), 1) if name in rows and np.isfinite(rows[name][0]) else None


def _int32(values: np.ndarray) -> str:
    return base64.b64encode(np.round(values).astype("<i4").tobytes()).decode()


def _int16(values, scale: int) -> str:
    scaled = np.clip(np.asarray(values, dtype=float) * scale, -10 * _WIDEST, 10 * _WIDEST)
    whole = np.where(np.isfinite(scaled), np.round(np.nan_to_num(scaled)), _MISSING)
    return base64.b64encode(whole.astype("<i2").tobytes()).decode()
