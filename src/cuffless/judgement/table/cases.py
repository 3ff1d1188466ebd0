"""Cases: predictors that were tested on the same windows, with their training and calibration rows."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cuffless.designs.clock import in_time_order
from cuffless.judgement.table.circumstances import CIRCUMSTANCES
from cuffless.judgement.table.columns import predictions_of, references_of
from cuffless.judgement.table.predicted import Predicted
from cuffless.judgement.table.predictions import (
    WINDOW,
    JudgedSplit,
    JudgedTable,
    PredictionError,
    align_predictions,
    window_order,
)

_OF_PEOPLE = ("age", "bmi", "skin_tone")
_KNOWN = ("hr", "sex", "map_ref", *_OF_PEOPLE, *CIRCUMSTANCES)


@dataclass(frozen=True)
class Case:
    """One split and setting: predictors on the same test windows.

    Attributes
    ----------
    name, split, setting : str
    judged : JudgedSplit
        Of all networks and seeds.
    windows : DataFrame
        The test windows in the order of `judged`: ``subject, record, start, seconds`` and, where the table has them,
        ``hr, age, sex, bmi, skin_tone, condition, posture, visit, map_ref``; ``fold`` (0 if there is none); ``since``:
        seconds since the subject's last calibration window.
    training : DataFrame
        Rows of the subsets train and val, one per window and fold; empty if the table has none.
    validation : DataFrame
        Rows of the subset val that have predictions, one per window, fold, network and seed; empty if there are none.
    calibration : DataFrame
        Rows of the subset calibration of all networks, in time order within each subject; empty if there are none.
        Those of the setting itself, if it has any, else those without a setting.
    timed : bool
        Whether the table has times.
    rows : Series
        Position of each subject's first row in the table, by subject.
    means : dict of (network, seed) to (n,) float array
        Mean arterial pressures that the table says were predicted, mmHg; NaN where it does not. Empty if it has none.
    folded : bool
        Whether the table names the fold of each test row, be there training rows or not.
    divided : tuple of str
        Subjects whose test rows of one predictor lie in several folds.
    """

    name: str
    split: str
    setting: str
    judged: JudgedSplit
    windows: pd.DataFrame
    training: pd.DataFrame
    validation: pd.DataFrame
    calibration: pd.DataFrame
    timed: bool
    rows: pd.Series
    means: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)
    folded: bool = False
    divided: tuple[str, ...] = ()

    @property
    def fitting(self) -> pd.DataFrame:
        """Rows that baselines are fitted on: the training rows, or if there are none the validation rows."""
        own = self.training[self.training["subset"] == "train"]
        return own if len(own) else self.training

    @property
    def references(self) -> list[str]:
        """Columns of the references, in the order of the judged pressures."""
        return references_of(self.judged.pressures)

    @property
    def predictions(self) -> list[str]:
        """Columns of the predictions, in the order of the judged pressures."""
        return predictions_of(self.judged.pressures)

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Networks and seeds."""
        return list(self.judged.predicted)

    def predicted(self, network: str, seed: int) -> Predicted:
        """One predictor, for measures of its error and screens."""
        subjects = self.judged.subjects
        known = self.windows.groupby("subject", sort=True)
        sex = known["sex"].first().to_numpy(str) if "sex" in self.windows else None
        calibration = None
        if len(self.calibration):
            calibration = self.calibration.groupby("subject")[self.references].mean().reindex(subjects).to_numpy(float)
        return Predicted(
            subjects=subjects,
            owner=self.judged.owner,
            record=pd.factorize(self.windows["record"])[0],
            start=self.windows["start"].to_numpy(float),
            seconds=self.windows["seconds"].to_numpy(float),
            reference=self.judged.reference,
            prediction=self.judged.predicted[network, seed],
            sex=sex,
            calibration=calibration,
            pressures=self.judged.pressures,
            since=self.windows["since"].to_numpy(float) if self.windows["since"].notna().any() else None,
            **{name: known[name].first().to_numpy(float) for name in _OF_PEOPLE if name in self.windows},
            **{name: self.windows[name].to_numpy(str) for name in CIRCUMSTANCES if name in self.windows},
        )


def make_cases(table: JudgedTable) -> list[Case]:
    """Divide a table into cases.

    Parameters
    ----------
    table : JudgedTable

    Returns
    -------
    list of Case
        In order of appearance of their test rows.

    Raises
    ------
    PredictionError
        If two predictors of a case were not tested on the same windows with the same references.
    """
    rows = table.rows
    timed = "start" not in table.missing
    test = rows[rows["subset"] == "test"]
    pairs = test[["split", "setting"]].drop_duplicates().itertuples(index=False, name=None)
    return [_case(rows, split, setting, timed, table.pressures) for split, setting in pairs]


def _case(rows: pd.DataFrame, split: str, setting: str, timed: bool, pressures: tuple[str, ...]) -> Case:
    name = f"{split}/{setting}" if setting else split
    own = rows[(rows["split"] == split) & (rows["setting"] == setting)]
    test = own[own["subset"] == "test"]
    held = [column for column in (*WINDOW, "seconds", "fold", *_KNOWN) if column in test]
    windows = in_time_order(test[~test.duplicated(WINDOW)][held].assign(row=lambda t: t["start"]))
    try:
        [judged] = align_predictions(test.assign(split=name), pressures).values()
    except PredictionError as error:
        raise PredictionError(f"{error}; or separate them in column split or setting") from None
    at = _ranks(windows)  # align_predictions sorts by name, but time order is needed here
    judged = JudgedSplit(
        name,
        judged.subjects,
        judged.owner,
        judged.reference[at],
        {key: values[at] for key, values in judged.predicted.items()},
        {key: values[at] for key, values in judged.stated.items()},
        pressures,
    )
    related = rows[rows["split"].isin({"", split})]
    training = _of_setting(related[related["subset"].isin(["train", "val"])], setting)
    folded = "fold" in rows and bool(windows["fold"].notna().all())
    divided = _divided(test) if folded else ()
    if folded and training["fold"].notna().any():
        training = _in_every_fold(training, windows["fold"].unique())
    else:
        windows, training = (part.assign(fold=0.0) for part in (windows, training))
    validation = training[training["subset"].eq("val") & training[predictions_of(pressures)].notna().all(axis=1)]
    validation = validation.drop_duplicates([*WINDOW, "fold", "network", "seed"], ignore_index=True)
    training = training.drop_duplicates([*WINDOW, "fold"], ignore_index=True)
    calibration = in_time_order(
        _of_setting(related[related["subset"] == "calibration"], setting)
        .drop_duplicates([*WINDOW, "network", "seed"])
        .assign(row=lambda t: t["start"], fold=0.0)
    )
    first = related.index.to_series().groupby(related["subject"]).min()
    first.index = first.index.astype(object)
    columns = [*WINDOW, "seconds", "elapsed", "fold", *(column for column in _KNOWN if column in windows)]
    windows = windows[columns].assign(since=_since(windows, calibration) if timed else np.nan)
    return Case(
        name,
        split,
        setting,
        judged,
        windows,
        training,
        validation,
        calibration,
        timed,
        first,
        _means(test, at),
        folded,
        divided,
    )


def _means(test: pd.DataFrame, at: np.ndarray) -> dict[tuple[str, int], np.ndarray]:
    """Predicted mean pressures of each training, in the order of the windows; `at`: their place among sorted ones."""
    if "map" not in test:
        return {}
    trained = test.groupby(["network", "seed"], sort=False, observed=True)
    return {
        (str(network), int(seed)): own["map"].to_numpy(float)[window_order(own)][at] for (network, seed), own in trained
    }


def _divided(test: pd.DataFrame) -> tuple[str, ...]:
    """Subjects whose test rows of one predictor lie in several folds."""
    folds = test.groupby(["network", "seed", "subject"], observed=True)["fold"].nunique()
    return tuple(sorted(set(map(str, folds.index.get_level_values("subject")[folds > 1]))))


def _of_setting(rows: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Rows of a setting itself, else those that belong to every setting of the split."""
    own = rows[rows["setting"] == setting]
    return own if len(own) else rows[rows["setting"] == ""]


def _in_every_fold(training: pd.DataFrame, folds: np.ndarray) -> pd.DataFrame:
    """Repeat training rows without a fold in every fold."""
    untold = training["fold"].isna()
    repeated = [training[untold].assign(fold=fold) for fold in folds] if untold.any() else []
    return pd.concat([training[~untold], *repeated], ignore_index=True)


def _ranks(windows: pd.DataFrame) -> np.ndarray:
    """Place of each window among all, sorted as `align_predictions` does."""
    order = window_order(windows)
    ranks = np.empty(len(order), int)
    ranks[order] = np.arange(len(order))
    return ranks


def _since(windows: pd.DataFrame, calibration: pd.DataFrame) -> np.ndarray:
    """Seconds from each subject's last calibration window to each test window; NaN where it is not known."""
    since = np.full(len(windows), np.nan)
    if calibration.empty:
        return since
    together = pd.concat([windows.assign(_test=True), calibration.assign(_test=False)], ignore_index=True)
    together = in_time_order(together.drop(columns="elapsed"))
    last = together["elapsed"].mask(together["_test"]).groupby(together["subject"]).transform("max")
    tested = together["_test"].to_numpy()
    found = (together["elapsed"] - last).to_numpy(float)[tested]
    found = found[window_order(together[tested])][_ranks(windows)]
    return np.where(found > 0, found, np.nan)
