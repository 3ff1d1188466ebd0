"""Leakage: errors of one network, and what its test windows share with its training windows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.arms.arm import Arm, Judged
from cuffless.config import EvaluationOptions, SplitOptions
from cuffless.designs.audit import require_clean, tabulate_leaks
from cuffless.designs.clock import shares_signal
from cuffless.designs.scalings import Scaling, read_scalings
from cuffless.designs.split_audit import audit_sets
from cuffless.judgement import make_cases, read_table
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.names import MEAN
from cuffless.judgement.table.predictions import PredictionError

_COLUMNS = ["subset", "subject", "record", "start", "seconds", "sbp_ref", "dbp_ref"]


@dataclass(frozen=True)
class Trial:
    """One network trained on one split of one data set."""

    dataset: str
    split: str
    options: SplitOptions
    overlap: float
    """Overlap with which the windows were cut."""
    predictions: Sequence[str | Path]
    """Prediction tables, one a seed."""
    duplicates: Mapping
    """The split's audit of near-duplicates."""
    scalings: Mapping[str, Scaling | None]
    """Output scaling of the networks."""
    order: Mapping | None = None
    """What the split's audit found in the order, as from `audit_order`."""


def judge_leakage(
    trials: Sequence[Trial],
    options: EvaluationOptions,
    *,
    dataset: str,
    doses: Sequence[str],
    dialled: Mapping[str, float],
    dial: Sequence[str],
) -> Judged:
    """Judge every trial: what its training and test windows share, and its errors.

    Parameters
    ----------
    trials : sequence of Trial
    options : EvaluationOptions
    dataset : str
        Data set of the doses.
    doses : sequence of str
        Splits, in the order of the table.
    dialled : mapping of str to float
        Confounding of each data set of the dial.
    dial : sequence of str
        Splits of the dial.

    Returns
    -------
    Judged
        ``dose``: one row per split, network, pressure and average, in the order of the doses: ``dataset, dose`` (the
        split), ``kind, overlap``, then as from `judge_dose`, and ``near_duplicates`` (windows with a copy in another
        set). ``dial``: the same with ``confounding``, one row more for each of its values. ``leaks``: ``dataset,
        split`` and the columns of `tabulate_leaks`.

    Raises
    ------
    PredictionError
        If a table cannot be judged.
    DesignError
        If a split leaks where it must not.
    """
    leaks = pd.concat([_audited(trial) for trial in trials], ignore_index=True)
    judged = {
        (trial.dataset, trial.split): _described(trial, judge_dose(trial.predictions, options)) for trial in trials
    }
    dose = pd.concat([judged[dataset, split] for split in doses], ignore_index=True)
    turned = [
        pd.concat([pd.DataFrame({"confounding": value}, index=table.index), table], axis=1)
        for name, value in dialled.items()
        for table in (judged[name, split] for split in dial)
    ]
    nothing = dose.iloc[:0].assign(confounding=0.0)
    dial_table = pd.concat(turned, ignore_index=True) if turned else nothing
    return Judged({"dose": dose, "dial": dial_table, "leaks": leaks})


def _audited(trial: Trial) -> pd.DataFrame:
    windows = pd.read_parquet(trial.predictions[0], columns=_COLUMNS)
    audit = audit_sets(
        windows,
        trial.options,
        overlap=trial.overlap,
        duplicates=trial.duplicates,
        scalings=trial.scalings,
        order=trial.order,
    )
    require_clean(audit, name=f"{trial.dataset}, {trial.split}", leakage=trial.options.leakage)
    leaks = tabulate_leaks(audit["leaks"])
    leaks.insert(0, "split", trial.split)
    leaks.insert(0, "dataset", trial.dataset)
    return leaks


def _described(trial: Trial, table: pd.DataFrame) -> pd.DataFrame:
    first = {
        "dataset": trial.dataset,
        "dose": trial.split,
        "kind": trial.options.kind,
        "overlap": trial.overlap,
        "near_duplicates": trial.duplicates["pairs"],
    }
    return pd.concat([pd.DataFrame(first, index=table.index), table.drop(columns="split")], axis=1)


def judge_dose(paths: Sequence[str | Path], options: EvaluationOptions) -> pd.DataFrame:
    """Errors of a network and of the mean regressor on one split, and what its test and training windows share.

    Parameters
    ----------
    paths : sequence of path
        Prediction tables of the network, one per seed, with the references of the training windows.
    options : EvaluationOptions

    Returns
    -------
    DataFrame
        The columns of `mae_tables`' second table, one row per network (`mean` last), pressure and average; then
        ``n_training_subjects, n_training_windows`` and ``known_subject, known_record, known_signal``: shares of the
        test windows whose subject, whose record, or a part of whose signal is in training, too.

    Raises
    ------
    PredictionError
        If a table has no training rows, or the tables are not of one split.

    Notes
    -----
    The mean regressor needs no training: it predicts the mean of the training windows' references.
    """
    cases = make_cases(read_table(paths))
    if len(cases) != 1:
        named = ", ".join(case.name for case in cases)
        raise PredictionError(f"{', '.join(map(str, paths))} are of the splits {named}; give the tables of one split")
    [case] = cases
    test, training = case.windows, case.training[case.training["subset"] == "train"]
    if training.empty:
        raise PredictionError(f"{paths[0]}: no row with subset 'train'; what the test windows share is not known")
    mean = np.tile(training[["sbp_ref", "dbp_ref"]].to_numpy(float).mean(axis=0), (len(test), 1))
    beside = replace(case.judged, predicted={**case.judged.predicted, (MEAN, 0): mean})
    return mae_tables(beside, options)[1].assign(
        n_training_subjects=training["subject"].nunique(),
        n_training_windows=len(training),
        known_subject=float(test["subject"].isin(training["subject"]).mean()),
        known_record=float(test["record"].isin(training["record"]).mean()),
        known_signal=float(shares_signal(test, training).mean()),
    )


def _judge(files, params, resources: Path) -> Judged:
    shape = len(params.tried), -1  # all seeds of a trial follow one another
    trials = [
        Trial(
            dataset,
            split,
            options=SplitOptions.model_validate_json(options),
            overlap=overlap,
            predictions=predictions,
            duplicates=json.loads(Path(duplicates).read_text()),
            scalings=read_scalings(models),
            order=json.loads(Path(audit).read_text())["leaks"]["hidden_order"],
        )
        for (dataset, split), options, overlap, predictions, models, duplicates, audit in zip(
            (tried.split("/") for tried in params.tried),
            params.splits,
            params.overlaps,
            np.reshape(files.predictions, shape).tolist(),
            np.reshape(files.models, shape).tolist(),
            files.duplicates,
            files.audits,
            strict=True,
        )
    ]
    return judge_leakage(
        trials,
        EvaluationOptions.model_validate_json(params.options),
        dataset=params.dataset,
        doses=params.doses,
        dialled=dict(zip(params.dialled, params.confounding, strict=True)),
        dial=params.dial,
    )


ARM = Arm("leakage", ("dose", "dial", "leaks"), _judge)
