"""A trained network on the windows of another data set: as it is, shifted, and with a line fitted on a few people."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import TRANSFERS, WindowOptions
from cuffless.designs.split_audit import KNOWN_OF_PEOPLE
from cuffless.designs.transfer import Line, fit_line, shift_to_mean
from cuffless.designs.transfer.lines import AS_IT_IS
from cuffless.training.predictions import COLUMNS, stored_windows
from cuffless.training.predictor import Predictor
from cuffless.training.recordings import SHAPING

TRANSFER_COLUMNS = (*COLUMNS, "trained_on", "setting")
LINE_COLUMNS = ("setting", "pressure", "slope", "intercept", "people", "n_windows")
_PRESSURES = ["sbp", "dbp"]


def require_same_windows(trained: WindowOptions, tested: WindowOptions, *, network: str, name: str) -> None:
    """Refuse windows that a network was not trained on.

    Parameters
    ----------
    trained, tested : WindowOptions
        Of the network's own windows, and of those that it is tested on.
    network, name : str
        Of the network and of the data set, in messages.

    Raises
    ------
    ValueError
        If they are cut, filtered, resampled or labelled differently; it names all that differs. Options that only
        select windows may differ.
    """
    differ = [
        f"{option} {getattr(tested, option)} instead of {getattr(trained, option)}"
        for option in (*SHAPING, "labels")
        if getattr(tested, option) != getattr(trained, option)
    ]
    if differ:
        raise ValueError(
            f"{network} cannot be tested on {name}, whose windows have {', '.join(differ)}; give both data sets one "
            "windowing, and train the network on it"
        )


def transfer_lines(
    predictor: Predictor, manifest: pd.DataFrame, train_store: str | Path, people: np.ndarray
) -> dict[str, Line]:
    """Lines by which a network's outputs are moved in each setting, fitted on training people of the tested data set.

    Parameters
    ----------
    predictor : Predictor
    manifest : DataFrame
        Of the tested data set's split: subset, position, subject, sbp, dbp.
    train_store : path
        Its materialized training set.
    people : array of str
        On whom a line is fitted.

    Returns
    -------
    dict of str to Line
        By `TRANSFERS`.
    """
    rows, predicted = _predicted(predictor, manifest, train_store, "train")
    labels, subjects = rows[_PRESSURES].to_numpy(float), rows["subject"].astype(str).to_numpy()
    few = np.isin(subjects, people)
    owner = np.searchsorted(people, subjects[few])
    moved = (AS_IT_IS, shift_to_mean(predicted, labels), fit_line(predicted[few], labels[few], owner))
    return dict(zip(TRANSFERS, moved, strict=True))


def transfer_table(
    predictor: Predictor, manifest: pd.DataFrame, test_store: str | Path, lines: Mapping[str, Line], **names
) -> pd.DataFrame:
    """Predictions of a network on the test people of another data set, in every setting.

    Parameters
    ----------
    predictor : Predictor
    manifest : DataFrame
        Of the tested data set's split.
    test_store : path
        Its materialized test set.
    lines : mapping of str to Line
        By setting, as from `transfer_lines`.
    **names
        ``network, split, seed, trained_on``.

    Returns
    -------
    DataFrame
        Columns `TRANSFER_COLUMNS` and what the manifest has of `KNOWN_OF_PEOPLE`: a prediction table with the test
        windows once per setting. Rows that are not for testing have references alone, and no setting.

    Raises
    ------
    ValueError
        If manifest and store are not of one split.
    """
    rows, predicted = _predicted(predictor, manifest, test_store, "test")
    named = {"sbp": "sbp_ref", "dbp": "dbp_ref"}
    others = manifest[manifest["subset"] != "test"].rename(columns=named)
    parts = [others.assign(sbp=np.nan, dbp=np.nan, setting="")]
    for setting, line in lines.items():
        moved = line(predicted).astype(np.float32)
        parts.append(rows.rename(columns=named).assign(sbp=moved[:, 0], dbp=moved[:, 1], setting=setting))
    known = [name for name in KNOWN_OF_PEOPLE if name in manifest]
    return pd.concat(parts, ignore_index=True).assign(**names)[[*TRANSFER_COLUMNS, *known]]


def line_table(lines: Mapping[str, Line], manifest: pd.DataFrame, people: np.ndarray) -> pd.DataFrame:
    """Lines of a network as a table with the columns `LINE_COLUMNS`, one row per setting and pressure.

    Parameters
    ----------
    lines : mapping of str to Line
        By `TRANSFERS`.
    manifest : DataFrame
        Of the tested data set's split.
    people : array of str
        On whom the last line was fitted; their names are joined by semicolons.
    """
    training = manifest[manifest["subset"] == "train"]
    few = training[training["subject"].isin(people)]
    known = dict.fromkeys(lines, ("", 0)) | dict(
        zip(TRANSFERS[1:], (("all", len(training)), (";".join(people), len(few))), strict=True)
    )
    rows = [
        (setting, pressure.upper(), line.slope[p], line.intercept[p], *known[setting])
        for setting, line in lines.items()
        for p, pressure in enumerate(_PRESSURES)
    ]
    return pd.DataFrame(rows, columns=list(LINE_COLUMNS))


def _predicted(
    predictor: Predictor, manifest: pd.DataFrame, store: str | Path, subset: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of a set in the order of its store, and the network's predictions, (n, 2) mmHg."""
    rows = manifest[manifest["subset"] == subset].sort_values("position", ignore_index=True)
    return rows, predictor.pressures(stored_windows(rows, subset, store))
