"""Judge all predictions of a study: errors, bins, tests, Table 1."""

import json
from pathlib import Path

from cuffless.config import EvaluationOptions
from cuffless.evaluation import evaluate, read_predictions, read_reference, write_evaluation
from cuffless.joblog import logged

with logged(snakemake.log[0]):
    options = EvaluationOptions.model_validate_json(snakemake.params.options)
    judged = evaluate(
        read_predictions(snakemake.input.predictions),
        read_reference(Path(snakemake.scriptdir).resolve().parents[1] / "resources" / "reference_results.csv"),
        options,
        splits=snakemake.params.splits,
        limits=json.loads(snakemake.params.limits),
    )
    write_evaluation(judged, dict(snakemake.output.items()))
