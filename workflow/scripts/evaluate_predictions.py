"""Judge all predictions of a study: errors, bins, tests."""

import json

from cuffless.arms.splits import evaluate, write_tables
from cuffless.config import EvaluationOptions
from cuffless.joblog import logged
from cuffless.judgement.table.predictions import read_predictions

with logged(snakemake.log[0]):
    judged = evaluate(
        read_predictions(snakemake.input.predictions),
        EvaluationOptions.model_validate_json(snakemake.params.options),
        splits=snakemake.params.splits,
        limits=json.loads(snakemake.params.limits),
    )
    write_tables(judged, dict(snakemake.output.items()))
