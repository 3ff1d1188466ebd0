"""Which columns of a file are read as what, and what to ask where their names leave that open."""

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from cuffless.errors import some_of
from cuffless.judgement.names import JUDGED_PRESSURES, PRESSURES
from cuffless.judgement.table.columns import column_options, texts
from cuffless.judgement.table.headers.proposals import fitting, propose
from cuffless.judgement.table.headers.words import EITHER, PREDICTION, REFERENCE, Recognized
from cuffless.judgement.table.predictions import PredictionError

SUBSETS = ("train", "val", "calibration", "test")
SUBSET_WORDS = {
    **{name: name for name in SUBSETS},
    **dict.fromkeys(("training", "trn"), "train"),
    **dict.fromkeys(("validation", "valid", "dev"), "val"),
    **dict.fromkeys(("calib", "cal"), "calibration"),
    "testing": "test",
}
"""Names of the subsets, and other words for them."""
_OF_PRESSURES = {pressure: (f"{pressure.lower()}_ref", pressure.lower()) for pressure in JUDGED_PRESSURES}
"""Columns of each pressure's reference and prediction."""


class UnclearColumnsError(PredictionError):
    """A file whose columns are not clear by their names.

    Attributes
    ----------
    reason : str
        The message without the proposal.
    options : dict of str to str
        A proposal: columns of the file by their names here.
    """

    def __init__(self, reason: str, options: Mapping[str, str]):
        super().__init__(f"{reason}; pass {column_options(options)}")
        self.reason, self.options = reason, dict(options)


def check_columns(recognized: Recognized, table: pd.DataFrame, path: Path, order: Sequence[str]) -> list[str]:
    """Refuse a file whose subjects or pressures are not clear.

    Parameters
    ----------
    recognized : Recognized
    table : DataFrame
        The file.
    path : Path
    order : sequence of str
        All names of columns here, in the order of a proposal.

    Returns
    -------
    list of str
        Notes on columns that are not read.

    Raises
    ------
    UnclearColumnsError
        With a proposal.
    """
    found = [str(name) for name in table]
    wanted = _wanted(recognized)
    if not wanted:
        return _notes(recognized, path)
    proposed = propose(recognized, table, wanted)
    what = f"{path.name}: {'; '.join(_reasons(recognized, wanted, proposed, found))} (found: {some_of(found, most=20)})"
    if separator := next((sign for sign in (";", "\t", "|") if len(found) == 1 and sign in found[0]), ""):
        raise PredictionError(f"{what}; the separator is {separator!r}; save the file with commas and decimal points")
    options = recognized.renamed | proposed
    raise UnclearColumnsError(what, {name: options[name] for name in order if name in options})


def _wanted(recognized: Recognized) -> list[str]:
    """Columns without which the file cannot be judged, or that would be left out although a column may be meant."""
    wanted = ["subject"] if "subject" not in recognized.columns else []
    complete = recognized.pressures
    if complete:
        asked = [one for one in PRESSURES if one not in complete and _may_be_meant(one, recognized)]
    else:
        seen = {*recognized.columns, *recognized.doubts}
        shown = {header.pressure for header in recognized.headers}
        begun = [one for one in JUDGED_PRESSURES if one in shown or seen & set(_OF_PRESSURES[one])]
        asked = [one for one in PRESSURES if one in begun] or begun or list(PRESSURES)
    return wanted + [name for one in asked for name in _OF_PRESSURES[one] if name not in recognized.columns]


def _may_be_meant(pressure: str, recognized: Recognized) -> bool:
    """Whether a column that is not used may be what a pressure lacks, such as one of several predictions."""
    names = dict(zip((REFERENCE, PREDICTION), _OF_PRESSURES[pressure], strict=True))
    if any(name in recognized.doubts for name in names.values()):
        return True
    lacking = [role for role, name in names.items() if name not in recognized.columns]
    alike = {header.role for header in recognized.headers if header.pressure == pressure and not header.meaning}
    return len(lacking) == 1 and bool(alike & {*lacking, EITHER})


def _reasons(
    recognized: Recognized, wanted: Iterable[str], proposed: Mapping[str, str], found: Sequence[str]
) -> list[str]:
    """What is not clear, in words."""
    alone = {header.name for header in recognized.headers if header.role and not header.pressure}
    roles = [theirs for theirs in proposed.values() if theirs in alone]
    if roles:
        wanted = [name for name in wanted if name == "subject"]
    missing, reasons = [], []
    for name in wanted:
        fit = fitting(name, recognized, found)
        if (len(fit) > 1 and name != "subject") or name in recognized.doubts:
            reasons.append(f"{name} may be {' or '.join(fit)}")
        else:
            missing.append(name)
    if missing:
        other = all(name.endswith("_ref") for name in missing)
        hint = ", if the references are in another file, give both files" if other else ""
        reasons.insert(0, f"no column {', '.join(missing)}{hint}")
    if roles:
        reasons.append(f"which pressure is in {' and '.join(roles)}?")
    return reasons


def _notes(recognized: Recognized, path: Path) -> list[str]:
    """Columns that are not read."""
    of_pressures = {name for names in _OF_PRESSURES.values() for name in names}
    notes = [
        f"{path.name}: {' and '.join(theirs)} may both be {name}: neither is read; to have one read, pass --column "
        f"{shlex.quote(f'{name}={theirs[0]}')}"
        for name, theirs in recognized.doubts.items()
        if name not in of_pressures
    ]
    for pressure in PRESSURES:
        names = dict(zip(_OF_PRESSURES[pressure], (REFERENCE, PREDICTION), strict=True))
        lacking = [name for name in names if name not in recognized.columns]
        if len(lacking) == 1:
            notes.append(f"{path.name}: {pressure} has no {names[lacking[0]]} (column {lacking[0]}) and is not judged")
    return notes


def subset_words(column: pd.Series) -> pd.Series:
    """Names of subsets as they are known here; other names in lower case."""
    held = texts(column, names=False).str.lower()
    return held.map({text: SUBSET_WORDS.get(text, text) for text in held.unique()})


def take_split_for_subset(recognized: Recognized, table: pd.DataFrame, without: Collection[str]) -> None:
    """Read a column ``split`` that holds train and test as ``subset``, in place; a split here is a name for both."""
    theirs = recognized.columns.get("split")
    if theirs is None or "subset" in recognized.columns or "subset" in without:
        return
    held = {text.casefold() for text in texts(table[theirs], names=False).unique()} - {""}
    if len(held) > 1 and held <= set(SUBSET_WORDS):
        del recognized.columns["split"]
        recognized.columns["subset"] = theirs


def read_as(recognized: Recognized) -> str:
    """What columns of other names are read as, on one line; empty if there are none."""
    shown = [f"{name}={theirs}" for name, theirs in recognized.renamed.items() if name not in recognized.given]
    return f"reading {', '.join(shown)}" if shown else ""
