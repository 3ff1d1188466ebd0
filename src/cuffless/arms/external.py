"""External: networks that were trained on one data set are tested on the people of another."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from cuffless.arms.arm import Arm, Judged
from cuffless.config import EvaluationOptions
from cuffless.designs.audit import tabulate_leaks
from cuffless.judgement.table.layout import stored_tables
from cuffless.judgement.transfer import ZERO_SHOT, align_transfers, compare_transfers

_NAMES = ("subject", "record", "subset", "network", "split")
_COLUMNS = (*_NAMES, "start", "sbp_ref", "dbp_ref", "sbp", "dbp", "seed")


def judge_external(
    tables: Iterable[pd.DataFrame],
    options: EvaluationOptions | None = None,
    *,
    datasets: Sequence[str],
    audits: Iterable[Mapping] = (),
    lines: pd.DataFrame | None = None,
) -> Judged:
    """Judge the networks of every data set on every data set.

    Parameters
    ----------
    tables : iterable of DataFrame
        Prediction tables with ``trained_on, tested_on, setting``; those of a data set's own networks are `zero_shot`.
    options : EvaluationOptions, optional
    datasets : sequence of str
        Data sets, in the order of the tables.
    audits : iterable of mapping
        As from `audit_transfer`, with ``trained_on, tested_on``.
    lines : DataFrame, optional
        How outputs were moved: ``trained_on, tested_on, network, seed, setting, pressure, slope, intercept, people,
        n_windows``.

    Returns
    -------
    Judged
        ``mae`` and ``transfer`` as from `compare_transfers`; ``leaks``: ``trained_on, tested_on`` and the columns of
        `tabulate_leaks`; ``lines``.

    Raises
    ------
    PredictionError
        If predictions are missing, or are not of the same windows.
    """
    compared = compare_transfers(align_transfers(tables, datasets), options or EvaluationOptions())
    leaks = [
        tabulate_leaks(audit["leaks"]).assign(trained_on=audit["trained_on"], tested_on=audit["tested_on"])
        for audit in audits
    ]
    found = dict(compared)
    if leaks:
        found["leaks"] = pd.concat(leaks, ignore_index=True)
    if lines is not None:
        found["lines"] = lines
    return Judged(found)


def _judge(files, params, resources: Path) -> Judged:
    def pair_of(path: str) -> dict[str, str]:
        """Keys of a file: ``results/<tested>/external/<split>/<trained>/<network>/seed<k>/<file>``."""
        tested, _, _, trained, network, seed, _ = Path(path).parts[-7:]
        return {"trained_on": trained, "tested_on": tested, "network": network, "seed": seed.removeprefix("seed")}

    def read(paths: Sequence[str], columns: Sequence[str]):
        return zip(paths, stored_tables(paths, columns, _NAMES), strict=True)

    own = (
        table.assign(trained_on=dataset, tested_on=dataset, setting=ZERO_SHOT)
        for dataset, (_, table) in zip(params.owners, read(files.own, _COLUMNS), strict=True)
    )
    others = (
        table.assign(tested_on=pair_of(path)["tested_on"])
        for path, table in read(files.predictions, (*_COLUMNS, "trained_on", "setting"))
    )
    return judge_external(
        [*own, *others],
        EvaluationOptions.model_validate_json(params.options),
        datasets=params.datasets,
        audits=[json.loads(Path(path).read_text()) for path in files.audits],
        lines=pd.concat([pd.read_csv(path).assign(**pair_of(path)) for path in files.lines], ignore_index=True),
    )


ARM = Arm("external", ("mae", "transfer", "leaks", "lines"), _judge)
