"""The audit of an external test: what training of one data set shares with the test of another."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SplitOptions, WindowOptions
from cuffless.designs.audit import make_audit, make_leak
from cuffless.designs.design import DesignError
from cuffless.designs.duplicates import audit_duplicates

_LENGTH_TOLERANCE = 0.1
"""Largest deviation of a median window from its length; the two measures of its pulse rate differ less."""
_KNOWN = ("train", "val")
_SECONDS_PER_MINUTE = 60.0


def audit_transfer(
    trained: pd.DataFrame,
    tested: pd.DataFrame,
    *,
    stores: Mapping[str, str | Path] | None = None,
    threshold: float = 0.9999,
    **facts,
) -> dict:
    """Look for people, records and signals of one data set's training in the test of another.

    Parameters
    ----------
    trained, tested : DataFrame
        Manifests of both data sets' splits: subset, position, subject, record, start.
    stores : mapping of str to path, optional
        ``train`` of the one and ``test`` of the other as materialized; without them signals are not compared.
    threshold : float
        Least correlation of a single copied window; see `audit_duplicates`, which also finds copied records.
    **facts
        Further notes of the audit.

    Returns
    -------
    dict
        As from `make_audit`. Names that both data sets have only in common by chance count as shared, too: a name is
        all that is known of a person.
    """
    known, test = trained[trained["subset"].isin(_KNOWN)], tested[tested["subset"] == "test"]
    found: dict[str, dict | list[str]] = {
        f"shared_{column}": sorted(set(known[column].astype(str)) & set(test[column].astype(str)))
        for column in ("subject", "record")
    }
    found["near_duplicates"] = make_leak(None, "the signals were not compared")
    if stores is not None:
        both = pd.concat([known[known["subset"] == "train"], test], ignore_index=True)
        options = SplitOptions(kind="nonmixed", duplicate_correlation=threshold)
        found["near_duplicates"] = audit_duplicates(both, stores, options, declared=())["leaks"]["near_duplicates"]
    return make_audit("external", found, **facts)


def require_same_length(manifest: pd.DataFrame, windows: WindowOptions, *, name: str) -> None:
    """Refuse windows that last longer or shorter than the options with which a network's windows were cut.

    Parameters
    ----------
    manifest : DataFrame
        ``seconds`` and ``hr`` (bpm) of each window.
    windows : WindowOptions
    name : str
        Of the data set, in messages.

    Raises
    ------
    DesignError
        If the windows were cut by others to another length: the network would see their pulses stretched.
    """
    seconds = manifest["seconds"].to_numpy(float)
    wanted = np.full(len(seconds), float(windows.length))
    if windows.cropping == "beats":
        wanted = windows.length * _SECONDS_PER_MINUTE / manifest["hr"].to_numpy(float)
    known = np.isfinite(seconds) & np.isfinite(wanted)
    away = np.median(np.abs(seconds[known] / wanted[known] - 1)) if known.any() else 0.0
    if away > _LENGTH_TOLERANCE:
        unit = "beats" if windows.cropping == "beats" else "s"
        raise DesignError(
            f"{name}: its windows last {np.median(seconds[known]):.3g} s (median), but windows.length is "
            f"{windows.length} {unit}, {np.median(wanted[known]):.3g} s (median): a network trained on other data sets "
            "would see stretched pulses. Set windows.cropping: time and windows.length to what they last, or take the "
            "data set out of external.datasets"
        )
