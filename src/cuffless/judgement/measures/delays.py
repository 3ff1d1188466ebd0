"""How the error grows with the time since the last calibration value."""

import numpy as np
import pandas as pd

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.drift import errors_by_delay
from cuffless.judgement.measures.methods import ProtocolErrors
from cuffless.judgement.measures.tables import by_pressure
from cuffless.judgement.table.protocols import FIRST, Drawn

_TIGHT = 1e-6  # s, within which times are the same
COLUMNS = ["protocol", "network", "method", "setting", "pressure", "bin_low", "bin_high", "mae", "lower", "upper"]
COLUMNS += ["interval", "n_subjects", "n_windows"]


def delays(drawn: Drawn) -> np.ndarray:
    """Minutes from the start of the last calibration window of `first` to each window's start.

    Parameters
    ----------
    drawn : Drawn

    Returns
    -------
    (n,) float array
        NaN for windows that are not after it, where the time between records is not known, and under a protocol that
        has lost the order in time.
    """
    if drawn.options.order != "time":
        return np.full(len(drawn.plan), np.nan)
    calibration = drawn.calibration[FIRST, drawn.options.budget]
    last = calibration.rows[np.cumsum(calibration.counts) - 1][drawn.owner]
    elapsed, seconds = (drawn.plan[name].to_numpy(float) for name in ("elapsed", "seconds"))
    minutes = (elapsed - elapsed[last]) / 60
    apart = 60 * minutes >= seconds[last] + seconds - _TIGHT  # what is nearer is predicted only where it tests
    later = (np.arange(len(last)) > last) & (minutes > 0) & (apart | drawn.plan["test"].to_numpy())
    return np.where(later, minutes, np.nan)


def drift_table(errors: ProtocolErrors, edges: np.ndarray, options: EvaluationOptions) -> pd.DataFrame:
    """MAE against the minutes since the last calibration window of `first` at the main budget.

    Parameters
    ----------
    errors : ProtocolErrors
    edges : (bins, 2) float array
        As from `drift_edges`: the same for all protocols, networks and methods.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        ``protocol, network, method, setting, pressure, bin_low, bin_high`` (minutes), ``mae`` (every subject counts the
        same), ``lower, upper, interval, n_subjects, n_windows``. Test windows and those between calibration and test
        count alike. No row for a bin without windows; none at all where the order in time is lost or no time is known.
    """
    drawn, rows = errors.drawn, errors.later_rows
    minutes = delays(drawn)[rows]
    if not np.isfinite(minutes).any() or not len(edges):
        return pd.DataFrame(columns=COLUMNS)
    cells = list(errors.later)
    named = {name: [getattr(cell, name) for cell in cells] for name in ("network", "method", "setting")}
    absolute = np.concatenate([errors.later[cell] for cell in cells], axis=1)
    parts = [
        pd.DataFrame(
            {
                "protocol": drawn.name,
                **by_pressure(cells, **named),
                "bin_low": part.low,
                "bin_high": part.high,
                "mae": part.mae.estimate,
                "lower": part.mae.lower,
                "upper": part.mae.upper,
                "interval": part.mae.method,
                "n_subjects": part.n_subjects,
                "n_windows": part.n_windows,
            }
        )
        for part in errors_by_delay(absolute, drawn.owner[rows], minutes, edges, options)
    ]
    table = pd.concat(parts)[COLUMNS]  # bin by bin, each with all cells: by cell is how it is read
    return table.sort_index(kind="stable").reset_index(drop=True)
