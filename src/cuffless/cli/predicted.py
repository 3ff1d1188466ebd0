"""What `cuffless predict` prints and writes; pressures are in whole mmHg, as no cuffless prediction is more exact."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cuffless.errors import plural
from cuffless.rejection import EXPLANATIONS, remedy

FIGURES = ("sbp", "dbp", "hr", "snr")
CAVEAT = (
    "An estimate for research, not a measurement; the American Heart Association does not recommend cuffless devices "
    "for diagnosis or management (2026, doi 10.1161/HYP.0000000000000254)."
)
NO_ORIGIN = (
    "The model file does not give the network's error on people that it has not seen, nor on whom it was trained."
)
_ROUNDING: dict[str, np.ufunc] = {"sbp": np.rint, "dbp": np.rint, "sbp_before": np.rint, "dbp_before": np.rint}
_ROUNDING |= {"sbp_lo": np.floor, "dbp_lo": np.floor, "sbp_hi": np.ceil, "dbp_hi": np.ceil}
_SHOWN = 20  # windows on a terminal
_RULES = {explanation: rule for rule, explanation in EXPLANATIONS.items()}


def whole_mmhg(table: pd.DataFrame) -> pd.DataFrame:
    """The table with pressures in whole mmHg; limits of intervals are rounded outwards, so that they still hold."""
    whole = {name: rounded(table[name].astype(float)) for name, rounded in _ROUNDING.items() if name in table}
    return table.assign(**{name: pd.array(values, "Int64") for name, values in whole.items()})


def answer(name: str, model: Path, table: pd.DataFrame, notes: Mapping[str, Any]) -> dict:
    """What ``--json`` prints.

    Parameters
    ----------
    name : str
        Of the recording.
    model : Path
    table : DataFrame
        Its windows.
    notes : mapping
        Further entries, of which empty ones are left out; `origin` becomes null if it is None.
    """
    accepted = table[table["accepted"].astype(bool)]
    medians = {f"{figure}_median": _median(accepted[figure]) for figure in FIGURES}
    for key in ("sbp_median", "dbp_median"):
        medians[key] = None if (value := medians[key]) is None else round(value)
    whole = whole_mmhg(table).astype(object)
    windows = whole.where(whole.notna(), None).to_dict("records")
    found = {"record": name, "model": str(model), **medians, "windows": windows}
    found |= {"input_check": table.attrs["input_check"]} if table.attrs.get("input_check") else {}
    if "origin" in notes:
        found["origin"] = None if notes["origin"] is None else notes["origin"].model_dump(mode="json")
    return found | {key: note for key, note in notes.items() if note and key != "origin"}


def print_windows(table: pd.DataFrame, level: float | None, *, everything: bool) -> None:
    """Print a table of windows: on a terminal for the eye, and only the first unless `everything` is asked for.

    Elsewhere, such as in a pipe, it is CSV.
    """
    whole = whole_mmhg(table)
    if not sys.stdout.isatty():
        print(whole.to_csv(index=False, float_format="%.2f"), end="")
        return
    from rich.console import Console
    from rich.table import Table

    limits = [f"{100 * level:g} % interval"] if level is not None else []
    before = ["before"] if "sbp_before" in table else []
    shown = Table("start s", "SBP", *limits, *before, "DBP", *limits, *before, "HR", "SNR dB", "rejected by", box=None)
    for column in shown.columns[:-1]:
        column.justify = "right"
    first = whole if everything else whole.head(_SHOWN)
    for row in first.to_dict("records"):
        cells = [f"{row['start']:.1f}"]
        for name in ("sbp", "dbp"):
            cells.append(_cell(row[name]))
            if limits:
                cells.append(_interval(row[f"{name}_lo"], row[f"{name}_hi"]))
            if before:
                cells.append(_cell(row[f"{name}_before"]))
        shown.add_row(*cells, f"{row['hr']:.0f}", f"{row['snr']:.1f}", _RULES.get(row["reason"], row["reason"]))
    console = Console(highlight=False)
    console.print(shown)
    if len(first) < len(whole):
        more = len(whole) - len(first)
        console.print(
            f"{plural(more, 'more window')}: --all shows {'it' if more == 1 else 'them'}, --output FILE.csv and --plot "
            "FILE.png have all"
        )


def sentences(table: pd.DataFrame, notes: Mapping[str, Any]) -> list[str]:
    """Sentences on predictions: how many, of what size, and what they are worth."""
    accepted = table[table["accepted"].astype(bool)]
    found = [f"{len(accepted):,} of {plural(len(table), 'window')} accepted"]
    if "calibration" in table:  # calibration windows are no evidence
        accepted = accepted[~accepted["calibration"]] if not accepted["calibration"].all() else accepted
    if len(accepted):
        found[0] += f", median {accepted['sbp'].median():.0f}/{accepted['dbp'].median():.0f} mmHg"
    found[0] += "."
    found += [notes["calibration"]] if "calibration" in notes else []
    origin = notes.get("origin")
    before = "Before calibration: " if "calibration" in notes and origin is not None else ""
    found.append(NO_ORIGIN if origin is None else f"{before}{origin.trained_on()} {origin.error()}")
    found += [notes["intervals"]] if "intervals" in notes else []
    return [*found, *filter(None, [_input_note(table)]), CAVEAT]


def why_unusable(table: pd.DataFrame, options) -> str:
    """Why no window is accepted, and what to do.

    Parameters
    ----------
    table : DataFrame
        Of a recording without an accepted window.
    options : WindowOptions
        Of its windows.
    """
    if not len(table):
        return "the signal is shorter than a window, or has no window without missing samples"
    none = "the only window is not" if len(table) == 1 else f"none of {len(table):,} windows is"
    reason, n = next(iter(table["reason"].value_counts().items()))
    text = f"{none} accepted; most common reason ({n}): {reason}"
    return "; ".join(filter(None, (text, remedy(_RULES[reason], options) if reason in _RULES else "")))


def _input_note(table: pd.DataFrame) -> str:
    """A sentence on predictions that hardly depend on the recording; empty if they do."""
    check = table.attrs.get("input_check", {})
    still = [name for name in ("sbp", "dbp") if not check.get(f"{name}_depends", True)]
    if not still:
        return ""
    which = "These predictions" if len(still) == 2 else f"Predictions of {still[0].upper()}"
    before = ", before calibration," if "calibration" in table else ""
    spread, change = ("/".join(f"{check[f'{name}_{what}']:.1f}" for name in still) for what in ("spread", "change"))
    sd = "/".join(f"{check[f'{name}_label_sd']:.0f}" for name in still if check[f"{name}_label_sd"] is not None)
    trained = f"; its training labels have SD {sd} mmHg" if sd else ""
    return (
        f"{which}{before} hardly depend on the recording: the network moves by {spread} mmHg between its windows and "
        f"by {change} mmHg when they are played backwards and slower{trained}."
    )


def _cell(value) -> str:
    return "-" if pd.isna(value) else f"{value}"


def _interval(low, high) -> str:
    return "-" if pd.isna(low) else f"{low}-{high}"


def _median(values) -> float | None:
    return float(values.median()) if len(values) else None
