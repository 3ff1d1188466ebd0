"""Networks on data sets other than those that they were trained on: one table of trained on by tested on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cuffless.config import TRANSFERS, EvaluationOptions
from cuffless.judgement.evidence.baseline_tables import less_rounding
from cuffless.judgement.evidence.skill import skill_ratio
from cuffless.judgement.evidence.tests import holm_corrected, paired_test
from cuffless.judgement.measures.errors import absolute_errors, mae_tables, sum_by_subject
from cuffless.judgement.names import AVERAGES, MEAN, PRESSURES
from cuffless.judgement.table.predictions import JudgedSplit, PredictionError, align_predictions

ZERO_SHOT, SHIFTED, AFFINE = TRANSFERS
TESTED_MEAN, TRAINED_MEAN, PEOPLE_MEAN, OWN_NETWORK = "tested_mean", "trained_mean", "people_mean", "own_network"
REFERENCES = {
    TESTED_MEAN: "mean of the data set tested on",
    TRAINED_MEAN: "mean of the data set trained on",
    PEOPLE_MEAN: "mean of the few people",
    OWN_NETWORK: "network trained on the data set tested on",
}
"""What a transferred network is compared with, and its printed name."""
_SKILL = ["skill", "skill_lower", "skill_upper", "skill_interval"]
_PAIRED = {"difference": "paired_difference", "lower": "paired_lower", "upper": "paired_upper"}


class Transfer(NamedTuple):
    """Where a network was trained and tested, and how its outputs were moved in between."""

    trained_on: str
    tested_on: str
    setting: str


def align_transfers(tables: Iterable[pd.DataFrame], datasets: Sequence[str]) -> dict[Transfer, JudgedSplit]:
    """Align all networks and settings of each tested data set window by window.

    Parameters
    ----------
    tables : iterable of DataFrame
        Prediction tables with ``trained_on, tested_on, setting`` besides; only rows of the subset test count.
    datasets : sequence of str
        Data sets, in the order of the tables.

    Returns
    -------
    dict of Transfer to JudgedSplit
        In the order of the data sets tested on, of those trained on, and of the settings.

    Raises
    ------
    PredictionError
        If predictions of a data set are not on the same windows with the same references, a pair of data sets is
        missing, or a network or seed is missing in one of them.
    """
    rows = pd.concat([table[table["subset"] == "test"] for table in tables], ignore_index=True)
    found: dict[Transfer, JudgedSplit] = {}
    for tested in datasets:
        own = rows[rows["tested_on"] == tested]
        judged = {
            Transfer(*key): align_predictions(part.assign(split=" ".join(key)))[" ".join(key)]
            for key, part in own.groupby(["trained_on", "tested_on", "setting"], sort=False)
        }
        for trained in datasets:
            for setting in TRANSFERS if trained != tested else (ZERO_SHOT,):
                key = Transfer(trained, tested, setting)
                if key not in judged:
                    raise PredictionError(f"no predictions of networks of {trained} on {tested}, setting {setting}")
                found[key] = judged[key]
                _require_alike(key, judged[key], judged[Transfer(datasets[0], tested, ZERO_SHOT)])
    return found


def _require_alike(key: Transfer, judged: JudgedSplit, first: JudgedSplit) -> None:
    """Refuse predictions of other windows, networks or seeds than the first of the same tested data set."""
    name = f"networks of {key.trained_on} on {key.tested_on}, {key.setting}"
    if not (np.array_equal(judged.owner, first.owner) and np.array_equal(judged.reference, first.reference)):
        raise PredictionError(f"{name}: not the windows or references of {first.split}; predict all with one split")
    if differ := sorted(set(judged.predicted) ^ set(first.predicted)):
        network, seed = differ[0]
        raise PredictionError(f"{name}: {network} seed {seed} is there or in {first.split}, but not in both")


def compare_transfers(judged: Mapping[Transfer, JudgedSplit], options: EvaluationOptions) -> dict[str, pd.DataFrame]:
    """Errors of networks on every data set, and their skill against doing nothing and against that data set's own.

    Parameters
    ----------
    judged : mapping of Transfer to JudgedSplit
        As from `align_transfers`; `mean` among the networks.
    options : EvaluationOptions

    Returns
    -------
    dict of str to DataFrame
        ``mae``: one row per pair of data sets, setting, network (`mean`: the mean regressor, in each setting what is
        known of the tested data set then), pressure and average: ``trained_on, tested_on, setting``, and the columns
        of `mae_tables`' second table but for its skill.

        ``transfer``: one row per network other than `mean` and ``baseline`` (`REFERENCES`): ``trained_on, tested_on,
        setting, network, baseline, pressure, average, skill`` (1 - MAE / MAE of the baseline), ``lower, upper,
        interval, mae, baseline_mae`` (mmHg), ``n_subjects``; and, the same for both averages, a test that pairs the two
        by subject: ``comparison, paired_difference, paired_lower, paired_upper, n_pairs, pairing, paired_p`` and the
        columns of `holm_corrected`.

    Notes
    -----
    Holm's correction is over the networks, data sets trained on and pressures of one baseline, setting and data set
    tested on, so that a further data set to test on changes no p-value.
    """
    parts = []
    for transfer, own in judged.items():
        table = mae_tables(own, options)[1].drop(columns=["split", *_SKILL])
        parts.append(_named(table, transfer))
    tested = dict.fromkeys(transfer.tested_on for transfer in judged)
    return {
        "mae": pd.concat(parts, ignore_index=True),
        "transfer": pd.concat([_compared(judged, name, options) for name in tested], ignore_index=True),
    }


def _named(table: pd.DataFrame, transfer: Transfer) -> pd.DataFrame:
    return pd.concat([pd.DataFrame(transfer._asdict(), index=table.index), table], axis=1)


def _baselines(transfer: Transfer, network: str) -> dict[str, tuple[Transfer, str]]:
    """What a network is compared with: the setting and network of each baseline."""
    trained, tested, setting = transfer
    own = Transfer(tested, tested, ZERO_SHOT)
    found = {TESTED_MEAN: (own, MEAN)}
    if trained != tested:
        found |= {TRAINED_MEAN: (transfer._replace(setting=ZERO_SHOT), MEAN), OWN_NETWORK: (own, network)}
    if setting == AFFINE:
        found[PEOPLE_MEAN] = (transfer, MEAN)
    return {name: found[name] for name in REFERENCES if name in found}


def _compared(judged: Mapping[Transfer, JudgedSplit], tested: str, options: EvaluationOptions) -> pd.DataFrame:
    """Rows of ``transfer`` for one tested data set."""
    heads: list[dict[str, object]] = []
    own: list[np.ndarray] = []
    other: list[np.ndarray] = []
    first = judged[Transfer(tested, tested, ZERO_SHOT)]
    k = len(first.subjects)
    for transfer, split in judged.items():
        if transfer.tested_on != tested:
            continue
        for network in [name for name in split.networks if name != MEAN]:
            errors = absolute_errors(split, network)
            for baseline, (against, by) in _baselines(transfer, network).items():
                reference = absolute_errors(judged[against], by)
                sides = (less_rounding(errors, reference), reference)
                for sums, side in zip((own, other), sides, strict=True):
                    sums.append(sum_by_subject(side, first.owner, k))
                heads += [
                    {**transfer._asdict(), "network": network, "baseline": baseline, "pressure": pressure}
                    for pressure in PRESSURES
                ]
    rows, above, below = pd.DataFrame(heads), np.concatenate(own, axis=1), np.concatenate(other, axis=1)
    counts = np.bincount(first.owner, minlength=k)[:, None].astype(float)
    tests = _tested(rows, (above - below) / counts, options)
    parts = []
    for average in AVERAGES:
        weight = np.broadcast_to(np.ones((k, 1)) if average == "pooled" else 1 / counts, above.shape)
        skill = skill_ratio(weight * above, weight * below, weight * counts, options)._asdict()
        parts.append(pd.concat([rows.assign(average=average, **skill, n_subjects=k), tests], axis=1))
    return pd.concat(parts, ignore_index=True)


def _tested(rows: pd.DataFrame, differences: np.ndarray, options: EvaluationOptions) -> pd.DataFrame:
    """Paired tests of the rows, corrected within each comparison."""
    comparison = (rows["setting"] + " vs " + rows["baseline"]).str.replace("_", " ")
    table = rows.assign(comparison=comparison, **paired_test(differences, options)).rename(columns=_PAIRED)
    return holm_corrected(table, options).drop(columns=[*rows.columns, "interval"])
