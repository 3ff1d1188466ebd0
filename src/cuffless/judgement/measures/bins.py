"""Errors in bins of the reference pressure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.measures.errors import absolute_errors, sum_by_subject
from cuffless.judgement.table.predictions import JudgedSplit


def bin_starts(reference: np.ndarray, width: float, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Lower edge of the bin that each reference falls into.

    Parameters
    ----------
    reference : (n,) float array
        mmHg.
    width : float
        Width of the bins in mmHg.
    limits : (low, high), optional
        Accepted pressures: bins are counted from `low`, and a reference at exactly `high` joins the bin
        below it if a bin ends there. Bins go on beyond the limits. Without: counted from 0.

    Returns
    -------
    (n,) float array
        Bins are closed below and open above.
    """
    low, high = limits or (0.0, np.inf)
    number = np.floor((np.asarray(reference, dtype=float) - low) / width)
    if limits and np.isclose((high - low) % width, 0):
        number = np.where(reference == high, number - 1, number)
    return low + width * number


def bin_table(
    judged: JudgedSplit,
    options: EvaluationOptions,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """MAE of every network in bins of the reference pressure (the paper's section 4.1.3 and Figure 7).

    Parameters
    ----------
    judged : JudgedSplit
    options : EvaluationOptions
        `bin_mmhg`, and those of the intervals.
    limits : mapping of pressure to (low, high), optional
        Accepted SBP and DBP in mmHg, from which bins are counted; see `bin_starts`.

    Returns
    -------
    DataFrame
        ``split, network, pressure, bin_low, bin_high, mae, lower, upper, interval, confidence, n_windows,
        n_subjects, seeds``. Windows are pooled within a bin, absolute errors averaged over the seeds
        first. Bins without windows have no row.
    """
    networks = judged.networks
    errors = np.stack([absolute_errors(judged, network) for network in networks], axis=1)  # windows x networks x 2
    rows = []
    for p, pressure in enumerate(judged.pressures):
        reference = judged.reference[:, p]
        number, starts = pd.factorize(bin_starts(reference, options.bin_mmhg, (limits or {}).get(pressure)), sort=True)
        cell, cells = pd.factorize(number * len(judged.subjects) + judged.owner, sort=True)
        sums = sum_by_subject(errors[:, :, p], cell, len(cells))  # one row per bin and subject
        counts = np.bincount(cell)[:, None].astype(float)
        bin_of = cells // len(judged.subjects)
        for b, start in enumerate(starts):
            inside = bin_of == b
            mae = positive_interval(sums[inside], counts[inside], options)
            rows += [
                {
                    "split": judged.split,
                    "network": network,
                    "pressure": pressure,
                    "bin_low": start,
                    "bin_high": start + options.bin_mmhg,
                    "mae": mae.estimate[n],
                    "lower": mae.lower[n],
                    "upper": mae.upper[n],
                    "interval": mae.method,
                    "confidence": options.confidence,
                    "n_windows": int(counts[inside].sum()),
                    "n_subjects": int(inside.sum()),
                    "seeds": len(judged.seeds(network)),
                }
                for n, network in enumerate(networks)
            ]
    table = pd.DataFrame(rows)
    order = table["network"].map({network: i for i, network in enumerate(networks)})
    return table.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
