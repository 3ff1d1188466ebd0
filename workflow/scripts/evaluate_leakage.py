"""Judge what leakage is worth: one network on splits that share more and more between their sets."""

import json
from pathlib import Path

import numpy as np

from cuffless.arms.leakage import Trial, judge_leakage
from cuffless.arms.splits import write_tables
from cuffless.config import EvaluationOptions, SplitOptions
from cuffless.designs.scalings import read_scalings
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    shape = len(params.tried), -1  # all seeds of a trial follow one another
    trials = [
        Trial(
            *tried.split("/"),
            options=SplitOptions.model_validate_json(options),
            overlap=overlap,
            predictions=predictions,
            duplicates=json.loads(Path(duplicates).read_text()),
            scalings=read_scalings(models),
            order=json.loads(Path(audit).read_text())["leaks"]["hidden_order"],
        )
        for tried, options, overlap, predictions, models, duplicates, audit in zip(
            params.tried,
            params.splits,
            params.overlaps,
            np.reshape(given.predictions, shape).tolist(),
            np.reshape(given.models, shape).tolist(),
            given.duplicates,
            given.audits,
            strict=True,
        )
    ]
    tables = judge_leakage(
        trials,
        EvaluationOptions.model_validate_json(params.options),
        dataset=params.dataset,
        doses=params.doses,
        dialled=dict(zip(params.dialled, params.confounding, strict=True)),
        dial=params.dial,
    )
    write_tables(tables, dict(snakemake.output.items()))
